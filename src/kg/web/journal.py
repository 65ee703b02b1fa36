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
from collections.abc import Iterable
from datetime import UTC, datetime

from flask import Blueprint, Flask, Response, current_app, g, request
from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from kg.store.admission import Lane
from kg.web.current import Deployment, usage
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
    registry: CollectorRegistry = current_app.extensions["kg.metrics"]
    response = Response(generate_latest(registry), content_type="text/plain; version=0.0.4")
    response.headers["Cache-Control"] = "no-store"
    return response


def register(app: Flask, served: Deployment | EndpointDeployment) -> None:
    """Have every request counted and, where the logger `kg.requests` is on, written down."""
    registry = CollectorRegistry()
    registry.register(_State(served))
    seconds = Histogram(
        "kg_request_seconds",
        "Seconds from a request's coming to its answer's beginning",
        ["route"],
        registry=registry,
        buckets=_BUCKETS,
    )
    requests = Counter("kg_requests", "Requests", ["route", "status"], registry=registry)
    app.extensions["kg.metrics"] = registry
    app.register_blueprint(bp)
    numbers = itertools.count(1)
    start = f"{time.time_ns() // 1_000_000:x}"

    def begin() -> None:
        g.request_id, g.came = f"{start}-{next(numbers)}", time.monotonic()

    def finish(response: Response) -> Response:
        route = request.endpoint or "none"
        duration = time.monotonic() - g.came
        seconds.labels(route).observe(duration)
        requests.labels(route, response.status_code).inc()
        response.headers[REQUEST_ID] = g.request_id
        if log.isEnabledFor(logging.INFO):
            log.info("%s", _line(response, duration))
        return response

    app.before_request(begin)
    app.after_request(finish)


def _line(response: Response, duration: float) -> str:
    """Return what is to be known of a request, as one line of ASCII."""
    return json.dumps(
        {
            "time": datetime.now(UTC).isoformat(timespec="milliseconds"),
            "id": g.request_id,
            "client": request.remote_addr,
            "method": request.method[:20],
            "path": request.full_path.rstrip("?")[:LONGEST],
            "status": response.status_code,
            "ms": round(1000 * duration, 1),
            "queries": usage().queries,
            "reader_ms": round(1000 * usage().seconds, 1),
            "bytes": response.content_length,
            "snapshot": response.headers.get("KG-Snapshot"),
            "agent": request.user_agent.string[:200],
        }
    )


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
    handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter("%(message)s"))
    log.addHandler(handler)
    log.setLevel(logging.INFO)
    log.propagate = False
