"""Browsing over HTTP: counts that hold after the click, and every form of what is chosen."""

import csv
import io
import random
import zipfile
from urllib.parse import urlencode
from xml.etree import ElementTree as ET

import hypothesis
import pytest
from hypothesis import HealthCheck
from hypothesis import strategies as st
from pyoxigraph import RdfFormat, parse, serialize
from tests.browse import worlds
from tests.browse.worlds import World, random_quad, selections

from kg import derived, settings
from kg.browse import paths
from kg.browse.making import DATA, META
from kg.browse.selection import Condition, write
from kg.build import build
from kg.prefixes import Prefixes
from kg.store.embedded import EmbeddedStore
from kg.store.loading import Source
from kg.store.snapshots import Database
from kg.terms import Literal
from kg.web import browse, create_app, listing
from kg.web.current import usage

JSON = {"Accept": "application/json"}

THEMES = ["光伏", "氢能", "储能"]


def _world() -> str:
    """Return projects with a theme in a tree, an amount, a date, and names of every kind."""
    lines = [
        "@prefix e: <http://example.org/> . @prefix xsd: <http://www.w3.org/2001/XMLSchema#> .",
        "@prefix skos: <http://www.w3.org/2004/02/skos/core#> .",
        "@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .",
        "@prefix vann: <http://purl.org/vocab/vann/> .",
        'e:vocabulary vann:preferredNamespacePrefix "e" ; vann:preferredNamespaceUri "http://example.org/" .',
        'e:Project rdfs:label "Project"@en , "项目"@zh-Hans . e:theme rdfs:label "theme"@en , "主题"@zh-Hans .',
        "e:Pilot rdfs:subClassOf e:Project .",
    ]
    lines += [
        f'e:theme{place} skos:prefLabel "{name}"@zh-Hans ; skos:broader e:energy .'
        for place, name in enumerate(THEMES)
    ]
    for number in range(60):
        kind = "e:Pilot" if number % 4 == 0 else "e:Project"
        lines.append(
            f"e:p{number:02} a {kind} ; e:theme e:theme{number % 3} ; e:amount {number * 1.5} ; "
            f'e:start "{2001 + number % 7}-0{1 + number % 9}-01"^^xsd:date ; '
            f'rdfs:label "Project {number}"@en , "项目{number}"@zh-Hans .'
        )
        if number % 5 == 0:
            lines.append(f"e:p{number:02} e:ward [ e:city e:city{number % 2} ] .")
    return "\n".join(lines)


def _served(folder, text, *, name="data.ttl", **options):
    (folder / name).write_text(text, encoding="utf-8")
    database = Database(folder / "db")
    build([Source.of(folder / name)], database, base_iri="https://kg.example/")
    environment = {f"KG_{name.upper()}": str(value) for name, value in options.items()}
    return create_app(settings.load(environment=environment), database).test_client(), database


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    return _served(tmp_path_factory.mktemp("browse"), _world())[0]


@pytest.fixture(scope="module")
def without_index(tmp_path_factory):
    """The same without an index."""
    client, database = _served(tmp_path_factory.mktemp("live"), _world())
    path = derived.of(database.current()).path
    for name in (META, DATA):
        (path / name).unlink()
    return client


def ask(client, address):
    response = client.get(address, headers=JSON)
    assert response.status_code == 200, response.text
    return response.json


def solutions(client, query):
    answer = client.get("/sparql", query_string={"query": query}, headers=JSON)
    assert answer.status_code == 200, answer.text
    return [row["item"]["value"] for row in answer.json["results"]["bindings"]]


def items(client, address):
    """Return the IRIs on this page and all that follow."""
    found = []
    while address:
        page = ask(client, address)
        found += [item["iri"] for item in page["items"]]
        address = page["next"]
    return found


def flat(values):
    for value in values:
        yield value
        yield from flat(value.get("below", ()))


SELECTIONS = [
    "",
    "type=e:Project",
    "type=e:Pilot&e:theme=e:theme1",
    "e:theme=e:theme0&e:theme=e:theme2",
    "type=e:Project&e:theme=e:energy",
    "e:theme.not=e:theme1&e:theme.exists=true",
    "e:amount.ge=10&e:amount.le=40.5",
    "e:start.ge=2003&e:start.le=2004-06",
    "e:ward.exists=true",
    "e:ward/e:city=e:city0",
    "^e:theme.exists=true",
    "^e:theme=e:p00&^e:theme=e:p01",
    "rdfs:label.lang=zh-hans",
    "q=project+1",
    "q=%E9%A1%B9%E7%9B%AE&type=e:Pilot",
    "e:theme=%22nothing%22",
]


@pytest.mark.parametrize(
    ("name", "selection"),
    [
        *(("browser", selection) for selection in SELECTIONS),
        *(("without_index", selection) for selection in SELECTIONS[2::6]),
    ],
)
def test_each_count_is_the_total_after_the_click_and_sparql_gives_the_items(
    request, name, selection
):
    client = request.getfixturevalue(name)
    page = ask(client, f"/browse?{selection}")
    assert page["complete"]
    assert len(page["items"]) == min(page["total"], page["page_size"])
    found = items(client, f"/browse?{selection}")
    assert len(found) == len(set(found)) == page["total"]
    assert sorted(solutions(client, page["sparql"])) == sorted(found)
    for facet in page["facets"]:
        is_chosen = any(value["selected"] for value in flat(facet["values"]))
        for value in flat(facet["values"]):
            if not is_chosen:
                assert value["count"] == ask(client, value["url"])["total"], (facet, value)
        for key in ("present", "missing"):
            if key in facet:
                assert facet[key]["count"] == ask(client, facet[key]["url"])["total"]


@pytest.mark.parametrize("selection", [each for each in SELECTIONS if "q=" not in each][::2])
def test_the_index_and_sparql_answer_alike(browser, without_index, selection):
    one, other = (
        ask(client, f"/browse?lang=en&{selection}") for client in (browser, without_index)
    )
    assert (one["total"], one["sparql"]) == (other["total"], other["sparql"])
    for key in ("iri", "label", "types", "description"):
        assert [item[key] for item in one["items"]] == [item[key] for item in other["items"]]


def test_a_page_says_what_a_reader_needs(browser):
    page = ask(browser, "/browse.json?type=e:Project&e:theme=e:theme0&lang=en")
    assert page["total"] == 20
    assert page["snapshot"] == browser.get("/health").json["snapshot"]
    first = page["items"][0]
    assert (first["iri"], first["label"]) == ("http://example.org/p00", "Project 0")
    assert first["types"] == ["http://example.org/Pilot"]
    assert browser.get(first["url"]).status_code == 200
    facets = {facet["parameter"]: facet for facet in page["facets"]}
    assert {name: facet["kind"] for name, facet in facets.items()} == {
        "type": "tree", "e:theme": "tree", "e:amount": "number", "e:start": "date",
        "e:ward/e:city": "term", "e:ward": "presence", "rdfs:label.lang": "language",
    }  # fmt: skip
    assert facets["e:theme"]["label"] == "theme"
    assert facets["e:theme"]["property"] == "http://example.org/theme"
    (energy,) = facets["e:theme"]["values"]
    assert (energy["value"], energy["count"]) == ("e:energy", 60)
    assert [(v["value"], v["count"], v["selected"]) for v in energy["below"]] == [
        ("e:theme0", 20, True), ("e:theme1", 20, False), ("e:theme2", 20, False),
    ]  # fmt: skip
    years = facets["e:start"]["values"]
    assert [(year["ge"], year["le"]) for year in years] == [(f"{y}", f"{y}") for y in range(2001, 2008)]  # fmt: skip
    assert sum(year["count"] for year in years) == 20


def test_names_are_those_of_the_reader_and_sorted_in_that_language(browser):
    chinese = ask(browser, "/browse.json?type=e:Pilot&lang=zh")
    assert [item["label"] for item in chinese["items"][:4]] == ["项目0", "项目4", "项目8", "项目12"]
    response = browser.get("/browse.json?type=e:Pilot", headers={**JSON, "Accept-Language": "en"})
    assert response.json["items"][2]["label"] == "Project 8"
    assert "Accept-Language" in response.headers["Vary"]
    themes = ask(
        browser, "/browse.json?type=skos:Concept&lang=zh&e:theme.exists=false&^e:theme.exists=true"
    )
    assert themes["total"] == 0
    assert [i["label"] for i in ask(browser, "/browse.json?^e:theme.exists=true&lang=zh")["items"]] == ["储能", "光伏", "氢能"]  # fmt: skip


@pytest.mark.parametrize("name", ["browser", "without_index"])
@pytest.mark.parametrize(
    ("sort", "labels"),
    [
        ("label", ["Project 0", "Project 1", "Project 2"]),
        ("-label", ["Project 59", "Project 58", "Project 57"]),
        ("e:amount", ["Project 0", "Project 1", "Project 2"]),
        ("-e:amount", ["Project 59", "Project 58", "Project 57"]),
        ("e:start", ["Project 0", "Project 28", "Project 56"]),
        ("-links", ["Project 0", "Project 1", "Project 2"]),
    ],
)  # fmt: skip
def test_things_come_in_the_order_that_is_asked_for(request, name, sort, labels):
    client = request.getfixturevalue(name)
    page = ask(client, f"/browse?e:theme.exists=true&lang=en&sort={sort}")
    assert [item["label"] for item in page["items"][:3]] == labels


def test_a_table_has_all_that_is_chosen(browser):
    response = browser.get("/browse.csv?type=e:Project&e:theme=e:theme1&lang=en")
    assert response.content_type == "text/csv; charset=utf-8"
    assert response.headers["KG-Complete"] == "true"
    assert response.content_length == len(response.data)
    rows = list(csv.DictReader(io.StringIO(response.text)))
    assert len(rows) == 20
    assert rows[0] == {
        "IRI": "http://example.org/p01", "Label": "Project 1", "Class": "Project",
        "Description": "", "amount": "1.5", "start": "2002-02-01",
    } | {key: rows[0][key] for key in rows[0] if key not in ("IRI", "Label", "Class", "Description", "amount", "start")}  # fmt: skip


FORMULAS = ["=cmd|'/C calc'!A0", "+1", "-2+3", "@SUM(A1)", "\t=1", "＝1"]


@pytest.fixture(scope="module")
def hostile(tmp_path_factory):
    label = "<http://www.w3.org/2000/01/rdf-schema#label>"
    lines = [f"<http://e/{place}> {label} {_literal(text)} ; <http://e/n> -{place} ." for place, text in enumerate([*FORMULAS, "<script>alert(1)</script>", "x\x01\ufffe", "y" * 40_000])]  # fmt: skip
    return _served(tmp_path_factory.mktemp("hostile"), "\n".join(lines))[0]


def _literal(text):
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\t", "\\t") + '"'


def test_no_cell_of_a_table_is_a_formula(hostile):
    rows = list(csv.DictReader(io.StringIO(hostile.get("/browse.csv?lang=en&sort=label").text)))
    labels = [row["Label"] for row in rows]
    assert {f"'{text}" for text in FORMULAS} <= set(labels)
    assert not [text for text in labels if text.startswith(("=", "+", "-", "@", "\t"))]


def test_a_workbook_holds_the_same_as_text(hostile):
    response = hostile.get("/browse.xlsx?lang=en")
    with zipfile.ZipFile(io.BytesIO(response.data)) as book:
        sheet = ET.fromstring(book.read("xl/worksheets/sheet1.xml"))
    space = {"m": "http://schemas.openxmlformats.org/spreadsheetml/2006/main"}
    assert sheet.findall(".//m:f", space) == []
    texts = [each.text or "" for each in sheet.findall(".//m:t", space)]
    assert {f"'{text}" for text in FORMULAS} <= set(texts)
    assert max(map(len, texts)) <= 32_767
    assert len(sheet.findall(".//m:row", space)) == 1 + 9


@pytest.mark.parametrize("extension", ["ttl", "nt", "jsonld", "trig", "nq", "rdf"])
def test_a_graph_describes_all_that_is_chosen(browser, extension):
    response = browser.get(f"/browse.{extension}?type=e:Project&e:theme=e:theme1")
    format = RdfFormat.from_extension(extension)
    subjects = {str(quad.subject) for quad in parse(response.data, format=format)}
    expected = items(browser, "/browse?type=e:Project&e:theme=e:theme1")
    assert subjects == {f"<{iri}>" for iri in expected}


def test_the_query_is_sent_as_such(browser):
    response = browser.get("/browse.rq?type=e:Pilot")
    assert response.content_type == "application/sparql-query; charset=utf-8"
    assert len(solutions(browser, response.text)) == 15


@pytest.mark.parametrize(
    "query",
    [
        "industry=kg:x", "e:theme=words", "e:amount.ge=much", "page=0", "sort=e:theme",
        "e:theme=%22%7D%20UNION%20%7B", "e:theme=%3Chttp://e/x%3E%20?p%20?o%20%7D%20DROP%20ALL%20%23%3E",
        "type=%22%5C", "q=%ED%A0%80", "sort=-e:start%3B",
    ],
)  # fmt: skip
@pytest.mark.parametrize("name", ["browser", "without_index"])
def test_what_cannot_be_understood_is_refused(request, name, query):
    response = request.getfixturevalue(name).get(f"/browse?{query}", headers=JSON)
    assert response.status_code == 400, response.text
    assert response.json["detail"]


@pytest.mark.parametrize("text", ['") || true #', "}", "\\", '"', "\n", "'", "?item"])
def test_what_is_searched_is_only_text(browser, text):
    response = browser.get("/browse", query_string={"q": f"x{text}"}, headers=JSON)
    assert (response.status_code, response.json["total"]) == (200, 0)
    assert solutions(browser, response.json["sparql"]) == []


def test_a_text_is_found_as_search_finds_it(browser):
    for text in ("%E9%A0%85%E7%9B%AE", "xiangmu", "xm"):
        page = ask(browser, f"/browse?type=e:Pilot&q={text}")
        assert (page["total"], len(solutions(browser, page["sparql"]))) == (15, 15)


def test_a_text_that_is_found_too_often_has_no_query(tmp_path):
    lines = [f'<http://e/{number}> <http://e/name> "found" .' for number in range(10_001)]
    client = _served(tmp_path, "\n".join(lines))[0]
    page = ask(client, "/browse?q=found")
    assert (page["total"], page["sparql"]) == (10_001, None)
    assert [len(items(client, "/browse?q=found&page=401"))] == [1]
    for extension in ("rq", "ttl"):
        response = client.get(f"/browse.{extension}?q=found")
        assert (response.status_code, response.json["code"]) == (413, "query_too_large")
    assert len(client.get("/browse.csv?q=found").text.splitlines()) == 10_002
    assert client.get("/browse?q=found", headers={"Accept": "text/html"}).status_code == 200


def test_a_page_past_the_last_is_empty_and_says_how_many_there_are(browser):
    page = ask(browser, "/browse?type=e:Pilot&page=9")
    assert (page["items"], page["total"], page["pages"], page["next"]) == ([], 15, 1, None)


def test_what_takes_too_long_is_not_counted_rather_than_none(tmp_path):
    client, database = _served(tmp_path, _world(), facet_seconds=0.000001)
    (derived.of(database.current()).path / META).unlink()
    page = ask(client, "/browse?type=e:Project&e:theme=e:theme1&e:amount.ge=1")
    assert page["total"] == 20
    assert page["complete"] is False
    assert {facet["parameter"] for facet in page["facets"]} >= {"type", "e:theme", "e:amount"}
    for facet in page["facets"]:
        assert (facet["counted"], facet["complete"], facet["values"]) == (False, False, [])
        assert "missing" not in facet


def test_a_client_that_has_the_page_is_told_so(browser):
    first = browser.get("/browse?type=e:Pilot", headers=JSON)
    again = {**JSON, "If-None-Match": first.headers["ETag"]}
    assert browser.get("/browse?type=e:Pilot", headers=again).status_code == 304
    other = {**again, "Accept-Language": "en"}
    assert browser.get("/browse?type=e:Pilot", headers=other).status_code == 200


def test_the_bundled_graph_can_be_browsed(client):
    page = ask(client, "/browse?type=%3Chttp://example.org/Person%3E")
    assert sorted(item["iri"] for item in page["items"]) == [
        "https://kg.example/id/alice",
        "https://kg.example/id/bob",
    ]


@pytest.fixture(scope="module")
def random_world(tmp_path_factory):
    """A random world, with all that is strange in it, over HTTP; and what plain Python says."""
    chance = random.Random(20)
    quads = [random_quad(chance) for _ in range(160)]
    text = serialize(quads, format=RdfFormat.N_QUADS).decode()
    folder = tmp_path_factory.mktemp("random")
    client, database = _served(folder, text, name="data.nq")
    snapshot = database.current()
    return client, World(EmbeddedStore.open(snapshot.triples, snapshot=snapshot.id))


@hypothesis.settings(deadline=None, max_examples=25, suppress_health_check=list(HealthCheck))
@hypothesis.given(selections())
def test_on_a_random_world_items_counts_python_and_sparql_agree(random_world, selection):
    client, world = random_world
    address = f"/browse?{urlencode(write(selection, Prefixes()))}"
    page = ask(client, address)
    expected = sorted(world.chosen(selection))
    assert page["total"] == len(expected)
    assert sorted(items(client, address)) == expected
    assert sorted(solutions(client, page["sparql"])) == expected
    chosen = {paths.write(path, Prefixes()) for path in selection.conditions}
    counted = [
        (value["url"], value["count"])
        for facet in page["facets"]
        if facet["parameter"] not in chosen
        for value in flat(facet["values"])
    ]
    for url, count in counted[:: max(1, len(counted) // 4)]:
        assert ask(client, url)["total"] == count, url


@hypothesis.settings(deadline=None, max_examples=50, suppress_health_check=list(HealthCheck))
@hypothesis.given(selections(), worlds.paths, st.sampled_from(["", "?lang=zh&view=table&x=1"]))
def test_addresses_around_a_facet_are_those_of_the_selections(browser, selection, path, manner):
    """Each is written from parts that are made once."""
    around_it = [
        Condition(),
        Condition(exists=True),
        selection.condition(path).toggle(Literal("ü &")),
    ]
    with browser.application.test_request_context(f"/browse{manner}"):
        around = listing.Around(selection, path)
        for asked in around_it:
            assert around.asking(asked) == listing.address(selection.where(path, asked))


def test_a_page_takes_one_query_where_the_index_has_the_names(browser):
    with browser.application.test_request_context("/browse.json?fresh"):
        assert browse.data("json").status_code == 200
        assert usage().queries == 1


def test_a_page_beyond_the_last_leads_back(client):
    page = client.get("/browse?page=226", headers={"Accept": "text/html"})
    assert page.status_code == 200
    assert 'rel="prev"' in page.text
