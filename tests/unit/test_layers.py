"""The layers of the package: imports point down, and few modules know the big libraries."""

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[2] / "src" / "kg"
MODULES = sorted(PACKAGE.rglob("*.py"))

LAYERS = {
    "errors": 0,
    "settings": 0,
    "terms": 1,
    "formats": 1,
    "results": 1,
    "sparql": 1,
    "store": 2,
    "columnar": 2,
    "spark": 2,
    "web": 4,
    "cli": 4,
    "progress": 4,
}
DOMAIN = 3

# Which layers may import a library; layer 3 and up reach triples through a store alone.
LIBRARIES = {
    "pyoxigraph": {1, 2},
    "flask": {4},
    "click": {4},
    "granian": {4},
    "duckdb": {2},
    "pyspark": {2},
    "sqlglot": {2},
    "rdflib": {2, 3, 4},
}


def layer(module: str) -> int:
    """Return the layer of `kg.x.y`, which its second part decides."""
    parts = module.split(".")
    return LAYERS.get(parts[1], DOMAIN) if len(parts) > 1 else 0


def imported(file: Path) -> set[str]:
    """Return the names of all modules that a file imports, anywhere in it."""
    names = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file}: relative import"
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return names


@pytest.mark.parametrize("file", MODULES, ids=lambda file: str(file.relative_to(PACKAGE)))
def test_imports_point_down(file):
    own = ".".join(("kg", *file.relative_to(PACKAGE).with_suffix("").parts))
    for name in imported(file):
        library = name.split(".")[0]
        if library == "kg":
            assert layer(name) <= layer(own), f"{own} imports {name}, which lies above it"
        elif library in LIBRARIES:
            assert layer(own) in LIBRARIES[library], f"{own} must not import {library}"


def test_every_layer_has_modules():
    first_parts = {file.relative_to(PACKAGE).with_suffix("").parts[0] for file in MODULES}
    assert {layer(f"kg.{part}") for part in first_parts} == {0, 1, 2, 3, 4}
