"""What Spark answers, by the parts of the algebra; each is answered as Oxigraph does."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from tests.columnar.engines import PREFIXES, same
from tests.columnar.test_answers import ANSWERED, GRAPH, ORDERED
from tests.columnar.worlds import queries, stores

from kg.columnar import Unsupported

from .engines import pair
from .graphs import graph, repeated

REFUSED = {
    "division of integers": "could not be run by Spark",  # one of the quotients has too many digits
    **dict.fromkeys(
        (
            "a path of any length",
            "a path of any length, backwards",
            "a path between all",
            "a path after a pattern",
            "a path of alternatives",
            "a path of length zero in a graph",
            "a path of no steps where there are none",
            "other properties, again and again",
        ),
        "a path of any length in Spark",
    ),
    **dict.fromkeys(
        ("before and after", "before and after nothing", "parts of texts"), "Substring"
    ),
    **dict.fromkeys(
        (
            *("integers of others", "integers of texts", "new IRIs", "the same datatype"),
            *("joins of new terms", "choices of new terms", "triples of new terms"),
        ),
        "RegexpFullMatch in Spark",
    ),
    **dict.fromkeys(
        (
            *("datatypes that are shown", "datatypes counted"),
            "a datatype of one that is not known",
        ),
        "RegexpExtract in Spark",
    ),
    **dict.fromkeys(
        ("parts of texts with languages", "texts with languages counted"), "Upper in Spark"
    ),
    "before and after in texts with languages": "StrPosition in Spark",
    "errors of texts with languages": "url_encode in Spark",
    "decimals of others": "TRY of Column in Spark",
    "whole numbers near others": "could not be run by Spark",  # one of them has too many digits
    **dict.fromkeys(
        (
            "texts in a row",
            "texts of the same in a row",
            "no texts in a row",
            "no texts but errors",
        ),
        "GroupConcat in Spark",
    ),
    "small and large letters": "(Upper|Lower) in Spark",
    "small letters of texts with languages": "(Upper|Lower) in Spark",
    "texts for IRIs and sums of texts": "in Spark",
}
"""What Spark cannot do, and why; its recursion keeps duplicates."""


@pytest.fixture(scope="module")
def both(session, tmp_path_factory):
    return pair(graph(GRAPH), tmp_path_factory.mktemp("both"), session)


@pytest.mark.parametrize("name", sorted(ANSWERED.keys() - REFUSED))
def test_each_solution_is_found_as_often(both, name):
    expected, found = both.answers(PREFIXES + ANSWERED[name])
    assert same(expected, found), f"\nOxigraph: {expected}\nSpark:    {found}"


@pytest.mark.parametrize("text", ORDERED.values(), ids=list(ORDERED))
def test_solutions_come_in_the_same_order(both, text):
    expected, found = both.answers(PREFIXES + text)
    assert expected == found


@pytest.mark.parametrize("name", sorted(REFUSED))
def test_what_spark_cannot_do_is_refused(both, name):
    with pytest.raises(Unsupported, match=REFUSED[name]):
        both.answers(PREFIXES + ANSWERED[name])


@repeated("SPARK_EXAMPLES", 1)
@given(store=stores(), texts=st.lists(queries(), min_size=20, max_size=20), union=st.booleans())
def test_both_engines_give_the_same_multiset(session, store, texts, union):
    assume(len(store) > 0)
    with tempfile.TemporaryDirectory() as folder:
        made = pair(store, Path(folder), session, union=union)
        for text in texts:
            try:
                expected, found = made.answers(PREFIXES + text)
            except Unsupported:
                continue
            assert same(expected, found), f"{text}\nOxigraph: {expected}\nSpark:    {found}"
