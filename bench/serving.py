"""Servers that are measured: started, waited for, looked at, and ended."""

from __future__ import annotations

import http.client
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from pathlib import Path

HOST = "127.0.0.1"
BIN = Path(sys.executable).parent
KG = BIN / "kg"
LONGEST_START = 1200.0


def free_port() -> int:
    """Return a port that nobody listens at."""
    with closing(socket.socket()) as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


@contextmanager
def running(
    command: Sequence[object],
    port: int,
    ready: str = "/health",
    environment: Mapping[str, str] | None = None,
) -> Iterator[subprocess.Popen[bytes]]:
    """Run a server while the context lasts, which begins when it answers `ready` with 200."""
    process = subprocess.Popen(  # noqa: S603
        list(map(str, command)),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={**os.environ, **(environment or {})},
    )
    try:
        deadline = time.monotonic() + LONGEST_START
        while not _answers(port, ready):
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"{command[0]} does not answer")
            time.sleep(0.02)
        yield process
    finally:
        process.terminate()
        with suppress(subprocess.TimeoutExpired):
            process.wait(timeout=30)
        process.kill()


@contextmanager
def served(
    database: Path, *options: object, environment: Mapping[str, str] | None = None
) -> Iterator[int]:
    """Serve a database while the context lasts; it is given the port."""
    port = free_port()
    command = [KG, "serve", "--db", database, "--port", port, *options]
    with running(command, port, environment=environment):
        yield port


def build(database: Path, *files: Path) -> float:
    """Build a database, of the bundled graph without files, and return the seconds it took."""
    begun = time.monotonic()
    command = [KG, "build", *files, "--db", database]
    subprocess.run(list(map(str, command)), check=True, capture_output=True)  # noqa: S603
    return time.monotonic() - begun


def family(pid: int) -> list[int]:
    """Return a process and those below it."""
    children: dict[int, list[int]] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            text = stat.read_text(encoding="utf-8", errors="replace")
            parent = int(text.rpartition(")")[2].split()[1])
            children.setdefault(parent, []).append(int(stat.parent.name))
    found = [pid]
    for each in found:
        found += children.get(each, [])
    return found


def worked(pid: int) -> float:
    """Return the seconds that a process and those below it have worked, the ended among them."""
    return sum(map(_ticks, family(pid))) / os.sysconf("SC_CLK_TCK")


def _ticks(pid: int) -> int:
    """Return the time of a process and of its children that have ended; 0 when it is gone."""
    with suppress(OSError):
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
        return sum(map(int, stat.rpartition(")")[2].split()[11:15]))
    return 0


def busy() -> float:
    """Return the seconds that all processors of the machine have worked, for whomever."""
    first, _, _ = Path("/proc/stat").read_text(encoding="ascii").partition("\n")
    user, nice, system, _, _, *interrupts = map(int, first.split()[1:8])
    return (user + nice + system + sum(interrupts)) / os.sysconf("SC_CLK_TCK")


def memory(pid: int) -> int:
    """Return the bytes of a process and those below it, each page shared out among its users."""
    return sum(map(proportional, family(pid)))


def proportional(pid: int) -> int:
    """Return the bytes of a process, with its share of what it shares; 0 when it is gone."""
    with suppress(OSError):
        rollup = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="utf-8")
        line = next(line for line in rollup.splitlines() if line.startswith("Pss:"))
        return 1024 * int(line.split()[1])
    return 0


def _answers(port: int, target: str) -> bool:
    try:
        with closing(http.client.HTTPConnection(HOST, port, timeout=10)) as connection:
            connection.request("GET", target, headers={"Accept": "application/json"})
            return connection.getresponse().status == http.client.OK
    except OSError:
        return False
