"""The order of names: Chinese by pinyin, Latin without case and accents, numbers by their value."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from functools import cache

_HAN = re.compile("[\u3400-\u9fff\U00020000-\U0003ffff]")
_DIGITS = re.compile(r"[0-9]+")
_LONGEST_NUMBER = 12
_AFTER_LATIN = "\uffff"
_TONES = {"\u0304": "1", "\u0301": "2", "\u030c": "3", "\u0300": "4"}


def key(text: str) -> bytes:
    """Return what sorts a name among others.

    Han characters follow all others, by the pinyin of their first reading, its tone, and then by
    code point, as the Chinese collation of CLDR does; of several readings none is guessed.
    """
    folded = (text if text.isascii() else unicodedata.normalize("NFKC", text)).casefold()
    numbered = _DIGITS.sub(lambda found: found[0].zfill(_LONGEST_NUMBER), folded)
    if numbered.isascii() or not _HAN.search(numbered):
        return _plain(numbered).encode("utf-8", "surrogatepass")
    syllables = _syllables()
    parts = [
        f"{_AFTER_LATIN}{syllables(each)} {each}" if _HAN.match(each) else _plain(each)
        for each in numbered
    ]
    return "".join(parts).encode("utf-8", "surrogatepass")


def _plain(text: str) -> str:
    """Return a text without its accents."""
    if text.isascii():
        return text
    return "".join(
        each for each in unicodedata.normalize("NFD", text) if not unicodedata.combining(each)
    )


@cache
def _syllables() -> Callable[[str], str]:
    """Return what gives the pinyin of a character with its tone as a number: `guang1`."""
    from pypinyin.constants import PINYIN_DICT  # noqa: PLC0415  takes a tenth of a second

    @cache
    def syllable(character: str) -> str:
        reading = PINYIN_DICT.get(ord(character), "").partition(",")[0]
        tone = "5"
        letters = []
        for each in unicodedata.normalize("NFD", reading):
            tone = _TONES.get(each, tone)
            letters += [each] if each not in _TONES else []
        return "".join(letters) + tone if reading else "~"

    return syllable
