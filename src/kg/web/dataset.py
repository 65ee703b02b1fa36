"""The dataset: its page, and its description as data."""

from __future__ import annotations

from collections.abc import Iterator

from flask import Blueprint, Response, request, url_for

from kg import dumps, formats, releases, terms
from kg.catalogue import dcat, facts, schema_org, service, void
from kg.catalogue.dcat import Download
from kg.citation import Citation
from kg.formats import HTML, Format, Kind
from kg.labels import DCTERMS, Label
from kg.results import Result, serialised
from kg.terms import Literal, NamedNode, Quad, Triple
from kg.web import download, language, respond
from kg.web.current import Deployment, current_kg, deployment

bp = Blueprint("dataset", __name__)


@bp.get("/dataset")
def page() -> Response:
    """Show what the dataset is and how to get it, or send its description."""
    format = respond.choose((HTML, *formats.offers(Kind.GRAPH)))
    downloads = download.offered()
    make = (lambda: _rendered(downloads)) if format is HTML else (lambda: _sent(format, downloads))
    ready = sum(each.bytes is not None for each in downloads)
    return respond.conditional(format, make, besides=str(ready))


@bp.get("/.well-known/void")
def well_known() -> Response:
    """Describe the dataset at its well-known place (RFC 8615; VoID, 7.2)."""
    format = respond.choose((*formats.offers(Kind.GRAPH), HTML))
    if format is HTML:
        return respond.see_other(url_for("dataset.page"))
    downloads = download.offered()
    ready = sum(each.bytes is not None for each in downloads)
    return respond.conditional(format, lambda: _sent(format, downloads), besides=str(ready))


def service_description(format: Format) -> Result:
    """Return what the endpoint is and over what, written in `format` (SPARQL 1.1 SD)."""
    return serialised(_service(), format, snapshot=current_kg.snapshot)


def _service() -> Iterator[Triple]:
    union = current_kg.settings.union_default_graph
    return service.describe(current_kg.statistics, _endpoint(), union=union)


def _endpoint() -> NamedNode:
    return terms.iri(request.url_root + "sparql")


def _dataset() -> NamedNode:
    """Return the IRI of the dataset: as the data says, else that of its page."""
    return NamedNode(current_kg.statistics.dataset or request.url_root + "dataset")


def _own() -> list[Quad]:
    return dcat.own(current_kg.store, _dataset()) if current_kg.statistics.dataset else []


def _sent(format: Format, downloads: list[Download]) -> Response:
    """Send the whole description. Cost: one query."""
    return respond.result(
        serialised(_described(downloads), format, snapshot=current_kg.derived.snapshot)
    )


def _described(downloads: list[Download]) -> Iterator[Triple]:
    statistics, dataset, endpoint = current_kg.statistics, _dataset(), _endpoint()
    yield from dcat.describe(
        statistics,
        dataset,
        own=_own(),
        name=current_kg.name,
        page=request.url_root + "dataset",
        endpoint=endpoint,
        modified=releases.moment(current_kg.snapshot),
        downloads=downloads,
    )
    yield from void.describe(statistics, current_kg.derived.ontology, dataset, endpoint)
    yield from _service()


def _rendered(downloads: list[Download]) -> Response:
    """Show the dataset. Cost: two queries, for its description and for labels."""
    statistics, wanted, display = current_kg.statistics, language.languages(), current_kg.display
    dataset, own = _dataset(), _own()
    headed = {*display.label_properties, *display.description_properties}
    told = facts.about(own, dataset, wanted, headed)
    graphs = [NamedNode(each.graph) for each in statistics.graphs if each.graph]
    extents = dumps.extents(statistics)
    classes = [each for each in extents.values() if each.part is dumps.Part.CLASS]
    shown = [*facts.iris(told), *graphs, *(NamedNode(each.iri or "") for each in classes[:CLASSES])]
    names = language.names(shown)
    title = statistics.title(wanted) or Label(current_kg.name)
    description = statistics.description(wanted)
    json_ld = schema_org.describe(
        dataset,
        title=title,
        description=description,
        own=own,
        names=names,
        page=request.url_root + "dataset",
        modified=releases.moment(current_kg.snapshot),
        downloads=downloads,
    )
    return respond.page(
        "dataset.html",
        iri=dataset,
        statistics=statistics,
        counted=current_kg.is_current,
        title=title,
        description=description,
        facts=told,
        language_property=DCTERMS.language,
        own_name=language.own_name,
        names=names,
        downloads=downloads,
        whole=extents.get(dumps.WHOLE),
        graphs=[each for each in extents.values() if each.part is dumps.Part.GRAPH],
        classes=classes[:CLASSES],
        classes_total=len(classes),
        releases=_releases(),
        citation=Citation(title.text, _makers(own, names), dataset.value, current_kg.snapshot),
        violations=current_kg.derived.violations,
        json_ld=json_ld,
        formats=formats.offers(Kind.GRAPH),
        endpoint=url_for("sparql.endpoint", _external=True),
    )


def _makers(own: list[Quad], names: dict[NamedNode, Label]) -> str:
    """Return who made the dataset, as it says; else what it was made from."""
    found = [each.object for each in own if each.predicate == DCTERMS.creator]
    texts = [names[each].text for each in found if isinstance(each, NamedNode)]
    texts += [each.value for each in found if isinstance(each, Literal)]
    return ", ".join(texts) or current_kg.name


CLASSES = 60
"""Classes whose dumps the page lists."""


def _releases() -> list[releases.Release]:
    served = deployment()
    return releases.known(served.database) if isinstance(served, Deployment) else []
