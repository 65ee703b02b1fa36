"""Documents that are made to harm: they are refused with a code that says why, and harm nobody.

The threats are P1, P2, P3, P6, P7, S5 and S6 of the threat table. Whatever is answered, the writer
lives, nothing is kept, nobody is connected to, and no file of the server is told.
"""

import gzip
import itertools
import time

import pytest

EX = "http://example.org/"
SETTINGS = {"UPDATE_SECONDS": 10, "MAX_UPLOAD_BYTES": 30_000_000}
SECRET = "f81d4fae-a-file-of-the-server"

RDF_XML = "application/rdf+xml"
JSON_LD = "application/ld+json"
RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
DOCUMENT = (
    f'<rdf:RDF xmlns:rdf="{RDF}" xmlns:e="{EX}">'
    f'<rdf:Description rdf:about="{EX}s"><e:p>%s</e:p></rdf:Description></rdf:RDF>'
)
BOOK = {"@context": {"p": f"{EX}p"}, "@id": f"{EX}s", "p": 1}


@pytest.fixture(scope="module")
def secret(tmp_path_factory):
    """A file on the machine of the server."""
    file = tmp_path_factory.mktemp("secret") / "file.txt"
    file.write_text(SECRET, encoding="ascii")
    return file


_numbers = itertools.count()


@pytest.fixture
def send(client, alive):
    """Sends a document that must not be taken, and checks that nothing of it was."""

    def sent(media_type: str, document: str | bytes, **options):
        graph = f"{EX}hostile{next(_numbers)}"
        before = client.count()
        begun = time.monotonic()
        answers = [
            client.send_graph(method, graph, document, media_type, **options)
            for method in ("PUT", "POST")
        ]
        seconds = (time.monotonic() - begun) / 2
        for answer in answers:
            assert SECRET.encode() not in answer.body
            assert b"Traceback" not in answer.body
        assert answers[0].problem == answers[1].problem
        assert answers[0].status >= 400, answers[0]
        assert client.count() == before
        assert client.get(graph).status == 404
        return answers[0], seconds

    return sent


LAUGHS = "".join(f'<!ENTITY lol{n} "{f"&lol{n - 1};" * 10 if n else "lol"}">' for n in range(10))
QUADRATIC = f'<!ENTITY a "{"a" * 7000}">'
XI = "http://www.w3.org/2001/XInclude"


PROLOGUES = {
    "billion laughs": (f"<!DOCTYPE r [{LAUGHS}]>", "&lol9;"),
    "quadratic": (f"<!DOCTYPE r [{QUADRATIC}]>", "&a;" * 2000),
    "a cycle": ('<!DOCTYPE r [<!ENTITY a "&b;"><!ENTITY b "&a;">]>', "&a;"),
    "a file": ('<!DOCTYPE r [<!ENTITY x SYSTEM "file://{secret}">]>', "&x;"),
    "a path": ('<!DOCTYPE r [<!ENTITY x SYSTEM "{secret}">]>', "&x;"),
    "an address": ('<!DOCTYPE r [<!ENTITY x SYSTEM "http://{at}/x">]>', "&x;"),
    "a public name": ('<!DOCTYPE r [<!ENTITY x PUBLIC "-//X" "http://{at}/x">]>', "&x;"),
    "a parameter entity": ('<!DOCTYPE r [<!ENTITY % x SYSTEM "http://{at}/x"> %x;]>', "1"),
    "a remote DTD": ('<!DOCTYPE r SYSTEM "http://{at}/x.dtd">', "1"),
    "a file as DTD": ('<!DOCTYPE r SYSTEM "file://{secret}">', "1"),
    "an empty DTD": ("<!DOCTYPE r>", "1"),
    "a DTD over lines": ("<!DOCTYPE\n\tr\n[\n]>", "1"),
    "a DTD after a comment": ('<!-- a --><?pi <?><!DOCTYPE r [<!ENTITY x "1">]>', "&x;"),
}
ENCODINGS = ["utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "iso-8859-1"]


@pytest.mark.parametrize(
    ("name", "encoding"),
    [
        *((name, "utf-8") for name in PROLOGUES),
        *(("a file", encoding) for encoding in ENCODINGS),
        *(("billion laughs", encoding) for encoding in ENCODINGS),
    ],
)
def test_a_document_type_or_entity_is_not_allowed(send, secret, unconnected, name, encoding):
    prologue, content = PROLOGUES[name]
    filled = prologue.replace("{secret}", str(secret)).replace("{at}", unconnected.addresses[0])
    declared = encoding.removesuffix("-sig").removesuffix("-le").removesuffix("-be")
    declaration = f'<?xml version="1.0" encoding="{declared}"?>'
    answer, seconds = send(RDF_XML, (declaration + filled + DOCUMENT % content).encode(encoding))
    assert answer.problem == (400, "dtd_not_allowed")
    assert seconds < 2


@pytest.mark.parametrize(
    "document",
    [
        DOCUMENT % "&undeclared;",
        DOCUMENT % "&#0;",
        DOCUMENT % "&#xD800;",
        '<?xml version="1.0" encoding="UTF-7"?>' + DOCUMENT % "1",
        '<?xml version="1.0" encoding="EBCDIC-CP-US"?>' + DOCUMENT % "1",
        '<?xml version="1.0" encoding="no-such-encoding"?>' + DOCUMENT % "1",
        DOCUMENT.replace("rdf:about", "no:prefix") % "1",
        DOCUMENT.replace("</rdf:RDF>", "") % "1",
        DOCUMENT.partition("</e:p>")[0] % "1",
        DOCUMENT % "1" + DOCUMENT % "2",
        DOCUMENT % "\0",
        "",
    ],
)
def test_xml_that_is_not_well_formed_is_told_so(send, document):
    answer, _ = send(RDF_XML, document)
    assert answer.problem == (400, "malformed_rdf")


def test_an_inclusion_is_a_description_like_any_other(client, secret, unconnected, unharmed):
    """XInclude and stylesheets mean nothing to RDF/XML."""
    for place in (f"file://{secret}", f"http://{unconnected.addresses[0]}/x"):
        included = f'<xi:include xmlns:xi="{XI}" href="{place}" parse="text"/>'
        style = f'<?xml-stylesheet type="text/xsl" href="{place}"?>'
        answer = client.put(f"{EX}included", style + DOCUMENT % included, RDF_XML)
        assert answer.status in (201, 204, 400), answer
        stored = client.get(f"{EX}included", "application/n-triples")
        assert SECRET.encode() not in answer.body + stored.body


# JSON-LD contexts at other places.

HTTP, FILE = "http://{at}/c.jsonld", "file://{secret}"
CONTEXTS = {
    "named": '{"@context": "%s", "@id": "http://e/s", "http://e/p": 1}',
    "in a list": '{"@context": [{}, "%s"], "@id": "http://e/s", "http://e/p": 1}',
    "imported": '{"@context": {"@import": "%s"}, "@id": "http://e/s", "http://e/p": 1}',
    "imported in 1.1": '{"@context": {"@version": 1.1, "@import": "%s"}, "http://e/p": 1}',
    "nested": '{"@id": "http://e/s", "http://e/p": {"@context": "%s", "http://e/p": 1}}',
    "of a property": '{"@context": {"p": {"@id": "http://e/p", "@context": "%s"}}, "p": {"http://e/q": 1}}',
    "of a type": '{"@context": {"T": {"@id": "http://e/T", "@context": "%s"}}, "@type": "T", "http://e/q": 1}',
}  # fmt: skip


@pytest.mark.parametrize(
    ("shape", "place"),
    [
        *((shape, HTTP) for shape in CONTEXTS),
        *((shape, FILE) for shape in CONTEXTS),
        *(("named", place) for place in ("https://{at}/c", "{secret}", "c.jsonld", "//{at}/c")),
    ],
)
def test_a_context_at_another_place_is_not_fetched(send, secret, unconnected, shape, place):
    filled = place.format(at=unconnected.addresses[0], secret=secret)
    answer, _ = send(JSON_LD, CONTEXTS[shape] % filled)
    assert answer.problem == (400, "remote_context_refused"), answer


def test_a_link_header_names_no_context(client, unconnected, unharmed):
    link = f'<http://{unconnected.addresses[0]}/c>; rel="http://www.w3.org/ns/json-ld#context"; type="application/ld+json"'
    answer = client.put(
        f"{EX}linked", f'{{"@id": "{EX}s", "{EX}p": 1}}', JSON_LD, headers={"Link": link}
    )
    assert answer.status == 201
    assert client.graph_of(f"{EX}linked") == {(f"{EX}s", f"{EX}p", "1")}


# Depth and size.

DEEP = [
    ("text/turtle", f"<{EX}s> <{EX}p> ", f"[ <{EX}p> ", "1", " ]", " ."),
    ("text/turtle", f"<{EX}s> <{EX}p> ", "( ", "1", " )", " ."),
    ("text/turtle", f"<{EX}s> <{EX}p> ", f"<<( <{EX}s> <{EX}p> ", "1", " )>>", " ."),
    ("text/turtle", "", "<< ", f"<{EX}s> <{EX}p> 1", f" >> <{EX}p> 1", " ."),
    ("application/trig", f"{{ <{EX}s> <{EX}p> ", f"[ <{EX}p> ", "1", " ]", " }"),
    ("application/n-triples", f"<{EX}s> <{EX}p> ", f"<<( <{EX}s> <{EX}p> ", f"<{EX}o>", " )>>", " ."),
    ("application/n-quads", f"<{EX}s> <{EX}p> ", f"<<( <{EX}s> <{EX}p> ", f"<{EX}o>", " )>>", " ."),
    ("text/n3", f"<{EX}s> <{EX}p> ", "{ ", f"<{EX}s> <{EX}p> 1", " }", " ."),
    ("text/n3", f"<{EX}s> <{EX}p> ", "( ", "1", " )", " ."),
    (JSON_LD, f'{{"@id": "{EX}s", "{EX}p": ', f'{{"{EX}p": ', "1", "}", "}"),
    (JSON_LD, f'{{"@id": "{EX}s", "{EX}p": ', '{"@list": [', "1", "]}", "}"),
    (JSON_LD, f'{{"@id": "{EX}s", "{EX}p": ', "[", "1", "]", "}"),
    (JSON_LD, f'{{"@id": "{EX}s", ', '"@included": [{', '"http://e/p": 1', "}]", "}"),
    (JSON_LD, f'{{"@id": "{EX}s", "@context": ', "[", "{}", "]", f', "{EX}p": 1}}'),
    (JSON_LD, f'{{"@id": "{EX}s", "{EX}p": {{"@type": "@json", "@value": ', '{"a": ', "1", "}", "}}"),
    (JSON_LD, "", "[", "", "", ""),
    (RDF_XML, DOCUMENT[: DOCUMENT.index("%s")], f'<rdf:Description xmlns:rdf="{RDF}"><e:p>', "1", "</e:p></rdf:Description>", DOCUMENT[DOCUMENT.index("%s") + 2 :]),
    (RDF_XML, DOCUMENT.replace("<e:p>%s", "<e:p rdf:parseType='Literal'>%s").partition("%s")[0], "<a>", "1", "</a>", DOCUMENT.partition("%s")[2]),
    (RDF_XML, DOCUMENT.partition("%s")[0], "<a>", "", "", ""),
]  # fmt: skip


DEPTH = 10_000


@pytest.mark.parametrize(
    ("media_type", "before", "opening", "middle", "closing", "after"),
    DEEP,
    ids=[f"{row[0].rpartition('/')[2]} {row[2].strip()[:14]}" for row in DEEP],
)
def test_a_document_that_is_nested_deeply_harms_nobody(
    client, unharmed, *, media_type, before, opening, middle, closing, after
):
    graph = f"{EX}deep"
    count = client.count()
    document = before + opening * DEPTH + middle + closing * DEPTH + after
    begun = time.monotonic()
    answer = client.put(graph, document, media_type)
    assert time.monotonic() - begun < 30
    if answer.status == 201:
        assert client.get(graph, "application/n-triples").status in (200, 503)
        assert client.delete(graph).status == 204
    else:
        assert answer.problem in {
            (400, "malformed_rdf"),
            (400, "too_deep"),
            (503, "load_limit"),
        }, answer
    assert client.count() == count


def test_no_deeply_nested_term_is_stored(client, unharmed):
    deep = f"<{EX}s> <{EX}p> {_nested(200)}"
    assert client.update(f"INSERT DATA {{ {deep} }}").problem == (400, "too_deep")
    assert client.put(f"{EX}deep", f"{deep} .").problem == (400, "too_deep")
    assert client.update(f"INSERT DATA {{ <{EX}s> <{EX}deep> {_nested(100)} }}").status == 204
    assert client.update(f"DELETE WHERE {{ <{EX}s> <{EX}deep> ?o }}").status == 204


def test_no_page_about_a_deeply_nested_term_ends_the_service(client, unharmed):
    """The longest query makes such a term of nothing."""
    query = f"SELECT * {{ VALUES ?t {{ {_nested(6_000)} }} }}".encode()
    html = {"Accept": "text/html", "Content-Type": "application/sparql-query"}
    answer = client.request("POST", "/sparql", query, html, token=None)
    assert answer.status in (200, 400, 503), answer


def _nested(depth: int) -> str:
    return "<<( <a:> <a:> " * depth + "1" + " )>>" * depth


def test_a_document_of_one_huge_literal_is_taken_or_refused(client, unharmed):
    size = 20_000_000
    answer = client.put(f"{EX}huge", f'<{EX}s> <{EX}p> "{"x" * size}" .')
    assert answer.problem in {(201, ""), (503, "load_limit"), (400, "malformed_rdf")}
    if answer.status == 201:
        where = f"GRAPH <{EX}huge> {{ ?s ?p ?o }}"
        assert client.rows(f"SELECT (STRLEN(?o) AS ?n) {{ {where} }}") == [(str(size),)]
        assert client.delete(f"{EX}huge").status == 204


def test_a_document_of_many_statements_on_one_line_is_taken(client, unharmed):
    objects = ", ".join(map(str, range(50_000)))
    assert client.put(f"{EX}long", f"<{EX}s> <{EX}p> {objects} .").status == 201
    assert client.count(f"GRAPH <{EX}long> {{ ?s ?p ?o }}") == 50_000
    assert client.delete(f"{EX}long").status == 204


@pytest.mark.parametrize("media_type", ["text/turtle", "application/gzip", "application/x-gzip"])
def test_a_compressed_document_is_not_unpacked(send, media_type):
    bomb = gzip.compress(gzip.compress(b"\0" * 10_000_000))
    assert send(media_type, bomb)[0].status in (400, 415)
    answer, _ = send(media_type, bomb, headers={"Content-Encoding": "gzip"})
    assert answer.problem == (415, "unsupported_media_type")


# IRIs, characters and names that are none.

INVALID = [
    "http://e/\\u000AX-Y: 1",
    "http://e/\\u0022",
    "http://e/\\u0020",
    "http://e/\\u003C\\u003E",
    "http://e/\\u0000",
    "http://e/ space",
    "http://e/{brace}",
    "http://e/|",
    "http://e/^",
    "http://e/`",
    "http://e/\\n",
    "http://e/\\uD800",
    "http://e/\\U00110000",
    "http://[::1",
    "http://e:port/",
    "http://e/%zz",
]


@pytest.mark.parametrize(
    ("media_type", "iri"),
    [
        *(("text/turtle", iri) for iri in INVALID),
        *(("application/n-triples", iri) for iri in INVALID[:4]),
        *(("application/trig", iri) for iri in INVALID[:4]),
    ],
)
def test_an_invalid_iri_is_refused_with_its_line(send, media_type, iri):
    document = f"<{EX}s> <{EX}p> <{EX}o> .\n<{EX}s> <{EX}p> <{iri}> .\n"
    answer, _ = send(media_type, document)
    assert answer.problem == (400, "malformed_rdf")
    assert ":2:" in answer.json["detail"]


@pytest.mark.parametrize(
    ("media_type", "document"),
    [
        (RDF_XML, DOCUMENT.replace(f'"{EX}s"', '"http://e/ space"') % "1"),
        (RDF_XML, DOCUMENT.replace(f'"{EX}s"', '"http://e/&#10;X-Y: 1"') % "1"),
        (RDF_XML, DOCUMENT.replace(f'"{EX}s"', '"http://e/&lt;"') % "1"),
        ("application/n-triples", f'<{EX}s> <{EX}p> "x"@- .'),
        ("application/n-triples", f'<{EX}s> <{EX}p> "x"@abcdefghijk .'),
        ("application/n-triples", f'<{EX}s> <{EX}p> "x"^^<relative> .'),
        ("application/n-triples", f"<{EX}s> _:b <{EX}o> ."),
        ("application/n-triples", f'"s" <{EX}p> <{EX}o> .'),
        ("text/n3", f"<{EX}s> _:b <{EX}o> ."),
        ("text/n3", f'"s" <{EX}p> <{EX}o> .'),
        ("text/n3", f"?x <{EX}p> <{EX}o> ."),
        ("text/n3", f"<{EX}s> <{EX}p> ?x ."),
    ],
)
def test_a_term_that_cannot_be_stored_is_refused(send, media_type, document):
    answer, _ = send(media_type, document)
    assert answer.problem == (400, "malformed_rdf"), answer


@pytest.mark.parametrize("media_type", ["text/turtle", "application/n-triples"])
def test_every_character_of_a_literal_comes_back_as_it_was(client, unharmed, media_type):
    text = '\0\1\ufffe\u202e\U0010ffff\r\n\t <script> & "quoted" \\ 光伏 🚀'
    escaped = "".join(f"\\U{ord(character):08X}" for character in text)
    assert client.put(f"{EX}text", f'<{EX}s> <{EX}p> "{escaped}" .', media_type).status in (
        201,
        204,
    )
    assert client.graph_of(f"{EX}text") == {(f"{EX}s", f"{EX}p", text)}
    raw = text.replace("\\", "").replace('"', "").replace("\r", "").replace("\n", "")
    assert client.put(f"{EX}text", f'<{EX}s> <{EX}p> "{raw}" .', media_type).status == 204
    assert client.graph_of(f"{EX}text") == {(f"{EX}s", f"{EX}p", raw)}
