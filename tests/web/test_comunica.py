"""Comunica answers queries from triple pattern fragments as the endpoint itself does."""

import json
import shutil
import subprocess
from collections import Counter
from pathlib import Path
from urllib.parse import urlencode
from urllib.request import Request, urlopen

import pytest

HERE = Path(__file__).parents[1] / "comunica"

pytestmark = pytest.mark.skipif(
    not (HERE / "node_modules").is_dir() or not shutil.which("node"),
    reason="Comunica is not installed; `make comunica` does that, and runs these tests",
)

PREFIXES = """
PREFIX kg: <https://kg.example/def/> PREFIX id: <https://kg.example/id/>
PREFIX skos: <http://www.w3.org/2004/02/skos/core#> PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>
"""
QUERIES = {
    "one pattern": "SELECT * { ?measure kg:theme ?theme }",
    "several pages": "SELECT * { ?s a kg:Statement }",
    "a join": "SELECT * { ?s a kg:Initiative ; kg:theme ?theme ; kg:actor ?actor }",
    "a literal with a language": 'SELECT * { ?s ?p "光伏"@zh-hans }',
    "a typed literal": "SELECT * { ?s kg:ordinal 1 }",
    "a filter": 'SELECT * { ?s a kg:Theme ; skos:prefLabel ?l FILTER(lang(?l) = "en") }',
    "an optional part": "SELECT * { ?s a kg:Project OPTIONAL { ?s kg:industry ?i } }",
    "a union": "SELECT * { { ?s a kg:Project } UNION { ?s a kg:Fund } }",
    "an order and an end": "SELECT ?l { ?s a kg:Industry ; skos:prefLabel ?l } ORDER BY ?l LIMIT 5",
    "a count": "SELECT (COUNT(*) AS ?n) { ?s a kg:Observation ; kg:period ?p }",
    "nothing": "SELECT * { ?s kg:theme kg:Theme }",
}


@pytest.fixture(scope="module")
def answers(bundled_server):
    """What Comunica answers, all queries in one process."""
    done = subprocess.run(
        ["node", HERE / "ask.mjs", f"{bundled_server}/fragments"],
        input=json.dumps([PREFIXES + text for text in QUERIES.values()]),
        capture_output=True,
        text=True,
        check=True,
        timeout=300,
    )
    return dict(zip(QUERIES, json.loads(done.stdout), strict=True))


@pytest.mark.parametrize("name", QUERIES)
def test_an_answer_is_that_of_the_endpoint(bundled_server, answers, name):
    query = urlencode({"query": PREFIXES + QUERIES[name]})
    request = Request(
        f"{bundled_server}/sparql?{query}", headers={"Accept": "application/sparql-results+json"}
    )
    with urlopen(request) as response:
        expected = json.load(response)
    assert rows(answers[name]) == rows(expected)
    assert bool(rows(expected)) == (name != "nothing")


def rows(answer):
    return Counter(
        tuple(sorted((name, str(sorted(value.items()))) for name, value in row.items()))
        for row in answer["results"]["bindings"]
    )
