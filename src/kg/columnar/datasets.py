"""The dataset of a query (SPARQL 1.1, section 13) as conditions on the graph of a quad."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from kg.columnar import Unsupported
from kg.columnar.algebra import Query
from kg.columnar.index import Index
from kg.store import Scope
from kg.terms import DefaultGraph, NamedNode


@dataclass(frozen=True)
class Graphs:
    """Ids of graphs, 0 for the default graph; None is all graphs, or all named ones."""

    default: tuple[int, ...] | None
    named: tuple[int, ...] | None

    def of_default(self, alias: str) -> str:
        """Return the condition that a quad is in the default graph of the dataset."""
        return "true" if self.default is None else _among(alias, self.default)

    def of_named(self, alias: str) -> str:
        """Return the condition that a quad is in a named graph of the dataset."""
        return f"{alias}.g != 0" if self.named is None else _among(alias, self.named)

    def of_one(self, alias: str, graph: int | None) -> str:
        """Return the condition that a quad is in the named graph with this id."""
        if graph is None or (self.named is not None and graph not in self.named):
            return "false"
        return f"{alias}.g = {graph}"


def _among(alias: str, ids: tuple[int, ...]) -> str:
    return f"{alias}.g IN ({', '.join(map(str, ids))})" if ids else "false"


def graphs(query: Query, scope: Scope, index: Index, *, union: bool) -> Graphs:
    """Return the dataset: the request's, else the query's, else the one of the service."""
    if scope.given:
        return Graphs(_ids(scope.default or (), index), _ids(scope.named or (), index))
    if query.default is not None:
        return Graphs(_ids(query.default, index), _ids(query.named or (), index))
    return Graphs(None if union else (0,), None)


def _ids(names: Sequence[NamedNode | DefaultGraph], index: Index) -> tuple[int, ...]:
    if len(set(names)) < len(names):
        raise Unsupported("a graph that is named twice")  # the engine finds its triples twice
    found = (0 if isinstance(name, DefaultGraph) else index.id(name) for name in names)
    return tuple(id for id in found if id is not None)
