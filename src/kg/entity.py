"""One resource: what the data says about it, and what points to it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from kg import labels
from kg.errors import NotFound
from kg.formats import Format
from kg.labels import Label
from kg.results import Result, fits_rdf_xml
from kg.store import Store
from kg.terms import RDF, BlankNode, Literal, NamedNode, Quad, Term, spell

INCOMING_SHOWN = 100
"""Links to a resource that its page lists; their number is always given in full."""

_BLANK_DEPTH = 4
"""How deep blank nodes are followed; OWL's and SHACL's own nesting is less."""


@dataclass(frozen=True)
class Value:
    """A term at a property: with its label if an IRI, with its own facts or items if blank."""

    term: Term
    label: Label | None = None
    facts: tuple[Fact, ...] = ()
    items: tuple[Value, ...] = ()
    """The members, if the term is an RDF list."""


@dataclass(frozen=True)
class Fact:
    """A property of a resource and all its values."""

    property: NamedNode
    label: Label
    values: tuple[Value, ...]


@dataclass(frozen=True)
class Link:
    """A resource that points here, and by which property."""

    subject: NamedNode
    label: Label
    property: NamedNode
    property_label: Label


@dataclass(frozen=True)
class Entity:
    """A resource as a page shows it."""

    iri: NamedNode
    label: Label
    description: Label | None
    types: tuple[Value, ...]
    facts: tuple[Fact, ...]
    incoming: tuple[Link, ...]
    incoming_total: int
    """Never less than `len(incoming)`; links from blank nodes are counted but not listed."""

    fits_rdf_xml: bool
    """Whether its description can be written as RDF/XML."""


def exists(store: Store, iri: NamedNode) -> bool:
    """Return whether any triple mentions `iri`, in whatever position."""
    term = spell(iri)
    return store.query(
        f"ASK {{ {{ {term} ?p ?o }} UNION {{ ?s ?p {term} }} UNION {{ ?s {term} ?o }} "
        f"UNION {{ GRAPH {term} {{ ?s ?p ?o }} }} }}"
    ).boolean()


def describe(store: Store, iri: NamedNode, format: Format | None = None) -> Result:
    """Return the triples whose subject is `iri`, and those of the blank nodes that hang on it.

    This is the Concise Bounded Description (W3C member submission, 2005) down to blank nodes four
    deep, with lists followed to their end.
    """
    return store.query(_description_query(iri), format=format)


def load(store: Store, iri: NamedNode, languages: Sequence[str]) -> Entity:
    """Return a resource for its page, by four queries. Raises NotFound when nothing mentions it."""
    triples = describe(store, iri).triples()
    incoming = _incoming(store, iri)
    total = _incoming_total(store, iri)
    if not triples and not total and not exists(store, iri):
        raise NotFound(f"the data does not mention <{iri.value}>")
    names = labels.fetch(store, {iri, *_iris(triples, incoming)}, languages)
    facts = _Facts(triples, names).of(iri)
    types = next((fact.values for fact in facts if fact.property == RDF.type), ())
    return Entity(
        iri=iri,
        label=names[iri],
        description=_description(triples, iri, languages),
        types=types,
        facts=tuple(fact for fact in facts if fact.property != RDF.type),
        incoming=tuple(Link(s, names[s], p, names[p]) for s, p in incoming),
        incoming_total=total,
        fits_rdf_xml=fits_rdf_xml(triples),
    )


def _description_query(iri: NamedNode) -> str:
    """Return the query of a description, which gives each triple once.

    Each branch ends in the triples themselves: joined to the union of all nodes, the engine would
    scan every triple of the store for them.
    """
    own = f"{{ {spell(iri)} ?p ?o BIND({spell(iri)} AS ?node) }}"
    below = (_blank_nodes(iri, depth) for depth in range(1, _BLANK_DEPTH + 1))
    found = f"SELECT DISTINCT ?node ?p ?o {{ {' UNION '.join((own, *below))} }}"
    return f"CONSTRUCT {{ ?node ?p ?o }} WHERE {{ {found} }}"


def _blank_nodes(iri: NamedNode, depth: int) -> str:
    """Return the pattern of the triples of blank nodes that are `depth` steps from `iri`.

    Each step leads from blank node to blank node; a whole list (rdf:rest) is one step.
    """
    steps, here = "", spell(iri)
    for step in range(1, depth + 1):
        there = "?node" if step == depth else f"?cell{step}"
        steps += (
            f"{here} ?property{step} ?blank{step} "
            f"FILTER(isBlank(?blank{step}) && ?property{step} != {spell(RDF.rest)}) "
            f"?blank{step} {spell(RDF.rest)}* {there} . "
        )
        here = there
    return f"{{ {steps}?node ?p ?o }}"


def _incoming(store: Store, iri: NamedNode) -> list[tuple[NamedNode, NamedNode]]:
    rows = store.query(
        f"SELECT DISTINCT ?s ?p WHERE {{ ?s ?p {spell(iri)} FILTER(isIRI(?s)) }} "
        f"ORDER BY ?p ?s LIMIT {INCOMING_SHOWN}"
    ).solutions()
    return [(row["s"], row["p"]) for row in rows]


def _incoming_total(store: Store, iri: NamedNode) -> int:
    (row,) = store.query(
        f"SELECT (COUNT(*) AS ?n) {{ SELECT DISTINCT ?s ?p {{ ?s ?p {spell(iri)} }} }}"
    ).solutions()
    return int(row["n"].value)


def _iris(
    triples: Iterable[Quad], incoming: Iterable[tuple[NamedNode, NamedNode]]
) -> Iterable[NamedNode]:
    for triple in triples:
        yield triple.predicate
        if isinstance(triple.object, NamedNode):
            yield triple.object
    for pair in incoming:
        yield from pair


def _description(triples: Iterable[Quad], iri: NamedNode, languages: Sequence[str]) -> Label | None:
    found: dict[NamedNode, list[Label]] = defaultdict(list)
    for triple in triples:
        if triple.subject == iri and isinstance(triple.object, Literal):
            found[triple.predicate].append(Label.of(triple.object))
    texts = [text for property in labels.DESCRIPTION_PROPERTIES for text in found[property]]
    return labels.choose(texts, languages)


class _Facts:
    """The facts of any node among the triples of one description, blank nodes nested."""

    def __init__(self, triples: Iterable[Quad], names: dict[NamedNode, Label]) -> None:
        self._names = names
        self._by_subject: dict[Term, dict[NamedNode, list[Term]]] = defaultdict(
            lambda: defaultdict(list)
        )
        for triple in triples:
            self._by_subject[triple.subject][triple.predicate].append(triple.object)

    def of(self, node: Term, above: frozenset[Term] = frozenset()) -> tuple[Fact, ...]:
        """Return the facts of `node`; a blank node that contains itself is not opened again."""
        properties = self._by_subject.get(node, {})
        facts = (
            Fact(
                property,
                self._names[property],
                tuple(self._value(term, above | {node}) for term in _sorted(terms)),
            )
            for property, terms in properties.items()
        )
        return tuple(sorted(facts, key=lambda fact: (fact.label.text, fact.property.value)))

    def _value(self, term: Term, above: frozenset[Term]) -> Value:
        if isinstance(term, NamedNode):
            return Value(term, self._names[term])
        if isinstance(term, BlankNode) and term not in above:
            if RDF.first in self._by_subject.get(term, {}):
                return Value(term, items=tuple(self._items(term, above)))
            return Value(term, facts=self.of(term, above))
        return Value(term)

    def _items(self, cell: Term, above: frozenset[Term]) -> Iterator[Value]:
        """Yield the members of a list; it ends at rdf:nil, or where it is broken or comes back."""
        seen = set(above)
        while cell in self._by_subject and cell not in seen:
            seen.add(cell)
            for member in self._by_subject[cell].get(RDF.first, ()):
                yield self._value(member, frozenset(seen))
            cell = next(iter(self._by_subject[cell].get(RDF.rest, ())), RDF.nil)


def _sorted(terms: Iterable[Term]) -> list[Term]:
    return sorted(terms, key=lambda term: (type(term).__name__, str(term)))
