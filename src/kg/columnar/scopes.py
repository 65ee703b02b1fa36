"""What expressions see: the columns of one or two relations, and values looked up for them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping

from kg.columnar.algebra import Variable
from kg.columnar.relations import Column, Names, Relation

_TABLES = {
    "text": "term",
    "spelled": "term",
    "exact": "number",
    "whole": "number",
    "double": "number",
}


class Scope:
    """Relations by the aliases that a statement gives them; the first that has a variable counts.

    What is looked up for a term becomes a column of its relation, so that the conditions of joins
    can use it like any other.
    """

    def __init__(self, names: Names, relations: Mapping[str, Relation]) -> None:
        self.names = names
        self._relations = relations
        self._wanted: dict[str, dict[tuple[Variable, str], str]] = defaultdict(dict)

    def find(self, variable: Variable) -> tuple[str, Column] | None:
        """Return the SQL of a variable and what it holds; None where nothing binds it."""
        for alias, relation in self._relations.items():
            if variable in relation.columns:
                return f"{alias}.{self.names.of(variable)}", relation.columns[variable]
        return None

    def looked_up(self, variable: Variable, what: str) -> str:
        """Return the SQL of a column of `term` or `number`, which is NULL where there is none."""
        for alias, relation in self._relations.items():
            if variable in relation.columns:
                wanted = self._wanted[alias]
                return f"{alias}.{wanted.setdefault((variable, what), self.names.new('x'))}"
        return "NULL"

    def source(self, alias: str) -> str:
        """Return what stands in FROM for a relation, with all that was looked up."""
        relation, wanted = self._relations[alias], self._wanted[alias]
        if not wanted:
            return f"({relation.sql}) {alias}"
        joins: dict[tuple[Variable, str], str] = {}
        columns = []
        for (variable, what), name in wanted.items():
            table = _TABLES[what]
            other = joins.setdefault((variable, table), self.names.new("t"))
            columns.append(f"{other}.{what} AS {name}")
        clauses = " ".join(
            f"LEFT JOIN {table} {other} ON {other}.id = {alias}.{self.names.of(variable)}"
            for (variable, table), other in joins.items()
        )
        return (
            f"(SELECT {alias}.*, {', '.join(columns)} FROM ({relation.sql}) {alias} {clauses})"
            f" {alias}"
        )
