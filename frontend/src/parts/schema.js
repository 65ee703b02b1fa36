// The classes of the data, each with the properties that its things have; pressing one writes it.

import { element } from "./dom.js";

/** Fill the list of classes; `insert` is called with the IRI that was chosen. */
export function listSchema(section, found, service, insert) {
  const list = section.querySelector("ul");
  list.replaceChildren(...found.classes.map((each) => ofClass(each, service, insert)));
  section.hidden = found.classes.length === 0;
  const filter = section.querySelector("input");
  filter.addEventListener("input", () => {
    const wanted = filter.value.trim().toLowerCase();
    for (const item of list.children) item.hidden = !item.dataset.text.includes(wanted);
  });
}

function ofClass({ iri, label, language, uses, color, properties }, service, insert) {
  const item = element("li", { "data-text": `${label} ${iri}`.toLowerCase() });
  const details = element("details");
  const summary = element("summary");
  const name = element(
    "bdi",
    { class: `thing ${color}`, ...(language && { lang: language }) },
    label,
  );
  summary.append(name, " ", element("span", { class: "count" }, uses.toLocaleString()));
  details.append(summary);
  details.addEventListener("toggle", () => {
    if (details.childElementCount > 1) return;
    const inner = element("ul");
    inner.append(word({ iri, label: service.spelled(iri), class: "iri" }, insert));
    for (const [property, count] of properties)
      inner.append(word({ ...service.words.get(property), iri: property, uses: count }, insert));
    details.append(inner);
  });
  item.append(details);
  return item;
}

function word({ iri, label, language, uses, class: kind = "" }, insert) {
  const item = element("li");
  const button = element("button", { type: "button", class: `bare ${kind}`, title: iri });
  button.append(element("bdi", language ? { lang: language } : {}, label ?? iri));
  if (uses !== undefined)
    button.append(" ", element("span", { class: "count" }, uses.toLocaleString()));
  button.addEventListener("click", () => insert(iri));
  item.append(button);
  return item;
}
