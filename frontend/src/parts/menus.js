/** Close an open menu when one presses Escape, or goes elsewhere. */
export function menus() {
  const others = (target) =>
    [...document.querySelectorAll("details.menu[open]")].filter((menu) => !menu.contains(target));
  const close = ({ target }) => {
    for (const menu of others(target)) menu.open = false;
  };
  document.addEventListener("click", close);
  document.addEventListener("focusin", close);
  document.addEventListener("keydown", (event) => {
    const menu = event.key === "Escape" && document.activeElement?.closest("details.menu[open]");
    if (!menu) return;
    menu.open = false;
    menu.querySelector("summary").focus();
  });
}
