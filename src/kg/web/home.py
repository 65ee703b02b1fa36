"""The home page: what the graph holds, and where to begin."""

from __future__ import annotations

from flask import Blueprint, Response

from kg import formats, overview
from kg.errors import NotFound
from kg.formats import HTML
from kg.labels import Label
from kg.overview import Overview
from kg.terms import NamedNode
from kg.web import language, links, questions, respond, spreads
from kg.web.colors import hue
from kg.web.current import current_kg

bp = Blueprint("home", __name__)

CLASSES_SHOWN = 18
TIES_SHOWN = 60
QUESTIONS_SHOWN = 3


@bp.get("/")
def home() -> Response:
    """Show what is worth knowing first. Cost: one query, for labels."""
    return respond.conditional(HTML, _rendered)


@bp.get("/picture.json")
def picture() -> Response:
    """Send the things and links of a small graph, to be drawn. Cost: one query, for labels.

    Raises NotFound where there are too many to be seen.
    """
    return respond.conditional(formats.JSON, _picture, localized=True)


def _rendered() -> Response:
    statistics, wanted = current_kg.statistics, language.languages()
    seen = current_kg.derived.overview
    classes, more = overview.main_classes(statistics, seen.machinery, CLASSES_SHOWN)
    ties = seen.ties[:TIES_SHOWN]
    found = current_kg.derived.spreads
    shown = [
        *(NamedNode(iri) for iri, _ in classes),
        *(NamedNode(each.graph) for each in statistics.graphs if each.graph),
        *overview.iris(seen),
        *(iri for each in found.all for iri in each.iris()),
        *(NamedNode(iri) for tie in ties for iri in (tie.source, tie.property, tie.target)),
    ]
    names = language.names(shown)
    return respond.page(
        "home.html",
        statistics=statistics,
        counted=current_kg.is_current,
        title=statistics.title(wanted) or Label(current_kg.name),
        description=statistics.description(wanted),
        overview=seen,
        classes=classes,
        classes_more=more,
        ties=ties,
        names=names,
        spreads=spreads.charts(found, names),
        questions=_questions(),
    )


def _questions() -> list[tuple[str, Label]]:
    """Return the addresses and titles of a few examples, spread over all of them."""
    examples = current_kg.examples
    step = max(1, len(examples) // QUESTIONS_SHOWN)
    wanted = language.languages()
    chosen = examples[::step][:QUESTIONS_SHOWN]
    return [(questions.address(each), each.title(wanted)) for each in chosen]


def _picture() -> Response:
    seen: Overview = current_kg.derived.overview
    if seen.picture is None:
        raise NotFound("the graph has too many things to be drawn one by one")
    names = language.names(
        [*seen.picture.iris(), *(NamedNode(c) for t in seen.picture.things for c in t.classes)]
    )
    place = {thing.iri: number for number, thing in enumerate(seen.picture.things)}
    nodes = [
        _named(names[NamedNode(thing.iri)])
        | {
            "url": links.page(NamedNode(thing.iri)),
            "type": names[NamedNode(thing.classes[0])].text,
            "color": hue(map(NamedNode, thing.classes)),
        }
        for thing in seen.picture.things
    ]
    edges = [
        {
            "source": place[link.source],
            "target": place[link.target],
            "label": names[NamedNode(link.property)].text,
        }
        for link in seen.picture.links
    ]
    value = {"snapshot": current_kg.derived.snapshot, "nodes": nodes, "links": edges}
    return respond.as_json(value)


def _named(label: Label) -> dict[str, str]:
    return {"label": label.text, "language": label.language}
