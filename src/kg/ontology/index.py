"""The ontology of a state of the data, opened: what is known of a term without asking the store."""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar

from kg.ontology.declarations import Role
from kg.ontology.making import FILE
from kg.ontology.observing import Reach, Use, Values
from kg.ontology.shapes import Rule

ROWS = 200
"""Rows of a list that are read; their number is always given in full."""

T = TypeVar("T")


@dataclass(frozen=True)
class Cut(Generic[T]):
    """The first rows of a list, and how many there are."""

    rows: tuple[T, ...]
    total: int

    @property
    def rest(self) -> int:
        """How many rows are left out."""
        return self.total - len(self.rows)

    def first(self, number: int) -> Cut[T]:
        """Return the same with no more than so many rows."""
        return Cut(self.rows[:number], self.total)


@dataclass(frozen=True)
class Term:
    """A class, property, scheme or ontology."""

    iri: str
    role: Role
    kinds: tuple[str, ...]
    """What it is declared to be; nothing for a term that is only referred to or in use."""

    uses: int
    """Things of a class, triples of a property."""

    subjects: int
    objects: int
    examples: tuple[Any, ...]
    """IRIs of things of a class; subject and object of triples of a property, as in N-Triples."""


@dataclass(frozen=True)
class Declared:
    """A declared domain or range: one of these; and how many triples do not keep to it."""

    is_range: bool
    alternatives: tuple[str, ...]
    outside: int


@dataclass(frozen=True)
class Bounding:
    """A property of which a class is a declared domain or range."""

    property: str
    is_range: bool


@dataclass(frozen=True)
class Below:
    """A term directly below another, and what it is used for."""

    iri: str
    uses: int


class OntologyIndex:
    """What `kg.ontology.making` wrote into a folder; used by many threads."""

    def __init__(self, folder: Path) -> None:
        """Raise sqlite3.Error when it is not there, or damaged."""
        address = f"{(folder / FILE).absolute().as_uri()}?mode=ro&immutable=1"
        self._database = sqlite3.connect(address, uri=True, check_same_thread=False)
        self._lock = threading.Lock()
        self.totals = {
            Role(role): number
            for role, number in self._rows("SELECT role, COUNT(*) FROM term GROUP BY role")
        }
        """How many terms there are of each role."""

    def term(self, iri: str) -> Term | None:
        """Return a term; as a class, if it is also something else."""
        found = [_term(*row) for row in self._rows("SELECT * FROM term WHERE iri = ?", iri)]
        return min(found, key=lambda each: list(Role).index(each.role), default=None)

    def of_role(self, iri: str, role: Role) -> Term | None:
        """Return a term in one of its roles."""
        rows = self._rows("SELECT * FROM term WHERE iri = ? AND role = ?", iri, role)
        return next((_term(*row) for row in rows), None)

    def terms(self, role: Role, most: int = 10 * ROWS) -> Cut[Term]:
        """Return the terms of a role, those that are used most first."""
        return self._cut(_term, "*", "FROM term WHERE role = ?", "uses DESC, iri", role, most=most)

    def top(self, role: Role) -> Cut[Below]:
        """Return the terms of a role that stand below no other."""
        source = (
            "FROM term WHERE role = ? AND NOT EXISTS "
            "(SELECT 1 FROM above WHERE child = iri AND above.role = term.role)"
        )
        return self._cut(Below, "iri, uses", source, "uses DESC, iri", role)

    def below(self, iri: str, role: Role) -> Cut[Below]:
        """Return the terms directly below one."""
        source = (
            "FROM above JOIN term ON term.iri = child AND term.role = above.role "
            "WHERE parent = ? AND above.role = ?"
        )
        return self._cut(Below, "child, uses", source, "uses DESC, child", iri, role)

    def links(self, role: Role) -> Iterator[tuple[str, str]]:
        """Yield each term of a role that stands below another, with that other, in order."""
        yield from self._rows("SELECT child, parent FROM above WHERE role = ?", role)

    def parents(self, iri: str, role: Role) -> tuple[str, ...]:
        """Return the terms directly above one."""
        rows = self._rows(
            "SELECT parent FROM above WHERE child = ? AND role = ? ORDER BY parent", iri, role
        )
        return tuple(parent for (parent,) in rows)

    def above(self, iri: str, role: Role) -> tuple[str, ...]:
        """Return all terms above one, the nearest first."""
        found: dict[str, None] = {}
        level = [iri]
        while level:
            parents = [parent for child in level for parent in self.parents(child, role)]
            level = [each for each in dict.fromkeys(parents) if each not in found and each != iri]
            found |= dict.fromkeys(level)
        return tuple(found)

    def uses(self, owner: str) -> Cut[Use]:
        """Return how the things of a class use properties, the most usual first."""
        order = "subjects DESC, triples DESC, property"
        return self._cut(Use, "*", "FROM used WHERE owner = ?", order, owner)

    def users(self, property: str) -> Cut[Use]:
        """Return the classes whose things have a property."""
        order = "triples DESC, owner"
        return self._cut(Use, "*", "FROM used WHERE property = ?", order, property)

    def partition(self, owner: str) -> Iterator[Use]:
        """Return how the things of a class use all properties."""
        rows = self._rows("SELECT * FROM used WHERE owner = ? ORDER BY property", owner)
        return (Use(*row) for row in rows)

    def reached(self, property: str) -> Cut[Reach]:
        """Return the classes that a property leads to."""
        order = "triples DESC, reached"
        return self._cut(Reach, "*", "FROM reached WHERE property = ?", order, property)

    def reaching(self, owner: str) -> Cut[Reach]:
        """Return the properties that lead to things of a class."""
        order = "triples DESC, property"
        return self._cut(Reach, "*", "FROM reached WHERE reached = ?", order, owner)

    def values(self, property: str) -> Cut[Values]:
        """Return what kinds of values a property has."""
        order = "triples DESC, kind, datatype, language"
        return self._cut(Values, "*", "FROM found WHERE property = ?", order, property)

    def declared(self, property: str) -> tuple[Declared, ...]:
        """Return the declared domains and ranges of a property."""
        return self.bounds([property])[property]

    def bounds(self, properties: Collection[str]) -> Mapping[str, tuple[Declared, ...]]:
        """Return the declared domains and ranges of some properties; () where none is."""
        found: dict[str, tuple[Declared, ...]] = dict.fromkeys(properties, ())
        rows = self._rows(
            "SELECT property, is_range, alternatives, outside FROM bound WHERE property IN "
            "(SELECT value FROM json_each(?)) ORDER BY property, is_range, alternatives",
            json.dumps(list(properties)),
        )
        for property, is_range, alternatives, outside in rows:
            bound = Declared(bool(is_range), tuple(json.loads(alternatives)), outside)
            found[property] += (bound,)
        return found

    def bounding(self, owner: str) -> Cut[Bounding]:
        """Return the properties for which a class is declared."""
        return self._cut(
            lambda name, is_range: Bounding(name, bool(is_range)),
            "property, is_range",
            "FROM bounding WHERE class = ?",
            "is_range, property",
            owner,
        )

    def rules(self, term: str) -> Cut[Rule]:
        """Return the rules of shapes that are applied to a class, or are about a property."""
        return self._cut(
            lambda content: Rule.from_json(json.loads(content)),
            "content",
            "FROM rule JOIN ruled USING (number) WHERE term = ?",
            "number",
            term,
        )

    def _cut(
        self,
        make: Callable[..., T],
        columns: str,
        source: str,
        order: str,
        *values: Any,
        most: int = ROWS,
    ) -> Cut[T]:
        rows = self._rows(f"SELECT {columns} {source} ORDER BY {order} LIMIT {most + 1}", *values)
        total = len(rows)
        if total > most:
            ((total,),) = self._rows(f"SELECT COUNT(*) {source}", *values)
        return Cut(tuple(make(*row) for row in rows[:most]), total)

    def _rows(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        with self._lock:
            return self._database.execute(query, values).fetchall()


def _term(*row: Any) -> Term:
    iri, role, kinds, uses, subjects, objects, examples = row
    shown = tuple(tuple(each) if isinstance(each, list) else each for each in json.loads(examples))
    return Term(iri, Role(role), tuple(json.loads(kinds)), uses, subjects, objects, shown)
