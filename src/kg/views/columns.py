"""What the columns of a table hold, told from their first rows, and so which views they allow."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from kg import geometry
from kg.terms import BlankNode, Literal, NamedNode, Term
from kg.views import scales
from kg.views.tables import Table, number

LOOKED_AT = 1000
"""Rows that are looked at; what does not fit further on is left out of a view, and counted."""


class Nature(StrEnum):
    """What all values of a column are."""

    NUMBER = "number"
    TIME = "time"
    PLACE = "place"
    THING = "thing"
    TEXT = "text"


@dataclass(frozen=True)
class Column:
    """A column by its name, with what it holds."""

    name: str
    nature: Nature
    different: int
    """Values that were seen, each counted once."""


def columns(table: Table) -> tuple[Column, ...]:
    """Return the columns of a table that hold anything, in order."""
    rows = table.rows[:LOOKED_AT]
    found = []
    for place, name in enumerate(table.names):
        values = [row[place] for row in rows if row[place] is not None]
        if values:
            found.append(Column(name, _nature(values), len(set(values))))
    return tuple(found)


def named(nature: Nature, among: Sequence[Column]) -> list[str]:
    """Return the names of the columns of a nature."""
    return [column.name for column in among if column.nature is nature]


def naming(among: Sequence[Column]) -> str | None:
    """Return the column that tells rows apart best: a thing or a text, the first among equals."""
    fit = [column for column in among if column.nature in (Nature.THING, Nature.TEXT)]
    return max(fit, key=lambda column: column.different).name if fit else None


def _nature(values: Sequence[Term | None]) -> Nature:
    if all(isinstance(value, NamedNode | BlankNode) for value in values):
        return Nature.THING
    if all(number(value) is not None for value in values):
        return Nature.NUMBER
    if all(instant(value) is not None for value in values):
        return Nature.TIME
    if all(is_place(value) for value in values):
        return Nature.PLACE
    return Nature.TEXT


def is_place(term: Term | None) -> bool:
    """Return whether a literal is a geometry (GeoSPARQL 1.1, 8.8.1)."""
    return isinstance(term, Literal) and term.datatype.value == geometry.WKT


_TIMES = frozenset(
    f"http://www.w3.org/2001/XMLSchema#{name}"
    for name in ("date", "dateTime", "dateTimeStamp", "gYear", "gYearMonth")
)
_TIME = re.compile(
    r"(?P<year>-?\d{4,9})(?:-(?P<month>\d\d)(?:-(?P<day>\d\d)(?:T(?P<hour>\d\d):(?P<minute>\d\d))?)?)?"
)


def instant(term: Term | None) -> float | None:
    """Return when a literal of a datatype of time begins, in days, or None."""
    if not isinstance(term, Literal) or term.datatype.value not in _TIMES:
        return None
    found = _TIME.match(term.value)
    if not found:
        return None
    year, month, day, hour, minute = (int(part or 0) for part in found.groups())
    try:
        return scales.days(year, month or 1, day or 1) + hour / 24 + minute / 1440
    except ValueError:
        return None
