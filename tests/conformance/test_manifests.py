"""The manifests are read to the end: no test is lost on the way from its file to this suite."""

from __future__ import annotations

from pathlib import Path

import pytest

from . import known_failures, manifests
from .graphs import RDF, rdf11, read
from .manifests import MF, W3cTest

# Not included by any manifest of SPARQL 1.0 and 1.1 as a whole.
APART = {
    "sparql10/sort/extended-manifest.ttl": "an extension that was not approved",
    "sparql10/open-world/sameTerm-manifest.ttl": "an extension that was not approved",
    "sparql11/http-rdf-update/manifest.ttl": "deprecated in favour of graph-store-protocol",
}


@pytest.fixture(scope="module")
def tests() -> tuple[W3cTest, ...]:
    if not manifests.tests():
        pytest.skip(f"the W3C's tests are not at {manifests.root()}")
    return manifests.tests()


def test_every_entry_of_every_manifest_is_read(tests: tuple[W3cTest, ...]) -> None:
    listed = set()
    for version in ("sparql10", "sparql11"):
        for manifest in sorted((manifests.root() / version).glob("*/*manifest*.ttl")):
            name = manifest.relative_to(manifests.root()).as_posix()
            if name not in APART:
                listed |= {f"{name.rpartition('/')[0]}/{entry}" for entry in _entries(manifest)}
    assert {test.id for test in tests} == listed


def _entries(manifest: Path) -> set[str]:
    """Return the local names of the items of lists that have a name, however they are listed."""
    quads = read(manifest, base=manifests.iri(manifest))
    named = {rdf11(quad.subject) for quad in quads if quad.predicate.value == MF + "name"}
    items = {rdf11(quad.object) for quad in quads if quad.predicate.value == RDF + "first"}
    return {entry.value.rpartition("#")[2] for entry in named & items}


def test_ids_are_unique(tests: tuple[W3cTest, ...]) -> None:
    assert len({test.id for test in tests}) == len(tests)


def test_what_is_known_of_is_there(tests: tuple[W3cTest, ...]) -> None:
    tables = (
        known_failures.ENGINE_FAILURES,
        known_failures.SERVICE_FAILURES,
        known_failures.SAME_VALUES,
    )
    run = {test.id for test in tests if not test.not_offered}
    for table in tables:
        assert table.keys() <= run


def test_reasons_for_not_offering_a_suite_are_needed(tests: tuple[W3cTest, ...]) -> None:
    assert manifests.SUITES_NOT_OFFERED.keys() <= {test.suite for test in tests}
