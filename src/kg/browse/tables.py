"""What is chosen as a table, for spreadsheets: CSV (RFC 4180) and XLSX (ECMA-376)."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import IO

from xlsxwriter import Workbook

from kg.browse.cards import Card, Cards
from kg.browse.facets import Counts
from kg.browse.page import telling
from kg.browse.selection import Selection
from kg.browse.values import NUMBER
from kg.labels import Label
from kg.terms import XSD, Literal, NamedNode, Term

MOST_ROWS = 100_000
"""Things that a table holds; whoever has chosen more is told so."""

_AT_ONCE = 500
_LONGEST_CELL = 32_767
"""Characters of a cell of XLSX."""

# What a spreadsheet would take for a formula (OWASP, CSV injection).
_FORMULA = re.compile(r"[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20]")
_NOT_IN_XML = re.compile("[\ud800-\udfff\ufffe\uffff]")

Cell = str | int | float


@dataclass(frozen=True)
class Table:
    """Rows of things that are chosen, in their order, under the names of the columns."""

    header: tuple[str, ...]
    rows: Iterator[tuple[Cell, ...]]
    """Can be read once."""

    complete: bool
    """Whether there is a row for each thing that is chosen."""


def load(
    counts: Counts, cards: Cards, selection: Selection, header: Sequence[str], language: str
) -> Table:
    """Return what is chosen as a table; `header` names the IRI, label, class and description.

    The other columns are the properties that tell things apart. Each 500 rows cost two queries.
    """
    facets = [path for path, _ in counts.profile(selection)]
    properties = telling(selection, facets, cards.display)
    total = counts.total(selection)
    names = cards.names(properties)
    return Table(
        (*header, *(names[each].text for each in properties)),
        _rows(counts, cards, selection, properties, language),
        complete=total is not None and total <= MOST_ROWS,
    )


def _rows(
    counts: Counts,
    cards: Cards,
    selection: Selection,
    properties: Sequence[NamedNode],
    language: str,
) -> Iterator[tuple[Cell, ...]]:
    for start in range(0, MOST_ROWS, _AT_ONCE):
        iris = counts.items(selection, language, start, _AT_ONCE)
        for card in cards.of(iris, properties):
            yield _row(card, properties)
        if len(iris) < _AT_ONCE:
            return


def _row(card: Card, properties: Sequence[NamedNode]) -> tuple[Cell, ...]:
    facts = {fact.property: fact.values for fact in card.facts}
    return (
        card.iri.value,
        card.label.text,
        _joined(card.types),
        card.description.text if card.description else "",
        *(_joined(facts.get(each, ())) for each in properties),
    )


_NUMERIC = frozenset({XSD.integer, XSD.decimal, XSD.double, XSD.float})


def _joined(values: Sequence[tuple[Term, Label]]) -> Cell:
    """Return values as one cell: a number if it is a single one."""
    if len(values) == 1 and isinstance(term := values[0][0], Literal):
        number = _number(term)
        if number is not None:
            return number
    return "; ".join(label.text for _, label in values)


def _number(literal: Literal) -> int | float | None:
    text = literal.value
    if literal.datatype not in _NUMERIC or not NUMBER.fullmatch(text) or "N" in text.upper():
        return None
    return int(text) if literal.datatype == XSD.integer else float(text)


def guarded(cell: Cell) -> Cell:
    """Return a cell that no spreadsheet takes for a formula."""
    if isinstance(cell, str) and _FORMULA.match(cell):
        return f"'{cell}"
    return cell


def write_csv(table: Table, output: IO[bytes]) -> None:
    """Write a table as CSV in UTF-8."""
    text = io.TextIOWrapper(output, "utf-8", newline="", write_through=True)
    writer = csv.writer(text)
    writer.writerows(_all_rows(table))
    text.detach()


def _all_rows(table: Table) -> Iterator[list[Cell]]:
    yield [guarded(cell) for cell in table.header]
    for row in table.rows:
        yield [guarded(cell) for cell in row]


def write_xlsx(table: Table, output: IO[bytes]) -> None:
    """Write a table as a workbook of one sheet, in which texts are texts and nothing else."""
    options = {"constant_memory": True, "nan_inf_to_errors": True}
    with Workbook(output, options) as book:
        sheet = book.add_worksheet()
        sheet.freeze_panes(1, 1)
        bold = book.add_format({"bold": True})
        for place, row in enumerate(_all_rows(table)):
            for column, cell in enumerate(row):
                if isinstance(cell, str):
                    sheet.write_string(place, column, _fitting(cell), bold if not place else None)
                else:
                    sheet.write_number(place, column, cell)


def _fitting(text: str) -> str:
    clean = _NOT_IN_XML.sub("\ufffd", text)
    return clean if len(clean) < _LONGEST_CELL else clean[: _LONGEST_CELL - 1] + "…"
