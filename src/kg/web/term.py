"""How terms are shown in pages: the filters and tests that templates use."""

from __future__ import annotations

import re

from flask import Flask

from kg.terms import RDF, XSD, BlankNode, Literal, NamedNode, Term, Triple, local_name
from kg.web import links
from kg.web.current import current_kg

_PLAIN = frozenset({XSD.string.value, RDF.langString.value})

LONGEST = 2000
"""Characters of a literal that a page shows; the data formats have them all."""

# What is not seen but changes what is: controls, marks of direction, spaces without width, tags.
# Joiners are left alone after the scripts and signs that need them.
_UNSEEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u061c\u115f\u1160\u180e\u200b\u200e\u200f\u2028-\u202e"
    "\u2060-\u206f\u3164\ufeff\uffa0\ufff9-\ufffb\U000e0000-\U000e007f]"
    "|(?<![\u0600-\u109f\u1780-\u18af\u2190-\u2bff\ufe0f\U0001f000-\U0001faff])[\u200c\u200d]"
)


def register(app: Flask) -> None:
    """Give templates the filters of this module."""
    app.template_filter("page")(links.page)
    app.template_filter("kind")(kind)
    app.template_filter("datatype")(datatype)
    app.template_filter("shown")(shown)
    app.template_filter("tag")(tag)
    app.template_filter("thousands")(thousands)
    app.template_filter("digits")(digits)
    app.template_filter("node")(NamedNode)
    app.template_filter("outside")(outside)
    app.template_global("data_url")(links.data)


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
    """Return a text as a page can bear it: cut, with a mark where, and with nothing unseen in it.

    A character that would turn, join or hide others stands as its number, as in `⟦U+202E⟧`.
    """
    cut = text if len(text) <= LONGEST else text[:LONGEST] + "…"
    return _UNSEEN.sub(lambda found: f"⟦U+{ord(found[0]):04X}⟧", cut)


def thousands(number: int) -> str:
    """Return a number with its digits in groups of three."""
    return f"{number:,}"


def digits(text: str) -> str:
    """Return a number as data writes it with its digits in groups of three; other text as it is."""
    whole, dot, rest = text.partition(".")
    is_number = whole.removeprefix("-").isdecimal() and whole.isascii()
    return f"{int(whole):,}{dot}{rest}" if is_number and len(whole) < LONGEST else shown(text)


def outside(iri: NamedNode) -> str | None:
    """Return the address of an IRI elsewhere on the web if following it is safe, else None."""
    is_elsewhere = not iri.value.startswith(current_kg.settings.base_iri)
    return iri.value if is_elsewhere and iri.value.startswith(("http://", "https://")) else None
