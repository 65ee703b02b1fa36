"""Running the application behind granian, as one process tree."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, cast

from granian import Granian
from granian.constants import HTTPModes, Interfaces
from granian.http import HTTP1Settings
from granian.log import LogLevels

from kg import build
from kg.errors import BadInput
from kg.settings import Settings
from kg.spark.store import Cluster
from kg.store import sandbox
from kg.store.admission import QUEUE
from kg.store.embedded import EmbeddedStore
from kg.store.remote import Endpoint
from kg.store.snapshots import Database
from kg.web import body, create_app, journal
from kg.web.express import Express
from kg.web.gateway import Gateway

STACK = 128 * 1024 * 1024
"""Bytes of stack for a request: a term of RDF 1.2 may be nested as deeply as a query is long."""

THREADS = 2 * QUEUE + 16
"""Threads that answer requests: as many as may wait for a reader, and some for what need not."""

LONGEST_HEAD = 64 * 1024
"""Bytes of the address and the headers of a request."""

FILES = 512
"""Files that the service may have open at once: a connection for each that is answered or waits,
what belongs to the snapshot, and pipes to readers."""


def run(
    options: Settings,
    source: Database | Endpoint | Cluster,
    *,
    host: str,
    port: int,
    writable: bool,
    questions: Path | None,
    announce: Callable[[str], None],
) -> None:
    """Serve until a signal ends it; see `kg.web.create_app`. `announce` is told the address.

    Raises BadInput when the address cannot be listened at, Locked when another process writes to
    a database that is to be `writable`, and whatever opening it raises, before a worker starts.
    """
    sandbox.allow_files(FILES)
    address = _free_address(host, port)
    if isinstance(source, Database):
        _must_open(source, writable=writable)
    announce(f"http://{f'[{host}]' if ':' in host else host}:{port}")
    server = Granian(
        "kg.web:create_app",
        address=address,
        port=port,
        interface=Interfaces.RSGI,
        workers=1,
        http1_settings=HTTP1Settings(
            header_read_timeout=round(1000 * options.slow_seconds), max_buffer_size=LONGEST_HEAD
        ),
        http=HTTPModes.http1,  # in HTTP/2 nothing announces a body, or tells that it was cut
        log_level=LogLevels.warning,
    )
    loader = cast(
        "Callable[..., Callable[..., Any]]",
        partial(_gateway, options, source, writable, questions),
    )
    server.serve(target_loader=loader, wrap_loader=False)


def _must_open(database: Database, *, writable: bool) -> None:
    snapshot = database.current()
    build.opened(snapshot)
    EmbeddedStore.open(snapshot.triples, snapshot=snapshot.id)
    if writable:
        with database.writing():
            pass  # nobody else writes to it


def _gateway(
    options: Settings, source: Database | Endpoint | Cluster, writable: bool, questions: Path | None
) -> Gateway:
    """Return the application; called in the process that serves, which ends with the command."""
    sandbox.die_with_parent()
    threading.stack_size(STACK)
    journal.to_standard_error()
    application = create_app(options, source, writable=writable, questions=questions)
    longest = partial(body.longest, options)
    express = Express(application) if isinstance(source, Database) else None
    patience = options.slow_seconds
    return Gateway(application, express, threads=THREADS, longest=longest, patience=patience)


def _free_address(host: str, port: int) -> str:
    """Return the numeric address of `host`. Raises BadInput unless it can be listened at.

    The server itself shares its port with any other that does (SO_REUSEPORT) and would not notice.
    """
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        with socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
            return str(address[0])
    except (OSError, UnicodeError) as error:
        reason = getattr(error, "strerror", None) or error
        raise BadInput(
            f"cannot listen at {host}:{port}: {reason}; try another --port or --host"
        ) from None
