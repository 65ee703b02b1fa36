"""The update operation of SPARQL 1.1 Protocol: who may, what it does, and when it is seen."""

import itertools
import signal
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urlencode

import pytest

EX = "http://example.org/"
SECONDS = 2
SETTINGS = {
    "UPDATE_SECONDS": SECONDS,
    "MAX_UPDATE_BYTES": 2_000_000,
    "READER_MEMORY": 256 * 1024 * 1024,
}

DIRECT = {"Content-Type": "application/sparql-update"}
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
BEARER = "Bearer"

LONG = f"""
INSERT {{ ?a <{EX}endless> ?b }}
WHERE {{ ?a <{EX}value> ?x . ?b <{EX}value> ?y . ?c <{EX}value> ?z . ?d <{EX}value> ?w
         FILTER(?x + ?y + ?z + ?w < 0) }}"""
"""An update that searches 10^8 combinations for what is not there."""

SOME_TIME = f"""
INSERT {{ <{EX}some> <{EX}time> ?n }}
WHERE {{ {{ SELECT (COUNT(*) AS ?n) {{
    ?a <{EX}value> ?x . ?b <{EX}value> ?y . ?c <{EX}value> ?z FILTER(?x + ?y + ?z > 0) }} }} }}"""
"""An update that takes a while, but not too long."""


@pytest.fixture
def subject():
    """An IRI that no other test uses, spelled."""
    return f"<{EX}subject{next(_numbers)}>"


_numbers = itertools.count()


@pytest.fixture
def graphs(client):
    """Names of two graphs of one triple each, in which `<…one>` and `<…two>` are 1 and 2."""
    number = next(_numbers)
    one, two = f"{EX}graph{number}/one", f"{EX}graph{number}/two"
    client.must_update(
        f"INSERT DATA {{ GRAPH <{one}> {{ <{one}> <{EX}in> 1 }} GRAPH <{two}> {{ <{two}> <{EX}in> 2 }} }}"
    )
    return one, two


# How an update is sent.


@pytest.mark.parametrize(
    "send",
    [
        lambda client, text: client.request("POST", "/update", text.encode(), DIRECT),
        lambda client, text: client.request(
            "POST",
            "/update",
            text.encode(),
            {"Content-Type": "application/sparql-update; charset=UTF-8"},
        ),
        lambda client, text: client.request(
            "POST", "/update", urlencode({"update": text}).encode(), FORM
        ),
    ],
    ids=["direct", "direct with charset", "form"],
)
def test_an_update_is_carried_out_however_it_is_sent(client, subject, send):
    answer = send(client, f'INSERT DATA {{ {subject} <{EX}p> "光伏" }}')
    assert answer.status == 204, answer
    assert answer.body == b""
    assert client.rows(f"SELECT ?o {{ {subject} ?p ?o }}") == [("光伏",)]


def test_two_operations_that_are_separated_by_a_semicolon_are_carried_out_in_order(client, subject):
    client.must_update(
        f"INSERT DATA {{ {subject} <{EX}p> 1, 2 }} ; DELETE DATA {{ {subject} <{EX}p> 1 }} ; "
        f"INSERT {{ {subject} <{EX}q> ?o }} WHERE {{ {subject} <{EX}p> ?o }}"
    )
    assert client.rows(f"SELECT ?o {{ {subject} <{EX}p> ?o }}") == [("2",)]
    assert client.rows(f"SELECT ?o {{ {subject} <{EX}q> ?o }}") == [("2",)]


INSERT = f"INSERT DATA {{ <{EX}never> <{EX}p> 1 }}"


@pytest.mark.parametrize(
    ("method", "target", "headers", "body", "expected"),
    [
        ("GET", "/update?" + urlencode({"update": INSERT}), {}, None, 405),
        ("HEAD", "/update?" + urlencode({"update": INSERT}), {}, None, 405),
        ("PUT", "/update", DIRECT, INSERT, 405),
        ("DELETE", "/update", DIRECT, INSERT, 405),
        ("POST", "/update", {"Content-Type": "text/plain"}, INSERT, 415),
        ("POST", "/update", {"Content-Type": "application/sparql-query"}, INSERT, 415),
        ("POST", "/update", {"Content-Type": "application/json"}, "{}", 415),
        ("POST", "/update", {}, INSERT, 415),
        ("POST", "/update", {"Content-Type": "application/sparql-update; charset=utf-16"}, INSERT, 415),
        ("POST", "/update", FORM, "", 400),
        ("POST", "/update", FORM, urlencode([("update", INSERT), ("update", INSERT)]), 400),
        ("POST", "/update", FORM, urlencode({"update": INSERT, "query": "ASK {}"}), 400),
        ("POST", "/update?" + urlencode({"query": "ASK {}"}), DIRECT, INSERT, 400),
        ("POST", "/update?" + urlencode({"update": INSERT}), DIRECT, INSERT, 400),
        ("POST", "/sparql", FORM, urlencode({"update": INSERT, "query": "ASK {}"}), 400),
        ("POST", "/sparql", FORM, urlencode({"update": INSERT}), 400),
        ("POST", "/sparql", FORM, urlencode({"query": "DROP ALL"}), 400),
        ("POST", "/sparql", FORM, urlencode({"query": INSERT}), 400),
        ("POST", "/sparql", {"Content-Type": "application/sparql-query"}, INSERT, 400),
        ("POST", "/sparql", DIRECT, INSERT, 415),
        ("GET", "/sparql?" + urlencode({"query": "DROP ALL"}), {}, None, 400),
        ("GET", "/sparql?" + urlencode({"update": INSERT}), {}, None, 400),
        ("POST", "/update", {**DIRECT, "X-HTTP-Method-Override": "GET"}, "ASK {}", 400),
    ],
)  # fmt: skip
def test_what_is_not_one_update_sent_as_the_protocol_says_changes_nothing(
    client, *, method, target, headers, body, expected
):
    before = client.count()
    answer = client.request(method, target, body.encode() if body is not None else None, headers)
    assert answer.status == expected, answer
    if expected == 405:
        assert answer.headers["Allow"] in ("POST", "OPTIONS, POST")
    assert client.count() == before


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (b"INSERT DATA { <http://e/s> <http://e/p> ", "malformed_query"),
        (b"", "malformed_query"),
        (b"SELECT * { ?s ?p ?o }", "malformed_query"),
        (b"INSERT DATA { <http://e/s> <http://e/p> ?o }", "malformed_query"),
        (b'INSERT DATA { <http://e/s> <http://e/p> "\xff" }', "malformed_query"),
        (b"INSERT DATA { <http://e/s p> <http://e/p> 1 }", "malformed_query"),
        (b"INSERT { ?s ?p ?f } WHERE { ?s ?p ?o BIND(<http://e/f>(?o) AS ?f) }", "unsupported_function"),
    ],
)  # fmt: skip
def test_an_update_that_is_not_well_formed_is_told_so(client, text, code):
    before = client.count()
    assert client.update(text).problem in {(400, code)} | ({(204, "")} if text == b"" else set())
    assert client.count() == before


def test_an_update_in_chunks_is_refused_since_it_may_have_been_cut(client):
    blocks = iter([f"INSERT DATA {{ <{EX}never> <{EX}p> 1 }}".encode()])
    answer = client.request("POST", "/update", blocks, DIRECT)
    assert answer.problem == (411, "length_required")
    assert not client.ask(f"<{EX}never> ?p ?o")


def test_an_update_that_is_too_long_is_refused(client):
    text = f'INSERT DATA {{ <{EX}never> <{EX}p> "{"x" * 2_000_000}" }}'.encode()
    answer = client.request("POST", "/update", text, DIRECT)
    assert answer.status == 413, answer
    assert answer.code in ("update_too_large", "query_too_large")
    assert not client.ask(f"<{EX}never> ?p ?o")


@pytest.mark.parametrize(
    "framing",
    [
        "Content-Length: 1000\r\n\r\n{update}",
        "Transfer-Encoding: chunked\r\n\r\n{length:x}\r\n{update}\r\n",
        "Transfer-Encoding: chunked\r\n\r\n{length:x}\r\n{update}\r\nnonsense\r\n",
        "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n{length:x}\r\n{update}\r\n0\r\n\r\n",
    ],
    ids=["shorter than declared", "no last chunk", "no chunk size", "two lengths"],
)
def test_an_update_that_is_cut_on_its_way_is_not_carried_out(client, framing):
    update = f"INSERT DATA {{ <{EX}cut> <{EX}p> 1 }} ;"
    head = (
        "POST /update HTTP/1.1\r\nHost: x\r\nContent-Type: application/sparql-update\r\n"
        "Authorization: Bearer b5c1d7-of-the-operator\r\n"
    )
    received = client.raw((head + framing.format(update=update, length=len(update))).encode())
    assert b" 204 " not in received
    assert not client.ask(f"<{EX}cut> ?p ?o")


# The dataset of an update (SPARQL 1.1 Protocol, 2.2.3).


@pytest.mark.parametrize(
    ("using", "update", "added", "removed"),
    [
        ("using-graph-uri", "INSERT { %T <{EX}seen> ?o } WHERE { ?s ?p ?o }", {"1"}, set()),
        ("using-graph-uri", "INSERT{%T <{EX}seen> ?o}WHERE{?s ?p ?o}", {"1"}, set()),
        ("using-graph-uri", "INSERT { %T <{EX}seen> ?o } WHERE { GRAPH ?g { ?s <{EX}in> ?o } }", set(), set()),
        ("using-graph-uri", "INSERT { %T <{EX}seen> ?o } # WHERE {\nWHERE { ?s ?p ?o }", {"1"}, set()),
        ("using-named-graph-uri", "INSERT { %T <{EX}seen> ?o } WHERE { GRAPH ?g { ?s ?p ?o } }", {"1"}, set()),
        ("using-named-graph-uri", "INSERT { %T <{EX}seen> ?o } WHERE { ?s ?p ?o }", set(), set()),
        ("using-graph-uri", "INSERT DATA { %T <{EX}seen> 7 }", {"7"}, set()),
        ("using-graph-uri", 'INSERT DATA { %T <{EX}seen> "WHERE { USING WITH" }', {"WHERE { USING WITH"}, set()),
        ("using-named-graph-uri", "DELETE WHERE { GRAPH ?g { ?s <{EX}in> ?o } }", set(), {"1"}),
        ("using-named-graph-uri", "DELETE { GRAPH ?g { ?s ?p ?o } } WHERE { GRAPH ?g { ?s ?p ?o } }", set(), {"1"}),
        ("using-named-graph-uri", "DELETEWHERE{GRAPH ?g{?s <{EX}in> ?o}}", set(), {"1"}),
        ("using-graph-uri", "DELETE WHERE { ?s <{EX}value> ?o }", set(), set()),
        ("using-graph-uri", "DELETEWHERE { ?s <{EX}value> ?o }", set(), set()),
        (
            "using-graph-uri",
            "INSERT { %T <{EX}seen> ?o } WHERE { ?s ?p ?o } ; INSERT { %T <{EX}also> ?o } WHERE { ?s ?p ?o }",
            {"1"},
            set(),
        ),
    ],
)  # fmt: skip
def test_the_dataset_of_the_request_is_what_where_runs_over(
    client, subject, graphs, *, using, update, added, removed
):
    one, two = graphs
    things = client.count(f"?s <{EX}value> ?o")
    text = update.replace("{EX}", EX).replace("%T", subject)
    assert client.update(text, [(using, one)]).status == 204
    assert {o for (o,) in client.rows(f"SELECT ?o {{ {subject} <{EX}seen> ?o }}")} == added
    left = {
        o
        for (o,) in client.rows(
            f"SELECT ?o {{ VALUES ?g {{ <{one}> <{two}> }} GRAPH ?g {{ ?s ?p ?o }} }}"
        )
    }
    assert left == {"1", "2"} - removed
    assert client.count(f"?s <{EX}value> ?o") == things


def test_the_dataset_may_be_given_in_the_form_of_an_update(client, subject, graphs):
    one, two = graphs
    update = f"INSERT {{ {subject} <{EX}seen> ?o }} WHERE {{ {{ ?s <{EX}in> ?o }} UNION {{ GRAPH ?g {{ ?s <{EX}in> ?o }} }} }}"
    form = [("using-graph-uri", one), ("using-graph-uri", two), ("update", update)]
    assert client.request("POST", "/update", urlencode(form).encode(), FORM).status == 204
    assert client.rows(f"SELECT ?o {{ {subject} ?p ?o }} ORDER BY ?o") == [("1",), ("2",)]


@pytest.mark.parametrize("using", ["using-graph-uri", "using-named-graph-uri"])
@pytest.mark.parametrize(
    "update",
    [
        "INSERT {{ <{EX}no> <{EX}p> ?o }} USING <{two}> WHERE {{ ?s ?p ?o }}",
        "INSERT {{ <{EX}no> <{EX}p> ?o }} USING NAMED <{two}> WHERE {{ GRAPH ?g {{ ?s ?p ?o }} }}",
        "INSERT {{ <{EX}no> <{EX}p> ?o }} USINGNAMED <{two}> WHERE {{ GRAPH ?g {{ ?s ?p ?o }} }}",
        "INSERT {{ <{EX}no> <{EX}p> ?o }} USINGNAMED<{two}>WHERE {{ GRAPH ?g {{ ?s ?p ?o }} }}",
        "WITH <{two}> INSERT {{ <{EX}no> <{EX}p> ?o }} WHERE {{ ?s ?p ?o }}",
        "with<{two}>INSERT {{ <{EX}no> <{EX}p> ?o }} WHERE {{ ?s ?p ?o }}",
        "PREFIX g: <{two}> WITHg: INSERT {{ <{EX}no> <{EX}p> ?o }} WHERE {{ ?s ?p ?o }}",
    ],
)
def test_a_dataset_in_the_request_and_in_the_update_exclude_each_other(
    client, graphs, using, update
):
    one, two = graphs
    answer = client.update(update.format(EX=EX, two=two), [(using, one)])
    assert answer.status == 400, answer
    assert not client.ask(f"<{EX}no> ?p ?o")
    assert not client.ask(f"GRAPH <{two}> {{ <{EX}no> ?p ?o }}")


@pytest.mark.parametrize("iri", ["nonsense", "", "http://e/ x", "http://e/>{}", "http://e/\n"])
def test_a_dataset_of_what_is_no_iri_is_refused(client, iri):
    assert client.update(INSERT, [("using-graph-uri", iri)]).problem == (400, "bad_input")


# Who may.


@pytest.mark.parametrize(
    ("target", "authorization", "status", "code"),
    [
        ("/update", None, 401, "unauthorized"),
        ("/update", "Bearer wrong", 401, "unauthorized"),
        ("/update", "Bearer", 401, "unauthorized"),
        ("/update", "Bearer ", 401, "unauthorized"),
        ("/update", "Basic b5c1d7-of-the-operator", 401, "unauthorized"),
        ("/update", "b5c1d7-of-the-operator", 401, "unauthorized"),
        ("/update", "Bearer B5C1D7-of-the-operator", 401, "unauthorized"),
        ("/update", "Bearer b5c1d7-of-the-operator x", 401, "unauthorized"),
        ("/update", "Bearer b5c1d7-of-the-operato", 401, "unauthorized"),
        ("/update", "Bearer \xff", 401, "unauthorized"),
        ("/update?token=b5c1d7-of-the-operator", None, 400, "bad_input"),
        ("/update?access_token=b5c1d7-of-the-operator", None, 400, "bad_input"),
        ("/update?token=b5c1d7-of-the-operator", "Bearer b5c1d7-of-the-operator", 400, "bad_input"),
    ],
)
@pytest.mark.parametrize("route", ["update", "PUT", "POST", "DELETE"])
def test_a_change_without_the_token_in_its_header_is_refused(
    client, *, route, target, authorization, status, code
):
    before = client.count()
    headers = {"Authorization": authorization} if authorization is not None else {}
    if route == "update":
        answer = client.request("POST", target, INSERT.encode(), {**headers, **DIRECT}, token=None)
    else:
        place = target.replace("/update?", "/graphs?default&").replace("/update", "/graphs?default")
        turtle = {**headers, "Content-Type": "text/turtle"}
        body = b"<http://e/s> <http://e/p> 1 ." if route != "DELETE" else None
        answer = client.request(route, place, body, turtle, token=None)
    assert answer.problem == (status, code), answer
    assert (answer.headers["WWW-Authenticate"] or "").startswith(BEARER) == (status == 401)
    assert client.count() == before


def test_a_token_in_the_form_is_none(client):
    body = urlencode({"update": INSERT, "access_token": "b5c1d7-of-the-operator"}).encode()
    assert client.request("POST", "/update", body, FORM, token=None).status == 401


def test_a_cookie_authorises_nothing(client):
    cookie = {**DIRECT, "Cookie": "token=b5c1d7-of-the-operator; session=b5c1d7-of-the-operator"}
    assert client.request("POST", "/update", INSERT.encode(), cookie, token=None).status == 401


def test_where_no_token_is_configured_nobody_may_change_anything(serving):
    changes = [
        ("POST", "/update", INSERT.encode()),
        ("PUT", "/graphs?default", b""),
        ("POST", "/graphs", b""),
        ("DELETE", "/graphs?default", None),
    ]
    with serving(TOKEN="") as server:
        for token, change in itertools.product([None, "", "b5c1d7-of-the-operator"], changes):
            answer = server.client.request(*change, DIRECT, token=token)
            assert answer.problem == (403, "forbidden"), (token, change, answer)
        assert server.client.count() == 100


def test_a_server_that_is_not_writable_takes_no_changes(serving):
    with serving(options={"writable": False}) as server:
        assert server.client.update(INSERT).problem == (403, "read_only")
        assert server.client.put(f"{EX}g", "").problem == (403, "read_only")
        assert server.client.delete(None).problem == (403, "read_only")
        assert server.client.health()["writer"] is None


@pytest.mark.parametrize("method", ["POST", "OPTIONS"])
@pytest.mark.parametrize("target", ["/update", "/graphs?default"])
def test_no_page_of_another_site_may_write(client, target, method):
    origin = {
        **DIRECT,
        "Origin": "https://evil.example",
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "authorization",
    }
    answer = client.request(method, target, b"", origin)
    assert not [name for name in answer.headers if name.lower().startswith("access-control-")]


# What the answer promises.


def test_what_a_change_answers_is_private_and_names_its_snapshot(client, subject):
    answer = client.must_update(f"INSERT DATA {{ {subject} <{EX}p> 1 }}")
    assert answer.headers["Cache-Control"] == "private, no-store"
    assert answer.headers["Content-Type"] is None
    assert client.query("ASK {}").snapshot == answer.snapshot
    assert client.health()["snapshot"] == answer.snapshot


def test_after_the_answer_every_query_of_every_client_sees_the_change(server, figure):
    acknowledged = [(0, "")]  # numbers, with the snapshots that the answers named
    seconds: list[float] = []
    checked: list[str] = []
    over = threading.Event()
    where = f"<{EX}counter> <{EX}at> ?n"

    def check() -> None:
        while not over.is_set():
            number, snapshot = acknowledged[-1]
            answer = server.client.query(f"SELECT ?n {{ {where} }}")
            rows = answer.json["results"]["bindings"] if answer.status == 200 else []
            seen = int(rows[0]["n"]["value"]) if rows else 0
            fresh = answer.status == 200 and seen >= number and answer.snapshot >= snapshot
            told = f"acknowledged {number} in {snapshot}, saw {seen} in {answer.snapshot}: {answer}"
            checked.append("" if fresh else told)

    threads = [threading.Thread(target=check) for _ in range(3)]
    for thread in threads:
        thread.start()
    while len(checked) < 400 or len(seconds) < 20:
        number = len(seconds) + 1
        begun = time.monotonic()
        answer = server.client.update(
            f"DELETE {{ {where} }} INSERT {{ <{EX}counter> <{EX}at> {number} }} "
            f"WHERE {{ OPTIONAL {{ {where} }} }}"
        )
        assert answer.status == 204, answer
        seconds.append(time.monotonic() - begun)
        acknowledged.append((number, answer.snapshot))
    over.set()
    for thread in threads:
        thread.join()
    figure("a small update amid queries", seconds)
    assert [stale for stale in checked if stale] == []


def test_a_validator_from_before_a_change_is_not_valid_after_it(client, subject):
    query = f"SELECT ?o {{ {subject} ?p ?o }}"
    first = client.query(query)
    known = {"If-None-Match": first.headers["ETag"]}
    assert client.query(query, known).status == 304
    client.must_update(f"INSERT DATA {{ {subject} <{EX}p> 1 }}")
    second = client.query(query, known)
    assert second.status == 200
    assert second.headers["ETag"] != first.headers["ETag"]
    assert [row["o"]["value"] for row in second.json["results"]["bindings"]] == ["1"]


@pytest.mark.parametrize(
    "failing",
    [
        f"INSERT {{ ?s <{EX}p> ?f }} WHERE {{ ?s ?p ?o BIND(<{EX}unknown>(?o) AS ?f) }}",
        f"DROP GRAPH <{EX}missing>",
        f"INSERT DATA {{ <{EX}a> <{EX}b> ",
    ],
)
def test_a_request_whose_last_operation_fails_changes_nothing(client, subject, failing):
    before = client.count()
    answer = client.update(
        f"INSERT DATA {{ {subject} <{EX}p> 1 }} ; DELETE WHERE {{ ?s <{EX}value> ?o }} ; {failing}"
    )
    assert answer.status in (400, 404), answer
    assert client.count() == before
    assert not client.ask(f"{subject} ?p ?o")
    client.must_update(f"INSERT DATA {{ {subject} <{EX}q> 1 }}")
    assert client.rows(f"SELECT ?p {{ {subject} ?p ?o }}") == [(f"{EX}q",)]


def test_updates_that_come_at_the_same_time_are_all_made(client, subject, unharmed):
    def change(number: int):
        return client.update(f"INSERT DATA {{ {subject} <{EX}p> {number} }}")

    with ThreadPoolExecutor(32) as threads:
        answers = list(threads.map(change, range(32)))
    assert [answer.status for answer in answers] == [204] * 32
    found = {int(o) for (o,) in client.rows(f"SELECT ?o {{ {subject} ?p ?o }}")}
    assert found == set(range(32))
    # The last snapshot that was named is the one from which on all can be seen.
    assert client.query("ASK {}").snapshot == max(answer.snapshot for answer in answers)


# Limits. What is stopped at one has changed nothing, then and later.


def test_an_update_that_runs_too_long_is_stopped_and_changes_nothing(client, subject, unharmed):
    begun = time.monotonic()
    answer = client.update(f"INSERT DATA {{ {subject} <{EX}p> 1 }} ; {LONG}")
    assert answer.problem == (503, "update_timeout"), answer
    assert answer.headers["Retry-After"]
    assert SECONDS <= time.monotonic() - begun < SECONDS + 2
    assert not client.ask(f"{subject} ?p ?o")
    client.must_update(f"INSERT DATA {{ {subject} <{EX}q> 1 }}")
    assert client.rows(f"SELECT ?p {{ {subject} ?p ?o }}") == [(f"{EX}q",)]


def test_an_update_that_is_stopped_takes_no_other_with_it(client, subject, unharmed):
    """Those before and after it, which the writer carries out together with it, are made."""
    texts = [f"INSERT DATA {{ {subject} <{EX}p> {number} }}" for number in range(5)]
    texts[2:2] = [f"INSERT DATA {{ {subject} <{EX}p> 99 }} ; {LONG}"]
    with ThreadPoolExecutor(len(texts) + 1) as threads:
        first = threads.submit(client.update, SOME_TIME)  # while the writer is at it, they gather
        time.sleep(0.1)
        rest = []
        for text in texts:
            rest.append(threads.submit(client.update, text))
            time.sleep(0.03)  # so that they wait in this order
        problems = [answer.result().problem for answer in rest]
        assert first.result().status == 204
    assert problems == [(204, "")] * 2 + [(503, "update_timeout")] + [(204, "")] * 3
    found = {int(o) for (o,) in client.rows(f"SELECT ?o {{ {subject} <{EX}p> ?o }}")}
    assert found == set(range(5))


def test_an_update_that_is_stopped_while_it_is_being_committed_does_not_appear_later(
    server, client, subject
):
    """The log of the working copy may hold what the client was told was not made."""
    client.must_update(f"INSERT DATA {{ {subject} <{EX}p> 0 }}")  # so that there is a working copy
    (updater,) = server.updaters
    work = server.database / "staging" / "work"
    size = _log_size(work)
    bulk = f"""INSERT {{ ?a <{EX}bulk> ?n }} WHERE {{ VALUES ?z {{ 0 1 2 3 }}
        ?a <{EX}value> ?x . ?b <{EX}value> ?y BIND(10 * ?y + ?z AS ?n) }}"""
    with ThreadPoolExecutor(1) as thread:
        answer = thread.submit(client.update, bulk)
        while _log_size(work) == size and not answer.done():
            pass
        time.sleep(0.05)  # the log is written by now, and what it is for is going on
        server.kill(updater, signal.SIGSTOP)
        status = answer.result().status
    server.kill(updater, signal.SIGCONT)
    client.must_update(f"INSERT DATA {{ {subject} <{EX}p> 1 }}")
    expected = 40_000 if status == 204 else 0
    assert client.count(f"?s <{EX}bulk> ?o") == expected, status


def _log_size(work: Path) -> int:
    return sum(file.stat().st_size for file in work.glob("*.log"))


def test_an_update_that_needs_too_much_memory_is_stopped_and_changes_nothing(
    client, subject, unharmed
):
    doubled = " ".join(f"BIND(CONCAT(?s{n}, ?s{n}) AS ?s{n + 1})" for n in range(33))
    answer = client.update(
        f"INSERT DATA {{ {subject} <{EX}p> 1 }} ; INSERT {{ {subject} <{EX}p> ?s33 }} "
        f'WHERE {{ BIND("abcdefgh" AS ?s0) {doubled} }}'
    )
    assert answer.problem == (503, "update_memory"), answer
    assert not client.ask(f"{subject} ?p ?o")


@pytest.mark.parametrize("depth", [1_000, 20_000])
@pytest.mark.parametrize(
    ("before", "opening", "middle", "closing", "after"),
    [
        ("DELETE { ?s ?p ?o } WHERE ", "{ ", "?s ?p 12345", "} ", ""),
        ("INSERT { ?s ?p ?o } WHERE { ?s ?p ?o FILTER ", "(", "?o = 12345", ")", "}"),
        ("INSERT { ?s ?p ?f } WHERE { ?s ?p ?o BIND(", "STR(", "?o", ")", " AS ?f) FILTER(?o = 12345) }"),
        ("INSERT { ?s ?p ?o } WHERE { ?s ", "(", "<http://e/p>", ")", " ?o }"),
        ("INSERT { ?s ?p ?o } WHERE { ?s ?p ", "( ", "12345", ") ", "}"),
        ("INSERT { ?s ?p ?o } WHERE { ?s ?p ", "[ <http://e/p> ", "12345", "] ", "}"),
        ("INSERT DATA { <http://e/s> <http://e/p> ", "<<( <http://e/s> <http://e/p> ", "1", " )>>", " }"),
        ("INSERT { ?s ?p ?o } WHERE { ?s ?p ?o ", "FILTER EXISTS { ?s ?p 12345 ", "", "}", "}"),
        ("INSERT { ?s ?p ?o } WHERE { ?s ?p ?o FILTER(?o = 12345 ", "|| ?o = 12345 ", "", "", ") }"),
        ("", "INSERT DATA { } ; ", "INSERT DATA { }", "", ""),
    ],
    ids=[
        "braces",
        "parentheses",
        "functions",
        "paths",
        "lists",
        "blank nodes",
        "triple terms",
        "EXISTS",
        "alternatives",
        "operations",
    ],
)  # fmt: skip
def test_an_update_that_is_nested_deeply_never_ends_the_writer(
    client, unharmed, *, depth, before, opening, middle, closing, after
):
    answer = client.update(before + depth * opening + middle + depth * closing + after)
    assert answer.problem in {
        (204, ""),
        (400, "malformed_query"),
        (400, "too_deep"),
        (503, "update_timeout"),
        (503, "update_memory"),
    }, answer


# What would reach another server (threats S3). Nobody connects, whatever is answered.


@pytest.mark.parametrize(
    ("update", "code"),
    [
        ("LOAD <http://{at}/x>", "load_disabled"),
        ("LOAD<http://{at}/x>", "load_disabled"),
        ("LOAD SILENT <http://{at}/x>", "load_disabled"),
        ("load silent <http://{at}/x> into graph <http://e/g>", "load_disabled"),
        ("LOADSILENT<http://{at}/x>INTOGRAPH<http://e/g>", "load_disabled"),
        ("# comment\nLOAD # another\n<http://{at}/x>", "load_disabled"),
        ("CREATE SILENT GRAPH <http://e/g> ; LOAD SILENT <http://{at}/x>", "load_disabled"),
        ("INSERT DATA {{ <http://e/s> <http://e/p> '}}' }} ; LOAD <http://{at}/x>", "load_disabled"),
        ("PREFIX : <http://{at}/> LOAD :x", "load_disabled"),
        ("PREFIX : <http://{at}/> LOAD:x", "load_disabled"),
        ("BASE <http://{at}/> LOAD <x>", "load_disabled"),
        ("LOAD <file:///etc/passwd>", "load_disabled"),
        ("LOAD SILENT <file:///etc/passwd> INTO GRAPH <http://e/g>", "load_disabled"),
        ("LOAD <ftp://{at}/x>", "load_disabled"),
        ("INSERT {{ ?s ?p ?o }} WHERE {{ SERVICE <http://{at}/x> {{ ?s ?p ?o }} }}", "federation_disabled"),
        ("INSERT {{ ?s ?p ?o }} WHERE {{ SERVICE SILENT <http://{at}/x> {{ ?s ?p ?o }} }}", "federation_disabled"),
        ("INSERT {{ ?s ?p ?o }} WHERE {{SERVICE<http://{at}/x>{{ ?s ?p ?o }}}}", "federation_disabled"),
        ("DELETE {{ ?s ?p ?o }} WHERE {{ VALUES ?e {{ <http://{at}/x> }} SERVICE ?e {{ ?s ?p ?o }} }}", "federation_disabled"),
        ("INSERT {{ ?s ?p ?o }} WHERE {{ {{ SELECT * {{ SERVICE <http://{at}/x> {{ ?s ?p ?o }} }} }} }}", "federation_disabled"),
        ("DELETE WHERE {{ SERVICE <http://{at}/x> {{ ?s ?p ?o }} }}", "federation_disabled"),
        ("\\u004COAD <http://{at}/x>", "load_disabled"),
        ("INSERT {{ ?s ?p ?o }} WHERE {{ \\u0053ERVICE <http://{at}/x> {{ ?s ?p ?o }} }}", "federation_disabled"),
    ],
)  # fmt: skip
def test_an_update_that_would_reach_another_server_is_refused(client, unconnected, update, code):
    before = client.count()
    for address in unconnected.addresses:
        assert client.update(update.format(at=address)).problem == (403, code)
    assert client.count() == before


@pytest.mark.parametrize(
    "update",
    [
        "INSERT {{ ?s <http://e/never> ?o }} USING <http://{at}/x> WHERE {{ ?s ?p ?o }}",
        "INSERT {{ ?s <http://e/never> ?o }} USING NAMED <http://{at}/x> WHERE {{ GRAPH ?g {{ ?s ?p ?o }} }}",
        "WITH <http://{at}/x> DELETE {{ ?s ?p ?o }} WHERE {{ ?s ?p ?o }}",
        "CLEAR SILENT GRAPH <http://{at}/x>",
        "ADD SILENT <http://{at}/x> TO <http://e/never>",
        "INSERT {{ ?s <http://e/never> ?o }} WHERE {{ GRAPH <http://{at}/x> {{ ?s ?p ?o }} }}",
        "DELETE DATA {{ <http://{at}/x> <http://e/p> 'LOAD <http://{at}/x>' }}",
    ],
)
def test_an_address_in_an_update_is_only_a_name(client, unconnected, update):
    before = client.count()
    for address in unconnected.addresses:
        assert client.update(update.format(at=address)).status == 204
    assert client.count() == before


def test_an_address_in_the_dataset_is_only_a_name(client, unconnected):
    update = "INSERT { ?s <http://e/never> ?o } WHERE { ?s ?p ?o }"
    for address in unconnected.addresses:
        for name in ("using-graph-uri", "using-named-graph-uri"):
            assert client.update(update, [(name, f"http://{address}/x")]).status == 204
    assert client.update(update, [("using-graph-uri", "file:///etc/passwd")]).status == 204
    assert not client.ask("?s <http://e/never> ?o")
