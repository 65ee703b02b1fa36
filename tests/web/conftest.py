"""A small graph, the application over it, and a real server over it."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import pytest
from flask.testing import FlaskClient

from kg import bundle, settings
from kg.build import build
from kg.store.loading import Source
from kg.store.snapshots import Database
from kg.web import create_app

GRAPH = """
@prefix e: <http://example.org/> .
@prefix id: <https://kg.example/id/> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .

id:alice a e:Person ; rdfs:label "Alice"@en , "爱丽丝"@zh-Hans ; e:knows id:bob , id:光伏 ;
  e:address [ e:city "Jiaxing" ] .
id:bob a e:Person ; rdfs:label "Bob"@en ; e:age 42 .
id:光伏 a e:Industry ; rdfs:label "光伏"@zh-Hans , "photovoltaics"@en .
e:Person rdfs:label "Person"@en , "人物"@zh-Hans .
"""

NAMED = """
<http://example.org/g1> { <http://example.org/one> <http://example.org/in> "g1" }
<http://example.org/g2> { <http://example.org/two> <http://example.org/in> "g2" }
"""


@pytest.fixture(scope="session")
def database(tmp_path_factory) -> Database:
    folder = tmp_path_factory.mktemp("web")
    (folder / "small.ttl").write_text(GRAPH, encoding="utf-8")
    (folder / "named.trig").write_text(NAMED, encoding="utf-8")
    sources = [Source.of(folder / "small.ttl"), Source.of(folder / "named.trig")]
    database = Database(folder / "db")
    build(sources, database, base_iri="https://kg.example/")
    return database


@pytest.fixture(scope="session")
def client(database) -> FlaskClient:
    return create_app(settings.load(environment={}), database).test_client(use_cookies=False)


@pytest.fixture(scope="session")
def bundled(tmp_path_factory) -> FlaskClient:
    """A client of the application over the graph that comes with the service."""
    database = Database(tmp_path_factory.mktemp("bundled") / "db")
    build(bundle.sources(), database, base_iri="https://kg.example/", examples=bundle.queries())
    return create_app(settings.load(environment={}), database).test_client(use_cookies=False)


@pytest.fixture(scope="session")
def server(database):
    """The address of a real server over the same graph."""
    with serving(database) as address:
        yield address


@pytest.fixture(scope="session")
def bundled_server(bundled):
    """The address of a real server over the graph that comes with the service."""
    with serving(bundled.application.extensions["kg"].database) as address:
        yield address


@contextmanager
def serving(database: Database) -> Iterator[str]:
    """Yield the address of a real server over a database."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [Path(sys.executable).with_name("kg"), "serve", "--db", database.path]
    environment = {name: os.environ[name] for name in os.environ if not name.startswith("KG_")}
    process = subprocess.Popen([*command, "--port", str(port)], env=environment)
    address = f"http://127.0.0.1:{port}"
    try:
        _wait_for(address + "/health", process)
        yield address
    finally:
        process.terminate()
        process.wait(timeout=20)


def _wait_for(address: str, process: subprocess.Popen) -> None:
    for _ in range(1200):
        assert process.poll() is None, "the server ended while it started"
        try:
            urlopen(address).close()
        except URLError:
            time.sleep(0.05)
        else:
            return
    raise AssertionError("the server did not answer")
