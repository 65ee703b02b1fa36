"""The Reconciliation Service API 0.2, with which OpenRefine and others match tables to the data.

https://www.w3.org/community/reports/reconciliation/CG-FINAL-specs-0.2-20230410/
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from importlib.metadata import version
from typing import Any

from flask import Blueprint, Response, request, url_for

from kg import overview, reconcile, terms
from kg.errors import NotFound
from kg.formats import DATA, HTML
from kg.labels import Label
from kg.ontology.declarations import Role
from kg.reconcile import Candidate, Query, Reconciler
from kg.search import hits
from kg.search.hits import Wanted
from kg.search.matching import matching
from kg.terms import NamedNode
from kg.web import body, language, respond, term
from kg.web.body import FORM_FACTOR
from kg.web.current import current_kg
from kg.web.search import whole

bp = Blueprint("reconcile", __name__)

SUGGESTED = 20
TYPES = 12
"""Classes that a client is offered at first."""

MOST_CLASSES = 10_000
"""Classes that count as one that is asked for, itself among them."""

_PREVIEW_POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; frame-ancestors *"
)


@bp.route("/reconcile", methods=["GET", "POST"])
def service() -> Response:
    """Answer a batch of queries, or fetch properties; asked for nothing, describe the service."""
    pairs = body.parameters(request.query_string)
    if request.method == "POST":
        pairs += body.parameters(body.read(FORM_FACTOR * current_kg.settings.max_query_bytes))
    given = dict(pairs)
    if "queries" in given:
        return _answered(given["queries"])
    if "extend" in given:
        return _extended(given["extend"])
    return respond.conditional(DATA, _manifest, localized=True)


def _manifest() -> Response:
    root, here = request.url_root, url_for("reconcile.service", _external=True)
    statistics, aside = current_kg.statistics, current_kg.derived.overview.machinery
    classes, _ = overview.main_classes(statistics, aside, TYPES)
    title = statistics.title(language.languages())
    return respond.as_json(
        {
            "versions": ["0.2"],
            "name": title.text if title else current_kg.name,
            "identifierSpace": current_kg.settings.base_iri,
            "schemaSpace": current_kg.settings.base_iri,
            "serviceVersion": version("kg"),
            "view": {"url": f"{root}resource?iri={{{{id}}}}"},
            "defaultTypes": [_named(iri) for iri, _ in classes],
            "preview": {"url": f"{here}/preview?id={{{{id}}}}", "width": 420, "height": 180},
            "suggest": {
                kind: {"service_url": here, "service_path": f"/suggest/{kind}"}
                for kind in ("entity", "type", "property")
            },
            "extend": {
                "propose_properties": {"service_url": here, "service_path": "/properties"},
                "property_settings": [
                    {
                        "name": "limit",
                        "label": "Limit",
                        "type": "number",
                        "default": 0,
                        "help_text": "The most values to fetch; 0 for all",
                    }
                ],
            },
        }
    )


def _answered(text: str) -> Response:
    """Cost: one query if properties are given, else none."""
    batch = reconcile.queries(text)
    reconciler = Reconciler(
        current_kg.derived.search,
        current_kg.store,
        language.languages(),
        seconds=current_kg.settings.page_seconds,
    )
    found = reconciler.candidates(batch, _narrower(batch.values()))
    return respond.private(
        respond.as_json(
            {key: {"result": list(map(_candidate, each))} for key, each in found.items()}
        )
    )


def _narrower(queries: Iterable[Query]) -> Mapping[str, set[str]]:
    """Return each class that is asked for with those below it."""
    return {wanted: _below(wanted) for query in queries for wanted in query.classes}


def _below(wanted: str) -> set[str]:
    found, waiting = {wanted}, [wanted]
    while waiting and len(found) < MOST_CLASSES:
        below = current_kg.derived.ontology.below(waiting.pop(), Role.CLASS).rows
        fresh = {each.iri for each in below} - found
        found |= fresh
        waiting += fresh
    return found


def _candidate(candidate: Candidate) -> dict[str, Any]:
    found = {
        "id": candidate.iri,
        "name": candidate.label.text,
        "type": list(map(_named, candidate.classes)),
        "score": candidate.score,
        "match": candidate.match,
        "features": [{"id": name, "value": value} for name, value in candidate.features.items()],
    }
    if candidate.description:
        found["description"] = candidate.description.text
    return found


def _extended(text: str) -> Response:
    asked = reconcile.extension(text)
    rows = reconcile.extend(
        current_kg.store, current_kg.derived.search, language.languages(), asked
    )
    meta = [_named(property.value) for property in asked.properties]
    return respond.private(respond.as_json({"meta": meta, "rows": rows}))


@bp.get("/reconcile/properties")
def properties() -> Response:
    """Send the properties that things of a class (`type`) have, those of most things first."""
    return respond.conditional(DATA, _proposed, localized=True)


def _proposed() -> Response:
    wanted, most = request.args.get("type", ""), whole("limit", SUGGESTED, 1_000)
    uses = current_kg.derived.ontology.uses(wanted).rows
    used = [use.property for use in uses] or [each.iri for each in current_kg.statistics.properties]
    value = {"type": wanted, "limit": most, "properties": list(map(_named, used[:most]))}
    return respond.as_json(value)


@bp.get("/reconcile/suggest/<any(entity, type, property):kind>")
def suggest(kind: str) -> Response:
    """Send things, classes or properties whose names go on as somebody types (`prefix`)."""
    return respond.conditional(DATA, _SUGGESTIONS[kind], localized=True)


def _entities() -> Response:
    offset = whole("cursor", 1, 10_000) - 1 if request.args.get("cursor", "0") != "0" else 0
    wanted = Wanted(offset, SUGGESTED, seconds=current_kg.settings.page_seconds)
    index, spoken = current_kg.derived.search, language.languages()
    found = hits.suggestions(index, request.args.get("prefix", ""), spoken, wanted)
    return respond.as_json(
        {
            "result": [
                _described(hit.iri, hit.label, hit.description)
                | {"notable": list(map(_named, hit.classes))}
                for hit in found
            ]
        }
    )


def _of_terms(iris: Iterable[str]) -> Response:
    """Send those of some terms that match what is typed, the most used first."""
    index, spoken = current_kg.derived.search, language.languages()
    prefix = request.args.get("prefix", "")
    found = matching(index, prefix, current_kg.settings.page_seconds)
    typed = index.folding.normal(prefix).strip()
    chosen: list[dict[str, Any]] = []
    for iri in iris:
        entity = index.entity(iri)
        name = index.folding.normal(terms.local_name(iri))
        if (entity in found if entity is not None else False) or (typed and typed in name):
            about = None if entity is None else index.description(entity, spoken)
            chosen.append(_described(iri, index.label_of(iri, spoken), about))
        if len(chosen) == SUGGESTED:
            break
    return respond.as_json({"result": chosen})


def _types() -> Response:
    return _of_terms(each.iri for each in current_kg.statistics.classes)


def _properties() -> Response:
    used = sorted(current_kg.statistics.properties, key=lambda each: -each.triples)
    return _of_terms(each.iri for each in used)


_SUGGESTIONS = {"entity": _entities, "type": _types, "property": _properties}


@bp.get("/reconcile/preview")
def preview() -> Response:
    """Show what a thing is, small, within the page of a client. Raises NotFound."""
    response = respond.conditional(HTML, _preview)
    response.headers["Content-Security-Policy"] = _PREVIEW_POLICY
    return response


def _preview() -> Response:
    index, spoken = current_kg.derived.search, language.languages()
    iri = terms.iri(request.args.get("id", ""))
    entity = index.entity(iri.value)
    if entity is None:
        raise NotFound(f"nothing is known of <{iri.value[:200]}>")
    kinds = [index.classes[each] for each in index.classes_of(entity)]
    return respond.page(
        "preview.html",
        iri=iri,
        label=index.label(entity, spoken),
        description=index.description(entity, spoken),
        kinds=[(NamedNode(each), index.label_of(each, spoken)) for each in kinds],
    )


def _named(iri: str) -> dict[str, str]:
    label = current_kg.derived.search.label_of(iri, language.languages())
    return {"id": iri, "name": term.shown(label.text)}


def _described(iri: str, label: Label, about: Label | None) -> dict[str, Any]:
    found = {"id": iri, "name": term.shown(label.text)}
    return found | {"description": term.shown(about.text)} if about else found
