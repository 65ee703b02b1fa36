"""The description of the dataset and of the service, as data."""

from __future__ import annotations

from flask import Blueprint, Response, request

from kg import formats, terms
from kg.formats import Format, Kind
from kg.results import Result, serialised
from kg.terms import RDF, XSD, BlankNode, Literal, NamedNode, Namespace, Triple
from kg.web import respond
from kg.web.current import current_kg

bp = Blueprint("dataset", __name__)

SD = Namespace("http://www.w3.org/ns/sparql-service-description#")
VOID = Namespace("http://rdfs.org/ns/void#")
FORMATS = Namespace("http://www.w3.org/ns/formats/")

# The names of formats in http://www.w3.org/ns/formats/.
_FORMAT_NAMES = {
    "json": "SPARQL_Results_JSON",
    "xml": "SPARQL_Results_XML",
    "csv": "SPARQL_Results_CSV",
    "tsv": "SPARQL_Results_TSV",
    "ttl": "Turtle",
    "nt": "N-Triples",
    "rdf": "RDF_XML",
    "jsonld": "JSON-LD",
    "trig": "TriG",
    "nq": "N-Quads",
    "n3": "N3",
}


@bp.get("/.well-known/void")
def void() -> Response:
    """Describe the dataset at its well-known place (RFC 8615; VoID, 7.2)."""
    format = respond.choose(formats.offers(Kind.GRAPH))
    return respond.conditional(format, lambda: respond.result(service_description(format)))


def service_description(format: Format) -> Result:
    """Return what the endpoint is and over what, written in `format` (SPARQL 1.1 SD)."""
    return serialised(_triples(), format, snapshot=current_kg.snapshot)


def _triples() -> list[Triple]:
    endpoint = terms.iri(request.url_root + "sparql")
    service, dataset, default = endpoint, BlankNode(), BlankNode()
    statistics = current_kg.statistics
    triples = [
        Triple(service, RDF.type, SD.Service),
        Triple(service, SD.endpoint, endpoint),
        Triple(service, SD.supportedLanguage, SD.SPARQL11Query),
        Triple(service, SD.defaultDataset, dataset),
        Triple(dataset, RDF.type, SD.Dataset),
        Triple(dataset, SD.defaultGraph, default),
        Triple(default, RDF.type, SD.Graph),
        Triple(default, VOID.triples, _integer(statistics.triples)),
    ]
    if current_kg.settings.union_default_graph:
        triples.append(Triple(service, SD.feature, SD.UnionDefaultGraph))
    triples += [
        Triple(service, SD.resultFormat, FORMATS[_FORMAT_NAMES[format.name]])
        for format in formats.FORMATS
        if format.name in _FORMAT_NAMES
    ]
    for graph in statistics.graphs:
        if graph.graph is not None:
            triples += _named_graph(dataset, NamedNode(graph.graph), graph.triples)
    return triples


def _named_graph(dataset: BlankNode, name: NamedNode, triples: int) -> list[Triple]:
    entry, graph = BlankNode(), BlankNode()
    return [
        Triple(dataset, SD.namedGraph, entry),
        Triple(entry, RDF.type, SD.NamedGraph),
        Triple(entry, SD.name, name),
        Triple(entry, SD.graph, graph),
        Triple(graph, RDF.type, SD.Graph),
        Triple(graph, VOID.triples, _integer(triples)),
    ]


def _integer(number: int) -> Literal:
    return Literal(str(number), datatype=XSD.integer)
