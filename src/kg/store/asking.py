"""A query while it is being answered: what it may take, who is at it, and what was said so far."""

from __future__ import annotations

import itertools
import time
from collections import Counter
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Protocol

from kg import formats
from kg.errors import Cancelled, KgError, OverLimit, RemoteTimeout, StorageFull
from kg.formats import Kind
from kg.results import Result
from kg.store import Usage
from kg.store.admission import Lane
from kg.store.dialogue import Reader
from kg.store.reader import raised
from kg.store.spool import Spool

LONG = 0.2
"""Seconds after which a query makes room for others: its reader is slowed, and then replaced."""

_numbers = itertools.count(1)


@dataclass(eq=False)
class Running:
    """A query that is being answered."""

    text: str
    lane: Lane
    seconds: float | None
    """Seconds that it may take, from `begun` on."""

    remote: bool = False
    """Whether an endpoint at another place is asked."""

    id: str = field(default_factory=lambda: f"q{next(_numbers)}")
    started: datetime = field(default_factory=lambda: datetime.now(UTC))
    begun: float = field(default_factory=time.monotonic)
    pid: int | None = None
    stopped: KgError | None = None
    """Why it was stopped, if it was."""

    @property
    def deadline(self) -> float | None:
        """The time of `time.monotonic()` at which it is stopped."""
        return None if self.seconds is None else self.begun + self.seconds


class Keeper(Protocol):
    """Whoever keeps the readers."""

    stopped: Counter[str]

    def halt(self, query: Running, why: KgError) -> None:
        """Stop a query that runs or waits, and remember why."""

    def part(self, reader: Reader, query: Running, *, keep: bool) -> None:
        """Let go of the reader of a query; one that was killed or has ended is replaced."""

    def cause(self, reader: Reader) -> KgError:
        """Return what the end of a reader means for the query it was at."""


class Asking:
    """A query that a reader is at. Whoever has it ends it: by `result`, or by `close`."""

    def __init__(
        self,
        pool: Keeper,
        query: Running,
        reader: Reader,
        message: bytes,
        *,
        snapshot: str,
        usage: Usage,
        held: ExitStack,
    ) -> None:
        """Ask the reader; `held` is let go when that has ended."""
        self._pool = pool
        self._query = query
        self._reader: Reader | None = reader
        self._snapshot = snapshot
        self._usage = usage
        self._held = held
        self._spool = Spool()
        self._last = b""
        self._ended = False
        self._begun = time.monotonic()
        try:
            reader.send(message)
        except OSError:
            self._ended = True  # why is found out by `result`

    def fileno(self) -> int:
        """Return the descriptor that can be read when the reader says something."""
        assert self._reader is not None
        return self._reader.fileno()

    def hear(self) -> bool:
        """Take in what the reader says, and return whether it has said all."""
        assert self._reader is not None
        try:
            for frame in self._reader.frames():
                if frame[:1] == b"D":
                    _keep(self._spool, frame[1:])
                else:
                    self._last = frame
        except (EOFError, OSError):
            self._ended = True
        return self._ended or bool(self._last)

    def result(self) -> Result:
        """Wait for the whole answer and return it. Raises what `PooledStore.query` does."""
        try:
            reader = self._heard()
        except BaseException as error:
            self._pool.halt(self._query, error if isinstance(error, KgError) else nobody_waits())
            self.close()
            raise
        self._let_go(keep=bool(self._last))
        if self._query.stopped is not None or not self._last:
            self._spool.close()
            why = self._query.stopped or self._pool.cause(reader)
            self._pool.stopped[why.code] += 1
            raise why
        if self._last[:1] == b"X":
            self._spool.close()
            raise raised(self._last[1:])
        return self._answered()

    def close(self) -> None:
        """Stop the query, unless it has ended."""
        if self._reader is not None:
            self._pool.halt(self._query, nobody_waits())
            self._let_go(keep=False)
            self._spool.close()

    def _heard(self) -> Reader:
        """Hear the reader out, until the deadline, and return it."""
        reader = self._reader
        assert reader is not None
        done = self._ended or bool(self._last)
        if not (done or self._query.remote or reader.says_something(self._soon())):
            reader.slow()
        while not done:
            patience = left(self._query.deadline)
            if patience == 0 or not reader.says_something(patience):
                self._pool.halt(self._query, _too_long(self._query))
                break
            done = self.hear()
        return reader

    def _soon(self) -> float:
        patience = left(self._query.deadline)
        return LONG if patience is None else min(LONG, patience)

    def _let_go(self, *, keep: bool) -> None:
        reader, self._reader = self._reader, None
        assert reader is not None
        self._usage.add(time.monotonic() - self._begun)
        self._pool.part(reader, self._query, keep=keep and not reader.is_slow)
        self._held.close()

    def _answered(self) -> Result:
        head, _, rest = self._last[1:].partition(b"\n")
        try:
            _keep(self._spool, rest)
        except StorageFull:
            self._spool.close()
            raise
        kind, name = head.decode().split(" ")
        format = formats.by_name(name, formats.FORMATS)
        blocks, length = self._spool.blocks(), self._spool.length
        return Result(Kind(kind), format, self._snapshot, blocks, length)


def left(deadline: float | None) -> float | None:
    """Return the seconds until a time of `time.monotonic()`."""
    return None if deadline is None else max(0.0, deadline - time.monotonic())


def _too_long(query: Running) -> KgError:
    if query.remote:
        return RemoteTimeout(f"the endpoint has not answered within {query.seconds:g} seconds")
    return OverLimit(
        f"the query was stopped after {query.seconds:g} seconds, the most that one may take here",
        code="query_timeout",
    )


def nobody_waits() -> Cancelled:
    """Return the error of a query whose client has left."""
    return Cancelled("the query was stopped because its client has left")


def _keep(spool: Spool, block: bytes) -> None:
    try:
        spool.write(block)
    except OSError as error:
        raise StorageFull(f"there is no room to keep the answer: {error.strerror}") from None
