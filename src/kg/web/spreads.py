"""How things are spread over values, as charts whose parts lead to the things they stand for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from kg.browse import spreads
from kg.browse.facets import plain_label
from kg.browse.paths import TYPE
from kg.browse.selection import Selection
from kg.browse.spreads import Row, Spread, Spreads
from kg.browse.values import Bound
from kg.labels import Label
from kg.terms import NamedNode
from kg.web import listing

_BROWSE = "/browse"


@dataclass(frozen=True)
class Part:
    """The things of a class in a bar; measures are in percent of the longest bar."""

    count: int
    url: str
    x: float
    width: float


@dataclass(frozen=True)
class Bar:
    """A value or range, and the things that have it."""

    label: Label
    total: int
    url: str
    parts: tuple[Part, ...]
    """By the classes of the chart, those of no thing too."""

    others: int
    """Things of none of these classes."""

    x: float
    width: float
    """Where these are drawn."""


@dataclass(frozen=True)
class Chart:
    """The values of a facet as bars."""

    name: Label
    total: int
    url: str
    """The chart of all things, from which one can go on choosing."""

    classes: tuple[tuple[NamedNode, Label, str], ...]
    """Each with the address of those of its things that have the property."""

    bars: tuple[Bar, ...]
    more: int

    @property
    def has_others(self) -> bool:
        """Whether a bar has things of none of the classes."""
        return any(bar.others for bar in self.bars)


def charts(found: Spreads, names: Mapping[NamedNode, Label]) -> list[Chart]:
    """Return what is drawn on a page, for which everything has been named."""
    return [_chart(each, names) for each in found.all]


def _chart(spread: Spread, names: Mapping[NamedNode, Label]) -> Chart:
    everything = Selection().having(spread.path, exists=True)
    most = max(max(row.total, sum(row.parts)) for row in spread.rows) or 1
    classes = [NamedNode(iri) for iri in spread.classes]
    return Chart(
        names[NamedNode(spread.by)],
        spread.total,
        listing.address(everything, _BROWSE, view="chart", by=listing.parameter(spread.path)),
        tuple((iri, names[iri], _of(everything, iri)) for iri in classes),
        tuple(_bar(spread, row, classes, names, most) for row in spread.rows),
        spread.more,
    )


def _of(selection: Selection, iri: NamedNode) -> str:
    return listing.address(selection.only(TYPE, iri), _BROWSE)


def _bar(
    spread: Spread,
    row: Row,
    classes: Sequence[NamedNode],
    names: Mapping[NamedNode, Label],
    most: int,
) -> Bar:
    value = spreads.term(row)
    if value is None:
        chosen = Selection().between(spread.path, Bound(row.low), Bound(row.high))
        label = Label(row.low if row.low == row.high else f"{row.low} – {row.high}")
    else:
        chosen = Selection().only(spread.path, value)
        label = names[value] if isinstance(value, NamedNode) else plain_label(value)
    parts, x = [], 0.0
    for iri, count in zip(classes, row.parts, strict=True):
        width = 100 * count / most
        parts.append(Part(count, _of(chosen, iri), x, width))
        x += width
    others = max(0, row.total - sum(row.parts))
    url = listing.address(chosen, _BROWSE)
    return Bar(label, row.total, url, tuple(parts), others, x, 100 * others / most)
