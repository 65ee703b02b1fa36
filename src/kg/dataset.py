"""What a dataset holds: its description, and counts made once with each snapshot."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from kg.labels import DESCRIPTION_PROPERTIES, LABEL_PROPERTIES, Label, choose, texts
from kg.store import EVERYTHING, OWN_DEFAULT_GRAPH, Scope, Store
from kg.terms import NamedNode, Namespace, spell, values

DCAT = Namespace("http://www.w3.org/ns/dcat#")
VOID = Namespace("http://rdfs.org/ns/void#")
OWL = Namespace("http://www.w3.org/2002/07/owl#")

# What a description of the whole dataset may be, the best kind first.
_SELF_DESCRIPTIONS = (DCAT.Dataset, VOID.Dataset, OWL.Ontology)


@dataclass(frozen=True)
class GraphCount:
    """A graph and the number of its triples; `graph` is None for the default graph."""

    graph: str | None
    triples: int


@dataclass(frozen=True)
class ClassCount:
    """A class and the number of things that are declared to be of it (`void:entities`)."""

    iri: str
    entities: int


@dataclass(frozen=True)
class PropertyCount:
    """A property, its triples, and its distinct subjects and objects (VoID, 4.4)."""

    iri: str
    triples: int
    subjects: int
    objects: int


@dataclass(frozen=True)
class Statistics:
    """The counts of one snapshot. Every number equals the COUNT of the query that made it."""

    snapshot: str
    """The id of the snapshot that was counted."""

    triples: int
    shared_triples: int
    """Triples that stand in more than one graph, counted beyond the first time."""

    entities: int
    """Things with an IRI that are declared to be of a class."""

    subjects: int
    objects: int
    graphs: tuple[GraphCount, ...]
    classes: tuple[ClassCount, ...]
    properties: tuple[PropertyCount, ...]
    dataset: str | None
    """The IRI of the resource that describes the dataset."""

    titles: tuple[Label, ...]
    descriptions: tuple[Label, ...]

    uncounted: tuple[str, ...] = ()
    """The names of the numbers above that nobody has counted, so that they say nothing.

    A store at another place may be too large, or too slow, for them. Of `classes` and `properties`
    some may then be missing.
    """

    def title(self, languages: Sequence[str]) -> Label | None:
        """Return the title of the dataset in the most wanted language."""
        return choose(self.titles, languages)

    def description(self, languages: Sequence[str]) -> Label | None:
        """Return the description of the dataset in the most wanted language."""
        return choose(self.descriptions, languages)

    def to_json(self) -> dict[str, Any]:
        """Return the value as it is kept beside the snapshot."""
        return dataclasses.asdict(self)

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Statistics:
        """Return the statistics that `to_json` gave."""
        rows = {
            "graphs": GraphCount,
            "classes": ClassCount,
            "properties": PropertyCount,
            "titles": Label,
            "descriptions": Label,
        }
        lists = {name: tuple(row(**each) for each in value[name]) for name, row in rows.items()}
        return cls(**{**value, **lists, "uncounted": tuple(value["uncounted"])})


def count(store: Store) -> Statistics:
    """Return the statistics of a store. Scans the data a few times: done once for a snapshot.

    Properties and classes are counted one by one, so that what is held in memory is of the size of
    the largest of them and not of the data.
    """
    default = _number(store, _ALL, OWN_DEFAULT_GRAPH)
    return count_in(store, ((GraphCount(None, default),) if default else ()) + graphs(store))


def count_in(store: Store, graphs: tuple[GraphCount, ...]) -> Statistics:
    """Return the statistics of a store whose graphs are known."""
    placed = _number(store, _ALL)
    # Where all triples are in one graph, none is in two.
    properties = _properties(store, shared=[each.triples for each in graphs] != [placed])
    distinct = sum(each.triples for each in properties)
    dataset = _described(store)
    return Statistics(
        snapshot=store.snapshot,
        triples=distinct,
        shared_triples=placed - distinct,
        entities=_number(store, "SELECT (COUNT(DISTINCT ?s) AS ?n) { ?s a ?c FILTER(isIRI(?s)) }"),
        subjects=_number(store, "SELECT (COUNT(DISTINCT ?s) AS ?n) { ?s ?p ?o }"),
        objects=_number(store, "SELECT (COUNT(DISTINCT ?o) AS ?n) { ?s ?p ?o }"),
        graphs=graphs,
        classes=_classes(store),
        properties=properties,
        dataset=dataset.value if dataset else None,
        titles=_texts(store, dataset, LABEL_PROPERTIES),
        descriptions=_texts(store, dataset, DESCRIPTION_PROPERTIES),
    )


def graphs(store: Store) -> tuple[GraphCount, ...]:
    """Count the graphs that have an IRI; others cannot be asked for."""
    rows = store.query(
        "SELECT ?g (COUNT(*) AS ?n) { GRAPH ?g { ?s ?p ?o } FILTER(isIRI(?g)) } "
        "GROUP BY ?g ORDER BY ?g"
    ).solutions()
    return tuple(GraphCount(row["g"].value, int(row["n"].value)) for row in rows if row["g"])


def _classes(store: Store) -> tuple[ClassCount, ...]:
    rows = store.query("SELECT DISTINCT ?c { ?s a ?c FILTER(isIRI(?c)) }").solutions()
    counts = (
        ClassCount(
            row["c"].value,
            _number(store, f"SELECT (COUNT(DISTINCT ?s) AS ?n) {{ ?s a {spell(row['c'])} }}"),
        )
        for row in rows
    )
    return tuple(sorted(counts, key=lambda each: (-each.entities, each.iri)))


def _properties(store: Store, *, shared: bool) -> tuple[PropertyCount, ...]:
    """Count each property; with `shared`, a triple may stand in several graphs."""
    counts = []
    for row in store.query("SELECT DISTINCT ?p { ?s ?p ?o }").solutions():
        found = f"?s {spell(row['p'])} ?o"
        each = f"SELECT DISTINCT ?s ?o {{ {found} }}" if shared else found
        (numbers,) = store.query(
            "SELECT (COUNT(*) AS ?n) (COUNT(DISTINCT ?s) AS ?subjects) "
            f"(COUNT(DISTINCT ?o) AS ?objects) {{ {each} }}"
        ).solutions()
        found_numbers = (int(numbers[name].value) for name in ("n", "subjects", "objects"))
        counts.append(PropertyCount(row["p"].value, *found_numbers))
    return tuple(sorted(counts, key=lambda each: (-each.triples, each.iri)))


_ALL = "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }"


def _number(store: Store, query: str, scope: Scope = EVERYTHING) -> int:
    (row,) = store.query(query, scope).solutions()
    return int(row["n"].value)


MOST_TERMS = 300
"""Classes, and properties, that are known of a store that cannot be counted."""

_NUMBERS = (
    "triples", "shared_triples", "entities", "subjects", "objects",
    "graphs", "classes", "properties",
)  # fmt: skip

NOTHING = Statistics(
    snapshot="", triples=0, shared_triples=0, entities=0, subjects=0, objects=0, graphs=(),
    classes=(), properties=(), dataset=None, titles=(), descriptions=(), uncounted=_NUMBERS,
)  # fmt: skip
"""What is known of a store before anything was asked."""


def outline(store: Store) -> Statistics:
    """Return some classes and properties of a store that is too large to be counted."""

    def some(question: str) -> list[str]:
        rows = store.query(f"SELECT DISTINCT ?x {{ {question} }} LIMIT {MOST_TERMS}").solutions()
        return sorted(row["x"].value for row in rows if isinstance(row["x"], NamedNode))

    return dataclasses.replace(
        NOTHING,
        snapshot=store.snapshot,
        classes=tuple(ClassCount(iri, 0) for iri in some("?s a ?x")),
        properties=tuple(PropertyCount(iri, 0, 0, 0) for iri in some("?s ?x ?o")),
    )


def _described(store: Store) -> NamedNode | None:
    """Return the resource that describes the dataset, if the data has one."""
    rows = store.query(
        f"SELECT ?kind ?iri {{ {values('kind', _SELF_DESCRIPTIONS)} ?iri a ?kind "
        "FILTER(isIRI(?iri)) } ORDER BY ?iri"
    ).solutions()
    best = min(rows, key=lambda row: _SELF_DESCRIPTIONS.index(row["kind"]), default=None)
    return best["iri"] if best else None


def _texts(
    store: Store, iri: NamedNode | None, properties: Sequence[NamedNode]
) -> tuple[Label, ...]:
    return tuple(texts(store, [iri], properties)[iri]) if iri else ()
