const SVG = "http://www.w3.org/2000/svg";

/** Return a new element with attributes and, if given, a text. */
export function element(name, attributes = {}, text = undefined) {
  return filled(document.createElement(name), attributes, text);
}

/** Return a new element of SVG likewise. */
export function svg(name, attributes = {}, text = undefined) {
  return filled(document.createElementNS(SVG, name), attributes, text);
}

/** Return an icon of the sprite, whose address the page gives. */
export function icon(name) {
  const picture = svg("svg", { class: "icon", "aria-hidden": "true" });
  const sprite = document.querySelector("svg.icon use").getAttribute("href").split("#")[0];
  picture.append(svg("use", { href: `${sprite}#${name}` }));
  return picture;
}

function filled(made, attributes, text) {
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  if (text !== undefined) made.textContent = text;
  return made;
}
