"""Reading triples with their abbreviations, and property paths (SPARQL 1.1, 4.2 and 9.1)."""

from __future__ import annotations

from collections.abc import Iterator

from kg.columnar import Unsupported
from kg.columnar.algebra import (
    Alternative,
    Inverse,
    Maybe,
    Negated,
    Node,
    Path,
    Repeated,
    Sequence,
    Triple,
    Triples,
    Variable,
)
from kg.columnar.scanning import Cursor
from kg.columnar.vocabulary import Vocabulary
from kg.terms import RDF, NamedNode


class TripleReader:
    """Reads basic graph patterns; `numbers` name what has no name."""

    def __init__(self, cursor: Cursor, vocabulary: Vocabulary, numbers: Iterator[int]) -> None:
        self._cursor = cursor
        self._vocabulary = vocabulary
        self._numbers = numbers
        self._found: list[Triple] = []

    def read(self) -> Triples:
        """Return the triples of one subject."""
        self._found = []
        if self._cursor.sees("["):
            subject: Node = self._anonymous()
            if not self._cursor.sees(".", "}", "{") and not self._ends():
                self._properties(subject)
        else:
            subject = self._node()
            self._properties(subject)
        return Triples(tuple(self._found))

    def _properties(self, subject: Node) -> None:
        while True:
            predicate = self._predicate()
            self._add(subject, predicate, self._object())
            while self._cursor.skip(","):
                self._add(subject, predicate, self._object())
            if not self._cursor.skip(";"):
                return
            while self._cursor.skip(";"):
                pass
            if self._cursor.sees(".", "}", "]") or self._ends():
                return

    def _ends(self) -> bool:
        """Return whether a word follows that begins another part of the group."""
        token = self._cursor.token
        return token.kind == "word" and token.text != "a"

    def _add(self, subject: Node, predicate: Variable | Path, object: Node) -> None:
        """Add a triple pattern: a sequence is two, an inverse goes the other way (18.2.2.4)."""
        if isinstance(predicate, Inverse):
            self._add(object, predicate.path, subject)
        elif isinstance(predicate, Sequence):
            middle = self._new()
            self._add(subject, predicate.first, middle)
            self._add(middle, predicate.second, object)
        else:
            self._found.append(Triple(subject, predicate, object))

    def _new(self) -> Variable:
        return Variable(f"_:.{next(self._numbers)}")

    def _object(self) -> Node:
        return self._anonymous() if self._cursor.sees("[") else self._node()

    def _anonymous(self) -> Variable:
        self._cursor.expect("[")
        node = self._new()
        if not self._cursor.skip("]"):
            self._properties(node)
            self._cursor.expect("]")
        return node

    def _node(self) -> Node:
        token = self._cursor.token
        if token.kind == "variable":
            return Variable(self._cursor.take().text[1:])
        if token.kind == "blank":
            return Variable(self._cursor.take().text)
        constant = self._vocabulary.constant()
        if constant is None:
            self._cursor.fail("a term")
        return constant

    # ------------------------------------------------------------------------------ paths

    def _predicate(self) -> Variable | Path:
        if self._cursor.token.kind == "variable":
            return Variable(self._cursor.take().text[1:])
        return self._path()

    def _path(self) -> Path:
        path = self._sequence()
        while self._cursor.skip("|"):
            path = Alternative(path, self._sequence())
        return path

    def _sequence(self) -> Path:
        path = self._step()
        while self._cursor.skip("/"):
            path = Sequence(path, self._step())
        return path

    def _step(self) -> Path:
        if self._cursor.skip("^"):
            return Inverse(self._step())
        path = self._atom()
        if sign := self._cursor.skip("+", "*"):
            return Repeated(path, zero=sign == "*")
        return Maybe(path) if self._cursor.skip("?") else path

    def _atom(self) -> Path:
        if self._cursor.skip("("):
            path = self._path()
            self._cursor.expect(")")
            return path
        if self._cursor.skip("!"):
            return self._negated()
        return self._property()

    def _property(self) -> NamedNode:
        if self._cursor.token.text == "a":
            self._cursor.take()
            return RDF.type
        iri = self._vocabulary.iri()
        if iri is None:
            self._cursor.fail("a property")
        return iri

    def _negated(self) -> Path:
        """Return a negated property set; what goes either way is found once, as in the engine."""
        ways: dict[bool, list[NamedNode]] = {}
        several = self._cursor.skip("(")
        while not several or not self._cursor.sees(")"):
            inverse = bool(self._cursor.skip("^"))
            ways.setdefault(inverse, []).append(self._property())
            if not several or not self._cursor.skip("|"):
                break
        if several:
            self._cursor.expect(")")
        found: list[Path] = [
            Inverse(Negated(tuple(each))) if inverse else Negated(tuple(each))
            for inverse, each in sorted(ways.items())
        ]
        if not found:
            raise Unsupported("a path that excludes nothing")
        return found[0] if len(found) == 1 else Alternative(*found)
