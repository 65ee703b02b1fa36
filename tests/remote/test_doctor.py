"""What `kg doctor` finds out about endpoints of different make, and about none at all."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from kg.doctor import Verdict, examine
from kg.store.remote import Endpoint, RemoteStore

EX = "http://example.org/"


@pytest.fixture(scope="module")
def report(endpoint):
    return examine(endpoint)


def verdicts(report, topic: str) -> dict[str, Verdict]:
    return {each.question: each.verdict for each in report.findings if each.topic == topic}


def test_a_real_endpoint_can_be_served(report):
    assert report.usable
    assert set(verdicts(report, "SPARQL 1.1").values()) == {Verdict.PASSED}


def test_the_make_of_the_server_is_known(report, endpoint):
    assert report.server.name in ("kg", "Oxigraph", "Virtuoso")
    assert (report.server.name == "Oxigraph") == ("/query" in endpoint.url)


def test_all_graphs_are_seen_at_once_when_the_endpoint_is_asked_as_it_wants(report):
    assert verdicts(report, "graphs") == {"sees all graphs at once": Verdict.PASSED}
    asked = RemoteStore(report.endpoint, snapshot="")
    assert asked.query(f"ASK {{ <{EX}alice> <{EX}knows> ?x . ?y <{EX}within> ?z }}").boolean()


def test_the_ways_to_ask_are_told_apart(report):
    found = verdicts(report, "protocol")
    assert found["takes a form"] is Verdict.PASSED
    assert found["takes GET"] is Verdict.PASSED
    direct = Verdict.FAILED if report.server.name == "Virtuoso" else Verdict.PASSED
    assert found["takes the query as the body"] is direct
    assert found["tells a malformed query by status 400"] is Verdict.PASSED


def test_formats_that_were_sent_are_told(report):
    found = verdicts(report, "formats")
    assert found["sends results as application/sparql-results+json"] is Verdict.PASSED
    assert found["sends graphs as application/n-triples"] is Verdict.PASSED
    trig = Verdict.NOTED if report.server.name == "Virtuoso" else Verdict.PASSED
    assert found["sends graphs as application/trig"] is trig


def test_what_does_not_answer_cannot_be_served():
    report = examine(Endpoint("http://127.0.0.1:1/sparql"))
    assert not report.usable
    assert len(report.findings) == 3


def kg(*words) -> subprocess.CompletedProcess:
    return subprocess.run(
        [Path(sys.executable).with_name("kg"), *words],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "COLUMNS": "200"},
    )


def test_the_command_prints_it_and_ends_as_it_went(endpoint):
    done = kg("doctor", endpoint.url)
    assert done.returncode == 0, done.stderr
    assert "can be served" in done.stdout
    assert "takes a form" in done.stdout


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:1/sparql", "ftp://x", "http://me:secret@127.0.0.1:1/", "nonsense"]
)
def test_the_command_fails_where_nothing_can_be_asked(url):
    done = kg("doctor", url)
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert "secret" not in done.stdout + done.stderr


def test_a_query_is_asked_there(endpoint):
    text = f"SELECT ?o {{ GRAPH ?g {{ <{EX}bob> <{EX}age> ?o }} }}"
    done = kg("query", text, "--endpoint", endpoint.url, "--format", "csv")
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == ["o", "7"]


def test_an_endpoint_and_a_database_exclude_each_other():
    done = kg("query", "ASK {}", "--endpoint", "http://127.0.0.1:1/", "--db", "x")
    assert done.returncode == 1
    assert "exclude each other" in done.stderr
