"""The manifests of the W3C's SPARQL tests, read into values.

The tests are https://github.com/w3c/rdf-tests, folder `sparql`. They are not part of this
repository; `root` says where they are looked for.
"""

from __future__ import annotations

import functools
import os
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from pyoxigraph import NamedNode

from .graphs import RDF, Graph, Term, read

ROOT_VARIABLE = "RDF_TESTS"
BASE = "https://w3c.github.io/rdf-tests/sparql/"

MF = "http://www.w3.org/2001/sw/DataAccess/tests/test-manifest#"
QT = "http://www.w3.org/2001/sw/DataAccess/tests/test-query#"
UT = "http://www.w3.org/2009/sparql/tests/test-update#"
HT = "http://www.w3.org/2011/http#"
CNT = "http://www.w3.org/2011/content#"
RDFS = "http://www.w3.org/2000/01/rdf-schema#"

MANIFESTS = ("sparql10/manifest.ttl", "sparql11/manifest-all.ttl")

_LOAD = re.compile(r"\bLOAD\b")
_FROM = re.compile(r"\bFROM\s+(?:NAMED\s+)?<([^<>]*)>", re.IGNORECASE)

# What the service does not offer, by suite.
SUITES_NOT_OFFERED = {
    "sparql11/entailment": "queries are answered under simple entailment",
    "sparql11/service": "federated queries are refused: the service opens no connections",
    "sparql11/syntax-fed": "federated queries are refused: the service opens no connections",
}
LOAD_NOT_OFFERED = "LOAD is refused, well-formed or not: the service opens no connections"


@dataclass(frozen=True)
class W3cTest:
    """A test as its manifest has it. One that is `not_offered`, for that reason, is not run."""

    id: str
    """Folder and name in the manifest, as in `sparql11/aggregates/agg01`."""

    title: str
    not_offered: str

    @property
    def suite(self) -> str:
        """The folder, as in `sparql11/aggregates`."""
        return self.id.rpartition("/")[0]


@dataclass(frozen=True)
class Contents:
    """The files that are in a store: in its default graph, and in its named graphs by name."""

    default: tuple[Path, ...] = ()
    named: tuple[tuple[str, Path], ...] = ()


@dataclass(frozen=True)
class QueryEvaluation(W3cTest):
    """A query over `data` has the answer in the file `result`."""

    query: Path
    data: Contents
    result: Path
    lax: bool
    """Whether the query says REDUCED, so that equal solutions may be fewer than in `result`."""


@dataclass(frozen=True)
class QuerySyntax(W3cTest):
    """A query is well-formed, or is not."""

    query: Path
    well_formed: bool


@dataclass(frozen=True)
class UpdateEvaluation(W3cTest):
    """An update turns one state of a store into another."""

    request: Path
    before: Contents
    after: Contents


@dataclass(frozen=True)
class UpdateSyntax(W3cTest):
    """An update is well-formed, or is not."""

    request: Path
    well_formed: bool


@dataclass(frozen=True)
class Expected:
    """What a response must be like; None asks for nothing."""

    statuses: frozenset[str]
    """Such as `204` or `2xx`; one of them is enough."""

    format: str | None
    """`boolean`, `tabular` or `RDF`."""

    boolean: bool | None
    content_type: str | None
    body: str | None
    """An RDF document of that type, whose graph must be that of the response."""

    location: str | None
    """The name under which later requests of the test use the header `Location`."""

    def allows(self, status: int) -> bool:
        """Tell whether the status of a response is one of those expected."""
        return not self.statuses.isdisjoint({str(status), f"{status // 100}xx"})


@dataclass(frozen=True)
class Request:
    """A request to send. `target` begins with `/sparql/` or `/gsp`, whatever the service has."""

    method: str
    target: str
    headers: tuple[tuple[str, str], ...]
    body: bytes | None
    expected: Expected


@dataclass(frozen=True)
class Exchange(W3cTest):
    """Requests to send one after the other to a service that holds `before`."""

    before: Contents
    requests: tuple[Request, ...]


@dataclass(frozen=True)
class ProtocolExchange(Exchange):
    """A test of the SPARQL 1.1 Protocol."""


@dataclass(frozen=True)
class GraphStoreExchange(Exchange):
    """A test of the SPARQL 1.1 Graph Store HTTP Protocol."""


@dataclass(frozen=True)
class ServiceDescription(W3cTest):
    """A test of the SPARQL 1.1 Service Description; the manifest gives no more than its name."""


def root() -> Path:
    """Return the folder with the tests: the one in RDF_TESTS, or one beside the repository."""
    given = os.environ.get(ROOT_VARIABLE)
    beside = Path(__file__).parents[3] / "shared" / "conformance" / "rdf-tests" / "sparql"
    return Path(given).resolve() if given else beside


@functools.cache
def tests() -> tuple[W3cTest, ...]:
    """Return all tests of SPARQL 1.0 and 1.1 in the order of the manifests.

    There are none when the folder with the tests is not there.
    """
    if not root().is_dir():
        return ()
    return tuple(test for manifest in MANIFESTS for test in _of(root() / manifest))


def iri(path: Path) -> str:
    """Return the IRI at which the W3C publishes a file of the tests."""
    return BASE + path.relative_to(root()).as_posix()


def text(path: Path) -> str:
    """Return a query or an update, as it is, with the IRI of its file as the base IRI."""
    return f"BASE <{iri(path)}>\n{path.read_bytes().decode()}"


def _of(manifest: Path) -> Iterator[W3cTest]:
    graph = Graph(read(manifest, base=iri(manifest)))
    (this,) = graph.subjects(RDF + "type", NamedNode(MF + "Manifest"))
    for included in graph.items(graph.value(this, MF + "include")):
        yield from _of(_path(included))
    for entry in graph.items(graph.value(this, MF + "entries")):
        yield _test(graph, entry, suite=manifest.parent.relative_to(root()).as_posix())


def _test(graph: Graph, entry: Term, *, suite: str) -> W3cTest:
    kind = _local(graph.value(entry, RDF + "type"))
    id = f"{suite}/{_local(entry)}"
    title = graph.text(entry, MF + "name") or ""
    if not_offered := SUITES_NOT_OFFERED.get(suite):
        return W3cTest(id, title, not_offered)
    test = _READERS[kind](graph, entry, id, title)
    if isinstance(test, UpdateEvaluation | UpdateSyntax) and _LOAD.search(text(test.request)):
        return W3cTest(id, title, LOAD_NOT_OFFERED)
    return test


def _query_evaluation(graph: Graph, entry: Term, id: str, title: str) -> QueryEvaluation:
    action = _one(graph, entry, MF + "action")
    query = _path(_one(graph, action, QT + "query"))
    named = [_path(file) for file in graph.objects(action, QT + "graphData")]
    return QueryEvaluation(
        id,
        title,
        "",
        query=query,
        data=Contents(
            default=tuple(_path(file) for file in graph.objects(action, QT + "data")),
            named=tuple((iri(path), path) for path in [*named, *_files_in_from(query)]),
        ),
        result=_path(_one(graph, entry, MF + "result")),
        lax=graph.value(entry, MF + "resultCardinality") is not None,
    )


def _files_in_from(query: Path) -> list[Path]:
    """Return the files that the FROM clauses of a query name, each once."""
    names = dict.fromkeys(_FROM.findall(query.read_bytes().decode()))
    return [query.parent / name for name in names if (query.parent / name).is_file()]


def _syntax(graph: Graph, entry: Term, id: str, title: str) -> QuerySyntax | UpdateSyntax:
    kind = _local(graph.value(entry, RDF + "type"))
    path = _path(_one(graph, entry, MF + "action"))
    syntax = UpdateSyntax if path.suffix == ".ru" else QuerySyntax
    return syntax(id, title, "", path, well_formed=kind.startswith("Positive"))


def _update_evaluation(graph: Graph, entry: Term, id: str, title: str) -> UpdateEvaluation:
    action = _one(graph, entry, MF + "action")
    return UpdateEvaluation(
        id,
        title,
        "",
        request=_path(_one(graph, action, UT + "request")),
        before=_contents(graph, action),
        after=_contents(graph, _one(graph, entry, MF + "result")),
    )


def _contents(graph: Graph, state: Term) -> Contents:
    entries = graph.objects(state, UT + "graphData")
    return Contents(
        default=tuple(_path(file) for file in graph.objects(state, UT + "data")),
        named=tuple(
            (_text(graph, entry, RDFS + "label"), _path(_one(graph, entry, UT + "graph")))
            for entry in entries
        ),
    )


def _protocol(graph: Graph, entry: Term, id: str, title: str) -> ProtocolExchange:
    return ProtocolExchange(id, title, "", _contents(graph, entry), _requests(graph, entry))


def _graph_store(graph: Graph, entry: Term, id: str, title: str) -> GraphStoreExchange:
    return GraphStoreExchange(id, title, "", Contents(), _requests(graph, entry))


def _service_description(_: Graph, __: Term, id: str, title: str) -> ServiceDescription:
    return ServiceDescription(id, title, "")


def _requests(graph: Graph, entry: Term) -> tuple[Request, ...]:
    connection = _one(graph, entry, MF + "action")
    requests = graph.items(graph.value(connection, HT + "requests"))
    return tuple(_request(graph, request) for request in requests)


def _request(graph: Graph, request: Term) -> Request:
    body = graph.value(request, HT + "body")
    return Request(
        method=_text(graph, request, HT + "methodName"),
        target=_text(graph, request, HT + "absolutePath"),
        headers=_headers(graph, request),
        body=None if body is None else _encoded(graph, body),
        expected=_expected(graph, _one(graph, request, HT + "resp")),
    )


def _encoded(graph: Graph, body: Term) -> bytes:
    return _text(graph, body, CNT + "chars").encode(_text(graph, body, CNT + "characterEncoding"))


def _expected(graph: Graph, response: Term) -> Expected:
    boolean = graph.text(response, MF + "expectedBoolean")
    body = graph.value(response, HT + "body")
    statuses = graph.objects(response, MF + "expectedStatus")
    return Expected(
        statuses=frozenset(_STATUSES[_local(status)] for status in statuses),
        format=graph.text(response, MF + "expectedFormat"),
        boolean=None if boolean is None else boolean == "true",
        content_type=dict(_headers(graph, response)).get("content-type"),
        body=None if body is None else _text(graph, body, CNT + "chars"),
        location=graph.text(response, MF + "expectedLocation"),
    )


def _headers(graph: Graph, message: Term) -> tuple[tuple[str, str], ...]:
    return tuple(
        (_text(graph, header, HT + "fieldName"), _text(graph, header, HT + "fieldValue"))
        for header in graph.items(graph.value(message, HT + "headers"))
    )


def _one(graph: Graph, subject: Term, predicate: str) -> Term:
    value = graph.value(subject, predicate)
    assert value is not None, f"{subject} has no {predicate}"
    return value


def _text(graph: Graph, subject: Term, predicate: str) -> str:
    return _one(graph, subject, predicate).value


def _path(file: Term) -> Path:
    return root() / file.value.removeprefix(BASE)


def _local(term: Term | None) -> str:
    return "" if term is None else term.value.rpartition("#")[2]


_STATUSES = {
    "OK": "200",
    "Created": "201",
    "NoContent": "204",
    "NotFound": "404",
    "StatusCode2xx": "2xx",
    "StatusCode3xx": "3xx",
    "StatusCode4xx": "4xx",
}

_READERS: dict[str, Callable[[Graph, Term, str, str], W3cTest]] = {
    "QueryEvaluationTest": _query_evaluation,
    "CSVResultFormatTest": _query_evaluation,
    "PositiveSyntaxTest": _syntax,
    "PositiveSyntaxTest11": _syntax,
    "NegativeSyntaxTest": _syntax,
    "NegativeSyntaxTest11": _syntax,
    "UpdateEvaluationTest": _update_evaluation,
    "PositiveUpdateSyntaxTest11": _syntax,
    "NegativeUpdateSyntaxTest11": _syntax,
    "ProtocolTest": _protocol,
    "GraphStoreProtocolTest": _graph_store,
    "ServiceDescriptionTest": _service_description,
}
