"""The short names that JSON-LD uses for the terms of a dataset (JSON-LD 1.1, 4.1)."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from itertools import count
from typing import Any

from kg import bundle
from kg.dataset import Statistics
from kg.ontology.index import OntologyIndex
from kg.roles import KG
from kg.terms import RDF, XSD, local_name

PREFIXES: Mapping[str, str] = {
    "dcat": "http://www.w3.org/ns/dcat#",
    "dc": "http://purl.org/dc/elements/1.1/",
    "dcterms": "http://purl.org/dc/terms/",
    "foaf": "http://xmlns.com/foaf/0.1/",
    "geo": "http://www.opengis.net/ont/geosparql#",
    "oa": "http://www.w3.org/ns/oa#",
    "org": "http://www.w3.org/ns/org#",
    "owl": "http://www.w3.org/2002/07/owl#",
    "prov": "http://www.w3.org/ns/prov#",
    "qb": "http://purl.org/linked-data/cube#",
    "qudt": "http://qudt.org/schema/qudt/",
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "rdfs": "http://www.w3.org/2000/01/rdf-schema#",
    "schema": "https://schema.org/",
    "sh": "http://www.w3.org/ns/shacl#",
    "skos": "http://www.w3.org/2004/02/skos/core#",
    "sosa": "http://www.w3.org/ns/sosa/",
    "time": "http://www.w3.org/2006/time#",
    "vcard": "http://www.w3.org/2006/vcard/ns#",
    "void": "http://rdfs.org/ns/void#",
    "wgs": "http://www.w3.org/2003/01/geo/wgs84_pos#",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
}

_MOST = 1000
"""Properties, and classes, that have names of their own."""

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]*")
_RESERVED = frozenset({"id", "type", "graph"})


def of(statistics: Statistics, ontology: OntologyIndex) -> Mapping[str, Any]:
    """Return the context of a dataset: our own for data in our vocabulary, else one made for it."""
    if any(each.iri.startswith(KG.prefix) for each in statistics.properties):
        return own()
    return _made(statistics, ontology)


def own() -> Mapping[str, Any]:
    """Return the context of the bundled ontology."""
    file = bundle.folder("ontology") / "context.jsonld"
    found: Mapping[str, Any] = json.loads(file.read_text(encoding="utf-8"))["@context"]
    return found


def _made(statistics: Statistics, ontology: OntologyIndex) -> Mapping[str, Any]:
    properties = [each.iri for each in statistics.properties if each.iri != RDF.type.value]
    classes = [each.iri for each in statistics.classes]
    prefixes = _prefixes([*properties, *classes])
    context: dict[str, Any] = {"@version": 1.1, "id": "@id", "type": "@type", **prefixes}
    for iri in properties[:_MOST]:
        if name := _free(iri, context):
            context[name] = {"@id": _short(iri, prefixes), **_kind(iri, ontology)}
    for iri in classes[:_MOST]:
        if name := _free(iri, context):
            context[name] = _short(iri, prefixes)
    return context


def _free(iri: str, context: Mapping[str, Any]) -> str | None:
    """Return the local name of a term, if it can be a name in JSON-LD and nothing else has it."""
    name = local_name(iri)
    is_free = name not in context and name not in _RESERVED
    return name if is_free and _NAME.fullmatch(name) and name != iri else None


def _kind(iri: str, ontology: OntologyIndex) -> Mapping[str, str]:
    """Return what the values of a property have in common."""
    found = ontology.values(iri)
    kinds = {each.kind for each in found.rows}
    if not kinds or found.rest:
        return {}
    if kinds <= {"iri", "blank"}:
        return {"@type": "@id"}
    datatypes = {each.datatype for each in found.rows}
    if kinds != {"literal"} or len(datatypes) != 1:
        return {}
    (datatype,) = datatypes
    if datatype == RDF.langString.value:
        return {"@container": "@language"}
    return {} if datatype == XSD.string.value else {"@type": datatype}


def _prefixes(iris: Iterable[str]) -> Mapping[str, str]:
    """Return prefixes for the namespaces of terms, the usual ones where they have one."""
    spaces = Counter(space for iri in iris if (space := _namespace(iri)))
    usual = {space: name for name, space in PREFIXES.items()}
    names = (f"ns{number}" for number in count(1))
    return {
        usual.get(space) or next(names): space
        for space, _ in sorted(spaces.items(), key=lambda each: (-each[1], each[0]))
    }


def _namespace(iri: str) -> str:
    """Return an IRI up to what JSON-LD lets a prefix end in, or ""."""
    name = local_name(iri)
    space = iri.removesuffix(name)
    return space if space != iri and space.endswith(("/", "#")) else ""


def _short(iri: str, prefixes: Mapping[str, str]) -> str:
    space = _namespace(iri)
    name = next((prefix for prefix, each in prefixes.items() if each == space), "")
    local = iri.removeprefix(space)
    return f"{name}:{local}" if name and not local.startswith("//") else iri


def pruned(context: Mapping[str, Any], iris: Iterable[str]) -> Mapping[str, Any]:
    """Return what of a context is of use where only `iris` occur."""
    wanted = set(iris)
    kept = {
        name: definition
        for name, definition in context.items()
        if _is_keyword(definition) or _expanded(_id(definition, name), context) in wanted
    }
    texts = {text for each in kept.values() for text in _texts(each)}
    prefixes = {
        name: space
        for name, space in context.items()
        if isinstance(space, str)
        and space.endswith(("/", "#"))
        and (
            any(text.startswith(f"{name}:") for text in texts)
            or any(iri.startswith(space) for iri in wanted)
        )
    }
    return {name: each for name, each in context.items() if name in kept or name in prefixes}


def _is_keyword(definition: Any) -> bool:
    return not isinstance(definition, Mapping) and (
        not isinstance(definition, str) or definition.startswith("@")
    )


def _id(definition: Any, name: str) -> str:
    found = definition.get("@id", name) if isinstance(definition, Mapping) else definition
    return found if isinstance(found, str) else name


def _texts(definition: Any) -> Iterator[str]:
    if isinstance(definition, Mapping):
        yield from (each for each in definition.values() if isinstance(each, str))
    elif isinstance(definition, str):
        yield definition


def _expanded(text: str, context: Mapping[str, Any]) -> str:
    prefix, colon, rest = text.partition(":")
    space = context.get(prefix)
    return space + rest if colon and isinstance(space, str) else text
