"""Files to load, and stores of them."""

import pytest

from kg.build import build
from kg.store.embedded import EmbeddedStore
from kg.store.loading import Source
from kg.store.snapshots import Database

BASE = "https://kg.example/"

PREFIXES = """
@prefix e: <http://example.org/> .
@prefix rdf: <http://www.w3.org/1999/02/22-rdf-syntax-ns#> .
@prefix sh: <http://www.w3.org/ns/shacl#> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
"""


@pytest.fixture
def source(tmp_path):
    """Return what makes a file: of bytes, or of text with the usual prefixes before it."""

    def make(content: str | bytes, *, name: str = "data.trig", graph=None) -> Source:
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else (PREFIXES + content).encode())
        return Source.of(path, graph)

    return make


@pytest.fixture
def store(source):
    """Return what makes a store in memory of TriG (in which Turtle is the default graph)."""

    def make(text: str) -> EmbeddedStore:
        return EmbeddedStore.in_memory([source(text)], base_iri=BASE)

    return make


@pytest.fixture
def database(tmp_path, source):
    """A database that was built from `e:a e:p 1`."""
    database = Database(tmp_path / "db")
    build([source("e:a e:p 1 .", name="published.ttl")], database, base_iri=BASE)
    return database


@pytest.fixture
def names():
    """Return what lists a folder."""
    return lambda folder: sorted(path.name for path in folder.iterdir())


@pytest.fixture
def objects():
    """Return what asks a database for all its objects."""

    def ask(database: Database) -> list[str]:
        current = database.current()
        store = EmbeddedStore.open(current.triples, snapshot=current.id)
        rows = store.query("SELECT ?o { ?s ?p ?o } ORDER BY ?o").solutions()
        return [row["o"].value for row in rows]

    return ask
