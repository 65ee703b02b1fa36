"""Updates leave the store as the W3C's tests expect."""

from __future__ import annotations

from . import comparison, endpoint, manifests
from .conftest import Judge
from .endpoint import Endpoint
from .engine import Engine
from .manifests import UpdateEvaluation
from .server import Service


def test_over_http(update_evaluation: UpdateEvaluation, service: Service, judge: Judge) -> None:
    _evaluate(update_evaluation, service, judge)


def test_in_process(update_evaluation: UpdateEvaluation, engine: Engine, judge: Judge) -> None:
    _evaluate(update_evaluation, engine, judge)


def _evaluate(test: UpdateEvaluation, implementation: Endpoint, judge: Judge) -> None:
    expected = tuple(endpoint.quads(test.after))
    implementation.load(endpoint.graphs(test.before))
    try:
        implementation.update(manifests.text(test.request))
    except endpoint.REFUSALS as refusal:
        raise AssertionError(f"refused: {refusal}") from refusal
    actual = tuple(endpoint.everything(implementation))
    judge(comparison.compare(expected, actual), comparison.difference(expected, actual))
