"""A real server over a graph that hostile queries bite on, and a client that tells what came back.

A module names what its server is set to in `SETTINGS`, in the words of the environment.
"""

import contextlib
import functools
import http.client
import json
import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from email.message import Message
from itertools import product
from pathlib import Path
from urllib.parse import urlencode

import pytest

from kg.build import build
from kg.store.loading import Source
from kg.store.snapshots import Database

HOST = "127.0.0.1"
TOKEN = "operator"
AUTHORISED = {"Authorization": f"Bearer {TOKEN}"}
NURSERY = "kg.store.nursery"
PATIENCE = 60
"""Seconds for whatever has no time of its own to keep, on a machine that is busy."""

QUERY_STATUSES = {200, 400, 403, 406, 413, 503}
"""What a query may be answered with, whatever it holds."""

DOCUMENTATION = Path(__file__).parents[2] / "docs" / "operation.md"

NODES = 3000
THINGS = 600
LONGEST = 30 * 1024

_PREFIXES = """\
@prefix : <http://example.org/> .
@prefix id: <https://kg.example/id/> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
"""


@dataclass(frozen=True)
class Answer:
    """A whole response, and the seconds it took."""

    status: int
    headers: Message
    body: bytes
    seconds: float

    @property
    def json(self):
        return json.loads(self.body)

    @property
    def code(self) -> str:
        """The code of a problem (RFC 9457); empty for an answer."""
        problem = self.headers.get_content_type() == "application/problem+json"
        return self.json["code"] if problem else ""

    @property
    def documented(self) -> bool:
        """Whether a query may be answered so: never with a 500, always with a code that is known."""
        return self.status in QUERY_STATUSES and self.has_known_code

    @property
    def has_known_code(self) -> bool:
        """Whether it is no error, or one that operators are told of."""
        return self.status < 300 or (self.status, self.code) in documented_codes()

    def __str__(self) -> str:
        return f"{self.status} after {self.seconds:.2f} s: {self.body[:300]!r}"


@functools.cache
def documented_codes() -> frozenset[tuple[int, str]]:
    """The statuses and codes of errors, from the table that operators are given."""
    found = set()
    for line in DOCUMENTATION.read_text(encoding="utf-8").splitlines():
        if re.match(r"\| \d{3}", line):
            _, statuses, codes, *_ = line.split("|")
            found |= set(product(re.findall(r"\d{3}", statuses), re.findall(r"`(\w+)`", codes)))
    assert found, f"{DOCUMENTATION} has no table of codes"
    return frozenset((int(status), code) for status, code in found)


class Client:
    """One connection that is kept alive."""

    def __init__(self, port: int) -> None:
        self.connection = http.client.HTTPConnection(HOST, port, timeout=PATIENCE)

    def request(
        self,
        method: str,
        target: str,
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
    ) -> Answer:
        """Send a request and return the whole response.

        A server may close a connection between two requests (RFC 9112, 9.3.1), as this one does
        after it has refused a body without reading it.
        """
        begun = time.monotonic()
        try:
            response = self._response(method, target, body, dict(headers or {}))
        except (http.client.RemoteDisconnected, ConnectionResetError):
            self.connection.close()
            response = self._response(method, target, body, dict(headers or {}))
        content = response.read()
        return Answer(response.status, response.headers, content, time.monotonic() - begun)

    def _response(self, method, target, body, headers) -> http.client.HTTPResponse:
        try:
            self.connection.request(method, target, body, headers)
        except BrokenPipeError:
            # The body was refused before it was whole; the answer is there all the same.
            response = http.client.HTTPResponse(self.connection.sock, method=method)
            response.begin()
            self.connection.close()
            return response
        return self.connection.getresponse()

    def get(self, target: str, headers: Mapping[str, str] | None = None) -> Answer:
        return self.request("GET", target, headers)

    def query(
        self, text: str | bytes, accept: str = "*/*", dataset: Mapping[str, str] | None = None
    ) -> Answer:
        """Send a query as the body of a POST; `dataset` are parameters of the address."""
        headers = {"Content-Type": "application/sparql-query", "Accept": accept}
        body = text.encode() if isinstance(text, str) else text
        return self.request("POST", f"/sparql?{urlencode(dataset or {})}", headers, body)

    def ask(self, text: str = "ASK { ?s ?p ?o }") -> bool:
        answer = self.query(text)
        assert answer.status == 200, answer
        return answer.json["boolean"]

    def queries(self) -> list[dict]:
        """The queries that run or wait, as the operator sees them."""
        return self.get("/queries", AUTHORISED).json["queries"]

    def stop(self, id: str, headers: Mapping[str, str] | None = None) -> Answer:
        return self.request("DELETE", f"/queries/{id}", headers)


@dataclass(frozen=True)
class Process:
    pid: int
    parent: int
    memory: int
    """Bytes that are in memory, those it shares with others included."""

    is_zombie: bool
    command: str


@dataclass(frozen=True)
class Server:
    """A running `kg serve`."""

    port: int
    process: subprocess.Popen
    seconds: float
    """What a query may take."""

    log: Path

    host: str = HOST

    @property
    def authorised(self) -> dict[str, str]:
        """The header of an operator's requests."""
        return AUTHORISED

    @contextlib.contextmanager
    def client(self) -> Iterator[Client]:
        client = Client(self.port)
        try:
            yield client
        finally:
            client.connection.close()

    @property
    def lasting(self) -> tuple[int, int]:
        """The ids of the process that answers requests and of the nursery; no query ends these."""
        return self._nursery.parent, self._nursery.pid

    @property
    def web(self) -> int:
        return self.lasting[0]

    @property
    def nursery(self) -> int:
        return self.lasting[1]

    @property
    def readers(self) -> set[int]:
        return {each.pid for each in self._readers()}

    @property
    def largest_reader(self) -> int:
        """Bytes in memory of the reader that has most."""
        return max((each.memory for each in self._readers()), default=0)

    def _readers(self) -> list[Process]:
        nursery = self.nursery
        return [each for each in list_processes() if each.parent == nursery and not each.is_zombie]

    @property
    def zombies(self) -> list[Process]:
        ours = (self.process.pid, self.web, self.nursery)
        return [each for each in list_processes() if each.parent in ours and each.is_zombie]

    @property
    def descriptors(self) -> int:
        """How many files and sockets the web process has open; 0 where the kernel does not tell."""
        folder = Path(f"/proc/{self.web}/fd")
        return len(list(folder.iterdir())) if folder.exists() else 0

    @property
    def _nursery(self) -> Process:
        """The only descendant of the server with that command whose parent has another."""
        among = {each.pid: each for each in list_processes() if not each.is_zombie}
        for each in among.values():
            if NURSERY in each.command and self.process.pid in _ancestors(each, among):
                parent = among[each.parent]
                if NURSERY not in parent.command:
                    return each
        raise AssertionError(f"there is no nursery: {self.logged[-2000:]}")

    @property
    def logged(self) -> str:
        return self.log.read_text(encoding="utf-8", errors="replace")


def list_processes() -> list[Process]:
    """Every process of this machine, those included that have ended and wait for their parent."""
    listed = subprocess.run(
        ["ps", "-A", "-o", "pid=,ppid=,rss=,stat=,args="],
        check=True,
        capture_output=True,
        text=True,
        errors="replace",
    )
    found = []
    for line in listed.stdout.splitlines():
        pid, parent, kilobytes, state, *command = line.split(None, 4)
        memory, is_zombie = 1024 * int(kilobytes), state.startswith("Z")
        found.append(Process(int(pid), int(parent), memory, is_zombie, "".join(command)))
    return found


def _ancestors(process: Process, among: Mapping[int, Process]) -> Iterator[int]:
    while process.parent in among:
        yield process.parent
        process = among[process.parent]


def wait_until(holds: Callable[[], object], seconds: float = PATIENCE) -> bool:
    """Return whether something comes to hold in time."""
    deadline = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def turtle() -> Iterator[str]:
    yield _PREFIXES
    for number in range(NODES):
        yield f":c{number} :n :c{(number + 1) % NODES} .\n"
    for number in range(THINGS):
        yield f'id:t{number} a :Thing ; rdfs:label "thing {number}"@en ; :value {number} .\n'
    yield f':long :text "{"a" * (LONGEST - 1)}!" .\n'


@pytest.fixture(scope="session")
def database(tmp_path_factory) -> Database:
    """A cycle of 3,000 nodes, 600 things, and a text of 30 KB."""
    folder = tmp_path_factory.mktemp("hostile")
    file = folder / "graph.ttl"
    file.write_text("".join(turtle()), encoding="utf-8")
    database = Database(folder / "db")
    build([Source.of(file)], database, base_iri="https://kg.example/")
    return database


@contextlib.contextmanager
def serve(
    database: Database,
    folder: Path,
    settings: Mapping[str, object],
    *,
    seconds: float = PATIENCE,
    options: Sequence[str] = (),
) -> Iterator[Server]:
    """Run a server in `folder`, which is to answer within `seconds`, while the context lasts."""
    inherited = {name: text for name, text in os.environ.items() if not name.startswith("KG_")}
    given = {"TOKEN": TOKEN, "QUERY_SECONDS": 1.0} | dict(settings)
    environment = {
        **inherited,
        **{f"KG_{name}": str(value) for name, value in given.items()},
        "XDG_CACHE_HOME": str(folder / "cache"),
    }
    port = _free_port()
    command = [Path(sys.executable).with_name("kg"), "serve", "--db", database.path, *options]
    log = folder / "log"
    with (
        log.open("wb") as output,
        subprocess.Popen(
            [*command, "--port", str(port)],
            cwd=folder,
            env=environment,
            stdout=output,
            stderr=subprocess.STDOUT,
        ) as process,
    ):
        server = Server(port, process, float(given["QUERY_SECONDS"]), log)
        try:
            assert wait_until(lambda: _answers(server), seconds), server.logged[-2000:]
            yield server
        finally:
            process.terminate()
            try:
                process.wait(timeout=20)
            except subprocess.TimeoutExpired:
                process.kill()


def _answers(server: Server) -> bool:
    assert server.process.poll() is None, server.logged[-2000:]
    with server.client() as client, contextlib.suppress(OSError):
        return client.get("/health").status == 200
    return False


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return probe.getsockname()[1]


@pytest.fixture(scope="session")
def serving():
    """What runs a server as a test wants it; see `serve`."""
    return serve


@pytest.fixture(scope="session")
def processes():
    """What lists the processes of this machine; see `list_processes`."""
    return list_processes


@pytest.fixture(scope="session")
def eventually():
    """What waits for something to hold; see `wait_until`."""
    return wait_until


@pytest.fixture(scope="module")
def server(request, database, tmp_path_factory) -> Iterator[Server]:
    settings = getattr(request.module, "SETTINGS", {})
    with serve(database, tmp_path_factory.mktemp("server"), settings) as running:
        yield running


@pytest.fixture
def client(server) -> Iterator[Client]:
    with server.client() as client:
        yield client


@pytest.fixture
def unharmed(server):
    """Checks in the end that the processes that must live have lived."""
    before = server.lasting
    yield
    assert server.lasting == before
    with server.client() as client:
        assert client.ask()
