"""A resource as its page shows it: everything of `kg.entity` in one value."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from kg import labels
from kg.display import Display
from kg.entity import description, facts, figures, incoming, places, surroundings
from kg.entity.description import Description
from kg.entity.evidence import Testimony, Texts
from kg.entity.facts import Facts
from kg.entity.incoming import ClassCount, Counts, Group, Incoming
from kg.entity.said import Names, Said
from kg.entity.surroundings import Surroundings
from kg.entity.values import Fact, Figure, Passage, Value
from kg.errors import NotFound
from kg.geometry import Shape
from kg.labels import Label
from kg.results import fits_rdf_xml
from kg.store import Store
from kg.terms import RDF, BlankNode, Literal, NamedNode, Quad, Term

HEADED = 6
"""Names, and texts that describe, up to which the head of a page shows them all."""


def _values(fact: Fact | None) -> tuple[Value, ...]:
    return fact.values if fact else ()


def _reads(value: Value, label: Label | None) -> bool:
    return isinstance(value.term, Literal) and Label.of(value.term) == label


def _no_texts(_digests: Collection[str]) -> Mapping[str, str]:
    return {}


@dataclass(frozen=True)
class Manner:
    """How pages are to be made."""

    languages: Sequence[str]
    """The most wanted first, as from `kg.labels.chain`."""

    display: Display = field(default_factory=Display)
    properties: Collection[NamedNode] = ()
    """Those that stand in the data."""

    texts: Texts = _no_texts


@dataclass(frozen=True)
class Entity:
    """A resource as a page shows it."""

    iri: NamedNode
    label: Label
    naming: Fact | None
    """Its names in this and other languages, if they are few: the head of the page shows them."""

    description: Label | None
    describing: Fact | None
    """The texts that describe it, likewise."""

    types: tuple[Value, ...]
    facts: tuple[Fact, ...]
    """What the display of its class puts first, in that order; then everything else."""

    first_facts: int
    """How many of `facts` the display puts first."""

    figure: Figure | None
    passage: Passage | None
    shapes: tuple[Shape, ...]
    incoming: Incoming
    complete: bool
    """Whether all of its own triples were looked at."""

    fits_rdf_xml: bool
    """Whether its description can be written as RDF/XML."""

    @property
    def classes(self) -> list[NamedNode]:
        """The classes that have an IRI."""
        return [each.term for each in self.types if isinstance(each.term, NamedNode)]

    @property
    def other_names(self) -> list[Value]:
        """The names of the head that are not its title."""
        return [each for each in _values(self.naming) if not _reads(each, self.label)]

    @property
    def other_descriptions(self) -> list[Value]:
        """The descriptions that are in other languages than the one that is shown first."""
        return [each for each in _values(self.describing) if not _reads(each, self.description)]

    @property
    def usual_graphs(self) -> tuple[Value, ...]:
        """The graphs in which most facts stand, which need not be told of each."""
        found = [value.graphs for fact in self.facts for value in fact.values]
        return max(found, key=found.count, default=())


def load(store: Store, iri: NamedNode, manner: Manner) -> Entity:
    """Return a resource for its page. Raises NotFound when nothing mentions it.

    Takes four queries; two more for a resource with more than `description.OWN` triples, and one
    more for what is mentioned neither as subject nor as object.
    """
    described = description.read(store, iri, manner.properties)
    counts = incoming.count(store, iri)
    if not described.triples and not counts.by_property and not description.exists(store, iri):
        raise NotFound(f"the data does not mention <{iri.value}>")
    own = Said((each.subject, each.predicate, each.object) for each in described.triples)
    shown = [(p, o) for p, found in own.of(iri).items() for o in facts.first(found, described.each)]
    around = surroundings.read(store, iri, shown, counts, manner.properties)
    page = _Page(iri, manner, described, own, counts, around)
    page.made()  # which finds out what has to be named
    page.names.known = labels.things(
        store, page.names.wanted, manner.languages, manner.display.label_properties
    )
    return page.made()


@dataclass
class _Page:
    """What was read about a resource, and the page that is made of it."""

    iri: NamedNode
    manner: Manner
    described: Description
    own: Said
    counts: Counts
    around: Surroundings
    names: Names = field(default_factory=Names)

    def __post_init__(self) -> None:
        self.facts = Facts(self.own, self.names, self.described.complete, self.described.each)
        self.others = Facts(self.around.said, self.names)
        self.testimony = Testimony.about(
            self.iri, self.around.said, self.others, self.manner.languages, self.manner.texts
        )
        types = self.own.values(self.iri, RDF.type)
        view = self.manner.display.view(each for each in types if isinstance(each, NamedNode))
        self.order = {property: place for place, property in enumerate(view.facts)}

    def made(self) -> Entity:
        """Return the page, with the names that are known."""
        display, iri = self.manner.display, self.iri
        all_facts = [self._with_evidence(fact) for fact in self.facts.of(iri)]
        naming = _head(all_facts, display.label_properties)
        describing = _head(all_facts, display.description_properties)
        rest = [
            fact
            for fact in sorted(all_facts, key=self._place)
            if fact not in (naming, describing) and fact.property != RDF.type
        ]
        return Entity(
            iri=iri,
            label=self.names.thing(iri).label,
            naming=naming,
            description=self._description(),
            describing=describing,
            types=next((fact.values for fact in all_facts if fact.property == RDF.type), ()),
            facts=tuple(rest),
            first_facts=sum(fact.property.value in self.order for fact in rest),
            figure=figures.of(iri, self.own, self.around.said, self.facts),
            passage=self.testimony.passage(iri),
            shapes=places.of(iri, self._told),
            incoming=self._incoming(),
            complete=self.described.complete and self.around.complete,
            fits_rdf_xml=fits_rdf_xml(self.described.triples),
        )

    def _place(self, fact: Fact) -> int:
        return self.order.get(fact.property.value, len(self.order))

    def _told(self, node: Term) -> Said:
        """Return the triples that tell of a node: blank ones are those of the description."""
        return self.own if node == self.iri or isinstance(node, BlankNode) else self.around.said

    def _with_evidence(self, fact: Fact) -> Fact:
        values = (self._known(fact.property, value) for value in fact.values)
        return replace(fact, values=tuple(values))

    def _known(self, property: NamedNode, value: Value) -> Value:
        """Return a value with how it is known, and with what it stands for."""
        term = value.term
        graphs = sorted(set(self.around.graphs.get((property, term), ())), key=str)
        facts = self.facts if isinstance(term, BlankNode) else self.others
        return replace(
            value,
            figure=None
            if isinstance(term, Literal)
            else figures.of(term, self._told(term), self.around.said, facts),
            passage=None if isinstance(term, Literal) else self.testimony.passage(term),
            graphs=tuple(self.others.value(graph) for graph in graphs),
            evidence=self.testimony.of(property, term),
        )

    def _description(self) -> Label | None:
        properties = self.manner.display.description_properties
        texts = [
            Label.of(value)
            for value in self.own.values(self.iri, *properties)
            if isinstance(value, Literal)
        ]
        return labels.choose(texts, self.manner.languages)

    def _incoming(self) -> Incoming:
        listed = self.counts.listed
        total = sum(self.counts.by_property.values())
        groups = tuple(self._group(property) for property in listed)
        return Incoming(
            groups, min(total, incoming.COUNTED), self.counts.complete,
            left_out=len(self.counts.by_property) - len(listed),
        )  # fmt: skip

    def _group(self, property: NamedNode) -> Group:
        value = self.others.value
        classes = sorted(
            self.around.classes.get(property, ()), key=lambda each: (-each[1], each[0].value)
        )
        return Group(
            property,
            self.names.thing(property).label,
            self.counts.by_property[property],
            tuple(ClassCount(value(kind), total) for kind, total in classes),
            tuple(value(each) for each in sorted(self.around.first.get(property, ()), key=str)),
        )


def _head(all_facts: Iterable[Fact], properties: Sequence[NamedNode]) -> Fact | None:
    """Return the fact of the first of `properties` if it is short: the head shows it whole."""
    by_property = {fact.property: fact for fact in all_facts}
    found = next((by_property[each] for each in properties if each in by_property), None)
    if found is None or found.left_out != 0 or len(found.values) > HEADED:
        return None
    return found if all(isinstance(each.term, Literal) for each in found.values) else None


def triples(entity: Entity) -> Iterator[Quad]:
    """Yield what a page shows as triples, with what hangs on blank nodes."""
    types = Fact(RDF.type, Label(""), entity.types)
    for fact in (types, entity.naming, entity.describing, *entity.facts):
        if fact is not None:
            yield from _triples(entity.iri, fact)


def _triples(subject: NamedNode | BlankNode, fact: Fact) -> Iterator[Quad]:
    for value in fact.values:
        yield Quad(subject, fact.property, value.term)
        yield from _below(value)


def _below(value: Value) -> Iterator[Quad]:
    """Yield what hangs on a blank node."""
    if isinstance(value.term, BlankNode):
        for fact in value.facts:
            yield from _triples(value.term, fact)
    after_each = (*value.cells[1:], value.end) if value.items else ()
    for cell, member, after in zip(value.cells, value.items, after_each, strict=True):
        assert isinstance(cell, BlankNode | NamedNode)
        yield Quad(cell, RDF.first, member.term)
        yield from _below(member)
        if after is not None and after != cell:
            yield Quad(cell, RDF.rest, after)
