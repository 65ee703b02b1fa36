"""What the tests ask of a SPARQL implementation, be it behind HTTP or in this process."""

from __future__ import annotations

import functools
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

from pyoxigraph import (
    DefaultGraph,
    NamedNode,
    Quad,
    RdfFormat,
    parse,
    serialize,
)

from . import answers, manifests
from .graphs import read
from .manifests import Contents

Graphs = dict[str | None, bytes]
"""N-Triples documents by the name of their graph; None names the default graph."""

JSON = "application/sparql-results+json"

_EVERYTHING = "SELECT ?s ?p ?o ?g { { ?s ?p ?o } UNION { GRAPH ?g { ?s ?p ?o } } }"


class Malformed(Exception):
    """A query or an update was refused because it is not well-formed."""


class Unsupported(Exception):
    """A query or an update was understood, but asks for what the implementation does not have."""


REFUSALS = (Malformed, Unsupported)


class Endpoint(Protocol):
    """A SPARQL implementation with a store. Its default graph is a graph of its own, no union."""

    def load(self, graphs: Graphs) -> None:
        """Make the store hold these graphs and nothing else."""

    def query(self, text: str, media_type: str) -> bytes:
        """Return the answer, written as `media_type`. Raises Malformed and Unsupported."""

    def update(self, text: str) -> None:
        """Change the store. Raises Malformed and Unsupported."""

    def parse_query(self, text: str) -> None:
        """Find out whether a query is well-formed. Raises Malformed and Unsupported."""


def understands(parse: Callable[[str], None], text: str) -> bool:
    """Tell whether a text is well-formed, by `parse_query` or `update` of an endpoint."""
    try:
        parse(text)
    except Malformed:
        return False
    except Unsupported:
        return True
    return True


def graphs(contents: Contents) -> Graphs:
    """Return the documents to load; relative IRIs are resolved against those of the files."""
    named: Graphs = {name: _document((path,)) for name, path in contents.named}
    return {None: _document(contents.default), **named}


def quads(contents: Contents) -> list[Quad]:
    """Return what a store holds that was loaded with `contents`."""
    return [
        Quad(quad.subject, quad.predicate, quad.object, NamedNode(name) if name else DefaultGraph())
        for name, document in graphs(contents).items()
        for quad in parse(document, format=RdfFormat.N_TRIPLES, rename_blank_nodes=True)
    ]


def everything(endpoint: Endpoint) -> list[Quad]:
    """Return what a store holds, in all its graphs."""
    answer = answers.parsed(endpoint.query(_EVERYTHING, JSON), JSON)
    assert isinstance(answer, answers.Solutions)
    assert answer.variables == ("s", "p", "o", "g")
    return [_quad(*row) for row in answer.rows]


def _quad(subject: Any, predicate: Any, object: Any, graph: Any) -> Quad:
    return Quad(subject, predicate, object, graph or DefaultGraph())


@functools.cache
def _document(paths: tuple[Path, ...]) -> bytes:
    """Return a file as N-Triples; no file is an empty document. No test merges several."""
    assert len(paths) <= 1, "blank nodes of several files would have to be kept apart"
    triples = [quad.triple for path in paths for quad in read(path, base=manifests.iri(path))]
    document = serialize(triples, format=RdfFormat.N_TRIPLES)
    assert document is not None
    return document
