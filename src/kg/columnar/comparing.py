"""Comparisons of terms (SPARQL 1.1, 17.3), as the engine makes them."""

from __future__ import annotations

from kg.columnar import Unsupported
from kg.columnar.classes import LITERAL, NUMBER, RESOURCE, TYPED, UNCLEAR, Class
from kg.columnar.expressions import Expressions, Value
from kg.columnar.relations import Kind, within
from kg.terms import Literal

_TIMES = Class.DATE | Class.TIME | Class.INSTANT
_NUMERIC = (Kind.INTEGER, Kind.DECIMAL, Kind.DOUBLE)
_MASKS = {
    Kind.INTEGER: Class.INTEGER,
    Kind.DECIMAL: Class.DECIMAL,
    Kind.DOUBLE: Class.DOUBLE,
    Kind.BOOLEAN: Class.BOOLEAN,
    Kind.STRING: Class.STRING,
}


_ERROR = "NULL::BOOLEAN"


def mask_of(value: Value) -> Class:
    """Return the classes that a value can have."""
    return _MASKS.get(value.kind, value.mask)


def equal(context: Expressions, left: Value, right: Value, *, strict: bool) -> str:
    """Return `left = right`: by value of numbers, by term else, an error where that is unclear."""
    if left.is_unbound or right.is_unbound:
        return _ERROR
    if Kind.SPELLED in (left.kind, right.kind):
        left, right = left.spelled_out, right.spelled_out
    if left.constant is not None or (left.kind is not Kind.TERM and right.kind is Kind.TERM):
        left, right = right, left
    if left.constant is not None:
        raise Unsupported("a comparison of constants")
    _check_equality(mask_of(left), mask_of(right), strict=strict)
    if left.kind is Kind.TERM:
        if right.kind is Kind.TERM:
            return _equal_terms(context, left, right)
        return _equal_value(context, left, right, strict=strict)
    if left.kind in _NUMERIC and right.kind in _NUMERIC:
        return _compared(left, right, "=")
    if left.kind is Kind.SPELLED and (left.mask | right.mask) & LITERAL:
        raise Unsupported("a comparison of literals that are computed")
    if left.kind is right.kind:
        return f"({left.sql} = {right.sql})"
    raise Unsupported("a comparison of values of different kinds")


def _check_equality(left: Class, right: Class, *, strict: bool) -> None:
    """Raise Unsupported where the engine may find terms equal, or an error, that we do not."""
    valued = NUMBER | _TIMES | Class.STRANGE
    for one, other in ((left, right), (right, left)):
        if one & Class.STRANGE and other & valued:
            raise Unsupported("literals whose values are not known here")
        if strict and one & UNCLEAR and other & TYPED:
            raise Unsupported("literals of unknown datatypes, whose comparison may be an error")


def _equal_terms(context: Expressions, left: Value, right: Value) -> str:
    crossing = left.mask & NUMBER | right.mask & NUMBER
    if left.mask & NUMBER and right.mask & NUMBER and crossing not in tuple(NUMBER):
        one, other = context.number(left), context.number(right)
        by_value = _compared(one, other, "=")
        return f"coalesce({by_value}, {left.sql} = {right.sql})"
    if right.sql == "NULL" and right.constant is not None:
        return _false(left)
    return f"({left.sql} = {right.sql})"


def _false(value: Value) -> str:
    """Return false, but NULL where the value is unbound."""
    return f"({value.sql} != {value.sql})" if value.nullable else "false"


def _equal_value(context: Expressions, left: Value, right: Value, *, strict: bool) -> str:
    """Return whether a term is a value that is no id."""
    if right.kind in _NUMERIC:
        if not left.mask & NUMBER:
            return _false(left)
        condition = ordered(context, left, right, "=", strict=False)
    elif right.constant is not None and isinstance(right.constant, Literal):
        id = context.index.id(right.constant)
        return _false(left) if id is None else f"({left.sql} = {id})"
    elif right.kind is Kind.STRING:
        condition = f"({context.text(left, Class.STRING)} = {right.sql})"
    else:
        raise Unsupported("a comparison with a boolean that is computed")
    if not strict or (not left.mask & ~NUMBER and right.kind in _NUMERIC):
        return condition
    unbound = f" WHEN {left.sql} IS NULL THEN NULL" if left.nullable else ""
    error = f" WHEN ({right.sql}) IS NULL THEN NULL" if right.nullable else ""
    return f"(CASE{unbound}{error} ELSE coalesce({condition}, false) END)"


def ordered(context: Expressions, left: Value, right: Value, operator: str, *, strict: bool) -> str:
    """Return `left operator right` for <, <=, > and >= (and = of numbers)."""
    if left.is_unbound or right.is_unbound:
        return _ERROR
    if left.constant is not None and right.constant is None:
        return ordered(context, right, left, _MIRRORED[operator], strict=strict)
    one, other = mask_of(left), mask_of(right)
    _check_order(one, other, operator)
    if one & NUMBER and other & NUMBER:
        if left.kind is Kind.TERM and isinstance(right.constant, Literal):
            return _ordered_by_id(context, left, right, operator, strict=strict)
        return _compared(context.number(left), context.number(right), operator)
    family = one & other & (Class.STRING | _TIMES)
    if family not in tuple(Class):
        raise Unsupported("an order of terms of several classes")
    return f"({context.text(left, family)} {operator} {context.text(right, family)})"


_MIRRORED = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "=": "="}


def _check_order(one: Class, other: Class, operator: str) -> None:
    """Raise Unsupported where the engine may order terms that we do not."""
    families = (NUMBER, Class.STRING, _TIMES, Class.LANGUAGE)
    shared = [each for each in families if one & each and other & each]
    if len(shared) != 1 or shared[0] is Class.LANGUAGE:
        raise Unsupported("an order of terms of several classes")
    for mine, theirs in ((one, other), (other, one)):
        if mine & Class.STRANGE and theirs & (NUMBER | _TIMES | Class.STRANGE):
            raise Unsupported("literals whose values are not known here")
        if mine & Class.TIME and theirs & Class.INSTANT:
            raise Unsupported("times with and without a zone")
    if operator in ("<=", ">=") and one & other & ~shared[0] & (LITERAL | RESOURCE):
        raise Unsupported("an order of terms that may be the same")


def _ordered_by_id(
    context: Expressions, left: Value, right: Value, operator: str, *, strict: bool
) -> str:
    """Return how terms compare with a constant number: their ids are in the order of values."""
    found = []
    for each in NUMBER & left.mask:
        number = Value(*_STORED[each], each, nullable=False)
        condition = _compared(number, right, operator)
        if ids := context.index.numbers(each, condition):
            found.append(ids)
    condition = within(left.sql, found)
    if not strict:
        return condition
    if not left.mask & ~NUMBER:
        return condition if found else _false(left)
    return f"(CASE WHEN {within(left.sql, context.ranges(NUMBER))} THEN {condition} END)"


_STORED = {
    Class.INTEGER: (Kind.INTEGER, "whole"),
    Class.DECIMAL: (Kind.DECIMAL, "exact"),
    Class.DOUBLE: (Kind.DOUBLE, "double"),
}


def _compared(left: Value, right: Value, operator: str) -> str:
    """Return a comparison of numbers, in the wider of their kinds (17.3, operator mapping)."""
    kinds = {left.kind, right.kind}
    if kinds == {Kind.DECIMAL, Kind.DOUBLE}:
        raise Unsupported("a comparison of decimals with doubles")
    if Kind.DOUBLE in kinds:
        return f"(({left.sql})::DOUBLE {operator} ({right.sql})::DOUBLE)"
    if kinds == {Kind.INTEGER}:
        return f"({left.sql} {operator} {right.sql})"
    return f"({as_decimal(left)} {operator} {as_decimal(right)})"


def as_decimal(value: Value) -> str:
    """Return an integer or a decimal in units of 10^-18."""
    if value.kind is Kind.DECIMAL:
        return value.sql
    return f"(({value.sql})::HUGEINT * 1000000000000000000)"
