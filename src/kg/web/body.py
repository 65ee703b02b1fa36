"""What a request sends: parameters and bodies, read strictly and within bounds."""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import IO
from urllib.parse import parse_qsl

from flask import request

from kg.errors import BadInput, TooLarge, UnsupportedMediaType
from kg.settings import Settings
from kg.web.auth import bears_token

FORM = "application/x-www-form-urlencoded"

FORM_FACTOR = 4
"""How many times its size a query may have as a form; percent-encoding triples a character."""

DOCUMENT = 10 * 1024 * 1024
"""Bytes of a document that anybody may send to have it looked at."""

_BLOCK = 64 * 1024


def longest(options: Settings, path: str, authorization: str) -> int:
    """Return the bytes of the longest body that is worth reading for a request.

    Without the token a change is refused whatever it holds, so nothing of it is kept.
    """
    if path.startswith("/graphs") and bears_token(options, authorization):
        return options.max_upload_bytes
    if path == "/update" and bears_token(options, authorization):
        return FORM_FACTOR * options.max_update_bytes
    if path == "/shacl":
        return FORM_FACTOR * DOCUMENT
    return FORM_FACTOR * options.max_query_bytes


def parameters(raw: bytes) -> list[tuple[str, str]]:
    """Return the pairs of a query string or an HTML form, in order. Raises BadInput."""
    try:
        return parse_qsl(
            raw.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=1000
        )
    except UnicodeDecodeError:
        raise BadInput(
            "the parameters must be percent-encoded UTF-8", code="malformed_query"
        ) from None
    except ValueError as error:
        raise BadInput(f"the parameters cannot be read: {error}") from None


def read(max_bytes: int) -> bytes:
    """Return the body. Raises TooLarge as soon as it is past `max_bytes`."""
    content = io.BytesIO()
    copy(limited(max_bytes), content, max_bytes)
    return content.getvalue()


def within(content: bytes, max_bytes: int) -> bytes:
    """Return a body that was read already. Raises TooLarge when it is past `max_bytes`."""
    if len(content) > max_bytes:
        raise _too_large(max_bytes)
    return content


def limited(max_bytes: int) -> IO[bytes]:
    """Return the body to read from. Raises TooLarge when it declares itself too long."""
    if (request.content_length or 0) > max_bytes:
        raise _too_large(max_bytes)
    return request.stream


def copy(source: IO[bytes], target: IO[bytes], max_bytes: int) -> None:
    """Copy all of `source`. Raises TooLarge as soon as it is past `max_bytes`.

    It is read to its end or one byte past the limit, so that a long one is never cut short.
    """
    size = 0
    while block := source.read(min(_BLOCK, max_bytes + 1 - size)):
        size += len(block)
        if size > max_bytes:
            raise _too_large(max_bytes)
        target.write(block)


def text(max_bytes: int) -> str:
    """Return the body as text. Raises BadInput when it is not UTF-8."""
    return decoded(read(max_bytes), request.mimetype_params)


def decoded(content: bytes, parameters: Mapping[str, str]) -> str:
    """Return a body as text, which its media type gave `parameters`.

    Raises BadInput when it is not UTF-8, UnsupportedMediaType when it says that it is not.
    """
    charset = parameters.get("charset", "utf-8").lower()
    if charset not in ("utf-8", "utf8", "us-ascii"):
        raise UnsupportedMediaType(f"expected a body in UTF-8, got charset={charset[:40]!r}")
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise BadInput(f"the body is not UTF-8: {error}", code="malformed_query") from None


def _too_large(max_bytes: int) -> TooLarge:
    return TooLarge(
        f"the request is larger than the {max_bytes:,} bytes that this service takes",
        code="query_too_large",
    )
