// Lays out a query: where lines begin and how far in. It changes white space only, and none of it within
// a line where two tokens touch, so that the query stays what it was.

const TOKEN = new RegExp(
  [
    /(?<comment>#[^\r\n]*)/,
    /(?<iri><(?:[^\s<>"{}|^`\\]|\\u[0-9A-Fa-f]{4}|\\U[0-9A-Fa-f]{8})*>)/,
    /(?<string>"""(?:[^"\\]|\\[\s\S]|"(?!""))*"""|'''(?:[^'\\]|\\[\s\S]|'(?!''))*'''|"(?:[^"\\\r\n]|\\.)*"|'(?:[^'\\\r\n]|\\.)*'|["'][^\r\n]*)/,
    /(?<word>[?$@]?[\p{L}\p{N}_:%\\][\p{L}\p{N}_:%\\.\-\u00b7]*(?<!\.)|:[\p{L}\p{N}_:%\\-]*)/u,
    /(?<other>[^\s])/u,
  ]
    .map((part) => part.source)
    .join("|"),
  "gu",
);

const BEGINS =
  /^(PREFIX|BASE|SELECT|CONSTRUCT|ASK|DESCRIBE|FROM|WHERE|ORDER|GROUP|HAVING|LIMIT|OFFSET|FILTER|OPTIONAL|BIND|MINUS|VALUES|GRAPH|SERVICE)$/i;

/** Return a query with each of its statements on a line of its own. */
export function laidOut(text) {
  const tokens = [...text.matchAll(TOKEN)].map((found) => ({
    text: found[0],
    kind: Object.keys(found.groups).find((name) => found.groups[name] !== undefined),
    touches: found.index > 0 && !/\s/.test(text[found.index - 1]),
    breaks: /\n\s*$/.test(text.slice(0, found.index)),
    gap: /\n[^\S\n]*\n\s*$/.test(text.slice(0, found.index)),
  }));
  const lines = new Lines();
  for (const [place, token] of tokens.entries())
    lines.add(token, tokens[place - 1], tokens[place + 1]);
  return lines.text;
}

class Lines {
  constructor() {
    this.lines = [];
    this.line = "";
    this.open = []; // brackets that are open, and for braces what stands before them
    this.further = false; // after a semicolon
    this.prologue = false;
  }

  get text() {
    return `${[...this.lines, this.line].join("\n").trim()}\n`;
  }

  get isInline() {
    const inner = this.open.at(-1);
    return inner !== undefined && inner !== "{";
  }

  add(token, before, after) {
    const { text } = token;
    if (text === "}" && token.kind === "other") this.close(after);
    else if (token.kind === "comment") this.comment(token);
    else this.write(token, before);
    if (token.kind === "other") this.follow(text, before);
  }

  close(after) {
    const inner = this.open.pop();
    this.further = false;
    if (inner === "values") {
      this.line += this.line && !this.line.endsWith(" ") ? " }" : "}";
      if (!after || !/^[.;]$/.test(after.text)) this.end();
      return;
    }
    this.end();
    this.start();
    this.line += "}";
  }

  comment(token) {
    if (token.breaks || !this.line) {
      this.end(token.gap);
      this.start();
    } else this.line += " ";
    this.line += token.text;
    this.end();
  }

  write(token, before) {
    if (this.begins(token, before)) {
      this.further = false;
      this.end(this.endsPrologue(token) || (token.gap && this.open.length === 0));
    }
    if (!this.line) this.start();
    else if (this.isApart(token, before)) this.line += " ";
    this.line += token.text;
  }

  begins(token, before) {
    if (this.isInline) return false;
    if (before?.text === "}" && !/^(UNION|[.;{])$/i.test(token.text)) return true;
    if (before?.text === ")" && token.text !== "." && /^\s*(FILTER|BIND)\b/i.test(this.line))
      return true;
    if (token.kind !== "word" || !BEGINS.test(token.text)) return false;
    const isWhere = /^WHERE$/i.test(token.text);
    const follows = /^(NOT|OPTIONAL|WHERE|NAMED|FROM|UNION)$/i.test(before?.text ?? "");
    return !follows && !(isWhere && this.line.length < 80 && !/^FROM/i.test(this.line));
  }

  /** Whether the part that declares prefixes ends here, so that an empty line follows it. */
  endsPrologue({ text }) {
    const declares = /^(PREFIX|BASE)$/i.test(text);
    const ends = this.prologue && !declares;
    this.prologue = declares;
    return ends;
  }

  isApart(token, before) {
    if (token.text === "{" || before?.text === "{") return true;
    return (/^[.;]$/.test(token.text) && !this.isInline) || !token.touches;
  }

  follow(text, before) {
    if (text === "{") {
      const values = /(^|\s)VALUES\s[^{]*$/i.test(this.line.slice(0, -1)) ? "values" : "{";
      this.open.push(values);
      if (values === "{") this.end();
    } else if (text === "(" || text === "[") this.open.push(text);
    else if ((text === ")" || text === "]") && this.open.at(-1) !== "{") this.open.pop();
    else if (text === "." && !this.isInline && before) {
      this.further = false;
      this.end();
    } else if (text === ";" && !this.isInline) {
      this.end();
      this.further = true;
    }
  }

  end(isGap = false) {
    if (this.line.trim()) this.lines.push(this.line.trimEnd());
    if (isGap && this.lines.at(-1)) this.lines.push("");
    this.line = "";
  }

  start() {
    const depth = this.open.filter((each) => each === "{").length + (this.further ? 1 : 0);
    this.line = "  ".repeat(depth);
  }
}
