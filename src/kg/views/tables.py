"""An answer as a table: rows of terms under names, in any order, a page at a time."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from decimal import Decimal, InvalidOperation
from functools import cached_property

from kg.errors import BadInput
from kg.results import Solutions
from kg.terms import BlankNode, Literal, NamedNode, Quad, Term

Row = tuple[Term | None, ...]


@dataclass(frozen=True)
class Table:
    """Rows of terms, None where unbound; each is as long as `names`."""

    names: tuple[str, ...]
    rows: tuple[Row, ...]

    @classmethod
    def of(cls, solutions: Solutions) -> Table:
        """Return the rows of a SELECT."""
        names = solutions.variables
        return cls(names, tuple(tuple(row[name] for name in names) for row in solutions))

    @classmethod
    def of_triples(cls, triples: Iterable[Quad]) -> Table:
        """Return the triples of a CONSTRUCT or DESCRIBE as rows."""
        rows = ((each.subject, each.predicate, each.object) for each in triples)
        return cls(("subject", "property", "object"), tuple(rows))

    def __len__(self) -> int:
        return len(self.rows)

    @cached_property
    def _places(self) -> dict[str, int]:
        return {name: place for place, name in enumerate(self.names)}

    def place(self, name: str) -> int:
        """Return the place of a column. Raises BadInput where there is none of this name."""
        if name not in self._places:
            raise BadInput(f"there is no column {name[:80]!r}; there are: {', '.join(self.names)}")
        return self._places[name]

    def ordered(self, order: str) -> Table:
        """Return the table with its rows by a column: `name`, or `-name` the other way round.

        Rows without a value come last, whichever way; equal ones stay as they were.
        """
        if not order:
            return self
        place = self.place(order.removeprefix("-"))
        bound = [row for row in self.rows if row[place] is not None]
        unbound = [row for row in self.rows if row[place] is None]
        bound.sort(key=lambda row: _key(row[place]), reverse=order.startswith("-"))
        return replace(self, rows=(*bound, *unbound))

    def page(self, number: int, size: int) -> tuple[Row, ...]:
        """Return the rows of a page; pages are counted from 1."""
        return self.rows[(number - 1) * size : number * size]


def number(term: Term | None) -> Decimal | None:
    """Return the number that a literal of a numeric datatype stands for, else None."""
    if not isinstance(term, Literal) or term.datatype.value not in _NUMERIC:
        return None
    try:
        found = Decimal(term.value.strip())
    except InvalidOperation:
        return None
    return found if found.is_finite() and abs(found.adjusted()) <= _LARGEST else None


_LARGEST = 300
"""The power of ten up to which one reckons with numbers, as with those of IEEE 754."""


def _key(term: Term | None) -> tuple[int, Decimal, str]:
    """Return what puts terms in the order of SPARQL 1.1 (15.1), numbers before other literals."""
    if isinstance(term, BlankNode):
        return (0, Decimal(0), term.value)
    if isinstance(term, NamedNode):
        return (1, Decimal(0), term.value)
    value = number(term)
    if value is not None:
        return (2, value, "")
    return (3, Decimal(0), term.value) if isinstance(term, Literal) else (4, Decimal(0), str(term))


_XSD = "http://www.w3.org/2001/XMLSchema#"

# XSD 1.1, 3.3.3-3.3.5 and all that is derived from decimal (3.4.13-3.4.25).
_NUMERIC = frozenset(
    _XSD + name
    for name in (
        "decimal", "float", "double", "integer", "long", "int", "short", "byte",
        "nonNegativeInteger", "positiveInteger", "nonPositiveInteger", "negativeInteger",
        "unsignedLong", "unsignedInt", "unsignedShort", "unsignedByte",
    )
)  # fmt: skip
