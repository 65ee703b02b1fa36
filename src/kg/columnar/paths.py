"""Paths of any length (SPARQL 1.1, 9.3) as recursive statements, and alternative ones."""

from __future__ import annotations

from kg.columnar import Unsupported
from kg.columnar.algebra import (
    Alternative,
    Inverse,
    Maybe,
    Negated,
    Path,
    Repeated,
    Sequence,
    Triple,
    Triples,
    Variable,
)
from kg.columnar.datasets import Graphs
from kg.columnar.index import Index
from kg.columnar.relations import Names
from kg.terms import NamedNode

FEW = 2_000
"""Steps up to which all pairs are found where other patterns would leave but some of them."""


def related(triple: Triple, among: Triples, index: Index, graphs: Graphs, names: Names) -> str:
    """Return the pairs `s`, `o` that a path connects, each once."""
    path = triple.predicate
    if isinstance(path, Alternative):
        return _pairs(path, index, graphs)
    assert isinstance(path, Repeated | Maybe)
    step, edges = names.new("e"), _pairs(path.path, index, graphs)
    subject, object = (
        None if isinstance(node, Variable) else index.id(node)
        for node in (triple.subject, triple.object)
    )
    open_ends = [isinstance(node, Variable) for node in (triple.subject, triple.object)]
    if not all(open_ends) and None in (
        subject if not open_ends[0] else 0,
        object if not open_ends[1] else 0,
    ):
        return "SELECT 0 AS s, 0 AS o WHERE false"
    start = object if subject is None else subject
    if isinstance(path, Maybe):
        selected = f"SELECT s, o FROM {step}{_at(subject, object)}"
        selected += f" UNION {_itself(start, graphs)}"
    elif start is not None:
        backwards = subject is None
        found = _from(start, step, names.new("r"), graphs, zero=path.zero, backwards=backwards)
        ends = f"n AS s, {start} AS o" if backwards else f"{start} AS s, n AS o"
        selected = f"SELECT {ends} FROM ({found})"
    else:
        if len(among.patterns) > 1 and _steps(path.path, index) > FEW:
            raise Unsupported("a path with two open ends over many steps")
        selected = f"SELECT s, o FROM ({_closure(step, names.new('r'))})"
        if path.zero:
            selected = f"{selected} UNION {_itself(None, graphs)}"
    return f"WITH {step} AS MATERIALIZED (SELECT DISTINCT s, o FROM ({edges})) {selected}"


def none_of(path: Negated, alias: str, index: Index) -> str:
    """Return the condition that a quad has none of some properties."""
    ids = [index.id(each) for each in path.properties]
    known = ", ".join(str(id) for id in ids if id is not None)
    return f"{alias}.p NOT IN ({known})" if known else "true"


def _at(subject: int | None, object: int | None) -> str:
    ends = {"s": subject, "o": object}
    known = [f"{end} = {id}" for end, id in ends.items() if id is not None]
    return f" WHERE {' AND '.join(known)}" if known else ""


def _itself(term: int | None, graphs: Graphs) -> str:
    """Return pairs of a node, or of each one, with itself; nodes are subjects and objects."""
    among = graphs.of_default("q")
    if term is not None:
        used = f"SELECT 1 FROM quad q WHERE (s = {term} OR o = {term}) AND {among}"
        return f"SELECT {term} AS s, {term} AS o WHERE EXISTS ({used})"
    nodes = (f"SELECT {end} AS n FROM quad q WHERE {among}" for end in "so")
    return f"SELECT n AS s, n AS o FROM ({' UNION '.join(nodes)})"


def _from(
    start: int, step: str, name: str, graphs: Graphs, *, zero: bool, backwards: bool = False
) -> str:
    """Return what can be reached from a term, as the column `n`."""
    near, far = ("o", "s") if backwards else ("s", "o")
    first = f"SELECT {far} AS n FROM {step} WHERE {near} = {start}"
    if zero:
        first = f"SELECT s AS n FROM ({_itself(start, graphs)})"
    return (
        f"WITH RECURSIVE {name}(n) AS ({first} UNION"
        f" SELECT {step}.{far} FROM {name} JOIN {step} ON {step}.{near} = {name}.n)"
        f" SELECT n FROM {name}"
    )


def _closure(step: str, name: str) -> str:
    return (
        f"WITH RECURSIVE {name}(s, o) AS (SELECT s, o FROM {step} UNION"
        f" SELECT {name}.s, {step}.o FROM {name} JOIN {step} ON {step}.s = {name}.o)"
        f" SELECT s, o FROM {name}"
    )


def _pairs(path: Path, index: Index, graphs: Graphs) -> str:
    """Return the pairs that a path without repetition connects."""
    if isinstance(path, NamedNode):
        id = index.id(path)
        condition = "false" if id is None else f"p = {id}"
        return f"SELECT s, o FROM quad q WHERE {condition} AND {graphs.of_default('q')}"
    if isinstance(path, Negated):
        others = none_of(path, "q", index)
        return f"SELECT s, o FROM quad q WHERE {others} AND {graphs.of_default('q')}"
    if isinstance(path, Inverse):
        return f"SELECT o AS s, s AS o FROM ({_pairs(path.path, index, graphs)})"
    if isinstance(path, Sequence):
        first, second = (_pairs(each, index, graphs) for each in (path.first, path.second))
        return f"SELECT a.s, b.o FROM ({first}) a JOIN ({second}) b ON a.o = b.s"
    if isinstance(path, Alternative):
        first, second = (_pairs(each, index, graphs) for each in (path.first, path.second))
        return f"SELECT DISTINCT s, o FROM ({first} UNION ALL {second})"
    raise Unsupported("a repetition within a repetition")


def _steps(path: Path, index: Index) -> int:
    """Return how many quads the properties of a path have."""
    if isinstance(path, NamedNode):
        id = index.id(path)
        return 0 if id is None else index.uses(id)
    if isinstance(path, Negated):
        return index.quads
    if isinstance(path, Sequence | Alternative):
        return _steps(path.first, index) + _steps(path.second, index)
    return _steps(path.path, index)
