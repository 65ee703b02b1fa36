"""All values of one property of a resource, or all that points to it by one, page by page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from kg import labels
from kg.entity.incoming import COUNTED
from kg.entity.values import Value
from kg.errors import NotFound
from kg.labels import LABEL_PROPERTIES, Thing
from kg.store import Store
from kg.terms import NamedNode, Term, spell

PAGE = 100
"""Values on a page."""

SORTED = 1000
"""Values up to which they are put in order by name; more come in the order of the store."""


class Direction(StrEnum):
    """Which end of a property is listed."""

    VALUES = "values"
    INCOMING = "incoming"


@dataclass(frozen=True)
class Wanted:
    """The page of a list that is asked for."""

    iri: NamedNode
    property: NamedNode
    direction: Direction
    page: int = 1


@dataclass(frozen=True)
class Listing:
    """One page of a list. `thing` is what it is about, `last` the number of the last page."""

    wanted: Wanted
    thing: Thing
    property_thing: Thing
    values: tuple[Value, ...]
    last: int
    total: int
    complete: bool
    """Whether all were counted."""

    is_sorted: bool


def listing(
    store: Store,
    wanted: Wanted,
    languages: Sequence[str],
    naming: Sequence[NamedNode] = LABEL_PROPERTIES,
) -> Listing:
    """Return a page of a list, by three queries. Raises NotFound where there is none such."""
    found = _query(wanted)
    total = _count(store, found)
    last = -(-min(total, COUNTED) // PAGE)
    if not 1 <= wanted.page <= last:
        raise NotFound("there is no such page of this list")
    is_sorted = total <= SORTED
    begin = (wanted.page - 1) * PAGE
    window = "" if is_sorted else f"LIMIT {PAGE} OFFSET {begin}"
    terms: list[Term] = [row["x"] for row in store.query(f"{found} {window}").solutions()]
    named = {each for each in terms if isinstance(each, NamedNode)}
    names = labels.things(store, {wanted.iri, wanted.property, *named}, languages, naming)
    shown = [_value(term, names) for term in terms]
    if is_sorted:
        shown = sorted(shown, key=order)[begin : begin + PAGE]
    return Listing(
        wanted,
        names[wanted.iri],
        names[wanted.property],
        tuple(shown),
        last,
        min(total, COUNTED),
        complete=total <= COUNTED,
        is_sorted=is_sorted,
    )


def _query(wanted: Wanted) -> str:
    here, property = spell(wanted.iri), spell(wanted.property)
    ends = (here, "?x") if wanted.direction is Direction.VALUES else ("?x", here)
    return f"SELECT DISTINCT ?x {{ {ends[0]} {property} {ends[1]} }}"


def order(value: Value) -> tuple[str, str, str]:
    """Return what values are put in order by: their kind, then what is read."""
    text = value.label.text if value.label else str(value.term)
    return type(value.term).__name__, text.casefold(), str(value.term)


def _count(store: Store, found: str) -> int:
    (row,) = store.query(
        f"SELECT (COUNT(*) AS ?n) {{ {{ {found} LIMIT {COUNTED + 1} }} }}"
    ).solutions()
    return int(row["n"].value)


def _value(term: Term, names: Mapping[NamedNode, Thing]) -> Value:
    if not isinstance(term, NamedNode):
        return Value(term)
    return Value(term, names[term].label, types=names[term].types)
