"""The store inside this process: pyoxigraph over a snapshot on disk."""

from __future__ import annotations

import contextlib
import re
import traceback
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import IO, Any

from pyoxigraph import (
    QueryBoolean,
    QueryResultsFormat,
    QuerySolutions,
    QueryTriples,
    RdfFormat,
    parse,
    serialize,
)
from pyoxigraph import Store as Engine

from kg import sparql
from kg.errors import BadInput, BadQuery, KgError, StorageFailed, StorageFull
from kg.formats import Format, Kind
from kg.results import Sink, internal_format, not_expressible
from kg.store import Limits, Scope, WritingStore
from kg.store.loading import Progress, Source, load, silent
from kg.terms import RDF, BlankNode, DefaultGraph, NamedNode, Quad, Term, Triple, spell

LONGEST_MESSAGE = 300
"""Characters of a parser's message; it may list every token that it expected."""

_ALL_TRIPLES = "CONSTRUCT { ?s ?p ?o } WHERE { ?s ?p ?o }"


class EmbeddedStore(WritingStore):
    """Answers queries in the calling thread. Opening a snapshot takes some 10-50 ms."""

    def __init__(
        self,
        engine: Engine,
        *,
        snapshot: str,
        union_default_graph: bool = True,
        base_iri: str | None = None,
    ) -> None:
        """`base_iri` is what relative IRIs of a query are read against (RFC 3986, 5.1.4)."""
        super().__init__(snapshot)
        self._engine = engine
        self._base_iri = base_iri
        self._union_default_graph = union_default_graph

    @classmethod
    def open(
        cls,
        path: Path,
        *,
        snapshot: str,
        union_default_graph: bool = True,
        base_iri: str | None = None,
    ) -> EmbeddedStore:
        """Open the triples of a snapshot for reading. Raises StorageFailed."""
        try:
            engine = Engine.read_only(str(path))
        except (OSError, ValueError, RuntimeError) as error:
            raise StorageFailed(f"cannot open the database at {path}: {error}") from None
        return cls(
            engine,
            snapshot=snapshot,
            union_default_graph=union_default_graph,
            base_iri=base_iri,
        )

    @classmethod
    def of_quads(cls, content: bytes, *, snapshot: str, union_default_graph: bool) -> EmbeddedStore:
        """Return a store in memory of N-Quads, whose blank nodes keep their names."""
        engine = Engine()
        engine.bulk_extend(parse(content, format=RdfFormat.N_QUADS, lenient=True))
        return cls(engine, snapshot=snapshot, union_default_graph=union_default_graph)

    @classmethod
    @contextlib.contextmanager
    def create(cls, path: Path, *, snapshot: str = "") -> Iterator[EmbeddedStore]:
        """Make an empty store to load files into; at the end it is compact, on disk and closed."""
        try:
            engine = Engine(str(path))
        except OSError as error:
            raise StorageFailed(f"cannot create a database at {path}: {error}") from None
        store = cls(engine, snapshot=snapshot)
        try:
            yield store
            engine.optimize()
            engine.flush()
        except BaseException as error:
            traceback.clear_frames(error.__traceback__)  # they may hold the engine
            raise
        finally:
            del store._engine, engine  # it lets go of its files with its last reference

    @classmethod
    def in_memory(cls, sources: Iterable[Source], *, base_iri: str) -> EmbeddedStore:
        """Return a store of the given files that is gone with the process."""
        store = cls(Engine(), snapshot="memory", base_iri=f"{base_iri}id/")
        for source in sources:
            store.load(source, base_iri=base_iri)
        return store

    def load(self, source: Source, *, base_iri: str, progress: Progress = silent) -> None:
        """Load a file; see `kg.store.loading.load`."""
        load(self._engine, source, base_iri=base_iri, progress=progress)

    def dump(
        self,
        output: IO[bytes],
        format: Format,
        *,
        graph: NamedNode | DefaultGraph | None = None,
    ) -> None:
        """Write everything, or one graph, without holding it in memory.

        A format of triples gets the merge of all graphs, one of quads keeps them apart. Raises
        NotAcceptable when the data cannot be written in `format`; what was written is then void.
        """
        sink = Sink(output, format=format, max_bytes=None)
        try:
            self._dump(sink, format, graph)
        except OSError as error:
            raise _translated(error, format) from None
        sink.close()

    def dump_class(self, output: IO[bytes], format: Format, owner: NamedNode) -> None:
        """Write the triples about the things of a class, from all graphs, with what hangs on them.

        One thing after another is held in memory. Raises NotAcceptable, like `dump`.
        """
        assert isinstance(format.engine, RdfFormat)
        sink = Sink(output, format=format, max_bytes=None)
        try:
            serialize(self._about(owner), sink.file, format.engine)
        except OSError as error:
            raise _translated(error, format) from None
        sink.close()

    def _about(self, owner: NamedNode) -> Iterator[Triple]:
        """Yield each triple about a thing of a class once, and about blank nodes on the way."""
        for thing in self._things(owner):
            seen, waiting = {thing}, [thing]
            while waiting:
                node = waiting.pop()
                for triple in {
                    quad.triple for quad in self._engine.quads_for_pattern(node, None, None)
                }:
                    yield triple
                    if isinstance(triple.object, BlankNode) and triple.object not in seen:
                        seen.add(triple.object)
                        waiting.append(triple.object)

    def _things(self, owner: NamedNode) -> Iterator[NamedNode | BlankNode]:
        """Yield the things of a class, each once."""
        rows = self._engine.query(
            f"SELECT DISTINCT ?s {{ ?s {spell(RDF.type)} {spell(owner)} }}",
            use_default_graph_as_union=True,
        )
        assert isinstance(rows, QuerySolutions)
        return (row["s"] for row in rows)

    def _dump(self, sink: Sink, format: Format, graph: NamedNode | DefaultGraph | None) -> None:
        assert isinstance(format.engine, RdfFormat)
        if Kind.DATASET in format.kinds and graph is None:
            self._engine.dump(sink.file, format.engine)
        elif graph is not None:
            self._engine.dump(sink.file, format.engine, from_graph=graph)
        elif (only := self._only_graph()) is not None:
            # There is nothing to merge, and the engine need not remember what it has written.
            self._engine.dump(sink.file, format.engine, from_graph=only)
        else:
            everything = self._engine.query(_ALL_TRIPLES, use_default_graph_as_union=True)
            assert isinstance(everything, QueryTriples)
            everything.serialize(sink.file, format.engine)

    def _only_graph(self) -> NamedNode | BlankNode | DefaultGraph | None:
        """Return the graph that holds everything, if one does."""
        named = list(islice(self._engine.named_graphs(), 2))
        if not named:
            return DefaultGraph()
        unnamed = next(self._engine.quads_for_pattern(None, None, None, DefaultGraph()), None)
        return named[0] if len(named) == 1 and unnamed is None else None

    def quads(self) -> Iterator[Quad]:
        """Return all quads, in no order; to be read in one thread."""
        return iter(self._engine.quads_for_pattern(None, None, None))

    @property
    def size(self) -> int:
        """How many quads there are."""
        return len(self._engine)

    def holds(self, quad: Quad) -> bool:
        """Return whether the store has a quad, in that graph."""
        return quad in self._engine

    def pairs(self, property: NamedNode) -> Iterator[tuple[Term, Term]]:
        """Return subject and object of all quads with a property, in no order; in one thread.

        A triple that stands in two graphs comes twice.
        """
        for quad in self._engine.quads_for_pattern(None, property, None):
            yield quad.subject, quad.object

    def backup(self, path: Path) -> None:
        """Copy the triples to a new folder, by hard links where it can. Raises StorageFailed."""
        try:
            self._engine.backup(str(path))
        except (OSError, RuntimeError) as error:
            raise update_error(error) from None

    def graphs(self) -> list[NamedNode]:
        """Return the names of the named graphs."""
        return sorted((g for g in self._engine.named_graphs() if isinstance(g, NamedNode)), key=str)

    @staticmethod
    def check(text: str) -> None:
        """Raise BadQuery for a text that is no query."""
        try:
            Engine().query(text)
        except (SyntaxError, ValueError, RuntimeError) as error:
            raise _translated(error) from None

    def write(
        self, output: IO[bytes], text: str, scope: Scope, limits: Limits, format: Format | None
    ) -> tuple[Kind, Format]:
        """Write the answer to a query, and return what it is and in which format.

        A result may only be consumed in the thread that made it, so both happen here.
        """
        chosen = format
        try:
            answer: Any = self._engine.query(
                text, base_iri=self._base_iri, **self._dataset(text, scope)
            )
            kind = _KINDS[type(answer)]
            chosen = format or internal_format(kind)
            sink = Sink(output, format=chosen, max_bytes=limits.bytes)
            answer.serialize(sink.file, format=_engine_format(chosen, kind))
            sink.close()
        except (SyntaxError, ValueError, RuntimeError, OSError) as error:
            raise _translated(error, chosen) from None
        return kind, chosen

    def _dataset(self, text: str, scope: Scope) -> dict[str, Any]:
        """Return the dataset of a query in the words of the engine.

        The request's dataset beats the query's own, which beats the union of all graphs. Once a
        request names any graph, what it does not name is empty (SPARQL 1.1 Protocol, 2.1.4).
        """
        if scope.given:
            return {
                "default_graph": list(scope.default or ()),
                "named_graphs": list(scope.named or ()),
            }
        union = self._union_default_graph and not sparql.outline(text).names_dataset
        return {"use_default_graph_as_union": union}


_KINDS: dict[type, Kind] = {
    QuerySolutions: Kind.SOLUTIONS,
    QueryBoolean: Kind.BOOLEAN,
    QueryTriples: Kind.GRAPH,
}


def _engine_format(format: Format, kind: Kind) -> QueryResultsFormat | RdfFormat:
    if kind not in format.kinds or format.engine is None:
        raise BadInput(f"an answer of kind {kind} cannot be written as {format.media_type}")
    return format.engine


_POSITION = re.compile(r"error at (\d+):(\d+): (.*)", re.DOTALL)
_NOT_EXPRESSIBLE = re.compile(r"is not allowed as a|does not support RDF 1\.2")
_GRAPH = re.compile(r"[Tt]he graph <(.*)> (does not exist|already exists)")
_UNSUPPORTED = re.compile(r"custom function <(.*)> is not supported")
_DAMAGED = re.compile(r"Corruption|IO error")  # RocksDB's words for a file that it cannot read


def _translated(error: Exception, format: Format | None = None) -> KgError:
    """Return what an exception of the engine means to the person who sent the query."""
    message = str(error)
    if format is not None and isinstance(error, OSError) and _NOT_EXPRESSIBLE.search(message):
        return not_expressible(format)
    if found := _UNSUPPORTED.search(message):
        return BadQuery(
            f"the function <{found[1]}> is not known here; the functions of SPARQL 1.1 are",
            code="unsupported_function",
        )
    if found := _GRAPH.search(message):
        code = "no_such_graph" if found[2] == "does not exist" else "graph_exists"
        return BadInput(f"the graph <{found[1]}> {found[2]}; SILENT passes over that", code=code)
    if isinstance(error, SyntaxError):
        return BadQuery(_with_position(message))
    if isinstance(error, OSError) or _DAMAGED.match(message):
        return StorageFailed(f"the database could not answer: {message}")
    return BadQuery(message)


def update_error(error: Exception) -> KgError:
    """Return what an exception of the engine means to the person who sent a change."""
    if isinstance(error, OSError) and _FULL.search(str(error)):
        return StorageFull("the disk is full; the change was not made, and reading goes on")
    return _translated(error)


_FULL = re.compile(r"no space left|disk quota|os error 28|File too large", re.IGNORECASE)


def _with_position(message: str) -> str:
    """Return the parser's message, in the form `line 1, column 5: …` and of readable length."""
    message = message.replace("expected [_]", "expected more than nothing")
    found = _POSITION.fullmatch(message)
    if not found:
        return _shortened(message)
    return f"line {found[1]}, column {found[2]}: {_shortened(found[3])}"


def _shortened(message: str) -> str:
    if len(message) <= LONGEST_MESSAGE:
        return message
    return message[:LONGEST_MESSAGE].rpartition(",")[0] + ", …"
