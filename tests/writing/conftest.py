"""A real server that takes changes, over a small generated graph, and a client of it.

A module names what its server is set to in `SETTINGS`, in the words of the environment. Everything
that a test needs is a fixture or hangs on one.
"""

import contextlib
import http.client
import json
import os
import signal
import socket
import statistics
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from email.message import Message
from pathlib import Path
from urllib.parse import quote, urlencode

import pytest
from pyoxigraph import RdfFormat, parse

HOST = "127.0.0.1"
TOKEN = "b5c1d7-of-the-operator"
EX = "http://example.org/"
THINGS = 100
"""Triples of the graph that every server begins with."""

PATIENCE = 60
"""Seconds for whatever has no time of its own to keep, on a machine that is busy."""

_FIGURES = pytest.StashKey[list[str]]()


def pytest_configure(config: pytest.Config) -> None:
    config.stash[_FIGURES] = []


def pytest_terminal_summary(terminalreporter, config: pytest.Config) -> None:
    """Print what was measured, whether or not it passed."""
    if config.stash[_FIGURES]:
        terminalreporter.section("measured while writing")
        for line in config.stash[_FIGURES]:
            terminalreporter.write_line(line)


@pytest.fixture
def figure(pytestconfig):
    """Keeps a measured list of numbers for the end of the run."""

    def keep(name: str, numbers: Iterable[float], unit: str = "s") -> None:
        found = sorted(numbers)
        median, last = statistics.median(found), found[-1]
        p95 = found[min(len(found) - 1, int(0.95 * len(found)))]
        pytestconfig.stash[_FIGURES].append(
            f"{name}: median {median:.3f}, p95 {p95:.3f}, max {last:.3f} {unit} (n={len(found)})"
        )

    return keep


@dataclass(frozen=True)
class Answer:
    """A whole response."""

    status: int
    headers: Message
    body: bytes

    @property
    def json(self):
        return json.loads(self.body)

    @property
    def code(self) -> str:
        """The code of a problem (RFC 9457); empty for anything else."""
        problem = self.headers.get_content_type() == "application/problem+json"
        return self.json["code"] if problem else ""

    @property
    def problem(self) -> tuple[int, str]:
        return self.status, self.code

    @property
    def snapshot(self) -> str:
        return self.headers["KG-Snapshot"]

    def __str__(self) -> str:
        return f"{self.status} {self.body[:400]!r}"


class Client:
    """Sends requests, each over a connection of its own."""

    def __init__(self, port: int) -> None:
        self.port = port

    def request(
        self,
        method: str,
        target: str,
        body: bytes | Iterable[bytes] | None = None,
        headers: Mapping[str, str] | None = None,
        *,
        token: str | None = TOKEN,
    ) -> Answer:
        """Send a request as an operator; a body that is no bytes is sent in chunks."""
        given = {"Authorization": f"Bearer {token}"} if token is not None else {}
        connection = http.client.HTTPConnection(HOST, self.port, timeout=PATIENCE)
        with contextlib.closing(connection):
            # A server that refuses a body need not read it to its end.
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                connection.request(method, target, body, {**given, **(headers or {})})
            response = connection.getresponse()
            answer = Answer(response.status, response.headers, response.read())
        assert TOKEN not in f"{answer.headers}{answer.body!r}", "the token was told"
        return answer

    def raw(self, request: bytes, *, seconds: float = PATIENCE) -> bytes:
        """Send bytes as they are, say that nothing follows, and return what comes back."""
        with socket.create_connection((HOST, self.port), timeout=seconds) as connection:
            with contextlib.suppress(OSError):
                connection.sendall(request)
                connection.shutdown(socket.SHUT_WR)
            received = b""
            with contextlib.suppress(OSError):
                while block := connection.recv(65536):
                    received += block
        return received

    def update(
        self,
        text: str | bytes,
        dataset: Iterable[tuple[str, str]] = (),
        *,
        token: str | None = TOKEN,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Send an update as the body of a POST; `dataset` are parameters of the address."""
        query = urlencode(list(dataset))
        body = text.encode() if isinstance(text, str) else text
        typed = {"Content-Type": "application/sparql-update", **(headers or {})}
        return self.request(
            "POST", f"/update?{query}" if query else "/update", body, typed, token=token
        )

    def must_update(self, text: str) -> Answer:
        answer = self.update(text)
        assert answer.status == 204, answer
        return answer

    def send_graph(
        self,
        method: str,
        graph: str | None,
        document: bytes | str | Iterable[bytes],
        media_type: str = "text/turtle",
        **options,
    ) -> Answer:
        """PUT or POST a document to a graph; None is the default graph."""
        body = document.encode() if isinstance(document, str) else document
        typed = {"Content-Type": media_type, **options.pop("headers", {})}
        return self.request(method, graph_target(graph), body, typed, **options)

    def put(
        self, graph: str | None, document, media_type: str = "text/turtle", **options
    ) -> Answer:
        return self.send_graph("PUT", graph, document, media_type, **options)

    def post(
        self, graph: str | None, document, media_type: str = "text/turtle", **options
    ) -> Answer:
        return self.send_graph("POST", graph, document, media_type, **options)

    def delete(self, graph: str | None, **options) -> Answer:
        return self.request("DELETE", graph_target(graph), **options)

    def get(self, graph: str | None, accept: str = "text/turtle", method: str = "GET") -> Answer:
        return self.request(method, graph_target(graph), None, {"Accept": accept}, token=None)

    def query(self, text: str, headers: Mapping[str, str] | None = None) -> Answer:
        """Send a query as anybody may, by GET."""
        asked = {"Accept": "application/sparql-results+json", **(headers or {})}
        target = f"/sparql?{urlencode({'query': text})}"
        return self.request("GET", target, None, asked, token=None)

    def rows(self, text: str) -> list[tuple[str | None, ...]]:
        """The rows of an answer, each term by its value alone."""
        answer = self.query(text)
        assert answer.status == 200, answer
        variables = answer.json["head"]["vars"]
        return [
            tuple(row[name]["value"] if name in row else None for name in variables)
            for row in answer.json["results"]["bindings"]
        ]

    def ask(self, pattern: str) -> bool:
        answer = self.query(f"ASK {{ {pattern} }}")
        assert answer.status == 200, answer
        return answer.json["boolean"]

    def count(self, pattern: str = "?s ?p ?o") -> int:
        ((number,),) = self.rows(f"SELECT (COUNT(*) AS ?n) {{ {pattern} }}")
        return int(number)

    def graph_of(self, graph: str | None) -> set[tuple[str, str, str]]:
        """The triples of a graph, each term by its value alone."""
        answer = self.get(graph, "application/n-triples")
        assert answer.status == 200, answer
        triples = [quad.triple for quad in parse(answer.body, format=RdfFormat.N_TRIPLES)]
        return {tuple(term.value for term in triple) for triple in triples}

    def health(self) -> dict:
        return self.request("GET", "/health", token=None).json


def graph_target(graph: str | None) -> str:
    return "/graphs?default" if graph is None else f"/graphs?graph={quote(graph, safe='')}"


@dataclass(frozen=True)
class Process:
    pid: int
    parent: int
    command: str


class Server:
    """A `kg serve` that can be started, ended, and started again over the same database."""

    def __init__(
        self,
        folder: Path,
        settings: Mapping[str, object],
        *,
        files: Iterable[Path] = (),
        database: Path | None = None,
        writable: bool = True,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self.folder = folder
        self.database = database or folder / "db"
        self.port = _free_port()
        self.client = Client(self.port)
        self.log = folder / "log"
        self._files = list(files)
        self._writable = writable
        inherited = {name: text for name, text in os.environ.items() if not name.startswith("KG_")}
        given = {"TOKEN": TOKEN, **settings}
        self._mark = f"XDG_CACHE_HOME={folder / 'cache'}"
        self._environment = {
            **inherited,
            **{f"KG_{name}": str(value) for name, value in given.items()},
            **(environment or {}),
            "XDG_CACHE_HOME": str(folder / "cache"),
        }
        self.process: subprocess.Popen | None = None

    def command(self, *words: object) -> list[str]:
        """A command line of kg, as strings."""
        return [str(Path(sys.executable).with_name("kg")), *map(str, words)]

    def run(self, *words: object) -> subprocess.CompletedProcess:
        """Run a command of kg to its end, in the same environment."""
        return subprocess.run(
            self.command(*words),
            cwd=self.folder,
            env=self._environment,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )

    def start(self) -> float:
        """Start it, and return the seconds until it answered."""
        begun = time.monotonic()
        words = ["serve", *self._files, "--db", self.database, "--port", self.port]
        if self._writable:
            words.append("--writable")
        with self.log.open("ab") as output:
            self.process = subprocess.Popen(
                self.command(*words),
                cwd=self.folder,
                env=self._environment,
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        while not self.answers():
            assert self.process.poll() is None, self.tail
            assert time.monotonic() - begun < PATIENCE, self.tail
            time.sleep(0.02)
        return time.monotonic() - begun

    def stop(self) -> None:
        """End it as an operator would, and whatever it should have ended itself."""
        if self.process is not None:
            self.process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(timeout=20)
            self.kill_all()

    def kill_all(self) -> None:
        """Kill every process of it."""
        assert self.process is not None
        while left := self.processes():
            for each in left:
                self.kill(each.pid)
            time.sleep(0.01)
        self.process.wait(timeout=20)

    def answers(self) -> bool:
        with contextlib.suppress(OSError, http.client.HTTPException):
            return self.client.request("GET", "/health", token=None).status == 200
        return False

    def processes(self) -> list[Process]:
        """Every process of it that lives, whatever became of its parent."""
        found = []
        for folder in Path("/proc").iterdir():
            if folder.name.isdigit():
                with contextlib.suppress(OSError, IndexError):
                    if self._mark in (folder / "environ").read_text().split("\0"):
                        status = (folder / "stat").read_text().rpartition(")")[2].split()
                        command = (folder / "cmdline").read_text().replace("\0", " ")
                        found.append(Process(int(folder.name), int(status[1]), command))
        return found

    @property
    def writer(self) -> int:
        return self._only("kg.writer")

    @property
    def nursery(self) -> int:
        return self._only("kg.store.nursery")

    @property
    def web(self) -> int:
        nursery = self.nursery
        return next(each.parent for each in self.processes() if each.pid == nursery)

    @property
    def updaters(self) -> list[int]:
        """The processes below the writer: the updater, and a loader while one is at work."""
        return self._children(self.writer)

    @property
    def readers(self) -> list[int]:
        return self._children(self.nursery)

    def _children(self, parent: int) -> list[int]:
        return sorted(each.pid for each in self.processes() if each.parent == parent)

    def _only(self, module: str) -> int:
        """The process that runs a module, and was not forked by another that does.

        There may be none or two for a moment, while one takes the place of another.
        """
        deadline = time.monotonic() + PATIENCE
        while True:
            named = [each for each in self.processes() if module in each.command]
            pids = {each.pid for each in named}
            found = [each.pid for each in named if each.parent not in pids]
            if len(found) == 1:
                return found[0]
            assert time.monotonic() < deadline, self.tail
            time.sleep(0.01)

    @staticmethod
    def kill(pid: int, number: signal.Signals = signal.SIGKILL) -> None:
        """Send a signal to a process of it, if that still lives."""
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)

    @property
    def tail(self) -> str:
        """The end of what it has logged."""
        return self.log.read_text(encoding="utf-8", errors="replace")[-3000:]

    @contextlib.contextmanager
    def asked(self, pattern: str = "", *, clients: int = 2) -> Iterator[Counter]:
        """Have clients ask for a pattern all the time.

        What they get is counted: a status and what ASK says, or an exception and None.
        """
        outcomes: Counter = Counter()
        over = threading.Event()

        def read() -> None:
            while not over.is_set():
                try:
                    answer = self.client.query(f"ASK {{ {pattern} }}")
                except (OSError, http.client.HTTPException) as error:
                    outcomes[type(error).__name__, None] += 1
                else:
                    said = answer.json.get("boolean") if answer.status == 200 else answer.code
                    outcomes[answer.status, said] += 1

        threads = [threading.Thread(target=read) for _ in range(clients)]
        for thread in threads:
            thread.start()
        try:
            yield outcomes
        finally:
            over.set()
            for thread in threads:
                thread.join()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return probe.getsockname()[1]


@pytest.fixture(scope="session")
def eventually():
    """Tells whether something comes to hold in time."""

    def holds_in_time(holds, seconds: float = PATIENCE) -> bool:
        deadline = time.monotonic() + seconds
        while not holds():
            if time.monotonic() > deadline:
                return False
            time.sleep(0.01)
        return True

    return holds_in_time


@pytest.fixture(scope="session")
def small_graph(tmp_path_factory) -> Path:
    """A file of 100 triples about things with a value."""
    file = tmp_path_factory.mktemp("graph") / "things.nt"
    lines = [f"<{EX}thing{number}> <{EX}value> {_integer(number)} .\n" for number in range(THINGS)]
    file.write_text("".join(lines), encoding="utf-8")
    return file


def _integer(number: int) -> str:
    return f'"{number}"^^<http://www.w3.org/2001/XMLSchema#integer>'


@pytest.fixture(scope="session")
def serving(tmp_path_factory, small_graph):
    """Makes a context in which a server runs over the small graph, in a folder of its own."""

    @contextlib.contextmanager
    def run(*, start: bool = True, options: Mapping[str, object] | None = None, **settings):
        given = {"files": [small_graph], **(options or {})}
        server = Server(tmp_path_factory.mktemp("server"), settings, **given)
        try:
            if start:
                server.start()
            yield server
        finally:
            server.stop()

    return run


@pytest.fixture(scope="module")
def server(request, serving) -> Iterator[Server]:
    with serving(**getattr(request.module, "SETTINGS", {})) as server:
        yield server


@pytest.fixture
def client(server) -> Client:
    return server.client


@pytest.fixture
def alive(server):
    """Checks in the end that the web process and the writer have lived."""
    before = server.nursery, server.client.health()["writer"]
    yield
    assert (server.nursery, server.client.health()["writer"]) == before, server.tail


@pytest.fixture
def unharmed(alive, server):
    """Checks in the end that the web process and the writer have lived, and that both work."""
    yield
    server.client.must_update(f"INSERT DATA {{ <{EX}unharmed> <{EX}p> 1 }}")
    assert server.client.ask(f"<{EX}unharmed> ?p ?o")


@dataclass
class Listeners:
    """Ports at 127.0.0.1 and ::1 that count who connects."""

    port: int
    connections: int = 0

    @property
    def addresses(self) -> list[str]:
        return [f"127.0.0.1:{self.port}", f"[::1]:{self.port}", f"localhost:{self.port}"]


@pytest.fixture(scope="session")
def listeners() -> Iterator[Listeners]:
    with contextlib.ExitStack() as stack:
        port = _free_port()
        found = Listeners(port)
        over = threading.Event()
        for family, address in ((socket.AF_INET, HOST), (socket.AF_INET6, "::1")):
            listening = stack.enter_context(socket.socket(family))
            listening.bind((address, port))
            listening.listen()
            listening.settimeout(0.2)
            thread = threading.Thread(target=_count, args=(listening, found, over))
            thread.start()
            stack.callback(thread.join)
        stack.callback(over.set)
        yield found


def _count(listening: socket.socket, found: Listeners, over: threading.Event) -> None:
    while not over.is_set():
        with contextlib.suppress(TimeoutError):
            connection, _ = listening.accept()
            found.connections += 1
            connection.close()


@pytest.fixture
def unconnected(listeners) -> Iterator[Listeners]:
    """Checks in the end that nobody has connected to the listeners."""
    before = listeners.connections
    yield listeners
    assert listeners.connections == before
