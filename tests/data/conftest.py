"""The bundled graph as the service loads it, and the source text where it is at hand."""

from pathlib import Path

import pytest
from pyoxigraph import NamedNode, RdfFormat, Store

ROOT = Path(__file__).parents[2]
GRAPH = "https://kg.example/id/graph/"
SOURCES = ROOT.parent / "shared" / "source"


@pytest.fixture(scope="session")
def store() -> Store:
    """All five named graphs."""
    loaded = Store()
    for name in ("stated", "inferred", "reference"):
        loaded.load(path=str(ROOT / "data" / f"{name}.trig"), format=RdfFormat.TRIG)
    for path in sorted((ROOT / "ontology").glob("*.ttl")):
        graph = NamedNode(f"{GRAPH}ontology")
        loaded.load(path=str(path), format=RdfFormat.TURTLE, to_graph=graph)
    catalog = ROOT / "data" / "catalog.ttl"
    graph = NamedNode(f"{GRAPH}catalog")
    loaded.load(path=str(catalog), format=RdfFormat.TURTLE, to_graph=graph)
    return loaded


@pytest.fixture(scope="session")
def source_path() -> Path:
    """The file of the article, which is not part of the project."""
    found = sorted(SOURCES.glob("000_*.txt"))
    if not found:
        pytest.skip("the source text is not at hand")
    return found[0]


@pytest.fixture(scope="session")
def source(source_path: Path) -> str:
    return source_path.read_bytes().decode("utf-8")
