// A graph one can look at: nodes and links in SVG, laid out by forces, reachable by keyboard.
//
//   draw(container, { nodes, links }, words, unfold)
//
// A node has label, language, type, color (a CSS class) and url; a link has source and target (places
// in the list of nodes) and label. The nodes are one stop of the Tab key; arrows go from node to node,
// Enter opens. Dragging moves the picture, or a node; the wheel with Ctrl, and buttons, zoom. With
// `unfold`, a node that is not `unfolded` calls it when it is clicked or at the space bar, rather than
// being opened; a node that has a place (x, y) begins there, one that is `own` is drawn as the middle.

import { forceCollide, forceLink, forceManyBody, forceSimulation, forceX, forceY } from "d3-force";
import { element, svg } from "./dom.js";

const TICKS = 160;
const MARGIN = { x: 48, y: 24 }; // names are wider than they are high
const MOST_NAMES = 60;
const MOST_TOLD = 2; // ties of a node in words
const STEP = 1.3; // of one zoom

/** Draw a graph into an empty element that has a size; return what can be done with it. */
export function draw(container, graph, words, unfold = undefined) {
  const picture = new Picture(container, graph, words, unfold);
  picture.arrange();
  return picture;
}

class Picture {
  constructor(container, { nodes, links }, words, unfold) {
    this.container = container;
    this.words = words;
    this.unfold = unfold;
    this.nodes = nodes.map((node) => ({ ...node, links: 0 }));
    this.links = links.map((link) => ({ ...link }));
    for (const { source, target } of links) {
      this.nodes[source].links++;
      this.nodes[target].links++;
    }
    for (const node of this.nodes) node.radius = 4 + 2.2 * Math.sqrt(node.weight ?? node.links);
    this.build();
  }

  build() {
    this.root = svg("svg", { class: "graph", role: "group", "aria-label": this.words.graph });
    this.linkLayer = this.root.appendChild(svg("g", { class: "links", "aria-hidden": "true" }));
    this.nodeLayer = this.root.appendChild(svg("g", { class: "nodes" }));
    this.caption = element("p", { class: "caption", "aria-hidden": "true" }, this.words.hint);
    for (const link of this.links) {
      link.element = this.linkLayer.appendChild(svg("line", {}));
      if (link.weight) link.element.style.strokeWidth = String(0.8 + Math.log2(link.weight) / 2);
    }
    const named = [...this.nodes].sort((one, other) => other.radius - one.radius);
    this.byWeight = named;
    for (const node of named) this.addNode(node);
    if (named.length) this.makeReachable(named[0]);
    this.container.replaceChildren(this.root, this.buttons(), this.caption);
    this.listen();
  }

  addNode(node) {
    const about = [node.label, node.type, this.words.links.replace("{n}", node.links)];
    node.element = svg("a", {
      ...(node.url && { href: node.url }),
      class: [node.color, node.own && "own", node.unfolded && "unfolded"].filter(Boolean).join(" "),
      tabindex: "-1",
      "aria-label": about.filter(Boolean).join(", "),
    });
    node.about = about.filter(Boolean).join(" · ");
    const text = svg("text", { y: node.radius + 12, "aria-hidden": "true" });
    text.textContent = shortened(node.label);
    node.width = width(text.textContent);
    if (node.language) text.setAttribute("lang", node.language);
    node.element.append(svg("circle", { r: node.radius }), text);
    node.element.node = node;
    this.nodeLayer.append(node.element);
  }

  buttons() {
    const bar = element("div", { class: "zoom" });
    const add = (sign, name, act) => {
      const button = element("button", { type: "button", title: name, "aria-label": name }, sign);
      button.addEventListener("click", act);
      bar.append(button);
    };
    add("+", this.words.larger, () => this.zoom(1 / STEP));
    add("−", this.words.smaller, () => this.zoom(STEP));
    add("⤢", this.words.whole, () => this.fit());
    return bar;
  }

  /** Find a place for every node, a few steps at a time so that the page stays alive. */
  arrange() {
    const { width, height } = this.container.getBoundingClientRect();
    const flat = Math.max(0.4, Math.min(1, height / Math.max(width, 1)));
    // A few things have room for their names.
    const room = Math.min(3, Math.max(1, 80 / this.nodes.length));
    const pull = (strength) => (node) => (node.links ? strength : 2.5 * strength);
    const isKnown = this.nodes.every(({ x }) => x !== undefined);
    const simulation = forceSimulation(this.nodes)
      .alphaDecay(1 - 0.001 ** (1 / TICKS))
      .force("link", forceLink(this.links).distance(38 * room))
      .force(
        "charge",
        forceManyBody()
          .strength(-110 * room)
          .distanceMax(500),
      )
      .force(
        "collide",
        forceCollide().radius((node) => node.radius + 6),
      )
      .force("x", forceX(0).strength(pull(0.07 * flat ** 3)))
      .force("y", forceY(0).strength(pull(0.07)))
      .stop();
    if (isKnown) {
      this.place();
      this.fit();
    } else this.root.classList.add("unarranged");
    let left = TICKS;
    const run = () => {
      const until = performance.now() + 25;
      if (isKnown) this.place();
      while (left > 0 && performance.now() < until) {
        simulation.tick();
        left--;
      }
      if (left > 0) setTimeout(run);
      else this.arranged();
    };
    run();
  }

  arranged() {
    this.place();
    this.fit();
    this.root.classList.remove("unarranged");
    this.container.dispatchEvent(new CustomEvent("drawn", { bubbles: true }));
  }

  place() {
    for (const { element: line, source, target } of this.links) {
      line.setAttribute("x1", source.x.toFixed(1));
      line.setAttribute("y1", source.y.toFixed(1));
      line.setAttribute("x2", target.x.toFixed(1));
      line.setAttribute("y2", target.y.toFixed(1));
    }
    for (const { element: link, x, y } of this.nodes)
      link.setAttribute("transform", `translate(${x.toFixed(1)} ${y.toFixed(1)})`);
  }

  fit() {
    const bounds = (axis) => {
      const all = this.nodes.map((node) => node[axis]);
      return [Math.min(...all) - MARGIN[axis], Math.max(...all) + MARGIN[axis]];
    };
    const [[left, right], [top, bottom]] = [bounds("x"), bounds("y")];
    const { width, height } = this.container.getBoundingClientRect();
    const free = Math.max(height - this.caption.offsetHeight, height / 2);
    const scale = Math.max((right - left) / width, (bottom - top) / free, 0.45);
    this.view = {
      x: (left + right - scale * width) / 2,
      y: (top + bottom - scale * free) / 2,
      scale,
    };
    this.look();
  }

  zoom(factor, center) {
    const box = this.root.getBoundingClientRect();
    const at = center ?? { x: box.width / 2, y: box.height / 2 };
    const scale = Math.min(6, Math.max(0.15, this.view.scale * factor));
    this.view.x += at.x * (this.view.scale - scale);
    this.view.y += at.y * (this.view.scale - scale);
    this.view.scale = scale;
    this.look();
  }

  look() {
    const { x, y, scale } = this.view;
    const box = this.root.getBoundingClientRect();
    this.root.setAttribute("viewBox", [x, y, box.width * scale, box.height * scale].join(" "));
    this.root.style.setProperty("--scale", String(this.textScale()));
    this.name();
  }

  /** Return how large text is in the measure of the picture, so that one can always read it. */
  textScale() {
    return Math.min(2.2, Math.max(0.3, this.view.scale));
  }

  /** Write the names of the heaviest nodes, as many as do not cover one another. */
  name() {
    const size = this.textScale();
    const taken = this.byWeight
      .slice(0, 20)
      .map(({ x, y, radius: r }) => [x - r, y - r, x + r, y + r]);
    let names = 0;
    for (const node of this.byWeight) {
      const half = (node.width * size) / 2 + 6;
      const top = node.y + node.radius + 1;
      const box = [node.x - half, top, node.x + half, top + 20 * size];
      const isFree = names < MOST_NAMES && taken.every((other) => !overlap(box, other));
      if (isFree) {
        taken.push(box);
        names++;
      }
      node.element.classList.toggle("named", isFree);
      node.element.lastChild.setAttribute("y", (node.radius + 12 * size).toFixed(1));
    }
  }

  listen() {
    this.nodeLayer.addEventListener("pointerover", (event) => this.mark(nodeOf(event)));
    this.nodeLayer.addEventListener("pointerout", () => this.mark(this.focused));
    this.nodeLayer.addEventListener("focusin", (event) => {
      this.focused = nodeOf(event);
      this.makeReachable(this.focused);
      this.mark(this.focused);
    });
    this.nodeLayer.addEventListener("focusout", () => {
      this.focused = undefined;
      this.mark();
    });
    this.nodeLayer.addEventListener("keydown", (event) => this.key(event));
    if (this.unfold) this.nodeLayer.addEventListener("click", (event) => this.unfoldAt(event));
    this.root.addEventListener(
      "wheel",
      (event) => {
        if (!event.ctrlKey && !event.metaKey) return;
        event.preventDefault();
        const box = this.root.getBoundingClientRect();
        const center = { x: event.clientX - box.left, y: event.clientY - box.top };
        this.zoom(event.deltaY > 0 ? STEP : 1 / STEP, center);
      },
      { passive: false },
    );
    this.root.addEventListener("pointerdown", (event) => this.grab(event));
    this.root.addEventListener("dragstart", (event) => event.preventDefault());
    new ResizeObserver(() => this.view && this.look()).observe(this.container);
  }

  /** Move the picture, or the node that was taken. A click that moved nothing remains a click. */
  grab(event) {
    if (event.button !== 0 || !this.view) return;
    const node = nodeOf(event);
    let last = event;
    let moved = false;
    const move = (next) => {
      const [dx, dy] = [next.clientX - last.clientX, next.clientY - last.clientY];
      if (!moved && Math.hypot(dx, dy) < 4) return;
      if (!moved) this.root.setPointerCapture(event.pointerId);
      moved = true;
      last = next;
      if (node) {
        node.x += dx * this.view.scale;
        node.y += dy * this.view.scale;
        this.place();
      } else {
        this.view.x -= dx * this.view.scale;
        this.view.y -= dy * this.view.scale;
        this.look();
      }
    };
    const drop = () => {
      this.root.removeEventListener("pointermove", move);
      if (moved)
        this.root.addEventListener("click", (click) => click.preventDefault(), {
          capture: true,
          once: true,
        });
    };
    this.root.addEventListener("pointermove", move);
    for (const end of ["pointerup", "pointercancel"])
      this.root.addEventListener(end, drop, { once: true });
  }

  /** Show what is tied to a node, and say what it is. */
  mark(node) {
    this.root.classList.toggle("marked", Boolean(node));
    const near = new Set(node ? [node] : []);
    for (const link of this.links) {
      const touches = link.source === node || link.target === node;
      link.element.classList.toggle("near", touches);
      if (touches) near.add(link.source).add(link.target);
    }
    for (const each of this.nodes) each.element.classList.toggle("near", near.has(each));
    this.caption.textContent = node ? this.about(node) : this.words.hint;
    if (node) node.element.parentNode.append(node.element); // above its neighbours
  }

  /** Return what a node is, and in a picture that unfolds, by what it is tied. */
  about(node) {
    const touching = this.links.filter(({ source, target }) => source === node || target === node);
    if (!this.unfold || node.own || touching.length > MOST_TOLD) return node.about;
    return touching
      .map(({ source, label, target }) => `${source.label} – ${label} – ${target.label}`)
      .join(" · ");
  }

  /** Show the nodes with a CSS class and fade the others; without one show all. */
  highlight(color) {
    this.root.classList.toggle("marked", Boolean(color));
    for (const { element: link } of this.nodes)
      link.classList.toggle("near", Boolean(color) && link.classList.contains(color));
    for (const { element: line, source } of this.links)
      line.classList.toggle("near", Boolean(color) && source.element.classList.contains(color));
  }

  key(event) {
    if (event.key === " " && this.unfold) {
      event.preventDefault();
      this.unfoldAt(event);
      return;
    }
    const direction = {
      ArrowRight: [1, 0],
      ArrowLeft: [-1, 0],
      ArrowDown: [0, 1],
      ArrowUp: [0, -1],
    };
    const [dx, dy] = direction[event.key] ?? [];
    if (dx === undefined) return;
    event.preventDefault();
    const from = nodeOf(event);
    const next = nearest(from, this.nodes, dx, dy);
    if (next) next.element.focus();
  }

  /** Have a node unfold instead of being opened, unless one asks to open it. */
  unfoldAt(event) {
    const node = nodeOf(event);
    const asksToOpen = event.ctrlKey || event.metaKey || event.shiftKey || event.detail === 0;
    if (!node || node.unfolded || (event.type === "click" && asksToOpen)) return;
    event.preventDefault();
    this.unfold(node, this);
  }

  /** Put the focus on the node with an address. */
  focusOn(url) {
    this.nodes.find((node) => node.url === url)?.element.focus({ preventScroll: true });
  }

  makeReachable(node) {
    this.reachable?.element.setAttribute("tabindex", "-1");
    this.reachable = node;
    node.element.setAttribute("tabindex", "0");
  }
}

function nodeOf(event) {
  return event.target.closest?.("a")?.node;
}

/** Return the node that lies nearest in a direction, straight ahead rather than aside. */
function nearest(from, nodes, dx, dy) {
  let best;
  let least = Number.POSITIVE_INFINITY;
  for (const node of nodes) {
    const ahead = (node.x - from.x) * dx + (node.y - from.y) * dy;
    const aside = Math.abs((node.x - from.x) * dy + (node.y - from.y) * dx);
    const cost = ahead + 2.5 * aside;
    if (node !== from && ahead > 1 && cost < least) [best, least] = [node, cost];
  }
  return best;
}

function overlap([left, top, right, bottom], other) {
  return left < other[2] && right > other[0] && top < other[3] && bottom > other[1];
}

/** Return about how wide a text is, at 12 px. */
function width(text) {
  return [...text].reduce((sum, character) => sum + (character > "\u2e7f" ? 12 : 6.6), 0);
}

const LONGEST = 22;

function shortened(text) {
  const characters = [...text];
  return characters.length > LONGEST ? `${characters.slice(0, LONGEST).join("")}…` : text;
}
