"""Expressions as SQL (SPARQL 1.1, section 17): NULL is an error, or an unbound variable.

SQL's AND, OR and NOT treat NULL as SPARQL's treat errors (17.2). Where a condition only counts
when it is true, false need not be told from an error; elsewhere it is `strict`.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from dataclasses import dataclass

from kg.columnar import Unsupported
from kg.columnar.algebra import Call, Exists, Expression, Pattern, Variable
from kg.columnar.classes import EXACT, LITERAL, NOTHING, NUMBER, Class, class_of, scaled
from kg.columnar.index import Index, Range
from kg.columnar.relations import UNBOUND, Column, Kind, quoted, within
from kg.columnar.scopes import Scope
from kg.terms import Literal, NamedNode

_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
"""Characters that are escaped in constants, and not in what is computed."""


@dataclass(frozen=True)
class Value:
    """An expression in SQL. Of a term it is the id, or None where the data does not have it."""

    kind: Kind
    sql: str
    mask: Class = NOTHING
    nullable: bool = True
    variable: Variable | None = None
    constant: NamedNode | Literal | None = None

    @property
    def is_unbound(self) -> bool:
        """Whether it is a variable that nothing binds, so that using it is an error."""
        return self.variable is not None and self.sql == "NULL"

    @property
    def is_missing(self) -> bool:
        """Whether it is a term that a query names and the data does not have."""
        return self.constant is not None and self.sql == "NULL"

    @property
    def spelled_out(self) -> Value:
        """The same; a term that a query names as one that the data need not have."""
        if self.constant is None or self.kind is not Kind.TERM:
            return self
        if _CONTROL.search(self.constant.value):
            raise Unsupported("a constant that is spelled in two ways")
        return Value(Kind.SPELLED, quoted(str(self.constant)), self.mask, nullable=False)

    @property
    def column(self) -> Column:
        """What is known of it."""
        return Column(self.kind, self.mask, self.nullable)


class Expressions:
    """Compiles what is computed from the solutions in a scope."""

    def __init__(
        self,
        index: Index,
        scope: Scope,
        exists: Callable[[Pattern, Scope], str],
        *,
        whole: bool,
    ) -> None:
        """Without `whole`, the scope does not hold all variables that an expression may see."""
        self.index = index
        self.scope = scope
        self._exists = exists
        self._whole = whole

    # ------------------------------------------------------------------------------ values

    def value(self, expression: Expression) -> Value:
        """Return an expression in SQL."""
        if isinstance(expression, Variable):
            return self._variable(expression)
        if isinstance(expression, NamedNode | Literal):
            return self._constant(expression)
        if isinstance(expression, Exists):
            return Value(Kind.BOOLEAN, self._exists(expression.pattern, self.scope))
        if isinstance(expression, Call):
            from kg.columnar.functions import FUNCTIONS  # noqa: PLC0415  they are mutually recursive

            compile = FUNCTIONS.get(expression.name)
            if compile is None:
                raise Unsupported(f"the function {expression.name}")
            try:
                inspect.signature(compile).bind(self, *expression.arguments)
            except TypeError:
                raise Unsupported(f"{expression.name} of so many arguments") from None
            return compile(self, *expression.arguments)
        raise Unsupported("an aggregate within an aggregate")

    def truth(self, expression: Expression, *, strict: bool = True) -> str:
        """Return the effective boolean value (17.2.2) of an expression."""
        if not strict and isinstance(expression, Call):
            from kg.columnar.functions import CONDITIONS  # noqa: PLC0415  they are mutually recursive

            if compile := CONDITIONS.get(expression.name):
                return compile(self, *expression.arguments)
        value = self.value(expression)
        if value.kind in (Kind.TERM, Kind.SPELLED):
            return self._truth_of_term(value)
        return {
            Kind.BOOLEAN: value.sql,
            Kind.STRING: f"({value.sql} != '')",
        }.get(value.kind, f"({value.sql} != 0)")

    def _truth_of_term(self, value: Value) -> str:
        if value.kind is Kind.SPELLED:
            raise Unsupported("the truth of a term that is computed")
        if value.mask == Class.BOOLEAN:
            true = self.index.id(_TRUE)
            return f"({value.sql} = {true})" if true else "false"
        if value.mask == Class.STRING:
            return f"({self.looked_up(value, 'text')} != '')"
        if value.mask and not value.mask & ~EXACT:
            return f"({self.looked_up(value, 'exact')} != 0)"
        raise Unsupported("the truth of terms of several classes")

    def _variable(self, variable: Variable) -> Value:
        found = self.scope.find(variable)
        if found is None:
            if not self._whole:
                raise Unsupported("a variable from outside of EXISTS")
            return Value(Kind.TERM, "NULL", UNBOUND.mask, variable=variable)
        sql, column = found
        return Value(column.kind, sql, column.mask, column.nullable, variable)

    def _constant(self, term: NamedNode | Literal) -> Value:
        mask = class_of(term)
        simple = _SIMPLE.get(mask)
        if simple is not None and isinstance(term, Literal):
            kind, spell = simple
            return Value(kind, spell(term.value), mask, nullable=False, constant=term)
        id = self.index.id(term)
        sql = "NULL" if id is None else str(id)
        return Value(Kind.TERM, sql, mask, nullable=False, constant=term)

    # ------------------------------------------------------------------------------ parts of terms

    def looked_up(self, value: Value, what: str) -> str:
        """Return a column of `term` or `number` for the term that a variable is bound to."""
        if value.variable is None:
            raise Unsupported("a term that is computed")
        return self.scope.looked_up(value.variable, what)

    def ranges(self, mask: Class) -> list[Range]:
        """Return the ids of the terms of some classes."""
        found = sorted(range for each, range in self.index.classes.items() if each & mask)
        merged: list[Range] = []
        for first, last in found:
            if merged and merged[-1][1] + 1 == first:
                merged[-1] = (merged[-1][0], last)
            else:
                merged.append((first, last))
        return merged

    def text(self, value: Value, mask: Class) -> str:
        """Return the text of a literal of some classes; NULL for other terms."""
        if value.kind is Kind.STRING:
            return value.sql if mask & Class.STRING else "NULL"
        if value.kind is Kind.SPELLED:
            raise Unsupported("the text of a term that is computed")
        if value.kind is not Kind.TERM:
            return "NULL"
        if value.constant is not None:
            is_one = isinstance(value.constant, Literal) and value.mask & mask
            return quoted(value.constant.value) if is_one else "NULL"
        text = self.looked_up(value, "text")
        if not value.mask & LITERAL & ~mask:
            return text
        return f"CASE WHEN {within(value.sql, self.ranges(mask))} THEN {text} END"

    def number(self, value: Value) -> Value:
        """Return the number that a value is; NULL where it is none. Its kind is one of numbers."""
        if value.kind in (Kind.INTEGER, Kind.DECIMAL, Kind.DOUBLE):
            return value
        if value.kind is not Kind.TERM or value.mask & Class.STRANGE or value.constant is not None:
            raise Unsupported("numbers that are floats or computed")
        what, kind = _NUMBERS.get(value.mask & NUMBER, ("", Kind.TERM))
        if not what:
            raise Unsupported("numbers of several datatypes")
        unsure = value.nullable or bool(value.mask & ~NUMBER)
        return Value(kind, self.looked_up(value, what), value.mask & NUMBER, unsure)


_TRUE = Literal("true", datatype=NamedNode("http://www.w3.org/2001/XMLSchema#boolean"))

_SIMPLE: dict[Class, tuple[Kind, Callable[[str], str]]] = {
    Class.STRING: (Kind.STRING, quoted),
    Class.BOOLEAN: (Kind.BOOLEAN, str),
    Class.INTEGER: (Kind.INTEGER, lambda text: f"({text})::BIGINT"),
    Class.DECIMAL: (Kind.DECIMAL, lambda text: f"({scaled(text)})::HUGEINT"),
    Class.DOUBLE: (Kind.DOUBLE, lambda text: f"'{text}'::DOUBLE"),
}
"""How constants are values that need not be terms of the data."""

_NUMBERS = {
    Class.INTEGER: ("whole", Kind.INTEGER),
    Class.DECIMAL: ("exact", Kind.DECIMAL),
    EXACT: ("exact", Kind.DECIMAL),
    Class.DOUBLE: ("double", Kind.DOUBLE),
}
"""Which column of `number` has the numbers of some classes, and of which kind it is."""
