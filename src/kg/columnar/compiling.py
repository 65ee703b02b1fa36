"""From the algebra to one statement of SQL."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from kg.columnar import Unsupported, constructing, grouping, joining, matching, ordering
from kg.columnar.algebra import (
    Extend,
    Filter,
    Group,
    Join,
    Minus,
    Optional,
    Pattern,
    Query,
    Select,
    Triple,
    Triples,
    Union,
    Values,
    Variable,
)
from kg.columnar.datasets import Graphs
from kg.columnar.expressions import Expressions
from kg.columnar.index import Index
from kg.columnar.relations import UNBOUND, Column, Kind, Names, Relation
from kg.columnar.scopes import Scope
from kg.columnar.spelling import spelled

_IN_EXISTS = (Triples, Join, Filter, Union)
"""Patterns that mean the same whether outer variables are put into them before or joined after."""


@dataclass(frozen=True)
class Plan:
    """A query in SQL: rows of one text each, in TSV; of an ASK one truth.

    Where few rows are to be expected there are `kinds`, and rows have a value for each variable,
    whose terms are looked up when they are there: that costs a tenth of joining all terms.
    """

    sql: str
    variables: tuple[str, ...]
    ask: bool
    kinds: tuple[Kind, ...] = ()
    graph: bool = False
    """Whether rows are lines of N-Triples, those of a CONSTRUCT."""


def compiled(query: Query, index: Index, graphs: Graphs) -> Plan:
    """Return the plan of a query. Raises Unsupported."""
    compiler = _Compiler(index, graphs)
    try:
        if query.ask:
            return Plan(
                f"SELECT EXISTS ({compiler.relation(query.select.inner).sql})", (), ask=True
            )
        if query.template is not None:
            return compiler.constructed(query.select, query.template)
        return compiler.answered(query.select)
    except RecursionError:
        raise Unsupported("deep nesting") from None


class _Compiler:
    def __init__(self, index: Index, graphs: Graphs) -> None:
        self._index = index
        self._graphs = graphs
        self._names = Names()
        self._whole = True

    def relation(self, pattern: Pattern) -> Relation:
        """Return the solutions of a pattern."""
        if not self._whole and not isinstance(pattern, _IN_EXISTS):
            raise Unsupported("EXISTS around more than triples, unions and filters")
        return _COMPILERS[type(pattern)](self, pattern)

    def _context(self, scope: Scope) -> Expressions:
        return Expressions(self._index, scope, self._exists, whole=self._whole)

    def _scope(self, **relations: Relation) -> Scope:
        return Scope(self._names, relations)

    def _listed(self, alias: str, relation: Relation) -> str:
        return ", ".join(f"{alias}.{self._names.of(each)}" for each in relation.columns)

    # ------------------------------------------------------------------------------ patterns

    def triples(self, pattern: Triples) -> Relation:
        """Return the solutions of triples."""
        return matching.matched(pattern, self._index, self._graphs, self._names)

    def join(self, pattern: Join) -> Relation:
        """Return those of both."""
        left, right = self.relation(pattern.left), self.relation(pattern.right)
        return joining.joined(self._names, left, right)

    def union(self, pattern: Union) -> Relation:
        """Return those of either."""
        left, right = self.relation(pattern.left), self.relation(pattern.right)
        return joining.united(self._names, left, right)

    def minus(self, pattern: Minus) -> Relation:
        """Return those of the one that go with none of the other."""
        left, right = self.relation(pattern.left), self.relation(pattern.right)
        return joining.without(self._names, left, right)

    def optional(self, pattern: Optional) -> Relation:
        """Return those of the one, with what the other adds."""
        left, right = self.relation(pattern.left), self.relation(pattern.right)
        return joining.by_parts(
            self._names, left, right, lambda one, other: self._optional(pattern, one, other)
        )

    def _optional(self, pattern: Optional, left: Relation, right: Relation) -> Relation:
        both = joining.shared(left, right)
        scope = self._scope(a=left, b=right)
        on = joining.condition(self._names, both, "a", "b")
        if pattern.condition is not None:
            on += f" AND {self._context(scope).truth(pattern.condition, strict=False)}"
        columns = {
            each: left.columns[each] if each in left.columns else column.or_null()
            for each, column in {**right.columns, **left.columns}.items()
        }
        sql = (
            f"SELECT {joining.chosen(self._names, left, right)}"
            f" FROM {scope.source('a')} LEFT JOIN {scope.source('b')} ON {on}"
        )
        return Relation(sql, columns)

    def filter(self, pattern: Filter) -> Relation:
        """Return those for which the condition is true."""
        inner = self.relation(pattern.inner)
        scope = self._scope(r=inner)
        condition = self._context(scope).truth(pattern.condition, strict=False)
        selected = self._listed("r", inner) or "1 AS unit"
        return Relation(
            f"SELECT {selected} FROM {scope.source('r')} WHERE {condition}", inner.columns
        )

    def extend(self, pattern: Extend) -> Relation:
        """Return those with one more variable."""
        inner = self.relation(pattern.inner)
        if pattern.variable in inner.columns:
            raise Unsupported("a variable that is bound twice")
        scope = self._scope(r=inner)
        value = self._context(scope).value(pattern.expression)
        if value.is_missing:
            value = value.spelled_out
        column = value.column
        if value.kind is Kind.DOUBLE:
            raise Unsupported("a double that is computed")
        if value.is_unbound:
            column = UNBOUND
        name = self._names.of(pattern.variable)
        selected = ", ".join(
            filter(None, [self._listed("r", inner), f"({value.sql})::{value.kind.value} AS {name}"])
        )
        return Relation(
            f"SELECT {selected} FROM {scope.source('r')}",
            {**inner.columns, pattern.variable: column},
        )

    def values(self, pattern: Values) -> Relation:
        """Return those that are written out."""
        return joining.written(pattern, self._index, self._names)

    def group(self, pattern: Group) -> Relation:
        """Return one for each group."""
        inner = self.relation(pattern.inner)
        scope = self._scope(r=inner)
        return grouping.grouped(pattern, inner, self._context(scope), scope)

    def _exists(self, pattern: Pattern, outer: Scope) -> str:
        """Return whether a pattern has a solution that goes with one of the outer solutions."""
        before, self._whole = self._whole, False
        try:
            inner = self.relation(pattern)
        finally:
            self._whole = before
        alias, parts = self._names.new("e"), []
        for each, column in inner.columns.items():
            found = outer.find(each)
            if found is None:
                continue
            sql, other = found
            if column.nullable or other.nullable or column.kind is not other.kind:
                raise Unsupported("EXISTS over a variable that may be unbound")
            parts.append(f"{alias}.{self._names.of(each)} = {sql}")
        where = f" WHERE {' AND '.join(parts)}" if parts else ""
        return f"EXISTS (SELECT 1 FROM ({inner.sql}) {alias}{where})"

    # ------------------------------------------------------------------------------ SELECT

    def subselect(self, select: Select) -> Relation:
        """Return those of a subquery."""
        if (select.limit is not None or select.offset) and not select.order:
            raise Unsupported("a subquery that takes any few of its solutions")
        rows, scope, keys = self._rows(select)
        missing = [each for each in select.variables or () if each not in rows.columns]
        columns = {**rows.columns, **dict.fromkeys(missing, UNBOUND)}
        parts = [f"NULL::INTEGER AS {self._names.of(each)}" for each in missing]
        selected = ", ".join(filter(None, [self._listed("r", rows), *parts])) or "1 AS unit"
        if select.limit is None and not select.offset:
            keys = []  # an order within is none without
        return Relation(
            f"SELECT {selected} FROM {scope.source('r')}{_sliced(select, keys)}", columns
        )

    def answered(self, select: Select) -> Plan:
        """Return the plan of the outermost SELECT."""
        variables = select.variables or self._visible(select)
        if not variables or len(set(variables)) < len(variables):
            raise Unsupported("no variables, or the same one twice")
        rows, scope, keys = self._rows(select)
        if _is_brief(select):
            return self._brief(select, variables, rows, scope, keys)
        marks = [f"k{place}" for place in range(len(keys))]
        parts = [self._listed("r", rows)]
        parts += [f"{_key(each)} AS {mark}" for each, mark in zip(keys, marks, strict=True)]
        inner = f"SELECT {', '.join(filter(None, parts)) or '1 AS unit'} FROM {scope.source('r')}"
        inner += _sliced(select, keys)
        text, joins = [], []
        for each in variables:
            name = self._names.of(each)
            column = rows.columns.get(each, UNBOUND)
            if each not in rows.columns:
                text.append("''")
                continue
            table = self._names.new("t")
            if column.kind is Kind.TERM:
                joins.append(f" LEFT JOIN term {table} ON {table}.id = o.{name}")
            text.append(spelled(column.kind, f"o.{name}", table, nullable=column.nullable))
        sql = f"SELECT {' || chr(9) || '.join(text)} AS line FROM ({inner}) o{''.join(joins)}"
        if keys:
            again = [f"o.{mark} {_direction(each)}" for each, mark in zip(keys, marks, strict=True)]
            sql += f" ORDER BY {', '.join(again)}"
        return Plan(sql, tuple(each.name for each in variables), ask=False)

    def constructed(self, select: Select, template: tuple[Triple, ...]) -> Plan:
        """Return the plan of a CONSTRUCT."""
        rows, scope, keys = self._rows(select)
        selected = self._listed("r", rows) or "1 AS unit"
        if select.limit is None and not select.offset:
            keys = []  # triples have no order
        sql = f"SELECT {selected} FROM {scope.source('r')}{_sliced(select, keys)}"
        solutions = Relation(sql, rows.columns)
        made = constructing.constructed(template, solutions, self._index, self._names)
        return Plan(made, (), ask=False, graph=True)

    def _brief(
        self,
        select: Select,
        variables: tuple[Variable, ...],
        rows: Relation,
        scope: Scope,
        keys: list[str],
    ) -> Plan:
        """Return a plan of values, whose terms are looked up when they are there."""
        columns = [rows.columns.get(each, UNBOUND) for each in variables]
        if any(column.kind is Kind.DOUBLE for column in columns):
            raise Unsupported("a double that is computed")
        parts = [
            f"r.{self._names.of(each)}" if each in rows.columns else "NULL" for each in variables
        ]
        sql = f"SELECT {', '.join(parts)} FROM {scope.source('r')}{_sliced(select, keys)}"
        names = tuple(each.name for each in variables)
        return Plan(sql, names, ask=False, kinds=tuple(column.kind for column in columns))

    def _visible(self, select: Select) -> tuple[Variable, ...]:
        """Return the variables that `*` stands for, in the engine's order."""
        found = self.relation(select.inner).columns
        return tuple(sorted((v for v in found if not v.is_blank), key=lambda each: each.name))

    def _rows(self, select: Select) -> tuple[Relation, Scope, list[str]]:
        """Return what is selected from, in a scope where it is `r`, and the keys of its order."""
        inner = self.relation(select.inner)
        variables = select.variables or tuple(v for v in inner.columns if not v.is_blank)
        columns: dict[Variable, Column] = {
            each: inner.columns[each] for each in variables if each in inner.columns
        }
        if select.distinct:
            chosen = ", ".join(f"r.{self._names.of(each)}" for each in columns) or "1 AS unit"
            inner = Relation(f"SELECT DISTINCT {chosen} FROM ({inner.sql}) r", columns)
        scope = self._scope(r=inner)
        context = Expressions(
            self._index, scope, self._exists, whole=self._whole and not select.distinct
        )
        keys = [key for each in select.order for key in ordering.keys(each, context)]
        return Relation(inner.sql, columns), scope, keys


_COMPILERS: dict[type, Callable[[_Compiler, Any], Relation]] = {
    Triples: _Compiler.triples,
    Join: _Compiler.join,
    Union: _Compiler.union,
    Minus: _Compiler.minus,
    Optional: _Compiler.optional,
    Filter: _Compiler.filter,
    Extend: _Compiler.extend,
    Values: _Compiler.values,
    Group: _Compiler.group,
    Select: _Compiler.subselect,
}


BRIEF = 2_000
"""Rows up to which terms are rather looked up than joined."""


def _is_brief(select: Select) -> bool:
    """Return whether few solutions are to be expected: those of groups, or the first of many."""
    if select.limit is not None and select.limit <= BRIEF:
        return True
    pattern = select.inner
    while isinstance(pattern, Extend | Filter):
        pattern = pattern.inner
    return isinstance(pattern, Group)


def _sliced(select: Select, keys: list[str]) -> str:
    order = f" ORDER BY {', '.join(keys)}" if keys else ""
    limit = "" if select.limit is None else f" LIMIT {select.limit}"
    return f"{order}{limit}{f' OFFSET {select.offset}' if select.offset else ''}"


def _key(key: str) -> str:
    """Return what is sorted by, without the direction, which is two or three words."""
    return key.rsplit(" ", 3)[0]


def _direction(key: str) -> str:
    return " ".join(key.rsplit(" ", 3)[1:])
