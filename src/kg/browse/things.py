"""The things that can be browsed, by number: their IRIs, and the orders to list them in."""

from __future__ import annotations

import zlib
from array import array
from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from typing import Any

import numpy as np
from pyroaring import BitMap

from kg.browse.archive import Numbers, Reader, Writer
from kg.browse.columns import ITEM, as_array, as_set

_BLOCK = 64
"""IRIs that are compressed together."""

_NOWHERE = 2**32 - 1


def write(
    to: Writer, iris: Sequence[str], orders: Mapping[str, Numbers], links: Numbers
) -> dict[str, Any]:
    """Write sorted IRIs, orders of them, and how many links lead to each.

    An order that is given twice is written once. Return what `Things` needs to find them.
    """
    groups = [iris[start : start + _BLOCK] for start in range(0, len(iris), _BLOCK)]
    blocks = [zlib.compress("\n".join(group).encode()) for group in groups]
    linked = np.flatnonzero(links)
    places = {id(order): to.numbers(order.astype(ITEM)) for order in orders.values()}
    return {
        "size": len(iris),
        "firsts": to.value([group[0] for group in groups]),
        "ends": to.numbers(np.cumsum([len(block) for block in blocks], dtype=np.uint64)),
        "iris": to.data(b"".join(blocks)),
        "orders": {name: places[id(order)] for name, order in orders.items()},
        "linked": to.numbers(linked.astype(ITEM)),
        "links": to.numbers(links[linked].astype(ITEM)),
    }


def places(iris: Sequence[str], others: Iterable[str]) -> Numbers:
    """Return the place of each other IRI among some; `_NOWHERE` for those that are not there."""
    known = {iri: place for place, iri in enumerate(iris)}
    return np.fromiter((known.get(each, _NOWHERE) for each in others), ITEM)


class Things:
    """The things of an index."""

    def __init__(self, reader: Reader, found: Mapping[str, Any]) -> None:
        self._reader = reader
        self._found = found
        self.size: int = found["size"]

    @cached_property
    def all(self) -> BitMap:
        """The numbers of all things."""
        return BitMap(range(self.size))

    @cached_property
    def _firsts(self) -> list[str]:
        firsts: list[str] = self._reader.value(self._found["firsts"])
        return firsts

    @cached_property
    def _ends(self) -> Numbers:
        return self._reader.numbers(self._found["ends"], np.uint64)

    def iris(self, numbers: Iterable[int]) -> list[str]:
        """Return the IRIs of things, in the same order."""
        blocks: dict[int, list[str]] = {}
        found = []
        for number in numbers:
            block, place = divmod(number, _BLOCK)
            if block not in blocks:
                blocks[block] = self._block(block)
            found.append(blocks[block][place])
        return found

    def numbers(self, iris: Iterable[str]) -> BitMap:
        """Return the numbers of IRIs, as a set; those that are no things are left out."""
        found = array("I")
        block, members = -1, {}
        for iri in sorted(iris):
            wanted = bisect_right(self._firsts, iri) - 1
            if wanted >= 0 and wanted != block:
                block = wanted
                members = {each: place for place, each in enumerate(self._block(block))}
            if wanted >= 0 and iri in members:
                found.append(block * _BLOCK + members[iri])
        return BitMap(found)

    def of_searched(self, entities: BitMap) -> BitMap:
        """Return the things that are entities of the search index with these numbers."""
        known = self._reader.numbers(self._found["searched"], ITEM)
        found = known[as_array(entities)]
        return as_set(found[found != _NOWHERE])

    def _block(self, number: int) -> list[str]:
        begin = int(self._ends[number - 1]) if number else 0
        start, _ = self._found["iris"]
        data = self._reader.data((start + begin, int(self._ends[number]) - begin))
        return zlib.decompress(data).decode().split("\n")

    def order(self, name: str) -> Numbers:
        """Return all things in the order that has this name."""
        return self._reader.numbers(self._found["orders"][name], ITEM)

    @cached_property
    def links(self) -> Numbers:
        """How many links lead to each thing."""
        links = np.zeros(self.size, ITEM)
        linked = self._reader.numbers(self._found["linked"], ITEM)
        links[linked] = self._reader.numbers(self._found["links"], ITEM)
        return links
