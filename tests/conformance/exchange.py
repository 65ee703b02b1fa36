"""Running the tests that are given as requests and responses."""

from __future__ import annotations

from urllib.parse import quote, urljoin

from pyoxigraph import parse

from . import answers, endpoint
from .graphs import isomorphic
from .manifests import Exchange, Expected, Request
from .server import Response, Service

MEDIA_TYPES = {
    "boolean": {"application/sparql-results+json", "application/sparql-results+xml"},
    "tabular": answers.RESULTS.keys(),
    "RDF": answers.TRIPLES.keys(),
}
"""What each format of an `Expected` may be."""


def run(test: Exchange, service: Service) -> None:
    """Send the requests of a test in order, and hold each response against the expected one."""
    service.load(endpoint.graphs(test.before))
    variables: dict[str, str] = {}
    for request in test.requests:
        target = _target(test, request, service)
        for name, value in variables.items():
            target = target.replace(name, quote(value, safe=""))
        send = service.client.request if _reads(request, target, service) else service.request
        response = send(request.method, target, dict(request.headers), request.body)
        _check(request, response)
        if variable := request.expected.location:
            variables[variable] = urljoin(service.url + target, str(response.headers["Location"]))


def _target(test: Exchange, request: Request, service: Service) -> str:
    """Return where the service answers a request that the manifest sends to its own example."""
    path, mark, query = request.target.partition("?")
    is_query = ("content-type", "application/sparql-query") in request.headers
    if path.startswith("/gsp"):
        route = service.software.graphs + path.removeprefix("/gsp")
    elif "update" in test.id and not is_query:
        route = service.software.update
    else:
        route = service.software.query
    return route + mark + query


def _reads(request: Request, target: str, service: Service) -> bool:
    """Tell whether a request is one that anybody may send, without the token."""
    of_graph = target.startswith(service.software.graphs) and request.method in ("GET", "HEAD")
    return of_graph or target.startswith(service.software.query)


def _check(request: Request, response: Response) -> None:
    expected = request.expected
    what = f"{request.method} {request.target}: {response}"
    assert expected.allows(response.status), f"expected {sorted(expected.statuses)}: {what}"
    assert response.status not in (401, 403), f"refused for want of rights: {what}"
    if expected.format:
        assert response.media_type in MEDIA_TYPES[expected.format], what
    if expected.boolean is not None:
        assert answers.parsed(response.body, response.media_type) is expected.boolean, what
    if expected.content_type:
        assert response.media_type == expected.content_type.partition(";")[0], what
    if expected.body is not None:
        assert _same_graph(expected, expected.body, response), what
    if expected.location:
        assert response.headers["Location"], f"expected a Location: {what}"


def _same_graph(expected: Expected, body: str, response: Response) -> bool:
    assert expected.content_type
    format = answers.TRIPLES[expected.content_type.partition(";")[0]]
    return isomorphic(parse(body, format=format), parse(response.body, format=format))
