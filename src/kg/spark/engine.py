"""What answers a query over Parquet files: Spark, or this process itself where that is little."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import IO

from kg.columnar import Unsupported, parquet
from kg.columnar.answering import Columns, Found
from kg.columnar.compiling import Plan
from kg.columnar.estimating import reason_against, work
from kg.columnar.parsing import parsed
from kg.errors import BadInput
from kg.formats import Format, Kind
from kg.spark.dialect import translated
from kg.spark.excerpt import excerpt
from kg.spark.index import ParquetIndex
from kg.spark.session import Session
from kg.store import Limits, Scope
from kg.store.embedded import EmbeddedStore


class SparkEngine:
    """Answers queries in the calling thread.

    What is compiled is run by Spark, or, where it goes through little, by DuckDB in this process
    over the same files. For what is not compiled there is an excerpt of the data, if that is small,
    which holds all that the query can see.
    """

    def __init__(
        self, folder: Path, session: Session, *, memory: int, union: bool, little: int
    ) -> None:
        """Use up to `memory` bytes beside Spark. Raises BadInput where `folder` is none.

        What goes through fewer than `little` quads is not for Spark.
        """
        self._manifest = parquet.manifest(folder)
        self._session = session
        self._union = union
        self._little = little
        self._index = ParquetIndex(folder, memory=memory)
        self._columns = Columns(self._index)
        self._planning = threading.Lock()

    @property
    def snapshot(self) -> str:
        """The id of the snapshot that the files are of."""
        return self._manifest.snapshot

    def answer(
        self, output: IO[bytes], text: str, scope: Scope, limits: Limits, format: Format | None
    ) -> tuple[Kind, Format] | bytes:
        """Write the answer to a query, and return what it is and in which format.

        Else write nothing and return, as N-Quads, the excerpt that it can be had from. Raises
        BadInput where neither can be, and what `Columns.write` does.
        """
        EmbeddedStore.check(text)
        reasons = []
        try:
            return self._compiled(output, text, scope, limits, format)
        except Unsupported as reason:
            reasons.append(str(reason))
        try:
            return excerpt(text, self._index, limits, has_dataset=scope.given)
        except Unsupported as reason:
            reasons.append(str(reason))
        raise BadInput(
            f"Spark cannot answer this query ({reasons[0]}), and it is not about a small part of "
            f"the data ({reasons[1]}); begin at a term, or ask a database that holds the data",
            code="unsupported_by_columns",
        )

    def _compiled(
        self, output: IO[bytes], text: str, scope: Scope, limits: Limits, format: Format | None
    ) -> tuple[Kind, Format]:
        """Answer by SQL. Raises Unsupported before anything was written."""
        with self._planning:
            plan = self._columns.plan(text, scope, union=self._union)
            sql = "" if self._is_little(text) else translated(plan.sql)
        if sql:
            return self._by_spark(plan, sql, output, limits, format)
        return self._here(plan, output, limits, format)

    def _is_little(self, text: str) -> bool:
        if not self._little:
            return False
        query = parsed(text)
        little = work(query.select, self._index) < self._little
        return little or bool(reason_against(query, self._index))

    def _here(
        self, plan: Plan, output: IO[bytes], limits: Limits, format: Format | None
    ) -> tuple[Kind, Format]:
        cursor = self._index.cursor()

        def run(sql: str) -> Found:
            return cursor.execute(sql)

        with limits.cancellation.stopping(cursor.interrupt):
            return self._columns.write(output, plan, limits, format, run)

    def _by_spark(
        self, plan: Plan, sql: str, output: IO[bytes], limits: Limits, format: Format | None
    ) -> tuple[Kind, Format]:
        rows = self._session.run(sql)
        with limits.cancellation.stopping(rows.cancel):
            return self._columns.write(output, plan, limits, format, lambda _: rows)
