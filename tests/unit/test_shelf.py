"""Pages are handed out again as they were made, and the least recently used are forgotten."""

import pytest
from flask import Response

from kg.web.shelf import INCOMPLETE, LARGEST, Shelf


def made(shelf: Shelf, key: str, body: str = "page", **options) -> bool:
    """Return whether a page had to be made."""
    calls = []

    def make() -> Response:
        calls.append(key)
        return Response(body, **options)

    assert shelf.get(key, make).get_data(as_text=True) == body
    return bool(calls)


def test_a_page_is_made_once():
    shelf = Shelf()
    assert [made(shelf, "a"), made(shelf, "a"), made(shelf, "b")] == [True, False, True]


def test_what_is_added_to_a_response_is_not_kept():
    shelf = Shelf()
    for _ in range(2):
        response = shelf.get("a", lambda: Response("page", headers={"Link": "x"}))
        assert "Set-Cookie" not in response.headers
        assert response.headers["Link"] == "x"
        response.set_cookie("kg-lang", "en")
        response.set_data(b"compressed")


def test_the_least_recently_used_are_forgotten():
    shelf = Shelf(room=30)
    for key in "abc":
        made(shelf, key, "x" * 10)
    assert not made(shelf, "a", "x" * 10)
    assert made(shelf, "d", "x" * 10)
    assert not made(shelf, "a", "x" * 10)
    assert made(shelf, "b", "x" * 10)


@pytest.mark.parametrize(
    "options",
    [
        {"status": 404},
        {"headers": [INCOMPLETE]},
        {"headers": {"Cache-Control": "private, no-store"}},
        {"body": "x" * (LARGEST + 1)},
    ],
    ids=["an error", "incomplete", "private", "too large"],
)
def test_some_things_are_never_kept(options):
    shelf = Shelf()
    assert made(shelf, "a", **options)
    assert made(shelf, "a", **options)


def test_a_stream_is_never_kept():
    shelf = Shelf()
    for _ in range(2):
        response = shelf.get("a", lambda: Response(iter([b"one", b"two"])))
        assert response.is_streamed
