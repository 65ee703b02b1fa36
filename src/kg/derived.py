"""What is derived from a state of the data and kept beside it: counts, display, indexes.

    DIR/snapshots/ID/derived/ID/    derived from exactly these triples
    DIR/snapshots/ID/derived/OLD/   derived from a state before; of use until the other is there

A build derives before it publishes. A change is published with what was derived before it, and
`complete` adds the rest in a process of its own: a reader sees either, whole, and is told which.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import sqlite3
import sys
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import chain
from pathlib import Path
from typing import Any, TypeVar

from kg import context, dataset, display, frozen, overview, prefixes, violations
from kg.browse import making as browse_making
from kg.browse import spreads
from kg.browse.index import FacetIndex
from kg.browse.spreads import Spreads
from kg.dataset import Statistics
from kg.display import Display
from kg.errors import BadData, StorageFailed
from kg.ontology import making as ontology_making
from kg.ontology.index import OntologyIndex
from kg.overview import Overview
from kg.palette import Palette, palette
from kg.prefixes import Prefixes
from kg.search import making as search
from kg.search.index import Index as SearchIndex
from kg.store import difference, sandbox
from kg.store.embedded import EmbeddedStore
from kg.store.snapshots import Database, Snapshot
from kg.violations import Violations

FOLDER = "derived"

MOST_COMPARED = 2_000_000
"""Quads of two releases, together, up to which it is told how many were added and removed.

Comparing takes some 20 µs for each two.
"""


@dataclass(frozen=True)
class Derived:
    """What was derived from the state of the data with the id `snapshot`."""

    snapshot: str
    path: Path
    statistics: Statistics
    display: Display
    prefixes: Prefixes

    @cached_property
    def facets(self) -> FacetIndex | None:
        """The index of facets, opened when it is wanted; None where there is none.

        Raises StorageFailed when it is damaged.
        """
        try:
            return FacetIndex(self.path)
        except FileNotFoundError:
            return None
        except (OSError, ValueError, KeyError, TypeError):
            raise StorageFailed(f"{self.path} is damaged; build it again") from None

    @cached_property
    def palette(self) -> Palette:
        """The colours of the classes."""
        return palette(self.statistics, self.display)

    @cached_property
    def ontology(self) -> OntologyIndex:
        """What is known of classes and properties. Raises StorageFailed when it is damaged."""
        return _opened(OntologyIndex, self.path)

    @cached_property
    def context(self) -> Mapping[str, Any]:
        """The short names that JSON-LD uses."""
        return context.of(self.statistics, self.ontology)

    @cached_property
    def violations(self) -> Violations:
        """What shapes find wrong. Raises StorageFailed when it is damaged."""
        return _opened(Violations, self.path)

    @cached_property
    def overview(self) -> Overview:
        """What is worth showing first. Raises StorageFailed when it is damaged."""
        with _readable(self.path):
            return frozen.from_json(Overview, _read(self.path / "overview.json"))

    @cached_property
    def display_of_used(self) -> Display:
        """How the very data is shown that was counted: properties that it has not are left out."""
        if self.statistics.uncounted:
            return self.display
        used = frozenset(each.iri for each in self.statistics.properties)
        return replace(self.display, used=used)

    @cached_property
    def spreads(self) -> Spreads:
        """How things are spread over facets; nothing where there is no index of them.

        Raises StorageFailed when it is damaged.
        """
        if self.facets is None:
            return Spreads()
        with _readable(self.path):
            return frozen.from_json(Spreads, _read(self.path / "spreads.json"))

    @cached_property
    def search(self) -> SearchIndex:
        """The search index, opened when it is first asked for. Raises StorageFailed."""
        return SearchIndex(self.path / search.FOLDER)

    def moved(self, path: Path) -> Derived:
        """Return the same where it lies as well, with all of it that is open already."""
        found = replace(self, path=path)
        vars(found).update({**vars(self), "path": path})
        return found

    def warm(self) -> None:
        """Open what each page asks, so that nobody waits for it. Raises StorageFailed."""
        _ = self.palette, self.facets, self.ontology, self.violations


T = TypeVar("T")


def _opened(kind: Callable[[Path], T], folder: Path) -> T:
    try:
        return kind(folder)
    except (sqlite3.Error, ValueError):
        raise StorageFailed(f"{folder} is damaged; build it again") from None


Maker = Callable[[EmbeddedStore, Path], None]
"""Derives something from a store and writes it into a folder."""


def _counts(store: EmbeddedStore, folder: Path) -> None:
    write(folder / "statistics.json", dataset.count(store).to_json())


def _display(store: EmbeddedStore, folder: Path) -> None:
    write(folder / "display.json", display.read(store).to_json())


def _violations(store: EmbeddedStore, folder: Path) -> None:
    """Shapes that cannot be used are told by what is written."""
    with contextlib.suppress(BadData):
        violations.make(store, folder)


def _ontology(store: EmbeddedStore, folder: Path) -> None:
    """Needs what was counted before it."""
    statistics = Statistics.from_json(_read(folder / "statistics.json"))
    ontology_making.make(store, folder, statistics)


def _overview(store: EmbeddedStore, folder: Path) -> None:
    counts = Statistics.from_json(_read(folder / "statistics.json"))
    write(folder / "overview.json", frozen.to_json(overview.derive(store, counts)))


def _prefixes(store: EmbeddedStore, folder: Path) -> None:
    write(folder / "prefixes.json", prefixes.read(store).to_json())


def _facets(store: EmbeddedStore, folder: Path) -> None:
    """Needs what was counted and read before it."""
    statistics = Statistics.from_json(_read(folder / "statistics.json"))
    shown = Display.from_json(_read(folder / "display.json"))
    texts = SearchIndex(folder / search.FOLDER)
    searched = texts.iris(range(texts.entities))
    browse_making.make(store, folder, statistics, shown, searched)


def _spreads(_store: EmbeddedStore, folder: Path) -> None:
    """Needs what was counted, looked over and indexed before it."""
    statistics = Statistics.from_json(_read(folder / "statistics.json"))
    seen = frozen.from_json(Overview, _read(folder / "overview.json"))
    order = [each.iri for each in seen.grouping.groups] if seen.grouping else []
    classes = [each.iri for each in statistics.classes]
    found = spreads.derive(FacetIndex(folder), classes, seen.machinery, order)
    write(folder / "spreads.json", frozen.to_json(found))


def _columns(store: EmbeddedStore, folder: Path) -> None:
    from kg.columnar import making as columns  # noqa: PLC0415  DuckDB takes long to load

    columns.make(store, folder)


VALIDATING = "validating"

MAKERS: tuple[tuple[str, Maker], ...] = (
    (VALIDATING, _violations),
    ("counting", _counts),
    ("reading the display", _display),
    ("reading the ontology", _ontology),
    ("looking over it", _overview),
    ("indexing the texts", search.make),
    ("reading the prefixes", _prefixes),
    ("indexing facets", _facets),
    ("drawing charts", _spreads),
    ("making columns", _columns),
)
"""Everything that is derived, with what a person is told while it is."""


def _untold(step: str) -> None:
    """Tell nobody."""


def make(
    store: EmbeddedStore,
    folder: Path,
    *,
    step: Callable[[str], None] = _untold,
    made: Collection[str] = (),
    before: Snapshot | None = None,
) -> None:
    """Derive everything from a store into a folder, but what has been `made` there already.

    `step` hears what begins; `before` is the release that it is compared to.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for name, maker in MAKERS:
        if name not in made:
            step(name)
            maker(store, folder)
    if before is not None:
        step("comparing it to what was before")
        _compare(before, store, folder)


@dataclass(frozen=True)
class Change:
    """What a release has that the one `before` it had not, and the other way round, in quads."""

    before: str
    added: int
    removed: int


def _compare(before: Snapshot, store: EmbeddedStore, folder: Path) -> None:
    """Write what has changed, unless there is too much to compare, or nothing to compare to."""
    with contextlib.suppress(StorageFailed):
        old = EmbeddedStore.open(before.triples, snapshot=before.id)
        if old.size + store.size <= MOST_COMPARED:
            found = difference.changes(old, store)
            change = Change(before.id, found.added, found.removed)
            write(folder / "change.json", frozen.to_json(change))


def change(snapshot: Snapshot) -> Change | None:
    """Return what has changed in a snapshot; None where that was not looked at, or not yet."""
    file = snapshot.path / FOLDER / snapshot.id / "change.json"
    with _readable(file):
        return frozen.from_json(Change, _read(file)) if file.is_file() else None


def of(snapshot: Snapshot, known: Derived | None = None) -> Derived:
    """Return what was derived from a snapshot, or else from the newest state before it.

    Where that is what is `known` already, nothing is opened again. Raises StorageFailed when it is
    damaged, or was made by another version of this software.
    """
    with _readable(snapshot.path):
        path = _newest(snapshot)
    if known is not None and known.snapshot == path.name:
        return known.moved(path)
    return at(path)


def _newest(snapshot: Snapshot) -> Path:
    folder = snapshot.path / FOLDER
    return snapshot.derived if is_complete(snapshot) else max(folder.iterdir())


def at(path: Path) -> Derived:
    """Return what was derived into a folder. Raises StorageFailed when it is damaged."""
    with _readable(path):
        return Derived(
            path.name,
            path,
            Statistics.from_json(_read(path / "statistics.json")),
            Display.from_json(_read(path / "display.json")),
            Prefixes.from_json(_read(path / "prefixes.json")),
        )


@contextmanager
def _readable(path: Path) -> Iterator[None]:
    """Turn what goes wrong while a derived file is read into StorageFailed."""
    try:
        yield
    except OSError as error:
        raise StorageFailed(f"cannot read {error.filename}: {error.strerror}") from None
    except (ValueError, TypeError, KeyError, AttributeError):
        raise StorageFailed(f"{path} is damaged; build it again") from None


def is_complete(snapshot: Snapshot) -> bool:
    """Return whether everything was derived from this very snapshot; costs one look."""
    return os.path.isdir(snapshot.derived)  # noqa: PTH112  called at each request


def inherit(before: Snapshot, staging: Path) -> None:
    """Give a state after a change what was derived before it, by hard links."""
    known = of(before)
    shutil.copytree(known.path, staging / FOLDER / known.snapshot, copy_function=os.link)


def complete(database: Database, snapshot: Snapshot) -> None:
    """Derive everything from a snapshot that was published without, and give it to the current.

    So those that are published after it inherit this, however many have been meanwhile. Raises
    StorageFailed.
    """
    store = EmbeddedStore.open(snapshot.triples, snapshot=snapshot.id)
    earlier = (each for each in database.releases() if each.id < snapshot.id)
    with _staging(database) as staging:
        make(store, staging, before=next(earlier, None))
        for given in chain([snapshot], _outdated(database, snapshot)):
            _give(staging, given, snapshot.id)


def _outdated(database: Database, snapshot: Snapshot) -> Iterator[Snapshot]:
    """Yield the current snapshot for as long as what it has was derived before a snapshot.

    While that is seen to, another may be published, which has inherited what the one before had.
    """
    while (current := database.current()).id > snapshot.id:
        if _newest(current).name >= snapshot.id:
            return
        yield current


def _give(staging: Path, snapshot: Snapshot, id: str) -> None:
    """Give a snapshot, unless it is gone, what was derived from the state with an id."""
    copy = staging.with_name(f"{staging.name}-copy")
    place = snapshot.path / FOLDER / id
    try:
        shutil.copytree(staging, copy, copy_function=os.link)
        copy.rename(place)
    except OSError:
        if place.parent.is_dir() and not place.is_dir():
            raise
    finally:
        shutil.rmtree(copy, ignore_errors=True)


@contextmanager
def _staging(database: Database) -> Iterator[Path]:
    """Yield a folder to make; what a process that was killed has left is removed."""
    for old in database.path.glob(f"{FOLDER}-*"):
        if not _lives(old.name.split("-")[1]):
            shutil.rmtree(old, ignore_errors=True)
    staging = database.path / f"{FOLDER}-{os.getpid()}"
    try:
        yield staging
    finally:
        shutil.rmtree(staging, ignore_errors=True)


def _lives(pid: str) -> bool:
    try:
        os.kill(int(pid), 0)
    except (OSError, ValueError):
        return False
    return True


def write(file: Path, value: Any) -> None:
    """Write a value as JSON, as all that belongs to a snapshot is written."""
    text = json.dumps(value, ensure_ascii=False, indent=1)
    file.write_text(text + "\n", encoding="utf-8")


def _read(file: Path) -> Any:
    return json.loads(file.read_text(encoding="utf-8"))


def _main(database: str, id: str) -> None:
    sandbox.die_with_parent()
    os.nice(19)  # whoever asks comes first
    known = Database(Path(database))
    complete(known, known.release(id))


if __name__ == "__main__":
    _main(*sys.argv[1:])
