"""Where and when the things that are chosen are: what a map and a timeline of them show."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Generic, TypeVar

from kg.browse.cards import Card, Cards
from kg.browse.facets import Counts, Facet, Kind
from kg.browse.paths import Path
from kg.browse.selection import Selection, Sort
from kg.browse.values import NUMBER
from kg.geometry import WKT
from kg.labels import SCHEMA
from kg.roles import PROV
from kg.store import Store
from kg.terms import Literal, NamedNode, Namespace, Term, spell, values
from kg.views import columns, maps, timelines
from kg.views.columns import instant
from kg.views.maps import Map
from kg.views.tables import Table
from kg.views.timelines import Timeline

MOST_TIMES, MOST_PLACES = 100, 200
"""Things on a timeline and on a map; where there are more, that is said."""

GEO = Namespace("http://www.opengis.net/ont/geosparql#")
WGS = Namespace("http://www.w3.org/2003/01/geo/wgs84_pos#")
LOCN = Namespace("http://www.w3.org/ns/locn#")
WDT = Namespace("http://www.wikidata.org/prop/direct/")
OLD_SCHEMA = Namespace("http://schema.org/")

_TO_GEOMETRY = {
    GEO.hasGeometry: (GEO.asWKT,),
    GEO.hasDefaultGeometry: (GEO.asWKT,),
    LOCN.geometry: (GEO.asWKT,),
    GEO.asWKT: (),
    WDT.P625: (),
}
"""The properties that lead to a geometry as WKT, and what follows them on the way."""

_TO_NUMBERS = {
    WGS.lat: (WGS.lat, WGS.long),
    WGS.location: (WGS.lat, WGS.long),
    SCHEMA.latitude: (SCHEMA.latitude, SCHEMA.longitude),
    SCHEMA.geo: (SCHEMA.latitude, SCHEMA.longitude),
    OLD_SCHEMA.latitude: (OLD_SCHEMA.latitude, OLD_SCHEMA.longitude),
    OLD_SCHEMA.geo: (OLD_SCHEMA.latitude, OLD_SCHEMA.longitude),
}
"""The properties that lead to degrees, or are the first of them, and these."""

PLACING = (*_TO_GEOMETRY, *_TO_NUMBERS)
"""The properties by which things say where they are, the most exact first."""

_ENDS = {
    SCHEMA.startDate: SCHEMA.endDate,
    OLD_SCHEMA.startDate: OLD_SCHEMA.endDate,
    PROV.startedAtTime: PROV.endedAtTime,
}
"""The properties that tell when something ends that begins at another."""

_Picture = TypeVar("_Picture")


@dataclass(frozen=True)
class Drawn(Generic[_Picture]):
    """A picture of things, of which there may be more."""

    picture: _Picture | None
    """None where none of them says a place, or time, that can be drawn."""

    cards: tuple[Card, ...]
    total: int | None
    """How many of the things that are chosen have the property; None if that was not counted."""


def dating(facets: Sequence[Facet]) -> list[NamedNode]:
    """Return the properties among facets by which things say when they are.

    Those at which something begins come first.
    """
    found = (facet for facet in facets if facet.path.is_plain and _is_time(facet))
    properties = [facet.path.properties[0] for facet in found]
    return sorted(properties, key=lambda each: each not in _ENDS)


def _is_time(facet: Facet) -> bool:
    if facet.kind is Kind.DATE:
        return facet.present != 0
    terms = [each.value for each in facet.values if each.count]
    return bool(terms) and all(instant(term) is not None for term in terms)


def timeline(
    counts: Counts, cards: Cards, selection: Selection, property: NamedNode, language: str
) -> Drawn[Timeline]:
    """Return when the things are that are chosen, the latest of them if there are too many.

    Cost: what a page of a list costs.
    """
    path = Path.of(property)
    chosen = _having(selection, path)
    order = chosen if selection.sort else chosen.sorted_by(Sort(path, descending=True))
    end = _ENDS.get(property)
    shown = [each for each in (property, end) if each]
    iris = counts.items(order, language, 0, MOST_TIMES)
    found = replace(cards, facts_shown=None).of(iris, shown)
    rows = [row for card in found for row in _times(card, shown)]
    table = Table(("item", "from", "to")[: 1 + len(shown)], tuple(rows))
    picture = timelines.timeline(table, columns.columns(table)) if rows else None
    return Drawn(picture, tuple(found), counts.total(chosen))


def _times(card: Card, properties: Sequence[NamedNode]) -> Iterator[tuple[Term | None, ...]]:
    """Yield the times of a thing; where there is an end, the first with the first end."""
    held = {fact.property: [term for term, _ in fact.values] for fact in card.facts}
    times = [[t for t in held.get(each, ()) if instant(t) is not None] for each in properties]
    for place, begin in enumerate(times[0]):
        ends = (each[place] if place < len(each) else None for each in times[1:])
        yield (card.iri, begin, *ends)


def map(
    counts: Counts, cards: Cards, selection: Selection, lead: NamedNode, language: str
) -> Drawn[Map]:
    """Return where the things are that are chosen, the first of them if there are too many.

    `lead` is one of `PLACING`. Cost: what a page of a list costs, and one query for the places.
    """
    chosen = _having(selection, Path.of(lead))
    iris = counts.items(chosen, language, 0, MOST_PLACES)
    found = cards.of(iris, [])
    table = _places(cards.store, [card.iri for card in found], lead)
    picture = maps.map(table, columns.columns(table)) if table.rows else None
    return Drawn(picture, tuple(found), counts.total(chosen))


def _having(selection: Selection, path: Path) -> Selection:
    """Return the selection of those among the chosen that have any value."""
    condition = selection.condition(path)
    if condition.exists is not None:
        return selection
    return selection.where(path, replace(condition, exists=True))


def _places(store: Store, things: Sequence[NamedNode], lead: NamedNode) -> Table:
    """Return things with their geometries, in the order of the things."""
    if not things:
        return Table(("item", "where"), ())
    rows = store.query(
        f"SELECT DISTINCT ?item ?where ?north ?east {{ {values('item', things)} {_pattern(lead)} }}"
    ).solutions()
    place: dict[Term | None, int] = {thing: at for at, thing in enumerate(things)}
    found = [
        (row["item"], where)
        for row in rows
        if (where := _geometry(row["where"], row["north"], row["east"])) is not None
    ]
    return Table(("item", "where"), tuple(sorted(found, key=lambda each: place[each[0]])))


def _pattern(lead: NamedNode) -> str:
    """Return the pattern that binds ?where, or ?north and ?east, of ?item."""
    if lead in _TO_GEOMETRY:
        return f"?item {'/'.join(spell(each) for each in (lead, *_TO_GEOMETRY[lead]))} ?where"
    north, east = _TO_NUMBERS[lead]
    if lead == north:
        return f"?item {spell(north)} ?north ; {spell(east)} ?east"
    return f"?item {spell(lead)} ?node . ?node {spell(north)} ?north ; {spell(east)} ?east"


def _geometry(where: Term | None, north: Term | None, east: Term | None) -> Literal | None:
    """Return a geometry that is said, or the point of two numbers."""
    if isinstance(where, Literal):
        return where if where.datatype.value == WKT else None
    latitude, longitude = _degrees(north), _degrees(east)
    if latitude is None or longitude is None:
        return None
    return Literal(f"POINT({longitude} {latitude})", datatype=NamedNode(WKT))


def _degrees(term: Term | None) -> float | None:
    """Return a number, which some data writes as plain text."""
    text = term.value.strip() if isinstance(term, Literal) else ""
    return float(text) if NUMBER.fullmatch(text) else None
