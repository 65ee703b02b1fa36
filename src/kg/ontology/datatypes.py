"""Whether a literal keeps to a declared range."""

from __future__ import annotations

from collections.abc import Collection

from kg.labels import SCHEMA as SCHEMA_ORG
from kg.ontology.declarations import OWL
from kg.terms import RDF, RDFS, XSD, NamedNode

_WHOLE_NUMBERS = (
    "byte short int long unsignedByte unsignedShort unsignedInt unsignedLong positiveInteger "
    "nonNegativeInteger negativeInteger nonPositiveInteger"
)

# A store keeps literals of these types by value, as the type they are derived from.
_KEPT = {XSD[name].value: XSD.integer.value for name in _WHOLE_NUMBERS.split()}
_KEPT[XSD.dateTimeStamp.value] = XSD.dateTime.value

# What is derived from a type is of that type, too (XML Schema 1.1, part 2, 3).
_DERIVED = {
    XSD.decimal.value: frozenset({XSD.integer.value}),
    XSD.string.value: frozenset(
        XSD[name].value
        for name in ("normalizedString", "token", "language", "Name", "NCName", "NMTOKEN")
    ),
    XSD.duration.value: frozenset({XSD.dayTimeDuration.value, XSD.yearMonthDuration.value}),
}

_PLAIN = frozenset({XSD.string.value, RDF.langString.value})

_SCHEMA_TYPES = "DataType Text Number Integer Float Date DateTime Time Boolean URL"

# The types of schema.org do not say how a literal is written.
_ANY_LITERAL = frozenset(
    {
        RDFS.Literal.value,
        *(
            f"{scheme}://schema.org/{name}"
            for scheme in ("http", "https")
            for name in _SCHEMA_TYPES.split()
        ),
    }
)

ANYTHING = frozenset({RDFS.Resource.value})
EVERY_THING = frozenset({OWL.Thing.value, SCHEMA_ORG.Thing.value, "http://schema.org/Thing"})
"""Classes of which everything is that is no literal."""


def is_datatype(iri: str) -> bool:
    """Return whether an IRI is that of a datatype that everybody knows."""
    own = (RDF.langString.value, RDF.PlainLiteral.value, RDF.HTML.value, RDF.XMLLiteral.value)
    return iri.startswith(XSD.prefix) or iri in own or iri in _ANY_LITERAL


def allows(declared: Collection[str], datatype: NamedNode) -> bool:
    """Return whether a range of these datatypes (or classes) takes literals of `datatype`."""
    if _ANY_LITERAL & set(declared) or ANYTHING & set(declared):
        return True
    if RDF.PlainLiteral.value in declared and datatype.value in _PLAIN:
        return True
    kept = {_KEPT.get(each, each) for each in declared}
    derived = (_DERIVED.get(each, frozenset()) for each in kept)
    return datatype.value in kept.union(*derived)
