"""The dataset describes itself: in numbers that are true, for catalogues, crawlers and readers."""

import json
import re
import time
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from pyoxigraph import RdfFormat, parse

from kg import settings, validation
from kg.build import build
from kg.catalogue.dcat import SPDX
from kg.catalogue.void import DIVIDED
from kg.dataset import DCAT, VOID
from kg.labels import DCTERMS
from kg.store.loading import Source
from kg.store.snapshots import Database
from kg.terms import RDF, NamedNode, spell
from kg.web import create_app

HERE = Path(__file__).parent
PAGE = {"Accept": "text/html"}
TRIPLES = {"Accept": "application/n-triples"}
OWN = NamedNode("https://kg.example/id/dataset")


@pytest.fixture(scope="module")
def described(bundled):
    """The description of the bundled dataset, once its dumps are made."""
    for _ in range(300):
        response = bundled.get("/dataset", headers=TRIPLES)
        if response.text.count("checksumValue") == 12:
            return response
        time.sleep(0.1)
    raise AssertionError("the dumps were not made")


@pytest.fixture(scope="module")
def graph(described):
    return list(parse(described.data, format=RdfFormat.N_TRIPLES))


def values(graph, subject, predicate):
    return [each.object for each in graph if (each.subject, each.predicate) == (subject, predicate)]


def number(graph, subject, name):
    (found,) = values(graph, subject, VOID[name])
    return int(found.value)


def counted(client, what, pattern):
    query = f"SELECT (COUNT({what}) AS ?n) {{ {pattern} }}"
    rows = client.get("/sparql", query_string={"query": query, "format": "json"}).get_json()
    return int(rows["results"]["bindings"][0]["n"]["value"])


def test_every_number_of_the_whole_equals_its_query(bundled, graph):
    queries = {
        "triples": ("*", "SELECT DISTINCT ?s ?p ?o { ?s ?p ?o }"),
        "entities": ("DISTINCT ?s", "?s a ?c FILTER(isIRI(?s))"),
        "classes": ("DISTINCT ?c", "?s a ?c"),
        "properties": ("DISTINCT ?p", "?s ?p ?o"),
        "distinctSubjects": ("DISTINCT ?s", "?s ?p ?o"),
        "distinctObjects": ("DISTINCT ?o", "?s ?p ?o"),
    }
    for name, (what, pattern) in queries.items():
        assert number(graph, OWN, name) == counted(bundled, what, pattern), name


def test_every_number_of_a_part_equals_its_query(bundled, graph):
    classes = values(graph, OWN, VOID.classPartition)
    assert len(classes) == number(graph, OWN, "classes") <= DIVIDED
    for part in classes[::9]:
        (owner,) = values(graph, part, VOID["class"])
        own = f"?s a {spell(owner)}"
        assert number(graph, part, "entities") == counted(bundled, "DISTINCT ?s", own)
        both = f"SELECT DISTINCT ?s ?p ?o {{ {own} . ?s ?p ?o }}"
        assert number(graph, part, "triples") == counted(bundled, "*", both)
        for inner in values(graph, part, VOID.propertyPartition)[::5]:
            _property_is_right(bundled, graph, inner, f"{own} .")
    properties = values(graph, OWN, VOID.propertyPartition)
    assert len(properties) == number(graph, OWN, "properties")
    for part in properties[::20]:
        _property_is_right(bundled, graph, part, "")


def _property_is_right(client, graph, part, own):
    (property,) = values(graph, part, VOID.property)
    pattern = f"SELECT DISTINCT ?s ?o {{ {own} ?s {spell(property)} ?o }}"
    assert number(graph, part, "triples") == counted(client, "*", pattern)
    assert number(graph, part, "distinctSubjects") == counted(client, "DISTINCT ?s", pattern)
    assert number(graph, part, "distinctObjects") == counted(client, "DISTINCT ?o", pattern)


def test_it_conforms_to_what_catalogues_ask_for(described, tmp_path):
    (tmp_path / "data.nt").write_bytes(described.data)
    shapes = (HERE / "dcat-shapes.ttl").read_bytes()
    with (tmp_path / "shapes.nt").open("wb") as file:
        for quad in parse(shapes, format=RdfFormat.TURTLE):
            file.write(f"{quad.triple} .\n".encode())
    outcome, _ = validation.checked(tmp_path / "shapes.nt", tmp_path / "data.nt")
    assert outcome.shapes >= 4
    assert [str(each) for each in outcome.violations] == []


def test_what_the_data_says_of_itself_is_part_of_it(graph):
    assert values(graph, OWN, DCTERMS.license) == [
        NamedNode("https://creativecommons.org/licenses/by/4.0/")
    ]
    assert {each.language for each in values(graph, OWN, DCTERMS.title)} == {"zh-hans", "en"}
    (publisher,) = values(graph, OWN, DCTERMS.publisher)
    assert values(graph, publisher, RDF.type)


def test_each_checksum_is_that_of_the_file(bundled, graph):
    download = NamedNode("http://localhost/download/all.ttl.gz")
    assert download in values(graph, OWN, DCAT.distribution)
    (checksum,) = values(graph, download, SPDX.checksum)
    (digest,) = values(graph, checksum, SPDX.checksumValue)
    assert bundled.get("/download/all.ttl.gz").get_etag()[0] == digest.value


@pytest.mark.parametrize("address", ["/dataset", "/.well-known/void"])
def test_the_description_comes_in_other_formats_with_a_validator(bundled, described, address):
    response = bundled.get(address, headers={"Accept": "text/turtle"})
    assert response.mimetype == "text/turtle"
    number = len(described.data.splitlines())
    assert len(list(parse(response.data, format=RdfFormat.TURTLE))) == number
    known = {"Accept": "text/turtle", "If-None-Match": response.headers["ETag"]}
    assert bundled.get(address, headers=known).status_code == 304


def test_a_reader_at_the_well_known_place_is_led_to_the_page(bundled):
    response = bundled.get("/.well-known/void", headers=PAGE)
    assert (response.status_code, response.headers["Location"]) == (303, "/dataset")


def test_the_page_is_there_in_both_languages(bundled, described):
    english, chinese = (
        bundled.get(f"/dataset?lang={tag}", headers=PAGE).text for tag in ("en", "zh")
    )
    assert "Xiuzhou Development Knowledge Graph" in english
    assert "秀洲区发展知识图谱" in chinese
    assert 'aria-current="page">Dataset<' in english
    assert "/download/all.nq.gz" in english
    assert re.search(r"<code class=\"digest\">[0-9a-f]{64}<", english)
    assert "/download/graph-stated.ttl.gz" in english
    assert "下载全部数据" in chinese


def test_search_engines_find_a_description_in_the_page(bundled):
    page = bundled.get("/dataset?lang=en", headers=PAGE).text
    (text,) = re.findall(r'<script type="application/ld\+json">(.*?)</script>', page, re.DOTALL)
    value = json.loads(text)
    assert (value["@type"], value["@id"]) == ("Dataset", OWN.value)
    assert value["license"] == "https://creativecommons.org/licenses/by/4.0/"
    assert value["creator"][0]["name"] == "Editors of the knowledge graph"
    assert len(value["distribution"]) == 12


HOSTILE = """
@prefix dcat: <http://www.w3.org/ns/dcat#> . @prefix dct: <http://purl.org/dc/terms/> .
<http://e/d> a dcat:Dataset ; dct:title "</script><script>alert(1)</script>" ; dct:creator "a & b" , [] ;
  dct:license <javascript:alert(1)> ; <http://e/p> "x" .
"""


def test_hostile_words_stay_words(tmp_path):
    (tmp_path / "data.ttl").write_text(HOSTILE)
    database = Database(tmp_path / "db")
    build([Source.of(tmp_path / "data.ttl")], database, base_iri="https://kg.example/")
    client = create_app(settings.load(environment={}), database).test_client()
    page = client.get("/dataset", headers=PAGE)
    assert page.status_code == 200
    assert "<script>alert" not in page.text
    assert 'href="javascript:' not in page.text
    for address in ("/releases.atom", "/sitemap-1.xml"):
        ET.fromstring(client.get(address).text)


def test_the_sitemap_leads_to_all_pages(bundled):
    space = "{http://www.sitemaps.org/schemas/sitemap/0.9}"
    index = ET.fromstring(bundled.get("/sitemap.xml").text)
    (part,) = [each.text for each in index.iter(f"{space}loc")]
    addresses = [each.text for each in ET.fromstring(bundled.get(part).text).iter(f"{space}loc")]
    assert len(addresses) == len(set(addresses)) > 1800
    assert all(each.isascii() for each in addresses)
    for address in addresses[::150]:
        assert bundled.get(address, headers=PAGE).status_code == 200, address
    assert bundled.get("/sitemap-2.xml").status_code == 404
    assert "Sitemap: http://localhost/sitemap.xml" in bundled.get("/robots.txt").text


def test_releases_are_listed_and_can_be_followed(tmp_path):
    database = Database(tmp_path / "db")
    for text in ("<http://e/a> <http://e/p> 1 , 4 .", "<http://e/a> <http://e/p> 1 , 2 , 3 ."):
        (tmp_path / "data.ttl").write_text(text)
        build([Source.of(tmp_path / "data.ttl")], database, base_iri="https://kg.example/")
    client = create_app(settings.load(environment={}), database).test_client()
    page = client.get("/dataset?lang=en", headers=PAGE).text
    assert re.search(
        r'class="number">3</td><td class="number">2</td><td class="number">1</td>', page
    )
    atom = "{http://www.w3.org/2005/Atom}"
    response = client.get("/releases.atom")
    assert response.mimetype == "application/atom+xml"
    feed = ET.fromstring(response.text)
    entries = feed.findall(f"{atom}entry")
    current, before = (each.findtext(f"{atom}title") for each in entries)
    assert current == database.current().id > before
    assert feed.findtext(f"{atom}updated") == entries[0].findtext(f"{atom}updated")
    told = entries[0].findtext(f"{atom}summary")
    assert f"3 triples; 2 added and 1 removed since {before}" in told
    assert "added" not in entries[1].findtext(f"{atom}summary")
