"""Where errors meet HTTP: one table of statuses, one form for programs and one for people."""

from __future__ import annotations

import logging
import re
from http import HTTPStatus
from typing import Any

from flask import Flask, Response, request
from flask_babel import lazy_gettext as _
from werkzeug.exceptions import HTTPException, MethodNotAllowed, SecurityError

from kg import formats
from kg.errors import (
    BadInput,
    BadQuery,
    Busy,
    Cancelled,
    DoesNotConform,
    Forbidden,
    Interrupted,
    KgError,
    LengthRequired,
    Locked,
    NotAcceptable,
    NotFound,
    OverLimit,
    RemoteFailed,
    RemoteTimeout,
    StorageFailed,
    StorageFull,
    TooLarge,
    TooManyRequests,
    Unauthorized,
    UnsupportedMediaType,
    WriterRestarted,
)
from kg.formats import HTML, Format
from kg.web import respond

log = logging.getLogger(__name__)

_STATUS: dict[type[KgError], HTTPStatus] = {
    BadInput: HTTPStatus.BAD_REQUEST,
    Unauthorized: HTTPStatus.UNAUTHORIZED,
    Forbidden: HTTPStatus.FORBIDDEN,
    NotFound: HTTPStatus.NOT_FOUND,
    NotAcceptable: HTTPStatus.NOT_ACCEPTABLE,
    LengthRequired: HTTPStatus.LENGTH_REQUIRED,
    TooLarge: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    UnsupportedMediaType: HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    TooManyRequests: HTTPStatus.TOO_MANY_REQUESTS,
    OverLimit: HTTPStatus.SERVICE_UNAVAILABLE,
    Busy: HTTPStatus.SERVICE_UNAVAILABLE,
    RemoteTimeout: HTTPStatus.GATEWAY_TIMEOUT,
    RemoteFailed: HTTPStatus.BAD_GATEWAY,
    Cancelled: HTTPStatus.SERVICE_UNAVAILABLE,
    Interrupted: HTTPStatus.SERVICE_UNAVAILABLE,
    Locked: HTTPStatus.SERVICE_UNAVAILABLE,
    StorageFull: HTTPStatus.INSUFFICIENT_STORAGE,
    StorageFailed: HTTPStatus.INTERNAL_SERVER_ERROR,
    WriterRestarted: HTTPStatus.SERVICE_UNAVAILABLE,
    DoesNotConform: HTTPStatus.UNPROCESSABLE_ENTITY,
}

# RFC 9457.
PROBLEM = Format(
    "problem", "application/problem+json", "json", frozenset(), None, ("application/json",)
)

# What the HTTP layer says by itself, in words that neither echo the request nor leave one alone.
_WORDS = {
    HTTPStatus.NOT_FOUND: "there is no page at this address",
    HTTPStatus.BAD_REQUEST: "the request cannot be understood",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "the request is too large",
    HTTPStatus.METHOD_NOT_ALLOWED: "this address does not take that method",
}

_ADVICE = {
    "malformed_query": _("The query is not valid SPARQL. The message says at which place."),
    "query_too_large": _("The query is too long. Send it in parts."),
    "unsupported_function": _("The query calls a function that this service does not have."),
    "query_timeout": _(
        "The query took longer than one may here, and was stopped. "
        "Ask for fewer things, or add a LIMIT."
    ),
    "query_memory": _(
        "The query needed more memory than one may use here, and was stopped. "
        "Sort, group or join fewer rows."
    ),
    "query_too_complex": _("The query is nested too deeply. Make it simpler."),
    "result_too_large": _("The answer is larger than this service sends. Add a LIMIT."),
    "search_pattern": _("A search within a query is not written as it should be."),
    "search_too_wide": _("What the query searches for matches too many things. Be more exact."),
    "search_too_long": _("The search is too long. Use fewer words."),
    "search_timeout": _("The search took longer than one may here. Use longer or more words."),
    "search_behind": _("The data has just changed and is being indexed. Try again in a moment."),
    "search_incomplete": _("This service knows only a part of the endpoint's texts."),
    "federation_disabled": _("This service does not ask other services (SERVICE)."),
    "load_disabled": _("This service does not load data from elsewhere (LOAD)."),
    "busy": _("Many queries are running. Try again in a moment."),
    "cancelled": _("The query was stopped before it was answered."),
    "interrupted": _("The process that was answering has ended. Try again."),
    "not_found": _("Nothing is known under this address."),
    "bad_input": _("The address has a part that cannot be understood."),
    "not_acceptable": _("This cannot be sent in the format that was asked for."),
    "not_expressible": _("The answer holds something that this format cannot express."),
    "unauthorized": _("This needs the operator's token."),
    "forbidden": _("This service does not do that."),
    "read_only": _("The data of this service cannot be changed."),
    "storage_full": _("The disk of this service is full. What is there can still be read."),
    "internal_error": _("Something went wrong inside the service. Its log says what."),
}
"""What a person is told about an error, by its code; the detail is for those who want it."""


def register(app: Flask) -> None:
    """Answer every error in the form that the client reads."""
    app.register_error_handler(KgError, _foreseen)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(Exception, _unforeseen)


def status(error: KgError) -> HTTPStatus:
    """Return the status of an error: that of the nearest class in the table."""
    known = (_STATUS[kind] for kind in type(error).__mro__ if kind in _STATUS)
    return next(known, HTTPStatus.INTERNAL_SERVER_ERROR)


def _foreseen(error: KgError) -> Response:
    response = _problem(status(error), error.code, error.message, place(error))
    if isinstance(error, TooManyRequests):
        response.headers["Retry-After"] = str(error.seconds)
    return response


def _http(error: HTTPException) -> Response:
    if isinstance(error, SecurityError):
        return _untrusted()
    code = HTTPStatus(error.code or 500)
    response = _problem(code, code.name.lower(), _WORDS.get(code, code.phrase))
    if isinstance(error, MethodNotAllowed) and error.valid_methods:
        response.headers["Allow"] = ", ".join(sorted(error.valid_methods))
    return response


def _untrusted() -> Response:
    """Return that the name by which the service was called is not its own.

    A page cannot say so: it holds addresses, which begin with that name.
    """
    problem = _described(HTTPStatus.BAD_REQUEST, "bad_host", _BAD_HOST)
    return respond.as_json(problem, HTTPStatus.BAD_REQUEST, PROBLEM.media_type)


_BAD_HOST = "this service is not known by the name in the `Host` header"


def _unforeseen(error: Exception) -> Response:
    log.error("unforeseen error", exc_info=error)
    return _problem(
        HTTPStatus.INTERNAL_SERVER_ERROR,
        "internal_error",
        "something went wrong inside the service; its log says what",
    )


def advice(code: str) -> str:
    """Return what to tell a person about an error with this code, or ""."""
    return str(_ADVICE.get(code, ""))


def place(error: KgError) -> tuple[int, int] | None:
    """Return the line and the column of a query at which an error is, if it says so."""
    found = _PLACE.match(error.message) if isinstance(error, BadQuery) else None
    return (int(found["line"]), int(found["column"])) if found else None


_PLACE = re.compile(r"line (?P<line>\d+), column (?P<column>\d+): ")


def _described(code: HTTPStatus, name: str, detail: str) -> dict[str, Any]:
    """Return a problem in the members of RFC 9457."""
    return {
        "type": "about:blank",
        "title": code.phrase,
        "status": int(code),
        "code": name,
        "detail": detail,
    }


def _problem(
    code: HTTPStatus, name: str, detail: str, place: tuple[int, int] | None = None
) -> Response:
    problem = _described(code, name, detail)
    if place:
        problem["line"], problem["column"] = place
    try:
        wanted = formats.choose(request.headers.get("Accept", ""), (PROBLEM, HTML))
    except NotAcceptable:
        wanted = PROBLEM
    if wanted is HTML:
        response = respond.page(
            "problem.html", status=int(code), problem=problem, advice=advice(name)
        )
    else:
        response = respond.as_json(problem, int(code), PROBLEM.media_type)
    if code is HTTPStatus.SERVICE_UNAVAILABLE:
        response.headers["Retry-After"] = "5"
    if code is HTTPStatus.UNAUTHORIZED:
        response.headers["WWW-Authenticate"] = 'Bearer realm="kg"'
    return response
