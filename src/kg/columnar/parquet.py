"""The columnar index as a folder of Parquet files, which other engines read.

    term              id, spelled, text
    number            id, exact, whole, double
    hashed            hash, id
    class             class, first, last
    language          language, first, last
    predicate         id, quads, mask
    frequent          p, o, quads
    state             quads, terms
    quad              p, s, o, g; in this order
    quad_by_subject   the same, in the order of s, p, o
    quad_by_object    the same, in the order of o, p, s

Each is `NAME.parquet`, with the columns that `kg.columnar.making` describes; `exact` is a decimal
of 38 digits. `manifest.json` tells of which snapshot they are.
"""

from __future__ import annotations

import contextlib
import json
import shutil
from dataclasses import asdict, dataclass
from pathlib import Path

import duckdb

from kg.columnar.making import FILE, MEMORY
from kg.columnar.routing import ABOUT
from kg.errors import BadInput, unwritten
from kg.store.snapshots import Snapshot

LAYOUT = 1
"""Of the files in a folder."""

MANIFEST = "manifest.json"

_QUAD = "SELECT p, s, o, g FROM quad"

TABLES = {
    "term": "SELECT id, spelled, text FROM term ORDER BY id",
    "number": "SELECT id, exact::DECIMAL(38, 0) AS exact, whole, double FROM number ORDER BY id",
    "hashed": "SELECT hash, id FROM hashed ORDER BY hash",
    "class": "SELECT class, first, last FROM class ORDER BY class",
    "language": "SELECT language, first, last FROM language ORDER BY language",
    "predicate": "SELECT id, quads, mask FROM predicate ORDER BY id",
    "frequent": "SELECT p, o, quads FROM frequent ORDER BY p, o",
    "state": "SELECT quads, terms FROM state",
    "quad": f"{_QUAD} ORDER BY p, s, o, g",
    "quad_by_subject": f"{_QUAD} ORDER BY s, p, o, g",
    "quad_by_object": f"{_QUAD} ORDER BY o, p, s, g",
}
"""What is in each file."""


@dataclass(frozen=True)
class Manifest:
    """Of what a folder is."""

    layout: int
    snapshot: str
    quads: int
    terms: int


def export(snapshot: Snapshot, folder: Path) -> Manifest:
    """Write the columns of a snapshot into a new folder, which appears once it is complete.

    Raises BadInput where there are no columns, or the folder is there already.
    """
    _check(snapshot)
    if folder.exists():
        raise BadInput(f"{folder} is there already; name a folder that is to be made")
    staged = folder.with_name(folder.name + ".part")
    shutil.rmtree(staged, ignore_errors=True)
    try:
        staged.mkdir()
        manifest = _written(snapshot, staged)
        staged.rename(folder)
    except OSError as error:
        raise unwritten(str(folder), error) from None
    finally:
        shutil.rmtree(staged, ignore_errors=True)
    return manifest


def manifest(folder: Path) -> Manifest:
    """Return what a folder holds. Raises BadInput where that is nothing that is known here."""
    try:
        found = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        layout = found["layout"]
    except (OSError, ValueError, KeyError, TypeError):
        raise BadInput(
            f"{folder}: expected a folder that `kg export --parquet` has written"
        ) from None
    if layout != LAYOUT:
        raise BadInput(
            f"{folder} has layout {layout}, and this version reads layout {LAYOUT}; export it again"
        )
    return Manifest(**found)


def _check(snapshot: Snapshot) -> None:
    """Raise BadInput where a snapshot has no columns."""
    try:
        about = json.loads((snapshot.derived / ABOUT).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        raise BadInput(
            f"the columns of snapshot {snapshot.id} are not made yet; the service that changed it "
            "makes them"
        ) from None
    if "quads" not in about:
        raise BadInput(f"snapshot {snapshot.id} has no columns: {about.get('reason')}")


def _written(snapshot: Snapshot, folder: Path) -> Manifest:
    options: dict[str, str | bool | int | float | list[str]] = {
        "memory_limit": MEMORY,
        "temp_directory": str(folder / "tmp"),
        "autoinstall_known_extensions": False,
        "autoload_known_extensions": False,
    }
    file = str(snapshot.derived / FILE)
    try:
        with contextlib.closing(duckdb.connect(file, read_only=True, config=options)) as connection:
            for name, rows in TABLES.items():
                path = str(folder / f"{name}.parquet")
                connection.execute(f"COPY ({rows}) TO $path (COMPRESSION zstd)", {"path": path})
            found = connection.execute("SELECT quads, terms FROM state").fetchall()
    except duckdb.ConversionException:
        raise BadInput(
            "the data has decimals of 10^20 or more, which do not fit into Parquet"
        ) from None
    except duckdb.IOException as error:
        raise OSError(str(error)) from None
    shutil.rmtree(folder / "tmp", ignore_errors=True)
    made = Manifest(LAYOUT, snapshot.id, *found[0])
    (folder / MANIFEST).write_text(json.dumps(asdict(made), indent=2) + "\n", encoding="utf-8")
    return made
