"""Requests and responses are those of the SPARQL 1.1 Graph Store HTTP Protocol."""

from __future__ import annotations

from . import exchange
from .manifests import GraphStoreExchange
from .server import Service


def test_over_http(graph_store: GraphStoreExchange, service: Service) -> None:
    exchange.run(graph_store, service)
