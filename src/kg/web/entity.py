"""Identifiers, and what stands behind them: a page for people, triples for programs."""

from __future__ import annotations

from flask import Blueprint, Response, request

from kg import entity, formats, terms
from kg.errors import BadInput, NotFound
from kg.formats import HTML, Format, Kind
from kg.terms import NamedNode
from kg.web import language, links, respond, shacl
from kg.web.current import current_kg

bp = Blueprint("entity", __name__)


@bp.get("/id/<path:name>", defaults={"kind": "id"})
@bp.get("/def/<path:name>", defaults={"kind": "def"})
def identifier(kind: str, name: str) -> Response:
    """Send the reader of an identifier on to the page or to the data."""
    return _dereference(links.local(f"{kind}/{name}"))


@bp.get("/resource")
def resource() -> Response:
    """Do the same for any IRI in the data."""
    return _dereference(_iri())


@bp.get("/page/<path:name>")
def local_page(name: str) -> Response:
    """Show what the data says about an identifier of this service."""
    return _page(links.local(name))


@bp.get("/page")
def page() -> Response:
    """Show what the data says about any IRI."""
    return _page(_iri())


@bp.get("/data/<path:name>.<extension>")
def local_data(name: str, extension: str) -> Response:
    """Send the triples about an identifier of this service."""
    return _data(links.local(name), _by_extension(extension))


@bp.get("/data.<extension>")
def data(extension: str) -> Response:
    """Send the triples about any IRI."""
    return _data(_iri(), _by_extension(extension))


def _iri() -> NamedNode:
    text = request.args.get("iri")
    if text is None:
        raise BadInput("expected a parameter `iri`, got none")
    return terms.iri(text)


def _dereference(iri: NamedNode) -> Response:
    format = respond.choose((HTML, *formats.offers(Kind.GRAPH)))
    _must_exist(iri)
    return respond.see_other(links.page(iri) if format is HTML else links.data(iri, format))


def _must_exist(iri: NamedNode) -> None:
    if not entity.exists(current_kg.store, iri):
        raise NotFound("the data does not mention this identifier")


def _page(iri: NamedNode) -> Response:
    return respond.conditional(HTML, lambda: _rendered(iri))


def _rendered(iri: NamedNode) -> Response:
    found = entity.load(current_kg.store, iri, language.languages())
    offered = [
        format
        for format in formats.offers(Kind.GRAPH)
        if format is not formats.RDF_XML or found.fits_rdf_xml
    ]
    response = respond.page(
        "entity.html", entity=found, formats=offered, findings=shacl.concerning(iri)
    )
    for format in offered:
        response.headers.add(
            "Link", f'<{links.data(iri, format)}>; rel="alternate"; type="{format.media_type}"'
        )
    return response


def _data(iri: NamedNode, format: Format) -> Response:
    return respond.conditional(format, lambda: _triples(iri, format))


def _triples(iri: NamedNode, format: Format) -> Response:
    _must_exist(iri)
    response = respond.result(entity.describe(current_kg.store, iri, format))
    response.headers.add("Link", f'<{links.page(iri)}>; rel="describedby"; type="text/html"')
    return response


def _by_extension(extension: str) -> Format:
    offered = formats.offers(Kind.GRAPH)
    for format in offered:
        if format.extension == extension.lower():
            return format
    known = ", ".join(f".{format.extension}" for format in offered)
    raise NotFound(f"there is no format with that extension; there are {known}")
