"""Maps and timelines of what is chosen."""

import re

import pytest

from kg import settings
from kg.browse import drawings
from kg.build import build
from kg.store.loading import Source
from kg.store.snapshots import Database
from kg.web import create_app

WORLD = """
@prefix e: <http://example.org/> . @prefix geo: <http://www.opengis.net/ont/geosparql#> .
@prefix wgs: <http://www.w3.org/2003/01/geo/wgs84_pos#> . @prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> . @prefix schema: <https://schema.org/> .
e:Nameless a e:Idea . e:x a e:Idea .
"""


def _world() -> str:
    lines = [WORLD]
    for n in range(30):
        lines.append(
            f"e:bridge{n:02} a e:Bridge ; rdfs:label 'Bridge {n}'@en ; e:kind e:kind{n % 3} ; "
            f"geo:hasGeometry [ geo:asWKT 'POINT(12{n % 10}.5 3{n % 5})'^^geo:wktLiteral ] ; "
            f"schema:startDate '{1900 + 3 * n}-05-0{1 + n % 9}'^^xsd:date ; schema:endDate '{1990 + n}-01-01'^^xsd:date ."
        )
        lines.append(f"e:tree{n:02} a e:Tree ; wgs:lat {30 + n / 10} ; wgs:long '120.{n}' .")
    return "\n".join(lines)


@pytest.fixture(scope="module")
def client(tmp_path_factory):
    folder = tmp_path_factory.mktemp("pictures")
    (folder / "data.ttl").write_text(_world(), encoding="utf-8")
    database = Database(folder / "db")
    build([Source.of(folder / "data.ttl")], database, base_iri="https://kg.example/")
    return create_app(settings.load(environment={}), database).test_client(use_cookies=False)


def browse(client, query):
    answer = client.get(f"/browse?lang=en&{query}", headers={"Accept": "text/html"})
    assert answer.status_code == 200
    return answer.text


def offered(page):
    switch = page.partition('aria-label="View"')[2].partition("</div>")[0]
    return re.findall(r"<span>(\w+)</span>", switch)


BRIDGES = "type=<http://example.org/Bridge>"


@pytest.mark.parametrize(
    ("kind", "views"),
    [
        ("Bridge", ["List", "Table", "Chart", "Timeline", "Map"]),
        ("Tree", ["List", "Table", "Chart", "Map"]),
        ("Idea", ["List", "Table", "Chart"]),
    ],
)
def test_views_are_on_offer_where_the_data_has_what_they_draw(client, kind, views):
    assert offered(browse(client, f"type=<http://example.org/{kind}>")) == views


def test_a_map_shows_all_that_is_chosen_with_a_table_behind(client):
    page = browse(client, f"{BRIDGES}&view=map")
    assert page.count('class="point') == 30
    assert "30 say where they are." in page
    assert '<td class="nowrap">30° N, 120.5° E</td>' in page
    fewer = browse(
        client, f"{BRIDGES}&view=map&<http://example.org/kind>=<http://example.org/kind1>"
    )
    assert fewer.count('class="point') == 10
    assert 'class="pager"' not in fewer
    trees = browse(client, "type=<http://example.org/Tree>&view=map")
    assert trees.count('class="point') == 30


def test_a_timeline_shows_from_when_to_when_things_are(client):
    page = browse(client, f"{BRIDGES}&view=timeline")
    assert "30 say when they are." in page
    assert re.search(r"<time[^>]*>1900-05-01 – 1990-01-01</time>", page)
    assert page.count("<time ") == 30
    of_ends = browse(client, f"{BRIDGES}&view=timeline&by=<https://schema.org/endDate>")
    assert re.search(r"<time[^>]*>1990-01-01</time>", of_ends)


def test_more_than_can_be_seen_is_told(client, monkeypatch):
    monkeypatch.setattr(drawings, "MOST_TIMES", 10)
    monkeypatch.setattr(drawings, "MOST_PLACES", 10)
    page = browse(client, f"{BRIDGES}&view=timeline&page=1")
    assert "The latest 10 of 30 that say when they are." in page
    assert "1987-05-03" in page
    assert "1900-05-01" not in page.partition('class="timeline"')[2]
    assert "The first 10 of 30" in browse(client, f"{BRIDGES}&view=map&page=1")


@pytest.mark.parametrize("view", ["map", "timeline"])
def test_nothing_to_draw_is_said(client, view):
    page = browse(client, f"type=<http://example.org/Idea>&view={view}")
    assert "None of these says" in page


@pytest.mark.parametrize("by", ["nonsense", "<http://example.org/kind>"])
def test_a_timeline_of_what_is_no_time_is_refused(client, by):
    assert client.get(f"/browse?{BRIDGES}&view=timeline&by={by}").status_code == 400
