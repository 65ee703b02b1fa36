"""The colours of the classes, as a style sheet: pages have no style of their own (CSP)."""

from __future__ import annotations

from collections.abc import Iterable

from flask import Blueprint, Flask, Response, url_for

from kg.terms import NamedNode
from kg.web import assets
from kg.web.current import current_kg

bp = Blueprint("colors", __name__)


@bp.get("/colors-<digest>.css")
def stylesheet(digest: str) -> Response:
    """Send the style sheet; a page from before a change gets that of now, for now."""
    palette = current_kg.derived.palette
    response = Response(palette.css, content_type="text/css; charset=utf-8")
    if digest == palette.digest:
        response.headers["Cache-Control"] = assets.FOREVER
    return response


def hue(classes: Iterable[NamedNode] | NamedNode | None) -> str:
    """Return the CSS class that gives a thing of these classes its colour, or ""."""
    if classes is None:
        return ""
    of = [classes] if isinstance(classes, NamedNode) else classes
    return current_kg.derived.palette.name(of)


def register(app: Flask) -> None:
    """Give templates the style sheet and the filter `hue`."""
    app.template_filter("hue")(hue)
    app.template_global("colors_url")(
        lambda: url_for("colors.stylesheet", digest=current_kg.derived.palette.digest)
    )
