"""Having a process with Spark answer from a folder of Parquet files."""

from __future__ import annotations

import contextlib
import json
import logging
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from kg.columnar import parquet
from kg.errors import BadInput
from kg.spark.store import Cluster

log = logging.getLogger(__name__)

LITTLE = 1_000_000
"""Quads that are gone through without Spark sooner than it has begun."""

WAITING = 64
"""Queries that may wait for the process to take them."""

RETRY = 1.0
"""Seconds before a process that has ended is started again."""


@contextlib.contextmanager
def running(
    folder: Path, master: str, *, memory: int, union: bool, always: bool = False
) -> Iterator[Cluster]:
    """Have a process with Spark answer from a folder, while the block runs.

    With `always`, Spark answers what goes through little as well. Raises BadInput where it cannot
    be started.
    """
    parquet.manifest(folder)
    if find_spec("pyspark") is None or find_spec("sqlglot") is None:
        raise BadInput("this needs Spark: pip install 'kg[spark]'")
    if shutil.which("java") is None:
        raise BadInput("Spark needs Java 17 or later, and there is no `java` on the path")
    order = {
        "folder": str(folder.absolute()),
        "master": master,
        "memory": memory,
        "union": union,
        "little": 0 if always else LITTLE,
    }
    with tempfile.TemporaryDirectory(prefix="kg-spark-") as private:
        path = str(Path(private, "socket"))
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(path)
            listener.listen(WAITING)
            driver = _Driver(listener, order)
            try:
                yield Cluster(folder, driver.started(), path, union)
            finally:
                driver.close()


class _Driver:
    """Starts the process, and starts it again when it has ended."""

    def __init__(self, listener: socket.socket, order: Mapping[str, object]) -> None:
        self._listener = listener
        self._order = json.dumps(order)
        self._told: dict[str, Any] = {}
        self._ready = threading.Event()
        self._closed = False
        self._process: subprocess.Popen[str] | None = None
        # The kernel ends the process with the thread that has started it.
        self._thread = threading.Thread(target=self._keep, name="spark", daemon=True)
        self._thread.start()

    def started(self) -> str:
        """Wait until it answers, and return the id of its snapshot. Raises BadInput."""
        self._ready.wait()
        if "snapshot" not in self._told:
            raise BadInput(self._told.get("error", "Spark could not be started"))
        return str(self._told["snapshot"])

    def close(self) -> None:
        """End it."""
        self._closed = True
        if self._process is not None:
            self._process.terminate()
        self._thread.join(timeout=10)

    def _keep(self) -> None:
        while not self._closed:
            self._process = subprocess.Popen(  # noqa: S603  its words are our own
                [sys.executable, "-P", "-m", "kg.spark.driver", str(self._listener.fileno())],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                pass_fds=[self._listener.fileno()],
                start_new_session=True,
                text=True,
            )
            assert self._process.stdin
            assert self._process.stdout
            with contextlib.suppress(BrokenPipeError):
                self._process.stdin.write(self._order)
                self._process.stdin.close()
            told = self._process.stdout.readline()
            if not self._ready.is_set():
                self._told = json.loads(told) if told.startswith("{") else {}
                self._ready.set()
            self._process.wait()
            self._process.stdout.close()
            if "snapshot" not in self._told:
                return
            if not self._closed:
                log.warning("the process with Spark has ended, and is started again")
                time.sleep(RETRY)
