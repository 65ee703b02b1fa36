"""The SPARQL endpoint: SPARQL 1.1 Protocol, query operation, and a form for people."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from flask import Blueprint, Response, request

from kg import formats, guard, sparql, terms
from kg.errors import BadInput, NotAcceptable, TooLarge, UnsupportedMediaType
from kg.formats import DATA, HTML, Format, Kind
from kg.store import Scope
from kg.web import body, console, respond
from kg.web.body import FORM
from kg.web.current import current_kg
from kg.web.dataset import service_description

bp = Blueprint("sparql", __name__)

DIRECT = "application/sparql-query"


@dataclass(frozen=True)
class Operation:
    """A query operation as the protocol gives it; `text` is None when there is no query."""

    text: str | None
    scope: Scope


@bp.route("/sparql", methods=["GET", "POST"])
def endpoint() -> Response:
    """Answer a query; without one, describe the service or show the form."""
    operation = parse()
    if operation.text is None:
        return _without_query()
    text, scope = operation.text, operation.scope
    if "explain" in request.args:
        return _explained(text, scope)
    outline = sparql.outline(text)
    kind = outline.form.kind if outline.form else Kind.SOLUTIONS
    hosts = current_kg.settings.service_hosts
    try:
        format = respond.choose((*formats.offers(kind), HTML))
    except NotAcceptable:
        guard.check_query(text, hosts)  # what is forbidden is so in any format
        raise
    if format is not HTML:
        guard.check_query(text, hosts)
    if outline.volatile:
        return _answer(text, scope, kind, format)
    return respond.conditional(format, lambda: _answer(text, scope, kind, format))


def parse() -> Operation:
    """Return the operation that a request asks for (SPARQL 1.1 Protocol, 2.1).

    Raises BadInput, TooLarge and UnsupportedMediaType.
    """
    pairs = body.parameters(request.query_string)
    limit = current_kg.settings.max_query_bytes
    if request.method == "POST":
        pairs += _posted(limit)
    given: dict[str, list[str]] = defaultdict(list)
    for name, value in pairs:
        given[name].append(value)
    if "update" in given:
        raise BadInput("this address takes queries only; `update` is not one of its parameters")
    if len(given["query"]) > 1:
        raise BadInput(f"expected one query, got {len(given['query'])}")
    text = given["query"][0] if given["query"] else None
    if text is None and request.method == "POST":
        raise BadInput("expected a parameter `query`, got none")
    if text is not None and len(text.encode()) > limit:
        raise TooLarge(
            f"the query is longer than the {limit:,} bytes that this service takes",
            code="query_too_large",
        )
    return Operation(text, _scope(given["default-graph-uri"], given["named-graph-uri"]))


def _posted(limit: int) -> list[tuple[str, str]]:
    """Return what the body of a POST adds to the parameters of the address."""
    if request.mimetype == DIRECT:
        return [("query", body.text(limit))]
    if request.mimetype == FORM:
        return body.parameters(body.read(body.FORM_FACTOR * limit))
    raise UnsupportedMediaType(
        f"expected a body of type {FORM} or {DIRECT}, got {request.mimetype[:80]!r}"
    )


def _scope(default: list[str], named: list[str]) -> Scope:
    if not default and not named:
        return Scope()
    return Scope(tuple(map(terms.iri, default)), tuple(map(terms.iri, named)))


def _without_query() -> Response:
    format = respond.choose((*formats.offers(Kind.GRAPH), HTML))
    if format is HTML:
        return respond.conditional(format, console.ask)
    return respond.conditional(format, lambda: respond.result(service_description(format)))


def _explained(text: str, scope: Scope) -> Response:
    """Return which engine answers a query, why, and by which SQL."""
    format = respond.choose((DATA, HTML))
    if format is HTML:
        return console.explain(text, scope)
    guard.check_query(text, current_kg.settings.service_hosts)
    return respond.as_json(current_kg.explained(text, scope))


def _answer(text: str, scope: Scope, kind: Kind, format: Format) -> Response:
    if format is HTML:
        return console.answer(text, scope, kind)
    return respond.result(current_kg.asked().query(text, scope, format=format))
