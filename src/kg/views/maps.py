"""A map: the rows of a table where they are, on a plain net of meridians and parallels."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from kg import geometry
from kg.geometry import Form, Position, Shape
from kg.terms import Literal, Term
from kg.views import scales
from kg.views.columns import Column, Nature, is_place, named, naming
from kg.views.scales import Mark
from kg.views.tables import Row, Table, number

ROWS = 1000
WIDTH, HEIGHT = 960.0, 540.0
"""The measures of the drawing, in its own units."""

_MARGIN = 0.12
_LEAST = 0.02  # degrees that a map shows at least

_LATITUDES = frozenset({"lat", "latitude", "纬度"})
_LONGITUDES = frozenset({"long", "lon", "lng", "longitude", "经度"})


@dataclass(frozen=True)
class Spot:
    """A shape as it is drawn: positions from the upper left corner, or a path."""

    label: Term | None
    form: Form
    x: float
    y: float
    where: str
    """Its first position, in words."""

    path: str = ""


@dataclass(frozen=True)
class Map:
    """What lies where, and the net it is drawn on."""

    spots: tuple[Spot, ...]
    meridians: tuple[Mark, ...]
    parallels: tuple[Mark, ...]
    unused: int = 0
    """Rows that say no place that can be drawn."""

    cut: int = 0
    """Rows that are not drawn because they would be too many."""

    width: float = WIDTH
    height: float = HEIGHT


def is_possible(columns: Sequence[Column]) -> bool:
    """Return whether a table says where things are."""
    return bool(named(Nature.PLACE, columns)) or _pair(columns) is not None


def map(table: Table, columns: Sequence[Column]) -> Map | None:
    """Return where the rows of a table are; None where nothing in it can be drawn."""
    label = naming(columns)
    name = table.place(label) if label else None
    located = [(row, shapes) for row in table.rows if (shapes := _shapes(row, table, columns))]
    kept = located[:ROWS]
    if not kept:
        return None
    frame = _Frame([at for _, shapes in kept for shape in shapes for at in _outline(shape)])
    spots = [
        frame.spot(shape, row[name] if name is not None else None)
        for row, shapes in kept
        for shape in shapes
    ]
    spots.sort(key=lambda spot: spot.form is Form.POINT)  # above the areas they lie in
    return Map(
        tuple(spots),
        frame.meridians(),
        frame.parallels(),
        len(table) - len(located),
        len(located) - len(kept),
    )


def _pair(columns: Sequence[Column]) -> tuple[str, str] | None:
    """Return the columns of longitudes and latitudes, known by their names."""
    numbers = named(Nature.NUMBER, columns)
    longitudes = [name for name in numbers if name.lower() in _LONGITUDES]
    latitudes = [name for name in numbers if name.lower() in _LATITUDES]
    return (longitudes[0], latitudes[0]) if longitudes and latitudes else None


def _shapes(row: Row, table: Table, columns: Sequence[Column]) -> tuple[Shape, ...]:
    if places := named(Nature.PLACE, columns):
        term = row[table.place(places[0])]
        return geometry.shapes(term.value) if isinstance(term, Literal) and is_place(term) else ()
    pair = _pair(columns)
    assert pair
    values = [number(row[table.place(name)]) for name in pair]
    longitude, latitude = (math.nan if value is None else float(value) for value in values)
    if not geometry.is_on_globe(longitude, latitude):
        return ()
    return (Shape(Form.POINT, (((longitude, latitude),),)),)


def _outline(shape: Shape) -> Iterator[Position]:
    return (at for ring in shape.rings for at in ring)


class _Frame:
    """The part of the globe that is drawn: an equirectangular projection true to its middle."""

    def __init__(self, positions: Sequence[Position]) -> None:
        longitudes = [longitude for longitude, _ in positions]
        latitudes = [latitude for _, latitude in positions]
        self._middle = (
            (min(longitudes) + max(longitudes)) / 2,
            (min(latitudes) + max(latitudes)) / 2,
        )
        self._narrow = max(0.1, math.cos(math.radians(self._middle[1])))
        wide = max(max(longitudes) - min(longitudes), _LEAST) * self._narrow
        high = max(max(latitudes) - min(latitudes), _LEAST)
        self._scale = (1 - 2 * _MARGIN) * min(WIDTH / wide, HEIGHT / high)

    def place(self, at: Position) -> tuple[float, float]:
        """Return where a position is drawn."""
        longitude, latitude = at[0] - self._middle[0], at[1] - self._middle[1]
        return (
            WIDTH / 2 + longitude * self._narrow * self._scale,
            HEIGHT / 2 - latitude * self._scale,
        )

    def spot(self, shape: Shape, label: Term | None) -> Spot:
        """Return a shape as it is drawn."""
        rings = [[self.place(at) for at in ring] for ring in shape.rings]
        x, y = rings[0][0]
        longitude, latitude = shape.rings[0][0]
        where = f"{_place(latitude, 'NS')}, {_place(longitude, 'EW')}"
        if shape.form is Form.POINT:
            return Spot(label, shape.form, x, y, where)
        end = "Z" if shape.form is Form.AREA else ""
        path = "".join("M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in ring) + end for ring in rings)
        return Spot(label, shape.form, x, y, where, path)

    def meridians(self) -> tuple[Mark, ...]:
        """Return the round longitudes that are in the drawing, from its left edge."""
        half = WIDTH / 2 / self._narrow / self._scale
        found = _round(self._middle[0] - half, self._middle[0] + half)
        return tuple(Mark(self.place((at, 0))[0], _degrees(text, "EW")) for at, text in found)

    def parallels(self) -> tuple[Mark, ...]:
        """Return the round latitudes that are in the drawing, from its upper edge."""
        half = HEIGHT / 2 / self._scale
        found = _round(self._middle[1] - half, self._middle[1] + half)
        return tuple(Mark(self.place((0, at))[1], _degrees(text, "NS")) for at, text in found)


def _round(low: float, high: float) -> list[tuple[float, str]]:
    scale = scales.of((low, high))
    marks = [(scale.low + mark.at * (scale.high - scale.low), mark.text) for mark in scale.marks]
    return [(at, text) for at, text in marks if low < at < high]


def _place(degrees: float, sides: str) -> str:
    return _degrees(f"{degrees:.5f}".rstrip("0").rstrip("."), sides)


def _degrees(text: str, sides: str) -> str:
    side = sides[text.startswith("-")] if float(text) else ""
    return f"{text.removeprefix('-')}° {side}".strip()
