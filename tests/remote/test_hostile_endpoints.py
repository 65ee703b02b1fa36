"""Endpoints that are slow, endless, cut off, elsewhere or something else (threats S7, S9)."""

import base64
import contextlib
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from kg.errors import Cancelled, KgError, RemoteFailed, RemoteTimeout
from kg.store import Cancellation, Limits
from kg.store.admission import Lane
from kg.store.pool import Pool
from kg.store.remote import Endpoint

HOST = "127.0.0.1"
JSON = "application/sparql-results+json"
ROW = b'{"head":{"vars":["x"]},"results":{"bindings":[{"x":{"type":"uri","value":"http://e/1"}}]}}'
TRIPLES = b"<http://e/s> <http://e/p> <http://e/1> .\n<http://e/s> <http://e/p> <http://e/2> .\n"
DEADLINE = 1.0


def headers(handler, status=200, media_type=JSON, **more):
    handler.send_response(status)
    handler.send_header("Content-Type", media_type)
    for name, value in more.items():
        handler.send_header(name.replace("_", "-"), value)
    handler.end_headers()


def fine(handler):
    headers(handler, Content_Length=len(ROW))
    handler.wfile.write(ROW)


def drip(handler):
    """A byte now and then, for ever."""
    headers(handler, Content_Length=10_000_000)
    for _ in range(200):
        handler.wfile.write(b" ")
        handler.wfile.flush()
        time.sleep(0.1)


def silent(handler):
    """Nothing at all."""
    time.sleep(20)
    fine(handler)


def huge(handler):
    """More than anybody reads."""
    headers(handler, Content_Length=len(ROW) + 300_000_000)
    handler.wfile.write(ROW[:-3])
    for _ in range(300):
        handler.wfile.write(b" " * 1_000_000)
    handler.wfile.write(ROW[-3:])


def cut(handler):
    """Less than was announced, at a place where the rest is well-formed."""
    headers(handler, media_type="application/n-triples", Content_Length=2 * len(TRIPLES))
    handler.wfile.write(TRIPLES)


def cut_in_chunks(handler):
    headers(handler, media_type="application/n-triples", Transfer_Encoding="chunked")
    handler.wfile.write(b"%x\r\n%s\r\n" % (len(TRIPLES), TRIPLES))


def cut_json(handler):
    headers(handler, Content_Length=len(ROW) - 2)
    handler.wfile.write(ROW[:-2])


def page(handler):
    """A page for people, with status 200."""
    headers(handler, media_type="text/html", Content_Length=5)
    handler.wfile.write(b"<html")


def typed_wrongly(handler):
    headers(handler, Content_Length=5)
    handler.wfile.write(b"<html")


def yes(handler):
    """An answer to another question."""
    answer = b'{"head":{},"boolean":true}'
    headers(handler, Content_Length=len(answer))
    handler.wfile.write(answer)


def endless_header(handler):
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nX: " + b"x" * 10_000_000 + b"\r\n\r\n")


def no_http(handler):
    handler.wfile.write(b"SSH-2.0-OpenSSH_9\r\n")


def full(handler):
    """As many rows as an endpoint sends at most."""
    headers(handler, Content_Length=len(ROW), X_SPARQL_MaxRows=1)
    handler.wfile.write(ROW)


def entities(handler):
    """XML that would grow, and look into files."""
    answer = (
        b'<!DOCTYPE sparql [<!ENTITY a SYSTEM "file:///etc/passwd">]>'
        b'<sparql xmlns="http://www.w3.org/2005/sparql-results#"><head><variable name="x"/></head>'
        b"<results><result><binding name='x'><literal>&a;</literal></binding></result></results>"
        b"</sparql>"
    )
    headers(handler, media_type="application/sparql-results+xml", Content_Length=len(answer))
    handler.wfile.write(answer)


def status(code):
    def answer(handler):
        headers(handler, code, "text/plain", Content_Length=9)
        handler.wfile.write(b"told\x1b[2J\n")

    return answer


WAYS = {
    function.__name__: function
    for function in (
        fine, drip, silent, huge, cut, cut_in_chunks, cut_json, page, typed_wrongly, yes,
        endless_header, no_http, full, entities,
    )
} | {str(code): status(code) for code in (400, 401, 403, 404, 429, 500, 502, 503)}  # fmt: skip


class Elsewhere(ThreadingHTTPServer):
    """A server that answers as the path says, and remembers what it was sent."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__((HOST, 0), Handler)
        self.seen: list[tuple[str, str | None]] = []
        self.lead_to = ""

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self.server_port}"


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.server.seen.append((self.path, self.headers.get("Authorization")))
        self.close_connection = True
        name = self.path.strip("/").partition("?")[0]
        with contextlib.suppress(OSError):
            if name.startswith("to"):
                headers(self, int(name[2:]), Location=self.server.lead_to, Content_Length=0)
            else:
                WAYS[name](self)

    def log_message(self, *_) -> None:
        """Keep quiet."""


@pytest.fixture(scope="module")
def serve():
    with contextlib.ExitStack() as stack:

        def start() -> Elsewhere:
            server = Elsewhere()
            threading.Thread(target=server.serve_forever, daemon=True).start()
            stack.callback(server.server_close)
            stack.callback(server.shutdown)
            return server

        yield start


@pytest.fixture(scope="module")
def server(serve):
    return serve()


@pytest.fixture(scope="module")
def pool():
    pool = Pool(readers=2, memory=1024**3, federation=True)
    yield pool
    pool.close()


@pytest.fixture
def asked(pool, server):
    """Asks the server in one of its ways."""

    def ask(way: str, text: str = "SELECT ?x { ?x ?y ?z }", **endpoint):
        limits = Limits(DEADLINE, 1_000_000)
        store = pool.remote(
            Endpoint(f"{server.url}/{way}", **endpoint), "remote", Lane.QUERY, limits
        )
        return store.query(text)

    return ask


CONSTRUCT = "CONSTRUCT { ?s ?p ?o } WHERE { ?s ?p ?o }"


def test_an_endpoint_that_answers_is_understood(asked):
    (row,) = asked("fine").solutions()
    assert row["x"].value == "http://e/1"


@pytest.mark.parametrize("way", ["drip", "silent"])
def test_a_slow_endpoint_is_given_up_at_the_deadline(asked, way):
    begun = time.monotonic()
    with pytest.raises(RemoteTimeout):
        asked(way)
    assert DEADLINE <= time.monotonic() - begun < DEADLINE + 5


@pytest.mark.parametrize(
    ("way", "text", "code"),
    [
        ("huge", "SELECT ?x { ?x ?y ?z }", "remote_too_large"),
        ("cut", CONSTRUCT, "remote_bad_response"),
        ("cut_in_chunks", CONSTRUCT, "remote_bad_response"),
        ("cut_json", "SELECT ?x { ?x ?y ?z }", "remote_bad_response"),
        ("page", "SELECT ?x { ?x ?y ?z }", "remote_bad_response"),
        ("typed_wrongly", "SELECT ?x { ?x ?y ?z }", "remote_bad_response"),
        ("yes", "SELECT ?x { ?x ?y ?z }", "remote_bad_response"),
        ("fine", "ASK { ?x ?y ?z }", "remote_bad_response"),
        ("fine", CONSTRUCT, "remote_bad_response"),
        ("endless_header", "SELECT ?x { ?x ?y ?z }", "remote_bad_response"),
        ("no_http", "SELECT ?x { ?x ?y ?z }", "remote_bad_response"),
        ("full", "SELECT ?x { ?x ?y ?z }", "remote_truncated"),
        ("entities", "SELECT ?x { ?x ?y ?z }", "remote_bad_response"),
        ("400", "SELECT ?x { ?x ?y ?z }", "malformed_query"),
        ("401", "SELECT ?x { ?x ?y ?z }", "remote_error"),
        ("403", "SELECT ?x { ?x ?y ?z }", "remote_error"),
        ("404", "SELECT ?x { ?x ?y ?z }", "remote_error"),
        ("429", "SELECT ?x { ?x ?y ?z }", "remote_busy"),
        ("500", "SELECT ?x { ?x ?y ?z }", "remote_error"),
        ("502", "SELECT ?x { ?x ?y ?z }", "remote_error"),
        ("503", "SELECT ?x { ?x ?y ?z }", "remote_busy"),
    ],
)
def test_what_is_no_answer_is_told_and_never_taken_for_one(asked, way, text, code):
    with pytest.raises(KgError) as caught:
        asked(way, text)
    assert caught.value.code == code
    assert len(caught.value.message) < 500
    assert "root:" not in caught.value.message


@pytest.mark.parametrize("code", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed_with_or_without_credentials(serve, pool, server, code):
    second = serve()
    server.lead_to = f"{second.url}/fine"
    for endpoint in (
        Endpoint(f"{server.url}/to{code}", user="me", password="secret"),
        Endpoint(f"{server.url}/to{code}", token="secret"),
        Endpoint(f"{server.url}/to{code}"),
    ):
        store = pool.remote(endpoint, "remote", Lane.QUERY, Limits(5))
        with pytest.raises(RemoteFailed) as caught:
            store.query("ASK {}")
        assert caught.value.code == "remote_redirect"
    assert second.seen == []


def test_credentials_and_parameters_are_sent(asked, server):
    asked("fine", user="me", password="密码", parameters=(("infer", "false"),))
    _, authorization = server.seen[-1]
    assert authorization == "Basic " + base64.b64encode("me:密码".encode()).decode()
    asked("fine", token="secret")
    assert server.seen[-1][1] == "Bearer secret"


def test_nobody_is_waited_for_whose_client_has_left(pool, server):
    cancellation = Cancellation()
    store = pool.remote(Endpoint(f"{server.url}/silent"), "remote", Lane.QUERY)
    threading.Timer(0.3, cancellation.cancel).start()
    begun = time.monotonic()
    with pytest.raises(Cancelled):
        store.query("ASK {}", limits=Limits(15, cancellation=cancellation))
    assert time.monotonic() - begun < 10


@pytest.mark.parametrize("url", ["http://127.0.0.1:1/sparql", "http://no.such.host.invalid/sparql"])
def test_an_endpoint_that_is_not_there_is_told(pool, url):
    store = pool.remote(Endpoint(url), "remote", Lane.QUERY, Limits(10))
    with pytest.raises(RemoteFailed, match="cannot be reached") as caught:
        store.query("ASK {}")
    assert caught.value.code == "remote_unreachable"
