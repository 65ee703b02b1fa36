"""What the endpoint is and over what (SPARQL 1.1 Service Description)."""

from __future__ import annotations

from collections.abc import Iterator

from kg import formats
from kg.dataset import Statistics
from kg.terms import RDF, XSD, BlankNode, Literal, NamedNode, Namespace, Triple

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


def describe(statistics: Statistics, endpoint: NamedNode, *, union: bool) -> Iterator[Triple]:
    """Yield the description of an endpoint; `union` if its default graph is that of all graphs."""
    dataset, default = BlankNode(), BlankNode()
    yield Triple(endpoint, RDF.type, SD.Service)
    yield Triple(endpoint, SD.endpoint, endpoint)
    yield Triple(endpoint, SD.supportedLanguage, SD.SPARQL11Query)
    yield Triple(endpoint, SD.defaultDataset, dataset)
    yield Triple(dataset, RDF.type, SD.Dataset)
    yield Triple(dataset, SD.defaultGraph, default)
    yield Triple(default, RDF.type, SD.Graph)
    if "triples" not in statistics.uncounted:
        yield Triple(default, VOID.triples, integer(statistics.triples))
    if union:
        yield Triple(endpoint, SD.feature, SD.UnionDefaultGraph)
    for format in formats.FORMATS:
        if format.name in _FORMAT_NAMES:
            yield Triple(endpoint, SD.resultFormat, FORMATS[_FORMAT_NAMES[format.name]])
    for graph in statistics.graphs:
        if graph.graph is not None:
            yield from _named_graph(dataset, NamedNode(graph.graph), graph.triples)


def _named_graph(dataset: BlankNode, name: NamedNode, triples: int) -> Iterator[Triple]:
    entry, graph = BlankNode(), BlankNode()
    yield Triple(dataset, SD.namedGraph, entry)
    yield Triple(entry, RDF.type, SD.NamedGraph)
    yield Triple(entry, SD.name, name)
    yield Triple(entry, SD.graph, graph)
    yield Triple(graph, RDF.type, SD.Graph)
    yield Triple(graph, VOID.triples, integer(triples))


def integer(number: int) -> Literal:
    """Return a number as RDF."""
    return Literal(str(number), datatype=XSD.integer)
