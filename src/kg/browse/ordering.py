"""The order of things where there is no index: all that are chosen are sorted, if they are few."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from kg import labels
from kg.browse import collation
from kg.browse.asking import batches
from kg.browse.facets import NOT_SORTABLE
from kg.browse.paths import PLUMBING, Path
from kg.browse.selection import BY_LABEL, BY_LINKS, Sort
from kg.browse.values import DATE, NUMBER
from kg.errors import BadInput
from kg.store import Store
from kg.terms import NamedNode, spell, values

_AT_ONCE = 500
"""Things that one query names."""

_Keys = Mapping[NamedNode, tuple[int, float | int]]


def ordered(
    store: Store,
    where: str,
    sort: Sort,
    languages: Sequence[str],
    label_properties: Sequence[NamedNode],
) -> list[str]:
    """Return the IRIs of all things `?item` of a pattern in an order.

    Raises BadInput for an order that cannot be had, and OverLimit.
    """
    rows = store.query(f"SELECT DISTINCT ?item {{ {where} }}").solutions()
    iris: list[NamedNode] = [row["item"] for row in rows]
    keys = _keys(store, iris, sort, where)
    named: dict[NamedNode, tuple[bytes, str]] = {}
    for some in batches(iris, _AT_ONCE):
        names = labels.fetch(store, some, languages, label_properties)
        named |= {iri: (collation.key(names[iri].text), iri.value) for iri in some}
    iris.sort(key=named.__getitem__, reverse=sort.descending and sort.by == BY_LABEL.by)
    iris.sort(key=lambda iri: keys.get(iri, (1, 0)))
    return [iri.value for iri in iris]


def _keys(store: Store, iris: Sequence[NamedNode], sort: Sort, where: str) -> _Keys:
    """Return what things are sorted by before their name; for some of them at least."""
    if sort.by == BY_LABEL.by:
        return {}
    if sort.by == BY_LINKS.by:
        return _links(store, iris, sign=-1 if sort.descending else 1)
    assert isinstance(sort.by, Path)
    rows = store.query(
        f"SELECT DISTINCT ?item ?sorting {{ {{ {where} }} ?item {sort.by.spell()} ?sorting }}"
    ).solutions()
    places = _line(row["sorting"].value for row in rows)
    if not places:
        raise BadInput(NOT_SORTABLE)
    found: dict[NamedNode, list[float]] = {}
    for row in rows:
        if row["sorting"].value in places:
            found.setdefault(row["item"], []).append(places[row["sorting"].value])
    if sort.descending:
        return {iri: (0, -max(held)) for iri, held in found.items()}
    return {iri: (0, min(held)) for iri, held in found.items()}


def _links(store: Store, iris: Sequence[NamedNode], *, sign: int) -> _Keys:
    counts: dict[NamedNode, int] = {}
    plumbing = ", ".join(map(spell, PLUMBING))
    for some in batches(iris, _AT_ONCE):
        rows = store.query(
            f"SELECT ?item (COUNT(*) AS ?n) {{ SELECT DISTINCT ?item ?s ?p {{ "
            f"{values('item', some)} ?s ?p ?item FILTER(?p NOT IN ({plumbing})) }} }} "
            "GROUP BY ?item"
        ).solutions()
        counts |= {row["item"]: int(row["n"].value) for row in rows}
    return {iri: (0, sign * counts.get(iri, 0)) for iri in iris}


def _line(texts: Iterable[str]) -> dict[str, float]:
    """Return the place of each text among numbers or dates, whichever most of them are."""
    distinct = set(texts)
    numbers = {text: float(text) for text in distinct if NUMBER.fullmatch(text)}
    days = sorted(text for text in distinct if DATE.fullmatch(text))
    return numbers if len(numbers) >= len(days) else {day: place for place, day in enumerate(days)}
