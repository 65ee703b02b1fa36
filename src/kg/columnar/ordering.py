"""The order of solutions (SPARQL 1.1, 15.1), as the engine has it."""

from __future__ import annotations

from kg.columnar import Unsupported
from kg.columnar.algebra import Order
from kg.columnar.classes import LITERAL, WORDS, Class
from kg.columnar.expressions import Expressions, Value
from kg.columnar.index import Index
from kg.columnar.relations import Kind

_IN_ORDER = LITERAL & ~Class.STRANGE


def is_in_order(mask: Class, index: Index) -> bool:
    """Return whether ids are in the order of terms: blank nodes, IRIs, literals of one class."""
    literals = mask & LITERAL
    if literals == Class.LANGUAGE:
        return len(index.languages) <= 1
    return not literals or (literals in tuple(Class) and bool(literals & _IN_ORDER))


def keys(order: Order, context: Expressions) -> list[str]:
    """Return the SQL of what solutions are sorted by; unbound comes first."""
    value = context.value(order.expression)
    return [f"{sql} {_DIRECTIONS[order.descending]}" for sql in _sorted_by(value, context)]


_DIRECTIONS = {False: "ASC NULLS FIRST", True: "DESC NULLS LAST"}


def _sorted_by(value: Value, context: Expressions) -> list[str]:
    if value.is_unbound:
        return []
    if value.kind is Kind.SPELLED:
        if value.mask != Class.IRI:
            raise Unsupported("an order of literals that are computed")
        return [f"({value.sql})[2:-2]"]
    if value.kind is not Kind.TERM or is_in_order(value.mask, context.index):
        return [value.sql]
    if not value.mask & ~WORDS:
        # By text; then those with a language first, by that, which is the order of their ids.
        text = context.looked_up(value, "text")
        has_none = f"NOT {value.sql} BETWEEN {_range(context)}"
        return [text, f"({has_none})", value.sql]
    raise Unsupported("an order of literals of several classes")


def _range(context: Expressions) -> str:
    first, last = context.index.classes[Class.LANGUAGE]
    return f"{first} AND {last}"
