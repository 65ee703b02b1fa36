"""What a command works on: files, a database that is built when it has to be, an endpoint."""

from __future__ import annotations

import atexit
import tempfile
from collections.abc import Sequence
from pathlib import Path

from kg import build as building
from kg import bundle, derived
from kg import doctor as examining
from kg.cli.terminal import errors
from kg.dataset import Statistics
from kg.errors import BadInput
from kg.progress import TerminalProgress
from kg.search import making
from kg.search.index import Index
from kg.search.store import SearchingStore
from kg.settings import Settings
from kg.store import Store
from kg.store.embedded import EmbeddedStore
from kg.store.loading import Source
from kg.store.remote import RemoteStore
from kg.store.snapshots import Database, Snapshot


def named(files: Sequence[Path], questions: Path | None = None) -> tuple[list[Source], Path | None]:
    """Return the files to build from and the folder of the example queries that go with them."""
    if files:
        return [Source.of(path) for path in files], questions
    if questions:
        raise BadInput("--questions goes with the FILES that the questions are about; name some")
    return bundle.sources(), bundle.queries()


def database(
    files: Sequence[Path], options: Settings, questions: Path | None = None, *, gate: bool
) -> Database:
    """Return a database that holds what was asked for, built now unless it is there already."""
    if options.db and not files and not questions:
        database = Database(options.db)
        database.current()
        return database
    sources, examples = named(files, questions)
    database = Database(options.db or building.cache_folder(sources))
    fresh = building.is_fresh(
        sources, database, base_iri=options.base_iri, examples=examples, gate=gate
    )
    if not fresh:
        built(sources, examples, database, options, gate=gate)
    return database


def built(
    sources: list[Source],
    examples: Path | None,
    database: Database,
    options: Settings,
    *,
    gate: bool,
) -> building.Build:
    """Build and publish a database, with progress. Raises what `kg.build.build` raises."""
    with TerminalProgress(errors) as progress:
        made = building.build(
            sources,
            database,
            base_iri=options.base_iri,
            examples=examples,
            gate=gate,
            progress=progress,
        )
    _warn(made.statistics)
    return made


def _warn(statistics: Statistics) -> None:
    if statistics.shared_triples:
        errors.print(
            f"[yellow]kg:[/yellow] {statistics.shared_triples:,} triples stand in more than one "
            "graph; a query over all graphs finds them once in each, so use DISTINCT when counting"
        )


def asked(data: Sequence[Path], options: Settings, *, at_endpoint: bool) -> Store:
    """Return what answers a query, which may search unless it goes to an endpoint."""
    base = options.document_base
    if at_endpoint:
        return SearchingStore(_remote(options), _no_index, base=base)
    if data:
        store = _in_memory(data, options)
        return SearchingStore(store, lambda: _temporary_index(store), base=base)
    snapshot = database((), options, gate=True).current()
    return SearchingStore(_opened(snapshot, options), lambda: _index(snapshot), base=base)


def _no_index() -> Index:
    raise BadInput("an endpoint cannot be searched by its own index; ask a database, or --data")


def _index(snapshot: Snapshot) -> Index:
    if not derived.is_complete(snapshot):
        raise BadInput(
            f"snapshot {snapshot.id} has no search index yet; the service that changed it makes one"
        )
    return derived.of(snapshot).search


def _temporary_index(store: EmbeddedStore) -> Index:
    """Return an index that lasts as long as this command."""
    folder = tempfile.TemporaryDirectory(prefix="kg-search-")
    atexit.register(folder.cleanup)
    making.make(store, Path(folder.name))
    return Index(Path(folder.name) / making.FOLDER)


def store(options: Settings) -> EmbeddedStore:
    """Return the store of the database, or else of the bundled graph."""
    return _opened(database((), options, gate=True).current(), options)


def _in_memory(data: Sequence[Path], options: Settings) -> EmbeddedStore:
    sources = [Source.of(path) for path in data]
    return EmbeddedStore.in_memory(sources, base_iri=options.base_iri)


def _opened(snapshot: Snapshot, options: Settings) -> EmbeddedStore:
    return EmbeddedStore.open(
        snapshot.triples,
        snapshot=snapshot.id,
        union_default_graph=options.union_default_graph,
        base_iri=options.document_base,
    )


def _remote(options: Settings) -> RemoteStore:
    return RemoteStore(examining.endpoint(options), snapshot="remote")
