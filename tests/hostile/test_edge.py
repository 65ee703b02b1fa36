"""What clients do to the edge of the service: hosts, caches, methods, slowness (threats A, C, N)."""

import contextlib
import http.client
import re
import socket
import threading
import time

import pytest

from kg import settings
from kg.web.auth import bears_token

SLOW = 1.0
SETTINGS = {"SLOW_SECONDS": SLOW, "TRUSTED_HOSTS": "127.0.0.1,kg.test"}
EVIL = "evil.example"
ASK = "/sparql?query=ASK%7B%7D"
PAGES = ("/", "/browse", "/sparql", "/dataset", "/page?iri=https://kg.example/id/t1", "/nowhere")
HTML = {"Accept": "text/html"}
CROWD = 60
"""Slow clients of each kind."""


@pytest.fixture(scope="module")
def server(serving, database, tmp_path_factory):
    folder = tmp_path_factory.mktemp("edge")
    with serving(database, folder, SETTINGS, options=["--writable"]) as running:
        yield running


@pytest.fixture
def client(server):
    with server.client() as client:
        yield client


def sent(server, request: bytes) -> bytes:
    """Return all that comes back for some bytes until the server closes the connection."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=20) as connection:
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            connection.sendall(request)
        with contextlib.suppress(ConnectionResetError):
            return b"".join(iter(lambda: connection.recv(65536), b""))
        return b""


def status(told: bytes) -> int:
    """Return the status of the first answer; 0 for a connection that was only closed."""
    found = re.match(rb"HTTP/1\.[01] (\d{3})", told)
    return int(found[1]) if found else 0


class TestWhoMay:
    """Rows A."""

    def test_how_much_of_a_token_is_right_cannot_be_told_by_the_time(self):
        """A token so long that a comparison which ends at the first difference shows."""
        token = "x" * 4_000_000
        options = settings.Settings(token=token)

        def best(given: str) -> float:
            times = []
            for _ in range(7):
                begun = time.perf_counter()
                assert not bears_token(options, f"Bearer {given}")
                times.append(time.perf_counter() - begun)
            return min(times)

        wrong_first, wrong_last = best("y" + token[1:]), best(token[:-1] + "y")
        assert 0.5 < wrong_first / wrong_last < 2

    @pytest.mark.parametrize(
        ("method", "target", "headers"),
        [
            ("HEAD", "/update", {}),
            ("GET", "/update?update=DROP+ALL", {}),
            ("OPTIONS", "/update", {}),
            ("OPTIONS", "/graphs?default", {}),
            ("GET", "/graphs?default", {"X-HTTP-Method-Override": "DELETE"}),
            ("HEAD", "/graphs?default", {"X-Method-Override": "DELETE"}),
            ("GET", "/graphs?default&_method=DELETE", {}),
            ("POST", ASK, {"X-HTTP-Method-Override": "DELETE"}),
            ("TRACE", "/graphs?default", {}),
        ],
    )
    def test_no_other_method_or_word_changes_anything(self, client, method, target, headers):
        before = client.get("/health").json["snapshot"]
        token = {"Authorization": "Bearer operator"}
        assert client.request(method, target, headers | token).status in {200, 400, 405, 415}
        assert client.get("/health").json["snapshot"] == before

    @pytest.mark.parametrize(
        ("target", "kind", "body"),
        [
            (ASK.replace("ASK%7B%7D", "DROP+ALL"), "application/x-www-form-urlencoded", b""),
            ("/sparql", "application/sparql-query", b"INSERT DATA { <a:a> <a:b> 1 }"),
            ("/sparql", "application/sparql-query", b"ASK {} ; DROP ALL"),
            ("/sparql?query=ASK%7B%7D&update=DROP+ALL", "application/sparql-query", b"ASK {}"),
            ("/sparql", "application/x-www-form-urlencoded", b"query=ASK%7B%7D&update=DROP+ALL"),
        ],
    )
    def test_a_query_is_no_way_to_change_anything(self, client, target, kind, body):
        before = client.get("/health").json["snapshot"]
        token = {"Authorization": "Bearer operator", "Content-Type": kind}
        assert client.request("POST", target, token, body).status == 400
        assert client.get("/health").json["snapshot"] == before

    @pytest.mark.parametrize("kind", ["application/x-www-form-urlencoded", "text/plain"])
    def test_a_form_at_another_site_changes_nothing(self, client, kind):
        """What a browser sends without asking first; it has cookies, and no way to the token."""
        before = client.get("/health").json["snapshot"]
        headers = {
            "Content-Type": kind,
            "Origin": f"https://{EVIL}",
            "Sec-Fetch-Site": "cross-site",
            "Cookie": "token=operator; session=operator; Authorization=Bearer operator",
        }
        answer = client.request("POST", "/update", headers, b"update=DROP+ALL")
        assert (answer.status, answer.code) == (401, "unauthorized")
        assert client.get("/health").json["snapshot"] == before


class TestCaches:
    """Rows C."""

    @pytest.mark.parametrize("host", [EVIL, '"><script>', "127.0.0.1.evil.example", "", "a b"])
    @pytest.mark.parametrize("target", ["/", ASK, "/id/t1"])
    def test_a_host_that_is_not_ours_is_refused(self, client, host, target):
        for accept in (HTML, {}):
            answer = client.get(target, {"Host": host, **accept})
            assert answer.status == 400
            assert b"<script>" not in answer.body

    @pytest.mark.parametrize("target", PAGES)
    def test_what_a_request_says_beside_its_address_stands_on_no_page(self, client, target):
        words = {
            "X-Forwarded-Host": EVIL,
            "X-Forwarded-Proto": "evil-scheme",
            "X-Forwarded-Prefix": "/evil-prefix",
            "X-Forwarded-For": "evil-client",
            "X-Original-URL": "/evil-address",
            "X-Rewrite-URL": "/evil-address",
            "Forwarded": f"host={EVIL};proto=evil",
            "Referer": f"https://{EVIL}/",
            "Origin": f"https://{EVIL}",
            "User-Agent": "evil-agent",
            "Cookie": "kg-lang=evil; kg-content=evil; evil=1",
        }
        answer = client.get(target, {**HTML, **words})
        assert b"evil" not in answer.body
        assert "evil" not in str(answer.headers)
        assert client.get(f"{target}{'&' if '?' in target else '?'}evil=1", HTML).status < 500

    @pytest.mark.parametrize("target", ["/page?iri=https://kg.example/id/t1", ASK, "/browse"])
    def test_each_form_of_an_answer_is_told_from_the_others(self, client, target):
        forms = [
            {"Accept": accept, "Accept-Encoding": encoding, "Accept-Language": language}
            for accept in ("text/html", "application/json")
            for encoding in ("identity", "gzip")
            for language in ("en", "zh")
        ]
        known: dict[str, bytes] = {}
        for form in forms:
            answer = client.get(target, form)
            vary = {each.strip() for each in answer.headers["Vary"].split(",")}
            assert {"Accept", "Accept-Encoding"} <= vary
            if answer.headers.get_content_type() == "text/html":
                assert {"Accept-Language", "Cookie"} <= vary
            assert known.setdefault(answer.headers["ETag"], answer.body) == answer.body

    @pytest.mark.parametrize("target", ["/queries", "/update"])
    def test_what_an_operator_is_told_is_kept_by_no_cache(self, server, target):
        token = {"Authorization": "Bearer operator", "Content-Type": "application/sparql-update"}
        method, body = ("POST", b"INSERT DATA {}") if target == "/update" else ("GET", None)
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=20)
        connection.request(method, target, body, token)
        answer = connection.getresponse()
        assert answer.status in {200, 204}
        connection.close()
        assert "no-store" in answer.headers["Cache-Control"]


class TestRawBytes:
    """Row N2."""

    HEAD = b"Host: 127.0.0.1\r\n"

    @pytest.mark.parametrize(
        ("name", "request_", "expected"),
        [
            (
                "two lengths",
                b"POST /sparql HTTP/1.1\r\n" + HEAD + b"Content-Length: 5\r\nContent-Length: 6\r\n",
                {400},
            ),
            (
                "a length that is none",
                b"POST /sparql HTTP/1.1\r\n" + HEAD + b"Content-Length: -1\r\n",
                {400},
            ),
            (
                "large headers",
                b"GET / HTTP/1.1\r\n" + HEAD + b"X: " + b"x" * 140_000 + b"\r\n",
                {431},
            ),
            (
                "many headers",
                b"GET / HTTP/1.1\r\n"
                + HEAD
                + b"".join(b"X-%d: x\r\n" % number for number in range(1000)),
                {431},
            ),
            (
                "a long address",
                b"GET /?q=" + b"x" * 70_000 + b" HTTP/1.1\r\n" + HEAD,
                {414, 431},
            ),
            ("a folded header", b"GET / HTTP/1.1\r\n" + HEAD + b"X: a\r\n b\r\n", {400}),
            ("space before the colon", b"GET / HTTP/1.1\r\n" + HEAD + b"X : a\r\n", {400}),
        ],
        ids=lambda value: value if isinstance(value, str) else "",
    )
    def test_a_head_that_could_be_read_in_two_ways_is_refused(
        self, server, name, request_, expected
    ):
        assert status(sent(server, request_ + b"Connection: close\r\n\r\n")) in expected

    def test_a_request_within_the_body_of_another_is_not_carried_out(self, server, client):
        """Where a length and chunks contradict each other, chunks count, or nothing does."""
        before = client.get("/health").json["snapshot"]
        hidden = (
            b"POST /update HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer operator\r\n"
            b"Content-Type: application/sparql-update\r\nContent-Length: 30\r\n\r\n"
            b"INSERT DATA { <a:a> <a:b> 1 } "
        )
        told = sent(
            server,
            b"POST /sparql HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: %d\r\n"
            b"Transfer-Encoding: chunked\r\nContent-Type: application/sparql-query\r\n\r\n"
            b"0\r\n\r\n" % (len(hidden) + 5) + hidden,
        )
        assert told.count(b"HTTP/1.1 ") <= 1
        assert client.get("/health").json["snapshot"] == before

    def test_a_long_query_may_stand_in_an_address(self, client):
        assert client.get(ASK + "%23" + "x" * 20_000).status == 200


class TestSlowness:
    """Row N1."""

    def test_slow_clients_take_nothing_from_others_and_are_cut(self, server, client):
        heads = [slow(server, b"GET / HTTP/1.1\r\nX: ") for _ in range(CROWD)]
        bodies = [
            slow(
                server,
                b"POST /sparql HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 9000\r\n"
                b"Content-Type: application/sparql-query\r\n\r\nA",
            )
            for _ in range(CROWD)
        ]
        begun, over = time.monotonic(), threading.Event()
        dripping = threading.Thread(target=drip, args=([*heads, *bodies], over))
        dripping.start()
        times = []
        while time.monotonic() < begun + SLOW / 2:
            times.append(client.get(ASK).seconds)
        closed = [is_closed(each, begun + 4 * SLOW) for each in (*heads, *bodies)]
        over.set()
        dripping.join()
        assert sorted(times)[int(0.95 * len(times))] < 0.5  # alone it is some milliseconds
        assert all(closed)
        assert client.get("/health").status == 200

    def test_who_takes_nothing_of_an_answer_is_cut(self, server, client):
        query = "SELECT+*+%7B%3Fa+%3Fb+%3Fc.%3Fd+%3Fe+%3Ff%7DLIMIT+100000"
        before = server.descriptors
        head = f"GET /sparql?query={query} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
        with slow(server, head.encode()) as connection:
            time.sleep(4 * SLOW + 1)
            total = 0
            with contextlib.suppress(ConnectionResetError):
                while block := connection.recv(1 << 20):
                    total += len(block)
            declared = 10_000_000
            assert total < declared
        assert client.get("/health").status == 200
        assert server.descriptors <= before + 5


def slow(server, beginning: bytes) -> socket.socket:
    connection = socket.create_connection(("127.0.0.1", server.port), timeout=20)
    connection.sendall(beginning)
    return connection


def drip(connections: list[socket.socket], over: threading.Event) -> None:
    """Send a byte over each connection from time to time."""
    while not over.wait(0.3):
        for each in connections:
            with contextlib.suppress(OSError):
                each.sendall(b"x")


def is_closed(connection: socket.socket, deadline: float) -> bool:
    """Return whether a connection comes to its end before a time."""
    with connection, contextlib.suppress(ConnectionResetError, BrokenPipeError):
        connection.settimeout(max(0.01, deadline - time.monotonic()))
        try:
            while connection.recv(65536):
                pass
        except TimeoutError:
            return False
    return True


@pytest.mark.parametrize("words", ["__debugger__=yes&cmd=resource&f=style.css", "__debugger__=yes"])
def test_there_is_no_console_for_debugging(serving, database, tmp_path, monkeypatch, words):
    """Row N3: not even where somebody left Flask's switches on."""
    for name, value in (("FLASK_DEBUG", "1"), ("FLASK_ENV", "development")):
        monkeypatch.setenv(name, value)
    with serving(database, tmp_path, {}) as running, running.client() as client:
        for target in (f"/?{words}", f"/console?{words}", f"/nowhere?{words}"):
            answer = client.get(target, HTML)
            assert answer.status in {200, 404}
            assert b"Werkzeug" not in answer.body
            assert b"EVALEX" not in answer.body
