"""What the data declares: classes, properties, their hierarchy, domains and ranges; schemes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

from kg.labels import SKOS
from kg.store import Store
from kg.terms import RDF, RDFS, NamedNode, Namespace, spell, values

OWL = Namespace("http://www.w3.org/2002/07/owl#")
SCHEMA = (Namespace("https://schema.org/"), Namespace("http://schema.org/"))


class Role(StrEnum):
    """What a term is to those who describe things with it."""

    CLASS = "class"
    PROPERTY = "property"
    SCHEME = "scheme"
    ONTOLOGY = "ontology"


KINDS: Mapping[NamedNode, Role] = {
    OWL.Class: Role.CLASS,
    RDFS.Class: Role.CLASS,
    RDFS.Datatype: Role.CLASS,
    RDF.Property: Role.PROPERTY,
    OWL.ObjectProperty: Role.PROPERTY,
    OWL.DatatypeProperty: Role.PROPERTY,
    OWL.AnnotationProperty: Role.PROPERTY,
    OWL.OntologyProperty: Role.PROPERTY,
    OWL.FunctionalProperty: Role.PROPERTY,
    OWL.InverseFunctionalProperty: Role.PROPERTY,
    OWL.TransitiveProperty: Role.PROPERTY,
    OWL.SymmetricProperty: Role.PROPERTY,
    OWL.AsymmetricProperty: Role.PROPERTY,
    OWL.ReflexiveProperty: Role.PROPERTY,
    OWL.IrreflexiveProperty: Role.PROPERTY,
    SKOS.ConceptScheme: Role.SCHEME,
    OWL.Ontology: Role.ONTOLOGY,
}
"""What being of a class makes of a term."""

_ROOTS = {Role.CLASS: RDFS.Class.value, Role.PROPERTY: RDF.Property.value}

ABOVE: Mapping[Role, NamedNode] = {
    Role.CLASS: RDFS.subClassOf,
    Role.PROPERTY: RDFS.subPropertyOf,
}
"""The properties that lead from a term to the one above it."""


@dataclass(frozen=True)
class Bound:
    """A declared domain or range: things are to be of one of these classes or datatypes."""

    property: str
    is_range: bool
    alternatives: tuple[str, ...]


@dataclass(frozen=True)
class Declarations:
    """What the data declares. Terms are IRIs."""

    kinds: Mapping[tuple[str, Role], tuple[str, ...]]
    """The classes of `KINDS` that a term is declared to be of; none for one only referred to."""

    above: Mapping[tuple[str, Role], tuple[str, ...]]
    """The terms directly above a term."""

    bounds: tuple[Bound, ...]

    @cached_property
    def _under(self) -> Mapping[str, list[str]]:
        under: dict[str, list[str]] = defaultdict(list)
        for (child, role), parents in self.above.items():
            for parent in parents if role is Role.CLASS else ():
                under[parent].append(child)
        for kind, role in KINDS.items():  # so says the OWL 2 RDF-based semantics, 5.2
            if role in _ROOTS and kind.value != _ROOTS[role]:
                under[_ROOTS[role]].append(kind.value)
        return under

    def below(self, top: str) -> frozenset[str]:
        """Return a class and all classes below it."""
        found, waiting = {top}, [top]
        while waiting:
            fresh = set(self._under.get(waiting.pop(), ())) - found
            found |= fresh
            waiting += fresh
        return frozenset(found)


def read(store: Store) -> Declarations:
    """Return what a store declares, by four queries."""
    kinds: dict[tuple[str, Role], set[str]] = defaultdict(set)
    for row in store.query(
        f"SELECT DISTINCT ?term ?kind {{ {values('kind', KINDS)} ?term a ?kind "
        "FILTER(isIRI(?term)) }"
    ).solutions():
        kinds[row["term"].value, KINDS[row["kind"]]].add(row["kind"].value)
    above: dict[tuple[str, Role], tuple[str, ...]] = {}
    for role in ABOVE:
        for child, parents in _hierarchy(store, role).items():
            above[child, role] = tuple(sorted(parents))
            for term in (child, *parents):
                kinds.setdefault((term, role), set())
    return Declarations(
        {key: tuple(sorted(found)) for key, found in kinds.items()}, above, tuple(_bounds(store))
    )


_AXIOMS = (OWL.AllDisjointClasses, OWL.AllDisjointProperties)

_DEPTH = 4
"""How deep blank nodes are followed, lists counting once."""


def everything() -> str:
    """Return the query that asks for the ontology itself: all that is said of declared terms.

    What hangs on them by blank nodes is part of it, as are axioms without a name.
    """
    declared = f"{values('kind', (*KINDS, *_AXIOMS))} ?term a ?kind"
    ways = [f"{{ {declared} . ?term ?p ?o BIND(?term AS ?node) }}"]
    steps, here = "", "?term"
    for depth in range(1, _DEPTH + 1):
        there = f"?node{depth}"
        steps += (
            f" . {here} ?p{depth} ?blank{depth} "
            f"FILTER(isBlank(?blank{depth}) && ?p{depth} != {spell(RDF.rest)}) "
            f"?blank{depth} {spell(RDF.rest)}* {there}"
        )
        ways.append(f"{{ {declared}{steps} . {there} ?p ?o BIND({there} AS ?node) }}")
        here = there
    found = f"SELECT DISTINCT ?node ?p ?o {{ {' UNION '.join(ways)} }}"
    return f"CONSTRUCT {{ ?node ?p ?o }} WHERE {{ {found} }}"


def _hierarchy(store: Store, role: Role) -> Mapping[str, set[str]]:
    found: dict[str, set[str]] = defaultdict(set)
    rows = store.query(
        f"SELECT DISTINCT ?child ?parent {{ ?child {spell(ABOVE[role])} ?parent "
        "FILTER(isIRI(?child) && isIRI(?parent) && ?child != ?parent) }"
    ).solutions()
    for row in rows:
        found[row["child"].value].add(row["parent"].value)
    return found


_DOMAINS = (RDFS.domain, *(schema.domainIncludes for schema in SCHEMA))
_RANGES = (RDFS.range, *(schema.rangeIncludes for schema in SCHEMA))
_UNIONS = frozenset((*_DOMAINS[1:], *_RANGES[1:]))


def _bounds(store: Store) -> Iterable[Bound]:
    """Yield the declared domains and ranges.

    Several of RDF Schema hold together; those of schema.org, and the members of a union, are
    alternatives.
    """
    rows = store.query(
        f"SELECT DISTINCT ?property ?by ?bound ?member {{ {values('by', (*_DOMAINS, *_RANGES))} "
        f"?property ?by ?bound FILTER(isIRI(?property)) OPTIONAL {{ ?bound {spell(OWL.unionOf)}/"
        f"{spell(RDF.rest)}*/{spell(RDF.first)} ?member }} }}"
    ).solutions()
    found: dict[tuple[str, bool, object], set[str]] = defaultdict(set)
    for row in rows:
        together = row["by"] if row["by"] in _UNIONS else (row["by"], row["bound"])
        named = row["member"] if row["member"] is not None else row["bound"]
        if isinstance(named, NamedNode):
            found[row["property"].value, row["by"] in _RANGES, together].add(named.value)
    bounds = (Bound(*key[:2], tuple(sorted(each))) for key, each in found.items())
    yield from sorted(bounds, key=lambda each: (each.property, each.is_range, each.alternatives))
