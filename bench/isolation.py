#!/usr/bin/env python3
"""What it costs to answer queries in processes that can be killed, and how exactly they are.

Builds a database of 200,000 triples, always the same one, in a temporary folder, and measures

- a query of one row, and one whose answer is 10 MB, in this process and through a reader, in turns;
- how long after its deadline a query that would never end is stopped (before it would be a fault);
- how long a query waits that needs a reader in place of one that has just been killed;
- the memory of the processes when they are idle, as their proportional share (PSS).

Usage: .venv/bin/python bench/isolation.py [--rows N] [--large N] [--deadlines N] [--deaths N]

It ends with 1 if a query was stopped before its deadline.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import random
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

from rich.console import Console
from rich.table import Table

from kg.build import build
from kg.errors import Cancelled, OverLimit
from kg.store import EVERYTHING, Cancellation, Limits, Store
from kg.store.admission import Lane
from kg.store.embedded import EmbeddedStore
from kg.store.loading import Source
from kg.store.pool import Pool
from kg.store.snapshots import Database, Snapshot

SEED = 20240229
THINGS = 50_000
LARGE_ROWS = 64_000
MEMORY = 2 * 1024**3
READERS = os.cpu_count() or 2
DEADLINES = (0.5, 1.0, 2.0)
MEGABYTE = 1e6

CLASS = "http://example.org/Thing"
VALUE = "http://example.org/value"
SLOW = "SELECT (COUNT(*) AS ?count) { ?a ?p ?b . ?b ?q ?c }"
FOREVER = "SELECT (COUNT(*) AS ?count) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }"
LARGE = f"SELECT ?s ?o {{ {{ ?s <{VALUE}> ?o }} UNION {{ ?s a ?o }} }} LIMIT {LARGE_ROWS}"


def main() -> int:
    """Measure, print tables, and return the status to end with."""
    options = _options()
    console = Console()
    with tempfile.TemporaryDirectory() as folder:
        snapshot = _database(Path(folder)).current()
        embedded = EmbeddedStore.open(snapshot.triples, snapshot=snapshot.id)
        with contextlib.closing(Pool(readers=READERS, memory=MEMORY)) as pool:
            reader = pool.store(snapshot, Lane.QUERY)
            console.print(_costs(embedded, reader, options.rows, options.large))
            late = {seconds: _lateness(reader, seconds, options.deadlines) for seconds in DEADLINES}
            console.print(_deadlines(late))
            _warm(pool, snapshot)
            console.print(_memory())
        console.print(_replacements(snapshot, options.deaths))
    early = min(map(min, late.values())) < 0
    if early:
        console.print("[red]a query was stopped before its deadline[/red]")
    return int(early)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--rows", type=int, default=3000, help="queries of one row, each way")
    parser.add_argument("--large", type=int, default=40, help="answers of 10 MB, each way")
    parser.add_argument("--deadlines", type=int, default=20, help="queries stopped, each deadline")
    parser.add_argument("--deaths", type=int, default=40, help="readers killed")
    return parser.parse_args()


def _database(folder: Path) -> Database:
    """Return a database of things with a class, a label, a value and a neighbour."""
    choose = random.Random(SEED)  # noqa: S311  no secret
    file = folder / "things.nt"
    with file.open("w", encoding="utf-8") as output:
        for number in range(THINGS):
            thing = _thing(number)
            label, neighbour = f"thing {choose.random()}", _thing(choose.randrange(THINGS))
            output.write(
                f"{thing} <http://www.w3.org/1999/02/22-rdf-syntax-ns#type> <{CLASS}> .\n"
                f'{thing} <http://www.w3.org/2000/01/rdf-schema#label> "{label}"@en .\n'
                f'{thing} <{VALUE}> "{number}"^^<http://www.w3.org/2001/XMLSchema#integer> .\n'
                f"{thing} <http://example.org/neighbour> {neighbour} .\n"
            )
    database = Database(folder / "db")
    build([Source.of(file)], database, base_iri="https://kg.example/")
    return database


def _thing(number: int) -> str:
    return f"<https://kg.example/id/thing-{number}>"


def _timed(call: Callable[[], object]) -> float:
    begun = time.perf_counter()
    call()
    return time.perf_counter() - begun


def _costs(embedded: Store, reader: Store, rows: int, large: int) -> Table:
    table = Table(
        "query", "here", "by a reader", "more", "goal", title="What a reader costs (medians)"
    )
    choose = random.Random(SEED)  # noqa: S311  no secret
    texts = [
        f"SELECT ?o {{ {_thing(choose.randrange(THINGS))} <{VALUE}> ?o }}" for _ in range(rows)
    ]
    here, there = _in_turns(embedded, reader, texts)
    table.add_row(
        f"one row (n = {rows:,})",
        f"{here * 1e3:.3f} ms",
        f"{there * 1e3:.3f} ms",
        f"{(there - here) * 1e3:+.3f} ms",
        "0.3 ms",
    )
    size = len(embedded.query(LARGE).read()) / MEGABYTE
    here, there = _in_turns(embedded, reader, [LARGE] * large)
    table.add_row(
        f"{size:.1f} MB (n = {large:,})",
        f"{here * 1e3:.1f} ms",
        f"{there * 1e3:.1f} ms",
        f"{there / here - 1:+.1%}",
        "5 %",
    )
    return table


def _ask(store: Store, text: str) -> None:
    store.query(text).read()


def _in_turns(embedded: Store, reader: Store, texts: Sequence[str]) -> tuple[float, float]:
    """Return the median seconds of the same queries here and by a reader, neither always first."""
    stores = (embedded, reader)
    taken: dict[Store, list[float]] = {store: [] for store in stores}
    for store in stores:
        _ask(store, texts[0])
    for place, text in enumerate(texts):
        for store in stores if place % 2 else reversed(stores):
            taken[store].append(_timed(partial(_ask, store, text)))
    return statistics.median(taken[embedded]), statistics.median(taken[reader])


def _lateness(reader: Store, seconds: float, times: int) -> list[float]:
    """Return by how many seconds queries outlived their deadline."""

    def run() -> None:
        try:
            reader.query(FOREVER, EVERYTHING, Limits(seconds))
        except OverLimit as error:
            if error.code != "query_timeout":
                raise

    return [_timed(run) - seconds for _ in range(times)]


def _deadlines(lateness: dict[float, list[float]]) -> Table:
    table = Table("deadline", "n", "earliest", "p50", "p99", "goal", title="Past the deadline")
    for seconds, values in lateness.items():
        shown = (min(values), statistics.median(values), _quantile(values, 0.99))
        table.add_row(f"{seconds:g} s", str(len(values)), *map(_milliseconds, shown), "p99 250 ms")
    return table


def _replacements(snapshot: Snapshot, times: int) -> Table:
    """Measure in a pool of two, of which one is held, so that the other must be replaced."""
    table = Table("n", "p50", "p99", "slowest", "goal", title="From a death to the next answer")
    with contextlib.closing(Pool(readers=1, memory=MEMORY)) as pool:
        held = Cancellation()
        with _running(pool, pool.store(snapshot, Lane.PAGE), held, number=1):
            taken = [_replacement(pool, pool.store(snapshot, Lane.QUERY)) for _ in range(times)]
            held.cancel()
    shown = (statistics.median(taken), _quantile(taken, 0.99), max(taken))
    table.add_row(str(times), *map(_milliseconds, shown), "p99 100 ms")
    return table


def _replacement(pool: Pool, store: Store) -> float:
    """Return the seconds from the end of a killed query to the answer of the next."""
    cancellation = Cancellation()
    with _running(pool, store, cancellation, number=2):
        cancellation.cancel()
    return _timed(partial(_ask, store, "ASK {}"))


@contextlib.contextmanager
def _running(pool: Pool, store: Store, until: Cancellation, *, number: int) -> Iterator[None]:
    """Have a query run in a thread, as one of `number`, until it is cancelled."""

    def run() -> None:
        with contextlib.suppress(Cancelled):
            store.query(FOREVER, EVERYTHING, Limits(cancellation=until))

    thread = threading.Thread(target=run)
    thread.start()
    while len([query for query in pool.running() if query.pid]) < number:
        time.sleep(0.001)
    yield
    thread.join()


def _warm(pool: Pool, snapshot: Snapshot) -> None:
    """Have every reader open the snapshot, by asking all of them at once."""
    lanes = [Lane.PAGE, *[Lane.QUERY] * READERS]
    with ThreadPoolExecutor(len(lanes)) as threads:
        for answer in [threads.submit(pool.store(snapshot, lane).query, SLOW) for lane in lanes]:
            answer.result().read()


def _memory() -> Table:
    table = Table("process", "share (PSS)", "of that private", title="Memory when idle")
    for name, pid in _processes():
        table.add_row(f"{name} ({pid})", *(f"{size / 1024:.1f} MB" for size in _sizes(pid)))
    return table


def _processes() -> Iterator[tuple[str, int]]:
    """Yield this process, the nursery and its readers."""
    yield "this one", os.getpid()
    for nursery in _children(os.getpid()):
        yield "nursery", nursery
        for reader in _children(nursery):
            yield "reader", reader


def _children(parent: int) -> list[int]:
    found = []
    for status in Path("/proc").glob("[0-9]*/status"):
        with contextlib.suppress(OSError):
            if f"\nPPid:\t{parent}\n" in status.read_text(encoding="utf-8"):
                found.append(int(status.parent.name))
    return sorted(found)


def _sizes(pid: int) -> tuple[int, int]:
    """Return the kilobytes of a process: its share of all, and what is its own."""
    text = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii")
    sizes = {line.split()[0]: int(line.split()[1]) for line in text.splitlines()[1:]}
    return sizes["Pss:"], sizes["Private_Clean:"] + sizes["Private_Dirty:"]


def _quantile(values: Sequence[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def _milliseconds(seconds: float) -> str:
    return f"{seconds * 1e3:.1f} ms"


if __name__ == "__main__":
    sys.exit(main())
