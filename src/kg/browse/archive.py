"""The file of an index: blocks one after another, found by the numbers that were given for them."""

from __future__ import annotations

import json
import mmap
import zlib
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray
from pyroaring import BitMap

Numbers = NDArray[Any]
Place = tuple[int, int]
"""Where a block begins, and how many bytes it has."""

_ALIGNED = 8


class Writer:
    """Appends blocks to a file; each method returns where the block lies."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._end = 0

    def data(self, block: bytes) -> Place:
        """Write bytes."""
        padding = -self._end % _ALIGNED
        self._file.write(bytes(padding) + block)
        place = (self._end + padding, len(block))
        self._end = sum(place)
        return place

    def numbers(self, numbers: Numbers) -> Place:
        """Write an array; whoever reads it knows its type."""
        return self.data(np.ascontiguousarray(numbers).tobytes())

    def value(self, value: Any) -> Place:
        """Write a value of JSON, compressed."""
        return self.data(zlib.compress(json.dumps(value, ensure_ascii=False).encode()))

    def sets(self, sets: Iterable[BitMap]) -> tuple[Place, Place]:
        """Write sets: where each ends in the block of all, and that block."""
        blocks = []
        for each in sets:
            each.run_optimize()
            blocks.append(each.serialize())
        ends = np.cumsum([len(block) for block in blocks], dtype=np.uint64)
        return self.numbers(ends), self.data(b"".join(blocks))


class Reader:
    """Reads blocks of a file that is mapped into memory."""

    def __init__(self, path: Path) -> None:
        """Raise OSError and ValueError when there is no such file, or nothing in it."""
        with path.open("rb") as file:
            self._bytes = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)

    def data(self, place: Sequence[int]) -> bytes:
        """Return bytes."""
        return self._bytes[place[0] : place[0] + place[1]]

    def numbers(self, place: Sequence[int], kind: Any) -> Numbers:
        """Return an array that lies in the file."""
        size = np.dtype(kind).itemsize
        return np.frombuffer(self._bytes, kind, count=place[1] // size, offset=place[0])

    def value(self, place: Sequence[int]) -> Any:
        """Return a value of JSON."""
        return json.loads(zlib.decompress(self.data(place)))

    def sets(self, place: Sequence[Sequence[int]]) -> Sets:
        """Return sets, which are read when they are wanted."""
        return Sets(self, self.numbers(place[0], np.uint64), place[1][0])


class Sets:
    """Sets of numbers, each read once, when it is wanted."""

    def __init__(self, reader: Reader, ends: Numbers, start: int) -> None:
        self._reader = reader
        self._ends = ends
        self._start = start
        self._read: dict[int, BitMap] = {}

    def __len__(self) -> int:
        return len(self._ends)

    def __getitem__(self, number: int) -> BitMap:
        found = self._read.get(number)
        if found is None:
            begin = int(self._ends[number - 1]) if number else 0
            size = int(self._ends[number]) - begin
            found = BitMap.deserialize(self._reader.data((self._start + begin, size)))
            self._read[number] = found
        return found
