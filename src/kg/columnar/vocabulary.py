"""Terms as queries spell them: IRIs, prefixed names, strings, numbers."""

from __future__ import annotations

import re

from kg import terms
from kg.columnar import Unsupported
from kg.columnar.algebra import Constant
from kg.columnar.scanning import Cursor
from kg.terms import RDF, XSD, Literal, NamedNode

_ABSOLUTE = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")
_DOTS = re.compile(r"/\.\.?(?:/|$|[?#])")
_ESCAPES = {"t": "\t", "b": "\b", "n": "\n", "r": "\r", "f": "\f"}


class Vocabulary:
    """The prefixes of a query, and how it spells terms."""

    def __init__(self, cursor: Cursor) -> None:
        self._cursor = cursor
        self._prefixes: dict[str, str] = {}

    def read_prologue(self) -> None:
        """Read PREFIX declarations."""
        while self._cursor.skip("PREFIX"):
            name = self._cursor.take().text
            if not name.endswith(":"):
                raise Unsupported("a prefix that is none")
            self._prefixes[name[:-1]] = self._spelled(self._cursor.take().text)
        if self._cursor.sees("BASE", "VERSION"):
            raise Unsupported("BASE")

    def iri(self) -> NamedNode | None:
        """Return the IRI that comes next; None where none does."""
        token = self._cursor.token
        if token.kind == "iri":
            text = self._spelled(token.text)
        elif token.kind == "name":
            prefix, _, local = token.text.partition(":")
            if prefix not in self._prefixes or "\\" in local:
                raise Unsupported("a prefix that is not declared, or an escape in a name")
            text = self._prefixes[prefix] + local
        else:
            return None
        self._cursor.take()
        return NamedNode(text)

    @staticmethod
    def _spelled(token: str) -> str:
        text = token[1:-1]
        if not token.startswith("<") or not _ABSOLUTE.match(text) or _DOTS.search(text):
            raise Unsupported("a relative IRI")
        return text

    def constant(self) -> Constant | None:
        """Return the IRI or literal that comes next; None where none does."""
        token = self._cursor.token
        if token.kind == "string":
            return self._string()
        if token.kind == "number" or (
            self._cursor.sees("+", "-") and self._cursor.after.kind == "number"
        ):
            return self._number()
        if token.text in ("true", "false"):
            self._cursor.take()
            return Literal(token.text, datatype=XSD.boolean)
        return self.iri()

    def _string(self) -> Literal:
        text = _content(self._cursor.take().text)
        if self._cursor.token.kind == "language":
            return terms.stored(Literal(text, language=self._cursor.take().text[1:]))
        if self._cursor.skip("^^"):
            datatype = self.iri()
            if datatype is None:
                self._cursor.fail("a datatype")
            if datatype == RDF.langString:
                raise Unsupported("rdf:langString without a language")
            return terms.stored(Literal(text, datatype=datatype))
        return Literal(text)

    def _number(self) -> Literal:
        sign = self._cursor.skip("+", "-")
        text = self._cursor.take().text
        datatype = XSD.integer
        if "." in text:
            datatype = XSD.decimal
        if "e" in text.lower():
            datatype = XSD.double
        return terms.stored(Literal(sign.strip("+") + text, datatype=datatype))


def _content(token: str) -> str:
    """Return what a string token stands for (SPARQL 1.1, 19.7)."""
    width = 3 if token[:3] in ('"""', "'''") and len(token) > 5 else 1  # noqa: PLR2004
    body = token[width:-width]
    return re.sub(r"\\(.)", lambda found: _ESCAPES.get(found[1], found[1]), body, flags=re.DOTALL)
