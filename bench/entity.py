#!/usr/bin/env python3
"""What pages of things cost: of the bundled graph, of a hub, and of a thing with many triples.

Builds a graph in which much points to one thing and another has very many triples, and asks the
application, through its readers, for pages of it and of the bundled graph.

Prints for each kind of page its queries, and the median and worst milliseconds of making it.

Usage: .venv/bin/python bench/entity.py [--links N] [--triples N] [--pages N]
"""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
import time
from collections.abc import Iterator, Sequence
from http import HTTPStatus
from pathlib import Path

from flask.testing import FlaskClient
from rich.console import Console
from rich.table import Table

from kg import bundle, settings
from kg.build import build
from kg.store.loading import Source
from kg.store.snapshots import Database
from kg.web import create_app
from kg.web.current import usage

BASE = "https://kg.example/"
TYPE = "<http://www.w3.org/1999/02/22-rdf-syntax-ns#type>"
LABEL = "<http://www.w3.org/2000/01/rdf-schema#label>"
PROPERTIES = 20
ROUNDS = 9


def main() -> None:
    """Measure, and print a table."""
    options = _options()
    table = Table("page", "queries", "median ms", "worst ms", "KB")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        client = _client(bundle.sources(), folder / "bundled", bundle.queries())
        pages = list(_things(client))[:: max(1, 2000 // options.pages)][: options.pages]
        table.add_row(f"bundled graph ({len(pages)} things)", *_measured(client, pages))
        file = folder / "large.nt"
        file.write_text("\n".join(_large(options.links, options.triples)), encoding="utf-8")
        client = _client([Source.of(file)], folder / "large")
        hub, big = f"/page?iri={BASE}hub", f"/page?iri={BASE}big"
        for title, address in (
            (f"hub with {options.links:,} links", hub),
            ("its list of links", f"{hub}&incoming={BASE}p0"),
            ("the last page of it", f"{hub}&incoming={BASE}p0&page={options.links // 300}"),
            ("what it is tied to", f"/neighbours.json?iri={BASE}hub"),
            (f"thing with {options.triples:,} triples", big),
            ("its list of values", f"{big}&values={BASE}p0"),
            ("what it is tied to", f"/neighbours.json?iri={BASE}big"),
        ):
            table.add_row(title, *_measured(client, [address] * ROUNDS))
    Console().print(table)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--links", type=int, default=50_000)
    parser.add_argument("--triples", type=int, default=1_000_000)
    parser.add_argument("--pages", type=int, default=200)
    return parser.parse_args()


def _client(sources: Sequence[Source], folder: Path, examples: Path | None = None) -> FlaskClient:
    database = Database(folder)
    build(sources, database, base_iri=BASE, examples=examples)
    return create_app(settings.load(environment={}), database).test_client()


def _things(client: FlaskClient) -> Iterator[str]:
    query = "SELECT DISTINCT ?s { ?s a ?class FILTER(isIRI(?s)) } ORDER BY ?s"
    response = client.get("/sparql", query_string={"query": query, "format": "json"})
    for row in json.loads(response.text)["results"]["bindings"]:
        yield f"/page?iri={row['s']['value'].replace('#', '%23')}"


def _large(links: int, triples: int) -> Iterator[str]:
    for number in range(triples):
        yield f"<{BASE}big> <{BASE}p{number % PROPERTIES}> <{BASE}x{number}> ."
    for number in range(links):
        yield f"<{BASE}y{number}> <{BASE}p{number % 3}> <{BASE}hub> ."
        yield f"<{BASE}y{number}> {TYPE} <{BASE}C{number % 5}> ."
        yield f'<{BASE}y{number}> {LABEL} "thing {number}"@en .'


def _measured(client: FlaskClient, addresses: Sequence[str]) -> tuple[str, str, str, str]:
    """Return queries, median and worst time, and size, after one request that is not counted."""
    times, sizes, queries = [], [], set()
    client.get(addresses[0], headers={"Accept": "text/html, application/json"})
    for turn, address in enumerate(addresses):
        fresh = f"{address}&turn={turn}"  # pages are kept as long as the snapshot is
        begin = time.perf_counter()
        with client:
            response = client.get(fresh, headers={"Accept": "text/html, application/json"})
            times.append(1000 * (time.perf_counter() - begin))
            queries.add(usage().queries)
        assert response.status_code == HTTPStatus.OK, (address, response.status_code)
        sizes.append(len(response.data) / 1000)
    numbers = (statistics.median(times), max(times), statistics.median(sizes))
    return (
        "–".join(map(str, sorted({min(queries), max(queries)}))),
        *(f"{n:.0f}" for n in numbers),
    )


if __name__ == "__main__":
    main()
