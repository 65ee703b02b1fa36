"""The page on which people ask in SPARQL: the question, and its answer or why there is none."""

from __future__ import annotations

from collections.abc import Iterable
from http import HTTPStatus
from typing import Any

from flask import Response, url_for

from kg import formats, guard
from kg.errors import KgError
from kg.formats import Kind
from kg.store import EVERYTHING, Scope
from kg.terms import NamedNode
from kg.web import answers, language, problems, respond, snippets
from kg.web.answers import Asked
from kg.web.current import current_kg, deployment


def address(text: str) -> str:
    """Return where a question is asked."""
    return _asked(text).address()


def ask(text: str = "") -> Response:
    """Return the page without an answer."""
    return _page(text, _asked(text))


def answer(text: str, scope: Scope, kind: Kind) -> Response:
    """Return the page with the answer to a question, or with what is wrong.

    Cost: the query, and one more for the labels of what is shown.
    """
    asked = _asked(text, scope)
    try:
        guard.check_query(text, current_kg.settings.service_hosts)
        asked = answers.read(asked.path, asked.question)
        return _page(text, **answers.shown(asked, text, kind, scope))
    except KgError as error:
        return _page(text, asked, kind, status=problems.status(error), error=error)


def explain(text: str, scope: Scope) -> Response:
    """Return the page with how a question is answered, or with what is wrong."""
    asked = _asked(text, scope)
    try:
        guard.check_query(text, current_kg.settings.service_hosts)
        return _page(text, asked, explained=current_kg.explained(text, scope))
    except KgError as error:
        return _page(text, asked, status=problems.status(error), error=error)


def _asked(text: str, scope: Scope = EVERYTHING) -> Asked:
    question = (
        ("query", text),
        *_named("default-graph-uri", scope.default),
        *_named("named-graph-uri", scope.named),
    )
    return Asked(url_for("sparql.endpoint"), question)


def _named(parameter: str, graphs: Iterable[object] | None) -> list[tuple[str, str]]:
    return [(parameter, each.value) for each in graphs or () if isinstance(each, NamedNode)]


def _page(
    text: str,
    asked: Asked,
    kind: Kind = Kind.SOLUTIONS,
    status: int = HTTPStatus.OK,
    error: KgError | None = None,
    **shown: Any,
) -> Response:
    wanted = language.languages()
    endpoint = url_for("sparql.endpoint", _external=True)
    lost = shown.pop("lost", ())
    offers = [each for each in formats.offers(kind) if each.name not in lost]
    return respond.page(
        "sparql.html",
        status=status,
        text=text,
        asked=asked,
        examples=[(each, each.title(wanted)) for each in current_kg.examples],
        error=error,
        advice=problems.advice(error.code) if error else "",
        place=problems.place(error) if error else None,
        offers=[(format.name, asked.data(format)) for format in offers],
        snippets=snippets.of(text, offers[0], endpoint) if text else (),
        can_keep=deployment().kept.is_possible,
        **shown,
    )
