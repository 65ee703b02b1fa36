"""Asking the process with Spark. Nothing here loads Spark."""

from __future__ import annotations

import json
import socket
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import IO

from kg.errors import Interrupted
from kg.formats import FORMATS, Format, Kind, by_name
from kg.store import Limits, Scope, WritingStore
from kg.store.embedded import EmbeddedStore
from kg.store.reader import raised


@dataclass(frozen=True)
class Cluster:
    """Where the files are, of which snapshot, and the socket of the process."""

    folder: Path
    snapshot: str
    socket: str
    union: bool

    @property
    def name(self) -> str:
        """What it is called where the data does not say so itself."""
        return self.folder.name

    @property
    def live(self) -> str:
        """What is shown as the place that the data comes from."""
        return f"Spark: {self.folder.name}"

    @property
    def key(self) -> str:
        """What tells it apart from others."""
        return f"{self.folder.absolute()}\n{self.snapshot}"

    def request(self) -> dict[str, object]:
        """Return what a reader has to know."""
        return {"spark": self.socket, "union": self.union}


class SparkStore(WritingStore):
    """Answers queries in the calling thread, by asking that process; a `kg.store.Store`."""

    def __init__(self, socket: str, *, snapshot: str, union: bool) -> None:
        super().__init__(snapshot)
        self._socket = socket
        self._union = union

    def write(
        self, output: IO[bytes], text: str, scope: Scope, limits: Limits, format: Format | None
    ) -> tuple[Kind, Format]:
        """Write the answer to a query; see `WritingStore`. Raises Interrupted besides."""
        request = {
            "text": text,
            **scope.to_json(),
            "seconds": limits.seconds,
            "bytes": limits.bytes,
            "format": format.name if format else None,
        }
        try:
            with socket.socket(socket.AF_UNIX) as asking:
                asking.connect(self._socket)
                connection = Connection(asking.detach())
            with connection:
                connection.send_bytes(json.dumps(request).encode())
                found = _taken(connection, output)
        except (EOFError, OSError):
            raise Interrupted(
                "the process with Spark has ended, and is started again; try again in a moment"
            ) from None
        if not isinstance(found, bytes):
            return found
        store = EmbeddedStore.of_quads(
            found, snapshot=self.snapshot, union_default_graph=self._union
        )
        return store.write(output, text, scope, limits, format)


def _taken(connection: Connection, output: IO[bytes]) -> tuple[Kind, Format] | bytes:
    """Write the frames of an answer, or return the excerpt. Raises the error that they bring."""
    while True:
        frame = connection.recv_bytes()
        if frame[:1] == b"X":
            raise raised(frame[1:])
        if frame[:1] == b"Q":
            return frame[1:]
        if frame[:1] == b"D":
            output.write(frame[1:])
            continue
        head, _, rest = frame[1:].partition(b"\n")
        output.write(rest)
        kind, name = head.decode().split(" ")
        return Kind(kind), by_name(name, FORMATS)
