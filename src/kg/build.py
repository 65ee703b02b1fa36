"""Making a snapshot: parse, load, validate, count, publish. What fails leaves nothing behind."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import platformdirs

from kg import derived, queries, violations
from kg.dataset import Statistics
from kg.derived import Derived
from kg.errors import BadInput, BadQuery, DoesNotConform, NotFound, StorageFailed
from kg.store.embedded import EmbeddedStore
from kg.store.loading import Progress as ToldBytes
from kg.store.loading import Source, silent
from kg.store.snapshots import Database, Origin, Snapshot, new_id
from kg.validation import Validation

SHOWN = 10
"""Violations that an error message lists."""

LAYOUT = 10
"""Of the files in a snapshot; a snapshot of another layout is built again."""


class Progress:
    """Is told how a build goes on. This one keeps it to itself."""

    def loading(self, source: Source) -> ToldBytes:  # noqa: ARG002
        """Return what is to be told of the bytes read from `source`."""
        return silent

    def step(self, name: str) -> None:
        """Hear that a step such as `validating` begins."""


@dataclass(frozen=True)
class Build:
    """What a build made."""

    snapshot: Snapshot
    statistics: Statistics
    validation: Validation


def build(
    sources: Sequence[Source],
    database: Database,
    *,
    base_iri: str,
    examples: Path | None = None,
    gate: bool = True,
    progress: Progress | None = None,
) -> Build:
    """Load `sources` into a new snapshot, with the example queries in a folder, and publish it.

    With `gate`, data that breaks shapes among the sources raises DoesNotConform. Raises BadInput,
    BadData, Locked and StorageFailed; in each case what was published before stays as it was.
    """
    if not sources:
        raise BadInput("there is nothing to build; name at least one file of RDF")
    if examples:
        _check(examples)
    progress = progress or Progress()
    manifest = _manifest(sources, base_iri, examples, gate=gate)
    id = new_id(Origin.BUILD, json.dumps(manifest).encode())
    with database.writing() as staging:
        with EmbeddedStore.create(staging / "oxigraph", snapshot=id) as store:
            for source in sources:
                store.load(source, base_iri=base_iri, progress=progress.loading(source))
            folder = staging / derived.FOLDER / id
            folder.mkdir(parents=True)
            progress.step(derived.VALIDATING)
            outcome = violations.make(store, folder)
            if gate and not outcome.conforms:
                raise DoesNotConform(_summary(outcome))
            derived.make(
                store,
                folder,
                step=progress.step,
                made={derived.VALIDATING},
                before=next(iter(database.releases()), None),
            )
        if examples:
            shutil.copytree(examples, staging / "queries")
        derived.write(staging / "snapshot.json", manifest)
        progress.step("publishing")
        snapshot = database.publish(staging, id)
    return Build(snapshot, derived.of(snapshot).statistics, outcome)


def _check(examples: Path) -> None:
    """Raise BadInput for a folder without queries, and for a file that is none."""
    found = queries.load(examples)
    if not found:
        raise BadInput(f"{examples}: there is no query (NAME.rq) in this folder")
    nothing = EmbeddedStore.in_memory([], base_iri="http://example.org/")
    for query in found:
        try:
            nothing.query(query.text).read()
        except BadQuery as error:
            raise BadInput(f"{examples / query.name}.rq: {error.message}") from None


def is_fresh(
    sources: Sequence[Source],
    database: Database,
    *,
    base_iri: str,
    examples: Path | None = None,
    gate: bool = True,
) -> bool:
    """Return whether the current snapshot was made from exactly these files, in this way."""
    try:
        made = origin(database.current())
    except (NotFound, StorageFailed):
        return False
    wanted = _manifest(sources, base_iri, examples, gate=gate)
    return all(made.get(key) == wanted[key] for key in wanted if key != "created")


def opened(snapshot: Snapshot, known: Derived | None = None) -> Derived:
    """Return what was derived from a snapshot, of which some is perhaps `known`.

    Raises StorageFailed when it is damaged, or was made by another version of this software.
    """
    if origin(snapshot).get("layout") != LAYOUT:
        raise StorageFailed(
            f"{snapshot.path} was made by another version of this software; build it again"
        )
    return derived.of(snapshot, known)


def source_names(snapshot: Snapshot) -> list[str]:
    """Return the names of the files that a snapshot was made from."""
    return [source["name"] for source in origin(snapshot).get("sources", [])]


def origin(snapshot: Snapshot) -> dict[str, Any]:
    """Return how a snapshot was built; one after changes, as the build. Raises StorageFailed."""
    made = snapshot.read("snapshot")
    if not isinstance(made, dict):
        raise StorageFailed(f"{snapshot.path} is damaged; build it again")
    return made


def cache_folder(sources: Sequence[Source]) -> Path:
    """Return the folder, in the user's cache, of the database that is made from these files."""
    paths = "\n".join(str(source.path.resolve()) for source in sources)
    return platformdirs.user_cache_path("kg") / hashlib.sha256(paths.encode()).hexdigest()[:16]


def _manifest(
    sources: Sequence[Source], base_iri: str, examples: Path | None, *, gate: bool
) -> dict[str, Any]:
    files = sorted(examples.glob("*.rq")) if examples else []
    return {
        "layout": LAYOUT,
        "software": version("kg"),
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "base_iri": base_iri,
        "gate": gate,
        "sources": [
            {
                "name": source.path.name,
                "graph": source.graph.value if source.graph else None,
                "bytes": source.size,
                "sha256": source.sha256(),
            }
            for source in sources
        ],
        "queries": {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in files},
    }


def _summary(outcome: Validation) -> str:
    wrong = [violation for violation in outcome.violations if violation.severity == "Violation"]
    shown = "\n  ".join(str(violation) for violation in wrong[:SHOWN])
    more = f"\n  … and {len(wrong) - SHOWN} more" if len(wrong) > SHOWN else ""
    return (
        f"the data breaks {len(wrong)} constraints of the shapes among the files "
        f"(--no-gate publishes it all the same):\n  {shown}{more}"
    )
