"""Whatever is sent as an update, it is made or refused with a reason, and the writer stays.

`FUZZ_UPDATES` says how many are sent, `FUZZ_SEED` which ones.
"""

import os

import pytest

COUNT = int(os.environ.get("FUZZ_UPDATES", "400"))

SETTINGS = {"UPDATE_SECONDS": 0.5, "READERS": 1, "READER_MEMORY": 512 * 1024 * 1024}
STATUSES = {204, 400, 403, 404, 413, 503}


@pytest.fixture(scope="module")
def server(database, hostile, tmp_path_factory):
    folder = tmp_path_factory.mktemp("updates")
    with hostile.serve(database, folder, SETTINGS, options=["--writable"]) as running:
        yield running


@pytest.fixture
def fuzzer(queries, updates, hostile, seed):
    return updates.fuzzer(queries, seed, hostile.AUTHORISED)


def test_no_update_is_answered_with_a_failure(server, fuzzer, hostile, fire):
    with server.client() as client:
        writer = client.get("/health").json["writer"]

    def is_right(answer) -> bool:
        return answer.status in STATUSES and answer.has_known_code

    fire(server, fuzzer, COUNT, is_right=is_right, seconds=10 * SETTINGS["UPDATE_SECONDS"])
    with server.client() as client:
        assert client.get("/health").json["writer"] == writer
        marker = b"INSERT DATA { <x:marker> <x:p> 1 }"
        typed = {**hostile.AUTHORISED, "Content-Type": "application/sparql-update"}
        assert client.request("POST", "/update", typed, marker).status == 204
        assert client.ask("ASK { <x:marker> <x:p> 1 }")
