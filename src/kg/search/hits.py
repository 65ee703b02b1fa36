"""A page of what was found: hits in their order, with facets that count all of them."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from pyroaring import BitMap

from kg.labels import Label, choose
from kg.search import postings, query, snippets
from kg.search.index import DESCRIPTIONS, FIELDS, NAMES, OTHERS, Index
from kg.search.matching import Deadline, Match, Matching
from kg.search.snippets import Segment

MOST_VALUES = 20
"""Values that a facet shows; how many there are is always told."""

_TEXTS_LOOKED_AT = 20
"""Texts of one entity that its snippet is chosen from."""


@dataclass(frozen=True)
class Wanted:
    """What a page is to show. Of several classes, or languages, any will do."""

    offset: int = 0
    size: int = 20
    classes: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    seconds: float = 5.0


@dataclass(frozen=True)
class Found:
    """A text in which something was found."""

    field: str
    """One of `FIELDS`."""

    said_by: str
    """The IRI of the property; "" where the text is the name within the IRI."""

    language: str
    segments: tuple[Segment, ...]

    @property
    def text(self) -> str:
        """The snippet without marks."""
        return "".join(segment.text for segment in self.segments)


@dataclass(frozen=True)
class Hit:
    """An entity that matches."""

    iri: str
    match: Match
    label: Label
    classes: tuple[str, ...]
    description: Label | None
    found: Found | None
    """None where the IRI itself was searched for."""

    @property
    def title(self) -> tuple[Segment, ...]:
        """The label, with what was found marked in it."""
        is_label = self.found and self.found.text == self.label.text
        return self.found.segments if self.found and is_label else (Segment(self.label.text),)

    @property
    def elsewhere(self) -> Found | None:
        """The text in which something was found, unless that is the label."""
        return None if self.found is None or self.found.text == self.label.text else self.found


@dataclass(frozen=True)
class Value:
    """A value of a facet, and how many entities there would be with it."""

    value: str
    count: int
    selected: bool


@dataclass(frozen=True)
class Facet:
    """Values, the commonest first; `total` is how many there are."""

    values: tuple[Value, ...]
    total: int


@dataclass(frozen=True)
class Page:
    """Some of the entities that match, and counts of all of them."""

    total: int
    hits: tuple[Hit, ...]
    classes: Facet
    languages: Facet


def page(index: Index, text: str, languages: Sequence[str], wanted: Wanted) -> Page:
    """Return a page of what a text finds. Raises BadInput and OverLimit."""
    matching = Matching(index, query.parse(text, index.folding), Deadline(wanted.seconds))
    in_languages = matching.languages()
    of_classes = _of_classes(index, wanted.classes)
    said = matching.entities
    if wanted.languages:
        said = said & BitMap.union(
            BitMap(), *(in_languages.get(each, BitMap()) for each in wanted.languages)
        )
    entities = said if of_classes is None else said & of_classes
    chosen = in_order(index, matching, entities, wanted)
    show = Showing(index, matching, languages)
    return Page(
        len(entities),
        tuple(show.hit(entity, match) for entity, match in chosen),
        _class_facet(index, said, wanted.classes),
        _facet(
            {
                each: len(found if of_classes is None else found & of_classes)
                for each, found in in_languages.items()
            },
            wanted.languages,
        ),
    )


def suggestions(
    index: Index, text: str, languages: Sequence[str], wanted: Wanted
) -> tuple[Hit, ...]:
    """Return the best hits among names, for who is still typing. Raises BadInput, OverLimit."""
    matching = Matching(index, query.parse(text, index.folding), Deadline(wanted.seconds))
    of_classes = _of_classes(index, wanted.classes)
    show = Showing(index, matching, languages)
    entities = BitMap(range(index.entities)) if of_classes is None else of_classes
    chosen = in_order(index, matching, entities, wanted, last=Match.NAMES)
    return tuple(show.hit(entity, match) for entity, match in chosen)


def _of_classes(index: Index, classes: Sequence[str]) -> BitMap | None:
    """Return the entities of any of some classes; None where none are named."""
    if not classes:
        return None
    numbers = (index.classes.index(each) for each in classes if each in index.classes)
    return BitMap.union(BitMap(), *(postings.bitmap(index.members(each)) for each in numbers))


def in_order(
    index: Index, matching: Matching, among: BitMap, wanted: Wanted, last: Match = Match.OTHERS
) -> list[tuple[int, Match]]:
    """Return the entities of a page, the best first; those that are not ordinary come last."""
    kept: list[tuple[Match, BitMap]] = []
    waiting: list[tuple[Match, BitMap]] = []
    seen, known = BitMap(), 0
    for match, tier in matching.tiers():
        fresh = (tier & among) - seen
        seen = seen | fresh
        common = fresh & BitMap(range(index.ordinary))
        kept.append((match, common))
        waiting.append((match, fresh - common))
        known += len(common)
        if known >= wanted.offset + wanted.size or match is last:
            break
    return list(_slice([*kept, *waiting], wanted.offset, wanted.offset + wanted.size))


def _slice(
    tiers: Sequence[tuple[Match, BitMap]], first: int, last: int
) -> Iterator[tuple[int, Match]]:
    """Yield the entities from one place to another of tiers that follow each other."""
    for match, tier in tiers:
        if first < len(tier) and last > 0:
            for entity in tier[max(first, 0) : last]:
                yield entity, match
        first, last = first - len(tier), last - len(tier)


def _class_facet(index: Index, entities: BitMap, selected: Sequence[str]) -> Facet:
    counts = index.class_counts(postings.numbers(entities))
    found = {index.classes[each]: int(counts[each]) for each in np.flatnonzero(counts)}
    return _facet(found, selected, index.machinery)


def _facet(counts: dict[str, int], selected: Sequence[str], last: Collection[str] = ()) -> Facet:
    """Return the values chosen, then the commonest, those of `last` at the end."""
    known = counts | {each: counts.get(each, 0) for each in selected}
    ordered = sorted(
        known, key=lambda each: (each not in selected, each in last, -known[each], each)
    )
    values = (Value(each, known[each], each in selected) for each in ordered[:MOST_VALUES])
    return Facet(tuple(values), len(known))


class Showing:
    """Shows entities that match, in the reader's languages."""

    def __init__(self, index: Index, matching: Matching, languages: Sequence[str]) -> None:
        self._index = index
        self._matching = matching
        self._languages = languages

    def hit(self, entity: int, match: Match) -> Hit:
        """Return an entity with what a page shows of it."""
        index = self._index
        return Hit(
            index.iri(entity),
            match,
            index.label(entity, self._languages),
            tuple(index.classes[each] for each in index.classes_of(entity)),
            index.description(entity, self._languages),
            self.found(entity),
        )

    def found(self, entity: int) -> Found | None:
        """Return the text that matches most terms, of these the one that is said first."""
        for place in (NAMES, DESCRIPTIONS, OTHERS):
            if best := self._best(entity, place):
                return best
        return None

    def _best(self, entity: int, place: int) -> Found | None:
        field, index = self._index.fields[place], self._index
        texts = field.texts_of(entity)
        terms = self._matching.query.terms
        counts: dict[int, int] = {}
        for term in terms:
            found = self._matching.texts_among(term, place, texts)
            for text in found[:_TEXTS_LOOKED_AT].tolist():
                counts[text] = counts.get(text, 0) + 1
        most = [text for text in sorted(counts) if counts[text] == max(counts.values())]
        if not most:
            return None
        said = {Label(str(text), index.languages[field.languages[text]]): text for text in most}
        chosen = choose(said, self._languages)
        text = said[chosen] if chosen else most[0]
        syllables = index.syllables if place == NAMES else None
        return Found(
            FIELDS[place],
            index.properties[field.properties[text]],
            index.languages[field.languages[text]],
            tuple(
                snippets.snippet(self._matching.query, field.texts[text], index.folding, syllables)
            ),
        )
