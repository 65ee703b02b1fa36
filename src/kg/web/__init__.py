"""The web application: requests in, representations out."""

from __future__ import annotations

import os
from functools import partial
from importlib.metadata import version
from pathlib import Path
from re import Pattern
from typing import TYPE_CHECKING, Any

from flask import Flask, Response
from flask_babel import Babel
from flask_cors import CORS
from werkzeug.middleware.proxy_fix import ProxyFix

from kg import build, bundle, doctor, settings
from kg.settings import Settings
from kg.spark.store import Cluster
from kg.store.remote import Endpoint
from kg.store.snapshots import Database
from kg.web import (
    assets,
    browse,
    colors,
    compression,
    dataset,
    download,
    edition,
    entity,
    feeds,
    fragments,
    graphs,
    health,
    home,
    journal,
    kept,
    language,
    navigation,
    ontology,
    openapi,
    problems,
    queries,
    questions,
    rdfa,
    reconcile,
    respond,
    search,
    shacl,
    sparql,
    styleguide,
    term,
    update,
    vocabulary,
)
from kg.web.current import Deployment, current_kg
from kg.web.endpoint import EndpointDeployment
from kg.web.shelf import Shelf
from kg.web.throttle import Throttle

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

_ROUTES = (
    assets,
    colors,
    home,
    browse,
    sparql,
    update,
    graphs,
    entity,
    search,
    reconcile,
    ontology,
    dataset,
    download,
    feeds,
    fragments,
    health,
    kept,
    vocabulary,
    openapi,
    queries,
    shacl,
    questions,
    styleguide,
)


def create_app(
    options: Settings | None = None,
    source: Database | Endpoint | Cluster | None = None,
    *,
    writable: bool = False,
    questions: Path | None = None,
) -> Flask:
    """Return the application over the current snapshot of a database, an endpoint, or Spark.

    An endpoint is asked as `kg.doctor.adapted` has found best, and has no questions of its own.
    Without arguments, for WSGI servers, settings come from the environment, and the source is the
    one they name or else the bundled graph, built when it is not there yet.
    """
    options = options or settings.load(environment=os.environ)
    app = Flask(__name__, static_folder=None)
    app.config["TRUSTED_HOSTS"] = list(options.trusted_hosts) or None
    app.url_map.merge_slashes = False  # two slashes in an identifier are two slashes
    app.jinja_options = {"autoescape": True, "trim_blocks": True, "lstrip_blocks": True}
    source = source or _source(options)
    app.extensions["kg"] = (
        EndpointDeployment(options, source, questions)
        if isinstance(source, Endpoint | Cluster)
        else Deployment(options, source, writable=writable)
    )
    journal.register(app, app.extensions["kg"])
    app.extensions["kg.shelf"] = Shelf()
    app.extensions["kg.edition"] = edition.of(Path(app.root_path).parent)
    Babel(app, locale_selector=language.locale)
    # Other sites may read everything that is public, and write or operate nothing.
    readable: dict[str | Pattern[str], dict[str, Any]] = {
        r"^(?!/(update|graphs|queries)).*": {"origins": "*"}
    }
    CORS(app, resources=readable, send_wildcard=True, expose_headers=respond.EXPOSED_HEADERS)
    for module in _ROUTES:
        app.register_blueprint(module.bp)
    app.context_processor(partial(_site, version("kg")))
    for module in (assets, colors, language, navigation, ontology, problems, rdfa, term):
        module.register(app)
    app.after_request(_finish)
    Throttle(options).register(app)
    if options.proxies:
        app.wsgi_app = proxied(app.wsgi_app, options.proxies)  # type: ignore[method-assign]
    return app


def proxied(application: WSGIApplication, number: int) -> ProxyFix:
    """Return an application that believes what so many proxies, or none, say of a request."""
    return ProxyFix(application, number, number, number, x_port=0, x_prefix=number)


def _source(options: Settings) -> Database | Endpoint:
    if options.endpoint:
        return doctor.adapted(doctor.endpoint(options))[0]
    if options.db:
        return Database(options.db)
    sources, examples = bundle.sources(), bundle.queries()
    database = Database(build.cache_folder(sources))
    if not build.is_fresh(sources, database, base_iri=options.base_iri, examples=examples):
        build.build(sources, database, base_iri=options.base_iri, examples=examples)
    return database


def _site(software: str) -> dict[str, Any]:
    """Return what every template may say about the dataset."""
    title = current_kg.statistics.title(language.languages())
    return {
        "site": title.text if title else current_kg.name,
        "site_language": title.language if title else "",
        "snapshot": current_kg.snapshot,
        "live": current_kg.live,
        "software": software,
    }


def _finish(response: Response) -> Response:
    for name, value in respond.SECURITY_HEADERS.items():
        response.headers.setdefault(name, value)
    respond.finish(response)
    compression.compress(response)
    return response
