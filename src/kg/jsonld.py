"""JSON-LD for developers: one thing, with short names, and what hangs on it inside it.

The triples are framed (JSON-LD 1.1 Framing) with a context that stands in the document itself, so
that nobody has to fetch anything to read it; nor does this service.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NoReturn

from kg import context as contexts
from kg import formats, results
from kg.terms import BlankNode, Literal, NamedNode, Quad, Term, Triple

MOST = 2000
"""Triples up to which a description is framed."""


def framed(
    triples: Sequence[Quad], iri: NamedNode, context: Mapping[str, Any]
) -> dict[str, Any] | None:
    """Return a description as one JSON-LD object, with the part of `context` that it needs.

    Returns None for what JSON-LD 1.1 cannot hold: terms of RDF 1.2, and rdf:JSON that is none.
    """
    from pyld import jsonld  # noqa: PLC0415  it takes long to load, and few ask for it

    own = contexts.pruned(context, set(_iris(triples)) | {iri.value})
    options = {"omitGraph": True, "documentLoader": _no_loader}
    try:
        expanded = jsonld.from_rdf({"@default": [_statement(each) for each in triples]}, {})
        framed: dict[str, Any] = jsonld.frame(
            expanded, {"@context": own, "@id": iri.value}, options
        )
    except (jsonld.JsonLdError, _NotInJsonLd):
        return None
    return framed


class _NotInJsonLd(ValueError):
    """A term that JSON-LD 1.1 does not have."""


def _statement(triple: Quad) -> dict[str, Any]:
    """Return a triple as PyLD has it."""
    return {
        "subject": _term(triple.subject),
        "predicate": _term(triple.predicate),
        "object": _term(triple.object),
    }


def _term(term: Term) -> dict[str, str]:
    if isinstance(term, NamedNode):
        return {"type": "IRI", "value": term.value}
    if isinstance(term, BlankNode):
        return {"type": "blank node", "value": f"_:{term.value}"}
    if isinstance(term, Triple) or term.direction is not None:
        raise _NotInJsonLd(str(term))
    found = {"type": "literal", "value": term.value, "datatype": term.datatype.value}
    return found | ({"language": term.language} if term.language else {})


def _no_loader(url: str, _options: Mapping[str, Any]) -> NoReturn:
    raise ValueError(f"nothing is fetched to write JSON-LD, and {url!r} would have to be")


def _iris(triples: Iterable[Quad]) -> Iterator[str]:
    for triple in triples:
        for term in (triple.subject, triple.predicate, triple.object):
            yield from _named(term)


def _named(term: Term) -> Iterator[str]:
    if isinstance(term, NamedNode):
        yield term.value
    elif isinstance(term, Literal):
        yield term.datatype.value


def plain(triples: Iterable[Quad]) -> Any:
    """Return triples as JSON-LD in the expanded form, which needs no context."""
    statements = [Triple(each.subject, each.predicate, each.object) for each in triples]
    return json.loads(results.serialised(statements, formats.JSON_LD, snapshot="").read())
