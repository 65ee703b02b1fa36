/** Read a graph from its table: things to the left and right, in the middle what ties them. */
export function readTable(table) {
  const nodes = [];
  const places = new Map();
  const place = (cell) => {
    const link = cell.querySelector("a");
    const url = link?.getAttribute("href");
    const label = (link ?? cell).textContent.trim();
    const key = url ?? label;
    if (!places.has(key)) {
      places.set(key, nodes.length);
      nodes.push({
        url,
        iri: cell.dataset.iri,
        label,
        language: cell.querySelector("[lang]")?.lang,
        color: link ? [...link.classList].find((name) => /^k\d+$/.test(name)) : undefined,
      });
    }
    return places.get(key);
  };
  const links = [...table.tBodies[0].rows].map(({ cells }) => ({
    source: place(cells[0]),
    target: place(cells[2]),
    label: cells[1].textContent.trim(),
    weight: Number(cells[3]?.dataset.value) || undefined,
  }));
  return { nodes, links };
}
