"""Triples as a page reads them: by subject and property; and names as it asks for them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from kg.labels import Thing, unnamed
from kg.terms import NamedNode, Term


class Said:
    """Triples by subject and property. Blank nodes are those of one answer."""

    def __init__(self, triples: Iterable[tuple[Term, NamedNode, Term]]) -> None:
        self._by_subject: dict[Term, dict[NamedNode, list[Term]]] = defaultdict(
            lambda: defaultdict(list)
        )
        for subject, property, value in dict.fromkeys(triples):
            self._by_subject[subject][property].append(value)

    def __contains__(self, node: Term) -> bool:
        return node in self._by_subject

    @property
    def nodes(self) -> Iterable[Term]:
        """Everything of which something is said."""
        return self._by_subject

    def of(self, node: Term) -> Mapping[NamedNode, Sequence[Term]]:
        """Return what is said of a node: values by property."""
        return self._by_subject.get(node, {})

    def values(self, node: Term, *properties: NamedNode) -> list[Term]:
        """Return the values of a node at any of `properties`, in an order that does not change."""
        said = self.of(node)
        return [value for each in properties for value in ordered(said.get(each, ()))]

    def first(self, node: Term, *properties: NamedNode) -> Term | None:
        """Return the first value of a node at any of `properties`."""
        return next(iter(self.values(node, *properties)), None)


def ordered(terms: Iterable[Term]) -> list[Term]:
    """Return terms in an order that does not change."""
    return sorted(terms, key=lambda term: (type(term).__name__, str(term)))


class Names:
    """What resources are called, once that is known; until then, which ones are to be named."""

    def __init__(self) -> None:
        self.wanted: set[NamedNode] = set()
        self.known: Mapping[NamedNode, Thing] = {}

    def thing(self, iri: NamedNode) -> Thing:
        """Return the label and the classes of a resource."""
        self.wanted.add(iri)
        return self.known.get(iri) or Thing(unnamed(iri.value))
