"""The things that a resource is tied to: what its picture shows, and what unfolds from there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

from kg import labels
from kg.entity.incoming import MACHINERY
from kg.entity.page import Entity
from kg.entity.values import Value
from kg.labels import LABEL_PROPERTIES, Label, Thing
from kg.store import Store
from kg.terms import RDF, NamedNode, spell

SHOWN = 40
"""Ties of a resource that are shown."""

_TRIED = 2000
"""Triples in each direction that are looked at to find some that tie things."""

_NO_TIES = sorted({RDF.type, *MACHINERY}, key=str)


@dataclass(frozen=True)
class Tie:
    """A triple between two things, either of which may be the one in question."""

    subject: Value
    property: NamedNode
    label: Label
    object: Value


@dataclass(frozen=True)
class Neighbours:
    """Some or, when `complete`, all of the ties of a resource."""

    ties: tuple[Tie, ...]
    complete: bool


def shown(entity: Entity) -> Neighbours:
    """Return what the page of a resource shows of its ties, at no further cost."""
    found = list(islice(_shown(entity), SHOWN + 1))
    complete = len(found) <= SHOWN and entity.complete and entity.incoming.complete
    is_cut = any(fact.left_out != 0 for fact in entity.facts) or any(
        group.total > len(group.first) for group in entity.incoming.things
    )
    return Neighbours(tuple(found[:SHOWN]), complete and not is_cut)


def _shown(entity: Entity) -> Iterator[Tie]:
    this = Value(entity.iri, entity.label, types=tuple(entity.classes))
    for fact in entity.facts:
        if fact.property not in MACHINERY:
            for value in fact.values:
                if isinstance(value.term, NamedNode) and value.term != entity.iri:
                    yield Tie(this, fact.property, fact.label, value)
    for group in entity.incoming.things:
        for value in group.first:
            if group.property != RDF.type and value.term != entity.iri:
                yield Tie(value, group.property, group.label, this)


def read(
    store: Store,
    iri: NamedNode,
    languages: Sequence[str],
    naming: Sequence[NamedNode] = LABEL_PROPERTIES,
) -> Neighbours:
    """Return the ties of a resource, by two queries whose cost does not grow with them."""
    rows = store.query(
        f"SELECT DISTINCT ?p ?out ?in {{ {_some(f'{spell(iri)} ?p ?out', 'out')} UNION "
        f"{_some(f'?in ?p {spell(iri)}', 'in')} }}"
    ).solutions()
    found = [(row["in"] or iri, row["p"], row["out"] or iri) for row in rows]
    names = labels.things(store, {each for tie in found for each in tie}, languages, naming)
    ties = [
        Tie(_value(s, names), p, names[p].label, _value(o, names)) for s, p, o in found if s != o
    ]
    return Neighbours(tuple(ties[:SHOWN]), len(ties) <= SHOWN)


def _some(pattern: str, variable: str) -> str:
    tried = f"SELECT ?p ?{variable} {{ {pattern} }} LIMIT {_TRIED}"
    excluded = ", ".join(map(spell, _NO_TIES))
    kept = f"FILTER(isIRI(?{variable}) && ?p NOT IN ({excluded}))"
    return f"{{ SELECT DISTINCT ?p ?{variable} {{ {{ {tried} }} {kept} }} LIMIT {SHOWN + 1} }}"


def _value(iri: NamedNode, names: Mapping[NamedNode, Thing]) -> Value:
    return Value(iri, names[iri].label, types=names[iri].types)
