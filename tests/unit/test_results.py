"""Answers on their way out: nothing too long, nothing ill-formed, all of it readable again."""

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyoxigraph import BaseDirection, RdfFormat, parse

from kg import formats, results
from kg.errors import NotAcceptable, OverLimit
from kg.formats import FORMATS, JSON, NTRIPLES, Kind
from kg.results import Result, Sink
from kg.terms import Literal, NamedNode, Triple

GRAPHS = formats.offers(Kind.GRAPH)
E = NamedNode("http://example.org/e")

TABLE = b'{"head":{"vars":["x","y"]},"results":{"bindings":[{"x":{"type":"uri","value":"a:"}},{}]}}'


def test_rows_can_be_read_by_name():
    solutions = Result(Kind.SOLUTIONS, JSON, "s", iter([TABLE[:20], TABLE[20:]])).solutions()
    assert solutions.variables == ("x", "y")
    assert len(solutions) == 2
    assert [row["x"] for row in solutions] == [NamedNode("a:"), None]
    assert [row["y"] for row in solutions] == [None, None]


@pytest.mark.parametrize("value", [True, False])
def test_a_boolean_can_be_read(value):
    text = b'{"head":{},"boolean":%s}' % str(value).lower().encode()
    assert Result(Kind.BOOLEAN, JSON, "s", iter([text])).boolean() is value


@pytest.mark.parametrize("cut", [0, 1, len(TABLE) // 2, len(TABLE) - 1])
def test_half_an_answer_is_never_read_as_a_whole_one(cut):
    answer = Result(Kind.SOLUTIONS, JSON, "s", iter([TABLE[:cut]]))
    with pytest.raises((SyntaxError, ValueError)):
        answer.solutions()


def test_an_answer_is_read_once():
    answer = Result(Kind.SOLUTIONS, JSON, "s", iter([b"a", b"b"]))
    assert answer.read() == b"ab"
    assert answer.read() == b""


TEXTS = st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufffe\uffff"))
TRIPLES = st.lists(
    st.builds(Triple, st.just(E), st.just(E), TEXTS.map(Literal) | st.just(E)), unique=True
)


@pytest.mark.parametrize("format", GRAPHS, ids=lambda each: each.name)
@given(triples=TRIPLES)
def test_triples_come_back_from_every_format(format, triples):
    answer = results.serialised(triples, format, snapshot="s")
    assert answer.format is format
    assert {quad.triple for quad in answer.triples()} == set(triples)


@pytest.mark.parametrize(
    ("triple", "refused"),
    [
        (Triple(E, E, Literal("a\x0bb")), {"rdf"}),
        (Triple(E, E, Literal("a\x00b")), {"rdf"}),
        (Triple(E, E, Literal("\ufffe")), {"rdf"}),
        (Triple(E, NamedNode("http://example.org/1"), E), {"rdf"}),
        (Triple(E, NamedNode("http://example.org/"), E), {"rdf"}),
        (Triple(E, NamedNode("http://example.org/a(b)"), E), {"rdf"}),
        (Triple(E, NamedNode("http://www.w3.org/1999/02/22-rdf-syntax-ns#li"), E), {"rdf"}),
        (Triple(E, E, Triple(E, E, E)), {"jsonld", "n3"}),
        (Triple(E, E, Literal("x", language="en", direction=BaseDirection.RTL)), {"n3"}),
        (Triple(E, E, Literal("\r\n\t<&>]]>\u2028\ufeff𝄞")), set()),
    ],
)
@pytest.mark.parametrize("format", GRAPHS, ids=lambda each: each.name)
def test_what_a_format_cannot_express_is_refused_and_never_sent_broken(format, triple, refused):
    if format.name in refused:
        with pytest.raises(NotAcceptable):
            results.serialised([triple], format, snapshot="s")
    else:
        sent = results.serialised([triple], format, snapshot="s").read()
        assert [quad.triple for quad in parse(sent, format=format.engine)] == [triple]


@pytest.mark.parametrize(
    ("limit", "blocks", "allowed"),
    [(None, [9, 9], True), (18, [9, 9], True), (17, [9, 9], False), (0, [], True), (0, [1], False)],
)
def test_a_sink_takes_as_many_bytes_as_its_limit(limit, blocks, allowed):
    output = io.BytesIO()
    sink = Sink(output, format=JSON, max_bytes=limit)
    if allowed:
        assert [sink.write(b"x" * size) for size in blocks] == blocks
        assert output.tell() == sum(blocks)
    else:
        with pytest.raises(OverLimit, match=f"larger than the {limit}") as caught:
            [sink.write(b"x" * size) for size in blocks]
        assert caught.value.code == "result_too_large"
        assert output.tell() <= limit


@pytest.mark.parametrize(
    ("blocks", "well_formed"),
    [
        ([b"<a/>"], True),
        ([b"<a>", b"</", b"a>"], True),
        (["<a>光伏</a>".encode()[:5], "<a>光伏</a>".encode()[5:]], True),
        ([b"<a>"], False),
        ([b"<a></b>"], False),
        ([b"<a>\x0b</a>"], False),
        ([b"<b:a/>"], False),
        ([], False),
    ],
)
def test_xml_that_is_not_well_formed_does_not_get_out(blocks, well_formed):
    sink = Sink(io.BytesIO(), format=formats.by_name("rdf", FORMATS), max_bytes=None)

    def send():
        for block in blocks:
            sink.write(block)
        sink.close()

    if well_formed:
        send()
    else:
        with pytest.raises(NotAcceptable, match=r"application/rdf\+xml.*try another format") as it:
            send()
        assert it.value.code == "not_expressible"


@pytest.mark.parametrize("kind", [Kind.SOLUTIONS, Kind.BOOLEAN, Kind.GRAPH])
def test_the_service_reads_each_kind_in_a_format_that_loses_nothing(kind):
    format = results.internal_format(kind)
    assert format is (NTRIPLES if kind is Kind.GRAPH else JSON)
    assert kind in format.kinds


def test_every_format_of_data_has_an_engine():
    for format in FORMATS:
        assert (format.engine is None) == (format.kinds == {Kind.PAGE})
    assert all(isinstance(format.engine, RdfFormat) for format in GRAPHS)


@pytest.mark.parametrize(
    "triple",
    [
        "<e:s> <http://e/p> 'x' .",
        "<e:s> <http://e/属性> '光伏'@zh .",
        "<e:s> <http://e/1> 'x' .",
        "<e:s> <http://e/p(> 'x' .",
        "<e:s> a <http://e/C> .",
        "<e:s> a <javascript:alert(2)> .",
        "<e:s> <http://e/p> 'tab\\t' , 'line\\n' .",
        "<e:s> <http://e/p> 'bell\\u0007' .",
        "<e:s> <http://e/p> '\\uFFFE' .",
        "<e:s> a _:b .",
    ],
)
def test_what_fits_rdf_xml_is_known_before_it_is_written(triple):
    triples = [quad.triple for quad in parse(triple, format=RdfFormat.TURTLE)]
    try:
        results.serialised(triples, formats.RDF_XML, snapshot="")
    except NotAcceptable:
        assert not results.fits_rdf_xml(triples)
    else:
        assert results.fits_rdf_xml(triples)
