"""Hierarchies of terms as trees, cut to what a page can show."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from kg.ontology.declarations import Role
from kg.ontology.index import OntologyIndex

WHOLE = 400
"""Terms of a role up to which all of them are shown; of more, two levels."""

DEEPEST = 16
"""Levels of a tree; what is below begins a tree of its own."""

_ROOTS = 60
_CHILDREN = 8


@dataclass(frozen=True)
class Branch:
    """A term and what stands below it."""

    iri: str
    uses: int
    declared: bool
    """Whether the data says what it is, and does not just use it or refer to it."""

    children: tuple[Branch, ...] = ()
    rest: int = 0
    """Terms directly below it that are left out."""

    def __iter__(self) -> Iterator[Branch]:
        """Yield this branch and all below it."""
        yield self
        for child in self.children:
            yield from child

    def find(self, iri: str) -> Branch | None:
        """Return the branch of a term in this one."""
        return next((each for each in self if each.iri == iri), None)

    @property
    def total(self) -> int:
        """How often it and the terms below it are used."""
        return sum(each.uses for each in self)


@dataclass(frozen=True)
class Forest:
    """The terms of a role: those that the data declares, and those it takes from elsewhere."""

    own: tuple[Branch, ...]
    """With the terms above them, also if these are from elsewhere."""

    others: tuple[Branch, ...]
    total: int
    """Of all terms of the role, shown or not."""

    shown: int

    def __iter__(self) -> Iterator[Branch]:
        """Yield all branches, a term below two others twice."""
        for root in (*self.own, *self.others):
            yield from root


def forest(index: OntologyIndex, role: Role) -> Forest:
    """Return the hierarchy of a role; where nothing is declared, all terms count as the data's."""
    total = index.totals.get(role, 0)
    roots = _whole(index, role) if total <= WHOLE else _upper(index, role)
    own = tuple(root for root in roots if any(each.declared for each in root)) or tuple(roots)
    others = tuple(root for root in roots if root not in own)
    shown = {each.iri for root in roots for each in root}
    return Forest(own, others, total, len(shown))


def _whole(index: OntologyIndex, role: Role) -> list[Branch]:
    terms = {each.iri: each for each in index.terms(role).rows}
    below: dict[str, list[str]] = defaultdict(list)
    has_parent = set()
    for child, parent in index.links(role):
        below[parent].append(child)
        has_parent.add(child)
    place = {iri: number for number, iri in enumerate(terms)}
    placed: set[str] = set()

    def grown(iri: str, depth: int = 1) -> Branch:
        opened = () if iri in placed else sorted(below[iri], key=place.__getitem__)
        placed.add(iri)
        shown = opened if depth < DEEPEST else ()
        children = tuple(grown(each, depth + 1) for each in shown)
        return Branch(
            iri, terms[iri].uses, bool(terms[iri].kinds), children, len(opened) - len(shown)
        )

    roots = [grown(each) for each in terms if each not in has_parent]
    # What stands in a circle is below itself, and below no root.
    roots += [grown(each) for each in terms if each not in placed]
    return _sorted(roots)


def _sorted(roots: Iterable[Branch]) -> list[Branch]:
    return sorted(roots, key=lambda each: (-each.total, each.iri))


def _upper(index: OntologyIndex, role: Role) -> list[Branch]:
    """Return the roots that are used most, each with what is directly below it."""
    return [_branch(index, each.iri, role, _CHILDREN) for each in index.top(role).rows[:_ROOTS]]


def _branch(index: OntologyIndex, iri: str, role: Role, most: int) -> Branch:
    term = index.of_role(iri, role)
    below = index.below(iri, role) if most else None
    children = below.rows[:most] if below else ()
    return Branch(
        iri,
        term.uses if term else 0,
        bool(term and term.kinds),
        tuple(_branch(index, each.iri, role, 0) for each in children),
        below.total - len(children) if below else 0,
    )


def around(index: OntologyIndex, iri: str, role: Role, most: int) -> Branch | None:
    """Return a term below the terms above it, and above at most `most` of those below it.

    None for a term that stands alone. Of several terms above one, the first is followed, up to
    where the hierarchy ends or comes back.
    """
    branch = _branch(index, iri, role, most)
    seen = {iri}
    while above := [each for each in index.parents(branch.iri, role) if each not in seen]:
        if len(seen) == DEEPEST:
            break
        seen.add(above[0])
        term = index.of_role(above[0], role)
        branch = Branch(above[0], term.uses if term else 0, bool(term and term.kinds), (branch,))
    return branch if branch.children else None
