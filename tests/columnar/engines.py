"""A graph in both engines, and their answers side by side."""

from __future__ import annotations

import io
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from pyoxigraph import (
    CanonicalizationAlgorithm,
    Dataset,
    QueryBoolean,
    QueryResultsFormat,
    RdfFormat,
    Store,
    parse,
    parse_query_results,
)

from kg.columnar import making
from kg.columnar.answering import Columns
from kg.store import EVERYTHING, UNLIMITED, Scope
from kg.store.embedded import EmbeddedStore

MEMORY = 256 * 1024 * 1024

PREFIXES = """
PREFIX : <http://example.org/>
PREFIX xsd: <http://www.w3.org/2001/XMLSchema#>
"""

GRAPH = ("s", "p", "o")

Answer = bool | tuple[tuple[str, ...], list[tuple[str | None, ...]]]


@dataclass(frozen=True)
class Both:
    """The same state of the data, in Oxigraph and in columns."""

    oxigraph: EmbeddedStore
    columns: Columns
    union: bool

    def answers(self, text: str, scope: Scope = EVERYTHING) -> tuple[Answer, Answer]:
        """Return what each answers, Oxigraph first. Raises Unsupported."""
        plan = self.columns.plan(text, scope, union=self.union)
        output = io.BytesIO()
        self.columns.write(output, plan, UNLIMITED, None)
        understood = triples if plan.graph else read
        expected = self.oxigraph.query(text, scope).read()
        return understood(expected), understood(output.getvalue())


def both(store: Store, folder: Path, *, union: bool = True) -> Both:
    """Return a store together with columns that are made in a folder."""
    embedded = EmbeddedStore(store, snapshot="test", union_default_graph=union)
    folder.mkdir(exist_ok=True)
    making.make(embedded, folder)
    return Both(embedded, Columns.opened(folder, memory=MEMORY), union)


def both_of(trig: str, folder: Path, *, union: bool = True) -> Both:
    """Return both engines over a document of TriG."""
    store = Store()
    head = PREFIXES.replace("PREFIX", "@prefix").replace(">\n", "> .\n")
    store.load((head + trig).encode(), format=RdfFormat.TRIG)
    return both(store, folder, union=union)


def read(content: bytes) -> Answer:
    """Return an answer in JSON as values that can be compared."""
    found = parse_query_results(content, format=QueryResultsFormat.JSON)
    if isinstance(found, QueryBoolean):
        return bool(found)
    names = tuple(each.value for each in found.variables)
    return names, [tuple(None if row[n] is None else str(row[n]) for n in names) for row in found]


def triples(content: bytes) -> Answer:
    """Return a graph in N-Triples as values that can be compared."""
    found = parse(content, format=RdfFormat.N_TRIPLES)
    rows = [(str(each.subject), str(each.predicate), str(each.object)) for each in found]
    return GRAPH, list(rows)


def same(one: Answer, other: Answer) -> bool:
    """Return whether two answers have the same solutions, each as often.

    In graphs, new blank nodes may be called anything.
    """
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if one[0] != other[0]:
        return False
    if one[0] == GRAPH and Counter(one[1]) != Counter(other[1]):
        return _graph(one[1]) == _graph(other[1])
    return Counter(one[1]) == Counter(other[1])


def _graph(rows: list[tuple[str | None, ...]]) -> Dataset:
    lines = "".join(f"{' '.join(map(str, row))} .\n" for row in rows)
    graph = Dataset(parse(lines, format=RdfFormat.N_TRIPLES))
    graph.canonicalize(CanonicalizationAlgorithm.UNSTABLE)
    return graph
