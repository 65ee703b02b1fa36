"""The bundled graph and its questions, and the W3C's tests, through both engines."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
from pyoxigraph import NamedNode, RdfFormat, Store
from tests.conformance import manifests

from kg import queries
from kg.columnar import Unsupported

from .engines import both, same

ROOT = Path(__file__).parents[2]
QUESTIONS = [
    *sorted((ROOT / "data" / "queries").glob("*.rq")),
    *sorted((ROOT / "src" / "kg" / "examples").glob("*.rq")),
]
SUITES = ("aggregates", "bind", "exists", "negation", "subquery", "expr-ops", "optional-filter")
"""Suites that are always run; with COLUMNAR=whole all are."""


@pytest.fixture(scope="module")
def bundled(tmp_path_factory):
    store = Store()
    for file in [*(ROOT / "data").glob("*.trig"), ROOT / "ontology" / "kg.ttl"]:
        store.load(path=file, base_iri="https://kg.example/")
    return both(store, tmp_path_factory.mktemp("bundled"))


@pytest.mark.parametrize("file", QUESTIONS, ids=lambda file: file.stem)
def test_questions_are_answered_alike(bundled, file):
    try:
        expected, found = bundled.answers(queries.read(file).text)
    except Unsupported as reason:
        pytest.skip(f"left to Oxigraph: {reason}")
    assert same(expected, found)


def _chosen():
    whole = os.environ.get("COLUMNAR") == "whole"
    return [
        test
        for test in manifests.tests()
        if isinstance(test, manifests.QueryEvaluation)
        and (whole or test.suite.rpartition("/")[2] in SUITES)
    ]


@pytest.fixture(scope="module")
def loaded(tmp_path_factory):
    """Return what loads the data of a test into both engines, the same data once."""
    known = {}

    def load(data):
        if data not in known:
            store = Store()
            for name, path in [*((None, path) for path in data.default), *data.named]:
                graph = NamedNode(name) if name else None
                if graph:
                    store.add_graph(graph)
                format = RdfFormat.from_extension(path.suffix[1:])
                base = manifests.iri(path)
                store.load(path.read_bytes(), format=format, base_iri=base, to_graph=graph)
            known[data] = both(store, tmp_path_factory.mktemp("suite"), union=False)
        return known[data]

    return load


@pytest.mark.skipif(not manifests.root().is_dir(), reason="the W3C's tests are not there")
@pytest.mark.parametrize("suite", sorted({test.suite for test in _chosen()}))
def test_the_suites_of_the_w3c_are_answered_alike(loaded, suite):
    for test in _chosen():
        if test.suite != suite:
            continue
        text = re.sub(r"(?i)^\s*BASE\s*<[^>]*>", "", test.query.read_bytes().decode())
        try:
            expected, found = loaded(test.data).answers(text)
        except Unsupported:
            continue
        assert same(expected, found), f"{test.id}\nOxigraph: {expected}\ncolumns:  {found}"
