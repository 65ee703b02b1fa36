"""Maps of a few shapes: parallels and meridians, and the shapes; nothing is asked of anybody."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from kg.geometry import Form, Position, Shape

WIDTH, HEIGHT = 320, 220
"""Of a map, in the units of its drawing."""

_LEAST = 0.5
"""Degrees of latitude that a map shows at least."""

_MARGIN = 1.3
_STEPS = (0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 30, 45, 60)
_LINES = 4
_POLE = 89.0
_KILOMETRES = 111.2
"""In a degree of latitude."""


@dataclass(frozen=True)
class Line:
    """A parallel or a meridian: where it lies on the map, and its degrees in words."""

    at: float
    name: str


@dataclass(frozen=True)
class Map:
    """A map in plate carrée, true to scale at its middle."""

    meridians: tuple[Line, ...]
    parallels: tuple[Line, ...]
    points: tuple[tuple[float, float], ...]
    lines: tuple[str, ...]
    """Paths as SVG writes them."""

    areas: tuple[str, ...]
    middle: Position
    """Longitude and latitude."""

    bar: Line
    """A round distance: its length on the map, and in words."""

    @property
    def position(self) -> str:
        """Where the middle is, in words."""
        longitude, latitude = self.middle
        return f"{_degrees(latitude, 'NS')}, {_degrees(longitude, 'EW')}"

    @property
    def uri(self) -> str:
        """The middle as a URI (RFC 5870)."""
        longitude, latitude = self.middle
        return f"geo:{_plain(latitude)},{_plain(longitude)}"


def drawn(shapes: Sequence[Shape]) -> Map | None:
    """Return the map of some shapes; None where there are none."""
    points = [point for shape in shapes for ring in shape.rings for point in ring]
    if not points:
        return None
    (west, east), (south, north) = (_bounds(point[axis] for point in points) for axis in (0, 1))
    middle = ((west + east) / 2, (south + north) / 2)
    narrowing = math.cos(math.radians(max(-_POLE, min(_POLE, middle[1]))))
    height = max(
        _LEAST, (north - south) * _MARGIN, (east - west) * _MARGIN * narrowing * HEIGHT / WIDTH
    )
    scale = HEIGHT / height

    def place(point: Position) -> tuple[float, float]:
        x = WIDTH / 2 + (point[0] - middle[0]) * narrowing * scale
        y = HEIGHT / 2 - (point[1] - middle[1]) * scale
        return round(x, 2), round(y, 2)

    width = WIDTH / (scale * narrowing)
    return Map(
        tuple(Line(place((at, 0))[0], _degrees(at, "EW")) for at in _between(middle[0], width)),
        tuple(Line(place((0, at))[1], _degrees(at, "NS")) for at in _between(middle[1], height)),
        tuple(place(each.rings[0][0]) for each in shapes if each.form is Form.POINT),
        tuple(_path(map(place, each.rings[0])) for each in shapes if each.form is Form.LINE),
        tuple(
            " ".join(_path(map(place, ring)) + "Z" for ring in each.rings)
            for each in shapes
            if each.form is Form.AREA
        ),
        middle,
        _bar(scale),
    )


def _bar(scale: float) -> Line:
    """Return a distance of up to a quarter of the map; `scale` is in its units a degree."""
    longest = WIDTH / 4 / scale * _KILOMETRES
    size = 10 ** math.floor(math.log10(longest))
    kilometres = max(each * size for each in (1, 2, 5) if each * size <= longest)
    return Line(round(kilometres / _KILOMETRES * scale, 2), f"{_plain(kilometres)} km")


def _bounds(numbers: Iterable[float]) -> tuple[float, float]:
    found = list(numbers)
    return min(found), max(found)


def _between(middle: float, size: float) -> list[float]:
    """Return the round degrees that a map of `size` degrees around `middle` shows."""
    step = next((each for each in _STEPS if size / each <= _LINES), _STEPS[-1])
    first = math.ceil((middle - size / 2) / step)
    last = math.floor((middle + size / 2) / step)
    return [round(number * step, 6) for number in range(first, last + 1)]


def _degrees(number: float, signs: str) -> str:
    return f"{_plain(abs(number))}° {signs[number < 0]}"


def _plain(number: float) -> str:
    return f"{number:.5f}".rstrip("0").rstrip(".")


def _path(points: Iterable[tuple[float, float]]) -> str:
    return "M" + "L".join(f"{x} {y}" for x, y in points)
