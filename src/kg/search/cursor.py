"""A place among the tokens of a SPARQL query, and what the names there stand for."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from urllib.parse import urljoin

from kg.errors import BadQuery
from kg.sparql import Token, tokens
from kg.terms import Namespace

SEARCH = Namespace("https://kg.example/search#")
MATCHES = SEARCH.matches

DEEPEST = 60
"""Groups, brackets and parentheses within each other."""

CODE_POINT = re.compile(r"\\u([0-9A-Fa-f]{4})|\\U([0-9A-Fa-f]{8})")

_SCHEME = re.compile("[A-Za-z][A-Za-z0-9+.-]*:")


def refused(what: str) -> BadQuery:
    """Return the error of a query that searches and cannot be read, with the way out."""
    return BadQuery(
        f'{what}; a search is written ?thing <{MATCHES.value}> "words", or '
        f'(?thing ?rank ?text) <{MATCHES.value}> ("words" 20)',
        code="search_pattern",
    )


class Cursor:
    """Goes through the tokens of a query, from behind its prologue; a subclass reads them."""

    def __init__(self, text: str, base: str) -> None:
        """Begin; `base` is what relative IRIs are read against where the query does not tell."""
        self._text = text
        self._tokens = [each for token in tokens(text) for each in _parted(token)]
        self._tokens.append(Token("end", "", len(text)))
        self._place = 0
        self._depth = 0
        self._base = base
        self._prefixes: dict[str, str] = {}
        self._prologue()

    # What stands at the place

    @property
    def _token(self) -> Token:
        return self._tokens[self._place]

    def _at(self, *texts: str) -> bool:
        return self._token.text in texts and self._token.kind != "string"

    def _word(self) -> str:
        return self._token.text.upper() if self._token.kind == "word" else ""

    def _next(self) -> Token:
        """Return the token at the place, and go on. Raises BadQuery at the end."""
        token = self._token
        if token.kind == "end":
            raise refused("the query ends where it should not")
        self._place += 1
        return token

    def _expect(self, text: str) -> None:
        token = self._next()
        if token.text != text or token.kind == "string":
            line = self._text.count("\n", 0, token.start) + 1
            raise refused(f"expected {text} but found {token.text[:40]} in line {line}")

    def _enter(self) -> None:
        self._depth += 1
        if self._depth > DEEPEST:
            raise refused(f"a query that searches may be nested {DEEPEST} deep, and not deeper")

    # Names

    def _prologue(self) -> None:
        while (word := self._word()) in ("PREFIX", "BASE"):
            self._place += 1
            name = self._next().text if word == "PREFIX" else ""
            iri = self._absolute(self._next().text)
            if word == "PREFIX":
                self._prefixes[name.removesuffix(":")] = iri
            else:
                self._base = iri

    def _absolute(self, spelled: str) -> str:
        iri = plain(spelled.strip("<>"))
        if not self._base or _SCHEME.match(iri):
            return iri
        try:
            address, hash, fragment = iri.partition("#")
            return urljoin(self._base, address) + hash + fragment
        except ValueError:
            return iri

    def _iri(self, token: Token) -> str | None:
        """Return the IRI that a token stands for; None if it stands for none."""
        if token.kind == "iri":
            return self._absolute(token.text)
        if token.kind == "name":
            prefix, _, local = token.text.partition(":")
            if prefix in self._prefixes:
                return self._prefixes[prefix] + re.sub(r"\\(.)", r"\1", local)
        return None


def plain(text: str) -> str:
    """Return a text with its code point escapes resolved (19.2).

    One that stands for no character stays as it is: the engine refuses the query, and says where.
    """
    return CODE_POINT.sub(_character, text)


def _character(escape: re.Match[str]) -> str:
    code_point = int(escape[1] or escape[2], 16)
    if code_point > 0x10FFFF or 0xD800 <= code_point <= 0xDFFF:  # noqa: PLR2004
        return escape[0]
    return chr(code_point)


def _parted(token: Token) -> Iterator[Token]:
    """Yield a token without the dots at its end, which end a statement, and these."""
    if token.kind not in ("name", "blank", "number", "word") or not token.text.endswith("."):
        yield token
        return
    bare = token.text.rstrip(".")
    yield Token(token.kind, bare, token.start)
    for place in range(len(bare), len(token.text)):
        yield Token("other", ".", token.start + place)


def end_of(found: Sequence[Token]) -> int:
    """Return where the last of some tokens ends."""
    return found[-1].start + len(found[-1].text)
