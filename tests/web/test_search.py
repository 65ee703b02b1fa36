"""Search over HTTP: hits, facets, pages, suggestions, and what is said of the index."""

import re
from urllib.parse import quote

import pytest

from kg import derived, settings
from kg.build import build
from kg.store.loading import Source
from kg.store.snapshots import Database, Origin, new_id
from kg.web import create_app

JSON = {"Accept": "application/json"}
HTML = {"Accept": "text/html"}


def search(client, text, **parameters):
    response = client.get("/search", query_string={"q": text, **parameters}, headers=JSON)
    assert response.status_code == 200, response.text
    return response.json


def labels(answer):
    return [item["label"] for item in answer["items"]]


@pytest.mark.parametrize(
    "text", ["光", "光伏", "guangfu", "gf", "PHOTOVOLTAICS", "https://kg.example/id/光伏"]
)
def test_a_thing_is_found_by_any_of_its_names(client, text):
    answer = search(client, text, lang="zh-Hans")
    assert labels(answer) == ["光伏"]
    assert answer["total"] == 1
    assert answer["complete"] is True
    (item,) = answer["items"]
    assert item["iri"] == "https://kg.example/id/光伏"
    assert client.get(item["url"]).status_code == 200
    assert item["types"] == [{"iri": "http://example.org/Industry", "label": "Industry"}]


def test_a_hit_speaks_the_readers_language_and_marks_what_was_found(client):
    (item,) = search(client, "photovol", lang="zh-Hans")["items"]
    assert (item["label"], item["language"]) == ("光伏", "zh-Hans")
    assert item["found"]["language"] == "en"
    assert item["found"]["segments"] == [
        {"text": "photovol", "matched": True},
        {"text": "taics", "matched": False},
    ]
    (item,) = search(client, "gf", lang="en")["items"]
    assert item["label"] == "photovoltaics"


def test_a_facet_counts_what_choosing_a_value_gives(client):
    answer = search(client, "b", lang="en")
    (kinds, languages) = answer["facets"]
    assert [(value["label"], value["count"]) for value in kinds["values"]] == [("Person", 1)]
    for facet in (kinds, languages):
        for value in facet["values"]:
            chosen = client.get(value["url"], headers=JSON).json
            assert chosen["total"] == value["count"]
            (again,) = [each for each in chosen["facets"] if each["name"] == facet["name"]]
            (selected,) = [each for each in again["values"] if each["selected"]]
            assert selected["count"] == value["count"]
            assert client.get(selected["url"], headers=JSON).json["total"] == answer["total"]


def test_pages_follow_each_other_and_hold_everything_once(client):
    whole = search(client, "e", size=100)
    found, address = [], "/search?q=e&size=2&format=json"
    while address:
        answer = client.get(address, headers=JSON).json
        assert len(answer["items"]) <= 2
        found += [item["iri"] for item in answer["items"]]
        address = answer["next"]
    assert found == [item["iri"] for item in whole["items"]]
    assert len(found) == whole["total"]
    assert search(client, "e", page=1000)["items"] == []


@pytest.mark.parametrize(
    "query", ["page=0", "page=x", "size=101", "size=-1", "page=¹", "page=" + "9" * 5000]
)
def test_a_page_that_cannot_be_is_refused(client, query):
    response = client.get(f"/search?q=a&{query}", headers=JSON)
    assert response.status_code == 400
    assert "whole number" in response.json["detail"]


def test_a_text_that_is_too_long_is_refused(client):
    response = client.get("/search", query_string={"q": "光" * 501}, headers=JSON)
    assert (response.status_code, response.json["code"]) == (400, "search_too_long")


@pytest.mark.parametrize("lang", ["en", "zh-Hans"])
@pytest.mark.parametrize("text", ["", "光伏", "nothing has this name", "<script>alert(1)</script>"])
def test_the_page_shows_what_the_data_says(client, lang, text):
    response = client.get("/search", query_string={"q": text, "lang": lang}, headers=HTML)
    assert response.status_code == 200
    assert "<script>alert" not in response.text
    assert f'lang="{lang}"' in response.text
    if text == "光伏":
        assert "<mark>光伏</mark>" in response.text
        assert f'href="/page/id/{quote("光伏")}"' in response.text


def test_a_page_that_is_not_there_does_not_say_that_nothing_matches(client):
    html = client.get("/search?q=光伏&page=9&lang=en", headers=HTML).text
    assert "1 hit" in html
    assert "There are not so many pages" in html
    assert "Nothing matches" not in html


def test_what_was_chosen_can_be_let_go_where_it_leaves_nothing(client):
    chosen = "/search?q=光伏&type=http://example.org/Person&lang=en"
    html = client.get(chosen, headers=HTML).text
    assert "of what you have chosen" in html
    assert re.search(r'<a class="chip" href="/search\?q=[^&"]*"', html)


def test_what_is_marked_is_escaped(client):
    html = client.get("/search", query_string={"q": '"><img src=x>'}, headers=HTML).text
    assert "<img" not in html


def test_suggestions_say_what_a_list_shows(client):
    response = client.get("/suggest?q=gu&lang=zh-Hans")
    assert response.json["items"] == [
        {
            "iri": "https://kg.example/id/光伏",
            "label": "光伏",
            "language": "zh-Hans",
            "type": "Industry",
            "color": response.json["items"][0]["color"],
            "description": "",
            "found": [],
            "match": "pinyin-prefix",
            "url": f"/page/id/{quote('光伏')}",
        }
    ]
    assert response.headers["Access-Control-Allow-Origin"] == "*"
    assert client.get("/suggest?q=").json["items"] == []
    assert client.get("/suggest?q=b&type=http://example.org/Industry").json["items"] == []


def test_the_same_search_is_answered_304(client):
    first = client.get("/search?q=光伏", headers=JSON)
    again = client.get("/search?q=光伏", headers={**JSON, "If-None-Match": first.headers["ETag"]})
    assert again.status_code == 304
    other = client.get(
        "/search?q=光伏&lang=en", headers={**JSON, "If-None-Match": first.headers["ETag"]}
    )
    assert other.status_code == 200


SPARQL = "PREFIX search: <https://kg.example/search#> SELECT * { ?s search:matches "


def test_a_query_may_search(client):
    answer = client.get("/sparql", query_string={"query": SPARQL + '"gf" }'}, headers=JSON)
    assert answer.status_code == 200
    (row,) = answer.json["results"]["bindings"]
    assert row["s"]["value"] == "https://kg.example/id/光伏"
    html = client.get("/sparql", query_string={"query": SPARQL + '"gf" }'}, headers=HTML).text
    assert f"/page/id/{quote('光伏')}" in html


def test_a_query_that_searches_otherwise_is_told_how(client):
    answer = client.get("/sparql", query_string={"query": SPARQL + "?x }"}, headers=JSON)
    assert (answer.status_code, answer.json["code"]) == (400, "search_pattern")


def test_the_bar_has_the_search_box(client):
    html = client.get("/sparql", headers=HTML).text
    assert re.search(r'<form class="search[^>]*action="/search"', html)
    assert 'data-suggest="/suggest"' in html


def test_after_a_change_the_search_says_of_which_snapshot_it_is(tmp_path):
    source = tmp_path / "data.ttl"
    source.write_text(
        '<e:a> <http://www.w3.org/2000/01/rdf-schema#label> "光伏" .', encoding="utf-8"
    )
    database = Database(tmp_path / "db")
    built = build([Source.of(source)], database, base_iri="https://kg.example/").snapshot
    with database.writing() as staging:
        (staging / "oxigraph").symlink_to(built.triples)
        (staging / "snapshot.json").write_bytes((built.path / "snapshot.json").read_bytes())
        derived.inherit(built, staging)
        changed = database.publish(staging, new_id(Origin.UPDATE, b""))
    app = create_app(settings.load(environment={}), database)
    client = app.test_client()
    answer = search(client, "光伏")
    assert answer["total"] == 1
    if not answer["complete"]:  # the index may be renewed already
        assert (answer["index"], answer["snapshot"]) == (built.id, changed.id)
        assert built.id in client.get("/search?q=光伏", headers=HTML).text
    asked = client.get("/sparql", query_string={"query": SPARQL + '"光伏" }'})
    if asked.status_code != 200:  # what is out of date is not mixed with what is not
        assert (asked.status_code, asked.json["code"]) == (503, "search_behind")
        assert asked.headers["Retry-After"]
    derived.complete(database, changed)
    renewed = search(client, "光伏")
    assert (renewed["complete"], renewed["index"], renewed["snapshot"]) == (
        True,
        changed.id,
        changed.id,
    )
