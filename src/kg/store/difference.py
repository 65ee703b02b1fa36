"""What changed between two stores, as RDF Patch (https://afs.github.io/rdf-delta/rdf-patch.html)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from pyoxigraph import BlankNode, CanonicalizationAlgorithm, Dataset, DefaultGraph, Quad, Triple

from kg.store.embedded import EmbeddedStore
from kg.terms import Term


@dataclass(frozen=True)
class Changes:
    """How many quads a store has that another had not, and the other way round."""

    added: int
    removed: int


def changes(before: EmbeddedStore, after: EmbeddedStore) -> Changes:
    """Return how many quads were added and removed.

    Quads with blank nodes are alike when they are but for the labels of these, so of them it tells
    the least that must have changed. Each quad is looked at once; only those are held in memory.
    """
    added, old, new = 0, Counter[str](), Counter[str]()
    for quad in after.quads():
        if _has_blank(quad):
            new[" ".join(map(_masked, quad))] += 1
        else:
            added += not before.holds(quad)
    old.update(" ".join(map(_masked, quad)) for quad in before.quads() if _has_blank(quad))
    stayed = after.size - new.total() - added
    removed = before.size - old.total() - stayed
    return Changes(added + (new - old).total(), removed + (old - new).total())


def patch(before: EmbeddedStore, after: EmbeddedStore) -> Iterator[str]:
    """Yield the lines of a patch that makes `after` of `before`; only its frame if they are equal.

    Blank nodes bear the labels that RDF Dataset Canonicalization gives them, among the quads that
    have any, so that a graph that was loaded again does not differ from itself. All quads of both
    stores are held in memory.
    """
    old, new = _quads(before), _quads(after)
    yield f"H id <urn:kg:{after.snapshot}> ."
    yield f"H prev <urn:kg:{before.snapshot}> ."
    yield "TX ."
    yield from (f"D {line} ." for line in sorted(old - new))
    yield from (f"A {line} ." for line in sorted(new - old))
    yield "TC ."


def _quads(store: EmbeddedStore) -> set[str]:
    """Return all quads as N-Quads without the final dot."""
    plain: set[str] = set()
    with_blanks = Dataset()
    for quad in store.quads():
        if _has_blank(quad):
            with_blanks.add(quad)
        else:
            plain.add(_spelled(quad))
    with_blanks.canonicalize(CanonicalizationAlgorithm.RDFC_1_0)
    return plain | {_spelled(quad) for quad in with_blanks}


def _has_blank(quad: Quad) -> bool:
    return any(
        isinstance(term, BlankNode | Triple)
        for term in (quad.subject, quad.object, quad.graph_name)
    )


def _spelled(quad: Quad) -> str:
    terms = [str(quad.subject), str(quad.predicate), _term(quad.object)]
    if not isinstance(quad.graph_name, DefaultGraph):
        terms.append(str(quad.graph_name))
    return " ".join(terms)


def _term(term: Term) -> str:
    if isinstance(term, Triple):
        return f"<<( {term.subject} {term.predicate} {_term(term.object)} )>>"
    return str(term)


def _masked(term: Term | DefaultGraph) -> str:
    """Return the spelling of a term without the labels of blank nodes."""
    if isinstance(term, Triple):
        return f"<<( {' '.join(map(_masked, term))} )>>"
    return "_:" if isinstance(term, BlankNode) else str(term)
