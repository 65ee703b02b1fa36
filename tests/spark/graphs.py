"""Graphs, and the Parquet files that hold them."""

from __future__ import annotations

import os
from pathlib import Path

from hypothesis import HealthCheck, Phase, settings
from pyoxigraph import RdfFormat, Store
from tests.columnar.engines import PREFIXES, Answer, read, triples

from kg.columnar import making, parquet
from kg.formats import Kind
from kg.results import Result
from kg.store.embedded import EmbeddedStore
from kg.store.snapshots import Snapshot


def graph(trig: str) -> Store:
    """Return a store that holds a document of TriG."""
    store = Store()
    head = PREFIXES.replace("PREFIX", "@prefix").replace(">\n", "> .\n")
    store.load((head + trig).encode(), format=RdfFormat.TRIG)
    return store


def repeated(variable: str, times: int) -> settings:
    """Return settings that ask as often as a variable of the environment says, or `times`.

    Unless it says so, the examples are the same ones each time.
    """
    return settings(
        max_examples=int(os.environ.get(variable, times)),
        deadline=None,
        derandomize=variable not in os.environ,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )


def answer(result: Result) -> Answer:
    """Return an answer in its internal format as values that can be compared."""
    return (triples if result.kind is Kind.GRAPH else read)(result.read())


def exported(store: EmbeddedStore, folder: Path) -> Path:
    """Return a folder of Parquet files that hold what a store holds."""
    snapshot = Snapshot("test", folder)
    snapshot.derived.mkdir(parents=True)
    making.make(store, snapshot.derived)
    parquet.export(snapshot, folder / "parquet")
    return folder / "parquet"
