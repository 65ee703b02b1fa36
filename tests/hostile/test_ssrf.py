"""No query makes the service open a connection: the guard refuses it, and below it the kernel."""

import contextlib
import json
import os
import socket
import subprocess
import sys
import threading
from multiprocessing.connection import Connection
from urllib.parse import urlencode

import pytest

from kg.errors import StorageFailed
from kg.store.admission import Lane
from kg.store.pool import Pool

SETTINGS = {"QUERY_SECONDS": 10}
MEMORY = 2 * 1024**3


class Listener:
    """Counts the connections to a port of both loopback addresses."""

    def __init__(self) -> None:
        self.count = 0
        self._sockets = [socket.create_server(("127.0.0.1", 0))]
        self.port = self._sockets[0].getsockname()[1]
        with contextlib.suppress(OSError):  # where there is no IPv6, nobody can connect to it
            self._sockets.append(socket.create_server(("::1", self.port), family=socket.AF_INET6))
        for each in self._sockets:
            threading.Thread(target=self._accept, args=(each,), daemon=True).start()

    def _accept(self, listening: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = listening.accept()
                self.count += 1
                connection.close()

    def close(self) -> None:
        for each in self._sockets:
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()


@pytest.fixture(scope="module")
def listener():
    with contextlib.closing(Listener()) as listener:
        yield listener


@pytest.fixture
def silence(listener):
    """Checks in the end that nobody has connected."""
    before = listener.count
    yield
    assert listener.count == before


HOSTS = [
    "127.0.0.1",
    "127.1",
    "2130706433",
    "0x7f.0.0.1",
    "0177.0.0.1",
    "0.0.0.0",
    "localhost",
    "localhost.",
    "LOCALHOST",
    "[::1]",
    "[::ffff:127.0.0.1]",
    "[0:0:0:0:0:0:0:1]",
    "user:password@127.0.0.1",
    "169.254.169.254",
]
IN_EVERY_FORM = [
    "SELECT * {{ {0} {{ ?s ?p ?o }} }}",
    "ASK {{ {0} {{}} }}",
    "CONSTRUCT {{ ?s ?p ?o }} WHERE {{ {0} {{ ?s ?p ?o }} }}",
    "DESCRIBE ?s {{ {0} {{ ?s ?p ?o }} }}",
]
HIDDEN = [
    "SELECT * {{ SERVICE SILENT {0} {{ ?s ?p ?o }} }}",
    "SELECT * {{ SeRvIcE{0}{{ ?s ?p ?o }} }}",
    "SELECT * {{ SERVICE # where to?\n {0} {{ ?s ?p ?o }} }}",
    "SELECT * {{ SERVICE\r\n\tSILENT\r{0} {{ ?s ?p ?o }} }}",
    "SELECT * {{ \\u0053ERVICE {0} {{ ?s ?p ?o }} }}",
    "SELECT * {{ \\U00000073ervice SILENT {0} {{ ?s ?p ?o }} }}",
    "ASK {{ ?s ?p trueSERVICE{0}{{}} }}",
    "ASK {{ ?s ?p 1SERVICESILENT{0}{{}} }}",
    "PREFIX : {0} ASK {{ SERVICE: {{}} }}",
    "PREFIX : {0} ASK {{ SERVICE SILENT: {{}} }}",
    "PREFIX e: {0} ASK {{ SERVICE e: {{}} }}",
    "BASE {0} ASK {{ SERVICE <> {{}} }}",
    "SELECT * {{ VALUES ?e {{ {0} }} SERVICE ?e {{ ?s ?p ?o }} }}",
    "SELECT * {{ BIND(IRI(STR({0})) AS ?e) SERVICE ?e {{ ?s ?p ?o }} }}",
    "SELECT * {{ OPTIONAL {{ SERVICE {0} {{ ?s ?p ?o }} }} }}",
    "SELECT * {{ ?s ?p ?o FILTER EXISTS {{ SERVICE {0} {{ ?s ?p ?o }} }} }}",
    "SELECT * {{ {{ SELECT * {{ SERVICE {0} {{ ?s ?p ?o }} }} }} }}",
    "SELECT * {{ ?s ?p '''\\'''' . SERVICE {0} {{}} }}",
    'SELECT * {{ ?s ?p "a" . SERVICE {0} {{}} ?s ?p "b" }}',
    "SELECT * {{ ?s <x:#> ?o . SERVICE {0} {{}} }}",
    "SELECT * {{ ?s ?p ?o FILTER(?s <?o) SERVICE {0} {{}} FILTER(?o> ?s) }}",
]
HARMLESS = [
    'ASK {{ ?s ?p "SERVICE {0} {{}}" }}',
    "ASK {{ ?s ?p '''SERVICE\n{0} {{}}''' }}",
    "ASK {{ ?s ?p <http://e/SERVICE> }}",
    "ASK {{ ?s ?p ?o }} # SERVICE {0} {{}}",
    "ASK {{ ?SERVICE ?SILENT $SERVICE }}",
    "PREFIX service: {0} ASK {{ ?s service:x ?o }}",
    "PREFIX service: {0} ASK {{ GRAPH service:x {{ ?s ?p ?o }} }}",
    'ASK {{ ?s ?p "x"@SERVICE }}',
    "ASK {{ _:SERVICE ?p ?o }}",
    "ASK {{ ?s ?p {0} }}",
]


@pytest.mark.usefixtures("silence", "unharmed")
class TestOverHttp:
    @pytest.mark.parametrize("host", HOSTS)
    def test_a_query_of_another_server_is_refused_in_every_form(self, client, listener, host):
        for form in IN_EVERY_FORM:
            query = form.format(f"SERVICE <http://{host}:{listener.port}/x>")
            answer = client.query(query)
            assert (answer.status, answer.code) == (403, "federation_disabled"), query

    @pytest.mark.parametrize("form", HIDDEN)
    def test_it_is_refused_wherever_it_hides(self, client, listener, form):
        query = form.format(f"<http://127.0.0.1:{listener.port}/x>")
        for answer in (client.query(query), client.get(f"/sparql?{urlencode({'query': query})}")):
            assert (answer.status, answer.code) == (403, "federation_disabled")

    @pytest.mark.parametrize("accept", ["text/html", "text/csv", "text/turtle"])
    def test_it_is_refused_whatever_is_accepted(self, client, listener, accept):
        query = f"ASK {{ SERVICE SILENT <http://127.0.0.1:{listener.port}/x> {{}} }}"
        answer = client.query(query, accept)
        assert answer.status == 403
        assert b"SERVICE" in answer.body

    @pytest.mark.parametrize("form", HARMLESS)
    def test_the_word_alone_is_answered(self, client, listener, form):
        answer = client.query(form.format(f"<http://127.0.0.1:{listener.port}/x>"))
        assert answer.status == 200, answer

    @pytest.mark.parametrize(
        "iri", ["http://127.0.0.1:{port}/x", "http://[::1]:{port}/x", "file:///etc/passwd"]
    )
    def test_a_dataset_is_looked_up_and_never_fetched(self, client, listener, iri):
        name = iri.format(port=listener.port)
        everything = "SELECT * { { ?s ?p ?o } UNION { GRAPH ?g { ?s ?p ?o } } }"
        clauses = f"FROM <{name}> FROM NAMED <{name}>"
        answers = [
            client.query(everything.replace("*", f"* {clauses}")),
            client.query(everything, dataset={"default-graph-uri": name}),
            client.query(everything, dataset={"named-graph-uri": name}),
            client.query(everything, dataset={"default-graph-uri": name, "named-graph-uri": name}),
            client.query(f"CONSTRUCT {{ ?s ?p ?o }} {clauses} WHERE {{ ?s ?p ?o }}"),
            client.query(f"DESCRIBE <{name}>"),
        ]
        for answer in answers:
            assert answer.status == 200, answer
            assert b"root:" not in answer.body
        assert all(not answer.json["results"]["bindings"] for answer in answers[:4])
        assert all(not answer.body.strip() for answer in answers[4:])


@pytest.fixture(scope="module")
def snapshot(database):
    return database.current()


def closed_pool(**options):
    return contextlib.closing(Pool(readers=1, memory=MEMORY, **options))


def service(port, silent=""):
    return f"SELECT * {{ SERVICE {silent} <http://127.0.0.1:{port}/x> {{ ?s ?p ?o }} }}"


@pytest.mark.skipif(sys.platform != "linux", reason="needs the kernel's filter of calls")
class TestBelowTheGuard:
    def test_a_reader_cannot_open_a_connection(self, snapshot, listener, silence):
        with closed_pool() as pool:
            store = pool.store(snapshot, Lane.QUERY)
            with pytest.raises(StorageFailed, match="not permitted"):
                store.query(service(listener.port))
            store.query(service(listener.port, "SILENT")).read()  # and so finds nothing
            assert store.query("ASK { ?s ?p ?o }").boolean()

    def test_a_reader_that_may_would_have(self, snapshot, listener):
        before = listener.count
        with closed_pool(federation=True) as pool, pytest.raises(StorageFailed):
            pool.store(snapshot, Lane.QUERY).query(service(listener.port))
        assert listener.count > before


ATTEMPTS = {
    "TCP": "socket.socket()",
    "UDP": "socket.socket(type=socket.SOCK_DGRAM)",
    "IPv6": "socket.socket(socket.AF_INET6)",
    "local": "socket.socket(socket.AF_UNIX)",
    "netlink": "socket.socket(socket.AF_NETLINK)",
    "pair": "socket.socketpair()",
    "connection": "socket.create_connection(('127.0.0.1', 9))",
    "rings": "syscall(425, 1, ctypes.create_string_buffer(120))",
    "another interface of calls": "syscall(0x40000000 | 41, 2, 1, 0)",
    "a thread": "in_thread(socket.socket)",
    "a child": "in_child('import socket; socket.socket()')",
    "a forked child": "in_fork(socket.socket)",
}
HARNESS = """
import ctypes, json, os, socket, subprocess, sys, tempfile
from concurrent.futures import ThreadPoolExecutor
from kg.store import sandbox

libc = ctypes.CDLL(None, use_errno=True)

def syscall(*arguments):
    if libc.syscall(*arguments) < 0:
        raise OSError(ctypes.get_errno(), "refused")

def in_thread(call):
    with ThreadPoolExecutor(1) as threads:
        threads.submit(call).result()

def in_child(text):
    if subprocess.run([sys.executable, "-c", text], capture_output=True).returncode:
        raise OSError(1, "refused")

def in_fork(call):
    pid = os.fork()
    if pid == 0:
        try:
            call()
        except OSError as error:
            os._exit(error.errno)
        os._exit(0)
    if status := os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]):
        raise OSError(status, "refused")

def outcome(text):
    try:
        eval(text)
    except OSError as error:
        return error.errno
    return 0

"""


def told(script, *arguments):
    """Run a script in a process of its own; return what it tells as JSON."""
    command = [sys.executable, "-c", HARNESS + script, *arguments]
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def refusals():
    script = """
before = {name: outcome(text) for name, text in json.loads(sys.argv[1]).items() if name == "TCP"}
assert sandbox.forbid_sockets() and sandbox.forbid_sockets()
print(json.dumps([before, {n: outcome(text) for n, text in json.loads(sys.argv[1]).items()}]))
"""
    return told(script, json.dumps(ATTEMPTS))


@pytest.mark.skipif(sys.platform != "linux", reason="needs the kernel's filter of calls")
class TestTheFilterOfCalls:
    @pytest.mark.parametrize("attempt", ATTEMPTS)
    def test_every_way_to_a_socket_is_closed(self, refusals, attempt):
        before, after = refusals
        assert before == {"TCP": 0}
        assert after[attempt] == 1  # EPERM

    def test_files_pipes_and_processes_are_as_before(self, tmp_path):
        script = """
kept, other = socket.socketpair()
sandbox.forbid_sockets()
with open(sys.argv[1], "w") as file:
    file.write("written")
kept.sendall(b"x")
done = {
    "file": open(sys.argv[1]).read(),
    "temporary": tempfile.TemporaryFile().write(b"abc"),
    "pipe": len(os.pipe()),
    "kept": other.recv(1).decode(),
    "process": subprocess.run([sys.executable, "-c", "print(7)"], capture_output=True).stdout[:1].decode(),
}
print(json.dumps(done))
"""
        expected = {"file": "written", "temporary": 3, "pipe": 2, "kept": "x", "process": "7"}
        assert told(script, str(tmp_path / "file")) == expected

    def test_on_a_machine_whose_calls_are_not_known_it_is_not_in_force(self):
        script = "sandbox._CALLS.clear(); print(json.dumps(sandbox.forbid_sockets()))"
        assert told(script) is False

    def test_it_is_in_force_on_the_machines_that_are_known(self):
        if os.uname().machine in ("x86_64", "aarch64"):
            assert told("print(json.dumps(sandbox.forbid_sockets()))") is True


class TestWithoutDescriptors:
    def test_nothing_can_be_opened_until_it_is_allowed_again(self, tmp_path):
        script = """
sandbox.forbid_descriptors()
without = [outcome("open('/dev/null')"), outcome("socket.socket()"), outcome("os.pipe()")]
sandbox.allow_descriptors()
print(json.dumps([without, outcome("open('/dev/null')"), outcome("socket.socket()")]))
"""
        emfile = 24
        assert told(script) == [[emfile] * 3, 0, 0]

    def test_a_reader_answers_all_the_same_and_opens_nothing(self, snapshot, listener, silence):
        script = """
from multiprocessing.connection import Connection
from kg.store import reader, sandbox
import sys
sandbox._CALLS.clear()  # as on a machine whose calls are not known
reader.main(Connection(int(sys.argv[1])))
"""
        ours, theirs = socket.socketpair()
        command = [sys.executable, "-c", script, str(theirs.fileno())]
        with ours, theirs, subprocess.Popen(command, pass_fds=[theirs.fileno()]) as process:
            theirs.close()
            connection = Connection(os.dup(ours.fileno()))
            settings = {"memory": MEMORY, "federation": False, "work": "", "engine": "auto"}
            connection.send_bytes(json.dumps(settings).encode())

            def ask(text, id):
                request = {
                    "snapshot": id,
                    "path": str(snapshot.triples),
                    "derived": str(snapshot.derived),
                    "columns": False,
                    "union": True,
                    "base": None,
                    "text": text,
                    "default": None,
                    "named": None,
                    "seconds": None,
                    "bytes": None,
                    "format": None,
                }
                connection.send_bytes(json.dumps(request).encode())
                return connection.recv_bytes()

            # The second name makes the reader close the snapshot and open it once more.
            for id in ("one", "two"):
                assert b'"boolean":true' in ask("ASK { ?s ?p ?o }", id)
                assert ask(service(listener.port), id).startswith(b"X")
                counted = ask("SELECT (COUNT(*) AS ?n) { ?s ?p ?o }", id)
                assert counted.startswith(b"Esolutions json")
            connection.close()
            ours.close()
            assert process.wait(timeout=20) == 0
