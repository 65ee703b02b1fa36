"""Where things are: coordinates as well-known vocabularies give them.

GeoSPARQL 1.1 (8.5: WKT literals), the W3C's Basic Geo (WGS84 lat/long) and schema.org are read.
Everything else, and every other reference system than WGS 84, is left alone rather than guessed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from kg.entity.said import Said
from kg.labels import SCHEMA
from kg.terms import Literal, NamedNode, Namespace, Term

GEO = Namespace("http://www.opengis.net/ont/geosparql#")
WGS = Namespace("http://www.w3.org/2003/01/geo/wgs84_pos#")
_OLD_SCHEMA = Namespace("http://schema.org/")

MARKS = (GEO.asWKT, WGS.lat, SCHEMA.latitude, _OLD_SCHEMA.latitude)
"""Properties of what has coordinates itself."""

GEOMETRIES = (
    GEO.hasDefaultGeometry,
    GEO.defaultGeometry,
    GEO.hasGeometry,
    GEO.hasCentroid,
    SCHEMA.geo,
    _OLD_SCHEMA.geo,
    WGS.location,
)
"""Properties that lead from a thing to what has its coordinates."""

_PAIRS = (
    (WGS.lat, WGS.long),
    (SCHEMA.latitude, SCHEMA.longitude),
    (_OLD_SCHEMA.latitude, _OLD_SCHEMA.longitude),
)

# Reference systems in which the longitude comes first, and in which the latitude does.
_LONGITUDE_FIRST = frozenset({"", "http://www.opengis.net/def/crs/OGC/1.3/CRS84"})
_LATITUDE_FIRST = frozenset({"http://www.opengis.net/def/crs/EPSG/0/4326"})

_WKT = re.compile(r"\s*(?:<([^<>]*)>\s*)?([A-Za-z]+)\s*(?:Z|M|ZM)?\s*(\(.*\))\s*", re.DOTALL)
_RING = re.compile(r"\(\s*([^()]+?)\s*\)")

LONGEST = 200_000
"""Characters of a shape up to which it is drawn."""

Point = tuple[float, float]
"""Longitude and latitude in degrees."""


@dataclass(frozen=True)
class Shape:
    """Points, a line or an area."""

    kind: str
    """`point`, `line` or `area`."""

    parts: tuple[tuple[Point, ...], ...]
    """Lines; the rings of areas; each point a part of its own."""

    @property
    def points(self) -> Iterator[Point]:
        """All points."""
        return (point for part in self.parts for point in part)


def of(thing: Term, tell: Callable[[Term], Said]) -> tuple[Shape, ...]:
    """Return where a thing is: its own coordinates, or else those of its geometries.

    `tell` gives what is said of a node.
    """
    own = tuple(_shapes(thing, tell(thing)))
    if own:
        return own
    nodes = tell(thing).values(thing, *GEOMETRIES)
    return tuple(dict.fromkeys(shape for node in nodes for shape in _shapes(node, tell(node))))


def _shapes(node: Term, said: Said) -> Iterator[Shape]:
    found = [shape for text in said.values(node, GEO.asWKT) for shape in read(_text(text))]
    yield from found
    if not found:
        yield from _points(node, said)


def _points(node: Term, said: Said) -> Iterator[Shape]:
    for latitude, longitude in _PAIRS:
        pair = (_text(said.first(node, longitude)), _text(said.first(node, latitude)))
        point = _point(pair)
        if point:
            yield Shape("point", ((point,),))
            return


_KINDS = {
    "POINT": "point",
    "MULTIPOINT": "point",
    "LINESTRING": "line",
    "MULTILINESTRING": "line",
    "POLYGON": "area",
    "MULTIPOLYGON": "area",
}


def read(wkt: str) -> Iterator[Shape]:
    """Yield the shape that a WKT literal describes; nothing where it is not understood."""
    found = _WKT.fullmatch(wkt) if len(wkt) <= LONGEST else None
    kind = _KINDS.get(found[2].upper()) if found else None
    if not found or not kind:
        return
    system = found[1] or ""
    if system not in _LONGITUDE_FIRST | _LATITUDE_FIRST:
        return
    text = found[3] if kind != "point" else "(" + found[3].replace("(", "").replace(")", "") + ")"
    parts = [
        _part(ring[1], latitude_first=system in _LATITUDE_FIRST) for ring in _RING.finditer(text)
    ]
    if not parts or not all(parts):
        return
    if kind == "point":
        parts = [(point,) for part in parts for point in part or ()]
    yield Shape(kind, tuple(part for part in parts if part))


def _part(text: str, *, latitude_first: bool) -> tuple[Point, ...] | None:
    points = [_point(_two(each, latitude_first=latitude_first)) for each in text.split(",")]
    known = tuple(point for point in points if point)
    return known if len(known) == len(points) else None


def _two(text: str, *, latitude_first: bool) -> tuple[str, str]:
    numbers = [*text.split(), "", ""]
    return (numbers[1], numbers[0]) if latitude_first else (numbers[0], numbers[1])


def _point(pair: Iterable[str]) -> Point | None:
    """Return a point if its numbers are degrees on Earth."""
    try:
        longitude, latitude = (float(text) for text in pair)
    except ValueError:
        return None
    is_there = -180 <= longitude <= 180 and -90 <= latitude <= 90  # noqa: PLR2004
    return (longitude, latitude) if is_there else None


def _text(term: Term | None) -> str:
    return term.value if isinstance(term, Literal | NamedNode) else ""
