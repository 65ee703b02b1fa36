"""Well-formed updates are understood, and others are refused as such."""

from __future__ import annotations

from . import endpoint, manifests
from .engine import Engine
from .manifests import UpdateSyntax
from .server import Service


def test_over_http(update_syntax: UpdateSyntax, service: Service) -> None:
    text = manifests.text(update_syntax.request)
    assert endpoint.understands(service.update, text) == update_syntax.well_formed


def test_in_process(update_syntax: UpdateSyntax, engine: Engine) -> None:
    text = manifests.text(update_syntax.request)
    assert endpoint.understands(engine.update, text) == update_syntax.well_formed
