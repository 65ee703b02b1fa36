"""Parts of dates and times (SPARQL 1.1, 17.4.5), which are parts of how they are written."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from kg.columnar import Unsupported
from kg.columnar.algebra import Expression
from kg.columnar.classes import NOTHING, Class
from kg.columnar.comparing import as_decimal
from kg.columnar.expressions import Expressions, Value
from kg.columnar.relations import Kind, quoted, within
from kg.terms import XSD, Literal, NamedNode

_MOMENT = Class.TIME | Class.INSTANT


def _part(first: int, last: int, context: Expressions, argument: Expression) -> Value:
    """Return a part of a date or a time, by its place in the text."""
    value = context.value(argument)
    days = _MOMENT | (Class.DATE if last <= len("2000-01-01") else NOTHING)
    wrong = Class.STRANGE | (Class.DATE & ~days)
    if value.kind is not Kind.TERM or value.mask & wrong or not value.mask & days:
        raise Unsupported("a part of a date that is not known here")
    text = context.text(value, days)
    return Value(Kind.INTEGER, f"TRY_CAST(({text})[{first}:{last}] AS BIGINT)")


def _seconds(context: Expressions, argument: Expression) -> Value:
    return Value(Kind.DECIMAL, as_decimal(_part(18, 19, context, argument)))


def _zone(context: Expressions, argument: Expression) -> Value:
    """Return how the time zone is written: `Z`, or nothing."""
    value = context.value(argument)
    known = _MOMENT | Class.DATE
    if value.kind is not Kind.TERM or value.mask & Class.STRANGE or not value.mask & known:
        raise Unsupported("the time zone of a date that is not known here")
    if value.constant is not None:
        raise Unsupported("the time zone of a constant")
    zoned = within(value.sql, context.ranges(Class.INSTANT))
    others = within(value.sql, context.ranges(known & ~Class.INSTANT))
    return Value(Kind.STRING, f"(CASE WHEN {zoned} THEN 'Z' WHEN {others} THEN '' END)")


def _offset(context: Expressions, argument: Expression) -> Value:
    """Return the time zone as a duration: there is only one that is known here."""
    zone = _zone(context, argument)
    sql = f"(CASE WHEN {zone.sql} = 'Z' THEN {quoted(str(_NO_OFFSET))} END)"
    return Value(Kind.SPELLED, sql, Class.STRANGE)


_NO_OFFSET = Literal("PT0S", datatype=NamedNode(f"{XSD.prefix}dayTimeDuration"))

DATES: dict[str, Callable[..., Value]] = {
    "YEAR": partial(_part, 1, 4),
    "MONTH": partial(_part, 6, 7),
    "DAY": partial(_part, 9, 10),
    "HOURS": partial(_part, 12, 13),
    "MINUTES": partial(_part, 15, 16),
    "SECONDS": _seconds,
    "TZ": _zone,
    "TIMEZONE": _offset,
}
