"""Whether an answer is the one expected, term by term or at least value by value."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import replace
from decimal import Decimal
from enum import StrEnum

from pyoxigraph import BlankNode, Literal, NamedNode, Quad, Triple

from .answers import CELL, Answer, Row, Solutions
from .graphs import Term, isomorphic, rdf11

XSD = "http://www.w3.org/2001/XMLSchema#"


class Verdict(StrEnum):
    """How an answer compares with the one expected."""

    SAME = "same"
    """The same terms, but for the names of blank nodes."""

    SAME_VALUES = "same values"
    """The same but for how values are written, as 1 for 01."""

    DIFFERENT = "different"


def compare(expected: Answer, actual: Answer, *, lax: bool = False) -> Verdict:
    """Tell how an answer compares with the one expected.

    With `lax`, solutions may occur fewer times than expected, but at least once (REDUCED).
    """
    if _same(expected, actual, lax=lax):
        return Verdict.SAME
    if _same(_by_value(expected), _by_value(actual), lax=lax):
        return Verdict.SAME_VALUES
    return Verdict.DIFFERENT


def difference(expected: Answer, actual: Answer) -> str:
    """Return what is missing in an answer and what is too much, as lines for a person.

    Blank nodes are all shown as `_:`, so the lines may be empty although the answers differ.
    """
    if isinstance(expected, bool) or isinstance(actual, bool):
        return f"expected {expected}, got {actual}"
    wanted, got = Counter(_lines(expected)), Counter(_lines(actual))
    missing = [f"- {line}" for line in sorted((wanted - got).elements())]
    surplus = [f"+ {line}" for line in sorted((got - wanted).elements())]
    return "\n".join([*missing, *surplus]) or "the order or the blank nodes differ"


def _same(expected: Answer, actual: Answer, *, lax: bool) -> bool:
    if isinstance(expected, bool) or isinstance(actual, bool):
        return expected is actual
    if isinstance(expected, Solutions) and isinstance(actual, Solutions):
        return _same_solutions(expected, actual, lax=lax)
    if isinstance(expected, tuple) and isinstance(actual, tuple):
        return isomorphic(expected, actual)
    return False


def _same_solutions(expected: Solutions, actual: Solutions, *, lax: bool) -> bool:
    if set(expected.variables) != set(actual.variables):
        return False
    if lax:
        most, got = Counter(_bindings(expected)), Counter(_bindings(actual))
        return most.keys() == got.keys() and got <= most
    ordered = expected.ordered
    return isomorphic(_as_graph(expected, ordered=ordered), _as_graph(actual, ordered=ordered))


def _bindings(solutions: Solutions) -> list[frozenset[tuple[str, Term | None]]]:
    return [frozenset(zip(solutions.variables, row, strict=True)) for row in solutions.rows]


def _as_graph(solutions: Solutions, *, ordered: bool) -> list[Quad]:
    """Return solutions as RDF: a blank node each, with its terms, and its place or its count.

    Two sequences or multisets of solutions are the same exactly when these graphs are isomorphic.
    """
    if ordered:
        counted = list(enumerate(solutions.rows))
    else:
        counted = [(count, row) for row, count in Counter(solutions.rows).items()]
    return [quad for number, row in counted for quad in _row_as_graph(solutions, row, number)]


def _row_as_graph(solutions: Solutions, row: Row, number: int) -> Iterable[Quad]:
    node = BlankNode()
    yield Quad(node, NamedNode("urn:x-solution:number"), Literal(number))
    for variable, term in zip(solutions.variables, row, strict=True):
        if term is not None:
            yield Quad(node, NamedNode(f"urn:x-variable:{variable}"), term)


def _lines(answer: Solutions | tuple[Quad, ...]) -> list[str]:
    if isinstance(answer, tuple):
        return [" ".join(map(_shown, (q.subject, q.predicate, q.object))) for q in answer]
    return [
        " ".join(
            f"?{variable}={_shown(term)}"
            for variable, term in sorted(zip(answer.variables, row, strict=True))
        )
        for row in answer.rows
    ]


def _shown(term: Term | Triple | None) -> str:
    return "_:" if isinstance(term, BlankNode) else str(term)


def _by_value(answer: Answer) -> Answer:
    """Return an answer with every value in one spelling."""
    if isinstance(answer, Solutions):
        return replace(answer, rows=tuple(_row_by_value(row) for row in answer.rows))
    if isinstance(answer, tuple):
        return tuple(
            Quad(q.subject, q.predicate, _normal(rdf11(q.object)), q.graph_name) for q in answer
        )
    return answer


def _row_by_value(row: Row) -> Row:
    return tuple(None if term is None else _normal(term) for term in row)


def _normal(term: Term) -> Term:
    """Return a literal in the one spelling that we have for its value; other terms as they are."""
    if not isinstance(term, Literal) or term.datatype not in _SPELLINGS:
        return term
    try:
        return Literal(_SPELLINGS[term.datatype](term.value), datatype=term.datatype)
    except (ValueError, ArithmeticError):
        return term


def _decimal(lexical: str) -> str:
    return str(Decimal(lexical).normalize())


# Values are compared within a datatype only: 1 as xsd:integer is not 1 as xsd:decimal.
_SPELLINGS: dict[NamedNode, Callable[[str], str]] = {
    NamedNode(XSD + "integer"): lambda lexical: str(int(lexical)),
    NamedNode(XSD + "decimal"): _decimal,
    NamedNode(XSD + "float"): lambda lexical: repr(float(lexical)),
    NamedNode(XSD + "double"): lambda lexical: repr(float(lexical)),
    NamedNode(XSD + "boolean"): lambda lexical: {"1": "true", "0": "false"}.get(lexical, lexical),
    NamedNode(XSD + "date"): lambda lexical: lexical.replace("+00:00", "Z"),
    CELL: _decimal,
}
