"""What terms of well-known vocabularies stand for, where a page shows what it has never seen."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping

from kg.labels import DCTERMS, SCHEMA, SKOS
from kg.store import Store
from kg.terms import RDF, RDFS, NamedNode, Namespace, spell

KG = Namespace("https://kg.example/def/")
"""The service's own vocabulary: statements with evidence, and figures."""

QB = Namespace("http://purl.org/linked-data/cube#")
QUDT = Namespace("http://qudt.org/schema/qudt/")
UNIT = Namespace("http://qudt.org/vocab/unit/")
SDMX_DIMENSION = Namespace("http://purl.org/linked-data/sdmx/2009/dimension#")
SDMX_ATTRIBUTE = Namespace("http://purl.org/linked-data/sdmx/2009/attribute#")
SDMX_MEASURE = Namespace("http://purl.org/linked-data/sdmx/2009/measure#")
SOSA = Namespace("http://www.w3.org/ns/sosa/")
OM = Namespace("http://www.ontology-of-units-of-measure.org/resource/om-2/")
SHACL = Namespace("http://www.w3.org/ns/shacl#")
PROV = Namespace("http://www.w3.org/ns/prov#")

# Vocabularies in which data speaks of itself, of language, time and form rather than of the world.
_MACHINERY = (
    "http://purl.org/linked-data/",
    "http://qudt.org/",
    "http://rdfs.org/ns/void#",
    "http://www.opengis.net/ont/sf#",
    "http://www.opengis.net/ont/geosparql#Geometry",
    "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "http://www.w3.org/2000/01/rdf-schema#",
    "http://www.w3.org/2002/07/owl#",
    "http://www.w3.org/2004/02/skos/core#ConceptScheme",
    "http://www.w3.org/2006/time#",
    "http://www.w3.org/ns/dcat#",
    "http://www.w3.org/ns/oa#",
    "http://www.w3.org/ns/shacl#",
    "http://www.w3.org/ns/sparql-service-description#",
    "https://kg.example/def/Comparator",
    "https://kg.example/def/Modality",
    "https://kg.example/def/Status",
    "https://kg.example/display#",
)

ORDINALS = (
    KG.ordinal,
    SCHEMA.position,
    NamedNode("http://schema.org/position"),
    QB.order,
    SHACL.order,
)
"""Properties that put things in an order."""

DATES = (
    DCTERMS.modified,
    DCTERMS.issued,
    DCTERMS.created,
    DCTERMS.date,
    SCHEMA.dateModified,
    SCHEMA.datePublished,
    PROV.generatedAtTime,
)
"""Properties that tell how new a thing is."""

VALUE, UNIT_OF, INDICATOR, COMPARATOR, PERIOD, AREA, RANK, RANK_AREA = (
    "value",
    "unit",
    "indicator",
    "comparator",
    "period",
    "area",
    "rank",
    "rank_area",
)
"""The parts that a figure may have."""

FIGURE_PARTS: Mapping[str, tuple[NamedNode, ...]] = {
    VALUE: (
        KG.value,
        RDF.value,
        SDMX_MEASURE.obsValue,
        QUDT.numericValue,
        QUDT.value,
        SCHEMA.value,
        SOSA.hasSimpleResult,
        OM.hasNumericalValue,
    ),
    UNIT_OF: (
        KG.unit,
        SDMX_ATTRIBUTE.unitMeasure,
        QUDT.hasUnit,
        QUDT.unit,
        SCHEMA.unitText,
        SCHEMA.unitCode,
        OM.hasUnit,
    ),
    INDICATOR: (KG.indicator, SOSA.observedProperty, QUDT.hasQuantityKind, SCHEMA.measuredProperty),
    COMPARATOR: (KG.comparator,),
    PERIOD: (
        KG.period,
        SDMX_DIMENSION.refPeriod,
        SDMX_DIMENSION.refTime,
        SCHEMA.observationDate,
        SOSA.phenomenonTime,
        SOSA.resultTime,
    ),
    AREA: (KG.area, SDMX_DIMENSION.refArea, SCHEMA.observationAbout, SOSA.hasFeatureOfInterest),
    RANK: (KG.rank,),
    RANK_AREA: (KG.rankArea,),
}
"""The properties that give each part."""

SYMBOLS: Mapping[NamedNode, str] = {UNIT.PERCENT: "%", UNIT.NUM: "", UNIT.UNITLESS: ""}
"""How units are written where their own name would read oddly."""

SYMBOL_PROPERTIES = (SKOS.notation, QUDT.symbol)
"""Properties that give the sign of a unit or a comparator."""


def is_machinery(iri: str) -> bool:
    """Return whether a class belongs to a vocabulary in which data speaks of itself."""
    return iri.startswith(_MACHINERY) and iri != QB.Observation.value


def machinery(store: Store, classes: Iterable[str]) -> frozenset[str]:
    """Return those of `classes` that are machinery, or below a class that is, by one query."""
    above = _superclasses(store)
    return frozenset(each for each in classes if _any_is_machinery(each, above))


def _superclasses(store: Store) -> Mapping[str, Collection[str]]:
    rows = store.query(
        f"SELECT DISTINCT ?class ?above {{ ?class {spell(RDFS.subClassOf)} ?above "
        "FILTER(isIRI(?class) && isIRI(?above)) }"
    ).solutions()
    above: dict[str, list[str]] = defaultdict(list)
    for row in rows:
        above[row["class"].value].append(row["above"].value)
    return above


def _any_is_machinery(iri: str, above: Mapping[str, Collection[str]]) -> bool:
    seen, waiting = {iri}, [iri]
    while waiting:
        each = waiting.pop()
        if is_machinery(each):
            return True
        new = set(above.get(each, ())) - seen
        seen |= new
        waiting += new
    return False
