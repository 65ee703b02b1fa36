#!/usr/bin/env python3
"""This service beside others, over the same generated graphs, in one run.

For each size a graph of things with classes, names in two languages, numbers, categories and links
is written once and loaded into each server in turn: this one, Oxigraph's, Virtuoso, and, up to
100,000 triples, rdflib-endpoint. Each does the same work over HTTP, one after the other, so that
none disturbs another; the queries are the same. This service keeps short answers for whoever asks
the same again, so each query ends with a comment that makes it a new text, but for the lookups
that are said to be asked again. What a server has no way to do is left out, and what is too slow is
stopped after a minute and called so.

Usage: .venv/bin/python bench/peers.py [--sizes 100000,1000000] [--output docs/benchmarks.md]

Servers that are not installed are left out: `oxigraph` comes with the requirements for development,
`virtuoso-opensource-7` with Debian; `rdflib-endpoint` is looked for in .venv-peers.
"""

from __future__ import annotations

import argparse
import http.client
import itertools
import json
import math
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import IO, cast
from urllib.parse import quote, urlencode
from urllib.request import Request, urlopen

import rdflib
from pyoxigraph import DefaultGraph, RdfFormat, Store
from serving import BIN, HOST, KG, build, family, free_port, memory, proportional, running

from kg.store.snapshots import Database

EX = "http://example.org/"
HERE = Path(__file__).parents[1]
RDFLIB_MOST = 100_000
PATIENCE = 60.0
CATEGORIES, CLASSES = 200, 8
LOOKUPS, CONNECTIONS, SECONDS = 200, 4, 5.0

PREFIX = f"PREFIX : <{EX}> PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#> "
ANALYTICAL = {
    "count by category": "SELECT ?c (COUNT(*) AS ?n) { ?s :category ?c } GROUP BY ?c",
    "average by class": "SELECT ?t (AVG(?v) AS ?a) { ?s a ?t ; :value ?v } GROUP BY ?t",
    "join of two links": "SELECT (COUNT(*) AS ?n) { ?a :next ?b . ?b :next ?c . ?a :category :c1 }",
    "greatest ten": "SELECT ?s ?v { ?s :value ?v } ORDER BY DESC(?v) ?s LIMIT 10",
    "distinct objects": "SELECT (COUNT(DISTINCT ?v) AS ?n) { ?s :value ?v }",
    "filter on numbers": "SELECT (COUNT(*) AS ?n) { ?s :value ?v FILTER(?v > 900 && ?v < 950) }",
}
FACETS = tuple(
    f"SELECT ?x (COUNT(DISTINCT ?s) AS ?n) {{ ?s a :T0 ; {property} ?x }} GROUP BY ?x"
    for property in (":category", ":value", ":year")
)
SEARCH = (
    "SELECT DISTINCT ?s { ?s rdfs:label ?l FILTER(CONTAINS(LCASE(STR(?l)), '光伏 77')) } LIMIT 20"
)


LOSSES = """\
Where this service loses: loading takes longer, since it makes the indexes of search, facets and
columns, counts everything and validates besides; a lookup passes the limits, the log and a process
that can be stopped, in Python, and takes two to five times as long as at Oxigraph's server;
Virtuoso is quicker in joins and facets of small data.
"""


@dataclass
class Measured:
    """What one server did: figures by the name of the work, None for too slow."""

    name: str
    figures: dict[str, float | None] = field(default_factory=dict)


@dataclass(frozen=True)
class Running:
    """A server with the graph in it."""

    port: int
    query: str
    pids: Callable[[], list[int]]


def main() -> int:
    """Measure, and print or write tables."""
    options = _options()
    parts = []
    for size in map(int, options.sizes.split(",")):
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            data = write_data(folder / "data.nt", size)
            found = [made for peer in PEERS if (made := _measured(peer, data, folder, size))]
            parts.append(_table(size, data.stat().st_size, found))
            print(parts[-1], flush=True)
    parts.append(_idle())
    print(parts[-1], flush=True)
    if options.output:
        options.output.write_text(_document(parts), encoding="utf-8")
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sizes", default="100000,1000000", help="triples, with commas")
    parser.add_argument("--output", type=Path, help="a file of Markdown to write")
    return parser.parse_args()


def write_data(file: Path, triples: int) -> Path:
    """Write the graph; the same one each time. Eight triples make a thing."""
    integer = "http://www.w3.org/2001/XMLSchema#integer"
    with file.open("w", encoding="utf-8") as output:
        for n in range(triples // 8):
            s = f"<{EX}thing/{n}>"
            category = int(CATEGORIES * (n * 7919 % 10007 / 10007) ** 3)  # few have many members
            output.write(
                f"{s} <http://www.w3.org/1999/02/22-rdf-syntax-ns#type> <{EX}T{n % CLASSES}> .\n"
                f'{s} <http://www.w3.org/2000/01/rdf-schema#label> "thing {n}"@en .\n'
                f'{s} <http://www.w3.org/2000/01/rdf-schema#label> "光伏 {n}"@zh .\n'
                f"{s} <{EX}category> <{EX}c{category}> .\n"
                f'{s} <{EX}value> "{n * 7919 % 1000}"^^<{integer}> .\n'
                f'{s} <{EX}year> "{1980 + n % 45}"^^<{integer}> .\n'
                f"{s} <{EX}next> <{EX}thing/{n * 31 % max(1, triples // 8)}> .\n"
                f'{s} <{EX}note> "a note on {n * 13 % 1009}" .\n'
            )
    return file


# ---------------------------------------------------------------------------------- the servers


@dataclass(frozen=True)
class Peer:
    """A server: how it loads a file into a folder, and how it is started over that."""

    name: str
    load: Callable[[Path, Path], None]
    serve: Callable[[Path, int], list[str]]
    query: str
    most: int | None = None
    needs: tuple[str, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)


def _run(*command: object) -> None:
    subprocess.run(list(map(str, command)), check=True, capture_output=True)  # noqa: S603


def _virtuoso_start(folder: Path, port: int) -> list[str]:
    (folder / "virtuoso.ini").write_text(
        f"[Database]\nDatabaseFile={folder}/v.db\nErrorLogFile={folder}/v.log\n"
        f"TransactionFile={folder}/v.trx\nxa_persistent_file={folder}/v.pxa\n"
        f"[TempDatabase]\nDatabaseFile={folder}/t.db\nTransactionFile={folder}/t.trx\n"
        f"[Parameters]\nServerPort={port + 1}\nDirsAllowed={folder}, {folder.parent}\n"
        "NumberOfBuffers=340000\nMaxDirtyBuffers=250000\nThreadsPerQuery=2\n"
        f"[HTTPServer]\nServerPort={HOST}:{port}\nServerThreads=8\n"
        "[SPARQL]\nResultSetMaxRows=1000000\n",
        encoding="utf-8",
    )
    return ["virtuoso-t", "-f", "-c", str(folder / "virtuoso.ini")]


def _virtuoso_load(data: Path, folder: Path) -> None:
    port = free_port()
    with running(_virtuoso_start(folder, port), port, "/sparql?query=ASK%7B%7D"):
        script = (
            f"DB.DBA.TTLP_MT(file_to_string_output('{data}'), '', '{EX}', 0, 3);\ncheckpoint;\n"
        )
        subprocess.run(  # noqa: S603
            [str(shutil.which("isql-vt")), f"{HOST}:{port + 1}", "dba", "dba"],
            input=script, text=True, check=True, capture_output=True,
        )  # fmt: skip


PEERS = (
    Peer(
        "kg",
        lambda data, folder: _run(BIN / "kg", "build", data, "--db", folder / "db"),
        lambda folder, port: [
            str(BIN / "kg"), "serve", "--db", str(folder / "db"), "--port", str(port)
        ],
        "/sparql",
        environment={"KG_QUERY_SECONDS": str(PATIENCE)},
    ),
    Peer(
        "Oxigraph",
        lambda data, folder: _run(
            BIN / "oxigraph", "load", "--location", folder / "ox", "--file", data
        ),
        lambda folder, port: [
            str(BIN / "oxigraph"), "serve-read-only", "--location", str(folder / "ox"),
            "--bind", f"{HOST}:{port}", "--timeout-s", f"{PATIENCE:.0f}",
        ],
        "/query",
        needs=(str(BIN / "oxigraph"),),
    ),
    Peer(
        "Virtuoso", _virtuoso_load, _virtuoso_start, "/sparql", needs=("virtuoso-t", "isql-vt")
    ),
    Peer(
        "rdflib-endpoint",
        lambda _data, _folder: None,
        lambda folder, port: [
            str(HERE / ".venv-peers/bin/rdflib-endpoint"), "serve", str(folder.parent / "data.nt"),
            "--host", HOST, "--port", str(port),
        ],
        "/",
        RDFLIB_MOST,
        (str(HERE / ".venv-peers/bin/rdflib-endpoint"),),
    ),
)  # fmt: skip


def _measured(peer: Peer, data: Path, parent: Path, size: int) -> Measured | None:
    """Return what a server did, or None for one that is not there, or not made for the size."""
    if any(shutil.which(each) is None for each in peer.needs) or size > (peer.most or size):
        return None
    folder = parent / peer.name
    folder.mkdir()
    made, port = Measured(peer.name), free_port()
    begun = time.monotonic()
    peer.load(data, folder)
    made.figures["load, s"] = time.monotonic() - begun
    ready = f"{peer.query}?{urlencode({'query': 'ASK {}'})}"
    begun = time.monotonic()
    with running(peer.serve(folder, port), port, ready, peer.environment) as process:
        made.figures["start, s"] = time.monotonic() - begun
        if peer.load.__name__ == "<lambda>" and peer.name == "rdflib-endpoint":
            made.figures["load, s"] = None  # it loads while it starts
        _work(made, peer, port, size)
        made.figures["memory, MB"] = memory(process.pid) / 1e6
    if peer.name == "kg":
        made.figures["the engine's own dump, MB/s"] = _dump(folder / "db")
    return made


# ------------------------------------------------------------------------------------- the work


def _work(made: Measured, peer: Peer, port: int, size: int) -> None:
    ask, again = partial(asked, port, peer.query), partial(asked, port, peer.query, again=True)
    things = max(1, size // 8)
    lookups = [f"SELECT ?p ?o {{ <{EX}thing/{n * 7907 % things}> ?p ?o }}" for n in range(LOOKUPS)]
    with closing(http.client.HTTPConnection(HOST, port, timeout=PATIENCE)) as connection:
        seconds = [_timed(lambda text=text: ask(text, connection)) for text in lookups]
    made.figures["a lookup, ms"] = _milliseconds(seconds)
    made.figures["lookups/s, 4 connections"] = _rate(ask, port, lookups)
    made.figures["lookups/s, asked again"] = _rate(again, port, lookups)
    times = [_best(lambda text=text: ask(PREFIX + text)) for text in ANALYTICAL.values()]
    made.figures["joins and aggregates, ms (geometric mean)"] = _mean(times)
    if peer.name == "kg":
        made.figures["three facets of a class, ms"] = _page(port, f"/browse.json?type=<{EX}T0>")
        made.figures["search, ms"] = _page(port, f"/search?format=json&q={quote('光伏 77')}")
        made.figures["a page, ms"] = _page(port, f"/page?iri={EX}thing/77", "text/html")
        made.figures["export, MB/s"] = _export(port, "/download/all.nt")
        made.figures["export again, MB/s"] = _export(port, "/download/all.nt")
    else:
        facets = [_best(lambda text=text: ask(PREFIX + text)) for text in FACETS]
        made.figures["three facets of a class, ms"] = (
            None if None in facets else 1000 * sum(each for each in facets if each)
        )
        searched = _best(lambda: ask(PREFIX + SEARCH))
        made.figures["search, ms"] = None if searched is None else 1000 * searched
    if peer.name == "Oxigraph":
        made.figures["export, MB/s"] = _export(port, "/store?default")


_asked = itertools.count()


def asked(
    port: int,
    target: str,
    text: str,
    connection: http.client.HTTPConnection | None = None,
    *,
    again: bool = False,
) -> bytes:
    """Return the answer to a text that is new, unless it is asked `again`. Raises OSError."""
    if not again:
        text = f"{text} # {next(_asked)}"
    with ExitStack() as stack:
        if connection is None:
            connection = http.client.HTTPConnection(HOST, port, timeout=PATIENCE)
            stack.enter_context(closing(connection))
        headers = {"Accept": "application/sparql-results+json"}
        connection.request("GET", f"{target}?{urlencode({'query': text})}", headers=headers)
        response = connection.getresponse()
        body = response.read()
        if response.status != http.client.OK:
            raise OSError(f"{response.status} for {text}")
        json.loads(body)
        return body


def _timed(work: Callable[[], object]) -> float:
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


def _best(work: Callable[[], object]) -> float | None:
    """Return the median seconds of three runs, None where one takes a minute or fails."""
    try:
        return statistics.median(_timed(work) for _ in range(3))
    except OSError:
        return None


def _milliseconds(seconds: list[float]) -> float:
    return 1000 * statistics.median(seconds)


def _mean(times: list[float | None]) -> float | None:
    if None in times:
        return None
    return 1000 * math.exp(statistics.fmean(math.log(each) for each in times if each))


def _rate(ask: Callable[..., bytes], port: int, lookups: list[str]) -> float:
    """Return the lookups in a second over several connections, each sent after an answer."""
    until = time.monotonic() + SECONDS

    def client(number: int) -> int:
        done = 0
        with closing(http.client.HTTPConnection(HOST, port, timeout=PATIENCE)) as connection:
            while time.monotonic() < until:
                ask(lookups[(done * CONNECTIONS + number) % len(lookups)], connection)
                done += 1
        return done

    with ThreadPoolExecutor(CONNECTIONS) as threads:
        return sum(threads.map(client, range(CONNECTIONS))) / SECONDS


def _page(port: int, target: str, accept: str = "application/json") -> float | None:
    """Return the median milliseconds of a page that was not made before."""
    seconds = []
    for number in range(5):
        mark = "&" if "?" in target else "?"
        request = Request(
            f"http://{HOST}:{port}{quote(target, safe='/?=&:%')}{mark}lang=x-{number}",
            headers={"Accept": accept},
        )
        begun = time.perf_counter()
        try:
            with urlopen(request, timeout=PATIENCE) as response:  # noqa: S310
                response.read()
            seconds.append(time.perf_counter() - begun)
        except OSError as error:
            print(f"{target}: {error}", file=sys.stderr)
            return None
    return _milliseconds(seconds)


def _export(port: int, target: str) -> float | None:
    """Return the megabytes that come in a second when everything is asked for."""
    request = Request(f"http://{HOST}:{port}{target}", headers={"Accept": "application/n-triples"})
    begun, size = time.perf_counter(), 0
    try:
        with urlopen(request, timeout=PATIENCE) as response:  # noqa: S310
            while block := response.read(1 << 20):
                size += len(block)
    except OSError:
        return None
    return size / 1e6 / (time.perf_counter() - begun)


def _dump(database: Path) -> float:
    """Return the megabytes that the engine writes in a second when nobody is in between."""
    engine = Store.read_only(str(Database(database).current().triples))
    sink = _Counter()
    begun = time.perf_counter()
    engine.dump(cast("IO[bytes]", sink), RdfFormat.N_TRIPLES, from_graph=DefaultGraph())
    return sink.bytes / 1e6 / (time.perf_counter() - begun)


class _Counter:
    """A file that counts what is written to it."""

    def __init__(self) -> None:
        self.bytes = 0

    def write(self, block: bytes) -> int:
        self.bytes += len(block)
        return len(block)

    def flush(self) -> None:
        """Do nothing."""


def _idle() -> str:
    """Return what the service over the bundled graph takes when nobody asks it anything."""
    port = free_port()
    with tempfile.TemporaryDirectory() as name:
        database = Path(name) / "db"
        build(database)
        command = [KG, "serve", "--db", database, "--port", port]
        with running(command, port) as process:
            time.sleep(2)
            sizes = [proportional(pid) / 1e6 for pid in family(process.pid)]
    return (
        "### The bundled graph, with nobody asking\n\n"
        f"{sum(sizes):.0f} MB in {len(sizes)} processes, what they share counted once "
        f"({', '.join(f'{each:.0f}' for each in sizes)}).\n"
    )


# ------------------------------------------------------------------------------------- the table


def _table(size: int, bytes: int, found: list[Measured]) -> str:
    rows = list(dict.fromkeys(name for each in found for name in each.figures))
    lines = [
        f"### {size:,} triples ({bytes / 1e6:.0f} MB of N-Triples)\n",
        "| | " + " | ".join(each.name for each in found) + " |",
        "|---|" + "--:|" * len(found),
    ]
    for row in rows:
        own = found[0].figures.get(row)
        cells = [_cell(each, row, own if each is not found[0] else None) for each in found]
        lines.append(f"| {row} | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def _cell(each: Measured, row: str, own: float | None) -> str:
    if row not in each.figures:
        return "–"
    value = each.figures[row]
    if value is None:
        return "too slow" if each.name != "rdflib-endpoint" or row != "load, s" else "at start"
    text = f"{value:.3g}" if value < 1000 else f"{value:,.0f}"  # noqa: PLR2004
    return f"{text} ({value / own:.2g}×)" if own else text


def _document(parts: list[str]) -> str:
    with suppress(OSError):
        machine = Path("/proc/cpuinfo").read_text(encoding="utf-8")
    model = next(
        (line.partition(":")[2].strip() for line in machine.splitlines() if "model name" in line),
        platform.machine(),
    )
    return (
        "# Beside others\n\n"
        "Written by `make bench` (`bench/peers.py`), which tells what is measured and how. "
        "In brackets: times the\nfigure of this service in the same run. "
        "Less is better but for rates and the export.\n\n"
        f"{datetime.now(UTC):%Y-%m-%d}, {os.cpu_count()} cores ({model}), "
        f"Python {platform.python_version()}; "
        f"kg {version('kg')}, pyoxigraph {version('pyoxigraph')}, oxigraph {version('oxigraph')}, "
        f"rdflib {rdflib.__version__}.\n\n" + "\n".join(parts) + "\n" + LOSSES
    )


if __name__ == "__main__":
    sys.exit(main())
