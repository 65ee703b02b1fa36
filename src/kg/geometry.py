"""Geometries as literals: WKT (OGC 06-103r4, 7), as GeoSPARQL writes it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

WKT = "http://www.opengis.net/ont/geosparql#wktLiteral"


class Form(StrEnum):
    """What a shape is drawn as."""

    POINT = "point"
    LINE = "line"
    AREA = "area"


Position = tuple[float, float]
"""Longitude and latitude, in degrees."""


@dataclass(frozen=True)
class Shape:
    """A point, a line, or an area with holes: one list of positions, or one for each ring."""

    form: Form
    rings: tuple[tuple[Position, ...], ...]


_WHOLE = re.compile(r"\s*(?:<(?P<crs>[^>]*)>\s*)?(?P<text>.*)", re.DOTALL)
_TAG = re.compile(r"(MULTI)?(POINT|LINESTRING|POLYGON)\s*(?:Z|M|ZM)?\s*(?=\()", re.IGNORECASE)
_LIST = re.compile(r"\(([^()]*)\)")
_BETWEEN_AREAS = re.compile(r"\)\s*\)\s*,")
_FORMS = {"POINT": Form.POINT, "LINESTRING": Form.LINE, "POLYGON": Form.AREA}

# Longitude first; and the one in wide use that has latitude first. Others are not known here.
_LONGITUDE_FIRST = ("", "http://www.opengis.net/def/crs/OGC/1.3/CRS84")
_LATITUDE_FIRST = ("http://www.opengis.net/def/crs/EPSG/0/4326",)

LONGEST = 1_000_000
"""Characters of a geometry that is still drawn."""


def shapes(text: str) -> tuple[Shape, ...]:
    """Return the shapes of a WKT literal; none where it is not one, or not in degrees."""
    found = _WHOLE.fullmatch(text[: LONGEST + 1])
    crs = (found["crs"] or "") if found else "?"
    if len(text) > LONGEST or crs not in (*_LONGITUDE_FIRST, *_LATITUDE_FIRST):
        return ()
    assert found
    body, shapes = found["text"], []
    tags = list(_TAG.finditer(body))
    starts = [*(tag.start() for tag in tags), len(body)]
    for tag, end in zip(tags, starts[1:], strict=True):
        form = _FORMS[tag[2].upper()]
        part = body[tag.end() : end]
        for piece in _BETWEEN_AREAS.split(part) if form is Form.AREA else [part]:
            lists = _LIST.findall(piece + ")")
            rings = [_positions(each, swapped=crs in _LATITUDE_FIRST) for each in lists]
            shapes += _made(form, [ring for ring in rings if ring])
    return tuple(shapes)


def _made(form: Form, rings: list[tuple[Position, ...]]) -> list[Shape]:
    if form is Form.POINT:
        return [Shape(form, ((at,),)) for ring in rings for at in ring]
    if form is Form.LINE:
        return [Shape(form, (ring,)) for ring in rings]
    return [Shape(form, tuple(rings))] if rings else []


def is_on_globe(longitude: float, latitude: float) -> bool:
    """Return whether there is such a place, in degrees; NaN is none."""
    return abs(longitude) <= _EAST and abs(latitude) <= _NORTH


_EAST, _NORTH = 180, 90


def _positions(text: str, *, swapped: bool) -> tuple[Position, ...]:
    """Return the positions of a list that lie on the globe."""
    found = []
    for item in text.split(","):
        try:
            first, second, *_ = map(float, item.split())
        except ValueError:
            continue
        longitude, latitude = (second, first) if swapped else (first, second)
        if is_on_globe(longitude, latitude):
            found.append((longitude, latitude))
    return tuple(found)
