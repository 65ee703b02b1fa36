"""Identifiers, and what stands behind them: a page for people, triples for programs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from flask import Blueprint, Response, request

from kg import formats, jsonld, terms
from kg.citation import Citation
from kg.entity import atlas, description, neighbours
from kg.entity import links as lists
from kg.entity import page as pages
from kg.entity.incoming import COUNTED
from kg.entity.links import Direction, Wanted
from kg.entity.page import Entity, Manner
from kg.entity.values import Value
from kg.errors import BadInput, NotFound
from kg.formats import HTML, Format, Kind
from kg.terms import NamedNode
from kg.web import language, links, ontology, respond, shacl
from kg.web.colors import hue
from kg.web.current import current_kg

bp = Blueprint("entity", __name__)


@bp.get("/id/<path:name>", defaults={"kind": "id"})
@bp.get("/def/<path:name>", defaults={"kind": "def"})
def identifier(kind: str, name: str) -> Response:
    """Send the reader of an identifier on to the page or to the data."""
    return _dereference(links.meant(f"{kind}/{name}"))


@bp.get("/resource")
def resource() -> Response:
    """Do the same for any IRI in the data."""
    return _dereference([_iri("iri")])


@bp.get("/page/<path:name>")
def local_page(name: str) -> Response:
    """Show what the data says about an identifier of this service. Cost: four queries."""
    return _page(links.local(name))


@bp.get("/page")
def page() -> Response:
    """Show what the data says about any IRI."""
    return _page(_iri("iri"))


@bp.get("/data/<path:file>")
def local_data(file: str) -> Response:
    """Send the triples about an identifier of this service. Cost: two queries."""
    name, _, extension = file.rpartition(".")
    return _data(links.local(name), _by_extension(extension))


@bp.get("/data.<extension>")
def data(extension: str) -> Response:
    """Send the triples about any IRI."""
    return _data(_iri("iri"), _by_extension(extension))


@bp.get("/neighbours.json")
def neighbours_json() -> Response:
    """Send what a thing is tied to, to be drawn. Cost: two queries."""
    iri = _iri("iri")
    return respond.conditional(formats.JSON, lambda: _neighbours(iri), localized=True)


def _neighbours(iri: NamedNode) -> Response:
    naming = current_kg.display.label_properties
    found = neighbours.read(current_kg.store, iri, language.languages(), naming)
    things = {each.term: each for tie in found.ties for each in (tie.subject, tie.object)}
    places = {term: place for place, term in enumerate(things)}
    return respond.as_json(
        {
            "snapshot": current_kg.snapshot,
            "complete": found.complete,
            "nodes": [_node(each) for each in things.values()],
            "links": [
                {
                    "source": places[tie.subject.term],
                    "target": places[tie.object.term],
                    "property": tie.property.value,
                    "label": tie.label.text,
                }
                for tie in found.ties
            ],
        }
    )


def _node(value: Value) -> dict[str, str]:
    assert isinstance(value.term, NamedNode)
    assert value.label is not None
    return {
        "iri": value.term.value,
        "label": value.label.text,
        "language": value.label.language,
        "url": links.page(value.term),
        "color": hue(value.types),
    }


def _iri(name: str) -> NamedNode:
    text = request.args.get(name)
    if text is None:
        raise BadInput(f"expected a parameter `{name}`, got none")
    return terms.iri(text)


def _dereference(candidates: Sequence[NamedNode]) -> Response:
    format = respond.choose((HTML, *formats.offers(Kind.GRAPH)))
    found = description.mentioned(current_kg.store, candidates)
    if not found:
        raise NotFound("the data does not mention this identifier")
    return respond.see_other(
        links.page(found[0]) if format is HTML else links.data(found[0], format)
    )


def _page(iri: NamedNode) -> Response:
    direction = next((each for each in Direction if each in request.args), None)
    if direction is None:
        return respond.conditional(HTML, lambda: _rendered(iri))
    return respond.conditional(HTML, lambda: _list(iri, direction))


def _rendered(iri: NamedNode) -> Response:
    found = pages.load(current_kg.store, iri, _manner())
    offered = [
        format
        for format in formats.offers(Kind.GRAPH)
        if format is not formats.RDF_XML or found.fits_rdf_xml
    ]
    response = respond.page(
        "entity.html",
        entity=found,
        formats=offered,
        query=description.query(iri),
        findings=shacl.concerning(iri),
        about=ontology.about(iri),
        citation=_citation(found),
        neighbours=neighbours.shown(found),
        linked=_linked(found),
        map=atlas.drawn(found.shapes),
        listed=_address_of_list(iri),
    )
    for format in offered:
        respond.link(response, links.data(iri, format), "alternate", format)
    return response


def _linked(found: Entity) -> list[Any]:
    """Return, as JSON-LD, what the page shows, and what schema.org says of the page itself."""
    statistics, wanted = current_kg.statistics, language.languages()
    title = statistics.title(wanted)
    dataset = {"@type": "Dataset", "name": title.text if title else current_kg.name}
    itself = {
        "@context": {"@vocab": "https://schema.org/"},
        "@id": "",  # the address of the page, whatever the host is called
        "@type": "WebPage",
        "name": found.label.text,
        "inLanguage": language.tag(),
        "version": current_kg.snapshot,
        "mainEntity": {"@id": found.iri.value},
        "isPartOf": dataset | ({"@id": statistics.dataset} if statistics.dataset else {}),
    }
    return [jsonld.plain(pages.triples(found)), itself]


def _manner() -> Manner:
    statistics = current_kg.statistics
    return Manner(
        language.languages(),
        current_kg.display,
        frozenset(NamedNode(each.iri) for each in statistics.properties),
        current_kg.documents.texts,
    )


def _citation(found: Entity) -> Citation:
    title = current_kg.statistics.title(language.languages())
    dataset = title.text if title else current_kg.name
    return Citation(found.label.text, dataset, found.iri.value, current_kg.snapshot)


def _list(iri: NamedNode, direction: Direction) -> Response:
    """Show all values of a property, or all that points here by it, page by page."""
    wanted = Wanted(iri, _iri(direction), direction, _page_number())
    naming = current_kg.display.label_properties
    found = lists.listing(current_kg.store, wanted, language.languages(), naming)
    address = _address_of_list(iri)
    return respond.page(
        "entity-list.html",
        list=found,
        address=lambda number: address(direction, wanted.property, number),
    )


def _address_of_list(iri: NamedNode) -> Callable[..., str]:
    def address(direction: str, property: NamedNode, number: int = 1) -> str:
        return links.page(iri, {direction: property.value, "page": str(number)})

    return address


def _page_number() -> int:
    text = request.args.get("page", "1")
    is_number = text.isascii() and text.isdecimal() and len(text) <= len(str(COUNTED))
    if not is_number:
        raise BadInput(f"expected a number as `page`, got {text[:20]!r}")
    return int(text)


def _data(iri: NamedNode, format: Format) -> Response:
    return respond.conditional(format, lambda: _triples(iri, format))


def _triples(iri: NamedNode, format: Format) -> Response:
    if not description.exists(current_kg.store, iri):
        raise NotFound("the data does not mention this identifier")
    response = _framed(iri) if format is formats.JSON_LD else None
    response = response or respond.result(description.describe(current_kg.store, iri, format))
    respond.link(response, links.page(iri), "describedby", HTML)
    return response


def _framed(iri: NamedNode) -> Response | None:
    """Return the description as JSON-LD with short names, or None where it does not fit."""
    triples = description.whole(current_kg.store, iri, jsonld.MOST)
    value = jsonld.framed(triples, iri, current_kg.derived.context) if triples is not None else None
    return None if value is None else respond.as_json(value, media_type=formats.JSON_LD.media_type)


@bp.get("/context.jsonld")
def context() -> Response:
    """Send the short names that JSON-LD uses. Cost: no query."""
    return respond.conditional(
        formats.JSON_LD,
        lambda: respond.as_json(
            {"@context": current_kg.derived.context}, media_type=formats.JSON_LD.media_type
        ),
    )


def _by_extension(extension: str) -> Format:
    offered = formats.offers(Kind.GRAPH)
    for format in offered:
        if format.extension == extension.lower():
            return format
    known = ", ".join(f".{format.extension}" for format in offered)
    raise NotFound(f"there is no format with that extension; there are {known}")
