"""A graph: the rows of a table as links between things."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from kg.terms import BlankNode, NamedNode, Term
from kg.views.columns import Column, Nature, named
from kg.views.tables import Table

LINKS = 500

_ENDS = 2


@dataclass(frozen=True)
class Link:
    """Two things that are tied, and by what, where that is said."""

    source: Term
    label: Term | None
    target: Term


@dataclass(frozen=True)
class Graph:
    """The links that are drawn."""

    links: tuple[Link, ...]
    unused: int = 0
    """Rows that tie no two things."""

    cut: int = 0
    """Links that are not drawn because they would be too many."""


def ends(columns: Sequence[Column]) -> tuple[str, str, str] | None:
    """Return the columns of the source, of what ties ("" if nothing says), and of the target.

    Three columns of things, or of a thing, a property and any value, read as a triple.
    """
    names = [column.name for column in columns]
    if names == ["subject", "property", "object"]:
        return ("subject", "property", "object")
    things = named(Nature.THING, columns)
    if len(things) > _ENDS:
        return (things[0], things[1], things[2])
    return (things[0], "", things[1]) if len(things) == _ENDS else None


def graph(table: Table, columns: Sequence[Column]) -> Graph | None:
    """Return the links of a table; None where it ties no two things."""
    chosen = ends(columns)
    if chosen is None:
        return None
    source, label, target = (table.place(name) if name else None for name in chosen)
    assert source is not None
    assert target is not None
    found: dict[Link, None] = {}
    unused = 0
    for row in table.rows:
        one, other = row[source], row[target]
        if isinstance(one, NamedNode | BlankNode) and isinstance(other, NamedNode | BlankNode):
            found[Link(one, row[label] if label is not None else None, other)] = None
        else:
            unused += 1
    if not found:
        return None
    links = tuple(found)
    return Graph(links[:LINKS], unused, max(0, len(links) - LINKS))
