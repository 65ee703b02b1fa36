// What the editor knows of the data: names it completes, prefixes it adds, labels it shows.

import { syntaxTree } from "@codemirror/language";
import { EditorState } from "@codemirror/state";
import { hoverTooltip } from "@codemirror/view";
import { SparqlLanguage } from "codemirror-lang-sparql";
import { element } from "./dom.js";

const WORD = /[\p{L}\p{N}_:\-.%]*$/u;
const ENOUGH = 40; // names that are offered at once
const PAUSE = 150; // ms without a keystroke before the service is asked

const KEYWORDS =
  "SELECT CONSTRUCT ASK DESCRIBE WHERE PREFIX DISTINCT FILTER OPTIONAL UNION MINUS BIND AS VALUES GRAPH " +
  "ORDER GROUP BY HAVING LIMIT OFFSET DESC ASC NOT EXISTS IN COUNT SUM AVG MIN MAX SAMPLE " +
  "GROUP_CONCAT STR LANG LANGMATCHES DATATYPE BOUND COALESCE IF REGEX CONTAINS STRSTARTS STRENDS " +
  "LCASE UCASE CONCAT STRLEN YEAR MONTH DAY isIRI isLiteral isBlank FROM NAMED UNDEF";

/** Return the extensions that help with the words of `service`. */
export function assistance(service) {
  return [
    SparqlLanguage.data.of({ autocomplete: (context) => complete(context, service) }),
    EditorState.transactionFilter.of((transaction) => declared(transaction, service)),
    hoverTooltip((view, place) => explain(view, place, service)),
  ];
}

/** What the service says of the data; asked once, when it is first wanted. */
export class Service {
  constructor({ vocabulary, names, suggest }) {
    this.addresses = { vocabulary, names, suggest };
    this.prefixes = {};
    this.words = new Map();
    this.called = new Map();
  }

  /** Return the vocabulary; empty while, or if, it cannot be had. */
  load() {
    this.loading ??= json(this.addresses.vocabulary).then((found) => {
      if (!found) return undefined;
      this.prefixes = found.prefixes;
      const told = [
        ...found.classes.map((each) => ({ ...each, role: "class" })),
        ...found.properties.map((each) => ({ ...each, role: "property" })),
      ];
      for (const each of told) this.words.set(each.iri, each);
      return found;
    });
    return this.loading;
  }

  async suggestions(text, signal) {
    if (!this.addresses.suggest || [...text].length < 2) return [];
    const address = new URL(this.addresses.suggest, location.href);
    address.searchParams.set("q", text);
    return (await json(address, signal))?.items ?? [];
  }

  /** Return what an IRI is called. */
  async named(iri) {
    if (this.words.has(iri)) return this.words.get(iri);
    if (!this.called.has(iri)) {
      const address = new URL(this.addresses.names, location.href);
      address.searchParams.set("iri", iri);
      this.called.set(iri, (await json(address))?.[iri]);
    }
    return this.called.get(iri);
  }

  /** Return the short name of an IRI, or the IRI in angle brackets. */
  spelled(iri) {
    const cut = Math.max(iri.lastIndexOf("/"), iri.lastIndexOf("#")) + 1;
    const prefix = Object.keys(this.prefixes).find(
      (each) => this.prefixes[each] === iri.slice(0, cut),
    );
    const name = iri.slice(cut);
    return prefix !== undefined && /^[\p{L}\p{N}_][\p{L}\p{N}_-]*$/u.test(name)
      ? `${prefix}:${name}`
      : `<${iri}>`;
  }

  /** Return the IRI that a short name stands for in a text, by its own prefixes or those known here. */
  expanded(name, text) {
    const [prefix, local] = split(name);
    const namespace = declarations(text).get(prefix) ?? this.prefixes[prefix];
    return namespace === undefined || local === undefined ? undefined : namespace + local;
  }
}

async function json(address, signal) {
  try {
    const answer = await fetch(address, { signal, headers: { Accept: "application/json" } });
    return answer.ok ? await answer.json() : undefined;
  } catch {
    return undefined; // without help one can still write
  }
}

function split(name) {
  const colon = name.indexOf(":");
  return colon < 0 ? [name] : [name.slice(0, colon), name.slice(colon + 1)];
}

function declarations(text) {
  const found = text.matchAll(/\bPREFIX\s+([\p{L}\p{N}_.-]*):\s*<([^>]*)>/giu);
  return new Map([...found].map(([, prefix, namespace]) => [prefix, namespace]));
}

/** Whether a place is in a comment, a string or an IRI, where nothing is completed. */
function isText(state, place) {
  const { name, from } = syntaxTree(state).resolveInner(place, -1);
  return /Comment|String|Iri$|IriRef/.test(name) && from < place;
}

async function complete(context, service) {
  const { state, pos } = context;
  const line = state.doc.lineAt(pos);
  const before = line.text.slice(0, pos - line.from);
  const variable = before.match(/[?$][\p{L}\p{N}_]*$/u)?.[0];
  if (variable) return { from: pos - variable.length, options: variables(state, pos) };
  const word = before.match(WORD)[0];
  if ((!word && !context.explicit) || /#/.test(before.replace(/<[^>]*>/g, ""))) return null;
  if (isText(state, pos)) return null;
  await service.load();
  const from = pos - word.length;
  const [prefix, local] = split(word);
  const typed = local ?? prefix;
  const known = matching(service.words.values(), word, typed).map((each) => option(each, service));
  const entities = local === "" ? [] : await found(context, service, typed);
  const keywords = local === undefined ? starting(word) : [];
  const options = [
    ...keywords,
    ...known,
    ...entities.filter((each) => !service.words.has(each.iri)).map((each) => option(each, service)),
  ];
  return context.aborted || !options.length ? null : { from, options, filter: false };
}

async function found(context, service, typed) {
  await new Promise((resolve) => setTimeout(resolve, PAUSE));
  if (context.aborted) return [];
  const request = new AbortController();
  context.addEventListener("abort", () => request.abort());
  return service.suggestions(typed, request.signal);
}

function variables(state, place) {
  const names = new Set(state.doc.toString().match(/[?$][\p{L}\p{N}_]+/gu));
  const own = state.doc
    .sliceString(Math.max(0, place - 60), place)
    .match(/[?$][\p{L}\p{N}_]*$/u)?.[0];
  names.delete(own);
  return [...names].sort().map((label) => ({ label, type: "variable" }));
}

function starting(word) {
  if (!word) return [];
  return KEYWORDS.split(" ")
    .filter((each) => each.toLowerCase().startsWith(word.toLowerCase()) && each !== word)
    .map((label) => ({ label, type: "keyword" }));
}

/** Return the words whose name or label holds what is typed, those that begin with it first. */
function matching(words, word, typed) {
  const whole = word.toLowerCase();
  const wanted = typed.toLowerCase();
  const rated = [];
  for (const each of words) {
    const name = (each.name ?? each.iri).toLowerCase();
    const label = each.label.toLowerCase();
    const local = split(name).at(-1);
    const rank =
      name.startsWith(whole) || local.startsWith(wanted) || label.startsWith(wanted)
        ? 0
        : label.includes(wanted) || local.includes(wanted)
          ? 1
          : undefined;
    const fits = !word.includes(":") || name.startsWith(whole.slice(0, whole.indexOf(":") + 1));
    if (rank !== undefined && fits) rated.push([rank, each]);
  }
  rated.sort(([one, a], [other, b]) => one - other || b.uses - a.uses);
  return rated.slice(0, ENOUGH).map(([, each]) => each);
}

function option({ iri, label, type, uses, role }, service) {
  const name = service.spelled(iri);
  return {
    label: name,
    detail: [label, role ? uses.toLocaleString() : type].filter(Boolean).join(" · "),
    type: role ?? "entity",
    apply: (view, _completion, from, to) => {
      const insertion = { from, to, insert: name };
      const changes = [insertion, ...declaring(name, view.state.doc.toString(), service)];
      const after = view.state.changes(changes);
      view.dispatch({
        changes,
        selection: { anchor: after.mapPos(to, 1) },
        userEvent: "input.complete",
      });
    },
  };
}

/** Return the change that declares the prefix of a name, if it is not declared yet. */
export function declaring(name, text, service) {
  const [prefix, local] = split(name);
  if (name.startsWith("<") || local === undefined || declarations(text).has(prefix)) return [];
  const namespace = service.prefixes[prefix];
  if (namespace === undefined) return [];
  const last = [...text.matchAll(/^[^\S\n]*PREFIX[^\n]*\n/gim)].at(-1);
  const from = last ? last.index + last[0].length : 0;
  const gap = last || /^\s*$/.test(text) ? "" : "\n";
  return [{ from, insert: `PREFIX ${prefix}: <${namespace}>\n${gap}` }];
}

/** Add the declaration of a prefix as soon as its colon is typed. */
function declared(transaction, service) {
  if (!transaction.isUserEvent("input.type")) return transaction;
  const place = transaction.newSelection.main.head;
  const text = transaction.newDoc.toString();
  if (text[place - 1] !== ":") return transaction;
  const line = transaction.newDoc.lineAt(place);
  const before = line.text.slice(0, place - line.from);
  const prefix = before.match(/(?:^|[\s{(.;,^/|!])([\p{L}][\p{L}\p{N}_-]*):$/u)?.[1];
  const isCode = !/#|"|'|</.test(before) && !/^\s*PREFIX\b/i.test(before);
  if (!prefix || !isCode) return transaction;
  const changes = declaring(`${prefix}:`, text, service);
  return changes.length ? [transaction, { changes, sequential: true }] : transaction;
}

/** Say what the name under the pointer is called. */
async function explain(view, place, service) {
  const line = view.state.doc.lineAt(place);
  for (const found of line.text.matchAll(/<[^<>\s]+>|[\p{L}][\p{L}\p{N}_-]*:[\p{L}\p{N}_-]+/gu)) {
    const from = line.from + found.index;
    const to = from + found[0].length;
    if (place < from || place > to) continue;
    const text = view.state.doc.toString();
    const iri = found[0].startsWith("<") ? found[0].slice(1, -1) : service.expanded(found[0], text);
    await service.load();
    const known = iri && (await service.named(iri));
    if (!known?.label) return null;
    const create = () => {
      const dom = element("div");
      dom.append(element("strong", known.language ? { lang: known.language } : {}, known.label));
      if (known.uses !== undefined) dom.append(` · ${known.uses.toLocaleString()}`);
      return { dom };
    };
    return { pos: from, end: to, above: true, create };
  }
  return null;
}
