"""The description of the service for programs: OpenAPI 3.1.

`ROUTES` has a row for each route that others may build on; the questions of the data are added,
each with parameters of its kinds.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any

from flask import Blueprint, Response, current_app

from kg import formats, sparql
from kg.formats import Kind
from kg.queries import ExampleQuery
from kg.web import language, questions, respond
from kg.web.current import current_kg

bp = Blueprint("openapi", __name__)

Schema = dict[str, Any]

_STRING: Schema = {"type": "string"}
_IRI: Schema = {"type": "string", "format": "iri"}
_IRIS: Schema = {"type": "array", "items": _IRI}
_TEXTS: Schema = {"type": "array", "items": _STRING}

RESULTS = tuple(each.media_type for each in formats.offers(Kind.SOLUTIONS))
GRAPHS = tuple(each.media_type for each in formats.offers(Kind.GRAPH))
ANSWERS = (*RESULTS, *GRAPHS, "text/html")
HTML, JSON, TEXT = "text/html", "application/json", "text/plain"
PROBLEM = "application/problem+json"
CSV = "text/csv"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
ANY = ("*/*",)


def _number(least: int, most: int) -> Schema:
    return {"type": "integer", "minimum": least, "maximum": most}


_PARAMETERS: Mapping[str, tuple[Schema, str]] = {
    "query": (_STRING, "A query of SPARQL 1.1"),
    "default-graph-uri": (_IRIS, "Graphs that make up the default graph (SPARQL Protocol, 2.1.4)"),
    "named-graph-uri": (_IRIS, "Named graphs of the query"),
    "iri": (_IRI, "An IRI in the data"),
    "q": (_STRING, "A text to look for"),
    "type": (_STRING, "A class: prefix:name or <IRI>"),
    "language": (_TEXTS, "Languages of what is found"),
    "page": (_number(1, 1_000_000), "The number of a page, 1 for the first"),
    "size": (_number(1, 100), "Entries on a page"),
    "sort": (_STRING, "A property to sort by, - before it to turn the order round"),
    "format": (_STRING, "The name of a format, instead of Accept"),
    "graph": (_IRI, "The IRI of a graph"),
    "subject": (_IRI, "The IRI of a subject"),
    "predicate": (_IRI, "The IRI of a property"),
    "object": (_STRING, 'An IRI, or a literal: "a", "a"@en, "1"^^IRI'),
    "shapes": (_STRING, "Which shapes to validate with"),
}
_IN_PATH: Mapping[str, tuple[Schema, str]] = {
    "name": (_STRING, "The rest of an identifier below the base IRI"),
    "file": (_STRING, "The rest of an identifier, and the extension of a format"),
    "extension": (_STRING, "The extension of a format, such as ttl"),
    "number": (_number(1, 100_000), "The number of a part"),
    "dump": (_STRING, "The name of a file, as /dataset lists them, such as all.nq.gz"),
    "id": (_STRING, "The id of a query that runs"),
}


@dataclass(frozen=True)
class Operation:
    """What may be asked of a route, and in which types it answers."""

    method: str
    summary: str
    types: Sequence[str]
    parameters: Sequence[str] = ()
    body: Sequence[str] = ()
    status: int = 200
    tag: str = "data"
    secret: bool = False
    """Whether it takes the operator's token."""


def _get(summary: str, types: Sequence[str], *parameters: str, **more: Any) -> Operation:
    return Operation("get", summary, types, parameters, **more)


_DATASET = ("default-graph-uri", "named-graph-uri")
_QUERY = ("application/sparql-query", "application/x-www-form-urlencoded")
_BROWSED = ("type", "q", "sort", "page", "format")
_OPERATOR: Mapping[str, Any] = {"tag": "operation", "secret": True}

ROUTES: Mapping[str, Sequence[Operation]] = {
    "/": (_get("What the dataset holds", (HTML,)),),
    "/sparql": (
        _get("Answer a query, or with ?explain say how; without one, describe the service",
             ANSWERS, "query", *_DATASET, "format"),
        Operation("post", "Answer a query", ANSWERS, (*_DATASET, "format"), _QUERY),
    ),
    "/search": (_get("Find things by names and texts", (JSON, HTML),
                     "q", "type", "language", "page", "size", "format"),),
    "/suggest": (_get("Find things while a person types", (JSON,), "q", "type", "size"),),
    "/browse": (_get("Things that are chosen by facets, with exact counts",
                     (JSON, CSV, XLSX, *GRAPHS, HTML), *_BROWSED),),
    "/browse.<extension>": (_get("The same in a format", ANY, *_BROWSED),),
    "/resource": (_get("Go to the page, or the data, about an IRI",
                       (*GRAPHS, HTML), "iri", "format", status=303),),
    "/id/<path:name>": (_get("Go to the page, or the data, about an identifier",
                             (*GRAPHS, HTML), "format", status=303),),
    "/def/<path:name>": (_get("The same for a term of the ontology",
                              (*GRAPHS, HTML), "format", status=303),),
    "/page": (_get("The page about an IRI", (HTML,), "iri"),),
    "/page/<path:name>": (_get("The page about an identifier", (HTML,)),),
    "/data.<extension>": (_get("What the data says about an IRI", GRAPHS, "iri"),),
    "/data/<path:file>": (_get("What the data says about an identifier", GRAPHS),),
    "/neighbours.json": (_get("What an IRI is tied to, to be drawn", (JSON,), "iri"),),
    "/context.jsonld": (_get("The short names that JSON-LD uses", (formats.JSON_LD.media_type,)),),
    "/picture.json": (_get("A small graph as a whole, to be drawn", (JSON,)),),
    "/ontology": (_get("The ontology, as a page or as itself", (*GRAPHS, HTML), "format"),),
    "/questions": (_get("The questions that come with the data", (JSON, HTML), "format"),),
    "/dataset": (_get("The description of the dataset", (*GRAPHS, HTML), "format"),),
    "/.well-known/void": (_get("The same at its well-known place", GRAPHS, "format"),),
    "/download/<dump>": (_get("A dump: everything, a graph, or the things of a class", ANY),),
    "/fragments": (_get("Triples that fit a pattern, page by page (Triple Pattern Fragments)",
                        GRAPHS, "subject", "predicate", "object", "page", "format"),),
    "/shacl": (
        _get("What shapes find wrong with the data", (JSON, *GRAPHS, HTML), "page", "format"),
        Operation("post", "Validate a document without keeping it", (JSON, *GRAPHS, HTML),
                  ("shapes", "format"), GRAPHS),
    ),
    "/releases.atom": (_get("A feed of releases", ("application/atom+xml",)),),
    "/health": (_get("Whether the service can answer", (JSON,), tag="operation"),),
    "/health/live": (_get("Whether the process lives", (JSON,), tag="operation"),),
    "/update": (
        Operation("post", "Change the data (SPARQL 1.1 Update)", (),
                  body=("application/sparql-update", "application/x-www-form-urlencoded"),
                  status=204, tag="changes", secret=True),
    ),
    "/graphs": (
        _get("A graph as a whole", GRAPHS, "graph"),
        *(Operation(method, summary, (), ("graph",), body, 204, "changes", secret=True)
          for method, summary, body in (
              ("put", "Replace a graph", GRAPHS),
              ("post", "Add to a graph", GRAPHS),
              ("delete", "Remove a graph", ()),
          )),
    ),
    "/queries": (_get("The queries that run", (JSON,), **_OPERATOR),),
    "/queries/<id>": (Operation("delete", "Stop a query", (), status=204, **_OPERATOR),),
    "/metrics": (_get("Measurements for Prometheus", (TEXT,), tag="operation"),),
}  # fmt: skip

_PROBLEM: Schema = {
    "type": "object",
    "required": ["type", "title", "status", "code", "detail"],
    "properties": {
        "type": {"type": "string"},
        "title": _STRING,
        "status": {"type": "integer"},
        "code": {"type": "string", "description": "For programs; stable"},
        "detail": {"type": "string", "description": "What was expected, what came, the way out"},
    },
}


@bp.get("/openapi.json")
def document() -> Response:
    """Send the description. Cost: no query."""
    return respond.conditional(formats.DATA, _document, localized=True)


def _document() -> Response:
    present = {rule.rule for rule in current_app.url_map.iter_rules()}
    paths = {
        re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule): {
            each.method: _described(each, rule) for each in operations
        }
        for rule, operations in ROUTES.items()
        if rule in present
    }
    paths |= {questions.path(each): {"get": _question(each)} for each in current_kg.examples}
    title = current_kg.statistics.title(language.languages())
    return respond.as_json(
        {
            "openapi": "3.1.0",
            "info": {
                "title": title.text if title else current_kg.name,
                "version": version("kg"),
                "summary": "SPARQL, search, facets and linked data",
            },
            "paths": paths,
            "components": {
                "schemas": {"Problem": _PROBLEM},
                "responses": {
                    "Problem": {
                        "description": "What went wrong (RFC 9457); a page for browsers",
                        "content": {
                            PROBLEM: {"schema": {"$ref": "#/components/schemas/Problem"}},
                            HTML: {"schema": _STRING},
                        },
                    }
                },
                "securitySchemes": {"operator": {"type": "http", "scheme": "bearer"}},
            },
        }
    )


def _described(operation: Operation, rule: str) -> Schema:
    in_path = re.findall(r"<(?:\w+:)?(\w+)>", rule)
    parameters = [
        *(_parameter(name, *_IN_PATH[name], where="path") for name in in_path),
        *(_parameter(name, *_PARAMETERS[name]) for name in operation.parameters),
    ]
    described = {
        "operationId": _id(operation.method, rule),
        "summary": operation.summary,
        "tags": [operation.tag],
        "parameters": parameters,
        "responses": _responses(operation.types, operation.status),
    }
    if operation.body:
        content = {media_type: {"schema": _STRING} for media_type in operation.body}
        described["requestBody"] = {"required": True, "content": content}
    if operation.secret:
        described["security"] = [{"operator": []}]
    return described


def _question(query: ExampleQuery) -> Schema:
    wanted = language.languages()
    form = sparql.outline(query.template).form
    graph = form is not None and form.kind is Kind.GRAPH
    parameters = [
        _parameter(
            each.name,
            {**each.kind.schema} | ({"default": each.default} if each.default else {}),
            each.title(wanted).text,
        )
        for each in query.parameters
    ]
    return {
        "operationId": f"question-{query.name}",
        "summary": query.title(wanted).text,
        "tags": ["questions"],
        "parameters": [*parameters, _parameter("format", *_PARAMETERS["format"])],
        "responses": _responses((*(GRAPHS if graph else RESULTS), HTML), 200),
    }


def _parameter(name: str, schema: Schema, told: str, *, where: str = "query") -> Schema:
    return {
        "name": name,
        "in": where,
        "required": where == "path",
        "description": told,
        "schema": schema,
    }


def _responses(types: Sequence[str], status: int) -> Schema:
    content: Schema = {} if status != 200 else {media_type: {} for media_type in types}  # noqa: PLR2004
    done = {"description": "Done"} | ({"content": content} if content else {})
    return {str(status): done, "default": {"$ref": "#/components/responses/Problem"}}


def _id(method: str, rule: str) -> str:
    return "-".join([method, *re.findall(r"\w+", re.sub(r"<(?:\w+:)?", "<", rule))])
