"""Things as they are listed: what each is called, what it is, and what sets it apart."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from kg import labels
from kg.browse.facets import plain_label
from kg.display import Display
from kg.labels import Label, choose
from kg.store import Store
from kg.terms import RDF, Literal, NamedNode, Term, values

FACTS_SHOWN = 3
VALUES_SHOWN = 3
"""Values of a fact that a card shows."""


@dataclass(frozen=True)
class Fact:
    """A property of a thing, and its first values with their labels."""

    property: NamedNode
    label: Label
    values: tuple[tuple[Term, Label], ...]
    more: int = 0
    """Values beyond those."""


@dataclass(frozen=True)
class Card:
    """A thing in a list."""

    iri: NamedNode
    label: Label
    description: Label | None
    types: tuple[tuple[NamedNode, Label], ...]
    facts: tuple[Fact, ...]


_About = Mapping[NamedNode, Sequence[Term]]
"""The values that a thing has at each property."""


@dataclass(frozen=True)
class Cards:
    """Makes cards for a reader of some languages."""

    store: Store
    languages: Sequence[str]
    display: Display
    known: Callable[[Iterable[NamedNode]], Mapping[NamedNode, Label]] = lambda _iris: {}
    """Returns the labels of those of some IRIs that are at hand already."""

    facts_shown: int | None = FACTS_SHOWN
    """Facts on a card; None for all."""

    def of(self, iris: Sequence[str], properties: Sequence[NamedNode]) -> list[Card]:
        """Return a card for each thing, by one query, and one more for labels that are not known.

        A card shows the first of `properties` that the thing has.
        """
        things = [NamedNode(iri) for iri in iris]
        found = self._found(things, properties) if things else {}
        names = self._names_on(found.values(), properties)
        return [self._card(thing, found.get(thing, {}), properties, names) for thing in things]

    def _found(
        self, things: Sequence[NamedNode], properties: Sequence[NamedNode]
    ) -> Mapping[NamedNode, _About]:
        names = (*self.display.label_properties, *self.display.description_properties)
        # All pairs are made before any is looked up: see `labels.fetch`.
        wanted = dict.fromkeys((*names, RDF.type, *properties))
        pairs = f"SELECT * {{ {values('item', things)} {values('property', wanted)} }}"
        # Repeated rows and blank nodes are left out here: the engine would take twice as long.
        rows = self.store.query(
            f"SELECT ?item ?property ?value {{ {{ {pairs} }} ?item ?property ?value }}"
        ).solutions()
        found: dict[NamedNode, dict[NamedNode, dict[str, Term]]]
        found = defaultdict(lambda: defaultdict(dict))
        for item, property, value in rows:
            if isinstance(value, (NamedNode, Literal)):
                found[item][property][str(value)] = value
        return {
            item: {
                property: [value for _, value in sorted(held.items())]
                for property, held in about.items()
            }
            for item, about in found.items()
        }

    def names(self, iris: Iterable[NamedNode]) -> Mapping[NamedNode, Label]:
        """Return a label for each IRI, by a query if it takes one."""
        wanted = set(iris)
        known = self.known(wanted)
        missing = wanted - known.keys()
        properties = self.display.label_properties
        return {**known, **labels.fetch(self.store, missing, self.languages, properties)}

    def _names_on(
        self, abouts: Iterable[_About], properties: Sequence[NamedNode]
    ) -> Mapping[NamedNode, Label]:
        """Return the labels of all IRIs on cards, but for the things themselves."""
        shown: set[NamedNode] = set(properties)
        for about in abouts:
            for property in (RDF.type, *properties):
                shown |= {term for term in about.get(property, ()) if isinstance(term, NamedNode)}
        return self.names(shown)

    def _card(
        self,
        iri: NamedNode,
        about: _About,
        properties: Sequence[NamedNode],
        names: Mapping[NamedNode, Label],
    ) -> Card:
        types = [term for term in about.get(RDF.type, ()) if isinstance(term, NamedNode)]
        preferred = map(NamedNode, self.display.view(types).facts)
        order = [each for each in dict.fromkeys((*preferred, *properties)) if each in properties]
        facts = [self._fact(each, about[each], names) for each in order if about.get(each)]
        return Card(
            iri,
            self._text(about, self.display.label_properties) or labels.unnamed(iri.value),
            self._text(about, self.display.description_properties),
            tuple((type, names[type]) for type in types),
            tuple(facts[: self.facts_shown]),
        )

    def _text(self, about: _About, properties: Iterable[NamedNode]) -> Label | None:
        terms = (term for property in properties for term in about.get(property, ()))
        texts = (Label.of(term) for term in terms if isinstance(term, Literal))
        return choose(texts, self.languages)

    def _fact(
        self, property: NamedNode, terms: Sequence[Term], names: Mapping[NamedNode, Label]
    ) -> Fact:
        shown = self._in_one_language(terms)
        most = len(shown) if self.facts_shown is None else VALUES_SHOWN
        held = tuple((term, _label(term, names)) for term in shown[:most])
        return Fact(property, names[property], held, len(shown) - len(held))

    def _in_one_language(self, terms: Sequence[Term]) -> list[Term]:
        """Return values; of texts in several languages only those in the most wanted one."""
        texts = [term for term in terms if isinstance(term, Literal) and term.language]
        best = choose(map(Label.of, texts), self.languages)
        unwanted = {text for text in texts if best and text.language != best.language}
        return [term for term in terms if term not in unwanted]


def _label(term: Term, names: Mapping[NamedNode, Label]) -> Label:
    if isinstance(term, NamedNode):
        return names[term]
    assert isinstance(term, Literal)
    return plain_label(term)
