"""The short way of a plain query answers as the application does, and is as strict."""

import asyncio
import json
import logging
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from urllib.parse import urlencode

import pytest
from werkzeug.datastructures import Headers
from werkzeug.test import EnvironBuilder, run_wsgi_app

from kg.settings import Settings
from kg.web import create_app
from kg.web.express import Express

LOOKUP = "SELECT ?p ?o { <https://kg.example/id/bob> ?p ?o } ORDER BY ?p ?o"
NAMED = "SELECT ?o { ?s <http://example.org/in> ?o } ORDER BY ?o"
GRAPH = "CONSTRUCT { ?s ?p ?o } { ?s <http://example.org/in> ?o ; ?p ?o }"
NUMBERS = " ".join(map(str, range(2000)))
LONG = f"SELECT ?n ?x {{ VALUES ?n {{ {NUMBERS} }} BIND('{'x' * 700}' AS ?x) }}"
EVERYTHING = " . ".join(f"?s{place} ?p{place} ?o{place}" for place in range(8))
SLOW = f"SELECT (COUNT(*) AS ?n) {{ {EVERYTHING} }}"
DIRECT = "application/sparql-query"
FORM = "application/x-www-form-urlencoded"


def ran(work: Coroutine):
    """What comes of some work, in a thread of its own: this one may have the loop of a browser."""
    with ThreadPoolExecutor(1) as threads:
        return threads.submit(asyncio.run, work).result()


def get(text: str | None = LOOKUP, more: str = "", **headers: str) -> dict:
    query = "&".join(filter(None, [urlencode({"query": text}) if text else "", more]))
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return {"method": "GET", "query_string": query, "headers": named}


def post(data: str | bytes, kind: str, more: str = "", **headers: str) -> dict:
    return get(None, more, **headers) | {"method": "POST", "data": data, "content_type": kind}


SHORT = {
    "rows": get(),
    "rows as text": get(Accept="text/csv"),
    "rows as xml": get(Accept="application/sparql-results+xml"),
    "yes or no": get("ASK {}"),
    "triples": get(GRAPH, Accept="text/turtle"),
    "a format by name": get(LOOKUP, "format=tsv"),
    "small and compressed": get(Accept_Encoding="gzip, deflate"),
    "compressed": get(f"SELECT ?n {{ VALUES ?n {{ {NUMBERS[:300]} }} }}", Accept_Encoding="gzip"),
    "compressed refused": get(NAMED, Accept_Encoding="gzip;q=0"),
    "a dataset": get(NAMED, "default-graph-uri=http://example.org/g1"),
    "what differs from run to run": get("SELECT (NOW() < NOW() AS ?x) {}"),
    "posted": post(LOOKUP, DIRECT),
    "posted as a form": post(urlencode({"query": NAMED}), FORM),
    "posted with a dataset": post(NAMED, DIRECT, "named-graph-uri=http://example.org/g2"),
    "another site asks": get(Origin="https://other.example"),
}
"""What is answered on the short way."""

LEFT = {
    "large and compressed": get(
        f"SELECT ?n {{ VALUES ?n {{ {NUMBERS} }} }}", Accept_Encoding="gzip"
    ),
    "long": get(f"SELECT ?n ?x {{ VALUES ?n {{ {NUMBERS} }} BIND('{'x' * 70}' AS ?x) }}"),
    "very long": get(LONG),
    "a query that searches": get('SELECT * { ?s <https://kg.example/search#matches> "bob" }'),
    "explained": get(LOOKUP, "explain"),
    "posted as Latin-1": post(LOOKUP, f"{DIRECT}; charset=latin-1"),
    "posted as something else": post(LOOKUP, "text/plain"),
    "posted and too long": post("#" * 200_000, DIRECT),
    "posted without a query": post("", FORM),
    "no text": post(b"\xff\xfe", DIRECT),
    "another site asks into a network": get(
        Origin="https://other.example", Access_Control_Request_Private_Network="true"
    ),
    "an operator": get(Authorization="Bearer secret"),
    "a person": get(Accept="text/html"),
    "two queries": get(LOOKUP, "query=ASK+%7B%7D"),
    "an update": get(LOOKUP, "update=x"),
    "not well-formed": get("SELECT"),
    "a function that is not known": get("SELECT (<http://e/f>(1) AS ?x) {}"),
    "what xml cannot hold": get("SELECT (<http://e/\u0001> AS ?x) {}"),
    "forbidden": get("SELECT * { SERVICE <http://127.0.0.1/> { ?s ?p ?o } }"),
    "forbidden in any format": get("SELECT * { SERVICE <x:> { ?s ?p ?o } }", Accept="image/png"),
    "not acceptable": get(Accept="image/png"),
    "unknown format": get(LOOKUP, "format=x"),
    "a dataset of no IRI": get(NAMED, "default-graph-uri=%20"),
    "an odd host": get(Host='"><script>'),
    "not percent-encoded": get(None, "query=%ff"),
    "known already": get(If_None_Match="*"),
    "head": get() | {"method": "HEAD"},
}
"""What is left to the application."""


@dataclass
class Told:
    """A response, and whether it came the short way."""

    status: int
    headers: Headers
    data: bytes
    is_short: bool


def arriving(**request_) -> dict:
    """Return the environment of a request from this machine, unless it says otherwise."""
    base = {"REMOTE_ADDR": "127.0.0.1"} | request_.pop("environ_base", {})
    return EnvironBuilder(path="/sparql", environ_base=base, **request_).get_environ()


class Service:
    """An application, with the short way before it."""

    def __init__(self, database, **options) -> None:
        self.app = create_app(Settings(**options), database)
        self.express = Express(self.app)

    def open(self, *, short: bool = True, **request_) -> Told:
        environ = arriving(**request_)
        if not short:
            return self._whole(environ)
        left = []

        async def otherwise() -> None:
            left.append(self._whole(environ))

        answer = ran(self.express.answer(environ, 0.2, otherwise))
        if answer is None:
            return left[0]
        return Told(200, Headers(answer.headers), answer.body, is_short=True)

    def _whole(self, environ) -> Told:
        blocks, status, headers = run_wsgi_app(self.app, environ, buffered=True)
        return Told(int(status[:3]), headers, b"".join(blocks), is_short=False)


@pytest.fixture(scope="module")
def service(database) -> Service:
    return Service(database, token="secret", query_seconds=0.6)


@pytest.mark.parametrize("request_", [*SHORT.values(), *LEFT.values()], ids=[*SHORT, *LEFT])
def test_the_short_way_says_what_the_application_says(service, request_):
    whole = service.open(short=False, **request_)
    first, again = service.open(**request_), service.open(**request_)
    for told in (first, again):
        assert told.is_short == (request_ in SHORT.values())
        assert (told.status, told.data) == (whole.status, whole.data)
        assert _headers(told) == _headers(whole)


def _headers(told: Told) -> list[tuple[str, str]]:
    found = ((name.lower(), value) for name, value in told.headers)
    return sorted(each for each in found if each[0] != "kg-request")


def test_a_validator_is_the_same_on_both_ways(service):
    tag = service.open(**get()).headers["etag"]
    unchanged = service.open(**get(If_None_Match=tag))
    assert (unchanged.status, unchanged.headers["ETag"]) == (304, tag)


@pytest.mark.parametrize(
    ("text", "status"), [(LOOKUP, 200), (LONG, 200), (SLOW, 503)], ids=["short", "long", "slow"]
)
def test_a_query_is_asked_and_written_down_once(service, caplog, text, status):
    logger = logging.getLogger("kg.requests")
    caplog.set_level(logging.INFO, logger.name)
    logger.addHandler(caplog.handler)
    told = service.open(**post(text, DIRECT))
    logger.removeHandler(caplog.handler)
    assert told.status == status
    (line,) = {each.getMessage() for each in caplog.records if each.name == logger.name}
    written = json.loads(line)
    assert (written["id"], written["queries"]) == (told.headers["KG-Request"], 1)
    assert written["ms"] >= written["reader_ms"] >= (500 if text == SLOW else 0)


def test_an_answer_is_kept_for_its_state_of_the_data_and_its_client_only(service):
    before = service.open(**get(NAMED)).data
    others = [
        get(NAMED, Accept="text/csv"),
        get(NAMED, "default-graph-uri=http://example.org/g1"),
        get(NAMED + " LIMIT 1"),
        get(NAMED, Host="elsewhere.example"),
    ]
    assert service.open(**get(NAMED)).data == before
    assert len({service.open(**each).headers["etag"] for each in others}) == len(others)


def test_one_that_is_limited_is_refused_whatever_is_kept(database):
    service = Service(database, client_errors=1)
    asked = get() | {"environ_base": {"REMOTE_ADDR": "203.0.113.5"}}
    assert service.open(**asked).is_short
    wrong = get("SELECT") | {"environ_base": {"REMOTE_ADDR": "203.0.113.5"}}
    assert service.open(**wrong).status == 400
    assert service.open(**asked).status == 429


def test_more_wait_for_their_turn_than_there_are_readers(database):
    service = Service(database, readers=1)

    async def ask() -> list:
        async def otherwise() -> None:
            raise AssertionError("left to the application")

        requests = [get(f"{LOOKUP} LIMIT {number + 1}") for number in range(12)]
        environs = [arriving(**each) for each in requests]
        waiting = [service.express.answer(each, 20, otherwise) for each in environs]
        return await asyncio.gather(*waiting)

    assert all(answer and answer.body for answer in ran(ask()))


def test_who_waits_too_long_for_a_reader_is_left_to_the_application(database):
    service = Service(database, readers=1, query_seconds=0.8)

    async def ask() -> list[str]:
        told = []

        async def otherwise(name: str) -> None:
            told.append(name)
            await asyncio.sleep(0.5)

        async def one(name: str, text: str) -> None:
            environ = arriving(**get(text))
            if await service.express.answer(environ, 0.1, partial(otherwise, name)):
                told.append("short")

        await asyncio.gather(one("slow", SLOW), one("behind it", LOOKUP))
        assert not service.express._waiting
        await one("after", LOOKUP)
        return told

    assert ran(ask()) == ["slow", "behind it", "short"]


def test_a_proxy_is_believed_on_both_ways(database):
    service = Service(database, proxies=1, trusted_hosts=("kg.example",))
    forwarded = {"X_Forwarded_Host": "kg.example", "X_Forwarded_Proto": "https"}
    short, whole = (service.open(short=each, **get(**forwarded)) for each in (True, False))
    assert (short.is_short, whole.is_short) == (True, False)
    assert _headers(short) == _headers(whole)
    assert service.open(**get(X_Forwarded_Host="evil.example")).status == 400
