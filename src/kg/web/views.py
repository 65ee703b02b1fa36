"""Ways to look at what is chosen: as a list, a table, a chart of one facet, a timeline, a map."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from flask import request
from flask_babel import gettext as _

from kg.browse import drawings, paths
from kg.browse.cards import Card
from kg.browse.facets import Counts, Facet, Kind
from kg.browse.page import Page
from kg.browse.paths import Path
from kg.browse.selection import Selection
from kg.browse.values import NUMBER
from kg.errors import BadInput
from kg.labels import Label, Thing
from kg.terms import Literal, NamedNode, Term
from kg.web import language, listing
from kg.web.current import current_kg
from kg.web.panels import Choice, called


class View(StrEnum):
    """A way to look at what is chosen."""

    LIST = "list"
    TABLE = "table"
    CHART = "chart"
    TIMELINE = "timeline"
    MAP = "map"

    @property
    def is_listed(self) -> bool:
        """Whether it shows things a page at a time."""
        return self in (View.LIST, View.TABLE)


def chosen() -> View:
    """Return the view that this request asks for. Raises BadInput."""
    text = request.args.get("view") or View.LIST
    if text not in list(View):
        raise BadInput(f"expected one of the views {', '.join(View)}, got {text[:100]!r}")
    return View(text)


def columns() -> list[NamedNode]:
    """Return the properties that are chosen as columns of a table. Raises BadInput."""
    found = [paths.parse(text, current_kg.prefixes) for text in request.args.getlist("column")]
    return [path.properties[0] for path in found]


def offered(page: Page, *, placed: bool) -> list[Choice]:
    """Return the views to choose from; a map if anything is `placed`."""
    known = [
        (View.LIST, _("List"), "list", True),
        (View.TABLE, _("Table"), "table", True),
        (View.CHART, _("Chart"), "chart-column", bool(_chartable(page))),
        (View.TIMELINE, _("Timeline"), "clock", bool(drawings.dating(page.facets))),
        (View.MAP, _("Map"), "map", placed),
    ]
    now = chosen()
    return [
        Choice(name, listing.address(page.selection, view=_view(view), by=""), view is now, icon)
        for view, name, icon, is_possible in known
        if is_possible or view is now
    ]


@dataclass(frozen=True)
class Cell:
    """The values of a thing in a column."""

    values: tuple[tuple[Term, Label], ...]
    is_number: bool


@dataclass(frozen=True)
class Table:
    """Things as rows."""

    columns: tuple[tuple[str, Label, bool], ...]
    """Those on offer: how an address names it, what it is called, whether it is shown."""

    rows: tuple[tuple[Card, tuple[Cell, ...]], ...]

    @property
    def has_classes(self) -> bool:
        """Whether the things are of different classes."""
        return len({tuple(iri for iri, _label in card.types) for card, _cells in self.rows}) > 1

    def is_number(self, place: int) -> bool:
        """Return whether all values in a column that is shown are numbers."""
        cells = [cells[place] for _card, cells in self.rows if cells[place].values]
        return bool(cells) and all(cell.is_number for cell in cells)


def table(page: Page) -> Table:
    """Return a page as a table."""
    shown = [iri for iri, _label, is_shown in page.columns if is_shown]
    return Table(
        tuple(
            (listing.parameter(Path.of(iri)), label, is_shown)
            for iri, label, is_shown in page.columns
        ),
        tuple((card, tuple(_cells(card, shown))) for card in page.cards),
    )


def _cells(card: Card, columns: Iterable[NamedNode]) -> Iterator[Cell]:
    facts = {fact.property: fact.values for fact in card.facts}
    for each in columns:
        held = facts.get(each, ())
        is_number = bool(held) and all(
            isinstance(term, Literal) and NUMBER.fullmatch(term.value) for term, _label in held
        )
        yield Cell(held, is_number)


def _view(view: View) -> str:
    return "" if view is View.LIST else view.value


def _chartable(page: Page) -> list[Facet]:
    return [each for each in page.facets if each.counted and (each.values or each.bars)]


def charted(page: Page) -> Facet | None:
    """Return the facet that a chart is of: that which is asked for, or else a good one."""
    facets = _chartable(page)
    wanted = request.args.get("by")
    if wanted:
        path = paths.parse(wanted, current_kg.prefixes)
        return next((each for each in facets if each.path == path), None)
    pictures = [each for each in facets if each.kind in (Kind.DATE, Kind.NUMBER)]
    others = [each for each in facets if each.values and not _is_told(page, each)]
    return next(iter((*others, *pictures, *facets)), None)


def dated(page: Page) -> NamedNode | None:
    """Return the property that a timeline is of: that which is asked for, or else the first.

    Raises BadInput.
    """
    wanted = request.args.get("by")
    if wanted:
        return paths.parse(wanted, current_kg.prefixes).properties[0]
    return next(iter(drawings.dating(page.facets)), None)


def dates(page: Page) -> list[Choice]:
    """Return the properties that a timeline can be of."""
    now = dated(page)
    languages = language.languages()
    facets = {each.path: each for each in page.facets}
    return [
        Choice(
            called(facets[path], languages),
            listing.address(page.selection, by=listing.parameter(path)),
            property == now,
        )
        for property in drawings.dating(page.facets)
        if (path := Path.of(property))
    ]


def placing(counts: Counts, selection: Selection) -> NamedNode | None:
    """Return the property by which some of the things that are chosen say where they are.

    Where nobody knows it of these, it is one by which any do.
    """
    known = {each.iri for each in current_kg.statistics.properties}
    used = (each for each in drawings.PLACING if each.value in known)
    return next((p for p in used if counts.reaches(selection, Path.of(p)) is not False), None)


def things(cards: Iterable[Card]) -> dict[NamedNode, Thing]:
    """Return what the things on cards are called, and their classes."""
    return {card.iri: Thing(card.label, tuple(iri for iri, _label in card.types)) for card in cards}


def _is_told(page: Page, facet: Facet) -> bool:
    """Return whether all that are chosen have the same value of a facet."""
    return bool(page.selection.condition(facet.path).any)


def charts(page: Page) -> list[Choice]:
    """Return the facets that a chart can be of."""
    now = charted(page)
    languages = language.languages()
    return [
        Choice(
            called(each, languages),
            listing.address(page.selection, by=listing.parameter(each.path)),
            now is not None and each.path == now.path,
        )
        for each in _chartable(page)
    ]
