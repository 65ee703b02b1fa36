"""The picture of a graph: how its classes are tied, and, where they are few, its things."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from kg import classes
from kg.dataset import Statistics
from kg.store import Store
from kg.terms import RDF, RDFS, NamedNode, spell, values

MOST_TIES = 1000
MOST_THINGS = 400
"""Things up to which the picture shows each of them."""

MOST_HUBS = 12


@dataclass(frozen=True)
class Tie:
    """The links by one property between the things of two classes."""

    source: str
    property: str
    target: str
    links: int


@dataclass(frozen=True)
class Thing:
    """A thing in the picture."""

    iri: str
    classes: tuple[str, ...]


@dataclass(frozen=True)
class Link:
    """A triple between two things of the picture."""

    source: str
    property: str
    target: str


@dataclass(frozen=True)
class Hub:
    """A thing that much points to."""

    iri: str
    classes: tuple[str, ...]
    links: int


@dataclass(frozen=True)
class Picture:
    """Everything that can be drawn of a small graph."""

    things: tuple[Thing, ...]
    links: tuple[Link, ...]

    def iris(self) -> Iterator[NamedNode]:
        """Yield everything that the picture names."""
        yield from (NamedNode(thing.iri) for thing in self.things)
        yield from {NamedNode(link.property) for link in self.links}


def ties(store: Store, statistics: Statistics, machinery: frozenset[str]) -> tuple[Tie, ...]:
    """Return how the classes are tied, the strongest ties first. Scans all links once.

    A link counts once for each class of its two ends; classes of machinery do not.
    """
    pattern = (
        f"?s ?p ?o FILTER(isIRI(?o) && ?p != {spell(RDF.type)}) "
        "?s a ?source . ?o a ?target FILTER(isIRI(?source) && isIRI(?target))"
    )
    if statistics.shared_triples:
        # In the union of graphs a triple that stands in two is found twice.
        pattern = f"{{ SELECT DISTINCT ?s ?p ?o ?source ?target {{ {pattern} }} }}"
    rows = store.query(
        f"SELECT ?source ?p ?target (COUNT(*) AS ?n) {{ {pattern} }} "
        "GROUP BY ?source ?p ?target ORDER BY DESC(?n) ?source ?p ?target"
    ).solutions()
    found = (
        Tie(row["source"].value, row["p"].value, row["target"].value, int(row["n"].value))
        for row in rows
    )
    return tuple(
        tie for tie in found if tie.source not in machinery and tie.target not in machinery
    )[:MOST_TIES]


def picture(store: Store, statistics: Statistics, machinery: frozenset[str]) -> Picture | None:
    """Return the picture of all things and links, or None where they are too many to be seen."""
    shown = [each for each in statistics.classes if each.iri not in machinery]
    if not shown or max(each.entities for each in shown) > MOST_THINGS:
        return None
    things = _things(store, [each.iri for each in shown])
    if not 1 < len(things) <= MOST_THINGS:
        return None
    links = _links(store, [NamedNode(thing.iri) for thing in things])
    return Picture(tuple(things), tuple(links))


def _things(store: Store, shown: Sequence[str]) -> list[Thing]:
    rows = store.query(
        f"SELECT DISTINCT ?thing ?class {{ {values('class', map(NamedNode, shown))} "
        f"?thing {spell(RDF.type)} ?class FILTER(isIRI(?thing)) }} ORDER BY ?thing ?class"
    ).solutions()
    found: dict[str, list[str]] = defaultdict(list)
    for row in rows:
        found[row["thing"].value].append(row["class"].value)
    return [Thing(iri, tuple(kinds)) for iri, kinds in found.items()]


def _links(store: Store, things: Sequence[NamedNode]) -> list[Link]:
    rows = store.query(
        f"SELECT DISTINCT ?s ?p ?o {{ {values('s', things)} ?s ?p ?o FILTER(isIRI(?o)) }} "
        "ORDER BY ?s ?p ?o"
    ).solutions()
    among = set(things)
    return [
        Link(row["s"].value, row["p"].value, row["o"].value)
        for row in rows
        if row["o"] in among and row["o"] != row["s"]
    ]


def hubs(store: Store, drawn: Picture | None, machinery: frozenset[str]) -> tuple[Hub, ...]:
    """Return the things that most points to: each of them more than one link."""
    if drawn is not None:
        known = {thing.iri: thing.classes for thing in drawn.things}
        counted = Counter(link.target for link in drawn.links)
        return tuple(Hub(iri, known[iri], n) for iri, n in counted.most_common(MOST_HUBS))
    aside = (RDF.type, RDF.subject, RDF.predicate, RDF.object, RDFS.isDefinedBy)
    # Things are put in order here: the engine would look up the name of each, to order a few.
    rows = store.query(
        f"SELECT ?o (COUNT(*) AS ?n) {{ ?s ?p ?o FILTER(isIRI(?o) && "
        f"?p NOT IN ({', '.join(map(spell, aside))})) }} "
        f"GROUP BY ?o HAVING (COUNT(*) > 1) ORDER BY DESC(?n) LIMIT {20 * MOST_HUBS}"
    ).solutions()
    found = sorted((-int(row["n"].value), row["o"].value) for row in rows)
    counts = {NamedNode(iri): -n for n, iri in found}
    kinds = classes.of(store, counts)
    shown = (
        Hub(iri.value, kinds[iri], n)
        for iri, n in counts.items()
        if kinds[iri] and not machinery & set(kinds[iri])
    )
    return tuple(islice(shown, MOST_HUBS))
