"""The dataset in numbers (VoID, W3C Interest Group Note, 2011): each equals its COUNT query."""

from __future__ import annotations

from collections.abc import Iterator

from kg.catalogue.service import VOID, integer
from kg.dataset import Statistics
from kg.ontology.index import OntologyIndex
from kg.terms import RDF, RDFS, BlankNode, Literal, NamedNode, Triple

DIVIDED = 300
"""Classes whose things are counted by property; the largest come first."""

COUNTS = frozenset(
    VOID[name]
    for name in (
        "triples", "entities", "classes", "properties", "distinctSubjects", "distinctObjects",
        "classPartition", "propertyPartition", "sparqlEndpoint", "dataDump",
    )
)  # fmt: skip
"""What is told of the data that is served, whatever the data itself says of it."""


def describe(
    statistics: Statistics, index: OntologyIndex, dataset: NamedNode, endpoint: NamedNode
) -> Iterator[Triple]:
    """Yield the numbers of a dataset, by class, by property, and by property within a class."""
    yield Triple(dataset, RDF.type, VOID.Dataset)
    yield Triple(dataset, VOID.sparqlEndpoint, endpoint)
    numbers = {
        "triples": (VOID.triples, statistics.triples),
        "entities": (VOID.entities, statistics.entities),
        "classes": (VOID.classes, len(statistics.classes)),
        "properties": (VOID.properties, len(statistics.properties)),
        "subjects": (VOID.distinctSubjects, statistics.subjects),
        "objects": (VOID.distinctObjects, statistics.objects),
    }
    for name, (property, number) in numbers.items():
        if name not in statistics.uncounted:
            yield Triple(dataset, property, integer(number))
    if "properties" not in statistics.uncounted:
        for each in statistics.properties:
            counts = (each.triples, each.subjects, each.objects)
            yield from _by_property(dataset, each.iri, *counts)
    if "classes" not in statistics.uncounted:
        yield from _by_class(statistics, index, dataset)


_NOT_DIVIDED = Literal(
    f"This class and those with fewer things, from place {DIVIDED + 1} on, are not divided by "
    "property.",
    language="en",
)


def _by_property(
    owner: NamedNode | BlankNode, property: str, triples: int, subjects: int, objects: int
) -> Iterator[Triple]:
    part = BlankNode()
    yield Triple(owner, VOID.propertyPartition, part)
    yield Triple(part, VOID.property, NamedNode(property))
    yield Triple(part, VOID.triples, integer(triples))
    yield Triple(part, VOID.distinctSubjects, integer(subjects))
    yield Triple(part, VOID.distinctObjects, integer(objects))


def _by_class(statistics: Statistics, index: OntologyIndex, dataset: NamedNode) -> Iterator[Triple]:
    for place, each in enumerate(statistics.classes):
        part = BlankNode()
        yield Triple(dataset, VOID.classPartition, part)
        yield Triple(part, VOID["class"], NamedNode(each.iri))
        yield Triple(part, VOID.entities, integer(each.entities))
        if place == DIVIDED:
            yield Triple(part, RDFS.comment, _NOT_DIVIDED)
        if place >= DIVIDED or "ontology" in statistics.uncounted:
            continue
        uses = list(index.partition(each.iri))
        yield Triple(part, VOID.triples, integer(sum(use.triples for use in uses)))
        yield Triple(part, VOID.properties, integer(len(uses)))
        for use in uses:
            yield from _by_property(part, use.property, use.triples, use.subjects, use.objects)
