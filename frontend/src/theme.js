// Runs before the page is drawn, so that it never flashes in the wrong colours. Imports nothing.
document.documentElement.classList.add("scripts");
try {
  const theme = localStorage.getItem("kg.theme");
  if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
} catch {
  // Storage may be forbidden; then the system's theme holds.
}
