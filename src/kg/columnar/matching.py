"""Basic graph patterns (SPARQL 1.1, 18.3): one statement over the quads for each."""

from __future__ import annotations

from dataclasses import dataclass, field

from kg.columnar import Unsupported, paths
from kg.columnar.algebra import (
    Alternative,
    Maybe,
    Negated,
    Node,
    Repeated,
    Triple,
    Triples,
    Variable,
)
from kg.columnar.classes import RESOURCE, Class
from kg.columnar.datasets import Graphs
from kg.columnar.index import Index
from kg.columnar.relations import Column, Kind, Names, Relation
from kg.terms import NamedNode

_RELATIONS = Alternative | Repeated | Maybe
"""Paths whose pairs are found by a statement of their own, each once."""


@dataclass
class _Statement:
    """A statement in the making."""

    tables: list[str] = field(default_factory=list)
    conditions: list[str] = field(default_factory=list)
    places: dict[Variable, str] = field(default_factory=dict)
    masks: dict[Variable, Class] = field(default_factory=dict)

    def put(self, place: str, variable: Variable, mask: Class) -> None:
        """Bind a variable to a place, or demand that the place holds what it is bound to."""
        first = self.places.setdefault(variable, place)
        if first != place:
            self.conditions.append(f"{first} = {place}")
        self.masks[variable] = self.masks.get(variable, mask) & mask

    def demand(self, place: str, id: int | None) -> None:
        """Demand that a place holds a term, which the data may not have."""
        self.conditions.append("false" if id is None else f"{place} = {id}")


def matched(pattern: Triples, index: Index, graphs: Graphs, names: Names) -> Relation:
    """Return the solutions of a basic graph pattern."""
    statement = _Statement()
    for triple in pattern.patterns:
        alias = names.new("q")
        if isinstance(triple.predicate, _RELATIONS):
            if pattern.graph is not None:
                raise Unsupported("a path in a named graph")
            sql = paths.related(triple, pattern, index, graphs, names)
            statement.tables.append(f"({sql}) {alias}")
        else:
            statement.tables.append(f"quad {alias}")
            _place_graph(statement, alias, pattern.graph, index, graphs)
        _place(statement, alias, triple, index)
    columns = {
        variable: Column(Kind.TERM, mask & index.present)
        for variable, mask in statement.masks.items()
    }
    selected = [f"{place} AS {names.of(each)}" for each, place in statement.places.items()]
    sql = f"SELECT {', '.join(selected) or '1 AS unit'}"
    if statement.tables:
        sql += f" FROM {', '.join(statement.tables)}"
    wanted = [each for each in statement.conditions if each != "true"]
    if wanted:
        sql += f" WHERE {' AND '.join(wanted)}"
    return Relation(sql, columns)


def _place(statement: _Statement, alias: str, triple: Triple, index: Index) -> None:
    predicate = triple.predicate
    objects = index.present
    if isinstance(predicate, Variable):
        statement.put(f"{alias}.p", predicate, Class.IRI)
        objects = index.objects(None)
    elif isinstance(predicate, NamedNode):
        id = index.id(predicate)
        statement.demand(f"{alias}.p", id)
        objects = index.objects(-1 if id is None else id)
    elif isinstance(predicate, Negated):
        statement.conditions.append(paths.none_of(predicate, alias, index))
        objects = index.objects(None)
    elif not isinstance(predicate, _RELATIONS):
        raise Unsupported("a path within a path")
    subjects = index.present if isinstance(predicate, _RELATIONS) else RESOURCE
    for place, node, mask in (("s", triple.subject, subjects), ("o", triple.object, objects)):
        if isinstance(node, Variable):
            statement.put(f"{alias}.{place}", node, mask)
        else:
            statement.demand(f"{alias}.{place}", index.id(node))


def _place_graph(
    statement: _Statement, alias: str, graph: Node | None, index: Index, graphs: Graphs
) -> None:
    if graph is None:
        statement.conditions.append(graphs.of_default(alias))
    elif isinstance(graph, Variable):
        statement.conditions.append(graphs.of_named(alias))
        statement.put(f"{alias}.g", graph, RESOURCE)
    else:
        statement.conditions.append(graphs.of_one(alias, index.id(graph)))
