"""Counts by SPARQL, where there is no index: a facet that takes too long is not counted."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from kg import labels
from kg.browse import facets, ordering, patterns, scales, trees
from kg.browse.asking import NOT_COUNTED, Asking, batches
from kg.browse.columns import DAY
from kg.browse.facets import FIRST_VALUES, Bar, Facet, FacetValue, Kind, Wanted
from kg.browse.paths import TYPE, Path, Step
from kg.browse.patterns import TextPattern, Tree
from kg.browse.profiling import MOST_FACETS
from kg.browse.selection import Condition, Selection
from kg.browse.values import DATE, NUMBER, Value, lies_between
from kg.errors import OverLimit
from kg.labels import Label
from kg.results import Solutions
from kg.store import UNLIMITED, Limits, Store
from kg.terms import RDF, Literal, NamedNode, Term, values

MOST_SORTED = 5000
"""Things up to which they are sorted; more come in the order of their IRIs."""

_MOST_VALUES = 2000
"""Values of a facet that are looked at; with more it is not complete."""

_MOST_ON_LINE = 20_000
"""Numbers or dates of things that bars are drawn from; where there are more, none are counted."""

_SHARED = 1.2
"""Things a value, on average, from which a property makes a facet."""

_AT_ONCE = 500
"""Values that one query names."""


class LiveCounts:
    """Counts of the state that a store answers for."""

    def __init__(
        self,
        store: Store,
        pattern: TextPattern,
        *,
        page: Limits = UNLIMITED,
        facet: Limits = UNLIMITED,
        label_properties: Sequence[NamedNode] = labels.LABEL_PROPERTIES,
        languages: Callable[[str], Sequence[str]] = lambda tag: labels.chain(tag, ()),
        follows_trees: bool = True,
    ) -> None:
        """`facet` is what each facet may take, `page` what the page needs of a selection itself.

        A store may not follow trees: Virtuoso 7 finds nothing by a path of any length that stands
        beside other conditions. Then what is below a value is found step by step, and named.
        """
        self._follows_trees = follows_trees
        self._store = store
        self.snapshot = store.snapshot
        self._pattern = pattern
        self._page = page
        self._limits = facet
        self._label_properties = label_properties
        self._languages = languages
        self._trees: dict[Path, Step | None] = {}
        self._below: dict[tuple[Step, frozenset[Value]], frozenset[Value] | None] = {}
        self._totals: dict[Selection, int | None] = {}

    def names(
        self,
        iris: Iterable[NamedNode],  # noqa: ARG002
        paths: Iterable[Path],  # noqa: ARG002
    ) -> dict[NamedNode, tuple[Label, ...]]:
        """Return no names: none are at hand."""
        return {}

    def tree(self, path: Path) -> Step | None:
        """Return the step to the value above, where the values of a path are a tree."""
        return self._tree(path, Asking(self._store, self._page))

    def _tree(self, path: Path, asking: Asking) -> Step | None:
        if path not in self._trees:
            self._trees[path] = None if path.language else trees.asked(asking, path)
        return self._trees[path]

    def asked(self, selection: Selection) -> tuple[Selection, Tree]:
        """Return what to ask for, and by which trees; raise what `NOT_COUNTED` names."""
        if self._follows_trees:
            return selection, self.tree
        conditions = dict(selection.conditions)
        followed: dict[Path, Step] = {}
        for path, held in selection.conditions.items():
            step = self.tree(path) if held.any or held.none else None
            if step is None:
                continue
            some, none = (self._and_below(step, each) for each in (held.any, held.none))
            if some is None or none is None:
                followed[path] = step
            else:
                conditions[path] = replace(held, any=some, none=none)
        return replace(selection, conditions=conditions), followed.get

    def _and_below(self, step: Step, among: frozenset[Value]) -> frozenset[Value] | None:
        """Return values and all below them; None where they are many, or cannot all be named."""
        if (step, among) not in self._below:
            asking = Asking(self._store, self._page)
            self._below[step, among] = trees.below(asking, step, among)
        return self._below[step, among]

    def total(self, selection: Selection) -> int | None:
        """Return how many things are chosen; None where there was no time to count."""
        key = Selection(selection.conditions, selection.text)
        if key not in self._totals:
            try:
                asking = Asking(self._store, self._page)
                self._totals[key] = asking.number(self._counting(selection))
            except NOT_COUNTED:
                self._totals[key] = None
        return self._totals[key]

    def sorts(self, selection: Selection) -> bool:
        """Return whether there are few enough things to sort."""
        total = self.total(selection)
        return total is not None and total <= MOST_SORTED

    def met(self, path: Path, condition: Condition) -> list[str]:
        """Return the IRIs of all things that meet a condition. Raises OverLimit."""
        query = patterns.select(*self.asked(Selection({path: condition})), self._pattern)
        return [row["item"].value for row in self._store.query(query).solutions()]

    def _counting(self, selection: Selection, more: str = "") -> str:
        return f"SELECT (COUNT(DISTINCT ?item) AS ?n) {{ {self._where(selection)} {more} }}"

    def _where(self, selection: Selection) -> str:
        return patterns.where(*self.asked(selection), self._pattern)

    def reaches(self, _selection: Selection, _path: Path) -> None:
        """Return None: it would have to be asked."""

    def items(self, selection: Selection, language: str, start: int, count: int) -> list[str]:
        """Return the IRIs of some things that are chosen. Raises OverLimit.

        Up to `MOST_SORTED` they come in the order that is chosen, more in that of their IRIs, and
        so many that they could not be counted in that of the store.
        """
        where, sort = self._where(selection), selection.order
        if self.sorts(selection):
            wanted = self._languages(language)
            found = ordering.ordered(self._store, where, sort, wanted, self._label_properties)
            return found[start : start + count]
        order = "" if self.total(selection) is None else "ORDER BY ?item "
        rows = self._store.query(
            f"SELECT DISTINCT ?item {{ {where} }} {order}LIMIT {count} OFFSET {start}"
        ).solutions()
        return [row["item"].value for row in rows]

    def profile(self, selection: Selection) -> list[tuple[Path, Kind]]:
        """Return the facets that are of use for the classes that are chosen, as far as can be seen.

        Where there is no time to look at all properties, only the classes are left.
        """
        asking = Asking(self._store, self._limits)
        classes = selection.condition(TYPE)
        found = [TYPE]
        lines: dict[Path, Kind] = {}
        try:
            chosen = Selection({TYPE: classes} if classes else {})
            rows = asking.rows(_profiling(self._where(chosen)))
            rated = sorted(_rated(rows), key=lambda each: (-each[0], each[1]))
            sorts = {property: sort for _, property, sort in reversed(rated)}
            found += [Path.of(each) for each in reversed(sorts)][: MOST_FACETS - 1]
            lines = {Path.of(each): _LINES[sorts[each]] for each in sorts if sorts[each] in _LINES}
        except NOT_COUNTED:
            pass
        return [(path, lines.get(path) or self._kind_of_terms(path)) for path in found]

    def _kind_of_terms(self, path: Path) -> Kind:
        try:
            return Kind.TERM if self.tree(path) is None else Kind.TREE
        except NOT_COUNTED:
            return Kind.TERM

    def facet(
        self,
        selection: Selection,
        path: Path,
        kind: Kind | None = None,
        wanted: Wanted = FIRST_VALUES,
    ) -> Facet:
        """Return a facet; over budget, one that was not counted."""
        kind = kind or (Kind.LANGUAGE if path.language else self._kind_of_terms(path))
        facet = Facet(path, kind)
        asking = Asking(self._store, self._limits)
        others, condition = selection.without(path), selection.condition(path)
        try:
            found = self._found(facet, _Counting(asking, self._where(others), condition), wanted)
        except NOT_COUNTED:
            return replace(facet, complete=False, counted=False)
        try:
            present = asking.number(self._counting(others, patterns.some(path, "?present")))
            total = asking.number(self._counting(others))
        except NOT_COUNTED:
            return found
        return replace(found, present=present, missing=total - present)

    def _found(self, facet: Facet, counting: _Counting, wanted: Wanted) -> Facet:
        if facet.kind in (Kind.NUMBER, Kind.DATE):
            bars = counting.bars(facet.path, are_days=facet.kind is Kind.DATE)
            return replace(facet, bars=tuple(bars))
        tree = self._tree(facet.path, counting.asking)
        counts: Mapping[Value, int] = counting.values(facet.path, tree)
        is_whole = len(counts) < _MOST_VALUES
        if tree is not None and not wanted.find:
            whole = list(counting.branches(counts, tree, wanted.under))
            held = tuple(facets.most_frequent(whole, wanted.most))
            return replace(facet, values=held, complete=is_whole and len(held) == len(whole))
        if wanted.find:
            counts = self._matching(counts, facets.folded(wanted.find), counting.asking)
        shown = dict(list(counts.items())[: wanted.most])
        condition = counting.condition
        for value in sorted(condition.any | condition.none, key=str):
            shown.setdefault(value, counts.get(value, 0))
        held = tuple(_value(value, shown[value], condition) for value in shown)
        return replace(facet, values=held, complete=is_whole and len(counts) <= wanted.most)

    def _matching(
        self, counts: Mapping[Value, int], text: str, asking: Asking
    ) -> Mapping[Value, int]:
        """Return the values, with their counts, that have a text in a name."""
        names = self._names([each for each in counts if isinstance(each, NamedNode)], asking)
        return {
            value: count
            for value, count in counts.items()
            if facets.is_found(value, names.get(value, ()), text)
        }

    def _names(
        self, iris: Sequence[NamedNode], asking: Asking
    ) -> dict[Value | NamedNode, tuple[Label, ...]]:
        found: dict[Value | NamedNode, tuple[Label, ...]] = {}
        for some in batches(iris, _AT_ONCE):
            asking.limits  # noqa: B018  raises when there is no time left
            texts = labels.texts(self._store, some, self._label_properties)
            found |= {iri: tuple(texts[iri]) for iri in some}
        return found

    def named(self, found: Sequence[Facet]) -> list[Facet]:
        """Return facets with the names of their properties and values, by one query or a few."""
        steps = {NamedNode(each.property) for facet in found for each in facet.path.steps}
        shown = {each for facet in found for each in _iris(facet.values)}
        try:
            names = self._names(sorted(steps | shown, key=str), Asking(self._store, self._limits))
        except NOT_COUNTED:
            return list(found)
        return [
            replace(
                facet,
                labels=tuple(names[each] for each in facet.path.properties),
                values=tuple(_named(each, names) for each in facet.values),
            )
            for facet in found
        ]


def _iris(held: Iterable[FacetValue]) -> Iterable[NamedNode]:
    for each in held:
        if isinstance(each.value, NamedNode):
            yield each.value
        yield from _iris(each.below)


def _named(held: FacetValue, names: Mapping[Value | NamedNode, tuple[Label, ...]]) -> FacetValue:
    below = tuple(_named(each, names) for each in held.below)
    return replace(held, labels=names.get(held.value, ()), below=below)


_LINES = {"number": Kind.NUMBER, "date": Kind.DATE}


def _profiling(where: str) -> str:
    """Return the query for each property of what is chosen, how many have it, and of which sort."""
    number = patterns.AS_NUMBER.format("?shown")
    return (
        "SELECT ?property ?sort (COUNT(DISTINCT ?item) AS ?things) "
        f"(COUNT(DISTINCT ?shown) AS ?values) {{ {where} ?item ?property ?shown "
        'BIND(IF(isIRI(?shown), "iri", IF(isBlank(?shown), "blank", IF(LANG(?shown) != "", "text", '
        f'IF({number} = {number}, "number", "other")))) AS ?known) '
        'BIND(COALESCE(?known, IF(REGEX(STR(?shown), "^[0-9]{4}-"), "date", "plain")) AS ?sort)'
        " } GROUP BY ?property ?sort"
    )


def _rated(rows: Solutions) -> Iterable[tuple[float, str, str]]:
    """Yield how much a property is worth as a facet, its IRI and the sort of its values."""
    for row in rows:
        things, distinct = int(row["things"].value), int(row["values"].value)
        property, sort = row["property"].value, row["sort"].value
        if sort in ("blank", "text") or property == RDF.type.value or distinct <= 1:
            continue
        shared = things / distinct
        if sort in _LINES or shared >= _SHARED:
            yield things * (1 - 1 / (1 + shared)), property, sort


@dataclass(frozen=True)
class _Counting:
    """Counts the values of a facet among the things that meet all conditions but its own."""

    asking: Asking
    where: str
    condition: Condition

    def values(self, path: Path, tree: Step | None) -> dict[Value, int]:
        """Return the values of a path with their counts, the most frequent first."""
        if path.language:
            lead = f"?item {path.spell()} ?text BIND(LCASE(LANG(?text)) AS ?shown)"
            lead += ' FILTER(?shown != "")'
        elif tree is not None:
            lead = f"?item {path.spell()} ?below . ?below {patterns.climb(tree)} ?shown"
            lead += " FILTER(!isBlank(?shown))"
        else:
            lead = f"?item {path.spell()} ?shown FILTER(isIRI(?shown) || isLiteral(?shown))"
        rows = self.asking.rows(
            f"SELECT ?shown (COUNT(DISTINCT ?item) AS ?n) {{ {self.where} {lead} }} "
            f"GROUP BY ?shown ORDER BY DESC(?n) ?shown LIMIT {_MOST_VALUES}"
        )
        return {row["shown"]: int(row["n"].value) for row in rows}

    def branches(
        self, counts: Mapping[Value, int], tree: Step, under: Value | None
    ) -> Iterable[FacetValue]:
        """Return the values at the top, or under one, each with those below it."""
        below: dict[Value | None, list[Value]] = {}
        iris = [value for value in counts if isinstance(value, NamedNode)]
        for some in batches(iris, _AT_ONCE):
            rows = self.asking.rows(
                f"SELECT DISTINCT ?child ?parent {{ {values('child', some)} "
                f"?child {tree.spell()} ?parent FILTER(isIRI(?parent) && ?parent != ?child) }}"
            )
            for row in rows:
                if row["parent"] in counts:
                    below.setdefault(row["parent"], []).append(row["child"])
        has_parent = {child for held in below.values() for child in held}
        tops = [value for value in counts if value not in has_parent] or list(counts)
        branches = _Branches(counts, below, self.condition)
        return branches.of(below.get(under, []) if under is not None else tops, frozenset())

    def bars(self, path: Path, *, are_days: bool) -> Iterable[Bar]:
        """Return the bars of the numbers or days that a path leads to, by one query."""
        rows = self.asking.rows(
            f"SELECT DISTINCT ?item ?shown {{ {self.where} ?item {path.spell()} ?shown }} "
            f"LIMIT {_MOST_ON_LINE}"
        )
        if len(rows) == _MOST_ON_LINE:
            raise OverLimit("there are too many different values")
        things: dict[str, set[Term]] = defaultdict(set)
        for row in rows:
            if isinstance(row["shown"], Literal):
                things[row["shown"].value].add(row["item"])
        chosen = (self.condition.low, self.condition.high)
        for bar in _scale(things, are_days=are_days):
            inside = [things[text] for text in things if lies_between(text, bar.low, bar.high)]
            count = len(set().union(*inside))
            yield Bar(bar.low, bar.high, count, selected=chosen == (bar.low, bar.high))


def _scale(texts: Iterable[str], *, are_days: bool) -> list[scales.Bar]:
    if are_days:
        days = [text.encode()[: DAY.itemsize] for text in texts if DATE.fullmatch(text)]
        return scales.of_days(np.unique(np.array(days, DAY)))
    numbers = [float(text) for text in texts if NUMBER.fullmatch(text)]
    return scales.of_numbers(np.unique(np.array(numbers, np.float64)))


def _value(value: Value, count: int, condition: Condition) -> FacetValue:
    return FacetValue(
        value, (), count, selected=value in condition.any, excluded=value in condition.none
    )


@dataclass(frozen=True)
class _Branches:
    """Values of a tree with those below them."""

    counts: Mapping[Value, int]
    below: Mapping[Value | None, Sequence[Value]]
    condition: Condition

    def of(self, tops: Iterable[Value], above: frozenset[Value]) -> Iterable[FacetValue]:
        """Yield values with what is below them; what would come below itself is not."""
        fresh = [value for value in tops if value not in above]
        for value in sorted(fresh, key=lambda value: (-self.counts[value], str(value))):
            held = tuple(self.of(self.below.get(value, ()), above | {value}))
            branch = _value(value, self.counts[value], self.condition)
            yield replace(branch, below=held, unfolds=bool(held))
