"""Triple Pattern Fragments, for clients that answer queries by themselves."""

from __future__ import annotations

from urllib.parse import quote, urlencode

from flask import Blueprint, Response, request

from kg import formats, fragments, terms
from kg.errors import BadInput, NotFound
from kg.formats import Format, Kind
from kg.results import serialised
from kg.web import respond
from kg.web.current import current_kg

bp = Blueprint("fragments", __name__)

_PLACES = ("subject", "predicate", "object")


@bp.get("/fragments")
def fragment() -> Response:
    """Send a page of the triples that fit a pattern. Cost: one query, or two."""
    format = respond.choose(sorted(formats.offers(Kind.GRAPH), key=_place))
    _must_be_of_now()
    return respond.conditional(format, lambda: _sent(format))


def _place(format: Format) -> tuple[bool, bool]:
    """Return what comes first: TriG, then what else keeps the controls apart from the data."""
    return Kind.DATASET not in format.kinds, format.name != "trig"


def _must_be_of_now() -> None:
    """Raise NotFound for a page that leads on from one of another state of the data."""
    if request.args.get("snapshot", current_kg.snapshot) != current_kg.snapshot:
        raise NotFound(
            "the data has changed since the first page of this fragment; begin again with that",
            code="snapshot_changed",
        )


def _sent(format: Format) -> Response:
    given = {name: request.args.get(name, "") for name in _PLACES}
    wanted, page = fragments.pattern(**given), _page_number()
    known = current_kg.statistics if current_kg.is_current and not current_kg.live else None
    found = fragments.read(current_kg.store, wanted, page, known)
    root = request.url_root + "fragments"

    def address(number: int) -> str:
        if number == page:
            return _asked(root)
        pairs = {name: text for name, text in given.items() if text}
        if number > 1:
            pairs |= {"page": str(number)}
            pairs |= {} if current_kg.live else {"snapshot": current_kg.snapshot}
        # Spelled as the template is expanded (RFC 6570, 3.2.2).
        return f"{root}?{urlencode(pairs, quote_via=quote, safe='')}" if pairs else root

    quads = fragments.quads(found, root, address)
    return respond.result(serialised(quads, format, snapshot=current_kg.snapshot))


def _asked(root: str) -> str:
    """Return the address of this page as the client spelled it, by which it finds the controls."""
    query = request.query_string.decode("ascii", "replace")
    try:
        return terms.iri(f"{root}?{query}" if query else root).value
    except BadInput:
        return f"{root}?{quote(query, safe='%&=')}"


def _page_number() -> int:
    text = request.args.get("page", "1")
    if not (text.isascii() and text.isdecimal()) or not 0 < int(text[:9]) <= fragments.LAST:
        raise BadInput("expected a number of a page, 1 for the first")
    return int(text)
