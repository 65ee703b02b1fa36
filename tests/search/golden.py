"""The golden set: searches, each with what a person would want it to find.

Those over the bundled graph stand in golden.tsv, written by hand. Those over generated names are
drawn from the names, and what is relevant is worked out in ways that the index does not know: by
looking into every name, with OpenCC's whole converter, and with pypinyin's readings in context.
"""

from __future__ import annotations

import random
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from itertools import accumulate
from pathlib import Path

from opencc import OpenCC
from pypinyin import lazy_pinyin

from kg.search import making
from kg.search.index import Index
from kg.store.embedded import EmbeddedStore
from kg.store.loading import Source
from kg.terms import RDFS

CURATED = Path(__file__).with_suffix(".tsv")

_PARTS = """\
嘉兴 秀洲 杭州 重庆 长沙 厦门 西安 吕梁 绿城 乐清 番禺 蚌埠 大理 北京朝阳 上海浦东 王江泾 油车港
圆通 天合 华东 万向 银行 行知 长乐 女娲 朝晖 鸣阳 会稽 宏达 昌盛 枫桥 东方 朝露 卓越 龙腾
光伏 航空物流 人工智能 AI 新能源汽车 生物医药 云计算 5G通信 数据要素 集成电路 乡村旅游 文化创意 重型机械 音乐传播 中药调剂 IoT平台 储能 检测
有限公司 股份有限公司 研究院 产业园 示范区 创新中心 工程 行动计划 基金 联盟 重点实验室 博物馆 小区 中学 医院 大厦 枢纽 集团
"""
PLACES, NAMED, FIELDS, KINDS = map(str.split, _PARTS.splitlines())


class Name:
    """A name made of parts, each of which is read as by itself."""

    def __init__(self, parts: Sequence[str]) -> None:
        self.text = "".join(parts)
        self.syllables = [syllable for part in parts for syllable in _read(part)]
        self.reading = "".join(self.syllables)
        self.beginnings = frozenset(accumulate(map(len, self.syllables), initial=0))
        """Where in the reading a syllable begins."""

        self.initials = "".join(each[0] if each.islower() else " " for each in self.syllables)

    def is_read(self, typed: str) -> bool:
        """Return whether some syllables are read so; the last may be longer."""
        place = self.reading.find(typed)
        while place >= 0 and place not in self.beginnings:
            place = self.reading.find(typed, place + 1)
        return place >= 0


@dataclass(frozen=True)
class Search:
    """A search over generated names, which are known by their numbers."""

    kind: str
    text: str
    relevant: frozenset[int]


def curated() -> list[tuple[str, list[str]]]:
    """Return searches over the bundled graph with the local names of what they must show."""
    lines = CURATED.read_text(encoding="utf-8").splitlines()
    return [(text, wanted.split()) for text, wanted in (line.split("\t") for line in lines)]


def names(count: int) -> list[Name]:
    """Return different names such as companies, projects and places have; always the same ones."""
    choose = random.Random(5)
    made: dict[tuple[str, ...], None] = {}
    while len(made) < count:
        parts = [choose.choice(PLACES), choose.choice(NAMED), choose.choice(FIELDS)]
        if choose.random() < 0.5:
            parts.insert(2, f"第{choose.choice('一二三四五六七八九十')}")
        if choose.random() < 0.4:
            parts.append(choose.choice([each for each in FIELDS if not each[0].isascii()]))
        parts.append(choose.choice(KINDS))
        made[tuple(parts)] = None
    return list(map(Name, made))


def index(names: Sequence[Name], folder: Path) -> Index:
    """Return the search index, made in a folder, of things that have these names."""
    file = folder / "names.nt"
    with file.open("w", encoding="utf-8") as output:
        for place, name in enumerate(names):
            output.write(f'<{_THING}{place}> <{RDFS.label.value}> "{name.text}"@zh .\n')
    store = EmbeddedStore.in_memory([Source.of(file)], base_iri=_THING)
    making.make(store, folder)
    return Index(folder / making.FOLDER)


_THING = "http://example.org/"


def number(iri: str) -> int:
    """Return the number of the name that a thing has."""
    return int(iri.removeprefix(_THING))


class Searches:
    """Draws searches from names, some of each kind."""

    def __init__(self, names: Sequence[Name], each: int = 12) -> None:
        self._names = names
        self._each = each
        self._choose = random.Random(7)

    def __iter__(self) -> Iterator[Search]:
        for kind, draw in self._kinds.items():
            drawn: dict[str, Search] = {}
            while len(drawn) < self._each:
                text, is_relevant = draw()
                if text not in drawn:
                    relevant = (
                        number for number, name in enumerate(self._names) if is_relevant(name)
                    )
                    drawn[text] = Search(kind, text, frozenset(relevant))
            yield from drawn.values()

    @cached_property
    def _kinds(self) -> dict[str, Callable[[], Drawn]]:
        return {
            "1 character": lambda: _written(self._han(1)),
            "2 characters": lambda: _written(self._han(2)),
            "3 or more": lambda: _written(self._han(self._choose.randint(3, 6))),
            "Traditional": self._in_traditional,
            "full-width": self._full_width,
            "pinyin": self._pinyin,
            "initials": self._initials,
        }

    def _in_traditional(self) -> Drawn:
        text = self._han(self._choose.randint(2, 5))
        while (traditional := _traditional().convert(text)) == text:
            text = self._han(self._choose.randint(2, 5))
        return traditional, _written(text)[1]

    def _full_width(self) -> Drawn:
        name = ""
        while not any(map(str.isascii, name)):
            name = self._choose.choice(self._names).text
        word = next(place for place, each in enumerate(name) if each.isascii())
        first = self._choose.randint(max(0, word - 3), word)
        text = name[first : self._choose.randint(word + 2, word + 5)]
        wide = "".join(chr(ord(each) + 0xFEE0) if each.isascii() else each for each in text)
        return wide, _written(text)[1]

    def _pinyin(self) -> Drawn:
        typed = "".join(self._syllables())
        return typed, lambda name: name.is_read(typed)

    def _initials(self) -> Drawn:
        typed = "".join(syllable[0] for syllable in self._syllables())
        return typed, lambda name: typed in name.initials

    def _syllables(self) -> Sequence[str]:
        """Return two to four syllables of a name that stand beside each other."""
        length = self._choose.randint(2, 4)
        while True:
            read = self._choose.choice(self._names).syllables
            first = self._choose.randint(0, len(read) - length)
            if all(map(str.islower, said := read[first : first + length])):
                return said

    def _han(self, length: int) -> str:
        """Return a run of Han characters of a name."""
        while True:
            name = self._choose.choice(self._names).text
            first = self._choose.randint(0, len(name) - length)
            if _is_han(text := name[first : first + length]):
                return text


Drawn = tuple[str, Callable[[Name], bool]]
"""What is typed, and whether a name is relevant to it."""


def _written(text: str) -> Drawn:
    return text, lambda name: text in name.text


def _is_han(text: str) -> bool:
    return all(unicodedata.name(each).startswith("CJK UNIFIED") for each in text)


@cache
def _read(part: str) -> tuple[str, ...]:
    return tuple(lazy_pinyin(part))


@cache
def _traditional() -> OpenCC:
    return OpenCC("s2t")
