"""Pages and answers that were made a moment ago and may be handed out again.

A representation is known by its validator, which changes with the snapshot, so nothing on the shelf
is ever out of date; it is only forgotten, the least recently used first.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus

from flask import Response

ROOM = 32 * 1024 * 1024
"""Bytes of all pages that are kept."""

LARGEST = 1024 * 1024

COMPLETE_HEADER = "KG-Complete"
"""Says whether a page has all that was asked for."""

INCOMPLETE = (COMPLETE_HEADER, "false")
"""The header of a page that lacks something for want of time, which the next may have."""


@dataclass(frozen=True)
class Kept:
    """A response of status 200, without what belongs to one request."""

    headers: list[tuple[str, str]]
    body: bytes

    def response(self) -> Response:
        """Return a response of its own, to which headers can be added."""
        return Response(self.body, headers=self.headers)


class Shelf:
    """Keeps responses by key, as long as there is room; used by many threads."""

    def __init__(self, room: int = ROOM) -> None:
        self._room = room
        self._used = 0
        self._kept: OrderedDict[str, Kept] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: str, make: Callable[[], Response]) -> Response:
        """Return the response of a key, which is made, and kept if it can be, when it is new."""
        kept = self.look(key)
        if kept is not None:
            return kept.response()
        response = make()
        if _can_be_kept(response):
            self.put(key, Kept(list(response.headers), response.get_data()))
        return response

    def look(self, key: str) -> Kept | None:
        """Return what is kept under a key."""
        with self._lock:
            kept = self._kept.get(key)
            if kept is not None:
                self._kept.move_to_end(key)
            return kept

    def put(self, key: str, kept: Kept) -> None:
        """Keep a response; what was not looked at for longest makes room for it."""
        with self._lock:
            if key in self._kept:
                return
            self._kept[key] = kept
            self._used += len(kept.body)
            while self._used > self._room:
                _, dropped = self._kept.popitem(last=False)
                self._used -= len(dropped.body)


def _can_be_kept(response: Response) -> bool:
    return (
        response.status_code == HTTPStatus.OK
        and response.is_sequence
        and not response.direct_passthrough
        and not response.cache_control.no_store
        and INCOMPLETE not in response.headers.items()
        and (response.calculate_content_length() or 0) <= LARGEST
    )
