"""Facts: what is said of a node, with the nodes that hang on it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from kg.entity import description
from kg.entity.said import Names, Said, ordered
from kg.entity.values import Fact, Value
from kg.terms import RDF, BlankNode, NamedNode, Term

ITEMS = 200
"""Members of a list that are shown."""


@dataclass(frozen=True)
class Facts:
    """The facts of any node among the triples of one answer, blank nodes nested.

    Of a property with many values the first are taken; `complete` tells whether those that are said
    here are all.
    """

    said: Said
    names: Names
    complete: bool = True
    each: int = description.EACH

    def of(self, node: Term, above: frozenset[Term] = frozenset()) -> tuple[Fact, ...]:
        """Return the facts of `node`, by label; a blank node inside itself is not opened again."""
        facts = (
            self._fact(property, values, above | {node})
            for property, values in self.said.of(node).items()
        )
        return tuple(sorted(facts, key=lambda fact: (fact.label.text, fact.property.value)))

    def value(self, term: Term, above: frozenset[Term] = frozenset()) -> Value:
        """Return a term with its label, and what hangs on it if it is a blank node."""
        if isinstance(term, NamedNode):
            thing = self.names.thing(term)
            return Value(term, thing.label, types=thing.types)
        if isinstance(term, BlankNode) and term not in above:
            if RDF.first in self.said.of(term):
                return self._list(term, above)
            return Value(term, facts=self.of(term, above))
        return Value(term)

    def _fact(self, property: NamedNode, values: Sequence[Term], above: frozenset[Term]) -> Fact:
        shown = first(values, self.each)
        left_out = len(values) - len(shown)
        return Fact(
            property,
            self.names.thing(property).label,
            tuple(self.value(term, above) for term in shown),
            left_out if self.complete or not left_out else None,
        )

    def _list(self, head: BlankNode, above: frozenset[Term]) -> Value:
        """Return a list; it ends at rdf:nil, or where it is broken or comes back."""
        seen, cells = set(above), list[tuple[Term, Term]]()
        cell: Term = head
        while cell in self.said and cell not in seen:
            seen.add(cell)
            cells += [(cell, member) for member in self.said.values(cell, RDF.first)]
            cell = self.said.first(cell, RDF.rest) or RDF.nil
        shown = cells[:ITEMS]
        left_out = len(cells) - len(shown)
        return Value(
            head,
            items=tuple(self.value(member, frozenset(seen)) for _, member in shown),
            cells=tuple(each for each, _ in shown),
            end=None if left_out else cell,
            left_out=left_out,
        )


def first(values: Sequence[Term], each: int) -> list[Term]:
    """Return the values of a property that are shown."""
    return ordered(values)[:each]
