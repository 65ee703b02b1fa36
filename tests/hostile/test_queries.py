"""Queries that were written to do harm cost a reader at most; everybody else is served.

With `LONG=1` in the environment the shapes are sent in every size, with more time for each.
"""

import os
import signal
import socket
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

LONG = os.environ.get("LONG") == "1"
SETTINGS = {"QUERY_SECONDS": 1.0 if LONG else 0.2, "READERS": 2}
PATIENT = {
    "QUERY_SECONDS": 30,
    "READERS": 2,
    "READER_MEMORY": 512 * 1024 * 1024,
    "MAX_RESULT_BYTES": 4 * 1024 * 1024,
}
QUEUE = 32
UNUSED = 64 * 1024 * 1024
"""Bytes that a reader has before its first query."""

SLACK = 5.0
"""Seconds past the deadline that a machine with other work may take to say that it has passed."""

LONGEST_TEXT = 128 * 1024
SIZES = [1_000, 10_000, 100_000] if LONG else [1_000, 5_000]

XSD_STRING = "<http://www.w3.org/2001/XMLSchema#string>"

# What is as deep as the number given.
NESTED = {
    "groups": lambda n: "SELECT * " + "{" * n + "}" * n,
    "groups that are not closed": lambda n: "SELECT * " + "{" * n,
    "parentheses": lambda n: f"ASK {{ FILTER{'(' * n}true{')' * n} }}",
    "parentheses that are not closed": lambda n: "ASK { FILTER" + "(" * n,
    "negations": lambda n: f"ASK {{ FILTER({'!' * n}true) }}",
    "minus signs": lambda n: f"ASK {{ FILTER(1 = {'-(' * n}1{')' * n}) }}",
    "sums": lambda n: f"ASK {{ FILTER({'1+(' * n}1{')' * n} = 1) }}",
    "functions": lambda n: f"ASK {{ FILTER({'STR(' * n}1{')' * n} = '1') }}",
    "functions of two": lambda n: f"ASK {{ FILTER({'CONCAT(1,' * n}1{')' * n} = '1') }}",
    "casts": lambda n: f"ASK {{ FILTER({(XSD_STRING + '(') * n}1{')' * n} = '1') }}",
    "IF": lambda n: f"ASK {{ FILTER({'IF(true,' * n}1{',2)' * n} = 1) }}",
    "COALESCE": lambda n: f"ASK {{ FILTER({'COALESCE(' * n}1{')' * n} = 1) }}",
    "IN": lambda n: f"ASK {{ FILTER({'1 IN (' * n}1{')' * n}) }}",
    "aggregates": lambda n: f"SELECT ({'SUM(' * n}1{')' * n} AS ?s) {{}}",
    "paths": lambda n: f"ASK {{ ?s {'(' * n}<x:p>{')' * n} ?o }}",
    "path repetitions": lambda n: f"ASK {{ ?s {'(' * n}<x:p>{')*' * n} ?o }}",
    "path inverses": lambda n: f"ASK {{ ?s {'^(' * n}<x:p>{')' * n} ?o }}",
    "path alternatives": lambda n: f"ASK {{ ?s {'(<x:p>|' * n}<x:p>{')' * n} ?o }}",
    "path sequences": lambda n: f"ASK {{ ?s {'(<x:p>/' * n}<x:p>{')' * n} ?o }}",
    "lists": lambda n: f"ASK {{ ?s ?p {'(' * n}{')' * n} }}",
    "blank nodes": lambda n: f"ASK {{ ?s ?p {'[<x:p> ' * n}1{']' * n} }}",
    "triple terms": lambda n: f"ASK {{ ?s ?p {'<<( ?s ?p ' * n}1{')>>' * n} }}",
    "reified triples": lambda n: f"ASK {{ ?s ?p {'<< ?s ?p ' * n}1{'>>' * n} }}",
    "annotations": lambda n: f"ASK {{ ?s ?p ?o {'{| ?p ?o ' * n}{'|}' * n} }}",
    "OPTIONAL": lambda n: f"ASK {{ {'?s ?p ?o OPTIONAL { ' * n}{'}' * n} }}",
    "UNION": lambda n: f"ASK {{ {'{} UNION { ' * n}{'}' * n} }}",
    "MINUS": lambda n: f"ASK {{ {'?s ?p ?o MINUS { ' * n}{'}' * n} }}",
    "EXISTS": lambda n: f"ASK {{ {'FILTER EXISTS { ' * n}{'}' * n} }}",
    "NOT EXISTS": lambda n: f"ASK {{ {'FILTER NOT EXISTS { ' * n}{'}' * n} }}",
    "GRAPH": lambda n: f"ASK {{ {'GRAPH ?g { ' * n}{'}' * n} }}",
    "subqueries": lambda n: f"SELECT * {{ {'{ SELECT * { ' * n}{'} }' * n} }}",
}

# What is as long as the number given.
FLAT = {
    "a sum": lambda n: f"ASK {{ FILTER({'1+' * n}1 = 1) }}",
    "a disjunction": lambda n: f"ASK {{ FILTER({'true||' * n}true) }}",
    "a path": lambda n: f"ASK {{ ?s {'<x:p>/' * n}<x:p> ?o }}",
    "a path of alternatives": lambda n: f"ASK {{ ?s {'<x:p>|' * n}<x:p> ?o }}",
    "a list": lambda n: f"ASK {{ ?s ?p ({'1 ' * n}) }}",
    "filters": lambda n: f"ASK {{ {'FILTER(true) ' * n} }}",
    "unions": lambda n: f"ASK {{ {{}} {'UNION{}' * n} }}",
    "optional groups": lambda n: f"ASK {{ {'OPTIONAL{}' * n} }}",
    "described IRIs": lambda n: "DESCRIBE " + "<x:y> " * n,
    "values": lambda n: f"ASK {{ VALUES ?v {{ {'1 ' * n} }} }}",
    "prefixes": lambda n: "".join(f"PREFIX p{i}:<x:>" for i in range(n)) + "ASK {}",
    "variables": lambda n: "SELECT " + "".join(f"?v{i} " for i in range(n)) + "{}",
    "a template": lambda n: f"CONSTRUCT {{ {'?s ?p ?o.' * n} }} WHERE {{ ?s ?p ?o }}",
    "names without a colon": lambda n: "a." * n,
    "escaped quotes": lambda n: '\\"' * n,
    "opened strings": lambda n: '"""\n\\' * n,
    "opened IRIs": lambda n: "<a" * n,
}

PREFIX = "PREFIX : <http://example.org/> "
STAR = "ASK { ?s " + ";".join(f"<x:p{number}> ?o{number}" for number in range(300)) + " }"
CROSS = "{ ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }"
COUNT = f"SELECT (COUNT(*) AS ?count) {CROSS}"
ENDLESS = "SELECT * { " + " ".join(
    f"VALUES ?{name} {{ {' '.join(map(str, range(100)))} }}" for name in "abcdef"
) + " }"  # fmt: skip


def doubled(times: int) -> str:
    steps = (f"BIND(CONCAT(?t{i}, ?t{i}) AS ?t{i + 1})" for i in range(times))
    return f'SELECT (STRLEN(?t{times}) AS ?n) {{ BIND("x" AS ?t0) {" ".join(steps)} }}'


def replaced(times: int) -> str:
    steps = (f'BIND(REPLACE(?t{i}, "x", "{"x" * 22}") AS ?t{i + 1})' for i in range(times))
    return f'SELECT (STRLEN(?t{times}) AS ?n) {{ BIND("x" AS ?t0) {" ".join(steps)} }}'


@pytest.fixture(scope="module")
def patient(database, serving, tmp_path_factory):
    """A server whose queries have time enough, so that other limits are the ones they meet."""
    with serving(database, tmp_path_factory.mktemp("patient"), PATIENT) as server:
        yield server


@pytest.fixture
def guest(patient):
    with patient.client() as client:
        yield client


@pytest.fixture
def background(patient):
    """Returns what sends a query in a thread of its own, as a future of the answer."""

    def ask(text):
        with patient.client() as client:
            return client.query(text)

    with ThreadPoolExecutor(200) as threads:
        yield lambda text: threads.submit(ask, text)


def assert_in_time(server, answer):
    assert answer.documented, answer
    assert answer.seconds < server.seconds + SLACK, answer
    if answer.status == 503:
        assert int(answer.headers["Retry-After"]) > 0


@pytest.mark.parametrize("shape", (NESTED | FLAT).values(), ids=NESTED | FLAT)
def test_a_text_that_is_deep_or_long_is_answered_in_time(server, unharmed, shape):
    def ask(text):
        with server.client() as client:
            return client.query(text)

    texts = [shape(size) for size in SIZES]
    with ThreadPoolExecutor(2) as threads:
        for text, answer in zip(texts, threads.map(ask, texts), strict=True):
            assert_in_time(server, answer)
            assert (answer.status == 413) == (len(text) > LONGEST_TEXT)


@pytest.mark.parametrize("size", [1_000, 50_000, 120_000])
def test_a_text_that_no_stack_may_hold_is_answered_in_time(server, client, unharmed, size):
    for text in ("{" * size, "SELECT * " + "{" * size):
        answer = client.query(text)
        assert_in_time(server, answer)
        assert answer.code in ("malformed_query", "query_too_complex", "query_timeout")


@pytest.mark.parametrize(
    "query",
    [
        pytest.param(f"ASK {{ ?s ?p {'(' * 300}{')' * 300} }}", id="Q3 lists"),
        pytest.param(STAR, id="Q3 star"),
        pytest.param(COUNT, id="Q4 cross product"),
        pytest.param(PREFIX + "SELECT * { ?a ((:n*)*)* ?b }", id="Q7 path"),
    ],
)
def test_a_query_is_stopped_at_its_deadline_and_not_before(server, client, unharmed, query):
    answer = client.query(query)
    assert_in_time(server, answer)
    assert (answer.status, answer.code) == (503, "query_timeout")
    assert answer.seconds >= server.seconds


def test_other_queries_are_answered_while_one_runs_away(patient, guest, background):
    runaway = background(COUNT)
    running = the_running(guest, COUNT)
    for _ in range(20):
        assert guest.ask()
    assert the_running(guest, COUNT)["id"] == running["id"]
    guest.stop(running["id"], patient.authorised)
    assert runaway.result().code == "cancelled"


@pytest.mark.parametrize(
    "query",
    [
        pytest.param(f"SELECT * {CROSS} ORDER BY ?a", id="Q5 sort"),
        pytest.param(f"SELECT (COUNT(DISTINCT *) AS ?n) {CROSS}", id="Q5 distinct"),
        pytest.param(doubled(33), id="Q6 concatenation"),
        pytest.param(replaced(9), id="Q6 replacement"),
    ],
)
def test_a_query_is_stopped_at_its_share_of_the_memory(patient, guest, background, query):
    before, most = patient.lasting, 0
    asking = background(query)
    while not asking.done():
        most = max(most, patient.largest_reader)
    answer = asking.result()
    assert (answer.status, answer.code) == (503, "query_memory")
    assert most <= PATIENT["READER_MEMORY"] + UNUSED
    assert guest.ask()
    assert patient.lasting == before


def test_every_reader_with_little_memory_answers_what_needs_little(
    database, serving, tmp_path, eventually
):
    settings = {"READER_MEMORY": 256 * 1024 * 1024}
    with serving(database, tmp_path, settings) as server, server.client() as client:
        for _ in range(10):
            assert client.ask()
            before = server.readers
            for pid in before:
                os.kill(pid, signal.SIGKILL)
            # Gone, and not just dying: until its last thread has ended, its socket is open.
            assert eventually(lambda before=before: not any(map(_is_there, before)))


def _is_there(pid):
    return Path(f"/proc/{pid}").exists()


def test_a_pattern_that_backtracks_elsewhere_is_matched_in_one_pass(client):
    answer = client.query(
        PREFIX + 'SELECT ?matches { :long :text ?text BIND(REGEX(?text, "^(a+)+$") AS ?matches) }'
    )
    assert answer.status == 200, answer
    assert answer.json["results"]["bindings"][0]["matches"]["value"] == "false"


@pytest.mark.parametrize(
    "accept",
    [
        "application/sparql-results+json",
        "application/sparql-results+xml",
        "text/csv",
        "text/tab-separated-values",
    ],
)
def test_an_endless_result_is_refused_and_not_cut_short(guest, accept):
    answer = guest.query(ENDLESS, accept)
    problem = (answer.status, answer.headers.get_content_type(), answer.code)
    assert problem == (503, "application/problem+json", "result_too_large")


def test_an_endless_graph_is_refused_and_not_cut_short(guest):
    pattern = ENDLESS.partition("*")[2]
    answer = guest.query(f"CONSTRUCT {{ [] <s:p> ?a }} WHERE {pattern}", "text/turtle")
    assert answer.code == "result_too_large", answer


def test_a_result_just_under_the_limit_is_whole(guest):
    rows = 10_000
    answer = guest.query(
        f"SELECT ?a ?b {{ VALUES ?a {{ {'1 ' * 100} }} VALUES ?b {{ {'2 ' * 100} }} }}"
    )
    assert len(answer.body) > 1024 * 1024
    assert int(answer.headers["Content-Length"]) == len(answer.body)
    assert len(answer.json["results"]["bindings"]) == rows


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="needs /proc")
def test_a_page_of_a_large_result_does_not_need_memory_for_all_of_it(database, serving, tmp_path):
    wide = " ".join(f"VALUES ?{name} {{ {' '.join(map(str, range(70)))} }}" for name in "abc")
    with serving(database, tmp_path, {"QUERY_SECONDS": 30}) as server, server.client() as client:
        client.query(f"SELECT * {{ {wide} }}", "text/html")
        status = Path(f"/proc/{server.web}/status").read_text(encoding="ascii")
        peak = int(status.partition("VmHWM:")[2].split()[0])
        assert peak < 200 * 1024


def test_a_query_whose_client_leaves_is_stopped(patient, guest, eventually):
    assert not guest.queries()
    before = patient.lasting
    readers, descriptors = len(patient.readers), patient.descriptors
    for _ in range(3):
        with socket.create_connection((patient.host, patient.port)) as leaver:
            leaver.sendall(posted(patient, COUNT))
            the_running(guest, COUNT)
        assert eventually(lambda: not guest.queries(), 5)
    assert eventually(lambda: len(patient.readers) == readers)
    assert eventually(lambda: patient.descriptors <= descriptors)
    assert eventually(lambda: not patient.zombies)
    assert patient.lasting == before


def test_a_client_that_leaves_amid_its_answer_is_no_error(patient, guest, eventually):
    lists = (f"VALUES ?{name} {{ {' '.join(map(str, range(24)))} }}" for name in "abc")
    text = f"SELECT * {{ {' '.join(lists)} }}"
    assert len(guest.query(text).body) > 3_000_000
    before = patient.descriptors, len(patient.logged)
    for _ in range(3):
        with socket.create_connection((patient.host, patient.port)) as leaver:
            leaver.sendall(posted(patient, text))
            assert leaver.recv(100)
    assert eventually(lambda: patient.descriptors <= before[0])
    assert "Traceback" not in patient.logged[before[1] :]


def posted(server, text):
    """The bytes of a request."""
    head = f"Host: {server.host}\r\nContent-Length: {len(text)}\r\n"
    kind = "Content-Type: application/sparql-query\r\n\r\n"
    return f"POST /sparql HTTP/1.1\r\n{head}{kind}{text}".encode()


def test_a_flood_of_queries_leaves_room_for_pages(patient, guest, background, eventually):
    flood = [background(COUNT) for _ in range(200)]
    assert eventually(lambda: sum(each.done() for each in flood) == 200 - 2 - QUEUE)
    refused = [each.result() for each in flood if each.done()]
    assert {(each.status, each.code) for each in refused} == {(503, "busy")}
    assert all(int(each.headers["Retry-After"]) > 0 for each in refused)

    states = [each["state"] for each in guest.queries()]
    assert (states.count("running"), states.count("waiting")) == (2, QUEUE)
    for number in range(10):
        assert guest.get(f"/page/id/t{number}", {"Accept": "text/html"}).status == 200
        assert guest.get(f"/data/id/t{number}.ttl").status == 200
    assert guest.get("/health").status == 200
    assert guest.query("ASK {}").code == "busy"

    for query in guest.queries():
        guest.stop(query["id"], patient.authorised)
    answers = [each.result() for each in flood if each not in refused]
    codes = [each.code for each in answers if each not in refused]
    assert (codes.count("cancelled"), len(codes)) == (2 + QUEUE, 2 + QUEUE)
    assert eventually(guest.ask)


@pytest.mark.parametrize(
    ("text", "status"),
    [
        pytest.param(b"", 400, id="nothing"),
        pytest.param(b"ASK {}\0", 400, id="NUL"),
        pytest.param(b'ASK { ?s ?p "\0" }', 200, id="NUL in a string"),
        pytest.param(b'ASK { ?s ?p "\xed\xa0\x80" }', 400, id="lone surrogate"),
        pytest.param(b'ASK { ?s ?p "\\uD800" }', 400, id="escaped lone surrogate"),
        pytest.param(b'ASK { ?s ?p "\\U0000D800" }', 400, id="long escape of a surrogate"),
        pytest.param(b'ASK { ?s ?p "\\U00110000" }', 400, id="past the last code point"),
        pytest.param(b"ASK { ?s ?p <\\u0020> }", 400, id="escaped space in an IRI"),
        pytest.param(b'ASK { ?s ?p "\xff" }', 400, id="no UTF-8"),
        pytest.param(b'ASK { ?s ?p "\xc0\x80" }', 400, id="overlong UTF-8"),
        pytest.param(b"\xef\xbb\xbfASK {}", 400, id="byte order mark"),
        pytest.param("ASK {}".encode("utf-16"), 400, id="UTF-16"),
        pytest.param('ASK { ?s ?p "\u202e\ufffe\U0010ffff" }'.encode(), 200, id="odd characters"),
        pytest.param(b"ASK { ?s ?p 1e400 }", 200, id="number past a double"),
        pytest.param(b"SELECT (" + b"9" * 400 + b" AS ?x) {}", 200, id="number of 400 digits"),
        pytest.param(b"SELECT (9223372036854775807 + 1 AS ?x) {}", 200, id="sum past 64 bits"),
        pytest.param(b"SELECT * {} LIMIT 18446744073709551615", 200, id="LIMIT of 64 bits"),
        pytest.param(b"SELECT * {} LIMIT 18446744073709551616", 400, id="LIMIT past 64 bits"),
        pytest.param(b"SELECT * {} OFFSET 18446744073709551616", 400, id="OFFSET past 64 bits"),
        pytest.param(b'SELECT (REGEX("a", "(") AS ?x) {}', 200, id="no pattern"),
        pytest.param(b'SELECT (IRI("a b") AS ?x) {}', 200, id="no IRI"),
    ],
)
def test_bad_text_is_told_from_odd_text(client, unharmed, text, status):
    answer = client.query(text)
    assert answer.status == status, answer
    assert answer.code == ("malformed_query" if status == 400 else "")


@pytest.mark.parametrize("value", ["%ED%A0%80", "%FF", "%00", "%EF%BB%BFASK%7B%7D", "%C0%80"])
def test_bad_text_in_an_address_is_told(client, unharmed, value):
    answer = client.get(f"/sparql?query={value}")
    assert (answer.status, answer.code) == (400, "malformed_query")


def test_text_that_xml_cannot_hold_is_not_sent_as_xml(client):
    query = 'SELECT ("\\u0000" AS ?x) {}'
    answer = client.query(query, "application/sparql-results+xml")
    assert (answer.status, answer.code) == (406, "not_expressible")
    assert client.query(query).json["results"]["bindings"][0]["x"]["value"] == "\0"


@pytest.mark.parametrize("call", ["<http://e/f>(?x)", "<http://e/f>()", "<http://e/f>(1, 2)"])
def test_a_function_that_is_not_known_is_named(client, call):
    answer = client.query(f"SELECT ({call} AS ?y) {{}}")
    assert (answer.status, answer.code) == (400, "unsupported_function")
    assert "http://e/f" in answer.json["detail"]


def the_running(client, text):
    """Return the description of the one query with this text, once it runs."""
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        for query in client.queries():
            if query["text"] == text and query["state"] == "running":
                return query
        time.sleep(0.02)
    raise AssertionError("the query does not run")


def test_an_operator_sees_what_runs_and_stops_it(patient, guest, background):
    answer = background(COUNT)
    described = the_running(guest, COUNT)
    assert described["lane"] == "query"
    assert described["seconds"] >= 0
    assert guest.stop(described["id"], patient.authorised).status == 204
    stopped = answer.result()
    assert (stopped.status, stopped.code) == (503, "cancelled")
    assert "operator" in stopped.json["detail"]
    assert guest.stop(described["id"], patient.authorised).status == 404


def test_an_operator_stops_what_waits(patient, guest, background, eventually):
    running = [background(COUNT) for _ in range(2)]
    assert eventually(lambda: len(guest.queries()) == 2)
    waiting = background("ASK {}")
    assert eventually(lambda: len(guest.queries()) == 3)
    *_, last = guest.queries()
    assert (last["state"], last["text"]) == ("waiting", "ASK {}")
    guest.stop(last["id"], patient.authorised)
    assert waiting.result().code == "cancelled"
    assert not any(each.done() for each in running)
    for query in guest.queries():
        guest.stop(query["id"], patient.authorised)
    assert [each.result().code for each in running] == ["cancelled"] * 2


@pytest.mark.parametrize(
    ("authorization", "status", "code"),
    [
        (None, 401, "unauthorized"),
        ("Bearer", 401, "unauthorized"),
        ("Bearer wrong", 401, "unauthorized"),
        ("Bearer operator2", 401, "unauthorized"),
        ("Basic operator", 401, "unauthorized"),
        ("operator", 401, "unauthorized"),
        ("Bearer operator", 200, ""),
        ("bearer operator", 200, ""),
    ],
)
def test_only_who_bears_the_token_sees_the_queries(client, authorization, status, code):
    headers = {"Authorization": authorization} if authorization else {}
    answer = client.get("/queries", headers)
    assert (answer.status, answer.code) == (status, code)
    assert ("WWW-Authenticate" in answer.headers) == (status == 401)
    stopped = client.stop("q0", headers)
    assert (stopped.status, stopped.code) == ((404, "not_found") if status == 200 else (401, code))


@pytest.mark.parametrize("name", ["token", "access_token"])
def test_a_token_in_the_address_is_refused(client, server, name):
    for headers in ({}, server.authorised):
        answer = client.get(f"/queries?{name}=operator", headers)
        assert (answer.status, answer.code) == (400, "bad_input")


@pytest.mark.parametrize("token", ["", " "], ids=["none", "blank"])
def test_without_a_token_nobody_is_an_operator(database, serving, tmp_path, token):
    with serving(database, tmp_path, {"TOKEN": token}) as server, server.client() as client:
        for authorization in ("", "Bearer", "Bearer ", "Bearer x"):
            answer = client.get("/queries", {"Authorization": authorization})
            expected = (403, "forbidden") if not token else (401, "unauthorized")
            assert (answer.status, answer.code) == expected
        assert client.ask()


def test_other_sites_are_not_let_near_the_queries(client, server):
    answer = client.get("/queries", server.authorised | {"Origin": "https://evil.example"})
    assert "Access-Control-Allow-Origin" not in answer.headers
    assert answer.headers["Cache-Control"] == "private, no-store"


def test_a_service_whose_nursery_is_killed_serves_on(database, serving, tmp_path, eventually):
    with serving(database, tmp_path, {}) as server, server.client() as client:
        os.kill(server.nursery, signal.SIGKILL)
        client.connection.timeout = server.seconds + SLACK
        assert eventually(lambda: client.query("ASK {}").status == 200, 20)
        assert eventually(lambda: client.get("/health").status == 200, 20)


def test_deadlines_hold_while_no_reader_can_be_had(database, serving, tmp_path, eventually):
    settings = {"QUERY_SECONDS": 1, "PAGE_SECONDS": 1, "READERS": 1}
    with serving(database, tmp_path, settings) as server, server.client() as client:
        nursery, readers = server.nursery, server.readers
        os.kill(nursery, signal.SIGSTOP)
        try:
            for pid in readers:
                os.kill(pid, signal.SIGKILL)
            client.connection.timeout = server.seconds + SLACK
            for _ in range(3):
                assert client.query("ASK {}").status == 503
        finally:
            os.kill(nursery, signal.SIGCONT)
        assert eventually(lambda: client.query("ASK {}").status == 200)


def test_no_descriptor_is_lost(server, client):
    def opened() -> int:
        return len(list(Path(f"/proc/{server.lasting[0]}/fd").iterdir()))

    def ask() -> None:
        for query in ("ASK {}", "SELECT", "SELECT * { ?s ?p ?o } LIMIT 9"):
            client.query(query)
        client.get("/health")
        client.get("/")

    for _ in range(5):
        ask()
    before = opened()
    for _ in range(40):
        ask()
    assert opened() <= before + 2


def test_too_few_descriptors_are_told_at_the_start(database, tmp_path):
    kg = Path(sys.executable).with_name("kg")
    command = ["sh", "-c", 'ulimit -n 64; exec "$0" serve --db "$1"', kg, database.path]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert ended.returncode == 1
    assert ended.stderr.startswith("kg: the service needs to open 512 files at once, and only 64")
    assert len(ended.stderr.splitlines()) == 1


def test_nothing_panicked(server, patient):
    assert "Traceback" not in server.logged
    for each in (server, patient):
        assert "panicked" not in each.logged
