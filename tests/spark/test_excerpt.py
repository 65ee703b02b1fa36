"""The part of the data that a query can see gives the answer that the whole does."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from tests.columnar.engines import PREFIXES, same
from tests.columnar.test_answers import ANSWERED, GRAPH
from tests.columnar.worlds import queries, stores

from kg.columnar import Unsupported
from kg.spark import excerpt as excerpts
from kg.spark.excerpt import excerpt
from kg.spark.index import ParquetIndex
from kg.store import UNLIMITED
from kg.store.embedded import EmbeddedStore

from .graphs import answer, exported, graph, repeated

MORE = {
    "what is optional is not narrowed": "SELECT * { ?s a ?t OPTIONAL { ?s :i ?v } VALUES ?v { 1 } }",
    "what is taken away is not narrowed": "SELECT * { ?s a ?t MINUS { ?s :i ?v } VALUES ?v { 1 } }",
    "an optional path of length zero or one": "SELECT * { ?s :p ?x OPTIONAL { ?x :p? ?y } }",
    "a path from a term that is nowhere else": "SELECT * { :d :p* ?x }",
    "a path from a term that is not there": "SELECT * { :none :p* ?x }",
    "a path to a term": "SELECT * { ?x (:p|^:b)* :c }",
    "a path after a sequence": "SELECT * { ?s a/:p* ?x }",
    "other properties": "SELECT * { ?s !(:p|:i) ?x }",
    "other properties, backwards": "SELECT * { :c !(:p|^:i) ?x }",
    "a subquery of any few": "SELECT * { :a :p ?x { SELECT ?x (COUNT(*) AS ?n) { ?x :i ?v } GROUP BY ?x } }",
    "texts that are joined": 'SELECT (GROUP_CONCAT(?x; SEPARATOR=",") AS ?y) { :a :i ?x }',
    "exists within what is optional": "SELECT * { ?s a ?t OPTIONAL { ?s :i ?v FILTER EXISTS { ?s :p ?x . ?x :i ?w } } }",
}  # fmt: skip

WHOLE = {
    "a graph that is made": "CONSTRUCT { ?s :q ?x } WHERE { ?s :p ?x . ?x :i ?v }",
    "a description": "DESCRIBE :d",
    "a description of what is found": "DESCRIBE ?x { ?x :i 10 }",
}


@pytest.fixture(scope="module")
def both(tmp_path_factory):
    whole = EmbeddedStore(graph(GRAPH), snapshot="test")
    return whole, ParquetIndex(exported(whole, tmp_path_factory.mktemp("excerpt")), memory=2**28)


def _seen(index, text, *, union=True):
    content = excerpt(text, index, UNLIMITED, has_dataset=False)
    return EmbeddedStore.of_quads(content, snapshot="test", union_default_graph=union)


OPEN = {
    "a path of length zero or one",
    "a path of length zero or one between terms",
    "a path of length zero in a graph",
}
"""Paths between any terms, for which a query may need everything."""

ASKED = {name: text for name, text in ANSWERED.items() if name not in OPEN} | MORE


@pytest.mark.parametrize("text", ASKED.values(), ids=list(ASKED))
def test_what_is_asked_is_answered_alike(both, text):
    whole, index = both
    found = _seen(index, PREFIXES + text).query(PREFIXES + text)
    assert same(answer(whole.query(PREFIXES + text)), answer(found))


@pytest.mark.parametrize("text", WHOLE.values(), ids=list(WHOLE))
def test_graphs_are_alike(both, text):
    whole, index = both
    expected, found = (
        sorted(store.query(PREFIXES + text).read().splitlines())
        for store in (whole, _seen(index, PREFIXES + text))
    )
    assert expected == found
    assert expected


REFUSED = {
    "SELECT * { ?s :p* ?x }": "length zero between any",
    "SELECT ?g { GRAPH ?g { } }": "names of graphs",
    "SELECT * { SERVICE <http://x/> { ?s ?p ?o } }": "ServiceGraphPattern",
}


@pytest.mark.parametrize("text", REFUSED)
def test_what_may_need_everything_is_refused(both, text):
    with pytest.raises(Unsupported, match=REFUSED[text]):
        _seen(both[1], PREFIXES + text)


def test_what_is_too_much_is_refused(both, monkeypatch):
    monkeypatch.setattr(excerpts, "MOST", 10)
    with pytest.raises(Unsupported, match="more than 10 statements"):
        _seen(both[1], "SELECT * { ?s ?p ?o }")


@repeated("EXCERPTS", 4)
@given(store=stores(), texts=st.lists(queries(), min_size=40, max_size=40), union=st.booleans())
def test_whatever_is_asked_is_answered_alike(store, texts, union):
    assume(len(store) > 0)
    whole = EmbeddedStore(store, snapshot="test", union_default_graph=union)
    with tempfile.TemporaryDirectory() as folder:
        index = ParquetIndex(exported(whole, Path(folder)), memory=2**28)
        for text in texts:
            try:
                seen = _seen(index, PREFIXES + text, union=union)
            except Unsupported:
                continue
            found = answer(seen.query(PREFIXES + text))
            expected = answer(whole.query(PREFIXES + text))
            assert same(expected, found), f"{text}\nwhole: {expected}\npart:  {found}"
        index.close()
