"""Whether the service can answer, for those who watch over it."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.metadata import version

from flask import Blueprint, Response

from kg.web import respond
from kg.web.current import current_kg, deployment

bp = Blueprint("health", __name__)


@bp.get("/health/live")
def live() -> Response:
    """Say that the process answers, whatever becomes of its queries."""
    return _uncached({"status": "live"})


@bp.get("/health")
def health() -> Response:
    """Ask the store one small question, and say what is being served.

    `degraded` means that reading goes on and something else does not; `reasons` say what.
    """
    current_kg.store.query("ASK {}").boolean()
    troubles, counted = deployment().troubles(), current_kg.statistics
    value = {
        "status": "degraded" if troubles else "ok",
        "reasons": [{"code": each.code, "detail": each.message} for each in troubles],
        "snapshot": None if current_kg.live else current_kg.snapshot,
        "endpoint": current_kg.live or None,
        "triples": None if "triples" in counted.uncounted else counted.triples,
        "writer": deployment().writer_pid(),
        "software": f"kg {version('kg')}",
    }
    return _uncached(value)


def _uncached(value: Mapping[str, object]) -> Response:
    response = respond.as_json(value)
    response.headers["Cache-Control"] = "no-store"
    return response
