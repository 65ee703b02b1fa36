"""A request gets the format that its Accept header prefers, and never one that it rules out."""

import contextlib

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from kg import formats
from kg.errors import BadInput, NotAcceptable
from kg.formats import FORMATS, HTML, Kind

GRAPHS = formats.offers(Kind.GRAPH)
SOLUTIONS = formats.offers(Kind.SOLUTIONS)


@pytest.mark.parametrize(
    ("accept", "among", "name"),
    [
        ("", GRAPHS, "ttl"),
        ("*/*", SOLUTIONS, "json"),
        ("nonsense, ;;; ,", GRAPHS, "ttl"),
        ("text/turtle", GRAPHS, "ttl"),
        ("TEXT/Turtle", GRAPHS, "ttl"),
        ("text/turtle;charset=utf-8", GRAPHS, "ttl"),
        ("text/turtle ; q=0.1 , application/rdf+xml", GRAPHS, "rdf"),
        ("text/turtle;q=0.5, application/n-triples;q=0.6", GRAPHS, "nt"),
        ("text/turtle;q=1.000, */*;q=0", GRAPHS, "ttl"),
        ("text/turtle;q=0, */*", GRAPHS, "nt"),
        ("text/turtle;Q=0, */*", GRAPHS, "nt"),
        ("application/*", GRAPHS, "nt"),
        ("text/*;q=0.9, application/n-quads;q=0.8", GRAPHS, "ttl"),
        ("application/xml", GRAPHS, "rdf"),
        ("application/xml", SOLUTIONS, "xml"),
        ("application/json", SOLUTIONS, "json"),
        ("application/json", GRAPHS, "jsonld"),
        ("application/json, application/sparql-results+xml", SOLUTIONS, "xml"),
        ("text/plain, text/n3", GRAPHS, "n3"),
        ("text/plain", GRAPHS, "nt"),
        ("application/xhtml+xml", (HTML, *GRAPHS), "html"),
        ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", FORMATS, "html"),
        ("application/rdf+xml, text/html;q=0.3, text/turtle", (HTML, *GRAPHS), "ttl"),
        ("application/ld+json;profile=x;q=0.9, text/turtle;q=0.8", GRAPHS, "jsonld"),
        ("text/turtle;q=2, application/trig", GRAPHS, "trig"),
        ("text/turtle;q=abc, application/trig", GRAPHS, "trig"),
        ("text/turtle;q=-1, application/trig", GRAPHS, "trig"),
    ],
)
def test_the_header_decides(accept, among, name):
    assert formats.choose(accept, among).name == name


@pytest.mark.parametrize(
    "accept", ["image/png", "text/turtle;q=0", "*/*;q=0", "application/json", "text/html"]
)
def test_a_header_that_nothing_satisfies_is_told_what_is_on_offer(accept):
    with pytest.raises(NotAcceptable, match=r"cannot send .*; try text/turtle or text/n3"):
        formats.choose(accept, [formats.TURTLE, formats.by_name("n3", GRAPHS)])


OFFERS = st.lists(st.sampled_from(FORMATS), min_size=1, unique=True)
RANGES = st.sampled_from(
    [
        *(format.media_type for format in FORMATS),
        *(alias for format in FORMATS for alias in format.aliases),
        "*/*",
        "text/*",
        "application/*",
        "image/png",
        "image/*",
    ]
)
QUALITIES = st.integers(0, 1000).map(lambda n: n / 1000) | st.sampled_from([0.0, 0.5, 1.0])
HEADERS = st.dictionaries(RANGES, QUALITIES, min_size=1)


def spelled(ranges) -> str:
    return ", ".join(f"{name};q={quality:.3f}" for name, quality in ranges)


def quality(format, header) -> float:
    """Return what a header gives a format by its most specific range (RFC 9110, 12.5.1)."""
    aliases = [header[alias] for alias in format.aliases if alias in header]
    if format.media_type in header:
        return header[format.media_type]
    if aliases:
        return max(aliases)
    main = format.media_type.partition("/")[0]
    return header.get(f"{main}/*", header.get("*/*", 0.0))


@given(HEADERS, OFFERS)
def test_nothing_on_offer_is_preferred_to_what_is_chosen_and_nothing_ruled_out_is(header, among):
    best = max(quality(format, header) for format in among)
    if best == 0:
        with pytest.raises(NotAcceptable):
            formats.choose(spelled(header.items()), among)
    else:
        assert quality(formats.choose(spelled(header.items()), among), header) == best


@given(HEADERS, OFFERS, st.randoms())
def test_the_order_of_the_ranges_does_not_matter(header, among, random):
    ranges = [*header.items(), ("*/*", 0.001)]
    shuffled = random.sample(ranges, len(ranges))
    try:
        chosen = formats.choose(spelled(ranges), among)
    except NotAcceptable:
        chosen = None
    if chosen is None:
        with pytest.raises(NotAcceptable):
            formats.choose(spelled(shuffled), among)
    else:
        assert formats.choose(spelled(shuffled), among) == chosen


@given(st.dictionaries(RANGES, QUALITIES.filter(bool)), OFFERS)
def test_who_accepts_everything_always_gets_something(header, among):
    header["*/*"] = 0.5
    assert formats.choose(spelled(header.items()), among) in among


@given(st.text(), OFFERS)
@example("/", [HTML])
@example("*/*;q=;q=,;=", [HTML])
@example("a/b;" * 1000, [HTML])
def test_any_header_gets_a_format_on_offer_or_is_refused(accept, among):
    with contextlib.suppress(NotAcceptable):
        assert formats.choose(accept, among) in among


@pytest.mark.parametrize(
    ("file_name", "name"),
    [
        ("a.ttl", "ttl"),
        ("a.TTL", "ttl"),
        ("a.b.ttl.gz", "ttl"),
        ("A.NT.GZ", "nt"),
        ("a.nq", "nq"),
        ("a.trig", "trig"),
        ("a.rdf", "rdf"),
        ("a.xml", "rdf"),
        ("a.owl", "rdf"),
        ("a.jsonld", "jsonld"),
        ("a.json", "jsonld"),
        ("a.n3", "n3"),
        ("光伏 数据.ttl", "ttl"),
        ("a.csv", None),
        ("a.srx", None),
        ("a.html", None),
        ("a.txt", None),
        ("a.gz", None),
        ("a.ttl.bz2", None),
        ("a", None),
        ("", None),
    ],
)
def test_a_file_name_announces_its_format(file_name, name):
    format = formats.by_file_name(file_name)
    assert (format and format.name) == name


@pytest.mark.parametrize(
    ("name", "among", "expected"),
    [
        ("ttl", GRAPHS, "ttl"),
        (" TTL ", GRAPHS, "ttl"),
        ("text/turtle", GRAPHS, "ttl"),
        ("srx", SOLUTIONS, "xml"),
        ("xml", SOLUTIONS, "xml"),
        ("application/json", GRAPHS, "jsonld"),
    ],
)
def test_a_format_has_a_name_an_extension_and_media_types(name, among, expected):
    assert formats.by_name(name, among).name == expected


@pytest.mark.parametrize("name", ["", "nope", "ttl", "x" * 10_000, "\n"])
def test_an_unknown_name_is_refused_with_those_on_offer(name):
    with pytest.raises(BadInput, match=r"unknown format .*; try json, xml, csv or tsv") as caught:
        formats.by_name(name, SOLUTIONS)
    assert len(caught.value.message) < 200


@pytest.mark.parametrize("kind", Kind)
def test_within_a_kind_names_extensions_and_types_are_unambiguous(kind):
    among = formats.offers(kind)
    for format in among:
        for word in (format.name, format.extension, format.media_type):
            assert formats.by_name(word, among) is format


def test_text_formats_say_that_they_are_utf_8():
    types = {format.name: format.content_type for format in FORMATS}
    assert types["csv"] == "text/csv; charset=utf-8"
    assert types["jsonld"] == "application/ld+json"
