"""SPARQL 1.1 Protocol, update operation; only for whoever bears the token."""

from __future__ import annotations

from collections import defaultdict

from flask import Blueprint, Response, request

from kg import guard, sparql, terms
from kg.errors import BadInput, TooLarge, UnsupportedMediaType
from kg.web import body, respond
from kg.web.auth import require_change
from kg.web.body import FORM
from kg.web.current import current_kg, deployment

bp = Blueprint("update", __name__)

DIRECT = "application/sparql-update"


@bp.post("/update")
def endpoint() -> Response:
    """Carry out an update; after the response every query sees it."""
    require_change()
    text = parse()
    guard.check_nesting(text)
    guard.check_update(text, current_kg.settings.service_hosts)
    return respond.changed(deployment().writable().update(text))


def parse() -> str:
    """Return the update that a request asks for (SPARQL 1.1 Protocol, 2.2).

    Raises BadInput, TooLarge and UnsupportedMediaType.
    """
    limit = current_kg.settings.max_update_bytes
    given: dict[str, list[str]] = defaultdict(list)
    for name, value in (*body.parameters(request.query_string), *_posted(limit)):
        given[name].append(value)
    if "query" in given:
        raise BadInput("this address takes updates only; `query` is not one of its parameters")
    if len(given["update"]) != 1:
        raise BadInput(f"expected one update, got {len(given['update'])}")
    (text,) = given["update"]
    if len(text.encode()) > limit:
        raise TooLarge(
            f"the update is longer than the {limit:,} bytes that this service takes",
            code="update_too_large",
        )
    return sparql.with_dataset(
        sparql.with_one_prologue(text),
        _spelled(given["using-graph-uri"]),
        _spelled(given["using-named-graph-uri"]),
    )


def _posted(limit: int) -> list[tuple[str, str]]:
    if request.mimetype == DIRECT:
        return [("update", body.text(limit))]
    if request.mimetype == FORM:
        return body.parameters(body.read(body.FORM_FACTOR * limit))
    raise UnsupportedMediaType(
        f"expected a body of type {FORM} or {DIRECT}, got {request.mimetype[:80]!r}"
    )


def _spelled(iris: list[str]) -> list[str]:
    return [terms.spell(terms.iri(text)) for text in iris]
