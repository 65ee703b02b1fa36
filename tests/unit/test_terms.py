"""Terms enter the text of a query by one way, and come out of it as they went in."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from pyoxigraph import BaseDirection, Store

from kg import sparql, terms
from kg.errors import BadInput
from kg.store.embedded import EmbeddedStore
from kg.terms import RDF, RDFS, XSD, BlankNode, Literal, NamedNode, Triple, Variable

EMPTY = EmbeddedStore(Store(), snapshot="")

# Text that is more likely than others to end what it stands in.
TEXTS = st.text() | st.text(alphabet="\\\"'\n\r\t{}<>#?$.;*/ u0022\x00\u2028\ufffe￿𝄞a@^:_-")

LITERALS = st.one_of(
    st.builds(Literal, TEXTS),
    st.builds(Literal, TEXTS, language=st.sampled_from(["en", "zh-hans", "zh-hant-tw", "x-y"])),
    st.builds(
        Literal,
        TEXTS,
        language=st.just("ar"),
        direction=st.sampled_from([BaseDirection.LTR, BaseDirection.RTL]),
    ),
    st.builds(Literal, TEXTS, datatype=st.just(NamedNode("http://example.org/datatype"))),
    st.builds(Literal, st.integers(-(2**63), 2**63 - 1)),
    st.builds(Literal, st.booleans()),
)


def read_back(found):
    """Return the terms that come out of a query into which `found` were put."""
    rows = EMPTY.query(f"SELECT ?x {{ {terms.values('x', found)} }}").solutions()
    return [row["x"] for row in rows]


@given(LITERALS)
def test_a_literal_that_is_put_into_a_query_is_the_same_when_read_back(literal):
    assert read_back([literal]) == [literal]


@given(TEXTS | TEXTS.map("http://example.org/".__add__))
@example("http://example.org/> } DROP ALL #")
@example("http://example.org/\ud800")
@example("http://example.org/\\u003E")
@example("http://example.org/光伏?q=%20#é")
@example("//example.org/")
def test_a_text_is_an_iri_that_can_be_read_back_or_else_it_is_refused(text):
    try:
        iri = terms.iri(text)
    except BadInput:
        return
    assert iri.value == text
    assert read_back([iri]) == [iri]


@pytest.mark.parametrize(
    "text",
    ["", "x", "/x", "http//x", ":x", "1:x", "http://a b/", "http://a/<", "http://a/\n", "<a:>"],
)
def test_what_is_no_absolute_iri_is_refused(text):
    with pytest.raises(BadInput, match=r"^expected [ -~]*$"):
        terms.iri(text)


@given(TEXTS)
def test_what_stands_in_a_literal_changes_nothing_around_it(text):
    query = f"SELECT * {{ ?s ?p {terms.spell(Literal(text))} }}"
    kinds = [token.kind for token in sparql.tokens(query)]
    plain = [token.kind for token in sparql.tokens('SELECT * { ?s ?p "" }')]
    assert kinds == plain


@pytest.mark.parametrize(
    "term",
    [
        BlankNode("x"),
        Triple(NamedNode("a:"), NamedNode("a:"), NamedNode("a:")),
        Variable("x"),
        "http://example.org/",
        None,
        1,
    ],
)
def test_what_has_no_lasting_spelling_cannot_be_spelled(term):
    with pytest.raises(TypeError, match="cannot spell"):
        terms.spell(term)


@given(st.lists(LITERALS | st.just(RDF.type), max_size=4))
def test_values_binds_each_term_once_in_order(found):
    assert read_back(found) == found


@pytest.mark.parametrize(
    ("iri", "name"),
    [
        ("http://example.org/a", "a"),
        ("http://example.org/a/b", "b"),
        ("http://example.org/a#b", "b"),
        ("http://example.org/a/", "a"),
        ("http://example.org/a#", "a"),
        ("http://example.org/光伏", "光伏"),
        ("urn:isbn:1", "urn:isbn:1"),
        ("///", "///"),
        ("", ""),
    ],
)
def test_the_local_name_is_what_follows_the_last_separator(iri, name):
    assert terms.local_name(iri) == name


@given(st.text(min_size=1))
def test_the_local_name_is_never_empty(text):
    assert terms.local_name(text)


def test_members_of_a_namespace_are_attributes_and_items():
    assert RDFS.label == RDFS["label"] == NamedNode("http://www.w3.org/2000/01/rdf-schema#label")
    assert XSD["integer"].value == "http://www.w3.org/2001/XMLSchema#integer"
    assert not hasattr(RDF, "__wrapped__")
