/** Let the button of the bar go through system, light and dark, and remember the choice. */
export function theme() {
  const button = document.querySelector("button[data-themes]");
  if (!button) return;
  const root = document.documentElement;
  const names = JSON.parse(button.dataset.themes);
  const show = () => {
    const current = root.dataset.theme ?? "system";
    for (const icon of button.querySelectorAll("[data-theme-icon]"))
      icon.toggleAttribute("hidden", icon.dataset.themeIcon !== current);
    button.title = names[current];
    button.querySelector("[data-name]").textContent = names[current];
  };
  button.hidden = false;
  button.addEventListener("click", () => {
    const order = ["system", "light", "dark"];
    const next = order[(order.indexOf(root.dataset.theme ?? "system") + 1) % order.length];
    if (next === "system") delete root.dataset.theme;
    else root.dataset.theme = next;
    remember(next);
    show();
    root.dispatchEvent(new CustomEvent("themechange"));
  });
  show();
}

function remember(theme) {
  try {
    if (theme === "system") localStorage.removeItem("kg.theme");
    else localStorage.setItem("kg.theme", theme);
  } catch {
    // Then it holds for this page only.
  }
}
