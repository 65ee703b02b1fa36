r"""A reader: a process that answers one query at a time, and may be killed at any moment.

It is forked by `kg.store.nursery` and talks over one socket. A request is JSON, an answer a few
frames, each a byte that says what follows:

    D<bytes>                     a block of the answer
    E<kind> <format>\n<bytes>    the last block: the answer is complete
    X<json>                      an error instead of the rest: its class, code and message

Nothing short ever looks complete: without E there is no answer.
"""

from __future__ import annotations

import contextlib
import gc
import json
import os
import threading
from collections.abc import Callable, Iterator
from multiprocessing.connection import Connection
from pathlib import Path
from typing import IO, Any, cast

from kg import errors, formats
from kg.columnar.routing import RoutedStore, Routing
from kg.errors import KgError
from kg.formats import Kind
from kg.store import Limits, Scope, WritingStore, sandbox
from kg.store.embedded import EmbeddedStore
from kg.store.remote import Endpoint, RemoteStore

STACK = 256 * 1024 * 1024
"""Bytes of stack for a query. The engine descends once for each level of nesting; on this much no
text of the longest that the service takes was found to run over."""

BLOCK = 64 * 1024
"""Bytes that are gathered before they are sent."""

OPEN = 2
"""Snapshots that stay open: a page that has begun before a change ends with what it began with, and
to open one takes ten times as long as most queries."""


def main(connection: Connection) -> None:
    """Answer queries until the other side closes the connection."""
    sandbox.die_with_parent()
    try:
        settings = json.loads(connection.recv_bytes())
    except EOFError:
        return
    guarded = settings["federation"] or sandbox.forbid_sockets()
    gc.freeze()
    threading.stack_size(STACK)
    answering = threading.Thread(target=_serve, args=(connection, settings, guarded), daemon=True)
    answering.start()
    answering.join()


def _serve(connection: Connection, settings: dict[str, Any], sockets_forbidden: bool) -> None:
    sandbox.limit_memory(settings["memory"])
    reader = _Reader(connection, settings, sockets_forbidden)
    try:
        while True:
            reader.answer(json.loads(connection.recv_bytes()))
    except (EOFError, OSError):
        return


class _Reader:
    """Keeps the snapshots of the last requests open; an endpoint is asked anew each time."""

    def __init__(
        self, connection: Connection, settings: dict[str, Any], sockets_forbidden: bool
    ) -> None:
        self._connection = connection
        self._settings = settings
        self._sockets_forbidden = sockets_forbidden
        self._stores: dict[str, EmbeddedStore] = {}
        """By id, that of the last request last."""

        self._routed: RoutedStore | None = None
        """The store of the last query of a client, with its columns."""

    def answer(self, request: dict[str, Any]) -> None:
        """Send the frames of one answer."""
        try:
            store = self._opened(request)
            last = self._answer(store, request) if "text" in request else b"E \n"
        except MemoryError:
            os.abort()  # as the engine does when it runs out of memory
        except KgError as error:
            last = problem(error)
        self._connection.send_bytes(last)

    def _opened(self, request: dict[str, Any]) -> RoutedStore | WritingStore:
        if "endpoint" in request:
            endpoint = Endpoint.from_json(request["endpoint"])
            return RemoteStore(endpoint, snapshot=request["snapshot"])
        if "spark" in request:
            from kg.spark.store import SparkStore  # noqa: PLC0415  it speaks as this module does

            return SparkStore(
                request["spark"], snapshot=request["snapshot"], union=request["union"]
            )
        store = self._stores.pop(request["snapshot"], None) or self._store(request)
        self._stores[store.snapshot] = store
        if not request["columns"]:
            return store
        if self._routed is None or self._routed.oxigraph is not store:
            self._routed = None
            self._routed = self._routing(request, store)
        return self._routed

    def _store(self, request: dict[str, Any]) -> EmbeddedStore:
        while len(self._stores) >= OPEN:
            del self._stores[next(iter(self._stores))]
        with self._descriptors():
            return EmbeddedStore.open(
                Path(request["path"]),
                snapshot=request["snapshot"],
                union_default_graph=request["union"],
                base_iri=request["base"],
            )

    def _routing(self, request: dict[str, Any], store: EmbeddedStore) -> RoutedStore:
        work = self._settings["work"]
        routing = Routing(
            Path(request["derived"]),
            self._settings["memory"],
            Path(work) if work else None,
            self._settings["engine"],
        )
        return RoutedStore(store, routing, union=request["union"], opening=self._descriptors)

    @contextlib.contextmanager
    def _descriptors(self) -> Iterator[None]:
        """Be able to open files, where that is taken away to forbid sockets."""
        if self._sockets_forbidden:
            yield
            return
        sandbox.allow_descriptors()
        try:
            yield
        finally:
            sandbox.forbid_descriptors()

    def _answer(self, store: RoutedStore | WritingStore, request: dict[str, Any]) -> bytes:
        """Send the answer but for its last frame, which is returned."""
        scope = Scope.from_json(request)
        if request.get("explain") and isinstance(store, RoutedStore):
            choice = store.explain(request["text"], scope).to_json()
            return b"E" + f"{Kind.BOOLEAN} json\n{json.dumps(choice)}".encode()
        blocks = Blocks(self._connection.send_bytes)
        name = request["format"]
        kind, format = store.write(
            cast("IO[bytes]", blocks),
            request["text"],
            scope,
            Limits(request["seconds"], request["bytes"]),
            formats.by_name(name, formats.FORMATS) if name else None,
        )
        return b"E" + f"{kind} {format.name}\n".encode() + blocks.rest


class Blocks:
    """A file whose content is sent in frames of `BLOCK` bytes or a little more."""

    def __init__(self, send: Callable[[bytes], None]) -> None:
        self._send = send
        self.rest = bytearray()

    def write(self, data: bytes) -> int:
        """Send what is whole, and keep the rest."""
        self.rest += data
        if len(self.rest) > BLOCK:
            self._send(b"D" + self.rest)
            self.rest.clear()
        return len(data)

    def flush(self) -> None:
        """Keep what is gathered: the engine flushes when it ends, and the last frame carries it."""


def problem(error: KgError) -> bytes:
    """Return the X frame that tells of an error."""
    return b"X" + json.dumps([type(error).__name__, error.code, error.message]).encode()


def raised(problem: bytes) -> KgError:
    """Return the error that an X frame carries."""
    name, code, message = json.loads(problem)
    return cast("KgError", getattr(errors, name)(message, code=code))
