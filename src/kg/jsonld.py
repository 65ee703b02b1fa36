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
from kg.terms import Literal, NamedNode, Quad, Term, Triple

MOST = 2000
"""Triples up to which a description is framed."""


def fits(triples: Iterable[Quad]) -> bool:
    """Return whether these can be framed: what RDF 1.2 added has no place in JSON-LD 1.1."""
    return not any(
        isinstance(each.object, Triple)
        or (isinstance(each.object, Literal) and each.object.direction is not None)
        for each in triples
    )


def framed(triples: Sequence[Quad], iri: NamedNode, context: Mapping[str, Any]) -> dict[str, Any]:
    """Return a description as one JSON-LD object, with the part of `context` that it needs."""
    from pyld import jsonld  # noqa: PLC0415  it takes long to load, and few ask for it

    own = contexts.pruned(context, set(_iris(triples)) | {iri.value})
    statements = [Triple(each.subject, each.predicate, each.object) for each in triples]
    quads = results.serialised(statements, formats.NQUADS, snapshot="").read().decode()
    expanded = jsonld.from_rdf(quads, {"useNativeTypes": False})
    frame = {"@context": own, "@id": iri.value}
    found: dict[str, Any] = jsonld.frame(
        expanded, frame, {"omitGraph": True, "documentLoader": _no_loader}
    )
    return found


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
