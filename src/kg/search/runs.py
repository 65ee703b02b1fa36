"""Runs of positions: where in the texts of a field something is written, or may be so read."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import partial

from pyroaring import BitMap

from kg.search import postings
from kg.search.field import POSSIBLE, Hearing
from kg.search.normal import CONTINUOUS
from kg.search.pinyin import INITIALS
from kg.search.postings import Postings

LONGEST_SYLLABLE = 6

_SPELLABLE = re.compile(f"(?:[a-z']|{CONTINUOUS.pattern})+")
_LETTERS = re.compile(r"[a-z]")

Token = int | range
"""A token, or any of a range of them."""

Look = Callable[[Token], BitMap]
"""Returns where a token stands."""

Step = tuple[int, BitMap]
"""How many characters of what was typed a character of a text may stand for, and where that is."""


def look(field: Postings) -> Look:
    """Return what looks tokens up, each one once."""
    seen: dict[Token, BitMap] = {}

    def find(token: Token) -> BitMap:
        if token not in seen:
            seen[token] = field.between(token) if isinstance(token, range) else field[token]
        return seen[token]

    return find


def written(find: Look, normal: str) -> BitMap:
    """Return where a run of characters of a normal form begins.

    A space that is left out at its end lets the last word go on.
    """
    found: BitMap | None = None
    for offset, token in _tokens(normal):
        at = find(token).shift(-offset) if offset else find(token)
        found = at if found is None else found & at
        if not found:
            break
    return BitMap() if found is None else found


def _tokens(normal: str) -> Iterator[tuple[int, Token]]:
    """Yield tokens that together make a run, each with its place in it."""
    place = 0
    while place < len(normal):
        if normal[place] != " ":
            yield place, postings.character(normal[place])
            place += 1
            continue
        end = normal.find(" ", place + 1)
        word = normal[place:] if end < 0 else normal[place : end + 1]
        yield from ((place + offset, token) for offset, token in _grams(word))
        if end < 0:
            return
        following = normal[end + 1 : end + 2]
        # One space ends a word and begins the next.
        place = end + 1 if not following or CONTINUOUS.match(following) else end


def _grams(word: str) -> Iterator[tuple[int, Token]]:
    last = len(word) - 3
    if last < 0:
        yield 0, postings.grams(word)
        return
    for offset in (*range(0, last, 3), last):
        yield offset, postings.gram(word[offset : offset + 3])


def is_spellable(folded: str) -> bool:
    """Return whether something may be pinyin: letters, two at least, maybe among Han characters."""
    return len(_LETTERS.findall(folded)) > 1 and _SPELLABLE.fullmatch(folded) is not None


def read(
    find: Look,
    folded: str,
    known: frozenset[str],
    *,
    hearing: Hearing = POSSIBLE,
    ends: BitMap | None = None,
) -> BitMap:
    """Return where a run begins that is read as pinyin, of which the last may be unfinished.

    `known` are the syllables that occur. With `ends`, the run must be followed by one of those
    positions, and every syllable must be whole.
    """
    is_open = ends is None
    steps = partial(_syllables, find, folded, known, hearing, is_open=is_open)
    return _walk(folded, steps, ends)


def abbreviated(
    find: Look, folded: str, *, hearing: Hearing = POSSIBLE, ends: BitMap | None = None
) -> BitMap:
    """Return where a run begins whose readings have these first letters (zh, ch, sh may be two)."""
    return _walk(folded, partial(_initials, find, folded, hearing), ends)


def _walk(text: str, steps: Callable[[int], Iterator[Step]], ends: BitMap | None) -> BitMap:
    """Return where a run begins that takes steps from the start of what was typed to its end."""
    reached: list[BitMap | None] = [None] * (len(text) + 1)  # None stands for anywhere
    reached[-1] = ends
    for place in reversed(range(len(text))):
        if text[place] == "'":
            reached[place] = reached[place + 1]
            continue
        found = BitMap()
        for length, at in steps(place):
            beyond = reached[place + length]
            if beyond is None:
                found |= at
            elif beyond:
                found |= at & beyond.shift(-1)
        reached[place] = found
    return reached[0] or BitMap()


def _syllables(
    find: Look, text: str, known: frozenset[str], hearing: Hearing, place: int, *, is_open: bool
) -> Iterator[Step]:
    if CONTINUOUS.match(text[place]):
        yield 1, find(postings.character(text[place]))
        return
    for length in range(1, min(LONGEST_SYLLABLE, len(text) - place) + 1):
        if (syllable := text[place : place + length]) in known:
            yield length, find(postings.named(hearing.syllable(syllable)))
    rest = text[place:]
    if is_open and len(rest) < LONGEST_SYLLABLE:
        for syllable in sorted(each for each in known if each.startswith(rest) and each != rest):
            yield len(rest), find(postings.named(hearing.syllable(syllable)))


def _initials(find: Look, text: str, hearing: Hearing, place: int) -> Iterator[Step]:
    if CONTINUOUS.match(text[place]):
        yield 1, find(postings.character(text[place]))
        return
    for length in (1, 2)[: len(text) - place]:
        if (initial := text[place : place + length]) in INITIALS:
            yield length, find(postings.named(hearing.initial(initial)))
