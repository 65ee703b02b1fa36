// The SPARQL console: an editor in place of the text field, answers that come without leaving the page,
// and a way to stop. The server draws every answer; what it sends is put where the old one was.

import { Answers } from "./parts/answers.js";
import { copying } from "./parts/copying.js";
import { Notebook } from "./parts/notebook.js";

class Console {
  constructor(form) {
    this.form = form;
    this.words = JSON.parse(form.dataset.words);
    this.field = form.querySelector("textarea");
    this.answers = new Answers(form, this.words);
    this.notebook = new Notebook(document.querySelector("#yours"), this.words, (text) => {
      this.text = text;
      this.run();
    });
  }

  get text() {
    return this.editor?.text ?? this.field.value;
  }

  set text(text) {
    this.field.value = text;
    if (this.editor) this.editor.text = text;
  }

  async begin() {
    this.listen();
    const [{ open }, { assistance, Service, declaring }] = await Promise.all([
      import("./parts/editor.js"),
      import("./parts/assistance.js"),
    ]);
    const service = new Service(JSON.parse(this.form.dataset.addresses));
    const host = document.createElement("div");
    host.className = "host";
    this.field.after(host);
    this.field.hidden = true;
    this.field.required = false;
    this.field.parentNode.classList.add("enhanced");
    this.form.querySelector("label[for=query]").hidden = true;
    this.editor = open(host, {
      text: this.field.value,
      label: this.words.editor,
      run: () => this.run(),
      changed: () => {
        this.field.value = this.editor.text;
      },
      extensions: assistance(service),
    });
    this.answers.shown = (problem) => this.editor.mark(problem);
    this.answers.shown(this.answers.problem());
    this.form.dispatchEvent(new CustomEvent("ready", { bubbles: true }));
    await this.schema(service, declaring);
  }

  run() {
    this.notebook.remember(this.text);
    return this.answers.run(this.text);
  }

  async schema(service, declaring) {
    const found = await service.load();
    if (!found) return;
    const { listSchema } = await import("./parts/schema.js");
    listSchema(document.querySelector("#schema"), found, service, (iri) => {
      const name = service.spelled(iri);
      this.editor.insert(name, declaring(name, this.editor.text, service));
    });
  }

  async layOut() {
    const { laidOut } = await import("./parts/layout.js");
    this.text = laidOut(this.text);
  }

  /** Have the service keep the query, and show the short address that leads to it. */
  async share() {
    const place = this.form.querySelector(".shared");
    const body = new URLSearchParams({ query: this.text });
    const headers = { Accept: "application/json" };
    try {
      const answer = await fetch(this.form.dataset.keep, { method: "POST", body, headers });
      const { url, detail } = await answer.json();
      place.querySelector("code").textContent = url ?? detail;
      place.querySelector("button").hidden = !url;
    } catch {
      place.querySelector("code").textContent = this.words.failed;
    }
    place.hidden = false;
    copying(place);
  }

  /** Let links to other questions and other views of an answer load without leaving the page. */
  listen() {
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.run();
    });
    for (const [act, name] of [
      ["layout", "layOut"],
      ["share", "share"],
    ]) {
      const button = this.form.querySelector(`[data-act=${act}]`);
      button?.addEventListener("click", () => this[name]());
    }
    document.addEventListener("click", (event) => this.follow(event));
    document.addEventListener("change", ({ target }) => {
      if (target.matches?.("#answer .axes select")) target.form.requestSubmit();
    });
    document.addEventListener("submit", (event) => {
      if (!event.target.matches?.("#answer .axes")) return;
      event.preventDefault();
      this.answers.load(`${this.form.action}?${new URLSearchParams(new FormData(event.target))}`);
    });
    window.addEventListener("popstate", () => {
      const text = new URLSearchParams(location.search).get("query");
      if (text) this.text = text;
      this.answers.load(location.href, { remember: false });
    });
  }

  follow(event) {
    const link = event.target.closest?.("#answer a, .examples a");
    const elsewhere = event.ctrlKey || event.metaKey || event.shiftKey || event.button !== 0;
    if (!link || elsewhere || link.pathname !== new URL(this.form.action).pathname) return;
    const parameters = new URLSearchParams(link.search);
    if (!parameters.has("query") || parameters.has("format")) return;
    event.preventDefault();
    if (link.closest(".examples")) this.text = parameters.get("query");
    this.answers.load(link.href);
  }
}

const form = document.querySelector("form#console");
if (form) new Console(form).begin();
