"""An answer as a page shows it: as a table, or in another view that its columns allow.

The console and the pages of questions show answers alike. `answer.html` draws what is given here.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any
from urllib.parse import urlencode

from flask import request

from kg import formats, labels
from kg.errors import BadInput
from kg.formats import JSON, TURTLE, Kind
from kg.labels import Thing
from kg.results import Result, fits_rdf_xml, fits_xml
from kg.store import EVERYTHING, Scope
from kg.terms import Literal, NamedNode, Term, Triple
from kg.views import charts, columns, graphs, maps, timelines
from kg.views.charts import Axes, Chart
from kg.views.columns import Column, Nature
from kg.views.tables import Table
from kg.web import language
from kg.web.current import current_kg

ROWS = 100
"""Rows on a page of the table."""

RAW = 200_000
"""Characters of the raw answer that are shown."""

VIEWS = ("table", "chart", "timeline", "map", "graph", "raw")

_LAST_PAGE = 10_000_000

_MANNERS = ("view", "page", "sort", "across", "up", "by")
"""Parameters of an address that say how an answer is shown."""


@dataclass(frozen=True)
class Asked:
    """A question and how its answer is to be shown, as the address says it."""

    path: str
    question: tuple[tuple[str, str], ...] = ()
    """The parameters that say what is asked."""

    view: str = "table"
    page: int = 1
    sort: str = ""
    across: str = ""
    up: str = ""
    by: str = ""

    def address(self, **changes: Any) -> str:
        """Return the address of the same with some of it changed."""
        pairs = replace(self, **changes).pairs()
        return f"{self.path}?{urlencode(pairs)}" if pairs else self.path

    def pairs(self, without: Iterable[str] = ()) -> list[tuple[str, str]]:
        """Return the parameters of the address but for some."""
        usual = Asked(self.path)
        shown = [(name, getattr(self, name)) for name in _MANNERS if name not in without]
        told = [(name, str(value)) for name, value in shown if value != getattr(usual, name)]
        return [*self.question, *told]

    @property
    def explained(self) -> str:
        """The address that tells how the question is answered."""
        return f"{self.path}?{urlencode([*self.question, ('explain', '1')])}"

    def data(self, format: formats.Format) -> str:
        """Return the address of the whole answer in a format."""
        return f"{self.path}?{urlencode([*self.question, ('format', format.name)])}"


def read(path: str, question: Iterable[tuple[str, str]]) -> Asked:
    """Return a question with what the address of this request says of its answer.

    Raises BadInput.
    """
    given = request.args
    view, page = given.get("view", "table"), given.get("page", "1")
    if view not in VIEWS:
        raise BadInput(f"there is no view {view[:40]!r}; there are: {', '.join(VIEWS)}")
    if not page.isascii() or not page.isdigit() or not 1 <= int(page[:9]) <= _LAST_PAGE:
        raise BadInput(f"page must be a whole number from 1 on, not {page[:40]!r}")
    columns = {name: given.get(name, "") for name in ("sort", "across", "up", "by")}
    return Asked(path, tuple(question), view, int(page[:9]), **columns)


def shown(
    asked: Asked, text: str, kind: Kind, scope: Scope = EVERYTHING, *, figure: Axes | None = None
) -> dict[str, Any]:
    """Return what a page shows of the answer to a query, with the seconds that it took.

    `figure` is a chart that stands above the table. Cost: the query, and one more for the labels
    of what is shown. Raises KgError.
    """
    raw = TURTLE if kind is Kind.GRAPH else JSON
    begun = time.monotonic()
    result = current_kg.shown().query(text, scope, format=raw if asked.view == "raw" else None)
    seconds = time.monotonic() - begun
    found = _raw(result, kind) if asked.view == "raw" else _shown(asked, result, kind, figure)
    return {"asked": asked, "kind": kind, "seconds": seconds, "longest_raw": RAW, **found}


def _raw(result: Result, kind: Kind) -> dict[str, Any]:
    """Return the answer as a program gets it, and what other views there are of it."""
    content = result.read()
    again = replace(result, chunks=iter([content]))
    table = None if kind is Kind.BOOLEAN else _table_of(again, kind)
    views = _possible(table, columns.columns(table)) if table else ["table", "raw"]
    return {"raw": content.decode(), "table": table, "views": views, "lost": set()}


def _shown(asked: Asked, result: Result, kind: Kind, figure: Axes | None) -> dict[str, Any]:
    """Return what the page shows of an answer."""
    if kind is Kind.BOOLEAN:
        return {"boolean": result.boolean(), "views": ["table", "raw"], "lost": set()}
    table = _table_of(result, kind)
    known = columns.columns(table)
    views = _possible(table, known)
    fits = asked.view in views
    last = max(1, -(-len(table) // ROWS))
    asked = replace(asked, view=asked.view if fits else "table", page=min(asked.page, last))
    view = _VIEWS[asked.view](asked, table, known)
    drawn = _figure(table, known, figure) if figure and asked.view == "table" else None
    things = _named([*view.pop("named"), *_of(drawn)])
    return {
        "asked": asked,
        "fits": fits,
        "table": table,
        "lost": _inexpressible(table, kind),
        "views": views,
        "natures": {column.name: column.nature.value for column in known},
        "things": things,
        "words": partial(_words, things),
        "figure": drawn,
        "last": last,
        "page_address": lambda page: asked.address(page=page),
        **view,
    }


def _table_of(result: Result, kind: Kind) -> Table:
    return (
        Table.of_triples(result.triples()) if kind is Kind.GRAPH else Table.of(result.solutions())
    )


def _inexpressible(table: Table, kind: Kind) -> set[str]:
    """Return the formats that cannot hold an answer."""
    if kind is Kind.SOLUTIONS:
        fits = all(fits_xml(term) for row in table.rows for term in row)
        return set() if fits else {"xml"}
    triples = (Triple(*row) for row in table.rows)  # type: ignore[arg-type]  # none is unbound
    return set() if fits_rdf_xml(triples) else {"rdf"}


def _possible(table: Table, known: tuple[Column, ...]) -> list[str]:
    """Return the views that a table allows."""
    possible = {
        "table": True,
        "chart": bool(charts.choices(known).up) and len(table) > 0,
        "timeline": bool(columns.named(Nature.TIME, known)),
        "map": maps.is_possible(known),
        "graph": graphs.ends(known) is not None,
        "raw": True,
    }
    return [view for view in VIEWS if possible[view]]


def _table(asked: Asked, table: Table, _known: tuple[Column, ...]) -> dict[str, Any]:
    rows = table.ordered(asked.sort).page(asked.page, ROWS)
    return {"rows": rows, "named": [term for row in rows for term in row]}


def _chart(asked: Asked, table: Table, known: tuple[Column, ...]) -> dict[str, Any]:
    found = charts.chart(table.ordered(asked.sort), known, asked.across, asked.up, asked.by)
    return {"chart": found, "axes": charts.choices(known), "named": _of(found)}


def _figure(table: Table, known: tuple[Column, ...], axes: Axes) -> Chart | None:
    """Return a chart of certain columns; None where the answer does not have them."""
    if not {axes.across, axes.up, axes.by} - {charts.ONE} <= set(table.names):
        return None
    return charts.chart(table, known, axes.across, axes.up, axes.by)


def _of(chart: Chart | None) -> list[Term | None]:
    """Return what a chart names."""
    return [*chart.series, *(each.label for each in chart.bars + chart.points)] if chart else []


def _timeline(_asked: Asked, table: Table, known: tuple[Column, ...]) -> dict[str, Any]:
    found = timelines.timeline(table, known)
    return {"timeline": found, "named": [each.label for each in found.events] if found else []}


def _map(_asked: Asked, table: Table, known: tuple[Column, ...]) -> dict[str, Any]:
    found = maps.map(table, known)
    return {"map": found, "named": [spot.label for spot in found.spots] if found else []}


def _graph(_asked: Asked, table: Table, known: tuple[Column, ...]) -> dict[str, Any]:
    found = graphs.graph(table, known)
    links = found.links if found else ()
    terms = [term for link in links for term in (link.source, link.label, link.target)]
    return {"graph": found, "named": terms}


_VIEWS = {
    "table": _table,
    "chart": _chart,
    "timeline": _timeline,
    "map": _map,
    "graph": _graph,
}


def _named(terms: Iterable[Term | None]) -> dict[NamedNode, Thing]:
    """Return the label and classes of everything that a page names."""
    iris = {term for term in terms if isinstance(term, NamedNode)}
    properties = current_kg.display.label_properties
    return labels.things(current_kg.store, iris, language.languages(), properties)


def _words(things: Mapping[NamedNode, Thing], term: Term | None) -> str:
    """Return the text of a term alone, for where no element can stand."""
    if isinstance(term, NamedNode):
        return things[term].label.text
    return term.value if isinstance(term, Literal) else str(term or "")
