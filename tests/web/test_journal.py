"""What is written down of a request, and what Prometheus is told (threat I4)."""

import json
import logging

import pytest
from prometheus_client.parser import text_string_to_metric_families


@pytest.fixture
def lines(caplog):
    """The lines that were written so far."""
    logger = logging.getLogger("kg.requests")
    before = logger.level
    logger.setLevel(logging.INFO)
    logger.addHandler(caplog.handler)
    yield lambda: [record.getMessage() for record in caplog.records if record.name == logger.name]
    logger.removeHandler(caplog.handler)
    logger.setLevel(before)


def test_a_request_is_one_line(client, lines):
    response = client.get("/sparql", query_string={"query": "ASK {}"})
    (line,) = set(lines())
    told = json.loads(line)
    assert (told["method"], told["status"]) == ("GET", 200)
    assert told["path"].startswith("/sparql?query=ASK")
    assert told["snapshot"] == response.headers["KG-Snapshot"]
    assert told["id"] == response.headers["KG-Request"]
    assert told["queries"] == 1
    assert 0 < told["reader_ms"] <= told["ms"]


@pytest.mark.parametrize(
    "request_",
    [
        {"path": "/x%0A%7B%22status%22%3A200%7D"},
        {"path": "/x\x1b[2J"},
        {"path": "/", "headers": {"User-Agent": "a\x1b[2J\u202e"}},
        {"path": "/?q=" + "x" * 100_000},
        {"path": "/光伏"},
        {"path": "/", "headers": {"Authorization": "Bearer secret"}},
        {"path": "/", "method": "X" * 1000},
    ],
    ids=["newline", "escape", "agent", "long", "chinese", "token", "method"],
)
def test_no_request_forges_a_line(client, lines, request_):
    client.open(**request_)
    for line in lines():
        assert line.isascii()
        assert line.isprintable()
        assert len(line) < 8_000
        assert "secret" not in line
        assert isinstance(json.loads(line)["status"], int)


def test_requests_that_fail_are_written_down(client, lines):
    client.get("/nowhere")
    client.get("/sparql", query_string={"query": "SELECT"})
    assert {json.loads(line)["status"] for line in lines()} == {404, 400}


def test_prometheus_reads_the_sums(client):
    def sums() -> dict[tuple, float]:
        text = client.get("/metrics").text
        return {
            (sample.name, *sorted(sample.labels.items())): sample.value
            for family in text_string_to_metric_families(text)
            for sample in family.samples
        }

    key = ("kg_requests_total", ("route", "home.home"), ("status", "200"))
    before = sums().get(key, 0)
    client.get("/")
    after = sums()
    assert after[key] == before + 1
    assert after["kg_queries", ("lane", "query"), ("state", "running")] == 0
    assert after["kg_triples",] > 0
    assert after["kg_derived_is_current",] == 1
    assert after["kg_degraded",] == 0
    assert after["kg_snapshot_seconds",] >= 0


def test_queries_that_are_stopped_are_counted_by_reason(database):
    from kg.settings import Settings  # noqa: PLC0415
    from kg.web import create_app  # noqa: PLC0415

    client = create_app(Settings(query_seconds=0.2), database).test_client()
    everything = " . ".join(f"?s{place} ?p{place} ?o{place}" for place in range(8))
    query = {"query": f"SELECT (COUNT(*) AS ?n) {{ {everything} }}"}
    assert client.get("/sparql", query_string=query).status_code == 503
    assert 'kg_queries_stopped{code="query_timeout"} 1.0' in client.get("/metrics").text
