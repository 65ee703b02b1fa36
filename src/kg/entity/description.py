"""The triples about a resource: its own, and those of the blank nodes that hang on it.

This is the Concise Bounded Description (W3C member submission, 2005) down to blank nodes four
deep, with lists followed to their end.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial

from kg.formats import Format
from kg.results import Result
from kg.store import Store
from kg.terms import RDF, NamedNode, Quad, spell, values

OWN = 2000
"""Triples of its own up to which a resource is shown whole; of one with more, some of each kind."""

EACH = 50
"""Values of a property that are shown."""

FEWEST = 10
"""The same for a resource that is not shown whole, if it has very many properties."""

_PROPERTIES = 200
"""Properties that are shown of a resource that is not shown whole."""

_READ = 10_000
"""Triples that a page reads, those of blank nodes included."""

_BLANK_DEPTH = 4
"""How deep blank nodes are followed; OWL's and SHACL's own nesting is less."""


@dataclass(frozen=True)
class Description:
    """Triples about a resource; `complete` when these are all."""

    triples: tuple[Quad, ...]
    complete: bool
    each: int = EACH
    """Values of a property that are to be shown; of each there may be one more here."""


def exists(store: Store, iri: NamedNode) -> bool:
    """Return whether any triple mentions `iri`, in whatever position."""
    return bool(mentioned(store, [iri]))


def mentioned(store: Store, iris: Sequence[NamedNode]) -> list[NamedNode]:
    """Return those of `iris` that any triple mentions, in their order."""
    rows = store.query(
        f"SELECT ?iri {{ {values('iri', iris)} FILTER("
        "EXISTS { ?iri ?p ?o } || EXISTS { ?s ?p ?iri } || EXISTS { ?s ?iri ?o } "
        "|| EXISTS { GRAPH ?iri { ?s ?p ?o } }) }"
    ).solutions()
    found = {row["iri"] for row in rows}
    return [iri for iri in iris if iri in found]


def describe(store: Store, iri: NamedNode, format: Format | None = None) -> Result:
    """Return all triples about a resource, each once."""
    return store.query(query(iri), format=format)


def whole(store: Store, iri: NamedNode, most: int) -> list[Quad] | None:
    """Return all triples about a resource, or None where these are more than `most`."""
    own = partial(_all, spell(iri))
    triples = store.query(_query(iri, own, f"LIMIT {most + 1}")).triples()
    return triples if len(triples) <= most else None


def read(store: Store, iri: NamedNode, properties: Iterable[NamedNode]) -> Description:
    """Return the triples about a resource for its page, at a cost that does not grow with them.

    Takes one query, or three for a resource with more than `OWN` triples: of that, the first values
    of each of its properties among `properties` are returned.
    """
    triples = _triples(store, iri, partial(_first, spell(iri)))
    own = [triple.predicate for triple in triples if triple.subject == iri]
    if len(own) <= OWN:
        return Description(triples, len(triples) < _READ)
    there = sorted({*own, *_there(store, iri, properties)}, key=str)[:_PROPERTIES]
    each = min(EACH, max(FEWEST, OWN // len(there)))
    some = partial(_some_of_each, spell(iri), [*map(spell, there)], each)
    return Description(_triples(store, iri, some), complete=False, each=each)


def _triples(store: Store, iri: NamedNode, own: Own) -> tuple[Quad, ...]:
    return tuple(store.query(_query(iri, own, f"LIMIT {_READ}")).triples())


def query(iri: NamedNode) -> str:
    """Return the query of a description, which gives each triple once."""
    return _query(iri, partial(_all, spell(iri)))


Own = Callable[[str, str], str]
"""Makes the pattern of a resource's own triples from the variables of property and value."""


def _all(iri: str, property: str, value: str) -> str:
    return f"{iri} {property} {value}"


def _first(iri: str, property: str, value: str) -> str:
    return (
        f"{{ SELECT DISTINCT {property} {value} {{ {iri} {property} {value} }} LIMIT {OWN + 1} }}"
    )


def _some_of_each(iri: str, properties: Sequence[str], most: int, property: str, value: str) -> str:
    return " UNION ".join(
        f"{{ SELECT DISTINCT ({each} AS {property}) {value} {{ {iri} {each} {value} }} "
        f"LIMIT {most + 1} }}"
        for each in properties
    )


def _there(store: Store, iri: NamedNode, properties: Iterable[NamedNode]) -> Iterable[NamedNode]:
    """Return those of `properties` that a resource has, however many values it has of each."""
    rows = store.query(
        f"SELECT ?p {{ {values('p', properties)} FILTER EXISTS {{ {spell(iri)} ?p ?o }} }}"
    ).solutions()
    return [row["p"] for row in rows]


def _query(iri: NamedNode, own: Own, limit: str = "") -> str:
    """Return the query of the description of a resource of whose own triples `own` has some.

    Each branch ends in the triples themselves: joined to the union of all nodes, the engine would
    scan every triple of the store for them.
    """
    branches = (_below(own, depth) for depth in range(1, _BLANK_DEPTH + 1))
    found = " UNION ".join((f"{{ {own('?p', '?o')} BIND({spell(iri)} AS ?node) }}", *branches))
    rows = f"SELECT DISTINCT ?node ?p ?o {{ {found} }} {limit}"
    return f"CONSTRUCT {{ ?node ?p ?o }} WHERE {{ {rows} }}"


def _below(own: Own, depth: int) -> str:
    """Return the pattern of the triples of blank nodes that are `depth` steps from a resource.

    Each step leads from blank node to blank node; a whole list (rdf:rest) is one step.
    """
    steps = own("?property1", "?blank1")
    for step in range(1, depth + 1):
        if step > 1:
            steps += f"?cell{step - 1} ?property{step} ?blank{step} "
        there = "?node" if step == depth else f"?cell{step}"
        steps += (
            f" FILTER(isBlank(?blank{step}) && ?property{step} != {spell(RDF.rest)}) "
            f"?blank{step} {spell(RDF.rest)}* {there} . "
        )
    return f"{{ {steps}?node ?p ?o }}"
