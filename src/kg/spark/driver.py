"""The process that has Spark: it answers whoever connects to its socket, each in a thread.

It talks like a reader (`kg.store.reader`): a request is JSON, an answer a few frames, or one,

    Q<bytes>    N-Quads, from which who asked has the answer

A query is cancelled at its deadline, and when who asked has left; where that does not stop it, the
process ends, and is started again.
"""

from __future__ import annotations

import contextlib
import json
import os
import socket
import sys
import threading
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, cast

from kg import formats
from kg.errors import Interrupted, KgError
from kg.spark.engine import SparkEngine
from kg.spark.session import Session
from kg.store import Cancellation, Limits, Scope, sandbox
from kg.store.reader import STACK, Blocks, problem

GRACE = 30.0
"""Seconds that a query may go on after it was cancelled."""


def main() -> None:
    """Tell that it is ready, or why not, in one line of JSON; then answer for ever."""
    sandbox.die_with_parent()
    listener = socket.socket(fileno=int(sys.argv[1]))
    order = json.load(sys.stdin)
    folder = Path(order["folder"])
    try:
        session = Session(folder, order["master"])
        engine = SparkEngine(
            folder,
            session,
            memory=order["memory"],
            union=order["union"],
            little=order["little"],
        )
    except KgError as error:
        print(json.dumps({"error": error.message}), flush=True)
        return
    print(json.dumps({"snapshot": engine.snapshot}), flush=True)
    threading.Thread(target=_end_with, args=(session,), daemon=True).start()
    threading.stack_size(STACK)
    while True:
        asking, _ = listener.accept()
        connection = Connection(asking.detach())
        threading.Thread(target=_answer, args=(engine, connection), daemon=True).start()


def _end_with(session: Session) -> None:
    """End when Spark has, to be started again."""
    session.wait()
    os._exit(1)


def _answer(engine: SparkEngine, connection: Connection) -> None:
    """Answer the one request that a connection brings."""
    try:
        request = json.loads(connection.recv_bytes())
    except (EOFError, OSError):
        return
    cancellation, done = Cancellation(), threading.Event()
    watch = (connection, request["seconds"], cancellation, done)
    threading.Thread(target=_watch, args=watch, daemon=True).start()
    try:
        last = _written(engine, connection, request, cancellation)
    except KgError as error:
        last = problem(error)
    except Exception as error:  # noqa: BLE001  the reader waits for an answer
        last = problem(Interrupted(f"Spark broke off: {str(error)[:300]}"))
    with contextlib.suppress(OSError):  # who asked has left
        connection.send_bytes(last)
    done.set()


def _written(
    engine: SparkEngine, connection: Connection, request: dict[str, Any], stop: Cancellation
) -> bytes:
    """Send the answer but for its last frame, which is returned."""
    scope = Scope.from_json(request)
    blocks = Blocks(connection.send_bytes)
    name = request["format"]
    found = engine.answer(
        cast("Any", blocks),
        request["text"],
        scope,
        Limits(request["seconds"], request["bytes"], cancellation=stop),
        formats.by_name(name, formats.FORMATS) if name else None,
    )
    if isinstance(found, bytes):
        return b"Q" + found
    kind, format = found
    return b"E" + f"{kind} {format.name}\n".encode() + blocks.rest


def _watch(
    connection: Connection, seconds: float | None, stop: Cancellation, done: threading.Event
) -> None:
    """Cancel what is done for a connection once it is closed, or the time is over."""
    with connection:
        with contextlib.suppress(OSError):
            connection.poll(seconds)  # nothing more is said, so that what comes is its end
        if done.is_set():
            return
        stop.cancel()
        if not done.wait(GRACE):
            os._exit(1)


if __name__ == "__main__":
    main()
