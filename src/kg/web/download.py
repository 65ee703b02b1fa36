"""Dumps, as files that can be fetched in parts."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

from flask import Blueprint, Response, request, url_for

from kg import dumps
from kg.catalogue.dcat import Download
from kg.dumps import Dump, Extent
from kg.errors import NotFound
from kg.formats import Format
from kg.store import Limits
from kg.web.current import Deployment, current_kg, deployment

bp = Blueprint("download", __name__)

_BLOCK = 256 * 1024

PREPARED = 200_000
"""Triples up to which the dumps of everything are made as soon as somebody looks at the list."""


@bp.get("/download/<dump>")
def file(dump: str) -> Response:
    """Send a dump: NAME.EXT, or NAME.EXT.gz compressed."""
    served = _deployment()
    extent, format, packed = _meant(dump)
    limits = Limits(
        current_kg.settings.export_seconds, None, current_kg.queries.limits.cancellation
    )
    snapshot = served.database.snapshot(current_kg.snapshot)
    found = served.dumps.get(snapshot, extent, format, packed=packed, limits=limits)
    return _sent(found, format, packed=packed)


def _deployment() -> Deployment:
    served = deployment()
    if not isinstance(served, Deployment):
        raise NotFound("this service shows an endpoint, which has no dumps here; ask it by SPARQL")
    return served


def _meant(name: str) -> tuple[Extent, Format, bool]:
    """Return what the name of a file stands for. Raises NotFound."""
    plain = name.removesuffix(".gz")
    stem, _, extension = plain.rpartition(".")
    extent = dumps.extents(current_kg.statistics).get(stem)
    if extent is None:
        raise NotFound("there is no such dump; /dataset lists all of them")
    for format in extent.formats:
        if format.extension == extension:
            return extent, format, plain != name
    known = ", ".join(f".{format.extension}" for format in extent.formats)
    raise NotFound(f"there is no dump with that extension; there are {known}, and each with .gz")


def _sent(dump: Dump, format: Format, *, packed: bool) -> Response:
    """Return a dump, or the part of it that is asked for (RFC 9110, 14)."""
    if request.if_none_match.contains_weak(dump.sha256):
        return _marked(Response(status=304), dump)
    part = _part(dump)
    if part is None:
        beyond = Response(status=416)
        beyond.headers["Content-Range"] = f"bytes */{dump.bytes}"
        return beyond
    start, stop = part
    response = Response(_blocks(dump.path, start, stop))
    response.content_type = "application/gzip" if packed else format.content_type
    response.content_length = stop - start
    if stop - start < dump.bytes:
        response.status_code = 206
        response.headers["Content-Range"] = f"bytes {start}-{stop - 1}/{dump.bytes}"
    # A coding would make other bytes of those that have the checksum, and that parts are of.
    response.direct_passthrough = True
    name = quote(dump.path.name)
    response.headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{name}"
    return _marked(response, dump)


def _part(dump: Dump) -> tuple[int, int] | None:
    """Return where what is asked for begins and ends; None if there is nothing there.

    Of several parts, and of another state than the client knows, everything is sent.
    """
    whole, wanted, known = (0, dump.bytes), request.range, request.if_range
    another = (known.etag or known.date) and known.etag != dump.sha256
    if wanted is None or wanted.units != "bytes" or len(wanted.ranges) != 1 or another:
        return whole
    return wanted.range_for_length(dump.bytes)


def _blocks(path: Path, start: int, stop: int) -> Iterator[bytes]:
    with path.open("rb") as file:
        file.seek(start)
        while block := file.read(min(_BLOCK, stop - file.tell())):
            yield block


def _marked(response: Response, dump: Dump) -> Response:
    response.set_etag(dump.sha256)
    response.headers["Accept-Ranges"] = "bytes"
    digest = base64.b64encode(bytes.fromhex(dump.sha256)).decode()
    response.headers["Repr-Digest"] = f"sha-256=:{digest}:"  # RFC 9530, 3
    return response


def address(extent: Extent, format: Format, *, packed: bool) -> str:
    """Return the whole address of a dump."""
    name = dumps.file_name(extent, format, packed=packed)
    return url_for("download.file", dump=name, _external=True)


def offered() -> list[Download]:
    """Return the dumps of everything, with size and checksum of those that were made."""
    served = deployment()
    if not isinstance(served, Deployment):
        return []
    extent = dumps.extents(current_kg.statistics)[dumps.WHOLE]
    snapshot = served.database.snapshot(current_kg.snapshot)
    if extent.size <= PREPARED:
        served.dumps.prepare(snapshot, extent, Limits(current_kg.settings.export_seconds))
    found = []
    for format in extent.formats:
        for packed in (False, True):
            known = dumps.made(snapshot, dumps.file_name(extent, format, packed=packed))
            size, digest = (known.bytes, known.sha256) if known else (None, "")
            whole = address(extent, format, packed=packed)
            found.append(Download(whole, format, packed, size, digest))
    return found
