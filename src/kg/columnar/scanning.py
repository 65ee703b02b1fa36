"""The tokens of a query as a parser wants them, and a cursor over them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NoReturn

from kg import sparql
from kg.columnar import Unsupported

_TWO = ("^^", "&&", "||", "!=", "<=", ">=")

_TRAILING = ("name", "blank", "word", "number")
"""Kinds of tokens that a full stop may follow without a space."""


@dataclass(frozen=True)
class Token:
    """A terminal. `word` is its text in capitals where it is a keyword."""

    kind: str
    text: str
    word: str = ""


END = Token("end", "")


def scanned(text: str) -> list[Token]:
    """Return the tokens of a query. Raises Unsupported for those that we do not read."""
    if re.search(r"\\[uU]", text):
        raise Unsupported("escapes of characters")
    return [*_tokens(text), END]


def _tokens(text: str) -> Iterator[Token]:
    before = None
    for token in sparql.tokens(text):
        if token.kind == "open":
            raise Unsupported("a string without an end")
        shown, stops = token.text, ""
        if token.kind in _TRAILING:
            shown = token.text.rstrip(".")
            stops = token.text[len(shown) :]
        pair = f"{before.text}{token.text}" if before else ""
        if before and pair in _TWO and before.start + 1 == token.start:
            yield Token("other", pair)
            before = None
            continue
        if before:
            yield Token("other", before.text)
        before = token if token.kind == "other" else None
        if before is None and shown:
            yield Token(token.kind, shown, shown.upper() if token.kind == "word" else "")
        yield from (Token("other", stop) for stop in stops)
    if before:
        yield Token("other", before.text)


class Cursor:
    """A place among tokens."""

    def __init__(self, tokens: list[Token]) -> None:
        self._tokens = tokens
        self._place = 0

    @property
    def token(self) -> Token:
        """The token that comes next."""
        return self._tokens[self._place]

    @property
    def after(self) -> Token:
        """The token that comes after it."""
        return self._tokens[min(self._place + 1, len(self._tokens) - 1)]

    def take(self) -> Token:
        """Return the next token and go beyond it."""
        token = self.token
        self._place = min(self._place + 1, len(self._tokens) - 1)
        return token

    def skip(self, *texts: str) -> str:
        """Go beyond the next token if it is one of these; return which it was, or ""."""
        found = self.token.word or (self.token.text if self.token.kind == "other" else "")
        if found and found in texts:
            self.take()
            return found
        return ""

    def sees(self, *texts: str) -> bool:
        """Return whether the next token is one of these."""
        found = self.token.word or (self.token.text if self.token.kind == "other" else "")
        return bool(found) and found in texts

    def expect(self, text: str) -> None:
        """Go beyond a token that must come."""
        if not self.skip(text):
            self.fail(text)

    def fail(self, expected: str) -> NoReturn:
        """Raise Unsupported: here is something else than what we read here."""
        raise Unsupported(f"{self.token.text or 'the end'!r} where {expected} is read")
