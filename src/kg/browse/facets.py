"""Facets as they are shown: values with their counts, and what was not counted."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from kg.browse.paths import Path, Step
from kg.browse.patterns import Tree
from kg.browse.selection import Selection
from kg.browse.values import Bound, Value
from kg.labels import Label, choose, unnamed
from kg.terms import NamedNode

VALUES_SHOWN = 12
"""Values of a facet on a page."""

TREE_SHOWN = 60
"""Values of a tree that are shown unfolded; a larger one is unfolded on demand."""


class Kind(StrEnum):
    """How a facet is shown and chosen from."""

    TERM = "term"
    TREE = "tree"
    NUMBER = "number"
    DATE = "date"
    LANGUAGE = "language"
    PRESENCE = "presence"


@dataclass(frozen=True)
class FacetValue:
    """A value and the number of things that are chosen once it is."""

    value: Value
    labels: tuple[Label, ...]
    count: int
    selected: bool = False
    excluded: bool = False
    below: tuple[FacetValue, ...] = ()
    """Values right below, in a tree, where they are shown."""

    unfolds: bool = False
    """Whether there are values below."""

    @property
    def has_choice(self) -> bool:
        """Whether it is chosen or left out, or any below it."""
        return self.selected or self.excluded or any(each.has_choice for each in self.below)

    def label(self, languages: Sequence[str]) -> Label:
        """Return what the value is called, in the most wanted language."""
        return choose(self.labels, languages) or plain_label(self.value)


def plain_label(value: Value) -> Label:
    """Return what a value is called where the data does not say so."""
    if isinstance(value, NamedNode):
        return unnamed(value.value)
    return Label.of(value)


@dataclass(frozen=True)
class Bar:
    """A range of numbers or dates, both ends included, and how many things are chosen by it."""

    low: Bound
    high: Bound
    count: int
    selected: bool = False


@dataclass(frozen=True)
class Facet:
    """A facet with the counts that hold for what is chosen in all others."""

    path: Path
    kind: Kind
    labels: tuple[tuple[Label, ...], ...] = ()
    """The names of the property of each step."""

    values: tuple[FacetValue, ...] = ()
    bars: tuple[Bar, ...] = ()
    total_values: int | None = None
    """Values in all the data; None where that is not known."""

    present: int | None = None
    missing: int | None = None
    """Things that have any value, and that have none; None where that was not counted."""

    complete: bool = True
    """Whether all values that any chosen thing has are among `values`, or in `bars`."""

    counted: bool = True
    """Whether there was time to count."""


@dataclass(frozen=True)
class Wanted:
    """Which values of a facet are wanted."""

    most: int = VALUES_SHOWN
    find: str = ""
    """What the name of a value must hold."""

    under: Value | None = None
    """The value whose values below are wanted, in a tree."""


NOT_SORTABLE = "things can be sorted by `label`, by `links`, and by what has numbers or dates"

FIRST_VALUES = Wanted()


class Counts(Protocol):
    """Counts and lists what is chosen; by an index, or by asking a store."""

    snapshot: str
    """The state of the data that the counts are true of."""

    def tree(self, path: Path) -> Step | None:
        """Return the step to the value above, where the values of a path are a tree."""

    def asked(self, selection: Selection) -> tuple[Selection, Tree]:
        """Return what to ask a store for, and by which trees, to get just what is chosen."""

    def total(self, selection: Selection) -> int | None:
        """Return how many things are chosen; None where there was no time to count."""

    def sorts(self, selection: Selection, /) -> bool:
        """Return whether `items` come in the order that is chosen, or in that of their IRIs."""

    def reaches(self, selection: Selection, path: Path, /) -> bool | None:
        """Return whether any thing that is chosen has a value there; None where nobody knows."""

    def items(self, selection: Selection, language: str, start: int, count: int) -> list[str]:
        """Return the IRIs of some things that are chosen, in the order that is chosen."""

    def profile(self, selection: Selection) -> list[tuple[Path, Kind]]:
        """Return the facets that are of use for what is chosen, the best first."""

    def facet(
        self,
        selection: Selection,
        path: Path,
        kind: Kind | None = None,
        wanted: Wanted = FIRST_VALUES,
    ) -> Facet:
        """Return a facet; with no `kind`, of the kind that suits its values."""

    def named(self, found: Sequence[Facet]) -> list[Facet]:
        """Return facets with the names of their properties and values."""

    def names(
        self, iris: Iterable[NamedNode], paths: Iterable[Path]
    ) -> Mapping[NamedNode, Sequence[Label]]:
        """Return all names of those properties and values of some paths that are at hand."""


def most_frequent(values: Sequence[FacetValue], most: int) -> list[FacetValue]:
    """Return the first of some values, and those after them with a choice in or below them."""
    return [each for place, each in enumerate(values) if place < most or each.has_choice]


def folded(text: str) -> str:
    """Return a text in the form in which a part of it is looked for."""
    return unicodedata.normalize("NFKC", text).casefold()


def is_found(value: Value, labels: Sequence[Label], wanted: str) -> bool:
    """Return whether any name of a value holds `wanted`, a folded text."""
    names = [label.text for label in labels] or [plain_label(value).text]
    return any(wanted in folded(name) for name in names)
