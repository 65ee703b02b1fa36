"""What stands on a page: properties with their values, and what is known of each value."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from kg.labels import Label
from kg.terms import NamedNode, Term


@dataclass(frozen=True)
class Value:
    """A term at a property: with its label if an IRI, with its own facts or items if blank."""

    term: Term
    label: Label | None = None
    facts: tuple[Fact, ...] = ()
    items: tuple[Value, ...] = ()
    """The members, if the term is an RDF list."""

    cells: tuple[Term, ...] = ()
    """The node of the list in which each member stands."""

    end: Term | None = None
    """What follows the last of them, where all members are here."""

    left_out: int = 0
    """Members that are not here."""

    types: tuple[NamedNode, ...] = ()
    figure: Figure | None = None
    """The number that the term stands for."""

    passage: Passage | None = None
    """The part of a document that the term stands for."""

    graphs: tuple[Value, ...] = ()
    """The named graphs in which it stands at the property."""

    evidence: tuple[Evidence, ...] = ()
    """The statements that say so."""


@dataclass(frozen=True)
class Fact:
    """A property of a resource and its values."""

    property: NamedNode
    label: Label
    values: tuple[Value, ...]
    left_out: int | None = 0
    """Values that are not here; None where there are more, and nobody has counted them."""


@dataclass(frozen=True)
class Figure:
    """A number with what makes it one: a unit or an indicator. Any other part may be missing."""

    number: str
    """As it is written."""

    sign: str | None
    """Of the unit; "" where it has none to show, None where its name does."""

    than: str
    """The sign of the comparator, such as "≥"; "" where the number is exact."""

    parts: Mapping[str, Value]
    """By role, as in `kg.roles.FIGURE_PARTS`."""


@dataclass(frozen=True)
class Evidence:
    """A statement about a statement: how it is known, how far it holds, and where it says so."""

    statement: Term
    status: Value | None
    modality: Value | None
    note: Label | None
    """What the statement says, in the words of whoever made it."""

    reason: Label | None
    passages: tuple[Passage, ...]
    facts: tuple[Fact, ...]
    """Everything else that is said of it: sources, dates, who made it."""


@dataclass(frozen=True)
class Passage:
    """A part of a document, from the character `start` to before `end` (Web Annotation, 4.2.4)."""

    term: Term
    document: Value | None
    start: int | None
    end: int | None
    text: str | None
    """What stands there: quoted by the data, or read from the document where that is at hand."""

    before: str = ""
    after: str = ""
    """What stands around it in the document."""
