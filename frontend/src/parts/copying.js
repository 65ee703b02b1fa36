/** Show the buttons that copy, which do nothing without scripts, and let them. */
export function copying(root = document) {
  for (const button of root.querySelectorAll("button[data-copy]")) button.hidden = false;
  if (root !== document) return;
  document.addEventListener("click", async ({ target }) => {
    const button = target.closest?.("button[data-copy]");
    if (!button) return;
    const source = button.dataset.copy || button.previousElementSibling.textContent;
    if (await copied(source)) confirm(button);
  });
}

async function copied(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return copiedTheOldWay(text); // outside https there is no clipboard
  }
}

function copiedTheOldWay(text) {
  const area = document.createElement("textarea");
  area.value = text;
  area.className = "hidden-visually";
  document.body.append(area);
  area.select();
  const done = document.execCommand("copy");
  area.remove();
  return done;
}

/** Say for a moment that it is done, to eyes and to screen readers. */
function confirm(button) {
  const name = button.querySelector("[data-name]");
  const before = name.textContent;
  name.textContent = button.dataset.done;
  name.setAttribute("role", "status");
  button.setAttribute("aria-pressed", "true");
  setTimeout(() => {
    name.textContent = before;
    name.removeAttribute("role");
    button.removeAttribute("aria-pressed");
  }, 1500);
}
