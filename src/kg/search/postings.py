"""Which tokens stand where: a sorted dictionary of numbers, each with a bitmap of positions.

    keys.npy      the tokens, as numbers, ascending
    ends.npy      where each one's bitmap ends in bitmaps.bin
    bitmaps.bin   Roaring bitmaps, one after the other

It is made in runs that are written out before they grow, and merged in one pass.
"""

from __future__ import annotations

import hashlib
import heapq
import struct
from array import array
from collections.abc import Iterator
from itertools import groupby
from operator import itemgetter
from pathlib import Path

import numpy as np
import numpy.typing as npt
from pyroaring import BitMap

Numbers = npt.NDArray[np.uint32]

RUN = 6_000_000
"""Positions that are gathered before they are written out; they take some 20 MB."""

_HEAD = struct.Struct("<QI")


def character(character: str) -> int:
    """Return the token of one character that stands by itself."""
    return ord(character)


def gram(three: str) -> int:
    """Return the token of three characters of a word, the spaces beside it among them."""
    first, second, third = map(ord, three)
    return first << 42 | second << 21 | third


def grams(two: str) -> range:
    """Return the tokens of all threes that begin with these two characters."""
    first = gram(two + "\0")
    return range(first, first + (1 << 21))


def named(name: str) -> int:
    """Return the token of a name such as `~guang`: 63 bits of its hash, above all other tokens."""
    digest = hashlib.blake2b(name.encode(), digest_size=8).digest()
    return int.from_bytes(digest) | 1 << 63


class Postings:
    """Reads what a `Writer` wrote."""

    def __init__(self, folder: Path) -> None:
        self._keys = np.load(folder / "keys.npy", mmap_mode="r")
        self._ends = np.load(folder / "ends.npy", mmap_mode="r")
        self._bitmaps = np.memmap(folder / "bitmaps.bin", mode="r") if len(self._keys) else None

    def __getitem__(self, token: int) -> BitMap:
        """Return where a token stands."""
        place = int(np.searchsorted(self._keys, np.uint64(token)))
        found = place < len(self._keys) and int(self._keys[place]) == token
        return self._bitmap(place) if found else BitMap()

    def between(self, tokens: range) -> BitMap:
        """Return where any token of a range stands."""
        first, last = (
            int(np.searchsorted(self._keys, np.uint64(token)))
            for token in (tokens.start, tokens.stop)
        )
        return BitMap.union(BitMap(), *map(self._bitmap, range(first, last)))

    def _bitmap(self, place: int) -> BitMap:
        assert self._bitmaps is not None
        begin = int(self._ends[place - 1]) if place else 0
        return BitMap.deserialize(self._bitmaps[begin : int(self._ends[place])].tobytes())


class Writer:
    """Gathers positions, and writes them in the end as `Postings` reads them."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._gathered: dict[int, BitMap] = {}
        self._size = 0
        self._runs: list[Path] = []

    def add(self, token: int, positions: Numbers) -> None:
        """Add the places of a token, which may come in any order."""
        self._gathered.setdefault(token, BitMap()).update(bitmap(positions))
        self._size += len(positions)
        if self._size >= RUN:
            self._write_run()

    def finish(self) -> None:
        """Write the files, and remove the runs."""
        self._write_run()
        keys, ends, end = [], [], 0
        with (self._folder / "bitmaps.bin").open("wb") as output:
            for token, parts in groupby(heapq.merge(*map(_read, self._runs)), key=itemgetter(0)):
                blobs = [blob for _, blob in parts]
                merged = blobs[0] if len(blobs) == 1 else _union(blobs)
                end += output.write(merged)
                keys.append(token)
                ends.append(end)
        np.save(self._folder / "keys.npy", np.array(keys, np.uint64))
        np.save(self._folder / "ends.npy", np.array(ends, np.uint64))
        for run in self._runs:
            run.unlink()

    def _write_run(self) -> None:
        run = self._folder / f"run-{len(self._runs)}"
        with run.open("wb") as output:
            for token, positions in sorted(self._gathered.items(), key=itemgetter(0)):
                blob = positions.serialize()
                output.write(_HEAD.pack(token, len(blob)) + blob)
        self._runs.append(run)
        self._gathered.clear()
        self._size = 0


def _read(run: Path) -> Iterator[tuple[int, bytes]]:
    with run.open("rb") as file:
        while head := file.read(_HEAD.size):
            token, size = _HEAD.unpack(head)
            yield token, file.read(size)


def _union(blobs: list[bytes]) -> bytes:
    return BitMap.union(*map(BitMap.deserialize, blobs)).serialize()


def bitmap(numbers: npt.NDArray[np.integer]) -> BitMap:
    """Return numbers as a bitmap."""
    return BitMap(array("I", numbers.astype(np.uint32, copy=False).tobytes()))


def numbers(positions: BitMap) -> Numbers:
    """Return the numbers of a bitmap, ascending."""
    return np.frombuffer(positions.to_array(), np.uint32)
