#!/usr/bin/env python3
"""Whether a graph can be built anew under a server without anybody noticing.

Serves a database of a million triples, sends requests at a steady rate (queries and pages, each
over a connection of its own), and builds the next version of the data into the same database while
they come. Every version marks itself at both ends of the data; an answer that shows two different
marks would be a mixture.

Prints what the requests were answered with, how long they took while nothing was built and while
something was, and how long the builds took.

Usage: .venv/bin/python bench/reload.py [--triples N] [--rate N] [--builds N]

It ends with 1 if a request failed, or an answer mixed two versions or went back to an earlier one.
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import statistics
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlencode

from rich.console import Console
from rich.table import Table
from serving import HOST, build, served

EX = "http://example.org/"
VERSIONS = f"SELECT ?a ?z {{ <{EX}a> <{EX}version> ?a . <{EX}z> <{EX}version> ?z }}"


@dataclass
class Seen:
    """What requests were answered with; `builds` tells whether a build was going on."""

    statuses: Counter[str] = field(default_factory=Counter)
    seconds: dict[bool, list[float]] = field(default_factory=lambda: {True: [], False: []})
    mixed: int = 0
    newest: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)


def main() -> int:
    """Measure, print a table, and return the status to end with."""
    options = _options()
    console = Console()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        build(folder / "db", _version(folder, 0, options.triples))
        with served(folder / "db") as port:
            seen, building = Seen(), threading.Event()
            with _requests(port, options.rate, seen, building):
                time.sleep(3)
                builds = []
                for number in range(1, options.builds + 1):
                    file = _version(folder, number, options.triples)
                    building.set()
                    builds.append(build(folder / "db", file))
                    time.sleep(1)
                    building.clear()
                    time.sleep(2)
    console.print(_table(seen, builds, options))
    failed = sum(seen.statuses.values()) - seen.statuses["200"]
    console.print(f"{failed} failed, {seen.mixed} mixed, newest version seen {seen.newest}")
    return int(failed > 0 or seen.mixed > 0 or seen.newest != options.builds)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--triples", type=int, default=1_000_000)
    parser.add_argument("--rate", type=int, default=50, help="requests a second")
    parser.add_argument("--builds", type=int, default=3)
    return parser.parse_args()


def _version(folder: Path, number: int, triples: int) -> Path:
    """Write a version of the data: its number at both ends, and things with values between."""
    file = folder / "data.nt"
    mark = f'<{EX}version> "{number}"^^<http://www.w3.org/2001/XMLSchema#integer> .\n'
    with file.open("w", encoding="utf-8") as output:
        output.write(f"<{EX}a> {mark}")
        for thing in range(triples // 4):
            subject = f"<{EX}thing/{thing}>"
            output.write(
                f"{subject} <http://www.w3.org/1999/02/22-rdf-syntax-ns#type> <{EX}Thing> .\n"
                f'{subject} <http://www.w3.org/2000/01/rdf-schema#label> "thing {thing}"@en .\n'
                f'{subject} <{EX}value> "{thing * 7919 % 1000}" .\n'
                f"{subject} <{EX}next> <{EX}thing/{thing * 31 % max(1, triples // 4)}> .\n"
            )
        output.write(f"<{EX}z> {mark}")
    return file


def _ask(port: int, target: str) -> tuple[str, bytes]:
    with closing(http.client.HTTPConnection(HOST, port, timeout=30)) as connection:
        connection.request("GET", target, headers={"Accept": "application/json, text/html"})
        response = connection.getresponse()
        return str(response.status), response.read()


@contextmanager
def _requests(port: int, rate: int, seen: Seen, building: threading.Event) -> Iterator[None]:
    """Send requests at a steady rate while the context lasts, however long each one takes."""
    over = threading.Event()

    def send() -> None:
        begun, number = time.monotonic(), 0
        with ThreadPoolExecutor(rate) as threads:
            while not over.wait(max(0.0, begun + number / rate - time.monotonic())):
                threads.submit(_one, port, number, seen, building)
                number += 1

    sending = threading.Thread(target=send)
    sending.start()
    try:
        yield
    finally:
        over.set()
        sending.join()


def _one(port: int, number: int, seen: Seen, building: threading.Event) -> None:
    targets = (
        f"/sparql?{urlencode({'query': VERSIONS})}",
        "/",
        f"/page?{urlencode({'iri': f'{EX}thing/{number % 1000}'})}",
    )
    before, begun, during = seen.newest, time.monotonic(), building.is_set()
    try:
        status, body = _ask(port, targets[number % len(targets)])
    except (OSError, http.client.HTTPException) as error:
        status, body = type(error).__name__, b""
    with seen.lock:
        seen.statuses[status] += 1
        seen.seconds[during].append(time.monotonic() - begun)
        if number % len(targets) == 0 and status == "200":
            (row,) = json.loads(body)["results"]["bindings"]
            versions = int(row["a"]["value"]), int(row["z"]["value"])
            seen.mixed += versions[0] != versions[1] or versions[0] < before
            seen.newest = max(seen.newest, *versions)


def _table(seen: Seen, builds: list[float], options: argparse.Namespace) -> Table:
    table = Table(
        title=f"{options.triples:,} triples, {options.rate} requests/s, {os.cpu_count()} cores"
    )
    for name in ("", "n", "median ms", "p95 ms", "p99 ms", "max ms"):
        table.add_column(name, justify="left" if not name else "right")
    for name, during in (("between builds", False), ("during builds", True)):
        found = sorted(1000 * each for each in seen.seconds[during])
        marks = [found[min(len(found) - 1, int(len(found) * p))] for p in (0.5, 0.95, 0.99)]
        row = (str(len(found)), *(f"{mark:.1f}" for mark in (*marks, found[-1])))
        table.add_row(f"requests {name}", *row)
    table.add_row("builds (s)", str(len(builds)), f"{statistics.median(builds):.1f}", "", "", "")
    return table


if __name__ == "__main__":
    sys.exit(main())
