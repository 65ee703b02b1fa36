"""A page of browsing: what is chosen, how many there are, the facets, and the things listed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType

from kg import labels
from kg.browse import patterns
from kg.browse.cards import Card, Cards
from kg.browse.facets import FIRST_VALUES, Counts, Facet, FacetValue, Wanted
from kg.browse.paths import TYPE, Path
from kg.browse.patterns import TextPattern
from kg.browse.selection import PAGE_SIZE, Selection
from kg.display import Display
from kg.errors import TooLarge
from kg.labels import Label
from kg.store import Store
from kg.terms import NamedNode

COLUMNS = 5
"""Columns of a table where nobody has chosen any."""

MOST_FACTS = 30
"""Properties that are asked for to tell the things of a page apart."""


@dataclass(frozen=True)
class Page:
    """A page of what is chosen."""

    selection: Selection
    total: int | None
    """None where there was no time to count."""

    cards: tuple[Card, ...]
    facets: tuple[Facet, ...]
    sparql: str | None
    """The query whose rows are all the things that are chosen; None where it would be too long."""

    columns: tuple[tuple[NamedNode, Label, bool], ...]
    """The properties that tell things apart, and whether all their values are on the cards."""

    in_order: bool
    """Whether the things come in the order that was chosen, or in that of their IRIs."""

    snapshot: str
    """The state of the data that the counts are true of."""

    @property
    def pages(self) -> int | None:
        """How many pages there are, at least one; None where that is not known."""
        return None if self.total is None else max(1, -(-self.total // PAGE_SIZE))

    @property
    def has_next(self) -> bool:
        """Whether a page follows, or may follow."""
        if self.pages is None:
            return len(self.cards) == PAGE_SIZE
        return self.selection.page < self.pages

    @property
    def complete(self) -> bool:
        """Whether everything could be counted."""
        return self.total is not None and all(facet.counted for facet in self.facets)


def load(
    counts: Counts,
    store: Store,
    selection: Selection,
    languages: Sequence[str],
    *,
    display: Display,
    pattern: TextPattern,
    wanted: Wanted = FIRST_VALUES,
    closer: Mapping[Path, Wanted] = MappingProxyType({}),
    columns: Sequence[NamedNode] | None = None,
    listed: bool = True,
) -> Page:
    """Return a page. Over the index it costs two queries, for what is on the cards and its labels.

    Facets with a condition, and those that are looked at `closer`, are shown even if they are of no
    use for the class. With `columns` the cards have these properties, or the first few if it is
    empty, with all values. A page that is not `listed` has no cards.
    """
    profile = dict(counts.profile(selection))
    more = dict.fromkeys((*selection.conditions, *closer))
    shown = {**profile, **{path: None for path in more if path not in profile}}
    facets = counts.named(
        [
            counts.facet(selection, path, kind, closer.get(path, wanted))
            for path, kind in shown.items()
        ]
    )
    offset, size = selection.offset, PAGE_SIZE if listed else 0
    iris = counts.items(selection, order_language(languages), offset, size) if size else []
    properties = telling(selection, list(profile), display)
    cards = Cards(store, languages, display, _known(counts, facets, properties, languages))
    if columns is not None:
        cards = replace(cards, facts_shown=None)
        columns = columns or properties[:COLUMNS]
    return Page(
        selection,
        counts.total(selection),
        tuple(cards.of(iris, properties if columns is None else columns)),
        tuple(facets),
        _sparql(counts, selection, pattern),
        _columns(cards, properties, columns),
        counts.sorts(selection),
        counts.snapshot,
    )


def _sparql(counts: Counts, selection: Selection, pattern: TextPattern) -> str | None:
    try:
        return patterns.select(*counts.asked(selection), pattern)
    except TooLarge:
        return None


def _columns(
    cards: Cards, properties: Sequence[NamedNode], chosen: Sequence[NamedNode] | None
) -> tuple[tuple[NamedNode, Label, bool], ...]:
    if chosen is None:
        return ()
    offered = list(dict.fromkeys((*chosen, *properties)))
    names = cards.names(offered)
    return tuple((each, names[each], each in chosen) for each in offered)


def order_language(languages: Sequence[str]) -> str:
    """Return the language in which things are sorted: that of the interface."""
    return "zh-Hans" if languages and languages[0].startswith("zh") else "en"


def telling(selection: Selection, facets: Sequence[Path], display: Display) -> list[NamedNode]:
    """Return the properties that may tell chosen things apart, the best first.

    They are those that the data wants to be read and those of the facets, but for what is the same
    for all that are chosen.
    """
    classes = sorted(selection.condition(TYPE).any, key=str)
    views = [display.view([each]) for each in classes if isinstance(each, NamedNode)]
    wanted = [NamedNode(iri) for view in views for iri in view.facts]
    plain = [path for path in facets if len(path.steps) == 1 and not path.language]
    wanted += [path.properties[0] for path in plain if not path.steps[0].inverse and path != TYPE]
    same = {path.properties[0] for path, held in selection.conditions.items() if len(held.any) == 1}
    return [each for each in dict.fromkeys(wanted) if each not in same][:MOST_FACTS]


def _known(
    counts: Counts,
    facets: Sequence[Facet],
    properties: Sequence[NamedNode],
    languages: Sequence[str],
) -> Callable[[Iterable[NamedNode]], Mapping[NamedNode, Label]]:
    """Return what tells the labels that facets have brought along, or that counts have at hand."""
    paths = [TYPE, *map(Path.of, properties)]
    brought: dict[NamedNode, Label] = {}
    for facet in facets:
        brought |= _labelled(facet.values, languages)

    def known(iris: Iterable[NamedNode]) -> Mapping[NamedNode, Label]:
        at_hand = counts.names(iris, paths)
        return brought | {iri: labels.named(iri, at_hand[iri], languages) for iri in at_hand}

    return known


def _labelled(values: Sequence[FacetValue], languages: Sequence[str]) -> dict[NamedNode, Label]:
    found: dict[NamedNode, Label] = {}
    for each in values:
        if isinstance(each.value, NamedNode) and each.labels:
            found[each.value] = each.label(languages)
        found |= _labelled(each.below, languages)
    return found
