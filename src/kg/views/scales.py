"""Scales: from numbers and times to places between 0 and 1, with round numbers on the way."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import MAXYEAR, MINYEAR, date

MARKS = 6
"""About how many marks a scale has."""


@dataclass(frozen=True)
class Mark:
    """A round number on a scale: where it stands, and how it is written."""

    at: float
    text: str


@dataclass(frozen=True)
class Scale:
    """A range of numbers, drawn from 0 to 1."""

    low: float
    high: float
    marks: tuple[Mark, ...]

    def at(self, value: float) -> float:
        """Return where a number stands."""
        return (value - self.low) / (self.high - self.low)


def of(values: Iterable[float], *, zero: bool = False) -> Scale:
    """Return the scale that holds `values`, and 0 if wanted, and begins and ends with a mark."""
    found = [*values, 0.0] if zero else [*values]
    low, high = min(found), max(found)
    if low == high:
        around = max(1.0, abs(low) / 10)
        low, high = low - around, high + around
    step = _step((high - low) / MARKS)
    first = math.floor(low / step)
    last = max(first + 1, math.ceil(high / step))
    low, high = first * step, last * step
    places = range(first, last + 1)
    marks = [Mark((each - first) / (last - first), _written(each * step, step)) for each in places]
    return Scale(low, high, tuple(marks))


def of_times(values: Iterable[float]) -> Scale:
    """Return the scale that holds times in days; its marks are years, or months, or days."""
    found = list(values)
    span = max(max(found) - min(found), 1.0)
    margin = max(span / 50, 0.6)
    low, high = min(found) - margin, max(found) + margin
    first, last = _year(low), _year(high) + 1
    if span > 2 * YEAR:
        step = max(1, round(_step(span / YEAR / MARKS)))
        starts = range(-(-first // step) * step, last + 1, step)
        marks = [(days(year), str(year)) for year in starts]
    elif span > YEAR / 6:
        step = next(each for each in (1, 2, 3, 6, 12) if span / 30 / each <= MARKS + 1)
        months = [(year, month) for year in range(first, last + 1) for month in range(1, 13, step)]
        marks = [(days(*each), "{}-{:02d}".format(*each)) for each in months]
    else:
        step = max(1, round(span / MARKS))
        starts = range(math.ceil(low), math.floor(high) + 1, step)
        marks = [(float(day), date.fromordinal(day).isoformat()) for day in starts if _known(day)]
    placed = [Mark((at - low) / (high - low), text) for at, text in marks if low <= at <= high]
    return Scale(low, high, tuple(placed))


YEAR = 365.2425
"""Days of a year on average (the Gregorian calendar)."""


def days(year: int, month: int = 1, day: int = 1) -> float:
    """Return the number of a day, 1 being the first of the year 1. Raises ValueError.

    For years that the calendar of Python does not have, about when it would be.
    """
    if MINYEAR <= year <= MAXYEAR:
        return float(date(year, month, day).toordinal())
    return (year - 1) * YEAR + date(2001, month, day).timetuple().tm_yday


def _year(day: float) -> int:
    return date.fromordinal(int(day)).year if _known(day) else math.floor(day / YEAR) + 1


def _known(day: float) -> bool:
    return 1 <= day <= date.max.toordinal()


def _step(about: float) -> float:
    """Return the number of the form 1, 2 or 5 times a power of ten that is nearest above."""
    power = 10.0 ** math.floor(math.log10(about))
    return next(factor * power for factor in (1, 2, 5, 10) if factor * power >= about * 0.999999)


def _written(value: float, step: float) -> str:
    decimals = max(0, -math.floor(math.log10(step) + 1e-9))
    return f"{value + 0.0:,.{decimals}f}" if abs(value) < _LONG else f"{value:.3g}"


_LONG = 1e12
"""From here on a number is written with its power of ten."""
