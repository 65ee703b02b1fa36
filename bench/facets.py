#!/usr/bin/env python3
"""What it costs to count facets: by the index, over HTTP, and by SPARQL for comparison.

Makes a graph of entities with eight facets each, always the same one: values follow Zipf's law, one
facet has 5,000 of them, one is a tree, one a number, one a date; with the class that is nine
triples an entity. Then it measures

- the making of the index: time, memory beyond that of reading nothing, and size;
- all counts of a page, with 0, 1 and 2 values chosen, in this process, each page with other values;
- the same pages over HTTP, as JSON, from a server of its own (with --http);
- one query for each facet, at Oxigraph's own server over the same triples (with --oxigraph PATH;
  the program is in the package `oxigraph` of PyPI).

Usage: .venv/bin/python bench/facets.py [--entities N] [--pages N] [--folder DIR] [--http]
       [--oxigraph PATH]
"""

from __future__ import annotations

import argparse
import contextlib
import json
import multiprocessing
import random
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import accumulate
from pathlib import Path as File
from urllib.parse import urlencode
from urllib.request import Request, urlopen

import serving
from pyroaring import BitMap
from rich.console import Console
from rich.table import Table
from serving import HOST

from kg import dataset, display
from kg.browse import making
from kg.browse import selection as selections
from kg.browse.counting import IndexCounts
from kg.browse.index import FacetIndex
from kg.browse.live import LiveCounts
from kg.browse.paths import TYPE, Path
from kg.browse.selection import Selection
from kg.browse.values import Bound
from kg.prefixes import Prefixes
from kg.store.embedded import EmbeddedStore
from kg.store.loading import Source
from kg.terms import RDF, NamedNode, spell

SEED = 20240229
E = "http://e/"
BROADER = "http://www.w3.org/2004/02/skos/core#broader"
XSD = "http://www.w3.org/2001/XMLSchema#"

TERMS = {"maker": 5000, "town": 1000, "branch": 200, "grade": 50, "state": 10}
"""Facets of terms, and how many values each has."""

TOPICS, TOPS = 400, 20
"""Values of the tree, and how many of them are below no other."""

FACETS = (*TERMS, "topic", "amount", "start")
MEGABYTE = 1e6


def main() -> int:
    """Measure, print tables, and return 0."""
    options = _options()
    console = Console()
    with contextlib.ExitStack() as stack:
        folder = options.folder or File(stack.enter_context(tempfile.TemporaryDirectory()))
        folder.mkdir(parents=True, exist_ok=True)
        triples, index = folder / "oxigraph", folder / "index"
        if not (index / making.META).exists():
            _load(triples, folder, options.entities, console)
            shutil.rmtree(index, ignore_errors=True)
            index.mkdir()
            console.print(_made(triples, index))
        pages = list(_pages(options.pages))
        console.print(_counted(triples, index, pages))
        if options.http:
            console.print(_served(folder, pages, console))
        if options.oxigraph:
            console.print(_compared(triples, options.oxigraph))
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--entities", type=int, default=1_000_000)
    parser.add_argument("--pages", type=int, default=100, help="for each number of chosen values")
    parser.add_argument("--folder", type=File, help="keeps what was made, for the next time")
    parser.add_argument("--http", action="store_true", help="builds a database; takes minutes")
    parser.add_argument("--oxigraph", help="the program of Oxigraph's server")
    return parser.parse_args()


# The graph.


def _lines(entities: int) -> Iterator[str]:
    """Yield the triples as N-Triples."""
    chance = random.Random(SEED)  # noqa: S311  no secret
    weights = {
        name: list(accumulate(1 / (n + 1) for n in range(size))) for name, size in TERMS.items()
    }
    topics = list(accumulate(1 / (n + 1) for n in range(TOPICS)))
    day = datetime(1990, 1, 1, tzinfo=UTC)
    for number in range(TOPICS):
        if number >= TOPS:
            yield f"<{E}topic{number}> <{BROADER}> <{E}topic{chance.randrange(number)}> .\n"
    for number in range(entities):
        thing = f"<{E}{number}>"
        yield f"{thing} {spell(RDF.type)} <{E}Thing> .\n"
        for name, size in TERMS.items():
            (value,) = chance.choices(range(size), cum_weights=weights[name])
            yield f"{thing} <{E}{name}> <{E}{name}{value}> .\n"
        (topic,) = chance.choices(range(TOPICS), cum_weights=topics)
        yield f"{thing} <{E}topic> <{E}topic{topic}> .\n"
        yield f'{thing} <{E}amount> "{int(chance.lognormvariate(6, 2))}"^^<{XSD}integer> .\n'
        date = day + timedelta(days=int(12_000 * chance.random() ** 0.5))
        yield f'{thing} <{E}start> "{date:%Y-%m-%d}"^^<{XSD}date> .\n'


def _load(triples: File, folder: File, entities: int, console: Console) -> None:
    shutil.rmtree(triples, ignore_errors=True)
    file = folder / "data.nt"
    with file.open("w", encoding="utf-8") as output:
        output.writelines(_lines(entities))
    start = time.perf_counter()
    with EmbeddedStore.create(triples, snapshot="bench") as store:
        store.load(Source.of(file), base_iri=E)
    took, size = time.perf_counter() - start, file.stat().st_size / MEGABYTE
    console.print(f"{entities:,} entities, {size:,.0f} MB, loaded in {took:.0f} s")


# The index.


def _made(triples: File, index: File) -> Table:
    """Make the index in a process of its own, and return a table of what that took."""
    context = multiprocessing.get_context("spawn")
    with context.Pool(1) as pool:
        took, used, before, peak = pool.apply(_make, (triples, index))
    size = sum(each.stat().st_size for each in index.iterdir())
    table = Table("index", "", title="Making the index")
    table.add_row("time", f"{took:.1f} s ({used:.1f} s of the processor)")
    table.add_row("memory", f"{(peak - before) / 1024:,.0f} MB (peak {peak / 1024:,.0f} MB)")
    table.add_row("size", f"{size / MEGABYTE:.1f} MB")
    return table


def _make(triples: File, index: File) -> tuple[float, float, int, int]:
    """Return the seconds it took, those of the processor, the kilobytes held before, and most."""
    store = EmbeddedStore.open(triples, snapshot="bench")
    statistics, shown = dataset.count(store), display.read(store)
    File("/proc/self/clear_refs").write_text("5", encoding="ascii")  # forgets the peak so far
    before = _kilobytes("VmRSS")
    start, used = time.perf_counter(), time.process_time()
    making.make(store, index, statistics, shown)
    took = time.perf_counter() - start, time.process_time() - used
    return *took, before, _kilobytes("VmHWM")


def _kilobytes(name: str) -> int:
    lines = File("/proc/self/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(name))


# Pages.


def _pages(count: int) -> Iterator[tuple[int, Selection]]:
    """Yield selections with the number of values that are chosen in them."""
    chance = random.Random(SEED + 1)  # noqa: S311  no secret
    yield from ((0, Selection()) for _ in range(count))
    for chosen in (1, 2):
        for _ in range(count):
            selection = Selection()
            for name in chance.sample(FACETS, chosen):
                selection = _choose(selection, name, chance)
            yield chosen, selection


def _choose(selection: Selection, name: str, chance: random.Random) -> Selection:
    path = Path.of(E + name)
    if name == "amount":
        low = chance.randrange(2000)
        return selection.between(path, Bound(str(low)), Bound(str(2 * low + 10)))
    if name == "start":
        year = chance.randrange(1992, 2020)
        return selection.between(path, Bound(str(year)), Bound(str(year + 2)))
    most = min(200, TERMS.get(name, TOPICS))
    return selection.toggle(path, NamedNode(f"{E}{name}{chance.randrange(most)}"))


def _counted(triples: File, index: File, pages: Sequence[tuple[int, Selection]]) -> Table:
    """Count everything that a page shows; each page has other values, so that nothing is kept."""
    store = EmbeddedStore.open(triples, snapshot="bench")
    live = LiveCounts(store, _no_text)
    opened = FacetIndex(index)

    def page(selection: Selection) -> int:
        counts = IndexCounts(opened, live, _no_search, snapshot="bench")
        for path, kind in counts.profile(selection):
            counts.facet(selection, path, kind)
        counts.items(selection, "en", 0, 25)
        return counts.total(selection)

    start = time.perf_counter()
    page(Selection())
    first = time.perf_counter() - start
    facets = len(opened.profile([]))
    title = f"All counts and items of a page of {facets} facets, in process"
    title += f" (the first: {1000 * first:.0f} ms)"
    return _times(title, pages, page)


def _no_text(_text: str) -> str:
    raise NotImplementedError


def _no_search(_text: str) -> BitMap:
    raise NotImplementedError


def _times(
    title: str, pages: Sequence[tuple[int, Selection]], page: Callable[[Selection], object]
) -> Table:
    table = Table("chosen", "median", "p99", "processor, median", "p99", title=title)
    for chosen in (0, 1, 2):
        times, used = [], []
        for number, selection in pages:
            if number == chosen:
                start, before = time.perf_counter(), time.process_time()
                page(selection)
                times.append(1000 * (time.perf_counter() - start))
                used.append(1000 * (time.process_time() - before))
        figures = [
            figure
            for each in (times, used)
            for figure in (statistics.median(each), statistics.quantiles(each, n=100)[98])
        ]
        table.add_row(str(chosen), *(f"{each:.1f} ms" for each in figures))
    return table


# Over HTTP.


def _served(folder: File, pages: Sequence[tuple[int, Selection]], console: Console) -> Table:
    database = folder / "db"
    if not database.exists():
        seconds = serving.build(database, folder / "data.nt")
        console.print(f"the whole database built in {seconds:.0f} s")
    with serving.served(database) as port:

        def page(selection: Selection) -> int:
            query = urlencode(selections.write(selection, Prefixes()))
            with urlopen(f"http://{HOST}:{port}/browse.json?{query}") as answer:
                return int(json.load(answer)["total"])

        page(Selection())
        return _times("The whole page over HTTP, as JSON", pages, page)


# For comparison.


def _compared(triples: File, program: str) -> Table:
    """Ask Oxigraph's server for the counts of each facet, one query each."""
    port = serving.free_port()
    bound = f"{HOST}:{port}"
    command = [program, "serve-read-only", "--location", str(triples), "--bind", bound]
    table = Table("facet", "time", title="One query for each facet, Oxigraph's server")
    with serving.running(command, port, "/query?query=ASK%7B%7D"):
        total = 0.0
        for path in (TYPE, *(Path.of(E + name) for name in FACETS)):
            query = (
                f"SELECT ?v (COUNT(?s) AS ?n) {{ ?s {path.spell()} ?v }} "
                "GROUP BY ?v ORDER BY DESC(?n) LIMIT 12"
            )
            request = Request(f"http://{bound}/query?{urlencode({'query': query})}")
            request.add_header("Accept", "application/sparql-results+json")
            start = time.perf_counter()
            with urlopen(request) as answer:  # noqa: S310
                json.load(answer)
            took = time.perf_counter() - start
            total += took
            table.add_row(path.spell(), f"{took:.2f} s")
        table.add_row("all", f"{total:.1f} s")
    return table


if __name__ == "__main__":
    sys.exit(main())
