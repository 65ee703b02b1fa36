"""Documentation of the ontology in the data; `about` is what the page of a term tells besides."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from flask import Blueprint, Flask, Response, g
from flask_babel import lazy_gettext as _

from kg import formats, labels, spelled, survey
from kg.formats import HTML, Kind
from kg.labels import Label
from kg.ontology import declarations, drawing, pages, schemes, tree
from kg.ontology.declarations import Role
from kg.ontology.drawing import Drawing
from kg.ontology.pages import ClassPage, PropertyPage
from kg.ontology.schemes import Concepts
from kg.ontology.tree import Branch
from kg.terms import NamedNode
from kg.web import language, respond
from kg.web.current import current_kg

bp = Blueprint("ontology", __name__)

_DEMANDS = {
    "class": _("is a"),
    "datatype": _("has the datatype"),
    "nodeKind": _("is of the kind"),
    "minCount": _("at least"),
    "maxCount": _("at most"),
    "minExclusive": _("greater than"),
    "minInclusive": _("from"),
    "maxExclusive": _("less than"),
    "maxInclusive": _("up to"),
    "minLength": _("characters, at least"),
    "maxLength": _("characters, at most"),
    "pattern": _("matches"),
    "flags": _("matched with the flags"),
    "languageIn": _("in the languages"),
    "uniqueLang": _("one for each language"),
    "equals": _("the same as"),
    "disjoint": _("different from"),
    "lessThan": _("less than that of"),
    "lessThanOrEquals": _("not more than that of"),
    "not": _("not"),
    "and": _("all of"),
    "or": _("one or more of"),
    "xone": _("exactly one of"),
    "node": _("conforms to"),
    "property": _("with"),
    "path": _("at"),
    "qualifiedValueShape": _("those that are"),
    "qualifiedMinCount": _("of these, at least"),
    "qualifiedMaxCount": _("of these, at most"),
    "closed": _("nothing else"),
    "ignoredProperties": _("but for"),
    "hasValue": _("has the value"),
    "in": _("one of"),
    "sparql": _("a query of its own"),
}
"""The constraints of SHACL (4), as a list of demands reads."""

Names = Mapping[NamedNode, Label]

DRAWN = 90
"""Classes that are drawn; a picture of more would be of no use."""


@dataclass(frozen=True)
class About:
    """What is known of a term, for its page."""

    role: Role
    page: ClassPage | PropertyPage | None
    concepts: Concepts | None
    drawing: Drawing | None
    names: Names


def register(app: Flask) -> None:
    """Give templates what the page of a term needs."""
    app.template_global("demand_word")(lambda name: _DEMANDS.get(name, name))
    app.template_global("spelled")(spelled.value)


@bp.get("/ontology")
def page() -> Response:
    """Show the ontology, or send it."""
    format = respond.choose((HTML, *formats.offers(Kind.GRAPH)))
    if format is HTML:
        return respond.conditional(HTML, _rendered)
    text = declarations.everything()
    return respond.conditional(
        format, lambda: respond.result(current_kg.queries.query(text, format=format))
    )


def about(iri: NamedNode) -> About | None:
    """Return what is known of a class, property, scheme or ontology; None of any other thing.

    Cost: one query, for labels; two more for a scheme.
    """
    index = current_kg.derived.ontology
    term = index.term(iri.value)
    if term is None:
        return None
    g.place = bp.name
    told: ClassPage | PropertyPage | None = None
    concepts = None
    if term.role is Role.CLASS:
        told = pages.of_class(index, term)
    elif term.role is Role.PROPERTY:
        told = pages.of_property(index, term)
    elif term.role is Role.SCHEME:
        concepts = schemes.concepts(current_kg.store, iri)
    named = {*(told.iris() if told else ()), *_in(concepts)}
    names = _names(named)
    drawn = drawing.draw(told.tree, names) if told and told.tree else None
    return About(term.role, told, concepts, drawn, names)


def _in(concepts: Concepts | None) -> Iterable[NamedNode]:
    waiting = list(concepts.top) if concepts else []
    while waiting:
        concept = waiting.pop()
        waiting += concept.children
        yield NamedNode(concept.iri)


def _rendered() -> Response:
    """Show the ontology. Cost: two queries, for labels and descriptions."""
    index = current_kg.derived.ontology
    classes, properties = (tree.forest(index, role) for role in (Role.CLASS, Role.PROPERTY))
    others = {role: index.terms(role, tree.WHOLE) for role in (Role.SCHEME, Role.ONTOLOGY)}
    own = [branch.iri for root in properties.own for branch in root]
    bounds = index.bounds(own)
    shown = [
        *(branch.iri for branch in (*classes, *properties)),
        *(each.iri for cut in others.values() for each in cut.rows),
        *(iri for found in bounds.values() for each in found for iri in each.alternatives),
    ]
    names = _names(map(NamedNode, shown))
    return respond.page(
        "ontology.html",
        counted=current_kg.is_current,
        observed=survey.ONTOLOGY not in current_kg.statistics.uncounted,
        classes=classes,
        properties=properties,
        bounds=bounds,
        schemes=others[Role.SCHEME],
        ontologies=others[Role.ONTOLOGY],
        descriptions=_descriptions([NamedNode(each.iri) for each in others[Role.ONTOLOGY].rows]),
        drawings=_drawings(classes.own, names),
        names=names,
        shapes=current_kg.derived.violations.shapes,
        findings=current_kg.derived.violations.total,
        formats=formats.offers(Kind.GRAPH),
    )


def _drawings(roots: Iterable[Branch], names: Names) -> list[Drawing]:
    """Return drawings of what stands above or below anything; none where that is too much."""
    drawn = sorted((root for root in roots if root.children), key=lambda each: -len([*each]))
    number = sum(len([*root]) for root in drawn)
    return [drawing.draw(root, names) for root in drawn] if number <= DRAWN else []


def _descriptions(iris: list[NamedNode]) -> dict[NamedNode, Label | None]:
    if not iris:
        return {}
    texts = labels.texts(current_kg.store, iris, current_kg.display.description_properties)
    return {iri: labels.choose(texts[iri], language.languages()) for iri in iris}


def _names(iris: Iterable[NamedNode]) -> dict[NamedNode, Label]:
    wanted, naming = language.languages(), current_kg.display.label_properties
    return labels.fetch(current_kg.store, iris, wanted, naming)
