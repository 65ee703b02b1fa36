"""A database changes under whoever reads it only from one whole state to another."""

import contextlib
import json
import shutil
import socket
import subprocess
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

EX = "http://example.org/"
MARKERS = f"<{EX}marker> <{EX}one> ?a ; <{EX}two> ?b"
THINGS = 300


def _version(folder: Path, number: int) -> Path:
    """A file of 300 triples, two of which hold the number of the version."""
    file = folder / f"version{number}.nt"
    things = (f'<{EX}thing{n}> <{EX}of> "version {number}" .\n' for n in range(THINGS - 2))
    markers = (f'<{EX}marker> <{EX}{name}> "{number}" .\n' for name in ("one", "two"))
    file.write_text("".join([*markers, *things]), encoding="utf-8")
    return file


def _current(database: Path) -> Path:
    name = (database / "current").read_text(encoding="utf-8").strip()
    return database / "snapshots" / name


# Builds under a server that reads.


def test_builds_are_moved_to_without_a_failed_request(serving, tmp_path, figure):
    first = {"files": [_version(tmp_path, 0)], "writable": False}
    with serving(options=first) as server:
        wrong: list[str] = []
        answered: list[int] = []
        over = threading.Event()

        def read() -> None:
            last = 0
            while not over.is_set():
                answer = server.client.query(f"SELECT ?a ?b {{ {MARKERS} }}")
                page = server.client.request("GET", "/", None, {"Accept": "text/html"}, token=None)
                if (answer.status, page.status) != (200, 200):
                    wrong.append(f"{answer} {page.status}")
                    continue
                (row,) = answer.json["results"]["bindings"]
                one, two = int(row["a"]["value"]), int(row["b"]["value"])
                if one != two or one < last:
                    wrong.append(f"saw {one} and {two} after {last}")
                last = one
                answered.append(one)
                time.sleep(0.02)  # leaves the builds some of the processors

        threads = [threading.Thread(target=read) for _ in range(3)]
        for thread in threads:
            thread.start()
        for number in range(1, 5):
            built = server.run("build", _version(tmp_path, number), "--db", server.database)
            assert built.returncode == 0, built.stderr
            ((seen,),) = server.client.rows(f"SELECT ?a {{ {MARKERS} }}")
            assert seen == str(number)
        over.set()
        for thread in threads:
            thread.join()
        assert wrong == []
        assert set(answered) == set(range(5))
        assert len(list((server.database / "snapshots").iterdir())) == 3


def test_a_validator_of_one_build_is_not_valid_in_the_next(serving, tmp_path):
    with serving(options={"files": [_version(tmp_path, 0)], "writable": False}) as server:
        query = f"SELECT ?a {{ {MARKERS} }}"
        first = server.client.query(query)
        server.run("build", _version(tmp_path, 1), "--db", server.database)
        second = server.client.query(query, {"If-None-Match": first.headers["ETag"]})
        assert second.status == 200
        assert second.headers["ETag"] != first.headers["ETag"]
        assert second.snapshot > first.snapshot


# One writer at a time (threats D3).


@pytest.mark.parametrize("command", ["serve", "build"])
def test_a_second_writer_is_told_who_the_first_is(server, client, small_graph, command):
    words = ["--port", _free_port(), "--writable"] if command == "serve" else [small_graph]
    begun = time.monotonic()
    second = server.run(command, *words, "--db", server.database)
    assert time.monotonic() - begun < 10
    assert second.returncode == 1
    lines = second.stderr.splitlines()
    assert len(lines) == 1, second.stderr
    assert str(server.writer) in lines[0]
    assert str(server.database) in lines[0]
    client.must_update(f"INSERT DATA {{ <{EX}still> <{EX}p> 1 }}")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def test_a_server_that_only_reads_may_stand_beside_the_writer(server, client, serving):
    both = {"database": server.database, "files": [], "writable": False}
    with serving(options=both) as reading:
        for number in range(3):
            client.must_update(f"INSERT DATA {{ <{EX}beside> <{EX}p> {number} }}")
            assert reading.client.count(f"<{EX}beside> ?p ?o") == number + 1


def test_a_writer_that_was_killed_leaves_no_lock(serving):
    with serving() as server:
        server.client.must_update(f"INSERT DATA {{ <{EX}s> <{EX}p> 1 }}")
        server.kill_all()
        server.start()
        assert server.client.ask(f"<{EX}s> ?p ?o")
        server.client.must_update(f"INSERT DATA {{ <{EX}s> <{EX}p> 2 }}")


# States that others are still at.


def test_a_request_that_waits_is_answered_from_the_state_it_came_to(serving, tmp_path):
    """It may wait while the next change is made, however old the state is by then."""
    with serving(READERS=1, QUERY_SECONDS=2) as server:
        server.client.must_update(f"INSERT DATA {{ <{EX}s> <{EX}p> 1 }}")
        server.stop()
        _age(server.database)
        server.start()
        old = server.client.query("ASK {}").snapshot
        everything = " . ".join(f"?a{n} ?b{n} ?c{n}" for n in range(6))
        with ThreadPoolExecutor(2) as threads:
            slow = threads.submit(
                server.client.query, f"SELECT (COUNT(*) AS ?n) {{ {everything} FILTER(?a0 = ?c5) }}"
            )
            time.sleep(0.3)
            waiting = threads.submit(server.client.query, f"SELECT ?o {{ <{EX}s> <{EX}p> ?o }}")
            time.sleep(0.3)
            server.client.must_update(f"INSERT DATA {{ <{EX}s> <{EX}p> 2 }}")
            assert slow.result().problem == (503, "query_timeout")
            answer = waiting.result()
        assert answer.status == 200, answer
        assert answer.snapshot == old
        assert [row["o"]["value"] for row in answer.json["results"]["bindings"]] == ["1"]


def _age(database: Path) -> None:
    """Make the current state look as if it had been published a day ago."""
    path = _current(database)
    older = f"20200101{path.name[8:]}"
    path.rename(path.with_name(older))
    (database / "current").write_text(f"{older}\n", encoding="utf-8")


def test_states_after_changes_do_not_pile_up(serving):
    with serving() as server:
        for number in range(3):
            server.client.must_update(f"INSERT DATA {{ <{EX}s> <{EX}p> {number} }}")
        server.stop()
        folder = server.database / "snapshots"
        for path in [path for path in folder.iterdir() if "-u" in path.name]:
            path.rename(path.with_name(f"20200101{path.name[8:]}"))
        (newest,) = sorted(path.name for path in folder.iterdir() if "-u" in path.name)[-1:]
        (server.database / "current").write_text(f"{newest}\n", encoding="utf-8")
        server.start()
        for number in range(10, 13):
            server.client.must_update(f"INSERT DATA {{ <{EX}s> <{EX}p> {number} }}")
        aged = [path.name for path in folder.iterdir() if path.name.startswith("20200101")]
        assert aged in ([], [newest])


# A copy of the folders is a backup (threats D7).


def test_a_copy_that_is_made_amid_changes_holds_one_state(serving, tmp_path):
    with serving() as server:
        over = threading.Event()
        told: list[int] = []

        def change() -> None:
            while not over.is_set():
                number = len(told) + 1
                server.client.must_update(
                    f"INSERT DATA {{ <{EX}n{number}> <{EX}one> {number} ; <{EX}two> {number} }}"
                )
                told.append(number)

        thread = threading.Thread(target=change)
        thread.start()
        bounds = []
        for place in range(3):
            time.sleep(0.4)
            least = len(told)
            path = _current(server.database)
            copy = tmp_path / f"copy{place}"
            shutil.copytree(path, copy / "snapshots" / path.name)
            (copy / "current").write_text(path.name, encoding="utf-8")
            bounds.append((least, len(told) + 1))
        over.set()
        thread.join()
        for place, (least, most) in enumerate(bounds):
            numbers = _column(server, tmp_path / f"copy{place}", "SELECT ?n { ?s ?p ?n }")
            pairs = [number for number in numbers if numbers.count(number) >= 2]
            n = len(_column(server, tmp_path / f"copy{place}", f"SELECT ?n {{ ?s <{EX}one> ?n }}"))
            assert least <= n <= most
            assert len(numbers) == 100 + 2 * n
            assert len(pairs) >= 2 * n


def _column(server, database: Path, query: str) -> list[str]:
    asked = server.run("query", query, "--db", database, "--format", "csv")
    assert asked.returncode == 0, asked.stderr
    return asked.stdout.split()[1:]


# Damage (threats D4): an error or the right data, never a wrong count.

QUESTIONS = [
    f"SELECT ?a ?b {{ {MARKERS} }}",
    "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }",
    f"SELECT (COUNT(*) AS ?n) {{ ?s <{EX}of> ?o }}",
    'SELECT (COUNT(*) AS ?n) { ?s ?p "version 7" }',
    f"SELECT (COUNT(*) AS ?n) {{ <{EX}thing5> ?p ?o }}",
    "SELECT (COUNT(*) AS ?n) { GRAPH ?g { ?s ?p ?o } }",
]


def _flipped(content: bytes) -> bytes:
    middle = len(content) // 2
    return content[:middle] + bytes([content[middle] ^ 0xFF]) + content[middle + 1 :]


DAMAGES = {
    "flipped in the middle": _flipped,
    "flipped at the start": lambda content: bytes([content[0] ^ 0x01]) + content[1:],
    "flipped at the end": lambda content: content[:-1] + bytes([content[-1] ^ 0x80]),
    "cut in half": lambda content: content[: len(content) // 2],
    "without its end": lambda content: content[:-1],
    "zeros": lambda content: bytes(len(content)),
    "empty": lambda _: b"",
}


@pytest.fixture(scope="module")
def damaged(serving, tmp_path_factory, eventually):
    """A server over a state after a build and changes, and a way to put a damaged copy in place."""
    folder = tmp_path_factory.mktemp("damaged")
    with serving(options={"files": [_version(folder, 7)]}) as server:
        client = server.client
        client.must_update(
            f'INSERT DATA {{ GRAPH <{EX}g> {{ <{EX}thing5> <{EX}of> "version 7" }} }}'
        )
        client.must_update(
            f"INSERT DATA {{ <{EX}more> <{EX}p> 1 }} ; DELETE DATA {{ <{EX}more> <{EX}p> 1 }}"
        )
        assert client.put(f"{EX}h", f'<{EX}thing6> <{EX}of> "version 7" .').status == 201
        server.stop()
        whole = _current(server.database)
        server._writable = False
        server.start()
        expected = [client.query(question).json["results"]["bindings"] for question in QUESTIONS]
        assert eventually(lambda: _derived(whole).is_dir(), 60)
        yield server, whole, expected


def _derived(snapshot: Path) -> Path:
    """Where that is which was derived from a state; what was derived before it may be there too."""
    return snapshot / "derived" / snapshot.name


def _copy(whole: Path, number: int) -> Path:
    """A copy of a state, under a name of its own, that shares no file with it.

    What was derived is told to be of the copy, so that nothing is derived again.
    """
    name = f"{whole.name[:-8]}{number:08x}"
    copy = Path(shutil.copytree(whole, whole.with_name(name)))
    (copy / "derived" / whole.name).rename(_derived(copy))
    return copy


def _publish(database: Path, name: str) -> None:
    pointer = database / "current.new"
    pointer.write_text(f"{name}\n", encoding="utf-8")
    pointer.replace(database / "current")


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_file_gives_an_error_or_the_right_answer(damaged, damage):
    server, whole, expected = damaged
    files = [path.name for path in (whole / "oxigraph").iterdir() if path.stat().st_size]
    statuses = set()
    for place, name in enumerate(files):
        copy = _copy(whole, 1000 * (1 + list(DAMAGES).index(damage)) + place)
        file = copy / "oxigraph" / name
        file.write_bytes(DAMAGES[damage](file.read_bytes()))
        _publish(server.database, copy.name)
        for question, right in zip(QUESTIONS, expected, strict=True):
            answer = server.client.query(question)
            statuses.add(answer.problem)
            assert answer.snapshot in (copy.name, whole.name)
            if answer.status == 200:
                assert answer.json["results"]["bindings"] == right, f"{name}, {damage}: {question}"
            else:
                assert answer.status in (500, 503), f"{name}, {damage}: {answer}"
        _publish(server.database, whole.name)
        assert server.client.query(QUESTIONS[1]).json["results"]["bindings"] == expected[1]
        shutil.rmtree(copy, ignore_errors=True)  # something may be derived from it just now
    assert len(statuses) > 1, "some damage was noticed"
    assert {code for status, code in statuses if status == 500} <= {
        "storage_failed",
        "storage_corrupt",
    }


@pytest.mark.parametrize(
    "harm",
    [
        lambda path: (path / "oxigraph" / "CURRENT").write_bytes(b""),
        lambda path: next((path / "oxigraph").glob("MANIFEST-*")).unlink(),
        lambda path: shutil.rmtree(path / "oxigraph"),
        shutil.rmtree,
        lambda path: (path / "snapshot.json").write_text("{", encoding="utf-8"),
        lambda path: (path / "snapshot.json").unlink(),
        lambda path: (_derived(path) / "statistics.json").write_text("[]", encoding="utf-8"),
        lambda path: (path.parents[1] / "current").write_text("../../etc", encoding="utf-8"),
        lambda path: (path.parents[1] / "current").write_bytes(b"\xff\x00"),
        lambda path: (path.parents[1] / "current").unlink(),
    ],
    ids=[
        "CURRENT is empty",
        "the manifest is missing",
        "the triples are missing",
        "the snapshot is missing",
        "its description is cut",
        "its description is missing",
        "its counts are others",
        "the pointer leads out",
        "the pointer is garbage",
        "the pointer is missing",
    ],
)
def test_a_damaged_database_is_not_served(damaged, tmp_path, harm):
    server, whole, _ = damaged
    database = tmp_path / "db"
    shutil.copytree(whole, database / "snapshots" / whole.name)
    (database / "current").write_text(f"{whole.name}\n", encoding="utf-8")
    harm(database / "snapshots" / whole.name)
    begun = time.monotonic()
    served = server.run("serve", "--db", database, "--port", _free_port())
    assert served.returncode == 1
    assert time.monotonic() - begun < 10
    assert len(served.stderr.splitlines()) == 1, served.stderr
    assert "Traceback" not in served.stderr


def test_what_was_published_is_never_written_to(serving):
    """Not by the readers that have it open, and not by the changes that follow."""
    with serving() as server:
        server.client.must_update(f"INSERT DATA {{ <{EX}s> <{EX}p> 1 }}")
        path = _current(server.database)
        before = _content(path)
        for number in range(20):
            server.client.must_update(f"INSERT DATA {{ <{EX}s> <{EX}p> {number} }}")
            server.client.count()
        assert _content(path) == before


def _content(path: Path) -> dict[str, bytes]:
    # The engine writes a log of its own doings, which holds no data, wherever it opens something.
    return {
        str(file.relative_to(path)): file.read_bytes()
        for file in path.rglob("*")
        if file.is_file() and not file.name.startswith("LOG")
    }


def test_the_counts_of_a_state_say_which_state_they_are_of(serving):
    with serving() as server:
        server.client.must_update(f"INSERT DATA {{ <{EX}s> <{EX}p> 1 }}")
        counted = json.loads(
            next(_current(server.database).glob("derived/*/statistics.json")).read_bytes()
        )
        assert counted["triples"] == 100
        assert counted["snapshot"] != _current(server.database).name
        deadline = time.monotonic() + 30
        while server.client.health()["triples"] != 101:
            assert time.monotonic() < deadline
            time.sleep(0.1)


def test_a_server_ends_in_order(serving):
    """With SIGTERM it ends soon, with 0, and nothing of it stays."""
    with serving() as server:
        server.client.must_update(f"INSERT DATA {{ <{EX}s> <{EX}p> 1 }}")
        begun = time.monotonic()
        server.process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            server.process.wait(timeout=20)
        assert server.process.returncode == 0
        assert time.monotonic() - begun < 10
        deadline = time.monotonic() + 5
        while server.processes():
            assert time.monotonic() < deadline, server.processes()
            time.sleep(0.05)
