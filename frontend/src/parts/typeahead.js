// The list below a search box (the combobox pattern of ARIA APG, with a list of options).

const PAUSE = 120; // ms without a keystroke before anything is asked

let lists = 0;

/** Make a search box suggest what it finds, as one types. */
export function suggest(input) {
  const list = document.createElement("ul");
  list.className = "suggestions";
  list.id = `suggestions-${++lists}`;
  list.setAttribute("role", "listbox");
  list.setAttribute("aria-label", input.getAttribute("aria-label"));
  list.hidden = true;
  input.after(list);
  for (const [name, value] of Object.entries({
    role: "combobox",
    "aria-autocomplete": "list",
    "aria-controls": list.id,
    "aria-expanded": "false",
    autocomplete: "off",
  }))
    input.setAttribute(name, value);
  const box = new Suggestions(input, list);
  input.addEventListener("input", (event) => event.isComposing || box.wait());
  input.addEventListener("compositionend", () => box.wait());
  input.addEventListener("keydown", (event) => box.key(event));
  input.addEventListener("blur", () => setTimeout(() => box.close(), 150));
  if (input.value) box.wait();
}

class Suggestions {
  constructor(input, list) {
    this.input = input;
    this.list = list;
    this.chosen = -1;
  }

  wait() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.ask(), PAUSE);
  }

  async ask() {
    this.request?.abort();
    const text = this.input.value.trim();
    if (!text) return this.close();
    this.request = new AbortController();
    const address = new URL(this.input.dataset.suggest, location.href);
    address.searchParams.set("q", text);
    try {
      const answer = await fetch(address, {
        signal: this.request.signal,
        headers: { Accept: "application/json" },
      });
      if (answer.ok && document.activeElement === this.input)
        this.show((await answer.json()).items);
    } catch {
      this.close(); // stopped by the next keystroke, or the service is away: the form still works
    }
  }

  show(items) {
    this.chosen = -1;
    this.list.replaceChildren(...items.map((item, place) => this.option(item, place)));
    this.open(items.length > 0);
  }

  option(item, place) {
    const option = document.createElement("li");
    option.setAttribute("role", "option");
    option.setAttribute("aria-selected", "false");
    option.id = `${this.list.id}-${place}`;
    option.dataset.url = item.url;
    option.append(text("bdi", "name", item.label, item.language));
    if (item.description) option.append(text("span", "about", item.description));
    if (item.type) option.append(text("span", `what ${item.color ?? ""}`, item.type));
    option.addEventListener("click", () => location.assign(item.url));
    return option;
  }

  key(event) {
    if (event.isComposing || this.list.hidden) return;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) {
      event.preventDefault();
      this.choose(this.chosen + step);
    } else if (event.key === "Escape") {
      event.preventDefault();
      this.close();
    } else if (event.key === "Enter" && this.chosen >= 0) {
      event.preventDefault();
      location.assign(this.list.children[this.chosen].dataset.url);
    }
  }

  choose(place) {
    const options = [...this.list.children];
    this.chosen = place < -1 ? options.length - 1 : place >= options.length ? -1 : place;
    for (const [index, option] of options.entries())
      option.setAttribute("aria-selected", String(index === this.chosen));
    const option = options[this.chosen];
    option?.scrollIntoView({ block: "nearest" });
    if (option) this.input.setAttribute("aria-activedescendant", option.id);
    else this.input.removeAttribute("aria-activedescendant");
  }

  open(isOpen) {
    this.list.hidden = !isOpen;
    this.input.setAttribute("aria-expanded", String(isOpen));
  }

  close() {
    this.chosen = -1;
    this.input.removeAttribute("aria-activedescendant");
    this.open(false);
  }
}

function text(tag, className, content, language) {
  const element = document.createElement(tag);
  element.className = className;
  element.textContent = content;
  if (language) element.lang = language;
  return element;
}
