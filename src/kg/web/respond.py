"""Representations: how a value becomes a response, with the headers that HTTP asks for."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from http import HTTPStatus
from typing import Any

from flask import Response, current_app, render_template, request

from kg import formats
from kg.formats import Format
from kg.results import Result
from kg.web import compression, language
from kg.web.current import Kg, current_kg
from kg.web.shelf import Shelf

SNAPSHOT_HEADER = "KG-Snapshot"
EXPOSED_HEADERS = ["ETag", SNAPSHOT_HEADER, "Link"]

SECURITY_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
        "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
}


def choose(offers: Sequence[Format]) -> Format:
    """Return the format this request wants: `?format=` if given, else by its Accept header.

    Raises BadInput and NotAcceptable, which name those on offer.
    """
    return chosen(request.args.get("format", ""), request.headers.get("Accept", ""), offers)


def chosen(name: str, accept: str, offers: Sequence[Format]) -> Format:
    """Return the format with a name, or without one that which an Accept header prefers."""
    return formats.by_name(name, offers) if name else formats.choose(accept, offers)


def conditional(
    format: Format, make: Callable[[], Response], *, localized: bool = False, besides: str = ""
) -> Response:
    """Return 304 if the client has this representation of this snapshot, else what `make` gives.

    A snapshot never changes, so the validator is known before any work is done (RFC 9110, 8.8.3);
    of what an endpoint shows nobody knows whether it has changed, so there is none.
    What speaks to the reader is `localized`; every HTML page is. `besides` is what else the
    representation depends on.
    """
    if request.method not in ("GET", "HEAD") or current_kg.live:
        return make()
    spoken = language.key() if localized or format is formats.HTML else ""
    edition: str = current_app.extensions["kg.edition"]
    tag = validator(edition, current_kg, request.environ, format, besides=besides, spoken=spoken)
    for known in compression.forms(tag):
        if request.if_none_match.contains_weak(known):
            unchanged = Response(status=304)
            unchanged.set_etag(known)
            return unchanged
    shelf: Shelf = current_app.extensions["kg.shelf"]
    response = shelf.get(tag, make)
    if response.status_code == HTTPStatus.OK:
        response.set_etag(tag)
    return response


def validator(
    edition: str,
    kg: Kg,
    environ: Mapping[str, Any],
    format: Format,
    *,
    besides: str = "",
    spoken: str = "",
) -> str:
    """Return what a representation is known by, which changes with all that it depends on.

    Pages hold whole addresses, which depend on the host's name and on a proxy's path. `spoken` is
    the key of the languages, where it has any.
    """
    parts = (
        edition,
        kg.snapshot,
        kg.derived.snapshot,
        environ["wsgi.url_scheme"],
        environ.get("HTTP_HOST") or f"{environ['SERVER_NAME']}:{environ['SERVER_PORT']}",
        environ["SCRIPT_NAME"],
        environ["PATH_INFO"],
        environ["QUERY_STRING"],
        format.media_type,
        besides,
        spoken,
    )
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:32]


def result(result: Result) -> Response:
    """Return an answer of a store as it is."""
    response = Response(result.chunks, content_type=result.format.content_type)
    if result.length is not None:
        # With its length known, an answer that is cut on its way can never look complete.
        response.content_length = result.length
    return response


def page(template: str, status: int = 200, **values: Any) -> Response:
    """Return an HTML page."""
    html = render_template(template, **values)
    return Response(html, status=status, content_type=formats.HTML.content_type)


def as_json(value: Any, status: int = 200, media_type: str = "application/json") -> Response:
    """Return a JSON document."""
    text = json.dumps(value, ensure_ascii=False, indent=2) + "\n"
    return Response(text, status=status, content_type=media_type)


def private(response: Response) -> Response:
    """Return a response that no cache keeps."""
    response.headers["Cache-Control"] = "private, no-store"
    return response


def changed(snapshot: str, *, created: bool = False) -> Response:
    """Return that a change was made, and from which snapshot on it can be seen."""
    response = private(Response(status=201 if created else 204))
    del response.headers["Content-Type"]  # there is no content
    response.headers[SNAPSHOT_HEADER] = snapshot
    return response


def see_other(address: str) -> Response:
    """Return a redirect to an address of this service (RFC 9110, 15.4.4)."""
    return Response(status=303, headers={"Location": address})


LONGEST_LINK = 2000
"""Characters of an address up to which a header links to it; proxies have little room for more."""


def link(response: Response, address: str, relation: str, format: Format) -> None:
    """Say in a header where else to look (RFC 8288); `address` is one that `kg.web.links` made."""
    if len(address) <= LONGEST_LINK:
        value = f'<{address}>; rel="{relation}"; type="{format.media_type}"'
        response.headers.add("Link", value)


def finish(response: Response) -> None:
    """Add what every response carries."""
    response.vary.add("Accept-Encoding")
    if response.cache_control.immutable:
        return  # it depends on its address alone
    if not current_kg.live:
        response.headers.setdefault(SNAPSHOT_HEADER, current_kg.snapshot)
    response.vary.add("Accept")
    language.finish(response)
    if response.status_code in (200, 303, 304):
        response.headers.setdefault("Cache-Control", "no-cache")
