"""Dumps: the whole dataset, one graph, or the things of one class, in a file with a checksum.

A dump is made when it is first asked for, by an errand, and kept beside the snapshot it is of:

    DIR/snapshots/ID/downloads/NAME.EXT[.gz]         the dump
    DIR/snapshots/ID/downloads/NAME.EXT[.gz].json    its size and checksum, written last
"""

from __future__ import annotations

import gzip
import hashlib
import json
import logging
import re
import threading
from collections import Counter, defaultdict
from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import IO, Any, cast

from kg import formats
from kg.dataset import Statistics
from kg.errors import KgError, NotFound, unwritten
from kg.formats import Format, Kind
from kg.store import Limits, errand
from kg.store.embedded import EmbeddedStore
from kg.store.errand import Errands
from kg.store.snapshots import Snapshot
from kg.terms import DefaultGraph, NamedNode, local_name

log = logging.getLogger(__name__)

FOLDER = "downloads"

WHOLE = "all"
"""The name of the dump of everything."""

_LEVEL = 6
_BLOCK = 256 * 1024

_SMALL_STACK = 256 * 1024
"""Bytes of stack for a thread that follows no nested text."""
_LONGEST = 40
_NOT_IN_NAMES = re.compile(r"[^\w-]+")


class Part(StrEnum):
    """What a dump is of."""

    ALL = "all"
    GRAPH = "graph"
    CLASS = "class"


@dataclass(frozen=True)
class Extent:
    """What a dump holds; `iri` is that of the graph or class, None for the default graph."""

    name: str
    part: Part
    iri: str | None
    size: int
    """Triples; of a class, things."""

    @property
    def formats(self) -> tuple[Format, ...]:
        """The formats in which it is to be had; only everything needs those with graphs."""
        every = (each for each in formats.offers(Kind.GRAPH) if each.name != "n3")
        return tuple(each for each in every if self.part is Part.ALL or each.name not in _GRAPHS)


_GRAPHS = ("trig", "nq")


@dataclass(frozen=True)
class Dump:
    """A dump that was made."""

    path: Path
    bytes: int
    sha256: str


def extents(statistics: Statistics) -> Mapping[str, Extent]:
    """Return everything that can be had as a dump, by name: all, each graph, each class.

    A part is named after the end of its IRI, with a number where another has that name.
    """
    size = statistics.triples + statistics.shared_triples
    found = {WHOLE: Extent(WHOLE, Part.ALL, None, size)}
    parts = [(Part.GRAPH, each.graph, each.triples) for each in statistics.graphs]
    parts += [(Part.CLASS, each.iri, each.entities) for each in statistics.classes]
    used: Counter[str] = Counter()
    for part, iri, number in parts:
        stem = _stem(part, iri)
        used[stem] += 1
        name = stem if used[stem] == 1 else f"{stem}-{used[stem]}"
        while name in found:
            used[stem] += 1
            name = f"{stem}-{used[stem]}"
        found[name] = Extent(name, part, iri, number)
    return found


def _stem(part: Part, iri: str | None) -> str:
    own = _NOT_IN_NAMES.sub("-", local_name(iri) if iri else "default").strip("-")
    return f"{part}-{own[:_LONGEST] or 'unnamed'}"


def file_name(extent: Extent, format: Format, *, packed: bool) -> str:
    """Return the name of a dump's file."""
    return f"{extent.name}.{format.extension}{'.gz' if packed else ''}"


def made(snapshot: Snapshot, name: str) -> Dump | None:
    """Return a dump by the name of its file, if it was made already."""
    path = snapshot.path / FOLDER / name
    try:
        known = json.loads(_known(path).read_text(encoding="ascii"))
        return Dump(path, known["bytes"], known["sha256"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _known(path: Path) -> Path:
    return path.with_name(path.name + ".json")


class Dumps:
    """Makes dumps, one at a time."""

    def __init__(self, errands: Errands) -> None:
        self._errands = errands
        self._making: dict[tuple[str, str], threading.Lock] = defaultdict(threading.Lock)
        self._preparing = threading.Lock()
        self._prepared = ""

    def prepare(self, snapshot: Snapshot, extent: Extent, limits: Limits) -> None:
        """Have a dump made in all its formats in the background, once for each snapshot."""
        with self._preparing:
            if self._prepared == snapshot.id:
                return
            self._prepared = snapshot.id
        work = (snapshot, extent, limits)
        threading.Thread(target=self._prepare, args=work, name="dumps", daemon=True).start()

    def _prepare(self, snapshot: Snapshot, extent: Extent, limits: Limits) -> None:
        for format in extent.formats:
            try:
                self.get(snapshot, extent, format, packed=True, limits=limits)
            except KgError as error:  # whoever asks for it is told again
                log.info("%s as %s: %s", extent.name, format.name, error)

    def get(
        self, snapshot: Snapshot, extent: Extent, format: Format, *, packed: bool, limits: Limits
    ) -> Dump:
        """Return a dump, made now unless it was before.

        Raises NotAcceptable where the format cannot hold the data, OverLimit, Busy, StorageFailed.
        """
        name = file_name(extent, format, packed=packed)
        with self._making[snapshot.id, name]:
            if found := made(snapshot, name):
                return found
            if packed:  # the plain dump is of use for others, and what is packed is made from it
                self.get(snapshot, extent, format, packed=False, limits=limits)
            order = {
                "triples": str(snapshot.triples),
                "snapshot": snapshot.id,
                "file": str(snapshot.path / FOLDER / name),
                "part": extent.part,
                "iri": extent.iri,
                "format": format.name,
                "packed": packed,
            }
            self._errands.send("kg.dumps", order, limits)
        found = made(snapshot, name)
        if found is None:
            raise NotFound("this state of the data is gone; ask again for that of now")
        return found


def _carry_out(order: Mapping[str, Any]) -> dict[str, Any]:
    threading.stack_size(_SMALL_STACK)
    path = Path(order["file"])
    partial = path.with_name(path.name + ".part")
    try:
        path.parent.mkdir(exist_ok=True)
        with partial.open("wb") as raw:
            file = _Told(raw)
            if order["packed"]:
                _pack(path.with_name(path.name.removesuffix(".gz")), file)
            else:
                _write(order, file)
            file.close()
            known = {"bytes": file.size, "sha256": file.digest.hexdigest()}
        partial.replace(path)
        _known(path).write_text(json.dumps(known), encoding="ascii")
    except OSError as error:
        raise unwritten(path.name, error) from None
    finally:
        partial.unlink(missing_ok=True)
    return {}


class _Told:
    """A file that knows the size and the digest of what was written to it, once it is closed.

    The digest is worked out in a thread beside, which takes a third off the time of a dump.
    """

    def __init__(self, raw: IO[bytes]) -> None:
        self._raw = raw
        self._gathered = bytearray()
        self._thread = ThreadPoolExecutor(1)
        self._digesting: Future[None] | None = None
        self.size = 0
        self.digest = hashlib.sha256()

    def write(self, block: bytes) -> int:
        self._gathered += block
        if len(self._gathered) >= _BLOCK:
            self._pass_on()
        return len(block)

    def flush(self) -> None:
        """Keep what is gathered until there is more, or the file is closed."""

    def close(self) -> None:
        """Write what is left."""
        self._pass_on()
        self._thread.shutdown()
        self._raw.flush()

    def _pass_on(self) -> None:
        block, self._gathered = self._gathered, bytearray()
        if self._digesting is not None:
            self._digesting.result()
        self._digesting = self._thread.submit(self.digest.update, block)
        self._raw.write(block)
        self.size += len(block)


def _pack(plain: Path, file: _Told) -> None:
    """Write what is in a file, compressed; the same bytes for the same content."""
    target = cast("IO[bytes]", file)
    with plain.open("rb") as source, gzip.GzipFile("", "wb", _LEVEL, target, mtime=0) as packed:
        while block := source.read(_BLOCK):
            packed.write(block)


def _write(order: Mapping[str, Any], file: _Told) -> None:
    store = EmbeddedStore.open(Path(order["triples"]), snapshot=order["snapshot"])
    format = formats.by_name(order["format"], formats.FORMATS)
    output = cast("IO[bytes]", file)
    if order["part"] == Part.CLASS:
        store.dump_class(output, format, NamedNode(order["iri"]))
    elif order["part"] == Part.GRAPH:
        graph = NamedNode(order["iri"]) if order["iri"] else DefaultGraph()
        store.dump(output, format, graph=graph)
    else:
        store.dump(output, format)


if __name__ == "__main__":
    errand.carry_out(_carry_out)
