"""What machines read in a page and in JSON-LD is what the data says."""

import io
import json
import re
from pathlib import Path
from urllib.parse import unquote

import pytest
import rdflib
from pyoxigraph import CanonicalizationAlgorithm, Dataset, Literal, Quad, RdfFormat, Triple, parse
from pyRdfa import pyRdfa
from pyRdfa.options import Options

from kg import settings
from kg.build import build
from kg.store.loading import Source
from kg.store.snapshots import Database
from kg.web import create_app

HTML = {"Accept": "text/html"}
ROOT = Path(__file__).parents[2]
ROLE = "http://www.w3.org/1999/xhtml/vocab#role"

AWKWARD = """
@prefix e: <http://example.org/> .
@prefix f: <http://example.com/x#> .
@prefix rdf: <http://www.w3.org/1999/02/22-rdf-syntax-ns#> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
e:texts e:p "plain" , "with language"@en-GB , "  spaces \\n and lines " , "<b>&amp; 'quoted' \\"</b>" , "" ,
  "</script><!--" , "{{7*7}}" ; rdf:value "<b>bold</b>"^^rdf:HTML , "<i/>"^^rdf:XMLLiteral .
e:values e:p 1 , 1.50 , 1e3 , true , "2026-01-01"^^xsd:date , "x"^^e:own ; f:p 2 ; e:q "p"^^xsd:date .
e:names e:type "a" ; e:id "b" ; e:graph "c" ; <urn:x:p> "d" ; <http://example.org/1> "e" ;
  <http://example.org/a/> "f" ; <http://example.org/%40x> "g" ; a e:type , e:C , f:C .
e:links e:p e:texts , <urn:x:y> , <http://example.org/光> , <http://example.org/a%20b> , e:links .
e:nested e:p [ e:q [ e:r 1 ; a e:C ] , [] ] , [ e:q "x" ] ; e:s _:shared . _:x e:y 1 .
e:nested e:t _:shared . _:shared e:p e:nested .
e:lists e:p ( 1 "two" e:three ) , ( [ e:q ( 4 ) ] () ) ; e:q () .
"""


@pytest.fixture(scope="module")
def awkward(tmp_path_factory):
    folder = tmp_path_factory.mktemp("linked")
    (folder / "awkward.ttl").write_text(AWKWARD, encoding="utf-8")
    database = Database(folder / "db")
    build([Source.of(folder / "awkward.ttl")], database, base_iri="https://kg.example/")
    return create_app(settings.load(environment={}), database).test_client(use_cookies=False)


def canonical(triples) -> set:
    """Return triples with the names that RDFC-1.0 gives their blank nodes."""
    found = Dataset(Quad(each.subject, each.predicate, each.object) for each in triples)
    found.canonicalize(CanonicalizationAlgorithm.RDFC_1_0)
    return {str(each) for each in found}


def data(client, parameters: str, extension: str = "nt") -> list:
    response = client.get(f"/data.{extension}?{parameters}")
    assert response.status_code == 200
    format = {"nt": RdfFormat.N_TRIPLES, "jsonld": RdfFormat.JSON_LD}[extension]
    return list(parse(response.data, format=format))


def rdfa(html: str) -> list:
    """Return the triples that the attributes of a page state."""
    options = Options(output_processor_graph=False)
    reader = pyRdfa(options=options, media_type="text/html", base="http://localhost/")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(rdflib, "NORMALIZE_LITERALS", False)  # literals as they are written
        graph = reader.graph_from_source(io.BytesIO(html.encode()))
        text = graph.serialize(format="nt")
    found = parse(text.encode(), format=RdfFormat.N_TRIPLES)
    return [each for each in found if each.predicate.value != ROLE]


def blocks(html: str) -> list:
    """Return the JSON-LD documents inside of a page."""
    found = re.findall(r'<script type="application/ld\+json">(.*?)</script>', html, re.DOTALL)
    return [json.loads(each) for each in found]


def lower(triples) -> list:
    """Return triples with language tags as stores keep them."""
    return [
        Triple(each.subject, each.predicate, Literal(each.object.value, language=each.object.language.lower()))
        if isinstance(each.object, Literal) and each.object.language
        else each
        for each in triples
    ]  # fmt: skip


BUNDLED = [
    "id/xiuzhou",
    "id/pv-cluster",
    "id/observation/pv-firms",
    "id/statement/months-1-9--refers-to--months-2023-1-9",
    "id/passage/98-102",
    "id/source-article",
    "def/Passage",
    "def/partner",
    "shapes%23Entity",
]
NAMES = ["texts", "values", "names", "links", "nested", "lists"]
PAGES = [
    *(("bundled", f"iri=https://kg.example/{name}") for name in BUNDLED),
    *(("awkward", f"iri=http://example.org/{name}") for name in NAMES),
]


@pytest.fixture
def of(request):
    """Return the client with a name."""
    return request.getfixturevalue


@pytest.mark.parametrize(("name", "parameters"), PAGES)
def test_what_a_page_states_is_what_the_data_says(of, name, parameters):
    client = of(name)
    html = client.get(f"/page?{parameters}", headers=HTML).text
    expected = canonical(data(client, parameters))
    assert canonical(lower(rdfa(html))) == expected
    own, page = blocks(html)
    assert canonical(parse(json.dumps(own).encode(), format=RdfFormat.JSON_LD)) == expected
    assert page["mainEntity"]["@id"] == unquote(parameters).removeprefix("iri=")
    address = f"http://localhost/page?{parameters}"
    said = parse(json.dumps(page).encode(), format=RdfFormat.JSON_LD, base_iri=address)
    assert address in {each.subject.value for each in said}


@pytest.mark.parametrize(("name", "parameters"), PAGES)
def test_framed_json_ld_says_the_same(of, name, parameters):
    client = of(name)
    framed = data(client, parameters, "jsonld")
    assert canonical(framed) == canonical(data(client, parameters))


def test_framed_json_ld_of_each_class_says_the_same(bundled):
    query = "SELECT (SAMPLE(?s) AS ?one) { ?s a ?class FILTER(isIRI(?s)) } GROUP BY ?class"
    rows = bundled.get("/sparql", query_string={"query": query, "format": "json"}).json
    things = {row["one"]["value"] for row in rows["results"]["bindings"]}
    assert len(things) > 40
    for iri in sorted(things):
        assert canonical(data(bundled, f"iri={iri}", "jsonld")) == canonical(
            data(bundled, f"iri={iri}")
        ), iri


def test_json_ld_has_short_names_and_needs_nothing_else(bundled):
    found = bundled.get("/data/id/pv-cluster.jsonld").json
    assert (found["iri"], found["type"]) == ("id:pv-cluster", "Initiative")
    assert found["name"]["en"].startswith("Photovoltaic")
    assert isinstance(found["@context"], dict)
    assert len(found["@context"]) < 40


def test_our_context_is_served_as_it_is(bundled):
    response = bundled.get("/context.jsonld")
    assert response.content_type == "application/ld+json"
    own = json.loads((ROOT / "ontology/context.jsonld").read_text(encoding="utf-8"))
    assert json.loads(response.text) == own


def test_a_context_is_made_for_other_data(awkward):
    found = json.loads(awkward.get("/context.jsonld").text)["@context"]
    assert found["p"] == {"@id": "ns1:p"}
    assert found["r"] == {"@id": "ns1:r", "@type": "http://www.w3.org/2001/XMLSchema#integer"}
    assert found["s"] == {"@id": "ns1:s", "@type": "@id"}
    assert found["type"] == "@type"
    assert awkward.get("/data.jsonld?iri=http://example.org/values").json["p"]
