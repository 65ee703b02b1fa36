"""Short addresses of queries: `/q/NAME` leads to the console with the query that is kept there."""

from __future__ import annotations

from flask import Blueprint, Response, request, url_for

from kg.errors import BadInput, Forbidden, TooLarge
from kg.web import body, console, respond
from kg.web.current import current_kg, deployment

bp = Blueprint("kept", __name__)

LONGEST = 60_000
"""Characters of an address that the server takes, and a few less."""


@bp.post("/q")
def keep() -> Response:
    """Keep the query of a form, and tell its address. Raises BadInput, Forbidden, StorageFull.

    Pages of other sites cannot do this in the name of their visitors.
    """
    if request.headers.get("Sec-Fetch-Site", "same-origin") not in ("same-origin", "none"):
        raise Forbidden("a query is kept when this service's own page asks for it")
    limit = current_kg.settings.max_query_bytes
    given = dict(body.parameters(body.read(body.FORM_FACTOR * limit)))
    text = given.get("query")
    if text is None:
        raise BadInput("expected a parameter `query`, got none")
    if len(text.encode()) > limit:
        raise TooLarge(
            f"the query is longer than the {limit:,} bytes that this service takes",
            code="query_too_large",
        )
    address = url_for("kept.query", name=deployment().kept.keep(text), _external=True)
    response = respond.private(respond.as_json({"url": address}, status=201))
    response.headers["Location"] = address
    return response


@bp.get("/q/<name>")
def query(name: str) -> Response:
    """Lead to the console with a query; show it there where its address would be too long.

    Raises NotFound.
    """
    text = deployment().kept.text(name)
    address = console.address(text)
    return respond.see_other(address) if len(address) <= LONGEST else console.ask(text)
