"""SHACL validation of a snapshot before it is published, or of files before they are loaded."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import shacl

from kg.errors import BadData
from kg.formats import NTRIPLES
from kg.store import OWN_DEFAULT_GRAPH, Scope, Store
from kg.store.embedded import EmbeddedStore
from kg.terms import DefaultGraph, NamedNode, Namespace, values

SH = Namespace("http://www.w3.org/ns/shacl#")

# What makes a node a shape that is applied to something (SHACL, 2.1).
_TARGETS = (SH.targetClass, SH.targetNode, SH.targetSubjectsOf, SH.targetObjectsOf)


@dataclass(frozen=True)
class Violation:
    """One thing that a shape finds wrong. Terms are in N-Triples syntax; `path` may be ""."""

    severity: str
    focus: str
    path: str
    value: str
    messages: tuple[str, ...]
    shape: str
    component: str = ""

    def __str__(self) -> str:
        where = f"{self.focus} {self.path}".strip()
        value = f" (value {self.value})" if self.value else ""
        return f"{self.severity}: {where}{value}: {' / '.join(self.messages)}"


@dataclass(frozen=True)
class Validation:
    """The outcome of a validation; `shapes` is how many shapes were applied."""

    shapes: int
    violations: tuple[Violation, ...]

    @property
    def conforms(self) -> bool:
        """Whether nothing of severity sh:Violation was found (SHACL, 3.4)."""
        return not any(violation.severity == "Violation" for violation in self.violations)


NOTHING = Validation(0, ())
"""The outcome where there are no shapes."""


def validate(store: EmbeddedStore, folder: Path) -> Validation:
    """Validate all graphs of a store, as one, against the shapes that stand in any of them.

    `folder` takes two temporary files of the size of the data. Without shapes nothing is written
    and the validation covers zero shapes. Raises BadData when the shapes themselves are wrong.
    """
    shapes = folder / "shapes.nt"
    try:
        return validate_with(shapes, store, folder) if write_shapes(store, shapes) else NOTHING
    finally:
        shapes.unlink(missing_ok=True)


def validate_with(shapes: Path, store: EmbeddedStore, folder: Path) -> Validation:
    """Validate all graphs of a store, as one, against the shapes in a file of N-Triples."""
    data = folder / "data.nt"
    try:
        with data.open("wb") as file:
            store.dump(file, NTRIPLES)
        return checked(shapes, data)[0]
    finally:
        data.unlink(missing_ok=True)


def write_shapes(store: Store, file: Path) -> bool:
    """Write the graphs that hold shapes to a file of N-Triples; return whether there are any.

    Raises BadData for a shape that a validator would pass over.
    """
    graphs = _shape_graphs(store)
    if graphs:
        _must_have_paths(store)
        everything = "CONSTRUCT { ?s ?p ?o } WHERE { ?s ?p ?o }"
        file.write_bytes(store.query(everything, Scope(default=tuple(graphs))).read())
    return bool(graphs)


def checked(shapes: Path, data: Path) -> tuple[Validation, shacl.Report]:
    """Validate a file of N-Triples; return the outcome, and the report that RDF is made from.

    Raises BadData when the shapes cannot be used.
    """
    try:
        compiled = shacl.Shapes.from_file(str(shapes))
        report = compiled.validate_file(str(data))
    except (ValueError, RuntimeError) as error:
        raise BadData(
            f"the shapes cannot be used: {' '.join(str(error).split())}", code="malformed_shapes"
        ) from None
    found = sorted(map(_violation, report.results), key=str)
    return Validation(len(compiled), tuple(found)), report


def _shape_graphs(store: Store) -> list[NamedNode | DefaultGraph]:
    """Return the graphs that hold any part of a shape; none where there is no shape."""
    kinds = values("kind", (SH.NodeShape, SH.PropertyShape))
    shapes = (
        f"{{ {values('target', _TARGETS)} ?shape ?target ?x }} UNION {{ {kinds} ?shape a ?kind }}"
    )
    if not store.query(f"ASK {{ {shapes} }}").boolean():
        return []
    used = store.query("SELECT DISTINCT ?p { ?s ?p ?o }").solutions()
    ours = [row["p"] for row in used if row["p"].value.startswith(SH.prefix)]
    part = f"{{ {values('p', ours)} ?s ?p ?o }} UNION {{ {kinds} ?s a ?kind }}"
    named = store.query(f"SELECT DISTINCT ?g {{ GRAPH ?g {{ {part} }} }}").solutions()
    default = store.query(f"ASK {{ {part} }}", OWN_DEFAULT_GRAPH).boolean()
    return [*(row["g"] for row in named), *([DefaultGraph()] if default else [])]


def _must_have_paths(store: Store) -> None:
    """Raise BadData for a property shape without a path, which a validator would pass over."""
    pathless = store.query(
        f"SELECT ?shape {{ ?shape {SH.property} ?part "
        f"FILTER NOT EXISTS {{ ?part {SH.path} ?path }} }}"
    ).solutions()
    for row in pathless:
        raise BadData(
            f"the shapes cannot be used: a property shape of {row['shape']} has no sh:path",
            code="malformed_shapes",
        )


def _violation(result: shacl.Result) -> Violation:
    return Violation(
        severity=result.severity,
        focus=result.focus_node,
        path=result.path or "",
        value=result.value or "",
        messages=tuple(str(message) for message in result.messages) or (result.component,),
        shape=str(result.root_shape),
        component=result.component,
    )
