"""Columns in the making: from the relations of a store to sets of things for each value."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property

import numpy as np
from pyroaring import BitMap

from kg.browse import trees
from kg.browse.archive import Numbers
from kg.browse.columns import ITEM, Line, Terms, as_set
from kg.browse.paths import Path, Step
from kg.browse.relations import BLANK, MOST_VALUES, Gathered, Relation
from kg.browse.trees import HIERARCHIES
from kg.terms import Literal, NamedNode

_MOST_PAIRS = 20_000_000
"""Pairs of thing and value that a path of two steps may make."""

_MOSTLY = 0.8
"""The share of a property's values that must be on the line to make it one of numbers or days."""

_FEW = 100
"""Values that are kept even if hardly two things share one."""

_SHARED = 1.5
"""Things a value, on average, from which values are worth keeping."""


_NOTHING = (np.empty(0, ITEM), np.empty(0, ITEM))


@dataclass(frozen=True)
class Draft:
    """A column as it will be written; labels are still to come."""

    path: Path
    presence: BitMap
    terms: Terms | None = None
    line: Line | None = None
    tree: Step | None = None
    """The step that leads from a value to the one above it, also where `terms` was not kept."""


class Drafting:
    """Makes drafts of columns from everything that was gathered."""

    def __init__(self, gathered: Gathered) -> None:
        self._gathered = gathered
        self._size = len(gathered.things)
        blank = [name.startswith(BLANK) for name in gathered.others]
        self._is_blank = np.concatenate([np.zeros(self._size, bool), np.array(blank, bool)])
        self._above = cache(self._read_above)

    @cached_property
    def everything(self) -> BitMap:
        """All things."""
        return BitMap(range(self._size))

    def forward(self, property: str) -> Draft:
        """Return the column of a property."""
        relation = self._gathered.relations[property]
        subjects = [relation.subjects, relation.literal_subjects, relation.other_subjects]
        codes = None
        if relation.codes is not None:
            codes = (relation.literal_subjects, relation.codes)
        draft = self._draft(
            Path.of(property),
            np.concatenate(subjects),
            (relation.subjects, relation.objects),
            codes,
            relation.literals,
        )
        return Draft(draft.path, draft.presence, draft.terms, self._line(relation), tree=draft.tree)

    def inverse(self, property: str) -> Draft:
        """Return the column of a property followed from object to subject."""
        relation = self._gathered.relations[property]
        pairs = (relation.objects, relation.subjects)
        return self._draft(Path.of(property, inverse=True), relation.objects, pairs, None, [])

    def languages(self, property: str) -> Draft | None:
        """Return the column of the languages of a property's texts, if there is more than one."""
        held = self._gathered.relations[property].languages
        sets = {str(Literal(tag)): self._things(subjects) for tag, subjects in held.items()}
        if len(sets) <= 1:
            return None
        presence = BitMap.union(*sets.values())
        return Draft(Path.of(property).in_language(), presence, _terms(sets))

    def two_steps(self, first: Step, property: str) -> Draft | None:
        """Return the column of a step and then a property; None where it would be too large."""
        relation = self._gathered.relations[property]
        start, middle = self.step(first)
        nodes = _joined(start, middle, relation.subjects, relation.objects)
        literals = _NOTHING
        if relation.codes is not None and len(relation.codes):
            literals = _joined(start, middle, relation.literal_subjects, relation.codes) or literals
        elif len(relation.literal_subjects):
            return None
        if nodes is None or len(relation.other_subjects):
            return None
        path = Path((first, Step(property)))
        subjects = np.concatenate([nodes[0], literals[0]])
        return self._draft(path, subjects, nodes, literals, relation.literals)

    def are_blank(self, nodes: Numbers) -> bool:
        """Return whether nodes, of which there is one at least, are mostly blank."""
        return bool(len(nodes)) and float(np.mean(self._is_blank[nodes])) > _MOSTLY

    def step(self, step: Step) -> tuple[Numbers, Numbers]:
        """Return the nodes that a step leads from, and to."""
        relation = self._gathered.relations[step.property]
        ends = relation.subjects, relation.objects
        return ends[::-1] if step.inverse else ends

    def _draft(
        self,
        path: Path,
        presence: Numbers,
        nodes: tuple[Numbers, Numbers],
        literals: tuple[Numbers, Numbers] | None,
        names: Sequence[str],
    ) -> Draft:
        """Return a column of pairs of things and nodes, and things and places of literals."""
        present = self._things(presence)
        tree = self._tree(path, np.unique(nodes[1][nodes[0] < self._size]))
        if literals is None and len(presence) > len(nodes[0]):
            return Draft(path, present, tree=tree)  # there are too many literals to choose from
        things, objects = self._of_things(nodes, blank=tree is not None)
        subjects, codes = self._of_things(literals or _NOTHING, blank=True)
        if not _worth_keeping(objects, codes):
            return Draft(path, present, tree=tree)
        own = _grouped(objects, things)
        named = {self._spelled(node): own[node] for node in own if not self._is_blank[node]}
        named |= {names[code]: held for code, held in _grouped(codes, subjects).items()}
        terms = _terms(named) if tree is None else self._terms_of_tree(named, own, tree)
        return Draft(path, present, terms, tree=tree)

    def _of_things(self, pairs: tuple[Numbers, Numbers], *, blank: bool) -> tuple[Numbers, Numbers]:
        """Return the pairs whose first is a thing, and whose second may be `blank` or not."""
        kept = pairs[0] < self._size
        if not blank:
            kept &= ~self._is_blank[pairs[1]]
        return pairs[0][kept], pairs[1][kept]

    def _spelled(self, node: int) -> str:
        return str(NamedNode(self._gathered.name(node)))

    def _things(self, nodes: Numbers) -> BitMap:
        return as_set(nodes[nodes < self._size])

    def _line(self, relation: Relation) -> Line | None:
        """Return the numbers or the days of a property, if that is what it mostly has."""
        total = sum(
            map(len, (relation.subjects, relation.literal_subjects, relation.other_subjects))
        )
        numbers, days, both = relation.numbers, relation.days, relation.days_as_numbers
        if relation.typed_numbers and len(numbers) >= _MOSTLY * total:
            kept = relation.number_subjects < self._size
            pairs = numbers[kept], relation.number_subjects[kept]
            return Line.of(*pairs, others=len(days) > both) if kept.any() else None
        if relation.typed_days * 2 > len(days) and len(days) >= _MOSTLY * total:
            kept = relation.day_subjects < self._size
            pairs = days[kept], relation.day_subjects[kept]
            return Line.of(*pairs, others=len(numbers) > both) if kept.any() else None
        return None

    def _tree(self, path: Path, values: Numbers) -> Step | None:
        """Return the step by which values are a tree; as `trees.ask` would."""
        if path.language:
            return None
        for step in HIERARCHIES:
            if step.property in self._gathered.relations:
                children, parents = self._of_named(step)
                if np.isin(children, values).any() and len(parents):
                    return step
        return None

    def _of_named(self, step: Step) -> tuple[Numbers, Numbers]:
        """Return the pairs of different IRIs that a step links."""
        children, parents = self.step(step)
        kept = ~self._is_blank[children] & ~self._is_blank[parents] & (children != parents)
        return children[kept], parents[kept]

    def _read_above(self, step: Step) -> Mapping[int, Sequence[int]]:
        children, parents = self.step(step)
        return trees.upward(children.tolist(), parents.tolist())

    def _terms_of_tree(
        self, named: Mapping[str, BitMap], own: Mapping[int, BitMap], tree: Step
    ) -> Terms:
        """Return values with what is below them, and the values above them."""
        parents = self._above(tree)
        whole: dict[int, BitMap] = {}
        for node, held in own.items():
            for each in trees.above(node, parents):
                if not self._is_blank[each]:
                    whole[each] = whole[each] | held if each in whole else held
        spelled = {node: self._spelled(node) for node in whole}
        terms = _terms({**named, **{spelled[node]: whole[node] for node in whole}})
        above = {
            spelled[node]: [spelled[each] for each in trees.nearest(node, parents, whole)]
            for node in whole
        }
        places = [[terms.places[each] for each in above.get(name, ())] for name in terms.names]
        return Terms(terms.names, terms.labels, terms.sizes, terms.sets, places)


def _grouped(keys: Numbers, items: Numbers) -> dict[int, BitMap]:
    """Return the set of items of each key."""
    if not len(keys):
        return {}
    pairs = np.unique(keys.astype(np.uint64) << np.uint64(32) | items.astype(np.uint64))
    sorted_keys = (pairs >> np.uint64(32)).astype(np.uint32)
    starts = np.flatnonzero(np.diff(sorted_keys)) + 1
    parts = np.split(pairs.astype(np.uint32), starts)
    firsts = [0, *starts.tolist()]
    found = zip(sorted_keys[firsts].tolist(), parts, strict=True)
    return {key: as_set(part) for key, part in found}


def _terms(sets: Mapping[str, BitMap]) -> Terms:
    """Return values in order: the most frequent first, then by their spelling."""
    names = sorted(sets, key=lambda name: (-len(sets[name]), name))
    held = [sets[name] for name in names]
    return Terms(names, [()] * len(names), [len(each) for each in held], held)


def _worth_keeping(*values: Numbers) -> bool:
    """Return whether values are few enough, or shared by enough things, to choose from."""
    distinct = sum(len(np.unique(each)) for each in values)
    shared = sum(map(len, values)) >= _SHARED * distinct
    return distinct <= MOST_VALUES and (distinct <= _FEW or shared)


def _joined(
    start: Numbers, middle: Numbers, subjects: Numbers, values: Numbers
) -> tuple[Numbers, Numbers] | None:
    """Return the pairs of `start` and `values` that meet where `middle` is a subject."""
    order = np.argsort(subjects, kind="stable")
    subjects, values = subjects[order], values[order]
    first = np.searchsorted(subjects, middle, "left")
    last = np.searchsorted(subjects, middle, "right")
    counts = last - first
    total = int(counts.sum())
    if total > _MOST_PAIRS:
        return None
    offsets = np.arange(total) - np.repeat(np.cumsum(counts) - counts, counts)
    return np.repeat(start, counts), values[np.repeat(first, counts) + offsets]
