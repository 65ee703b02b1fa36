"""Counts by the index: sets of things are intersected, and nothing is estimated."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, reduce
from heapq import heappush, heapreplace
from operator import and_

import numpy as np
from pyroaring import BitMap

from kg.browse import facets, scales, trees
from kg.browse.archive import Numbers
from kg.browse.columns import Column, Line, Terms, as_array
from kg.browse.facets import FIRST_VALUES, TREE_SHOWN, Bar, Facet, FacetValue, Kind, Wanted
from kg.browse.index import FacetIndex
from kg.browse.live import LiveCounts
from kg.browse.paths import TYPE, Path, Step
from kg.browse.patterns import Tree
from kg.browse.selection import Condition, Selection
from kg.browse.values import Bound, Value
from kg.labels import Label
from kg.terms import Literal, NamedNode, Term, parsed

_FEW_BARS = 5
"""Bars below which a part of a line is drawn anew, with finer ones."""

Search = Callable[[str], BitMap]
"""Returns the things that a text is found in."""


class IndexCounts:
    """Counts of one snapshot. What its index does not know is asked of a store."""

    def __init__(
        self, index: FacetIndex, live: LiveCounts, search: Search, *, snapshot: str
    ) -> None:
        """`snapshot` is that of the index.

        If it is not that of `live`, only selections that the index covers can be counted.
        """
        self._index = index
        self._live = live
        self._search = search
        self.snapshot = snapshot
        self._sets: dict[object, BitMap] = {}

    def tree(self, path: Path) -> Step | None:
        """Return the step to the value above; a path that has no column is asked of the store."""
        if self._index.knows(path):
            return self._index.tree(path)
        return self._live.tree(path)

    def asked(self, selection: Selection) -> tuple[Selection, Tree]:
        """Return the selection itself: the store follows trees."""
        return selection, self.tree

    def total(self, selection: Selection) -> int:
        """Return how many things are chosen."""
        return len(self._chosen(selection))

    def sorts(self, _selection: Selection) -> bool:
        """Return that things come in the order that is chosen, however many."""
        return True

    def reaches(self, selection: Selection, path: Path) -> bool | None:
        """Return whether any thing that is chosen has a value there; None for no plain property."""
        column = self._index.column(path)
        if column is None:
            return None
        return not column.presence.isdisjoint(self._chosen(selection))

    def items(self, selection: Selection, language: str, start: int, count: int) -> list[str]:
        """Return the IRIs of some things that are chosen, in the order that is chosen."""
        chosen = self._chosen(selection)
        return self._index.listed(chosen, selection.order, language, start, count)

    def profile(self, selection: Selection) -> list[tuple[Path, Kind]]:
        """Return the facets of the classes that are chosen."""
        chosen = selection.condition(TYPE).any
        return self._index.profile(sorted(each.value for each in chosen))

    def facet(
        self,
        selection: Selection,
        path: Path,
        kind: Kind | None = None,
        wanted: Wanted = FIRST_VALUES,
    ) -> Facet:
        """Return a facet, counted among those that meet all conditions but its own."""
        column = self._index.column(path)
        if column is None:
            return self._live.facet(selection, path, kind, wanted)
        kind = kind or _kind(column, self._index.tree(path))
        facet = Facet(path, kind, self._index.labels(path))
        things = self._chosen(selection.without(path))
        condition = selection.condition(path)
        present = column.presence.intersection_cardinality(things)
        facet = replace(facet, present=present, missing=len(things) - present)
        if kind in (Kind.NUMBER, Kind.DATE) and column.line is not None:
            return replace(facet, bars=tuple(_bars(column.line, things, condition)))
        if kind is not Kind.PRESENCE and column.terms is not None:
            size = self._index.things.size
            counting = _Counting(column, column.terms, things, condition, size)
            return _with_values(facet, counting, wanted)
        return facet

    def named(self, found: Sequence[Facet]) -> list[Facet]:
        """Return facets with names: those of columns have theirs already."""
        unknown = [each for each in found if not self._index.knows(each.path)]
        named = dict(zip(unknown, self._live.named(unknown), strict=True)) if unknown else {}
        return [named.get(each, each) for each in found]

    def names(
        self, iris: Iterable[NamedNode], paths: Iterable[Path]
    ) -> dict[NamedNode, tuple[Label, ...]]:
        """Return all names of those properties and values of some paths that have a column."""
        return self._index.names(iris, [path for path in paths if self._index.knows(path)])

    def _chosen(self, selection: Selection) -> BitMap:
        """Return the things that meet all conditions."""
        key = (frozenset(selection.conditions.items()), selection.text)
        if key not in self._sets:
            self._sets[key] = self._intersected(selection)
        return self._sets[key]

    def _intersected(self, selection: Selection) -> BitMap:
        sets = [self._met(path, held) for path, held in selection.conditions.items()]
        if selection.text:
            sets.append(self._found(selection.text))
        return reduce(and_, sets) if sets else self._index.things.all

    def _met(self, path: Path, condition: Condition) -> BitMap:
        met = self._index.met(path, condition)
        if met is None:
            met = self._index.keep(path, condition, lambda: self._asked(path, condition))
        return met

    def _asked(self, path: Path, condition: Condition) -> BitMap:
        """Return the things that meet a condition by a query."""
        return self._index.things.numbers(self._live.met(path, condition))

    def _found(self, text: str) -> BitMap:
        """Return the things that a search finds."""
        return self._index.keep("text", text, lambda: self._search(text))


def _kind(column: Column, tree: Step | None) -> Kind:
    """Return the kind that suits the values of a column."""
    if column.terms is not None:
        return Kind.TREE if tree is not None else Kind.TERM
    if column.line is not None:
        return Kind.DATE if column.line.is_days else Kind.NUMBER
    return Kind.PRESENCE


def _with_values(facet: Facet, counting: _Counting, wanted: Wanted) -> Facet:
    """Return a facet with its values, the most frequent ones first."""
    if facet.kind is Kind.TREE and not wanted.find:
        values, complete = counting.tree(wanted)
    else:
        values, complete = counting.most_frequent(wanted)
    total = len(counting.terms.names)
    return replace(facet, values=tuple(values), total_values=total, complete=complete)


@dataclass(frozen=True)
class _Counting:
    """The values of a facet, counted among some things."""

    column: Column
    terms: Terms
    things: BitMap
    condition: Condition
    size: int
    """How many things there are in all."""

    def most_frequent(self, wanted: Wanted) -> tuple[list[FacetValue], bool]:
        """Return the values that most things have, and whether these are all that any has."""
        places: Iterable[int] = range(len(self.terms.names))
        if wanted.find:
            text = facets.folded(wanted.find)
            places = [each for each in places if self._is_found(each, text)]
        counts, complete = self._largest(places, wanted.most)
        for place in self._chosen_places():
            counts.setdefault(place, self._count(place))
        shown = sorted(counts, key=lambda place: (-counts[place], place))
        return [self._value(place, counts[place]) for place in self._ordered(shown)], complete

    def _is_found(self, place: int, text: str) -> bool:
        return facets.is_found(self._term(place), self.terms.labels[place], text)

    def _largest(self, places: Iterable[int], most: int) -> tuple[dict[int, int], bool]:
        """Return the largest counts; values come by size, so that the rest need no look."""
        if isinstance(self._counts, np.ndarray) and isinstance(places, range):
            return _largest_of(self._counts, most)
        heap: list[tuple[int, int]] = []
        complete = True
        for place in places:
            if len(heap) == most and self.terms.sizes[place] <= heap[0][0]:
                complete = False
                break
            count = self._count(place)
            if count and len(heap) < most:
                heappush(heap, (count, -place))
            elif count:
                complete = False
                if (count, -place) > heap[0]:
                    heapreplace(heap, (count, -place))
        return {-place: count for count, place in heap}, complete

    def _chosen_places(self) -> list[int]:
        chosen = self.condition.any | self.condition.none
        return sorted(places for each in chosen if (places := self._place(each)) is not None)

    def _place(self, value: Value) -> int | None:
        return self.terms.places.get(str(value))

    def _count(self, place: int) -> int:
        if self._counts is not None:
            return int(self._counts[place])
        return self.terms.sets[place].intersection_cardinality(self.things)

    @cached_property
    def _counts(self) -> Sequence[int] | Numbers | None:
        """All counts, where there is a faster way to them than one by one."""
        if len(self.things) == self.size:
            return self.terms.sizes
        return self.column.counts(self.things)

    def _ordered(self, places: Sequence[int]) -> Sequence[int]:
        """Return values in their own order if they are all numbers, else as they are."""
        numbers = [_number(self.terms.names[place]) for place in places]
        if any(number is None for number in numbers):
            return places
        return [place for _, place in sorted(zip(numbers, places, strict=True))]

    def _term(self, place: int) -> Value:
        return _value(self.terms.names[place])

    def _value(self, place: int, count: int, below: Sequence[FacetValue] = ()) -> FacetValue:
        value = self._term(place)
        return FacetValue(
            value,
            tuple(self.terms.labels[place]),
            count,
            selected=value in self.condition.any,
            excluded=value in self.condition.none,
            below=tuple(below),
            unfolds=place in self._children,
        )

    @cached_property
    def _children(self) -> Mapping[int, Sequence[int]]:
        return self.terms.children

    def tree(self, wanted: Wanted) -> tuple[list[FacetValue], bool]:
        """Return the values at the top, or under one, with those below as far as they are open."""
        if wanted.under is not None:
            place = self._place(wanted.under)
            top = self._children.get(place, ()) if place is not None else ()
        else:
            top = self.terms.roots
        unfolded = len(self.terms.names) <= TREE_SHOWN
        opened = {above for each in self._chosen_places() for above in self._above(each)}
        branches = self._branches(top, opened, frozenset(), unfolded=unfolded)
        values = list(branches)
        shown = facets.most_frequent(values, wanted.most)
        return shown, unfolded and len(shown) == len(values)

    def _above(self, place: int) -> set[int]:
        assert self.terms.parents is not None
        parents = dict(enumerate(self.terms.parents))
        return trees.above(place, parents) - {place}

    def _branches(
        self,
        places: Sequence[int],
        opened: set[int],
        above: frozenset[int],
        *,
        unfolded: bool,
    ) -> Iterator[FacetValue]:
        """Yield values with what is below them; what would come below itself is not."""
        counts = {place: self._count(place) for place in places if place not in above}
        chosen = {*self._chosen_places(), *opened}
        shown = [place for place in counts if counts[place] or place in chosen]
        for place in sorted(shown, key=lambda place: (-counts[place], place)):
            below: list[FacetValue] = []
            if unfolded or place in opened:
                children = self._children.get(place, ())
                inside = above | {place}
                below += self._branches(children, opened, inside, unfolded=unfolded)
            yield self._value(place, counts[place], below)


def _largest_of(counts: Numbers, most: int) -> tuple[dict[int, int], bool]:
    """Return the largest of all counts by their places, and whether the others are 0."""
    places = np.flatnonzero(counts)
    order = np.lexsort((places, -counts[places]))[:most]
    return {int(place): int(counts[place]) for place in places[order]}, len(places) <= most


def _number(name: str) -> float | None:
    value = _value(name)
    text = value.value if isinstance(value, Literal) else ""
    return Bound(text).number


def _value(name: str) -> Value:
    value: Term = parsed(name)
    assert isinstance(value, (NamedNode, Literal))
    return value


def _bars(line: Line, things: BitMap, condition: Condition) -> Iterator[Bar]:
    """Yield the bars of a line between the first and the last that is not empty."""
    counts = [
        line.bar_sets[place].intersection_cardinality(things) for place in range(len(line.bars))
    ]
    filled = [place for place, count in enumerate(counts) if count]
    if not filled:
        return
    first, last = filled[0], filled[-1] + 1
    if last - first < _FEW_BARS and len(line.bars) >= _FEW_BARS:
        low, high = line.bars[first].low, line.bars[last - 1].high
        yield from _finer_bars(line, things, condition, line.span(low, high))
        return
    for place in range(first, last):
        yield _bar(line.bars[place], counts[place], condition)


def _finer_bars(
    line: Line, things: BitMap, condition: Condition, span: tuple[int, int]
) -> Iterator[Bar]:
    """Yield bars that share out just a part of a line."""
    start, end = (int(line.starts[place]) for place in span)
    chosen = np.zeros(int(line.items.max()) + 1, bool)
    among = as_array(things)
    chosen[among[among < len(chosen)]] = True
    entries = np.flatnonzero(chosen[line.items[start:end]]) + start
    places = np.searchsorted(line.starts, entries, "right") - 1
    part = Line.of(line.values[places], line.items[entries], others=line.others)
    for place, bar in enumerate(part.bars):
        yield _bar(bar, len(part.bar_sets[place]), condition)


def _bar(bar: scales.Bar, count: int, condition: Condition) -> Bar:
    selected = condition.has_range and (condition.low, condition.high) == (bar.low, bar.high)
    return Bar(bar.low, bar.high, count, selected=selected)
