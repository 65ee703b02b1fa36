"""How the data uses a class or a property: what things have, and what stands at a property.

Every number is what a query counts, a triple that stands in several graphs once. One class or
property is looked at after the other, so that memory is needed for the largest of them only.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass

from kg.ontology import datatypes
from kg.ontology.declarations import Bound
from kg.results import Row, Solutions
from kg.store import Store
from kg.terms import NamedNode, spell

EXAMPLES = 5
"""Examples that are kept of the use of a term."""


@dataclass(frozen=True)
class Use:
    """How the things of a class use a property; `least` and `most` are values of one thing."""

    owner: str
    property: str
    triples: int
    subjects: int
    objects: int
    least: int
    most: int


@dataclass(frozen=True)
class Reach:
    """How many triples of a property lead to things of a class, and to how many of them."""

    property: str
    reached: str
    triples: int
    objects: int


@dataclass(frozen=True)
class Values:
    """How many values of a property are of a kind: `iri`, `blank`, `triple` or `literal`.

    A literal has a datatype, and a language if that is rdf:langString.
    """

    property: str
    kind: str
    datatype: str
    language: str
    triples: int


class Observer:
    """Looks at one store; `shared` tells whether a triple may stand in several of its graphs."""

    def __init__(self, store: Store, *, shared: bool) -> None:
        self._store = store
        self._shared = shared

    def uses(self, owner: str, entities: int) -> Iterator[Use]:
        """Yield how the things of a class, `entities` in number, use each property."""
        own = f"?s a {spell(NamedNode(owner))} . ?s ?p ?o"
        rows = self._rows(
            "SELECT ?p (COUNT(*) AS ?n) (COUNT(DISTINCT ?s) AS ?subjects) "
            f"(COUNT(DISTINCT ?o) AS ?objects) {{ {self._once('?s ?p ?o', own)} }} GROUP BY ?p"
        )
        for row in rows:
            triples, subjects, objects = _numbers(row, "n", "subjects", "objects")
            least, most = 1, 1
            if triples > subjects:
                least, most = self._spread(owner, row["p"])
            yield Use(
                owner,
                row["p"].value,
                triples,
                subjects,
                objects,
                0 if subjects < entities else least,
                most,
            )

    def _spread(self, owner: str, property: NamedNode) -> tuple[int, int]:
        """Return the least and the most values that a thing of a class has, if it has any."""
        (row,) = self._rows(
            "SELECT (MIN(?n) AS ?least) (MAX(?n) AS ?most) { "
            f"SELECT ?s (COUNT(DISTINCT ?o) AS ?n) {{ ?s a {spell(NamedNode(owner))} . "
            f"?s {spell(property)} ?o }} GROUP BY ?s }}"
        )
        least, most = _numbers(row, "least", "most")
        return least, most

    def reaches(self, reached: str) -> Iterator[Reach]:
        """Yield which properties lead to the things of a class."""
        own = f"?o a {spell(NamedNode(reached))} . ?s ?p ?o"
        rows = self._rows(
            "SELECT ?p (COUNT(*) AS ?n) (COUNT(DISTINCT ?o) AS ?objects) "
            f"{{ {self._once('?s ?p ?o', own)} }} GROUP BY ?p"
        )
        for row in rows:
            yield Reach(row["p"].value, reached, *_numbers(row, "n", "objects"))

    def values(self, property: str) -> Iterator[Values]:
        """Yield the kinds of a property's values."""
        own = f"?s {spell(NamedNode(property))} ?o"
        rows = self._rows(
            f"SELECT ?d ?l ?i ?b (COUNT(*) AS ?n) {{ {self._once('?s ?o', own)} }} "
            "GROUP BY (DATATYPE(?o) AS ?d) (LANG(?o) AS ?l) (isIRI(?o) AS ?i) (isBlank(?o) AS ?b)"
        )
        for row in rows:
            flags = {"iri": row["i"].value, "blank": row["b"].value}
            other = "literal" if row["d"] is not None else "triple"
            kind = next((name for name, flag in flags.items() if flag == "true"), other)
            language = row["l"].value if row["l"] is not None else ""
            datatype = row["d"].value if row["d"] is not None else ""
            yield Values(property, kind, datatype, language, *_numbers(row, "n"))

    def outside(self, bound: Bound, classes: Iterable[str], found: Collection[Values]) -> int:
        """Return how many triples of a property do not keep to a declared domain or range.

        `classes` are those that are declared and all below them, `found` the property's values.
        """
        declared = set(bound.alternatives)
        if declared & datatypes.ANYTHING:
            return 0
        property = spell(NamedNode(bound.property))
        place, literals, others = "?s", 0, True
        if bound.is_range:
            place, rows = "?o", [each for each in found if each.kind == "literal"]
            literals = sum(
                each.triples
                for each in rows
                if not datatypes.allows(declared, NamedNode(each.datatype))
            )
            others = any(each.kind != "literal" for each in found)
        if not others or declared & datatypes.EVERY_THING:
            return literals
        allowed = ", ".join(spell(NamedNode(each)) for each in sorted(classes))
        strangers = self._once(
            "?s ?o",
            f"?s {property} ?o FILTER(!isLiteral({place})) "
            f"FILTER NOT EXISTS {{ {place} a ?c FILTER(?c IN ({allowed})) }}",
        )
        (row,) = self._rows(f"SELECT (COUNT(*) AS ?n) {{ {strangers} }}")
        return literals + int(row["n"].value)

    def instances(self, owner: str) -> list[str]:
        """Return the IRIs of some things of a class."""
        rows = self._rows(
            f"SELECT DISTINCT ?s {{ ?s a {spell(NamedNode(owner))} FILTER(isIRI(?s)) }} "
            f"LIMIT {EXAMPLES}"
        )
        return [row["s"].value for row in rows]

    def triples(self, property: str) -> list[tuple[str, str]]:
        """Return subject and object of some triples of a property, in N-Triples syntax."""
        rows = self._rows(
            f"SELECT DISTINCT ?s ?o {{ ?s {spell(NamedNode(property))} ?o "
            f"FILTER(isIRI(?s) && (isIRI(?o) || isLiteral(?o))) }} LIMIT {EXAMPLES}"
        )
        return [(str(row["s"]), str(row["o"])) for row in rows]

    def _rows(self, query: str) -> Solutions:
        return self._store.query(query).solutions()

    def _once(self, variables: str, pattern: str) -> str:
        """Return a pattern that has each solution once."""
        return f"SELECT DISTINCT {variables} {{ {pattern} }}" if self._shared else pattern


def _numbers(row: Row, *names: str) -> tuple[int, ...]:
    return tuple(int(row[name].value) for name in names)
