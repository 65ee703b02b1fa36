"""The dataset as a catalogue lists it (DCAT 3): what it is, who made it, how to get at it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from kg.catalogue.void import COUNTS
from kg.dataset import DCAT, VOID, Statistics
from kg.formats import Format
from kg.labels import DCTERMS, Label
from kg.store import Store
from kg.terms import RDF, XSD, BlankNode, Literal, NamedNode, Namespace, Quad, Triple, spell, values

SPDX = Namespace("http://spdx.org/rdf/terms#")
_MEDIA_TYPES = Namespace("https://www.iana.org/assignments/media-types/")
_SPARQL_PROTOCOL = NamedNode("https://www.w3.org/TR/sparql11-protocol/")
_GZIP = _MEDIA_TYPES["application/gzip"]

AGENTS = (DCTERMS.publisher, DCTERMS.creator, DCTERMS.contributor, DCAT.contactPoint)
"""The properties of a dataset whose values are described with it."""


@dataclass(frozen=True)
class Download:
    """A dump as it is offered; `bytes` and `sha256` are known once it was made."""

    address: str
    format: Format
    packed: bool
    bytes: int | None = None
    sha256: str = ""


def own(store: Store, dataset: NamedNode) -> list[Quad]:
    """Return what the data says of itself and of who made it, by one query."""
    here = spell(dataset)
    triples = (
        f"{{ {here} ?p ?o BIND({here} AS ?s) }} UNION "
        f"{{ {values('by', AGENTS)} {here} ?by ?s . ?s ?p ?o }}"
    )
    found = f"SELECT DISTINCT ?s ?p ?o {{ {triples} }}"
    return store.query(f"CONSTRUCT {{ ?s ?p ?o }} WHERE {{ {found} }}").triples()


def describe(
    statistics: Statistics,
    dataset: NamedNode,
    *,
    own: Iterable[Quad],
    name: str,
    page: str,
    endpoint: NamedNode,
    modified: str,
    downloads: Sequence[Download],
) -> Iterator[Triple]:
    """Yield the description of a dataset: what the data says of itself, and how it is served.

    Of the data's own words, numbers and distributions are left out: those of the service stand for
    them. `modified` is a moment as xsd:dateTime writes it, or "".
    """
    kept = [each.triple for each in own if each.predicate not in _SERVED]
    said = {each.predicate for each in kept if each.subject == dataset}
    yield from kept
    yield Triple(dataset, RDF.type, DCAT.Dataset)
    if DCTERMS.title not in said:
        for title in statistics.titles or (Label(name),):
            yield Triple(dataset, DCTERMS.title, _text(title))
    if DCTERMS.description not in said:
        for text in statistics.descriptions or (Label(_generated(name), "en"),):
            yield Triple(dataset, DCTERMS.description, _text(text))
    if modified and DCTERMS.modified not in said:
        moment = Literal(modified, datatype=XSD.dateTime)
        yield Triple(dataset, DCTERMS.modified, moment)
    yield Triple(dataset, DCAT.landingPage, NamedNode(page))
    licences = [each.object for each in kept if each.predicate == DCTERMS.license]
    yield from _service(dataset, endpoint, statistics, name)
    for download in downloads:
        yield from _distribution(dataset, download, page, licences)


_SERVED = COUNTS | {DCAT.distribution, DCAT.landingPage}


def _generated(name: str) -> str:
    return f"The data of {name}."


def _service(
    dataset: NamedNode, endpoint: NamedNode, statistics: Statistics, name: str
) -> Iterator[Triple]:
    yield Triple(endpoint, RDF.type, DCAT.DataService)
    yield Triple(endpoint, DCAT.endpointURL, endpoint)
    yield Triple(endpoint, DCAT.endpointDescription, endpoint)
    yield Triple(endpoint, DCAT.servesDataset, dataset)
    yield Triple(endpoint, DCTERMS.conformsTo, _SPARQL_PROTOCOL)
    for title in statistics.titles or (Label(name),):
        text = f"SPARQL: {title.text}"
        yield Triple(endpoint, DCTERMS.title, _text(Label(text, title.language)))


def _distribution(
    dataset: NamedNode, download: Download, page: str, licences: Iterable[object]
) -> Iterator[Triple]:
    here = NamedNode(download.address)
    yield Triple(dataset, DCAT.distribution, here)
    yield Triple(dataset, VOID.dataDump, here)
    yield Triple(here, RDF.type, DCAT.Distribution)
    yield Triple(here, DCAT.downloadURL, here)
    yield Triple(here, DCAT.accessURL, NamedNode(page))
    yield Triple(here, DCAT.mediaType, _MEDIA_TYPES[download.format.media_type])
    name = download.address.rpartition("/")[2]
    yield Triple(here, DCTERMS.title, Literal(name))
    if download.packed:
        yield Triple(here, DCAT.compressFormat, _GZIP)
    for licence in licences:
        yield Triple(here, DCTERMS.license, licence)  # type: ignore[arg-type]  # it was an object
    if download.bytes is not None:
        size = Literal(str(download.bytes), datatype=XSD.nonNegativeInteger)
        checksum = BlankNode()
        yield Triple(here, DCAT.byteSize, size)
        yield Triple(here, SPDX.checksum, checksum)
        yield Triple(checksum, RDF.type, SPDX.Checksum)
        yield Triple(checksum, SPDX.algorithm, SPDX.checksumAlgorithm_sha256)
        value = Literal(download.sha256, datatype=XSD.hexBinary)
        yield Triple(checksum, SPDX.checksumValue, value)


def _text(label: Label) -> Literal:
    return Literal(label.text, language=label.language or None)
