"""Answers from the columnar index, written as the engine writes its own."""

from __future__ import annotations

import io
import json
import shutil
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any, Protocol, cast

import duckdb
from pyoxigraph import QueryResultsFormat, RdfFormat, parse, parse_query_results, serialize

from kg.columnar import Unsupported
from kg.columnar.compiling import Plan, compiled
from kg.columnar.datasets import graphs
from kg.columnar.estimating import reason_against
from kg.columnar.index import Index
from kg.columnar.parsing import parsed
from kg.columnar.spelling import lines
from kg.errors import BadInput, BadQuery, Interrupted, KgError, too_much_memory
from kg.formats import Format, Kind
from kg.results import Sink, internal_format, not_expressible
from kg.store import Limits, Scope
from kg.store.embedded import EmbeddedStore

BLOCK = 2_000
"""Rows that are fetched at once."""

KEPT = 200
"""Plans that are kept."""


class Found(Protocol):
    """What a statement has found."""

    def fetchmany(self, size: int, /) -> list[Any]:
        """Return the next rows."""


Run = Callable[[str], Found]
"""Runs a statement."""


class Columns:
    """Answers queries from an index; a plan is made once for each text and dataset."""

    def __init__(self, index: Index) -> None:
        self.index = index
        self._plans: OrderedDict[tuple[str, Scope, bool], Plan | str] = OrderedDict()

    @classmethod
    def opened(
        cls, folder: Path, *, memory: int, work: Path | None = None, threads: int = 1
    ) -> Columns:
        """Return what answers from a folder; see `Index`. Raises Unsupported."""
        return cls(Index(folder, memory=memory, work=work, threads=threads))

    def close(self) -> None:
        """Let go of the file."""
        self.index.close()

    def plan(self, text: str, scope: Scope, *, union: bool, forced: bool = True) -> Plan:
        """Return the plan of a query. Raises Unsupported.

        Unless it is `forced`, also for queries that the engine answers more quickly.
        """
        key = (text, scope, union)
        if key not in self._plans:
            if len(self._plans) >= KEPT:
                self._plans.popitem(last=False)
            self._plans[key] = self._made(text, scope, union=union, forced=forced)
        self._plans.move_to_end(key)
        found = self._plans[key]
        if isinstance(found, str):
            raise Unsupported(found)
        return found

    def _made(self, text: str, scope: Scope, *, union: bool, forced: bool) -> Plan | str:
        """Return a plan, or why there is none."""
        try:
            query = parsed(text)
            against = "" if forced else reason_against(query, self.index)
            if against:
                return against
            plan = compiled(query, self.index, graphs(query, scope, self.index, union=union))
        except Unsupported as reason:
            return str(reason)
        except duckdb.Error as error:
            return f"the plan could not be made: {error}"
        try:
            EmbeddedStore.check(text)
        except BadQuery as error:
            return error.message  # the engine tells
        return plan

    def write(
        self,
        output: IO[bytes],
        plan: Plan,
        limits: Limits,
        format: Format | None,
        run: Run | None = None,
    ) -> tuple[Kind, Format]:
        """Write the answer of a plan, and return what it is and in which format.

        `run` runs its statement where the index does not. Raises Unsupported when it turns out
        before anything was written that it cannot be had, and OverLimit.
        """
        kind = Kind.BOOLEAN if plan.ask else Kind.GRAPH if plan.graph else Kind.SOLUTIONS
        chosen = format or internal_format(kind)
        if kind not in chosen.kinds or chosen.engine is None:
            raise BadInput(f"an answer of kind {kind} cannot be written as {chosen.media_type}")
        rows = _Rows(self.index, run or self.index.run, plan)
        rows.begin()
        sink = Sink(output, format=chosen, max_bytes=limits.bytes)
        try:
            _convert(rows, plan, sink, chosen)
        except (OSError, SyntaxError, ValueError):
            if rows.error is None and plan.graph:
                raise not_expressible(chosen) from None
            raise rows.error or Interrupted("the answer broke off") from None
        sink.close()
        return kind, chosen


def _convert(rows: _Rows, plan: Plan, sink: Sink, format: Format) -> None:
    """Write rows in a format."""
    file = cast("IO[bytes]", rows)
    if isinstance(format.engine, QueryResultsFormat):
        read = QueryResultsFormat.JSON if plan.ask else QueryResultsFormat.TSV
        parse_query_results(file, format=read).serialize(sink.file, format=format.engine)
    elif format.engine is RdfFormat.N_TRIPLES:
        shutil.copyfileobj(file, sink.file)
    else:
        triples = parse(file, format=RdfFormat.N_TRIPLES)
        serialize(triples, sink.file, cast("RdfFormat", format.engine))


class _Rows(io.RawIOBase):
    """A file of the rows of a plan, as they are found."""

    def __init__(self, index: Index, run: Run, plan: Plan) -> None:
        self._index = index
        self._run = run
        self._plan = plan
        self._left = b""
        self._ended = False
        self.error: KgError | None = None
        """What broke it off, if anything did."""

    def begin(self) -> None:
        """Run the statement up to its first rows. Raises Unsupported and OverLimit."""
        try:
            self._found = self._run(self._plan.sql)
            self._left = self._head() + self._next()
        except duckdb.OutOfMemoryException:
            raise too_much_memory() from None
        except duckdb.Error as error:
            raise Unsupported(f"it could not be run: {error}") from None

    def readable(self) -> bool:
        """Return that it can be read."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Fill a buffer with what comes next, as far as there is anything."""
        while not self._left and not self._ended:
            try:
                self._left = self._next()
            except KgError as error:
                self.error = error
                raise
            except Unsupported as reason:
                self.error = Interrupted(f"the answer broke off: {reason}")
                raise self.error from None
            except duckdb.OutOfMemoryException:
                self.error = too_much_memory()
                raise self.error from None
            except duckdb.Error as error:
                self.error = Interrupted(f"the answer broke off: {error}")
                raise self.error from None
        size = min(len(buffer), len(self._left))
        buffer[:size] = self._left[:size]
        self._left = self._left[size:]
        return size

    def _head(self) -> bytes:
        if self._plan.ask or self._plan.graph:
            return b""
        return "\t".join(f"?{name}" for name in self._plan.variables).encode() + b"\n"

    def _next(self) -> bytes:
        rows = self._found.fetchmany(BLOCK)
        self._ended = len(rows) < BLOCK
        if self._plan.ask:
            return json.dumps({"head": {}, "boolean": rows[0][0]}).encode()
        if self._plan.kinds:
            found = lines(rows, self._plan.kinds, self._index.spelled)
            return "".join(f"{line}\n" for line in found).encode()
        return "".join(f"{line}\n" for (line,) in rows).encode()
