"""RDF files on their way into a store."""

from __future__ import annotations

import codecs
import gzip
import hashlib
import os
import re
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import IO, cast
from urllib.parse import quote
from xml.parsers import expat

from pyoxigraph import RdfFormat
from pyoxigraph import Store as Engine

from kg import formats
from kg.errors import BadData, BadInput, StorageFailed
from kg.formats import Format, Kind
from kg.terms import NamedNode

Progress = Callable[[int], None]
"""Is told how many bytes of the file (as it lies on disk) have been read since the last call."""


def silent(read: int) -> None:
    """Hear of progress and tell nobody."""


@dataclass(frozen=True)
class Source:
    """A file of RDF, and the graph its triples go to (None: the default graph).

    A file that names graphs itself (TriG, N-Quads) keeps them.
    """

    path: Path
    format: Format
    graph: NamedNode | None = None

    @classmethod
    def of(cls, path: Path, graph: NamedNode | None = None) -> Source:
        """Return the source at `path`. Raises BadInput when it is missing or of no known format."""
        shown = os.fsencode(path).decode("utf-8", "replace")
        if shown != str(path):
            raise BadInput(f"{shown}: the name of the file is not UTF-8; rename it")
        try:
            is_folder, exists = path.is_dir(), path.is_file()
        except OSError as error:
            raise BadInput(f"{shown[:100]}…: {error.strerror}") from None
        if is_folder:
            raise BadInput(f"{path}: this is a folder; name the files in it")
        if not exists:
            raise BadInput(f"{path}: no such file, or not a regular one")
        format = formats.by_file_name(path.name)
        if format is None:
            known = ", ".join(f".{known.extension}" for known in formats.offers(Kind.GRAPH))
            raise BadInput(
                f"{path}: unknown format; expected a file that ends in {known} (or with .gz behind)"
            )
        return cls(path, format, None if Kind.DATASET in format.kinds else graph)

    @property
    def stem(self) -> str:
        """The name of the file without what tells its format."""
        name = self.path.name
        return Path(name[:-3] if name.lower().endswith(".gz") else name).stem

    @property
    def size(self) -> int:
        """Bytes on disk."""
        try:
            return self.path.stat().st_size
        except OSError as error:
            raise StorageFailed(f"cannot read {self.path}: {error.strerror}") from None

    def sha256(self) -> str:
        """Return the SHA-256 of the file as lower-case hexadecimal digits. Raises StorageFailed."""
        try:
            with self.path.open("rb") as file:
                return hashlib.file_digest(file, "sha256").hexdigest()
        except OSError as error:
            raise StorageFailed(f"cannot read {self.path}: {error.strerror}") from None


def load(engine: Engine, source: Source, *, base_iri: str, progress: Progress) -> None:
    """Bulk-load a file; relative IRIs in `my.ttl` are read against `<base>id/my`.

    Raises BadData (`file:line:column: …`) when it is not well-formed, and StorageFailed. What was
    read before the error may stay in the store, which is then to be thrown away.
    """
    engine_format = source.format.engine
    assert isinstance(engine_format, RdfFormat)
    document = f"{base_iri}id/{quote(source.stem)}"
    try:
        with source.path.open("rb") as raw:
            engine.bulk_load(
                _content(source, raw, progress),
                engine_format,
                base_iri=document,
                to_graph=source.graph,
            )
    except SyntaxError as error:
        raise BadData(located(source.path, error)) from None
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise BadData(f"{source.path}: not a whole gzip file: {error}") from None
    except MemoryError as error:
        raise BadData(f"{source.path}: a term in it is too long: {error}") from None
    except UnicodeDecodeError as error:
        raise BadData(f"{source.path}: not UTF-8: {error}") from None
    except OSError as error:
        raise StorageFailed(f"cannot load {source.path}: {error}") from None


class _Counted:
    """A file that tells how far it has been read; decompressors and the engine only call `read`."""

    def __init__(self, file: IO[bytes], progress: Progress) -> None:
        self._file = file
        self._progress = progress

    def read(self, size: int = -1) -> bytes:
        block = self._file.read(size)
        self._progress(len(block))
        return block


class _Unmarked:
    """A file without the byte order mark that some editors put before UTF-8."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._begun = False

    def read(self, size: int = -1) -> bytes:
        block = self._file.read(size)
        if not self._begun:
            self._begun = True
            block = block.removeprefix(codecs.BOM_UTF8) or self._file.read(size)
        return block


class WellFormed:
    """A file of XML that is read as it is, and found to be well-formed to its very end.

    The engine's parser of RDF/XML takes a document that breaks off for one that has ended.
    """

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._parser = expat.ParserCreate()

    def read(self, size: int = -1) -> bytes:
        """Return a block of the file. Raises SyntaxError at the first that is not XML."""
        block = self._file.read(size)
        try:
            self._parser.Parse(block, not block)
        except expat.ExpatError as error:
            reason = expat.ErrorString(error.code)
            raise SyntaxError(reason, (None, error.lineno, error.offset + 1, None)) from None
        except (LookupError, ValueError) as error:  # an encoding that nobody knows
            raise SyntaxError(str(error), (None, 1, 1, None)) from None
        return block


def _content(source: Source, raw: IO[bytes], progress: Progress) -> IO[bytes]:
    """Return the file without compression and mark; `progress` hears of the bytes on disk."""
    file = cast("IO[bytes]", _Counted(raw, progress))
    if source.path.name.lower().endswith(".gz"):
        file = cast("IO[bytes]", gzip.GzipFile(fileobj=file))
    file = cast("IO[bytes]", _Unmarked(file))
    is_xml = source.format.engine == RdfFormat.RDF_XML
    return cast("IO[bytes]", WellFormed(file)) if is_xml else file


def located(path: Path | str, error: SyntaxError) -> str:
    """Return `file:line:column: what is wrong` for a parser's error."""
    message = _POSITION.sub("", error.msg)
    place = f"{path}:{error.lineno}:{error.offset}" if error.lineno else str(path)
    return f"{place}: {message}"


# The parser says where it is at the head of its message, too.
_POSITION = re.compile(
    r"^Parser error (at|between) line \d+ (between columns \d+ and \d+|column \d+)"
    r"( and line \d+ column \d+)?: "
)
