"""How terms are shown in pages: the filters and tests that templates use."""

from __future__ import annotations

from flask import Flask

from kg.terms import RDF, XSD, BlankNode, Literal, NamedNode, Term, Triple, local_name
from kg.web import links

_PLAIN = frozenset({XSD.string.value, RDF.langString.value})

LONGEST = 2000
"""Characters of a literal that a page shows; the data formats have them all."""


def register(app: Flask) -> None:
    """Give templates the filters of this module."""
    app.template_filter("page")(links.page)
    app.template_filter("kind")(kind)
    app.template_filter("datatype")(datatype)
    app.template_filter("shown")(shown)
    app.template_filter("tag")(tag)
    app.template_filter("thousands")(thousands)
    app.template_filter("outside")(outside)
    app.template_global("data_url")(links.data)
    app.template_global("here")(links.here)


def kind(term: Term | None) -> str:
    """Return what a term is: `iri`, `literal`, `blank`, `triple` or, for None, `unbound`."""
    kinds = {NamedNode: "iri", Literal: "literal", BlankNode: "blank", Triple: "triple"}
    return kinds.get(type(term), "unbound")


def datatype(literal: Literal) -> str:
    """Return the short name of a literal's datatype, or "" for plain text."""
    name = literal.datatype.value
    return "" if name in _PLAIN else local_name(name)


def tag(language: str) -> str:
    """Return a language tag with the capitals of BCP 47 (RFC 5646, 2.1.1); stores drop them."""
    first, *rest = language.split("-")
    styled = {2: str.upper, 4: str.title}
    return "-".join([first.lower(), *(styled.get(len(part), str.lower)(part) for part in rest)])


def shown(text: str) -> str:
    """Return a text cut to what a page can bear, with a mark where it was cut."""
    return text if len(text) <= LONGEST else text[:LONGEST] + "…"


def thousands(number: int) -> str:
    """Return a number with its digits in groups of three."""
    return f"{number:,}"


def outside(iri: NamedNode) -> str | None:
    """Return the address of an IRI on the web if following it is safe, else None."""
    return iri.value if iri.value.startswith(("http://", "https://")) else None
