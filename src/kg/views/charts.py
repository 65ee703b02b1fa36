"""Charts: the rows of a table as bars, as lines over time, or as points in a plane.

A column may tell rows apart as series: bars then stand in groups, and lines beside each other.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import cached_property
from typing import Any

from kg.terms import Term
from kg.views import scales
from kg.views.columns import LOOKED_AT, Column, Nature, instant, named, naming
from kg.views.scales import Scale
from kg.views.tables import Row, Table, number

BARS = 50
GROUPED = 120
POINTS = 2000
"""The most that is drawn of each, bars in groups apart; what is left out is said."""

SERIES = 8
"""Series that can be told apart by their colours and marks."""

ONE = "-"
"""Asks for no series, where a column would make some."""


@dataclass(frozen=True)
class Axes:
    """Which columns are drawn: `across` names bars or gives the horizontal place."""

    across: str
    up: str
    by: str = ""
    """The column that names the series; "" where there is but one."""


@dataclass(frozen=True)
class Bar:
    """A bar from `start` to `end`, of a hundred; `text` is its number as the data has it."""

    label: Term | None
    start: float
    end: float
    text: str
    series: int = 0
    """The place of its series."""


@dataclass(frozen=True)
class Point:
    """A place in a plane whose corners are (0, 0) and (1, 1), upwards, and what stands there."""

    x: float
    y: float
    label: Term | None
    texts: tuple[str, str]
    series: int = 0


@dataclass(frozen=True)
class Chart:
    """What is drawn: bars, or points in a plane, joined by a line where they follow in time."""

    axes: Axes
    bars: tuple[Bar, ...] = ()
    """Those of one label stand together."""

    points: tuple[Point, ...] = ()
    is_line: bool = False
    across: Scale | None = None
    up: Scale | None = None
    series: tuple[Term | None, ...] = ()
    """What the series are called; empty where there is but one."""

    left: int = 0
    """Series that are not drawn because they could not be told apart."""

    unused: int = 0
    """Rows that have no number or time where one is needed."""

    cut: int = 0
    """Rows of the series drawn that are not because they would be too many."""

    @property
    def groups(self) -> tuple[tuple[Term | None, tuple[Bar, ...]], ...]:
        """The bars of each label."""
        found: dict[Term | None, list[Bar]] = {}
        for bar in self.bars:
            found.setdefault(bar.label, []).append(bar)
        return tuple((label, tuple(bars)) for label, bars in found.items())

    @property
    def lines(self) -> tuple[tuple[Point, ...], ...]:
        """The points of each series."""
        places = range(max(1, len(self.series)))
        return tuple(tuple(p for p in self.points if p.series == place) for place in places)

    @property
    def cells(self) -> tuple[tuple[Term | str | None, tuple[str, ...]], ...]:
        """The same as a table: what is across, and what is up in each series."""
        found: dict[Term | str | None, list[list[str]]] = {}
        drawn: Iterable[tuple[Term | str | None, int, str]] = (
            [(bar.label, bar.series, bar.text) for bar in self.bars]
            if self.bars
            else [(p.texts[0], p.series, p.texts[1]) for p in sorted(self.points, key=_across)]
        )
        for across, series, text in drawn:
            row = found.setdefault(across, [[] for _ in range(max(1, len(self.series)))])
            row[series].append(text)
        return tuple((name, tuple(map(", ".join, row))) for name, row in found.items())


def _across(point: Point) -> float:
    return point.x


@dataclass(frozen=True)
class Choices:
    """The columns that each axis may be of; none where no chart can be."""

    across: tuple[str, ...] = ()
    up: tuple[str, ...] = ()
    by: tuple[str, ...] = ()


def choices(columns: Sequence[Column]) -> Choices:
    """Return what may be drawn, the likely columns first."""
    up = named(Nature.NUMBER, columns)
    if not up or len(columns) == 1:
        return Choices()
    likely = [*named(Nature.TIME, columns), naming(columns)]
    first = [name for name in likely if name]
    across = dict.fromkeys([*first, *(column.name for column in columns)])
    by = (column.name for column in columns if 1 < column.different <= SERIES)
    return Choices(tuple(across), tuple(up), tuple(by))


def chart(
    table: Table, columns: Sequence[Column], across: str = "", up: str = "", by: str = ""
) -> Chart | None:
    """Return the chart of two columns, the likely ones where none are given, and of their series.

    None where the table has no two columns that make one. Raises BadInput for unknown names.
    """
    offered = choices(columns)
    if not offered.up:
        return None
    chosen = table.names[table.place(across)] if across else offered.across[0]
    axes = Axes(chosen, up if up in offered.up else _other(offered.up, chosen))
    drawing = _Drawing(table, columns, replace(axes, by=_series(table, columns, axes, by)))
    nature = next((each.nature for each in columns if each.name == axes.across), None)
    if nature in (Nature.TIME, Nature.NUMBER):
        return drawing.plane(is_line=nature is Nature.TIME)
    return drawing.bars()


def _other(numbers: Sequence[str], than: str) -> str:
    return next((name for name in numbers if name != than), numbers[0])


def _series(table: Table, columns: Sequence[Column], axes: Axes, wanted: str) -> str:
    """Return the column that names the series: the one that is wanted, or that there must be.

    That is so where what is across comes again and again, and but once with each of its values.
    """
    if wanted:
        return "" if wanted == ONE else table.names[table.place(wanted)]
    rows = table.rows[:LOOKED_AT]
    across = table.place(axes.across)
    if len({row[across] for row in rows}) == len(rows):
        return ""
    for column in columns:
        fits = column.nature in (Nature.THING, Nature.TEXT) and 1 < column.different <= SERIES
        if fits and column.name not in (axes.across, axes.up):
            place = table.place(column.name)
            if len({(row[across], row[place]) for row in rows}) == len(rows):
                return column.name
    return ""


@dataclass(frozen=True)
class _Drawing:
    """The rows of a table, drawn along axes."""

    table: Table
    columns: Sequence[Column]
    axes: Axes

    @cached_property
    def _names(self) -> Sequence[Term | None]:
        """What the series are called, in the order in which they come."""
        by = self.table.place(self.axes.by) if self.axes.by else None
        return [] if by is None else [*dict.fromkeys(row[by] for row in self.table.rows)]

    @cached_property
    def _places(self) -> Mapping[Term | None, int]:
        """The place of each series that is drawn."""
        return {name: place for place, name in enumerate(self._names[:SERIES])}

    def _place(self, row: Row) -> int | None:
        """Return the place of the series of a row; None where that is not drawn."""
        return self._places.get(row[self.table.place(self.axes.by)]) if self.axes.by else 0

    def _chart(self, **drawn: Any) -> Chart:
        series = tuple(self._places)
        return Chart(self.axes, series=series, left=len(self._names) - len(series), **drawn)

    def bars(self) -> Chart:
        """Return the rows as bars; those of one label stand where the first of them stands."""
        label, value = self.table.place(self.axes.across), self.table.place(self.axes.up)
        read = [
            (row[label], size, _text(row[value]), self._place(row))
            for row in self.table.rows
            if (size := number(row[value])) is not None
        ]
        kept = [(term, size, said, at) for term, size, said, at in read if at is not None]
        if self.axes.by:
            first = {term: at for at, (term, *_) in reversed([*enumerate(kept)])}
            kept.sort(key=lambda each: (first[each[0]], each[3]))
        drawn = kept[: GROUPED if self.axes.by else BARS]
        low = min([Decimal(0), *(size for _, size, _, _ in drawn)])
        high = max([Decimal(0), *(size for _, size, _, _ in drawn)])
        span = (high - low) or Decimal(1)

        def at(size: Decimal) -> float:
            return float(100 * (size - low) / span)

        bars = [
            Bar(term, at(min(size, Decimal(0))), at(max(size, Decimal(0))), said, place)
            for term, size, said, place in drawn
        ]
        unused, cut = len(self.table) - len(read), len(kept) - len(drawn)
        return self._chart(bars=tuple(bars), unused=unused, cut=cut)

    def plane(self, *, is_line: bool) -> Chart:
        """Return the rows as points, joined where they follow in time."""
        read = list(self._read(is_line=is_line))
        found = [(x, y, row, at) for x, y, row in read if (at := self._place(row)) is not None]
        kept = found[:POINTS]
        unused, cut = len(self.table) - len(read), len(found) - len(kept)
        if not kept:
            return self._chart(is_line=is_line, unused=unused)
        horizontal = scales.of_times if is_line else scales.of
        across = horizontal(x for x, _, _, _ in kept)
        up = scales.of((y for _, y, _, _ in kept), zero=is_line)
        if is_line:
            kept = sorted(kept, key=lambda each: each[0])
        points = tuple(
            Point(across.at(x), up.at(y), self._label(row), self._texts(row), place)
            for x, y, row, place in kept
        )
        drawn = {"points": points, "is_line": is_line, "across": across, "up": up}
        return self._chart(**drawn, unused=unused, cut=cut)

    def _read(self, *, is_line: bool) -> Iterator[tuple[float, float, Row]]:
        across, up = self.table.place(self.axes.across), self.table.place(self.axes.up)
        for row in self.table.rows:
            size = number(row[up])
            at = instant(row[across]) if is_line else _float(number(row[across]))
            if at is not None and size is not None:
                yield at, float(size), row

    def _label(self, row: Row) -> Term | None:
        name = self.axes.by or naming(self.columns)
        return row[self.table.place(name)] if name else None

    def _texts(self, row: Row) -> tuple[str, str]:
        across, up = self.table.place(self.axes.across), self.table.place(self.axes.up)
        return _text(row[across]), _text(row[up])


def _float(value: Decimal | None) -> float | None:
    return None if value is None else float(value)


def _text(term: Term | None) -> str:
    return str(getattr(term, "value", ""))
