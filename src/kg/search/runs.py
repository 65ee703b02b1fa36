"""Runs of positions: where in the texts of a field something is written, or may be so read."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache

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

Step = tuple[int, Token | None]
"""How many characters of what was typed a token may stand for; None goes on without one."""

Steps = tuple[tuple[Step, ...], ...]
"""The steps that may be taken from each place in what was typed."""


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
    begins: BitMap | None = None,
    is_open: bool = True,
) -> BitMap:
    """Return where a run stands that is read as pinyin: its first position.

    `known` are the syllables that occur. The last one may be unfinished if the run `is_open`. With
    `begins`, only runs that begin there count, and their last positions are returned.
    """
    steps = _syllables(folded, known, hearing, is_open=is_open)
    return _back(find, steps) if begins is None else _on(find, steps, begins)


def abbreviated(
    find: Look, folded: str, *, hearing: Hearing = POSSIBLE, begins: BitMap | None = None
) -> BitMap:
    """Return where a run stands whose readings have these first letters (zh, ch, sh may be two).

    What is returned is as `read` has it.
    """
    steps = _initials(folded, hearing)
    return _back(find, steps) if begins is None else _on(find, steps, begins)


def _back(find: Look, steps: Steps) -> BitMap:
    """Return where a run begins that takes steps from the start of what was typed to its end."""
    reached: list[BitMap | None] = [None] * (len(steps) + 1)  # None stands for anywhere
    for place in reversed(range(len(steps))):
        found = [
            _before(find(token) if token else None, reached[place + length])
            for length, token in steps[place]
        ]
        reached[place] = found[0] if len(found) == 1 else _union(found)
    return reached[0] or BitMap()


def _before(at: BitMap | None, beyond: BitMap | None) -> BitMap | None:
    """Return where one can stand, of some positions, to go on from one of those after them."""
    if at is None:
        return beyond
    return at if beyond is None else at & beyond.shift(-1)


def _union(found: Sequence[BitMap | None]) -> BitMap:
    return BitMap.union(BitMap(), *(each for each in found if each))


def _on(find: Look, steps: Steps, begins: BitMap) -> BitMap:
    """Return where a run ends that begins at some positions, and takes steps as `_back` has it.

    Where few positions are left, each further step costs little.
    """
    reached = [begins, *(BitMap() for _ in steps)]
    for place, each in enumerate(steps):
        if reached[place]:
            for length, token in each:
                on = (reached[place] & find(token)).shift(1) if token else reached[place]
                reached[place + length] |= on
    return reached[-1].shift(-1)


@lru_cache(maxsize=64)
def _syllables(text: str, known: frozenset[str], hearing: Hearing, *, is_open: bool) -> Steps:
    return tuple(
        _apart(text[place]) or (*_whole(text, place, known, hearing), *more)
        for place in range(len(text))
        for more in [_unfinished(text[place:], known, hearing) if is_open else ()]
    )


def _whole(text: str, place: int, known: frozenset[str], hearing: Hearing) -> Iterator[Step]:
    """Yield the syllables that what was typed may go on with at a place."""
    for length in range(1, min(LONGEST_SYLLABLE, len(text) - place) + 1):
        if (syllable := text[place : place + length]) in known:
            yield length, postings.named(hearing.syllable(syllable))


def _unfinished(rest: str, known: frozenset[str], hearing: Hearing) -> Iterator[Step]:
    """Yield the syllables that the rest of what was typed is the beginning of."""
    if len(rest) < LONGEST_SYLLABLE:
        for syllable in sorted(each for each in known if each.startswith(rest) and each != rest):
            yield len(rest), postings.named(hearing.syllable(syllable))


@lru_cache(maxsize=64)
def _initials(text: str, hearing: Hearing) -> Steps:
    return tuple(
        _apart(text[place])
        or tuple(
            (length, postings.named(hearing.initial(initial)))
            for length in (1, 2)[: len(text) - place]
            if (initial := text[place : place + length]) in INITIALS
        )
        for place in range(len(text))
    )


def _apart(character: str) -> tuple[Step, ...]:
    """Return the step of a character that is no letter, if it is none."""
    if character == "'":
        return ((1, None),)
    return ((1, postings.character(character)),) if CONTINUOUS.match(character) else ()
