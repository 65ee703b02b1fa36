"""Reconciliation: the protocol as its specification says, and a client that matches a table."""

import json
from urllib.parse import urlsplit

import jsonschema
import pytest

ID = "https://kg.example/id/"
DEF = "https://kg.example/def/"


def obj(required, **properties):
    return {"type": "object", "required": required.split(), "properties": properties}


def array(items):
    return {"type": "array", "items": items}


# What the specification (0.2) says of each message, in the terms of JSON Schema.
STRING, NUMBER, INTEGER = ({"type": each} for each in ("string", "number", "integer"))
NAMED = obj("id name", id=STRING, name=STRING, description=STRING)
TEMPLATE = {"type": "string", "pattern": r".*\{\{id\}\}.*"}
PLACE = obj("service_url service_path", service_url=STRING, service_path=STRING)
SETTING = obj(
    "type label name", type={"enum": ["number"]}, default=NUMBER, label=STRING, name=STRING
)
MANIFEST = obj(
    "versions name identifierSpace schemaSpace",
    versions={"type": "array", "contains": {"const": "0.2"}},
    name=STRING,
    identifierSpace={"type": "string", "pattern": "^https?://"},
    schemaSpace={"type": "string", "pattern": "^https?://"},
    defaultTypes=array(NAMED) | {"uniqueItems": True},
    view=obj("url", url=TEMPLATE),
    preview=obj("url width height", url=TEMPLATE, width=INTEGER, height=INTEGER),
    suggest=obj("entity type property", entity=PLACE, type=PLACE, property=PLACE),
    extend=obj("propose_properties", propose_properties=PLACE, property_settings=array(SETTING)),
)
FEATURE = obj("id value", id=STRING, value={"type": ["boolean", "number"]})
CANDIDATE = obj(
    "id name score",
    id=STRING, name=STRING, description=STRING, score=NUMBER, match={"type": "boolean"},
    type=array(NAMED), features=array(FEATURE),
)  # fmt: skip
RESULTS = {"type": "object", "additionalProperties": obj("result", result=array(CANDIDATE))}
CELL = {
    "oneOf": [
        obj("id name", id=STRING, name=STRING) | {"additionalProperties": False},
        *(obj(kind, **{kind: value}) | {"additionalProperties": False}
          for kind, value in (("str", STRING), ("float", NUMBER), ("int", INTEGER))),
    ]
}  # fmt: skip
EXTENDED = obj(
    "meta rows",
    meta=array(NAMED),
    rows={"type": "object", "additionalProperties": {
        "type": "object", "additionalProperties": array(CELL)}},
)  # fmt: skip
SUGGESTED = obj("result", result=array(NAMED))


def valid(response, schema):
    assert response.status_code == 200, response.text
    jsonschema.validate(response.json, schema)
    return response.json


def asked(client, batch, lang="zh-Hans"):
    """Return the candidates of each query of a batch."""
    data = {"queries": json.dumps(batch)}
    answer = valid(client.post(f"/reconcile?lang={lang}", data=data), RESULTS)
    assert set(answer) == set(batch)
    return {key: found["result"] for key, found in answer.items()}


def one(client, **query):
    return asked(client, {"q": query})["q"]


def local(candidates):
    return [each["id"].removeprefix(ID) for each in candidates]


def test_the_manifest(bundled):
    response = bundled.get("/reconcile?lang=en")
    manifest = valid(response, MANIFEST)
    assert manifest["name"] == "Xiuzhou Development Knowledge Graph"
    assert response.headers["Access-Control-Allow-Origin"] == "*"
    assert {"id": f"{DEF}Industry", "name": "Industry"} in manifest["defaultTypes"]
    view = manifest["view"]["url"].replace("{{id}}", f"{ID}photovoltaics")
    assert bundled.get(view).status_code == 303


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("光伏", "photovoltaics"),
        ("光伏產業", "photovoltaics"),
        ("Photovoltaics", "photovoltaics"),
        ("ＹＴＯ Express", "yto-express"),
        ("嘉兴市", "jiaxing"),
        ("https://kg.example/id/jiaxing", "jiaxing"),
    ],
)
def test_a_name_that_is_the_same_is_a_match(bundled, text, wanted):
    first, *others = one(bundled, query=text)
    assert (first["id"], first["score"], first["match"]) == (ID + wanted, 100, True)
    assert not any(each["match"] for each in others)
    assert all(each["score"] < 100 for each in others)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("Airport of Jiaxing", "jiaxing-airport"),
        ("嘉兴市机场", "jiaxing-airport"),
        ("guangfu", "photovoltaics"),
        ("Photovoltaic", "photovoltaics"),
        ("快速维权知识产权机制", "ip-rapid-mechanism"),
    ],
)
def test_a_name_that_is_like_it_is_a_candidate(bundled, text, wanted):
    found = one(bundled, query=text)
    assert wanted in local(found)[:5]
    assert not any(each["match"] for each in found)
    assert [each["score"] for each in found] == sorted(
        (each["score"] for each in found), reverse=True
    )


def test_classes_narrow_down(bundled):
    strict = one(bundled, query="光伏", type=f"{DEF}Initiative")
    assert local(strict)[0] == "pv-cluster"
    assert all(f"{DEF}Initiative" in [kind["id"] for kind in each["type"]] for each in strict)
    should = one(bundled, query="光伏", type=[f"{DEF}Initiative"], type_strict="should")
    assert should[0]["id"] == f"{ID}photovoltaics"
    assert should[0]["score"] == 80
    both = [f"{DEF}Initiative", f"{DEF}Industry"]
    assert one(bundled, query="光伏", type=both, type_strict="all") == []
    assert local(one(bundled, query="光伏", type=both))[:2] == ["photovoltaics", "pv-cluster"]


def test_values_of_properties_tell_namesakes_apart(bundled):
    broader = "http://www.w3.org/2004/02/skos/core#broader"
    right = [{"pid": broader, "v": {"id": f"{ID}high-tech-industry"}}]
    first, *_ = one(bundled, query="生物医药", properties=right)
    assert (local([first]), first["match"], first["score"]) == (["biomedicine"], True, 100)
    assert {"id": broader, "value": True} in first["features"]
    by_name, *_ = one(bundled, query="生物医药", properties=[{"pid": broader, "v": "高新技术产业"}])
    assert by_name["match"] is True
    wrong, *_ = one(bundled, query="生物医药", properties=[{"pid": broader, "v": "文化产业"}])
    assert (wrong["match"], wrong["score"]) == (False, 60)


def test_properties_alone_find_things(bundled):
    label = "http://www.w3.org/2004/02/skos/core#prefLabel"
    (first, *_) = one(bundled, properties=[{"pid": label, "v": "光伏"}])
    assert (local([first]), first["match"]) == (["photovoltaics"], True)


def test_a_client_matches_a_table_and_extends_it(bundled):
    """As OpenRefine does: manifest, a batch for a column, suggestions, preview, new columns."""
    manifest = bundled.get("/reconcile").json
    column = ["光伏", "航空物流", "人工智能", "没有这样的东西xyz"]
    batch = {
        f"q{row}": {"query": cell, "type": f"{DEF}Industry", "type_strict": "should", "limit": 3}
        for row, cell in enumerate(column)
    }
    found = asked(bundled, batch)
    matched = [found[f"q{row}"][0]["id"] for row in range(2) if found[f"q{row}"][0]["match"]]
    assert matched == [f"{ID}photovoltaics", f"{ID}air-logistics"]
    assert not any(each["match"] for each in found["q3"])
    assert all(len(each) <= 3 for each in found.values())

    def at(place, **parameters):
        path = urlsplit(place["service_url"] + place["service_path"]).path
        return valid(bundled.get(path, query_string=parameters | {"lang": "en"}), SUGGESTED)

    suggest = manifest["suggest"]
    assert at(suggest["entity"], prefix="photov")["result"][0]["id"] == f"{ID}photovoltaics"
    assert at(suggest["type"], prefix="Indus")["result"][0]["id"] == f"{DEF}Industry"
    broader = at(suggest["property"], prefix="broader")["result"][0]
    assert broader["id"] == "http://www.w3.org/2004/02/skos/core#broader"

    place = manifest["extend"]["propose_properties"]
    proposed = bundled.get(
        urlsplit(place["service_url"] + place["service_path"]).path,
        query_string={"type": f"{DEF}Industry", "limit": 50},
    ).json
    assert proposed["type"] == f"{DEF}Industry"
    assert broader["id"] in [each["id"] for each in proposed["properties"]]

    label = "http://www.w3.org/2004/02/skos/core#prefLabel"
    extend = {"ids": [*matched, f"{ID}nobody"],
              "properties": [{"id": broader["id"]}, {"id": label, "settings": {"limit": 1}}]}  # fmt: skip
    answer = valid(
        bundled.post("/reconcile?lang=en", data={"extend": json.dumps(extend)}), EXTENDED
    )
    assert answer["rows"][matched[0]][label] == [{"str": "Photovoltaics"}]
    assert answer["rows"][f"{ID}nobody"] == {broader["id"]: [], label: []}
    assert [each["id"] for each in answer["meta"]] == [broader["id"], label]

    preview = bundled.get(
        urlsplit(manifest["preview"]["url"]).path, query_string={"id": matched[0], "lang": "en"}
    )
    assert "Photovoltaics" in preview.text
    assert "frame-ancestors *" in preview.headers["Content-Security-Policy"]


def test_figures_are_numbers(bundled):
    value = f"{DEF}value"
    extend = {"ids": [f"{ID}observation/pv-firms"], "properties": [{"id": value}]}
    answer = valid(bundled.get("/reconcile", query_string={"extend": json.dumps(extend)}), EXTENDED)
    assert answer["rows"][f"{ID}observation/pv-firms"][value] in ([{"int": 250}], [{"float": 250}])


@pytest.mark.parametrize(
    "queries",
    [
        "", "[]", "{", '{"q": 1}', '{"q": {}}', '{"q": {"query": 7}}', '{"q": {"query": " "}}',
        '{"q": {"query": "x", "type_strict": "maybe"}}', '{"q": {"query": "x", "type": 1}}',
        '{"q": {"query": "x", "limit": -1}}', '{"q": {"query": "x", "properties": [{"pid": "p"}]}}',
        '{"q": {"query": "x", "properties": [{"pid": "http://e/p", "v": null}]}}',
        '{"q": {"query": "x", "properties": {"a": 1}}}', "[" * 100_000,
        json.dumps({str(each): {"query": "x"} for each in range(101)}),
    ],
)  # fmt: skip
def test_a_batch_that_is_none_is_refused(bundled, queries):
    response = bundled.post("/reconcile", data={"queries": queries})
    assert response.status_code == 400, response.text
    assert response.json["code"] in ("bad_input", "malformed_query")


@pytest.mark.parametrize("extend", ["", "{}", '{"ids": [1], "properties": []}',
                                    '{"ids": ["x y"], "properties": []}', "[]"])  # fmt: skip
def test_an_extension_that_is_none_is_refused(bundled, extend):
    assert bundled.post("/reconcile", data={"extend": extend}).status_code == 400


def test_a_preview_of_nothing_is_not_there(bundled):
    assert bundled.get("/reconcile/preview?id=http://example.org/nothing").status_code == 404
    assert bundled.get("/reconcile/preview?id=nothing").status_code == 400
