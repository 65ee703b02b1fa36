"""Pages of things in the bundled graph: facts, how they are known, and what points to them."""

import pytest

from kg import settings
from kg.build import build
from kg.store.loading import Source
from kg.store.snapshots import Database
from kg.web import create_app, entity
from kg.web.current import usage

HTML = {"Accept": "text/html"}


def page(client, address: str, language: str = "en") -> str:
    response = client.get(address, headers={**HTML, "Accept-Language": language})
    assert response.status_code == 200
    return response.text


@pytest.mark.parametrize(
    ("name", "language", "expected"),
    [
        ("months-1-9", "en", ["inferred", "Reason", "characters 98–102", "Our reading"]),
        ("months-1-9", "zh", ["推断", "理由", "第 98–102 字符", "2023年1-9月"]),
        ("xiuzhou", "en", ["32.7", "%", "No. 1 in", "What points here", "BibTeX", "Xiuzhou District"]),
        ("xiuzhou", "zh", ["指向此处的资源", "已实现", "浙江省嘉兴市所辖的区", "Xiuzhou"]),
        ("observation/pv-firms", "en", ["250", "&gt;"]),
        ("passage/98-102", "en", ["characters 98–102", "Article by the party secretary"]),
    ],
)  # fmt: skip
def test_a_page_shows_facts_and_how_they_are_known(bundled, name, language, expected):
    text = page(bundled, f"/page/id/{name}", language)
    assert [each for each in expected if each not in text] == []


def test_a_page_takes_four_queries(bundled):
    with bundled.application.test_request_context("/page/id/xiuzhou?fresh", headers=HTML):
        assert entity.local_page("id/xiuzhou").status_code == 200
        assert usage().queries == 4


def test_what_points_here_is_listed_page_by_page(bundled):
    text = page(bundled, "/page/id/xiuzhou?incoming=https://kg.example/def/area")
    assert "What points here" in text
    assert text.count("/page/id/observation/") == 15


def test_what_a_thing_is_tied_to_can_be_unfolded(bundled):
    address = "/neighbours.json?iri=https://kg.example/id/pv-cluster&lang=en"
    found = bundled.get(address).json
    labels = [node["label"] for node in found["nodes"]]
    assert "Photovoltaics" in labels
    assert found["complete"]
    for link in found["links"]:
        assert {"property", "label"} < link.keys()
        assert "pv-cluster" in (
            found["nodes"][link["source"]]["iri"] + found["nodes"][link["target"]]["iri"]
        )
    assert {bundled.get(node["url"], headers=HTML).status_code for node in found["nodes"]} == {200}
    assert bundled.get("/neighbours.json").status_code == 400


def test_ties_and_place_are_told_without_a_script(bundled):
    text = page(bundled, "/page/id/xiuzhou")
    assert 'href="geo:30.76,120.71"' in text
    table = text[text.index('class="drawing"') :]
    assert table.index("Jiaxing") < table.index("</table>")


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("incoming=https://kg.example/def/nothing", 404),
        ("incoming=https://kg.example/def/area&page=2", 404),
        ("incoming=https://kg.example/def/area&page=0", 404),
        ("incoming=https://kg.example/def/area&page=x", 400),
        ("incoming=https://kg.example/def/area&page=" + "9" * 5000, 400),
        ("incoming=nothing", 400),
    ],
)
def test_a_list_that_is_not_there_is_told_as_such(bundled, query, status):
    assert bundled.get(f"/page/id/xiuzhou?{query}", headers=HTML).status_code == status


SHAPES = """
@prefix e: <http://example.org/> .
@prefix sh: <http://www.w3.org/ns/shacl#> .
e:S a sh:NodeShape ; sh:targetClass e:C ;
  sh:property [ sh:path e:name ; sh:minCount 1 ; sh:message "needs a name"@en , "缺少名称"@zh ] .
e:x a e:C .
"""


@pytest.fixture(scope="module")
def wrong(tmp_path_factory):
    folder = tmp_path_factory.mktemp("wrong")
    (folder / "wrong.ttl").write_text(SHAPES, encoding="utf-8")
    database = Database(folder / "db")
    build([Source.of(folder / "wrong.ttl")], database, base_iri="https://kg.example/", gate=False)
    return create_app(settings.load(environment={}), database).test_client(use_cookies=False)


@pytest.mark.parametrize("name", ["x", "C", "name"])
@pytest.mark.parametrize(("language", "message"), [("en", "needs a name"), ("zh", "缺少名称")])
def test_a_page_shows_what_validation_finds(wrong, name, language, message):
    assert message in page(wrong, f"/page?iri=http://example.org/{name}", language)
