"""What is chosen: conditions on facets, a text, an order and a page.

`/browse?type=kg:Project&kg:industry=…&kg:amount.ge=10&kg:status.not=…&q=光伏&sort=…&page=2`

Values of one facet are alternatives, facets add up. A selection never changes; every click leads to
another one. It knows neither a store nor HTTP.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from kg.browse import paths, values
from kg.browse.paths import Path
from kg.browse.values import Bound, Value
from kg.errors import BadInput
from kg.prefixes import Prefixes
from kg.terms import Literal

PAGE_SIZE = 25
"""Things on a page."""

MOST_VALUES = 200
"""Values and bounds that a selection may name, so that its query stays within what can be sent."""


@dataclass(frozen=True)
class Condition:
    """What is asked of one facet; all that is given must hold."""

    any: frozenset[Value] = frozenset()
    """One of the thing's values is among these."""

    none: frozenset[Value] = frozenset()
    """None of its values is among these."""

    low: Bound | None = None
    high: Bound | None = None
    """One of its values lies from `low` to `high`, both included."""

    exists: bool | None = None
    """Whether it has any value at all."""

    def __bool__(self) -> bool:
        return self != _FREE

    @property
    def has_range(self) -> bool:
        """Whether a value has to lie in a range."""
        return self.low is not None or self.high is not None

    def toggle(self, value: Value) -> Condition:
        """Return the condition with `value` one more, or one less, of the alternatives.

        Whatever else was asked ends with it.
        """
        return Condition(any=self.any ^ {value})

    def excluding(self, value: Value) -> Condition:
        """Return the condition without those that have `value`, or with them again."""
        return Condition(none=self.none ^ {value})


_FREE = Condition()


@dataclass(frozen=True)
class Sort:
    """An order: by name, by number of links to a thing, or by the values of a path."""

    by: str | Path = "label"
    descending: bool = False


NAMED_SORTS = ("label", "links")

BY_LABEL = Sort()
BY_LINKS = Sort("links", descending=True)


@dataclass(frozen=True)
class Selection:
    """What is chosen. Facets without a condition are not among `conditions`."""

    conditions: Mapping[Path, Condition] = field(default_factory=dict)
    text: str = ""
    sort: Sort | None = None
    """None stands for the order that suits what is shown."""

    page: int = 1
    """From 1 on."""

    def __hash__(self) -> int:
        return hash((frozenset(self.conditions.items()), self.text, self.sort, self.page))

    @property
    def is_empty(self) -> bool:
        """Whether everything is chosen."""
        return not self.conditions and not self.text

    def condition(self, path: Path) -> Condition:
        """Return what is asked of a facet."""
        return self.conditions.get(path, _FREE)

    def where(self, path: Path, condition: Condition) -> Selection:
        """Return the selection that asks just `condition` of a facet; its first page."""
        others = {each: held for each, held in self.conditions.items() if each != path}
        kept = {**others, path: condition} if condition else others
        return replace(self, conditions=dict(sorted(kept.items())), page=1)

    def without(self, path: Path) -> Selection:
        """Return the selection that asks nothing of a facet."""
        return self.where(path, _FREE)

    def only(self, path: Path, value: Value) -> Selection:
        """Return the selection of those that have `value`, whatever was asked of the facet."""
        return self.where(path, Condition(any=frozenset({value})))

    def toggle(self, path: Path, value: Value) -> Selection:
        """Return the selection with `value` one more, or one less, of the facet's alternatives."""
        return self.where(path, self.condition(path).toggle(value))

    def excluding(self, path: Path, value: Value) -> Selection:
        """Return the selection without those that have `value`, or with them again."""
        return self.where(path, self.condition(path).excluding(value))

    def between(self, path: Path, low: Bound | None, high: Bound | None) -> Selection:
        """Return the selection of those that have a value from `low` to `high`."""
        return self.where(path, Condition(low=low, high=high))

    def having(self, path: Path, exists: bool | None) -> Selection:
        """Return the selection of those that have any value, or none; with None, of both."""
        return self.where(path, Condition(exists=exists))

    def searching(self, text: str) -> Selection:
        """Return the selection of those that a search for `text` finds."""
        return replace(self, text=text, page=1)

    def sorted_by(self, sort: Sort | None) -> Selection:
        """Return the same selection in another order."""
        return replace(self, sort=sort, page=1)

    def at(self, page: int) -> Selection:
        """Return another page of the selection."""
        return replace(self, page=page)

    @property
    def order(self) -> Sort:
        """The order that is chosen, or that suits: of everything the hubs come first."""
        return self.sort or (BY_LINKS if self.is_empty else BY_LABEL)

    @property
    def offset(self) -> int:
        """How many things come before those of this page."""
        return (self.page - 1) * PAGE_SIZE


_SUFFIX = re.compile(r"(.+)\.(not|ge|le|exists)", re.DOTALL)
_TRUTH = {"true": True, "1": True, "false": False, "0": False}


def parse(pairs: Iterable[tuple[str, str]], prefixes: Prefixes) -> Selection:
    """Return the selection that the parameters of an address describe. Raises BadInput."""
    found = _Parsed()
    for name, text in pairs:
        found.take(name, text, prefixes)
    if found.size > MOST_VALUES:
        raise BadInput(f"a selection may name {MOST_VALUES} values, not {found.size}")
    conditions = {path: condition for path, condition in found.conditions.items() if condition}
    return Selection(dict(sorted(conditions.items())), found.text, found.sort, found.page)


class _Parsed:
    """A selection in the making."""

    def __init__(self) -> None:
        self.conditions: dict[Path, Condition] = {}
        self.text = ""
        self.sort: Sort | None = None
        self.page = 1
        self.size = 0

    def take(self, name: str, text: str, prefixes: Prefixes) -> None:
        if name == "q":
            self.text = text.strip()
        elif name == "sort":
            self.sort = parse_sort(text, prefixes) if text else None
        elif name == "page":
            self.page = _page(text)
        elif text:  # a form sends the fields that were left empty as well
            self._condition(name, text, prefixes)

    def _condition(self, name: str, text: str, prefixes: Prefixes) -> None:
        found = _SUFFIX.fullmatch(name)
        path = paths.parse(found[1] if found else name, prefixes)
        condition = self.conditions.get(path, _FREE)
        suffix = found[2] if found else ""
        self.conditions[path] = _SETTERS[suffix](condition, _Given(path, text, prefixes))
        self.size += 1


@dataclass(frozen=True)
class _Given:
    path: Path
    text: str
    prefixes: Prefixes

    @property
    def value(self) -> Value:
        if self.path.language and not self.text.startswith('"'):
            return Literal(self.text.lower())
        return values.parse(self.text, self.prefixes)

    @property
    def truth(self) -> bool:
        if self.text not in _TRUTH:
            raise BadInput(f"expected true or false, got {self.text[:100]!r}")
        return _TRUTH[self.text]


def _once(condition: Condition, name: str, value: Bound | bool) -> Condition:
    if getattr(condition, name) not in (None, value):
        raise BadInput("a facet can have one lower bound, one upper bound, and exist or not")
    given: dict[str, Any] = {name: value}
    return replace(condition, **given)


_SETTERS: dict[str, Callable[[Condition, _Given], Condition]] = {
    "": lambda condition, given: replace(condition, any=condition.any | {given.value}),
    "not": lambda condition, given: replace(condition, none=condition.none | {given.value}),
    "ge": lambda condition, given: _once(condition, "low", values.parse_bound(given.text)),
    "le": lambda condition, given: _once(condition, "high", values.parse_bound(given.text)),
    "exists": lambda condition, given: _once(condition, "exists", given.truth),
}


def _page(text: str) -> int:
    if not re.fullmatch(r"[1-9][0-9]{0,8}", text):
        raise BadInput(f"expected the number of a page, from 1 on, got {text[:100]!r}")
    return int(text)


def parse_sort(text: str, prefixes: Prefixes) -> Sort:
    """Return the order that `text` writes: `label`, `-links`, `kg:amount`. Raises BadInput."""
    by, descending = text.removeprefix("-"), text.startswith("-")
    return Sort(by if by in NAMED_SORTS else paths.parse(by, prefixes), descending)


def write_sort(sort: Sort, prefixes: Prefixes) -> str:
    """Return the text that `parse_sort` reads as `sort`."""
    by = paths.write(sort.by, prefixes) if isinstance(sort.by, Path) else sort.by
    return f"-{by}" if sort.descending else by


def write(selection: Selection, prefixes: Prefixes) -> list[tuple[str, str]]:
    """Return the parameters that `parse` reads as `selection`, always in the same order."""
    pairs: list[tuple[str, str]] = []
    written = partial(values.write, prefixes=prefixes)
    for path, condition in selection.conditions.items():
        name = paths.write(path, prefixes)
        pairs += write_condition(name, condition, spelling(path, written))
    pairs += [("q", selection.text)] if selection.text else []
    pairs += [("sort", write_sort(selection.sort, prefixes))] if selection.sort else []
    pairs += [("page", str(selection.page))] if selection.page > 1 else []
    return pairs


def write_condition(
    name: str, condition: Condition, spell: Callable[[Value], str]
) -> list[tuple[str, str]]:
    """Return the parameters that say what is asked of one facet, of this name; see `spelling`."""
    pairs = [(name, text) for text in sorted(map(spell, condition.any))]
    pairs += [(f"{name}.not", text) for text in sorted(map(spell, condition.none))]
    pairs += [(f"{name}.ge", condition.low.text)] if condition.low else []
    pairs += [(f"{name}.le", condition.high.text)] if condition.high else []
    if condition.exists is not None:
        pairs.append((f"{name}.exists", "true" if condition.exists else "false"))
    return pairs


def spelling(path: Path, write: Callable[[Value], str]) -> Callable[[Value], str]:
    """Return what writes the values of a facet; `write` does so for all but languages."""
    return (lambda language: language.value) if path.language else write
