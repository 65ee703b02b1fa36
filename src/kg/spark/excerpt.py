"""The part of the data that a query can see, when that is little.

A solution is made of statements that match the query's triple patterns, so a graph of just these
gives the same answer. They are fetched pattern by pattern, the most selective first; what is
known of a variable by then narrows the patterns that follow, as far as that cannot change the
answer: within one group, into its subgroups, and into what is optional or taken away only for
variables that are bound without it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import duckdb
import rdflib
from rdflib.paths import AlternativePath, InvPath, MulPath, NegatedPath, Path, SequencePath
from rdflib.plugins.sparql.algebra import translateQuery
from rdflib.plugins.sparql.parser import parseQuery
from rdflib.plugins.sparql.parserutils import CompValue

from kg import terms
from kg.columnar import Unsupported
from kg.columnar.classes import Class
from kg.columnar.making import FREQUENT
from kg.spark.index import ParquetIndex
from kg.store import Limits
from kg.terms import Literal, NamedNode

MOST = 200_000
"""Statements that are fetched for a query."""

NARROWING = 20_000
"""Terms that a variable may have to narrow what is fetched."""

WRITTEN_OUT = 2_000
"""Ids that a statement names one by one, so that files are read in part."""

LAST = 10**15

Ids = frozenset[int]
Known = Mapping[Any, Ids]
"""What variables can be bound to."""

rdflib.NORMALIZE_LITERALS = False


def excerpt(text: str, index: ParquetIndex, limits: Limits, *, has_dataset: bool) -> bytes:
    """Return all that a query can see, as N-Quads. Raises Unsupported where that is too much.

    The query is one that the engine takes. `has_dataset` says that the request names one.
    """
    try:
        algebra = translateQuery(parseQuery(text)).algebra
    except Exception as error:  # noqa: BLE001  it raises whatever it comes upon
        raise Unsupported(f"a query that is not read here: {error}") from None
    reading = _Reading(index, has_dataset=has_dataset or bool(algebra.get("datasetClause")))
    try:
        with limits.cancellation.stopping(reading.stop):
            reading.read(algebra)
            return reading.quads()
    except duckdb.Error as error:
        raise Unsupported(f"what it is about cannot be read: {error}") from None


@dataclass(frozen=True)
class _Pattern:
    """A triple pattern; its predicate may be a path."""

    subject: Any
    predicate: Any
    object: Any


class _Reading:
    def __init__(self, index: ParquetIndex, *, has_dataset: bool) -> None:
        self._index = index
        self._cursor = index.cursor()
        self._has_dataset = has_dataset
        self._found: set[tuple[int, int, int, int]] = set()
        self._fresh = 0

    def stop(self) -> None:
        """Stop what is being fetched, from another thread."""
        self._cursor.interrupt()

    # ------------------------------------------------------------------------------ the algebra

    def read(self, algebra: CompValue) -> None:
        """Fetch what a query can see."""
        known = self._walk(algebra.p, {}) if algebra.p is not None else {}
        if algebra.name != "DescribeQuery":
            return
        nodes: Ids = frozenset()
        for each in algebra.PV or ():
            ids = self._ids(each, known)
            if ids is None:
                raise Unsupported("DESCRIBE of many things")
            nodes |= ids
        self._describe(nodes)

    def _describe(self, nodes: Ids) -> None:
        """Fetch what is said of things, and of blank nodes that are said of them."""
        first, last = self._index.classes.get(Class.BLANK, (0, -1))
        seen: set[int] = set()
        while nodes:
            seen |= nodes
            rows = self._fetch(nodes, None, None)
            nodes = frozenset(o for _, _, o, _ in rows if first <= o <= last and o not in seen)

    def _walk(self, node: Any, known: Known) -> dict[Any, Ids]:
        """Fetch what a pattern can see, and return what it binds its variables to."""
        read = _READERS.get(node.name)
        if read is None:
            raise Unsupported(f"{node.name} in an excerpt")
        return read(self, node, known)

    def passed_on(self, node: Any, known: Known) -> dict[Any, Ids]:
        """Read what leaves the variables of what is within as they are, as far as this matters."""
        for key in ("expr", "A"):
            self._expressions(node.get(key), {})
        return self._walk(node.p, known)

    def beside(self, node: Any, known: Known) -> dict[Any, Ids]:
        """Read what is optional, or taken away."""
        bound = self._walk(node.p1, known)
        self._walk(node.p2, bound)
        self._expressions(node.get("expr"), {})
        return bound

    def union(self, node: Any, known: Known) -> dict[Any, Ids]:
        """Read either."""
        one, other = self._walk(node.p1, known), self._walk(node.p2, known)
        return {each: one[each] | other[each] for each in one.keys() & other.keys()}

    def filter(self, node: Any, known: Known) -> dict[Any, Ids]:
        """Read what a condition is about, and what it looks for."""
        bound = self._walk(node.p, known)
        self._expressions(node.expr, bound)
        return bound

    def inner(self, node: Any, _known: Known) -> dict[Any, Ids]:
        """Read what is written out, or a subquery, which knows nothing of what is around it."""
        if node.p.name == "values":
            return self._written(node.p)
        bound = self._walk(node.p, {})
        return {each: ids for each, ids in bound.items() if each in (node.p.PV or ())}

    def graph(self, node: Any, known: Known) -> dict[Any, Ids]:
        """Read what is in named graphs."""
        if node.p.name == "BGP" and not node.p.triples:
            raise Unsupported("the names of graphs")
        return self._walk(node.p, known)

    def join(self, node: Any, known: Known) -> dict[Any, Ids]:
        """Read all that is joined."""
        bound: dict[Any, Ids] = {}
        # What is written out comes first: it narrows what follows, and a join has no order.
        for each in sorted(_operands(node), key=lambda each: each.name != "ToMultiSet"):
            bound |= self._walk(each, {**known, **bound})
        return bound

    def _written(self, values: Any) -> dict[Any, Ids]:
        found: dict[Any, Ids] = {}
        for variable in {each for row in values.res for each in row}:
            column = [row.get(variable) for row in values.res]
            if all(isinstance(each, rdflib.URIRef | rdflib.Literal) for each in column):
                found[variable] = frozenset().union(*map(self._id, column))
        return found

    def _expressions(self, node: Any, known: Known) -> None:
        """Fetch what the EXISTS within an expression can see."""
        if isinstance(node, list | tuple):
            for each in node:
                self._expressions(each, known)
        elif isinstance(node, CompValue):
            if node.name in ("Builtin_EXISTS", "Builtin_NOTEXISTS"):
                self._walk(node.graph, known)
                return
            for each in node.values():
                self._expressions(each, known)

    # ------------------------------------------------------------------------------ patterns

    def triples(self, node: Any, known: Known) -> dict[Any, Ids]:
        """Read a basic graph pattern, the most selective pattern first."""
        waiting = [each for triple in node.triples for each in self._split(_Pattern(*triple))]
        all_known = dict(known)
        variables = {
            each
            for pattern in waiting
            for each in (pattern.subject, pattern.predicate, pattern.object)
            if _is_variable(each)
        }
        while waiting:
            best = min(waiting, key=lambda each: self._size(each, all_known))
            waiting.remove(best)
            self._match(best, all_known)
        return {each: all_known[each] for each in variables if each in all_known}

    def _split(self, pattern: _Pattern) -> Iterator[_Pattern]:
        """Yield the patterns that a sequence of paths stands for, and turn inverse ones around."""
        path = pattern.predicate
        if isinstance(path, SequencePath):
            near = pattern.subject
            for each in path.args[:-1]:
                self._fresh += 1
                middle = rdflib.Variable(f"__{self._fresh}")
                yield from self._split(_Pattern(near, each, middle))
                near = middle
            yield from self._split(_Pattern(near, path.args[-1], pattern.object))
        elif isinstance(path, InvPath):
            yield from self._split(_Pattern(pattern.object, path.arg, pattern.subject))
        else:
            yield pattern

    def _size(self, pattern: _Pattern, known: Known) -> int:
        """Return about how many statements match a pattern."""
        subjects = self._ids(pattern.subject, known)
        objects = self._ids(pattern.object, known)
        predicates = self._predicates(pattern.predicate, known)
        size = self._index.quads
        if predicates is not None:
            size = sum(map(self._index.uses, predicates))
        if isinstance(pattern.predicate, Path) and subjects is None and objects is None:
            return LAST + size
        if subjects is not None:
            size = min(size, 20 * len(subjects))
        if objects is not None:
            one = min(predicates) if predicates is not None and len(predicates) == 1 else None
            each = (max(self._index.count(one, id), FREQUENT // 50) for id in objects)
            size = min(size, sum(each))
        return size

    def _match(self, pattern: _Pattern, known: dict[Any, Ids]) -> None:
        """Fetch what matches a pattern, and note what its variables can be bound to."""
        path = pattern.predicate
        if isinstance(path, Path) and not _is_choice(path):
            self._follow(pattern, known)
            return
        rows = self._fetch(
            self._ids(pattern.subject, known),
            self._predicates(path, known),
            self._ids(pattern.object, known),
        )
        for place, node in ((1, pattern.subject), (0, path), (2, pattern.object)):
            if _is_variable(node):
                _note(known, node, frozenset(row[place] for row in rows))

    def _follow(self, pattern: _Pattern, known: dict[Any, Ids]) -> None:
        """Fetch all that a path goes along."""
        ends = [self._ids(node, known) for node in (pattern.subject, pattern.object)]
        predicates = self._predicates(pattern.predicate, known)
        if isinstance(pattern.predicate, NegatedPath):
            self._fetch(ends[0], None, ends[1])
            self._fetch(ends[1], None, ends[0])
            return
        if _may_be_empty(pattern.predicate):
            if ends == [None, None] or self._has_dataset:
                raise Unsupported("paths of length zero between any terms")
            self._witness(*(ids for ids in ends if ids is not None))
        rows = self._fetch(None, predicates, None)
        for near, far, node in ((0, 1, pattern.object), (1, 0, pattern.subject)):
            start = ends[near]
            if _is_variable(node) and start is not None and ends[far] is None:
                _note(known, node, start | _reached(pattern.predicate, rows, start, bool(near)))

    def _witness(self, *ends: Ids) -> None:
        """Fetch a statement with each term, which a path of length zero finds if it is there."""
        there = {id for _, s, o, _ in self._found for id in (s, o)}
        wanted = frozenset().union(*ends) - there
        for table, column in (("quad_by_subject", "s"), ("quad_by_object", "o")):
            if wanted:
                self._take(
                    f"SELECT DISTINCT ON ({column}) p, s, o, g FROM {table}"
                    f" WHERE {_among(column, wanted)}"
                )

    # ------------------------------------------------------------------------------ terms

    def _id(self, term: Any) -> Ids:
        if isinstance(term, rdflib.URIRef):
            id = self._index.id(NamedNode(str(term)))
        elif term.language:
            id = self._index.id(terms.stored(Literal(str(term), language=term.language)))
        else:
            datatype = NamedNode(str(term.datatype or rdflib.XSD.string))
            id = self._index.id(terms.stored(Literal(str(term), datatype=datatype)))
        return frozenset() if id is None else frozenset((id,))

    def _ids(self, node: Any, known: Known) -> Ids | None:
        """Return what a node of a pattern can be; None for anything."""
        return known.get(node) if _is_variable(node) else self._id(node)

    def _predicates(self, node: Any, known: Known) -> Ids | None:
        """Return the properties that a predicate, or a path, goes along; None for any."""
        if isinstance(node, NegatedPath):
            return None
        if isinstance(node, MulPath):
            return self._predicates(node.path, known)
        if isinstance(node, InvPath):
            return self._predicates(node.arg, known)
        if isinstance(node, AlternativePath | SequencePath):
            parts = [self._predicates(each, known) for each in node.args]
            some = [each for each in parts if each is not None]
            return frozenset().union(*some) if len(some) == len(parts) else None
        return self._ids(node, known)

    # ------------------------------------------------------------------------------ statements

    def _fetch(
        self, subjects: Ids | None, predicates: Ids | None, objects: Ids | None
    ) -> list[tuple[int, int, int, int]]:
        """Return the quads, as p, s, o and g, of some subjects, predicates and objects."""
        places = {"s": subjects, "p": predicates, "o": objects}
        if any(ids is not None and not ids for ids in places.values()):
            return []
        conditions = [_among(name, ids) for name, ids in places.items() if ids is not None]
        where = f" WHERE {' AND '.join(conditions)}" if conditions else ""
        lists = {name: ids for name, ids in places.items() if ids is not None and name != "p"}
        least = min(lists, key=lambda name: len(lists[name]), default="p")
        return self._take(f"SELECT p, s, o, g FROM {_TABLES[least]}{where} LIMIT {MOST + 1}")

    def _take(self, sql: str) -> list[tuple[int, int, int, int]]:
        rows: list[tuple[int, int, int, int]] = self._cursor.execute(sql).fetchall()
        self._found.update(rows)
        if len(self._found) > MOST:
            raise Unsupported(f"it goes through more than {MOST:,} statements")
        return rows

    def quads(self) -> bytes:
        """Return all that was fetched, as N-Quads."""
        ids = frozenset(id for row in self._found for id in row)
        spelled = {0: ""}
        if ids:
            rows = self._cursor.execute(f"SELECT id, spelled FROM term WHERE {_among('id', ids)}")
            spelled.update(rows.fetchall())
        lines = (
            f"{spelled[s]} {spelled[p]} {spelled[o]} {spelled[g]} .\n" for p, s, o, g in self._found
        )
        return "".join(lines).encode()


_TABLES = {"s": "quad_by_subject", "o": "quad_by_object", "p": "quad"}

_READERS: dict[str, Callable[[_Reading, Any, Known], dict[Any, Ids]]] = {
    "BGP": _Reading.triples,
    "Join": _Reading.join,
    "LeftJoin": _Reading.beside,
    "Minus": _Reading.beside,
    "Union": _Reading.union,
    "Filter": _Reading.filter,
    "ToMultiSet": _Reading.inner,
    "Graph": _Reading.graph,
    **dict.fromkeys(
        ("SelectQuery", "Project", "Distinct", "Reduced", "Slice", "OrderBy"), _Reading.passed_on
    ),
    **dict.fromkeys(("Group", "AggregateJoin", "Extend"), _Reading.passed_on),
}


def _operands(node: Any) -> Iterator[Any]:
    """Yield what a tree of joins joins."""
    if node.name == "Join":
        yield from _operands(node.p1)
        yield from _operands(node.p2)
    else:
        yield node


def _is_variable(node: Any) -> bool:
    return isinstance(node, rdflib.Variable | rdflib.BNode)


def _is_choice(path: Any) -> bool:
    """Return whether a path is a choice among properties."""
    return isinstance(path, AlternativePath) and all(
        isinstance(each, rdflib.URIRef) for each in path.args
    )


def _may_be_empty(path: Any) -> bool:
    if isinstance(path, MulPath):
        return bool(path.zero) or _may_be_empty(path.path)
    if isinstance(path, AlternativePath):
        return any(map(_may_be_empty, path.args))
    if isinstance(path, SequencePath):
        return all(map(_may_be_empty, path.args))
    return isinstance(path, InvPath) and _may_be_empty(path.arg)


def _reached(path: Any, rows: list[tuple[int, int, int, int]], start: Ids, backwards: bool) -> Ids:
    """Return what can be reached, at least: exactly along one property, else all there is."""
    if not (isinstance(path, MulPath) and isinstance(path.path, rdflib.URIRef)):
        return frozenset(id for _, s, o, _ in rows for id in (s, o))
    steps: dict[int, list[int]] = {}
    for _, s, o, _ in rows:
        near, far = (o, s) if backwards else (s, o)
        steps.setdefault(near, []).append(far)
    reached: set[int] = set()
    waiting = list(start)
    while waiting:
        for each in steps.get(waiting.pop(), ()):
            if each not in reached:
                reached.add(each)
                waiting.append(each)
    return frozenset(reached)


def _note(known: dict[Any, Ids], variable: Any, ids: Ids) -> None:
    if variable in known:
        ids &= known[variable]
    if len(ids) <= NARROWING:
        known[variable] = ids


def _among(name: str, ids: Ids) -> str:
    listed = ", ".join(map(str, sorted(ids)))
    bounds = f"{name} BETWEEN {min(ids)} AND {max(ids)}"
    if len(ids) <= WRITTEN_OUT:
        return f"{bounds} AND {name} IN ({listed})"
    return f"{bounds} AND {name} IN (SELECT unnest([{listed}]))"
