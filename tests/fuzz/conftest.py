"""Sending what is a little wrong to a server, in great number, and telling what went wrong."""

import importlib.util
import json
import os
import sys
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from xml.parsers import expat

import pytest

from kg import bundle
from kg.build import build
from kg.store.loading import Source
from kg.store.snapshots import Database

SEED = int(os.environ.get("FUZZ_SEED", "20240229"))
CONNECTIONS = 4
SLACK = 10.0
"""Seconds past its deadline after which an answer counts as missing."""

TESTS = Path(__file__).parents[1]


def loaded(name, path):
    """Return a module by its file; tests are no package."""
    specification = importlib.util.spec_from_file_location(name, path)
    module = importlib.util.module_from_spec(specification)
    sys.modules[name] = module
    specification.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def queries():
    """The module that makes queries."""
    return loaded("fuzzed_queries", TESTS / "fuzz" / "queries.py")


@pytest.fixture(scope="session")
def updates():
    """The module that makes updates."""
    return loaded("fuzzed_updates", TESTS / "fuzz" / "updates.py")


@pytest.fixture(scope="session")
def hostile():
    """The module that starts servers."""
    return loaded("hostile_server", TESTS / "hostile" / "conftest.py")


@pytest.fixture(scope="session")
def seed():
    return SEED


@pytest.fixture(scope="module")
def database(tmp_path_factory, hostile):
    """The bundled graph and the one that hostile queries bite on."""
    folder = tmp_path_factory.mktemp("fuzz")
    extra = folder / "extra.ttl"
    extra.write_text("".join(hostile.turtle()), encoding="utf-8")
    database = Database(folder / "db")
    build([*bundle.sources(), Source.of(extra)], database, base_iri="https://kg.example/")
    return database


@dataclass
class Outcome:
    """What came of the requests over one connection."""

    counts: Counter = field(default_factory=Counter)
    faults: list = field(default_factory=list)
    slowest: float = 0.0


@pytest.fixture(scope="session")
def fire():
    """What sends `count` requests of a fuzzer and fails if the service does anywhere."""

    def fire(server, fuzzer, count: int, *, is_right: Callable, seconds: float) -> None:
        before, begun = server.lasting, time.monotonic()
        shares = [
            islice(fuzzer.requests(count), first, None, CONNECTIONS) for first in range(CONNECTIONS)
        ]
        with ThreadPoolExecutor(CONNECTIONS) as threads:
            outcomes = list(
                threads.map(lambda share: _sent(server, share, is_right, seconds), shares)
            )
        counts = sum((each.counts for each in outcomes), Counter())
        told = ", ".join(f"{outcome}: {count:,}" for outcome, count in counts.most_common())
        slowest = max(each.slowest for each in outcomes)
        print(
            f"\n{count:,} requests (seed {fuzzer.seed}) in {time.monotonic() - begun:.1f} s; "
            f"slowest {slowest:.2f} s; {told}"
        )
        faults = [fault for each in outcomes for fault in each.faults]
        assert not faults, _report(fuzzer, faults)
        assert server.lasting == before
        for sign in ("panicked", "Traceback", "Segmentation"):
            assert sign not in server.logged, server.logged[-5000:]

    return fire


def _sent(server, requests, is_right: Callable, seconds: float) -> Outcome:
    outcome = Outcome()
    with server.client() as client:
        for request in requests:
            answer = client.request(request.method, request.target, request.headers, request.body)
            outcome.counts[f"{answer.status} {answer.code}".strip()] += 1
            outcome.slowest = max(outcome.slowest, answer.seconds)
            if wrong := _fault(answer, is_right, seconds):
                outcome.faults.append((len(request.text), request.number, wrong, request, answer))
    return outcome


def _fault(answer, is_right: Callable, seconds: float) -> str:
    """Return what is wrong with an answer; nothing if it is as it must be."""
    if not is_right(answer):
        return f"{answer.status} {answer.code or '(no code)'}"
    if answer.seconds > seconds + SLACK:
        return f"took {answer.seconds:.1f} s"
    kind = answer.headers.get_content_type()
    try:
        if answer.body and kind.endswith("json"):
            json.loads(answer.body)
        elif kind.endswith("xml"):
            expat.ParserCreate().Parse(answer.body, True)
    except (ValueError, expat.ExpatError) as error:
        return f"{kind} is not well-formed: {error}"
    return ""


def _report(fuzzer, faults) -> str:
    """Return what to look at first: the shortest text that went wrong."""
    _, number, wrong, request, answer = min(faults, key=lambda each: each[:2])
    kinds = Counter(each[2] for each in faults)
    return (
        f"{len(faults)} requests went wrong: {dict(kinds)}\n"
        f"seed {fuzzer.seed}, number {number}: {wrong}\n"
        f"{request.method} {request.target} {request.headers}\n"
        f"{request.text!r}\n{answer}"
    )
