"""Solutions as a relation of SQL: a statement, and what its columns hold."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import Enum

from kg.columnar.algebra import Variable
from kg.columnar.classes import NOTHING, Class


class Kind(Enum):
    """What a column holds: ids of terms, or values that may be no terms of the data."""

    TERM = "INTEGER"
    INTEGER = "BIGINT"
    DECIMAL = "HUGEINT"
    """In units of 10^-18."""

    DOUBLE = "DOUBLE"
    BOOLEAN = "BOOLEAN"
    STRING = "VARCHAR"
    SPELLED = "TEXT"
    """Terms as N-Triples; which, the mask tells."""


@dataclass(frozen=True)
class Column:
    """What is known of the values of a variable. NULL is unbound, where it is `nullable`."""

    kind: Kind
    mask: Class = NOTHING
    """The classes that terms can have."""

    nullable: bool = False

    def or_null(self) -> Column:
        """Return the same with values that may be unbound."""
        return replace(self, nullable=True)


UNBOUND = Column(Kind.TERM, NOTHING, nullable=True)


@dataclass(frozen=True)
class Relation:
    """A multiset of solutions: `sql` is a SELECT of one column for each variable."""

    sql: str
    columns: Mapping[Variable, Column]


class Names:
    """The names that variables have in SQL, where case does not tell names apart."""

    def __init__(self) -> None:
        self._names: dict[Variable, str] = {}
        self._others = 0

    def of(self, variable: Variable) -> str:
        """Return the name of a variable; the same one each time."""
        return self._names.setdefault(variable, f"v{len(self._names)}")

    def new(self, letter: str) -> str:
        """Return a name that nothing has yet."""
        self._others += 1
        return f"{letter}{self._others}"


def quoted(text: str) -> str:
    """Return a text as a string of SQL."""
    if "\0" in text:
        return " || chr(0) || ".join(map(quoted, text.split("\0")))
    return "'" + text.replace("'", "''") + "'"


def within(sql: str, ranges: list[tuple[int, int]]) -> str:
    """Return the condition that an id is in one of some ranges."""
    if not ranges:
        return "false"
    parts = [
        f"{sql} = {first}" if first == last else f"{sql} BETWEEN {first} AND {last}"
        for first, last in ranges
    ]
    return f"({' OR '.join(parts)})"
