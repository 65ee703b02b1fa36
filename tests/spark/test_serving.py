"""A service over Spark with two worker processes: queries, pages, and what ends them."""

from __future__ import annotations

import os
import signal
import time
from contextlib import closing
from pathlib import Path

import pytest
import tests.spark.installed  # noqa: F401  passes over what needs it
from tests.columnar.engines import read, same

from kg.errors import BadInput, Interrupted, OverLimit
from kg.settings import Settings
from kg.spark.cluster import running
from kg.store import EVERYTHING, Limits
from kg.store.admission import Lane
from kg.store.embedded import EmbeddedStore
from kg.store.pool import Pool
from kg.web import create_app

from .graphs import exported, graph

MASTER = "local-cluster[2,1,1024]"
THINGS = 3_000
PREFIX = "PREFIX : <http://example.org/> "
PATIENT = Limits(120)


def _trig():
    yield ":Part a <http://www.w3.org/2002/07/owl#Class> ; <http://www.w3.org/2000/01/rdf-schema#label> 'part'@en .\n"
    for n in range(THINGS):
        yield f":s{n} a :Part ; :of :c{n % 7} ; :is {n} ; :next :s{(n * 7) % THINGS} .\n"
        if n % 3 == 0:
            yield f":s{n} <http://www.w3.org/2000/01/rdf-schema#label> 'thing {n}'@en ; :size {n}.5 .\n"
    yield ":g { :s1 :of :c1 . :s2 :is 1 }\n"


@pytest.fixture(scope="module")
def embedded():
    return EmbeddedStore(graph("".join(_trig())), snapshot="test")


@pytest.fixture(scope="module")
def folder(embedded, tmp_path_factory):
    return exported(embedded, tmp_path_factory.mktemp("serving"))


@pytest.fixture(scope="module")
def cluster(folder):
    with running(folder, MASTER, memory=1024**3, union=True, always=True) as cluster:
        yield cluster


@pytest.fixture(scope="module")
def store(cluster):
    with closing(Pool(readers=1, memory=1024**3, federation=True)) as pool:
        yield pool.remote(cluster, "live", Lane.QUERY, PATIENT)


def _processes(words):
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            command = (folder / "cmdline").read_bytes().decode(errors="replace")
        except OSError:
            continue
        if words in command:
            yield int(folder.name)


QUERIES = {
    "all": "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }",
    "groups": "SELECT ?c (COUNT(*) AS ?n) (SUM(?v) AS ?m) (AVG(?v) AS ?a) { ?s :of ?c ; :is ?v } GROUP BY ?c",
    "a chain": "SELECT (COUNT(*) AS ?n) { ?a :next ?b . ?b :next ?c . ?c :of :c3 }",
    "optional": "SELECT ?s ?z { ?s :of :c2 OPTIONAL { ?s :size ?z FILTER(?z > 1000) } }",
    "minus": "SELECT ?s { ?s :of :c1 MINUS { ?s :size ?z } }",
    "exists": "SELECT (COUNT(*) AS ?n) { ?s :is ?v FILTER NOT EXISTS { ?s :size ?z } }",
    "union and distinct": "SELECT DISTINCT ?c { { ?s :of ?c } UNION { ?s :next ?c } }",
    "decimals": "SELECT (SUM(?z) AS ?n) { ?s :size ?z }",
    "names": "SELECT ?s ?l { ?s <http://www.w3.org/2000/01/rdf-schema#label> ?l FILTER(CONTAINS(?l, '99')) }",
    "a graph": "SELECT * { GRAPH ?g { ?s ?p ?o } }",
    "a question": "ASK { ?s :is 2999 }",
    "a path, by an excerpt": "SELECT ?x { :s1 :next+ ?x }",
    "texts together, by an excerpt": "SELECT (GROUP_CONCAT(?v) AS ?t) { :s9 :is ?v }",
}


@pytest.mark.parametrize("text", QUERIES.values(), ids=list(QUERIES))
def test_a_query_is_answered_as_by_the_embedded_store(store, embedded, text):
    expected, found = (each.query(PREFIX + text).read() for each in (embedded, store))
    assert same(read(expected), read(found))


def test_two_workers_do_it(store):
    store.query("SELECT (COUNT(*) AS ?n) { ?s ?p ?o }").read()
    assert len(list(_processes("CoarseGrainedExecutorBackend"))) >= 2


def test_graphs_are_made(store, embedded):
    for text in ("DESCRIBE :s4", "CONSTRUCT { ?s :q ?v } WHERE { ?s :next :s7 ; :is ?v }"):
        one, other = (each.query(PREFIX + text).read() for each in (embedded, store))
        assert sorted(one.splitlines()) == sorted(other.splitlines())


def test_what_neither_can_do_is_refused_with_the_way_out(store):
    with pytest.raises(BadInput, match="begin at a term") as refused:
        store.query(PREFIX + "SELECT * { ?x :next* ?y }")
    assert refused.value.code == "unsupported_by_columns"


PRODUCT = PREFIX + (
    "SELECT (COUNT(*) AS ?n) { ?a :is ?x . ?b :is ?y . ?c :is ?z FILTER(?x < ?y && ?y < ?z) }"
)


def test_a_query_ends_at_its_deadline_and_others_go_on(store):
    begun = time.monotonic()
    with pytest.raises(OverLimit) as stopped:
        store.query(PRODUCT, limits=Limits(3))
    assert stopped.value.code == "query_timeout"
    assert time.monotonic() - begun < 60
    (row,) = store.query(PREFIX + QUERIES["all"], limits=PATIENT).solutions()
    assert row["n"].value == str(4 * THINGS + 2 * THINGS // 3 + 4)


def test_an_answer_is_kept_to_its_size(store):
    with pytest.raises(OverLimit) as stopped:
        store.query("SELECT * { ?s ?p ?o }", limits=Limits(120, 10_000))
    assert stopped.value.code == "result_too_large"


def test_a_process_that_has_ended_is_started_again(store):
    (driver,) = _processes("kg.spark.driver")
    os.kill(driver, signal.SIGKILL)
    deadline = time.monotonic() + 120
    while True:
        try:
            store.query("ASK { ?s ?p ?o }", EVERYTHING, PATIENT).read()
            break
        except Interrupted:
            assert time.monotonic() < deadline
    assert list(_processes("kg.spark.driver")) != [driver]


@pytest.fixture(scope="module")
def client(folder, tmp_path_factory):
    """A client of the service as it is started, where what is little is not for Spark."""
    options = Settings(page_seconds=60, facet_seconds=60)
    with (
        pytest.MonkeyPatch.context() as patch,
        running(folder, "local[1]", memory=1024**3, union=True) as cluster,
    ):
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        yield create_app(options, cluster).test_client(use_cookies=False)


def test_pages_work(client):
    deadline = time.monotonic() + 300
    while client.get("/health").json["triples"] is None:
        assert time.monotonic() < deadline, client.get("/health").json
        time.sleep(1)
    html = {"Accept": "text/html", "Accept-Language": "en"}
    shown = {
        "/": "Part",
        "/page?iri=http://example.org/s4": "28",
        "/browse?type=<http://example.org/Part>": "thing",
        "/dataset": "Spark: parquet",
    }
    for address, text in shown.items():
        page = client.get(address, headers=html)
        assert (page.status_code, text in page.text) == (200, True), address
    found = client.get("/search", query_string={"q": "thing 9", "format": "json"}).json["items"]
    assert "http://example.org/s9" in {each["iri"] for each in found}
    refused = client.get(
        "/sparql", query_string={"query": f"{PREFIX} SELECT * {{ ?x :next* ?y . ?z :next* ?w }}"}
    )
    assert (refused.status_code, refused.json["code"]) == (400, "unsupported_by_columns")


def test_what_is_no_folder_of_tables_is_told_at_once(tmp_path):
    with (
        pytest.raises(BadInput, match="kg export --parquet"),
        running(tmp_path, MASTER, memory=2**28, union=True),
    ):
        pass
