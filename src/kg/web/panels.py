"""What the page of browsing is made of: panels of facets, what is chosen, orders, views."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from flask_babel import gettext as _

from kg.browse import paths, values
from kg.browse import selection as selections
from kg.browse.facets import FIRST_VALUES, Bar, Facet, FacetValue, Kind, Wanted, plain_label
from kg.browse.page import Page
from kg.browse.paths import TYPE, Path
from kg.browse.selection import BY_LABEL, BY_LINKS, Condition, Selection, Sort
from kg.browse.values import Value
from kg.labels import Label
from kg.terms import NamedNode
from kg.web import language, listing
from kg.web.current import current_kg
from kg.web.listing import Around

OPEN = 6
"""Panels that are open at first; one with a choice in it always is."""

SEARCHED = 10
"""Values of a facet from which one can search in them."""

LONGEST_LIST = 500
"""Values of a facet that is looked at closer."""

BAR_HEIGHT = 100


@dataclass(frozen=True)
class Entry:
    """A value of a facet: a click chooses it or takes it back."""

    label: Label
    count: int
    url: str
    selected: bool
    excluded: bool
    exclude_url: str
    types: NamedNode | None = None
    """The class that gives it its colour, if it is one."""

    children: tuple[Entry, ...] = ()
    unfold_url: str = ""
    """Where the values below are shown that are not here."""

    is_open: bool = False


@dataclass(frozen=True)
class Column:
    """A bar of a histogram; measures are in percent of the picture."""

    label: str
    low: str
    high: str
    count: int
    url: str
    selected: bool
    x: float
    width: float
    height: float


@dataclass(frozen=True)
class Panel:
    """A facet as it is shown."""

    id: str
    name: str
    parameter: str
    kind: Kind
    counted: bool
    complete: bool
    is_open: bool
    is_chosen: bool
    total_values: int | None = None
    entries: tuple[Entry, ...] = ()
    columns: tuple[Column, ...] = ()
    low: str = ""
    high: str = ""
    """The range that is chosen."""

    present: Entry | None = None
    missing: Entry | None = None
    clear_url: str = ""
    more_url: str = ""
    """Where more values are listed."""

    fewer_url: str = ""
    """Back from there."""

    find: str = ""
    is_searched: bool = False
    kept: tuple[tuple[str, str], ...] = ()
    """What a form of this panel sends besides its own fields."""

    @property
    def most(self) -> int:
        """The largest count."""
        counts = [each.count for each in self.entries] + [each.count for each in self.columns]
        return max(counts, default=0)


@dataclass(frozen=True)
class Chip:
    """Something that is chosen, and the address without it."""

    facet: str
    label: Label
    url: str
    types: NamedNode | None = None
    excluded: bool = False


@dataclass(frozen=True)
class Choice:
    """One of some alternatives that are links."""

    name: str
    url: str
    is_chosen: bool
    icon: str = ""


class Panels:
    """Makes what is shown of a page, for a reader of some languages."""

    def __init__(self, page: Page, languages: Sequence[str], closer: dict[Path, Wanted]) -> None:
        self._page = page
        self._languages = languages
        self._closer = closer
        self._selection = page.selection

    def all(self) -> list[Panel]:
        """Return a panel for each facet."""
        return [self.panel(place, facet) for place, facet in enumerate(self._page.facets)]

    def title(self) -> Label | None:
        """Return what the class is called, if just one is chosen."""
        classes = self._selection.condition(TYPE).any
        facet = next((each for each in self._page.facets if each.path == TYPE), None)
        if len(classes) != 1 or facet is None:
            return None
        found = dict(_walked(facet.values)).get(next(iter(classes)))
        return found.label(self._languages) if found else None

    def panel(self, place: int, facet: Facet) -> Panel:
        """Return a facet as it is shown, at a place from 0 on."""
        chosen = self._selection.condition(facet.path)
        wanted = self._closer.get(facet.path)
        others = self._selection.without(facet.path)
        around = Around(self._selection, facet.path)
        entries = tuple(self._entry(facet, each, around) for each in facet.values)
        is_long = (facet.total_values or len(entries)) > SEARCHED or not facet.complete
        return Panel(
            id=f"facet-{place}",
            name=called(facet, self._languages),
            parameter=around.parameter,
            kind=facet.kind,
            counted=facet.counted,
            complete=facet.complete,
            is_open=place < OPEN or bool(chosen) or wanted is not None,
            is_chosen=bool(chosen),
            total_values=facet.total_values,
            entries=entries,
            columns=tuple(self._columns(facet, around)),
            low=chosen.low.text if chosen.low else "",
            high=chosen.high.text if chosen.high else "",
            present=self._presence(facet, facet.present, exists=True),
            missing=self._presence(facet, facet.missing, exists=False),
            clear_url=listing.address(others),
            more_url=self._closer_url(around.parameter, facet, wanted),
            fewer_url=listing.address(self._selection) if wanted else "",
            find=wanted.find if wanted else "",
            is_searched=is_long and facet.kind in (Kind.TERM, Kind.TREE),
            kept=tuple(listing.pairs(others if facet.bars else self._selection)),
        )

    def _closer_url(self, parameter: str, facet: Facet, wanted: Wanted | None) -> str:
        if wanted is not None or facet.complete or not facet.values:
            return ""
        return listing.address(self._selection, facet=parameter)

    def _presence(self, facet: Facet, count: int | None, *, exists: bool) -> Entry | None:
        is_chosen = self._selection.condition(facet.path).exists is exists
        if count is None or not (count or is_chosen):
            return None
        label = Label(_("has any")) if exists else Label(_("has none"))
        after = None if is_chosen else exists
        url = listing.address(self._selection.having(facet.path, after))
        return Entry(label, count, url, is_chosen, excluded=False, exclude_url="")

    def _entry(self, facet: Facet, each: FacetValue, around: Around) -> Entry:
        selection, path = self._selection, facet.path
        chosen = selection.condition(path)
        children = tuple(self._entry(facet, below, around) for below in each.below)
        unfolds = each.unfolds and not children and each.count
        return Entry(
            _shown(each.label(self._languages), path),
            each.count,
            around.asking(chosen.toggle(each.value)),
            each.selected,
            each.excluded,
            around.asking(chosen.excluding(each.value)),
            each.value if path == TYPE and isinstance(each.value, NamedNode) else None,
            children,
            self._unfolding(facet, each) if unfolds else "",
            is_open=any(below.has_choice for below in each.below),
        )

    def _unfolding(self, facet: Facet, each: FacetValue) -> str:
        under = values.write(each.value, current_kg.prefixes)
        return listing.address(self._selection, facet=listing.parameter(facet.path), under=under)

    def _columns(self, facet: Facet, around: Around) -> Iterator[Column]:
        if not facet.bars:
            return
        most = max(bar.count for bar in facet.bars) or 1
        step = 100 / len(facet.bars)
        for place, bar in enumerate(facet.bars):
            after = Condition() if bar.selected else Condition(low=bar.low, high=bar.high)
            yield Column(
                range_name(bar),
                bar.low.text,
                bar.high.text,
                bar.count,
                around.asking(after),
                bar.selected,
                x=place * step,
                width=step * 0.86,
                height=max(2.0, BAR_HEIGHT * bar.count / most) if bar.count else 0,
            )

    def chips(self) -> Iterator[Chip]:
        """Yield everything that is chosen."""
        facets = {facet.path: facet for facet in self._page.facets}
        if self._selection.text:
            label = Label(f"“{self._selection.text}”")
            yield Chip(_("Text"), label, listing.address(self._selection.searching("")))
        for path in self._selection.conditions:
            yield from self._chips_of(facets[path])

    def _chips_of(self, facet: Facet) -> Iterator[Chip]:
        path, selection = facet.path, self._selection
        condition, name = selection.condition(path), called(facet, self._languages)
        known = dict(_walked(facet.values))
        removers: tuple[tuple[frozenset[Value], Callable[[Path, Value], Selection], bool], ...] = (
            (condition.any, selection.toggle, False),
            (condition.none, selection.excluding, True),
        )
        for held, after, excluded in removers:
            for value in sorted(held, key=str):
                found = known.get(value)
                label = found.label(self._languages) if found else plain_label(value)
                url = listing.address(after(path, value))
                types = value if path == TYPE and isinstance(value, NamedNode) else None
                yield Chip(name, _shown(label, path), url, types, excluded)
        without = listing.address(selection.without(path))
        if condition.has_range:
            low, high = (each.text if each else "…" for each in (condition.low, condition.high))
            yield Chip(name, Label(low if low == high else f"{low} – {high}"), without)
        if condition.exists is not None:
            yield Chip(name, Label(_("has any") if condition.exists else _("has none")), without)

    def sorts(self) -> list[Choice]:
        """Return the orders to choose from."""
        selection = self._selection
        chosen = selection.order
        found = [(_("Name"), BY_LABEL), (_("Most linked"), BY_LINKS)]
        for facet in self._page.facets:
            if facet.kind in (Kind.NUMBER, Kind.DATE) and len(facet.path.steps) == 1:
                name = called(facet, self._languages)
                found.append((_("%(name)s, falling", name=name), Sort(facet.path, True)))
                found.append((_("%(name)s, rising", name=name), Sort(facet.path)))
        if chosen not in [sort for _name, sort in found]:
            found.append((selections.write_sort(chosen, current_kg.prefixes), chosen))
        return [
            Choice(name, listing.address(selection.sorted_by(sort)), sort == chosen)
            for name, sort in found
        ]


def range_name(bar: Bar) -> str:
    """Return what a range is called."""
    return bar.low.text if bar.low == bar.high else f"{bar.low.text} – {bar.high.text}"


def closer(facet: str, find: str, under: str) -> dict[Path, Wanted]:
    """Return what is wanted of the one facet that is looked at closer. Raises BadInput."""
    if not facet:
        return {}
    value = values.parse(under, current_kg.prefixes) if under else None
    wanted = Wanted(FIRST_VALUES.most if find else LONGEST_LIST, find.strip(), value)
    return {paths.parse(facet, current_kg.prefixes): wanted}


def called(facet: Facet, languages: Sequence[str]) -> str:
    """Return what a facet is called on a page."""
    if facet.path == TYPE:
        return str(_("Class"))
    known = listing.name(facet, languages)
    return str(_("%(name)s: language", name=known)) if facet.path.language else known


def _shown(label: Label, path: Path) -> Label:
    """Return a label; a language is called as those who speak it call it."""
    return Label(language.own_name(label.text)) if path.language else label


def _walked(held: Sequence[FacetValue]) -> Iterator[tuple[Value, FacetValue]]:
    for each in held:
        yield each.value, each
        yield from _walked(each.below)
