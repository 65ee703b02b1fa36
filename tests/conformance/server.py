"""A SPARQL server as its users have it: the real command, in a process of its own, over HTTP.

The server is `kg serve`; Oxigraph's own can take its place, to compare the two.
"""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from email.message import Message
from pathlib import Path
from urllib.parse import quote

from .endpoint import Graphs, Malformed, Unsupported

HOST = "127.0.0.1"
TOKEN = "conformance"
SECONDS_TO_START = 60
SECONDS_TO_ANSWER = 60

NTRIPLES = "application/n-triples"
PROBLEM = "application/problem+json"


class Broken(Exception):
    """The server gave an answer that no request of a test should get. It is no known failure."""


@dataclass(frozen=True)
class Response:
    """What came back: the status, the headers, and the body to its end."""

    status: int
    headers: Message
    body: bytes

    @property
    def media_type(self) -> str:
        """The type of the body without its parameters, in lower case; empty when not given."""
        return self.headers.get_content_type() if "Content-Type" in self.headers else ""

    @property
    def code(self) -> str:
        """The `code` of a problem (RFC 9457); empty for any other body."""
        return json.loads(self.body)["code"] if self.media_type == PROBLEM else ""

    def __str__(self) -> str:
        return f"{self.status} {self.media_type}: {self.body[:500].decode(errors='replace')}"


class Client:
    """One HTTP connection that is kept alive, and opened again when the server closed it."""

    def __init__(self, port: int) -> None:
        self._connection = http.client.HTTPConnection(HOST, port, timeout=SECONDS_TO_ANSWER)

    def request(
        self,
        method: str,
        target: str,
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
    ) -> Response:
        """Send a request, just as given, and return the response."""
        try:
            return self._request(method, target, headers or {}, body)
        except (http.client.RemoteDisconnected, ConnectionResetError, BrokenPipeError):
            # A server may close a connection between two requests (RFC 9112, 9.3.1).
            self._connection.close()
            return self._request(method, target, headers or {}, body)

    def _request(
        self, method: str, target: str, headers: Mapping[str, str], body: bytes | None
    ) -> Response:
        self._connection.request(method, target, body, dict(headers))
        response = self._connection.getresponse()
        return Response(response.status, response.headers, response.read())

    def close(self) -> None:
        """Close the connection; the next request opens another."""
        self._connection.close()


@dataclass(frozen=True)
class Software:
    """A server that can be started, and where it answers what."""

    command: tuple[str, ...]
    """`{port}` stands for the port to listen at; the folder it runs in has an `empty.nt`."""

    health: str
    query: str
    update: str
    graphs: str

    refusal: Callable[[Response], type[Exception] | None]
    """Tells what a response says against the text that was sent; None is another failure."""


def kg() -> Software:
    """Return the service itself, writable and empty at first."""
    command = str(Path(sys.executable).with_name("kg"))
    return Software(
        command=(command, "serve", "empty.nt", "--db", "db", "--writable", "--port", "{port}"),
        health="/health",
        query="/sparql",
        update="/update",
        graphs="/graphs",
        refusal=lambda response: _REFUSALS.get((response.status, response.code)),
    )


def oxigraph(binary: Path) -> Software:
    """Return Oxigraph's own server."""
    return Software(
        command=(str(binary.absolute()), "serve", "--location", "db", "--bind", f"{HOST}:{{port}}"),
        health="/",
        query="/query",
        update="/update",
        graphs="/store",
        refusal=lambda response: {400: Malformed, 500: Unsupported}.get(response.status),
    )


_REFUSALS: dict[tuple[int, str], type[Exception]] = {
    (400, "malformed_query"): Malformed,
    (400, "unsupported_function"): Unsupported,
    (400, "no_such_graph"): Unsupported,
    (400, "graph_exists"): Unsupported,
}


class Service:
    """A running server: an `Endpoint`, and a partner for requests of any kind."""

    def __init__(self, software: Software, port: int, client: Client) -> None:
        self.software = software
        self.client = client
        self.url = f"http://{HOST}:{port}"
        self._loaded: Graphs | None = None  # unknown, as after an update

    def request(
        self,
        method: str,
        target: str,
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
    ) -> Response:
        """Send a request that may write, with the token, and return whatever comes back."""
        self._loaded = None
        authorised = {**(headers or {}), "Authorization": f"Bearer {TOKEN}"}
        return self.client.request(method, target, authorised, body)

    def load(self, graphs: Graphs) -> None:
        """Make the store hold these graphs and nothing else."""
        if self._loaded == graphs:
            return
        self.update("DROP ALL")
        for name, document in graphs.items():
            self.put_graph(name, document)
        self._loaded = graphs

    def put_graph(self, name: str | None, document: bytes) -> None:
        """Put N-Triples into a named graph, or with None into the default graph."""
        query = "default" if name is None else f"graph={quote(name, safe='')}"
        target = f"{self.software.graphs}?{query}"
        response = self.request("PUT", target, {"Content-Type": NTRIPLES}, document)
        if response.status not in (200, 201, 204):
            raise Broken(f"PUT {target}: {response}")

    def query(self, text: str, media_type: str) -> bytes:
        """Return the answer, written as `media_type`. Raises Malformed and Unsupported."""
        response = self._query(text, {"Accept": media_type})
        if response.media_type != media_type:
            raise Broken(f"asked for {media_type}, got {response}")
        return response.body

    def update(self, text: str) -> None:
        """Change the store. Raises Malformed and Unsupported."""
        headers = {"Content-Type": "application/sparql-update"}
        response = self.request("POST", self.software.update, headers, text.encode())
        self._raise_for(response)

    def parse_query(self, text: str) -> None:
        """Find out whether a query is well-formed. Raises Malformed and Unsupported."""
        self._query(text, {})

    def _query(self, text: str, headers: Mapping[str, str]) -> Response:
        typed = {**headers, "Content-Type": "application/sparql-query"}
        response = self.client.request("POST", self.software.query, typed, text.encode())
        self._raise_for(response)
        return response

    def _raise_for(self, response: Response) -> None:
        if response.status not in (200, 204):
            kind = self.software.refusal(response) or Broken
            raise kind(str(response))


@contextlib.contextmanager
def running(software: Software, folder: Path) -> Iterator[Service]:
    """Run a server in `folder` for as long as the context lasts."""
    port = _free_port()
    (folder / "empty.nt").touch()
    command = [word.format(port=port) for word in software.command]
    with _process(command, folder) as process:
        client = Client(port)
        try:
            _await(client, software.health, process, folder)
            yield Service(software, port, client)
        finally:
            client.close()


@contextlib.contextmanager
def _process(command: list[str], folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Run a command in `folder`, where its output goes to `log`, and end it in the end."""
    ours = {name: text for name, text in os.environ.items() if not name.startswith("KG_")}
    environment = {**ours, "KG_TOKEN": TOKEN, "KG_UNION_DEFAULT_GRAPH": "false"}
    with (
        (folder / "log").open("wb") as log,
        subprocess.Popen(
            command, cwd=folder, env=environment, stdout=log, stderr=subprocess.STDOUT
        ) as process,
    ):
        try:
            yield process
        finally:
            process.terminate()
            try:
                process.wait(timeout=10)
            except subprocess.TimeoutExpired:
                process.kill()


def _await(client: Client, health: str, process: subprocess.Popen[bytes], folder: Path) -> None:
    """Return when the server answers; fail with its output when it does not get there."""
    deadline = time.monotonic() + SECONDS_TO_START
    while process.poll() is None and time.monotonic() < deadline:
        with contextlib.suppress(OSError):
            if client.request("GET", health).status == 200:
                return
        client.close()
        time.sleep(0.05)
    raise Broken(f"the server did not start:\n{(folder / 'log').read_text()}")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])
