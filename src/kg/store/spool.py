"""Where an answer waits until it is whole: in memory while it is small, else in a nameless file."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from typing import IO

IN_MEMORY = 1024 * 1024
"""Bytes up to which an answer stays in memory."""

BLOCK = 256 * 1024


class Spool:
    """Takes blocks, and gives them back once.

    An answer is sent only when it is whole, so every failure can still be told with the right
    status, its length is known before the first byte, and a slow client holds no reader.
    """

    def __init__(self) -> None:
        self._blocks: list[bytes] = []
        self._file: IO[bytes] | None = None
        self.length = 0

    def write(self, block: bytes) -> None:
        """Add a block. Raises OSError when the disk is full."""
        self.length += len(block)
        if self._file is None and self.length > IN_MEMORY:
            self._file = tempfile.TemporaryFile()  # noqa: SIM115  closed by close, or once read
            self._file.writelines(self._blocks)
            self._blocks.clear()
        if self._file is None:
            self._blocks.append(block)
        else:
            self._file.write(block)

    def blocks(self) -> Iterator[bytes]:
        """Return the content in blocks; the file is gone once they are read or given up."""
        return iter(self._blocks) if self._file is None else _read(self._file)

    def close(self) -> None:
        """Give the content up."""
        if self._file is not None:
            self._file.close()


def _read(file: IO[bytes]) -> Iterator[bytes]:
    with file:
        file.seek(0)
        while block := file.read(BLOCK):
            yield block
