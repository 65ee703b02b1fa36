"""RDF terms: namespaces, and the one way in which a term enters the text of a query.

pyoxigraph's `NamedNode`, `Literal` and `BlankNode` are the terms of this project; their `str()` is
the N-Triples spelling, which is also SPARQL. What reaches `spell` is therefore always checked and
escaped; no other function puts a value into a query.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from pyoxigraph import (
    BlankNode,
    DefaultGraph,
    Literal,
    NamedNode,
    Quad,
    RdfFormat,
    Store,
    Triple,
    Variable,
    parse,
)

from kg.errors import BadInput

__all__ = [
    "RDF",
    "RDFS",
    "XSD",
    "BlankNode",
    "DefaultGraph",
    "Literal",
    "NamedNode",
    "Namespace",
    "Quad",
    "Term",
    "Triple",
    "Variable",
    "iri",
    "local_name",
    "parsed",
    "spell",
    "stored",
    "values",
]

Term = NamedNode | BlankNode | Literal | Triple


class Namespace:
    """A prefix of IRIs, whose members are attributes or items: `RDF.type`, `RDF["type"]`."""

    def __init__(self, prefix: str) -> None:
        self.prefix = prefix

    def __getitem__(self, name: str) -> NamedNode:
        return NamedNode(self.prefix + name)

    def __getattr__(self, name: str) -> NamedNode:
        if name.startswith("__"):
            raise AttributeError(name)
        # The next look-up of the same name finds it without coming here.
        member = self.__dict__[name] = self[name]
        return member


RDF = Namespace("http://www.w3.org/1999/02/22-rdf-syntax-ns#")
RDFS = Namespace("http://www.w3.org/2000/01/rdf-schema#")
XSD = Namespace("http://www.w3.org/2001/XMLSchema#")

# Characters that RFC 3987 and the IRIREF production of SPARQL 1.1 leave out of an IRI.
_NOT_IN_IRIS = re.compile(r'[\x00-\x20<>"{}|^`\\\ud800-\udfff]')
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")


def iri(text: str) -> NamedNode:
    """Return the IRI that `text` spells. Raises BadInput when it is not an absolute IRI."""
    if not _SCHEME.match(text) or _NOT_IN_IRIS.search(text):
        raise BadInput(f"expected an absolute IRI such as http://example.org/x, got {_shown(text)}")
    try:
        return NamedNode(text)
    except ValueError:
        raise BadInput(f"expected a valid IRI, got {_shown(text)}") from None


def spell(term: NamedNode | Literal) -> str:
    """Return the SPARQL spelling of a term. Raises TypeError for anything but an IRI or literal.

    A blank node has no spelling that survives from one query to the next (SPARQL 1.1, 4.1.4).
    """
    if not isinstance(term, (NamedNode, Literal)):
        raise TypeError(f"cannot spell {type(term).__name__} in a query")
    return str(term)


def values(variable: str, terms: Iterable[NamedNode | Literal]) -> str:
    """Return a VALUES block that binds `variable` to each of `terms` (SPARQL 1.1, 10.2)."""
    return f"VALUES ?{variable} {{ {' '.join(map(spell, terms))} }}"


def parsed(spelled: str) -> Term:
    """Return the term with this spelling of N-Triples. Raises SyntaxError."""
    if spelled.startswith("<"):
        return NamedNode(spelled[1:-1])
    quad = next(parse(f"<s:s> <s:p> {spelled} .".encode(), format=RdfFormat.N_TRIPLES))
    object: Term = quad.object
    return object


def stored(literal: Literal) -> Literal:
    """Return a literal as a store keeps it: `01` as `1`, a language tag in lower case."""
    store = Store()
    store.add(Quad(RDF.nil, RDF.value, literal))
    (kept,) = (quad.object for quad in store)
    assert isinstance(kept, Literal)
    return kept


def local_name(text: str) -> str:
    """Return the part of an IRI that a person would call its name: what follows the last # or /."""
    stripped = text.rstrip("/#")
    return re.split(r"[/#]", stripped)[-1] or text


def _shown(text: str) -> str:
    return ascii(text[:200])
