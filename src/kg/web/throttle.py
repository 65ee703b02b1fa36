"""What one client may use: seconds of work and errors, each counted over a minute.

Work is what readers and this process have spent on a client's requests, from the first
millisecond on, and not the time its requests had to wait for others.
"""

from __future__ import annotations

import ipaddress
import time
from http import HTTPStatus

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
        app.before_request(self._check)
        app.after_request(self._count)

    def _check(self) -> None:
        """Raise TooManyRequests if the client has used more than it may."""
        g.client = self._client()
        g.begun = time.thread_time()
        if g.client is None:
            return
        for item, message in ((self._work, _TOO_MUCH), (self._errors, _TOO_WRONG)):
            if item is not None and not self._limiter.test(item, g.client):
                reset, _ = self._limiter.get_window_stats(item, g.client)
                seconds = max(1, round(reset - time.time()))
                raise TooManyRequests(message, code=item.namespace, seconds=seconds)

    def _count(self, response: Response) -> Response:
        client = g.get("client")
        if client is None or response.status_code == HTTPStatus.TOO_MANY_REQUESTS:
            return response
        if self._work:
            seconds = usage().seconds + time.thread_time() - g.begun
            self._limiter.hit(self._work, client, cost=max(1, round(1000 * seconds)))
        if self._errors and response.status_code in _ERRORS:
            self._limiter.hit(self._errors, client)
        return response

    def _client(self) -> str | None:
        """Return whom the request counts for; None is nobody.

        The machine itself is not limited: where it is a proxy that does not say for whom it asks,
        everybody would share one minute. Neither is the operator.
        """
        if bears_token(self._options, request.headers.get("Authorization", "")):
            return None
        try:
            address = ipaddress.ip_address(request.remote_addr or "")
        except ValueError:
            return request.remote_addr
        if address.is_loopback:
            return None
        return str(ipaddress.ip_network((address, _CLIENT_BITS[address.version]), strict=False))


def _per_minute(name: str, number: int) -> RateLimitItemPerMinute | None:
    return RateLimitItemPerMinute(number, namespace=name) if number else None
