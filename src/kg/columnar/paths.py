"""Paths of any length (SPARQL 1.1, 9.3) as recursive statements, and alternative ones."""

from __future__ import annotations

from kg.columnar import Unsupported
from kg.columnar.algebra import (
    Alternative,
    Inverse,
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
    assert isinstance(path, Repeated)
    if path.zero and graphs.default is not None:
        raise Unsupported("paths of length zero in some of the graphs")
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
    if subject is not None:
        found = _from(subject, step, names.new("r"), zero=path.zero)
        selected = f"SELECT {subject} AS s, n AS o FROM ({found})"
    elif object is not None:
        found = _from(object, step, names.new("r"), zero=path.zero, backwards=True)
        selected = f"SELECT n AS s, {object} AS o FROM ({found})"
    else:
        if len(among.patterns) > 1 and _steps(path.path, index) > FEW:
            raise Unsupported("a path with two open ends over many steps")
        selected = _closure(step, names.new("r"), zero=path.zero)
    return f"WITH {step} AS MATERIALIZED (SELECT DISTINCT s, o FROM ({edges})) {selected}"


def _from(start: int, step: str, name: str, *, zero: bool, backwards: bool = False) -> str:
    """Return what can be reached from a term, as the column `n`."""
    near, far = ("o", "s") if backwards else ("s", "o")
    first = f"SELECT {far} AS n FROM {step} WHERE {near} = {start}"
    if zero:
        first = (
            f"SELECT {start} AS n WHERE EXISTS"
            f" (SELECT 1 FROM quad WHERE s = {start} OR o = {start})"
        )
    return (
        f"WITH RECURSIVE {name}(n) AS ({first} UNION"
        f" SELECT {step}.{far} FROM {name} JOIN {step} ON {step}.{near} = {name}.n)"
        f" SELECT n FROM {name}"
    )


def _closure(step: str, name: str, *, zero: bool) -> str:
    pairs = (
        f"WITH RECURSIVE {name}(s, o) AS (SELECT s, o FROM {step} UNION"
        f" SELECT {name}.s, {step}.o FROM {name} JOIN {step} ON {step}.s = {name}.o)"
        f" SELECT s, o FROM {name}"
    )
    if not zero:
        return f"SELECT s, o FROM ({pairs})"
    nodes = "SELECT s AS n FROM quad UNION SELECT o FROM quad"
    return f"SELECT s, o FROM ({pairs}) UNION SELECT n, n FROM ({nodes})"


def _pairs(path: Path, index: Index, graphs: Graphs) -> str:
    """Return the pairs that a path without repetition connects."""
    if isinstance(path, NamedNode):
        id = index.id(path)
        condition = "false" if id is None else f"p = {id}"
        return f"SELECT s, o FROM quad q WHERE {condition} AND {graphs.of_default('q')}"
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
    if isinstance(path, Sequence | Alternative):
        return _steps(path.first, index) + _steps(path.second, index)
    return _steps(path.path, index)
