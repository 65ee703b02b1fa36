#!/usr/bin/env python3
"""What the service does under many connections at once, without and with hostile ones among them.

Serves the bundled graph, writable, and sends over 64 connections: pages of things (60 %), facets
(20 %), queries (15 %) and changes (5 %), at a steady rate in all; then the same with a tenth of
the requests replaced by queries that nobody should send. `--rate 0` sends each as soon as the one
before is answered, which shows how much it can take.

Usage: .venv/bin/python bench/load.py [--seconds N] [--connections N] [--rate N]

It ends with 1 if an answer was 500, 502 or 504, or the web process or the writer was replaced.
"""

from __future__ import annotations

import argparse
import http.client
import json
import random
import sys
import tempfile
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote, urlencode

from rich.console import Console
from rich.table import Table
from serving import HOST, build, busy, served, worked

TOKEN, SEED = "operator", 20240229
SETTINGS = {"KG_TOKEN": TOKEN, "KG_QUERY_SECONDS": "2"}
FAILED = {"500", "502", "504"}
PATIENCE = 60.0

THINGS = "SELECT DISTINCT ?s { ?s a ?class FILTER(isIRI(?s)) } ORDER BY ?s"
LOOKUP = "SELECT ?p ?o {{ <{}> ?p ?o }}"
HOSTILE = (
    "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }",
    "SELECT * { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i } ORDER BY ?c ?f ?i",
    "SELECT * { " + "{ " * 2000 + "?s ?p ?o" + " }" * 2000 + " }",
    "SELECT * { ?s (" + "|".join(f"<x:{n}>*" for n in range(60)) + ")+ ?o }",
    "SELECT * { SERVICE <http://127.0.0.1/> { ?s ?p ?o } }",
    "SELECT * { ?s ?p",
)
SHARES = (("page", 60), ("facets", 20), ("query", 15), ("change", 5))


@dataclass
class Seen:
    """What came back, by kind of request."""

    statuses: Counter[tuple[str, str]] = field(default_factory=Counter)
    seconds: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, kind: str, status: str, seconds: float) -> None:
        """Write down one answer."""
        with self.lock:
            self.statuses[kind, status] += 1
            self.seconds[kind].append(seconds)


def main() -> int:
    """Measure, print tables, and return the status to end with."""
    options = _options()
    console = Console()
    broken = False
    folder = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)  # something may still write
    with folder as name, _server(Path(name) / "db") as port:
        things = [row["s"]["value"] for row in _asked(port, THINGS)]
        before = _processes(port)
        _phase(port, things, options, seconds=5, hostile=0.0)  # nobody is measured while cold
        good = {}
        for title, hostile in (("as it should be", 0.0), ("a tenth is hostile", 0.1)):
            work = _Work.until_now(before[0])
            seen = _phase(port, things, options, seconds=options.seconds, hostile=hostile)
            console.print(_table(title, seen, options))
            console.print(_Work.until_now(before[0]).since(work))
            good[hostile] = sum(n for (kind, _), n in seen.statuses.items() if kind != "hostile")
            bad = sum(n for (_, status), n in seen.statuses.items() if status in FAILED)
            refused = {key: n for key, n in seen.statuses.items() if key[1] not in ("200", "204")}
            console.print(f"{bad} failed; not 200 or 204: {refused}")
            broken = broken or bad > 0
        same = _processes(port) == before
    kept = good[0.1] / (0.9 * good[0.0])
    console.print(
        f"kept of what a tenth fewer would be: {100 * kept:.0f} %; same processes: {same}"
    )
    return int(broken or not same)


@dataclass(frozen=True)
class _Work:
    """Seconds of processors, until a time. What others take makes all figures worse."""

    at: float
    service: float
    generator: float
    machine: float

    @classmethod
    def until_now(cls, web: int) -> _Work:
        return cls(time.monotonic(), worked(web), time.process_time(), busy())

    def since(self, before: _Work) -> str:
        """Return how many processors were at work since then, and for whom."""
        seconds = self.at - before.at
        service, generator, machine = (
            (getattr(self, name) - getattr(before, name)) / seconds
            for name in ("service", "generator", "machine")
        )
        return (
            f"processors at work: service {service:.2f}, this program {generator:.2f}, "
            f"others {machine - service - generator:.2f}"
        )


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=int, default=60, help="of each of the two phases")
    parser.add_argument("--connections", type=int, default=64)
    parser.add_argument("--rate", type=int, default=30, help="requests a second in all")
    return parser.parse_args()


@contextmanager
def _server(database: Path) -> Iterator[int]:
    build(database)
    with served(database, "--writable", environment=SETTINGS) as port:
        yield port


def _asked(port: int, query: str) -> list[dict[str, dict[str, str]]]:
    with closing(http.client.HTTPConnection(HOST, port, timeout=PATIENCE)) as connection:
        connection.request("GET", f"/sparql?{urlencode({'query': query, 'format': 'json'})}")
        rows: list[dict[str, dict[str, str]]] = json.load(connection.getresponse())["results"][
            "bindings"
        ]
        return rows


def _processes(port: int) -> tuple[int, int]:
    """Return the ids of the web process, by what it listens at, and of the writer."""
    with closing(http.client.HTTPConnection(HOST, port, timeout=PATIENCE)) as connection:
        connection.request("GET", "/health")
        writer = json.load(connection.getresponse())["writer"]
    with Path(f"/proc/{writer}/stat").open(encoding="utf-8") as stat:
        return int(stat.read().rpartition(")")[2].split()[1]), writer


@dataclass(frozen=True)
class _Load:
    """What clients send: one request each `pause` seconds, until `until`, some of them hostile."""

    port: int
    things: list[str]
    pause: float
    until: float
    hostile: float
    seen: Seen = field(default_factory=Seen)

    def send(self, number: int) -> None:
        """Be one client, which sends one request after the other over a connection that is kept."""
        chance = random.Random(SEED + number)  # noqa: S311  the same requests each time
        connection = http.client.HTTPConnection(HOST, self.port, timeout=PATIENCE)
        due = time.monotonic() + chance.random() * self.pause
        while due < self.until:
            time.sleep(max(0.0, due - time.monotonic()))
            kind, method, target, headers, body = _request(chance, self.things, self.hostile)
            begun = time.monotonic()
            try:
                connection.request(method, target, body, headers)
                response = connection.getresponse()
                response.read()
                status = str(response.status)
            except (OSError, http.client.HTTPException) as error:
                status = type(error).__name__
                connection.close()
            now = time.monotonic()
            self.seen.add(kind, status, now - begun)
            due = due + self.pause if self.pause else now
        connection.close()


def _phase(
    port: int, things: list[str], options: argparse.Namespace, *, seconds: int, hostile: float
) -> Seen:
    pause = options.connections / options.rate if options.rate else 0.0
    load = _Load(port, things, pause, time.monotonic() + seconds, hostile)
    threads = [
        threading.Thread(target=load.send, args=(number,)) for number in range(options.connections)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return load.seen


def _request(
    chance: random.Random, things: list[str], hostile: float
) -> tuple[str, str, str, dict[str, str], bytes | None]:
    if chance.random() < hostile:
        text = chance.choice(HOSTILE)
        return (
            "hostile",
            "POST",
            "/sparql",
            {"Content-Type": "application/sparql-query"},
            text.encode(),
        )
    (kind,) = chance.choices([name for name, _ in SHARES], [share for _, share in SHARES])
    thing = chance.choice(things)
    if kind == "page":
        return kind, "GET", f"/page?iri={quote(thing, safe='')}", {"Accept": "text/html"}, None
    if kind == "facets":
        chosen = chance.choice(["kg:Initiative", "kg:Measure", "kg:Institution", "kg:Industry"])
        return kind, "GET", f"/browse?type={chosen}", {"Accept": "application/json"}, None
    if kind == "query":
        query = urlencode({"query": LOOKUP.format(thing)})
        return kind, "GET", f"/sparql?{query}", {"Accept": "application/json"}, None
    mark = f"INSERT DATA {{ <http://example.org/{chance.random()}> <http://example.org/p> 1 }}"
    typed = {"Content-Type": "application/sparql-update", "Authorization": f"Bearer {TOKEN}"}
    return kind, "POST", "/update", typed, mark.encode()


def _table(title: str, seen: Seen, options: argparse.Namespace) -> Table:
    rate = f"{options.rate}/s" if options.rate else "as fast as answers come"
    table = Table(title=f"{title}: {options.connections} connections, {rate}, {options.seconds} s")
    for name in ("", "n", "median ms", "p95 ms", "p99 ms", "max ms"):
        table.add_column(name, justify="left" if not name else "right")
    for kind, seconds in sorted(seen.seconds.items()):
        found = sorted(1000 * each for each in seconds)
        marks = [found[min(len(found) - 1, int(len(found) * p))] for p in (0.5, 0.95, 0.99)]
        table.add_row(kind, str(len(found)), *(f"{mark:.0f}" for mark in (*marks, found[-1])))
    return table


if __name__ == "__main__":
    sys.exit(main())
