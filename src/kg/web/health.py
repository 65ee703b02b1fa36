"""Whether the service can answer, for those who watch over it."""

from __future__ import annotations

from importlib.metadata import version

from flask import Blueprint, Response

from kg.web import respond
from kg.web.current import current_kg, deployment

bp = Blueprint("health", __name__)


@bp.get("/health")
def health() -> Response:
    """Ask the store one small question, and say what is being served."""
    current_kg.store.query("ASK {}").boolean()
    value = {
        "status": "ok",
        "snapshot": current_kg.snapshot,
        "triples": current_kg.statistics.triples,
        "writer": deployment().writer_pid(),
        "software": f"kg {version('kg')}",
    }
    response = respond.as_json(value)
    response.headers["Cache-Control"] = "no-store"
    return response
