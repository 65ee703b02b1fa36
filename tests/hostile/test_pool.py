"""The pool by itself: its answers are the engine's, and no death in it loses anything."""

import contextlib
import os
import random
import resource
import signal
import socket
import struct
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from kg import formats
from kg.build import build
from kg.errors import BadQuery, Busy, Cancelled, Interrupted, KgError, OverLimit, StorageFailed
from kg.store import EVERYTHING, Cancellation, Limits, Scope
from kg.store.admission import FOR_PAGES, Lane
from kg.store.embedded import EmbeddedStore
from kg.store.loading import Source
from kg.store.pool import Pool
from kg.store.snapshots import Database
from kg.terms import NamedNode

READERS = 2
MEMORY = 2 * 1024**3
MIB = 1024 * 1024
BASE = "https://kg.example/"
G1, G2 = NamedNode("http://example.org/g1"), NamedNode("http://example.org/g2")

GRAPH = """
@prefix : <http://example.org/> .
:a :p 1 , 2.5 , 1e3 , true , "x" , "é"@fr , "光伏"@zh-hans ; :q :b .
:b :p "line\\nbreak" , "tab\\t, comma and \\"quotes\\"" ; :q :c .
:g1 { :one :in "g1" }
:g2 { :two :in "g2" . :one :in "g1" }
"""

SELECTED = "SELECT * { ?s ?p ?o } ORDER BY ?s ?p ?o"


def product(variables, values):
    """A query whose answer has a row for each combination."""
    list_ = " ".join(map(str, range(values)))
    return "SELECT * { " + " ".join(f"VALUES ?{name} {{ {list_} }}" for name in variables) + " }"


FOREVER = f"SELECT (COUNT(*) AS ?count) {product('abcdefgh', 100).removeprefix('SELECT * ')}"
ENDLESS = product("abcdefgh", 100)
LARGE = product("abc", 30)


def slowly(*_):
    """Profile with this to have every call in a thread take its time."""
    time.sleep(0.001)


def made(folder, text):
    folder.mkdir()
    (folder / "data.trig").write_text(text, encoding="utf-8")
    build([Source.of(folder / "data.trig")], Database(folder / "db"), base_iri=BASE)
    return Database(folder / "db").current()


@pytest.fixture(scope="module")
def snapshot(tmp_path_factory):
    return made(tmp_path_factory.mktemp("pool") / "graph", GRAPH)


@pytest.fixture(scope="module")
def pool():
    with contextlib.closing(Pool(readers=READERS, memory=MEMORY)) as pool:
        yield pool


@pytest.fixture
def store(pool, snapshot):
    return pool.store(snapshot, Lane.QUERY)


@pytest.fixture(scope="module")
def embedded(snapshot):
    return EmbeddedStore.open(snapshot.triples, snapshot=snapshot.id)


@pytest.fixture
def readers(pool, processes):
    """Returns what tells the readers of the pool by their process ids."""
    nursery = pool._nursery.process.pid
    return lambda: {each.pid for each in living(processes()) if each.parent == nursery}


@pytest.fixture
def whole(pool, snapshot, eventually):
    """Returns what tells whether all readers of the pool answer queries, at the same time."""

    def holds():
        cancellation = Cancellation()
        lanes = [Lane.QUERY] * READERS + [Lane.PAGE] * FOR_PAGES
        limits = Limits(seconds=60, cancellation=cancellation)
        with ThreadPoolExecutor(len(lanes)) as threads:
            for lane in lanes:
                threads.submit(pool.store(snapshot, lane).query, FOREVER, EVERYTHING, limits)
            at_work = eventually(lambda: all_run(pool, len(lanes)))
            for query in pool.running():
                pool.stop(query.id, Cancelled("enough"))
        return at_work

    return holds


@pytest.fixture
def settled(readers, eventually):
    """The process ids of the readers, once those that were killed have been replaced."""
    assert eventually(lambda: len(readers()) == READERS + FOR_PAGES)
    return readers()


def all_run(pool, number):
    pids = {query.pid for query in pool.running()} - {None}
    return len(pids) == number


@contextlib.contextmanager
def running(pool, snapshot, text=FOREVER, number=1):
    """Have queries run in threads; yield the futures of their answers."""
    with ThreadPoolExecutor(number) as threads:
        store = pool.store(snapshot, Lane.QUERY)
        futures = [threads.submit(store.query, text) for _ in range(number)]
        deadline = time.monotonic() + 30
        while not all_run(pool, number):
            assert time.monotonic() < deadline
            time.sleep(0.01)
        try:
            yield futures
        finally:
            for query in pool.running():
                pool.stop(query.id, Cancelled("enough"))


def outcome(store, *arguments):
    """What a query gives: an answer, or an error, in full."""
    try:
        result = store.query(*arguments)
    except KgError as error:
        return type(error), error.code, error.message
    else:
        return result.kind, result.format.name, result.snapshot, result.length, result.read()


CONTRACT = {
    "all": SELECTED,
    "no rows": "SELECT ?x { ?x <x:none> ?y }",
    "one row without columns": "SELECT * {}",
    "unbound": "SELECT ?x ?y { VALUES (?x ?y) { (1 UNDEF) (UNDEF 2) } }",
    "computed": 'SELECT (CONCAT("a", STR(1 + 1)) AS ?x) (1/3 AS ?y) (1e0/0 AS ?z) {}',
    "counted": "SELECT (COUNT(*) AS ?n) (MAX(?o) AS ?m) { ?s <http://example.org/p> ?o }",
    "graphs": "SELECT * { GRAPH ?g { ?s ?p ?o } } ORDER BY ?g ?s",
    "from": f"SELECT * FROM {G1} {{ ?s ?p ?o }}",
    "from named": f"SELECT * FROM NAMED {G2} {{ GRAPH ?g {{ ?s ?p ?o }} }} ORDER BY ?s",
    "relative": "SELECT (<x> AS ?x) {}",
    "large": LARGE,
    "yes": "ASK { ?s ?p ?o }",
    "no": "ASK { ?s <x:none> ?o }",
    "graph": "CONSTRUCT { ?s ?p ?o } WHERE { ?s ?p ?o } ORDER BY ?s ?p ?o",
    "empty graph": "CONSTRUCT { ?s ?p ?o } WHERE { ?s <x:none> ?o }",
    "predicate that XML cannot name": "CONSTRUCT { <x:s> <http://e/1> 1 } WHERE {}",
    "text that XML cannot hold": 'CONSTRUCT { <x:s> <x:p> "\\u0001" } WHERE {}',
    "cell that XML cannot hold": 'SELECT ("\\u0001" AS ?x) {}',
    "described": "DESCRIBE <http://example.org/b>",
    "malformed": "SELECT * {",
    "unknown function": "SELECT (<x:f>() AS ?x) {}",
    "undeclared prefix": "SELECT * { ?s e:p ?o }",
    "update": "CLEAR ALL",
    "nothing": "",
}  # fmt: skip


@pytest.mark.parametrize("text", CONTRACT.values(), ids=CONTRACT)
def test_a_pool_answers_as_the_engine_does(store, embedded, text):
    among = [None, *(each for each in formats.FORMATS if each.engine is not None)]
    for format in among:
        arguments = (text, EVERYTHING, Limits(), format)
        assert outcome(store, *arguments) == outcome(embedded, *arguments)


@pytest.mark.parametrize(
    "scope",
    [
        Scope(default=()),
        Scope(default=(G1,)),
        Scope(default=(G1, G2)),
        Scope(named=(G2,)),
        Scope(default=(G1,), named=(G2,)),
        Scope(default=(NamedNode("http://example.org/none"),)),
    ],
)
@pytest.mark.parametrize(
    "text", [SELECTED, CONTRACT["graphs"], CONTRACT["from"], "ASK { ?s ?p 1 }"]
)
def test_a_pool_sees_the_dataset_that_the_engine_sees(store, embedded, scope, text):
    assert outcome(store, text, scope) == outcome(embedded, text, scope)


@pytest.mark.parametrize("union", [True, False])
def test_the_default_graph_is_the_union_if_that_is_wanted(snapshot, union):
    query = "ASK { <http://example.org/one> ?p ?o }"
    with contextlib.closing(Pool(readers=1, memory=MEMORY, union_default_graph=union)) as pool:
        assert pool.store(snapshot, Lane.PAGE).query(query).boolean() == union


def test_an_answer_may_be_as_large_as_its_limit_and_no_larger(store, embedded):
    length = embedded.query(LARGE).length
    assert len(store.query(LARGE, EVERYTHING, Limits(bytes=length)).read()) == length
    for limit in (0, 1, 100, length // 2, length - 1):
        limits = Limits(bytes=limit)
        error = outcome(store, LARGE, EVERYTHING, limits)
        assert error[:2] == (OverLimit, "result_too_large")
        assert error == outcome(embedded, LARGE, EVERYTHING, limits)


def test_an_answer_that_is_too_large_for_memory_is_given_in_blocks(store, embedded):
    result = store.query(LARGE)
    blocks = list(result.chunks)
    assert result.length > 4 * MIB
    assert len(blocks) > 1
    assert max(map(len, blocks)) <= MIB
    assert b"".join(blocks) == embedded.query(LARGE).read()


def test_an_answer_that_nobody_reads_leaves_nothing_open(store):
    before = list(Path("/dev/fd").iterdir())
    for _ in range(3):
        result = store.query(LARGE)
        next(result.chunks)
        result.chunks.close()
    assert len(list(Path("/dev/fd").iterdir())) == len(before)


def test_an_answer_that_the_disk_has_no_room_for_is_an_error_that_says_so(store):
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (2 * MIB, hard))
    try:
        with pytest.raises(KgError) as error:
            store.query(LARGE)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert error.value.code == "storage_full"


def test_each_of_many_threads_gets_its_own_answer(store):
    def ask(thread):
        for number in range(20):
            text = f"{thread}-{number}"
            filler = product("abc", 8).removeprefix("SELECT * ")
            query = f'SELECT ("{text}" AS ?x) {filler}' if number % 5 == 0 else ""
            rows = store.query(query or f'SELECT ("{text}" AS ?x) {{}}').solutions()
            assert {row["x"].value for row in rows} == {text}
            assert len(rows) == (512 if query else 1)
        return thread

    with ThreadPoolExecutor(16) as threads:
        assert list(threads.map(ask, range(16))) == list(range(16))


def test_two_snapshots_are_never_mixed(pool, tmp_path):
    stores = {}
    for value in "12":
        triples = "".join(f"<x:s{number}> <x:p> {value} .\n" for number in range(2000))
        stores[value] = pool.store(made(tmp_path / value, triples), Lane.QUERY)

    def ask(value):
        for _ in range(15):
            result = stores[value].query("SELECT ?o { ?s <x:p> ?o }")
            assert result.snapshot == stores[value].snapshot
            assert [row["o"].value for row in result.solutions()] == [value] * 2000
        return value

    with ThreadPoolExecutor(4) as threads:
        assert list(threads.map(ask, "1212")) == list("1212")


def test_a_snapshot_that_is_not_there_costs_no_reader(pool, snapshot, store, readers, settled):
    missing = type(snapshot)("none", snapshot.path / "none")
    with pytest.raises(StorageFailed):
        pool.store(missing, Lane.QUERY).query("ASK {}")
    assert store.query("ASK {}").boolean()
    assert readers() == settled


@pytest.mark.parametrize("seconds", [0.2, 0.5])
def test_a_query_is_stopped_at_its_deadline_and_not_before(store, whole, seconds):
    begun = time.monotonic()
    with pytest.raises(OverLimit) as error:
        store.query(FOREVER, EVERYTHING, Limits(seconds))
    assert time.monotonic() - begun >= seconds
    assert error.value.code == "query_timeout"
    assert whole()


def test_a_deadline_holds_for_an_answer_that_comes_faster_than_it_is_taken(store):
    sys.setprofile(slowly)
    try:
        with pytest.raises(OverLimit) as error:
            store.query(ENDLESS, EVERYTHING, Limits(0.5, 8 * MIB))
    finally:
        sys.setprofile(None)
    assert error.value.code == "query_timeout"


def test_a_reader_that_stands_still_is_stopped_at_the_deadline(pool, store, whole):
    with ThreadPoolExecutor(1) as threads:
        answer = threads.submit(store.query, FOREVER, EVERYTHING, Limits(1.0))
        while not all_run(pool, 1):
            time.sleep(0.01)
        os.kill(pool.running()[0].pid, signal.SIGSTOP)
        with pytest.raises(OverLimit) as error:
            answer.result()
    assert error.value.code == "query_timeout"
    assert whole()


def test_a_query_that_was_cancelled_before_it_began_does_not_begin(pool, store, readers, settled):
    cancellation = Cancellation()
    cancellation.cancel()
    with pytest.raises(Cancelled):
        store.query(FOREVER, EVERYTHING, Limits(cancellation=cancellation))
    assert readers() == settled
    assert pool.running() == []


def test_a_query_that_is_cancelled_while_it_waits_lets_the_others_run(pool, snapshot, store):
    cancellation = Cancellation()
    with running(pool, snapshot, number=READERS) as others:
        with ThreadPoolExecutor(1) as threads:
            limits = Limits(cancellation=cancellation)
            waiting = threads.submit(store.query, "ASK {}", EVERYTHING, limits)
            while len(pool.running()) < READERS + 1:
                time.sleep(0.01)
            cancellation.cancel()
            with pytest.raises(Cancelled):
                waiting.result(timeout=30)
        assert not any(each.done() for each in others)


def test_a_query_that_is_cancelled_while_it_runs_is_over(pool, store, whole):
    cancellation = Cancellation()
    with ThreadPoolExecutor(1) as threads:
        limits = Limits(cancellation=cancellation)
        answer = threads.submit(store.query, FOREVER, EVERYTHING, limits)
        while not all_run(pool, 1):
            time.sleep(0.01)
        cancellation.cancel()
        with pytest.raises(Cancelled):
            answer.result(timeout=30)
    assert pool.running() == []
    assert whole()


def test_a_query_that_is_stopped_amid_a_block_is_told_why(pool, store, whole):
    def ask_slowly():
        sys.setprofile(slowly)
        try:
            store.query(ENDLESS, EVERYTHING, Limits(bytes=256 * MIB))
        finally:
            sys.setprofile(None)

    for _ in range(3):
        with ThreadPoolExecutor(1) as threads:
            answer = threads.submit(ask_slowly)
            while not all_run(pool, 1):
                time.sleep(0.005)
            time.sleep(0.2)
            pool.stop(pool.running()[0].id, Cancelled("enough"))
            with pytest.raises(Cancelled):
                answer.result(timeout=30)
    assert whole()


def test_pages_are_answered_while_all_queries_run_away(pool, snapshot, store):
    with running(pool, snapshot, number=READERS):
        page = pool.store(snapshot, Lane.PAGE)
        assert page.query("ASK {}", EVERYTHING, Limits(30)).boolean()
        with pytest.raises(Busy):
            store.query("ASK {}", EVERYTHING, Limits(0.1))


def test_a_query_that_takes_long_makes_room_for_others(store, readers, settled, eventually, whole):
    before = settled
    for pid in before:
        os.kill(pid, signal.SIGSTOP)
    with ThreadPoolExecutor(1) as threads:
        answer = threads.submit(store.query, SELECTED)
        assert eventually(lambda: niceness(before) - {0})
        (late,) = [pid for pid in before if niceness([pid]) != {0}]
        assert len(niceness([late])) == 1
        for pid in before:
            os.kill(pid, signal.SIGCONT)
        assert answer.result().solutions()
    assert eventually(lambda: late not in readers() and len(readers()) == len(before))
    assert niceness(readers()) == {0}
    assert whole()


def niceness(pids):
    """Return that of all threads of some processes."""
    threads = [int(task.name) for pid in pids for task in Path(f"/proc/{pid}/task").iterdir()]
    return {os.getpriority(os.PRIO_PROCESS, thread) for thread in threads}


@pytest.mark.parametrize(
    ("number", "error"),
    [
        (signal.SIGABRT, (OverLimit, "query_memory")),
        (signal.SIGKILL, (OverLimit, "query_memory")),
        (signal.SIGSEGV, (OverLimit, "query_too_complex")),
        (signal.SIGBUS, (OverLimit, "query_too_complex")),
        (signal.SIGTERM, (Interrupted, "interrupted")),
    ],
)
def test_what_a_reader_dies_of_tells_what_its_query_did(pool, snapshot, whole, number, error):
    kind, code = error
    with running(pool, snapshot) as (answer,):
        os.kill(pool.running()[0].pid, number)
        with pytest.raises(kind) as raised:
            answer.result(timeout=30)
    assert raised.value.code == code
    assert whole()


def test_idle_readers_that_are_killed_are_not_missed(store, readers, settled, eventually, whole):
    for pid in settled:
        os.kill(pid, signal.SIGKILL)
    assert eventually(lambda: not settled & readers())
    for _ in range(10):
        assert store.query("ASK {}").boolean()
    assert whole()


def test_readers_that_are_killed_at_any_moment_give_no_wrong_answer(
    pool, snapshot, embedded, readers, whole
):
    randomly = random.Random(20240229)
    right = embedded.query(LARGE).read()
    over = threading.Event()

    def ask(lane):
        answered = 0
        store = pool.store(snapshot, lane)
        while not over.is_set():
            # A death is told as what it may have come from, and never as an answer.
            with contextlib.suppress(OverLimit, OSError):
                assert store.query(LARGE).read() == right
                answered += 1
        return answered

    with ThreadPoolExecutor(3) as threads:
        asking = [threads.submit(ask, lane) for lane in (Lane.QUERY, Lane.QUERY, Lane.PAGE)]
        for _ in range(25):
            time.sleep(randomly.uniform(0, 0.1))
            for pid in randomly.sample(sorted(readers()), 1):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
        over.set()
        assert sum(each.result() for each in asking) > 0
    assert whole()
    store = pool.store(snapshot, Lane.QUERY)
    for _ in range(10):
        assert store.query(LARGE).read() == right


CLOSED = """
import contextlib, sys, threading
from pathlib import Path
from kg.errors import KgError
from kg.store.admission import Lane
from kg.store.pool import Pool
from kg.store.snapshots import Snapshot

id, path, text = sys.argv[1:]
pool = Pool(readers=2, memory=2 * 1024**3)
store = pool.store(Snapshot(id, Path(path)), Lane.QUERY)
assert store.query("ASK {}").boolean()

def ask():
    with contextlib.suppress(KgError):
        store.query(text).read()
    print("told\\n", end="", flush=True)

asking = threading.Thread(target=ask)
asking.start()
print("open\\n", end="", flush=True)
input()
pool.close()
asking.join()
print("closed", flush=True)
input()
"""


@pytest.mark.parametrize("text", ["ASK {}", FOREVER], ids=["idle", "busy"])
def test_a_pool_that_is_closed_leaves_no_process(snapshot, processes, eventually, text):
    command = [sys.executable, "-c", CLOSED, snapshot.id, str(snapshot.path), text]

    def lines(number):
        return [process.stdout.readline() for _ in range(number)]

    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        told = lines(1 if text == FOREVER else 2)
        assert "open\n" in told
        time.sleep(0.2)
        before = below(process.pid, processes())
        assert len(before) == 1 + READERS + FOR_PAGES
        print(file=process.stdin, flush=True)
        assert lines(3 - len(told))[-1] == "closed\n"
        assert eventually(lambda: not before & {each.pid for each in living(processes())})
        process.communicate("\n", timeout=30)


def living(processes):
    return [each for each in processes if not each.is_zombie]


def below(pid, processes):
    """The living descendants of a process."""
    children = {each.pid for each in living(processes) if each.parent == pid}
    return children.union(*(below(child, processes) for child in children))


FROM_A_THREAD = """
import contextlib, threading, time
from kg.store.pool import Pool

made = []
maker = threading.Thread(target=lambda: made.append(Pool(readers=1, memory=2 * 1024**3)))
maker.start()
maker.join()
with contextlib.closing(made[0]) as pool:
    time.sleep(0.5)
    print(pool._nursery.process.poll())
"""


def test_a_pool_outlives_the_thread_that_made_it():
    command = [sys.executable, "-c", FROM_A_THREAD]
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=30)
    assert done.stdout == "None\n", done.stderr


def test_a_nursery_ends_in_silence_when_its_parent_leaves_news_unread():
    ours, theirs = socket.socketpair()
    command = [sys.executable, "-m", "kg.store.nursery", str(theirs.fileno())]
    with subprocess.Popen(
        command, pass_fds=[theirs.fileno()], stderr=subprocess.PIPE, text=True
    ) as process:
        theirs.close()
        reader, its_end = socket.socketpair()
        with reader, its_end:
            socket.send_fds(ours, [struct.pack("!ci", b"R", 0)], [its_end.fileno()])
            assert ours.recv(4, socket.MSG_PEEK) == b"born"
            ours.close()  # with what it holds unread, which resets the connection
            _, told = process.communicate(timeout=30)
    assert (process.returncode, told) == (0, "")


def test_a_bad_query_costs_no_reader(pool, store, readers, settled):
    for text in ("SELECT", "", "\0", "ASK { ?s ?p <\\u0020> }", "{" * 50_000):
        with pytest.raises(BadQuery):
            store.query(text)
    assert readers() == settled
