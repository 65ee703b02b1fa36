"""SPARQL 1.1 Graph Store HTTP Protocol: whole graphs go in and out, or nothing does."""

import gzip
import itertools
import signal
import time
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

import pytest

EX = "http://example.org/"
UPLOAD = 2_000_000
SETTINGS = {"MAX_UPLOAD_BYTES": UPLOAD}
XSD = "http://www.w3.org/2001/XMLSchema#"
HEAD = "POST /graphs?graph=http%3A%2F%2Fexample.org%2Fraw HTTP/1.1\r\nHost: x\r\n"
AUTHORISED = HEAD + "Authorization: Bearer b5c1d7-of-the-operator\r\nContent-Type: text/turtle\r\n"

ONE = f"<{EX}s> <{EX}p> <{EX}o> ."
TRIPLE = (f"{EX}s", f"{EX}p", f"{EX}o")

_numbers = itertools.count()


@pytest.fixture
def graph():
    """The name of a graph that no other test uses."""
    return f"{EX}graph{next(_numbers)}"


DOCUMENTS = [
    ("text/turtle", ONE),
    ("text/turtle; charset=utf-8", ONE),
    ("application/x-turtle", ONE),
    ("application/n-triples", ONE),
    ("text/plain", ONE),
    ("application/n-quads", ONE),
    ("text/x-nquads", ONE),
    ("application/trig", ONE),
    ("application/x-trig", f"{{ {ONE} }}"),
    ("text/n3", ONE),
    ("text/rdf+n3", ONE),
    ("application/ld+json", f'{{"@id": "{EX}s", "{EX}p": {{"@id": "{EX}o"}}}}'),
    (
        "application/ld+json",
        f'{{"@context": {{"p": {{"@id": "{EX}p", "@type": "@id"}}}}, "@id": "{EX}s", "p": "{EX}o"}}',
    ),
    (
        "application/rdf+xml",
        '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:e="http://example.org/">'
        '<rdf:Description rdf:about="http://example.org/s"><e:p rdf:resource="http://example.org/o"/>'
        "</rdf:Description></rdf:RDF>",
    ),
]


@pytest.mark.parametrize("place", ["named", "default"])
@pytest.mark.parametrize(("media_type", "document"), DOCUMENTS)
def test_a_graph_holds_what_was_put_into_it(client, graph, place, media_type, document):
    name = graph if place == "named" else None
    assert client.put(name, document, media_type).status == (201 if name else 204)
    assert client.graph_of(name) == {TRIPLE}
    assert client.put(name, f"<{EX}s> <{EX}p> 2 .").status == 204
    assert client.graph_of(name) == {(f"{EX}s", f"{EX}p", "2")}
    assert client.post(name, document, media_type).status == 204
    assert client.graph_of(name) == {TRIPLE, (f"{EX}s", f"{EX}p", "2")}


@pytest.mark.parametrize(
    "accept",
    [
        "text/turtle",
        "application/n-triples",
        "application/rdf+xml",
        "application/ld+json",
        "application/trig",
        "application/n-quads",
        "text/n3",
    ],
)
def test_what_comes_out_of_a_graph_can_be_put_into_another(client, graph, accept):
    document = f'<{EX}s> <{EX}p> "光伏"@zh-hans, 3, "a\\n\\"b", [ <{EX}q> "x" ] .'
    assert client.put(graph, document).status == 201
    got = client.get(graph, accept)
    assert got.status == 200
    assert got.headers.get_content_type() == accept
    assert client.put(graph + "-copy", got.body, accept).status == 201
    blank_free = "?s ?p ?o FILTER(!isBlank(?s) && !isBlank(?o))"
    for name in (graph, graph + "-copy"):
        assert client.count(f"GRAPH <{name}> {{ ?s ?p ?o }}") == 5
        assert client.count(f"GRAPH <{name}> {{ {blank_free} }}") == 3
        assert client.ask(f'GRAPH <{name}> {{ <{EX}s> <{EX}p> "光伏"@zh-hans, 3, "a\\n\\"b" }}')


def test_a_graph_comes_and_goes(client, graph):
    missing = [client.get(graph), client.get(graph, method="HEAD"), client.delete(graph)]
    assert [answer.status for answer in missing] == [404] * 3
    assert missing[1].body == b""
    assert client.put(graph, ONE).status == 201
    head = client.get(graph, method="HEAD")
    assert (head.status, head.body) == (200, b"")
    assert head.headers["ETag"] == client.get(graph).headers["ETag"]
    assert client.delete(graph).status == 204
    assert client.get(graph).problem == (404, "not_found")
    assert client.delete(graph).problem == (404, "not_found")


def test_an_empty_graph_is_there_once_it_was_put(client, graph):
    assert client.put(graph, "").status == 201
    assert client.get(graph, "application/n-triples").body == b""
    assert client.put(graph, "").status == 204
    assert client.post(graph, "").status == 204
    assert client.delete(graph).status == 204


def test_the_default_graph_is_always_there_and_apart_from_the_named_ones(client, graph):
    assert client.put(graph, ONE).status == 201
    assert client.delete(None).status == 204
    assert client.delete(None).status == 204
    assert client.get(None, "application/n-triples").body == b""
    assert client.put(None, f"<{EX}d> <{EX}p> 1 .").status == 204
    assert client.get(None, "application/n-triples").body.startswith(f"<{EX}d>".encode())
    assert client.get(graph, "application/n-triples").body.startswith(f"<{EX}s>".encode())
    assert client.delete(graph).status == 204
    assert client.get(None, "application/n-triples").body.startswith(f"<{EX}d>".encode())


def test_a_graph_without_a_name_gets_one(client):
    turtle = {"Content-Type": "text/turtle"}
    answers = [client.request("POST", "/graphs", ONE.encode(), turtle) for _ in range(2)]
    places = [urlsplit(answer.headers["Location"]) for answer in answers]
    assert [answer.status for answer in answers] == [201, 201]
    assert places[0] != places[1]
    for place in places:
        target = f"{place.path}?{place.query}" if place.query else place.path
        headers = {"Accept": "application/n-triples"}
        assert client.request("GET", target, None, headers, token=None).body == f"{ONE}\n".encode()
        assert client.request("DELETE", target).status == 204


@pytest.mark.parametrize(
    "target",
    [
        "/graphs?default&graph=http://example.org/g",
        "/graphs?graph=http://example.org/g&graph=http://example.org/h",
        "/graphs?default&default",
        "/graphs?graph=relative",
        "/graphs?graph=",
        "/graphs?graph=http://example.org/%0d%0aX:1",
        "/graphs?graph=http://example.org/%20",
        "/graphs?graph=http://example.org/%ff",
        "/graphs?graph=http://example.org/%00",
        "/graphs?graph=file:///etc/passwd%20",
        "/graphs?other=1",
    ],
)
def test_what_names_no_single_graph_is_refused(client, target):
    before = client.count()
    for method in ("GET", "PUT", "POST", "DELETE"):
        body = ONE.encode() if method in ("PUT", "POST") else None
        answer = client.request(method, target, body, {"Content-Type": "text/turtle"})
        assert answer.status == 400, (method, answer)
    assert client.count() == before


@pytest.mark.parametrize(
    "media_type",
    [
        "text/csv",
        "text/html",
        "application/json",
        "application/octet-stream",
        "application/gzip",
        "application/sparql-update",
        "application/x-www-form-urlencoded",
        "multipart/mixed; boundary=x",
        "nonsense",
        "",
    ],
)
def test_a_document_of_another_type_is_refused(client, graph, media_type):
    answer = client.put(graph, ONE, media_type)
    assert answer.problem == (415, "unsupported_media_type")
    assert "text/turtle" in answer.json["detail"]
    assert client.get(graph).status == 404


@pytest.mark.parametrize("encoding", ["gzip", "GZIP", "deflate", "br", "gzip, gzip", "x-gzip"])
def test_a_compressed_body_is_refused(client, graph, encoding):
    body = gzip.compress(ONE.encode())
    for document in (body, gzip.compress(body), ONE.encode()):
        answer = client.put(graph, document, headers={"Content-Encoding": encoding})
        assert answer.problem == (415, "unsupported_media_type")
    assert client.get(graph).status == 404


# A document is taken wholly or not at all.

MALFORMED = [
    ("text/turtle", f"{ONE}\n<{EX}s> <{EX}p> ", 2),
    ("text/turtle", f'{ONE}\n\n<{EX}s> <{EX}p> "open .', 3),
    ("text/turtle", f"{ONE}\nno:prefix <{EX}p> 1 .", 2),
    ("application/n-triples", f"{ONE}\n<{EX}s> <{EX}p> .\n", 2),
    ("application/n-quads", f"{ONE}\n{ONE}\nnonsense", 3),
    ("application/trig", f"{ONE}\n{{ <{EX}s>", 2),
    ("application/rdf+xml", "<rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#'>\n<a>", None),
    ("application/ld+json", '{\n"@id": ', 2),
    ("application/ld+json", '[]\n{"@id": "http://e/x"}', 2),
    ("text/turtle", b'<http://e/s> <http://e/p> "\xff" .', None),
    ("application/n-triples", b'\xef\xbb\xbf<http://e/s> <http://e/p> "\xc3\x28" .', None),
]  # fmt: skip


@pytest.mark.parametrize(("media_type", "document", "line"), MALFORMED)
@pytest.mark.parametrize("method", ["PUT", "POST"])
def test_a_malformed_document_is_told_by_line_and_column_and_changes_nothing(
    client, graph, *, method, media_type, document, line
):
    assert client.put(graph, f"<{EX}old> <{EX}p> 1 .").status == 201
    answer = client.send_graph(method, graph, document, media_type)
    assert answer.problem == (400, "malformed_rdf")
    if line is not None:
        assert f":{line}:" in answer.json["detail"], answer
    assert client.graph_of(graph) == {(f"{EX}old", f"{EX}p", "1")}
    client.must_update(f"INSERT DATA {{ <{EX}a> <{EX}p> 1 }}")
    assert client.graph_of(graph) == {(f"{EX}old", f"{EX}p", "1")}


@pytest.mark.parametrize("method", ["PUT", "POST"])
def test_nothing_is_kept_of_a_large_document_with_one_bad_line_at_its_end(client, graph, method):
    assert client.put(graph, f"<{EX}old> <{EX}p> 1 .").status == 201
    before = client.count()
    lines = [f"<{EX}s{number}> <{EX}p> {number} .\n" for number in range(30_000)]
    document = "".join([*lines, f"<{EX}s> <{EX}p> oops .\n"])
    answer = client.send_graph(method, graph, document)
    assert answer.problem == (400, "malformed_rdf")
    assert ":30001:" in answer.json["detail"]
    assert client.count() == before
    client.must_update(f"INSERT DATA {{ <{EX}a> <{EX}p> 1 }}")
    assert client.graph_of(graph) == {(f"{EX}old", f"{EX}p", "1")}


@pytest.mark.parametrize(
    ("media_type", "document"),
    [
        ("application/trig", f"{ONE} <{EX}other> {{ {ONE} }}"),
        ("application/trig", f"GRAPH <{EX}other> {{ {ONE} }}"),
        ("application/trig", f"GRAPH _:b {{ {ONE} }}"),
        ("application/n-quads", f"{ONE}\n<{EX}s> <{EX}p> <{EX}o> <{EX}other> ."),
        ("application/ld+json", f'{{"@id": "{EX}other", "@graph": [{{"@id": "{EX}s", "{EX}p": 1}}]}}'),
        ("text/n3", f"{{ {ONE} }} <{EX}p> {{ {ONE} }} ."),
    ],
)  # fmt: skip
def test_a_document_that_names_graphs_of_its_own_is_refused(client, graph, media_type, document):
    before = client.count()
    for name in (graph, None):
        for method in ("PUT", "POST"):
            answer = client.send_graph(method, name, document, media_type)
            assert answer.problem == (400, "malformed_rdf"), answer
    assert client.count() == before
    assert client.get(f"{EX}other").status == 404


def test_a_load_that_is_stopped_amid_the_working_copy_leaves_no_trace(serving, eventually):
    """The old content was cleared and some of the new was there when the updater was killed."""
    lines = (f"<{EX}s{number}> <{EX}p> {number} .\n" for number in range(60_000))
    document = "".join(lines).encode()
    with serving(UPDATE_SECONDS=0.3) as server:
        client, graph = server.client, f"{EX}loaded"
        assert client.put(graph, f"<{EX}old> <{EX}p> 1 .").status == 201
        (updater,) = server.updaters
        spent = _processor_time(updater)
        with ThreadPoolExecutor(1) as thread:
            answer = thread.submit(client.put, graph, document)
            assert eventually(lambda: _processor_time(updater) > spent + 1 or answer.done())
            server.kill(updater, signal.SIGSTOP)
            problem = answer.result().problem
        server.kill(updater, signal.SIGCONT)
        assert problem in {(503, "load_limit"), (204, "")}
        client.must_update(f"INSERT DATA {{ <{EX}a> <{EX}p> 1 }}")
        expected = 1 if problem[0] == 503 else 60_000
        assert client.count(f"GRAPH <{graph}> {{ ?s ?p ?o }}") == expected


def _processor_time(pid: int) -> int:
    """The hundredths of a second that a process has used."""
    with open(f"/proc/{pid}/stat") as file:  # noqa: PTH123
        fields = file.read().rpartition(")")[2].split()
    return int(fields[11]) + int(fields[12])


# Bodies that are too long, or cut on their way.


def _exactly(size: int) -> bytes:
    """A document of `size` bytes that ends with a line."""
    lines = b"".join(f"<{EX}s{number}> <{EX}p> {number} .\n".encode() for number in range(9))
    return lines + b"#" * (size - len(lines) - 1) + b"\n"


@pytest.mark.parametrize("chunked", [False, True], ids=["declared", "chunked"])
@pytest.mark.parametrize(
    ("more", "expected"), [(b"", 201), (b"#", 413), (f"{ONE}\n".encode() * 9, 413)]
)
def test_a_body_past_the_limit_is_refused_and_not_cut(client, graph, chunked, more, expected):
    """The limit is at the end of a line, so that what a cut would leave is well-formed."""
    body = _exactly(UPLOAD) + more
    document = (body[start : start + 65536] for start in range(0, len(body), 65536))
    answer = client.put(graph, document if chunked else body)
    stored = expected == 201 and not chunked
    # Nobody can tell a body in chunks that is whole from one that was cut, so it is not taken.
    assert answer.status == (411 if chunked else expected)
    assert client.get(graph).status == (200 if stored else 404)


def test_an_endless_body_is_refused_while_it_comes(client):
    block = b"10000\r\n" + b"#" * 65535 + b"\n\r\n"
    begun = time.monotonic()
    request = (AUTHORISED + "Transfer-Encoding: chunked\r\n\r\n").encode() + 200 * block
    assert client.raw(request).startswith(b"HTTP/1.1 411")
    assert time.monotonic() - begun < 10
    assert client.get(f"{EX}raw").status == 404


def test_a_body_that_declares_itself_too_long_is_refused_before_it_comes(client):
    request = AUTHORISED + "Content-Length: 10000000000\r\n\r\n" + ONE
    assert client.raw(request.encode(), seconds=5).startswith(b"HTTP/1.1 413")


@pytest.mark.parametrize(
    "framing",
    [
        "Content-Length: 1000\r\n\r\n{document}",
        "Transfer-Encoding: chunked\r\n\r\n{length:x}\r\n{document}\r\n",
        "Transfer-Encoding: chunked\r\n\r\n{length:x}\r\n{document}\r\n100\r\nhalf",
        "Transfer-Encoding: chunked\r\n\r\n{length:x}\r\n{document}\r\nnonsense\r\n",
        "Transfer-Encoding: chunked\r\n\r\n{length:x}\r\n{document}\r\n0\r\n",
        "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n{length:x}\r\n{document}\r\n0\r\n\r\n",
        "Content-Length: -1\r\n\r\n{document}",
        "Content-Length: 3, 4\r\n\r\n{document}",
        "Transfer-Encoding: gzip, chunked\r\n\r\n{length:x}\r\n{document}\r\n",
    ],
    ids=[
        "shorter than declared",
        "no last chunk",
        "half a chunk",
        "no chunk size",
        "no last line",
        "two framings",
        "no length",
        "two lengths",
        "compressed",
    ],
)
def test_a_body_that_is_cut_on_its_way_changes_nothing(client, framing):
    document = f"{ONE}\n"
    request = AUTHORISED + framing.format(document=document, length=len(document))
    received = client.raw(request.encode())
    assert b" 201 " not in received
    assert b" 204 " not in received
    assert client.get(f"{EX}raw").status == 404


def test_a_body_in_another_version_of_http_is_not_taken_for_an_empty_one(client, graph):
    """In HTTP/2 a body needs no header that announces it."""
    assert client.put(graph, ONE).status == 201
    preface = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
    settings = b"\0\0\0\4\0\0\0\0\0"
    received = client.raw(preface + settings, seconds=5)
    assert not received.startswith(b"\0\0"), "it speaks HTTP/2: test the bodies of that"


# Several documents at once, and blank nodes.


def _form(*parts: tuple[str, str, str]) -> bytes:
    """A form of files: name, type and content of each."""
    blocks = [
        f'--x\r\nContent-Disposition: form-data; name="f"; filename="{name}"\r\n'
        f"Content-Type: {media_type}\r\n\r\n{content}\r\n"
        for name, media_type, content in parts
    ]
    return ("".join(blocks) + "--x--\r\n").encode()


MULTIPART = "multipart/form-data; boundary=x"


def test_the_files_of_a_form_go_into_one_graph(client, graph):
    body = _form(
        ("a.ttl", "text/turtle", f"<{EX}a> <{EX}p> 1 ."),
        ("b.jsonld", "application/ld+json", f'{{"@id": "{EX}b", "{EX}p": 2}}'),
    )
    assert client.post(graph, body, MULTIPART).status == 201
    assert {(s, o) for s, _, o in client.graph_of(graph)} == {(f"{EX}a", "1"), (f"{EX}b", "2")}
    assert client.put(graph, _form(("a.ttl", "text/turtle", ONE)), MULTIPART).status == 204
    assert client.graph_of(graph) == {TRIPLE}


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (_form(("a.ttl", "text/turtle", ONE), ("b.ttl", "text/turtle", "nonsense")), 400),
        (_form(("a.ttl", "text/turtle", ONE), ("b.csv", "text/csv", "a,b")), 415),
        (_form(("a.ttl", "text/turtle", ONE), ("b.json", "application/json", "{}")), 415),
        (_form(), 400),
        (b'--x\r\nContent-Disposition: form-data; name="f"\r\n\r\nno file\r\n--x--\r\n', 400),
        (b"nonsense", 400),
        (_form(("a.ttl", "text/turtle", ONE))[:-7], 400),
    ],
    ids=["one malformed", "one of another type", "JSON", "no part", "no file", "no form", "cut"],
)
def test_a_form_is_taken_wholly_or_not_at_all(client, graph, body, expected):
    assert client.put(graph, f"<{EX}old> <{EX}p> 1 .").status == 201
    for method in ("PUT", "POST"):
        assert client.send_graph(method, graph, body, MULTIPART).status == expected
    assert client.graph_of(graph) == {(f"{EX}old", f"{EX}p", "1")}


@pytest.mark.parametrize(
    "body",
    [
        _form(*[("a.ttl", "text/turtle", f"<{EX}s> <{EX}p> {n} .") for n in range(10_000)]),
        b"\r\n".join(
            b'--x\r\nContent-Disposition: form-data; name="f"\r\n\r\nvalue' for _ in range(10_000)
        ),
        b'--x\r\nContent-Disposition: form-data; name="f"\r\n\r\n'
        + b"v" * 1_900_000
        + b"\r\n--x--",
        b'--x\r\nContent-Disposition: form-data; name="f"; filename="a.ttl"\r\n'
        b"Content-Type: text/turtle\r\n\r\n" + b"#" * UPLOAD + b"\r\n--x--",
    ],
    ids=["10,000 files", "10,000 fields", "a large field", "a file past the limit"],
)
def test_a_form_of_too_much_is_refused_at_once(client, graph, body):
    begun = time.monotonic()
    answer = client.put(graph, body, MULTIPART)
    assert answer.status == 413, answer
    assert time.monotonic() - begun < 2
    assert client.get(graph).status == 404


def test_a_file_of_line_ends_is_read_in_a_moment(client, graph):
    begun = time.monotonic()
    body = _form(("a.ttl", "text/turtle", "\r\n" * 900_000 + ONE))
    assert client.put(graph, body, MULTIPART).status == 201
    assert time.monotonic() - begun < 5
    assert client.graph_of(graph) == {TRIPLE}


def test_a_blank_node_is_another_in_every_document(client, graph):
    document = f"_:a <{EX}p> 1 . _:b <{EX}p> 1 . _:a <{EX}q> _:b ."
    for _ in range(2):
        assert client.post(graph, document).status in (201, 204)
    form = _form(("a.ttl", "text/turtle", document), ("b.ttl", "text/turtle", document))
    assert client.post(graph, form, MULTIPART).status == 204
    where = f"GRAPH <{graph}> {{ ?a <{EX}p> 1 }}"
    assert client.rows(f"SELECT (COUNT(DISTINCT ?a) AS ?n) {{ {where} }}") == [("8",)]
    assert client.count(f"GRAPH <{graph}> {{ ?a <{EX}q> ?b }}") == 4


def test_a_blank_node_of_the_store_cannot_be_meant_by_a_document(client, graph):
    assert client.put(graph, f"_:a <{EX}p> 1 .").status == 201
    ((label,),) = client.rows(f"SELECT ?a {{ GRAPH <{graph}> {{ ?a ?p ?o }} }}")
    assert client.post(graph, f"_:{label} <{EX}q> 2 .").status == 204
    assert client.count(f"GRAPH <{graph}> {{ ?a <{EX}p> 1 ; <{EX}q> 2 }}") == 0


@pytest.mark.parametrize(
    ("media_type", "document"),
    [
        ("text/turtle", "<x> <#p> <> ."),
        ("application/trig", "{ <x> <#p> <> }"),
        ("text/n3", "<x> <#p> <> ."),
        (
            "application/rdf+xml",
            '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:g="http://example.org/dir/graph#">'
            '<rdf:Description rdf:about="x"><g:p rdf:resource=""/></rdf:Description></rdf:RDF>',
        ),
        ("application/ld+json", f'{{"@id": "x", "{EX}dir/graph#p": {{"@id": ""}}}}'),
    ],
)  # fmt: skip
def test_a_relative_iri_is_read_against_the_iri_of_the_graph(client, media_type, document):
    graph = f"{EX}dir/graph"
    assert client.put(graph, document, media_type).status in (201, 204)
    assert client.graph_of(graph) == {(f"{EX}dir/x", f"{graph}#p", graph)}


@pytest.mark.parametrize("media_type", ["application/n-triples", "application/n-quads"])
def test_a_format_without_relative_iris_takes_none(client, graph, media_type):
    assert client.put(graph, f"<x> <{EX}p> <{EX}o> .", media_type).problem == (400, "malformed_rdf")


def test_the_same_changes_one_after_the_other_give_the_last(client, graph):
    def put(number: int):
        return client.put(graph, f"<{EX}s> <{EX}p> {number}, {number + 100} .")

    with ThreadPoolExecutor(8) as threads:
        statuses = [answer.status for answer in threads.map(put, range(16))]
    assert sorted(statuses) == [201] + [204] * 15 or sorted(statuses) == [201, *[204] * 15]
    (first, second) = sorted(int(o) for _, _, o in client.graph_of(graph))
    assert second == first + 100
