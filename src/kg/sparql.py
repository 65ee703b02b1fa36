"""What a SPARQL text is, told from its tokens: its form, and the words that matter before it runs.

This is a tokeniser after the terminals of SPARQL 1.1 (section 19.8), not a parser: the engine
parses. Its purpose is to tell keywords from the insides of strings, IRIs and comments, and it never
fails: what fits no terminal is a token by itself, so that nothing can hide behind an error.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache

from kg.errors import BadInput
from kg.formats import Kind


class Form(StrEnum):
    """The four query forms (SPARQL 1.1, section 16)."""

    SELECT = "SELECT"
    ASK = "ASK"
    CONSTRUCT = "CONSTRUCT"
    DESCRIBE = "DESCRIBE"

    @property
    def kind(self) -> Kind:
        """What an answer to a query of this form is."""
        return _KINDS.get(self, Kind.GRAPH)


_KINDS = {Form.SELECT: Kind.SOLUTIONS, Form.ASK: Kind.BOOLEAN}


@dataclass(frozen=True)
class Token:
    """A terminal: its kind (a group name of the grammar below), its text and where it begins."""

    kind: str
    text: str
    start: int


@dataclass(frozen=True)
class Outline:
    """What can be said of a query before it is parsed."""

    form: Form | None
    """None when the text is no query."""

    names_dataset: bool
    """Whether it has FROM clauses, which stand in for the dataset of the service."""

    volatile: bool
    """Whether two runs over the same data can differ, as with NOW() or RAND()."""


# The quantifiers are possessive (`*+`), so that no text takes more than one pass.
_GRAMMAR = r"""
      (?P<space>   [\x20\t\r\n]++ )
    | (?P<comment> \#[^\r\n]*+ )
    | (?P<iri>     <(?:[^\x00-\x20<>"{}|^`\\IRI_HASH]|\\u[0-9A-Fa-f]{4}|\\U[0-9A-Fa-f]{8})*+> )
    | (?P<string>  LONG_STRINGS "(?:[^"\\\r\n]|\\.)*+" | '(?:[^'\\\r\n]|\\.)*+' )
    | (?P<open>    ["'][^\r\n]*+ )
    | (?P<variable>[?$]\w++ )
    | (?P<language>@[A-Za-z]++(?:-[A-Za-z0-9]++)*+ )
    | (?P<blank>   _:[\w.\-\u00B7]*+ )
    | (?P<name>    (?:[^\W\d_][\w.\-\u00B7]*+)?+:
                   (?:[\w:.\-\u00B7]|%[0-9A-Fa-f]{2}|\\[^\w\s])*+ )
    | (?P<number>  (?:\d++\.?\d*+|\.\d++)(?:[eE][+-]?\d++)? )
    | (?P<word>    [^\W\d][\w.\-\u00B7]*+ )
    | (?P<other>   . )
"""
_LONG_STRINGS = {
    '"': r'"{3}(?:[^"\\]|\\.|"(?!""))*+"{3} |',
    "'": r"'{3}(?:[^'\\]|\\.|'(?!''))*+'{3} |",
}


@cache
def _grammar(long_strings: str, *, hash_in_iris: bool) -> re.Pattern[str]:
    """Return the pattern of a token where only `long_strings` open long strings."""
    pattern = _GRAMMAR.replace("LONG_STRINGS", "".join(_LONG_STRINGS[q] for q in long_strings))
    return re.compile(
        pattern.replace("IRI_HASH", "" if hash_in_iris else "#"), re.VERBOSE | re.DOTALL
    )


# Functions of SPARQL 1.1 (17.4) whose value is not settled by the data.
_VOLATILE = ("NOW", "RAND", "UUID", "BNODE")

_PROLOGUE = ("PREFIX", "BASE", "VERSION")


def tokens(text: str, *, hash_in_iris: bool = True) -> Iterator[Token]:
    """Yield the tokens of `text` in order, without white space and comments.

    Whether `<#x>` is an IRI, or `<` and a comment, only a parser can tell; `hash_in_iris` chooses.
    A string that has no end is a token of kind `open`, up to the end of its line.
    """
    long_strings = "\"'"
    place = 0
    while place < len(text):
        match = _grammar(long_strings, hash_in_iris=hash_in_iris).match(text, place)
        assert match is not None  # the last kind takes any character
        quote = text[place]
        if quote in long_strings and text.startswith(3 * quote, place) and match.end() < place + 6:
            # This one has no end, so none further on has; looking again would take quadratic time.
            long_strings = long_strings.replace(quote, "")
        kind = match.lastgroup or "other"
        if kind not in ("space", "comment"):
            yield Token(kind, match.group(), place)
        place = match.end()


def outline(text: str) -> Outline:
    """Return what the tokens of a query tell about it.

    Engines read keywords greedily, without a word boundary (`SELECTDISTINCT*`, `FROM:g`), so a
    keyword counts wherever a word begins with it or holds it.
    """
    capitals = text.upper()
    plain = not any(word in capitals for word in ("FROM", *_VOLATILE))
    first, depth, names_dataset, volatile = "", 0, False, False
    before = ""
    for token in tokens(text):
        if first and plain:
            break  # the rest of the text can say nothing more
        depth += (token.text in ("{", "(")) - (token.text in ("}", ")"))
        if token.kind in ("word", "name") and before != "PREFIX":
            keyword = token.text.partition(":")[0].upper()
            first = first or ("" if keyword.startswith(_PROLOGUE) else keyword)
            names_dataset = names_dataset or (depth == 0 and "FROM" in keyword)
            is_word = token.kind == "word"
            volatile = volatile or (is_word and any(name in keyword for name in _VOLATILE))
        before = token.text.upper()
    return Outline(
        form=next((form for form in Form if first.startswith(form)), None),
        names_dataset=names_dataset,
        volatile=volatile,
    )


def with_dataset(text: str, default: Sequence[str], named: Sequence[str]) -> str:
    """Return an update whose WHERE clauses run over a dataset (SPARQL 1.1 Protocol, 2.2.3).

    `default` and `named` are spelled IRIs. Raises BadInput when the update names a dataset itself.
    """
    if not default and not named:
        return text
    clauses = [*(f"USING {iri}" for iri in default), *(f"USING NAMED {iri}" for iri in named)]
    using = f" {' '.join(clauses)} "
    found = list(tokens(text))
    if _names_dataset(found):
        raise BadInput(
            "an update with USING or WITH takes no using-graph-uri or using-named-graph-uri"
        )
    pieces, end, depth = [], 0, 0
    for place, token in enumerate(found):
        depth += (token.text == "{") - (token.text == "}")
        if depth == 0 and token.kind == "word" and token.text.upper().endswith("WHERE"):
            where = token.start + len(token.text) - len("WHERE")
            pattern = _deleted_pattern(text, found, place)
            pieces += [text[end:where], " ", pattern, using]
            end = where
    return "".join([*pieces, text[end:]])


def _names_dataset(found: Sequence[Token]) -> bool:
    """Return whether an update has USING or WITH, which stand outside all braces."""
    depth, before = 0, ""
    for token in found:
        depth += (token.text == "{") - (token.text == "}")
        if depth == 0 and token.kind in ("word", "name") and before != "PREFIX":
            keyword = token.text.partition(":")[0].upper()
            if "USING" in keyword or (keyword.startswith("WITH") and before in ("", ";", ">")):
                return True
        before = ">" if token.kind == "iri" else token.text.upper()
    return False


def _deleted_pattern(text: str, found: Sequence[Token], place: int) -> str:
    """Return the template that `DELETE WHERE { … }` leaves out; "" for another WHERE."""
    before = found[place - 1].text.upper() if place else ""
    if "DELETE" not in (before, found[place].text.upper().removesuffix("WHERE")):
        return ""
    depth = 0
    for token in found[place + 1 :]:
        depth += (token.text == "{") - (token.text == "}")
        if depth == 0:
            return text[found[place + 1].start : token.start + 1] + " "
    return ""


def prefixes(text: str) -> dict[str, str]:
    """Return what the prefixes that a query declares stand for, as it spells them."""
    found = list(tokens(text))
    return {
        name.text.removesuffix(":"): iri.text[1:-1]
        for keyword, name, iri in zip(found, found[1:], found[2:], strict=False)
        if keyword.text.upper() == "PREFIX" and name.kind == "name" and iri.kind == "iri"
    }


_ABSOLUTE = re.compile(r"<[A-Za-z][A-Za-z0-9+.-]*:")


def with_one_prologue(text: str) -> str:
    """Return an update with the PREFIX declarations that follow a `;` moved to its head.

    SPARQL 1.1 Update (grammar rules 29 and 30) lets each operation begin with a prologue; the
    engine takes one only. A text that would come to mean something else is returned as it is: one
    that declares a prefix twice, or sets BASE or a relative prefix on the way.
    """
    found = list(tokens(text))
    declared: dict[str, str] = {}
    moved: list[tuple[int, int]] = []
    depth, first, opening = 0, True, True
    for place, token in enumerate(found):
        depth += (token.text == "{") - (token.text == "}")
        is_keyword = token.kind == "word" and depth == 0 and opening
        if is_keyword and token.text.upper() == "PREFIX" and place + 2 < len(found):
            name, iri = found[place + 1].text, found[place + 2]
            is_relative = not _ABSOLUTE.match(iri.text)
            if declared.setdefault(name, iri.text) != iri.text or (is_relative and not first):
                return text
            if not first:
                moved.append((token.start, iri.start + len(iri.text)))
        elif is_keyword and token.text.upper() == "BASE" and not first:
            return text
        elif token.kind in ("word", "other"):
            is_separator = token.text == ";" and depth == 0
            opening = is_separator
            first = first and not is_separator
    head = "".join(f"{text[start:end]} " for start, end in moved)
    return head + _without(text, moved)


def _without(text: str, ranges: Sequence[tuple[int, int]]) -> str:
    """Return a text with spaces in place of the given ranges."""
    for start, end in ranges:
        text = text[:start] + " " * (end - start) + text[end:]
    return text
