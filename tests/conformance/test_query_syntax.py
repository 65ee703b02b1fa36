"""Well-formed queries are understood, and others are refused as such."""

from __future__ import annotations

from . import endpoint, manifests
from .engine import Engine
from .manifests import QuerySyntax
from .server import Service


def test_over_http(query_syntax: QuerySyntax, service: Service) -> None:
    text = manifests.text(query_syntax.query)
    assert endpoint.understands(service.parse_query, text) == query_syntax.well_formed


def test_in_process(query_syntax: QuerySyntax, engine: Engine) -> None:
    text = manifests.text(query_syntax.query)
    assert endpoint.understands(engine.parse_query, text) == query_syntax.well_formed
