"""How things are shown, as the data itself says: label properties, facets, facts and colours.

The vocabulary is `https://kg.example/display#`. Data without a word of it is shown all the same:
everything here only refines an order.
"""

from __future__ import annotations

import dataclasses
from collections import deque
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from kg.labels import DESCRIPTION_PROPERTIES, LABEL_PROPERTIES
from kg.store import Store
from kg.terms import RDF, RDFS, Literal, NamedNode, Namespace, Term, spell

DISPLAY = Namespace("https://kg.example/display#")


@dataclass(frozen=True)
class View:
    """How one class of thing is shown. Properties are IRIs, in order."""

    facets: tuple[str, ...] = ()
    """What one filters by."""

    facts: tuple[str, ...] = ()
    """What one reads on the page of a thing."""

    color: str = ""
    """As in `#0b6e4f`; "" where none is given."""


@dataclass(frozen=True)
class Display:
    """How the whole dataset is shown. `labels` and `descriptions` are IRIs, the preferred first."""

    labels: tuple[str, ...] = ()
    descriptions: tuple[str, ...] = ()
    views: Mapping[str, View] = field(default_factory=dict)
    """By the IRI of the class; a class without a view of its own has that of a class above it."""

    used: frozenset[str] | None = None
    """The properties of the data, where all are known: what names nothing is not looked for."""

    @cached_property
    def label_properties(self) -> tuple[NamedNode, ...]:
        """The properties that name a thing: those the data prefers, then those that are usual."""
        return self._first(self.labels, LABEL_PROPERTIES)

    @cached_property
    def description_properties(self) -> tuple[NamedNode, ...]:
        """The properties that describe a thing, likewise."""
        return self._first(self.descriptions, DESCRIPTION_PROPERTIES)

    def _first(self, wanted: Sequence[str], usual: Sequence[NamedNode]) -> tuple[NamedNode, ...]:
        """Return properties in their order; one at least, so that every pattern has one."""
        found = tuple(dict.fromkeys((*map(NamedNode, wanted), *usual)))
        if self.used is None:
            return found
        return tuple(each for each in found if each.value in self.used) or found[:1]

    def view(self, classes: Iterable[NamedNode]) -> View:
        """Return the view of the first of a thing's classes that has one, or an empty view."""
        found = (self.views[each.value] for each in classes if each.value in self.views)
        return next(found, View())

    def color(self, classes: Iterable[NamedNode]) -> str:
        """Return the colour of the first of a thing's classes that has one, or ""."""
        return self.view(classes).color

    def to_json(self) -> dict[str, Any]:
        """Return the value as it is kept beside the snapshot."""
        return {
            "labels": self.labels,
            "descriptions": self.descriptions,
            "views": {name: dataclasses.asdict(view) for name, view in self.views.items()},
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Display:
        """Return the display that `to_json` gave."""
        views = {
            name: View(tuple(view["facets"]), tuple(view["facts"]), view["color"])
            for name, view in value["views"].items()
        }
        return cls(tuple(value["labels"]), tuple(value["descriptions"]), views)


def read(store: Store) -> Display:
    """Return what a store says about how it is to be shown, by four queries."""
    lists = _lists(store)
    site = next((each for each in lists if _names_properties(lists[each])), None)
    properties = lists.get(site, {}) if site else {}
    rows = store.query(
        f"SELECT ?view ?class ?color {{ ?view {spell(DISPLAY.forClass)} ?class "
        f"OPTIONAL {{ ?view {spell(DISPLAY.color)} ?color }} FILTER(isIRI(?class)) }} "
        "ORDER BY ?class ?view"
    ).solutions()
    views = {
        row["class"].value: View(
            lists.get(row["view"], {}).get(DISPLAY.facets, ()),
            lists.get(row["view"], {}).get(DISPLAY.facts, ()),
            _color(row["color"]),
        )
        for row in rows
    }
    return Display(
        properties.get(DISPLAY.labelProperties, ()),
        properties.get(DISPLAY.descriptionProperties, ()),
        _inherited(views, _subclasses(store)) if views else {},
    )


def _subclasses(store: Store) -> Mapping[str, Sequence[str]]:
    """Return the direct subclasses of each class, in order."""
    rows = store.query(
        f"SELECT DISTINCT ?above ?below {{ ?below {spell(RDFS.subClassOf)} ?above "
        "FILTER(isIRI(?above) && isIRI(?below)) } ORDER BY ?above ?below"
    ).solutions()
    found: dict[str, list[str]] = {}
    for row in rows:
        found.setdefault(row["above"].value, []).append(row["below"].value)
    return found


def _inherited(
    views: Mapping[str, View], subclasses: Mapping[str, Sequence[str]]
) -> dict[str, View]:
    """Return the views with those of the classes below, each from the nearest class above it."""
    found, waiting = dict(views), deque(views)
    while waiting:
        above = waiting.popleft()
        for below in subclasses.get(above, ()):
            if below not in found:
                found[below] = found[above]
                waiting.append(below)
    return found


_LISTS = (DISPLAY.facets, DISPLAY.facts, DISPLAY.labelProperties, DISPLAY.descriptionProperties)


def _names_properties(lists: Collection[NamedNode]) -> bool:
    return DISPLAY.labelProperties in lists or DISPLAY.descriptionProperties in lists


def _lists(store: Store) -> dict[Term, dict[NamedNode, tuple[str, ...]]]:
    """Return the IRIs in each list of a view or of the site, by its subject and property."""
    wanted = " ".join(map(spell, _LISTS))
    rows = store.query(
        f"SELECT DISTINCT ?subject ?property ?list ?cell ?member ?next {{ "
        f"VALUES ?property {{ {wanted} }} ?subject ?property ?list . "
        f"?list {spell(RDF.rest)}* ?cell . "
        f"?cell {spell(RDF.first)} ?member ; {spell(RDF.rest)} ?next FILTER(isIRI(?subject)) }}"
    ).solutions()
    cells = {row["cell"]: (row["member"], row["next"]) for row in rows}
    heads = {(row["subject"], row["property"]): row["list"] for row in rows}
    found: dict[Term, dict[NamedNode, tuple[str, ...]]] = {}
    for (subject, property), head in sorted(heads.items(), key=str):
        found.setdefault(subject, {})[property] = tuple(_members(head, cells))
    return found


def _members(cell: Term, cells: Mapping[Term, tuple[Term, Term]]) -> Iterable[str]:
    """Yield the IRIs of a list; it ends where it is broken or comes back."""
    seen = set()
    while cell in cells and cell not in seen:
        seen.add(cell)
        member, cell = cells[cell]
        if isinstance(member, NamedNode):
            yield member.value


def _color(term: Term | None) -> str:
    """Return a colour if it is one: it ends up in a style sheet."""
    text = term.value if isinstance(term, Literal) else ""
    digits = text.removeprefix("#")
    is_color = text.startswith("#") and len(digits) == 6 and digits.isalnum()  # noqa: PLR2004
    return text.lower() if is_color and set(digits.lower()) <= set("0123456789abcdef") else ""
