"""What the application serves: the pool of readers, and the state of the data a request sees."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, cast

from flask import current_app, g, request
from werkzeug.local import LocalProxy

from kg import build, derived, queries, survey
from kg.dataset import Statistics
from kg.derived import Derived
from kg.display import Display
from kg.documents import Documents
from kg.dumps import Dumps
from kg.errors import Busy, Forbidden, KgError, StorageFailed
from kg.kept import Kept
from kg.prefixes import Prefixes
from kg.queries import ExampleQuery
from kg.results import Result
from kg.search.index import Index
from kg.search.store import SearchingStore
from kg.settings import Settings
from kg.store import Cancellation, Limits, Scope, Store, Usage
from kg.store.admission import Lane
from kg.store.errand import Errands
from kg.store.pool import Pool, PooledStore
from kg.store.snapshots import Database, Snapshot
from kg.store.writable import WritableStore
from kg.web.pace import QUIET, Pace

if TYPE_CHECKING:
    from kg.web.endpoint import EndpointDeployment

log = logging.getLogger(__name__)

PAGE_BYTES = 16 * 1024 * 1024

CANCELLATION = "kg.cancellation"
"""The key under which a server that notices it puts the way to stop a request nobody waits for."""


BEGUN = "kg.begun"
"""The key under which an environment has what `kg.web.express` did for it."""


@dataclass(frozen=True)
class Kg:
    """One snapshot, what was counted in it, and how it is to be served. Never changes."""

    settings: Settings
    snapshot: str
    store: PooledStore
    """Answers the queries of pages."""

    queries: PooledStore
    """Answers the queries of clients."""

    derived: Derived
    documents: Documents
    """The source documents that are at hand."""

    origin: Mapping[str, Any]
    """How the snapshot was built, or the one whose changed state it is."""

    examples: tuple[ExampleQuery, ...]
    name: str
    """What the dataset is called where it does not say so itself."""

    live: str = ""
    """Where the data is if it is at another place: the address of an endpoint, say. "" for a
    snapshot of a database, which never changes."""

    @property
    def statistics(self) -> Statistics:
        """The counts of the data."""
        return self.derived.statistics

    @property
    def display(self) -> Display:
        """How the data wants to be shown."""
        derived = self.derived
        return derived.display_of_used if self.is_current and not self.live else derived.display

    @property
    def prefixes(self) -> Prefixes:
        """The short names of IRIs."""
        return self.derived.prefixes

    @property
    def is_current(self) -> bool:
        """Whether what was derived, counts among it, is of this very snapshot."""
        return self.derived.snapshot == self.snapshot

    @property
    def searches_all(self) -> bool:
        """Whether the index of the search holds all texts of what is served."""
        return self.is_current and survey.SEARCH not in self.statistics.uncounted

    def limited(self, cancellation: Cancellation, usage: Usage) -> Kg:
        """Return the same for one request, which can be stopped and is told what it has used."""
        options = self.settings
        page = Limits(options.page_seconds, None, cancellation, usage)
        query = Limits(options.query_seconds, options.max_result_bytes, cancellation, usage)
        return replace(self, store=self.store.limited(page), queries=self.queries.limited(query))

    def paged(self) -> Store:
        """Return what answers queries of pages that may search."""
        return self._searching(self.store)

    def asked(self) -> Store:
        """Return what answers queries of clients, who may search in them."""
        return self._searching(self.queries)

    def explained(self, text: str, scope: Scope) -> dict[str, str]:
        """Return which engine answers a query, why, and by which SQL."""
        if self.live:
            return {"engine": self.live, "reason": "this service shows what is there", "sql": ""}
        return self.queries.explain(self._searching(self.queries).searched(text), scope)

    def shown(self) -> Store:
        """Return the same for answers that a page shows, and so holds in memory."""
        limits = self.queries.limits
        size = min(PAGE_BYTES, self.settings.max_result_bytes)
        return self._searching(self.queries.limited(replace(limits, bytes=size)))

    def _searching(self, store: Store) -> SearchingStore:
        options = self.settings
        return SearchingStore(
            store, self._index, base=options.document_base, seconds=options.page_seconds
        )

    def _index(self) -> Index:
        """Return the search index of this very snapshot. Raises Busy while there is none."""
        if not self.is_current:
            raise Busy(
                "the search index is being renewed after a change of the data; try again soon",
                code="search_behind",
            )
        if not self.searches_all:
            raise Forbidden(
                "not all texts of this endpoint are indexed, so a query cannot search in them",
                code="search_incomplete",
            )
        return self.derived.search


class Deployment:
    """A database as it is served: follows what is published in it."""

    def __init__(self, settings: Settings, database: Database, *, writable: bool) -> None:
        self.settings = settings
        self._writable = _writer(settings, database) if writable else None
        self.database = database
        self._pointing = os.fspath(database.path / "current")
        self.kept = Kept(database.path / "kept")
        self.pool = Pool(
            readers=settings.readers,
            memory=settings.reader_memory,
            union_default_graph=settings.union_default_graph,
            base_iri=settings.document_base,
            federation=bool(settings.service_hosts),
            engine=settings.engine,
        )
        self.errands = Errands(places=settings.readers, memory=settings.reader_memory)
        self.dumps = Dumps(Errands(places=1, memory=settings.reader_memory))
        self._documents = Documents(settings.source_dir)
        self._lock = threading.Lock()
        self._deriving = threading.Lock()
        self._pace = Pace()
        self._not_derived: KgError | None = None
        self._seen = self._pointer()
        self._changed = time.monotonic()
        self._kg = self._opened(database.current())

    def kg(self) -> Kg:
        """Return what is to be served now; costs one look at the database's folder.

        While what was derived is of an earlier state it costs another.
        """
        if self._pointer() != self._seen:
            with self._lock:
                if (pointer := self._pointer()) != self._seen:
                    self._kg = self._opened(self.database.current(), self._kg)
                    self._seen = pointer
                    self._changed = time.monotonic()
        kg = self._kg
        if kg.is_current:
            return kg
        if derived.is_complete(self.database.snapshot(kg.snapshot)):
            return self._renewed(kg)
        if self._deriving.acquire(blocking=False):
            threading.Thread(target=self._derive_in_time, name="deriving", daemon=True).start()
        return kg

    def ready(self) -> Kg | None:
        """Return what is to be served now; None if that is not open yet."""
        return self.kg() if self._pointer() == self._seen else None

    def _derive_in_time(self) -> None:
        """Derive, now and then, until what was derived is of what is served."""
        outdated = time.monotonic()
        try:
            while not (kg := self._renewed(self.kg())).is_current:
                begin = self._pace.begin(outdated=outdated, changed=self._changed)
                begun = time.monotonic()
                if begin > begun:
                    time.sleep(min(begin - begun, QUIET))
                else:
                    self._derive(kg)
                    outdated = time.monotonic()
            self._not_derived = None
        except (KgError, OSError) as error:
            self._not_derived = StorageFailed(f"counts and indexes are out of date: {error}")
            log.warning("%s", self._not_derived)
            time.sleep(QUIET)  # the next request has it tried again
        finally:
            self._deriving.release()

    def _renewed(self, kg: Kg) -> Kg:
        """Return what is to be served now, with the newest that was derived meanwhile."""
        fresh = derived.of(self.database.snapshot(kg.snapshot), kg.derived)
        if fresh.snapshot != kg.derived.snapshot:
            fresh.warm()
            with self._lock:
                if self._kg is kg:
                    self._kg = replace(kg, derived=fresh)
        return self._kg

    def _derive(self, kg: Kg) -> None:
        """Have a process derive what belongs to a snapshot. Raises StorageFailed."""
        begun = time.monotonic()
        command = [sys.executable, "-P", "-m", "kg.derived", str(self.database.path), kg.snapshot]
        done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
        self._pace.done(begun, time.monotonic())
        if done.returncode and kg.snapshot == self._kg.snapshot:
            reason = done.stderr.strip().rpartition("\n")[2]
            raise StorageFailed(f"snapshot {kg.snapshot}: {reason or done.returncode}")

    def writable(self) -> WritableStore:
        """Return the store that takes changes. Raises Forbidden where there is none."""
        if self._writable is None:
            raise Forbidden(
                "this service is read-only; start it with --writable to allow changes",
                code="read_only",
            )
        return self._writable

    def writer_pid(self) -> int | None:
        """Return the process id of the writer, if there is one."""
        return self._writable.pid if self._writable else None

    def troubles(self) -> list[KgError]:
        """Return what keeps the service from doing all that it should."""
        written = self._writable.trouble if self._writable else None
        return [trouble for trouble in (written, self._not_derived) if trouble]

    def _pointer(self) -> tuple[int, int]:
        status = os.stat(self._pointing)  # noqa: PTH116  a third of the time of Path.stat
        return status.st_ino, status.st_mtime_ns

    def _opened(self, snapshot: Snapshot, before: Kg | None = None) -> Kg:
        """Return a snapshot as it is served, with what it has of the one `before` it."""
        origin = build.origin(snapshot)
        known = before if before and before.origin == origin else None
        return Kg(
            settings=self.settings,
            snapshot=snapshot.id,
            store=self.pool.store(snapshot, Lane.PAGE, Limits(self.settings.page_seconds)),
            queries=self.pool.store(snapshot, Lane.QUERY),
            derived=build.opened(snapshot, before.derived if before else None),
            documents=self._documents,
            origin=origin,
            examples=known.examples if known else tuple(queries.of(snapshot.path)),
            name=", ".join(build.source_names(snapshot)),
        )


def _writer(settings: Settings, database: Database) -> WritableStore:
    options = {
        "update_seconds": settings.update_seconds,
        "load_seconds": 10 * settings.update_seconds,
        "memory": settings.reader_memory,
        "gate": settings.shacl_gate,
        "durable": settings.durable,
        "base_iri": settings.document_base,
    }
    return WritableStore(database.path, options)


@dataclass(frozen=True)
class Begun:
    """A query that a reader was asked before the application was, which is to say the answer."""

    kg: Kg
    """The state of the data that it was asked of, and what it used."""

    came: float
    """The time of `time.monotonic()` at which the request came."""

    answer: Callable[[], Result]
    """Returns the answer as soon as there is one. Raises what went wrong."""


def begun() -> Begun | None:
    """Return what was done for this request before it came here, if anything was."""
    return cast("Begun | None", request.environ.get(BEGUN))


def deployment() -> Deployment | EndpointDeployment:
    """Return what the application of this request serves."""
    return cast("Deployment | EndpointDeployment", current_app.extensions["kg"])


def _of_this_request() -> Kg:
    """Return the same state of the data for a whole request, whatever is published meanwhile."""
    kg = g.get("kg")
    if kg is None:
        early = begun()
        cancellation = request.environ.get(CANCELLATION) or Cancellation()
        kg = g.kg = early.kg if early else deployment().kg().limited(cancellation, usage())
    return cast("Kg", kg)


def usage() -> Usage:
    """Return where it is written down what the queries of this request have used."""
    if "usage" not in g:
        early = begun()
        g.usage = early.kg.queries.limits.usage if early else Usage()
    return cast("Usage", g.usage)


current_kg = cast("Kg", LocalProxy(_of_this_request))
