"""The endpoint describes itself as SPARQL 1.1 Service Description asks.

The W3C's manifest only names the tests; what they check is from the recommendation.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from pyoxigraph import BlankNode, NamedNode, Quad, Triple

from . import answers
from .graphs import RDF, Graph, Term, rdf11
from .manifests import ServiceDescription
from .server import Service

SD = "http://www.w3.org/ns/sparql-service-description#"


@dataclass(frozen=True)
class Property:
    """What the recommendation says of a property: its domain, its range, and how many values."""

    domain: str
    range: str | None = None
    """A class of the vocabulary, or None for an IRI that the vocabulary does not define."""

    functional: bool = False


# Sections 3.2 and 3.3 of the recommendation.
PROPERTIES = {
    "endpoint": Property("Service"),
    "feature": Property("Service", "Feature"),
    "defaultEntailmentRegime": Property("Service", functional=True),
    "entailmentRegime": Property("NamedGraph"),
    "defaultSupportedEntailmentProfile": Property("Service", functional=True),
    "supportedEntailmentProfile": Property("NamedGraph"),
    "extensionFunction": Property("Service"),
    "extensionAggregate": Property("Service"),
    "languageExtension": Property("Service"),
    "supportedLanguage": Property("Service", "Language"),
    "propertyFeature": Property("Service"),
    "inputFormat": Property("Service"),
    "resultFormat": Property("Service"),
    "defaultDataset": Property("Service", "Dataset", functional=True),
    "availableGraphs": Property("Service", "GraphCollection", functional=True),
    "defaultGraph": Property("Dataset", "Graph", functional=True),
    "namedGraph": Property("GraphCollection", "NamedGraph"),
    "name": Property("NamedGraph"),
    "graph": Property("NamedGraph", "Graph", functional=True),
}
SUPERCLASSES = {"Dataset": "GraphCollection"}
CLASSES = {
    *(name for kind in PROPERTIES.values() for name in (kind.domain, kind.range) if name),
    *("Function", "Aggregate", "EntailmentRegime", "EntailmentProfile"),
}
INSTANCES = {
    "Language": {"SPARQL10Query", "SPARQL11Query", "SPARQL11Update"},
    "Feature": {
        "DereferencesURIs",
        "UnionDefaultGraph",
        "RequiresDataset",
        "EmptyGraphs",
        "BasicFederatedQuery",
    },
}


def test_over_http(service_description: ServiceDescription, service: Service) -> None:
    _CHECKS[service_description.id.rpartition("/")[2]](service)


def _returns_rdf(service: Service) -> None:
    assert _description(service)


def _has_endpoint_triple(service: Service) -> None:
    quads = _description(service)
    endpoints = {quad.object for quad in quads if quad.predicate.value == SD + "endpoint"}
    assert NamedNode(service.url + service.software.query) in endpoints


def _conforms_to_schema(service: Service) -> None:
    quads = _description(service)
    graph = Graph(quads)
    assert graph.subjects(RDF + "type", NamedNode(SD + "Service")), "there is no sd:Service"
    for quad in quads:
        if quad.predicate.value.startswith(SD):
            _check(graph, quad, quad.predicate.value.removeprefix(SD))
        if quad.predicate.value == RDF + "type":
            assert _local(quad.object) in {None, *CLASSES}, f"unknown class: {quad}"
    for named in graph.subjects(RDF + "type", NamedNode(SD + "NamedGraph")):
        assert len(graph.objects(named, SD + "name")) == 1, f"{named} needs one sd:name"


def _check(graph: Graph, quad: Quad, name: str) -> None:
    assert name in PROPERTIES, f"unknown property: {quad}"
    kind = PROPERTIES[name]
    assert _may_be(graph, quad.subject, kind.domain), f"not a sd:{kind.domain}: {quad}"
    if kind.range is None:
        assert isinstance(quad.object, NamedNode), f"not an IRI: {quad}"
    elif kind.range in INSTANCES:
        assert _local(quad.object) in {None, *INSTANCES[kind.range]}, f"unknown: {quad}"
    else:
        assert _may_be(graph, quad.object, kind.range), f"not a sd:{kind.range}: {quad}"
    if kind.functional:
        assert len(graph.objects(rdf11(quad.subject), SD + name)) == 1, f"more than one: {quad}"


def _may_be(graph: Graph, node: Term | Triple, kind: str) -> bool:
    """Tell whether a resource can be of a class: it says so, or says nothing of its classes."""
    if not isinstance(node, NamedNode | BlankNode):
        return False
    stated = {_local(type) for type in graph.objects(node, RDF + "type")} - {None}
    return not stated or kind in stated | {SUPERCLASSES.get(name) for name in stated if name}


def _local(term: Term | Triple) -> str | None:
    """Return the name of a term of the vocabulary, None for any other term."""
    if isinstance(term, NamedNode) and term.value.startswith(SD):
        return term.value.removeprefix(SD)
    return None


def _description(service: Service) -> tuple[Quad, ...]:
    """Return what a GET of the endpoint without a query gives."""
    response = service.client.request("GET", service.software.query, {"Accept": "text/turtle"})
    assert (response.status, response.media_type) == (200, "text/turtle"), str(response)
    base = service.url + service.software.query
    answer = answers.parsed(response.body, response.media_type, base=base)
    assert isinstance(answer, tuple)
    return answer


_CHECKS: dict[str, Callable[[Service], None]] = {
    "returns-rdf": _returns_rdf,
    "has-endpoint-triple": _has_endpoint_triple,
    "conforms-to-schema": _conforms_to_schema,
}
