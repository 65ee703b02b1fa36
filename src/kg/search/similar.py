"""How alike a text and a name are, and which names are most alike to a text.

Texts are compared by the pairs of characters of their normal forms (Dice's coefficient), so that
neither the order of words nor one more word makes strangers of them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from kg.search import runs
from kg.search.index import NAMES, Index
from kg.search.matching import Deadline
from kg.search.normal import CONTINUOUS

MOST_PIECES = 40
"""Pieces of a text that are looked up."""


def similarity(first: str, second: str) -> float:
    """Return how alike two normal forms are: 1.0 if they are equal, 0.0 if they share nothing."""
    if first == second:
        return 1.0
    one, other = _pairs(first), _pairs(second)
    shared = sum((one & other).values())
    return min(2 * shared / (one.total() + other.total() or 1), 0.99)


def _pairs(normal: str) -> Counter[str]:
    return Counter([*("".join(pair) for pair in pairwise(normal)), *normal.replace(" ", "")])


def closest(index: Index, normal: str, most: int, deadline: Deadline) -> list[int]:
    """Return the entities that share the rarest pieces of a normal form with it, in their names.

    Raises OverLimit at the deadline.
    """
    field = index.fields[NAMES]
    look = runs.look(field.postings)
    weights = np.zeros(index.entities)
    for piece in list(dict.fromkeys(_pieces(normal)))[:MOST_PIECES]:
        deadline.check()
        owners = np.unique(field.owners[field.texts_at(runs.written(look, piece))])
        if len(owners):
            weights[owners] += np.log(1 + index.entities / len(owners))
    found = np.flatnonzero(weights)
    best = found[np.lexsort((found, -weights[found]))]
    return [int(each) for each in best[:most]]


def _pieces(normal: str) -> Sequence[str]:
    """Return the words, and the pairs of characters that stand by themselves."""
    pieces: list[str] = []
    for part in normal.split(" "):
        if part and not CONTINUOUS.match(part):
            pieces.append(f" {part} ")
        elif len(part) == 1:
            pieces.append(part)
        else:
            pieces += ("".join(pair) for pair in pairwise(part))
    return pieces


def best_name(index: Index, entity: int, normal: str) -> float:
    """Return how alike a normal form is to that name of an entity which is most alike to it."""
    return max((similarity(normal, each) for each in names(index, entity)), default=0.0)


def names(index: Index, entity: int) -> list[str]:
    """Return the normal forms of the names of an entity."""
    field = index.fields[NAMES]
    return [index.folding.normal(field.texts[text]) for text in field.texts_of(entity)]
