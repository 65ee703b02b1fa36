"""The home page: what the graph holds, and where to begin."""

from __future__ import annotations

from flask import Blueprint, Response

from kg import labels
from kg.dataset import ClassCount
from kg.formats import HTML
from kg.terms import NamedNode
from kg.web import language, respond
from kg.web.current import current_kg

bp = Blueprint("home", __name__)

CLASSES_SHOWN = 40

# Vocabularies in which data speaks of itself rather than of the world; their classes come last.
_STRUCTURE = (
    "http://purl.org/linked-data/cube#",
    "http://rdfs.org/ns/void#",
    "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "http://www.w3.org/2000/01/rdf-schema#",
    "http://www.w3.org/2002/07/owl#",
    "http://www.w3.org/ns/dcat#",
    "http://www.w3.org/ns/oa#",
    "http://www.w3.org/ns/shacl#",
    "http://www.w3.org/ns/sparql-service-description#",
    "https://kg.example/display#",
)


@bp.get("/")
def home() -> Response:
    """Show the dataset's own description, its classes with counts, and example queries."""
    return respond.conditional(HTML, _rendered)


def _is_structure(each: ClassCount) -> bool:
    return each.iri.startswith(_STRUCTURE)


def _rendered() -> Response:
    """Cost: one query, for labels; the counts were made with the snapshot."""
    statistics, wanted = current_kg.statistics, language.languages()
    ordered = sorted(statistics.classes, key=_is_structure)[:CLASSES_SHOWN]
    classes = [(NamedNode(each.iri), each.entities) for each in ordered]
    graphs = [(NamedNode(each.graph), each.triples) for each in statistics.graphs if each.graph]
    iris = [iri for iri, _ in (*classes, *graphs)]
    return respond.page(
        "home.html",
        statistics=statistics,
        counted=current_kg.is_current,
        title=statistics.title(wanted),
        description=statistics.description(wanted),
        name=current_kg.name,
        classes=classes,
        graphs=graphs,
        names=labels.fetch(current_kg.store, iris, wanted),
        examples=[
            (each, each.title(wanted), each.description(wanted)) for each in current_kg.examples
        ],
    )
