"""All components on one page, with harmless content and with hostile; only while developing."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Blueprint, Response, current_app

from kg import formats
from kg.entity.values import Fact, Value
from kg.errors import NotFound
from kg.formats import Kind
from kg.labels import Label
from kg.terms import RDFS, XSD, BlankNode, Literal, NamedNode, local_name
from kg.web import respond
from kg.web.current import current_kg

bp = Blueprint("styleguide", __name__)

HOSTILE = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "{{ 7 * 7 }} ${7 * 7}",
    "</script><!-- & &lt; ' \" `",
    "invoice\u202etxt.exe \u200b\u200f\u0000\u0007",
    "نص عربي ثم English ثم 中文",
    "x" * 200 + " " + "很长" * 200,
)
"""Texts that try to be more than text."""


@dataclass(frozen=True)
class Branch:
    """An item of a tree."""

    label: Label
    children: tuple[Branch, ...] = ()


@bp.get("/styleguide")
def page() -> Response:
    """Show every component. Raises NotFound unless Flask runs in debug mode."""
    if not current_app.debug:
        raise NotFound("there is no page at this address")
    classes = [NamedNode(each.iri) for each in current_kg.statistics.classes[:24]]
    return respond.page(
        "styleguide.html",
        classes=[(each, Label(local_name(each.value))) for each in classes],
        hostile=HOSTILE,
        literals=_literals(),
        facts=_facts(),
        tree=_tree(),
        address=lambda number: f"#page-{number}",
        formats=[(each.name, "#") for each in formats.offers(Kind.GRAPH)],
    )


def _literals() -> list[Literal]:
    return [
        Literal("光伏", language="zh-Hans"),
        Literal("photovoltaics", language="en"),
        Literal("1234.5", datatype=XSD.decimal),
        Literal("2026-11-23", datatype=XSD.date),
        *map(Literal, HOSTILE),
    ]


def _facts() -> tuple[Fact, ...]:
    nested = Fact(RDFS.comment, Label("comment", "en"), (Value(Literal("nested")),))
    values = (
        Value(NamedNode("http://example.org/a"), Label("一个事物", "zh-Hans")),
        Value(BlankNode("b"), facts=(nested,)),
        Value(BlankNode("l"), items=(Value(Literal("first")), Value(Literal("second")))),
    )
    plain = tuple(Value(Literal(text), None) for text in HOSTILE)
    return Fact(RDFS.seeAlso, Label("see also", "en"), values), Fact(
        RDFS.label, Label(HOSTILE[0]), plain
    )


def _tree() -> tuple[Branch, ...]:
    leaf = Branch(Label("光伏", "zh-Hans"))
    return (
        Branch(Label("产业", "zh-Hans"), (Branch(Label("Energy", "en"), (leaf, leaf)), leaf)),
        Branch(Label(HOSTILE[1])),
    )
