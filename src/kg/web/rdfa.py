"""The facts of a page as RDFa 1.1 in HTML: attributes that say which triple an element shows.

A term is marked where the page shows all of it and a parser can read it back: IRIs that RDFa
(1.1, 7.4) cannot take for a name with a prefix, and text without what HTML would change. Everything
else is in the data formats, which the page links to.
"""

from __future__ import annotations

import operator

from flask import Flask

from kg.terms import RDF, BlankNode, Literal, NamedNode, Term
from kg.web.term import shown, tag

_SCHEMES = ("http://", "https://", "urn:")
_MARKUP = frozenset({RDF.HTML.value, RDF.XMLLiteral.value})


def register(app: Flask) -> None:
    """Give templates the filters of this module."""
    app.template_filter("about")(about)
    app.template_filter("states")(states)
    app.template_filter("merged")(operator.or_)
    app.jinja_env.globals["rdf"] = RDF


def about(term: Term) -> dict[str, str]:
    """Return the attributes of an element about a resource."""
    name = _name(term)
    return {"about": name} if name else {}


def states(value: Term, property: NamedNode) -> dict[str, str]:
    """Return the attributes of an element that shows a value of a property."""
    name = _name(property)
    if not name or isinstance(property, BlankNode):
        return {}
    if isinstance(value, Literal):
        attributes = _literal(value) if is_readable(value) else {}
        return {"property": name, **attributes} if attributes else {}
    resource = _name(value)
    return {"property": name, "resource": resource} if resource else {}


def is_readable(literal: Literal) -> bool:
    """Return whether what a page shows of a literal is all of it."""
    text = literal.value
    return shown(text) == text and "\r" not in text and not literal.direction


def _literal(value: Literal) -> dict[str, str]:
    if value.language:
        return {"lang": tag(value.language)}
    datatype = value.datatype.value
    if not datatype.startswith(_SCHEMES):
        return {}
    attributes = {"datatype": datatype}
    # Of markup a parser would read the elements; the page shows it as text.
    return attributes | {"content": value.value} if datatype in _MARKUP else attributes


def _name(term: Term) -> str:
    if isinstance(term, BlankNode):
        return f"_:{term.value}"
    if isinstance(term, NamedNode) and term.value.startswith(_SCHEMES):
        return term.value
    return ""
