"""How Chinese characters are read, without tones: `行` is `hang`, `heng` or `xing`.

All readings of a character count, so that no polyphone hides a name; one of them is likely, by the
word in which it stands. A `ü` may be typed as `v` or as `u`; tone marks fall with the normal form.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from functools import cache

INITIALS = frozenset([*"abcdefghjklmnopqrstwxyz", "zh", "ch", "sh"])
"""How a syllable may be abbreviated; `zh`, `ch` and `sh` in either of two ways."""

_SYLLABLE = re.compile(r"[a-z]{1,6}")


def syllables(character: str) -> tuple[str, ...]:
    """Return how a character may be read, after the dictionary of pypinyin (MIT)."""
    from pypinyin.pinyin_dict import pinyin_dict  # noqa: PLC0415  only who makes an index needs it

    said = pinyin_dict.get(ord(character), "")
    plain = (form for each in said.split(",") for form in _toneless(each))
    return tuple(sorted({each for each in plain if _SYLLABLE.fullmatch(each)}))


def likely(character: str) -> tuple[str, ...]:
    """Return how a character is most often read, where no word tells otherwise."""
    from pypinyin.pinyin_dict import pinyin_dict  # noqa: PLC0415  only who makes an index needs it

    first = pinyin_dict.get(ord(character), "").partition(",")[0]
    return tuple(each for each in _toneless(first) if _SYLLABLE.fullmatch(each))


Word = tuple[str, tuple[tuple[str, ...], ...]]
"""A word, and how each of its characters is read in it."""


@cache
def words() -> Mapping[str, tuple[Word, ...]]:
    """Return the words in which a character is read otherwise, by their first two characters.

    The longest come first. There are some 3,000, after the dictionary of pypinyin (MIT).
    """
    from pypinyin.phrases_dict import phrases_dict  # noqa: PLC0415  only who makes an index does

    found: dict[str, list[Word]] = {}
    for word, spoken in phrases_dict.items():
        said = tuple(tuple(_toneless(each[0])) for each in spoken)
        if len(said) == len(word) and any(map(_is_unusual, word, said)):
            found.setdefault(word[:2], []).append((word, said))
    return {
        begin: tuple(sorted(each, key=lambda word: -len(word[0]))) for begin, each in found.items()
    }


def _is_unusual(character: str, said: tuple[str, ...]) -> bool:
    return said != likely(character) and set(said) <= set(syllables(character))


def _toneless(syllable: str) -> Iterator[str]:
    """Yield a syllable without its tone; twice if it has a ü, which people spell in two ways."""
    decomposed = unicodedata.normalize("NFD", syllable)
    with_u = "".join(each for each in decomposed if not unicodedata.combining(each))
    yield with_u
    if "u\u0308" in decomposed:
        yield with_u.replace("u", "v")


def initials(syllables: Iterable[str]) -> set[str]:
    """Return how a character that may be read as some syllables may be abbreviated."""
    return {each[:length] for each in syllables for length in (1, 2) if each[:length] in INITIALS}
