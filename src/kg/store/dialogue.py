"""The pool's end of what is said between it and a reader; `kg.store.reader` has the other."""

from __future__ import annotations

import contextlib
import math
import os
import select
import signal
import struct
from collections.abc import Callable, Iterator
from multiprocessing.connection import Connection

from kg.errors import Interrupted, KgError, OverLimit, too_much_memory

_LENGTH = struct.Struct("!i")
"""What precedes each frame (multiprocessing.connection, for frames of less than 2 GiB)."""

_BLOCK = 64 * 1024

_SLOW = 10
"""The niceness of what works long: it gets a tenth of what others do who want a core."""


class Reader:
    """A process that answers one query at a time, as it is spoken to. `pid` is its process."""

    def __init__(self, pid: int, connection: Connection) -> None:
        self.pid = pid
        self._connection = connection
        self._file = connection.fileno()
        # Connection.poll makes one of these each time, which takes as long as a lookup.
        self._poll = select.poll()
        self._poll.register(self._file, select.POLLIN)
        self._rest = bytearray()
        self.is_slow = False

    def fileno(self) -> int:
        """Return the descriptor that can be read when it says something."""
        return self._file

    def says_something(self, seconds: float | None) -> bool:
        """Return whether something can be read, its end among it, within a time."""
        return bool(self._poll.poll(None if seconds is None else math.ceil(1000 * seconds)))

    def send(self, request: bytes) -> None:
        """Ask it. Raises OSError when it has ended."""
        self._connection.send_bytes(request)

    def frames(self) -> Iterator[bytes]:
        """Yield the frames that are whole after one more block. Raises EOFError at its end."""
        block = os.read(self._file, _BLOCK)
        if not block:
            raise EOFError
        self._rest += block
        while len(self._rest) >= _LENGTH.size:
            stop = _LENGTH.size + _LENGTH.unpack_from(self._rest)[0]
            if len(self._rest) < stop:
                return
            frame = bytes(memoryview(self._rest)[_LENGTH.size : stop])
            del self._rest[:stop]
            yield frame

    def slow(self) -> None:
        """Have it work only while nobody else wants to. Cannot be undone."""
        with contextlib.suppress(OSError):
            os.setpriority(os.PRIO_PGRP, self.pid, _SLOW)
            self.is_slow = True

    def close(self) -> None:
        """Say no more to it, at which it ends."""
        self._connection.close()


def death(cause: signal.Signals | None) -> KgError:
    """Return what the end of a reader, by a signal or by itself, means for the query it was at."""
    return _DEATHS.get(cause, _unexplained)()


def _too_complex() -> OverLimit:
    return OverLimit(
        "the query was stopped because it is nested too deeply", code="query_too_complex"
    )


def _unexplained() -> Interrupted:
    return Interrupted("the process that answered this query has ended; try again")


# The allocator aborts, and a stack that runs over faults.
_DEATHS: dict[signal.Signals | None, Callable[[], KgError]] = {
    signal.SIGABRT: too_much_memory,
    signal.SIGKILL: too_much_memory,
    signal.SIGSEGV: _too_complex,
    signal.SIGBUS: _too_complex,
}
