"""Errands: work that touches what others sent, or takes long, in a process of its own.

The process is a module that calls `carry_out`. It gets its order as JSON and answers with a value
or an error; it cannot open sockets, may use so much memory, and is killed at its deadline, when
nobody waits for it any more, and with the service. It leaves nothing behind but what it wrote into
folders that it was given.
"""

from __future__ import annotations

import json
import logging
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any

from kg.errors import Busy, Cancelled, Interrupted, KgError, OverLimit
from kg.store import Limits, sandbox
from kg.store.reader import STACK
from kg.store.updater import raised

log = logging.getLogger(__name__)

Order = Mapping[str, Any]


class Errands:
    """Sends processes on errands, `places` at once. Each may use `memory` bytes."""

    def __init__(self, *, places: int, memory: int) -> None:
        self._free = threading.BoundedSemaphore(places)
        self._memory = memory

    def send(self, module: str, order: Order, limits: Limits) -> dict[str, Any]:
        """Return what a module answers to an order. Raises what the module raises.

        Raises Busy, OverLimit (errand_timeout, errand_memory) and Cancelled.
        """
        begun = time.monotonic()
        if not self._free.acquire(timeout=limits.seconds):
            raise Busy("work of this kind is going on already; try again in a moment")
        try:
            left = None if limits.seconds is None else limits.seconds - (time.monotonic() - begun)
            return self._send(module, order, limits, left)
        finally:
            self._free.release()
            limits.usage.add(time.monotonic() - begun)

    def _send(
        self, module: str, order: Order, limits: Limits, seconds: float | None
    ) -> dict[str, Any]:
        process = subprocess.Popen(  # noqa: S603  its words are our own
            [sys.executable, "-P", "-m", module],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=sandbox.frugal_environment(),
        )
        message = json.dumps({"memory": self._memory, "order": order}).encode()
        cancelled = threading.Event()

        def stop() -> None:
            cancelled.set()
            process.kill()

        with process, limits.cancellation.stopping(stop):
            try:
                answer, words = process.communicate(message, timeout=seconds)
            except subprocess.TimeoutExpired:
                raise OverLimit(
                    f"this was stopped after {limits.seconds:g} seconds, the most that it may take",
                    code="errand_timeout",
                ) from None
            finally:
                process.kill()
        if cancelled.is_set():
            raise Cancelled("this was stopped because its client has left")
        if process.returncode or not answer:
            log.warning("%s ended with %s: %s", module, process.returncode, _last_line(words))
            raise _DEATHS.get(-process.returncode, _unexplained)()  # noqa: RSE102  it is a call
        found: dict[str, Any] = json.loads(answer)
        if "error" in found:
            raise raised(found)
        return found


def carry_out(work: Callable[[Order], dict[str, Any]]) -> None:
    """Carry out the one order that comes in, and answer it; called in the process of the errand."""
    sandbox.die_with_parent()
    sandbox.forbid_sockets()
    message = json.load(sys.stdin)
    threading.stack_size(STACK)
    answering = threading.Thread(target=_answer, args=(work, message), daemon=True)
    answering.start()
    answering.join()


def _answer(work: Callable[[Order], dict[str, Any]], message: Order) -> None:
    sandbox.limit_memory(message["memory"])
    try:
        answer = work(message["order"])
    except MemoryError:
        os.abort()
    except KgError as error:
        answer = {"error": [type(error).__name__, error.code, error.message]}
    sys.stdout.write(json.dumps(answer))
    sys.stdout.flush()


def _last_line(words: bytes) -> str:
    return ascii(words.decode("utf-8", "replace").strip().rpartition("\n")[2][:500])


def _too_much_memory() -> KgError:
    return OverLimit(
        "this was stopped because it needs more memory than one may use here",
        code="errand_memory",
    )


def _too_complex() -> KgError:
    return OverLimit("this was stopped because it is nested too deeply", code="errand_too_complex")


def _unexplained() -> KgError:
    return Interrupted("the process that was at it has ended; try again")


_DEATHS: dict[int, Callable[[], KgError]] = {
    signal.SIGABRT: _too_much_memory,
    signal.SIGKILL: _too_much_memory,
    signal.SIGSEGV: _too_complex,
    signal.SIGBUS: _too_complex,
}
