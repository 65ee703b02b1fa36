"""Answers to queries: what the tests expect and what an implementation sent, as the same types."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import dataclass
from pathlib import Path

from pyoxigraph import (
    BlankNode,
    Literal,
    NamedNode,
    Quad,
    QueryBoolean,
    QueryResultsFormat,
    QuerySolution,
    QuerySolutions,
    RdfFormat,
    parse,
    parse_query_results,
)

from . import manifests
from .graphs import FORMATS, RDF, Graph, Term, rdf11, read

RS = "http://www.w3.org/2001/sw/DataAccess/tests/result-set#"

CELL = NamedNode("urn:x-csv:cell")
"""The datatype that stands for a cell of a CSV file, where a term is only its text."""

RESULTS = {
    "application/sparql-results+json": QueryResultsFormat.JSON,
    "application/sparql-results+xml": QueryResultsFormat.XML,
    "text/tab-separated-values": QueryResultsFormat.TSV,
    "text/csv": QueryResultsFormat.CSV,
}
TRIPLES = {
    "text/turtle": RdfFormat.TURTLE,
    "application/rdf+xml": RdfFormat.RDF_XML,
    "application/n-triples": RdfFormat.N_TRIPLES,
}

_MEDIA_TYPES = {
    ".srj": "application/sparql-results+json",
    ".srx": "application/sparql-results+xml",
    ".tsv": "text/tab-separated-values",
    ".csv": "text/csv",
}

# An ORDER BY of the query itself stands after its last group; one of a subquery is inside.
_ORDER_BY = re.compile(r"\bORDER\s+BY\b", re.IGNORECASE)

Row = tuple[Term | None, ...]


@dataclass(frozen=True)
class Solutions:
    """The answer to a SELECT; a term is None where its variable is unbound."""

    variables: tuple[str, ...]
    rows: tuple[Row, ...]
    ordered: bool = False
    """Whether the order of the rows is part of the answer."""


Answer = Solutions | bool | tuple[Quad, ...]


def media_type(result: Path) -> str:
    """Return the format to ask for, so that the answer comes in that of the expected one.

    Results that are given as RDF come in JSON.
    """
    if result.suffix in _MEDIA_TYPES:
        return _MEDIA_TYPES[result.suffix]
    is_graph = isinstance(expected(result, query=""), tuple)
    return "text/turtle" if is_graph else "application/sparql-results+json"


def expected(result: Path, *, query: str) -> Answer:
    """Return the answer in a file of the tests.

    Solutions are ordered when the file numbers them, or else when the query has an ORDER BY.
    """
    if result.suffix in FORMATS:
        quads = read(result, base=manifests.iri(result))
        return _from_result_set(Graph(quads), quads)
    answer = parsed(result.read_bytes(), _MEDIA_TYPES[result.suffix])
    if isinstance(answer, Solutions) and _ORDER_BY.search(query.rpartition("}")[2]):
        return Solutions(answer.variables, answer.rows, ordered=True)
    return answer


def parsed(content: bytes, media_type: str, *, base: str = manifests.BASE) -> Answer:
    """Return the answer that a document holds; `base` is where it was retrieved from."""
    if media_type in TRIPLES:
        return tuple(parse(content, format=TRIPLES[media_type], base_iri=base))
    if RESULTS[media_type] == QueryResultsFormat.CSV:
        return _from_csv(content)
    results = parse_query_results(content, format=RESULTS[media_type])
    if isinstance(results, QueryBoolean):
        return bool(results)
    assert isinstance(results, QuerySolutions)
    variables = tuple(variable.value for variable in results.variables)
    return Solutions(variables, tuple(_from_solution(solution) for solution in results))


def _from_solution(solution: QuerySolution) -> Row:
    return tuple(None if term is None else rdf11(term) for term in solution)


def _from_csv(content: bytes) -> Solutions:
    """Return the rows of a CSV file. An empty cell is taken for an unbound variable."""
    variables, *rows = csv.reader(io.StringIO(content.decode(), newline=""), strict=True)
    return Solutions(tuple(variables), tuple(tuple(map(_from_cell, row)) for row in rows))


def _from_cell(cell: str) -> Term | None:
    if cell.startswith("_:"):
        return BlankNode(cell.removeprefix("_:"))
    return Literal(cell, datatype=CELL) if cell else None


def _from_result_set(graph: Graph, quads: list[Quad]) -> Answer:
    """Return the answer that is described with the DAWG's vocabulary, or else the graph itself."""
    results = graph.subjects(RDF + "type", NamedNode(RS + "ResultSet"))
    if not results:
        return tuple(quads)
    (result,) = results
    boolean = graph.text(result, RS + "boolean")
    if boolean is not None:
        return boolean == "true"
    variables = tuple(name.value for name in graph.objects(result, RS + "resultVariable"))
    solutions = graph.objects(result, RS + "solution")
    ordered = any(graph.value(solution, RS + "index") for solution in solutions)
    if ordered:
        solutions = sorted(solutions, key=lambda one: int(graph.text(one, RS + "index") or 0))
    return Solutions(variables, tuple(_row(graph, one, variables) for one in solutions), ordered)


def _row(graph: Graph, solution: Term, variables: tuple[str, ...]) -> Row:
    bindings = {
        graph.text(binding, RS + "variable"): graph.value(binding, RS + "value")
        for binding in graph.objects(solution, RS + "binding")
    }
    assert bindings.keys() <= set(variables), f"{bindings.keys()} has unknown variables"
    return tuple(bindings.get(variable) for variable in variables)
