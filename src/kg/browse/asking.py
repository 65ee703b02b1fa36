"""Questions to a store that share a budget of time."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TypeVar

from kg.errors import Busy, OverLimit, RemoteFailed
from kg.results import Solutions
from kg.store import EVERYTHING, Limits, Store

NOT_COUNTED = (OverLimit, Busy, RemoteFailed)
"""What is raised where a store cannot tell in time."""

_T = TypeVar("_T")


class Asking:
    """Asks a store, until the time that all questions share is used up."""

    def __init__(self, store: Store, limits: Limits) -> None:
        """`limits.seconds` is for all questions together."""
        self._store = store
        self._limits = limits
        self._until = None if limits.seconds is None else time.monotonic() + limits.seconds

    @property
    def limits(self) -> Limits:
        """What is left. Raises OverLimit when nothing is."""
        if self._until is None:
            return self._limits
        left = self._until - time.monotonic()
        if left <= 0:
            raise OverLimit(f"counting took longer than {self._limits.seconds:g} seconds")
        return replace(self._limits, seconds=left)

    def rows(self, query: str) -> Solutions:
        """Return the rows of a query. Raises what `NOT_COUNTED` names."""
        return self._store.query(query, EVERYTHING, self.limits).solutions()

    def number(self, query: str) -> int:
        """Return the `n` of the only row."""
        return next(int(row["n"].value) for row in self.rows(query))

    def boolean(self, query: str) -> bool:
        """Return the answer to ASK."""
        return self._store.query(query, EVERYTHING, self.limits).boolean()


def batches(items: Sequence[_T], size: int) -> Iterator[Sequence[_T]]:
    """Yield parts of at most `size` items, in order."""
    for start in range(0, len(items), size):
        yield items[start : start + size]
