"""A validation report (SHACL, 3.6) as JSON and as RDF."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from kg import labels, spelled
from kg.labels import Label
from kg.spelled import Value
from kg.store import Store
from kg.terms import RDF, XSD, BlankNode, Literal, NamedNode, Term, Triple, parsed
from kg.validation import SH
from kg.violations import Finding


def as_json(
    *, conforms: bool, shapes: int, total: int, findings: Iterable[Finding]
) -> dict[str, Any]:
    """Return a report in the words of SHACL; terms in N-Triples syntax, paths in SPARQL's.

    `complete` tells whether all `total` results are listed.
    """
    results = [_result(each) for each in findings]
    return {
        "conforms": conforms,
        "shapes": shapes,
        "total": total,
        "complete": len(results) == total,
        "results": results,
    }


def _result(finding: Finding) -> dict[str, Any]:
    return {
        "resultSeverity": finding.severity,
        "focusNode": finding.focus,
        "resultPath": finding.path or None,
        "value": finding.value or None,
        "resultMessage": [
            {"text": message.text, "language": message.language} for message in finding.messages
        ],
        "sourceShape": finding.shape,
        "sourceConstraintComponent": finding.component,
    }


def triples(*, conforms: bool, findings: Iterable[Finding]) -> Iterator[Triple]:
    """Yield a report as RDF; a path that is more than a property is left out of it."""
    head = BlankNode()
    yield Triple(head, RDF.type, SH.ValidationReport)
    yield Triple(head, SH.conforms, Literal(str(conforms).lower(), datatype=XSD.boolean))
    for finding in findings:
        result = BlankNode()
        yield Triple(head, SH.result, result)
        yield Triple(result, RDF.type, SH.ValidationResult)
        yield Triple(result, SH.resultSeverity, SH[finding.severity])
        yield Triple(result, SH.sourceConstraintComponent, SH[finding.component])
        for property, text in (
            (SH.focusNode, finding.focus),
            (SH.resultPath, finding.path if spelled.is_iri(finding.path) else ""),
            (SH.value, finding.value),
            (SH.sourceShape, finding.shape),
        ):
            if text:
                yield Triple(result, property, _term(text))
        for message in finding.messages:
            words = Literal(message.text, language=message.language or None)
            yield Triple(result, SH.resultMessage, words)


def _term(text: str) -> Term:
    return BlankNode() if text.startswith("_:") else parsed(text)


@dataclass(frozen=True)
class Line:
    """A finding as a page shows it. What is an IRI has a label."""

    severity: str
    focus: Value
    path: Value
    value: Value | None
    message: Label | None
    shape: Value
    component: str


def lines(
    store: Store,
    findings: Sequence[Finding],
    languages: Sequence[str],
    properties: Sequence[NamedNode],
) -> list[Line]:
    """Return findings for a page, by one query; `properties` are those that name things."""
    named = labels.fetch(store, _iris(findings), languages, properties) if findings else {}

    def value(text: str) -> Value:
        return spelled.value(text, named)

    return [
        Line(
            severity=each.severity,
            focus=value(each.focus),
            path=value(each.path),
            value=value(each.value) if each.value else None,
            message=labels.choose(each.messages, languages),
            shape=value(each.shape),
            component=each.component,
        )
        for each in findings
    ]


def _iris(findings: Iterable[Finding]) -> set[NamedNode]:
    return spelled.iris(
        text for each in findings for text in (each.focus, each.path, each.shape, each.value)
    )
