"""Where things are: coordinates as well-known vocabularies give them.

GeoSPARQL 1.1 (8.5: WKT literals), the W3C's Basic Geo (WGS84 lat/long) and schema.org are read.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from kg import geometry
from kg.entity.said import Said
from kg.geometry import Form, Shape
from kg.labels import SCHEMA
from kg.terms import Literal, Namespace, Term

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
    (WGS.long, WGS.lat),
    (SCHEMA.longitude, SCHEMA.latitude),
    (_OLD_SCHEMA.longitude, _OLD_SCHEMA.latitude),
)


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
    texts = [each for each in said.values(node, GEO.asWKT) if isinstance(each, Literal)]
    found = [shape for text in texts for shape in geometry.shapes(text.value)]
    yield from found or _point(node, said)


def _point(node: Term, said: Said) -> Iterator[Shape]:
    """Yield the point that a pair of numbers gives."""
    for pair in _PAIRS:
        longitude, latitude = (_number(said.first(node, each)) for each in pair)
        if longitude is not None and latitude is not None:
            if geometry.is_on_globe(longitude, latitude):
                yield Shape(Form.POINT, (((longitude, latitude),),))
            return


def _number(term: Term | None) -> float | None:
    try:
        return float(term.value) if isinstance(term, Literal) else None
    except ValueError:
        return None
