// The answer below the editor: asked for, waited for, stopped, and shown.

import { copying } from "./copying.js";
import { element, icon } from "./dom.js";
import { readTable } from "./table-graph.js";

const LONGEST = 60_000; // characters of an address that the service takes
const TICK = 100; // ms between two looks at the clock

export class Answers {
  constructor(form, words) {
    this.form = form;
    this.words = words;
    this.progress = form.querySelector(".progress");
    this.starts = form.querySelector("button[type=submit]");
    this.stops = form.querySelector("[data-act=stop]");
    this.stops.addEventListener("click", () => this.stop());
    this.shown = () => {};
    this.draw();
  }

  get section() {
    return document.querySelector("#answer");
  }

  /** Ask a question, from its first page and in the view that was chosen last. */
  run(text) {
    const view = new URLSearchParams(location.search).get("view");
    const parameters = new URLSearchParams({ query: text, ...(view && { view }) });
    for (const name of ["default-graph-uri", "named-graph-uri"])
      for (const graph of new URLSearchParams(location.search).getAll(name))
        parameters.append(name, graph);
    const address = `${this.form.action}?${parameters}`;
    if (address.length <= LONGEST) return this.load(address);
    return this.load(this.form.action, { body: parameters });
  }

  async load(address, { body, remember = true } = {}) {
    this.request?.abort();
    const request = new AbortController();
    this.request = request;
    this.wait();
    try {
      const response = await fetch(address, {
        method: body ? "POST" : "GET",
        body,
        signal: request.signal,
        headers: { Accept: "text/html" },
      });
      const text = await response.text();
      if (this.request !== request) return;
      this.show(new DOMParser().parseFromString(text, "text/html"));
      if (remember && response.url !== location.href) history.pushState(null, "", address);
    } catch (error) {
      if (this.request !== request) return; // another question has been asked meanwhile
      const stopped = error.name === "AbortError";
      this.tell(stopped ? this.words.stopped.replace("{n}", this.seconds()) : this.words.failed);
    } finally {
      if (this.request === request) this.rest();
    }
  }

  /** Close the connection; the service notices, and ends the query. */
  stop() {
    this.request?.abort();
  }

  wait() {
    this.begun = performance.now();
    this.starts.hidden = true;
    this.stops.hidden = false;
    clearInterval(this.clock);
    this.clock = setInterval(() => {
      this.progress.textContent = `${this.words.running} ${this.seconds()} s`;
      this.section.classList.add("old");
    }, TICK);
  }

  rest() {
    const hadFocus = document.activeElement === this.stops;
    clearInterval(this.clock);
    this.progress.textContent = "";
    this.section.classList.remove("old");
    this.starts.hidden = false;
    this.stops.hidden = true;
    if (hadFocus) this.starts.focus();
    this.request = undefined;
  }

  seconds() {
    return ((performance.now() - this.begun) / 1000).toFixed(1);
  }

  /** Put the answer of a page in the place of the old one; of a page of errors, the error. */
  show(page) {
    const answer = page.querySelector("#answer");
    const content = answer ? [...answer.childNodes] : [...page.querySelectorAll("main .notice")];
    this.section.replaceChildren(...content.map((node) => document.adoptNode(node)));
    copying(this.section);
    this.draw();
    this.shown(this.problem());
  }

  /** Return what is wrong with the query and where, if the answer says so. */
  problem() {
    const place = this.section.querySelector("[data-line]");
    if (!place) return undefined;
    const { line, column, message } = place.dataset;
    return { line: Number(line), column: Number(column), message };
  }

  tell(message) {
    const notice = element("div", { class: "notice", role: "status" });
    const text = element("div");
    text.append(element("p", {}, message));
    notice.append(icon("info"), text);
    this.section.replaceChildren(notice);
  }

  /** Draw the graph of an answer that has one. */
  async draw() {
    const drawing = this.section.querySelector(".drawing");
    if (!drawing) return;
    const { draw } = await import("./graph.js");
    const graph = readTable(drawing.querySelector("table"));
    draw(drawing.querySelector(".stage"), graph, JSON.parse(drawing.dataset.words));
  }
}
