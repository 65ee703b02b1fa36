"""The words of a dataset, for who writes queries: its classes and properties as they are used."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from kg.dataset import Statistics
from kg.ontology.index import OntologyIndex
from kg.terms import NamedNode

CLASSES = 300
PROPERTIES = 500
"""The most of each that are told; those used most come first."""

OF_A_CLASS = 40
"""Properties that are told of one class."""


@dataclass(frozen=True)
class Word:
    """A class with the number of its things, or a property with that of its triples."""

    iri: str
    uses: int


@dataclass(frozen=True)
class Vocabulary:
    """What one may ask for. Every number was counted with the snapshot."""

    classes: tuple[Word, ...]
    properties: tuple[Word, ...]
    of: Mapping[str, tuple[Word, ...]]
    """The properties of the things of each class, with the number of things that have them."""

    complete: bool

    def iris(self) -> Iterator[NamedNode]:
        """Yield every class and property that is told."""
        words = (
            *self.classes,
            *self.properties,
            *(word for used in self.of.values() for word in used),
        )
        return (NamedNode(iri) for iri in dict.fromkeys(word.iri for word in words))


def of(statistics: Statistics, ontology: OntologyIndex) -> Vocabulary:
    """Return the vocabulary of a state of the data, without asking the store."""
    classes = [Word(each.iri, each.entities) for each in statistics.classes]
    properties = [Word(each.iri, each.triples) for each in statistics.properties]
    return Vocabulary(
        tuple(classes[:CLASSES]),
        tuple(properties[:PROPERTIES]),
        {each.iri: _used(ontology, each.iri) for each in classes[:CLASSES]},
        len(classes) <= CLASSES and len(properties) <= PROPERTIES,
    )


def _used(ontology: OntologyIndex, owner: str) -> tuple[Word, ...]:
    return tuple(Word(use.property, use.subjects) for use in ontology.uses(owner).rows[:OF_A_CLASS])
