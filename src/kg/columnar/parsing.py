"""Reading a query into the algebra (SPARQL 1.1, sections 18.2 and 19.8).

Whether a query is well-formed is the engine's to say, which is asked before anything is answered;
here whatever is not read raises Unsupported.
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import ClassVar

from kg.columnar import Unsupported
from kg.columnar.algebra import (
    EMPTY,
    Aggregate,
    Call,
    Constant,
    Exists,
    Expression,
    Extend,
    Filter,
    Group,
    Join,
    Minus,
    Node,
    Optional,
    Order,
    Pattern,
    Query,
    Select,
    Triple,
    Triples,
    Union,
    Values,
    Variable,
)
from kg.columnar.formulas import Formulas
from kg.columnar.scanning import Cursor, scanned
from kg.columnar.triples import TripleReader
from kg.columnar.vocabulary import Vocabulary
from kg.terms import NamedNode

_Names = tuple[NamedNode, ...] | None


def parsed(text: str) -> Query:
    """Return the algebra of a query. Raises Unsupported."""
    try:
        return _Reader(text).query()
    except RecursionError:
        raise Unsupported("deep nesting") from None


class _Reader:
    def __init__(self, text: str) -> None:
        self._cursor = Cursor(scanned(text))
        self._vocabulary = Vocabulary(self._cursor)
        self._formulas = Formulas(self._cursor, self._vocabulary, self._group)
        self._numbers = itertools.count()
        self._triples = TripleReader(self._cursor, self._vocabulary, self._numbers)

    def query(self) -> Query:
        self._vocabulary.read_prologue()
        cursor = self._cursor
        ask, template = bool(cursor.skip("ASK")), None
        if ask:
            default, named = self._dataset()
            pattern = self._where()
            select = Select(pattern, None, distinct=False, order=(), offset=0, limit=None)
        elif cursor.skip("CONSTRUCT"):
            select, default, named, template = self._construct()
        else:
            cursor.expect("SELECT")
            select, default, named = self._select()
        if cursor.token.kind != "end":
            cursor.fail("the end")
        return Query(select, ask, default, named, template)

    def _construct(self) -> tuple[Select, _Names, _Names, tuple[Triple, ...]]:
        """Return the parts of a CONSTRUCT; without a template, its pattern is one (16.2.4)."""
        template = self._template() if self._cursor.sees("{") else None
        default, named = self._dataset()
        pattern = self._where()
        if template is None:
            if not isinstance(pattern, Triples):
                raise Unsupported("CONSTRUCT WHERE of more than triples")
            template = pattern.patterns
        places = (
            place for each in template for place in (each.subject, each.predicate, each.object)
        )
        variables = [place for place in places if isinstance(place, Variable)]
        chosen: list[tuple[Variable, Expression | None]] = [
            (each, None) for each in dict.fromkeys(variables)
        ]
        return self._modified(pattern, chosen, distinct=False), default, named, template

    def _template(self) -> tuple[Triple, ...]:
        self._cursor.expect("{")
        found: list[Triple] = []
        while not self._cursor.skip("}"):
            found += self._triples.read().patterns
            self._cursor.skip(".")
        return tuple(found)

    def _dataset(self) -> tuple[_Names, _Names]:
        default: list[NamedNode] = []
        named: list[NamedNode] = []
        while self._cursor.skip("FROM"):
            into = named if self._cursor.skip("NAMED") else default
            iri = self._vocabulary.iri()
            if iri is None:
                self._cursor.fail("an IRI")
            into.append(iri)
        return (tuple(default), tuple(named)) if default or named else (None, None)

    def _where(self) -> Pattern:
        self._cursor.skip("WHERE")
        return self._group()

    # ------------------------------------------------------------------------------ SELECT

    def _select(self) -> tuple[Select, _Names, _Names]:
        # What REDUCED leaves out may be all that is there already (18.2.5.4).
        distinct = bool(self._cursor.skip("DISTINCT", "REDUCED"))
        chosen = self._chosen()
        default, named = self._dataset()
        return self._modified(self._where(), chosen, distinct=distinct), default, named

    def _modified(
        self,
        inner: Pattern,
        chosen: list[tuple[Variable, Expression | None]] | None,
        *,
        distinct: bool,
    ) -> Select:
        """Return what is chosen from a pattern, with the modifiers that follow it (18.2.4)."""
        shape = _Shape(inner, self._numbers)
        self._group_by(shape)
        having: list[Expression] = []
        if self._cursor.skip("HAVING"):
            while self._cursor.sees("(") or self._cursor.token.kind in ("word", "name", "iri"):
                if self._cursor.sees("ORDER", "LIMIT", "OFFSET", "VALUES"):
                    break
                having.append(shape.aggregated(self._formulas.constraint()))
        selected = [(name, each and shape.aggregated(each)) for name, each in chosen or ()]
        order = tuple(
            replace(each, expression=shape.aggregated(each.expression)) for each in self._order_by()
        )
        offset, limit = self._slice()
        if self._cursor.skip("VALUES"):
            shape.values = self._values()
        pattern = shape.pattern(having)
        for name, expression in selected:
            if expression is not None:
                pattern = Extend(pattern, name, expression)
        variables = None if chosen is None else tuple(name for name, _ in selected)
        return Select(pattern, variables, distinct, order, offset, limit)

    def _chosen(self) -> list[tuple[Variable, Expression | None]] | None:
        """Return the selected variables, with their expressions; None for `*`."""
        if self._cursor.skip("*"):
            return None
        found: list[tuple[Variable, Expression | None]] = []
        while self._cursor.token.kind == "variable" or self._cursor.sees("("):
            if self._cursor.skip("("):
                expression = self._formulas.read()
                found.append((self._named(), expression))
            else:
                found.append((Variable(self._cursor.take().text[1:]), None))
        if not found:
            self._cursor.fail("a variable")
        return found

    def _named(self) -> Variable:
        """Return the variable of `AS ?variable)`."""
        self._cursor.expect("AS")
        variable = self._variable()
        self._cursor.expect(")")
        return variable

    def _variable(self) -> Variable:
        if self._cursor.token.kind != "variable":
            self._cursor.fail("a variable")
        return Variable(self._cursor.take().text[1:])

    def _group_by(self, shape: _Shape) -> None:
        if not self._cursor.skip("GROUP"):
            return
        self._cursor.expect("BY")
        shape.keys = []
        while not self._cursor.sees("HAVING", "ORDER", "LIMIT", "OFFSET", "VALUES"):
            if self._cursor.token.kind == "variable":
                shape.keys.append(self._variable())
            elif self._cursor.token.kind in ("word", "name", "iri"):
                shape.add_key(self._formulas.constraint())
            elif self._cursor.skip("("):
                expression = self._formulas.read()
                if self._cursor.sees("AS"):
                    shape.add_key(expression, self._named())
                else:
                    self._cursor.expect(")")
                    shape.add_key(expression)
            else:
                break
        if not shape.keys:
            self._cursor.fail("a key")

    def _order_by(self) -> list[Order]:
        if not self._cursor.skip("ORDER"):
            return []
        self._cursor.expect("BY")
        found: list[Order] = []
        while True:
            if direction := self._cursor.skip("ASC", "DESC"):
                found.append(Order(self._formulas.bracketed(), direction == "DESC"))
            elif self._cursor.token.kind == "variable":
                found.append(Order(self._variable(), descending=False))
            elif self._cursor.sees("("):
                found.append(Order(self._formulas.bracketed(), descending=False))
            elif self._cursor.token.kind == "word" and not self._cursor.sees(
                "LIMIT", "OFFSET", "VALUES"
            ):
                found.append(Order(self._formulas.constraint(), descending=False))
            else:
                return found

    def _slice(self) -> tuple[int, int | None]:
        offset, limit = 0, None
        while word := self._cursor.skip("LIMIT", "OFFSET"):
            text = self._cursor.take().text
            if not text.isascii() or not text.isdigit() or len(text) > 18:  # noqa: PLR2004
                raise Unsupported("a number of rows that is none")
            offset, limit = (offset, int(text)) if word == "LIMIT" else (int(text), limit)
        return offset, limit

    # ------------------------------------------------------------------------------ patterns

    def _group(self) -> Pattern:
        """Return what a group in braces means (18.2.2.6)."""
        pattern, filters = self._parts()
        for condition in filters:
            pattern = Filter(condition, pattern)
        return pattern

    def _parts(self) -> tuple[Pattern, list[Expression]]:
        """Return what a group in braces holds, and its own filters."""
        self._cursor.expect("{")
        if self._cursor.skip("SELECT"):
            select, *dataset = self._select()
            if any(each is not None for each in dataset):
                raise Unsupported("FROM in a subquery")
            self._cursor.expect("}")
            return select, []
        pattern: Pattern = EMPTY
        filters: list[Expression] = []
        while not self._cursor.skip("}"):
            if self._cursor.skip("FILTER"):
                filters.append(self._formulas.constraint())
            elif word := self._cursor.skip(*self._PARTS):
                pattern = self._PARTS[word](self, pattern)
            elif self._cursor.sees("{"):
                pattern = joined(pattern, self._alternatives())
            else:
                pattern = joined(pattern, self._triples.read())
            self._cursor.skip(".")
        return pattern, filters

    def _alternatives(self) -> Pattern:
        pattern = self._group()
        while self._cursor.skip("UNION"):
            pattern = Union(pattern, self._group())
        return pattern

    def _optional(self, before: Pattern) -> Pattern:
        inner, filters = self._parts()
        condition = (
            functools.reduce(lambda one, other: Call("&&", (one, other)), filters)
            if filters
            else None
        )
        return Optional(before, inner, condition)

    def _minus(self, before: Pattern) -> Pattern:
        return Minus(before, self._group())

    def _bind(self, before: Pattern) -> Pattern:
        self._cursor.expect("(")
        expression = self._formulas.read()
        return Extend(before, self._named(), expression)

    def _inline(self, before: Pattern) -> Pattern:
        return joined(before, self._values())

    def _graph(self, before: Pattern) -> Pattern:
        token = self._cursor.token
        name = self._variable() if token.kind == "variable" else self._vocabulary.iri()
        if name is None:
            self._cursor.fail("the name of a graph")
        return joined(before, _in_graph(self._group(), name))

    def _refuse(self, _before: Pattern) -> Pattern:
        raise Unsupported("SERVICE")

    _PARTS: ClassVar[dict[str, Callable[[_Reader, Pattern], Pattern]]] = {
        "OPTIONAL": _optional,
        "MINUS": _minus,
        "BIND": _bind,
        "VALUES": _inline,
        "GRAPH": _graph,
        "SERVICE": _refuse,
    }

    def _values(self) -> Values:
        """Return the table that follows the word VALUES."""
        if self._cursor.token.kind == "variable":
            variables = (self._variable(),)
            self._cursor.expect("{")
            data = []
            while not self._cursor.skip("}"):
                data.append((self._datum(),))
            return Values(variables, tuple(data))
        self._cursor.expect("(")
        names: list[Variable] = []
        while not self._cursor.skip(")"):
            names.append(self._variable())
        self._cursor.expect("{")
        rows = []
        while not self._cursor.skip("}"):
            self._cursor.expect("(")
            row: list[Constant | None] = []
            while not self._cursor.skip(")"):
                row.append(self._datum())
            rows.append(tuple(row))
        if any(len(row) != len(names) for row in rows) or not names:
            raise Unsupported("VALUES without variables")
        return Values(tuple(names), tuple(rows))

    def _datum(self) -> Constant | None:
        if self._cursor.skip("UNDEF"):
            return None
        constant = self._vocabulary.constant()
        if constant is None:
            self._cursor.fail("a term")
        return constant


def joined(left: Pattern, right: Pattern) -> Pattern:
    """Return the join of two patterns; adjacent triples are one basic graph pattern."""
    if left == EMPTY:
        return right
    if isinstance(left, Triples) and isinstance(right, Triples) and left.graph == right.graph:
        return Triples(left.patterns + right.patterns, left.graph)
    return Join(left, right)


def _in_graph(pattern: Pattern, name: Node) -> Pattern:
    """Return a pattern within the graph of a name.

    The engine departs from the standard where anything but triples, filters on them and joins of
    them stands within GRAPH (oxigraph issue 1450).
    """
    if isinstance(pattern, Triples) and pattern.graph is None and pattern.patterns:
        return Triples(pattern.patterns, name)
    if isinstance(pattern, Filter) and not _asks_existence(pattern.condition):
        return Filter(pattern.condition, _in_graph(pattern.inner, name))
    raise Unsupported("GRAPH around more than triples and filters")


def _asks_existence(expression: Expression) -> bool:
    if isinstance(expression, Call):
        return any(map(_asks_existence, expression.arguments))
    return isinstance(expression, Exists)


@dataclass
class _Shape:
    """The parts of a SELECT below its projection (18.2.4)."""

    inner: Pattern
    numbers: itertools.count[int]
    keys: list[Variable] | None = None
    values: Values | None = None
    aggregates: dict[Aggregate, Variable] = field(default_factory=dict)

    def add_key(self, expression: Expression, name: Variable | None = None) -> None:
        """Group by an expression, too; one without a name cannot be selected."""
        name = name or Variable(f".{next(self.numbers)}")
        self.inner = Extend(self.inner, name, expression)
        self.keys = [*(self.keys or ()), name]

    def aggregated(self, expression: Expression) -> Expression:
        """Return an expression with variables in the place of aggregates."""
        if isinstance(expression, Aggregate):
            if expression not in self.aggregates:
                self.aggregates[expression] = Variable(f".{next(self.numbers)}")
            return self.aggregates[expression]
        if isinstance(expression, Call):
            return Call(expression.name, tuple(map(self.aggregated, expression.arguments)))
        return expression

    def pattern(self, having: list[Expression]) -> Pattern:
        """Return what the projection is made from."""
        pattern = self.inner
        if self.keys is not None or self.aggregates:
            found = tuple((name, each) for each, name in self.aggregates.items())
            pattern = Group(pattern, tuple(self.keys or ()), found)
        for condition in having:
            pattern = Filter(condition, pattern)
        return pattern if self.values is None else Join(pattern, self.values)
