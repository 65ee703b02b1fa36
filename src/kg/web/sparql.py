"""The SPARQL endpoint: SPARQL 1.1 Protocol, query operation, and a form for people."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass

from flask import Blueprint, Response, request
from werkzeug.http import parse_options_header

from kg import formats, guard, sparql, terms
from kg.errors import BadInput, NotAcceptable, TooLarge, UnsupportedMediaType
from kg.formats import DATA, HTML, Format, Kind
from kg.settings import Settings
from kg.store import Scope
from kg.web import body, console, respond
from kg.web.body import FORM
from kg.web.current import begun, current_kg
from kg.web.dataset import service_description

bp = Blueprint("sparql", __name__)

PATH, ROUTE = "/sparql", "sparql.endpoint"
DIRECT = "application/sparql-query"


@dataclass(frozen=True)
class Sent:
    """A request for the endpoint, whoever read it from the wire."""

    method: str
    parameters: bytes
    """What follows the `?` in the address."""

    content_type: str
    accept: str
    body: Callable[[int], bytes]
    """Returns the body. Raises TooLarge when it has more bytes than it is given."""


@dataclass(frozen=True)
class Operation:
    """A query operation as the protocol gives it; `text` is None when there is no query."""

    text: str | None
    scope: Scope
    format: str
    """The name of the format that is asked for beside the Accept header, or ""."""

    explains: bool
    """Whether it is to be told how the query would be answered."""


@dataclass(frozen=True)
class Question:
    """A query that may run, over what, and in which format the answer is wanted."""

    text: str
    scope: Scope
    kind: Kind
    format: Format
    volatile: bool


@bp.route(PATH, methods=["GET", "POST"])
def endpoint() -> Response:
    """Answer a query; without one, describe the service or show the form."""
    accept = request.headers.get("Accept", "")
    content_type = request.headers.get("Content-Type", "")
    sent = Sent(request.method, request.query_string, content_type, accept, body.read)
    operation = parse(sent, current_kg.settings)
    if operation.text is None:
        return _without_query()
    if operation.explains:
        return _explained(operation.text, operation.scope)
    question = _checked(operation.text, operation, accept, current_kg.settings)
    if question.volatile:
        return _answer(question)
    return respond.conditional(question.format, lambda: _answer(question))


def read(sent: Sent, settings: Settings) -> Question | None:
    """Return the query that a request asks to have answered; None where it holds none.

    Raises BadInput, TooLarge, UnsupportedMediaType, NotAcceptable and Forbidden.
    """
    operation = parse(sent, settings)
    if operation.text is None or operation.explains:
        return None
    return _checked(operation.text, operation, sent.accept, settings)


def parse(sent: Sent, settings: Settings) -> Operation:
    """Return the operation that a request asks for (SPARQL 1.1 Protocol, 2.1).

    Raises BadInput, TooLarge and UnsupportedMediaType.
    """
    pairs = body.parameters(sent.parameters)
    address = dict(reversed(pairs))
    if sent.method == "POST":
        pairs += _posted(sent, settings.max_query_bytes)
    given: dict[str, list[str]] = defaultdict(list)
    for name, value in pairs:
        given[name].append(value)
    text = _text(given, sent.method, settings.max_query_bytes)
    scope = _scope(given["default-graph-uri"], given["named-graph-uri"])
    return Operation(text, scope, address.get("format", ""), "explain" in address)


def _checked(text: str, operation: Operation, accept: str, settings: Settings) -> Question:
    outline = sparql.outline(text)
    kind = outline.form.kind if outline.form else Kind.SOLUTIONS
    try:
        format = respond.chosen(operation.format, accept, (*formats.offers(kind), HTML))
    except NotAcceptable:
        guard.check_query(text, settings.service_hosts)  # what is forbidden is so in any format
        raise
    if format is not HTML:
        guard.check_query(text, settings.service_hosts)
    return Question(text, operation.scope, kind, format, outline.volatile)


def _text(given: dict[str, list[str]], method: str, limit: int) -> str | None:
    """Return the query among parameters."""
    if "update" in given:
        raise BadInput("this address takes queries only; `update` is not one of its parameters")
    if len(given["query"]) > 1:
        raise BadInput(f"expected one query, got {len(given['query'])}")
    if not given["query"]:
        if method == "POST":
            raise BadInput("expected a parameter `query`, got none")
        return None
    (text,) = given["query"]
    if len(text.encode()) > limit:
        raise TooLarge(
            f"the query is longer than the {limit:,} bytes that this service takes",
            code="query_too_large",
        )
    return text


def _posted(sent: Sent, limit: int) -> list[tuple[str, str]]:
    """Return what the body of a POST adds to the parameters of the address."""
    kind, parameters = parse_options_header(sent.content_type)
    kind = kind.lower()
    if kind == DIRECT:
        return [("query", body.decoded(sent.body(limit), parameters))]
    if kind == FORM:
        return body.parameters(sent.body(body.FORM_FACTOR * limit))
    raise UnsupportedMediaType(f"expected a body of type {FORM} or {DIRECT}, got {kind[:80]!r}")


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


def _answer(question: Question) -> Response:
    if question.format is HTML:
        return console.answer(question.text, question.scope, question.kind)
    if early := begun():
        return respond.result(early.answer())
    store = current_kg.asked()
    return respond.result(store.query(question.text, question.scope, format=question.format))
