"""Bars of a histogram: ranges with round ends that share out sorted numbers, or days."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from kg.browse.archive import Numbers
from kg.browse.values import Bound

BARS = 30
"""Bars at most, or a few more."""

_SKEWED = 20
"""How many times the median the 99th percentile is where equal steps would show nothing."""

_TAIL = 0.005
"""The share of values at each end that does not decide on the width of a bar."""

_YEAR, _MONTH, _DAY = 4, 7, 10
"""Characters of a year, a month and a day."""

_WIDTHS = (5, 10, 20, 50, 100, 200, 500, 1000)
"""Years that a bar of history may have."""


@dataclass(frozen=True)
class Bar:
    """A range, both ends included."""

    low: Bound
    high: Bound


def of_numbers(numbers: Numbers) -> list[Bar]:
    """Return bars over distinct, sorted numbers. Infinite ones are in the first and the last."""
    finite = numbers[np.isfinite(numbers)]
    if not len(finite):
        return _bars(numbers, [])
    edges = _powers(finite) if _is_skewed(finite) else _steps(finite)
    return _bars(numbers, edges)


def _is_skewed(numbers: Numbers) -> bool:
    median, most = np.quantile(numbers, [0.5, 0.99])
    return bool(numbers[0] > 0 and most > _SKEWED * median)


def _steps(numbers: Numbers) -> list[float]:
    """Return the round numbers that cut a range into equal parts."""
    low, high = (float(each) for each in np.quantile(numbers, [_TAIL, 1 - _TAIL]))
    if low >= high:
        return []
    raw = (high - low) / BARS
    power = 10.0 ** math.floor(math.log10(raw)) if raw > 0 else 0.0
    if not power:
        return []
    step = next(power * each for each in (1, 2, 5, 10) if power * each >= raw * 0.999)
    if np.all(numbers == np.floor(numbers)):
        step = max(1.0, step)
    first, last = math.ceil(low / step), math.floor(high / step)
    return [_rounded(each * step) for each in range(first, last + 1)]


def _powers(numbers: Numbers) -> list[float]:
    """Return 1, 2 and 5 times the powers of ten in a range; only the powers in a long one."""
    low, high = math.floor(math.log10(numbers[0])), math.ceil(math.log10(numbers[-1]))
    factors = (1, 2, 5) if 3 * (high - low) <= BARS else (1,)
    every = max(1, math.ceil((high - low) / BARS))
    return [_rounded(each * 10.0**power) for power in range(low, high, every) for each in factors]


def _rounded(number: float) -> float:
    """Return a number without the digits that binary arithmetic adds."""
    return float(f"{number:.12g}")


def _bars(numbers: Numbers, edges: Sequence[float]) -> list[Bar]:
    """Return the bars that begin at each edge, and one before the first, but for empty ones."""
    cuts = [0, *np.searchsorted(numbers, edges).tolist(), len(numbers)]
    lows = [float(numbers[0]) if len(numbers) else 0.0, *edges]
    whole = bool(np.all(numbers == np.floor(numbers)))
    bars = []
    for place, (start, end) in enumerate(pairwise(cuts)):
        if start < end:
            ends_before = whole and place < len(edges)
            last = edges[place] - 1 if ends_before else float(numbers[end - 1])
            bars.append(Bar(Bound.of(lows[place]), Bound.of(last)))
    return bars


def of_days(days: Numbers) -> list[Bar]:
    """Return bars over distinct, sorted texts that begin with a year: years, months or days."""
    texts = [day.decode("utf-8", "replace") for day in days.tolist()]
    if not texts:
        return []
    years = int(texts[-1][:_YEAR]) - int(texts[0][:_YEAR]) + 1
    if years > 2 * BARS:
        return _groups(texts, years)
    if years > 3:  # noqa: PLR2004  fewer bars than that are no picture
        return _prefixes(texts, _YEAR)
    by_day = _prefixes(texts, _DAY)
    return by_day if len(by_day) <= 2 * BARS else _prefixes(texts, _MONTH)


def _prefixes(texts: Sequence[str], length: int) -> list[Bar]:
    """Return a bar for each year, month or day; for what is written shorter, too."""
    bounds = sorted({_prefix(text, length) for text in texts})
    return [Bar(Bound(each), Bound(each)) for each in bounds]


def _prefix(text: str, length: int) -> str:
    """Return the longest bound of at most `length` characters that a text begins with."""
    lengths = (each for each in (_DAY, _MONTH, _YEAR) if each <= length)
    return next(text[:each] for each in lengths if Bound(text[:each]).day)


def _groups(texts: Sequence[str], years: int) -> list[Bar]:
    """Return a bar for every so many years."""
    width = next(each for each in _WIDTHS if years / each <= BARS)
    groups = sorted({int(text[:_YEAR]) // width for text in texts})
    ends = [(group * width, group * width + width - 1) for group in groups]
    return [Bar(Bound(f"{low:04d}"), Bound(f"{high:04d}")) for low, high in ends]
