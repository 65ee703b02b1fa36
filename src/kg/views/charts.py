"""Charts: the rows of a table as bars, as a line over time, or as points in a plane."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from kg.terms import Term
from kg.views import scales
from kg.views.columns import Column, Nature, instant, named, naming
from kg.views.scales import Scale
from kg.views.tables import Row, Table, number

BARS = 50
POINTS = 2000
"""The most that is drawn of each; what is left out is said."""


@dataclass(frozen=True)
class Axes:
    """Which columns are drawn: `across` names bars or gives the horizontal place."""

    across: str
    up: str


@dataclass(frozen=True)
class Bar:
    """A bar from `start` to `end`, of a hundred; `text` is its number as the data has it."""

    label: Term | None
    start: float
    end: float
    text: str


@dataclass(frozen=True)
class Point:
    """A place in a plane whose corners are (0, 0) and (1, 1), upwards, and what stands there."""

    x: float
    y: float
    label: Term | None
    texts: tuple[str, str]


@dataclass(frozen=True)
class Chart:
    """What is drawn: bars, or points in a plane, joined by a line where they follow in time."""

    axes: Axes
    bars: tuple[Bar, ...] = ()
    points: tuple[Point, ...] = ()
    is_line: bool = False
    across: Scale | None = None
    up: Scale | None = None
    unused: int = 0
    """Rows that have no number or time where one is needed."""

    cut: int = 0
    """Rows that are not drawn because they would be too many."""


def choices(columns: Sequence[Column]) -> tuple[list[str], list[str]]:
    """Return the columns that may go across, and those that may go up; empty if no chart can be."""
    up = named(Nature.NUMBER, columns)
    if not up or len(columns) == 1:
        return [], []
    likely = [*named(Nature.TIME, columns), naming(columns)]
    first = [name for name in likely if name]
    return list(dict.fromkeys([*first, *(column.name for column in columns)])), up


def chart(table: Table, columns: Sequence[Column], across: str = "", up: str = "") -> Chart | None:
    """Return the chart of two columns, the likely ones where none are given.

    None where the table has no two columns that make one. Raises BadInput for unknown names.
    """
    offered, numbers = choices(columns)
    if not numbers:
        return None
    axes = Axes(
        table.names[table.place(across)] if across else offered[0],
        table.names[table.place(up)] if up in numbers else _other(numbers, across or offered[0]),
    )
    natures = {column.name: column.nature for column in columns}
    nature = natures.get(axes.across)
    if nature in (Nature.TIME, Nature.NUMBER):
        return _plane(table, axes, naming(columns), is_line=nature is Nature.TIME)
    return _bars(table, axes)


def _other(numbers: Sequence[str], than: str) -> str:
    return next((name for name in numbers if name != than), numbers[0])


def _bars(table: Table, axes: Axes) -> Chart:
    label, value = table.place(axes.across), table.place(axes.up)
    found = [(row[label], number(row[value]), row[value]) for row in table.rows]
    kept = [(term, size, said) for term, size, said in found if size is not None]
    drawn = kept[:BARS]
    low = min([Decimal(0), *(size for _, size, _ in drawn)])
    high = max([Decimal(0), *(size for _, size, _ in drawn)])
    span = (high - low) or Decimal(1)

    def place(size: Decimal) -> float:
        return float(100 * (size - low) / span)

    bars = [
        Bar(term, place(min(size, Decimal(0))), place(max(size, Decimal(0))), _text(said))
        for term, size, said in drawn
    ]
    return Chart(axes, tuple(bars), unused=len(found) - len(kept), cut=len(kept) - len(drawn))


def _plane(table: Table, axes: Axes, label: str | None, *, is_line: bool) -> Chart:
    read = list(_read(table, axes, is_line=is_line))
    kept = read[:POINTS]
    unused, cut = len(table) - len(read), len(read) - len(kept)
    if not kept:
        return Chart(axes, is_line=is_line, unused=unused)
    horizontal = scales.of_times if is_line else scales.of
    across = horizontal(x for x, _, _ in kept)
    up = scales.of((y for _, y, _ in kept), zero=is_line)
    if is_line:
        kept = sorted(kept, key=lambda each: each[0])
    name = table.place(label) if label else None
    points = [
        Point(
            across.at(x),
            up.at(y),
            row[name] if name is not None else None,
            (_text(row[table.place(axes.across)]), _text(row[table.place(axes.up)])),
        )
        for x, y, row in kept
    ]
    return Chart(axes, (), tuple(points), is_line, across, up, unused, cut)


def _read(table: Table, axes: Axes, *, is_line: bool) -> Iterator[tuple[float, float, Row]]:
    across, up = table.place(axes.across), table.place(axes.up)
    for row in table.rows:
        size = number(row[up])
        at = instant(row[across]) if is_line else _float(number(row[across]))
        if at is not None and size is not None:
            yield at, float(size), row


def _float(value: Decimal | None) -> float | None:
    return None if value is None else float(value)


def _text(term: Term | None) -> str:
    return str(getattr(term, "value", ""))
