// The SPARQL console: an editor in place of the text field, answers that come without leaving the page,
// and a way to stop. The server draws every answer; what it sends is put where the old one was.

import { Answers } from "./parts/answers.js";

const form = document.querySelector("form#console");
if (form) begin(form);

async function begin(form) {
  const field = form.querySelector("textarea");
  const words = JSON.parse(form.dataset.words);
  const answers = new Answers(form, words);
  const source = {
    get text() {
      return field.value;
    },
    set text(text) {
      field.value = text;
    },
  };
  const console = { form, words, answers, source, run: () => answers.run(console.source.text) };
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    console.run();
  });
  listen(console);
  const { open } = await import("./parts/editor.js");
  const host = document.createElement("div");
  host.className = "host";
  field.after(host);
  field.hidden = true;
  field.required = false;
  field.parentNode.classList.add("enhanced");
  console.source = open(host, {
    text: field.value,
    label: words.editor,
    run: console.run,
    changed: () => {
      field.value = console.source.text;
    },
  });
  form.querySelector("label[for=query]").hidden = true;
  answers.shown = (problem) => console.source.mark(problem);
  answers.shown(answers.problem());
}

/** Let links to other questions and other views of an answer load without leaving the page. */
function listen(console) {
  document.addEventListener("click", (event) => {
    const link = event.target.closest?.("#answer a, .examples a");
    const elsewhere = event.ctrlKey || event.metaKey || event.shiftKey || event.button !== 0;
    if (!link || elsewhere || link.pathname !== new URL(console.form.action).pathname) return;
    const parameters = new URLSearchParams(link.search);
    if (!parameters.has("query") || parameters.has("format")) return;
    event.preventDefault();
    if (link.closest(".examples")) console.source.text = parameters.get("query");
    console.answers.load(link.href);
  });
  document.addEventListener("change", ({ target }) => {
    if (target.matches?.("#answer .axes select")) target.form.requestSubmit();
  });
  document.addEventListener("submit", (event) => {
    if (!event.target.matches?.("#answer .axes")) return;
    event.preventDefault();
    console.answers.load(
      `${console.form.action}?${new URLSearchParams(new FormData(event.target))}`,
    );
  });
  window.addEventListener("popstate", () => {
    const text = new URLSearchParams(location.search).get("query");
    if (text) console.source.text = text;
    console.answers.load(location.href, { remember: false });
  });
}
