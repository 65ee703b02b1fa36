"""Groups and aggregates (SPARQL 1.1, 11 and 18.5.1).

An error within a group leaves the aggregate unbound, as in the engine.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from kg.columnar import Unsupported
from kg.columnar.algebra import Aggregate, Group
from kg.columnar.classes import EXACT, NUMBER, Class
from kg.columnar.comparing import mask_of
from kg.columnar.expressions import Expressions, Value
from kg.columnar.ordering import is_in_order
from kg.columnar.relations import Column, Kind, Relation, quoted
from kg.columnar.scopes import Scope


def grouped(group: Group, inner: Relation, context: Expressions, scope: Scope) -> Relation:
    """Return one solution for each group of those of `inner`, which is `r` in the scope."""
    names = scope.names
    keys = [each for each in dict.fromkeys(group.keys) if each in inner.columns]
    if len(keys) < len(dict.fromkeys(group.keys)):
        raise Unsupported("a key that nothing binds")
    columns = {each: inner.columns[each] for each in keys}
    parts = [f"r.{names.of(each)}" for each in keys]
    for variable, aggregate in group.aggregates:
        value = _aggregated(aggregate, context, is_grouped=bool(keys))
        columns[variable] = Column(value.kind, value.mask, value.nullable)
        parts.append(f"{value.sql} AS {names.of(variable)}")
    by = f" GROUP BY {', '.join(f'r.{names.of(each)}' for each in keys)}" if keys else ""
    selected = ", ".join(parts) or "1 AS unit"
    return Relation(f"SELECT {selected} FROM {scope.source('r')}{by}", columns)


def _aggregated(aggregate: Aggregate, context: Expressions, *, is_grouped: bool) -> Value:
    if aggregate.argument is None:
        if aggregate.name != "COUNT" or aggregate.distinct:
            raise Unsupported("an aggregate of whole solutions")
        return Value(Kind.INTEGER, "count(*)", nullable=False)
    compile = _AGGREGATES.get(aggregate.name)
    if compile is None:
        raise Unsupported(f"the aggregate {aggregate.name}")
    value = context.value(aggregate.argument)
    if value.sql == "NULL" or value.constant is not None:
        raise Unsupported("an aggregate of nothing, or of a constant")
    if aggregate.name == "GROUP_CONCAT":
        compile = partial(compile, separator=aggregate.separator)
    return compile(context, value, "DISTINCT " if aggregate.distinct else "", is_grouped)


def _count(_context: Expressions, value: Value, distinct: str, _is_grouped: bool) -> Value:
    count = f"count({distinct}{value.sql})"
    if value.variable is not None or not value.nullable:
        return Value(Kind.INTEGER, count, nullable=False)
    return Value(Kind.INTEGER, _unless_error(value, count))


def _sample(_context: Expressions, value: Value, _distinct: str, _is_grouped: bool) -> Value:
    """Return any of the values; of no solutions there is none."""
    sample = _unless_error(value, f"min({value.sql})")
    return Value(value.kind, sample, value.mask, nullable=True)


def _texts(
    context: Expressions, value: Value, distinct: str, _is_grouped: bool, *, separator: str
) -> Value:
    """Return all texts, in any order."""
    mask = mask_of(value)
    if not mask & Class.STRING or mask & (Class.LANGUAGE | Class.STRANGE):
        raise Unsupported("texts that may have languages, or are none")
    text = Value(Kind.STRING, context.text(value, Class.STRING))
    whole = f"coalesce(string_agg({distinct}{text.sql}, {quoted(separator)}), '')"
    return Value(Kind.STRING, _unless_error(text, whole))


def _sum(context: Expressions, value: Value, distinct: str, is_grouped: bool) -> Value:
    number = _number(context, value)
    # What does not fit fails when it runs, and the engine answers.
    total = f"coalesce(sum({distinct}{number.sql}), 0)::{number.kind.value}"
    if not is_grouped and number.kind is Kind.DECIMAL:
        total = _of_some(total)
    return Value(number.kind, _unless_error(number, total), nullable=number.nullable)


def _average(context: Expressions, value: Value, distinct: str, is_grouped: bool) -> Value:
    number = context.number(value)
    if number.kind is Kind.DOUBLE:
        raise Unsupported("an average of doubles")
    total, count = f"sum({distinct}{number.sql})", f"count({distinct}{number.sql})"
    if number.kind is Kind.INTEGER:
        total = f"(({total})::BIGINT::HUGEINT * 1000000000000000000)"
    else:
        total = f"({total})::HUGEINT"
    mean = f"({total} // {count})"
    if not is_grouped:
        mean = _of_some(mean)
    return Value(Kind.DECIMAL, _unless_error(number, mean), nullable=number.nullable)


def _number(context: Expressions, value: Value) -> Value:
    """Return a number whose sum is of one datatype, and exact in any order."""
    number = context.number(value)
    if mask_of(value) & NUMBER == EXACT or number.kind is Kind.DOUBLE:
        raise Unsupported("a sum of numbers of several datatypes, or of doubles")
    return number


def _of_some(sql: str) -> str:
    """Return a decimal, but fail for no solutions: the sum and average of nothing are integers."""
    return f"CASE WHEN count(*) = 0 THEN error('no solutions')::HUGEINT ELSE {sql} END"


def _unless_error(value: Value, sql: str) -> str:
    if not value.nullable:
        return sql
    return f"CASE WHEN count({value.sql}) = count(*) THEN {sql} END"


def _extreme(
    name: str, context: Expressions, value: Value, _distinct: str, _is_grouped: bool
) -> Value:
    if value.kind is Kind.TERM:
        if value.mask & Class.BLANK or not is_in_order(value.mask, context.index):
            raise Unsupported("the least or greatest of terms of several classes")
    elif value.kind in (Kind.BOOLEAN, Kind.SPELLED):
        raise Unsupported("the least or greatest of truths, or of terms that are computed")
    # Of no solutions there is none.
    extreme = _unless_error(value, f"{name}({value.sql})")
    return Value(value.kind, extreme, value.mask, nullable=True)


def _least(context: Expressions, value: Value, distinct: str, is_grouped: bool) -> Value:
    return _extreme("min", context, value, distinct, is_grouped)


def _greatest(context: Expressions, value: Value, distinct: str, is_grouped: bool) -> Value:
    return _extreme("max", context, value, distinct, is_grouped)


_AGGREGATES: dict[str, Callable[..., Value]] = {
    "COUNT": _count,
    "SUM": _sum,
    "AVG": _average,
    "MIN": _least,
    "MAX": _greatest,
    "SAMPLE": _sample,
    "GROUP_CONCAT": _texts,
}
