"""Requests and responses are those of the SPARQL 1.1 Protocol."""

from __future__ import annotations

from . import exchange
from .manifests import ProtocolExchange
from .server import Service


def test_over_http(protocol: ProtocolExchange, service: Service) -> None:
    exchange.run(protocol, service)
