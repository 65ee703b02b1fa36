"""What one client may use: seconds of work and errors, each counted over a minute.

Work is what readers and this process have spent on a client's requests, from the first
millisecond on, and not the time its requests had to wait for others.
"""

from __future__ import annotations

import ipaddress
import time
from collections.abc import Mapping
from functools import lru_cache
from http import HTTPStatus
from typing import Any

from flask import Flask, Response, g, request
from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import FixedWindowRateLimiter

from kg.errors import TooManyRequests
from kg.settings import Settings
from kg.web.auth import bears_token
from kg.web.current import usage

_CLIENT_BITS = {4: 32, 6: 64}
"""Who has an IPv6 address has the 64 bits below it, too."""

# Answers that cost something and bring nothing; a missing page or format is not one.
_ERRORS = frozenset({400, 401, 403, 413, 415, 422, 503})


_TOO_MUCH = (
    "the requests of this client have taken as much work as one may have in a minute; wait, and "
    "send fewer or smaller ones"
)
_TOO_WRONG = (
    "this client has sent as many requests that could not be answered as one may in a minute; "
    "wait, and look at what the answers say"
)


class Throttle:
    """Refuses requests of clients that have used up their minute."""

    def __init__(self, options: Settings) -> None:
        self._options = options
        self._limiter = FixedWindowRateLimiter(MemoryStorage())
        self._work = _per_minute("too_much_work", round(1000 * options.client_seconds))
        self._errors = _per_minute("too_many_errors", options.client_errors)

    def register(self, app: Flask) -> None:
        """Have every request of the application checked before, and counted after."""
        app.extensions["kg.throttle"] = self
        app.before_request(self._check)
        app.after_request(self._count)

    def client(self, environ: Mapping[str, Any]) -> str | None:
        """Return whom a request counts for; None is nobody.

        The machine itself is not limited: where it is a proxy that does not say for whom it asks,
        everybody would share one minute. Neither is the operator.
        """
        if bears_token(self._options, environ.get("HTTP_AUTHORIZATION", "")):
            return None
        return _network(environ.get("REMOTE_ADDR", ""))

    def refusal(self, client: str | None) -> TooManyRequests | None:
        """Return what to tell a client that has used more than it may."""
        if client is None:
            return None
        for item, message in ((self._work, _TOO_MUCH), (self._errors, _TOO_WRONG)):
            if item is not None and not self._limiter.test(item, client):
                reset, _ = self._limiter.get_window_stats(item, client)
                seconds = max(1, round(reset - time.time()))
                return TooManyRequests(message, code=item.namespace, seconds=seconds)
        return None

    def charge(self, client: str | None, status: int, seconds: float) -> None:
        """Count a request, which took so much work, for its client."""
        if client is None or status == HTTPStatus.TOO_MANY_REQUESTS:
            return
        if self._work:
            self._limiter.hit(self._work, client, cost=max(1, round(1000 * seconds)))
        if self._errors and status in _ERRORS:
            self._limiter.hit(self._errors, client)

    def _check(self) -> None:
        g.client = self.client(request.environ)
        g.begun = time.thread_time()
        if refusal := self.refusal(g.client):
            raise refusal

    def _count(self, response: Response) -> Response:
        if "begun" in g:
            seconds = usage().seconds + time.thread_time() - g.begun
            self.charge(g.client, response.status_code, seconds)
        return response


@lru_cache(maxsize=4096)
def _network(given: str) -> str | None:
    """Return the network for whose work an address counts; None is no limit."""
    try:
        address = ipaddress.ip_address(given)
    except ValueError:
        return given
    if address.is_loopback:
        return None
    return str(ipaddress.ip_network((address, _CLIENT_BITS[address.version]), strict=False))


def _per_minute(name: str, number: int) -> RateLimitItemPerMinute | None:
    return RateLimitItemPerMinute(number, namespace=name) if number else None
