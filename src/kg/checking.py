"""Validating a document that somebody sends, without keeping it; runs as an errand."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from kg import formats, validation, violations
from kg.errors import BadInput
from kg.formats import NQUADS, NTRIPLES, Format
from kg.labels import Label
from kg.results import rewrite
from kg.store import Limits, errand
from kg.store.embedded import EmbeddedStore
from kg.store.errand import Errands
from kg.store.loading import Source
from kg.store.updater import check_document
from kg.terms import RDFS, spell
from kg.violations import Finding

SHOWN = 1000
"""Findings that are given one by one; the report has them all."""


class Shapes(StrEnum):
    """Which shapes a document is held to."""

    DOCUMENT = "document"
    DATA = "data"


@dataclass(frozen=True)
class Checked:
    """What was found wrong with a document."""

    conforms: bool
    used: Shapes
    shapes: int
    total: int
    findings: tuple[Finding, ...]
    """The first `SHOWN` of `total`."""

    report: Path | None
    """The validation report (SHACL, 3.6) in the format that was asked for, if any was."""


def check(
    document: Path,
    format: Format,
    folder: Path,
    *,
    errands: Errands,
    limits: Limits,
    base: str,
    data_shapes: Path,
    wanted: Shapes | None = None,
    report: Format | None = None,
) -> Checked:
    """Validate a document with the shapes in it, if it has any, or else with those of the data.

    `folder` takes what is needed on the way, and the report in the format `report`. `wanted`
    decides where the shapes are to be taken from. Raises BadData, BadInput where there are no
    shapes, NotAcceptable where the format cannot hold the report, and OverLimit.
    """
    order = {
        "document": str(document),
        "format": format.name,
        "folder": str(folder),
        "base": base,
        "shapes": str(data_shapes) if data_shapes.is_file() else None,
        "wanted": wanted,
        "report": report.name if report else None,
    }
    found = errands.send("kg.checking", order, limits)
    return Checked(
        conforms=found["conforms"],
        used=Shapes(found["used"]),
        shapes=found["shapes"],
        total=found["total"],
        findings=tuple(_finding(each) for each in found["findings"]),
        report=folder / _REPORT if report else None,
    )


_REPORT = "report"


def _finding(value: Mapping[str, Any]) -> Finding:
    messages = tuple(Label(**each) for each in value["messages"])
    return Finding(**{**value, "messages": messages})


def _carry_out(order: Mapping[str, Any]) -> dict[str, Any]:
    folder = Path(order["folder"])
    parsed = folder / "parsed.nq"
    documents = [(order["document"], order["format"])]
    check_document(
        {"documents": documents, "output": str(parsed), "base": order["base"], "graph": None}
    )
    document = EmbeddedStore.in_memory([Source(parsed, NQUADS)], base_iri=order["base"])
    used, shapes = _shapes(order, document, folder)
    data = folder / "data.nt"
    with data.open("wb") as file:
        document.dump(file, NTRIPLES)
        if used is Shapes.DATA:
            file.write(_hierarchy(shapes))
    outcome, report = validation.checked(shapes, data)
    if order["report"]:
        format = formats.by_name(order["report"], formats.FORMATS)
        rewrite(report.serialize("ntriples").encode(), format, folder / _REPORT)
    rules = EmbeddedStore.in_memory([Source(shapes, NTRIPLES)], base_iri=order["base"])
    found = violations.findings(outcome.violations[:SHOWN], violations.languages(rules))
    return {
        "conforms": outcome.conforms,
        "used": used,
        "shapes": outcome.shapes,
        "total": len(outcome.violations),
        "findings": [dataclasses.asdict(each) for each in found],
    }


def _shapes(order: Mapping[str, Any], document: EmbeddedStore, folder: Path) -> tuple[Shapes, Path]:
    """Return which shapes are used, and their file."""
    wanted, own = order["wanted"], folder / "shapes.nt"
    if wanted != Shapes.DATA and validation.write_shapes(document, own):
        return Shapes.DOCUMENT, own
    if wanted == Shapes.DOCUMENT:
        raise BadInput("the document holds no SHACL shapes", code="no_shapes")
    if order["shapes"] is None:
        raise BadInput(
            "there are no SHACL shapes, neither in the document nor in the data of this service",
            code="no_shapes",
        )
    return Shapes.DATA, Path(order["shapes"])


def _hierarchy(shapes: Path) -> bytes:
    """Return which classes stand below which, as the graphs with the shapes say.

    Things of a class below the target are validated, too, and the document need not say it again.
    """
    store = EmbeddedStore.in_memory([Source(shapes, NTRIPLES)], base_iri="urn:kg:")
    below = f"?below {spell(RDFS.subClassOf)} ?above"
    return store.query(f"CONSTRUCT WHERE {{ {below} }}", format=formats.NTRIPLES).read()


if __name__ == "__main__":
    errand.carry_out(_carry_out)
