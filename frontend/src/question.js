// The network of an answer, drawn from its table when it comes into view.

import { whenSeen } from "./parts/seen.js";
import { readTable } from "./parts/table-graph.js";

const drawing = document.querySelector("#answer .drawing");
if (drawing) whenSeen(drawing, () => begin(drawing));

async function begin(container) {
  const { draw } = await import("./parts/graph.js");
  const graph = readTable(container.querySelector("table"));
  draw(container.querySelector(".stage"), graph, JSON.parse(container.dataset.words));
}
