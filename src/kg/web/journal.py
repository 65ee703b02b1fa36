"""What happened: a line of JSON for each request, and sums for Prometheus.

A line never holds a token or the text of a body, is written with escapes for all that is not ASCII,
and has a bounded length, so that nobody can forge another line.
"""

from __future__ import annotations

import itertools
import json
import logging
import os
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, Flask, Response, current_app, g, request
from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from kg.store import Usage
from kg.store.admission import Lane
from kg.web.current import Deployment, begun, usage
from kg.web.endpoint import EndpointDeployment

log = logging.getLogger("kg.requests")

bp = Blueprint("metrics", __name__)

LONGEST = 2000
"""Characters of a value in a line."""

REQUEST_ID = "KG-Request"

_BUCKETS = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30)


@bp.get("/metrics")
def metrics() -> Response:
    """Send all sums in the text format of Prometheus."""
    journal: Journal = current_app.extensions["kg.journal"]
    sums = generate_latest(journal.registry)
    response = Response(sums, content_type="text/plain; version=0.0.4")
    response.headers["Cache-Control"] = "no-store"
    return response


@dataclass(frozen=True)
class Entry:
    """A request that is going on: its id, and the time of `time.monotonic()` at which it came."""

    id: str
    came: float


@dataclass(frozen=True)
class Outcome:
    """How a request ended."""

    route: str
    status: int
    bytes: int | None
    snapshot: str | None
    usage: Usage


class Journal:
    """Counts every request and, where the logger `kg.requests` is on, writes it down."""

    def __init__(self, served: Deployment | EndpointDeployment) -> None:
        self.registry = CollectorRegistry()
        self.registry.register(_State(served))
        self._seconds = Histogram(
            "kg_request_seconds",
            "Seconds from a request's coming to its answer's beginning",
            ["route"],
            registry=self.registry,
            buckets=_BUCKETS,
        )
        self._requests = Counter(
            "kg_requests", "Requests", ["route", "status"], registry=self.registry
        )
        self._known: dict[tuple[str, int], tuple[Histogram, Counter]] = {}
        self._numbers = itertools.count(1)
        self._start = f"{time.time_ns() // 1_000_000:x}"

    def begin(self, came: float | None = None) -> Entry:
        """Return the entry of a request that comes now, or came before."""
        number = next(self._numbers)
        return Entry(f"{self._start}-{number}", time.monotonic() if came is None else came)

    def finish(self, entry: Entry, environ: Mapping[str, Any], outcome: Outcome) -> None:
        """Count a request, and write it down."""
        duration = time.monotonic() - entry.came
        seconds, requests = self._sums(outcome.route, outcome.status)
        seconds.observe(duration)
        requests.inc()
        if log.isEnabledFor(logging.INFO):
            log.info("%s", _line(entry, environ, outcome, duration))

    def _sums(self, route: str, status: int) -> tuple[Histogram, Counter]:
        """Return the sums for a route and a status; to look them up by label takes longer."""
        if (key := (route, status)) not in self._known:
            self._known[key] = self._seconds.labels(route), self._requests.labels(*key)
        return self._known[key]


def register(app: Flask, served: Deployment | EndpointDeployment) -> None:
    """Have every request that comes to the application written down."""
    journal = app.extensions["kg.journal"] = Journal(served)
    app.register_blueprint(bp)

    def begin() -> None:
        early = begun()
        g.entry = journal.begin(early.came if early else None)

    def finish(response: Response) -> Response:
        outcome = Outcome(
            request.endpoint or "none",
            response.status_code,
            response.content_length,
            response.headers.get("KG-Snapshot"),
            usage(),
        )
        journal.finish(g.entry, request.environ, outcome)
        response.headers[REQUEST_ID] = g.entry.id
        return response

    app.before_request(begin)
    app.after_request(finish)


def _line(entry: Entry, environ: Mapping[str, Any], outcome: Outcome, duration: float) -> str:
    """Return what is to be known of a request, as one line of ASCII."""
    path = f"{_decoded(environ['PATH_INFO'])}?{_decoded(environ['QUERY_STRING'])}"
    return json.dumps(
        {
            "time": datetime.now(UTC).isoformat(timespec="milliseconds"),
            "id": entry.id,
            "client": environ.get("REMOTE_ADDR"),
            "method": environ["REQUEST_METHOD"][:20],
            "path": path.rstrip("?")[:LONGEST],
            "status": outcome.status,
            "ms": round(1000 * duration, 1),
            "queries": outcome.usage.queries,
            "reader_ms": round(1000 * outcome.usage.seconds, 1),
            "bytes": outcome.bytes,
            "snapshot": outcome.snapshot,
            "agent": _decoded(environ.get("HTTP_USER_AGENT", ""))[:200],
        }
    )


def _decoded(text: str) -> str:
    """Return the text that a value of a WSGI environment stands for (PEP 3333)."""
    return text.encode("latin-1", "replace").decode("utf-8", "replace")


class _State(Collector):
    """What is measured when it is asked for."""

    def __init__(self, served: Deployment | EndpointDeployment) -> None:
        self._served = served

    def collect(self) -> Iterable[Metric]:
        """Yield the metrics of this moment."""
        pool = self._served.pool
        queries = GaugeMetricFamily("kg_queries", "Queries by state", labels=["lane", "state"])
        for lane in Lane:
            running = [each for each in pool.running() if each.lane is lane]
            at_work = sum(each.pid is not None for each in running)
            queries.add_metric([lane, "running"], at_work)
            queries.add_metric([lane, "waiting"], len(running) - at_work)
        yield queries
        stopped = GaugeMetricFamily(
            "kg_queries_stopped", "Queries that were stopped, by reason", labels=["code"]
        )
        for code, number in pool.stopped.items():
            stopped.add_metric([code], number)
        yield stopped
        kg = self._served.kg()
        if "triples" not in kg.statistics.uncounted:
            triples = kg.statistics.triples
            yield GaugeMetricFamily("kg_triples", "Triples when last counted", triples)
        yield GaugeMetricFamily(
            "kg_derived_is_current", "Whether counts and indexes are of this state", kg.is_current
        )
        yield GaugeMetricFamily(
            "kg_snapshot_seconds",
            "Age of the snapshot, or survey of an endpoint, that is served",
            _age(kg.snapshot),
        )
        yield GaugeMetricFamily(
            "kg_degraded", "Whether something cannot be done", bool(self._served.troubles())
        )


def _age(snapshot: str) -> float:
    """Return the seconds since a snapshot was made, as its name tells."""
    made = datetime.strptime(snapshot[:15], "%Y%m%dT%H%M%S").replace(tzinfo=UTC)
    return (datetime.now(UTC) - made).total_seconds()


def to_standard_error() -> None:
    """Have the lines written to standard error, unless that is a terminal."""
    if os.isatty(2):
        return
    # No line tells these, and finding them out takes longer than writing it.
    logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False
    handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter("%(message)s"))
    log.addHandler(handler)
    log.setLevel(logging.INFO)
    log.propagate = False
