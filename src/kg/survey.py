"""What is found out about an endpoint in the background: what a build derives, within a budget.

What takes an endpoint too long is left out, and said to be: nothing is ever counted in part.
"""

from __future__ import annotations

import shutil
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

from kg import dataset, derived, display, frozen, overview, prefixes, violations
from kg.dataset import Statistics
from kg.derived import Derived
from kg.display import Display
from kg.errors import KgError, RemoteTimeout
from kg.formats import NTRIPLES, Format
from kg.ontology import making as ontology
from kg.overview import Overview
from kg.prefixes import Prefixes
from kg.results import Result
from kg.search import making as search
from kg.store import EVERYTHING, UNLIMITED, Limits, Scope, Store
from kg.store.embedded import EmbeddedStore
from kg.store.loading import Source
from kg.terms import NamedNode, spell

QUESTION = 10.0
"""Seconds that one question may take."""

STEP = 60.0
"""Seconds that all questions for one thing, such as all counts, may take."""

KEPT = 2
"""Surveys of an endpoint that are kept: the newest, and one that may still be in use."""

INDEXED = 1_000_000
"""Triples whose texts are fetched and indexed for the search."""

SEARCH = "search"
"""Stands among what is uncounted where some texts are not in the index of the search."""

ONTOLOGY = "ontology"
"""Stands among what is uncounted where nobody looked how classes and properties are used."""

_NOT_VALIDATED = "The data of an endpoint is not validated with its shapes."
_NOT_SHOWN = Display((), (), {})
_NOT_SEEN = Overview((), (), None, (), None, (), ())

T = TypeVar("T")


def make(store: Store, folder: Path) -> Derived:
    """Ask a store what there is to know, keep it in a new folder below `folder`, and return it.

    Raises StorageFailed where it cannot be kept, and KgError when the store answers nothing.
    """
    store.query("ASK {}", limits=Limits(QUESTION)).boolean()
    statistics = _first(
        lambda: _counted(_Patient(store)),
        lambda: dataset.outline(_Patient(store)),
        lambda: dataset.NOTHING,
    )
    shown = _first(lambda: display.read(_Patient(store)), lambda: _NOT_SHOWN)
    short = _first(lambda: prefixes.read(_Patient(store)), Prefixes)
    seen = _first(lambda: overview.derive(_Patient(store), statistics), lambda: _NOT_SEEN)
    return _keep(folder, statistics, shown, short, seen, store)


def blank(folder: Path) -> Derived:
    """Return a survey that knows nothing, kept like any other."""
    return _keep(folder, dataset.NOTHING, _NOT_SHOWN, Prefixes(), _NOT_SEEN, _nothing())


def latest(folder: Path) -> Derived | None:
    """Return the newest survey, if there is one that this version of the software has made."""
    found = sorted(folder.glob("*-live"))
    return derived.at(found[-1]) if found else None


def _counted(store: Store) -> Statistics:
    return dataset.count_in(store, dataset.graphs(store))


def _nothing() -> EmbeddedStore:
    return EmbeddedStore.in_memory([], base_iri="urn:kg:")


class _Patient:
    """A store that is asked as long as there is time."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._until = time.monotonic() + STEP

    @property
    def snapshot(self) -> str:
        """The id of the state that answers are true of."""
        return self._store.snapshot

    def query(
        self,
        text: str,
        scope: Scope = EVERYTHING,
        limits: Limits = UNLIMITED,  # noqa: ARG002  there is but one budget
        format: Format | None = None,
    ) -> Result:
        """Return the answer to a query. Raises RemoteTimeout when the time is over."""
        left = self._until - time.monotonic()
        if left <= 0:
            raise RemoteTimeout(f"the endpoint took more than {STEP:g} s for all questions")
        return self._store.query(text, scope, Limits(min(QUESTION, left)), format)


def _first(*ways: Callable[[], T]) -> T:
    """Return what the first way gives that the store, and the time, allow."""
    for way in ways[:-1]:
        try:
            return way()
        except KgError:
            continue
    return ways[-1]()


def _keep(  # noqa: PLR0917  all that is kept
    folder: Path,
    statistics: Statistics,
    shown: Display,
    short: Prefixes,
    seen: Overview,
    store: Store,
) -> Derived:
    id = f"{datetime.now(UTC):%Y%m%dT%H%M%S%f}"[:-3] + "Z-live"
    staging = folder / f"{id}.new"
    shutil.rmtree(staging, ignore_errors=True)
    staging.mkdir(parents=True)
    looked = _looked(_Patient(store), staging, statistics)
    indexed = _indexed(_Patient(store), staging, statistics, shown)
    missing = [name for name, all in ((ONTOLOGY, looked), (SEARCH, indexed)) if not all]
    statistics = replace(statistics, uncounted=(*statistics.uncounted, *missing))
    violations.skip(_nothing(), staging, _NOT_VALIDATED)
    derived.write(staging / "statistics.json", replace(statistics, snapshot=id).to_json())
    derived.write(staging / "display.json", shown.to_json())
    derived.write(staging / "prefixes.json", short.to_json())
    derived.write(staging / "overview.json", frozen.to_json(seen))
    staging.rename(folder / id)
    _remove(sorted(folder.glob("*-live"))[:-KEPT])
    return derived.at(folder / id)


def _looked(store: Store, folder: Path, statistics: Statistics) -> bool:
    """Write what is known of classes and properties; return whether their use was looked at."""
    if not statistics.uncounted:
        try:
            ontology.make(store, folder, statistics)
        except KgError:
            (folder / ontology.FILE).unlink(missing_ok=True)
        else:
            return True
    ontology.make(_nothing(), folder, dataset.NOTHING)
    return False


def _indexed(store: Store, folder: Path, statistics: Statistics, shown: Display) -> bool:
    """Write an index of texts for the search; return whether all are in it.

    They are fetched by property, the names first, since some endpoints send few rows at once.
    """
    names = [each.value for each in (*shown.label_properties, *shown.description_properties)]
    known = {each.iri: each.triples for each in statistics.properties}
    order = sorted(known, key=lambda iri: (_place(iri, names), known[iri]))
    left, complete = INDEXED, not statistics.uncounted
    with tempfile.TemporaryDirectory(prefix="texts-", dir=folder) as temporary:
        file = Path(temporary, "texts.nt")
        with file.open("wb") as output:
            for iri in order:
                property = spell(NamedNode(iri))
                text = f"CONSTRUCT {{ ?s {property} ?o }} WHERE {{ ?s {property} ?o }} LIMIT {left}"
                try:
                    found = store.query(text, format=NTRIPLES).read()
                except KgError:
                    complete = False
                    continue
                output.write(found)
                left -= found.count(b"\n")
                if left <= 0:
                    complete = False
                    break
        mirror = EmbeddedStore.in_memory([Source(file, NTRIPLES)], base_iri="urn:kg:")
        search.make(mirror, folder)
    return complete


def _place(iri: str, first: Sequence[str]) -> int:
    return first.index(iri) if iri in first else len(first)


def _remove(old: Sequence[Path]) -> None:
    for path in old:
        shutil.rmtree(path, ignore_errors=True)
