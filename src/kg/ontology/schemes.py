"""The concepts of a scheme (SKOS), in their hierarchy."""

from __future__ import annotations

from dataclasses import dataclass

from kg.labels import SKOS
from kg.store import Store
from kg.terms import NamedNode, spell

MOST = 500
"""Concepts that a page shows."""

_DEEPEST = 16


@dataclass(frozen=True)
class Concept:
    """A concept and those that are narrower."""

    iri: str
    children: tuple[Concept, ...] = ()


@dataclass(frozen=True)
class Concepts:
    """The concepts of a scheme that stand below no other; `complete` tells whether all are here."""

    top: tuple[Concept, ...]
    number: int
    complete: bool


def concepts(store: Store, scheme: NamedNode) -> Concepts:
    """Return the concepts of a scheme, by two queries."""
    inside = (
        f"{{ ?concept {spell(SKOS.inScheme)}|{spell(SKOS.topConceptOf)} {spell(scheme)} }} UNION "
        f"{{ {spell(scheme)} {spell(SKOS.hasTopConcept)} ?concept }} FILTER(isIRI(?concept))"
    )
    found = [
        row["concept"].value
        for row in store.query(
            f"SELECT DISTINCT ?concept {{ {inside} }} ORDER BY ?concept LIMIT {MOST + 1}"
        ).solutions()
    ]
    links = store.query(
        f"SELECT DISTINCT ?concept ?broader {{ {{ {inside} }} "
        f"?concept {spell(SKOS.broader)}|^{spell(SKOS.narrower)} ?broader }} ORDER BY ?concept"
    ).solutions()
    shown = found[:MOST]
    known = set(shown)
    below: dict[str, list[str]] = {}
    for row in links:
        if row["concept"].value in known and row["broader"].value in known:
            below.setdefault(row["broader"].value, []).append(row["concept"].value)
    return Concepts(tuple(_grown(shown, below)), len(shown), len(found) <= MOST)


def _grown(iris: list[str], below: dict[str, list[str]]) -> list[Concept]:
    """Return the concepts as trees; each opens once, so that a circle ends."""
    narrower = {iri for children in below.values() for iri in children}
    placed: set[str] = set()

    def grown(iri: str, depth: int = 1) -> Concept:
        opened = () if iri in placed or depth == _DEEPEST else below.get(iri, ())
        placed.add(iri)
        return Concept(iri, tuple(grown(each, depth + 1) for each in opened))

    trees = [grown(each) for each in iris if each not in narrower]
    return trees + [grown(each) for each in iris if each not in placed]
