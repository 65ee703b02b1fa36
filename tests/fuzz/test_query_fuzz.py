"""Whatever is sent as a query, the service says what it makes of it, and stays.

`FUZZ_QUERIES` says how many are sent, `FUZZ_SEED` which ones.
"""

import importlib.util
import json
import os
import sys
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import islice, repeat
from pathlib import Path
from xml.parsers import expat

import pytest

from kg import bundle
from kg.build import build
from kg.store.loading import Source
from kg.store.snapshots import Database

COUNT = int(os.environ.get("FUZZ_QUERIES", "2000"))
SEED = int(os.environ.get("FUZZ_SEED", "20240229"))
CONNECTIONS = 4
SLACK = 10.0
"""Seconds past its deadline after which an answer counts as missing."""

SETTINGS = {
    "QUERY_SECONDS": 0.15,
    "READERS": 2,
    "READER_MEMORY": 512 * 1024 * 1024,
    "MAX_RESULT_BYTES": 1024 * 1024,
}


def loaded(name, path):
    """Return a module by its file; tests are no package."""
    specification = importlib.util.spec_from_file_location(name, path)
    module = importlib.util.module_from_spec(specification)
    sys.modules[name] = module
    specification.loader.exec_module(module)
    return module


TESTS = Path(__file__).parents[1]
queries = loaded("fuzzed_queries", TESTS / "fuzz" / "queries.py")
hostile = loaded("hostile_server", TESTS / "hostile" / "conftest.py")


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """A server over the bundled graph and the one that hostile queries bite on."""
    folder = tmp_path_factory.mktemp("fuzz")
    extra = folder / "extra.ttl"
    extra.write_text("".join(hostile.turtle()), encoding="utf-8")
    database = Database(folder / "db")
    build([*bundle.sources(), Source.of(extra)], database, base_iri="https://kg.example/")
    with hostile.serve(database, folder, SETTINGS) as running:
        yield running


def fault(server, answer):
    """Return what is wrong with an answer; nothing if it is as it must be."""
    if not answer.documented and not is_known_page(answer):
        return f"{answer.status} {answer.code or '(no code)'}"
    if answer.seconds > server.seconds + SLACK:
        return f"took {answer.seconds:.1f} s"
    kind = answer.headers.get_content_type()
    try:
        if kind.endswith("json"):
            json.loads(answer.body)
        elif kind.endswith("xml"):
            expat.ParserCreate().Parse(answer.body, True)
    except (ValueError, expat.ExpatError) as error:
        return f"{kind} is not well-formed: {error}"
    return ""


def is_known_page(answer):
    """Return whether this is an error as a browser gets it, which has no code."""
    is_page = answer.headers.get_content_type() == "text/html"
    return is_page and answer.status in hostile.QUERY_STATUSES


@dataclass
class Outcome:
    """What came of the queries over one connection."""

    counts: Counter = field(default_factory=Counter)
    faults: list = field(default_factory=list)
    slowest: float = 0.0


def send(server, requests):
    outcome = Outcome()
    with server.client() as client:
        for request in requests:
            answer = client.request(request.method, request.target, request.headers, request.body)
            outcome.counts[f"{answer.status} {answer.code}".strip()] += 1
            outcome.slowest = max(outcome.slowest, answer.seconds)
            if wrong := fault(server, answer):
                outcome.faults.append((len(request.text), request.number, wrong, request, answer))
    return outcome


def test_no_query_is_answered_with_a_failure(server):
    fuzzer = queries.Fuzzer(SEED)
    before, begun = server.lasting, time.monotonic()
    shares = [
        islice(fuzzer.requests(COUNT), first, None, CONNECTIONS) for first in range(CONNECTIONS)
    ]
    with ThreadPoolExecutor(CONNECTIONS) as threads:
        outcomes = list(threads.map(send, repeat(server), shares))
    seconds = time.monotonic() - begun
    counts = sum((each.counts for each in outcomes), Counter())
    told = ", ".join(f"{outcome}: {count:,}" for outcome, count in counts.most_common())
    slowest = max(each.slowest for each in outcomes)
    print(f"\n{COUNT:,} queries (seed {SEED}) in {seconds:.1f} s; slowest {slowest:.2f} s; {told}")
    faults = [fault for each in outcomes for fault in each.faults]
    assert not faults, report(faults)
    assert server.lasting == before
    for sign in ("panicked", "Traceback", "Segmentation"):
        assert sign not in server.logged, server.logged[-5000:]


def report(faults):
    """Return what to look at first: the shortest query that went wrong."""
    _, number, wrong, request, answer = min(faults, key=lambda each: each[:2])
    kinds = Counter(each[2] for each in faults)
    return (
        f"{len(faults)} of {COUNT} queries went wrong: {dict(kinds)}\n"
        f"seed {SEED}, number {number}: {wrong}\n"
        f"{request.method} {request.target} {request.headers}\n"
        f"{request.text!r}\n{answer}"
    )


def test_the_same_seed_makes_the_same_queries():
    first, second = (queries.Fuzzer(SEED) for _ in range(2))
    assert list(first.requests(200)) == list(second.requests(200))
    assert first.request(199) == second.request(199)
    assert list(queries.Fuzzer(SEED + 1).requests(20)) != list(first.requests(20))
