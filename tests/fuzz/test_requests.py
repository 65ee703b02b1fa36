"""Requests by the description of the service, and requests by no description at all.

`FUZZ_REQUESTS` says how many are sent, half of each kind, `FUZZ_SEED` which ones.
"""

import os
import random
import socket
from urllib.parse import quote

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import seed as seeded
from schemathesis import checks

COUNT = int(os.environ.get("FUZZ_REQUESTS", "1000"))
SETTINGS = {
    "QUERY_SECONDS": 1,
    "PAGE_SECONDS": 1,
    "READERS": 1,
    "CLIENT_SECONDS": 0,
    "CLIENT_ERRORS": 0,
}
CHECKS = [
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_headers_conformance,
    checks.response_schema_conformance,
]
FAILED = {500, 502, 504}
LONGEST = 20.0


@pytest.fixture(scope="module")
def server(database, hostile, tmp_path_factory):
    folder = tmp_path_factory.mktemp("requests")
    with hostile.serve(database, folder, SETTINGS, options=["--writable"]) as running:
        yield running


def assert_well(server, before):
    assert server.lasting == before
    for sign in ("panicked", "Traceback", "Segmentation"):
        assert sign not in server.logged, server.logged[-5000:]


def test_each_operation_does_what_its_description_says(server, seed):
    address = f"http://127.0.0.1:{server.port}"
    schema = schemathesis.openapi.from_url(f"{address}/openapi.json")
    operations = [result.ok() for result in schema.get_all_operations()]
    before = server.lasting
    for operation in operations:

        @seeded(seed)
        @settings(
            max_examples=max(4, COUNT // 2 // len(operations)),
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
        )
        @given(case=operation.as_strategy())
        def check(case):
            response = case.call(timeout=LONGEST)
            assert response.status_code not in FAILED, response.text[:500]
            assert b"Traceback" not in response.content
            case.validate_response(response, checks=CHECKS)

        check()
    assert_well(server, before)


METHODS = ["GET", "GET", "POST", "HEAD", "PUT", "DELETE", "OPTIONS", "PATCH", "get", "G\x00T", ""]
PATHS = [
    "/", "/sparql", "/update", "/graphs", "/search", "/suggest", "/browse", "/browse.json",
    "/page", "/resource", "/data.ttl", "/data/id/x.ttl", "/id/光伏", "/def/Theme", "/ontology",
    "/dataset", "/download/all.nq.gz", "/questions", "/questions/x", "/shacl", "/health", "/metrics",
    "/openapi.json", "/static/x", "/colors-x.css", "/robots.txt", "/sitemap.xml", "*", "//", "/../x",
    "http://other/", "/.well-known/void", "/releases.atom", "/q/x", "/reconcile", "/neighbours.json",
]  # fmt: skip
NAMES = ["query", "iri", "q", "type", "page", "size", "format", "lang", "content", "sort", "graph"]
VALUES = [
    "", "x", "光伏", "\ud800", "\x00", "%", "%zz", "%ff", "../../etc/passwd", "<script>", "'\"",
    "-1", "0", "1e9", "9" * 40, "http://e/x", "<http://e/x>", "SELECT * { ?s ?p ?o } LIMIT 1",
    "ASK {", "\u202e", "a" * 3000, "json", "html", "ttl", "\r\nX: y", "kg:Theme", "[", "☃" * 200,
]  # fmt: skip
HEADERS = [
    "Accept: text/turtle", "Accept: */*;q=x", "Accept: " + "a/b," * 500, "Accept-Language: zh",
    "Content-Type: application/sparql-query", "Content-Type: text/turtle", "Content-Type: \x01",
    "Content-Length: 5", "Content-Length: -1", "Content-Length: 5\r\nContent-Length: 6",
    "Transfer-Encoding: chunked", "Range: bytes=5-1", "Range: bytes=0-,1-,2-", "If-None-Match: *",
    "Cookie: kg-lang=\"; x", "X-Forwarded-For: <x>", "Authorization: Bearer x", "Expect: 100-continue",
    "Authorization: Basic \xff", "Host: evil", "If-Match: \"x\"", "Origin: null", ": empty", "NoColon",
]  # fmt: skip
BODIES = [
    b"",
    b"query=ASK%7B%7D",
    b"ASK {}",
    b"\xff\xfe",
    b"<a:a> <a:b> 1 .",
    b"zz\r\nxx",
    b"0\r\n\r\n",
]


def raw(chance: random.Random) -> bytes:
    """Return the bytes of a request, a little or very wrong."""
    path = chance.choice(PATHS)
    pairs = [(chance.choice(NAMES), chance.choice(VALUES)) for _ in range(chance.randrange(4))]
    spelled = [
        f"{name}={quote(value, errors='surrogatepass') if chance.random() < 0.8 else value}"
        for name, value in pairs
    ]
    target = path + ("?" + "&".join(spelled) if spelled else "")
    lines = [f"{chance.choice(METHODS)} {target} HTTP/1.1", "Host: 127.0.0.1"]
    lines += chance.sample(HEADERS, chance.randrange(4))
    head = "\r\n".join([*lines, "Connection: close", "", ""]).encode("utf-8", "surrogatepass")
    request = bytearray(head + chance.choice(BODIES))
    for _ in range(chance.choice([0, 0, 0, 1, 3])):
        request[chance.randrange(len(request))] = chance.randrange(256)
    return bytes(request)


def answer(port: int, request: bytes) -> bytes:
    """Return what a server says to some bytes, after which nothing more comes."""
    with socket.create_connection(("127.0.0.1", port), timeout=LONGEST) as connection:
        try:
            connection.sendall(request)
            connection.shutdown(socket.SHUT_WR)
            return b"".join(iter(lambda: connection.recv(65536), b""))
        except (ConnectionResetError, BrokenPipeError):
            return b""


def test_no_bytes_bring_it_down(server, seed):
    chance, before = random.Random(seed), server.lasting
    for number in range(COUNT // 2):
        request = raw(chance)
        told = answer(server.port, request)
        assert b"Traceback" not in told, (number, request)
        for status in FAILED:
            assert not told.startswith(f"HTTP/1.1 {status}".encode()), (number, request, told[:900])
    with server.client() as client:
        assert client.get("/health").status == 200
    assert_well(server, before)
