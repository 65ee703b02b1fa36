"""What the tests found, as a Markdown document that is the same for the same findings."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from enum import StrEnum
from pathlib import Path

import pytest

from . import manifests
from .comparison import Verdict
from .known_failures import ENGINE_FAILURES, SAME_VALUES, SERVICE_FAILURES
from .manifests import (
    QueryEvaluation,
    QuerySyntax,
    UpdateEvaluation,
    UpdateSyntax,
    W3cTest,
)


class Column(StrEnum):
    """Where a test is run."""

    HTTP = "over HTTP"
    ENGINE = "in-process"


class Outcome(StrEnum):
    """What came of a test."""

    PASSED = "passed"
    SAME_VALUES = "equal up to lexical form"
    KNOWN = "known failure"
    FAILED = "failed"


Outcomes = Mapping[tuple[Column, str], Outcome]
"""What came of the tests, by where they ran and by id."""

IN_PROCESS = (QueryEvaluation, QuerySyntax, UpdateEvaluation, UpdateSyntax)
"""The kinds of tests that the engine alone can take."""

INTRODUCTION = """\
# Conformance to SPARQL 1.1

The [test suites of the W3C](https://github.com/w3c/rdf-tests) for SPARQL 1.0 and 1.1, run over HTTP
against {subject}, and in-process against the engine alone. The union default
graph is switched off, as the tests ask. This page is written by

    python -m pytest tests/conformance --conformance-report docs/conformance.md

- **passed**: the answer is the one expected, term by term. Blank nodes may have other names,
  language tags are compared in lower case, and order counts where the query sets it.
- **equal up to lexical form**: the values are those expected, but some are written differently,
  such as 1 for 01. The engine stores numbers, booleans and dates by their value.
- **known failure**: the test fails, for the reason given below. A run in which one of them passes,
  or another test fails, is an error.
- **not offered**: the test is about something that the service does not do, and is not run.
"""

HEADER = """\
| Suite | Tests | Not offered \
| HTTP: passed | HTTP: equal up to lexical form | HTTP: known failures \
| In-process: passed | In-process: equal up to lexical form | In-process: known failures |
|---|--:|--:|--:|--:|--:|--:|--:|--:|
"""


def column(function: str) -> Column:
    """Return where a test function of that name runs its tests."""
    return Column.ENGINE if function.endswith("in_process") else Column.HTTP


def columns(test: W3cTest) -> tuple[Column, ...]:
    """Return where a test is run."""
    if test.not_offered:
        return ()
    return tuple(Column) if isinstance(test, IN_PROCESS) else (Column.HTTP,)


class Collector:
    """A plugin of pytest that keeps the outcomes, and writes the report when all are there."""

    def __init__(self, file: Path, *, subject: str) -> None:
        self._file = file
        self._subject = subject
        self._outcomes: dict[tuple[Column, str], Outcome] = {}

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Keep what came of a test."""
        function, _, id = report.nodeid.rpartition("::")[2].removesuffix("]").partition("[")
        if report.when == "call" or report.failed:
            self._outcomes[column(function), id] = _outcome(report)

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Write the report; a run that left tests out has none."""
        tests = manifests.tests()
        due = [(place, test.id) for test in tests for place in columns(test)]
        missing = [key for key in due if key not in self._outcomes]
        if missing or not due:
            why = f"{len(missing)} tests were not run" if due else "there are no tests"
            terminalreporter.write_line(f"{self._file} not written: {why}")
            return
        outcomes = {key: self._outcomes[key] for key in due}
        self._file.write_text(render(tests, outcomes, subject=self._subject), encoding="utf-8")
        terminalreporter.write_line(f"wrote {self._file}")


def _outcome(report: pytest.TestReport) -> Outcome:
    if report.failed:
        return Outcome.FAILED
    if hasattr(report, "wasxfail"):
        return Outcome.KNOWN
    same_values = ("verdict", Verdict.SAME_VALUES) in report.user_properties
    return Outcome.SAME_VALUES if same_values else Outcome.PASSED


def render(tests: Iterable[W3cTest], outcomes: Outcomes, *, subject: str) -> str:
    """Return the report on `subject`."""
    tests = list(tests)
    failed = [f"- {id}, {place}" for (place, id), out in outcomes.items() if out is Outcome.FAILED]
    parts = [
        INTRODUCTION.format(subject=subject),
        HEADER + "".join(f"{line}\n" for line in _table(tests, outcomes)),
        "\n".join(["## Failed", "", *failed, ""]) if failed else "",
        "\n".join(["## Known failures", "", *_known(outcomes)]),
        "\n".join(["## Equal up to lexical form", "", *_same_values(outcomes), ""]),
        "\n".join(["## Not offered", "", *_not_offered(tests), ""]),
    ]
    return "\n".join(filter(None, parts))


def _table(tests: list[W3cTest], outcomes: Outcomes) -> Iterable[str]:
    for version in ("sparql10", "sparql11"):
        of_version = [test for test in tests if test.suite.startswith(version)]
        for suite in dict.fromkeys(test.suite for test in of_version):
            yield _row(suite, [test for test in of_version if test.suite == suite], outcomes)
        yield _row(f"**{version}**", of_version, outcomes)
    yield _row("**all**", tests, outcomes)


def _row(name: str, tests: list[W3cTest], outcomes: Outcomes) -> str:
    not_offered = sum(bool(test.not_offered) for test in tests)
    cells = [name, str(len(tests)), str(not_offered or "")]
    for place in Column:
        run = [test for test in tests if place in columns(test)]
        counts = Counter(outcomes[place, test.id] for test in run)
        cells.append(str(counts[Outcome.PASSED]) if run else "")
        cells += [str(counts[kind] or "") for kind in (Outcome.SAME_VALUES, Outcome.KNOWN)]
    return f"| {' | '.join(cells)} |"


def _known(outcomes: Outcomes) -> Iterable[str]:
    known = {id for (_, id), outcome in outcomes.items() if outcome is Outcome.KNOWN}
    for heading, table in (("engine", ENGINE_FAILURES), ("service", SERVICE_FAILURES)):
        listed = [f"- `{id}`: {reason}" for id, reason in table.items() if id in known]
        if listed:
            yield from (f"Of the {heading}:", "", *listed, "")


def _same_values(outcomes: Outcomes) -> Iterable[str]:
    ids = (id for (_, id), outcome in outcomes.items() if outcome is Outcome.SAME_VALUES)
    return [f"- `{id}`: {SAME_VALUES[id]}" for id in dict.fromkeys(ids)]


def _not_offered(tests: list[W3cTest]) -> Iterable[str]:
    counts = Counter((test.suite, test.not_offered) for test in tests if test.not_offered)
    return [f"- `{suite}`, {count} tests: {why}" for (suite, why), count in counts.items()]
