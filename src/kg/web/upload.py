"""Documents that clients send, kept in a folder for as long as they are worked at."""

from __future__ import annotations

import contextlib
import tempfile
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from flask import request

from kg import formats
from kg.errors import StorageFull, UnsupportedMediaType
from kg.formats import Format, Kind
from kg.web import body

# What a graph may be sent as. application/json is none: nobody can tell what it is meant to be.
_READ = tuple(format for format in formats.FORMATS if Kind.GRAPH in format.kinds)


@contextlib.contextmanager
def folder() -> Iterator[Path]:
    """Yield a folder for what is sent; a disk that is full there raises StorageFull."""
    try:
        with tempfile.TemporaryDirectory(prefix="kg-upload-") as name:
            yield Path(name)
    except OSError as error:
        raise StorageFull(f"there is no room to keep the document: {error.strerror}") from None


def must_be_plain() -> None:
    """Raise UnsupportedMediaType for a body that is compressed."""
    if request.headers.get("Content-Encoding", "identity") != "identity":
        raise UnsupportedMediaType("a compressed body is not taken; send it as it is")


def kept(folder: Path, content: IO[bytes], media_type: str, limit: int) -> tuple[Path, Format]:
    """Keep a document in a file of `folder`; return it with its format.

    Raises TooLarge and UnsupportedMediaType.
    """
    format = format_of(media_type)
    path = folder / f"{uuid.uuid4().hex}.{format.extension}"
    with path.open("wb") as file:
        body.copy(content, file, limit)
    return path, format


def format_of(media_type: str) -> Format:
    """Return the format of RDF with a media type. Raises UnsupportedMediaType."""
    for format in _READ:
        if media_type in {format.media_type, *format.aliases} - {"application/json"}:
            return format
    known = ", ".join(format.media_type for format in _READ)
    raise UnsupportedMediaType(f"expected one of {known}; got {media_type[:80]!r}")
