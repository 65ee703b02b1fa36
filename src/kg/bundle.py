"""The graph that comes with the service: its files, and the graph each of them belongs to."""

from __future__ import annotations

from pathlib import Path

from kg.errors import StorageFailed
from kg.store.loading import Source
from kg.terms import NamedNode

GRAPHS = "https://kg.example/id/graph/"
"""The bundled graph has the same identifiers wherever it is served."""


def folder(name: str) -> Path:
    """Return the bundled folder `ontology` or `data`: inside the package, or beside `src`."""
    package = Path(__file__).parent
    for place in (package / "bundled" / name, package.parent.parent / name):
        if place.is_dir():
            return place
    raise StorageFailed(f"the bundled folder {name!r} is missing; install the package again")


def sources() -> list[Source]:
    """Return the bundled files. TriG names its own graphs; Turtle is given one here."""
    ontology, catalog = NamedNode(GRAPHS + "ontology"), NamedNode(GRAPHS + "catalog")
    return [
        *(Source.of(path, ontology) for path in sorted(folder("ontology").glob("*.ttl"))),
        *(Source.of(path, catalog) for path in sorted(folder("data").glob("*.ttl"))),
        *(Source.of(path) for path in sorted(folder("data").glob("*.trig"))),
    ]


def queries() -> Path:
    """Return the folder of the example queries."""
    return folder("data") / "queries"
