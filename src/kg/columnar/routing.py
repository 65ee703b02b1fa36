"""Which engine answers: the columns where they are quicker and exact, Oxigraph everywhere else.

Nothing here loads DuckDB before a query comes that it may answer.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from kg.columnar import Unsupported
from kg.columnar.layout import laid_out
from kg.errors import BadInput
from kg.formats import Format, Kind
from kg.settings import AUTOMATIC, COLUMNS, OXIGRAPH
from kg.store import Limits, Scope, sandbox
from kg.store.embedded import EmbeddedStore

if TYPE_CHECKING:
    from kg.columnar.answering import Columns
    from kg.columnar.compiling import Plan

ABOUT = "columns.json"
"""The file beside the index that says how many quads it has, or why there is none."""

SMALL = 20_000
"""Quads up to which Oxigraph answers everything in no time."""

LARGE = 4_000_000
"""Quads from which on two threads are quicker than one, which for less cost more than they help.

At 1 M they made no difference, at 10 M queries took 0.7 of the time.
"""

SHARE = 0.6
"""Of the memory that a query may use, what DuckDB plans with; the rest is for what it does not
count."""

# What makes a query go through much; others are lookups.
_ANALYTICAL = re.compile(
    r"GROUP|COUNT|SUM|AVG|MIN|MAX|DISTINCT|ORDER|HAVING|MINUS|EXISTS|OPTIONAL|UNION|FILTER",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Choice:
    """The engine that answers a query, and why; with the SQL where it is made into SQL."""

    engine: str
    reason: str
    sql: str = ""

    def to_json(self) -> dict[str, Any]:
        """Return this as JSON."""
        return {"engine": self.engine, "reason": self.reason, "sql": laid_out(self.sql)}


@dataclass(frozen=True)
class Routing:
    """How queries are routed, and what DuckDB may use; `folder` is that of what was derived."""

    folder: Path
    memory: int
    work: Path | None = None
    engine: str = AUTOMATIC
    small: int = SMALL


class RoutedStore:
    """A snapshot that two engines answer from."""

    def __init__(
        self,
        store: EmbeddedStore,
        routing: Routing,
        *,
        union: bool,
        opening: Callable[[], AbstractContextManager[None]] = nullcontext,
    ) -> None:
        """Answer from a store, or from the columns; `opening` holds while files are opened."""
        self.oxigraph = store
        self._routing = routing
        self._union = union
        self._opening = opening
        self._columns: Columns | None = None

    @property
    def snapshot(self) -> str:
        """The id of the snapshot."""
        return self.oxigraph.snapshot

    def explain(self, text: str, scope: Scope) -> Choice:
        """Return which engine answers a query. Raises BadQuery."""
        self.oxigraph.check(text)
        choice, _ = self._chosen(text, scope)
        return choice

    def write(
        self, output: IO[bytes], text: str, scope: Scope, limits: Limits, format: Format | None
    ) -> tuple[Kind, Format]:
        """Write the answer to a query; see `EmbeddedStore.write`.

        Raises BadInput where the columns are to answer alone and cannot.
        """
        choice, plan = self._chosen(text, scope)
        if plan is not None and self._columns is not None:
            try:
                return self._columns.write(output, plan, limits, format)
            except Unsupported as reason:
                choice = Choice(OXIGRAPH, str(reason))
        if self._routing.engine == COLUMNS and plan is None:
            self.oxigraph.check(text)
            raise BadInput(
                f"the columns cannot answer this query, and Oxigraph is not to: {choice.reason}",
                code="unsupported_by_columns",
            )
        return self.oxigraph.write(output, text, scope, limits, format)

    def _chosen(self, text: str, scope: Scope) -> tuple[Choice, Plan | None]:
        try:
            plan = self._plan(text, scope)
        except Unsupported as reason:
            return Choice(OXIGRAPH, str(reason)), None
        return Choice(COLUMNS, "it goes through much, and its SQL is exact", plan.sql), plan

    def _plan(self, text: str, scope: Scope) -> Plan:
        """Return the plan of a query for the columns. Raises Unsupported."""
        forced = self._routing.engine == COLUMNS
        if self._routing.engine == OXIGRAPH:
            raise Unsupported("the settings leave everything to Oxigraph")
        if not forced and not _ANALYTICAL.search(text):
            raise Unsupported("it looks something up")
        columns = self._opened()
        return columns.plan(text, scope, union=self._union, forced=forced)

    def _opened(self) -> Columns:
        """Return the index. Raises Unsupported where there is none, or where it is small."""
        if self._columns is not None:
            return self._columns
        try:
            about = json.loads((self._routing.folder / ABOUT).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            raise Unsupported("the columns of this state of the data are not made yet") from None
        if "quads" not in about:
            raise Unsupported(f"there are no columns: {about.get('reason')}")
        if self._routing.engine != COLUMNS and about["quads"] < self._routing.small:
            raise Unsupported("the data is so small that Oxigraph answers at once")
        with self._opening(), sandbox.uncounted():
            from kg.columnar.answering import Columns  # noqa: PLC0415  DuckDB takes 30 MB

            memory = int(SHARE * self._routing.memory)
            threads = 2 if about["quads"] >= LARGE else 1
            self._columns = Columns.opened(
                self._routing.folder, memory=memory, work=self._routing.work, threads=threads
            )
        return self._columns
