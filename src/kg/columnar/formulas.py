"""Reading expressions (SPARQL 1.1, grammar rules 110 to 128)."""

from __future__ import annotations

from collections.abc import Callable

from kg.columnar.algebra import Aggregate, Call, Exists, Expression, Pattern, Variable
from kg.columnar.scanning import Cursor
from kg.columnar.vocabulary import Vocabulary
from kg.terms import Literal, NamedNode

AGGREGATES = ("COUNT", "SUM", "MIN", "MAX", "AVG", "SAMPLE", "GROUP_CONCAT")


class Formulas:
    """Reads expressions; `pattern` reads the group of an EXISTS."""

    def __init__(
        self, cursor: Cursor, vocabulary: Vocabulary, pattern: Callable[[], Pattern]
    ) -> None:
        self._cursor = cursor
        self._vocabulary = vocabulary
        self._pattern = pattern

    def read(self) -> Expression:
        """Return the expression that comes next."""
        return self._chain(("||",), lambda: self._chain(("&&",), self._comparison))

    def bracketed(self) -> Expression:
        """Return the expression in brackets that comes next."""
        self._cursor.expect("(")
        expression = self.read()
        self._cursor.expect(")")
        return expression

    def constraint(self) -> Expression:
        """Return what a FILTER or HAVING takes: in brackets, or a call."""
        return self.bracketed() if self._cursor.sees("(") else self._primary()

    def _chain(self, operators: tuple[str, ...], operand: Callable[[], Expression]) -> Expression:
        left = operand()
        while operator := self._cursor.skip(*operators):
            left = Call(operator, (left, operand()))
        return left

    def _comparison(self) -> Expression:
        left = self._sum()
        if operator := self._cursor.skip("=", "!=", "<", ">", "<=", ">="):
            return Call(operator, (left, self._sum()))
        if self._cursor.skip("IN"):
            return Call("IN", (left, *self._list()))
        if self._cursor.sees("NOT") and self._cursor.after.word == "IN":
            self._cursor.take()
            self._cursor.take()
            return Call("!", (Call("IN", (left, *self._list())),))
        return left

    def _sum(self) -> Expression:
        return self._chain(("+", "-"), lambda: self._chain(("*", "/"), self._unary))

    def _unary(self) -> Expression:
        if self._cursor.sees("+", "-") and self._cursor.after.kind == "number":
            return self._primary()
        if operator := self._cursor.skip("!", "-", "+"):
            return Call({"-": "NEGATE", "+": "PLUS"}.get(operator, operator), (self._unary(),))
        return self._primary()

    def _primary(self) -> Expression:
        if self._cursor.sees("("):
            return self.bracketed()
        if self._cursor.token.kind == "variable":
            return Variable(self._cursor.take().text[1:])
        if self._cursor.token.kind == "word" and self._cursor.token.text not in ("true", "false"):
            return self._call()
        constant = self._vocabulary.constant()
        if constant is None:
            self._cursor.fail("an expression")
        if isinstance(constant, NamedNode) and self._cursor.sees("("):
            return Call(constant.value, self._list())
        return constant

    def _call(self) -> Expression:
        word = self._cursor.token.word
        if word in AGGREGATES:
            return self._aggregate()
        self._cursor.take()
        if word == "EXISTS":
            return Exists(self._pattern())
        if word == "NOT" and self._cursor.skip("EXISTS"):
            return Call("!", (Exists(self._pattern()),))
        return Call(word, self._list())

    def _aggregate(self) -> Aggregate:
        name = self._cursor.take().word
        self._cursor.expect("(")
        distinct = bool(self._cursor.skip("DISTINCT"))
        argument = None if self._cursor.skip("*") else self.read()
        separator = self._separator() if self._cursor.skip(";") else " "
        self._cursor.expect(")")
        return Aggregate(name, argument, distinct, separator)

    def _separator(self) -> str:
        self._cursor.expect("SEPARATOR")
        self._cursor.expect("=")
        text = self._vocabulary.constant()
        if not isinstance(text, Literal):
            self._cursor.fail("a text")
        return text.value

    def _list(self) -> tuple[Expression, ...]:
        self._cursor.expect("(")
        found: list[Expression] = []
        while not self._cursor.skip(")"):
            if found:
                self._cursor.expect(",")
            found.append(self.read())
        return tuple(found)
