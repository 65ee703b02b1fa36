"""Joins, unions and differences of solutions (SPARQL 1.1, 18.5)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from kg.columnar import Unsupported
from kg.columnar.algebra import Values, Variable
from kg.columnar.classes import NOTHING, Class, class_of
from kg.columnar.index import Index
from kg.columnar.relations import UNBOUND, Column, Kind, Names, Relation

Operation = Callable[[Relation, Relation], Relation]


def by_parts(
    names: Names, left: Relation, right: Relation, operate: Operation, *, also_right: bool = False
) -> Relation:
    """Return what an operation gives, which takes its left side part by part.

    What is unbound goes with anything, which SQL can only find by looking at all pairs. So where a
    shared variable may be unbound, solutions that bind it and those that do not are taken apart,
    and the latter do not share it. `also_right` says that the right side may be taken so, too.
    """
    for variable in left.columns:
        if variable in right.columns and left.columns[variable].nullable:
            parts = [
                by_parts(names, part, right, operate, also_right=also_right)
                for part in _apart(names, left, variable)
            ]
            return united(names, *parts)
    for variable in right.columns if also_right else ():
        if variable in left.columns and right.columns[variable].nullable:
            parts = [
                by_parts(names, left, part, operate, also_right=True)
                for part in _apart(names, right, variable)
            ]
            return united(names, *parts)
    return operate(left, right)


def _apart(names: Names, relation: Relation, variable: Variable) -> tuple[Relation, Relation]:
    """Return the solutions that bind a variable, and those that do not, without it."""
    if len(relation.sql) > LONGEST:
        raise Unsupported("joins over too many variables that may be unbound")
    name = names.of(variable)
    columns = dict(relation.columns)
    column = columns.pop(variable)
    listed = ", ".join(map(names.of, columns)) or "1 AS unit"
    bound = f"SELECT * FROM ({relation.sql}) WHERE {name} IS NOT NULL"
    unbound = f"SELECT {listed} FROM ({relation.sql}) WHERE {name} IS NULL"
    return (
        Relation(bound, {**relation.columns, variable: replace(column, nullable=False)}),
        Relation(unbound, columns),
    )


LONGEST = 20_000
"""Characters of SQL of what is taken apart, which each time it is stands there twice."""


def shared(left: Relation, right: Relation) -> list[Variable]:
    """Return the variables of both. Raises Unsupported where one of them may be unbound."""
    both = [each for each in left.columns if each in right.columns]
    for each in both:
        one, other = left.columns[each], right.columns[each]
        if one.nullable or other.nullable:
            raise Unsupported("a join over a variable that may be unbound")
        if one.kind is not other.kind:
            raise Unsupported("a join of terms with what is computed")
    return both


def condition(names: Names, variables: list[Variable], left: str, right: str) -> str:
    """Return the condition that two solutions go together."""
    parts = [f"{left}.{names.of(each)} = {right}.{names.of(each)}" for each in variables]
    return " AND ".join(parts) or "true"


def together(left: Relation, right: Relation) -> dict[Variable, Column]:
    """Return the columns of a join; what both bind is of a class that both allow."""
    columns = {**right.columns, **left.columns}
    for each in left.columns.keys() & right.columns.keys():
        mask = left.columns[each].mask & right.columns[each].mask
        columns[each] = Column(left.columns[each].kind, mask)
    return columns


def chosen(names: Names, left: Relation, right: Relation) -> str:
    """Return what a join of relations `a` and `b` selects."""
    parts = [f"a.{names.of(each)}" for each in left.columns]
    parts += [f"b.{names.of(each)}" for each in right.columns if each not in left.columns]
    return ", ".join(parts) or "1 AS unit"


def joined(names: Names, left: Relation, right: Relation) -> Relation:
    """Return Join(left, right)."""
    return by_parts(
        names, left, right, lambda one, other: _joined(names, one, other), also_right=True
    )


def _joined(names: Names, left: Relation, right: Relation) -> Relation:
    on = condition(names, shared(left, right), "a", "b")
    sql = f"SELECT {chosen(names, left, right)} FROM ({left.sql}) a JOIN ({right.sql}) b ON {on}"
    return Relation(sql, together(left, right))


def united(names: Names, left: Relation, right: Relation) -> Relation:
    """Return Union(left, right)."""
    columns = {
        each: _either(left.columns.get(each), right.columns.get(each))
        for each in {**left.columns, **right.columns}
    }
    parts = (_filled(names, relation, columns) for relation in (left, right))
    return Relation(" UNION ALL ".join(parts), columns)


def _either(one: Column | None, other: Column | None) -> Column:
    if one is None or other is None:
        return (one or other or UNBOUND).or_null()
    if one.kind is not other.kind:
        raise Unsupported("a union of terms with what is computed")
    return Column(one.kind, one.mask | other.mask, one.nullable or other.nullable)


def _filled(names: Names, relation: Relation, columns: dict[Variable, Column]) -> str:
    parts = [
        names.of(each)
        if each in relation.columns
        else f"NULL::{column.kind.value} AS {names.of(each)}"
        for each, column in columns.items()
    ]
    return f"SELECT {', '.join(parts) or '1 AS unit'} FROM ({relation.sql})"


def without(names: Names, left: Relation, right: Relation) -> Relation:
    """Return Minus(left, right)."""
    for variable in right.columns:
        if variable in left.columns and right.columns[variable].nullable:
            for part in _apart(names, right, variable):
                left = without(names, left, part)
            return left
    return by_parts(names, left, right, lambda one, other: _without(names, one, other))


def _without(names: Names, left: Relation, right: Relation) -> Relation:
    both = shared(left, right)
    if not both:
        return left
    on = condition(names, both, "a", "b")
    sql = f"SELECT a.* FROM ({left.sql}) a ANTI JOIN ({right.sql}) b ON {on}"
    return Relation(sql, left.columns)


def written(values: Values, index: Index, names: Names) -> Relation:
    """Return the solutions that a query writes out."""
    rows, masks = [], [NOTHING] * len(values.variables)
    nullable = [False] * len(values.variables)
    for row in values.rows:
        cells = []
        for place, term in enumerate(row):
            id = None if term is None else index.id(term)
            if term is not None and id is None:
                raise Unsupported("a term that the data does not have")
            nullable[place] = nullable[place] or term is None
            masks[place] |= NOTHING if term is None else class_of(term)
            cells.append("NULL" if id is None else str(id))
        rows.append(f"({', '.join(cells)})")
    columns = {
        variable: Column(Kind.TERM, Class(mask), null)
        for variable, mask, null in zip(values.variables, masks, nullable, strict=True)
    }
    if len(columns) < len(values.variables):
        raise Unsupported("a variable that is named twice")
    header = ", ".join(map(names.of, values.variables))
    casts = ", ".join(f"{names.of(each)}::INTEGER AS {names.of(each)}" for each in values.variables)
    table = ", ".join(rows) or f"({', '.join(['NULL'] * len(columns))})"
    nothing = "" if rows else " WHERE false"
    return Relation(f"SELECT {casts} FROM (VALUES {table}) t({header}){nothing}", columns)
