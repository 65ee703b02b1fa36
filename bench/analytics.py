#!/usr/bin/env python3
"""Analytical queries over generated graphs: this service with columns and without, and others.

Each server loads the same graph (see `bench/peers.py`), one after the other, and answers the same
queries over HTTP. Each request has a text of its own (a number in a comment), so that no server
hands out an answer, or follows a plan, that it has made before. A query is asked four times; the
median of the last three counts; what takes longer than two seconds is asked once, and what takes
longer than a minute, or fails, is not answered. Lookups and pages of things are measured with
columns and without as well.

Usage: .venv/bin/python bench/analytics.py [--sizes 100000,1000000] [--output FILE]
           [--peers kg,Oxigraph] [--folder DIR]

With --folder what was loaded is kept there, and used again.
"""

from __future__ import annotations

import argparse
import http.client
import itertools
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from importlib.metadata import version
from pathlib import Path
from urllib.parse import urlencode
from urllib.request import Request, urlopen

import peers
from peers import EX, PATIENCE, PEERS, Peer
from serving import HOST, free_port, running

TYPE = "http://www.w3.org/1999/02/22-rdf-syntax-ns#type"
LABEL = "http://www.w3.org/2000/01/rdf-schema#label"

QUERIES: Mapping[str, Mapping[str, str]] = {
    "counting": {
        "all": "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }",
        "by property": "SELECT ?p (COUNT(*) AS ?n) { ?s ?p ?o } GROUP BY ?p",
        "by class": "SELECT ?t (COUNT(*) AS ?n) { ?s a ?t } GROUP BY ?t ORDER BY DESC(?n) ?t",
        "distinct subjects": "SELECT (COUNT(DISTINCT ?s) AS ?n) { ?s ?p ?o }",
        "distinct objects": "SELECT (COUNT(DISTINCT ?v) AS ?n) { ?s :value ?v }",
    },
    "joins": {
        "star of two": "SELECT (COUNT(*) AS ?n) { ?s :category ?c ; :year ?y }",
        "star of four": "SELECT (COUNT(*) AS ?n) { ?s a :T1 ; :category ?c ; :value ?v ; :year ?y }",
        "chain of two": "SELECT (COUNT(*) AS ?n) { ?a :next ?b . ?b :next ?c }",
        "chain of three": "SELECT (COUNT(*) AS ?n) { ?a :next ?b . ?b :next ?c . ?c :next ?d }",
        "chain that ends": "SELECT (COUNT(*) AS ?n) { ?a :next ?b . ?b :next ?c . ?c :category :c0 }",
        "snowflake": "SELECT (COUNT(*) AS ?n) { ?a a :T1 ; :next ?b . ?b a ?t ; :category ?c }",
        "path of a sequence": "SELECT (COUNT(*) AS ?n) { ?a :next/:next/:category ?c }",
    },
    "groups": {
        "by category": "SELECT ?c (COUNT(*) AS ?n) { ?s :category ?c } GROUP BY ?c",
        "average by class": "SELECT ?t (AVG(?v) AS ?a) { ?s a ?t ; :value ?v } GROUP BY ?t",
        "extremes by category": "SELECT ?c (MIN(?v) AS ?a) (MAX(?v) AS ?b) { ?s :category ?c ; :value ?v } GROUP BY ?c",
        "by two keys": "SELECT ?c ?y (SUM(?v) AS ?n) { ?s :category ?c ; :year ?y ; :value ?v } GROUP BY ?c ?y",
        "by subject": "SELECT ?s (COUNT(*) AS ?n) { ?s ?p ?o } GROUP BY ?s ORDER BY DESC(?n) ?s LIMIT 10",
        "having": "SELECT ?v (COUNT(*) AS ?n) { ?s :value ?v } GROUP BY ?v HAVING(COUNT(*) > 125)",
        "in a subquery": "SELECT ?n (COUNT(*) AS ?m) { { SELECT ?c (COUNT(*) AS ?n) { ?s :category ?c } GROUP BY ?c } } GROUP BY ?n",
    },
    "optional, minus, exists, union": {
        "optional": "SELECT (COUNT(*) AS ?n) (COUNT(?o) AS ?m) { ?s :category ?c OPTIONAL { ?s :next ?o . ?o a :T1 } }",
        "optional with a condition": "SELECT (COUNT(?w) AS ?n) { ?s :value ?v OPTIONAL { ?s :year ?w FILTER(?w > ?v) } }",
        "minus": "SELECT (COUNT(*) AS ?n) { ?s :value ?v MINUS { ?s :category :c0 } }",
        "exists": "SELECT (COUNT(*) AS ?n) { ?s :value ?v FILTER EXISTS { ?s :next ?o . ?o a :T1 } }",
        "not exists": "SELECT (COUNT(*) AS ?n) { ?s :value ?v FILTER NOT EXISTS { ?s :category :c0 } }",
        "union": "SELECT (COUNT(DISTINCT ?s) AS ?n) { { ?s :year 1999 } UNION { ?s :category :c0 } }",
    },
    "filters": {
        "range of numbers": "SELECT (COUNT(*) AS ?n) { ?s :value ?v FILTER(?v > 900 && ?v < 950) }",
        "two numbers": "SELECT (COUNT(*) AS ?n) { ?s :value ?v ; :year ?y FILTER(?v > ?y - 1500) }",
        "language": "SELECT (COUNT(*) AS ?n) { ?s rdfs:label ?l FILTER(LANG(?l) = 'zh') }",
        "part of a text": "SELECT (COUNT(*) AS ?n) { ?s rdfs:label ?l FILTER(CONTAINS(?l, '77')) }",
        "beginning of a text": "SELECT (COUNT(*) AS ?n) { ?s :note ?l FILTER(STRSTARTS(?l, 'a note on 9')) }",
        "regular expression": "SELECT (COUNT(*) AS ?n) { ?s :note ?l FILTER(REGEX(?l, 'ON 99$', 'i')) }",
        "length": "SELECT ?n (COUNT(*) AS ?m) { ?s :note ?l BIND(STRLEN(?l) AS ?n) } GROUP BY ?n",
    },
    "orders and large results": {
        "greatest ten": "SELECT ?s ?v { ?s :value ?v } ORDER BY DESC(?v) ?s LIMIT 10",
        "distinct": "SELECT DISTINCT ?c ?y { ?s :category ?c ; :year ?y }",
        "a page far on": "SELECT ?s ?y { ?s :year ?y } ORDER BY ?y ?s LIMIT 100 OFFSET 10000",
        "many rows": "SELECT ?s ?c { ?s :category ?c ; :year ?y FILTER(?y > 2000) }",
    },
}  # fmt: skip

OURS = "kg"
PLAIN = {"KG_QUERY_SECONDS": str(PATIENCE), "KG_CLIENT_SECONDS": "0", "KG_CLIENT_ERRORS": "0"}
LOOKUPS = 300
LONG = 2.0

numbers = itertools.count()


@dataclass
class Measured:
    """The seconds of each query by group and name, None where it failed; and other figures."""

    name: str
    seconds: dict[tuple[str, str], float | None] = field(default_factory=dict)
    others: dict[str, float] = field(default_factory=dict)


def main() -> int:
    """Measure, and print or write tables."""
    options = _options()
    parts = []
    for size in map(int, options.sizes.split(",")):
        with _folder(options.folder) as folder:
            data = folder / f"data-{size}.nt"
            if not data.exists():
                peers.write_data(data, size)
            wanted = options.peers.split(",")
            found = [
                _measured(each, data, folder / f"{each.name.split()[0]}-{size}", size)
                for each in _peers()
                if each.name.split()[0] in wanted and all(shutil.which(need) for need in each.needs)
            ]
        parts.append(_table(size, found))
        print(parts[-1], flush=True)
    if options.output:
        options.output.write_text("\n".join(parts), encoding="utf-8")
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sizes", default="100000,1000000", help="triples, with commas")
    parser.add_argument("--peers", default="kg,Oxigraph,Virtuoso", help="servers, with commas")
    parser.add_argument("--output", type=Path, help="a file of Markdown to write")
    parser.add_argument("--folder", type=Path, help="where what is loaded stays")
    return parser.parse_args()


@contextmanager
def _folder(kept: Path | None) -> Iterator[Path]:
    if kept is not None:
        kept.mkdir(parents=True, exist_ok=True)
        yield kept
        return
    with tempfile.TemporaryDirectory() as name:
        yield Path(name)


def _peers() -> list[Peer]:
    """Return the servers: ours twice, with columns and without."""
    ours, *others = PEERS
    return [
        replace(ours, environment=PLAIN),
        replace(ours, name=f"{OURS} without", environment=PLAIN | {"KG_ENGINE": "oxigraph"}),
        *others,
    ]


def _measured(peer: Peer, data: Path, folder: Path, size: int) -> Measured:
    made, port = Measured(peer.name), free_port()
    if not folder.exists():
        folder.mkdir()
        begun = time.monotonic()
        peer.load(data, folder)
        made.others["load, s"] = time.monotonic() - begun
    ready = f"{peer.query}?{urlencode({'query': 'ASK {}'})}"
    with running(peer.serve(folder, port), port, ready, peer.environment):
        if peer.name.split()[0] == OURS:
            made.others["a lookup, ms"] = _lookup(peer, port, size)
            made.others["a page of a thing, ms"] = _page(port, size)
        for group, queries in QUERIES.items():
            for name, text in queries.items():
                made.seconds[group, name] = _seconds(peer, port, text)
    return made


def _seconds(peer: Peer, port: int, text: str) -> float | None:
    """Return the median seconds of three requests after a first one."""
    found = []
    for _ in range(4):
        unique = f"{peers.PREFIX}{text} # {next(numbers)}"
        begun = time.perf_counter()
        try:
            peers.asked(port, peer.query, unique)
        except (OSError, http.client.HTTPException, ValueError):  # ValueError: it was cut off
            return None
        found.append(time.perf_counter() - begun)
        if found[0] > LONG:
            return found[0]
    return statistics.median(found[1:])


def _lookup(peer: Peer, port: int, size: int) -> float:
    """Return the median milliseconds of a lookup, over one connection."""
    things, found = max(1, size // 8), []
    with closing(http.client.HTTPConnection(HOST, port, timeout=PATIENCE)) as connection:
        for n in range(LOOKUPS):
            text = f"SELECT ?p ?o {{ <{EX}thing/{n * 7907 % things}> ?p ?o }} # {next(numbers)}"
            begun = time.perf_counter()
            peers.asked(port, peer.query, text, connection)
            found.append(time.perf_counter() - begun)
    return 1000 * statistics.median(found)


def _page(port: int, size: int) -> float:
    """Return the median milliseconds of the page of a thing that was not shown before."""
    things, found = max(1, size // 8), []
    for n in range(30):
        address = f"http://{HOST}:{port}/page?iri={EX}thing/{(n * 7907 + 1) % things}"
        begun = time.perf_counter()
        with urlopen(Request(address, headers={"Accept": "text/html"})) as response:
            response.read()
        found.append(time.perf_counter() - begun)
    return 1000 * statistics.median(found)


# ------------------------------------------------------------------------------------- the table


def _table(size: int, found: list[Measured]) -> str:
    # What one of them cannot answer in time is left out of the means of all.
    answered = [key for key in _keys() if all(each.seconds[key] is not None for each in found)]
    lines = [
        f"### {size:,} triples\n",
        "| milliseconds | " + " | ".join(each.name for each in found) + " |",
        "|---|" + "--:|" * len(found),
    ]
    for group in QUERIES:
        keys = [key for key in answered if key[0] == group]
        lines.append(_row(f"**{group}** (geometric mean of {len(keys)})", found, keys))
        lines += [_row(key[1], found, [key]) for key in _keys() if key[0] == group]
    lines.append(_row(f"**all** (geometric mean of {len(answered)})", found, answered))
    slowest = (
        _cell(max((s for s in each.seconds.values() if s is not None), default=None))
        for each in found
    )
    lines.append(f"| slowest | {' | '.join(slowest)} |")
    missing = (str(sum(s is None for s in each.seconds.values())) for each in found)
    lines.append(f"| not answered | {' | '.join(missing)} |")
    for name in dict.fromkeys(name for each in found for name in each.others):
        cells = (f"{each.others[name]:.3g}" if name in each.others else "–" for each in found)
        lines.append(f"| {name} | {' | '.join(cells)} |")
    versions = f"kg {version('kg')}, oxigraph {version('oxigraph')}, duckdb {version('duckdb')}"
    return "\n".join([*lines, "", f"{versions}.", ""])


def _keys() -> list[tuple[str, str]]:
    return [(group, name) for group, queries in QUERIES.items() for name in queries]


def _row(name: str, found: list[Measured], keys: list[tuple[str, str]]) -> str:
    cells = []
    for each in found:
        seconds = [each.seconds[key] for key in keys]
        known = [one for one in seconds if one is not None]
        mean = statistics.geometric_mean(known) if known and len(known) == len(seconds) else None
        cells.append(_cell(mean))
    return f"| {name} | {' | '.join(cells)} |"


def _cell(seconds: float | None) -> str:
    return "–" if seconds is None else f"{1000 * seconds:.3g}"


if __name__ == "__main__":
    sys.exit(main())
