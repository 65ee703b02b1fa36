// The editor of queries: CodeMirror with SPARQL. It stands in a shadow root, where its styles are
// constructed style sheets, which the Content-Security-Policy allows.

import {
  acceptCompletion,
  autocompletion,
  closeBrackets,
  closeBracketsKeymap,
  completionKeymap,
} from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap } from "@codemirror/commands";
import {
  bracketMatching,
  HighlightStyle,
  indentUnit,
  syntaxHighlighting,
} from "@codemirror/language";
import { lintGutter, setDiagnostics } from "@codemirror/lint";
import { EditorState, Prec } from "@codemirror/state";
import {
  drawSelection,
  EditorView,
  highlightActiveLine,
  highlightActiveLineGutter,
  highlightSpecialChars,
  keymap,
  lineNumbers,
} from "@codemirror/view";
import { tags } from "@lezer/highlight";
import { sparql } from "codemirror-lang-sparql";

/** Put an editor into an empty element; `extensions` add to what it does. */
export function open(host, { text, label, run, changed, extensions = [] }) {
  const root = host.attachShadow({ mode: "open" });
  const runNow = () => {
    run();
    return true;
  };
  const runs = { key: "Mod-Enter", preventDefault: true, run: runNow };
  const view = new EditorView({
    root,
    parent: root,
    state: EditorState.create({
      doc: text,
      extensions: [
        Prec.highest(keymap.of([runs, { key: "Tab", run: acceptCompletion }])),
        keymap.of([
          ...closeBracketsKeymap,
          ...defaultKeymap,
          ...historyKeymap,
          ...completionKeymap,
        ]),
        sparql(),
        syntaxHighlighting(colors),
        lineNumbers(),
        lintGutter(),
        highlightSpecialChars(),
        highlightActiveLine(),
        highlightActiveLineGutter(),
        drawSelection(),
        history(),
        bracketMatching(),
        closeBrackets(),
        autocompletion({ icons: false }),
        indentUnit.of("  "),
        EditorView.lineWrapping,
        EditorView.contentAttributes.of({ "aria-label": label, tabindex: "0" }),
        EditorView.domEventHandlers({ beforeinput: replace }),
        EditorView.updateListener.of((update) => update.docChanged && changed?.()),
        look,
        ...extensions,
      ],
    }),
  });
  return new Editor(view);
}

/** Replace what is selected by what is typed: browsers would write styles, which the policy forbids. */
function replace(event, view) {
  const { from, to, empty } = view.state.selection.main;
  if (event.inputType !== "insertText" || event.isComposing || empty || !event.data) return false;
  const typed = () =>
    view.state.update(view.state.replaceSelection(event.data), { userEvent: "input.type" });
  const handled = view.state
    .facet(EditorView.inputHandler)
    .some((handler) => handler(view, from, to, event.data, typed));
  if (!handled) view.dispatch(typed());
  event.preventDefault();
  return true;
}

class Editor {
  constructor(view) {
    this.view = view;
  }

  get text() {
    return this.view.state.doc.toString();
  }

  set text(text) {
    if (text !== this.text)
      this.view.dispatch({ changes: { from: 0, to: this.view.state.doc.length, insert: text } });
  }

  /** Write at the cursor, together with changes elsewhere, and stand behind what was written. */
  insert(text, others = []) {
    const { from, to } = this.view.state.selection.main;
    const before = this.view.state.doc.sliceString(from - 1, from);
    const insert = /^$|[\s(]/.test(before) ? `${text} ` : ` ${text} `;
    const changes = this.view.state.changes([{ from, to, insert }, ...others]);
    const anchor = changes.mapPos(to, 1);
    this.view.dispatch({ changes, selection: { anchor }, userEvent: "input" });
    this.view.focus();
  }

  /** Mark what is wrong at a line and column, both counted from 1 in characters; or nothing. */
  mark(problem) {
    const diagnostics = problem ? [diagnostic(this.view.state.doc, problem)] : [];
    this.view.dispatch(setDiagnostics(this.view.state, diagnostics));
    if (problem) {
      const at = diagnostics[0].from;
      this.view.dispatch({ selection: { anchor: at }, effects: EditorView.scrollIntoView(at) });
    }
  }

  focus() {
    this.view.focus();
  }
}

/** Return the diagnostic of a problem: the word at its place, or the last one before the end. */
function diagnostic(doc, { line, column, message }) {
  const found = doc.line(Math.min(Math.max(1, line), doc.lines));
  // A column counts characters; the text, units of UTF-16.
  const before = [...found.text].slice(0, column - 1).join("").length;
  let from = Math.min(found.from + before, found.to);
  const rest = doc.sliceString(from, found.to);
  const word = rest.match(/^[^\s{}().;,]+/)?.[0] ?? rest.slice(0, 1);
  let to = from + word.length;
  if (to === from) from = Math.max(0, from - 1);
  to = Math.max(to, from + (doc.length > from ? 1 : 0));
  return { from, to, severity: "error", message };
}

const colors = HighlightStyle.define([
  { tag: tags.keyword, color: "var(--accent)", fontWeight: "600" },
  { tag: tags.variableName, color: "var(--warn)" },
  { tag: [tags.string, tags.integer, tags.float, tags.bool], color: "var(--good)" },
  { tag: [tags.url, tags.typeName, tags.annotation], color: "var(--quiet)" },
  { tag: tags.comment, color: "var(--quiet)", fontStyle: "italic" },
]);

const look = EditorView.theme({
  "&": { height: "100%", color: "var(--text)", backgroundColor: "var(--raised)" },
  "&.cm-focused": { outline: "none" },
  ".cm-scroller": { fontFamily: "var(--mono)", fontSize: "0.92rem", lineHeight: "1.55" },
  ".cm-content": { caretColor: "var(--accent)", paddingBlock: "0.6rem" },
  ".cm-cursor": { borderLeftColor: "var(--accent)", borderLeftWidth: "2px" },
  ".cm-gutters": {
    backgroundColor: "var(--raised)",
    color: "var(--quiet)",
    border: "0",
    borderInlineEnd: "1px solid var(--line)",
  },
  ".cm-activeLine, .cm-activeLineGutter": {
    backgroundColor: "color-mix(in srgb, var(--accent-soft) 45%, transparent)",
  },
  "&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground":
    { background: "color-mix(in srgb, var(--accent) 28%, transparent)" },
  "&.cm-focused .cm-matchingBracket": {
    backgroundColor: "var(--accent-soft)",
    outline: "1px solid var(--accent)",
  },
  ".cm-tooltip": {
    backgroundColor: "var(--raised)",
    color: "var(--text)",
    border: "1px solid var(--line)",
    borderRadius: "var(--radius)",
    boxShadow: "0 0.5rem 1.5rem var(--shadow)",
    fontFamily: "var(--sans)",
    maxWidth: "min(34rem, 92vw)",
  },
  ".cm-tooltip.cm-tooltip-autocomplete > ul": { fontFamily: "var(--sans)", maxHeight: "18rem" },
  ".cm-tooltip.cm-tooltip-autocomplete > ul > li": {
    display: "flex",
    gap: "0.75rem",
    alignItems: "baseline",
    padding: "0.2rem 0.6rem",
  },
  ".cm-tooltip-autocomplete > ul > li[aria-selected]": {
    backgroundColor: "var(--accent-soft)",
    color: "var(--text)",
  },
  ".cm-completionLabel": {
    fontFamily: "var(--mono)",
    fontSize: "0.88rem",
    overflow: "hidden",
    textOverflow: "ellipsis",
  },
  ".cm-completionMatchedText": { textDecoration: "none", fontWeight: "700" },
  ".cm-completionDetail": {
    flex: "none",
    maxWidth: "60%",
    overflow: "hidden",
    textOverflow: "ellipsis",
    marginInlineStart: "auto",
    fontStyle: "normal",
    color: "var(--quiet)",
    fontSize: "0.85rem",
  },
  ".cm-tooltip-hover > *": { padding: "0.35rem 0.7rem" },
  ".cm-diagnostic-error": { borderInlineStart: "4px solid var(--wrong)" },
  ".cm-diagnostic": { padding: "0.35rem 0.7rem" },
  ".cm-lint-marker-error": {
    content: "none",
    width: "0.7rem",
    height: "0.7rem",
    marginBlockStart: "0.45rem",
    borderRadius: "50%",
    backgroundColor: "var(--wrong)",
  },
  ".cm-lintRange-error": {
    backgroundImage: "none",
    textDecoration: "underline wavy var(--wrong)",
    backgroundColor: "var(--wrong-soft)",
  },
});
