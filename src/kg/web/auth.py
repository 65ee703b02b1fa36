"""Who may do what an operator may: whoever bears the token."""

from __future__ import annotations

import hashlib
import hmac

from flask import request

from kg.errors import BadInput, Forbidden, LengthRequired, Unauthorized
from kg.settings import Settings
from kg.web.current import current_kg


def require_token() -> None:
    """Raise unless the request bears the operator's token (RFC 6750, 2.1).

    Forbidden where no token is configured, BadInput for a token in the address (which logs and
    histories keep), Unauthorized for a missing or wrong one. The comparison takes the same time
    wherever the tokens differ.
    """
    if "token" in request.args or "access_token" in request.args:
        raise BadInput("send the token as `Authorization: Bearer …`, never in the address")
    if not current_kg.settings.token:
        raise Forbidden("no token is configured, so nobody may do this; set KG_TOKEN to allow it")
    if not bears_token(current_kg.settings, request.headers.get("Authorization", "")):
        raise Unauthorized("expected `Authorization: Bearer …` with the token of this service")


def require_change() -> None:
    """Raise unless the request is a change by the operator that came whole.

    A body in chunks that is cut looks to the HTTP server like one that has ended, so a change must
    declare its length; a body shorter than that is refused before it gets here.
    """
    require_token()
    if request.content_length is None and "Transfer-Encoding" in request.headers:
        raise LengthRequired("send the change with its Content-Length, not in chunks")


def bears_token(options: Settings, authorization: str) -> bool:
    """Return whether an Authorization header holds the token; never where there is none."""
    scheme, _, given = authorization.partition(" ")
    same = hmac.compare_digest(_digest(given.strip()), _digest(options.token))
    return bool(options.token) and scheme.lower() == "bearer" and same


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()
