"""Whatever is sent as a query, the service says what it makes of it, and stays.

`FUZZ_QUERIES` says how many are sent, `FUZZ_SEED` which ones.
"""

import os

import pytest

COUNT = int(os.environ.get("FUZZ_QUERIES", "2000"))

SETTINGS = {
    "QUERY_SECONDS": 0.04,
    "READERS": 2,
    "READER_MEMORY": 512 * 1024 * 1024,
    "MAX_RESULT_BYTES": 1024 * 1024,
}


@pytest.fixture(scope="module")
def server(database, hostile, tmp_path_factory):
    with hostile.serve(database, tmp_path_factory.mktemp("queries"), SETTINGS) as running:
        yield running


def test_no_query_is_answered_with_a_failure(server, queries, hostile, fire, seed):
    def is_right(answer) -> bool:
        # An error as a browser gets it has no code.
        is_page = answer.headers.get_content_type() == "text/html"
        return answer.documented or (is_page and answer.status in hostile.QUERY_STATUSES)

    fire(server, queries.Fuzzer(seed), COUNT, is_right=is_right, seconds=server.seconds)


def test_the_same_seed_makes_the_same_queries(queries, seed):
    first, second = (queries.Fuzzer(seed) for _ in range(2))
    assert list(first.requests(200)) == list(second.requests(200))
    assert first.request(199) == second.request(199)
    assert list(queries.Fuzzer(seed + 1).requests(20)) != list(first.requests(20))
