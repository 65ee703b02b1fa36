"""A field: texts of one kind (names, descriptions, other texts), and where each token stands.

The normal forms of all texts lie one after the other, each ended by a line break. A character's
place in that is its position. At a position stand several tokens: a character that stands by
itself, or three characters of a word (with the spaces beside it); in names also the pinyin of the
character and its first letter; where an English word begins also its stem. What is looked for is
thus always a run of positions, found by shifting and intersecting bitmaps.

    texts.*         the texts as they are
    starts.npy      the position of the first character of each, and the end of the last
    owners.npy      the entity that each belongs to, ascending: the most important first
    properties.npy  the number of its property
    languages.npy   the number of its language
"""

from __future__ import annotations

import re
from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import snowballstemmer
from pyroaring import BitMap

from kg.errors import StorageFailed
from kg.search import postings, strings
from kg.search.normal import CONTINUOUS_RANGES, Folding
from kg.search.pinyin import initials, likely, syllables, words
from kg.search.postings import Numbers, Postings
from kg.search.strings import Strings

BATCH = 500_000
"""Characters whose tokens are worked out at a time."""

LAST_POSITION = 2**32 - 1

STEMMED = re.compile(r" ([a-z]{3,24})(?= |$)")
"""A word that has a stem, in a normal form."""
_SPACE, _END = ord(" "), ord("\n")
_CODE_POINTS = 0x110000


class Field:
    """Texts to search in."""

    def __init__(self, folder: Path) -> None:
        self.texts = Strings(folder / "texts")
        self.owners: Numbers = np.load(folder / "owners.npy", mmap_mode="r")
        self.properties: Numbers = np.load(folder / "properties.npy", mmap_mode="r")
        self.languages: Numbers = np.load(folder / "languages.npy", mmap_mode="r")
        self.postings = Postings(folder)
        self._starts: Numbers = np.load(folder / "starts.npy", mmap_mode="r")

    @cached_property
    def starts(self) -> BitMap:
        """The positions at which a text begins."""
        return postings.bitmap(self._starts[:-1])

    @cached_property
    def ends(self) -> BitMap:
        """The positions of the line breaks after the texts."""
        return postings.bitmap(self._starts[1:] - 1)

    def texts_at(self, positions: BitMap) -> Numbers:
        """Return the texts in which positions lie, ascending, each once."""
        if not positions:
            return np.empty(0, np.uint32)
        at = np.searchsorted(self._starts[:-1], postings.numbers(positions), side="right") - 1
        return at[np.r_[True, at[1:] != at[:-1]]].astype(np.uint32)

    def positions_of(self, texts: range) -> range:
        """Return the positions of some texts, the line breaks after them included."""
        return range(int(self._starts[texts.start]), int(self._starts[texts.stop]))

    def texts_of(self, owner: int) -> range:
        """Return the texts of an entity."""
        # Of the same type, or numpy would make a copy of all owners.
        bounds = np.array([owner, owner + 1], self.owners.dtype)
        first, last = np.searchsorted(self.owners, bounds)
        return range(int(first), int(last))


class Writer:
    """Writes a field, text after text in the order of their owners."""

    def __init__(self, folder: Path, folding: Folding, *, phonetic: bool) -> None:
        folder.mkdir(parents=True)
        self._folder = folder
        self._folding = folding
        self._phonetic = phonetic
        self._texts = strings.Writer(folder / "texts")
        self._starts, self._owners = array("I"), array("I")
        self._properties, self._languages = array("I"), array("I")
        self._postings = postings.Writer(folder)
        self._batch: list[str] = []
        self._begin = 0  # the position of the batch
        self._end = 0
        self.syllables: dict[str, tuple[str, ...]] = {}

    def append(self, text: str, owner: int, property: int, language: int) -> None:
        """Add a text. Raises StorageFailed when there is more text than can be numbered."""
        self._texts.append(text)
        normal = self._folding.normal(text) + "\n"
        if self._end + len(normal) > LAST_POSITION:
            raise StorageFailed("there is more text than the search index can hold, 4 G characters")
        self._starts.append(self._end)
        self._owners.append(owner)
        self._properties.append(property)
        self._languages.append(language)
        self._batch.append(normal)
        self._end += len(normal)
        if self._end - self._begin > BATCH:
            self._index()

    def finish(self) -> None:
        """Write what is left."""
        self._index()
        self._starts.append(self._end)
        self._texts.finish()
        self._postings.finish()
        for name, numbers in (
            ("starts", self._starts),
            ("owners", self._owners),
            ("properties", self._properties),
            ("languages", self._languages),
        ):
            np.save(self._folder / f"{name}.npy", np.frombuffer(numbers, np.uint32))

    def _index(self) -> None:
        text = "".join(self._batch)
        codes = np.frombuffer(text.encode("utf-32-le"), np.uint32)
        alone = _standing_alone()[codes]
        places = np.flatnonzero(alone)
        self._add_characters(codes, places)
        if self._phonetic:
            self._add_likely(text, codes, places)
        self._add_grams(codes, ~alone & (codes != _END))
        self._add_stems(text)
        self._batch.clear()
        self._begin = self._end

    def _add_characters(self, codes: Numbers, places: npt.NDArray[np.intp]) -> None:
        for code, found in _grouped(codes[places], places):
            positions = self._positions(found)
            self._postings.add(int(code), positions)
            if self._phonetic:
                for name in self._spoken(chr(code)):
                    self._postings.add(postings.named(name), positions)

    def _add_likely(self, text: str, codes: Numbers, places: npt.NDArray[np.intp]) -> None:
        """Add how each character is most likely read, by the word in which it stands."""
        told = _told_by_words(text, codes)
        by_reading: dict[tuple[str, ...], list[int]] = {}
        for place, said in told.items():
            by_reading.setdefault(said, []).append(place)
        found = [(said, np.array(at, np.intp)) for said, at in by_reading.items()]
        usual = np.setdiff1d(places, np.fromiter(told, np.intp, len(told)), assume_unique=True)
        found += [(likely(chr(code)), at) for code, at in _grouped(codes[usual], usual)]
        for said, at in found:
            positions = self._positions(at)
            for name in spoken(said, LIKELY):
                self._postings.add(postings.named(name), positions)

    def _spoken(self, character: str) -> tuple[str, ...]:
        """Return the names of the tokens that stand for how a character is read."""
        if character not in self.syllables:
            self.syllables[character] = syllables(character)
        return spoken(self.syllables[character], POSSIBLE)

    def _add_grams(self, codes: Numbers, inside: npt.NDArray[np.bool_]) -> None:
        """Add each three characters of a word with the spaces before and after it."""
        letter = inside & (codes != _SPACE)
        places = np.flatnonzero(inside[:-2] & letter[1:-1] & inside[2:])
        wide = codes.astype(np.uint64)
        keys = wide[places] << 42 | wide[places + 1] << 21 | wide[places + 2]
        for key, found in _grouped(keys, places):
            self._postings.add(int(key), self._positions(found))

    def _add_stems(self, text: str) -> None:
        found: dict[str, array[int]] = {}
        for word in STEMMED.finditer(text):
            found.setdefault(stem(word[1]), array("I")).append(word.start())
        for each, places in found.items():
            positions = self._positions(np.frombuffer(places, np.uint32))
            self._postings.add(postings.named(stem_name(each)), positions)

    def _positions(self, places: npt.NDArray[np.integer]) -> Numbers:
        return (places.astype(np.int64) + self._begin).astype(np.uint32)


@dataclass(frozen=True)
class Hearing:
    """The names of the tokens that stand where characters are read in some way."""

    mark: str

    def syllable(self, syllable: str) -> str:
        """Return the name of the token that stands where a character is read so."""
        return f"{self.mark}~{syllable}"

    def initial(self, initial: str) -> str:
        """Return the name of the token that stands where a reading is abbreviated so."""
        return f"{self.mark}^{initial}"


POSSIBLE = Hearing("")
"""How a character may be read."""

LIKELY = Hearing("+")
"""How it is most likely read, where it stands."""


def spoken(syllables: Sequence[str], hearing: Hearing) -> tuple[str, ...]:
    """Return the names of the tokens of syllables and of their abbreviations."""
    abbreviated = sorted(initials(syllables))
    return (*map(hearing.syllable, syllables), *map(hearing.initial, abbreviated))


def _told_by_words(text: str, codes: Numbers) -> dict[int, tuple[str, ...]]:
    """Return how the characters of words are read that are read otherwise than by themselves."""
    begins = np.array([_pair(*map(ord, each)) for each in words()], np.uint64)
    wide = codes.astype(np.uint64)
    told: dict[int, tuple[str, ...]] = {}
    end = 0
    for place in np.flatnonzero(np.isin(_pair(wide[:-1], wide[1:]), begins)).tolist():
        candidates = words()[text[place : place + 2]] if place >= end else ()
        word, said = next(
            (each for each in candidates if text.startswith(each[0], place)), ("", ())
        )
        told |= zip(range(place, place + len(word)), said, strict=True)
        end = max(end, place + len(word))
    return told


def _pair(first: Any, second: Any) -> Any:
    return first << 21 | second


def stem_name(stem: str) -> str:
    """Return the name of the token that stands where a word with a stem begins."""
    return f"={stem}"


@lru_cache(maxsize=200_000)
def stem(word: str) -> str:
    """Return the stem of an English word, by Porter's second algorithm."""
    return str(_stemmer().stemWord(word))


@lru_cache(maxsize=1)
def _stemmer() -> Any:
    return snowballstemmer.stemmer("english")


@lru_cache(maxsize=1)
def _standing_alone() -> npt.NDArray[np.bool_]:
    """Return for each code point whether it is of a script that is written without spaces."""
    table = np.zeros(_CODE_POINTS, np.bool_)
    for first, last in CONTINUOUS_RANGES:
        table[first : last + 1] = True
    return table


def _grouped(
    keys: npt.NDArray[Any], places: npt.NDArray[Any]
) -> Iterator[tuple[Any, npt.NDArray[Any]]]:
    """Yield each key with its places."""
    order = np.argsort(keys, kind="stable")
    keys, places = keys[order], places[order]
    begins = np.flatnonzero(np.r_[True, keys[1:] != keys[:-1]][: len(keys)])
    for begin, end in pairwise([*begins.tolist(), len(keys)]):
        yield keys[begin], places[begin:end]
