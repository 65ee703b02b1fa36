// What every page does with scripts: theme, menus, shortcuts, copying, waiting, type-ahead.

import { copying } from "./parts/copying.js";
import { language } from "./parts/language.js";
import { menus } from "./parts/menus.js";
import { theme } from "./parts/theme.js";
import { waiting } from "./parts/waiting.js";

/** Let `/` go to the search box, as one knows it from elsewhere. */
function shortcuts() {
  document.addEventListener("keydown", (event) => {
    if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey) return;
    const focused = event.composedPath()[0];
    if (focused.matches?.("input, textarea, select, [contenteditable]")) return;
    const box = document.querySelector("main input[type=search][data-suggest]") ?? searchBox();
    if (!box) return;
    event.preventDefault();
    box.focus();
    box.select();
  });
}

function searchBox() {
  return document.querySelector("input[type=search]");
}

/** Load the type-ahead when somebody is about to search. */
function typeahead() {
  document.addEventListener("focusin", async ({ target }) => {
    if (!target.matches?.("input[data-suggest]:not([role=combobox])")) return;
    const { suggest } = await import("./parts/typeahead.js");
    suggest(target);
  });
}

theme();
menus();
shortcuts();
copying();
waiting();
language();
typeahead();
