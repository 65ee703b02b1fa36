"""The normal form in which texts and queries are compared, character by character.

Full-width forms, case, accents and Traditional characters are folded; what separates words is one
space, and characters of scripts that are written without spaces stand by themselves:

    "「AI」產業、Café"   ->   " ai 产业 cafe "

Every character is folded by itself, so that any run of characters of a text has, in its own normal
form, a run of the text's. That is what makes every substring findable.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

CONTINUOUS_RANGES = (
    (0x0E00, 0x0EFF),  # Thai and Lao
    (0x1000, 0x109F),  # Myanmar
    (0x1780, 0x17FF),  # Khmer
    (0x3005, 0x3007),  # marks that stand for Han characters
    (0x3040, 0x312F),  # kana and Bopomofo
    (0x31A0, 0x31FF),  # more of both
    (0x3400, 0x4DBF),  # Han
    (0x4E00, 0x9FFF),  # Han
    (0xA000, 0xA48F),  # Yi
    (0xF900, 0xFAFF),  # Han
    (0x1B000, 0x1B16F),  # kana
    (0x20000, 0x3FFFF),  # Han
)
"""The scripts that are written without spaces: the first and last code points of their blocks."""

_CONTINUOUS = "".join(f"{chr(first)}-{chr(last)}" for first, last in CONTINUOUS_RANGES)
CONTINUOUS = re.compile(f"[{_CONTINUOUS}]")
"""A character that needs no space beside it."""

_TOKEN = re.compile(f"[{_CONTINUOUS}]+|[^\\W_{_CONTINUOUS}]+")
_ACCENT = re.compile("[\u0300-\u036f]+")


@dataclass(frozen=True)
class Normal:
    """A normal form, and for each of its characters where it comes from in `source`."""

    text: str
    source: str
    """The text as it is shown, in NFC."""

    places: tuple[int, ...]


class Folding:
    """Makes normal forms. `simplified` maps Traditional characters to Simplified ones."""

    def __init__(self, simplified: Mapping[str, str]) -> None:
        self.simplified = dict(simplified)
        self._table = _Table(self.simplified)

    def normal(self, text: str) -> str:
        """Return the normal form of a text; "" where it has no letter or digit."""
        return _joined(_TOKEN.findall(self.folded(text)))

    def folded(self, text: str) -> str:
        """Return a text with its characters folded and everything between them as it is."""
        return unicodedata.normalize("NFC", text).translate(self._table)

    def traced(self, text: str) -> Normal:
        """Return the normal form of a text with the place that each character comes from."""
        source = unicodedata.normalize("NFC", text)
        pieces = [self._table[ord(character)] for character in source]
        origin = [place for place, piece in enumerate(pieces) for _ in piece]
        characters: list[str] = []
        places: list[int] = []
        for token in _TOKEN.finditer("".join(pieces)):
            is_word = not CONTINUOUS.match(token[0])
            if is_word and characters[-1:] != [" "]:
                characters.append(" ")
                places.append(origin[token.start()])
            characters += token[0]
            places += origin[token.start() : token.end()]
            if is_word:
                characters.append(" ")
                places.append(origin[token.end() - 1])
        return Normal("".join(characters), source, tuple(places))


def _joined(tokens: list[str]) -> str:
    words = (token if CONTINUOUS.match(token) else f" {token} " for token in tokens)
    return "".join(words).replace("  ", " ")


class _Table(dict[int, str]):
    """What each character is folded to; filled as characters are met."""

    def __init__(self, simplified: Mapping[str, str]) -> None:
        self._simplified = simplified

    def __missing__(self, code: int) -> str:
        self[code] = folded = "".join(map(self._fold, _plain(chr(code))))
        return folded

    def _fold(self, character: str) -> str:
        return self._simplified.get(character, character)


def _plain(character: str) -> str:
    """Return a character without width, accents and case; "" if it only tells how to draw."""
    if unicodedata.category(character) == "Cf" or unicodedata.name(character, "").startswith(
        "VARIATION SELECTOR"
    ):
        return ""
    bare = _ACCENT.sub("", unicodedata.normalize("NFKD", character))
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", bare).casefold())


@cache
def simplified() -> dict[str, str]:
    """Return the Simplified character for each Traditional one, and for regional variants.

    The tables are those of OpenCC (Apache 2.0). A character that stands for several, such as 乾,
    goes the way that its commoner use goes: for 乾 and 干 alike, which is all that matters here.
    """
    from opencc import OpenCC  # noqa: PLC0415  only who makes an index needs it

    known = [chr(code) for code in _HAN if unicodedata.category(chr(code)) == "Lo"]
    lines = "\n".join(known)
    table: dict[str, str] = {}
    for variant in ("t2s", "tw2s", "hk2s"):
        for before, after in zip(known, OpenCC(variant).convert(lines).split("\n"), strict=True):
            if len(after) == 1 and after != before:
                table.setdefault(before, after)
    return {before: _end(before, table) for before in table}


_HAN = (*range(0x3400, 0x4DC0), *range(0x4E00, 0xA000), *range(0x20000, 0x323B0))


def _end(character: str, table: Mapping[str, str]) -> str:
    """Follow a table to its end; where it goes in a circle, the smallest in that stands for all."""
    seen = [character]
    while (character := table.get(character, "")) and character not in seen:
        seen.append(character)
    return min(seen[seen.index(character) :]) if character else seen[-1]
