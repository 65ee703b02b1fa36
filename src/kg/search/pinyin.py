"""How Chinese characters are read, without tones: `行` is `hang`, `heng` or `xing`.

All readings of a character count, so that no polyphone hides a name. A `ü` may be typed as `v` or
as `u`; tone marks fall with the normal form.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator

INITIALS = frozenset([*"abcdefghjklmnopqrstwxyz", "zh", "ch", "sh"])
"""How a syllable may be abbreviated; `zh`, `ch` and `sh` in either of two ways."""

_SYLLABLE = re.compile(r"[a-z]{1,6}")


def syllables(character: str) -> tuple[str, ...]:
    """Return how a character may be read, after the dictionary of pypinyin (MIT)."""
    from pypinyin.pinyin_dict import pinyin_dict  # noqa: PLC0415  only who makes an index needs it

    said = pinyin_dict.get(ord(character), "")
    plain = (form for each in said.split(",") for form in _toneless(each))
    return tuple(sorted({each for each in plain if _SYLLABLE.fullmatch(each)}))


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
