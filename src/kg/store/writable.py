"""The parent's end of the writer: hands it changes and waits for what became of them."""

from __future__ import annotations

import itertools
import json
import logging
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeout
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from kg.errors import Busy, KgError, StorageFailed, WriterRestarted
from kg.formats import Format
from kg.store import sandbox
from kg.store.updater import raised
from kg.terms import NamedNode

log = logging.getLogger(__name__)

QUEUE = 256
"""Changes that may wait."""

_START_SECONDS = 30
_RESTART_PAUSE = 0.2  # seconds between attempts to start the writer again
_ROUND_TRIP = 10  # seconds for what a change waits beside its own time


class WritableStore:
    """Changes a database through its writer, which is started again whenever it ends.

    Every method returns the id of a snapshot from which on the change can be seen; whoever asks
    after that sees it.
    """

    def __init__(self, database: Path, options: Mapping[str, Any]) -> None:
        """Start the writer. Raises Locked when another process writes to the database."""
        self._database = database
        self._options = dict(options)
        self._base_iri = self._options.pop("base_iri")
        self._numbers = itertools.count(1)
        self._lock = threading.Lock()
        self._ready = threading.Event()
        self._waiting: dict[int, Future[dict[str, Any]]] = {}
        self._closed = False
        self.trouble: KgError | None = None
        """Why the last change could not be stored; None once one was."""
        first: Future[tuple[subprocess.Popen[bytes], Connection, int]] = Future()
        threading.Thread(target=self._run, args=(first,), name="writer", daemon=True).start()
        self._process, self._connection, self.pid = first.result()
        self._ready.set()

    def update(self, text: str) -> str:
        """Carry out a SPARQL update. Raises BadQuery, OverLimit, StorageFull, DoesNotConform."""
        answer = self._order(
            self._options["update_seconds"], op="update", text=text, base=self._base_iri
        )
        return str(answer["snapshot"])

    def load(
        self,
        documents: Sequence[tuple[Path, Format]],
        *,
        base: str,
        graph: NamedNode | None,
        replace: bool,
    ) -> tuple[str, bool]:
        """Put documents into a graph (None: the default graph), in place of it if `replace`.

        Return the snapshot, and whether the graph is new. Raises BadData and what `update` raises.
        """
        answer = self._order(
            2 * self._options["load_seconds"],
            op="load",
            documents=[(str(path), format.name) for path, format in documents],
            base=base,
            graph=graph.value if graph else None,
            replace=replace,
        )
        return str(answer["snapshot"]), bool(answer["created"])

    def drop(self, graph: NamedNode | None) -> str:
        """Drop a graph (None: empty the default graph). Raises NotFound."""
        name = graph.value if graph else None
        answer = self._order(self._options["update_seconds"], op="drop", graph=name)
        return str(answer["snapshot"])

    def close(self) -> None:
        """End the writer; changes that wait are not made."""
        self._closed = True
        self._connection.close()
        self._process.terminate()
        self._process.wait()

    def _order(self, seconds: float, **order: Any) -> dict[str, Any]:
        """Send an order and return its answer. Raises what it raises."""
        if not self._ready.wait(timeout=_START_SECONDS):
            raise WriterRestarted("the writer does not start; nothing was changed")
        future: Future[dict[str, Any]] = Future()
        with self._lock:
            if len(self._waiting) >= QUEUE:
                raise Busy(f"{QUEUE} changes are waiting already; try again in a moment")
            number = next(self._numbers)
            self._waiting[number] = future
            ahead = len(self._waiting)
            try:
                self._connection.send_bytes(json.dumps({**order, "id": number}).encode())
            except OSError:
                del self._waiting[number]
                raise WriterRestarted("the writer has ended; nothing was changed") from None
        try:
            answer = future.result(timeout=seconds * ahead + _ROUND_TRIP)
        except FutureTimeout:
            raise Busy("the change has waited too long; whether it is made is not known") from None
        if "error" not in answer:
            self.trouble = None
            return answer
        error = raised(answer)
        if isinstance(error, StorageFailed):
            self.trouble = error
        raise error

    def _start(self) -> tuple[subprocess.Popen[bytes], Connection, int]:
        ours, theirs = socket.socketpair()
        settings = {"database": str(self._database), "options": self._options}
        with theirs:
            process = subprocess.Popen(  # noqa: S603  its words are our own
                [
                    sys.executable,
                    "-P",
                    "-m",
                    "kg.writer",
                    str(theirs.fileno()),
                    json.dumps(settings),
                ],
                pass_fds=[theirs.fileno()],
                env=sandbox.frugal_environment(),
            )
        connection = Connection(ours.detach())
        try:
            first = json.loads(connection.recv_bytes())
        except (EOFError, OSError):
            raise WriterRestarted("the writer ended while it started") from None
        if "error" in first:
            process.wait()
            raise raised(first)
        return process, connection, int(first["ready"])

    def _run(self, first: Future[tuple[subprocess.Popen[bytes], Connection, int]]) -> None:
        """Start the writer, and listen to it.

        It is always this thread that starts it: the kernel ends the writer with the thread that
        started it, not just with the process.
        """
        try:
            started = self._start()
        except BaseException as error:  # noqa: BLE001  whoever waits for it is told
            first.set_exception(error)
            return
        first.set_result(started)
        self._ready.wait()
        self._listen()

    def _listen(self) -> None:
        """Pass answers on; when the writer ends, tell those who wait, and start another."""
        while not self._closed:
            try:
                answer = json.loads(self._connection.recv_bytes())
            except (EOFError, OSError, ValueError):
                self._restart()
                continue
            with self._lock:
                future = self._waiting.pop(answer.get("id"), None)
            if future is not None:
                future.set_result(answer)

    def _restart(self) -> None:
        self._ready.clear()
        with self._lock:
            waiting, self._waiting = self._waiting, {}
        for future in waiting.values():
            future.set_exception(
                WriterRestarted("the writer ended before it acknowledged the change; look first")
            )
        while not self._closed:
            self._process.kill()
            self._process.wait()
            try:
                self._process, self._connection, self.pid = self._start()
            except (KgError, OSError) as error:
                log.warning("the writer cannot be started: %s", error)
                time.sleep(_RESTART_PAUSE)
            else:
                self._ready.set()
                return
