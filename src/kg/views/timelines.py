"""A timeline: the rows of a table by when they begin, and end."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from kg.terms import Term
from kg.views import scales
from kg.views.columns import Column, Nature, instant, named, naming
from kg.views.scales import Scale
from kg.views.tables import Table

ROWS = 200


@dataclass(frozen=True)
class Event:
    """What happens from `start` to `end`, of a hundred; `times` are as the data has them."""

    label: Term | None
    start: float
    end: float
    times: tuple[str, ...]


@dataclass(frozen=True)
class Timeline:
    """Events in their order, on a scale."""

    events: tuple[Event, ...]
    scale: Scale
    unused: int = 0
    """Rows that say no time."""

    cut: int = 0
    """Rows that are not drawn because they would be too many."""


def timeline(table: Table, columns: Sequence[Column]) -> Timeline | None:
    """Return when the rows of a table happen; None where no column is of times.

    A second column of times tells the end.
    """
    times = named(Nature.TIME, columns)
    if not times:
        return None
    starts, ends = table.place(times[0]), table.place(times[min(1, len(times) - 1)])
    label = naming(columns)
    name = table.place(label) if label else None
    found = []
    for row in table.rows:
        start, end = instant(row[starts]), instant(row[ends])
        if start is not None:
            said = dict.fromkeys(str(getattr(row[each], "value", "")) for each in (starts, ends))
            last = max(start, end if end is not None else start)
            found.append(
                (start, last, row[name] if name is not None else None, tuple(filter(None, said)))
            )
    found.sort(key=lambda each: each[:2])
    kept = found[:ROWS]
    scale = scales.of_times([time for start, end, _, _ in kept for time in (start, end)])
    events = [
        Event(term, 100 * scale.at(start), 100 * scale.at(end), said)
        for start, end, term, said in kept
    ]
    return Timeline(tuple(events), scale, len(table) - len(found), len(found) - len(kept))
