// The queries a reader has asked before, and those they hold on to; in their browser and nowhere else.

import { element, icon } from "./dom.js";

const KEY = "kg.queries";
const MOST = 30; // besides those that are held on to
const LONGEST = 90; // characters of a title

export class Notebook {
  /** `open` is called with the text of a query that is chosen. */
  constructor(section, words, open) {
    this.section = section;
    this.words = words;
    this.open = open;
    this.draw();
  }

  get entries() {
    try {
      const kept = JSON.parse(localStorage.getItem(KEY) ?? "[]");
      return kept.filter(({ text }) => typeof text === "string");
    } catch {
      return [];
    }
  }

  set entries(entries) {
    let others = 0;
    const kept = entries.filter(({ saved }) => saved || others++ < MOST);
    try {
      localStorage.setItem(KEY, JSON.stringify(kept));
    } catch {
      // Storage is forbidden or full: then nothing is remembered.
    }
    this.draw();
  }

  remember(text) {
    const known = this.entries.find((each) => each.text === text);
    const others = this.entries.filter((each) => each.text !== text);
    this.entries = [{ text, saved: known?.saved ?? false }, ...others];
  }

  change(text, changed) {
    this.entries = this.entries.map((each) =>
      each.text === text ? { ...each, ...changed } : each,
    );
  }

  draw() {
    const { entries } = this;
    this.section.hidden = entries.length === 0;
    const ordered = [...entries].sort((one, other) => Number(other.saved) - Number(one.saved));
    this.section.querySelector("ul").replaceChildren(...ordered.map((each) => this.item(each)));
  }

  item({ text, saved }) {
    const item = element("li");
    const opens = element(
      "button",
      { type: "button", class: "bare title", title: text },
      title(text),
    );
    opens.addEventListener("click", () => this.open(text));
    const saves = this.button(saved ? "bookmark" : "bookmark-plus", this.words.save, () =>
      this.change(text, { saved: !saved }),
    );
    saves.setAttribute("aria-pressed", String(Boolean(saved)));
    const removes = this.button("trash", this.words.forget, () => {
      this.entries = this.entries.filter((each) => each.text !== text);
    });
    item.append(opens, saves, removes);
    return item;
  }

  button(sign, name, act) {
    const button = element("button", {
      type: "button",
      class: "bare",
      title: name,
      "aria-label": name,
    });
    button.append(icon(sign));
    button.addEventListener("click", act);
    return button;
  }
}

/** Return what a query is called: its first comment, or its first line that declares no prefix. */
function title(text) {
  const lines = text.split("\n").map((line) => line.trim());
  const telling = lines.filter((line) => line && !/^(PREFIX|BASE)\b/i.test(line));
  const first = telling[0]?.startsWith("#") ? telling[0].replace(/^#+\s*/, "") : telling.join(" ");
  return first && first.length > LONGEST ? `${first.slice(0, LONGEST)}…` : first || text.trim();
}
