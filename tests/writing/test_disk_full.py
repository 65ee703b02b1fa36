"""On a full disk changes are refused and reading goes on; with space again, all is as it was."""

import contextlib
import itertools
import os
import subprocess
import threading
import time
from pathlib import Path

import pytest

EX = "http://example.org/"
MIB = 1024 * 1024
HEAL = 5.0
"""Seconds in which writing must work again once there is space."""

SPACE = 16 * 1024
"""Bytes of text that a change brings along."""


@pytest.fixture(scope="module")
def disk(tmp_path_factory):
    """A small disk."""
    folder = tmp_path_factory.mktemp("disk")
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=64m", "tmpfs", folder],
        capture_output=True,
        text=True,
        check=False,
    )
    if mounted.returncode:
        pytest.skip(f"a small disk cannot be mounted here: {mounted.stderr.strip()}")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", folder], check=True)


@pytest.fixture
def filled(disk):
    """Fills the disk but for some bytes, and gives the space back at the end of the context."""

    @contextlib.contextmanager
    def fill(*, but: int = 0):
        filler = disk / "filler"
        try:
            with filler.open("wb", buffering=0) as file, contextlib.suppress(OSError):
                while _free(disk) > but:
                    file.write(b"x" * min(MIB, max(4096, _free(disk) - but)))
            yield
        finally:
            filler.unlink(missing_ok=True)

    return fill


def _free(disk: Path) -> int:
    status = os.statvfs(disk)
    return status.f_bavail * status.f_frsize


@pytest.fixture(scope="module")
def server(disk, serving):
    with serving(options={"database": disk / "db"}) as server:
        yield server


_names = (f"{EX}writing{number}/" for number in itertools.count())


class Writing:
    """Changes one after the other, and what was told of each."""

    def __init__(self, client) -> None:
        self.client = client
        self.name = next(_names)
        self.told: dict[int, tuple[int, str]] = {}

    def change(self) -> tuple[int, str]:
        number = len(self.told) + 1
        subject = f"<{self.name}{number}>"
        if number % 3 == 0:
            answer = self.client.put(
                f"{self.name}{number}",
                f'{subject} <{EX}one> {number} ; <{EX}two> "{"x" * SPACE}" .',
            )
        else:
            answer = self.client.update(
                f'INSERT DATA {{ {subject} <{EX}one> {number} ; <{EX}two> "{"x" * SPACE}" }}'
            )
        self.told[number] = answer.problem
        return answer.problem

    def must_be_as_told(self) -> None:
        """Nothing acknowledged is lost, and nothing else is visible."""
        ones, twos = (
            {int(subject.removeprefix(self.name)) for subject in self._subjects(predicate)}
            for predicate in ("one", "two")
        )
        made = {number for number, problem in self.told.items() if problem[0] in (201, 204)}
        assert ones == twos == made

    def _subjects(self, predicate: str) -> list[str]:
        rows = self.client.rows(f"SELECT ?s {{ ?s <{EX}{predicate}> ?o }}")
        return [subject for (subject,) in rows if subject.startswith(self.name)]


def test_changes_until_the_disk_is_full_and_after(server, filled, disk, figure):
    writing = Writing(server.client)
    web, writer = server.web, server.writer
    with server.asked("?s ?p ?o") as answers:
        with filled(but=2 * MIB):
            while writing.change()[0] in (201, 204):
                assert len(writing.told) < 1000
            refused = [writing.change() for _ in range(5)]
            health = server.client.health()
            assert health["status"] == "degraded"
            assert [each["code"] for each in health["reasons"]] == ["storage_full"]
        begun = time.monotonic()
        while writing.change()[0] not in (201, 204):
            assert time.monotonic() - begun < HEAL
        figure("writes after there is space again", [time.monotonic() - begun])
        for _ in range(5):
            assert writing.change()[0] in (201, 204)
    assert {problem for problem in writing.told.values() if problem[0] >= 400} == {
        (507, "storage_full")
    }, refused
    assert server.client.health()["status"] == "ok"
    assert set(answers) == {(200, True)}
    assert (server.web, server.writer) == (web, writer)
    writing.must_be_as_told()


@pytest.mark.parametrize("but", [0, 300_000, 900_000])
def test_a_disk_that_fills_up_at_some_point_of_a_change(server, filled, but):
    writing = Writing(server.client)
    assert writing.change() == (204, "")
    for _ in range(3):
        with filled(but=but):
            for _ in range(6):
                problem = writing.change()
                assert problem in {(204, ""), (201, ""), (507, "storage_full")}, server.tail
                assert server.client.ask("?s ?p ?o")
        assert writing.change()[0] in (201, 204)
        writing.must_be_as_told()


def test_a_disk_that_fills_up_and_empties_while_several_clients_write(server, disk):
    over = threading.Event()
    writings = []
    unforeseen: list[str] = []

    def write(start: int) -> None:
        told = {}
        while not over.is_set():
            number = start + len(told) + 1
            subject = f"<{EX}several{number}>"
            answer = server.client.update(
                f'INSERT DATA {{ {subject} <{EX}first> {number} ; <{EX}second> "{"x" * SPACE}" }}'
            )
            told[number] = answer.problem
            if answer.status not in (204, 507):
                unforeseen.append(str(answer))
        writings.append(told)

    threads = [threading.Thread(target=write, args=[place * 100_000]) for place in range(3)]
    for thread in threads:
        thread.start()
    filler = disk / "filler"
    for _ in range(3):
        with filler.open("wb", buffering=0) as file, contextlib.suppress(OSError):
            while True:
                file.write(b"x" * MIB)
        time.sleep(0.3)
        filler.unlink()
        time.sleep(0.3)
    over.set()
    for thread in threads:
        thread.join()
    told = {number: problem for each in writings for number, problem in each.items()}
    assert unforeseen == [], server.tail
    made = {number for number, problem in told.items() if problem == (204, "")}
    for name in ("first", "second"):
        rows = server.client.rows(f"SELECT ?s {{ ?s <{EX}{name}> ?o }}")
        assert {int(subject.removeprefix(f"{EX}several")) for (subject,) in rows} == made


@pytest.mark.parametrize("ended", ["in order", "kill -9"])
def test_a_server_that_is_started_on_a_full_disk_serves_reads(server, filled, ended):
    writing = Writing(server.client)
    for _ in range(4):
        assert writing.change()[0] in (201, 204)
    server.stop() if ended == "in order" else server.kill_all()
    for name in ("writer", "staging"):  # what a start would find space in
        subprocess.run(["rm", "-rf", server.database / name], check=True)
    with filled():
        server.start()
        writing.must_be_as_told()
        assert writing.change() == (507, "storage_full")
        assert server.client.ask("?s ?p ?o")
    begun = time.monotonic()
    while writing.change()[0] not in (201, 204):
        assert time.monotonic() - begun < HEAL
    writing.must_be_as_told()


def test_an_upload_that_finds_no_room_outside_the_database_is_refused(serving, disk, filled):
    """The folder for temporary files is on the full disk, the database is elsewhere."""
    folder = disk / "tmp"
    folder.mkdir()
    triple = f"<{EX}s> <{EX}p> 1 ."
    document = triple + "#" * 2 * MIB
    with serving(options={"environment": {"TMPDIR": str(folder)}}) as server:
        assert server.client.put(f"{EX}big", document).status == 201
        with filled():
            answer = server.client.put(f"{EX}big", document)
            assert answer.problem == (507, "storage_full")
            assert server.client.put(f"{EX}small", triple).problem == (507, "storage_full")
            server.client.must_update(f"INSERT DATA {{ <{EX}s> <{EX}p> 1 }}")
        assert server.client.put(f"{EX}big", document).status == 204


def test_a_build_on_a_full_disk_says_so_in_one_line(server, filled, small_graph):
    server.stop()
    with filled():
        built = server.run("build", small_graph, "--db", server.database)
    assert built.returncode == 1
    assert len(built.stderr.splitlines()) == 1, built.stderr
    assert "space" in built.stderr.lower()
