"""The short way of a plain query, which answers it in a fraction of what the application takes.

To look something up takes the engine less than a tenth of a millisecond, and the application, which
is made for pages, ten times that, most of it while threads wait for one another. So a plain query
is read and answered where requests come in, by the same functions, limits and readers. Whatever is
not plain, takes longer than a moment, or goes wrong, is left to the application, which answers as
if it had been asked first; a test compares the two.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any

from flask import Flask
from werkzeug.sansio.utils import host_is_trusted

from kg.errors import Busy, KgError
from kg.formats import HTML
from kg.results import Result
from kg.search.patterns import may_search
from kg.store import Cancellation, Usage
from kg.store.asking import Asking
from kg.web import body, compression, proxied, respond, sparql
from kg.web.current import BEGUN, CANCELLATION, Begun, Deployment, Kg
from kg.web.journal import REQUEST_ID, Entry, Journal, Outcome
from kg.web.shelf import Kept, Shelf
from kg.web.sparql import Question, Sent
from kg.web.throttle import Throttle

Environ = dict[str, Any]

ROOM = 8 * 1024 * 1024
"""Bytes of answers that are kept for whoever asks the same of the same state of the data."""

_ENCODING = "HTTP_ACCEPT_ENCODING"

LONGEST = 16 * 1024
"""Bytes of a request, and of an answer that is compressed, that take no time worth a thread."""

# What asks for more than an answer: for none if it has not changed, as an operator, by a preflight.
_NOT_PLAIN = frozenset(
    {
        "HTTP_IF_NONE_MATCH",
        "HTTP_AUTHORIZATION",
        "HTTP_ACCESS_CONTROL_REQUEST_METHOD",
        "HTTP_ACCESS_CONTROL_REQUEST_PRIVATE_NETWORK",
        "HTTP_TRANSFER_ENCODING",
    }
)

_EVERY_ANSWER = [
    *((name.lower(), value) for name, value in respond.SECURITY_HEADERS.items()),
    ("access-control-allow-origin", "*"),
    ("access-control-expose-headers", ", ".join(respond.EXPOSED_HEADERS)),
    ("cache-control", "no-cache"),
    ("vary", "Accept-Encoding, Accept"),
]


class Express:
    """Begins with the queries that an application, which serves a database, is sent."""

    def __init__(self, app: Flask) -> None:
        self.served: Deployment = app.extensions["kg"]
        self.journal: Journal = app.extensions["kg.journal"]
        self.throttle: Throttle = app.extensions["kg.throttle"]
        self.edition: str = app.extensions["kg.edition"]
        self._shelf = Shelf(ROOM)
        self._waiting: deque[asyncio.Future[None]] = deque()
        proxies = self.served.settings.proxies
        self._forwarded = proxied(_nothing, proxies) if proxies else None

    async def answer(
        self, environ: Environ, seconds: float, otherwise: Callable[[], Awaitable[None]]
    ) -> Answer | None:
        """Return the answer to a plain query that has one within moments of so many seconds.

        Else let the application answer, by `otherwise`, and return None.
        """
        request = self._request(environ)
        if request is not None and (kept := self._kept(request)):
            return kept
        query = await self._begin(request, seconds) if request else None
        try:
            answer = await query.soon(seconds) if query else None
            if answer is None:
                await otherwise()
            return answer
        finally:
            if query is not None:
                query.close()

    def _request(self, environ: Environ) -> Request | None:
        """Return a request that may be a plain query; None leaves it to the application."""
        if environ["PATH_INFO"] != sparql.PATH:
            return None
        entry, begun = self.journal.begin(), time.thread_time()
        if self._forwarded is not None:
            self._forwarded(environ, _start)
        client = self.throttle.client(environ)
        kg = self.served.ready()
        if kg is None or not self._is_plain(environ) or self.throttle.refusal(client):
            return None
        return Request(environ, kg, entry, client, time.thread_time() - begun)

    def _kept(self, request: Request) -> Answer | None:
        """Return an answer that was given to such a request before, in this state of the data."""
        begun = time.thread_time()
        kept = self._shelf.look(request.key)
        if kept is None:
            return None
        request.worked += time.thread_time() - begun
        return self._written_down(request, kept, Usage())

    async def _begin(self, request: Request, seconds: float) -> Query | None:
        """Have a reader begin with a plain query; None leaves the request to the application.

        That is also where no reader is to be had within a time.
        """
        begun = time.thread_time()
        try:
            question = sparql.read(_sent(request.environ), request.kg.settings)
        except KgError:
            return None
        if question is None or question.format is HTML or may_search(question.text):
            return None
        usage = Usage()
        cancellation = request.environ.get(CANCELLATION) or Cancellation()
        kg = request.kg.limited(cancellation, usage)
        request.worked += time.thread_time() - begun
        asking = await self._asked(kg, question, seconds)
        return Query(self, request, kg, question, asking) if asking else None

    async def _asked(self, kg: Kg, question: Question, seconds: float) -> Asking | None:
        """Have the first reader begin that is free within a time, for each in its turn."""
        text, scope, format = question.text, question.scope, question.format
        until = asyncio.get_running_loop().time() + seconds
        late = bool(self._waiting)
        while not late or await self._turn(until):
            try:
                return kg.queries.ask(text, scope, format=format, patiently=False)
            except Busy:
                late = True
            except KgError:
                self.next()
                return None
        return None

    async def _turn(self, until: float) -> bool:
        """Return whether one's turn comes before a time of the loop."""
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append(turn)
        try:
            async with asyncio.timeout_at(until):
                await turn
        except TimeoutError:
            if turn in self._waiting:
                self._waiting.remove(turn)  # nobody stands behind one who has gone
            else:
                self.next()
            return False
        return True

    def made(self, query: Query, made: Kept) -> Answer:
        """Return an answer that was just made, and keep it where it holds for others."""
        if query.is_same_again:
            self._shelf.put(query.request.key, made)
        return self._written_down(query.request, made, query.kg.queries.limits.usage)

    def _written_down(self, request: Request, kept: Kept, usage: Usage) -> Answer:
        self.throttle.charge(request.client, 200, usage.seconds + request.worked)
        outcome = Outcome(sparql.ROUTE, 200, len(kept.body), request.kg.snapshot, usage)
        self.journal.finish(request.entry, request.environ, outcome)
        return Answer([*kept.headers, (REQUEST_ID.lower(), request.entry.id)], kept.body)

    def next(self) -> None:
        """Tell the next who waits that a reader is free."""
        while self._waiting:
            turn = self._waiting.popleft()
            if not turn.done():
                turn.set_result(None)
                return

    def _is_plain(self, environ: Environ) -> bool:
        length = environ.get("CONTENT_LENGTH", "0")
        return (
            environ["REQUEST_METHOD"] in ("GET", "POST")
            and length.isdecimal()
            and int(length) + len(environ["QUERY_STRING"]) <= LONGEST
            and _NOT_PLAIN.isdisjoint(environ)
            and host_is_trusted(environ.get("HTTP_HOST"), self.served.settings.trusted_hosts)
        )


@dataclass(frozen=True)
class Answer:
    """A whole response of status 200."""

    headers: list[tuple[str, str]]
    body: bytes


@dataclass(eq=False)
class Request:
    """A request that may be a plain query, and what is known of it before it is read."""

    environ: Environ
    kg: Kg
    entry: Entry
    client: str | None
    worked: float
    """Seconds that this process has worked at it."""

    @cached_property
    def key(self) -> str:
        """What the answer to a GET depends on; "" for another."""
        environ = self.environ
        if environ["REQUEST_METHOD"] != "GET":
            return ""
        accepted = (environ.get(name, "") for name in ("HTTP_ACCEPT", _ENCODING))
        host = environ["wsgi.url_scheme"], environ["HTTP_HOST"], environ["SCRIPT_NAME"]
        return "\n".join((self.kg.snapshot, environ["QUERY_STRING"], *host, *accepted))


@dataclass(eq=False)
class Query:
    """A query that a reader has begun with. Whoever has it closes it."""

    express: Express
    request: Request
    kg: Kg
    question: Question
    asking: Asking

    async def soon(self, seconds: float) -> Answer | None:
        """Return the answer if it is there within a time, and is short and good.

        Else the application is left what there is of it.
        """
        if not await _readable(self.asking.fileno(), seconds) or not self.asking.hear():
            self._leave(self.asking.result)
            return None
        begun = time.thread_time()
        try:
            result = self.asking.result()
        except KgError as error:
            self._leave(partial(_fail, error))
            return None
        is_packed = self._is_packed(result)
        if is_packed and (result.length or 0) > LONGEST:
            self._leave(lambda: result)
            return None
        content = compression.packed(result.read()) if is_packed else result.read()
        made = Kept(self._headers(result, len(content), is_packed=is_packed), content)
        self.request.worked += time.thread_time() - begun
        return self.express.made(self, made)

    def close(self) -> None:
        """Stop the reader, unless it has ended, and let the next one ask."""
        self.asking.close()
        self.express.next()

    def _leave(self, answer: Callable[[], Result]) -> None:
        self.request.environ[BEGUN] = Begun(self.kg, self.request.entry.came, answer)

    def _is_packed(self, result: Result) -> bool:
        accepted = self.request.environ.get(_ENCODING, "")
        pays = compression.pays(result.format.media_type, result.length)
        return pays and compression.is_among("gzip", accepted)

    def _headers(self, result: Result, length: int, *, is_packed: bool) -> list[tuple[str, str]]:
        headers = [
            *_EVERY_ANSWER,
            ("content-type", result.format.content_type),
            ("content-length", str(length)),
            (respond.SNAPSHOT_HEADER.lower(), result.snapshot),
        ]
        if is_packed:
            headers.append(("content-encoding", "gzip"))
        if self.is_same_again:
            edition, environ = self.express.edition, self.request.environ
            tag = respond.validator(edition, self.kg, environ, self.question.format)
            headers.append(("etag", f'"{compression.forms(tag)[is_packed]}"'))
        return headers

    @property
    def is_same_again(self) -> bool:
        """Whether the same request has the same answer as long as the data is the same."""
        return bool(self.request.key) and not self.question.volatile


def _sent(environ: Environ) -> Sent:
    """Return a request as it came in; its body can be read again."""
    content = environ["wsgi.input"].read()
    environ["wsgi.input"].seek(0)
    return Sent(
        environ["REQUEST_METHOD"],
        environ["QUERY_STRING"].encode("latin-1"),
        environ.get("CONTENT_TYPE", ""),
        environ.get("HTTP_ACCEPT", ""),
        partial(body.within, content),
    )


def _fail(error: KgError) -> Result:
    raise error


async def _readable(file: int, seconds: float) -> bool:
    """Return whether something can be read from a descriptor within a time."""
    loop = asyncio.get_running_loop()
    ready: asyncio.Future[bool] = loop.create_future()

    def settle(*, readable: bool) -> None:
        if not ready.done():
            ready.set_result(readable)

    timer = loop.call_later(seconds, partial(settle, readable=False))
    loop.add_reader(file, partial(settle, readable=True))
    try:
        return await ready
    finally:
        timer.cancel()
        loop.remove_reader(file)


def _nothing(_environ: Environ, _start: Any) -> Iterable[bytes]:
    return ()


def _start(_status: str, _headers: list[tuple[str, str]], _error: Any = None) -> Any:
    """Be what an application begins a response with; `_nothing` never does."""
