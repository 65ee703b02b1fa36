"""The bar of every page: where one can go."""

from __future__ import annotations

from typing import Any

from flask import Flask, current_app, g, request, url_for
from flask_babel import lazy_gettext as _

from kg.web import links

_PLACES = (
    ("browse.page", _("Browse")),
    ("questions.page", _("Questions")),
    ("sparql.endpoint", _("Query")),
    ("ontology.page", _("Ontology")),
    ("dataset.page", _("Dataset")),
)
"""The endpoints of the bar, in order. One that the application does not have is not shown."""


def has(endpoint: str) -> bool:
    """Return whether the application has an endpoint, so that no link leads nowhere."""
    return endpoint in current_app.view_functions


def _bar() -> dict[str, Any]:
    here = g.get("place") or (request.endpoint or "").partition(".")[0]
    return {
        "places": [
            {"url": url_for(endpoint), "name": name, "here": endpoint.partition(".")[0] == here}
            for endpoint, name in _PLACES
            if has(endpoint)
        ]
    }


def register(app: Flask) -> None:
    """Give templates what the bar needs."""
    app.context_processor(_bar)
    app.template_global("has")(has)
    app.template_global("here")(links.here)
