"""The few things under which the many stand: themes, parts, kinds, regions, in their order."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from kg import classes, roles
from kg.dataset import Statistics
from kg.picture import Tie
from kg.store import Store
from kg.terms import RDF, Literal, NamedNode, spell, values

FEWEST, MOST = 3, 30
"""Groups that a page can show."""

LISTED, LISTED_UNORDERED = 24, 6
"""Members of a group that are listed, where they have an order and where not; their number is
always given in full."""


@dataclass(frozen=True)
class Member:
    """A thing in a group."""

    iri: str
    classes: tuple[str, ...]
    ordinal: str = ""
    """Its place among its like, as the data writes it."""


@dataclass(frozen=True)
class Group:
    """A thing that others belong to."""

    iri: str
    ordinal: str
    total: int
    """The number of all members, of which `members` are the first."""

    members: tuple[Member, ...]


@dataclass(frozen=True)
class Grouping:
    """All things of a class, and what points to them by a property."""

    of: str
    """The class of the groups."""

    by: str
    """The property that leads from a member to its group."""

    groups: tuple[Group, ...]

    def iris(self) -> Iterator[NamedNode]:
        """Yield everything that a page names when it shows the groups."""
        yield from (NamedNode(self.of), NamedNode(self.by))
        for group in self.groups:
            yield NamedNode(group.iri)
            yield from (NamedNode(member.iri) for member in group.members)


def best(store: Store, statistics: Statistics, ties: Sequence[Tie]) -> Grouping | None:
    """Return the grouping that says most, or None: classes of a few things that many point to.

    Things that the data puts in an order go before others.
    """
    counts = {each.iri: each.entities for each in statistics.classes}
    ordered = _ordered_classes(store, statistics)
    links: dict[tuple[str, str], int] = defaultdict(int)
    for tie in ties:
        if tie.source != tie.target and FEWEST <= counts.get(tie.target, 0) <= MOST:
            links[tie.target, tie.property] += tie.links
    useful = {key: n for key, n in links.items() if n >= 2 * counts[key[0]]}
    if not useful:
        return None
    of, by = max(useful, key=lambda key: (key[0] in ordered, useful[key], key))
    return Grouping(of, by, _groups(store, NamedNode(of), NamedNode(by), ordered.get(of)))


def _ordered_classes(store: Store, statistics: Statistics) -> dict[str, NamedNode]:
    """Return the classes whose things have a place in an order, and the property of the place."""
    known = {each.iri for each in statistics.properties}
    ordinals = [each for each in roles.ORDINALS if each.value in known]
    if not ordinals:
        return {}
    rows = store.query(
        f"SELECT DISTINCT ?class ?property {{ {values('property', ordinals)} "
        f"?thing ?property ?place ; {spell(RDF.type)} ?class FILTER(isIRI(?class)) }} "
        "ORDER BY DESC(?property)"
    ).solutions()
    return {row["class"].value: row["property"] for row in rows}


def _groups(
    store: Store, of: NamedNode, by: NamedNode, ordinal: NamedNode | None
) -> tuple[Group, ...]:
    rows = store.query(
        f"SELECT ?group (COUNT(DISTINCT ?member) AS ?n) {{ ?group {spell(RDF.type)} {spell(of)} . "
        f"?member {spell(by)} ?group FILTER(isIRI(?group) && isIRI(?member)) }} "
        "GROUP BY ?group ORDER BY ?group"
    ).solutions()
    totals = {row["group"]: int(row["n"].value) for row in rows}
    found = {group: _members(store, group, by) for group in totals}
    everything = [*totals, *(member for members in found.values() for member in members)]
    places = _places(store, everything, ordinal)
    kinds = classes.of(store, everything)
    groups = [
        Group(
            iri=group.value,
            ordinal=_written(places.get(group)),
            total=totals[group],
            members=tuple(
                Member(each.value, kinds[each], _written(places.get(each)))
                for each in sorted(members, key=lambda each: (_rank(places.get(each)), str(each)))
            )[: LISTED if ordinal else LISTED_UNORDERED],
        )
        for group, members in found.items()
    ]
    if any(group.ordinal for group in groups):
        return tuple(sorted(groups, key=lambda each: _rank(places.get(NamedNode(each.iri)))))
    return tuple(sorted(groups, key=lambda each: (-each.total, each.iri)))


def _members(store: Store, group: NamedNode, by: NamedNode) -> list[NamedNode]:
    rows = store.query(
        f"SELECT DISTINCT ?member {{ ?member {spell(by)} {spell(group)} FILTER(isIRI(?member)) }} "
        f"ORDER BY ?member LIMIT {10 * LISTED}"
    ).solutions()
    return [row["member"] for row in rows]


def _places(
    store: Store, things: Collection[NamedNode], ordinal: NamedNode | None
) -> Mapping[NamedNode, Literal]:
    if ordinal is None:
        return {}
    rows = store.query(
        f"SELECT DISTINCT ?thing ?place {{ {values('thing', things)} "
        f"?thing {spell(ordinal)} ?place "
        "FILTER(isLiteral(?place)) } ORDER BY DESC(?place)"
    ).solutions()
    return {row["thing"]: row["place"] for row in rows}


def _rank(place: Literal | None) -> tuple[float, str]:
    """Return what to sort by: numbers by value, then other places, then what has none."""
    if place is None:
        return float("inf"), "\U0010ffff"
    try:
        return float(place.value), ""
    except ValueError:
        return float("inf"), place.value


def _written(place: Literal | None) -> str:
    return place.value if place is not None else ""
