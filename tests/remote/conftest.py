"""Real servers of different make over the same graphs, and one that misbehaves on demand."""

import contextlib
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest

from kg.build import build
from kg.store.embedded import EmbeddedStore
from kg.store.loading import Source
from kg.store.remote import Endpoint
from kg.store.snapshots import Database

HOST = "127.0.0.1"
EX = "http://example.org/"
PATIENCE = 60

GRAPHS = {
    f"{EX}people": """
@prefix : <http://example.org/> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
:alice a :Person ; rdfs:label "Alice"@en , "爱丽丝"@zh-hans ; :age 42 ; :knows :bob , :光伏 ;
  :height 1.75 ; :born "1984-02-29"^^xsd:date ; :note "tab\\tquote\\"line\\nback\\\\" .
:bob a :Person ; rdfs:label "Bob"@en ; :age 7 ; :knows :alice ; :active true .
:carol a :Person ; rdfs:label "Carol" ; :knows :bob , :carol ; :score 1.5e3 .
:光伏 a :Industry ; rdfs:label "光伏"@zh-hans , "photovoltaics"@en ; :part :energy .
:energy a :Industry ; rdfs:label "energy"@en ; :part :economy .
""",
    f"{EX}places": """
@prefix : <http://example.org/> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
:xiuzhou rdfs:label "秀洲区"@zh-hans , "Xiuzhou"@en ; :within :jiaxing ; :people 600 .
:jiaxing rdfs:label "嘉兴市"@zh-hans ; :within :zhejiang .
:alice :home :xiuzhou .
:bob :home :jiaxing .
<http://example.org/a(b)'c> rdfs:label "awkward"@en ; :within :xiuzhou .
""",
}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return probe.getsockname()[1]


def wait_for(url: str, process: subprocess.Popen) -> None:
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            urlopen(url, timeout=5)
        except HTTPError:
            return
        except OSError:
            assert process.poll() is None, f"{process.args} has ended"
            assert time.monotonic() < deadline, f"{process.args} does not answer"
            time.sleep(0.05)
        else:
            return


@contextlib.contextmanager
def running(command: list, url: str, folder: Path) -> Iterator[None]:
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            list(map(str, command)), cwd=folder, stdout=log, stderr=subprocess.STDOUT
        )
    try:
        wait_for(url, process)
        yield
    finally:
        process.terminate()
        try:
            process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            process.kill()


@pytest.fixture(scope="session")
def files(tmp_path_factory) -> dict[str, Path]:
    """The graphs, by name, each in a file."""
    folder = tmp_path_factory.mktemp("graphs")
    found = {}
    for number, (graph, text) in enumerate(GRAPHS.items()):
        found[graph] = folder / f"{number}.ttl"
        found[graph].write_text(text, encoding="utf-8")
    return found


@pytest.fixture(scope="session")
def database(tmp_path_factory, files) -> Database:
    from kg.terms import NamedNode  # noqa: PLC0415

    database = Database(tmp_path_factory.mktemp("database"))
    sources = [Source.of(file, NamedNode(graph)) for graph, file in files.items()]
    build(sources, database, base_iri="https://kg.example/")
    return database


@pytest.fixture(scope="session")
def embedded(database) -> EmbeddedStore:
    snapshot = database.current()
    return EmbeddedStore.open(snapshot.triples, snapshot=snapshot.id)


@contextlib.contextmanager
def kg_server(database: Database, folder: Path) -> Iterator[str]:
    port = free_port()
    kg = Path(sys.executable).with_name("kg")
    command = [kg, "serve", "--db", database.path, "--port", port]
    with running(command, f"http://{HOST}:{port}/health", folder):
        yield f"http://{HOST}:{port}/sparql"


@contextlib.contextmanager
def oxigraph_server(files: dict[str, Path], folder: Path) -> Iterator[str]:
    program = shutil.which("oxigraph", path=str(Path(sys.executable).parent))
    if program is None:
        pytest.skip("the server of Oxigraph is not installed (PyPI: oxigraph)")
    port = free_port()
    command = [program, "serve", "--location", folder / "data", "--bind", f"{HOST}:{port}"]
    with running(command, f"http://{HOST}:{port}/", folder):
        for graph, file in files.items():
            put = Request(
                f"http://{HOST}:{port}/store?graph={graph}",
                data=file.read_bytes(),
                headers={"Content-Type": "text/turtle"},
                method="PUT",
            )
            urlopen(put, timeout=PATIENCE)
        yield f"http://{HOST}:{port}/query"


VIRTUOSO = """
[Database]
DatabaseFile = {folder}/virtuoso.db
ErrorLogFile = {folder}/virtuoso.log
TransactionFile = {folder}/virtuoso.trx
xa_persistent_file = {folder}/virtuoso.pxa
[Parameters]
ServerPort = {sql}
DirsAllowed = {folder}, {data}
NumberOfBuffers = 10000
MaxDirtyBuffers = 6000
[HTTPServer]
ServerPort = {host}:{port}
ServerThreads = 8
[SPARQL]
ResultSetMaxRows = 10000
"""


@contextlib.contextmanager
def virtuoso_server(files: dict[str, Path], folder: Path) -> Iterator[str]:
    server, client = shutil.which("virtuoso-t"), shutil.which("isql-vt")
    if server is None or client is None:
        pytest.skip("Virtuoso is not installed (Debian: virtuoso-opensource-7)")
    port, sql = free_port(), free_port()
    data = next(iter(files.values())).parent
    settings = VIRTUOSO.format(folder=folder, data=data, host=HOST, port=port, sql=sql)
    (folder / "virtuoso.ini").write_text(settings, encoding="utf-8")
    command = [server, "-f", "-c", folder / "virtuoso.ini"]
    url = f"http://{HOST}:{port}/sparql"
    with running(command, url, folder):
        for graph, file in files.items():
            load = f"DB.DBA.TTLP_MT(file_to_string_output('{file}'), '', '{graph}', 0);"
            subprocess.run(
                [client, f"{HOST}:{sql}", "dba", "dba"],
                input=load,
                text=True,
                check=True,
                capture_output=True,
            )
        yield url


@pytest.fixture(scope="session", params=["kg", "oxigraph", "virtuoso"])
def endpoint(request, database, files, tmp_path_factory) -> Iterator[Endpoint]:
    """An endpoint over the graphs: our own, Oxigraph's server, and Virtuoso."""
    folder = tmp_path_factory.mktemp(request.param)
    servers = {
        "kg": lambda: kg_server(database, folder),
        "oxigraph": lambda: oxigraph_server(files, folder),
        "virtuoso": lambda: virtuoso_server(files, folder),
    }
    with servers[request.param]() as url:
        yield Endpoint(url)
