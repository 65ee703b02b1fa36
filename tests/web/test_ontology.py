"""The ontology and its terms: what is declared, what is observed, and the ontology as data."""

from html import unescape

import pytest
from pyoxigraph import RdfFormat, parse

from kg import settings
from kg.build import build
from kg.store.loading import Source
from kg.store.snapshots import Database
from kg.terms import RDF
from kg.web import create_app

DATA = """
@prefix e: <http://example.org/> . @prefix d: <https://kg.example/def/> .
@prefix owl: <http://www.w3.org/2002/07/owl#> . @prefix sh: <http://www.w3.org/ns/shacl#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> . @prefix skos: <http://www.w3.org/2004/02/skos/core#> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
e:o a owl:Ontology ; rdfs:label "The ontology"@en , "这个本体"@zh-Hans ; rdfs:comment "About <things>"@en .
d:Thing a owl:Class ; rdfs:label "Thing"@en , "东西"@zh-Hans .
d:Person a owl:Class ; rdfs:subClassOf d:Thing ; rdfs:label "Person"@en , "人"@zh-Hans .
d:Robot a owl:Class ; rdfs:subClassOf d:Thing ; owl:disjointWith d:Person .
[] a owl:AllDisjointClasses ; owl:members ( d:Person d:Robot ) .
d:age a owl:DatatypeProperty ; rdfs:domain d:Thing ; rdfs:range xsd:integer ; rdfs:label "age"@en .
d:likes a owl:ObjectProperty ; rdfs:domain [ a owl:Class ; owl:unionOf ( d:Person d:Robot ) ] ; rdfs:range d:Person .
d:unused a owl:DatatypeProperty ; rdfs:domain d:Person .
e:S a sh:NodeShape ; sh:targetClass d:Person ; rdfs:label "Shape of a person"@en ;
  sh:property [ sh:path d:age ; sh:maxCount 1 ; sh:datatype xsd:integer ] .
e:scheme a skos:ConceptScheme ; rdfs:label "Scheme"@en . e:concept skos:inScheme e:scheme ; rdfs:label "A concept"@en .
e:ann a d:Person ; d:age 1 , 2 ; d:likes e:bob . e:bob a d:Person ; d:likes e:thing , "none" . e:thing a d:Thing .
"""
PAGE = {"Accept": "text/html"}


@pytest.fixture(scope="module")
def client(tmp_path_factory):
    folder = tmp_path_factory.mktemp("ontology")
    (folder / "data.ttl").write_text(DATA, encoding="utf-8")
    database = Database(folder / "db")
    build([Source.of(folder / "data.ttl")], database, base_iri="https://kg.example/", gate=False)
    return create_app(settings.load(environment={}), database).test_client(use_cookies=False)


def page(client, address):
    response = client.get(f"{address}{'&' if '?' in address else '?'}lang=en", headers=PAGE)
    assert response.status_code == 200
    return " ".join(unescape(response.text).split())


def test_the_ontology_has_a_page_in_both_languages(client):
    english, chinese = (
        client.get(f"/ontology?lang={tag}", headers=PAGE).text for tag in ("en", "zh-Hans")
    )
    assert "The ontology" in english
    assert "About &lt;things&gt;" in english
    assert "这个本体" in chinese
    assert ">Person<" in english
    assert ">人<" in chinese
    assert "<svg width" in english
    assert 'href="/page/def/Person"' in english
    assert 'aria-current="page">Ontology<' in english


@pytest.mark.parametrize(
    ("format", "media_type"),
    [(RdfFormat.TURTLE, "text/turtle"), (RdfFormat.JSON_LD, "application/ld+json")],
)
def test_the_ontology_is_sent_as_data_with_what_hangs_on_it(client, format, media_type):
    response = client.get("/ontology", headers={"Accept": media_type})
    assert response.mimetype == media_type
    quads = {(q.subject, q.predicate.value, q.object) for q in parse(response.data, format=format)}
    subjects = {getattr(subject, "value", "") for subject, _, _ in quads}
    assert {"http://example.org/o", "https://kg.example/def/age"} <= subjects
    assert "http://example.org/ann" not in subjects
    rest = [each for each in quads if each[1] == RDF.rest.value]
    assert len(rest) == 4, "two lists of two: of the union, and of the disjoint classes"
    assert client.get("/ontology", headers={"If-None-Match": response.headers["ETag"],
                                            "Accept": media_type}).status_code == 304  # fmt: skip


def test_a_class_shows_what_is_declared_beside_what_is_observed(client):
    text = page(client, "/page/def/Person")
    assert "<strong>2</strong> things" in text
    assert "What its things have" in text
    row = text[text.index("/page/def/age") :][:700]
    assert "for <a" in row, "declared for the class above"
    assert "0–2" in row
    assert "/page/def/unused" in text, "declared, and of no use"
    assert "Shape of a person" in text
    assert "at most" in text
    assert "Found by validation" in text


def test_a_property_shows_domain_and_range_and_what_does_not_keep_to_them(client):
    text = page(client, "/page/def/likes")
    assert "What has it" in text
    assert "/page/def/Robot" in text
    assert "2 triples do not keep to it" in text
    assert "1 triple does not keep" not in text
    assert "Examples" in text


def test_a_scheme_shows_its_concepts(client):
    assert "A concept" in page(client, "/page?iri=http://example.org/scheme")


def test_a_class_that_is_used_and_never_declared_has_its_page(client):
    text = page(client, "/page?iri=http://www.w3.org/2002/07/owl%23Class")
    assert "<strong>4</strong> things" in text


def test_what_is_no_term_has_no_such_sections(client):
    assert "What its things have" not in page(client, "/page?iri=http://example.org/ann")


def test_data_without_an_ontology_has_one_that_was_observed(tmp_path):
    (tmp_path / "data.nt").write_text(
        "<http://e/a> <http://www.w3.org/1999/02/22-rdf-syntax-ns#type> <http://e/C> .\n"
        '<http://e/a> <http://e/p> "<script>" .\n'
    )
    database = Database(tmp_path / "db")
    build([Source.of(tmp_path / "data.nt")], database, base_iri="https://kg.example/")
    client = create_app(settings.load(environment={}), database).test_client()
    assert "http%3A%2F%2Fe%2FC" in client.get("/ontology?lang=en", headers=PAGE).text
    assert "&lt;script&gt;" in client.get("/page?iri=http://e/p&lang=en", headers=PAGE).text
    assert client.get("/ontology", headers={"Accept": "text/turtle"}).status_code == 200


def test_every_term_of_the_bundled_ontology_has_its_page(bundled):
    response = bundled.get("/ontology?lang=zh-Hans", headers=PAGE)
    addresses = {
        part.partition('"')[0]
        for part in response.text.split('href="')
        if "/page/def/" in part[:20]
    }
    assert len(addresses) > 100
    for address in sorted(addresses)[::12]:
        assert bundled.get(address, headers=PAGE).status_code == 200, address
