"""What programs look for in the usual places: sitemap, robots.txt, the feed of releases."""

from __future__ import annotations

from flask import Blueprint, Response, render_template, request, url_for

from kg import releases
from kg.errors import NotFound
from kg.labels import Label
from kg.terms import NamedNode
from kg.web import language, links, navigation
from kg.web.current import Deployment, current_kg, deployment

bp = Blueprint("feeds", __name__)

LISTED = 10_000
"""Addresses in a part of the sitemap; the protocol allows 50,000 and 50 MiB."""

PARTS = 100
"""Parts of the sitemap: what is beyond is the least important."""

_PAGES = ("home.home", "browse.page", "ontology.page", "dataset.page", "questions.page")

_ROBOTS = """User-agent: *
Disallow: {root}/sparql
Disallow: {root}/browse
Disallow: {root}/search
Disallow: {root}/data
Disallow: {root}/download
Disallow: {root}/graphs
Disallow: {root}/fragments
Allow: {root}/
Sitemap: {sitemap}
"""


@bp.get("/robots.txt")
def robots() -> Response:
    """Tell crawlers what is worth their while: pages, not every query that could be asked."""
    root, sitemap = request.script_root, url_for("feeds.sitemap", _external=True)
    text = _ROBOTS.format(root=root, sitemap=sitemap)
    return Response(text, content_type="text/plain; charset=utf-8")


@bp.get("/sitemap.xml")
def sitemap() -> Response:
    """Name the parts of the sitemap."""
    parts = range(1, _parts() + 1)
    moment = releases.moment(current_kg.snapshot)
    return _xml("sitemap-index.xml", parts=parts, moment=moment)


@bp.get("/sitemap-<int:number>.xml")
def sitemap_part(number: int) -> Response:
    """List pages: those of the service in the first part, and of all things, ordered by weight."""
    if not 1 <= number <= _parts():
        raise NotFound("there is no such part of the sitemap; /sitemap.xml names all")
    index = current_kg.derived.search
    start = (number - 1) * LISTED
    things = index.iris(range(start, min(start + LISTED, index.entities)))
    pages = [url_for(name) for name in _PAGES if number == 1 and navigation.has(name)]
    addresses = [*pages, *(links.page(NamedNode(iri)) for iri in things)]
    root = request.host_url.rstrip("/")
    return _xml("sitemap.xml", addresses=[root + each for each in addresses])


def _parts() -> int:
    """Return the number of parts; one for no things at all."""
    return max(1, min(PARTS, -(-current_kg.derived.search.entities // LISTED)))


@bp.get("/releases.atom")
def feed() -> Response:
    """Send the releases as a feed (RFC 4287)."""
    served = deployment()
    if not isinstance(served, Deployment):
        raise NotFound("this service shows an endpoint, which has no releases here")
    found = releases.known(served.database)
    wanted = language.languages()
    title = current_kg.statistics.title(wanted) or Label(current_kg.name)
    response = _xml("releases.xml", releases=found, title=title, updated=releases.newest(found))
    response.content_type = "application/atom+xml; charset=utf-8"
    return response


def _xml(template: str, **values: object) -> Response:
    text = render_template(template, **values)
    return Response(text, content_type="application/xml; charset=utf-8")
