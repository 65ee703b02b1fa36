#!/usr/bin/env python3
"""The same queries over Parquet files by DuckDB in one process, and by Spark in two workers.

Each is asked four times in a row; the median of the last three counts, so that Spark has compiled
what it compiles. Answers must be the same bytes, but for the order of rows.

Usage: .venv/bin/python bench/scale.py FOLDER [--master URL]
(needs Spark: make .venv/.spark; FOLDER is one of `kg export --parquet`)
"""

from __future__ import annotations

import argparse
import io
import statistics
import time
from pathlib import Path

from kg import formats
from kg.spark.engine import SparkEngine
from kg.spark.session import Session
from kg.store import EVERYTHING, UNLIMITED

PREFIX = "PREFIX : <http://example.org/> PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#> "
TIMES = 4

QUERIES = {
    "count by property": "SELECT ?p (COUNT(*) AS ?n) { ?s ?p ?o } GROUP BY ?p",
    "distinct subjects": "SELECT (COUNT(DISTINCT ?s) AS ?n) { ?s ?p ?o }",
    "group by category": "SELECT ?c (COUNT(*) AS ?n) { ?s :category ?c } GROUP BY ?c",
    "average by class": "SELECT ?t (AVG(?v) AS ?a) { ?s a ?t ; :value ?v } GROUP BY ?t",
    "chain of three": "SELECT (COUNT(*) AS ?n) { ?a :next ?b . ?b :next ?c . ?c :next ?d }",
    "minus": "SELECT (COUNT(*) AS ?n) { ?s :value ?v MINUS { ?s :category :c0 } }",
    "part of a text": "SELECT (COUNT(*) AS ?n) { ?s rdfs:label ?l FILTER(CONTAINS(?l, '77')) }",
}


def _measured(engine: SparkEngine, text: str) -> tuple[float, list[bytes]]:
    seconds, answer = [], b""
    for _ in range(TIMES):
        output, begun = io.BytesIO(), time.perf_counter()
        engine.answer(
            output, PREFIX + text, EVERYTHING, UNLIMITED, formats.by_name("csv", formats.FORMATS)
        )
        seconds.append(time.perf_counter() - begun)
        answer = output.getvalue()
    return statistics.median(seconds[1:]), sorted(answer.splitlines())


def main() -> None:
    """Measure, and print a row for each query."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--master", default="local-cluster[2,1,1024]")
    options = parser.parse_args()
    begun = time.perf_counter()
    session = Session(options.folder, options.master)
    print(f"Spark at {options.master}: started in {time.perf_counter() - begun:.1f} s")
    by_spark, here = (
        SparkEngine(options.folder, session, memory=1024**3, union=True, little=little)
        for little in (0, 10**12)
    )
    print("| query | DuckDB, ms | Spark, ms |\n|---|--:|--:|")
    for name, text in QUERIES.items():
        one, expected = _measured(here, text)
        other, found = _measured(by_spark, text)
        assert expected == found, name
        print(f"| {name} | {1000 * one:.0f} | {1000 * other:,.0f} |", flush=True)
    session.close()


if __name__ == "__main__":
    main()
