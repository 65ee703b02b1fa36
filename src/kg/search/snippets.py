"""Where one text matches a term, by the rules of the index, and the part of it that shows that."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from kg.search.field import STEMMED, stem
from kg.search.normal import CONTINUOUS, Folding, Normal
from kg.search.pinyin import initials
from kg.search.query import Query, Term
from kg.search.runs import is_spellable

LONGEST = 160
"""Characters of a snippet."""

_BEFORE = 40
"""Characters that a snippet shows before the first match."""

Span = tuple[int, int]
Syllables = Mapping[str, Sequence[str]]


@dataclass(frozen=True)
class Segment:
    """A piece of a snippet."""

    text: str
    matched: bool = False


def spans(term: Term, text: Normal, syllables: Syllables | None) -> list[Span]:
    """Return where a normal form matches a term; `syllables` are given for names alone."""
    found = [*_written(term, text.text), *_stems(term, text.text)]
    if syllables is not None and is_spellable(term.folded):
        found += _spoken(term.folded, text.text, syllables)
    return found


def snippet(
    query: Query, text: str, folding: Folding, syllables: Syllables | None
) -> list[Segment]:
    """Return the part of a text that matches first, in pieces, those that match marked."""
    traced = folding.traced(text)
    found = (span for term in query.terms for span in spans(term, traced, syllables))
    marked = _merged(_in_source(span, traced) for span in found)
    begin = 0
    if len(traced.source) > LONGEST and marked:
        begin = max(0, min(marked[0][0] - _BEFORE, len(traced.source) - LONGEST))
    return list(_segments(traced.source, begin, min(len(traced.source), begin + LONGEST), marked))


def _segments(source: str, begin: int, end: int, marked: Iterable[Span]) -> Iterator[Segment]:
    if begin:
        yield Segment("…")
    place = begin
    for first, last in marked:
        if first >= end:
            break
        if first > place:
            yield Segment(source[place:first])
        yield Segment(source[max(first, begin) : min(last, end)], matched=True)
        place = last
    if place < end:
        yield Segment(source[place:end])
    if end < len(source):
        yield Segment("…")


def _written(term: Term, text: str) -> Iterator[Span]:
    place = text.find(term.begun)
    while place >= 0:
        yield place, place + len(term.begun)
        place = text.find(term.begun, place + 1)


def _stems(term: Term, text: str) -> Iterator[Span]:
    if not term.folded or not (word := STEMMED.fullmatch(term.begun)):
        return
    wanted = stem(word[1])
    for found in STEMMED.finditer(text):
        if stem(found[1]) == wanted:
            yield found.span(1)


def _spoken(folded: str, text: str, syllables: Syllables) -> Iterator[Span]:
    ears = (_Ear(folded, text, syllables, abbreviated=each) for each in (False, True))
    for ear in ears:
        for place in range(len(text)):
            if end := ear.hear(0, place):
                yield place, end


class _Ear:
    """Hears what was typed in the characters of a text."""

    def __init__(self, folded: str, text: str, syllables: Syllables, *, abbreviated: bool) -> None:
        self._folded = folded
        self._text = text
        self._syllables = syllables
        self._abbreviated = abbreviated

    def hear(self, typed: int, at: int) -> int | None:
        """Return where the rest of what was typed ends if it is heard from a place on."""
        if typed == len(self._folded):
            return at
        if self._folded[typed] == "'":
            return self.hear(typed + 1, at)
        if at == len(self._text) or not CONTINUOUS.match(self._text[at]):
            return None
        ends = (self.hear(after, at + 1) for after in self._steps(typed, self._text[at]))
        return next((end for end in ends if end), None)

    def _steps(self, typed: int, character: str) -> Iterator[int]:
        """Yield how far a character may take what was typed."""
        if CONTINUOUS.match(self._folded[typed]):
            if self._folded[typed] == character:
                yield typed + 1
            return
        said = self._syllables.get(character, ())
        for each in initials(said) if self._abbreviated else said:
            if self._folded.startswith(each, typed):
                yield typed + len(each)
            elif not self._abbreviated and each.startswith(self._folded[typed:]):
                yield len(self._folded)


def _in_source(span: Span, text: Normal) -> Span:
    """Return where a span of a normal form stands in the text it was made from."""
    first, last = span
    while first < last and text.text[first] == " ":
        first += 1
    while last > first and text.text[last - 1] == " ":
        last -= 1
    return text.places[first], text.places[last - 1] + 1


def _merged(found: Iterable[Span]) -> list[Span]:
    merged: list[Span] = []
    for first, last in sorted(found):
        if merged and first <= merged[-1][1]:
            merged[-1] = merged[-1][0], max(last, merged[-1][1])
        else:
            merged.append((first, last))
    return merged
