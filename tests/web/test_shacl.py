"""Documents are validated without being kept, and what is wrong with the data is told."""

import json

import pytest
from pyoxigraph import CanonicalizationAlgorithm, Dataset, RdfFormat, parse

from kg import settings
from kg.build import build
from kg.store.loading import Source
from kg.store.snapshots import Database
from kg.web import body, create_app

PREFIXES = """
@prefix e: <http://example.org/> . @prefix sh: <http://www.w3.org/ns/shacl#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> . @prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
"""
SHAPES = """
e:S a sh:NodeShape ; sh:targetClass e:C ; sh:property [ sh:path e:n ; sh:datatype xsd:integer ;
  sh:message "no integer"@en , "不是整数"@zh-Hans ] .
e:D rdfs:subClassOf e:C .
"""
JSON = {"Accept": "application/json"}
TURTLE = {"Content-Type": "text/turtle"}
E = "http://example.org/"


@pytest.fixture(scope="module")
def client(tmp_path_factory):
    folder = tmp_path_factory.mktemp("shacl")
    data = PREFIXES + SHAPES + "e:bad a e:C ; e:n 'x' . e:good a e:C ; e:n 1 . e:C rdfs:label 'C'."
    (folder / "data.ttl").write_text(data, encoding="utf-8")
    database = Database(folder / "db")
    build([Source.of(folder / "data.ttl")], database, base_iri="https://kg.example/", gate=False)
    return create_app(settings.load(environment={}), database).test_client()


def post(client, text, address="/shacl", **headers):
    return client.post(
        address, data=(PREFIXES + text).encode(), headers={**TURTLE, **JSON, **headers}
    )


def test_the_data_and_what_is_wrong_with_it(client):
    value = client.get("/shacl", headers=JSON).get_json()
    assert (value["conforms"], value["shapes"], value["total"], value["complete"]) == (
        False,
        2,
        1,
        True,
    )
    (result,) = value["results"]
    assert result == {
        "resultSeverity": "Violation",
        "focusNode": f"<{E}bad>",
        "resultPath": f"<{E}n>",
        "value": '"x"',
        "resultMessage": [
            {"text": "no integer", "language": "en"},
            {"text": "不是整数", "language": "zh-hans"},
        ],
        "sourceShape": f"<{E}S>",
        "sourceConstraintComponent": "DatatypeConstraintComponent",
    }
    page = client.get("/shacl?lang=en", headers={"Accept": "text/html"})
    assert "The data does not conform to its shapes. 1 finding." in page.text
    assert "no integer" in page.text
    assert "不是整数" in client.get("/shacl?lang=zh-Hans", headers={"Accept": "text/html"}).text


def test_a_page_shows_what_is_wrong_with_its_subject(client):
    bad, good = (client.get(f"/page?iri={E}{name}&lang=en").text for name in ("bad", "good"))
    assert "Found by validation" in bad
    assert "no integer" in bad
    assert "Found by validation" not in good


@pytest.mark.parametrize(
    ("text", "address", "expected"),
    [
        ("e:x a e:C ; e:n 1 .", "/shacl", ("data", True, None)),
        ("e:x a e:C ; e:n 'y' .", "/shacl", ("data", False, "x")),
        ("e:x a e:D ; e:n 'y' .", "/shacl", ("data", False, "x")),
        ("e:x a e:C ; e:n 'y' .", "/shacl?shapes=data", ("data", False, "x")),
        ("e:T sh:targetNode e:x ; sh:class e:Q . e:x a e:C .", "/shacl", ("document", False, "x")),
        ("e:T sh:targetNode e:x ; sh:class e:C . e:x a e:C ; e:n 'y' .", "/shacl", ("document", True, None)),
        ("e:T sh:targetNode e:x ; sh:class e:C . e:x a e:C ; e:n 'y' .", "/shacl?shapes=data", ("data", False, "x")),
        ("", "/shacl", ("data", True, None)),
    ],
)  # fmt: skip
def test_a_document_is_held_to_its_own_shapes_or_to_those_of_the_data(
    client, text, address, expected
):
    used, conforms, focus = expected
    response = post(client, text, address)
    assert response.status_code == 200, response.text
    value = response.get_json()
    assert (value["shapesFrom"], value["conforms"]) == (used, conforms)
    assert [each["focusNode"] for each in value["results"]] == ([f"<{E}{focus}>"] if focus else [])
    assert response.headers["Cache-Control"] == "private, no-store"


def test_nothing_that_is_sent_is_kept(client):
    ask = "/sparql?query=" + "ASK{<http://example.org/sent> ?p ?o}"
    assert post(client, "e:sent a e:C ; e:n 'y' .").get_json()["total"] == 1
    assert client.get(ask).get_json()["boolean"] is False


def canonical(text, format):
    graph = Dataset(quad for quad in parse(text, format=format))
    graph.canonicalize(CanonicalizationAlgorithm.RDFC_1_0)
    return {str(quad) for quad in graph}


@pytest.mark.parametrize(
    "format",
    [RdfFormat.N_TRIPLES, RdfFormat.RDF_XML, RdfFormat.JSON_LD],
    ids=lambda each: each.name,
)
def test_the_report_is_the_same_in_every_format(client, format):
    text = "e:x a e:C ; e:n 'y' , 'z' ."
    first = post(client, text, Accept="text/turtle")
    response = post(client, text, Accept=format.media_type)
    assert response.mimetype == format.media_type
    assert response.content_length == len(response.data)
    report = canonical(first.data, RdfFormat.TURTLE)
    assert len(report) > 10
    assert canonical(response.data, format) == report


def test_the_data_has_a_report_in_rdf(client):
    response = client.get("/shacl", headers={"Accept": "text/turtle"})
    quads = list(parse(response.data, format=RdfFormat.TURTLE))
    found = {
        (quad.predicate.value.rpartition("#")[2], quad.object.value)
        for quad in quads
        if hasattr(quad.object, "value")
    }
    assert {("conforms", "false"), ("focusNode", E + "bad"), ("resultPath", E + "n")} <= found


@pytest.mark.parametrize(
    ("text", "headers", "status", "code"),
    [
        ("e:x", {}, 400, "malformed_rdf"),
        ("e:x a e:C .", {"Content-Type": "text/plain+x"}, 415, "unsupported_media_type"),
        ("e:x a e:C .", {"Content-Encoding": "gzip"}, 415, "unsupported_media_type"),
        ("e:x a e:C .", {"Accept": "image/png"}, 406, "not_acceptable"),
        ("e:S a sh:NodeShape ; sh:targetClass e:C ; sh:property [ sh:minCount 1 ] .", {}, 400, "malformed_shapes"),
        ("e:g { e:x a e:C }", {"Content-Type": "application/trig"}, 400, "malformed_rdf"),
    ],
)  # fmt: skip
def test_what_cannot_be_validated_is_told(client, text, headers, status, code):
    response = post(client, text, **headers)
    assert (response.status_code, response.get_json()["code"]) == (status, code)


@pytest.mark.parametrize(("shapes", "code"), [("document", "no_shapes"), ("nothing", "bad_input")])
def test_where_shapes_are_to_be_taken_from_must_make_sense(client, shapes, code):
    response = post(client, "e:x a e:C .", f"/shacl?shapes={shapes}")
    assert (response.status_code, response.get_json()["code"]) == (400, code)


HOSTILE = {
    "a document type": (
        "application/rdf+xml",
        '<!DOCTYPE x [<!ENTITY a "b">]><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"/>',
        "dtd_not_allowed",
    ),
    "a context elsewhere": (
        "application/ld+json",
        json.dumps({"@context": "http://127.0.0.1:9/x", "@id": "e:x"}),
        "remote_context_refused",
    ),
    "deep terms": (
        "application/n-triples",
        "<e:a> <e:b> " + "<<( <e:a> <e:b> " * 200 + "<e:c>" + " )>>" * 200 + " .",
        "too_deep",
    ),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_document_is_refused(client, name):
    media_type, text, code = HOSTILE[name]
    response = client.post("/shacl", data=text, headers={**JSON, "Content-Type": media_type})
    assert (response.status_code, response.get_json()["code"]) == (400, code)


def test_a_document_that_is_too_large_is_refused(client):
    response = client.post("/shacl", data=b" " * (body.DOCUMENT + 1), headers={**TURTLE, **JSON})
    assert response.status_code == 413


def test_what_takes_too_long_is_stopped(client, tmp_path):
    options = settings.load(environment={"KG_QUERY_SECONDS": "0.05"})
    slow = create_app(options, client.application.extensions["kg"].database).test_client()
    response = post(slow, "e:x a e:C .")
    assert (response.status_code, response.get_json()["code"]) == (503, "errand_timeout")
    assert "Retry-After" in response.headers


def test_what_needs_too_much_memory_is_stopped(client):
    options = settings.load(environment={"KG_READER_MEMORY": str(32 * 1024 * 1024)})
    small = create_app(options, client.application.extensions["kg"].database).test_client()
    text = "".join(f"e:x{number} a e:C ; e:n 'y{number}' .\n" for number in range(100_000))
    response = post(small, text)
    assert (response.status_code, response.get_json()["code"]) == (503, "errand_memory")


def test_no_folder_is_left_behind(client, tmp_path, monkeypatch):
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)
    post(client, "e:x a e:C .")
    post(client, "e:x")
    assert list(tmp_path.iterdir()) == []


def test_the_form_shows_what_was_typed_and_what_is_wrong_with_it(client):
    form = {"document": PREFIXES + "e:x a e:C ; e:n '<script>' .", "syntax": "ttl", "shapes": ""}
    page = client.post("/shacl?lang=en", data=form, headers={"Accept": "text/html"})
    assert page.status_code == 200
    assert "It does not conform." in page.text
    assert "e:n &#39;&lt;script&gt;&#39;" in page.text
    assert "<script>" not in page.text.replace("<script src", "").replace(
        '<script type="module"', ""
    )
    wrong = client.post("/shacl?lang=en", data={"document": "e:x"}, headers={"Accept": "text/html"})
    assert wrong.status_code == 400
    assert "The document cannot be validated." in wrong.text
