"""Validation with SHACL: what is wrong with the data served, and with a document that is sent."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO

from flask import Blueprint, Response, request

from kg import checking, formats, report
from kg.checking import Checked, Shapes
from kg.errors import BadInput, KgError
from kg.formats import HTML, Format, Kind
from kg.ontology.index import Cut
from kg.report import Line
from kg.results import serialised
from kg.terms import NamedNode
from kg.violations import ROWS, SHAPES, Finding
from kg.web import body, language, links, problems, respond, upload
from kg.web.body import FORM
from kg.web.current import current_kg, deployment

bp = Blueprint("shacl", __name__)

JSON = Format("json", "application/json", "json", frozenset(), None)

OFFERS = (JSON, *formats.offers(Kind.GRAPH), HTML)


@bp.get("/shacl")
def page() -> Response:
    """Say what is wrong with the data."""
    format = respond.choose(OFFERS)
    return respond.conditional(format, lambda: _own(format))


@bp.post("/shacl")
def check() -> Response:
    """Validate a document that is sent, and keep nothing of it."""
    format = respond.choose(OFFERS)
    upload.must_be_plain()
    form = _form()
    try:
        with upload.folder() as folder:
            return respond.private(_checked(folder, form, format))
    except KgError as error:
        if format is not HTML:
            raise
        return respond.private(_page(form, status=problems.status(error), error=error))


def concerning(iri: NamedNode) -> Cut[Line]:
    """Return what is wrong with a thing, with things of a class, or at a property.

    Cost: one query, for labels, if there is anything.
    """
    found = current_kg.derived.violations.of(iri.value)
    return Cut(tuple(_lines(found.rows)), found.total)


def _lines(findings: Sequence[Finding]) -> list[Line]:
    wanted, naming = language.languages(), current_kg.display.label_properties
    return report.lines(current_kg.store, findings, wanted, naming)


def _form() -> dict[str, str]:
    """Return the fields of the form of the page; none for a document that is sent by itself."""
    if request.mimetype != FORM:
        return {}
    return dict(body.parameters(body.read(body.FORM_FACTOR * body.DOCUMENT)))


def _own(format: Format) -> Response:
    found = current_kg.derived.violations
    if format is HTML:
        return _page({})
    if format is JSON:
        start = (_page_number() - 1) * ROWS
        listed = found.all(start)
        value = report.as_json(
            conforms=found.conforms,
            shapes=found.shapes,
            total=found.total,
            findings=listed.rows,
        )
        value["error"] = found.error or None
        if start + len(listed.rows) < listed.total:
            value["next"] = links.here(page=str(_page_number() + 1))
        return respond.as_json(value)
    triples = report.triples(conforms=found.conforms, findings=found.kept())
    return respond.result(serialised(triples, format, snapshot=current_kg.derived.snapshot))


def _page_number() -> int:
    text = request.args.get("page", "1")
    if not text.isascii() or not text.isdigit() or not 0 < int(text) <= _LAST_PAGE:
        raise BadInput("expected a number of a page, 1 for the first")
    return int(text)


_LAST_PAGE = 1_000_000


def _checked(folder: Path, form: dict[str, str], format: Format) -> Response:
    document, syntax = _document(folder, form)
    found = checking.check(
        document,
        syntax,
        folder,
        errands=deployment().errands,
        limits=current_kg.queries.limits,
        base=current_kg.settings.document_base,
        data_shapes=current_kg.derived.path / SHAPES,
        wanted=_wanted(form.get("shapes") or request.args.get("shapes", "")),
        report=None if format in (HTML, JSON) else format,
    )
    if found.report:
        return _file(found.report, format)
    if format is HTML:
        return _page(form, checked=found)
    value = report.as_json(
        conforms=found.conforms,
        shapes=found.shapes,
        total=found.total,
        findings=found.findings,
    )
    return respond.as_json({**value, "shapesFrom": found.used})


def _file(path: Path, format: Format) -> Response:
    """Return a file that is about to be removed."""
    response = Response(_blocks(path.open("rb")), content_type=format.content_type)
    response.content_length = path.stat().st_size
    return response


_BLOCK = 256 * 1024


def _blocks(file: IO[bytes]) -> Iterator[bytes]:
    with file:
        while block := file.read(_BLOCK):
            yield block


def _document(folder: Path, form: dict[str, str]) -> tuple[Path, Format]:
    """Keep the document that is sent in `folder`; return it with its format."""
    if not form:
        content = body.limited(body.DOCUMENT)
        return upload.kept(folder, content, request.mimetype, body.DOCUMENT)
    syntax = formats.by_name(form.get("syntax", "ttl"), formats.offers(Kind.GRAPH))
    text = io.BytesIO(form.get("document", "").encode())
    return upload.kept(folder, text, syntax.media_type, body.DOCUMENT)


def _wanted(text: str) -> Shapes | None:
    if not text:
        return None
    try:
        return Shapes(text)
    except ValueError:
        known = " or ".join(Shapes)
        raise BadInput(f"expected shapes={known}, got {text[:40]!r}") from None


def _page(
    form: dict[str, str],
    *,
    checked: Checked | None = None,
    error: KgError | None = None,
    status: int = 200,
) -> Response:
    """Show what is wrong with the data, or with a document that was sent.

    Cost: one query, for labels.
    """
    found, number = current_kg.derived.violations, _page_number()
    listed = Cut(checked.findings, checked.total) if checked else found.all((number - 1) * ROWS)
    return respond.page(
        "shacl.html",
        status=status,
        form=form,
        sent=request.method == "POST",
        checked=checked,
        error=error,
        found=found,
        counted=current_kg.is_current,
        lines=_lines(listed.rows),
        total=listed.total,
        number=number,
        last=-(-listed.total // ROWS),
        address=lambda page: links.here(page=str(page)),
        syntaxes=formats.offers(Kind.GRAPH),
    )
