// The picture of the graph: drawn when it comes into view, from its table or from the data of all things.

import { whenSeen } from "./parts/seen.js";
import { readTable } from "./parts/table-graph.js";

const drawing = document.querySelector(".drawing[data-graph]");
if (drawing) whenSeen(drawing, () => begin(drawing));

async function begin(container) {
  const { draw } = await import("./parts/graph.js");
  const words = JSON.parse(container.dataset.words);
  const stage = container.querySelector(".stage");
  const show = async (what) => {
    const graph = what === "things" ? await things(container) : classes(container);
    const picture = draw(stage, graph, words);
    legend(container, picture, graph);
  };
  const choices = container.querySelectorAll("[data-show]");
  for (const button of choices) {
    button.addEventListener("click", () => {
      for (const each of choices) each.setAttribute("aria-pressed", String(each === button));
      show(button.dataset.show);
    });
  }
  await show(choices.length ? "things" : "classes");
}

async function things(container) {
  const answer = await fetch(container.dataset.graph, { headers: { Accept: "application/json" } });
  if (!answer.ok) return classes(container);
  return answer.json();
}

/** Read the classes and how they are tied from the table below the picture. */
function classes(container) {
  return readTable(container.querySelector("table"));
}

/** Show which colour is which class; pressing one shows the things of that class alone. */
function legend(container, picture, { nodes }) {
  const list = container.querySelector(".legend");
  const counts = new Map();
  for (const { color, type, label } of nodes) {
    const name = type ?? label;
    const known = counts.get(name) ?? { color, name, count: 0 };
    known.count++;
    counts.set(name, known);
  }
  const most = [...counts.values()].sort((one, other) => other.count - one.count).slice(0, 14);
  list.replaceChildren(
    ...most.map(({ color, name, count }) => {
      const button = document.createElement("button");
      button.type = "button";
      button.className = `chip small ${color ?? ""}`;
      button.textContent = count > 1 ? `${name} ${count}` : name;
      button.setAttribute("aria-pressed", "false");
      button.addEventListener("click", () => {
        const isOn = button.getAttribute("aria-pressed") === "true";
        for (const each of list.children) each.setAttribute("aria-pressed", "false");
        button.setAttribute("aria-pressed", String(!isOn));
        picture.highlight(isOn ? undefined : color);
      });
      return button;
    }),
  );
}
