"""A long list of texts on disk, of which any one can be read without the others.

NAME.npy   where each text ends in NAME.bin
NAME.bin   the texts in UTF-8, one after the other
"""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from pathlib import Path

import numpy as np

BLOCK = 1024 * 1024
"""Bytes that are written at a time."""


class Strings(Sequence[str]):
    """Reads what a `Writer` wrote."""

    def __init__(self, path: Path) -> None:
        self._ends = np.load(path.with_suffix(".npy"), mmap_mode="r")
        size = int(self._ends[-1]) if len(self._ends) else 0
        self._data = np.memmap(path.with_suffix(".bin"), mode="r", shape=size) if size else None

    def __len__(self) -> int:
        return len(self._ends)

    def __getitem__(self, place: int) -> str:  # type: ignore[override]  # slices are not needed
        begin, end = int(self._ends[place - 1]) if place else 0, int(self._ends[place])
        return "" if self._data is None else self._data[begin:end].tobytes().decode()


class Writer:
    """Writes texts in order. It holds no file open, so it may be dropped at any time."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._waiting = bytearray()
        self._ends = array("Q")
        self._end = 0
        path.with_suffix(".bin").touch()

    def append(self, text: str) -> None:
        """Add a text."""
        data = text.encode()
        self._waiting += data
        self._end += len(data)
        self._ends.append(self._end)
        if len(self._waiting) > BLOCK:
            self._write()

    def finish(self) -> None:
        """Write what is left."""
        self._write()
        np.save(self._path.with_suffix(".npy"), np.frombuffer(self._ends, np.uint64))

    def _write(self) -> None:
        with self._path.with_suffix(".bin").open("ab") as file:
            file.write(self._waiting)
        self._waiting.clear()
