"""Whether a query is one for the columns: it goes through much, and begins at no few terms."""

from __future__ import annotations

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
from kg.columnar.index import Index
from kg.columnar.making import FREQUENT
from kg.terms import NamedNode

FEW = FREQUENT
"""Solutions of a triple pattern from which the engine goes on quickly, one after the other."""

MUCH = 5_000
"""Quads from which on it is quicker to go through columns."""


def reason_against(query: Query, index: Index) -> str:
    """Return why a query is better answered by the engine; "" where it is not."""
    pattern = query.select
    wants_few = query.ask or (pattern.limit is not None and pattern.limit <= FEW)
    if wants_few and not pattern.order and not pattern.distinct and _streams(pattern.inner):
        return "its first solutions come at once"
    if _is_anchored(pattern, index):
        return "it begins at a few terms, from which the engine goes on"
    if work(pattern, index) < MUCH:
        return "it goes through little"
    return ""


def _streams(pattern: Pattern) -> bool:
    """Return whether the engine finds solutions of a pattern one by one, each of which counts."""
    if isinstance(pattern, Join | Union | Optional):
        return _streams(pattern.left) and _streams(pattern.right)
    if isinstance(pattern, Extend):
        return _streams(pattern.inner)
    return isinstance(pattern, Triples | Values)


def _is_anchored(pattern: Pattern, index: Index) -> bool:
    """Return whether a pattern holds a triple pattern of few solutions that each solution needs."""
    if isinstance(pattern, Triples):
        return any(_size(each, index) <= FEW and _has_term(each) for each in pattern.patterns)
    if isinstance(pattern, Join):
        return _is_anchored(pattern.left, index) or _is_anchored(pattern.right, index)
    if isinstance(pattern, Union):
        return _is_anchored(pattern.left, index) and _is_anchored(pattern.right, index)
    if isinstance(pattern, Optional | Minus):
        return _is_anchored(pattern.left, index)
    if isinstance(pattern, Filter | Extend | Group | Select):
        return _is_anchored(pattern.inner, index)
    return False


def _has_term(triple: Triple) -> bool:
    return not (isinstance(triple.subject, Variable) and isinstance(triple.object, Variable))


def _size(triple: Triple, index: Index) -> int:
    """Return about how many quads a triple pattern finds."""
    if isinstance(triple.predicate, Variable):
        id, uses = None, index.quads
    elif isinstance(triple.predicate, NamedNode):
        id = index.id(triple.predicate)
        uses = 0 if id is None else index.uses(id)
    else:
        return index.quads  # a path
    if not isinstance(triple.subject, Variable):
        return min(uses, FEW)
    if not isinstance(triple.object, Variable) and uses > FEW:
        return index.count(id, index.id(triple.object))
    return uses


def work(pattern: Pattern, index: Index) -> int:
    """Return about how many quads a query looks at."""
    if isinstance(pattern, Triples):
        return sum(_size(each, index) for each in pattern.patterns)
    if isinstance(pattern, Join | Union | Optional | Minus):
        return work(pattern.left, index) + work(pattern.right, index)
    if isinstance(pattern, Filter | Extend | Group | Select):
        return work(pattern.inner, index)
    return 0
