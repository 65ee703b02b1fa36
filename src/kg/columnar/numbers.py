"""Arithmetic (SPARQL 1.1, 17.4.4 and operators of 17.3), where it is exact."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from kg.columnar import Unsupported
from kg.columnar.algebra import Expression
from kg.columnar.classes import EXACT, NUMBER
from kg.columnar.comparing import as_decimal, mask_of
from kg.columnar.expressions import Expressions, Value
from kg.columnar.relations import Kind


def _sum(operator: str, context: Expressions, left: Expression, right: Expression) -> Value:
    one, other = _operands(context, left, right)
    if {one.kind, other.kind} == {Kind.INTEGER}:
        return Value(Kind.INTEGER, f"TRY({one.sql} {operator} {other.sql})")
    return Value(Kind.DECIMAL, f"TRY({as_decimal(one)} {operator} {as_decimal(other)})")


def _times(context: Expressions, left: Expression, right: Expression) -> Value:
    one, other = _operands(context, left, right)
    if {one.kind, other.kind} != {Kind.INTEGER}:
        raise Unsupported("a product of decimals")
    return Value(Kind.INTEGER, f"TRY({one.sql} * {other.sql})")


def _divided(context: Expressions, left: Expression, right: Expression) -> Value:
    one, other = _operands(context, left, right)
    if {one.kind, other.kind} != {Kind.INTEGER}:
        raise Unsupported("a quotient of decimals")
    return Value(Kind.DECIMAL, f"({as_decimal(one)} // NULLIF(({other.sql})::HUGEINT, 0))")


def _operands(context: Expressions, *arguments: Expression) -> list[Value]:
    found = []
    for each in arguments:
        value = context.value(each)
        number = context.number(value)
        if mask_of(value) & NUMBER == EXACT or number.kind is Kind.DOUBLE:
            # What comes out is an integer for some and a decimal for others, or is not exact.
            raise Unsupported("arithmetic with numbers of several datatypes, or with doubles")
        found.append(number)
    return found


def _negative(context: Expressions, argument: Expression) -> Value:
    (value,) = _operands(context, argument)
    # The minus of a constant would be worked out while planning, in a wider type.
    return Value(value.kind, f"TRY(0 - ({value.sql}))", nullable=True)


def _same(context: Expressions, argument: Expression) -> Value:
    (value,) = _operands(context, argument)
    return value


def _rounded(context: Expressions, argument: Expression, *, up: str) -> Value:
    """Return the greatest whole number that is not above a number and `up`, of its datatype."""
    (value,) = _operands(context, argument)
    if value.kind is Kind.INTEGER:
        return value
    number = f"({value.sql} + {up})"
    part = f"(({number} % {_ONE} + {_ONE}) % {_ONE})"
    return Value(Kind.DECIMAL, f"TRY({number} - {part})")


_ONE = "1000000000000000000::HUGEINT"


def _absolute(context: Expressions, argument: Expression) -> Value:
    (value,) = _operands(context, argument)
    return Value(value.kind, f"TRY(abs({value.sql}))")


NUMBERS: dict[str, Callable[..., Value]] = {
    "+": partial(_sum, "+"),
    "-": partial(_sum, "-"),
    "*": _times,
    "/": _divided,
    "NEGATE": _negative,
    "PLUS": _same,
    "ABS": _absolute,
    "FLOOR": partial(_rounded, up="0"),
    "ROUND": partial(_rounded, up="500000000000000000"),
    "CEIL": partial(_rounded, up="999999999999999999"),
}
