"""The triples of a CONSTRUCT (SPARQL 1.1, 16.2) as a statement: a line of N-Triples for each."""

from __future__ import annotations

import itertools
import secrets
from dataclasses import replace

from kg.columnar import Unsupported
from kg.columnar.algebra import Node, Path, Triple, Variable
from kg.columnar.classes import RESOURCE, Class
from kg.columnar.index import Index
from kg.columnar.relations import Kind, Names, Relation, quoted, within
from kg.columnar.spelling import spelled
from kg.terms import Literal, NamedNode


def constructed(
    template: tuple[Triple, ...], solutions: Relation, index: Index, names: Names
) -> str:
    """Return what writes the triples of a template, each once, for all solutions.

    What is unbound, or cannot stand where it would, makes no triple. A blank node is a new one for
    each solution (16.2.1), called by the number of the solution and a word that is in no data.
    """
    source = names.new("w")
    if any(_is_new(place) for each in template for place in (each.subject, each.object)):
        called = f"'_:{secrets.token_hex(8)}n' || row_number() OVER ()"
        named = f"SELECT *, {called} AS solution FROM ({solutions.sql}) n"
        solutions = replace(solutions, sql=named)
    parts = [_lines(each, source, solutions, index, names) for each in dict.fromkeys(template)]
    if not parts:
        raise Unsupported("a template without triples")
    # Where two of them may make the same triple, it is there once.
    pairs = itertools.combinations(dict.fromkeys(template), 2)
    apart = all(_are_apart(one, other) for one, other in pairs)
    lines = f" UNION {'ALL ' if apart else ''}".join(parts)
    return f"WITH {source} AS MATERIALIZED ({solutions.sql}) {lines}"


def _is_new(place: Node | Path) -> bool:
    return isinstance(place, Variable) and place.is_blank


def _lines(triple: Triple, source: str, solutions: Relation, index: Index, names: Names) -> str:
    places: tuple[tuple[Node | Path, Class | None], ...] = (
        (triple.subject, RESOURCE),
        (triple.predicate, Class.IRI),
        (triple.object, None),
    )
    cells, joins, wanted, chosen = [], [], [], []
    for place, mask in places:
        if not isinstance(place, Variable):
            cells.append(_constant(place))
            continue
        if place.is_blank:
            chosen.append("solution")
            cells.append(f"d.solution || '{names.of(place)}'")
            continue
        column, name = solutions.columns.get(place), names.of(place)
        if column is None:
            return "SELECT '' AS line WHERE false"
        chosen.append(name)
        wanted.append(f"{name} IS NOT NULL")
        table = names.new("t")
        if column.kind is Kind.TERM:
            joins.append(f" JOIN term {table} ON {table}.id = d.{name}")
            wanted += _fitting(name, column.mask, mask, index)
        elif mask is not None and (column.kind is not Kind.SPELLED or column.mask & ~mask):
            raise Unsupported("a literal that is computed in the place of an IRI")
        cells.append(spelled(column.kind, f"d.{name}", table, nullable=False))
    line = " || ' ' || ".join(cells)
    if not chosen:
        return f"SELECT DISTINCT {line} || ' .' AS line FROM {source}"
    distinct = ", ".join(dict.fromkeys(chosen))
    rows = f"SELECT DISTINCT {distinct} FROM {source} WHERE {' AND '.join(wanted) or 'true'}"
    return f"SELECT {line} || ' .' AS line FROM ({rows}) d{''.join(joins)}"


def _fitting(name: str, has: Class, mask: Class | None, index: Index) -> list[str]:
    """Return the condition that a term is of some classes, where it may be of others."""
    if mask is None or not has & ~mask:
        return []
    return [within(name, [ids for each, ids in index.classes.items() if each & mask])]


def _constant(place: Node | Path) -> str:
    if not isinstance(place, NamedNode | Literal):
        raise Unsupported("a path in a template")
    return quoted(str(place))


def _are_apart(one: Triple, other: Triple) -> bool:
    """Return whether two triples of a template can never be the same."""
    places = ((one.subject, other.subject), (one.predicate, other.predicate))
    return any(
        not isinstance(mine, Variable) and not isinstance(theirs, Variable) and mine != theirs
        for mine, theirs in (*places, (one.object, other.object))
    )
