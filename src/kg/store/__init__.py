"""Stores answer SPARQL queries; they are the only door to triples."""

from __future__ import annotations

import io
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import IO, Any, Protocol

from kg.formats import Format, Kind
from kg.results import Result
from kg.terms import DefaultGraph, NamedNode


@dataclass(frozen=True)
class Scope:
    """The dataset a query runs over (SPARQL 1.1 Protocol, 2.1.4).

    `default` holds the graphs whose merge is the default graph, `named` the named graphs; with
    both None the query's own FROM clauses decide, and without those the store does.
    """

    default: tuple[NamedNode | DefaultGraph, ...] | None = None
    named: tuple[NamedNode, ...] | None = None

    @property
    def given(self) -> bool:
        """Whether the caller named a dataset at all."""
        return self.default is not None or self.named is not None

    def to_json(self) -> dict[str, list[str | None] | None]:
        """Return the value as it is sent to a reader: null stands for the default graph."""
        return {"default": _names(self.default), "named": _names(self.named)}

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Scope:
        """Return the scope that `to_json` gave, perhaps among other things."""
        default, named = value["default"], value["named"]
        return cls(
            None
            if default is None
            else tuple(DefaultGraph() if iri is None else NamedNode(iri) for iri in default),
            None if named is None else tuple(map(NamedNode, named)),
        )


def _names(graphs: Iterable[NamedNode | DefaultGraph] | None) -> list[str | None] | None:
    if graphs is None:
        return None
    return [graph.value if isinstance(graph, NamedNode) else None for graph in graphs]


class Cancellation:
    """Lets one thread stop what another waits for."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._cancelled = False
        self._stop: Callable[[], None] | None = None

    def cancel(self) -> None:
        """Stop what is going on, or else whatever begins next."""
        with self._lock:
            self._cancelled = True
            stop = self._stop
        if stop is not None:
            stop()

    @contextmanager
    def stopping(self, stop: Callable[[], None]) -> Iterator[None]:
        """Have `cancel` call `stop` while the block runs; at once if it was cancelled before."""
        with self._lock:
            self._stop = stop
            cancelled = self._cancelled
        if cancelled:
            stop()
        try:
            yield
        finally:
            with self._lock:
                self._stop = None


@dataclass
class Usage:
    """What queries have cost: their number, and the seconds in which they were worked at."""

    queries: int = 0
    seconds: float = 0.0

    def add(self, seconds: float) -> None:
        """Count another query."""
        self.queries += 1
        self.seconds += seconds


@dataclass(frozen=True)
class Limits:
    """What a query may use; None is no limit. `seconds` count from when it is asked."""

    seconds: float | None = None
    bytes: int | None = None
    cancellation: Cancellation = field(default_factory=Cancellation, compare=False)
    usage: Usage = field(default_factory=Usage, compare=False)
    """Where it is written down what the query did use."""


EVERYTHING = Scope()
OWN_DEFAULT_GRAPH = Scope(default=(DefaultGraph(),))
"""The default graph of the store alone, without the named graphs."""

UNLIMITED = Limits()


class Store(Protocol):
    """Answers SPARQL queries."""

    @property
    def snapshot(self) -> str:
        """The id of the state of the data that answers are true of."""

    def query(
        self,
        text: str,
        scope: Scope = EVERYTHING,
        limits: Limits = UNLIMITED,
        format: Format | None = None,
    ) -> Result:
        """Return the answer to a query, written in `format` or else in the internal format.

        Raises BadQuery, OverLimit, NotAcceptable (the format cannot hold this answer) and
        StorageFailed.
        """


class WritingStore(ABC):
    """A store that writes its answers in the calling thread; a `kg.store.Store`."""

    def __init__(self, snapshot: str) -> None:
        """`snapshot` is the id of the state of the data that answers are true of."""
        self._snapshot = snapshot

    @property
    def snapshot(self) -> str:
        """The id of the state of the data that answers are true of."""
        return self._snapshot

    @abstractmethod
    def write(
        self, output: IO[bytes], text: str, scope: Scope, limits: Limits, format: Format | None
    ) -> tuple[Kind, Format]:
        """Write the answer to a query, and return what it is and in which format."""

    def query(
        self,
        text: str,
        scope: Scope = EVERYTHING,
        limits: Limits = UNLIMITED,
        format: Format | None = None,
    ) -> Result:
        """Return the answer to a query; see `kg.store.Store`, and `write` for what it raises."""
        output = io.BytesIO()
        kind, chosen = self.write(output, text, scope, limits, format)
        return Result(kind, chosen, self.snapshot, iter([output.getvalue()]), output.tell())
