"""Between granian's interface (RSGI) and WSGI: the request's way in, the response's way out.

granian can serve WSGI by itself. This way in adds what WSGI cannot say: that the client has left
while the answer is still being worked out, so that the work can be stopped.
"""

from __future__ import annotations

import asyncio
import io
import sys
import tempfile
from collections.abc import Awaitable, Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from http import HTTPStatus
from typing import IO, Any

from granian.rsgi import ProtocolClosed  # type: ignore[attr-defined]  # not declared as exported

from kg.errors import StorageFull
from kg.store import Cancellation
from kg.web.current import CANCELLATION
from kg.web.express import Express

PATIENCE = 0.1
"""Seconds after which a request is watched for its client's leaving; most are done by then."""

BODY_IN_MEMORY = 1024 * 1024

SLOWEST = 1024
"""Bytes a second that a client must send of a body in the long run."""

Longest = Callable[[str, str], int]
Wsgi = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


class Gateway:
    """An RSGI application that runs a WSGI application in threads."""

    def __init__(
        self,
        application: Wsgi,
        express: Express | None,
        *,
        threads: int,
        longest: Longest,
        patience: float,
    ) -> None:
        """`longest` tells how long a body may be, by path and Authorization header.

        `patience` is the seconds in which a client must send the next part of a body, and four
        times as many those in which it must take the next of an answer, or else be cut off.
        """
        self._application = application
        self._express = express
        self._patience = patience
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="request")
        self._longest = longest

    async def __rsgi__(self, scope: Any, protocol: Any) -> None:
        """Answer one request."""
        body = await self._body(scope, protocol)
        if body is None:
            protocol.response_empty(int(HTTPStatus.BAD_REQUEST), [])
            return
        cancellation = Cancellation()
        environ = _environ(scope, body, cancellation)
        try:
            await self._answer(environ, protocol, cancellation)
        finally:
            body.close()

    async def _answer(
        self, environ: dict[str, Any], protocol: Any, cancellation: Cancellation
    ) -> None:
        otherwise = partial(self._work_out, environ, protocol, cancellation)
        if self._express is None:
            await otherwise()
        elif answer := await self._express.answer(environ, PATIENCE, otherwise):
            protocol.response_bytes(int(HTTPStatus.OK), answer.headers, answer.body)

    async def _work_out(
        self, environ: dict[str, Any], protocol: Any, cancellation: Cancellation
    ) -> None:
        """Have the application answer, in a thread."""
        exchange = _Exchange(self._application, environ)
        loop = asyncio.get_running_loop()
        working = loop.run_in_executor(self._threads, exchange.begin)
        await _watched(working, protocol, cancellation)
        await self._send(exchange, protocol, loop)

    async def _body(self, scope: Any, protocol: Any) -> IO[bytes] | None:
        """Return the body, but no more of it than shows that it is too large.

        None stands for a body that is shorter than it was declared, or came too slowly.
        """
        headers = scope.headers
        length = headers.get("content-length")
        if length is None and headers.get("transfer-encoding") is None:
            return io.BytesIO()
        limit = self._longest(scope.path, headers.get("authorization") or "")
        if length is not None and int(length) > limit:
            return io.BytesIO()  # the application refuses it by its declared length
        spool = tempfile.SpooledTemporaryFile(BODY_IN_MEMORY)  # noqa: SIM115  closed by close
        try:
            begun = asyncio.get_running_loop().time()
            async with asyncio.timeout_at(begun + self._patience) as deadline:
                async for block in protocol:
                    spool.write(block)
                    if spool.tell() > limit:
                        break
                    worth = spool.tell() / SLOWEST
                    deadline.reschedule(begun + self._patience + worth)
        except TimeoutError:
            spool.close()
            return None
        except OSError as error:
            return _Unkept(error)
        if length is not None and spool.tell() < int(length):
            spool.close()
            return None
        spool.seek(0)
        return spool

    async def _send(
        self, exchange: _Exchange, protocol: Any, loop: asyncio.AbstractEventLoop
    ) -> None:
        try:
            if exchange.next is None:
                protocol.response_bytes(exchange.status, exchange.headers, exchange.first)
                return
            transport = protocol.response_stream(exchange.status, exchange.headers)
            await self._taken(transport.send_bytes(exchange.first))
            while exchange.next is not None:
                await self._taken(transport.send_bytes(exchange.next))
                await loop.run_in_executor(self._threads, exchange.advance)
        except (ProtocolClosed, TimeoutError):
            pass  # the client has left, or takes nothing; there is nobody to send the rest to
        finally:
            exchange.close()

    async def _taken(self, sending: Awaitable[None]) -> None:
        """Wait until a part of an answer, which is long, is on its way. Raises TimeoutError."""
        async with asyncio.timeout(4 * self._patience):
            await sending


async def _watched(
    working: asyncio.Future[None], protocol: Any, cancellation: Cancellation
) -> None:
    """Wait for the work to end; stop it when the client leaves before."""
    loop, watching = asyncio.get_running_loop(), []

    async def watch() -> None:
        await protocol.client_disconnect()
        cancellation.cancel()

    timer = loop.call_later(PATIENCE, lambda: watching.append(asyncio.ensure_future(watch())))
    try:
        await working
    finally:
        timer.cancel()
        for each in watching:
            each.cancel()


class _Unkept(io.BytesIO):
    """A body that there was no room for: whoever reads it is told so."""

    def __init__(self, reason: OSError) -> None:
        super().__init__()
        self._reason = reason.strerror

    def read(self, _size: int | None = -1, /) -> bytes:
        raise StorageFull(f"there is no room to keep the request: {self._reason}")


class _Exchange:
    """One run of the WSGI application (PEP 3333)."""

    def __init__(self, application: Wsgi, environ: dict[str, Any]) -> None:
        self._application = application
        self._environ = environ
        self._iterable: Iterable[bytes] = ()
        self._blocks: Iterator[bytes] = iter(())
        self.first = b""
        self.next: bytes | None = None
        self.status = int(HTTPStatus.INTERNAL_SERVER_ERROR)
        self.headers: list[tuple[str, str]] = []

    def begin(self) -> None:
        """Run the application up to the second block of its response."""
        self._iterable = self._application(self._environ, self._start_response)
        self._blocks = iter(self._iterable)
        self.first = next(self._blocks, b"")
        self.advance()

    def advance(self) -> None:
        """Take the next block; None at the end."""
        self.next = next(self._blocks, None)

    def close(self) -> None:
        """Let the application go."""
        close = getattr(self._iterable, "close", None)
        if close is not None:
            close()

    def _start_response(
        self, status: str, headers: list[tuple[str, str]], _error: Any = None
    ) -> Callable[[bytes], None]:
        self.status = int(status.split(" ", 1)[0])
        self.headers = [(name.lower(), value) for name, value in headers]
        return _no_write


def _no_write(_data: bytes) -> None:
    raise NotImplementedError("the write callable of PEP 3333 is not offered")


def _environ(scope: Any, body: IO[bytes], cancellation: Cancellation) -> dict[str, Any]:
    """Return the environment of a request (PEP 3333)."""
    host, _, port = scope.server.rpartition(":")
    environ = {
        "REQUEST_METHOD": scope.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": scope.path.encode().decode("latin-1"),
        "QUERY_STRING": scope.query_string.encode().decode("latin-1"),
        "SERVER_NAME": host,
        "SERVER_PORT": port,
        "SERVER_PROTOCOL": f"HTTP/{scope.http_version}",
        "REMOTE_ADDR": scope.client.rpartition(":")[0],
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scope.scheme,
        "wsgi.input": body,
        "wsgi.input_terminated": True,
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
        CANCELLATION: cancellation,
    }
    for name in scope.headers.keys():  # noqa: SIM118  it is no dict
        environ[_variable(name)] = ",".join(scope.headers.get_all(name))
    return environ


def _variable(name: str) -> str:
    variable = name.upper().replace("-", "_")
    return variable if variable in ("CONTENT_TYPE", "CONTENT_LENGTH") else f"HTTP_{variable}"
