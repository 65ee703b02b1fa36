"""What a page tells of a class or of a property: what is declared beside what is observed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from kg import spelled
from kg.ontology import tree
from kg.ontology.declarations import Role
from kg.ontology.index import Bounding, Cut, Declared, OntologyIndex, Term
from kg.ontology.observing import Reach, Use, Values
from kg.ontology.shapes import Demand, Rule
from kg.ontology.tree import Branch
from kg.terms import NamedNode

LINES = 60
"""Lines of a table of a page; how many there are is always told."""

_BELOW = 24


@dataclass(frozen=True)
class Trait:
    """A property of the things of a class, as declared for them and as they have it."""

    property: str
    declared: str
    """The class for which it is declared, this one or one above it; "" if for none."""

    use: Use | None
    """None where no thing has it."""


@dataclass(frozen=True)
class ClassPage:
    """What is known of a class."""

    term: Term
    tree: Branch | None
    traits: Cut[Trait]
    reaching: Cut[Reach]
    """How properties lead to its things."""

    ranged: tuple[str, ...]
    """The properties that are declared to lead to its things."""

    rules: Cut[Rule]

    def iris(self) -> Iterator[NamedNode]:
        """Yield what has to be named."""
        yield from map(NamedNode, self._iris())
        yield from _in_rules(self.rules.rows)

    def _iris(self) -> Iterator[str]:
        yield self.term.iri
        yield from self.term.examples
        yield from (each.iri for each in self.tree or ())
        for trait in self.traits.rows:
            yield trait.property
            if trait.declared:
                yield trait.declared
        yield from (each.property for each in self.reaching.rows)
        yield from self.ranged


@dataclass(frozen=True)
class PropertyPage:
    """What is known of a property."""

    term: Term
    tree: Branch | None
    domains: tuple[Declared, ...]
    ranges: tuple[Declared, ...]
    users: Cut[Use]
    """How the things of each class use it."""

    reached: Cut[Reach]
    values: Cut[Values]
    rules: Cut[Rule]

    def iris(self) -> Iterator[NamedNode]:
        """Yield what has to be named."""
        yield from map(NamedNode, self._iris())
        yield from spelled.iris(term for pair in self.term.examples for term in pair)
        yield from _in_rules(self.rules.rows)

    def _iris(self) -> Iterator[str]:
        yield self.term.iri
        yield from (each.iri for each in self.tree or ())
        yield from (iri for each in (*self.domains, *self.ranges) for iri in each.alternatives)
        yield from (each.owner for each in self.users.rows)
        yield from (each.reached for each in self.reached.rows)
        yield from (each.datatype for each in self.values.rows if each.datatype)


def of_class(index: OntologyIndex, term: Term) -> ClassPage:
    """Return what is known of a class."""
    bounding = index.bounding(term.iri)
    return ClassPage(
        term=term,
        tree=tree.around(index, term.iri, Role.CLASS, _BELOW),
        traits=_traits(index, term.iri, bounding).first(LINES),
        reaching=index.reaching(term.iri).first(LINES),
        ranged=tuple(each.property for each in bounding.rows if each.is_range)[:LINES],
        rules=index.rules(term.iri).first(LINES),
    )


def _traits(index: OntologyIndex, owner: str, bounding: Cut[Bounding]) -> Cut[Trait]:
    """Return what things have: what is declared for them first, then the most usual."""
    declared = {each.property: owner for each in bounding.rows if not each.is_range}
    for above in index.above(owner, Role.CLASS):
        for each in index.bounding(above).rows:
            if not each.is_range:
                declared.setdefault(each.property, above)
    uses = index.uses(owner)
    used = {each.property: each for each in uses.rows}
    traits = [Trait(each, declared.get(each, ""), used.get(each)) for each in {**used, **declared}]
    traits.sort(key=lambda each: not each.declared)
    return Cut(tuple(traits), uses.total + len(declared.keys() - used.keys()))


def of_property(index: OntologyIndex, term: Term) -> PropertyPage:
    """Return what is known of a property."""
    declared = index.declared(term.iri)
    return PropertyPage(
        term=term,
        tree=tree.around(index, term.iri, Role.PROPERTY, _BELOW),
        domains=tuple(each for each in declared if not each.is_range),
        ranges=tuple(each for each in declared if each.is_range),
        users=index.users(term.iri).first(LINES),
        reached=index.reached(term.iri).first(LINES),
        values=index.values(term.iri).first(LINES),
        rules=index.rules(term.iri).first(LINES),
    )


def _in_rules(rules: Iterable[Rule]) -> Iterator[NamedNode]:
    for rule in rules:
        if rule.shape:
            yield NamedNode(rule.shape)
        yield from spelled.iris([rule.path, *_texts(rule.demands)])


def _texts(demands: Iterable[Demand]) -> Iterator[str]:
    for demand in demands:
        yield from demand.values
        for inner in demand.shapes:
            yield from _texts(inner)
