// Two handles below a histogram: dragged, or moved by arrow keys, from bar to bar.

import { element } from "./dom.js";

const SETTLED = 350;

/** Give every histogram of the page its handles. `submit(form, handle)` shows what the fields ask for. */
export function histograms(submit) {
  for (const range of document.querySelectorAll(".range:not(.draggable)")) begin(range, submit);
}

function begin(range, submit) {
  const bars = [...range.querySelectorAll(".histogram a")];
  const rows = [...range.querySelectorAll(".behind tbody td:first-child")];
  const form = range.querySelector("form");
  const [low, high] = form.querySelectorAll("input:not([type=hidden])");
  const words = JSON.parse(range.dataset.words);
  if (bars.length < 2) return;
  range.classList.add("draggable");
  const ends = rows.map((row) => [row.dataset.low, row.dataset.high]);
  const last = bars.length - 1;
  const place = (text, end, usual) => {
    const found = ends.findIndex((each) => each[end] === text);
    return found < 0 ? usual : found;
  };
  const from = handle(words.from, place(low.value, 0, 0), last);
  const to = handle(words.to, place(high.value, 1, last), last);
  const box = element("div", { class: "handles" });
  box.append(from, to);
  range.querySelector(".histogram").after(box);
  const told = () => {
    const [first, final] = [Number(from.value), Number(to.value)];
    low.value = first === 0 ? "" : ends[first][0];
    high.value = final === last ? "" : ends[final][1];
    from.setAttribute("aria-valuetext", ends[first][0]);
    to.setAttribute("aria-valuetext", ends[final][1]);
    paint(bars, first, final);
  };
  from.addEventListener("input", () => {
    from.value = Math.min(from.value, to.value);
    told();
  });
  to.addEventListener("input", () => {
    to.value = Math.max(from.value, to.value);
    told();
  });
  let moving;
  for (const each of [from, to]) {
    each.addEventListener("change", () => {
      clearTimeout(moving); // arrow keys come one after another
      moving = setTimeout(() => submit(form, each), SETTLED);
    });
  }
  from.setAttribute("aria-valuetext", ends[from.value][0]);
  to.setAttribute("aria-valuetext", ends[to.value][1]);
  if (low.value || high.value) paint(bars, Number(from.value), Number(to.value));
}

function handle(name, value, last) {
  return element("input", { type: "range", min: 0, max: last, step: 1, value, "aria-label": name });
}

function paint(bars, first, final) {
  const whole = first === 0 && final === bars.length - 1;
  bars[0].closest("svg").classList.toggle("narrowed", !whole);
  for (const [place, bar] of bars.entries())
    bar.classList.toggle("inside", !whole && place >= first && place <= final);
}
