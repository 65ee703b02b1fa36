"""Who may use a reader next: two lanes with a bounded queue each, first come first served.

Clients' own queries go in one lane, pages in the other. There are `FOR_PAGES` readers more than the
query lane may hold, so that no number of queries keeps a page from being made.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum

from kg.errors import Busy

QUEUE = 32
"""Requests that may wait in a lane."""

FOR_PAGES = 2
"""Places that are left for pages. Each change has readers open another snapshot, and a page takes
several queries: with one, the pages behind wait for that."""


class Lane(StrEnum):
    """Whom an answer is for."""

    QUERY = "query"
    PAGE = "page"


@dataclass
class _Line:
    at_once: int
    running: int = 0
    waiting: deque[object] = field(default_factory=deque)


class Admission:
    """Hands out as many places as queries may hold, and `FOR_PAGES` more."""

    def __init__(self, queries: int) -> None:
        self.places = queries + FOR_PAGES
        self._changed = threading.Condition()
        self._free = self.places
        self._lines = {Lane.QUERY: _Line(queries), Lane.PAGE: _Line(self.places)}

    @contextmanager
    def place(
        self, lane: Lane, deadline: float | None, given_up: Callable[[], bool]
    ) -> Iterator[None]:
        """Hold a place, or none if the caller has `given_up` before it was free.

        Raises Busy at once when the queue is full, or at `deadline`, a time of `time.monotonic()`.
        Call `look_again` when `given_up` begins to hold.
        """
        self._enter(self._lines[lane], deadline, given_up)
        try:
            yield
        finally:
            with self._changed:
                self._free += 1
                self._lines[lane].running -= 1
                self._changed.notify_all()

    def waiting(self, lane: Lane) -> int:
        """Return how many requests wait in a lane."""
        return len(self._lines[lane].waiting)

    def look_again(self) -> None:
        """Have those who wait find out whether they have given up."""
        with self._changed:
            self._changed.notify_all()

    def _enter(self, line: _Line, deadline: float | None, given_up: Callable[[], bool]) -> None:
        with self._changed:
            if len(line.waiting) >= QUEUE:
                raise Busy(f"{QUEUE} requests are waiting already; try again in a moment")
            ticket = object()
            line.waiting.append(ticket)
            try:
                self._wait(line, ticket, deadline, given_up)
                self._free -= 1
                line.running += 1
            finally:
                line.waiting.remove(ticket)
                self._changed.notify_all()

    def _wait(
        self,
        line: _Line,
        ticket: object,
        deadline: float | None,
        given_up: Callable[[], bool],
    ) -> None:
        def admitted() -> bool:
            free = self._free > 0 and line.running < line.at_once
            return given_up() or (free and line.waiting[0] is ticket)

        patience = None if deadline is None else deadline - time.monotonic()
        if not self._changed.wait_for(admitted, timeout=patience):
            raise Busy("the request waited as long as a query may take; try again in a moment")
