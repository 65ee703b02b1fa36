"""Figures on a page: what the roles of well-known vocabularies (`kg.roles`) say of a number."""

from __future__ import annotations

from kg import roles
from kg.entity.facts import Facts
from kg.entity.said import Said
from kg.entity.values import Figure
from kg.roles import KG
from kg.terms import XSD, Literal, NamedNode, Term

NUMERIC = frozenset(
    XSD[name].value
    for name in (
        "decimal",
        "double",
        "float",
        "integer",
        "int",
        "long",
        "short",
        "byte",
        "nonNegativeInteger",
        "positiveInteger",
        "nonPositiveInteger",
        "negativeInteger",
        "unsignedLong",
        "unsignedInt",
        "unsignedShort",
        "unsignedByte",
    )
)

_EXACT = frozenset({"=", ""})


def of(node: Term, said: Said, signs: Said, facts: Facts) -> Figure | None:
    """Return the figure that `node` is, or None.

    `said` tells of the node, `signs` of its unit and its comparator.
    """
    if node not in said:
        return None
    parts = {
        role: term
        for role, properties in roles.FIGURE_PARTS.items()
        if (term := said.first(node, *properties)) is not None
    }
    number = parts.pop(roles.VALUE, None)
    if not isinstance(number, Literal) or number.datatype.value not in NUMERIC:
        return None
    if not {roles.UNIT_OF, roles.INDICATOR} & parts.keys():
        return None
    return Figure(
        number.value,
        _sign(parts.get(roles.UNIT_OF), signs),
        _than(parts.get(roles.COMPARATOR), signs, facts),
        {role: facts.value(term) for role, term in parts.items()},
    )


def _sign(term: Term | None, signs: Said) -> str | None:
    """Return how a unit or a comparator is written, or None where nothing says so."""
    if isinstance(term, NamedNode) and term in roles.SYMBOLS:
        return roles.SYMBOLS[term]
    found = signs.first(term, *roles.SYMBOL_PROPERTIES) if term else None
    return found.value if isinstance(found, Literal) else None


def _than(term: Term | None, signs: Said, facts: Facts) -> str:
    if term is None or term == KG.equal:
        return ""
    sign = _sign(term, signs)
    if sign is None:
        label = facts.value(term).label
        return label.text if label else ""
    return "" if sign in _EXACT else sign
