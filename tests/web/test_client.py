"""The client of the service, and clients of others as they are, against a real server."""

import csv
import io
import threading
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar
from urllib.parse import urlencode

import pandas as pd
import pytest
import rdflib
from rdflib.plugins.stores.sparqlstore import SPARQLStore
from SPARQLWrapper import CSV, JSON, JSONLD, N3, RDFXML, TURTLE, XML, SPARQLWrapper

from kg import client as clients
from kg.client import Client, Incomplete, ServiceError

EX = rdflib.Namespace("http://example.org/")
ALICE = "https://kg.example/id/alice"
PEOPLE = (
    "SELECT ?s ?age { ?s a <http://example.org/Person> "
    "OPTIONAL { ?s <http://example.org/age> ?age } } ORDER BY ?s"
)
OK = b'{"head":{"vars":["x"]},"results":{"bindings":[]}}'


@pytest.fixture(scope="module")
def service(server):
    return Client(server, language="en")


def test_rows_hold_values_of_python(service):
    assert service.rows(PEOPLE) == [
        {"s": ALICE, "age": None},
        {"s": "https://kg.example/id/bob", "age": 42},
    ]


def test_the_other_forms_of_queries_have_their_own_results(service):
    assert service.ask("ASK { ?s ?p 42 }") is True
    assert service.ask("ASK { ?s ?p 43 }") is False
    graph = service.graph("CONSTRUCT WHERE { ?s <http://example.org/age> ?o }")
    assert [value.toPython() for value in graph.objects()] == [42]


def test_a_long_query_is_sent_all_the_same(service):
    comment = "# " + "x" * 20_000 + "\n"
    assert service.ask(comment + "ASK {}")


def test_a_frame_has_the_same_rows(service):
    frame = service.frame(PEOPLE)
    assert list(frame.columns) == ["s", "age"]
    assert len(frame) == 2


def test_things_questions_and_hits_come_as_they_are(service):
    assert (rdflib.URIRef(ALICE), EX.knows, None) in service.entity(ALICE)
    assert service.search("爱丽丝").value["items"][0]["iri"] == ALICE
    names = [each["name"] for each in service.questions().value["questions"]]
    assert "01-classes" in names
    rows = {row["class"]: row["things"] for row in service.question("01-classes")}
    assert rows[str(EX.Person)] == 2
    assert service.questions().snapshot


@pytest.mark.parametrize(
    ("ask", "status", "code"),
    [
        (lambda it: it.rows("SELECT"), 400, "malformed_query"),
        (lambda it: it.entity("http://example.org/none"), 404, "not_found"),
        (lambda it: it.question("none"), 404, "not_found"),
        (lambda it: it.question("01-classes", colour="red"), 400, "bad_input"),
    ],
)
def test_an_error_is_what_the_service_says(service, ask, status, code):
    with pytest.raises(ServiceError) as told:
        ask(service)
    assert (told.value.status, told.value.code) == (status, code)
    assert told.value.detail


class Moody(BaseHTTPRequestHandler):
    """Answers as `script` says, one entry after the other: a status, a header, and a length."""

    script: ClassVar[list] = []

    def do_GET(self):
        status, retry, cut = self.script.pop(0)
        self.send_response(status)
        if retry:
            self.send_header("Retry-After", retry)
        self.send_header("Content-Length", str(len(OK) + cut))
        self.end_headers()
        self.wfile.write(OK)

    def log_message(self, *_):
        """Say nothing."""


@pytest.fixture
def moody():
    Moody.script = []
    with ThreadingHTTPServer(("127.0.0.1", 0), Moody) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield Client(f"http://127.0.0.1:{server.server_port}", retries=2), Moody.script
        server.shutdown()


@pytest.fixture
def waited(monkeypatch):
    seconds = []
    monkeypatch.setattr(clients.time, "sleep", seconds.append)
    return seconds


def test_it_waits_as_long_as_it_is_told(moody, waited):
    service, script = moody
    date = format_datetime(datetime.now(UTC) + timedelta(seconds=30), usegmt=True)
    script += [(429, "7", 0), (503, date, 0), (200, "", 0)]
    assert service.rows("SELECT * {}") == []
    assert waited[0] == 7
    assert 25 < waited[1] <= 30


@pytest.mark.parametrize(
    "script", [[(429, "1", 0)] * 3, [(503, "", 0)], [(429, "9999", 0)], [(502, "1", 0)]]
)
def test_it_gives_up_when_waiting_is_no_use(moody, waited, script):
    service, told = moody
    told += script
    with pytest.raises(ServiceError) as error:
        service.rows("SELECT * {}")
    assert error.value.status == script[0][0]
    assert told == []
    assert len(waited) == len(script) - 1


def test_an_answer_that_was_cut_is_none(moody):
    service, script = moody
    script += [(200, "", 5)]
    with pytest.raises(Incomplete):
        service.rows("SELECT * {}")


def test_sparqlwrapper_reads_each_kind_of_answer(server):
    wrapper = SPARQLWrapper(f"{server}/sparql")
    wrapper.setQuery(PEOPLE)
    wrapper.setReturnFormat(JSON)
    assert len(wrapper.queryAndConvert()["results"]["bindings"]) == 2
    wrapper.setReturnFormat(CSV)
    assert len(list(csv.reader(io.StringIO(wrapper.queryAndConvert().decode())))) == 3
    wrapper.setQuery("CONSTRUCT WHERE { ?s a <http://example.org/Person> }")
    wrapper.setReturnFormat(TURTLE)
    assert len(rdflib.Graph().parse(data=wrapper.queryAndConvert(), format="turtle")) == 2
    for format in (JSONLD, N3, RDFXML, XML):
        wrapper.setReturnFormat(format)
        assert wrapper.query().response.status == 200


def test_rdflib_uses_the_endpoint_as_a_store(server):
    graph = rdflib.Graph(SPARQLStore(f"{server}/sparql"))
    people = set(graph.subjects(rdflib.RDF.type, EX.Person))
    assert rdflib.URIRef(ALICE) in people
    assert len(people) == 2


def test_pandas_reads_a_query_from_its_address(server):
    frame = pd.read_csv(f"{server}/sparql?{urlencode({'query': PEOPLE, 'format': 'csv'})}")
    assert frame["age"].dropna().tolist() == [42]
