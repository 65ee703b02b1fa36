"""A drawing of a hierarchy: where each term stands and which lines lead to it, in pixels.

A term stands to the right of the one above it and beside the middle of those below it (the layered
tree of Wetherell and Shannon, "Tidy Drawings of Trees", 1979, laid on its side).
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from kg.labels import Label
from kg.ontology.tree import Branch
from kg.terms import NamedNode

ROW = 30
HEIGHT = 24
_GAP = 44
_PADDING = 10
_NARROW, _WIDE = 7.4, 14.5
_LONGEST = 220


@dataclass(frozen=True)
class Node:
    """A term: the left edge and the middle of its box, and how wide that is."""

    iri: str
    label: Label
    text: str
    """The label, cut to the width."""

    uses: int
    x: float
    y: float
    width: float


@dataclass(frozen=True)
class Line:
    """A curve from the right edge of a box to the left edge of another."""

    x1: float
    y1: float
    x2: float
    y2: float

    @property
    def path(self) -> str:
        """The curve as SVG writes it."""
        middle = (self.x1 + self.x2) / 2
        points = (middle, self.y1, middle, self.y2, self.x2, self.y2)
        return f"M{self.x1:g} {self.y1:g}C{' '.join(f'{each:g}' for each in points)}"


@dataclass(frozen=True)
class Drawing:
    """Boxes and lines, and the room they take."""

    width: float
    height: float
    nodes: tuple[Node, ...]
    lines: tuple[Line, ...]


def draw(root: Branch, names: Mapping[NamedNode, Label]) -> Drawing:
    """Return the drawing of a hierarchy."""
    pen = _Pen(names, root)
    _, y = pen.place(root, 0, ROW / 2)
    width = max(node.x + node.width for node in pen.nodes)
    return Drawing(width + 1, y - ROW / 2, tuple(pen.nodes), tuple(pen.lines))


class _Pen:
    def __init__(self, names: Mapping[NamedNode, Label], root: Branch) -> None:
        self.nodes: list[Node] = []
        self.lines: list[Line] = []
        self._names = names
        self._columns = self._starts(root)

    def _starts(self, root: Branch) -> list[float]:
        """Return where each level begins: to the right of the widest box of the one before."""
        widest: list[float] = []
        for depth, branch in _levels(root):
            if depth == len(widest):
                widest.append(0)
            widest[depth] = max(widest[depth], _box(self._label(branch).text)[1])
        starts = [0.5]
        for width in widest:
            starts.append(starts[-1] + width + _GAP)
        return starts

    def _label(self, branch: Branch) -> Label:
        return self._names[NamedNode(branch.iri)]

    def place(self, branch: Branch, depth: int, y: float) -> tuple[Node, float]:
        """Place a branch from `y` on; return its node, and where what follows may begin."""
        start, below = y, []
        for child in branch.children:
            node, y = self.place(child, depth + 1, y)
            below.append(node)
        middle = (below[0].y + below[-1].y) / 2 if below else start
        text, width = _box(self._label(branch).text)
        x = self._columns[depth]
        own = Node(branch.iri, self._label(branch), text, branch.uses, x, middle, width)
        self.nodes.append(own)
        self.lines.extend(Line(x + width, middle, each.x, each.y) for each in below)
        return own, max(y, start + ROW)


def _levels(branch: Branch, depth: int = 0) -> Iterator[tuple[int, Branch]]:
    yield depth, branch
    for child in branch.children:
        yield from _levels(child, depth + 1)


def _box(text: str) -> tuple[str, float]:
    """Return what is written of a text, and how wide its box is."""
    shown, width = "", 0.0
    for character in text:
        width += _WIDE if unicodedata.east_asian_width(character) in "WF" else _NARROW
        if width > _LONGEST:
            return shown + "…", _LONGEST + 2 * _PADDING
        shown += character
    return shown, width + 2 * _PADDING
