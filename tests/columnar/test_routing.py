"""Which engine answers, and that nothing else changes with it."""

from __future__ import annotations

import contextlib
import io
import json
import subprocess
import sys
from dataclasses import replace

import pytest
from pyoxigraph import parse

from kg import derived, formats
from kg.build import build
from kg.columnar import making
from kg.columnar.layout import laid_out
from kg.columnar.routing import ABOUT, RoutedStore, Routing
from kg.errors import BadInput, BadQuery, BadSetting, OverLimit
from kg.settings import COLUMNS, OXIGRAPH, Settings
from kg.store import EVERYTHING, UNLIMITED, Limits
from kg.store.admission import Lane
from kg.store.embedded import EmbeddedStore
from kg.store.loading import Source
from kg.store.pool import Pool
from kg.store.snapshots import Database

BASE = "https://kg.example/"
PREFIX = "PREFIX : <http://example.org/> "
MANY = 6_000
COUNTS = PREFIX + "SELECT ?c (COUNT(*) AS ?n) { ?s :of ?c } GROUP BY ?c ORDER BY ?c"
FEW = PREFIX + "SELECT ?v { :s5 :is ?v FILTER(?v > 0) }"
PRODUCT = PREFIX + (
    "SELECT (COUNT(*) AS ?n) { ?a :is ?x . ?b :is ?y . ?c :is ?z FILTER(?x < ?y && ?y < ?z) }"
)


@pytest.fixture(scope="module")
def snapshot(tmp_path_factory):
    folder = tmp_path_factory.mktemp("routing")
    lines = (f":s{n} :of :c{n % 7} ; :is {n} ." for n in range(MANY))
    (folder / "data.ttl").write_text("@prefix : <http://example.org/> .\n" + "\n".join(lines))
    database = Database(folder / "db")
    build([Source.of(folder / "data.ttl")], database, base_iri=BASE)
    return database.current()


@pytest.fixture(scope="module")
def embedded(snapshot):
    return EmbeddedStore.open(snapshot.triples, snapshot=snapshot.id)


@pytest.fixture
def routed(snapshot, embedded):
    """Return what makes a store with some of its routing changed."""
    plain = Routing(snapshot.derived, memory=1024**3, small=0)
    return lambda **changes: RoutedStore(embedded, replace(plain, **changes), union=True)


def written(store, text, format=None):
    output = io.BytesIO()
    store.write(output, text, EVERYTHING, UNLIMITED, format)
    return output.getvalue()


def test_what_goes_through_much_is_answered_by_columns(routed):
    choice = routed().explain(COUNTS, EVERYTHING)
    assert choice.engine == COLUMNS
    assert "GROUP BY" in choice.sql


REASONS = {
    PREFIX + "SELECT ?v { :s5 :is ?v }": "looks something up",
    FEW: "begins at a few terms",
    PREFIX + "SELECT * { ?s :of ?c OPTIONAL { ?s :is ?v } } LIMIT 10": "first solutions",
    PREFIX + "SELECT DISTINCT ?s { ?s :none ?v }": "goes through little",
    PREFIX + "SELECT DISTINCT (RAND() AS ?x) { ?s :of ?v }": "the function RAND",
}


@pytest.mark.parametrize("text", REASONS, ids=list(REASONS.values()))
def test_everything_else_is_left_to_oxigraph_for_a_reason(routed, text):
    choice = routed().explain(text, EVERYTHING)
    assert choice.engine == OXIGRAPH
    assert REASONS[text] in choice.reason


def test_small_data_is_left_to_oxigraph(routed):
    assert "small" in routed(small=1_000_000).explain(COUNTS, EVERYTHING).reason


def test_without_columns_oxigraph_answers(routed, tmp_path):
    store = routed(folder=tmp_path)
    assert "not made yet" in store.explain(COUNTS, EVERYTHING).reason
    assert written(store, COUNTS) == written(routed(), COUNTS)


def test_data_of_rdf_12_gets_no_columns(routed, tmp_path):
    (tmp_path / "data.ttl").write_text("<s:s> <s:p> <<( <s:a> <s:b> <s:c> )>> .")
    store = EmbeddedStore.in_memory([Source.of(tmp_path / "data.ttl")], base_iri=BASE)
    making.make(store, tmp_path)
    assert "triples of triples" in json.loads((tmp_path / ABOUT).read_text())["reason"]
    assert not (tmp_path / making.FILE).exists()
    assert "triples of triples" in routed(folder=tmp_path).explain(COUNTS, EVERYTHING).reason


@pytest.mark.parametrize("format", formats.offers(formats.Kind.SOLUTIONS), ids=lambda f: f.name)
def test_both_write_the_same_bytes(routed, format):
    by_columns = written(routed(engine=COLUMNS), COUNTS, format)
    assert by_columns == written(routed(engine=OXIGRAPH), COUNTS, format)


def test_many_groups_are_answered_like_few(routed):
    text = PREFIX + "SELECT ?s (SUM(?v) AS ?n) { ?s :is ?v } GROUP BY ?s ORDER BY DESC(?n)"
    assert written(routed(engine=COLUMNS), text) == written(routed(engine=OXIGRAPH), text)


GRAPHS = [each for each in formats.offers(formats.Kind.GRAPH) if each.engine]


@pytest.mark.parametrize("format", GRAPHS, ids=lambda f: f.name)
def test_graphs_are_written_alike(routed, format):
    text = PREFIX + "CONSTRUCT { ?c :has ?s } { ?s :of ?c ; :is ?v FILTER(?v < 20) }"
    by_columns, by_oxigraph = (
        sorted(map(str, parse(written(routed(engine=each), text, format), format=format.engine)))
        for each in (COLUMNS, OXIGRAPH)
    )
    assert by_columns == by_oxigraph
    assert len(by_columns) == 20


def test_a_setting_leaves_everything_to_one_engine(routed):
    assert routed(engine=OXIGRAPH).explain(COUNTS, EVERYTHING).engine == OXIGRAPH
    assert routed(engine=COLUMNS).explain(FEW, EVERYTHING).engine == COLUMNS
    with pytest.raises(BadInput, match="the function RAND"):
        written(routed(engine=COLUMNS), PREFIX + "SELECT (RAND() AS ?x) { ?s :of ?v }")
    with pytest.raises(BadQuery):
        written(routed(engine=COLUMNS), "SELECT * { ?s")
    with pytest.raises(BadSetting, match="engine must be one of"):
        Settings(engine="sqlite")


def test_a_format_that_cannot_hold_the_answer_is_refused(routed):
    with pytest.raises(BadInput, match="cannot be written"):
        written(routed(), COUNTS, formats.TURTLE)


def test_an_answer_is_kept_to_its_size(routed):
    text = PREFIX + "SELECT DISTINCT ?s ?v { ?s :is ?v }"
    with pytest.raises(OverLimit):
        routed().write(io.BytesIO(), text, EVERYTHING, Limits(bytes=1000), None)


@pytest.fixture(scope="module")
def pool():
    with contextlib.closing(Pool(readers=1, memory=1024**3, engine=COLUMNS)) as pool:
        yield pool


def test_readers_answer_from_columns_and_are_stopped_like_any(pool, snapshot):
    file = snapshot.derived / making.FILE
    before = file.read_bytes()
    store = pool.store(snapshot, Lane.QUERY)
    expected = {f"http://example.org/c{n}" for n in range(7)}
    for _ in range(2):
        assert {row["c"].value for row in store.query(COUNTS).solutions()} == expected
        with pytest.raises(OverLimit) as stopped:
            store.query(PRODUCT, limits=Limits(seconds=0.5))
        assert stopped.value.code == "query_timeout"
    assert file.read_bytes() == before


PAIRS = PREFIX + "SELECT (COUNT(*) AS ?n) { SELECT DISTINCT ?a ?b { ?a :of ?x . ?b :of ?x } }"


def asked_in(megabytes, snapshot):
    with contextlib.closing(Pool(readers=1, memory=megabytes * 1024**2, engine=COLUMNS)) as small:
        store = small.store(snapshot, Lane.QUERY)
        return store.query(PAIRS, limits=Limits(seconds=60)).solutions()


def test_what_does_not_fit_is_put_on_the_disk(snapshot):
    (row,) = asked_in(320, snapshot)
    sizes = [len(range(n, MANY, 7)) for n in range(7)]
    assert int(row["n"].value) == sum(size**2 for size in sizes)


def test_what_needs_too_much_memory_is_told_so(snapshot):
    with pytest.raises(OverLimit) as stopped:
        asked_in(192, snapshot)
    assert stopped.value.code == "query_memory"


def test_a_pool_explains(pool, snapshot):
    told = pool.store(snapshot, Lane.QUERY).explain(COUNTS)
    assert told["engine"] == COLUMNS
    assert "GROUP BY" in told["sql"]


def test_sql_is_laid_out_by_clauses_and_says_the_same():
    sql = "SELECT a, (b + 1) FROM (SELECT 'x FROM (y' AS a FROM t WHERE (p = 1)) r LEFT JOIN u ON true"
    assert laid_out(sql).splitlines() == [
        "SELECT a, (b + 1)",
        "FROM (",
        "  SELECT 'x FROM (y' AS a",
        "  FROM t",
        "  WHERE (p = 1)",
        ") r",
        "LEFT JOIN u ON true",
    ]


def test_pages_are_answered_by_oxigraph(pool, snapshot):
    text = PREFIX + "SELECT (RAND() AS ?x) { ?s :of ?v } LIMIT 1"  # which columns would refuse
    assert len(pool.store(snapshot, Lane.PAGE).query(text).solutions()) == 1
    with pytest.raises(BadInput):
        pool.store(snapshot, Lane.QUERY).query(text)


@pytest.mark.parametrize("library", ["duckdb", "pyspark", "sqlglot"])
def test_nothing_loads_a_large_library_before_it_is_wanted(library):
    program = f"import sys, kg.cli, kg.store.reader; sys.exit({library!r} in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


def test_columns_are_made_with_what_is_derived():
    assert "making columns" in dict(derived.MAKERS)
