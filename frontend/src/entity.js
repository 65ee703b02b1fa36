// What a thing is tied to: drawn from the table on its page, and unfolded thing by thing.

import { whenSeen } from "./parts/seen.js";
import { readTable } from "./parts/table-graph.js";

const drawing = document.querySelector(".drawing[data-neighbours]");
if (drawing) whenSeen(drawing, () => begin(drawing));

async function begin(container) {
  const { draw } = await import("./parts/graph.js");
  const words = JSON.parse(container.dataset.words);
  const stage = container.querySelector(".stage");
  const status = container.querySelector("[role=status]");
  const known = new Known();
  known.addTable(container.querySelector("table"), container.dataset.here);
  const show = () => draw(stage, known.graph(), words, unfold);

  async function unfold(node, picture) {
    node.unfolded = true;
    const address = `${container.dataset.neighbours}?${new URLSearchParams({ iri: node.iri })}`;
    const answer = await fetch(address, { headers: { Accept: "application/json" } });
    if (!answer.ok) {
      node.unfolded = false;
      status.textContent = words.failed;
      return;
    }
    const found = await answer.json();
    known.keepPlaces(picture);
    const before = known.size;
    known.add(found, node.url);
    const added = words.added.replace("{n}", String(known.size - before));
    status.textContent = `${node.label}: ${added}${found.complete ? "" : ` ${words.more}`}`;
    show().focusOn(node.url);
  }

  show();
}

/** The things and ties that are drawn, by the address of a thing's page. */
class Known {
  constructor() {
    this.nodes = new Map();
    this.links = new Map();
  }

  get size() {
    return this.nodes.size;
  }

  addTable(table, here) {
    this.add(readTable(table));
    Object.assign(this.nodes.get(here), { unfolded: true, own: true });
  }

  /** Add what a table or an answer holds; new things begin beside the one they unfold from. */
  add({ nodes, links }, from = undefined) {
    const urls = nodes.map((node, place) => this.place({ ...node, ...this.beside(from, place) }));
    for (const { source, target, label } of links) this.tie(urls[source], urls[target], label);
  }

  /** Return a place around a thing that is drawn already. */
  beside(url, turn) {
    const known = this.nodes.get(url);
    const [x, y] = [Math.cos(2.4 * turn), Math.sin(2.4 * turn)];
    return known && { x: known.x + 30 * x, y: known.y + 30 * y };
  }

  place(node) {
    if (!this.nodes.has(node.url)) this.nodes.set(node.url, node);
    return node.url;
  }

  tie(source, target, label) {
    this.links.set(`${source}\n${label}\n${target}`, { source, target, label });
  }

  keepPlaces(picture) {
    for (const { url, x, y, unfolded } of picture.nodes)
      Object.assign(this.nodes.get(url), { x, y, unfolded });
  }

  graph() {
    const nodes = [...this.nodes.values()];
    const places = new Map(nodes.map(({ url }, place) => [url, place]));
    const links = [...this.links.values()].map(({ source, target, label }) => ({
      source: places.get(source),
      target: places.get(target),
      label,
    }));
    return { nodes, links };
  }
}
