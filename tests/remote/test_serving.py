"""The pages over an endpoint of any make, and what they say they cannot do."""

import dataclasses
import time
from urllib.parse import quote

import pytest

from kg import dataset, doctor, survey
from kg.errors import RemoteFailed
from kg.settings import Settings
from kg.store import UNLIMITED
from kg.store.remote import Endpoint
from kg.web import create_app

EX = "http://example.org/"
GRAPHS = (f"{EX}people", f"{EX}places")
HTML = {"Accept": "text/html", "Accept-Language": "en"}
COUNT = quote("SELECT (COUNT(*) AS ?n) { ?s a ?class }")


@pytest.fixture(scope="module")
def served(endpoint, tmp_path_factory):
    """A client of the service over an endpoint, once that was surveyed."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        options = Settings(endpoint=endpoint.url, endpoint_graphs=GRAPHS, token="secret")
        adapted, _ = doctor.adapted(doctor.endpoint(options))
        client = create_app(options, adapted).test_client(use_cookies=False)
        deadline = time.monotonic() + 90
        while client.get("/health").json["triples"] is None:
            assert time.monotonic() < deadline, client.get("/health").json
            time.sleep(0.2)
        yield client


def test_what_is_counted_is_what_a_build_counts(served, embedded):
    counted = served.application.extensions["kg"].kg().statistics
    expected = dataset.count(embedded)
    assert dataclasses.replace(counted, snapshot="") == dataclasses.replace(expected, snapshot="")


def test_what_only_snapshots_have_is_not_found(served):
    assert "/download/" not in served.get("/dataset", headers=HTML).text
    for address in ("/download/all.nt", "/releases.atom"):
        assert served.get(address).status_code == 404


def test_its_numbers_are_described_as_data(served):
    text = served.get("/dataset", headers={"Accept": "text/turtle"}).text
    assert "rdfs.org/ns/void#triples" in text
    assert "dcat#distribution" not in text


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("/", "Person"),
        (f"/page?iri={EX}alice", "Xiuzhou"),
        (f"/page?iri={EX}Person", "Bob"),
        ("/questions/01-classes", "Industry"),
        (f"/browse?type=<{EX}Person>", "Alice"),
        (f"/browse?type=<{EX}Person>&view=map", "nothing is drawn"),
        ("/ontology", "Industry"),
        ("/dataset", "/page?iri=http%3A%2F%2Fexample.org%2Fplaces"),
        (f"/sparql?query={COUNT}", "5"),
    ],
)
def test_a_page_is_made_from_what_the_endpoint_says(served, endpoint, address, shown):
    page = served.get(address, headers=HTML)
    assert page.status_code == 200
    assert shown in page.text
    assert f'Live from <a href="{endpoint.url}"' in " ".join(page.text.split())
    assert "ETag" not in page.headers
    assert "KG-Snapshot" not in page.headers


@pytest.mark.parametrize(
    ("text", "found"),
    [("alice", "alice"), ("秀洲", "xiuzhou"), ("gf", "光伏"), ("秀洲區", "xiuzhou")],
)
def test_its_texts_are_searched_like_any_others(served, text, found):
    answer = served.get("/search", query_string={"q": text, "format": "json"}).json
    assert answer["items"][0]["iri"] == EX + found
    assert answer["complete"]


def test_it_is_browsed_with_counts_that_hold_after_the_click(served):
    page = served.get("/browse.json", query_string={"type": f"<{EX}Person>", "lang": "en"}).json
    assert page["total"] == len(page["items"]) == 3
    assert page["complete"]
    others = [facet for facet in page["facets"] if facet["parameter"] != "type"]
    counted = [(each["url"], each["count"]) for facet in others for each in facet["values"]]
    assert len(counted) > 1
    for address, count in counted:
        assert served.get(address).json["total"] == count, address
    query = {"query": page["sparql"], "format": "json"}
    rows = served.get("/sparql", query_string=query).json["results"]["bindings"]
    assert {row["item"]["value"] for row in rows} == {item["iri"] for item in page["items"]}


def test_data_comes_in_every_format(served):
    for extension in ("ttl", "nt", "jsonld", "rdf"):
        data = served.get(f"/data.{extension}?iri={EX}bob")
        assert data.status_code == 200
        assert "Bob" in data.text


def test_a_dataset_that_a_query_names_replaces_that_of_the_endpoint(served):
    text = quote("SELECT (COUNT(*) AS ?n) { ?s ?p ?o }")
    counts = [
        served.get(f"/sparql?query={text}&format=json{scope}").json["results"]["bindings"][0]["n"]
        for scope in ("", *(f"&default-graph-uri={graph}" for graph in GRAPHS))
    ]
    everything, people, places = (int(each["value"]) for each in counts)
    assert everything == people + places
    assert min(people, places) > 0


def test_it_cannot_be_changed_here(served):
    answer = served.post(
        "/update",
        data="INSERT DATA { <x:a> <x:b> 1 }",
        content_type="application/sparql-update",
        headers={"Authorization": "Bearer secret"},
    )
    assert (answer.status_code, answer.json["code"]) == (403, "read_only")


def test_its_data_is_not_validated_and_that_is_said(served):
    assert "not validated" in served.get("/shacl?format=json").json["error"]


class Stubborn:
    """A store that counts nothing, and otherwise is another one."""

    def __init__(self, store):
        self.store = store
        self.snapshot = store.snapshot

    def query(self, text, *more, limits=UNLIMITED, **others):
        if "COUNT" in text:
            raise RemoteFailed("too large to be counted")
        return self.store.query(text, *more, **others)


def test_what_cannot_be_counted_is_named_without_numbers(embedded, tmp_path):
    found = survey.make(Stubborn(embedded), tmp_path)
    assert {each.iri for each in found.statistics.classes} == {f"{EX}Person", f"{EX}Industry"}
    assert set(found.statistics.uncounted) > {"triples", "classes", survey.ONTOLOGY}
    assert survey.SEARCH in found.statistics.uncounted
    assert found.overview.ties == ()
    assert found.violations.error


class Mute(Stubborn):
    """Says nothing about the ontology."""

    def query(self, text, *more, limits=UNLIMITED, **others):
        if "?term a ?kind" in text:
            raise RemoteFailed("refused")
        return self.store.query(text, *more, **others)


def test_what_is_not_told_of_the_ontology_keeps_nothing_else_from_being_known(embedded, tmp_path):
    found = survey.make(Mute(embedded), tmp_path)
    assert survey.ONTOLOGY in found.statistics.uncounted
    assert found.statistics.triples > 0


def test_the_newest_survey_is_used_and_few_are_kept(embedded, tmp_path):
    made = [survey.make(embedded, tmp_path).snapshot for _ in range(3)]
    assert survey.latest(tmp_path).snapshot == made[-1]
    assert sorted(path.name for path in tmp_path.iterdir()) == made[-survey.KEPT :]


def test_nothing_is_shown_as_nothing_before_it_is_known(embedded, tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    dead = Endpoint("http://127.0.0.1:9/sparql")
    client = create_app(Settings(endpoint=dead.url), dead).test_client()
    page = client.get("/", headers=HTML)
    assert page.status_code == 200
    assert "not been counted" in page.text
    assert 'class="number"' not in page.text
    broken = client.get(f"/page?iri={EX}alice", headers=HTML)
    assert (broken.status_code, client.get("/sparql?query=ASK{}").json["code"]) == (
        502,
        "remote_unreachable",
    )
