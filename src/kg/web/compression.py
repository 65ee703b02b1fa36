"""Compressing responses with gzip for clients that take it (RFC 9110, 8.4).

A long answer stays a stream, compressed block by block. One that breaks off lacks the end of the
gzip format, its checksum and length, so that nothing short ever looks complete.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator

from flask import Response, request
from werkzeug.datastructures import Accept
from werkzeug.http import parse_accept_header

SMALLEST = 1024
"""Bytes below which compression gains nothing."""

STREAMED = 1024 * 1024
"""Bytes above which an answer is compressed while it is sent, faster and less well."""

_LEVEL, _STREAM_LEVEL = 6, 1
_GZIP = 31  # a window of 32 KiB, with the header and trailer of gzip (zlib.h, deflateInit2)

_COMPRESSIBLE = frozenset(
    {"application/json", "application/n-quads", "application/n-triples", "application/trig"}
)

_MARK = "-gzip"


def accepts(encoding: str) -> bool:
    """Return whether the client takes a content coding."""
    return is_among(encoding, request.headers.get("Accept-Encoding", ""))


def is_among(encoding: str, accepted: str) -> bool:
    """Return whether an Accept-Encoding header takes a content coding."""
    return float(parse_accept_header(accepted or None, Accept)[encoding]) > 0


def compress(response: Response) -> None:
    """Compress a response where that pays and the client wants it."""
    if not _pays(response) or not accepts("gzip"):
        return
    length = response.content_length
    if response.is_streamed and (length is None or length > STREAMED):
        blocks = response.response
        if close := getattr(blocks, "close", None):
            response.call_on_close(close)
        response.response = _compressed(blocks)  # type: ignore[arg-type]  # bytes: it is ours
        response.headers.pop("Content-Length", None)
    else:
        response.set_data(packed(response.get_data()))
    response.headers["Content-Encoding"] = "gzip"
    tag, is_weak = response.get_etag()
    if tag and not is_weak:
        response.set_etag(tag + _MARK)


def packed(content: bytes) -> bytes:
    """Return a whole content in the gzip format."""
    return b"".join(_compressed([content], _LEVEL))


def forms(tag: str) -> tuple[str, str]:
    """Return the validators of a representation whose own is `tag`: as it is, and compressed.

    Different bytes have different strong validators (RFC 9110, 8.8.3.3).
    """
    return tag, tag + _MARK


def pays(kind: str, length: int | None) -> bool:
    """Return whether a content of a media type and length, if that is known, becomes smaller."""
    compressible = (
        kind.startswith("text/") or kind in _COMPRESSIBLE or kind.endswith(("+json", "+xml"))
    )
    return compressible and (length is None or length >= SMALLEST)


def _pays(response: Response) -> bool:
    streamed = response.is_streamed
    length = response.content_length if streamed else response.calculate_content_length()
    return (
        pays(response.mimetype or "", length)
        and not response.direct_passthrough
        and not {"Content-Encoding", "Content-Range"} & set(response.headers.keys())
    )


def _compressed(blocks: Iterable[bytes], level: int = _STREAM_LEVEL) -> Iterator[bytes]:
    """Yield blocks in the gzip format (RFC 1952), none of them empty."""
    engine = zlib.compressobj(level, wbits=_GZIP)
    for block in blocks:
        if done := engine.compress(block):
            yield done
    yield engine.flush()
