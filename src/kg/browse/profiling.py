"""Which facets are of use for the things of a class, in which order: from their numbers alone.

A facet is of use when many of the things have it, when its values are shared, and when they tell
the things apart. What the data says about its display, and the order of its SHACL shapes, come
first where they are given.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from pyroaring import BitMap

from kg.browse.columns import Terms
from kg.browse.drafts import Draft
from kg.browse.facets import Kind
from kg.browse.paths import TYPE, Path

MOST_FACETS = 12
"""Facets of a class."""

_LEAST_SCORE = 0.02
_LEAST_COVERAGE = 0.02
_MOST_BITS = 3.0
"""Information of a value beyond which more of it makes a facet no better."""

_FEW_VALUES = 12
"""Different numbers up to which they are values to choose from, rather than a line."""

_LINE_WORTH, _GOOD_BARS = 0.8, 4

_WEIGHTS = {"inverse": 0.6, "steps": 0.5, "language": 0.3, "presence": 0.15}
_MOST_OF = {"inverse": 2, "steps": 3, "language": 1, "presence": 2}
"""How many facets of these sorts a class may have."""


@dataclass(frozen=True)
class Candidate:
    """A facet of a class, and how much it is worth there."""

    path: Path
    kind: Kind
    score: float


def kind_of(draft: Draft) -> Kind:
    """Return how a column is best chosen from."""
    if draft.path.language:
        return Kind.LANGUAGE
    if draft.line is not None and (draft.terms is None or len(draft.line.values) > _FEW_VALUES):
        return Kind.DATE if draft.line.is_days else Kind.NUMBER
    if draft.terms is not None:
        return Kind.TREE if draft.tree is not None else Kind.TERM
    return Kind.PRESENCE


def profile(
    things: BitMap, drafts: Iterable[Draft], preferred: Sequence[str], unwanted: Collection[str]
) -> list[Candidate]:
    """Return the facets of some things, the best first.

    `preferred` holds properties that come first, in order; `unwanted` those whose values name or
    describe one thing.
    """
    places = {property: place for place, property in enumerate(preferred)}
    found = []
    for draft in drafts:
        is_wanted = draft.path.language or draft.path.steps[-1].property not in unwanted
        if is_wanted and (candidate := _candidate(things, draft, places)) is not None:
            found.append(candidate)
    ordered = sorted(found, key=lambda each: _rank(each, places))
    return list(_varied(ordered))[:MOST_FACETS]


def _rank(candidate: Candidate, places: Mapping[str, int]) -> tuple[bool, float, float, Path]:
    """Sort the class first, then what is preferred, then what is worth most."""
    path = candidate.path
    place = places.get(path.steps[0].property, math.inf) if path.is_plain else math.inf
    return (path != TYPE, place, -candidate.score, path)


def _candidate(things: BitMap, draft: Draft, preferred: Collection[str]) -> Candidate | None:
    present = draft.presence.intersection_cardinality(things)
    coverage = present / len(things) if things else 0.0
    kind = kind_of(draft)
    if not present:
        return None
    if draft.path == TYPE:
        return Candidate(draft.path, kind, 1.0)
    is_preferred = len(draft.path.steps) == 1 and draft.path.steps[0].property in preferred
    worth = _worth(things, draft, kind)
    if kind in (Kind.TERM, Kind.TREE) and worth < _LEAST_SCORE and not is_preferred:
        kind, worth = Kind.PRESENCE, 1.0
    if kind is Kind.PRESENCE:
        worth = 4 * coverage * (1 - coverage)
    score = math.sqrt(coverage) * worth * _WEIGHTS.get(_sort(draft.path, kind), 1.0)
    is_of_use = coverage >= _LEAST_COVERAGE and score >= _LEAST_SCORE
    return Candidate(draft.path, kind, score) if is_of_use or is_preferred else None


def _worth(things: BitMap, draft: Draft, kind: Kind) -> float:
    """Return how well a column tells some things apart, from 0 to 1."""
    if kind in (Kind.NUMBER, Kind.DATE):
        return _worth_of_line(things, draft)
    if draft.terms is None:
        return 0.0
    sizes = [held.intersection_cardinality(things) for held in _leaves(draft.terms)]
    return information([size for size in sizes if size])


def _leaves(terms: Terms) -> Iterator[BitMap]:
    """Yield the set of each value that has none below it."""
    inner = {place for above in terms.parents or () for place in above}
    for place in range(len(terms.names)):
        if place not in inner:
            yield terms.sets[place]


def information(sizes: Sequence[int]) -> float:
    """Return what values of these sizes tell, from 0 to 1: nothing if all are alike or all differ.

    This is Shannon's entropy, up to a few bits, times the share of things whose value is shared.
    """
    total = sum(sizes)
    if len(sizes) <= 1:
        return 0.0
    bits = -sum(size / total * math.log2(size / total) for size in sizes)
    shared = 1 - len(sizes) / total
    return min(bits, _MOST_BITS) / _MOST_BITS * shared


def _worth_of_line(things: BitMap, draft: Draft) -> float:
    """Return how much of a line some things take up: numbers that hardly differ tell little."""
    assert draft.line is not None
    bars = (draft.line.bar_sets[place] for place in range(len(draft.line.bars)))
    filled = sum(bool(held.intersection_cardinality(things)) for held in bars)
    return _LINE_WORTH * min(1.0, filled / _GOOD_BARS) if filled > 1 else _LEAST_SCORE


def _sort(path: Path, kind: Kind) -> str:
    """Return of which sort a facet is where there should not be too many of one."""
    if kind in (Kind.PRESENCE, Kind.LANGUAGE):
        return kind.value
    if len(path.steps) > 1:
        return "steps"
    return "inverse" if path.steps[0].inverse else ""


def _varied(candidates: Iterable[Candidate]) -> Iterator[Candidate]:
    """Yield candidates, but not too many of one sort."""
    left = dict(_MOST_OF)
    for each in candidates:
        sort = _sort(each.path, each.kind)
        if sort in left:
            left[sort] -= 1
            if left[sort] < 0:
                continue
        yield each


def is_same(one: Draft, other: Draft) -> bool:
    """Return whether two columns have the same values of the same things: one is enough."""
    if one.terms is None or other.terms is None or one.presence != other.presence:
        return False
    return [*one.terms.names] == [*other.terms.names] and all(
        one.terms.sets[place] == other.terms.sets[place] for place in range(len(one.terms.names))
    )
