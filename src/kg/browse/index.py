"""The index of a snapshot, opened: which things meet a condition, and orders to list them in."""

from __future__ import annotations

import json
import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterable
from functools import cached_property
from pathlib import Path as File
from typing import Any, Generic, TypeVar

import numpy as np
from pyroaring import BitMap

from kg.browse.archive import Numbers, Reader
from kg.browse.columns import ITEM, Column, as_array
from kg.browse.facets import NOT_SORTABLE, Kind
from kg.browse.making import DATA, LANGUAGES, META
from kg.browse.paths import TYPE, Path, Step
from kg.browse.selection import BY_LABEL, Condition, Selection, Sort
from kg.browse.things import Things
from kg.errors import BadInput
from kg.labels import Label
from kg.terms import NamedNode

_SETS_KEPT = 128
_ORDERS_KEPT = 8

_DENSE = 8
"""The share of all things (one in so many) from which it is faster to walk through an order."""

_STRIDE = 65_536

_T = TypeVar("_T")


class FacetIndex:
    """What `making` has written into a folder. Reads what it is asked for; used by many threads."""

    def __init__(self, folder: File) -> None:
        """Raise OSError, ValueError and KeyError when it is not there, or damaged."""
        meta = json.loads((folder / META).read_text(encoding="utf-8"))
        reader = Reader(folder / DATA)
        self.things = Things(reader, meta["things"])
        self._columns = {_path(found["path"]): Column(reader, found) for found in meta["columns"]}
        self._trees = {_path(found["path"]): _step(found["tree"]) for found in meta["columns"]}
        paths = list(self._columns)
        self._profiles = {
            name: [(paths[place], Kind(kind)) for place, kind in profile]
            for name, profile in meta["profiles"].items()
        }
        self._properties: dict[str, list[tuple[str, str]]] = meta["properties"]
        self._sets: _Kept[BitMap] = _Kept(_SETS_KEPT)
        self._orders: _Kept[Numbers] = _Kept(_ORDERS_KEPT)

    def column(self, path: Path) -> Column | None:
        """Return what is known of a path."""
        return self._columns.get(path)

    def knows(self, path: Path) -> bool:
        """Return whether a path has a column."""
        return path in self._columns

    def tree(self, path: Path) -> Step | None:
        """Return the step to the value above, for a path that is known."""
        return self._trees[path]

    def covers(self, selection: Selection) -> bool:
        """Return whether the index can tell all that a selection asks, but for its text."""
        return all(
            self.met(path, condition) is not None
            for path, condition in selection.conditions.items()
        )

    def labels(self, path: Path) -> tuple[tuple[Label, ...], ...]:
        """Return the names of the property of each step."""
        return tuple(
            tuple(Label(*each) for each in self._properties.get(step.property, ()))
            for step in path.steps
        )

    def names(
        self, iris: Iterable[NamedNode], paths: Iterable[Path]
    ) -> dict[NamedNode, tuple[Label, ...]]:
        """Return all names of those of some IRIs that are properties or values of some paths."""
        wanted = {str(iri): iri for iri in iris}
        found: dict[NamedNode, tuple[Label, ...]] = {}
        for path in paths:
            named = zip(path.properties, self.labels(path), strict=True)
            found |= {property: names for property, names in named if str(property) in wanted}
            column = self.column(path)
            terms = column.terms if column else None
            if terms is not None:
                places = {name: terms.places[name] for name in wanted if name in terms.places}
                found |= {wanted[name]: terms.labels[place] for name, place in places.items()}
        return found

    def profile(self, classes: list[str]) -> list[tuple[Path, Kind]]:
        """Return the facets of things of these classes: of each in turn, if there are several."""
        known = [self._profiles[name] for name in classes if name in self._profiles]
        if not known:
            return self._profiles[""]
        longest = max(map(len, known))
        ranked = [each[place] for place in range(longest) for each in known if place < len(each)]
        return list(dict.fromkeys(ranked))

    @cached_property
    def classes(self) -> Column | None:
        """The column of the classes of things."""
        return self.column(TYPE)

    def met(self, path: Path, condition: Condition) -> BitMap | None:
        """Return the things that meet a condition; None where the index cannot tell."""
        return self._sets.get(
            (path, condition), lambda: _met(self.things.all, self.column(path), condition)
        )

    def keep(self, of: Hashable, condition: Hashable, find: Callable[[], BitMap]) -> BitMap:
        """Return the things that `find` finds, which is called at most once as long as possible."""
        found = self._sets.get((of, condition, "found"), find)
        assert found is not None
        return found

    def listed(
        self, things: BitMap, sort: Sort, language: str, start: int, count: int
    ) -> list[str]:
        """Return the IRIs of some things, from place `start` on in an order. Raises BadInput."""
        order = self.order(sort, language)
        size = self.things.size
        if len(things) == size:
            listed = order[start : start + count]
        elif len(things) * _DENSE > size:
            listed = _walked(order, things, start, count)
        else:
            places = np.sort(self._ranks(sort, language)[as_array(things)])
            listed = order[places[start : start + count]]
        return self.things.iris(listed.tolist())

    def order(self, sort: Sort, language: str) -> Numbers:
        """Return all things in an order. Raises BadInput for one that cannot be had."""
        tag = language if language in LANGUAGES else LANGUAGES[-1]
        found = self._orders.get((sort, tag), lambda: self._ordered(sort, tag))
        assert found is not None
        return found

    def _ranks(self, sort: Sort, language: str) -> Numbers:
        """Return the place of each thing in an order."""

        def ranks() -> Numbers:
            order = self.order(sort, language)
            ranks = np.empty(len(order), ITEM)
            ranks[order] = np.arange(len(order), dtype=ITEM)
            return ranks

        found = self._orders.get((sort, language, "ranks"), ranks)
        assert found is not None
        return found

    def _ordered(self, sort: Sort, language: str) -> Numbers:
        if sort == BY_LABEL:
            return self.things.order(f"label-{language}")
        if sort.by == BY_LABEL.by:
            return self.order(BY_LABEL, language)[::-1]
        if isinstance(sort.by, Path):
            keys = self._keys(sort.by, descending=sort.descending)
        else:
            links = self.things.links.astype(np.int64)
            keys = -links if sort.descending else links
        ranks = self._ranks(BY_LABEL, language)
        return np.lexsort((ranks, keys)).astype(ITEM)

    def _keys(self, path: Path, *, descending: bool) -> Numbers:
        """Return what to sort things by: the place of their least, or greatest, value on a line."""
        column = self.column(path)
        line = column.line if column else None
        if line is None:
            raise BadInput(NOT_SORTABLE)
        last = len(line.values)
        keys = np.full(self.things.size, last, np.int64)
        starts = line.starts.astype(np.int64)
        places = np.repeat(np.arange(last), starts[1:] - starts[:-1])
        if descending:
            keys[line.items] = -places  # of several the last counts, which is the greatest
        else:
            keys[line.items[::-1]] = places[::-1]
        return keys


def _walked(order: Numbers, things: BitMap, start: int, count: int) -> Numbers:
    """Return some of many things in an order, by a walk from the nearer end of it."""
    if start >= len(things):
        return order[:0]
    chosen = np.zeros(len(order), bool)
    chosen[as_array(things)] = True
    total = len(things)
    if start + count > total - start:
        end = total - start
        backwards = _walked_from_start(order[::-1], chosen, max(0, end - count), end)
        return backwards[::-1]
    return _walked_from_start(order, chosen, start, start + count)


def _walked_from_start(order: Numbers, chosen: Numbers, start: int, end: int) -> Numbers:
    """Return the things from place `start` to `end` among those in an order that are chosen."""
    parts, found = [], 0
    for place in range(0, len(order), _STRIDE):
        part = order[place : place + _STRIDE]
        parts.append(part[chosen[part]])
        found += len(parts[-1])
        if found >= end:
            break
    return np.concatenate([*parts, order[:0]])[start:end]


def _met(everything: BitMap, column: Column | None, condition: Condition) -> BitMap | None:
    if column is None:
        return None
    met = everything
    if condition.any or condition.none:
        if column.terms is None:
            return None
        if condition.any:
            met = met & column.terms.union(map(str, condition.any))
        if condition.none:
            met = met - column.terms.union(map(str, condition.none))
    if condition.has_range:
        if column.line is None or not column.line.holds(condition.low, condition.high):
            return None
        met = met & column.line.set_between(condition.low, condition.high)
    if condition.exists is not None:
        met = met & column.presence if condition.exists else met - column.presence
    return met


def _path(found: dict[str, Any]) -> Path:
    steps = tuple(Step(property, inverse) for property, inverse in found["steps"])
    return Path(steps, found["language"])


def _step(found: list[Any] | None) -> Step | None:
    return Step(*found) if found else None


class _Kept(Generic[_T]):
    """Keeps what was found last."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._found: OrderedDict[Hashable, _T] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: Hashable, find: Callable[[], _T | None]) -> _T | None:
        """Return what is kept, or what `find` finds; None is not kept."""
        with self._lock:
            if key in self._found:
                self._found.move_to_end(key)
                return self._found[key]
        found = find()
        if found is not None:
            with self._lock:
                self._found[key] = found
                if len(self._found) > self._most:
                    self._found.popitem(last=False)
        return found
