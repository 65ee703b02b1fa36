"""Search within SPARQL: a pattern means what the same triples would mean, or is refused."""

import contextlib
from collections import Counter

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from kg.errors import BadInput, BadQuery
from kg.search import making, store
from kg.search.index import Index
from kg.search.patterns import statements
from kg.search.store import SearchingStore
from kg.store.embedded import EmbeddedStore
from kg.store.loading import Source

PREFIXES = """PREFIX e: <http://example.org/>
PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>
PREFIX search: <https://kg.example/search#>
"""
DATA = """
@prefix e: <http://example.org/> . @prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
e:pv a e:Industry ; rdfs:label "光伏"@zh, "photovoltaics"@en ; e:near e:cluster, e:ai .
e:cluster a e:Initiative ; rdfs:label "光伏产业集群"@zh ; e:near e:pv ; rdfs:comment "in the \\"city\\"" .
e:ai a e:Industry ; rdfs:label "人工智能"@zh ; e:near e:pv .
e:city a e:Place ; rdfs:label "嘉兴市"@zh ; e:near e:nothing .
"""
WORDS = {"光伏": ["pv", "cluster"], "产业": ["cluster"], "gf": ["pv", "cluster"], "没有": []}


def opened(folder, text):
    file = folder / "data.ttl"
    file.write_text(text, encoding="utf-8")
    return EmbeddedStore.in_memory([Source.of(file)], base_iri="https://kg.example/")


@pytest.fixture(scope="module")
def searched(tmp_path_factory):
    """The store of the data, which can be searched."""
    folder = tmp_path_factory.mktemp("searched")
    plain = opened(folder, DATA)
    making.make(plain, folder)
    index = Index(folder / making.FOLDER)
    return SearchingStore(plain, lambda: index, base="https://kg.example/")


@pytest.fixture(scope="module")
def materialised(tmp_path_factory):
    """The store of the data and of triples that say what matches what."""
    triples = "".join(
        f'e:{thing} e:matches "{words}" .\n' for words, things in WORDS.items() for thing in things
    )
    return opened(tmp_path_factory.mktemp("materialised"), DATA + triples)


def rows(asked, text, prefixes=PREFIXES):
    solutions = asked.query(prefixes + text).solutions()
    return Counter(
        frozenset((name, str(row[name])) for name in solutions.variables if row[name] is not None)
        for row in solutions.rows
    )


def names(asked, text, prefixes=PREFIXES):
    """Return the local names of the things in the first column, in the order in which they come."""
    found = asked.query(prefixes + text).solutions()
    return [row[found.variables[0]].value.rpartition("/")[2] for row in found.rows]


SUBJECTS = st.sampled_from(["?a", "?b", "e:pv"])
PATTERNS = st.builds(
    lambda words, more: f"e:matches {words}{more}",
    st.sampled_from([f'"{each}"' for each in WORDS]),
    st.sampled_from(["", ', "gf"']),
)
SAID = st.sampled_from(
    ["a e:Industry", "e:near ?b", "e:near/e:near ?a", "a ?class", "^e:near e:pv"]
)
TRIPLES = st.builds(
    lambda subject, said: f"{subject} {' ; '.join(said)} .",
    SUBJECTS,
    st.lists(st.one_of(PATTERNS, SAID), min_size=1, max_size=3),
)


def elements(groups):
    return st.one_of(
        TRIPLES,
        groups,
        st.builds(" UNION ".join, st.lists(groups, min_size=2, max_size=2)),
        st.builds("{} {}".format, st.sampled_from(["OPTIONAL", "MINUS"]), groups),
        st.builds("FILTER {} {}".format, st.sampled_from(["EXISTS", "NOT EXISTS"]), groups),
        groups.map(lambda group: f"{{ SELECT DISTINCT ?a {group} }}"),
        st.sampled_from(["FILTER(?a != e:ai)", "FILTER(BOUND(?b))", "VALUES ?a { e:pv e:city }"]),
    )


def group(parts):
    return f"{{ {' '.join(parts)} }}"


GROUPS = st.recursive(
    st.lists(TRIPLES, min_size=1, max_size=2).map(group),
    lambda groups: st.lists(elements(groups), min_size=1, max_size=3).map(group),
    max_leaves=6,
)


@settings(max_examples=200)
@given(where=GROUPS, small=st.sampled_from([0, 100]))
@example(where='{ ?a a ?class OPTIONAL { ?a e:matches "光伏" ; e:near ?b } }', small=0)
@example(where='{ ?a a ?class FILTER NOT EXISTS { ?a e:near ?b . ?b e:matches "产业" } }', small=0)
def test_a_pattern_means_what_the_same_triples_would_mean(searched, materialised, where, small):
    wanted = rows(materialised, f"SELECT * {where}")
    asked = where.replace("e:matches", "search:matches")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(store, "_SMALL", small)
        assert rows(searched, f"SELECT * {asked}") == wanted


@pytest.mark.parametrize(
    ("where", "wanted"),
    [
        ('?s search:matches "光伏"', ["cluster", "pv"]),
        ("?s search:matches '光伏'.", ["cluster", "pv"]),
        ("?s search:matches '''光伏'''", ["cluster", "pv"]),
        ('?s search:matches "\\u5149"', ["cluster", "pv"]),
        ('?s <https://kg.example/search#matches> "光伏"', ["cluster", "pv"]),
        ('?s <search#matches> "光伏"', ["cluster", "pv"]),
        ('?s a e:Industry; search:matches "光伏";.', ["pv"]),
        ('?s search:matches "光伏";a e:Industry.', ["pv"]),
        ('?s search:matches "光伏", "photovoltaics"', ["pv"]),
        ('?s search:matches "\\"the city\\""', ["cluster"]),
        ('?s search:matches ("光伏" 1)', ["pv"]),
        ('?s rdfs:label "search:matches"', []),
        ('?s a e:Place # search:matches "光伏"\n', ["city"]),
        ('?s a e:Place . e:pv search:matches "光伏"', ["city"]),
        ('?s a e:Place . e:ai search:matches "光伏"', []),
        ('?s a e:Place FILTER(EXISTS { ?x search:matches "光伏" } && 1 < 2)', ["city"]),
        ('FILTER(?s != e:pv) ?s search:matches "光伏"', ["cluster"]),
        ('?s e:near [ a e:Initiative ] ; search:matches "gf"', ["pv"]),
        ('{ SELECT ?s (COUNT(*) AS ?n) { ?s search:matches "gf" ; e:near ?o } GROUP BY ?s '
         "HAVING(COUNT(*) > 1) }", ["pv"]),
    ],
)  # fmt: skip
def test_what_a_query_finds(searched, where, wanted):
    assert sorted(names(searched, f"SELECT ?s {{ {where} }}")) == wanted


def test_things_come_with_their_rank_and_the_text_in_which_something_was_found(searched):
    found = searched.query(
        PREFIXES
        + 'SELECT * { (?s ?rank ?text) search:matches "光伏" . ?s a ?class } ORDER BY DESC(?rank)'
    ).solutions()
    assert [
        (row["s"].value.rpartition("/")[2], row["rank"].value, row["text"].value)
        for row in found.rows
    ] == [("cluster", "2", "光伏产业集群"), ("pv", "1", "光伏")]
    assert found.rows[0]["text"].language == "zh"


def test_the_rank_of_a_given_thing(searched):
    (row,) = (
        searched.query(PREFIXES + 'SELECT * { (e:cluster ?rank) search:matches "光伏" }')
        .solutions()
        .rows
    )
    assert row["rank"].value == "2"


def test_templates_and_describe(searched):
    def count(text):
        return len(searched.query(PREFIXES + text).triples())

    assert count('CONSTRUCT { ?s search:matches "x" } WHERE { ?s search:matches "光伏" }') == 2
    assert count('CONSTRUCT { ?s a e:Hit } { ?s search:matches "光伏" }') == 2
    assert count('DESCRIBE ?s { ?s search:matches "产业" }') >= 4
    assert searched.query(PREFIXES + 'ASK { ?s search:matches "光伏" }').boolean() is True
    assert searched.query(PREFIXES + 'ASK { ?s search:matches "没有" }').boolean() is False


@pytest.mark.parametrize(
    "text",
    [
        "SELECT * { ?s search:matches ?words }",
        'SELECT * { ?s search:matches "光伏"@zh }',
        "SELECT * { ?s search:matches 7 }",
        'SELECT * { ?s search:matches ("光伏" 0) }',
        'SELECT * { ?s search:matches ("光伏" ?n) }',
        'SELECT * { ?s search:matches/rdfs:label "光伏" }',
        'SELECT * { ?s ^search:matches "光伏" }',
        'SELECT * { ?x e:near [ search:matches "光伏" ] }',
        'SELECT * { _:b search:matches "光伏" }',
        'SELECT * { "x" search:matches "光伏" }',
        'SELECT * { (?s ?s) search:matches "光伏" }',
        'SELECT * { (?s 1) search:matches "光伏" }',
        'SELECT * { () search:matches "光伏" }',
        'SELECT * { (?s ?r ?t ?x) search:matches "光伏" }',
        'SELECT * { (?s ?r) search:matches "光伏" ; a e:Industry }',
        'SELECT * { SERVICE <http://example.org/> { ?s search:matches "光伏" } }',
        'SELECT * { GRAPH ?g { ?s search:matches "光伏" ; a ?class } }',
        'SELECT * { GRAPH e:g { { ?s search:matches "光伏" } } }',
        'CONSTRUCT WHERE { ?s search:matches "光伏" }',
        'SELECT * { ?s search:matches "光伏"',
        'SELECT * { << ?s search:matches "光伏" >> e:p ?o }',
        "SELECT * " + "{" * 100_000 + ' ?s search:matches "光伏" ',
        "SELECT * { ?s e:near " + "(" * 100_000 + " search:matches ",
    ],
)  # fmt: skip
def test_what_cannot_be_answered_exactly_is_refused(searched, text):
    with pytest.raises(BadQuery) as error:
        searched.query(PREFIXES + text)
    assert error.value.code == "search_pattern"
    assert "a search is written" in error.value.message


def test_a_search_that_is_too_long_is_refused(searched):
    with pytest.raises(BadInput, match="at most"):
        searched.query(PREFIXES + f'SELECT * {{ ?s search:matches "{"光" * 501}" }}')


def test_more_things_than_a_query_can_take_are_refused_unless_the_best_are_wanted(
    searched, monkeypatch
):
    monkeypatch.setattr(store, "MOST", 1)
    with pytest.raises(BadQuery, match="matches 2 things, and a query can take 1"):
        names(searched, 'SELECT ?s { ?s search:matches "光伏" }')
    assert names(searched, 'SELECT ?s { ?s search:matches ("光伏" 1) }') == ["pv"]


def test_a_query_that_does_not_search_is_left_alone(searched):
    assert statements("SELECT * { ?s ?p ?o }") == []
    assert names(searched, 'SELECT ?s { ?s rdfs:label "matches search#" }') == []


def test_an_error_of_the_engine_names_the_line_of_the_query(searched):
    text = PREFIXES + 'SELECT * {\n ?s a e:Industry ;\n search:matches "光伏" .\n FILTER(?x ~ 1) }'
    with pytest.raises(BadQuery, match="line 7,"):
        searched.query(text)


PIECES = [
    *"{}()[].;,<>'",
    *[
        "?s",
        "search:matches",
        "e:x",
        "a",
        "1",
        "SELECT",
        "FILTER",
        "EXISTS",
        "OPTIONAL",
        "UNION",
        "VALUES",
        "BIND",
    ],
    '"光伏"',
]


@settings(max_examples=200)
@given(st.lists(st.sampled_from(PIECES), max_size=12))
def test_a_query_is_answered_or_refused_and_nothing_else(searched, parts):
    with contextlib.suppress(BadInput):
        searched.query(PREFIXES + "SELECT * { " + " ".join(parts) + " }").read()
