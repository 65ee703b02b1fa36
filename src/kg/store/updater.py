r"""Updaters and loaders: the disposable processes below the writer that touch what others sent.

An *updater* has the working copy of the database open and applies changes to it. A *loader* parses
a document that a client sent, under limits, and writes it out again as N-Quads, which nothing can
be wrong with any more. Both are forked by the writer, talk over one pipe, and may be killed at any
moment: the engine's transactions are atomic, and a half-written document is thrown away.
"""

from __future__ import annotations

import gc
import json
import os
import re
import threading
from collections.abc import Callable, Iterable, Iterator
from multiprocessing.connection import Connection
from pathlib import Path
from typing import IO, Any, cast

from pyoxigraph import DefaultGraph, NamedNode, Quad, RdfFormat, Triple, parse, serialize
from pyoxigraph import Store as Engine

from kg import errors, formats
from kg.errors import BadData, KgError, NotFound, StorageFull
from kg.store import sandbox
from kg.store.embedded import update_error
from kg.store.loading import WellFormed, located
from kg.store.reader import STACK

Work = Callable[[dict[str, Any]], dict[str, Any]]


def serve(connection: Connection, memory: int, make_work: Callable[[], Work]) -> None:
    """Answer orders, each with a value or an error, until the other side closes the connection."""
    sandbox.die_with_parent()
    sandbox.forbid_sockets()
    gc.freeze()
    threading.stack_size(STACK)
    answering = threading.Thread(target=_serve, args=(connection, memory, make_work), daemon=True)
    answering.start()
    answering.join()


def _serve(connection: Connection, memory: int, make_work: Callable[[], Work]) -> None:
    try:
        work = _made(make_work)
        sandbox.limit_memory(memory)
        while True:
            connection.send_bytes(_answer(work, json.loads(connection.recv_bytes())))
    except (EOFError, ConnectionError):
        return


def _made(make_work: Callable[[], Work]) -> Work:
    """Return the work, or what answers every order with the reason why there is none."""
    try:
        return make_work()
    except KgError as error:
        reason = error

        def refuse(order: dict[str, Any]) -> dict[str, Any]:  # noqa: ARG001
            raise reason

        return refuse


def _answer(work: Work, order: dict[str, Any]) -> bytes:
    try:
        return json.dumps(work(order)).encode()
    except MemoryError:
        os.abort()
    except KgError as error:
        return json.dumps({"error": [type(error).__name__, error.code, error.message]}).encode()


def raised(answer: dict[str, Any]) -> KgError:
    """Return the error that an answer carries."""
    name, code, message = answer["error"]
    error = getattr(errors, name)(message, code=code)
    assert isinstance(error, KgError)
    return error


class Updater:
    """Applies changes to the working copy. Raises StorageFull when the disk is."""

    def __init__(self, path: Path) -> None:
        try:
            self._engine = Engine(str(path))
        except OSError as error:
            raise update_error(error) from None

    def __call__(self, order: dict[str, Any]) -> dict[str, Any]:
        """Do what an order says: `update`, `load`, `drop` or `backup`."""
        work: dict[str, Work] = {
            "update": self._update,
            "load": self._load,
            "drop": self._drop,
            "backup": self._backup,
        }
        try:
            return work[order["op"]](order)
        except (SyntaxError, ValueError, RuntimeError, OSError) as error:
            raise update_error(error) from None

    def _update(self, order: dict[str, Any]) -> dict[str, Any]:
        self._engine.update(order["text"], base_iri=order["base"])
        return {}

    def _load(self, order: dict[str, Any]) -> dict[str, Any]:
        """Put checked documents into a graph."""
        graph = _graph(order["graph"])
        existed = self._exists(graph)
        if order["replace"]:
            self._engine.clear_graph(graph)
        if isinstance(graph, NamedNode):
            self._engine.add_graph(graph)
        self._engine.bulk_load(path=order["file"], format=RdfFormat.N_QUADS)
        return {"created": not existed}

    def _drop(self, order: dict[str, Any]) -> dict[str, Any]:
        graph = _graph(order["graph"])
        if not self._exists(graph):
            raise NotFound("there is no such graph")
        if isinstance(graph, NamedNode):
            self._engine.remove_graph(graph)
        else:
            self._engine.clear_graph(graph)
        return {}

    def _backup(self, order: dict[str, Any]) -> dict[str, Any]:
        if order["durable"]:
            self._engine.flush()
        self._engine.backup(order["path"])
        return {}

    def _exists(self, graph: NamedNode | DefaultGraph) -> bool:
        """Return whether a graph is there; the default graph always is (SPARQL 1.1 Update, 3)."""
        return isinstance(graph, DefaultGraph) or self._engine.contains_named_graph(graph)


def _graph(iri: str | None) -> NamedNode | DefaultGraph:
    return DefaultGraph() if iri is None else NamedNode(iri)


def _must_be_shallow(term: Triple) -> None:
    """Raise BadData if triple terms are nested deeper than any reader could follow."""
    depth, inner = 0, term.object
    while isinstance(inner, Triple):
        depth, inner = depth + 1, inner.object
        if depth > DEEPEST:
            raise BadData(
                f"triple terms may be nested {DEEPEST} deep here, and not deeper", code="too_deep"
            )


DEEPEST = 128
"""How deep triple terms may be nested in what is stored."""

_DTD = re.compile(rb"<!(DOCTYPE|ENTITY)", re.IGNORECASE)


def check_document(order: dict[str, Any]) -> dict[str, Any]:
    """Parse the `documents`, pairs of path and format, and write them to `output` as N-Quads.

    Raises BadData with line and column, or what the parser must not be given at all.
    """
    try:
        with Path(order["output"]).open("wb") as checked:
            for path, name in order["documents"]:
                format = formats.by_name(name, formats.FORMATS).engine
                assert isinstance(format, RdfFormat)
                _check(Path(path), format, checked, order)
    except OSError as error:
        raise StorageFull(f"the document cannot be kept: {error}") from None
    return {}


def _check(path: Path, format: RdfFormat, checked: IO[bytes], order: dict[str, Any]) -> None:
    if format == RdfFormat.RDF_XML:
        _refuse_dtd(path)
    try:
        with path.open("rb") as file:
            content = WellFormed(file) if format == RdfFormat.RDF_XML else file
            quads = parse(
                cast("IO[bytes]", content),
                format,
                base_iri=order["base"],
                rename_blank_nodes=True,
            )
            placed = _placed(quads, _graph(order["graph"]))
            serialize(placed, checked, RdfFormat.N_QUADS)
    except SyntaxError as error:
        if "remote" in str(error).lower() and "context" in str(error).lower():
            raise BadData(
                "a JSON-LD context at another place is not fetched; put it into the document",
                code="remote_context_refused",
            ) from None
        raise BadData(located("the document", error)) from None
    except UnicodeDecodeError as error:
        raise BadData(f"the document is not UTF-8: {error}") from None


def _placed(quads: Iterable[Quad], graph: NamedNode | DefaultGraph) -> Iterator[Quad]:
    """Yield the quads of the document in the graph that the request names."""
    for quad in quads:
        if isinstance(quad.object, Triple):
            _must_be_shallow(quad.object)
        if isinstance(quad.graph_name, DefaultGraph):
            yield Quad(quad.subject, quad.predicate, quad.object, graph)
        else:
            raise BadData("the document names graphs of its own; send triples for this one graph")


def _refuse_dtd(source: Path) -> None:
    text = source.read_bytes()
    if _DTD.search(text) or _DTD.search(text.replace(b"\0", b"")):
        raise BadData(
            "a document type or entity declaration is not allowed in RDF/XML here",
            code="dtd_not_allowed",
        )
