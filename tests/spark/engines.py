"""A graph in Oxigraph and in Parquet files that Spark reads, and their answers side by side."""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path

import tests.spark.installed  # noqa: F401  passes over what needs it
from pyoxigraph import Store
from tests.columnar.engines import MEMORY, Answer, read, triples

from kg.columnar.answering import Columns
from kg.spark.dialect import translated
from kg.spark.index import ParquetIndex
from kg.spark.session import Session
from kg.store import EVERYTHING, UNLIMITED, Scope
from kg.store.embedded import EmbeddedStore

from .graphs import answer, exported


@dataclass(frozen=True)
class Pair:
    """The same state of the data in Oxigraph and in Spark."""

    oxigraph: EmbeddedStore
    columns: Columns
    session: Session
    union: bool

    def answers(self, text: str, scope: Scope = EVERYTHING) -> tuple[Answer, Answer]:
        """Return what each answers, Oxigraph first. Raises Unsupported."""
        plan = self.columns.plan(text, scope, union=self.union)
        rows = self.session.run(translated(plan.sql))
        output = io.BytesIO()
        self.columns.write(output, plan, UNLIMITED, None, lambda _: rows)
        found = (triples if plan.graph else read)(output.getvalue())
        return answer(self.oxigraph.query(text, scope)), found


def pair(store: Store, folder: Path, session: Session, *, union: bool = True) -> Pair:
    """Return a store together with files in a folder, which the session reads from now on."""
    embedded = EmbeddedStore(store, snapshot="test", union_default_graph=union)
    files = exported(embedded, folder)
    session.read(files)
    return Pair(embedded, Columns(ParquetIndex(files, memory=MEMORY)), session, union)
