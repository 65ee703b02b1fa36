"""SPARQL 1.1 Graph Store HTTP Protocol.

A graph is named by a parameter, or is the one whose IRI is the address itself.
"""

from __future__ import annotations

import contextlib
import uuid
from collections.abc import Iterator, Sequence
from pathlib import Path

from flask import Blueprint, Response, request
from werkzeug.urls import iri_to_uri

from kg import formats, terms
from kg.errors import BadInput, NotFound
from kg.formats import Format, Kind
from kg.store import EVERYTHING, OWN_DEFAULT_GRAPH
from kg.terms import NamedNode, spell
from kg.web import body, respond, upload
from kg.web.auth import require_change
from kg.web.current import current_kg, deployment

bp = Blueprint("graphs", __name__)

MULTIPART = "multipart/form-data"


@bp.get("/graphs")
@bp.get("/graphs/<path:name>")
def get(name: str | None = None) -> Response:
    """Send a graph."""
    graph = _graph(name)
    format = respond.choose(formats.offers(Kind.GRAPH))
    return respond.conditional(format, lambda: _content(graph, format))


@bp.put("/graphs")
@bp.put("/graphs/<path:name>")
def put(name: str | None = None) -> Response:
    """Make a graph hold what is sent, and nothing else."""
    require_change()
    return _load(_graph(name), replace=True)


@bp.post("/graphs")
@bp.post("/graphs/<path:name>")
def post(name: str | None = None) -> Response:
    """Add what is sent to a graph; to a new one when none is named."""
    require_change()
    if name or request.args:
        return _load(_graph(name), replace=False)
    graph = terms.iri(f"{request.base_url}/{uuid.uuid4()}")
    response = _load(graph, replace=False)
    response.headers["Location"] = graph.value
    return response


@bp.delete("/graphs")
@bp.delete("/graphs/<path:name>")
def delete(name: str | None = None) -> Response:
    """Drop a graph."""
    require_change()
    return respond.changed(deployment().writable().drop(_graph(name)))


def _graph(name: str | None) -> NamedNode | None:
    """Return the graph that the request names; None is the default graph.

    With a `name` the address is the graph's own (Graph Store Protocol, 4.1).
    """
    if name is not None:
        return terms.iri(iri_to_uri(request.base_url))
    given = body.parameters(request.query_string)
    names = [value for name, value in given if name == "graph"]
    default = [value for name, value in given if name == "default"]
    if len(names) + len(default) != 1:
        raise BadInput("expected either the parameter `default` or one parameter `graph`")
    return terms.iri(names[0]) if names else None


def _content(graph: NamedNode | None, format: Format) -> Response:
    everything = "?s ?p ?o"
    if graph is None:
        text, scope = f"CONSTRUCT {{ {everything} }} WHERE {{ {everything} }}", OWN_DEFAULT_GRAPH
    else:
        name = spell(graph)
        if not current_kg.queries.query(f"ASK {{ GRAPH {name} {{}} }}").boolean():
            raise NotFound("there is no such graph")
        text = f"CONSTRUCT {{ {everything} }} WHERE {{ GRAPH {name} {{ {everything} }} }}"
        scope = EVERYTHING
    return respond.result(current_kg.queries.query(text, scope, format=format))


def _load(graph: NamedNode | None, *, replace: bool) -> Response:
    base = graph.value if graph else current_kg.settings.base_iri
    with upload.folder() as folder:
        snapshot, created = (
            deployment()
            .writable()
            .load(_documents(folder), base=base, graph=graph, replace=replace)
        )
    return respond.changed(snapshot, created=created)


def _documents(folder: Path) -> Sequence[tuple[Path, Format]]:
    """Keep what is sent in files of `folder`; return them with their formats."""
    upload.must_be_plain()
    limit = current_kg.settings.max_upload_bytes
    if request.mimetype == MULTIPART:
        with _parts_read(limit):
            parts = [part for _, part in request.files.items(multi=True)]
        if not parts:
            raise BadInput("expected at least one file in the form, got none")
        return [upload.kept(folder, part.stream, part.mimetype, limit) for part in parts]
    return [upload.kept(folder, body.limited(limit), request.mimetype, limit)]


@contextlib.contextmanager
def _parts_read(limit: int) -> Iterator[None]:
    """Bound what reading a form may take: its size, and its parts that are no files."""
    request.max_content_length = limit
    request.max_form_parts = 100
    yield
