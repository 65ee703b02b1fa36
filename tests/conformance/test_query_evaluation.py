"""Queries have the answers that the W3C's tests expect."""

from __future__ import annotations

from . import answers, comparison, endpoint, manifests
from .conftest import Judge
from .endpoint import Endpoint
from .engine import Engine
from .manifests import QueryEvaluation
from .server import Service


def test_over_http(query_evaluation: QueryEvaluation, service: Service, judge: Judge) -> None:
    _evaluate(query_evaluation, service, judge)


def test_in_process(query_evaluation: QueryEvaluation, engine: Engine, judge: Judge) -> None:
    _evaluate(query_evaluation, engine, judge)


def _evaluate(test: QueryEvaluation, implementation: Endpoint, judge: Judge) -> None:
    text = manifests.text(test.query)
    media_type = answers.media_type(test.result)
    expected = answers.expected(test.result, query=text)
    implementation.load(endpoint.graphs(test.data))
    try:
        answer = answers.parsed(implementation.query(text, media_type), media_type)
    except endpoint.REFUSALS as refusal:
        raise AssertionError(f"refused: {refusal}") from refusal
    verdict = comparison.compare(expected, answer, lax=test.lax)
    judge(verdict, comparison.difference(expected, answer))
