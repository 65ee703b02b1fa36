"""Small graphs with their search index."""

import pytest
from hypothesis import settings

from kg.search import making
from kg.search.index import Index
from kg.search.matching import matching
from kg.store.embedded import EmbeddedStore
from kg.store.loading import Source

settings.register_profile("kg", deadline=None)
settings.load_profile("kg")

PREFIXES = """
@prefix e: <http://example.org/> .
@prefix dcterms: <http://purl.org/dc/terms/> .
@prefix oa: <http://www.w3.org/ns/oa#> .
@prefix owl: <http://www.w3.org/2002/07/owl#> .
@prefix rdf: <http://www.w3.org/1999/02/22-rdf-syntax-ns#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix skos: <http://www.w3.org/2004/02/skos/core#> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
"""


@pytest.fixture(scope="session")
def index_of(tmp_path_factory):
    """Return what makes the index of TriG, in which plain Turtle is the default graph."""

    def make(text: str) -> Index:
        folder = tmp_path_factory.mktemp("index")
        path = folder / "data.trig"
        path.write_text(PREFIXES + text, encoding="utf-8")
        store = EmbeddedStore.in_memory([Source.of(path)], base_iri="https://kg.example/")
        making.make(store, folder)
        return Index(folder / making.FOLDER)

    return make


@pytest.fixture(scope="session")
def named(index_of):
    """Return what makes the index of things that have these names: `e:0`, `e:1` and so on."""

    def make(*names: str) -> Index:
        return index_of(
            "".join(f"e:n{place} rdfs:label {_quoted(name)} . " for place, name in enumerate(names))
        )

    return make


def _quoted(text: str) -> str:
    return (
        '"'
        + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\r", "\\r")
        + '"'
    )


@pytest.fixture(scope="session")
def found():
    """Return what lists the local names of the entities that match."""

    def find(index: Index, text: str) -> list[str]:
        return sorted(iri.rpartition("/")[2] for iri in index.iris(matching(index, text)))

    return find
