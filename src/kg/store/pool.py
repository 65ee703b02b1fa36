"""The store of the server: readers in processes of their own, which can always be stopped."""

from __future__ import annotations

import contextlib
import json
import logging
import shutil
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Protocol

from kg.errors import Busy, KgError
from kg.formats import Format
from kg.results import Result
from kg.settings import AUTOMATIC
from kg.store import EVERYTHING, UNLIMITED, Limits, Scope
from kg.store.admission import Admission, Lane
from kg.store.asking import Asking, Running, left, nobody_waits
from kg.store.dialogue import Reader, death
from kg.store.nursery import Nursery
from kg.store.snapshots import Snapshot

log = logging.getLogger(__name__)

_RETRY = 0.1  # seconds before a reader that could not be started is tried again


class Elsewhere(Protocol):
    """What answers at another place."""

    @property
    def name(self) -> str:
        """What it is called where the data does not say so itself."""

    @property
    def live(self) -> str:
        """What is shown as the place that the data comes from."""

    @property
    def key(self) -> str:
        """What tells it apart from others."""

    def request(self) -> dict[str, object]:
        """Return what a reader has to know."""


class Pool:
    """Readers, and the queries they are at. A reader opens, or asks, whatever a query is for."""

    def __init__(
        self,
        *,
        readers: int,
        memory: int,
        union_default_graph: bool = True,
        base_iri: str | None = None,
        federation: bool = False,
        engine: str = AUTOMATIC,
    ) -> None:
        """`readers` clients' queries run at once, and `memory` bytes is what each may allocate.

        `engine` is what answers clients' queries, one of `kg.settings.ENGINES`, and `base_iri`
        what relative IRIs in queries are read against.
        Only with `federation` can readers open sockets.
        """
        self._federation = federation
        self._memory = memory
        self._union_default_graph = union_default_graph
        self._base_iri = base_iri
        self._engine = engine
        # Where readers put what does not fit into their memory, each into a folder of its own.
        self._work: Path | None = None
        with contextlib.suppress(OSError):  # where nothing can be written, all has to fit
            self._work = Path(tempfile.mkdtemp(prefix="kg-"))
        self._admission = Admission(readers)
        self._nursery = Nursery()
        self._renewing = threading.Lock()
        self._closed = False
        self._changed = threading.Condition()
        self._idle: list[Reader | None] = [self._make() for _ in range(self._admission.places)]
        self._running: dict[str, Running] = {}
        self.stopped: Counter[str] = Counter()
        """How many queries were stopped, by the code of the reason."""

    def store(self, snapshot: Snapshot, lane: Lane, limits: Limits = UNLIMITED) -> PooledStore:
        """Return a store over one snapshot, with the limits of queries that name none."""
        where = {
            "snapshot": snapshot.id,
            "path": str(snapshot.triples),
            "derived": str(snapshot.derived),
            # Queries of pages are made for Oxigraph.
            "columns": lane is Lane.QUERY,
            "union": self._union_default_graph,
            "base": self._base_iri,
        }
        return PooledStore(self, where, lane, limits)

    def remote(
        self, place: Elsewhere, snapshot: str, lane: Lane, limits: Limits = UNLIMITED
    ) -> PooledStore:
        """Return a store over what is at another place, whose state is called `snapshot`.

        The readers must be able to open sockets, which is what `federation` allows.
        """
        return PooledStore(self, {"snapshot": snapshot, **place.request()}, lane, limits)

    def running(self) -> list[Running]:
        """Return the queries that run or wait, the oldest first."""
        with self._changed:
            return sorted(self._running.values(), key=lambda each: each.begun)

    def stop(self, id: str, why: KgError) -> bool:
        """Stop a query; return whether there was one with this id."""
        with self._changed:
            query = self._running.get(id)
        if query is not None:
            self.halt(query, why)
        return query is not None

    def close(self) -> None:
        """End all readers."""
        self._closed = True
        self._nursery.close()
        if self._work:
            shutil.rmtree(self._work, ignore_errors=True)

    def ask(
        self, lane: Lane, request: Mapping[str, object], limits: Limits, *, patiently: bool = True
    ) -> Asking:
        """Have a reader begin with an answer; see `PooledStore.ask`."""
        query = Running(str(request["text"]), lane, limits.seconds, "endpoint" in request)
        deadline, message = (
            query.deadline if patiently else query.begun,
            json.dumps(request).encode(),
        )
        with contextlib.ExitStack() as stack:
            stack.enter_context(self._listed(query))
            stop = limits.cancellation.stopping(lambda: self.halt(query, nobody_waits()))
            stack.enter_context(stop)
            place = self._admission.place(lane, deadline, lambda: query.stopped is not None)
            stack.enter_context(place)
            reader = self._take(query, deadline)
            return Asking(
                self,
                query,
                reader,
                message,
                snapshot=str(request["snapshot"]),
                usage=limits.usage,
                held=stack.pop_all(),
            )

    @contextlib.contextmanager
    def _listed(self, query: Running) -> Iterator[None]:
        with self._changed:
            self._running[query.id] = query
        try:
            yield
        finally:
            with self._changed:
                del self._running[query.id]

    def _take(self, query: Running, deadline: float | None) -> Reader:
        """Return an idle reader that lives. Raises what the query was stopped for.

        Raises Busy where none can be had before the deadline.
        """
        while True:
            with self._changed:
                wanted = self._changed.wait_for(
                    lambda: query.stopped or self._idle, timeout=left(deadline)
                )
                if query.stopped is not None:
                    raise query.stopped
                if not wanted:
                    raise Busy("no process to answer the query could be had; try again in a moment")
                reader = self._idle.pop()
                if reader is not None and not reader.says_something(0):
                    query.pid = reader.pid
                    return reader
            # An idle reader has nothing to say: what can be read is its end.
            self._replace(reader)

    def part(self, reader: Reader, query: Running, *, keep: bool) -> None:
        """Let go of the reader of a query; one that was killed or has ended is replaced."""
        with self._changed:
            query.pid = None
            if keep and query.stopped is None:
                self._idle.append(reader)
                self._changed.notify_all()
                return
        self._replace(reader)

    def cause(self, reader: Reader) -> KgError:
        """Return what the end of a reader means for the query it was at."""
        cause = self._nursery.cause(reader.pid)
        log.warning("reader %s ended over a query: %s", reader.pid, cause)
        return death(cause)

    def halt(self, query: Running, why: KgError) -> None:
        """Stop a query that runs or waits, and remember why."""
        with self._changed:
            query.stopped = query.stopped or why
            # Under the lock, so that the reader cannot have gone on to another query.
            if query.pid is not None:
                self._nursery.kill(query.pid)
            self._changed.notify_all()
        self._admission.look_again()

    def _replace(self, reader: Reader | None) -> None:
        if reader is not None:
            reader.close()
            if self._work:
                shutil.rmtree(self._work / str(reader.pid), ignore_errors=True)
        threading.Thread(target=self._add, name="reader replacement", daemon=True).start()

    def _add(self) -> None:
        """Add a reader to the idle ones; None, to be replaced by who takes it, if that fails."""
        reader = None
        try:
            reader = self._make()
        except OSError:
            if self._closed:
                return
            log.exception("no reader could be started")
            time.sleep(_RETRY)
        with self._changed:
            self._idle.append(reader)
            self._changed.notify_all()

    def _make(self) -> Reader:
        with self._renewing:
            if self._nursery.ended and not self._closed:
                self._nursery.close()
                self._nursery = Nursery()
        pid, connection = self._nursery.make()
        settings = {
            "memory": self._memory,
            "federation": self._federation,
            "engine": self._engine,
            "work": str(self._work / str(pid)) if self._work else None,
        }
        connection.send_bytes(json.dumps(settings).encode())
        return Reader(pid, connection)


class PooledStore:
    """Answers queries through a pool, from one snapshot or endpoint; a `kg.store.Store`."""

    def __init__(self, pool: Pool, where: Mapping[str, object], lane: Lane, limits: Limits) -> None:
        self._pool = pool
        self._where = where
        self._lane = lane
        self.limits = limits

    @property
    def snapshot(self) -> str:
        """The id of the snapshot that answers are true of."""
        return str(self._where["snapshot"])

    def limited(self, limits: Limits) -> PooledStore:
        """Return this store with other limits for queries that name none."""
        return PooledStore(self._pool, self._where, self._lane, limits)

    def query(
        self,
        text: str,
        scope: Scope = EVERYTHING,
        limits: Limits = UNLIMITED,
        format: Format | None = None,
    ) -> Result:
        """Return the answer to a query; see `kg.store.Store`.

        Raises OverLimit with a code that tells which limit (query_timeout, query_memory,
        query_too_complex, result_too_large), Busy, and Cancelled.
        """
        return self.ask(text, scope, limits, format).result()

    def ask(
        self,
        text: str,
        scope: Scope = EVERYTHING,
        limits: Limits = UNLIMITED,
        format: Format | None = None,
        *,
        patiently: bool = True,
    ) -> Asking:
        """Have a reader begin with an answer. Raises Busy, at once if it is not to be patient."""
        if limits is UNLIMITED:
            limits = self.limits
        request = {**self._request(text, scope, limits), "format": format.name if format else None}
        return self._pool.ask(self._lane, request, limits, patiently=patiently)

    def explain(self, text: str, scope: Scope = EVERYTHING) -> dict[str, str]:
        """Return which engine answers a query (`engine`), why (`reason`), and by which `sql`.

        Only for a snapshot. Raises what `query` does.
        """
        request = {**self._request(text, scope, self.limits), "format": None, "explain": True}
        result = self._pool.ask(self._lane, request, self.limits).result()
        found: dict[str, str] = json.loads(result.read())
        return found

    def _request(self, text: str, scope: Scope, limits: Limits) -> dict[str, object]:
        return {
            **self._where,
            "text": text,
            **scope.to_json(),
            "seconds": limits.seconds,
            "bytes": limits.bytes,
        }
