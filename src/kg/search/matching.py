"""Which entities match a query, exactly and completely; and in which order they are best shown.

An entity matches when every term of the query does. A term matches a text

- where its normal form stands in that of the text, a word in it at the beginning of a word (and,
  between quotes, at its end);
- where an English word has the same stem;
- in names also where it is the pinyin of a run of characters, or their initials.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from enum import StrEnum
from functools import cache, cached_property, partial

import numpy as np
from pyroaring import BitMap

from kg.errors import OverLimit
from kg.search import postings, runs
from kg.search.field import LIKELY, POSSIBLE, STEMMED, Hearing, stem, stem_name
from kg.search.index import DESCRIPTIONS, NAMES, OTHERS, Index
from kg.search.postings import Numbers
from kg.search.query import Query, Term, parse

BEGINNING = 2_000
"""Places that are looked at before all are."""


class Match(StrEnum):
    """How well an entity matches, the best first."""

    IDENTIFIER = "identifier"
    EXACT = "exact"
    PINYIN = "pinyin"
    PREFIX = "prefix"
    INITIALS = "initials"
    PINYIN_PREFIX = "pinyin-prefix"
    INITIALS_PREFIX = "initials-prefix"
    WORDS = "words"
    WITHIN = "within"
    PINYIN_WITHIN = "pinyin-within"
    INITIALS_WITHIN = "initials-within"
    NAMES = "names"
    DESCRIPTIONS = "descriptions"
    OTHERS = "others"


class Deadline:
    """A time after which no further step of a search is begun."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._end = time.monotonic() + seconds

    def check(self) -> None:
        """Raise OverLimit once it has passed."""
        if time.monotonic() > self._end:
            raise OverLimit(
                f"the search was stopped after {self._seconds:g} seconds, the most it may take; "
                "search for more, or for longer words",
                code="search_timeout",
            )


class Matching:
    """A query put to an index. Every part of it is worked out once, when it is asked for."""

    def __init__(self, index: Index, query: Query, deadline: Deadline) -> None:
        self._index = index
        self.query = query
        self._deadline = deadline
        self._looks = [_checked(runs.look(field.postings), deadline) for field in index.fields]
        self._texts: dict[tuple[Term, int], Numbers] = {}
        self._with_term: dict[tuple[Term, int], BitMap] = {}

    @cached_property
    def entities(self) -> BitMap:
        """All entities that match."""
        return self._identified | self._all(NAMES, DESCRIPTIONS, OTHERS)

    def tiers(self) -> Iterator[tuple[Match, BitMap]]:
        """Yield entities by how well they match; one that comes again counts where it came first.

        Within a tier the most important entities have the smallest numbers. A large one comes
        twice, at first its beginning alone: texts lie in the order of their entities, so it is
        cheap.
        """
        if not self.query:
            return
        yield Match.IDENTIFIER, self._identified
        field = self._index.fields[NAMES]
        for match, at in self._in_names():
            positions = at()
            if len(positions) > BEGINNING:
                yield match, self._owners(NAMES, field.texts_at(positions[:BEGINNING]))
            yield match, self._owners(NAMES, field.texts_at(positions))
        yield Match.NAMES, self._all(NAMES)
        yield Match.DESCRIPTIONS, self._all(NAMES, DESCRIPTIONS)
        yield Match.OTHERS, self._all(NAMES, DESCRIPTIONS, OTHERS)

    def languages(self) -> dict[str, BitMap]:
        """Return the entities that match if only the texts in one language count, by language."""
        used = {
            int(number)
            for term in self.query.terms
            for place, field in enumerate(self._index.fields)
            for number in np.flatnonzero(np.bincount(field.languages[self.texts(term, place)]))
        }
        if len(used) == 1:  # as most often, and then it is known already
            number = used.pop()
            everything = self._all(NAMES, DESCRIPTIONS, OTHERS)
            return {self._index.languages[number]: everything} if everything else {}
        found: dict[str, BitMap] = {}
        for number in used:
            entities = self._every(partial(self._in_language, number))
            if entities:
                found[self._index.languages[number]] = (
                    found.get(self._index.languages[number], BitMap()) | entities
                )
        return found

    def texts(self, term: Term, place: int) -> Numbers:
        """Return the texts of a field that a term matches, ascending."""
        if (term, place) not in self._texts:
            at = self._positions(term, place)
            self._texts[term, place] = self._index.fields[place].texts_at(at)
        return self._texts[term, place]

    def texts_among(self, term: Term, place: int, texts: range) -> Numbers:
        """Return which of some texts of a field a term matches, ascending.

        What is known of all texts is made use of. Otherwise only these are looked at, for unlikely
        readings only where there are no likely ones.
        """
        if (term, place) not in self._texts:
            field = self._index.fields[place]
            within = BitMap(field.positions_of(texts))
            likely = self._positions(term, place, within, LIKELY)
            return field.texts_at(likely or self._positions(term, place, within))
        found = self._texts[term, place]
        # Of the same type, or numpy would make a copy of all that was found.
        bounds = np.array([texts.start, texts.stop], found.dtype)
        first, last = np.searchsorted(found, bounds)
        return found[first:last]

    @cached_property
    def _identified(self) -> BitMap:
        entity = self._index.entity(self.query.text.strip())
        return BitMap() if entity is None else BitMap([entity])

    def _in_names(self) -> Iterator[tuple[Match, Callable[[], BitMap]]]:
        """Yield where in names the whole query stands, by how well that is."""
        field, look, whole = self._index.fields[NAMES], self._looks[NAMES], self.query.whole
        written = cache(partial(runs.written, look))
        starts, ends = field.starts, field.ends
        closed = whole.normal
        yield (
            Match.EXACT,
            lambda: (written(closed) & starts).shift(len(closed)) & ends,
        )
        spelled = whole.folded.replace(" ", "")
        is_spelled = runs.is_spellable(spelled)
        # Of readings only the likely ones place a name before others.
        read = partial(runs.read, look, spelled, self._index.known_syllables, hearing=LIKELY)
        abbreviated = partial(runs.abbreviated, look, spelled, hearing=LIKELY)
        if is_spelled:
            yield Match.PINYIN, lambda: read(begins=starts, is_open=False).shift(1) & ends
        yield Match.PREFIX, lambda: written(whole.begun) & starts
        if is_spelled:
            yield Match.INITIALS, lambda: abbreviated(begins=starts).shift(1) & ends
            yield Match.PINYIN_PREFIX, lambda: read(begins=starts)
            yield Match.INITIALS_PREFIX, lambda: abbreviated(begins=starts)
        yield Match.WORDS, lambda: written(closed)
        yield Match.WITHIN, lambda: written(whole.begun)
        if is_spelled:
            yield Match.PINYIN_WITHIN, read
            yield Match.INITIALS_WITHIN, abbreviated

    def _all(self, *places: int) -> BitMap:
        """Return the entities of which the texts in some fields match every term."""
        return self._every(
            lambda term: BitMap.union(BitMap(), *(self._entities(term, each) for each in places))
        )

    def _entities(self, term: Term, place: int) -> BitMap:
        """Return the entities of which a text in a field matches a term."""
        if (term, place) not in self._with_term:
            self._with_term[term, place] = self._owners(place, self.texts(term, place))
        return self._with_term[term, place]

    def _every(self, entities: Callable[[Term], BitMap]) -> BitMap:
        if not self.query:
            return BitMap()
        return BitMap.intersection(*map(entities, self.query.terms))

    def _in_language(self, number: int, term: Term) -> BitMap:
        found = BitMap()
        for place, field in enumerate(self._index.fields):
            texts = self.texts(term, place)
            found |= self._owners(place, texts[field.languages[texts] == number])
        return found

    def _positions(
        self, term: Term, place: int, within: BitMap | None = None, hearing: Hearing = POSSIBLE
    ) -> BitMap:
        """Return where a term begins in a field, or in texts whose positions are `within`."""
        everywhere = self._looks[place]
        look = everywhere if within is None else lambda token: everywhere(token) & within
        found = [runs.written(look, term.begun)]
        if term.folded and (word := STEMMED.fullmatch(term.begun)):
            found.append(look(postings.named(stem_name(stem(word[1])))))
        if place == NAMES and runs.is_spellable(term.folded):
            known = self._index.known_syllables
            found.append(runs.read(look, term.folded, known, hearing=hearing))
            found.append(runs.abbreviated(look, term.folded, hearing=hearing))
        return BitMap.union(BitMap(), *found)

    def _owners(self, place: int, texts: Numbers) -> BitMap:
        self._deadline.check()
        return postings.bitmap(self._index.fields[place].owners[texts])


def _checked(look: runs.Look, deadline: Deadline) -> runs.Look:
    def find(token: runs.Token) -> BitMap:
        deadline.check()
        return look(token)

    return find


def matching(index: Index, text: str, seconds: float = 5.0) -> BitMap:
    """Return all entities that match a text; `index.iris` tells their IRIs.

    Raises BadInput when the text is too long, and OverLimit after some seconds.
    """
    return Matching(index, parse(text, index.folding), Deadline(seconds)).entities
