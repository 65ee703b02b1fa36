"""RDF graphs as the suite needs them: read from a file, asked by property, compared."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path

from pyoxigraph import (
    BlankNode,
    CanonicalizationAlgorithm,
    Dataset,
    Literal,
    NamedNode,
    Quad,
    RdfFormat,
    Triple,
    parse,
)

Term = NamedNode | BlankNode | Literal
"""The terms of RDF 1.1, which are all that occur in the tests."""

RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"

FORMATS = {
    ".ttl": RdfFormat.TURTLE,
    ".nt": RdfFormat.N_TRIPLES,
    ".rdf": RdfFormat.RDF_XML,
}


class Graph:
    """The triples of one document; values come in the order of the document."""

    def __init__(self, quads: Iterable[Quad]) -> None:
        self._objects: dict[tuple[Term, str], list[Term]] = defaultdict(list)
        for quad in quads:
            subject, object = rdf11(quad.subject), rdf11(quad.object)
            self._objects[subject, quad.predicate.value].append(object)

    def objects(self, subject: Term, predicate: str) -> list[Term]:
        """Return the values of a property, none if it has none."""
        return self._objects.get((subject, predicate), [])

    def value(self, subject: Term, predicate: str) -> Term | None:
        """Return the one value of a property, or None. More than one is an error in the data."""
        values = self.objects(subject, predicate)
        assert len(values) <= 1, f"{subject} has {len(values)} values of {predicate}"
        return values[0] if values else None

    def text(self, subject: Term, predicate: str) -> str | None:
        """Return the text of the one value of a property: of a literal or an IRI."""
        value = self.value(subject, predicate)
        return None if value is None else value.value

    def subjects(self, predicate: str, object: Term) -> list[Term]:
        """Return what has `object` as a value of a property."""
        return [
            subject
            for (subject, name), values in self._objects.items()
            if name == predicate and object in values
        ]

    def items(self, head: Term | None) -> Iterator[Term]:
        """Yield the items of an RDF list; None is an empty one."""
        while head is not None and head != NamedNode(RDF + "nil"):
            yield from self.objects(head, RDF + "first")
            head = self.value(head, RDF + "rest")


def rdf11(term: Term | Triple) -> Term:
    """Return the term that is given; the types of the engine allow for those of RDF 1.2."""
    assert not isinstance(term, Triple), f"a triple term: {term}"
    return term


def read(path: Path, *, base: str) -> list[Quad]:
    """Return the triples of a file. Blank nodes keep the labels that they have there."""
    return list(parse(path.read_bytes(), format=FORMATS[path.suffix], base_iri=base))


def isomorphic(one: Iterable[Quad], other: Iterable[Quad]) -> bool:
    """Tell whether two datasets are the same but for the names of blank nodes (RDFC-1.0)."""
    return _canonical(one) == _canonical(other)


def _canonical(quads: Iterable[Quad]) -> Dataset:
    dataset = Dataset(quads)
    dataset.canonicalize(CanonicalizationAlgorithm.RDFC_1_0)
    return dataset
