"""The pattern with which a SPARQL query searches, and where it stands in the text of one.

    ?thing search:matches "光伏" .
    (?thing ?rank ?text) search:matches ("光伏" 20) .

This reads the triples of group graph patterns after the grammar of SPARQL 1.1 (19.8), as far as it
takes to know where a triple begins and ends. What it cannot read it refuses: a query that searches
is never answered otherwise than it is meant.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from kg.search.cursor import CODE_POINT, MATCHES, Cursor, end_of, plain, refused
from kg.sparql import Token

_TERMS = ("variable", "iri", "name", "blank", "number")

MOST_VARIABLES = 3
"""The thing, its rank, and the text in which something was found."""


@dataclass(frozen=True)
class Pattern:
    """A thing, or what stands for it, matches some words."""

    things: tuple[str, ...]
    """Tokens: a variable or an IRI for the thing, and variables for its rank and the text."""

    iri: str | None
    """The IRI of the thing, where it is given."""

    words: str
    most: int | None
    """How many of the best are wanted; None stands for all."""


@dataclass(frozen=True)
class Statement:
    """What is said of one subject, from `start` to `end` of a text, if it has patterns."""

    start: int
    end: int
    patterns: tuple[Pattern, ...]
    rest: str
    """What it says besides, as SPARQL; "" if that is nothing."""


def may_search(text: str) -> bool:
    """Return whether a query could hold the pattern; costs a microsecond where it does not."""
    return "search#" in text or "matches" in text or "\\u" in text.lower()


def statements(text: str, base: str = "") -> list[Statement]:
    """Return the statements of a query that have patterns, in order.

    `base` is what relative IRIs are read against where the query does not tell. Raises BadQuery
    for a pattern that is not of the documented form, or stands where it cannot be answered.
    """
    reader = _Reader(text, base)
    if not reader.searches:
        return []
    reader.read()
    return reader.found


class _Reader(Cursor):
    """Reads the tokens of a query."""

    def __init__(self, text: str, base: str) -> None:
        super().__init__(text, base)
        self._abroad = 0
        self._in_graph = 0
        self._may_search = True
        uses = (place for place in range(len(self._tokens)) if self._is_property(place))
        self.searches = any(uses)
        self.found: list[Statement] = []

    def read(self) -> None:
        """Find all statements that have patterns."""
        if self._word() == "CONSTRUCT":
            self._place += 1
            if self._at("{"):
                self._skip_data()
            else:
                self._may_search = False
        self._clauses("")

    def _is_property(self, place: int) -> bool:
        return self._iri(self._tokens[place]) == MATCHES.value

    # Groups

    def _clauses(self, end: str) -> None:
        """Read what a query or a subquery consists of, to its end."""
        while not self._at(end):
            if self._at("{"):
                self._group()
            elif self._at("("):
                self._parentheses()
            elif self._word() == "VALUES":
                self._data()
            else:
                self._next()

    def _group(self) -> None:
        self._enter()
        self._expect("{")
        if self._word() == "SELECT":
            self._clauses("}")
        while not self._at("}"):
            self._element()
        self._expect("}")
        self._depth -= 1

    def _element(self) -> None:
        word = self._word()
        if self._at("{"):
            self._group()
        elif self._at(".") or word in ("OPTIONAL", "MINUS", "UNION", "LATERAL"):
            self._next()
        elif word == "GRAPH":
            self._next()
            self._next()
            self._within_graph()
        elif word == "SERVICE":
            self._service()
        elif word == "FILTER":
            self._filter()
        elif word == "BIND":
            self._next()
            self._parentheses()
        elif word == "VALUES":
            self._data()
        else:
            self._statement()

    def _within_graph(self) -> None:
        self._in_graph += 1
        self._group()
        self._in_graph -= 1

    def _service(self) -> None:
        self._next()
        if self._word() == "SILENT":
            self._next()
        self._next()
        self._abroad += 1
        self._group()
        self._abroad -= 1

    def _filter(self) -> None:
        self._next()
        while self._token.kind in ("word", "iri", "name"):
            self._next()
        if self._at("{"):
            self._group()
        else:
            self._parentheses()

    def _parentheses(self) -> None:
        """Read an expression; it may hold groups, after EXISTS."""
        self._expect("(")
        open_ones = 1
        while open_ones:
            if self._at("{"):
                self._group()
                continue
            token = self._next()
            if token.kind != "string":
                open_ones += (token.text == "(") - (token.text == ")")

    def _data(self) -> None:
        """Pass over VALUES."""
        self._next()
        while not self._at("{"):
            self._next()
        self._skip_data()

    def _skip_data(self) -> None:
        """Pass over what stands between braces."""
        self._expect("{")
        open_ones = 1
        while open_ones:
            token = self._next()
            if token.kind != "string":
                open_ones += (token.text == "{") - (token.text == "}")

    # Statements

    def _statement(self) -> None:
        start, first = self._token.start, self._place
        self._node()
        subject = self._tokens[first : self._place]
        patterns: list[Pattern] = []
        kept: list[str] = []
        while self._begins_verb():
            verb = self._place
            searches = self._verb()
            objects = self._objects()
            if searches:
                patterns += (self._pattern(subject, each) for each in objects)
            else:
                kept.append(self._text[self._tokens[verb].start : self._last_end()])
            if not self._at(";"):
                break
            while self._at(";"):
                self._next()
        if not patterns:
            return
        if kept and self._tokens[first].text == "(":
            raise refused("nothing else can be said of a list of a thing and its rank")
        said = " ; ".join(kept)
        rest = f"{self._text[start : end_of(subject)]} {said}" if kept else ""
        self.found.append(Statement(start, self._last_end(), tuple(patterns), rest))

    def _last_end(self) -> int:
        return end_of(self._tokens[: self._place])

    def _begins_verb(self) -> bool:
        is_name = self._token.kind in ("variable", "iri", "name")
        return is_name or self._at("a", "^", "!", "(")

    def _verb(self) -> bool:
        """Read a variable or a path; return whether it is the property that searches."""
        first = self._place
        if self._token.kind == "variable":
            self._next()
            return False
        self._path()
        places = range(first, self._place)
        if not any(map(self._is_property, places)):
            return False
        if len(places) > 1:
            raise refused("a search cannot be a part of a property path")
        return True

    def _path(self) -> None:
        while True:
            while self._at("^", "!"):
                self._next()
            if self._at("("):
                self._parentheses()
            else:
                self._next()
            while self._at("*", "+", "?"):
                self._next()
            if not self._at("/", "|"):
                return
            self._next()

    def _objects(self) -> list[Sequence[Token]]:
        found: list[Sequence[Token]] = []
        while True:
            first = self._place
            self._node()
            found.append(self._tokens[first : self._place])
            if not self._at(","):
                return found
            self._next()

    def _node(self) -> None:
        """Read a subject or an object."""
        if self._at("("):
            self._list()
        elif self._at("["):
            self._properties()
        elif self._at("+", "-"):
            self._next()
            self._next()
        elif self._token.kind == "string":
            self._literal()
        elif self._token.kind in _TERMS or self._word() in ("TRUE", "FALSE"):
            self._next()
        else:
            line = self._text.count("\n", 0, self._token.start) + 1
            raise refused(
                f"a query that searches cannot have {self._token.text[:40] or 'its end'} here, "
                f"in line {line}"
            )

    def _literal(self) -> None:
        self._next()
        if self._token.kind == "language":
            self._next()
        elif self._at("^"):
            self._expect("^")
            self._expect("^")
            self._next()

    def _list(self) -> None:
        self._enter()
        self._expect("(")
        while not self._at(")"):
            self._node()
        self._expect(")")
        self._depth -= 1

    def _properties(self) -> None:
        self._enter()
        self._expect("[")
        while self._begins_verb():
            if self._verb():
                raise refused("what a search finds needs a variable, and brackets have none")
            self._objects()
            while self._at(";"):
                self._next()
        self._expect("]")
        self._depth -= 1

    # Patterns

    def _pattern(self, subject: Sequence[Token], object: Sequence[Token]) -> Pattern:
        if self._abroad:
            raise refused("another service cannot be searched from here")
        if self._in_graph:
            raise refused("all graphs are searched at once; write the search before GRAPH")
        if not self._may_search:
            raise refused("CONSTRUCT WHERE takes no search; write the template out")
        things = subject[1:-1] if subject[0].text == "(" else subject
        named, others = things[:1], things[1:]
        iri = self._iri(named[0]) if named else None
        variables = [each for each in things if each.kind == "variable"]
        is_thing = len(named) == 1 and (named[0].kind == "variable" or iri is not None)
        are_variables = all(each.kind == "variable" for each in others)
        once = len({each.text[1:] for each in variables}) == len(variables)
        if not (is_thing and are_variables and once and len(things) <= MOST_VARIABLES):
            raise refused("before a search stands a thing, or a list of it, its rank and the text")
        words, most = _asked(object)
        return Pattern(tuple(each.text for each in things), iri, words, most)


def _asked(object: Sequence[Token]) -> tuple[str, int | None]:
    """Return the words that are searched for, and how many of the best are wanted."""
    given = object[1:-1] if object[0].text == "(" and object[0].kind != "string" else object
    kinds = [each.kind for each in given]
    if kinds == ["string"]:
        return _unquoted(given[0].text), None
    if kinds == ["string", "number"] and given[1].text.isdigit() and int(given[1].text[:9]) > 0:
        return _unquoted(given[0].text), int(given[1].text[:9])
    raise refused("after a search stands a plain string, or a list of one and a whole number")


_ESCAPES = {"t": "\t", "b": "\b", "n": "\n", "r": "\r", "f": "\f"}


def _unquoted(spelled: str) -> str:
    """Return the text that a string of SPARQL stands for (19.7)."""
    quotes = 3 if spelled[:3] in ('"""', "'''") and len(spelled) > 5 else 1  # noqa: PLR2004
    inner = plain(spelled[quotes:-quotes])
    if wrong := CODE_POINT.search(inner):
        raise refused(f"{wrong[0]} is no character")
    return re.sub(r"\\(.)", lambda found: _ESCAPES.get(found[1], found[1]), inner, flags=re.DOTALL)
