"""The query operation of SPARQL 1.1 Protocol."""

import http.client
import io
import json
from urllib.parse import urlencode

import pyoxigraph
import pytest
import SPARQLWrapper
from pyoxigraph import QueryResultsFormat, RdfFormat
from rdflib.plugins.stores.sparqlstore import SPARQLStore

RDFS_LABEL = "<http://www.w3.org/2000/01/rdf-schema#label>"
SELECT = f"SELECT ?label {{ <https://kg.example/id/bob> {RDFS_LABEL} ?label }}"
ASK = "ASK { ?s ?p ?o }"
CONSTRUCT = "CONSTRUCT { ?s ?p ?o } WHERE { ?s <http://example.org/in> ?o . ?s ?p ?o }"
DIRECT = "application/sparql-query"
TEXT = "text/plain"
PNG = {"Accept": "image/png"}
TURTLE = {"Accept": "text/turtle"}
UNKNOWN_FUNCTION = "SELECT (<http://e/f>(1) AS ?x) {}"


def values(response, name="label"):
    return sorted(row[name]["value"] for row in response.json["results"]["bindings"])


@pytest.mark.parametrize(
    "ask",
    [
        lambda client: client.get("/sparql", query_string={"query": SELECT}),
        lambda client: client.post("/sparql", data={"query": SELECT}),
        lambda client: client.post("/sparql", data=SELECT, content_type=DIRECT),
        lambda client: client.post(
            "/sparql", data=SELECT, content_type="application/sparql-query; charset=utf-8"
        ),
    ],
    ids=["GET", "form POST", "direct POST", "direct POST with charset"],
)
def test_a_query_is_answered_however_it_is_sent(client, ask):
    response = ask(client)
    assert response.status_code == 200
    assert response.content_type == "application/sparql-results+json"
    assert values(response) == ["Bob"]


@pytest.mark.parametrize(
    ("query", "accept", "expected"),
    [
        (SELECT, "", "application/sparql-results+json"),
        (SELECT, "*/*", "application/sparql-results+json"),
        (SELECT, "application/json", "application/sparql-results+json"),
        (SELECT, "application/sparql-results+xml", "application/sparql-results+xml"),
        (SELECT, "application/xml", "application/sparql-results+xml"),
        (SELECT, "text/csv", "text/csv; charset=utf-8"),
        (SELECT, "text/tab-separated-values", "text/tab-separated-values; charset=utf-8"),
        (
            SELECT,
            "text/csv;q=0.5, application/sparql-results+xml",
            "application/sparql-results+xml",
        ),
        (SELECT, "text/csv;header=present", "text/csv; charset=utf-8"),
        (SELECT, "application/*;q=0.1, text/csv;q=0.2", "text/csv; charset=utf-8"),
        (SELECT, "text/html,application/xml;q=0.9,*/*;q=0.8", "text/html; charset=utf-8"),
        (ASK, "*/*", "application/sparql-results+json"),
        (ASK, "application/sparql-results+xml", "application/sparql-results+xml"),
        (ASK, "text/csv", "text/csv; charset=utf-8"),
        (CONSTRUCT, "*/*", "text/turtle; charset=utf-8"),
        (CONSTRUCT, "text/turtle;charset=utf-8", "text/turtle; charset=utf-8"),
        (CONSTRUCT, "application/n-triples", "application/n-triples"),
        (CONSTRUCT, "application/rdf+xml", "application/rdf+xml"),
        (CONSTRUCT, "application/ld+json", "application/ld+json"),
        (CONSTRUCT, "application/trig", "application/trig"),
        (CONSTRUCT, "application/n-quads", "application/n-quads"),
        (CONSTRUCT, "text/n3", "text/n3; charset=utf-8"),
        ("DESCRIBE <https://kg.example/id/bob>", "*/*", "text/turtle; charset=utf-8"),
    ],
)
def test_the_accept_header_decides_on_the_format(client, query, accept, expected):
    response = client.get("/sparql", query_string={"query": query}, headers={"Accept": accept})
    assert (response.status_code, response.content_type) == (200, expected)


@pytest.mark.parametrize("name", ["json", "xml", "tsv"])
def test_every_results_format_reads_back_as_the_same_rows(client, name):
    response = client.get("/sparql", query_string={"query": SELECT, "format": name})
    formats = {
        "json": QueryResultsFormat.JSON,
        "xml": QueryResultsFormat.XML,
        "tsv": QueryResultsFormat.TSV,
    }
    rows = list(pyoxigraph.parse_query_results(response.data, format=formats[name]))
    assert [row["label"] for row in rows] == [pyoxigraph.Literal("Bob", language="en")]


@pytest.mark.parametrize("name", ["ttl", "nt", "rdf", "jsonld", "trig", "nq", "n3"])
def test_every_graph_format_reads_back_as_the_same_triples(client, name):
    response = client.get("/sparql", query_string={"query": CONSTRUCT, "format": name})
    triples = pyoxigraph.parse(io.BytesIO(response.data), RdfFormat.from_extension(name))
    assert {quad.object.value for quad in triples} == {"g1", "g2"}


def test_csv_is_the_plain_table_of_the_standard(client):
    response = client.get("/sparql", query_string={"query": SELECT, "format": "csv"})
    assert response.data == b"label\r\nBob\r\n"


@pytest.mark.parametrize(
    ("dataset", "default", "named"),
    [
        ({}, ["g1", "g2"], ["g1", "g2"]),
        ({"default-graph-uri": ["http://example.org/g1"]}, ["g1"], []),
        (
            {"default-graph-uri": ["http://example.org/g1", "http://example.org/g2"]},
            ["g1", "g2"],
            [],
        ),
        ({"named-graph-uri": ["http://example.org/g2"]}, [], ["g2"]),
        (
            {
                "default-graph-uri": ["http://example.org/g1"],
                "named-graph-uri": ["http://example.org/g2"],
            },
            ["g1"],
            ["g2"],
        ),
        ({"default-graph-uri": ["http://example.org/nowhere"]}, [], []),
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST form", "POST direct"])
def test_the_request_may_name_the_dataset(client, method, dataset, default, named):
    def ask(pattern):
        query = f"SELECT ?label {{ {pattern} }}"
        pairs = urlencode(dataset, doseq=True)
        if method == "GET":
            return client.get(f"/sparql?{urlencode({'query': query})}&{pairs}")
        if method == "POST form":
            form = f"{urlencode({'query': query})}&{pairs}"
            return client.post(
                "/sparql", data=form, content_type="application/x-www-form-urlencoded"
            )
        return client.post(f"/sparql?{pairs}", data=query, content_type=DIRECT)

    assert values(ask("?s <http://example.org/in> ?label")) == default
    assert values(ask("GRAPH ?g { ?s <http://example.org/in> ?label }")) == named


def test_the_dataset_of_the_request_beats_the_querys_own(client):
    query = "SELECT ?label FROM <http://example.org/g1> { ?s <http://example.org/in> ?label }"
    assert values(client.get("/sparql", query_string={"query": query})) == ["g1"]
    both = {"query": query, "default-graph-uri": "http://example.org/g2"}
    assert values(client.get("/sparql", query_string=both)) == ["g2"]


@pytest.mark.parametrize(
    ("request_", "status", "code"),
    [
        ({"query_string": {"query": "SELECT * {"}}, 400, "malformed_query"),
        ({"query_string": {"query": ""}}, 400, "malformed_query"),
        ({"query_string": "query=%FF"}, 400, "malformed_query"),
        ({"query_string": "query=%ED%A0%80"}, 400, "malformed_query"),
        ({"query_string": "query=ASK{}&query=ASK{}"}, 400, "bad_input"),
        ({"query_string": {"query": ASK, "update": "DROP ALL"}}, 400, "bad_input"),
        ({"query_string": {"query": "DROP ALL"}}, 400, "malformed_query"),
        ({"query_string": {"query": ASK, "default-graph-uri": "relative"}}, 400, "bad_input"),
        ({"query_string": {"query": ASK, "format": "docx"}}, 400, "bad_input"),
        ({"query_string": {"query": UNKNOWN_FUNCTION}}, 400, "unsupported_function"),
        ({"query_string": {"query": ASK}, "headers": PNG}, 406, "not_acceptable"),
        ({"query_string": {"query": ASK}, "headers": TURTLE}, 406, "not_acceptable"),
        ({"method": "POST", "data": {"nothing": "x"}}, 400, "bad_input"),
        ({"method": "POST", "data": b"\xff", "content_type": DIRECT}, 400, "malformed_query"),
        ({"method": "POST", "data": ASK, "content_type": TEXT}, 415, "unsupported_media_type"),
        ({"method": "POST", "data": ASK}, 415, "unsupported_media_type"),
        (
            {"method": "POST", "data": b"ASK {}", "content_type": DIRECT + ";charset=utf-16"},
            415,
            "unsupported_media_type",
        ),
        ({"method": "POST", "data": "#" * 200_000, "content_type": DIRECT}, 413, "query_too_large"),
        ({"method": "POST", "data": {"query": "#" * 600_000}}, 413, "query_too_large"),
        ({"method": "POST", "data": {"query": "#" * 200_000}}, 413, "query_too_large"),
        ({"method": "PUT"}, 405, "method_not_allowed"),
    ],
)  # fmt: skip
def test_what_cannot_be_answered_is_told_as_a_problem(client, request_, status, code):
    response = client.open("/sparql", **request_)
    assert (response.status_code, response.content_type) == (status, "application/problem+json")
    assert response.json["code"] == code
    assert response.json["status"] == status
    assert response.json["detail"]
    assert "Traceback" not in response.text


def test_a_syntax_error_says_where_it_is(client):
    response = client.get("/sparql", query_string={"query": "SELECT *\nWHERE { ?s ?p }"})
    assert response.json["detail"].startswith("line 2, column 16: expected")


def test_what_is_not_acceptable_is_told_with_what_is(client):
    response = client.get("/sparql", query_string={"query": ASK}, headers={"Accept": "image/png"})
    assert "application/sparql-results+json" in response.json["detail"]


def test_an_answer_that_xml_cannot_hold_is_refused_rather_than_broken(client):
    query = 'CONSTRUCT { <http://e/s> <http://e/1> "x" } WHERE {}'
    response = client.get("/sparql", query_string={"query": query, "format": "rdf"})
    assert (response.status_code, response.json["code"]) == (406, "not_expressible")
    query = r'SELECT ("\u0001" AS ?control) {}'
    response = client.get("/sparql", query_string={"query": query, "format": "xml"})
    assert (response.status_code, response.json["code"]) == (406, "not_expressible")


def test_without_a_query_programs_get_the_service_description(client):
    response = client.get("/sparql", headers={"Accept": "application/n-triples"})
    assert response.content_type == "application/n-triples"
    for word in ("UnionDefaultGraph", "SPARQL11Query", "http://example.org/g1", "#endpoint"):
        assert word in response.text
    assert b"localhost/sparql>" in response.data
    assert client.get("/.well-known/void").content_type == "text/turtle; charset=utf-8"


def test_a_browser_gets_a_form_then_a_table_with_links(client):
    html = {"Accept": "text/html"}
    assert b"<textarea" in client.get("/sparql", headers=html).data
    page = client.get(
        "/sparql",
        headers=html,
        query_string={"query": "SELECT ?s { ?s a <http://example.org/Person> }"},
    ).text
    assert 'href="/page/id/alice"' in page
    failed = client.get("/sparql", headers=html, query_string={"query": "SELECT <script>"})
    assert failed.status_code == 400
    assert "<script>" not in failed.text
    assert "&lt;script&gt;" in failed.text


def test_an_answer_is_validated_by_its_snapshot_and_request(client):
    first = client.get("/sparql", query_string={"query": SELECT})
    tag = first.headers["ETag"]
    again = client.get("/sparql", query_string={"query": SELECT}, headers={"If-None-Match": tag})
    assert (again.status_code, again.data, again.headers["ETag"]) == (304, b"", tag)
    others = [
        client.get("/sparql", query_string={"query": SELECT, "x": "1"}),
        client.get("/sparql", query_string={"query": SELECT}, headers={"Accept": "text/csv"}),
        client.get("/sparql", query_string={"query": ASK}),
    ]
    assert tag not in {other.headers["ETag"] for other in others}
    assert first.headers["KG-Snapshot"]
    assert "Accept" in first.headers["Vary"]


@pytest.mark.parametrize("function", ["RAND()", "NOW()", "UUID()", "STRUUID()"])
def test_what_can_differ_from_run_to_run_has_no_validator(client, function):
    query = f"SELECT ({function} AS ?x) {{}}"
    assert "ETag" not in client.get("/sparql", query_string={"query": query}).headers
    quoted = f'SELECT ("{function}" AS ?x) {{}}'
    assert "ETag" in client.get("/sparql", query_string={"query": quoted}).headers


def test_head_is_get_without_the_body(client):
    head = client.head("/sparql", query_string={"query": SELECT})
    get = client.get("/sparql", query_string={"query": SELECT})
    assert (head.status_code, head.data) == (200, b"")
    assert head.headers["ETag"] == get.headers["ETag"]
    assert head.content_type == get.content_type


def test_other_sites_may_read_without_credentials(client):
    response = client.get(
        "/sparql", query_string={"query": ASK}, headers={"Origin": "https://other.example"}
    )
    assert response.headers["Access-Control-Allow-Origin"] == "*"
    assert "Access-Control-Allow-Credentials" not in response.headers
    preflight = client.options(
        "/sparql",
        headers={
            "Origin": "https://other.example",
            "Access-Control-Request-Method": "POST",
            "Access-Control-Request-Headers": "content-type",
        },
    )
    assert "POST" in preflight.headers["Access-Control-Allow-Methods"]


def test_sparqlwrapper_reads_the_endpoint(server):
    wrapper = SPARQLWrapper.SPARQLWrapper(server + "/sparql")
    wrapper.setQuery(SELECT)
    wrapper.setReturnFormat(SPARQLWrapper.JSON)
    for method in (SPARQLWrapper.GET, SPARQLWrapper.POST):
        wrapper.setMethod(method)
        rows = wrapper.queryAndConvert()["results"]["bindings"]
        assert [row["label"]["value"] for row in rows] == ["Bob"]
    wrapper.setQuery(CONSTRUCT)
    wrapper.setReturnFormat(SPARQLWrapper.TURTLE)
    assert b"g1" in wrapper.queryAndConvert()


def test_rdflib_reads_the_endpoint(server):
    store = SPARQLStore(server + "/sparql")
    assert [str(row.label) for row in store.query(SELECT)] == ["Bob"]


def test_a_chunked_request_is_read_to_its_end(server):
    connection = http.client.HTTPConnection(server.removeprefix("http://"))
    body = iter([b"SELECT ?label { <https://kg.example/id/bob> ", b"?p ?label }"])
    connection.request("POST", "/sparql", body, {"Content-Type": DIRECT}, encode_chunked=True)
    answer = json.loads(connection.getresponse().read())
    assert len(answer["results"]["bindings"]) == 3
    connection.request(
        "POST", "/sparql", iter([b"#" * 100_000] * 3), {"Content-Type": DIRECT}, encode_chunked=True
    )
    assert connection.getresponse().status == 413
    connection.close()
