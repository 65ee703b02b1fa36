"""What a SPARQL endpoint can do, found out by asking it; nothing is changed there.

Each question is a row of `QUESTIONS`. Servers that are known to want to be asked in some way of
their own are rows of `SERVERS`.
"""

from __future__ import annotations

import re
import statistics
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import partial

from kg.errors import BadQuery, KgError, RemoteFailed
from kg.formats import Format, Kind, offers
from kg.settings import Settings
from kg.store import Limits
from kg.store.remote import DATASET, Endpoint, RemoteStore, Way, ask, failures
from kg.terms import Literal, NamedNode, spell

SECONDS = 10.0
"""What one question may take."""

TRIES = 3


class Verdict(StrEnum):
    """What was found."""

    PASSED = "yes"
    FAILED = "no"
    NOTED = "note"
    """Neither good nor bad, but good to know."""


@dataclass(frozen=True)
class Finding:
    """The answer to one question."""

    topic: str
    question: str
    verdict: Verdict
    detail: str = ""
    needed: bool = False
    """Whether this service cannot do its work over an endpoint that fails here."""


@dataclass(frozen=True)
class Server:
    """A make of server, known by its `Server` header, and what is special about it."""

    name: str
    header: str
    union: tuple[tuple[str, str], ...] = ()
    """Parameters that make the default graph the union of all graphs."""

    contains: str = ""
    """A property whose object is a text to search for, where the server has an index of texts."""

    quirks: tuple[str, ...] = ()


SERVERS = (
    Server("kg", r"", quirks=("names its snapshot in the header KG-Snapshot",)),
    Server("Oxigraph", r"oxigraph", union=(("union-default-graph", "true"),)),
    Server(
        "Virtuoso",
        r"virtuoso",
        contains="bif:contains",
        quirks=(
            "sends at most ResultSetMaxRows rows without a word; such answers are refused here",
            "answers ASK with a row in JSON and XML, which is understood here",
        ),
    ),
    Server(
        "Apache Jena Fuseki",
        r"fuseki",
        union=(("default-graph-uri", "urn:x-arq:UnionGraph"),),
    ),
    Server("GraphDB", r"graphdb"),
    Server("QLever", r"qlever"),
    Server(
        "Stardog",
        r"stardog",
        union=(("default-graph-uri", "tag:stardog:api:context:all"),),
    ),
)
UNKNOWN = Server("an unknown server", r"$.")


@dataclass(frozen=True)
class Report:
    """All that was found, and how the endpoint is best asked."""

    endpoint: Endpoint
    """With the parameters that it wants."""

    server: Server
    findings: tuple[Finding, ...]

    @property
    def usable(self) -> bool:
        """Whether nothing that is needed is missing."""
        return not any(each.needed and each.verdict is Verdict.FAILED for each in self.findings)


def endpoint(options: Settings) -> Endpoint:
    """Return the endpoint that the settings name."""
    dataset = [(name, graph) for name in DATASET for graph in options.endpoint_graphs]
    return Endpoint(
        options.endpoint,
        options.endpoint_user,
        options.endpoint_password,
        options.endpoint_token,
        tuple(dataset),
    )


def adapted(endpoint: Endpoint) -> tuple[Endpoint, Server]:
    """Return how an endpoint is best asked, and what is known of its make; three small questions.

    Raises BadQuery and RemoteFailed where it does not answer at all.
    """
    store = RemoteStore(endpoint, snapshot="")
    store.query("ASK {}", limits=Limits(SECONDS)).boolean()
    server = _server(endpoint)
    if any(name in DATASET for name, _ in endpoint.parameters):
        return endpoint, server  # the operator has chosen
    return _union(endpoint, server).endpoint, server


def examine(endpoint: Endpoint) -> Report:
    """Ask an endpoint some thirty small questions, one after the other."""
    server = _server(endpoint)
    findings = list(_basics(endpoint))
    if not any(each.verdict is Verdict.PASSED for each in findings):
        return Report(endpoint, server, tuple(findings))
    union = _union(endpoint, server)
    findings += [union.finding]
    findings += [_tried(union.endpoint, *row) for row in QUESTIONS]
    findings += [_format(union.endpoint, format) for format in (*_RESULTS, *_GRAPHS)]
    findings += [_told(union.endpoint), _text_search(union.endpoint, server)]
    findings += [Finding("server", "known to", Verdict.NOTED, quirk) for quirk in server.quirks]
    return Report(union.endpoint, server, tuple(findings))


_RESULTS = offers(Kind.SOLUTIONS)
_GRAPHS = offers(Kind.GRAPH)

# Topic, what is asked, the query, and what its only row must hold ("" for ASK: yes).
QUESTIONS: tuple[tuple[str, str, str, str], ...] = (
    ("SPARQL 1.1", "BIND", "SELECT ?x { BIND(1 + 1 AS ?x) }", "2"),
    ("SPARQL 1.1", "VALUES", "SELECT ?x { VALUES ?x { 1 2 } FILTER(?x > 1) }", "2"),
    (
        "SPARQL 1.1",
        "aggregates",
        "SELECT (COUNT(*) AS ?x) { VALUES ?y { 1 2 3 } }",
        "3",
    ),
    (
        "SPARQL 1.1",
        "subqueries",
        "SELECT ?x { { SELECT (MAX(?y) AS ?x) { VALUES ?y { 1 4 } } } }",
        "4",
    ),
    ("SPARQL 1.1", "property paths", "ASK { ?s (<x:none>|!<x:none>)/<x:none>? ?o }", ""),
    (
        "SPARQL 1.1",
        "NOT EXISTS",
        "ASK { ?s ?p ?o FILTER NOT EXISTS { ?s <x:none> ?o } }",
        "",
    ),
    ("SPARQL 1.1", "MINUS", "ASK { ?s ?p ?o MINUS { ?s <x:none> ?o } }", ""),
    (
        "SPARQL 1.1",
        "functions on text",
        "SELECT (STRLEN(CONCAT('光', '伏')) AS ?x) { BIND(1 AS ?y) }",
        "2",
    ),
    (
        "SPARQL 1.1",
        "language tags",
        "SELECT ?x { BIND('光伏'@zh-Hans AS ?y) BIND(langMatches(lang(?y), 'zh') AS ?x) }",
        "true",
    ),
)


def _server(endpoint: Endpoint) -> Server:
    """Return what is known about the make of an endpoint's server."""
    try:
        with failures():
            headers = ask(endpoint, "ASK {}", seconds=SECONDS).headers
    except KgError:
        return UNKNOWN
    if headers.get("KG-Snapshot"):
        return SERVERS[0]
    name = headers.get("Server", "") + (" fuseki" if headers.get("Fuseki-Request-Id") else "")
    known = (each for each in SERVERS[1:] if re.search(each.header, name, re.IGNORECASE))
    return next(known, UNKNOWN)


def _basics(endpoint: Endpoint) -> Iterator[Finding]:
    """Find out in which ways the endpoint takes a query at all, and how fast."""
    for way in Way:
        seconds, told = _tries(partial(_asked, endpoint, "ASK {}", way=way))
        verdict = Verdict.FAILED if told else Verdict.PASSED
        detail = told or f"{1000 * statistics.median(seconds):.0f} ms (median of {TRIES})"
        yield Finding("protocol", f"takes {way}", verdict, detail, needed=way is Way.FORM)


def _tries(question: Callable[[], object]) -> tuple[list[float], str]:
    """Return how many seconds a question takes each time, and what goes wrong, if anything does."""
    seconds: list[float] = []
    for _ in range(TRIES):
        begun = time.monotonic()
        if told := _fault(question):
            return seconds, told
        seconds.append(time.monotonic() - begun)
    return seconds, ""


def _asked(endpoint: Endpoint, text: str, *, way: Way = Way.FORM, accept: str | None = None) -> str:
    """Return the media type of an answer. Raises KgError."""
    with failures():
        response = ask(endpoint, text, seconds=SECONDS, way=way, accept=accept)
        response.read()
    return response.headers.get_content_type()


def _fault(question: Callable[[], object]) -> str:
    """Return what goes wrong when a question is asked; "" if nothing does."""
    try:
        question()
    except KgError as error:
        return error.message
    return ""


@dataclass(frozen=True)
class _Union:
    endpoint: Endpoint
    finding: Finding


def _union(endpoint: Endpoint, server: Server) -> _Union:
    """Find out how to see all graphs at once."""
    question = "sees all graphs at once"
    missing = "ASK { GRAPH ?g { ?s ?p ?o } FILTER NOT EXISTS { ?s ?p ?o } }"

    def hides(asked: Endpoint) -> bool:
        return RemoteStore(asked, snapshot="").query(missing).boolean()

    try:
        if not hides(endpoint):
            return _Union(endpoint, Finding("graphs", question, Verdict.PASSED))
        if server.union:
            told = replace(endpoint, parameters=(*endpoint.parameters, *server.union))
            if not hides(told):
                names = " and ".join(f"{name}={value}" for name, value in server.union)
                detail = f"when asked with {names}, as it will be"
                return _Union(told, Finding("graphs", question, Verdict.PASSED, detail))
    except KgError as error:
        return _Union(endpoint, Finding("graphs", question, Verdict.FAILED, error.message))
    detail = "its default graph lacks what stands in named graphs; pages show the default graph"
    return _Union(endpoint, Finding("graphs", question, Verdict.FAILED, detail))


def _tried(endpoint: Endpoint, topic: str, question: str, text: str, expected: str) -> Finding:
    store = RemoteStore(endpoint, snapshot="")
    try:
        if not expected:
            store.query(text).boolean()
            return Finding(topic, question, Verdict.PASSED, needed=True)
        (row,) = store.query(text).solutions()
    except (KgError, ValueError) as error:
        return Finding(topic, question, Verdict.FAILED, str(error), needed=True)
    found = row["x"].value if row["x"] is not None else "nothing"
    same = found in (expected, {"true": "1"}.get(expected))
    verdict = Verdict.PASSED if same else Verdict.FAILED
    detail = "" if same else f"expected {expected}, got {found}"
    return Finding(topic, question, verdict, detail, needed=True)


def _format(endpoint: Endpoint, format: Format) -> Finding:
    """Find out whether an answer comes in a format when only that is accepted."""
    graph = Kind.GRAPH in format.kinds
    text = (
        "CONSTRUCT { ?s ?p ?o } WHERE { ?s ?p ?o } LIMIT 1"
        if graph
        else "SELECT ?x { BIND(1 AS ?x) }"
    )
    question = f"sends {'graphs' if graph else 'results'} as {format.media_type}"
    try:
        sent = _asked(endpoint, text, accept=format.media_type)
    except KgError as error:
        return Finding("formats", question, Verdict.NOTED, error.message)
    same = sent in (format.media_type, *format.aliases)
    verdict = Verdict.PASSED if same else Verdict.NOTED
    return Finding("formats", question, verdict, "" if same else f"sends {sent}")


def _told(endpoint: Endpoint) -> Finding:
    """Find out whether a query that is wrong is told so."""
    question = "tells a malformed query by status 400"
    try:
        RemoteStore(endpoint, snapshot="").query("SELECT * { ?s ?p")
    except BadQuery:
        return Finding("protocol", question, Verdict.PASSED)
    except RemoteFailed as error:
        return Finding("protocol", question, Verdict.NOTED, error.message)
    return Finding("protocol", question, Verdict.FAILED, "it was answered")


def _text_search(endpoint: Endpoint, server: Server) -> Finding:
    """Find out whether a word of the data is found by the server's index of texts."""
    question = "has an index of texts that is known here"
    if not server.contains:
        return Finding("text search", question, Verdict.NOTED, "no; search is bounded here")
    store = RemoteStore(endpoint, snapshot="")
    try:
        rows = store.query(_SOME_WORD).solutions()
        word = next((row["o"].value for row in rows if row["o"].value.isalpha()), "")
        if not word:
            return Finding("text search", question, Verdict.NOTED, "no word to look for was found")
        found = store.query(
            f"ASK {{ ?s ?p ?o . ?o {spell(NamedNode(server.contains))} "
            f"{spell(Literal(repr(word)))} }}"
        ).boolean()
    except KgError as error:
        return Finding("text search", question, Verdict.NOTED, error.message)
    verdict = Verdict.PASSED if found else Verdict.NOTED
    detail = f"{server.contains} {'finds' if found else 'does not find'} a word of the data"
    return Finding("text search", question, verdict, detail)


_SOME_WORD = (
    "SELECT ?o { ?s ?p ?o FILTER(isLiteral(?o) && "
    "STRLEN(STR(?o)) > 4 && STRLEN(STR(?o)) < 12) } LIMIT 50"
)
