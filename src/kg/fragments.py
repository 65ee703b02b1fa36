"""Triple Pattern Fragments: the triples that fit a pattern, page by page, with what leads on.

A client such as Comunica answers queries from them by itself, so that the service has little to do.
The specification is https://linkeddatafragments.org/specification/triple-pattern-fragments/.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from kg import terms
from kg.dataset import VOID, Statistics
from kg.errors import BadInput
from kg.labels import FOAF
from kg.store import Store
from kg.terms import (
    RDF,
    XSD,
    BlankNode,
    Literal,
    NamedNode,
    Namespace,
    Quad,
    Triple,
    spell,
)

HYDRA = Namespace("http://www.w3.org/ns/hydra/core#")

SIZE = 100
"""Triples on a page."""

LAST = 1_000_000
"""The last page that is asked for."""

_LITERAL = re.compile(
    r'"(?P<text>.*)"(?:@(?P<language>[^"]+)|\^\^<?(?P<datatype>[^"<>]+)>?)?', re.DOTALL
)

_PLACES = ("subject", "predicate", "object")


@dataclass(frozen=True)
class Pattern:
    """A triple pattern; None is a variable."""

    subject: NamedNode | None
    predicate: NamedNode | None
    object: NamedNode | Literal | None

    def __str__(self) -> str:
        """Return the pattern as SPARQL writes it."""
        parts = zip((self.subject, self.predicate, self.object), "spo", strict=True)
        return " ".join(f"?{name}" if term is None else spell(term) for term, name in parts)


@dataclass(frozen=True)
class Fragment:
    """A page of the triples that fit a pattern, and how many do so at all."""

    pattern: Pattern
    page: int
    triples: tuple[Triple, ...]
    total: int

    @property
    def has_next(self) -> bool:
        """Whether there is a page after this one."""
        return self.page * SIZE < self.total


def pattern(subject: str, predicate: str, object: str) -> Pattern:
    """Return the pattern that parameters spell; "" and ?name are variables. Raises BadInput."""
    return Pattern(
        _iri(subject, "subject"),
        _iri(predicate, "predicate"),
        _literal(object) if object.startswith('"') else _iri(object, "object"),
    )


def _iri(text: str, place: str) -> NamedNode | None:
    if not text or text.startswith("?"):
        return None
    if text.startswith("_:"):
        raise BadInput(
            f"the {place} is a blank node, which has no name beyond the answer it came in; ask for "
            "what leads to it, or use /sparql"
        )
    return terms.iri(text.removeprefix("<").removesuffix(">"))


def _literal(text: str) -> Literal:
    """Return a literal in Hydra's explicit representation: "a", "a"@en, "1"^^IRI."""
    found = _LITERAL.fullmatch(text)
    if not found:
        raise BadInput(f'expected an object such as "a", "a"@en or "1"^^IRI, got {text[:80]!r}')
    language, datatype = found["language"], found["datatype"]
    try:
        literal = Literal(
            found["text"],
            language=language,
            datatype=terms.iri(datatype) if datatype else None,
        )
    except ValueError:
        raise BadInput(f"expected a language such as en, got {language[:80]!r}") from None
    return terms.stored(literal)


def read(store: Store, wanted: Pattern, page: int, statistics: Statistics | None) -> Fragment:
    """Return a page of a fragment, by one query, and another where `statistics` has no count."""
    shared = statistics is None or statistics.shared_triples > 0
    distinct = "DISTINCT " if shared else ""
    where = f"SELECT {distinct}?s ?p ?o {{ {_bound(wanted)} }}"
    rows = store.query(f"{where} OFFSET {(page - 1) * SIZE} LIMIT {SIZE}").solutions()
    triples = tuple(Triple(row["s"], row["p"], row["o"]) for row in rows)
    known = _known(wanted, statistics) if statistics else None
    return Fragment(wanted, page, triples, _count(store, where) if known is None else known)


def _bound(wanted: Pattern) -> str:
    """Return the pattern with all three variables bound."""
    binds = (
        f" BIND({spell(term)} AS ?{name})"
        for term, name in zip((wanted.subject, wanted.predicate, wanted.object), "spo", strict=True)
        if term is not None
    )
    return str(wanted) + "".join(binds)


def _known(wanted: Pattern, statistics: Statistics) -> int | None:
    """Return the number of triples where it was counted with the snapshot."""
    if wanted.subject is not None or statistics.uncounted:
        return None
    if wanted.predicate is None:
        return statistics.triples if wanted.object is None else None
    if wanted.object is None:
        found = (
            each.triples for each in statistics.properties if each.iri == wanted.predicate.value
        )
        return next(found, 0)
    if wanted.predicate == RDF.type and isinstance(wanted.object, NamedNode):
        owner = wanted.object.value
        return next((each.entities for each in statistics.classes if each.iri == owner), 0)
    return None


def _count(store: Store, where: str) -> int:
    (row,) = store.query(f"SELECT (COUNT(*) AS ?n) {{ {where} }}").solutions()
    return int(row["n"].value)


def quads(fragment: Fragment, root: str, address: Callable[[int], str]) -> Iterator[Quad | Triple]:
    """Yield the triples of a page and, in a graph of their own, the controls that lead on.

    `root` is the address of the interface, `address` makes that of a page of this fragment.
    """
    yield from fragment.triples
    here = NamedNode(address(fragment.page))
    graph = NamedNode(f"{here.value}#metadata")
    for triple in _controls(fragment, here, graph, root, address):
        yield Quad(triple.subject, triple.predicate, triple.object, graph)


def _controls(
    fragment: Fragment,
    here: NamedNode,
    graph: NamedNode,
    root: str,
    address: Callable[[int], str],
) -> Iterator[Triple]:
    dataset, search = NamedNode(f"{root}#dataset"), BlankNode()
    total = Literal(str(fragment.total), datatype=XSD.integer)
    yield Triple(graph, FOAF.primaryTopic, here)
    yield Triple(dataset, RDF.type, VOID.Dataset)
    yield Triple(dataset, RDF.type, HYDRA.Collection)
    yield Triple(dataset, VOID.subset, here)
    yield Triple(dataset, HYDRA.search, search)
    yield Triple(search, HYDRA.template, Literal(f"{root}{{?{','.join(_PLACES)}}}"))
    yield Triple(search, HYDRA.variableRepresentation, HYDRA.ExplicitRepresentation)
    for name in _PLACES:
        mapping = BlankNode()
        yield Triple(search, HYDRA.mapping, mapping)
        yield Triple(mapping, HYDRA.variable, Literal(name))
        yield Triple(mapping, HYDRA.property, RDF[name])
    yield Triple(here, RDF.type, HYDRA.PartialCollectionView)
    yield Triple(here, VOID.triples, total)
    yield Triple(here, HYDRA.totalItems, total)
    yield Triple(here, HYDRA.itemsPerPage, Literal(str(SIZE), datatype=XSD.integer))
    yield Triple(here, HYDRA.first, NamedNode(address(1)))
    if fragment.page > 1:
        yield Triple(here, HYDRA.previous, NamedNode(address(fragment.page - 1)))
    if fragment.has_next:
        yield Triple(here, HYDRA.next, NamedNode(address(fragment.page + 1)))
