"""How things are spread over the values of the facets that say most: derived for the home page.

Each facet gives a chart: a bar for each value, in parts by the classes of the things that have it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from pyroaring import BitMap

from kg import roles
from kg.browse.columns import Column, Terms
from kg.browse.facets import Kind
from kg.browse.index import FacetIndex
from kg.browse.paths import TYPE, Path
from kg.browse.profiling import information
from kg.browse.values import Bound
from kg.terms import Literal, NamedNode, parsed

MOST = 2
"""Facets that are drawn."""

ROWS = 12
"""Bars of a chart."""

PARTS = 8
"""Classes that the bars of a chart are divided by; what is of others is one part more."""

_LEAST_THINGS = 5
_LEAST_SHARED = 2
"""Things that a chart must be of, and that its largest bar must stand for."""

_MOST_CLASSES = 3
"""Classes beyond which it makes a facet no better that things of one more have it."""

_WORTH_OF_DAYS, _WORTH_OF_NUMBERS = 0.8, 0.7
"""What dates and numbers on a line say, beside the information of values (`profiling`)."""

_WHOLE, _NEARLY = 0.95, 0.9
"""The share of things that a class has to itself to divide nothing, and that parts must cover."""

_TELLING = 2
"""How many times as frequent the first value must be as the first that has no bar."""

_ASIDE = frozenset(
    each.value
    for each in (
        *roles.ORDINALS,
        *roles.FIGURE_PARTS[roles.VALUE],
        *roles.FIGURE_PARTS[roles.RANK],
    )
)
"""Places in an order, and figures, which are of this and that: these are shown as what they are."""


@dataclass(frozen=True)
class Row:
    """A value, or a range of numbers or dates, and how many things have it."""

    value: str
    """In the spelling of N-Triples; "" for a range."""

    low: str
    high: str
    total: int
    parts: tuple[int, ...]
    """How many are of each of the classes of the chart; others are of none of these."""


@dataclass(frozen=True)
class Spread:
    """The things that have a property, by its values and their own classes."""

    by: str
    """The property."""

    total: int
    classes: tuple[str, ...]
    """No thing is of two of them."""

    rows: tuple[Row, ...]
    more: int
    """Values that have no row, the less frequent ones."""

    @property
    def path(self) -> Path:
        """The facet."""
        return Path.of(self.by)

    def iris(self) -> Iterator[NamedNode]:
        """Yield everything that a page names when it shows the chart."""
        yield NamedNode(self.by)
        yield from map(NamedNode, self.classes)
        yield from (value for row in self.rows if isinstance(value := term(row), NamedNode))


@dataclass(frozen=True)
class Spreads:
    """The charts of a dataset, the best first."""

    all: tuple[Spread, ...] = ()


def term(row: Row) -> NamedNode | Literal | None:
    """Return the value of a row; None for a range."""
    value = parsed(row.value) if row.value else None
    assert value is None or isinstance(value, (NamedNode, Literal))
    return value


def derive(
    index: FacetIndex,
    classes: Sequence[str],
    machinery: Collection[str],
    order: Iterable[str] = (),
) -> Spreads:
    """Return the charts of what an index knows, from it alone.

    `classes` are those that things are said to be of; `order` holds the IRIs of values that the
    data puts in an order.
    """
    types = index.classes.terms if index.classes else None
    aside, known = BitMap(), _Classes({}, {})
    if types is not None:
        aside = types.union(str(NamedNode(each)) for each in machinery)
        known = _Classes.of(types, [name for name in classes if name not in machinery])
    names = [[name] for name in known.things]
    candidates = _candidates(index, names) or _candidates(index, [[]])
    rated = sorted(candidates, key=lambda each: (-each.worth(aside), each.path))
    places = {str(NamedNode(iri)): place for place, iri in enumerate(order)}
    found = (_spread(each, known, places) for each in rated if each.worth(aside))
    return Spreads(tuple(each for each in found if each is not None)[:MOST])


@dataclass(frozen=True)
class _Candidate:
    """A facet, and how many classes have it."""

    path: Path
    column: Column
    is_line: bool
    classes: int

    @property
    def terms(self) -> Terms | None:
        """The values; None for numbers or dates on a line."""
        return None if self.is_line else self.column.terms

    def worth(self, aside: BitMap) -> float:
        """Return how much a chart would say: of many things, of several classes."""
        things = len(self.column.presence - aside)
        if things < _LEAST_THINGS:
            return 0.0
        return things * self._told(aside) * min(self.classes, _MOST_CLASSES)

    def _told(self, aside: BitMap) -> float:
        if self.terms is not None:
            return _told(self.terms, aside)
        is_days = self.column.line is not None and self.column.line.is_days
        return _WORTH_OF_DAYS if is_days else _WORTH_OF_NUMBERS


def _candidates(index: FacetIndex, classes: Iterable[list[str]]) -> list[_Candidate]:
    """Return the plain facets of the things of some classes."""
    kinds: dict[Path, Kind] = {}
    counts = Counter[Path]()
    for names in classes:
        for path, kind in index.profile(names):
            is_drawn = kind is not Kind.PRESENCE and path.steps[0].property not in _ASIDE
            if path.is_plain and is_drawn and path != TYPE:
                kinds.setdefault(path, kind)
                counts[path] += 1
    found = ((path, kind, index.column(path)) for path, kind in kinds.items())
    return [
        _Candidate(path, column, kind in (Kind.NUMBER, Kind.DATE), counts[path])
        for path, kind, column in found
        if column is not None
    ]


def _told(terms: Terms, aside: BitMap) -> float:
    """Return what values tell, from 0 to 1; nothing where the first bars would be as any other."""
    sizes = sorted((len(terms.sets[place] - aside) for place in _tops(terms)), reverse=True)
    are_alike = len(sizes) > ROWS and sizes[0] < _TELLING * sizes[ROWS]
    if sizes[0] < _LEAST_SHARED or are_alike:
        return 0.0
    return information([size for size in sizes if size])


def _tops(terms: Terms) -> Sequence[int]:
    """Return the values at the top of a tree, or below the only one; all where there is none."""
    tops, seen = list(terms.roots), set[int]()
    while len(tops) == 1 and tops[0] not in seen and terms.children.get(tops[0]):
        seen.add(tops[0])
        tops = list(terms.children[tops[0]])
    return tops


def _spread(candidate: _Candidate, classes: _Classes, order: Mapping[str, int]) -> Spread | None:
    column, terms = candidate.column, candidate.terms
    drawn = list(_of_terms(terms, order) if terms else _of_line(column))
    if len(drawn) <= 1:
        return None
    parts = classes.parts(column.presence)
    sets = [classes.things[name] for name in parts]
    rows = tuple(
        Row(*said, len(things), tuple(things.intersection_cardinality(each) for each in sets))
        for said, things in drawn[:ROWS]
    )
    by = candidate.path.steps[0].property
    return Spread(by, len(column.presence), parts, rows, max(0, len(drawn) - ROWS))


_Said = tuple[str, str, str]
"""The value, or the lower and the upper bound."""


def _of_terms(terms: Terms, order: Mapping[str, int]) -> list[tuple[_Said, BitMap]]:
    """Return values with the things that have each: in their order if they are few, and have one.

    Else the most frequent come first.
    """
    places = sorted(_tops(terms), key=lambda place: (-terms.sizes[place], place))
    names = [terms.names[place] for place in places]
    if len(places) <= ROWS:
        keys = [_key(name, order) for name in names]
        if all(key is not None for key in keys):
            places = [place for _, place in sorted(zip(keys, places, strict=True))]
    return [((terms.names[place], "", ""), terms.sets[place]) for place in places]


def _key(name: str, order: Mapping[str, int]) -> float | None:
    """Return what puts a value in its place: that which the data gives, or its number."""
    value = parsed(name)
    return Bound(value.value).number if isinstance(value, Literal) else order.get(name)


def _of_line(column: Column) -> Iterator[tuple[_Said, BitMap]]:
    """Yield ranges from the first to the last that is not empty, and the things in each."""
    line = column.line
    assert line is not None
    filled = [place for place in range(len(line.bars)) if line.bar_sets[place]]
    if not filled:
        return
    bars = line.bars[filled[0] : filled[-1] + 1]
    step = -(-len(bars) // ROWS)
    for start in range(0, len(bars), step):
        low, high = bars[start].low, bars[min(start + step, len(bars)) - 1].high
        yield ("", low.text, high.text), line.set_between(low, high)


@dataclass(frozen=True)
class _Classes:
    """Classes by their IRIs: the things of each, and the classes right below it."""

    things: Mapping[str, BitMap]
    below: Mapping[str, Sequence[str]]

    @classmethod
    def of(cls, types: Terms, names: Iterable[str]) -> _Classes:
        """Return what the column of classes knows of these."""
        places = {
            name: place
            for name in names
            if (place := types.places.get(str(NamedNode(name)))) is not None
        }
        known = {place: name for name, place in places.items()}
        below = {
            name: [known[each] for each in types.children.get(place, ()) if each in known]
            for name, place in places.items()
        }
        return cls({name: types.sets[place] for name, place in places.items()}, below)

    def parts(self, things: BitMap) -> tuple[str, ...]:
        """Return classes that share out some things, none of which is of two of them.

        The largest come first. A class that those below it make up is left out; so is one of
        nearly all things, where others say more.
        """
        held = {name: len(held & things) for name, held in self.things.items()}
        sizes = {name: size for name, size in held.items() if size}
        finest = [name for name in sizes if not self._is_made_up(name, things)]
        order = sorted(finest or sizes, key=lambda name: (-sizes[name], name))
        whole = self._apart(things, order)
        finer = self._apart(things, [n for n in order if sizes[n] <= _WHOLE * len(things)])
        covers = sum(sizes[name] for name in finer) >= _NEARLY * len(things)
        return tuple(finer if covers and len(finer) > len(whole) else whole)

    def _is_made_up(self, name: str, things: BitMap) -> bool:
        parts = [self.things[each] for each in self.below[name] if each != name]
        return bool(parts) and self.things[name] & things == BitMap.union(*parts) & things

    def _apart(self, things: BitMap, order: Iterable[str]) -> list[str]:
        taken, found = BitMap(), list[str]()
        for name in order:
            held = self.things[name] & things
            if len(found) < PARTS and held.isdisjoint(taken):
                taken |= held
                found.append(name)
        return found
