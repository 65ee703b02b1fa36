"""What points to a resource: counted by property, with the first of each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from kg.entity.values import Value
from kg.labels import Label
from kg.roles import KG
from kg.store import Store
from kg.terms import RDF, NamedNode, Namespace, spell

COUNTED = 100_000
"""Links that are counted; where there are more, the page says so."""

EACH = 10
"""Resources that are named of each property."""

CLASSED = 1000
"""Links of a property up to which they are counted by class as well."""

_GROUPS = 50
"""Properties that are listed."""

_TRIED = 1000
"""Links that are looked at to find some that are no blank nodes."""

OWL = Namespace("http://www.w3.org/2002/07/owl#")
OA = Namespace("http://www.w3.org/ns/oa#")

MACHINERY = frozenset(
    {
        RDF.subject,
        RDF.predicate,
        RDF.object,
        RDF.reifies,
        OWL.annotatedSource,
        OWL.annotatedProperty,
        OWL.annotatedTarget,
        OA.hasSelector,
        OA.hasSource,
        OA.hasTarget,
        KG.evidence,
        KG.namedIn,
        KG.setsAside,
    }
)
"""Properties by which statements about statements point, rather than things."""


@dataclass(frozen=True)
class ClassCount:
    """A class, and how many of a group are of it."""

    type: Value
    total: int


@dataclass(frozen=True)
class Group:
    """The resources that point here by one property."""

    property: NamedNode
    label: Label
    total: int
    """Blank nodes included, which are not among `first`."""

    classes: tuple[ClassCount, ...]
    """Empty where the group is too large to count them."""

    first: tuple[Value, ...]


@dataclass(frozen=True)
class Incoming:
    """All that points here, the most first. `complete` when all links were counted."""

    groups: tuple[Group, ...]
    total: int
    complete: bool
    left_out: int = 0
    """Properties that are not among `groups`."""

    @property
    def things(self) -> list[Group]:
        """The groups of things that point here."""
        return [group for group in self.groups if group.property not in MACHINERY]

    @property
    def machinery(self) -> list[Group]:
        """The groups of statements about statements."""
        return [group for group in self.groups if group.property in MACHINERY]


@dataclass(frozen=True)
class Counts:
    """How many resources point here by each property."""

    by_property: Mapping[NamedNode, int]
    complete: bool

    @property
    def listed(self) -> list[NamedNode]:
        """The properties that a page lists, the most frequent first."""
        order = sorted(self.by_property, key=lambda each: (-self.by_property[each], each.value))
        return order[:_GROUPS]


def count(store: Store, iri: NamedNode) -> Counts:
    """Return how many resources point here, by one query that looks at so many and no more."""
    pairs = f"SELECT DISTINCT ?s ?p {{ ?s ?p {spell(iri)} }} LIMIT {COUNTED + 1}"
    rows = store.query(f"SELECT ?p (COUNT(*) AS ?n) {{ {pairs} }} GROUP BY ?p").solutions()
    found = {row["p"]: int(row["n"].value) for row in rows}
    return Counts(found, sum(found.values()) <= COUNTED)


def patterns(iri: NamedNode, counts: Counts) -> Iterable[str]:
    """Yield patterns that bind ?p and ?s to what points here, and ?class and ?n to the classes.

    Each names its property: joined to a list of properties, the engine would go through all links
    once for each.
    """
    here = spell(iri)
    for property in counts.listed:
        name = spell(property)
        some = f"SELECT DISTINCT ({name} AS ?p) ?s {{ ?s {name} {here} }} LIMIT {_TRIED}"
        yield f"{{ SELECT ?p ?s {{ {{ {some} }} FILTER(isIRI(?s)) }} LIMIT {EACH} }}"
        if counts.by_property[property] <= CLASSED and property not in MACHINERY:
            yield (
                f"{{ SELECT ({name} AS ?p) ?class (COUNT(DISTINCT ?s) AS ?n) {{ "
                f"?s {name} {here} . ?s {spell(RDF.type)} ?class FILTER(isIRI(?class)) "
                "} GROUP BY ?class }"
            )
