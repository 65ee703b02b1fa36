"""What the data says of itself, as the page of the dataset shows it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass

from kg.catalogue.void import COUNTS
from kg.dataset import DCAT, VOID
from kg.labels import Label, choose
from kg.terms import RDF, RDFS, Literal, NamedNode, Quad, Term

_ELSEWHERE = COUNTS | {RDF.type, RDFS.label, DCAT.distribution, VOID.exampleResource}
"""What the page tells in other places, or need not."""

MOST = 30
"""Values of a property that are listed."""


@dataclass(frozen=True)
class Fact:
    """A property of the dataset, and its values: texts in the reader's language, other terms."""

    property: NamedNode
    values: tuple[Term, ...]
    total: int


def about(
    own: Sequence[Quad],
    dataset: NamedNode,
    languages: Sequence[str],
    headed: Collection[NamedNode],
) -> list[Fact]:
    """Return what is said of a dataset; not what the page is `headed` by."""
    found: dict[NamedNode, list[Term]] = {}
    for each in own:
        shown = each.predicate not in _ELSEWHERE and each.predicate not in headed
        if each.subject == dataset and shown and isinstance(each.object, NamedNode | Literal):
            found.setdefault(each.predicate, []).append(each.object)
    facts = []
    for property, values in sorted(found.items(), key=lambda item: str(item[0])):
        spoken = list(_spoken(values, languages))
        facts.append(Fact(property, tuple(spoken[:MOST]), len(spoken)))
    return facts


def iris(facts: Iterable[Fact]) -> Iterator[NamedNode]:
    """Yield what has to be named."""
    for fact in facts:
        yield fact.property
        yield from (value for value in fact.values if isinstance(value, NamedNode))


def _spoken(values: Iterable[Term], languages: Sequence[str]) -> Iterator[Term]:
    """Yield values in order; of texts in several languages those in the most wanted one."""
    texts = {
        value: Label.of(value) for value in values if isinstance(value, Literal) and value.language
    }
    best = choose(texts.values(), languages)
    for value in sorted(values, key=str):
        text = texts.get(value) if isinstance(value, Literal) else None
        if best is None or text is None or text.language == best.language:
            yield value
