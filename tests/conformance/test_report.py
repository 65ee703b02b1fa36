"""The report counts what came of the tests, and says so of those that fail without being known."""

from __future__ import annotations

from pathlib import Path

import pytest

from . import report
from .manifests import Contents, GraphStoreExchange, QuerySyntax, W3cTest
from .report import Column, Outcome

TESTS = (
    QuerySyntax("sparql10/a/one", "", "", Path("one.rq"), well_formed=True),
    QuerySyntax("sparql10/a/two", "", "", Path("two.rq"), well_formed=True),
    GraphStoreExchange("sparql11/b/three", "", "", Contents(), ()),
    W3cTest("sparql11/b/four", "", "out of reach"),
)
PASSED = {(place, test.id): Outcome.PASSED for test in TESTS for place in report.columns(test)}


def rendered(outcomes: report.Outcomes) -> list[str]:
    return report.render(TESTS, outcomes, subject="a server").splitlines()


def test_suites_and_versions_are_counted() -> None:
    lines = rendered(PASSED)
    assert "| sparql10/a | 2 |  | 2 |  |  | 2 |  |  |" in lines
    assert "| sparql11/b | 2 | 1 | 1 |  |  |  |  |  |" in lines
    assert "| **all** | 4 | 1 | 3 |  |  | 2 |  |  |" in lines
    assert "- `sparql11/b`, 1 tests: out of reach" in lines


@pytest.mark.parametrize("place", Column)
def test_a_failure_that_is_not_known_is_named(place: Column) -> None:
    assert "## Failed" not in rendered(PASSED)
    lines = rendered(PASSED | {(place, "sparql10/a/two"): Outcome.FAILED})
    assert lines[lines.index("## Failed") + 2] == f"- sparql10/a/two, {place}"
