"""The page on which people ask in SPARQL: the question, and its answer or why there is none."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode

from flask import Response, request, url_for

from kg import formats, guard, labels
from kg.errors import BadInput, KgError
from kg.formats import JSON, TURTLE, Kind
from kg.labels import Thing
from kg.results import Result, fits_rdf_xml, fits_xml
from kg.store import EVERYTHING, Scope
from kg.terms import Literal, NamedNode, Term, Triple
from kg.views import charts, columns, graphs, maps, timelines
from kg.views.columns import Column, Nature
from kg.views.tables import Table
from kg.web import language, problems, respond, snippets
from kg.web.current import current_kg, deployment

ROWS = 100
"""Rows on a page of the table."""

RAW = 200_000
"""Characters of the raw answer that are shown."""

VIEWS = ("table", "chart", "timeline", "map", "graph", "raw")

_LAST_PAGE = 10_000_000


@dataclass(frozen=True)
class Asked:
    """A question and how its answer is to be shown, as the address says it."""

    text: str
    scope: Scope = EVERYTHING
    view: str = "table"
    page: int = 1
    sort: str = ""
    across: str = ""
    up: str = ""

    def address(self, **changes: Any) -> str:
        """Return the address of the same with some of it changed."""
        other = replace(self, **changes)
        pairs = [
            ("query", other.text),
            *_named("default-graph-uri", other.scope.default),
            *_named("named-graph-uri", other.scope.named),
        ]
        plain = Asked("")
        for name in ("view", "page", "sort", "across", "up"):
            value = getattr(other, name)
            if value != getattr(plain, name):
                pairs.append((name, str(value)))
        return f"{url_for('sparql.endpoint')}?{urlencode(pairs)}"

    def data(self, format: formats.Format) -> str:
        """Return the address of the whole answer in a format."""
        whole = Asked(self.text, self.scope)
        return f"{whole.address()}&{urlencode({'format': format.name})}"


def _named(parameter: str, graphs: Iterable[object] | None) -> list[tuple[str, str]]:
    return [(parameter, each.value) for each in graphs or () if isinstance(each, NamedNode)]


def ask(text: str = "") -> Response:
    """Return the page without an answer."""
    return _page(Asked(text))


def answer(text: str, scope: Scope, kind: Kind) -> Response:
    """Return the page with the answer to a question, or with what is wrong.

    Cost: the query, and one more for the labels of what is shown.
    """
    asked = Asked(text, scope)
    try:
        guard.check_query(text, current_kg.settings.service_hosts)
        asked = _asked(text, scope)
        raw = TURTLE if kind is Kind.GRAPH else JSON
        begun = time.monotonic()
        result = current_kg.shown().query(text, scope, format=raw if asked.view == "raw" else None)
        seconds = time.monotonic() - begun
        shown = _raw(result, kind) if asked.view == "raw" else _shown(asked, result, kind)
        return _page(**{"asked": asked, "kind": kind, "seconds": seconds, **shown})
    except KgError as error:
        return _page(asked, kind, status=problems.status(error), error=error)


def _asked(text: str, scope: Scope) -> Asked:
    """Return what the address asks for. Raises BadInput."""
    given = request.args
    view, page = given.get("view", "table"), given.get("page", "1")
    if view not in VIEWS:
        raise BadInput(f"there is no view {view[:40]!r}; there are: {', '.join(VIEWS)}")
    if not page.isascii() or not page.isdigit() or not 1 <= int(page[:9]) <= _LAST_PAGE:
        raise BadInput(f"page must be a whole number from 1 on, not {page[:40]!r}")
    across, up = given.get("across", ""), given.get("up", "")
    return Asked(text, scope, view, int(page[:9]), given.get("sort", ""), across, up)


def _raw(result: Result, kind: Kind) -> dict[str, Any]:
    """Return the answer as a program gets it, and what other views there are of it."""
    content = result.read()
    again = replace(result, chunks=iter([content]))
    table = None if kind is Kind.BOOLEAN else _table_of(again, kind)
    views = _possible(table, columns.columns(table)) if table else ["table", "raw"]
    return {"raw": content.decode(), "table": table, "views": views}


def _shown(asked: Asked, result: Result, kind: Kind) -> dict[str, Any]:
    """Return what the page shows of an answer."""
    if kind is Kind.BOOLEAN:
        return {"boolean": result.boolean(), "views": ["table", "raw"]}
    table = _table_of(result, kind)
    known = columns.columns(table)
    views = _possible(table, known)
    lost = _inexpressible(table, kind)
    fits = asked.view in views
    last = max(1, -(-len(table) // ROWS))
    asked = replace(asked, view=asked.view if fits else "table", page=min(asked.page, last))
    view = _VIEWS[asked.view](asked, table, known)
    things = _things(view.pop("named"))
    return {
        "asked": asked,
        "fits": fits,
        "table": table,
        "offers": [each for each in formats.offers(kind) if each.name not in lost],
        "views": views,
        "natures": {column.name: column.nature.value for column in known},
        "things": things,
        "words": partial(_words, things),
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
        "chart": bool(charts.choices(known)[1]) and len(table) > 0,
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
    found = charts.chart(table.ordered(asked.sort), known, asked.across, asked.up)
    named = [each.label for each in found.bars + found.points] if found else []
    across, up = charts.choices(known)
    return {"chart": found, "axes": {"across": across, "up": up}, "named": named}


def _timeline(_asked: Asked, table: Table, known: tuple[Column, ...]) -> dict[str, Any]:
    found = timelines.timeline(table, known)
    return {"timeline": found, "named": [each.label for each in found.events] if found else []}


def _map(_asked: Asked, table: Table, known: tuple[Column, ...]) -> dict[str, Any]:
    found = maps.map(table, known)
    measures = {"map_width": maps.WIDTH, "map_height": maps.HEIGHT}
    return {"map": found, "named": [s.label for s in found.spots] if found else [], **measures}


def _graph(_asked: Asked, table: Table, known: tuple[Column, ...]) -> dict[str, Any]:
    found = graphs.graph(table, known)
    links = found.links if found else ()
    named = [term for link in links for term in (link.source, link.label, link.target)]
    return {"graph": found, "named": named}


_VIEWS = {
    "table": _table,
    "chart": _chart,
    "timeline": _timeline,
    "map": _map,
    "graph": _graph,
}


def _things(terms: Iterable[Term | None]) -> dict[NamedNode, Thing]:
    """Return the label and classes of everything that a page names."""
    iris = {term for term in terms if isinstance(term, NamedNode)}
    properties = current_kg.display.label_properties
    return labels.things(current_kg.store, iris, language.languages(), properties)


def _words(things: Mapping[NamedNode, Thing], term: Term | None) -> str:
    """Return the text of a term alone, for where no element can stand."""
    if isinstance(term, NamedNode):
        return things[term].label.text
    return term.value if isinstance(term, Literal) else str(term or "")


def _page(
    asked: Asked,
    kind: Kind = Kind.SOLUTIONS,
    status: int = HTTPStatus.OK,
    error: KgError | None = None,
    **shown: Any,
) -> Response:
    wanted = language.languages()
    endpoint = url_for("sparql.endpoint", _external=True)
    offers = shown.pop("offers", formats.offers(kind))
    return respond.page(
        "sparql.html",
        status=status,
        asked=asked,
        examples=[(each, each.title(wanted)) for each in current_kg.examples],
        error=error,
        advice=problems.advice(error.code) if error else "",
        place=problems.place(error) if error else None,
        offers=[(format.name, asked.data(format)) for format in offers],
        snippets=snippets.of(asked.text, offers[0], endpoint) if asked.text else (),
        longest_raw=RAW,
        can_keep=deployment().kept.is_possible,
        **shown,
    )
