"""Search: a page of hits with facets, the same for programs, and suggestions while one types."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, Response, request, url_for
from flask_babel import gettext as _

from kg.errors import BadInput
from kg.formats import DATA, HTML
from kg.labels import Label
from kg.search import hits
from kg.search.hits import Facet, Found, Hit, Page, Wanted
from kg.search.snippets import Segment
from kg.terms import NamedNode
from kg.web import colors, language, links, respond, term
from kg.web.current import current_kg

bp = Blueprint("search", __name__)

SIZE = 20
MOST = 100
"""Hits on a page, and the most that may be asked for."""

SUGGESTED = 8

LAST_PAGE = 1_000_000


@bp.get("/search")
def page() -> Response:
    """Show, or send, a page of what a text finds."""
    format = respond.choose((HTML, DATA))
    answer = _rendered if format is HTML else _as_data
    return respond.conditional(format, answer, localized=True)


@bp.get("/suggest")
def suggest() -> Response:
    """Send the best hits for what has been typed so far. Cost: no query."""
    return respond.conditional(DATA, _suggested, localized=True)


def _rendered() -> Response:
    """Cost: no query; everything comes from the index."""
    text, number, wanted = _asked()
    found = hits.page(current_kg.derived.search, text, language.languages(), wanted)
    names = _names(found)
    facets = _facets(found, names)
    return respond.page(
        "search.html",
        text=text,
        found=found,
        rows=[_row(hit, names) for hit in found.hits],
        facets=facets,
        chosen=[value for facet in facets for value in facet["values"] if value["selected"]],
        number=number,
        last=-(-found.total // wanted.size),
        page_url=lambda page: links.here(page=str(page)),
        data_url=links.here(format="json"),
        index=current_kg.derived.snapshot,
        is_current=current_kg.is_current,
        searches_all=current_kg.searches_all,
    )


def _as_data() -> Response:
    text, number, wanted = _asked()
    found = hits.page(current_kg.derived.search, text, language.languages(), wanted)
    names = _names(found)
    more = wanted.offset + len(found.hits) < found.total
    return respond.as_json(
        {
            "query": text,
            "total": found.total,
            "complete": current_kg.searches_all,
            "page": number,
            "items": [_item(hit, names) for hit in found.hits],
            "facets": _facets(found, names),
            "next": links.here(page=str(number + 1)) if more else None,
            "snapshot": current_kg.snapshot,
            "index": current_kg.derived.snapshot,
        }
    )


def _suggested() -> Response:
    wanted = Wanted(
        size=whole("size", SUGGESTED, MOST),
        classes=tuple(request.args.getlist("type")),
        seconds=current_kg.settings.page_seconds,
    )
    text, spoken = request.args.get("q", ""), language.languages()
    found = hits.suggestions(current_kg.derived.search, text, spoken, wanted)
    items = [_suggestion(hit, spoken) for hit in found]
    return respond.as_json({"query": text, "items": items, "index": current_kg.derived.snapshot})


def _suggestion(hit: Hit, spoken: Sequence[str]) -> dict[str, Any]:
    """Return what the list below a search box shows of a hit."""
    kind = current_kg.derived.search.label_of(hit.classes[0], spoken).text if hit.classes else ""
    about = hit.description.text if hit.description else ""
    return {
        "iri": hit.iri,
        "label": term.shown(hit.label.text),
        "language": term.tag(hit.label.language),
        "type": term.shown(kind),
        "color": colors.hue(map(NamedNode, hit.classes)),
        "description": term.shown(about),
        "found": [_segment(each) for each in hit.elsewhere.segments] if hit.elsewhere else [],
        "match": hit.match,
        "url": links.page(NamedNode(hit.iri)),
    }


def _asked() -> tuple[str, int, Wanted]:
    """Return the text, the number of the page and what it is to show. Raises BadInput."""
    page_number = whole("page", 1, LAST_PAGE)
    size = whole("size", SIZE, MOST)
    wanted = Wanted(
        offset=(page_number - 1) * size,
        size=size,
        classes=tuple(request.args.getlist("type")),
        languages=tuple(request.args.getlist("language")),
        seconds=current_kg.settings.page_seconds,
    )
    return request.args.get("q", ""), page_number, wanted


def whole(name: str, usual: int, most: int) -> int:
    """Return the whole number that a parameter gives. Raises BadInput."""
    text = request.args.get(name)
    if text is None:
        return usual
    if not text.isascii() or not text.isdigit() or not 1 <= int(text[:20]) <= most:
        raise BadInput(f"{name} must be a whole number from 1 to {most:,}, not {text[:40]!a}")
    return int(text)


def _names(found: Page) -> dict[str, Label]:
    """Return what the classes and properties on a page are called."""
    used = {each for hit in found.hits for each in hit.classes}
    used |= {hit.found.said_by for hit in found.hits if hit.found and hit.found.said_by}
    used |= {value.value for value in found.classes.values}
    index, spoken = current_kg.derived.search, language.languages()
    return {iri: index.label_of(iri, spoken) for iri in used}


def _facets(found: Page, names: dict[str, Label]) -> list[dict[str, Any]]:
    """Return the facets, each value with the address that chooses it, or lets it go."""
    return [
        _facet("type", _("Class"), found.classes, lambda value: names[value].text),
        _facet("language", _("Language of the text"), found.languages, _language_name),
    ]


def _language_name(language_tag: str) -> str:
    return language.own_name(term.tag(language_tag)) if language_tag else _("without language")


def _facet(name: str, label: str, facet: Facet, called: Callable[[str], str]) -> dict[str, Any]:
    return {
        "name": name,
        "label": label,
        "complete": facet.total == len(facet.values),
        "total": facet.total,
        "values": [
            {
                "value": value.value,
                "label": term.shown(called(value.value)),
                "count": value.count,
                "selected": value.selected,
                "url": _toggled(name, value.value),
            }
            for value in facet.values
        ],
    }


def _toggled(name: str, value: str) -> str:
    """Return the address of this search with a value of a facet chosen, or let go if it is."""
    pairs = [
        (key, each)
        for key, each in request.args.items(multi=True)
        if key not in ("page", "format", "lang", "content")
    ]
    pair = (name, value)
    pairs = [each for each in pairs if each != pair] if pair in pairs else [*pairs, pair]
    return f"{url_for('search.page')}?{urlencode(pairs)}"


def _item(hit: Hit, names: dict[str, Label]) -> dict[str, Any]:
    return {
        "iri": hit.iri,
        "label": hit.label.text,
        "language": term.tag(hit.label.language),
        "types": [{"iri": each, "label": names[each].text} for each in hit.classes],
        "description": hit.description.text if hit.description else None,
        "match": hit.match,
        "found": _found(hit.found) if hit.found else None,
        "url": links.page(NamedNode(hit.iri)),
    }


def _found(found: Found) -> dict[str, Any]:
    return {
        "property": found.said_by or None,
        "language": term.tag(found.language),
        "segments": [_segment(each) for each in found.segments],
    }


def _segment(segment: Segment) -> dict[str, Any]:
    return {"text": segment.text, "matched": segment.matched}


@dataclass(frozen=True)
class Row:
    """A hit as the page shows it."""

    hit: Hit
    iri: NamedNode
    kinds: tuple[tuple[NamedNode, Label], ...]
    said_by: Label | None
    """What the property is called whose text matched, where that is not the label."""


def _row(hit: Hit, names: dict[str, Label]) -> Row:
    elsewhere = hit.elsewhere
    return Row(
        hit,
        NamedNode(hit.iri),
        tuple((NamedNode(each), names[each]) for each in hit.classes),
        names.get(elsewhere.said_by) if elsewhere else None,
    )
