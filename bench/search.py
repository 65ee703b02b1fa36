#!/usr/bin/env python3
"""How the search index compares to the full-text index that everybody has, and how it grows.

Three ways to index the same generated names are asked the searches of the golden set
(tests/search/golden.py): ours, and SQLite's FTS5 with its tokenizers `trigram` and `unicode61`.
What is relevant is known from the names themselves. Recall is the share of it that is found;
precision at 10 is the share of the first ten hits that is relevant; both are means over the
searches, and a search that finds nothing has a precision of 0.

Then ours alone is made of more and more names, half of them with a description, up to a million
texts, and asked the same: times of whole pages (ten hits with labels, snippets and facets) and of
suggestions, the size of the index, and what making it takes. Times are the processor's, so that
other work on the machine does not count.

Usage: .venv/bin/python bench/search.py [--names N] [--most TEXTS] [--each SEARCHES]

It ends with 1 where ours misses anything relevant, or a page's 95th percentile is over 50 ms at the
most texts, or that of a suggestion over 20 ms.
"""

from __future__ import annotations

import argparse
import re
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from rich.console import Console
from rich.table import Table

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tests" / "search"))

import golden  # noqa: E402
from golden import Name, Search  # noqa: E402

from kg.search import hits, making  # noqa: E402
from kg.search.hits import Wanted  # noqa: E402
from kg.search.index import Index  # noqa: E402
from kg.search.matching import matching  # noqa: E402
from kg.store.embedded import EmbeddedStore  # noqa: E402
from kg.store.loading import Source  # noqa: E402

PAGE, SUGGESTION = 50.0, 20.0
"""Milliseconds that the 95th percentile may be."""

SHOWN = 10
DESCRIPTION = "http://purl.org/dc/terms/description"

Ask = Callable[[str], tuple[list[int], set[int]]]
"""Returns the first ten hits, and all."""


@dataclass
class Quality:
    """Recall and precision at 10 of searches of one kind, and their times in milliseconds."""

    recall: list[float] = field(default_factory=list)
    precision: list[float] = field(default_factory=list)
    times: list[float] = field(default_factory=list)


def main() -> int:
    """Measure, print tables, and return the status to end with."""
    options = _options()
    console = Console()
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        names = golden.names(options.names)
        searches = list(golden.Searches(names, options.each))
        index = golden.index(names, folder)
        ways: dict[str, Ask] = {
            "kg": lambda text: _ours(index, text),
            "trigram": _fts5(names, "trigram"),
            "unicode61": _fts5(names, "unicode61"),
        }
        compared = {way: _measured(ask, searches) for way, ask in ways.items()}
    console.print(_comparison(compared, len(names), options.each))
    grown = [_grown(texts, options.each) for texts in _sizes(options.most)]
    console.print(_growth(grown))
    complete = all(min(each.recall) == 1 for each in compared["kg"].values())
    fast = grown[-1].page.p95 <= PAGE and grown[-1].suggestion.p95 <= SUGGESTION
    return 0 if complete and fast else 1


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--names", type=int, default=100_000)
    parser.add_argument("--most", type=int, default=1_000_000)
    parser.add_argument("--each", type=int, default=30)
    return parser.parse_args()


def _sizes(most: int) -> list[int]:
    return [size for size in (most // 100, most // 10, most) if size]


def _ours(index: Index, text: str) -> tuple[list[int], set[int]]:
    shown = hits.page(index, text, ("zh", "en"), Wanted(size=SHOWN)).hits
    found = {golden.number(iri) for iri in index.iris(matching(index, text))}
    return [golden.number(hit.iri) for hit in shown], found


def _fts5(names: Sequence[Name], tokenizer: str) -> Ask:
    """Return what asks a table of FTS5, whose query is one phrase, its last word a beginning."""
    base = sqlite3.connect(":memory:")
    base.execute(f"CREATE VIRTUAL TABLE names USING fts5(name, tokenize = '{tokenizer}')")
    rows = ((number, name.text) for number, name in enumerate(names))
    base.executemany("INSERT INTO names(rowid, name) VALUES (?, ?)", rows)

    def ask(text: str) -> tuple[list[int], set[int]]:
        phrase = '"' + text.replace('"', '""') + '"' + ("*" if tokenizer == "unicode61" else "")
        query = "SELECT rowid FROM names WHERE names MATCH ?"
        first = base.execute(f"{query} ORDER BY rank LIMIT {SHOWN}", (phrase,)).fetchall()
        found = base.execute(query, (phrase,)).fetchall()
        return [number for (number,) in first], {number for (number,) in found}

    return ask


def _measured(ask: Ask, searches: Sequence[Search]) -> dict[str, Quality]:
    measured: dict[str, Quality] = {}
    for search in searches:
        start = time.perf_counter()
        first, found = ask(search.text)
        seconds = time.perf_counter() - start
        of_kind = measured.setdefault(search.kind, Quality())
        of_kind.recall.append(len(found & search.relevant) / len(search.relevant))
        right = sum(number in search.relevant for number in first)
        of_kind.precision.append(right / len(first) if first else 0.0)
        of_kind.times.append(seconds * 1000)
    return measured


@dataclass(frozen=True)
class Times:
    """Milliseconds of the processor, median and 95th percentile; and of the clock, the latter."""

    median: float
    p95: float
    waited: float

    def __str__(self) -> str:
        return f"{self.median:.1f} / {self.p95:.1f} ({self.waited:.1f})"


@dataclass(frozen=True)
class Grown:
    """What an index of so many texts costs; seconds are the processor's."""

    texts: int
    seconds: float
    peak: int
    size: int
    page: Times
    suggestion: Times


def _grown(texts: int, each: int) -> Grown:
    """Measure an index, which a process of its own makes, so that its memory is known."""
    count = texts * 2 // 3
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        names = golden.names(count)
        _write(names, texts - count, folder / "data.nt")
        with EmbeddedStore.create(folder / "store") as loading:
            loading.load(Source.of(folder / "data.nt"), base_iri="http://example.org/")
        done = subprocess.run(  # noqa: S603
            [sys.executable, __file__, "--make", str(folder)],
            capture_output=True, text=True, check=True,
        )  # fmt: skip
        seconds, peak = map(float, done.stdout.split())
        target = folder / making.FOLDER
        index = Index(target)
        asked = [search.text for search in golden.Searches(names[:20_000], each)]
        return Grown(
            texts,
            seconds,
            int(peak),
            sum(file.stat().st_size for file in target.rglob("*") if file.is_file()),
            _times(lambda text: hits.page(index, text, ("zh",), Wanted(size=SHOWN)), asked),
            _times(lambda text: hits.suggestions(index, text, ("zh",), Wanted(size=8)), asked),
        )


def _write(names: Sequence[Name], described: int, file: Path) -> None:
    label = "http://www.w3.org/2000/01/rdf-schema#label"
    with file.open("w", encoding="utf-8") as output:
        for number, name in enumerate(names):
            thing = f"<http://example.org/{number}>"
            kind = f"<http://example.org/Class{number % 10}>"
            output.write(
                f'{thing} <{label}> "{name.text}"@zh .\n'
                f"{thing} <http://www.w3.org/1999/02/22-rdf-syntax-ns#type> {kind} .\n"
            )
            if number < described:
                other = names[(number * 7919) % len(names)].text
                text = f"{name.text}与{other}合作，2023年投资{number % 97}亿元。"
                output.write(f'{thing} <{DESCRIPTION}> "{text}"@zh .\n')


def _make(folder: Path) -> None:
    """Make an index in this process; print the seconds and the bytes of memory that it took."""
    store = EmbeddedStore.open(folder / "store", snapshot="bench")
    start = time.process_time()
    making.make(store, folder)
    seconds = time.process_time() - start
    print(seconds, _peak())


def _peak() -> int:
    """Return the most bytes of memory that this process has held; Linux tells."""
    (kilobytes,) = re.findall(r"VmHWM:\s+(\d+)", Path("/proc/self/status").read_text("ascii"))
    return int(kilobytes) * 1024


def _times(ask: Callable[[str], object], texts: Sequence[str]) -> Times:
    spent: list[float] = []
    waited: list[float] = []
    for _ in range(2):  # the first reads what the system has not in its memory
        spent, waited = [], []
        for text in texts:
            clock, processor = time.perf_counter(), time.process_time()
            ask(text)
            spent.append((time.process_time() - processor) * 1000)
            waited.append((time.perf_counter() - clock) * 1000)
    return Times(statistics.median(spent), _p95(spent), _p95(waited))


def _p95(times: Sequence[float]) -> float:
    return statistics.quantiles(times, n=20)[-1]


def _comparison(compared: dict[str, dict[str, Quality]], names: int, each: int) -> Table:
    table = Table(title=f"{names:,} names, {each} searches of each kind: recall / precision at 10")
    table.add_column("searches")
    for way in compared:
        table.add_column(way, justify="right")
    for kind in compared["kg"]:
        cells = (compared[way][kind] for way in compared)
        table.add_row(kind, *(f"{_mean(c.recall)} / {_mean(c.precision)}" for c in cells))
    return table


def _mean(values: Sequence[float]) -> str:
    return f"{statistics.mean(values):.2f}"


def _growth(grown: Sequence[Grown]) -> Table:
    table = Table(
        title="growth; ms of the processor, median / 95th percentile (the latter by the clock)"
    )
    for name in ("texts", "made in", "peak memory", "size", "page", "suggestion"):
        table.add_column(name, justify="right")
    for each in grown:
        table.add_row(
            f"{each.texts:,}",
            f"{each.seconds:.1f} s",
            f"{each.peak / 1e6:.0f} MB",
            f"{each.size / 1e6:.0f} MB",
            str(each.page),
            str(each.suggestion),
        )
    return table


if __name__ == "__main__":
    if sys.argv[1:2] == ["--make"]:
        _make(Path(sys.argv[2]))
    else:
        sys.exit(main())
