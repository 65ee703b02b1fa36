"""The store at another place: any SPARQL 1.1 endpoint, asked through SPARQLWrapper.

It runs in a reader's process, which may be killed at any moment, so that neither an endpoint that
answers slowly nor one that answers for ever holds anything up. Whatever comes back is parsed before
it is passed on: what is not whole, or not what was asked for, is an error.
"""

from __future__ import annotations

import contextlib
import http.client
import io
import re
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from email.message import Message
from enum import StrEnum
from http import HTTPStatus
from typing import IO, Any, NoReturn, TypeVar, cast
from urllib.parse import urlsplit

from pyoxigraph import (
    QueryBoolean,
    QueryResultsFormat,
    QuerySolutions,
    RdfFormat,
    Triple,
    parse,
    parse_query_results,
    serialize,
)

from kg import sparql
from kg.errors import BadInput, BadQuery, RemoteFailed, RemoteTimeout
from kg.formats import Format, Kind
from kg.results import Sink, internal_format, not_expressible
from kg.store import EVERYTHING, Limits, Scope, WritingStore
from kg.store.loading import WellFormed
from kg.terms import DefaultGraph

LARGEST = 256 * 1024 * 1024
"""Bytes of an answer that are read where a query names no limit."""

DATASET = ("default-graph-uri", "named-graph-uri")
"""The parameters that name a dataset; those of a query replace those of its endpoint."""

LONGEST_MESSAGE = 300
"""Characters of what an endpoint says about an error that are passed on."""

_BLOCK = 64 * 1024

_Parser = TypeVar("_Parser", QueryResultsFormat, RdfFormat)

# What is asked for, and what the media types mean that endpoints send.
_RESULTS = {
    "application/sparql-results+json": QueryResultsFormat.JSON,
    "application/sparql-results+xml": QueryResultsFormat.XML,
    "application/json": QueryResultsFormat.JSON,
    "text/json": QueryResultsFormat.JSON,
    "application/xml": QueryResultsFormat.XML,
    "text/xml": QueryResultsFormat.XML,
}
_GRAPHS = {
    "application/n-triples": RdfFormat.N_TRIPLES,
    "text/turtle": RdfFormat.TURTLE,
    "application/rdf+xml": RdfFormat.RDF_XML,
    "text/plain": RdfFormat.N_TRIPLES,
    "application/x-turtle": RdfFormat.TURTLE,
    "text/n3": RdfFormat.TURTLE,
    "application/xml": RdfFormat.RDF_XML,
}
_ACCEPT = {
    Kind.GRAPH: "application/n-triples, text/turtle;q=0.8, application/rdf+xml;q=0.6",
    Kind.SOLUTIONS: "application/sparql-results+json, application/sparql-results+xml;q=0.8",
    Kind.BOOLEAN: "application/sparql-results+json, application/sparql-results+xml;q=0.8",
}

# Virtuoso says in a header how many rows it sends at most, and not whether it has cut any off.
_MAXIMUM_ROWS = "X-SPARQL-MaxRows"


@dataclass(frozen=True)
class Endpoint:
    """Where an endpoint is, how one gets in, and what it wants to be told with each query."""

    url: str
    user: str = ""
    password: str = ""
    token: str = ""
    parameters: tuple[tuple[str, str], ...] = ()

    @property
    def name(self) -> str:
        """What it is called where the data does not say so itself."""
        return urlsplit(self.url).hostname or self.url

    @property
    def live(self) -> str:
        """What is shown as the place that the data comes from."""
        return self.url

    @property
    def key(self) -> str:
        """What tells it apart from others."""
        return "\n".join([self.url, self.user, *map("=".join, self.parameters)])

    def request(self) -> dict[str, object]:
        """Return what a reader has to know."""
        return {"endpoint": self.to_json()}

    def to_json(self) -> dict[str, Any]:
        """Return the value as it is sent to a reader."""
        return {
            "url": self.url,
            "user": self.user,
            "password": self.password,
            "token": self.token,
            "parameters": self.parameters,
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Endpoint:
        """Return the endpoint that `to_json` gave."""
        parameters = tuple((str(name), str(text)) for name, text in value["parameters"])
        return cls(**{**value, "parameters": parameters})


class RemoteStore(WritingStore):
    """Answers queries in the calling thread, by asking an endpoint; a `kg.store.Store`."""

    def __init__(self, endpoint: Endpoint, *, snapshot: str) -> None:
        """`snapshot` names the state as it is; nobody but the endpoint knows more of it."""
        super().__init__(snapshot)
        self._endpoint = endpoint

    def write(
        self, output: IO[bytes], text: str, scope: Scope, limits: Limits, format: Format | None
    ) -> tuple[Kind, Format]:
        """Write the answer to a query; see `WritingStore`. Raises RemoteFailed besides."""
        form = sparql.outline(text).form
        if form is None:
            raise BadQuery("expected a query: SELECT, ASK, CONSTRUCT or DESCRIBE")
        chosen = format or internal_format(form.kind)
        if form.kind not in chosen.kinds:
            raise BadInput(f"an answer of kind {form.kind} cannot be sent as {chosen.media_type}")
        sink = Sink(output, format=chosen, max_bytes=limits.bytes)
        with failures():
            response = ask(self._endpoint, text, scope=scope, seconds=limits.seconds)
            body = _Body(response, limits.bytes or LARGEST)
            try:
                _pass_on(body, response.headers, form.kind, sink, chosen)
            except (SyntaxError, ValueError) as error:
                raise _unreadable(str(error)) from None
        sink.close()
        return form.kind, chosen


class Way(StrEnum):
    """How a query is sent (SPARQL 1.1 Protocol, 2.1.1 to 2.1.3)."""

    GET = "GET"
    FORM = "a form"
    DIRECT = "the query as the body"


def ask(
    endpoint: Endpoint,
    text: str,
    *,
    accept: str | None = None,
    scope: Scope = EVERYTHING,
    seconds: float | None = None,
    way: Way = Way.FORM,
) -> http.client.HTTPResponse:
    """Return an endpoint's response to a query. Raises BadQuery, RemoteFailed, and OSError.

    `accept` is the media type to ask for, else one that is understood here. No redirect is
    followed. `seconds` bound each wait for the endpoint, and not the whole.
    """
    # It brings rdflib, which takes long to load and which nobody else here needs.
    import SPARQLWrapper  # noqa: PLC0415

    form = sparql.outline(text).form
    if form is None:
        raise BadQuery("expected a query: SELECT, ASK, CONSTRUCT or DESCRIBE")
    wrapper = SPARQLWrapper.SPARQLWrapper(endpoint.url)
    wrapper.setOnlyConneg(True)
    wrapper.setMethod(SPARQLWrapper.GET if way is Way.GET else SPARQLWrapper.POST)
    if way is Way.DIRECT:
        wrapper.setRequestMethod(SPARQLWrapper.POSTDIRECTLY)
    wrapper.setQuery(text)
    # It guesses from the text whether that is a query or an update.
    wrapper.queryType = form.value
    wrapper.addCustomHttpHeader("Accept", accept or _ACCEPT[form.kind])
    if seconds is not None:
        wrapper.setTimeout(max(1, round(seconds)))
    if endpoint.token:
        wrapper.addCustomHttpHeader("Authorization", f"Bearer {endpoint.token}")
    elif endpoint.user:
        wrapper.setCredentials(endpoint.user, endpoint.password)
    told = (each for each in endpoint.parameters if not (scope.given and each[0] in DATASET))
    for name, value in (*told, *_dataset(scope)):
        wrapper.addParameter(name, value)
    with _refusing():
        return wrapper.query().response


@contextlib.contextmanager
def _refusing() -> Iterator[None]:
    """Have SPARQLWrapper ask with `_Refusals`; it asks through the opener of the process."""
    before = urllib.request._opener  # type: ignore[attr-defined]  # noqa: SLF001  nothing tells it
    urllib.request.install_opener(urllib.request.build_opener(_Refusals))
    try:
        yield
    finally:
        urllib.request.install_opener(before)


def _dataset(scope: Scope) -> Iterator[tuple[str, str]]:
    """Yield the parameters of a dataset (SPARQL 1.1 Protocol, 2.1.4)."""
    for graph in scope.default or ():
        if isinstance(graph, DefaultGraph):
            raise BadInput("an endpoint's own default graph cannot be asked for by name")
        yield "default-graph-uri", graph.value
    for graph in scope.named or ():
        yield "named-graph-uri", graph.value


def _pass_on(body: _Body, headers: Message, kind: Kind, sink: Sink, format: Format) -> None:
    """Write what an endpoint has sent, once it is known to be what was asked for."""
    source = _uncut(body, headers, kind)
    media_type = headers.get_content_type()
    if kind is Kind.GRAPH:
        _pass_on_graph(source, _known(_GRAPHS, media_type), sink, format)
        return
    results = parse_query_results(source, format=_known(_RESULTS, media_type))
    if kind is Kind.BOOLEAN and isinstance(results, QuerySolutions):
        results = _answer_in_a_row(results)
    if isinstance(results, QueryBoolean) is not (kind is Kind.BOOLEAN):
        raise _unreadable(f"it is no answer of kind {kind}")
    assert isinstance(results, QuerySolutions | QueryBoolean)
    assert isinstance(format.engine, QueryResultsFormat)
    results.serialize(sink.file, format.engine)


def _answer_in_a_row(results: QuerySolutions) -> QuerySolutions | QueryBoolean:
    """Return the answer to an ASK that comes as a row: Virtuoso does that in JSON and XML."""
    if [variable.value for variable in results.variables] != ["__ASK_RETVAL"]:
        return results
    yes = any(row[0] is not None and row[0].value == "1" for row in results)
    answer = b'{"head":{},"boolean":%s}' % (b"true" if yes else b"false")
    return parse_query_results(answer, format=QueryResultsFormat.JSON)


def _pass_on_graph(source: IO[bytes], sent: RdfFormat, sink: Sink, format: Format) -> None:
    assert isinstance(format.engine, RdfFormat)
    if sent == RdfFormat.RDF_XML:
        source = cast("IO[bytes]", WellFormed(source))
    triples = (
        Triple(quad.subject, quad.predicate, quad.object) for quad in parse(source, format=sent)
    )
    try:
        serialize(triples, sink.file, format.engine)
    except OSError:
        raise not_expressible(format) from None


def _known(known: Mapping[str, _Parser], media_type: str) -> _Parser:
    if media_type not in known:
        raise _unreadable(f"it is of type {media_type[:80]!r}")
    return known[media_type]


def _uncut(body: _Body, headers: Message, kind: Kind) -> IO[bytes]:
    """Return a body, read to its end first if only a count can tell whether it was cut."""
    most = headers.get(_MAXIMUM_ROWS, "")
    source = cast("IO[bytes]", body)
    if not most.isdigit() or kind is Kind.BOOLEAN:
        return source
    content = b"".join(iter(lambda: source.read(_BLOCK), b""))
    media_type = headers.get_content_type()
    if kind is Kind.GRAPH:
        rows = sum(1 for _ in parse(content, format=_known(_GRAPHS, media_type)))
    else:
        found = parse_query_results(content, format=_known(_RESULTS, media_type))
        rows = sum(1 for _ in found) if isinstance(found, QuerySolutions) else 0
    if rows >= int(most):
        raise RemoteFailed(
            f"the endpoint sends {most} rows at most, and may have cut off others; "
            "ask for fewer with LIMIT, or for one part after the other",
            code="remote_truncated",
        )
    return io.BytesIO(content)


class _Body:
    """The body of a response, found to be whole and not too large while it is read."""

    def __init__(self, response: http.client.HTTPResponse, most: int) -> None:
        self._response = response
        self._left = most
        self._most = most

    def read(self, size: int = -1) -> bytes:
        """Return some of the body. Raises RemoteFailed if there is too much or too little of it."""
        block = self._response.read1(size if size > 0 else _BLOCK)
        self._left -= len(block)
        if self._left < 0:
            raise RemoteFailed(
                f"the endpoint's answer is larger than the {self._most:,} bytes that are read",
                code="remote_too_large",
            )
        # http.client takes a connection that is closed before its time for the end of the body.
        if not block and self._response.length:
            raise _unreadable("it was cut on its way")
        return block


class _Refusals(urllib.request.HTTPRedirectHandler, urllib.request.HTTPDefaultErrorHandler):
    """What is made of responses that are no answers."""

    def redirect_request(self, *request: Any) -> None:
        """Follow nobody: a redirect could send our credentials anywhere. Raises RemoteFailed."""
        raise RemoteFailed(
            f"the endpoint wants to send the request on (status {request[2]}), which is not "
            "followed; configure the address that it leads to",
            code="remote_redirect",
        )

    def http_error_default(
        self,
        req: urllib.request.Request,  # noqa: ARG002
        fp: IO[bytes],
        code: int,
        msg: str,  # noqa: ARG002
        hdrs: Message,  # noqa: ARG002
    ) -> NoReturn:
        """Raise BadQuery or RemoteFailed, with what the endpoint says about it."""
        text = _TAG.sub(" ", fp.read(_BLOCK).decode("utf-8", "replace"))
        said = " ".join(text.split())[:LONGEST_MESSAGE]
        if code == HTTPStatus.BAD_REQUEST:
            raise BadQuery(f"the endpoint says: {said}")
        raise RemoteFailed(
            f"the endpoint answers with status {code}: {said}",
            code="remote_busy" if code in _BUSY else "remote_error",
        )


_TAG = re.compile(r"<[^<>]*>")  # some say it in HTML
_BUSY = (HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE)


@contextlib.contextmanager
def failures() -> Iterator[None]:
    """Turn what can go wrong on the way to an endpoint and back into errors that say so."""
    try:
        yield
    except TimeoutError:
        raise _late() from None
    except (http.client.HTTPException, ValueError) as error:
        raise _unreadable(str(error) or type(error).__name__) from None
    except OSError as error:
        reason = error.reason if isinstance(error, urllib.error.URLError) else error
        if isinstance(reason, TimeoutError):
            raise _late() from None
        raise RemoteFailed(
            f"the endpoint cannot be reached: {reason}", code="remote_unreachable"
        ) from None


def _late() -> RemoteTimeout:
    return RemoteTimeout("the endpoint has not answered in time")


def _unreadable(reason: str) -> RemoteFailed:
    return RemoteFailed(
        f"the endpoint's answer cannot be read: {reason[:LONGEST_MESSAGE]}",
        code="remote_bad_response",
    )
