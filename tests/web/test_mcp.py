"""A client of the Model Context Protocol asks the service through `kg mcp`, a process of its own."""

import json
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import anyio
import pytest
from mcp import Client, StdioServerParameters

ALICE = "https://kg.example/id/alice"
COUNT = "SELECT (COUNT(DISTINCT ?s) AS ?n) { ?s a <http://example.org/Person> }"


ASKED = (
    ("search", {"text": "爱丽丝"}),
    ("describe", {"iri": ALICE}),
    ("query", {"query": COUNT}),
    ("query", {"query": "ASK { ?s ?p 42 }"}),
    ("query", {"query": "CONSTRUCT WHERE { ?s <http://example.org/age> ?o }"}),
    ("query", {"query": "SELECT * { ?s ?p ?o }", "rows": 3}),
    ("question-01-classes", {"rows": 1}),
)
SERVICE = "SELECT * { SERVICE <http://e/> { ?s ?p ?o } }"
REFUSED = (
    ("query", {"query": "SELECT"}, "malformed_query"),
    ("query", {"query": SERVICE}, "federation_disabled"),
    ("query", {}, "missing: query"),
    ("describe", {"iri": "http://example.org/none"}, "not_found"),
    ("question-01-classes", {"colour": "red"}, "there is no parameter"),
    ("drop", {}, "there is no tool"),
)


@pytest.fixture(scope="module")
def session(server):
    """The tools, and what all calls give, by one session with a process."""
    command = str(Path(sys.executable).with_name("kg"))
    process = StdioServerParameters(command=command, args=["mcp", server, "--language", "en"])

    async def talk():
        async with Client(process) as client:
            tools = (await client.list_tools()).tools
            calls = [*ASKED, *(row[:2] for row in REFUSED)]
            return tools, [await client.call_tool(name, given) for name, given in calls]

    # In a thread of its own: a browser of other tests may have left its loop running in this one.
    with ThreadPoolExecutor(1) as threads:
        return threads.submit(anyio.run, talk).result()


def value(result):
    assert not result.is_error, result.content
    return json.loads(result.content[0].text)


def test_a_model_finds_describes_and_asks(session):
    tools, results = session
    assert {"search", "describe", "facets", "query", "question-01-classes"} <= {
        tool.name for tool in tools
    }
    values = map(value, results[: len(ASKED)])
    found, described, counted, asked, graph, some, question = values
    assert found["items"][0]["iri"] == ALICE
    assert "爱丽丝" in described["turtle"]
    assert counted == {"rows": [{"n": 2}], "total": 1, "complete": True}
    assert asked == {"answer": True}
    assert "42" in graph["turtle"]
    assert len(some["rows"]) == 3
    assert some["total"] > 3
    assert not some["complete"]
    assert len(question["rows"]) == 1


@pytest.mark.parametrize("number", range(len(REFUSED)))
def test_what_cannot_be_done_is_told(session, number):
    result = session[1][len(ASKED) + number]
    assert result.is_error
    assert REFUSED[number][2] in result.content[0].text
