"""The columns of an index: for one path, which things have which of its values.

A column is written when the index is made, and read part by part when it is asked for.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from pyroaring import BitMap

from kg.browse import scales
from kg.browse.archive import Numbers, Place, Reader, Sets, Writer
from kg.browse.scales import Bar
from kg.browse.values import Bound
from kg.labels import Label

_MANY = 40
"""Values from which they are kept by thing as well."""

FLOAT, DAY, ITEM = np.float64, np.dtype("S10"), np.uint32


def as_set(items: Numbers) -> BitMap:
    """Return a set of items given as an array; an `array.array` is what is read fast."""
    numbers = array("I")
    numbers.frombytes(np.sort(items.astype(ITEM, copy=False)).tobytes())
    return BitMap(numbers)


def as_array(items: BitMap) -> Numbers:
    """Return the items of a set, in order."""
    return np.frombuffer(items.to_array(), ITEM)


@dataclass(frozen=True)
class Terms:
    """Values with the set of things that have each, the most frequent value first.

    Where values form a tree, a set holds the things that have a value below, too, and `parents` are
    the places of the values above each. Language tags are terms as well: `"en"`.
    """

    names: Sequence[str]
    """Each value in the spelling of N-Triples."""

    labels: Sequence[tuple[Label, ...]]
    sizes: Sequence[int]
    sets: Sequence[BitMap] | Sets
    parents: Sequence[Sequence[int]] | None = None

    @cached_property
    def places(self) -> Mapping[str, int]:
        """The place of each value."""
        return {name: place for place, name in enumerate(self.names)}

    @cached_property
    def children(self) -> Mapping[int, Sequence[int]]:
        """The places of the values right below each value that has any."""
        below: dict[int, list[int]] = {}
        for place, above in enumerate(self.parents or ()):
            for each in above:
                below.setdefault(each, []).append(place)
        return below

    @cached_property
    def roots(self) -> Sequence[int]:
        """The places of the values at the top, and of one in each circle that nothing leads to."""
        parents = self.parents or [()] * len(self.names)
        tops = [place for place, above in enumerate(parents) if not above]
        reached: set[int] = set()
        for place in (*tops, *range(len(parents))):
            if place not in reached:
                if place not in tops:
                    tops.append(place)
                reached |= self._below(place)
        return tops

    def _below(self, place: int) -> set[int]:
        seen, waiting = {place}, [place]
        while waiting:
            fresh = [each for each in self.children.get(waiting.pop(), ()) if each not in seen]
            seen.update(fresh)
            waiting += fresh
        return seen

    def union(self, names: Iterable[str]) -> BitMap:
        """Return the things that have any of some values; unknown values are of none."""
        known = [self.places[name] for name in names if name in self.places]
        return BitMap.union(*(self.sets[each] for each in known)) if known else BitMap()

    def write(self, to: Writer) -> dict[str, Any]:
        """Write the values; return what `read` needs to find them."""
        labels = [[[each.text, each.language] for each in held] for held in self.labels]
        return {
            "values": to.value([self.names, labels, self.sizes, self.parents]),
            "sets": to.sets(self.sets[place] for place in range(len(self.names))),
        }

    @classmethod
    def read(cls, reader: Reader, found: Mapping[str, Any]) -> Terms:
        """Return the values that were written."""
        names, labels, sizes, parents = reader.value(found["values"])
        held = [tuple(Label(text, language) for text, language in each) for each in labels]
        return cls(names, held, sizes, reader.sets(found["sets"]), parents)


@dataclass(frozen=True)
class Line:
    """Numbers, or days, on a line, and the things at each of them."""

    values: Numbers
    """Distinct, in order."""

    starts: Numbers
    """Where the things of each value begin among `items`; one more than there are values."""

    items: Numbers
    bars: Sequence[Bar]
    bar_sets: Sequence[BitMap] | Sets

    others: bool
    """Whether the path leads to values of the other kind, that are not on this line."""

    @classmethod
    def of(cls, values: Numbers, items: Numbers, *, others: bool) -> Line:
        """Return the line of the pairs that `values` and `items` make."""
        order = np.lexsort((items, values))
        values, items = values[order], items[order]
        fresh = np.ones(len(values), bool)
        fresh[1:] = (values[1:] != values[:-1]) | (items[1:] != items[:-1])
        values, items = values[fresh], items[fresh].astype(ITEM)
        distinct, starts = np.unique(values, return_index=True)
        starts = np.append(starts, len(values)).astype(ITEM)
        is_days = values.dtype == DAY
        bars = scales.of_days(distinct) if is_days else scales.of_numbers(distinct)
        line = cls(distinct, starts, items, bars, [], others)
        sets = [as_set(line.between(bar.low, bar.high)) for bar in bars]
        return cls(distinct, starts, items, bars, sets, others)

    @property
    def is_days(self) -> bool:
        """Whether days are on the line, rather than numbers."""
        return self.values.dtype == DAY

    def holds(self, low: Bound | None, high: Bound | None) -> bool:
        """Return whether all that may lie between two bounds is on this line."""
        given = [bound for bound in (low, high) if bound is not None]
        may_be_number = all(bound.number is not None for bound in given)
        may_be_day = all(bound.day is not None for bound in given)
        elsewhere = may_be_number if self.is_days else may_be_day
        return not (self.others and elsewhere)

    def span(self, low: Bound | None, high: Bound | None) -> tuple[int, int]:
        """Return which distinct values lie between two bounds, as the places of a slice."""
        given = [bound for bound in (low, high) if bound is not None]
        if any((each.day if self.is_days else each.number) is None for each in given):
            return 0, 0
        start, end = 0, len(self.values)
        if low is not None:
            start = int(np.searchsorted(self.values, self._key(low)))
        if high is not None:
            # All that begins with a day is of that day.
            key = self._key(high) + b"\xff" if self.is_days else self._key(high)
            end = int(np.searchsorted(self.values, key, "right"))
        return start, max(start, end)

    def _key(self, bound: Bound) -> Any:
        return bound.text.encode() if self.is_days else bound.number

    def between(self, low: Bound | None, high: Bound | None) -> Numbers:
        """Return the things with a value between two bounds, in no order, perhaps repeatedly."""
        start, end = self.span(low, high)
        return self.items[self.starts[start] : self.starts[end]]

    def set_between(self, low: Bound | None, high: Bound | None) -> BitMap:
        """Return the set of things with a value between two bounds, of whole bars and the rest."""
        start, end = self.span(low, high)
        whole, reached, rest = [], start, []
        for place, bar in enumerate(self.bars):
            first, last = self.span(bar.low, bar.high)
            if reached <= first and last <= end and first < last:
                whole.append(self.bar_sets[place])
                rest.append((reached, first))
                reached = last
        rest.append((reached, end))
        parts = [self.items[self.starts[a] : self.starts[b]] for a, b in rest if a < b]
        if parts:
            whole.append(as_set(np.concatenate(parts)))
        return BitMap.union(*whole) if whole else BitMap()

    def write(self, to: Writer) -> dict[str, Any]:
        """Write the line; return what `read` needs to find it."""
        return {
            "days": self.is_days,
            "values": to.numbers(self.values),
            "starts": to.numbers(self.starts),
            "items": to.numbers(self.items),
            "bars": to.value([[bar.low.text, bar.high.text] for bar in self.bars]),
            "sets": to.sets(self.bar_sets[place] for place in range(len(self.bars))),
            "others": self.others,
        }

    @classmethod
    def read(cls, reader: Reader, found: Mapping[str, Any]) -> Line:
        """Return the line that was written."""
        return cls(
            reader.numbers(found["values"], DAY if found["days"] else FLOAT),
            reader.numbers(found["starts"], ITEM),
            reader.numbers(found["items"], ITEM),
            [Bar(Bound(low), Bound(high)) for low, high in reader.value(found["bars"])],
            reader.sets(found["sets"]),
            found["others"],
        )


class Column:
    """What is known of one path; a part that is None was not worth keeping."""

    def __init__(self, reader: Reader, found: Mapping[str, Any]) -> None:
        self._reader = reader
        self._found = found

    @cached_property
    def presence(self) -> BitMap:
        """The things that have any value."""
        return self._reader.sets(self._found["presence"])[0]

    @cached_property
    def terms(self) -> Terms | None:
        """All values that can be named; None where there are too many."""
        found = self._found.get("terms")
        return Terms.read(self._reader, found) if found else None

    def counts(self, things: BitMap) -> Numbers | None:
        """Return how many of some things have each value, where the values are at hand by thing."""
        if self._codes is None or self.terms is None:
            return None
        items = as_array(things & self.presence)
        present = self._present
        places = items if present is None else np.searchsorted(present, items)
        codes = self._codes[places]
        return np.bincount(codes, minlength=len(self.terms.names))

    @cached_property
    def _codes(self) -> Numbers | None:
        """The place of the only value of each thing that has any."""
        found = self._found.get("codes")
        if found is None or self.terms is None:
            return None
        return self._reader.numbers(found, _code_type(self.terms))

    @cached_property
    def _present(self) -> Numbers | None:
        """The things that have any value, as an array; None if these are the first ones."""
        last = self.presence.max() if self.presence else -1
        return None if last == len(self.presence) - 1 else as_array(self.presence)

    @cached_property
    def line(self) -> Line | None:
        """The numbers, or the days, among the values."""
        found = self._found.get("line")
        return Line.read(self._reader, found) if found else None


def write_column(
    to: Writer, presence: BitMap, terms: Terms | None, line: Line | None
) -> dict[str, Any]:
    """Write a column; return what `Column` needs to find its parts."""
    found: dict[str, Place | Any] = {"presence": to.sets([presence])}
    if terms is not None:
        found["terms"] = terms.write(to)
        codes = _codes(presence, terms)
        if codes is not None:
            found["codes"] = to.numbers(codes)
    if line is not None:
        found["line"] = line.write(to)
    return found


def _codes(presence: BitMap, terms: Terms) -> Numbers | None:
    """Return the place of the only value of each thing; None where some have more, or few values.

    To count few values, their sets are faster.
    """
    is_single = sum(terms.sizes) == len(presence)
    if terms.parents is not None or not is_single or len(terms.names) < _MANY:
        return None
    codes = np.zeros(presence.max() + 1, _code_type(terms))
    for place in range(len(terms.names)):
        codes[as_array(terms.sets[place])] = place
    return codes[as_array(presence)]


def _code_type(terms: Terms) -> Any:
    """Return the smallest type that holds the place of each value."""
    return np.min_scalar_type(len(terms.names))
