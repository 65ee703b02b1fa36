"""The comparison that all other tests rest on tells answers apart, and only those that differ."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterable
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyoxigraph import BlankNode, Literal, NamedNode, RdfFormat, parse

from .answers import Row, Solutions, parsed
from .comparison import Verdict, compare, difference
from .graphs import Term

XSD = "http://www.w3.org/2001/XMLSchema#"
SAME, SAME_VALUES, DIFFERENT = Verdict.SAME, Verdict.SAME_VALUES, Verdict.DIFFERENT


def solutions(text: str, *, ordered: bool = False) -> Solutions:
    """Return solutions from TSV with `|` between columns and `/` between rows."""
    content = text.replace("|", "\t").replace(" / ", "\n") + "\n"
    answer = parsed(content.encode(), "text/tab-separated-values")
    assert isinstance(answer, Solutions)
    return Solutions(answer.variables, answer.rows, ordered)


@pytest.mark.parametrize(
    ("expected", "actual", "verdict"),
    [
        pytest.param("?x / 1 / 2", "?x / 2 / 1", SAME, id="another order"),
        pytest.param("?x|?y / 1|2", "?y|?x / 2|1", SAME, id="another order of variables"),
        pytest.param("?x / 1 / 1", "?x / 1", DIFFERENT, id="a repetition too few"),
        pytest.param("?x / 1", "?x / 1 / 1", DIFFERENT, id="a repetition too many"),
        pytest.param("?x|?y / 1|", "?x / 1", DIFFERENT, id="a variable too few"),
        pytest.param("?x / 1", '?x / "1"', DIFFERENT, id="another datatype"),
        pytest.param("?x / 1", "?x / 1.0", DIFFERENT, id="the same value of another datatype"),
        pytest.param("?x / 1", "?x / 01", SAME_VALUES, id="another spelling"),
        pytest.param("?x / 1e0", "?x / 1.0E0", SAME_VALUES, id="another spelling of a double"),
        pytest.param("?x / 1.0", "?x / 1.00", SAME_VALUES, id="another spelling of a decimal"),
        pytest.param('?x / "1"', '?x / "01"', DIFFERENT, id="texts of digits"),
        pytest.param('?x / "a"@en', '?x / "a"@de', DIFFERENT, id="another language"),
        pytest.param('?x / "a"@en', '?x / "a"@EN', SAME, id="a language in capitals"),
        pytest.param("?x / _:a / _:b", "?x / _:c / _:d", SAME, id="other blank nodes"),
        pytest.param("?x / _:a / _:b", "?x / _:c / _:c", DIFFERENT, id="blank nodes merged"),
        pytest.param("?x / _:a / _:a", "?x / _:c / _:d", DIFFERENT, id="a blank node split"),
        pytest.param(
            "?x|?y / _:a|_:b / _:b|_:a", "?x|?y / _:d|_:c / _:c|_:d", SAME, id="a cycle turned"
        ),
        pytest.param(
            "?x|?y / _:a|_:b / _:b|_:a", "?x|?y / _:a|_:a / _:b|_:b", DIFFERENT, id="two loops"
        ),
        pytest.param(
            "?x|?y / _:a|1 / _:a|2", "?x|?y / _:a|1 / _:b|2", DIFFERENT, id="a reference lost"
        ),
        pytest.param("?x / _:a", "?x / <http://a>", DIFFERENT, id="a blank node named"),
        pytest.param("?x|?y / 1|", "?x|?y / |1", DIFFERENT, id="another variable unbound"),
    ],
)
def test_solutions_are_the_same_multisets(expected: str, actual: str, verdict: Verdict) -> None:
    assert compare(solutions(expected), solutions(actual)) is verdict


@pytest.mark.parametrize(
    ("expected", "actual", "verdict"),
    [
        ("?x / 1 / 2", "?x / 1 / 2", SAME),
        ("?x / 1 / 2", "?x / 2 / 1", DIFFERENT),
        ("?x / 1 / 1 / 2", "?x / 1 / 2 / 2", DIFFERENT),
        ("?x / _:a / _:b / _:a", "?x / _:b / _:a / _:b", SAME),
        ("?x / _:a / _:b / _:a", "?x / _:a / _:a / _:b", DIFFERENT),
        ("?x / 01 / 2", "?x / 1 / 2", SAME_VALUES),
        ("?x / 01 / 2", "?x / 2 / 1", DIFFERENT),
    ],
)
def test_order_counts_where_it_is_expected(expected: str, actual: str, verdict: Verdict) -> None:
    assert compare(solutions(expected, ordered=True), solutions(actual)) is verdict


@pytest.mark.parametrize(
    ("actual", "verdict"),
    [
        ("?x / 1 / 1 / 2", SAME),
        ("?x / 1 / 2", SAME),
        ("?x / 1 / 1 / 2 / 2", DIFFERENT),
        ("?x / 1 / 1", DIFFERENT),
        ("?x / 1 / 2 / 3", DIFFERENT),
    ],
)
def test_a_lax_answer_may_repeat_less(actual: str, verdict: Verdict) -> None:
    assert compare(solutions("?x / 1 / 1 / 2"), solutions(actual), lax=True) is verdict


@pytest.mark.parametrize(
    ("expected", "actual", "verdict"),
    [
        ("_:a <x:p> _:b .", "_:b <x:p> _:a .", SAME),
        ("_:a <x:p> _:a .", "_:b <x:p> _:a .", DIFFERENT),
        ('<x:a> <x:p> "1" .', '<x:a> <x:p> "1" . <x:a> <x:p> "1" .', SAME),
        ('<x:a> <x:p> "1" .', '<x:a> <x:p> "01" .', DIFFERENT),
        (f'<x:a> <x:p> "1"^^<{XSD}int> .', f'<x:a> <x:p> "1"^^<{XSD}integer> .', DIFFERENT),
        (
            f'<x:a> <x:p> "1"^^<{XSD}boolean> .',
            f'<x:a> <x:p> "true"^^<{XSD}boolean> .',
            SAME_VALUES,
        ),
    ],
)
def test_graphs_are_isomorphic(expected: str, actual: str, verdict: Verdict) -> None:
    one = tuple(parse(expected, format=RdfFormat.TURTLE))
    other = tuple(parse(actual, format=RdfFormat.TURTLE))
    assert compare(one, other) is verdict


def test_booleans_and_kinds_of_answers_are_told_apart() -> None:
    assert compare(True, True) is SAME
    assert compare(True, False) is DIFFERENT
    assert compare(True, solutions("?x / 1")) is DIFFERENT
    assert compare(solutions("?x / 1"), ()) is DIFFERENT


def test_a_cell_of_csv_is_compared_as_number_where_it_is_one() -> None:
    one, other = (parsed(text, "text/csv") for text in (b"x\n1.0E6\na\n", b"x\r\na\r\n1000000\r\n"))
    assert compare(one, other) is SAME_VALUES


def test_a_difference_is_told_by_rows() -> None:
    told = difference(solutions("?x / 1 / _:a"), solutions("?x / 2 / _:b"))
    assert [line[0] for line in told.splitlines()] == ["-", "+"]


TERMS = st.one_of(
    st.none(),
    st.sampled_from("abc").map(BlankNode),
    st.sampled_from("xy").map(lambda name: NamedNode(f"http://example.org/{name}")),
    st.integers(0, 1).map(Literal),
)
ROWS = st.lists(st.tuples(TERMS, TERMS), max_size=6)


@given(ROWS, st.randoms(use_true_random=False), st.permutations("abc"))
def test_renaming_and_shuffling_change_nothing(
    rows: list[Row], random: Random, names: list[str]
) -> None:
    shuffled = _renamed(rows, names)
    random.shuffle(shuffled)
    one, other = Solutions(("x", "y"), tuple(rows)), Solutions(("x", "y"), tuple(shuffled))
    assert compare(one, other) is SAME


@given(ROWS, ROWS)
def test_a_verdict_is_that_of_trying_every_renaming(rows: list[Row], others: list[Row]) -> None:
    """Compare with the definition, which is affordable for three blank nodes."""
    one, other = Solutions(("x", "y"), tuple(rows)), Solutions(("x", "y"), tuple(others))
    same = any(
        Counter(rows) == Counter(_renamed(others, names)) for names in itertools.permutations("abc")
    )
    assert (compare(one, other) is SAME) == same


def _renamed(rows: list[Row], names: Iterable[str]) -> list[Row]:
    renamed: dict[Term | None, Term] = dict(
        zip(map(BlankNode, "abc"), map(BlankNode, names), strict=True)
    )
    return [tuple(renamed.get(term, term) for term in row) for row in rows]
