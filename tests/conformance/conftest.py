"""How the W3C's tests become tests of pytest, and their outcomes a report."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from . import manifests, report, server
from .comparison import Verdict
from .engine import Engine
from .known_failures import ENGINE_FAILURES, SAME_VALUES, SERVICE_FAILURES
from .manifests import W3cTest
from .report import Collector, Column
from .server import Service

KINDS: dict[str, type[W3cTest]] = {
    "query_evaluation": manifests.QueryEvaluation,
    "query_syntax": manifests.QuerySyntax,
    "update_evaluation": manifests.UpdateEvaluation,
    "update_syntax": manifests.UpdateSyntax,
    "protocol": manifests.ProtocolExchange,
    "graph_store": manifests.GraphStoreExchange,
    "service_description": manifests.ServiceDescription,
}
"""The argument by which a test function asks to be run for each W3C test of a kind."""

Judge = Callable[[Verdict, str], None]


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options for a report and for a comparison."""
    parser.addoption(
        "--conformance-report",
        type=Path,
        metavar="FILE",
        help="write what the W3C's SPARQL tests found to FILE, as Markdown",
    )
    parser.addoption(
        "--conformance-against",
        type=Path,
        metavar="OXIGRAPH",
        help="test Oxigraph's own server, which is this command, instead of the service",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Collect outcomes if there is to be a report."""
    if file := config.getoption("--conformance-report"):
        reference = config.getoption("--conformance-against")
        subject = "Oxigraph's own server" if reference else "`kg serve --writable`"
        config.pluginmanager.register(Collector(file, subject=subject))


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run a test function for each W3C test of the kind that it takes."""
    failures = ENGINE_FAILURES
    is_reference = metafunc.config.getoption("--conformance-against") is not None
    if report.column(metafunc.function.__name__) is Column.HTTP and not is_reference:
        failures = ENGINE_FAILURES | SERVICE_FAILURES
    for argument in KINDS.keys() & set(metafunc.fixturenames):
        parameters = [
            pytest.param(test, id=test.id, marks=_marks(test, failures))
            for test in manifests.tests()
            if isinstance(test, KINDS[argument])
        ]
        metafunc.parametrize(argument, parameters or [_absent()])


def _absent() -> Any:
    reason = (
        f"the W3C's tests are not at {manifests.root()}; fetch https://github.com/w3c/rdf-tests "
        f"and set {manifests.ROOT_VARIABLE} to its folder `sparql`"
    )
    return pytest.param(None, id="absent", marks=pytest.mark.skip(reason=reason))


def _marks(test: W3cTest, failures: Mapping[str, str]) -> list[pytest.MarkDecorator]:
    if test.id not in failures:
        return []
    return [pytest.mark.xfail(reason=failures[test.id], raises=AssertionError, strict=True)]


@pytest.fixture(scope="session")
def service(
    pytestconfig: pytest.Config, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Service]:
    """Return the service, running with a store of its own for the whole session."""
    reference = pytestconfig.getoption("--conformance-against")
    software = server.oxigraph(reference) if reference else server.kg()
    with server.running(software, tmp_path_factory.mktemp("service")) as running:
        yield running


@pytest.fixture
def engine() -> Engine:
    """Return the engine, with an empty store."""
    return Engine()


@pytest.fixture
def judge(request: pytest.FixtureRequest, record_property: Callable[[str, object], None]) -> Judge:
    """Return what decides on a verdict: it must be the one that is known for the test."""
    (test,) = request.node.callspec.params.values()
    known = Verdict.SAME_VALUES if test.id in SAME_VALUES else Verdict.SAME

    def judged(verdict: Verdict, difference: str) -> None:
        record_property("verdict", verdict)
        assert verdict is known, f"{verdict}, where {known} was expected\n{difference}"

    return judged
