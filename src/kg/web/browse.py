"""Faceted browsing: what is chosen, as a page, as JSON, as a table, as a graph, and as SPARQL."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import IO, Any, cast

from flask import Blueprint, Response, request
from flask_babel import gettext as _
from pyroaring import BitMap

from kg import formats
from kg.browse import drawings, patterns, selection, tables, text
from kg.browse import page as pages
from kg.browse.cards import Cards
from kg.browse.counting import IndexCounts
from kg.browse.facets import Counts, Wanted
from kg.browse.live import LiveCounts
from kg.browse.page import Page
from kg.browse.paths import Path
from kg.browse.selection import Selection
from kg.browse.tables import Table
from kg.errors import NotFound, StorageFull
from kg.formats import DATA, HTML, Format, Kind
from kg.labels import chain
from kg.search.matching import matching
from kg.terms import NamedNode
from kg.web import body, language, listing, panels, respond, views
from kg.web.current import current_kg
from kg.web.panels import Panels
from kg.web.shelf import COMPLETE_HEADER
from kg.web.views import View

bp = Blueprint("browse", __name__)

CSV = Format("csv", "text/csv", "csv", frozenset({Kind.PAGE}), None)
XLSX = Format(
    "xlsx",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "xlsx",
    frozenset({Kind.PAGE}),
    None,
)
SPARQL = Format("rq", "application/sparql-query", "rq", frozenset({Kind.PAGE}), None)

VALUES_IN_JSON = 50
"""Values of a facet in JSON; `more` leads to all of them."""

_IN_MEMORY = 1024 * 1024
"""Bytes of a table up to which it stays in memory until it is whole."""

_BLOCK = 256 * 1024

# Parameters that say how, and not what: they are no facets.
_MANNERS = frozenset(
    {"lang", "content", "format", "view", "by", "column", "facet", "find", "under"}
)

CHARTED = 40
"""Values in a chart."""


@bp.get("/browse")
def page() -> Response:
    """Show what is chosen, in the form that the client reads."""
    return _answer(respond.choose((HTML, *_offers())))


@bp.get("/browse.<extension>")
def data(extension: str) -> Response:
    """Send what is chosen in the format of an extension."""
    offered = _offers()
    for format in offered:
        if format.extension == extension.lower():
            return _answer(format)
    known = ", ".join(f".{format.extension}" for format in offered)
    raise NotFound(f"there is no format with that extension; there are {known}")


def _offers() -> tuple[Format, ...]:
    return (DATA, CSV, XLSX, SPARQL, *formats.offers(Kind.GRAPH))


def _answer(format: Format) -> Response:
    chosen = _selection()
    make = _MAKERS.get(format.name, _graph)
    return respond.conditional(format, lambda: make(chosen, format), localized=True)


def _selection() -> Selection:
    pairs = body.parameters(request.query_string)
    return selection.parse(
        ((name, value) for name, value in pairs if name not in _MANNERS), current_kg.prefixes
    )


def _pattern(wanted: str) -> str:
    """Return the pattern of what a text is found in. Raises TooLarge, BadInput and OverLimit."""
    if current_kg.derived.facets is None and not current_kg.searches_all:
        return text.in_names(wanted, current_kg.display.label_properties)
    return text.searched(wanted, len(_entities(wanted)))


def _entities(wanted: str) -> BitMap:
    """Return what a text is found in, as the search index numbers it."""
    return matching(current_kg.derived.search, wanted, current_kg.settings.page_seconds)


def counts(chosen: Selection) -> Counts:
    """Return what counts a selection: the index, if it can tell all that it takes."""
    index = current_kg.derived.facets
    if index is not None and (current_kg.is_current or index.covers(chosen)):
        return IndexCounts(
            index,
            _live(),
            lambda wanted: index.things.of_searched(_entities(wanted)),
            snapshot=current_kg.derived.snapshot,
        )
    return _live()


def _live() -> LiveCounts:
    limits = current_kg.store.limits
    return LiveCounts(
        current_kg.paged(),
        _pattern,
        page=limits,
        facet=replace(limits, seconds=current_kg.settings.facet_seconds),
        label_properties=current_kg.display.label_properties,
        languages=lambda tag: chain(tag, current_kg.settings.languages),
        follows_trees=not current_kg.live,
    )


def _load(counting: Counts, chosen: Selection, wanted: Wanted, **more: Any) -> Page:
    return pages.load(
        counting,
        current_kg.store,
        chosen,
        language.languages(),
        display=current_kg.display,
        pattern=_pattern,
        wanted=wanted,
        closer=_closer(),
        **more,
    )


def _closer() -> dict[Path, Wanted]:
    return panels.closer(*(request.args.get(name, "") for name in ("facet", "find", "under")))


def _json(chosen: Selection, _format: Format) -> Response:
    found = _load(counts(chosen), chosen, Wanted(most=VALUES_IN_JSON))
    # Not laid out: that would take as long as everything else.
    text = json.dumps(listing.as_json(found, language.languages()), ensure_ascii=False)
    return _of(found.snapshot, Response(f"{text}\n", content_type=DATA.content_type))


def _html(chosen: Selection, _format: Format) -> Response:
    counting, view = counts(chosen), views.chosen()
    columns = views.columns() if view is View.TABLE else None
    found = _load(counting, chosen, Wanted(), columns=columns, listed=view.is_listed)
    shown = Panels(found, language.languages(), _closer())
    placing = views.placing(counting, chosen)
    html = respond.page(
        "browse.html",
        found=found,
        shown=shown,
        title=shown.title(),
        sorts=shown.sorts(),
        kept=listing.pairs(chosen.searching("")),
        kept_columns=listing.pairs(chosen, column=""),
        view=view,
        table=views.table(found),
        views=views.offered(found, placed=placing is not None),
        exports=[(format.name, _export(chosen, format)) for format in _offers()],
        page_url=lambda number: listing.address(chosen.at(number)),
        is_current=found.snapshot == current_kg.snapshot,
        sparql=current_kg.prefixes.abbreviate(found.sparql) if found.sparql else None,
        **_drawn(view, counting, found, shown, placing),
    )
    return _of(found.snapshot, html)


def _drawn(
    view: View, counting: Counts, found: Page, shown: Panels, placing: NamedNode | None
) -> dict[str, Any]:
    """Return what a view draws beside the facets: a chart, a timeline, or a map."""
    if view is View.CHART:
        return _charted(counting, found, shown)
    languages = language.languages()
    cards, order = _cards(languages), pages.order_language(languages)
    drawn: drawings.Drawn[Any] | None = None
    if view is View.TIMELINE and (dated := views.dated(found)):
        drawn = drawings.timeline(counting, cards, found.selection, dated, order)
    if view is View.MAP and placing:
        drawn = drawings.map(counting, cards, found.selection, placing, order)
    things = views.things(drawn.cards) if drawn else {}
    return {
        "drawn": drawn,
        "things": things,
        "words": lambda term: things[term].label.text,
        "charts": views.dates(found) if view is View.TIMELINE else (),
    }


def _charted(counting: Counts, found: Page, shown: Panels) -> dict[str, Any]:
    chart = None
    if (facet := views.charted(found)) is not None:
        wanted = Wanted(most=CHARTED)
        asked = counting.facet(found.selection, facet.path, facet.kind, wanted)
        (whole,) = counting.named([asked])
        chart = shown.panel(0, whole)
    return {"chart": chart, "charts": views.charts(found)}


def _cards(languages: Sequence[str]) -> Cards:
    return Cards(current_kg.store, languages, current_kg.display)


def _export(chosen: Selection, format: Format) -> str:
    return listing.address(chosen, f"/browse.{format.extension}", view="", by="", column="")


def _csv(chosen: Selection, format: Format) -> Response:
    return _table(chosen, format, tables.write_csv)


def _xlsx(chosen: Selection, format: Format) -> Response:
    return _table(chosen, format, tables.write_xlsx)


def _table(
    chosen: Selection, format: Format, write: Callable[[Table, IO[bytes]], None]
) -> Response:
    """Send a table once it is whole, with its length."""
    counting = counts(chosen)
    cards = replace(_cards(language.languages()), facts_shown=None)
    header = (_("IRI"), _("Label"), _("Class"), _("Description"))
    table = tables.load(counting, cards, chosen, header, language.tag())
    file = tempfile.SpooledTemporaryFile(_IN_MEMORY)  # noqa: SIM115  closed with the response
    try:
        write(table, cast("IO[bytes]", file))
    except OSError as error:
        raise StorageFull(f"there is no room to keep the table: {error.strerror}") from None
    response = Response(_blocks(file), content_type=format.content_type)
    response.content_length = file.tell()
    response.headers["Content-Disposition"] = f'attachment; filename="browse.{format.extension}"'
    response.headers[COMPLETE_HEADER] = "true" if table.complete else "false"
    return _of(counting.snapshot, response)


def _blocks(file: IO[bytes]) -> Iterator[bytes]:
    with file:
        file.seek(0)
        while block := file.read(_BLOCK):
            yield block


def _query(chosen: Selection, format: Format) -> Response:
    counting = counts(chosen)
    query = patterns.select(*counting.asked(chosen), _pattern)
    shown = current_kg.prefixes.abbreviate(query) + "\n"
    return Response(shown, content_type=f"{format.media_type}; charset=utf-8")


def _graph(chosen: Selection, format: Format) -> Response:
    """Send what the data says about each thing that is chosen, on whatever page."""
    where = patterns.where(*counts(chosen).asked(chosen), _pattern)
    return respond.result(
        current_kg.asked().query(
            f"CONSTRUCT {{ ?item ?property ?value }} WHERE {{ {{ SELECT DISTINCT ?item WHERE {{ "
            f"{where} }} }} ?item ?property ?value }}",
            format=format,
        )
    )


def _of(snapshot: str, response: Response) -> Response:
    """Say of which snapshot a response is: perhaps of the one before the current one."""
    if not current_kg.live:
        response.headers[respond.SNAPSHOT_HEADER] = snapshot
    return response


_MAKERS: dict[str, Callable[[Selection, Format], Response]] = {
    HTML.name: _html,
    DATA.name: _json,
    CSV.name: _csv,
    XLSX.name: _xlsx,
    SPARQL.name: _query,
}
