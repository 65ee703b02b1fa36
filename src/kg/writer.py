"""The writer: the one process that changes a database, one change after the other.

It holds the lock of the database and a working copy of the current snapshot, which an updater (a
process of its own, see `kg.store.updater`) has open. Changes that wait together are applied
together and published as one snapshot; only then are they acknowledged. So nothing acknowledged
can be lost with a process, what was not published is as if it had not been, and the working copy
can be thrown away at any moment.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from multiprocessing.connection import Connection, Pipe
from pathlib import Path
from typing import Any

from kg import derived, validation
from kg.errors import (
    BadQuery,
    DoesNotConform,
    Interrupted,
    KgError,
    OverLimit,
    StorageFailed,
    StorageFull,
)
from kg.store import sandbox, updater
from kg.store.embedded import EmbeddedStore
from kg.store.snapshots import Database, Origin, Snapshot, new_id
from kg.store.updater import Updater, Work, check_document

TOGETHER = 64
"""Changes that are published as one snapshot at most."""

LOADER_MEMORY = 512 * 1024 * 1024

Order = dict[str, Any]


@dataclass(frozen=True)
class Options:
    """How to write. `update_seconds` and `load_seconds` are what one change may take."""

    update_seconds: float
    load_seconds: float
    memory: int
    gate: bool
    durable: bool


class Worker:
    """A forked process that carries out orders and may be killed."""

    def __init__(self, make_work: Callable[[], Work], memory: int) -> None:
        ours, theirs = Pipe()
        self._pid = os.fork()
        if self._pid == 0:
            ours.close()
            try:
                updater.serve(theirs, memory, make_work)
            finally:
                os._exit(0)
        theirs.close()
        self._connection: Connection = ours
        self._signal: int | None = None

    def ask(self, order: Order, seconds: float) -> Order:
        """Return the answer to an order. Raises what the order raises.

        Raises OverLimit and others if the worker was killed or died; it is then of no more use.
        """
        try:
            self._connection.send_bytes(json.dumps(order).encode())
            if not self._connection.poll(seconds):
                self.close()
                raise OverLimit(
                    f"the change was stopped after {seconds:g} seconds, the most that one may take",
                    code="update_timeout",
                )
            answer: Order = json.loads(self._connection.recv_bytes())
        except (EOFError, ConnectionError):
            raise _DEATHS.get(self.close(), _unexplained)() from None  # noqa: RSE102  it is a call
        if "error" in answer:
            raise updater.raised(answer)
        return answer

    @property
    def ended(self) -> bool:
        """Whether the process has been killed or has died."""
        return self._signal is not None

    def close(self) -> int:
        """Kill the process, if it still lives, and return the signal it died of."""
        if self._signal is None:
            self._connection.close()
            os.kill(self._pid, signal.SIGKILL)  # it is our child, so the number is still its own
            _, status = os.waitpid(self._pid, 0)
            self._signal = os.WTERMSIG(status)
        return self._signal


def _needs_memory() -> KgError:
    return OverLimit(
        "the change was stopped because it needs more memory than one may use here",
        code="update_memory",
    )


def _too_complex() -> KgError:
    return BadQuery("the change is nested too deeply", code="too_deep")


def _unexplained() -> KgError:
    return Interrupted("the process that made the change has ended before it was made; try again")


_DEATHS: dict[int, Callable[[], KgError]] = {
    signal.SIGABRT: _needs_memory,
    signal.SIGSEGV: _too_complex,
    signal.SIGBUS: _too_complex,
}


class Writer:
    """Applies orders to a working copy in `folder` and publishes the result."""

    def __init__(self, database: Database, folder: Path, options: Options) -> None:
        self._database = database
        self._folder = folder
        self._options = options
        self._updater: Worker | None = None

    def carry_out(self, orders: list[Order]) -> list[Order]:
        """Carry out changes together; return an answer for each: a value or an error.

        A value holds the id of the snapshot from which on the change can be seen.
        """
        answers: list[Order] = []
        for order in orders:
            answers.append(self._tried(partial(self._apply, order)))
            if self._updater is None:
                # What it was at may stand in its log all the same: begin again without it.
                self._discard()
                answers = [self._again(*each) for each in zip(orders, answers, strict=False)]
        if all("error" in answer for answer in answers):
            return answers
        published = self._tried(self._publish)
        if "error" in published:
            self._discard()
        return [answer if "error" in answer else answer | published for answer in answers]

    def _again(self, order: Order, answer: Order) -> Order:
        return answer if "error" in answer else self._tried(partial(self._apply, order))

    def _tried(self, work: Callable[[], Order]) -> Order:
        try:
            return work()
        except StorageFailed as error:
            # The engine writes no more after a failed write until it is opened again.
            self._close()
            return _problem(error)
        except KgError as error:
            return _problem(error)

    def _apply(self, order: Order) -> Order:
        try:
            self._folder.mkdir(exist_ok=True)
        except OSError as error:
            raise StorageFull(f"the disk has no room for a change: {error}") from None
        if order["op"] == "update" or order["op"] == "drop":
            return self._ask(order, self._options.update_seconds)
        checked = self._folder / "checked.nq"
        loader = Worker(lambda: check_document, LOADER_MEMORY)
        try:
            loader.ask(order | {"output": str(checked)}, self._options.load_seconds)
            return self._fill(order | {"file": str(checked)})
        except OverLimit as error:
            raise OverLimit(error.message, code="load_limit") from None
        finally:
            loader.close()
            checked.unlink(missing_ok=True)

    def _fill(self, order: Order) -> Order:
        try:
            return self._ask(order, self._options.load_seconds)
        except KgError:
            # Loading in bulk is no transaction: part of it may stand in the working copy.
            self._discard()
            raise

    def _ask(self, order: Order, seconds: float) -> Order:
        working = self._working()
        try:
            return working.ask(order, seconds)
        except KgError:
            if working.ended:
                self._updater = None
            raise

    def _working(self) -> Worker:
        """Return the updater, started over a working copy of the current snapshot if need be."""
        if self._updater is None:
            path = self._folder / "work"
            try:
                if not path.is_dir():
                    _copy(self._database.current(), path)
            except OSError as error:
                raise StorageFull(f"no working copy can be made: {error}") from None
            self._updater = Worker(partial(Updater, path), self._options.memory)
        return self._updater

    def _publish(self) -> Order:
        """Publish the working copy as the next snapshot."""
        before = self._database.current()
        staging = self._folder / "next"
        shutil.rmtree(staging, ignore_errors=True)
        try:
            staging.mkdir()
            backup = {
                "op": "backup",
                "path": str(staging / "oxigraph"),
                "durable": self._options.durable,
            }
            self._ask(backup, self._options.update_seconds)
            _describe(before, staging)
            if self._options.gate:
                self._must_conform(staging)
            id = new_id(Origin.UPDATE, before.id.encode())
            return {"snapshot": self._database.publish(staging, id).id}
        except OSError as error:
            raise StorageFull(f"the change cannot be published: {error}") from None
        finally:
            shutil.rmtree(staging, ignore_errors=True)

    def _must_conform(self, staging: Path) -> None:
        store = EmbeddedStore.open(staging / "oxigraph", snapshot="")
        with tempfile.TemporaryDirectory(dir=self._folder) as folder:
            outcome = validation.validate(store, Path(folder))
        if not outcome.conforms:
            first = "; ".join(str(violation) for violation in outcome.violations[:3])
            raise DoesNotConform(
                f"the change would break {len(outcome.violations)} constraints: {first}"
            )

    def _discard(self) -> None:
        """Throw the working copy away; the next change starts from what is published."""
        self._close()
        shutil.rmtree(self._folder / "work", ignore_errors=True)

    def _close(self) -> None:
        if self._updater is not None:
            self._updater.close()
            self._updater = None


def _copy(snapshot: Snapshot, path: Path) -> None:
    """Copy the triples of a snapshot by hard links, in a process that ends with its engine."""
    maker = Worker(lambda: partial(_backup_from, snapshot.triples), LOADER_MEMORY)
    try:
        maker.ask({"path": str(path)}, seconds=60)
    except KgError:
        shutil.rmtree(path, ignore_errors=True)
        raise
    finally:
        maker.close()


def _backup_from(source: Path, order: Order) -> Order:
    EmbeddedStore.open(source, snapshot="").backup(Path(order["path"]))
    return {}


def _describe(before: Snapshot, staging: Path) -> None:
    """Give the next snapshot what belongs to the one before: origin, example queries, indexes."""
    derived.inherit(before, staging)
    os.link(before.path / "snapshot.json", staging / "snapshot.json")
    queries = before.path / "queries"
    if queries.is_dir():
        shutil.copytree(queries, staging / "queries", copy_function=os.link)


def _problem(error: KgError) -> Order:
    return {"error": [type(error).__name__, error.code, error.message]}


def _batches(orders: list[Order], *, alone: bool) -> Iterator[list[Order]]:
    """Yield the orders in groups: updates together, a document by itself."""
    group: list[Order] = []
    for order in orders:
        single = alone or order["op"] == "load"
        if group and (single or len(group) == TOGETHER):
            yield group
            group = []
        group.append(order)
        if single:
            yield group
            group = []
    if group:
        yield group


def _main(descriptor: int, settings: Order) -> None:
    """Carry out orders from the connection until its other side closes it."""
    sandbox.die_with_parent()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    connection = Connection(descriptor)
    options = Options(**settings["options"])
    database = Database(Path(settings["database"]))
    try:
        with database.writing() as folder:
            connection.send_bytes(json.dumps({"ready": os.getpid()}).encode())
            writer = Writer(database, folder, options)
            while True:
                orders = [json.loads(connection.recv_bytes())]
                while connection.poll(0):
                    orders.append(json.loads(connection.recv_bytes()))
                for group in _batches(orders, alone=options.gate):
                    for order, answer in zip(group, writer.carry_out(group), strict=True):
                        answer["id"] = order["id"]
                        connection.send_bytes(json.dumps(answer).encode())
    except KgError as error:
        connection.send_bytes(json.dumps(_problem(error)).encode())
    except (EOFError, ConnectionError):
        return


if __name__ == "__main__":
    _main(int(sys.argv[1]), json.loads(sys.argv[2]))
