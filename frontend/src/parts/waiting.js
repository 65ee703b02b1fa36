const PATIENCE = 300; // ms; what is faster needs no sign

/** Show a moving line while the next page takes its time. */
export function waiting() {
  let timer;
  const line = document.createElement("div");
  line.className = "waiting";
  line.setAttribute("role", "progressbar");
  line.setAttribute("aria-label", document.documentElement.dataset.waiting ?? "…");
  const begin = () => {
    clearTimeout(timer);
    timer = setTimeout(() => document.body.append(line), PATIENCE);
  };
  const end = () => {
    clearTimeout(timer);
    line.remove();
  };
  document.addEventListener("click", (event) => {
    const link = event.target.closest?.("a[href]");
    if (link && leads(link, event)) begin();
  });
  document.addEventListener("submit", (event) => {
    if (!event.defaultPrevented) begin();
  });
  window.addEventListener("pageshow", end);
}

/** Return whether a click on a link leaves this page for another that is shown here. */
function leads(link, event) {
  const elsewhere = event.ctrlKey || event.metaKey || event.shiftKey || event.defaultPrevented;
  const here = link.pathname === location.pathname && link.search === location.search;
  return !elsewhere && !here && !link.download && !link.target && link.origin === location.origin;
}
