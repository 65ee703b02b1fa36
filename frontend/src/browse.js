// Browsing without loading whole pages: a click changes what is shown where it is, and the address.

import { histograms } from "./parts/histogram.js";

const page = () => document.querySelector(".browse");
const PARTS = [".facets", ".results"];
let latest = 0;

/** Show the page of an address in place of this one; on any trouble, go there. */
async function show(address, { push = true, focus = null } = {}) {
  const turn = ++latest;
  for (const part of PARTS) document.querySelector(part).setAttribute("aria-busy", "true");
  try {
    const answer = await fetch(address, { headers: { Accept: "text/html" } });
    const type = answer.headers.get("Content-Type") ?? "";
    if (!answer.ok || !type.startsWith("text/html")) throw new Error("no page");
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
    if (turn !== latest) return;
    replace(fresh);
    if (push) history.pushState({ browse: true }, "", address);
    begin();
    refocus(focus);
  } catch {
    if (turn === latest) location.assign(address);
  }
}

/** Put the parts of a fresh page where they belong; panels stay open or shut as they were. */
function replace(fresh) {
  const open = new Map();
  for (const panel of document.querySelectorAll(".facet"))
    open.set(panel.dataset.parameter, panel.open);
  const filters = document.querySelector(".facets").open;
  document.title = fresh.title;
  page().replaceWith(document.adoptNode(fresh.querySelector(".browse")));
  for (const panel of document.querySelectorAll(".facet")) {
    const before = open.get(panel.dataset.parameter);
    if (before !== undefined) panel.open = before || panel.open;
  }
  document.querySelector(".facets").open = filters;
}

/** Return what tells an element of a page again on the next: its panel and its text. */
function mark(element) {
  const panel = element.closest(".facet")?.dataset.parameter;
  return {
    panel,
    text: plain(element),
    label: element.getAttribute("aria-label"),
    name: element.name,
  };
}

/** Return the text of an element without the count at its end. */
function plain(element) {
  return element.textContent.replace(/[\d,]+\s*$/, "").trim();
}

function refocus(wanted) {
  if (!wanted) return;
  const panel = [...document.querySelectorAll(".facet")].find(
    (each) => each.dataset.parameter === wanted.panel,
  );
  const scope = panel ?? page();
  const found = [...scope.querySelectorAll("a, input, button, summary")].find((each) => {
    if (wanted.name) return each.name === wanted.name;
    if (wanted.label) return each.type === "range" && each.ariaLabel === wanted.label;
    return plain(each) === wanted.text;
  });
  (found ?? scope.querySelector("summary"))?.focus({ preventScroll: true });
}

function isOurs(link) {
  const there = new URL(link.href);
  return there.origin === location.origin && there.pathname === location.pathname;
}

document.addEventListener("click", (event) => {
  const link = event.target.closest?.(".browse a[href]");
  if (!link || event.button || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey)
    return;
  const address = link.getAttribute("href") ?? link.href.baseVal;
  const target = new URL(address, location.href);
  if (!isOurs({ href: target.href })) return;
  event.preventDefault();
  show(target.href, { focus: mark(link) });
  if (link.closest(".pager")) page().scrollIntoView({ block: "start" });
});

document.addEventListener("submit", (event) => {
  const form = event.target.closest(".browse form");
  if (!form) return;
  event.preventDefault();
  submit(form, document.activeElement?.name ? mark(document.activeElement) : null);
});

function submit(form, focus, options = {}) {
  const filled = [...new FormData(form)].filter(([, value]) => value !== "");
  const query = new URLSearchParams(filled);
  show(`${location.pathname}${query.size ? `?${query}` : ""}`, { focus, ...options });
}

/** Search in the values of a facet while one types. */
let typing;
document.addEventListener("input", ({ target }) => {
  if (!target.matches(".find input[type=search]")) return;
  clearTimeout(typing);
  typing = setTimeout(() => find(target), 150);
});

async function find(input) {
  const panel = input.closest(".facet");
  const query = new URLSearchParams([...new FormData(input.form)].filter(([, value]) => value));
  if (!input.value) query.delete("facet");
  const answer = await fetch(`${location.pathname}?${query}`, { headers: { Accept: "text/html" } });
  if (!answer.ok || input.value !== (query.get("find") ?? "")) return;
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
  const found = [...fresh.querySelectorAll(".facet")].find(
    (each) => each.dataset.parameter === panel.dataset.parameter,
  );
  if (!found) return;
  for (const old of [...panel.children].slice(1)) if (!old.matches(".find")) old.remove();
  panel.append(...[...found.children].slice(1).filter((each) => !each.matches(".find")));
}

addEventListener("popstate", () => show(location.href, { push: false }));

function begin() {
  histograms((form, moved) => submit(form, mark(moved)));
  const filters = document.querySelector(".facets");
  if (!CSS.supports("selector(::details-content)") && matchMedia("(min-width: 56rem)").matches)
    filters.open = true;
}

begin();
