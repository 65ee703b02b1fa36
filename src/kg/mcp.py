"""The service as tools for language models, over the Model Context Protocol.

Every tool asks a running service by HTTP, so that its limits hold for models as for anybody else.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.metadata import version
from typing import Any

import anyio
from mcp.server import Server, ServerRequestContext
from mcp.server.stdio import stdio_server
from mcp.types import (
    CallToolRequestParams,
    CallToolResult,
    ListToolsResult,
    PaginatedRequestParams,
    TextContent,
    ToolAnnotations,
)
from mcp.types import Tool as Described

from kg import sparql
from kg.client import Client, Incomplete, Row, ServiceError
from kg.formats import Kind

ROWS = 100
"""Rows that a tool returns unless it is asked for more."""

MOST_ROWS = 1_000

Arguments = Mapping[str, Any]


@dataclass(frozen=True)
class Tool:
    """Something that a model may ask for. `call` raises ServiceError, Incomplete and OSError."""

    name: str
    title: str
    description: str
    call: Callable[[Client, Arguments], Any]
    properties: Mapping[str, Any] = field(default_factory=dict)
    required: Sequence[str] = ()

    def described(self) -> Described:
        """Return what the protocol tells of it."""
        schema = {
            "type": "object",
            "properties": dict(self.properties),
            "required": list(self.required),
            "additionalProperties": False,
        }
        return Described(
            name=self.name,
            title=self.title,
            description=self.description,
            input_schema=schema,
            annotations=ToolAnnotations(read_only_hint=True, open_world_hint=False),
        )


def _query(client: Client, given: Arguments) -> Any:
    text = str(given["query"])
    form = sparql.outline(text).form
    if form is not None and form.kind is Kind.BOOLEAN:
        return {"answer": client.ask(text)}
    if form is not None and form.kind is Kind.GRAPH:
        return {"turtle": client.graph(text).serialize(format="turtle")}
    return _some(client.rows(text), given)


def _some(rows: list[Row], given: Arguments) -> Any:
    most = min(int(given.get("rows", ROWS)), MOST_ROWS)
    return {"rows": rows[:most], "total": len(rows), "complete": len(rows) <= most}


def _facets(client: Client, given: Arguments) -> Any:
    return client.facets(str(given.get("type", "")), **given.get("chosen", {})).value


def _describe(client: Client, given: Arguments) -> Any:
    return {"turtle": client.entity(str(given["iri"])).serialize(format="turtle")}


_ROWS = {"type": "integer", "minimum": 1, "maximum": MOST_ROWS, "description": "Rows wanted"}
_TEXT = {"type": "string"}

TOOLS = (
    Tool(
        "search",
        "Search",
        "Find things by a name or text in Chinese (either script, pinyin too) or English. "
        "Returns their IRIs, names, classes and what was found. Begin here.",
        lambda client, given: client.search(str(given["text"]), size=20).value,
        {"text": _TEXT},
        ("text",),
    ),
    Tool(
        "describe",
        "Describe",
        "Everything that the data says about one thing, as Turtle.",
        _describe,
        {"iri": {"type": "string", "format": "iri"}},
        ("iri",),
    ),
    Tool(
        "facets",
        "Facets",
        "Things of a class, with exact counts by property and value. `chosen` narrows them down: "
        'properties (prefix:name or <IRI>) with values, such as {"kg:industry": ["<IRI>"]}; '
        "suffixes .not .ge .le .exists.",
        _facets,
        {
            "type": {"type": "string", "description": "A class: prefix:name or <IRI>"},
            "chosen": {
                "type": "object",
                "additionalProperties": {"type": "array", "items": {"type": "string"}},
            },
        },
    ),
    Tool(
        "query",
        "Query",
        "Answer a SPARQL 1.1 query. The default graph is the union of all graphs; a triple "
        "may stand in it twice, so use DISTINCT when counting. `total` is the number of all rows.",
        _query,
        {"query": _TEXT, "rows": _ROWS},
        ("query",),
    ),
)


def tools(client: Client) -> list[Tool]:
    """Return the tools of a service: those of any, and one for each of its questions."""
    return [*TOOLS, *map(_question, client.questions().value["questions"])]


def _named(client: Client, name: str) -> Tool:
    """Return a tool; the service is asked for its questions only where none of TOOLS is meant.

    Raises StopIteration where there is none.
    """
    known = next((each for each in TOOLS if each.name == name), None)
    return known or next(each for each in tools(client) if each.name == name)


def _question(question: Mapping[str, Any]) -> Tool:
    name = question["name"]

    def ask(client: Client, given: Arguments) -> Any:
        chosen = {key: _spelled(value) for key, value in given.items() if key != "rows"}
        return _some(client.question(name, **chosen), given)

    properties = {each["name"]: _property(each) for each in question["parameters"]}
    described = question["description"] or ""
    return Tool(
        f"question-{name}"[:64],
        question["title"],
        f"{question['title']} {described}".strip(),
        ask,
        {**properties, "rows": _ROWS},
    )


def _property(parameter: Mapping[str, Any]) -> Mapping[str, Any]:
    told = {**parameter["schema"], "description": parameter["title"]}
    return told | ({"default": parameter["default"]} if parameter["default"] else {})


def _spelled(value: Any) -> str:
    return json.dumps(value) if isinstance(value, bool) else str(value)


def server(client: Client) -> Server[Any]:
    """Return a server of the protocol whose tools ask a service."""

    async def listed(
        _context: ServerRequestContext[Any], _params: PaginatedRequestParams | None
    ) -> ListToolsResult:
        found = await anyio.to_thread.run_sync(tools, client)
        return ListToolsResult(tools=[tool.described() for tool in found])

    async def called(
        _context: ServerRequestContext[Any], params: CallToolRequestParams
    ) -> CallToolResult:
        return await anyio.to_thread.run_sync(_called, client, params.name, params.arguments or {})

    return Server("kg", version=version("kg"), on_list_tools=listed, on_call_tool=called)


def _called(client: Client, name: str, given: Arguments) -> CallToolResult:
    try:
        tool = _named(client, name)
        missing = [each for each in tool.required if each not in given]
        if missing:
            return _told(f"missing: {', '.join(missing)}", is_error=True)
        value = tool.call(client, given)
    except StopIteration:
        return _told(f"there is no tool {name[:80]!r}", is_error=True)
    except (ServiceError, Incomplete, OSError, TypeError, ValueError) as error:
        return _told(str(error), is_error=True)
    return _told(json.dumps(value, ensure_ascii=False, default=str))


def _told(text: str, *, is_error: bool = False) -> CallToolResult:
    return CallToolResult(content=[TextContent(type="text", text=text)], is_error=is_error)


def run(client: Client) -> None:
    """Speak the protocol over standard input and output, until the input ends."""

    async def speak() -> None:
        spoken = server(client)
        async with stdio_server() as (incoming, outgoing):
            await spoken.run(incoming, outgoing, spoken.create_initialization_options())

    anyio.run(speak)
