"""For the operator: the queries that are running, and stopping one."""

from __future__ import annotations

import time

from flask import Blueprint, Response

from kg.errors import Cancelled, NotFound
from kg.store.asking import Running
from kg.web import respond
from kg.web.auth import require_token
from kg.web.current import deployment

bp = Blueprint("queries", __name__)

TEXT_SHOWN = 2000


@bp.get("/queries")
def running() -> Response:
    """List the queries that run or wait, the oldest first."""
    require_token()
    value = {"queries": [_described(query) for query in deployment().pool.running()]}
    return respond.private(respond.as_json(value))


@bp.delete("/queries/<id>")
def stop(id: str) -> Response:
    """Stop a query; its client is told."""
    require_token()
    if not deployment().pool.stop(id, Cancelled("the query was stopped by the operator")):
        raise NotFound("no query with this id is running")
    return respond.private(Response(status=204))


def _described(query: Running) -> dict[str, object]:
    return {
        "id": query.id,
        "lane": query.lane,
        "started": query.started.isoformat(timespec="milliseconds"),
        "seconds": round(time.monotonic() - query.begun, 3),
        "state": "waiting" if query.pid is None else "running",
        "text": query.text[:TEXT_SHOWN],
    }
