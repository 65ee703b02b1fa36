"""The engine alone, in this process: what the service can at best be as good as."""

from __future__ import annotations

from pyoxigraph import (
    NamedNode,
    QueryBoolean,
    QuerySolutions,
    QueryTriples,
    RdfFormat,
    Store,
)

from . import answers
from .endpoint import Graphs, Malformed, Unsupported


class Engine:
    """An endpoint that is a store of pyoxigraph in memory; every load makes a new one."""

    def __init__(self) -> None:
        self._store = Store()

    def load(self, graphs: Graphs) -> None:
        """Make the store hold these graphs and nothing else."""
        self._store = Store()
        for name, document in graphs.items():
            graph = NamedNode(name) if name else None
            if graph:
                self._store.add_graph(graph)
            self._store.load(document, format=RdfFormat.N_TRIPLES, to_graph=graph)

    def query(self, text: str, media_type: str) -> bytes:
        """Return the answer, written as `media_type`. Raises Malformed and Unsupported."""
        results = self._results(text)
        if isinstance(results, QueryTriples):
            content = results.serialize(format=answers.TRIPLES[media_type])
        else:
            content = results.serialize(format=answers.RESULTS[media_type])
        assert content is not None
        return content

    def update(self, text: str) -> None:
        """Change the store. Raises Malformed and Unsupported."""
        try:
            self._store.update(text)
        except SyntaxError as error:
            raise Malformed(str(error)) from None
        except (ValueError, RuntimeError) as error:
            raise Unsupported(str(error)) from None

    def parse_query(self, text: str) -> None:
        """Find out whether a query is well-formed. Raises Malformed and Unsupported."""
        self._results(text)

    def _results(self, text: str) -> QuerySolutions | QueryBoolean | QueryTriples:
        try:
            return self._store.query(text)
        except SyntaxError as error:
            raise Malformed(str(error)) from None
        except (ValueError, RuntimeError) as error:
            raise Unsupported(str(error)) from None
