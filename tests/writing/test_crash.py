"""Any process may be killed at any moment: nothing acknowledged is lost, and nothing is half there.

`CRASHES` says how often the writer is killed; the other processes in proportion.
"""

import http.client
import itertools
import os
import random
import subprocess
import threading
import time
from collections import Counter
from dataclasses import dataclass, field

import pytest

EX = "http://example.org/"
CRASHES = int(os.environ.get("CRASHES", "6"))
SIZE = 300
"""Triples of a document."""

LIMIT = 5.0
"""Seconds in which writing must work again, on a machine that is busy; the goal is 2."""

SETTINGS = {"UPDATE_SECONDS": 30}
SEED = int(os.environ.get("KG_SEED", random.SystemRandom().randrange(10**6)))


_runs = itertools.count(1)


@dataclass
class Changes:
    """Numbered changes that several clients make all the time.

    Change N of a client inserts a pair of triples; each fifth puts a document into a graph of its
    own, and each seventh replaces the content of one graph by `SIZE` triples that all say N.
    """

    client: object
    run: str = field(default_factory=lambda: f"run{next(_runs)}")
    acknowledged: set[str] = field(default_factory=set)
    uncertain: set[str] = field(default_factory=set)
    outcomes: Counter = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self._over = threading.Event()
        self._threads = [
            threading.Thread(target=self._change, args=[f"{self.run}-{number}"])
            for number in range(3)
        ]

    def __enter__(self) -> "Changes":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join()

    def _change(self, name: str) -> None:
        number = 0
        while not self._over.is_set():
            number += 1
            key = f"{name}/{number}"
            self.uncertain.add(key)
            try:
                outcome = self._made(key, name, number)
            except (OSError, http.client.HTTPException) as error:
                outcome = type(error).__name__
            self.outcomes[outcome] += 1
            if outcome in ((204, ""), (201, "")):
                self.uncertain.discard(key)
                self.acknowledged.add(key)
            else:
                time.sleep(0.02)

    def _made(self, key: str, name: str, number: int) -> tuple[int, str]:
        if number % 7 == 0:
            answer = self.client.put(f"{EX}shared/{name}", _document(number))
        elif number % 5 == 0:
            answer = self.client.put(f"{EX}own/{key}", _document(number))
        else:
            subject = f"<{EX}pair/{key}>"
            answer = self.client.update(
                f"INSERT DATA {{ {subject} <{EX}one> {number} ; <{EX}two> {number} }}"
            )
        return answer.problem

    def check(self) -> None:
        """Hold what is in the store against what was told; raise for anything lost or half."""
        ones = self._keys(f"?s <{EX}one> ?n", f"{EX}pair/")
        twos = self._keys(f"?s <{EX}two> ?n", f"{EX}pair/")
        assert ones == twos, "an update is half there"
        own = self._keys("GRAPH ?s { }", f"{EX}own/")
        sizes = "SELECT ?g (COUNT(*) AS ?n) { GRAPH ?g { ?s ?p ?o } } GROUP BY ?g"
        for graph, size in self.client.rows(sizes):
            assert size == str(SIZE), f"{graph} is half there"
        shared = {key for key in self._all() if _number(key) % 7 == 0}
        lost = self.acknowledged - shared - ones - own
        assert not lost, f"acknowledged changes are lost: {sorted(lost)}"
        assert ones | own <= self._all(), "there is what nobody sent"
        for name in {key.partition("/")[0] for key in shared}:
            self._check_shared(name, {key for key in shared if key.startswith(f"{name}/")})

    def _check_shared(self, name: str, keys: set[str]) -> None:
        told = max(map(_number, keys & self.acknowledged), default=0)
        where = f"GRAPH <{EX}shared/{name}> {{ ?s ?p ?o }}"
        found = [int(number) for (number,) in self.client.rows(f"SELECT DISTINCT ?o {{ {where} }}")]
        if told or found:
            (number,) = found  # all of one document
            assert number in map(_number, keys)
            assert number >= told, "a document that was replaced is back"

    def _all(self) -> set[str]:
        return self.acknowledged | self.uncertain

    def _keys(self, pattern: str, prefix: str) -> set[str]:
        rows = self.client.rows(f"SELECT ?s {{ {pattern} }}")
        keys = {subject.removeprefix(prefix) for (subject,) in rows if subject.startswith(prefix)}
        return {key for key in keys if key.startswith(f"{self.run}-")}


def _number(key: str) -> int:
    return int(key.partition("/")[2])


def _document(number: int) -> str:
    return "".join(f"<{EX}member{place}> <{EX}of> {number} .\n" for place in range(SIZE))


@pytest.fixture
def chance():
    print(f"KG_SEED={SEED}")
    return random.Random(SEED)


@pytest.fixture
def heals(server):
    """Waits until a change is made again, and returns the seconds that it took."""

    def wait(begun: float) -> float:
        while time.monotonic() - begun < LIMIT:
            try:
                if server.client.update(f"INSERT DATA {{ <{EX}probe> <{EX}p> 1 }}").status == 204:
                    return time.monotonic() - begun
            except (OSError, http.client.HTTPException):
                pass
            time.sleep(0.01)
        raise AssertionError(f"no change was made {LIMIT} s after the kill: {server.tail}")

    return wait


@pytest.fixture
def tidy(server, eventually):
    """Checks that nothing is left behind of what was cut."""

    def check() -> None:
        assert eventually(lambda: not list(server.database.rglob("bulk-*.sst")), seconds=5)
        staged = server.database / "staging"
        left = {path.name for path in staged.iterdir()} if staged.is_dir() else set()
        assert left <= {"work"}
        current = (server.database / "current").read_text(encoding="utf-8").strip()
        assert (server.database / "snapshots" / current).is_dir()

    return check


HALF = f"?s <{EX}one> ?n FILTER NOT EXISTS {{ ?s <{EX}two> ?n }}"
REFUSED = {(204, ""), (201, ""), (503, "writer_restarted"), (503, "interrupted"), (503, "busy")}


def test_kill_of_the_writer(server, chance, heals, tidy, figure):
    seconds: list[float] = []
    with Changes(server.client) as changes, server.asked(HALF) as answers:
        for _ in range(CRASHES):
            time.sleep(chance.uniform(0.05, 0.4))
            server.kill(server.writer)
            seconds.append(heals(time.monotonic()))
    changes.check()
    tidy()
    figure("writes after kill -9 of the writer", seconds)
    assert set(answers) == {(200, False)}, "reading went on, and nothing half was ever seen"
    assert set(changes.outcomes) <= REFUSED
    assert len(changes.acknowledged) > CRASHES


def test_kill_of_the_updater(server, chance, heals, tidy, figure):
    seconds: list[float] = []
    web, writer = server.web, server.writer
    with Changes(server.client) as changes, server.asked(HALF) as answers:
        for _ in range(CRASHES):
            time.sleep(chance.uniform(0.05, 0.3))
            for pid in server.updaters:  # the updater, and the loader if there is one
                server.kill(pid)
            seconds.append(heals(time.monotonic()))
    changes.check()
    tidy()
    figure("writes after kill -9 of the updater", seconds)
    assert (server.web, server.writer) == (web, writer)
    assert set(answers) == {(200, False)}
    assert set(changes.outcomes) <= REFUSED


def test_kill_of_the_readers(server, chance, tidy, figure):
    seconds: list[float] = []
    web, writer = server.web, server.writer
    with Changes(server.client) as changes, server.asked(HALF) as answers:
        for _ in range(CRASHES):
            time.sleep(chance.uniform(0.05, 0.2))
            for pid in server.readers:
                server.kill(pid)
            begun = time.monotonic()
            assert server.client.query("ASK {}").status in (200, 503)
            while server.client.query("ASK {}").status != 200:
                assert time.monotonic() - begun < LIMIT
            seconds.append(time.monotonic() - begun)
    changes.check()
    tidy()
    figure("reads after kill -9 of all readers", seconds)
    assert (server.web, server.writer) == (web, writer)
    assert {status for status, _ in answers} <= {200, 503}
    assert (200, True) not in answers
    assert set(changes.outcomes) <= {(204, ""), (201, "")}, "no change needs a reader"


def test_kill_of_the_nursery(server, chance, tidy, figure):
    seconds: list[float] = []
    web, writer = server.web, server.writer
    with Changes(server.client) as changes, server.asked(HALF) as answers:
        for _ in range(max(2, CRASHES // 3)):
            time.sleep(chance.uniform(0.05, 0.2))
            server.kill(server.nursery)
            begun = time.monotonic()
            while server.client.query("ASK {}").status != 200:
                assert time.monotonic() - begun < LIMIT
            seconds.append(time.monotonic() - begun)
    changes.check()
    tidy()
    figure("reads after kill -9 of the nursery", seconds)
    assert (server.web, server.writer) == (web, writer)
    assert {status for status, _ in answers} <= {200, 503}
    assert (200, True) not in answers
    assert set(changes.outcomes) <= {(204, ""), (201, "")}


@pytest.fixture
def gone(server, eventually):
    """Waits until a process, and what hangs on it, is no more; the command itself may stay."""

    def wait(killed: int, before: set[int]) -> None:
        kept = {server.process.pid} - {killed}

        def left() -> set[int]:
            return (before - kept) & {each.pid for each in server.processes()}

        assert eventually(lambda: not left(), seconds=5), f"processes are left over: {left()}"

    return wait


@pytest.mark.parametrize("process", ["web", "command"])
def test_kill_of_the_server(  # noqa: PLR0917
    server, chance, heals, tidy, gone, figure, eventually, process
):
    """Where nothing starts it again by itself, the operator does."""
    seconds: list[float] = []
    for _ in range(max(2, CRASHES // 6)):
        with Changes(server.client) as changes:
            time.sleep(chance.uniform(0.3, 0.6))
            before = {each.pid for each in server.processes()}
            killed = server.web if process == "web" else server.process.pid
            server.kill(killed)
            begun = time.monotonic()
            gone(killed, before)
            eventually(lambda: server.process.poll() is not None or server.answers(), seconds=LIMIT)
            if server.process.poll() is not None:
                server.start()
            seconds.append(heals(begun))
        changes.check()
        tidy()
    figure(f"writes after kill -9 of the {process}", seconds)


def test_kills_of_a_build_leave_nothing_behind(server, tmp_path, chance):
    """Loading in bulk leaves files without an owner when it is killed (threats D8)."""
    file = tmp_path / "large.nt"
    with file.open("w", encoding="utf-8") as output:
        for number in range(30_000):
            output.write(f'<{EX}s{number}> <{EX}p> "value {number} {"x" * 40}" .\n')
    database = tmp_path / "db"
    whole = server.run("build", file, "--db", database)
    assert whole.returncode == 0, whole.stderr
    before = _files(database)
    killed = 0
    for _ in range(max(3, CRASHES // 3)):
        building = subprocess.Popen(server.command("build", file, "--db", database))
        time.sleep(chance.uniform(0.3, 1.0))
        killed += building.poll() is None
        building.kill()
        building.wait(timeout=20)
    assert killed
    again = server.run("build", file, "--db", database)
    assert again.returncode == 0, again.stderr
    assert not list(database.rglob("bulk-*"))
    assert not (database / "staging").exists()
    newest = max((database / "snapshots").iterdir())
    grown = sum(path.stat().st_size for path in newest.rglob("*") if path.is_file())
    assert abs(grown - before) < 0.05 * before


def _files(database) -> int:
    """Bytes of the only snapshot."""
    (snapshot,) = (database / "snapshots").iterdir()
    return sum(path.stat().st_size for path in snapshot.rglob("*") if path.is_file())
