"""Labels: what a term is called in the reader's language, fetched for a whole page at once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from kg import licences
from kg.store import Store
from kg.terms import RDF, RDFS, Literal, NamedNode, Namespace, local_name, values

SKOS = Namespace("http://www.w3.org/2004/02/skos/core#")
SCHEMA = Namespace("https://schema.org/")
DCTERMS = Namespace("http://purl.org/dc/terms/")
DC = Namespace("http://purl.org/dc/elements/1.1/")
FOAF = Namespace("http://xmlns.com/foaf/0.1/")

LABEL_PROPERTIES = (
    SKOS.prefLabel,
    RDFS.label,
    SCHEMA.name,
    NamedNode("http://schema.org/name"),
    DCTERMS.title,
    DC.title,
    FOAF.name,
    NamedNode("http://www.w3.org/2008/05/skos-xl#literalForm"),
)
"""Where names stand, the preferred property first."""

DESCRIPTION_PROPERTIES = (
    DCTERMS.description,
    SKOS.definition,
    RDFS.comment,
    SCHEMA.description,
    NamedNode("http://schema.org/description"),
    DC.description,
    SKOS.scopeNote,
)


Said = tuple[NamedNode, Literal | NamedNode]
"""A property and its value."""


@dataclass(frozen=True)
class Label:
    """A text and its language; `language` is "" for text that has none."""

    text: str
    language: str = ""

    @classmethod
    def of(cls, literal: Literal) -> Label:
        """Return a literal as a label."""
        return cls(literal.value, literal.language or "")


@dataclass(frozen=True)
class Thing:
    """What a resource is called, and its classes, by IRI."""

    label: Label
    types: tuple[NamedNode, ...] = ()


def chain(wanted: str, known: Sequence[str]) -> tuple[str, ...]:
    """Return languages in the order in which a reader of `wanted` would have them.

    A tag is followed by its shorter forms (RFC 4647, 3.4), Chinese by Chinese in the other script,
    then come English and the other languages that the service knows.
    """
    order = [wanted.lower(), *_shorter(wanted.lower())]
    if order[-1] == "zh":
        simplified, traditional = ["zh-Hans", "zh-CN"], ["zh-Hant", "zh-TW"]
        reads_traditional = {"hant", "tw", "hk", "mo"} & set(order[0].split("-"))
        order += traditional + simplified if reads_traditional else simplified + traditional
    order += ["en", *known, ""]
    return tuple(dict.fromkeys(tag.lower() for tag in order))


def _shorter(tag: str) -> Iterable[str]:
    while "-" in tag:
        tag = tag.rpartition("-")[0]
        yield tag


def choose(candidates: Iterable[Label], languages: Sequence[str]) -> Label | None:
    """Return the candidate in the most wanted language, the first one among equals.

    `languages` comes from `chain`. A candidate in none of them is still better than nothing.
    """
    rank = {language: place for place, language in enumerate(languages)}
    return min(candidates, key=lambda label: _rank(label.language.lower(), rank), default=None)


def _rank(tag: str, rank: Mapping[str, int]) -> int:
    """Return how far back a language stands; a regional variant counts as its wanted base."""
    for candidate in (tag, *_shorter(tag)):
        if candidate in rank:
            return rank[candidate]
    return len(rank)


def fetch(
    store: Store,
    iris: Iterable[NamedNode],
    languages: Sequence[str],
    properties: Sequence[NamedNode] = LABEL_PROPERTIES,
) -> dict[NamedNode, Label]:
    """Return a label for each of `iris`, by one query; the local name where the data has none."""
    wanted = sorted(set(iris), key=str)
    found = texts(store, wanted, properties)
    return {iri: named(iri, found[iri], languages) for iri in wanted}


def things(
    store: Store,
    iris: Iterable[NamedNode],
    languages: Sequence[str],
    properties: Sequence[NamedNode] = LABEL_PROPERTIES,
) -> dict[NamedNode, Thing]:
    """Return the label and the classes of each of `iris`, by one query."""
    wanted = sorted(set(iris), key=str)
    found = said(store, wanted, (*properties, RDF.type))
    return {
        iri: Thing(named(iri, _texts(found[iri]), languages), _types(found[iri])) for iri in wanted
    }


def texts(
    store: Store, iris: Iterable[NamedNode], properties: Sequence[NamedNode]
) -> Mapping[NamedNode, list[Label]]:
    """Return the texts that stand at `properties` of each IRI, in the order of `properties`."""
    found = said(store, list(iris), properties)
    return defaultdict(list, {iri: _texts(found[iri]) for iri in found})


def _texts(said: Iterable[Said]) -> list[Label]:
    return [Label.of(value) for _, value in said if isinstance(value, Literal)]


def _types(said: Iterable[Said]) -> tuple[NamedNode, ...]:
    return tuple(
        value for property, value in said if property == RDF.type and isinstance(value, NamedNode)
    )


def named(iri: NamedNode, candidates: Iterable[Label], languages: Sequence[str]) -> Label:
    """Return the best of the candidates that say anything, or else what the IRI tells."""
    spoken = (label for label in candidates if label.text.strip())
    return choose(spoken, languages) or unnamed(iri.value)


def unnamed(iri: str) -> Label:
    """Return what to call a thing that the data does not name: a licence has a name of its own."""
    return Label(licences.name(iri) or local_name(iri))


def said(
    store: Store, iris: Sequence[NamedNode], properties: Sequence[NamedNode]
) -> Mapping[NamedNode, list[Said]]:
    """Return what stands at `properties` of each IRI, in their order.

    All pairs are made before any is looked up: joined to a list of IRIs and to one of properties
    apart, the engine would scan the store (4 s over 2 million triples, instead of 30 ms).
    """
    found: dict[NamedNode, list[Said]] = defaultdict(list)
    if not iris:
        return found
    pairs = f"SELECT * {{ {values('iri', iris)} {values('property', properties)} }}"
    rows = store.query(
        f"SELECT ?iri ?property ?value WHERE {{ {{ {pairs} }} ?iri ?property ?value }}"
    ).solutions()
    place = {property: index for index, property in enumerate(properties)}
    said = {
        (row["iri"], row["property"], row["value"])
        for row in rows
        if isinstance(row["value"], Literal | NamedNode)
    }
    for iri, property, value in sorted(
        said, key=lambda each: (place[each[1]], each[2].value, str(each[2]))
    ):
        found[iri].append((property, value))
    return found
