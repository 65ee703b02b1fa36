"""What is at another place as it is served: asked live, and surveyed in the background."""

from __future__ import annotations

import hashlib
import logging
import threading
import time
from pathlib import Path

import platformdirs

from kg import build, queries, survey
from kg.derived import Derived
from kg.documents import Documents
from kg.errors import Forbidden, KgError, StorageFailed
from kg.kept import Kept
from kg.settings import Settings
from kg.store import Limits
from kg.store.admission import Lane
from kg.store.errand import Errands
from kg.store.pool import Elsewhere, Pool
from kg.store.writable import WritableStore
from kg.web.current import Kg

log = logging.getLogger(__name__)

FRESH = 900.0
"""Seconds for which a survey is good; whoever comes later has it renewed."""


class EndpointDeployment:
    """An endpoint as it is served. It has no snapshots: what it answers is true of that moment."""

    def __init__(self, settings: Settings, endpoint: Elsewhere, questions: Path | None) -> None:
        """Serve an endpoint, as it is best asked (see `kg.doctor.adapted`), or Spark."""
        self.settings = settings
        self.pool = Pool(readers=settings.readers, memory=settings.reader_memory, federation=True)
        self.errands = Errands(places=settings.readers, memory=settings.reader_memory)
        self._endpoint = endpoint
        self._examples = tuple(queries.load(questions) if questions else queries.usual())
        self._folder = _folder(endpoint)
        self.kept = Kept(self._folder.with_suffix(".kept"))
        self._surveying = threading.Lock()
        self._surveyed = float("-inf")
        self._trouble: KgError | None = None
        self._kg = self._opened(_known(self._folder) or survey.blank(self._folder))

    def kg(self) -> Kg:
        """Return what is to be served now; has it surveyed when that is due."""
        due = time.monotonic() - self._surveyed > FRESH
        if due and self._surveying.acquire(blocking=False):
            threading.Thread(target=self._survey, name="survey", daemon=True).start()
        return self._kg

    def writable(self) -> WritableStore:
        """Raise Forbidden: what is at another place is changed there."""
        raise Forbidden(
            "this service shows an endpoint, which it cannot change; send changes there",
            code="read_only",
        )

    def writer_pid(self) -> int | None:
        """Return None: there is no writer."""
        return None

    def troubles(self) -> list[KgError]:
        """Return what keeps the service from doing all that it should."""
        return [self._trouble] if self._trouble else []

    def _survey(self) -> None:
        try:
            store = self.pool.remote(self._endpoint, "live", Lane.QUERY)
            self._kg = self._opened(survey.make(store, self._folder))
            self._trouble = None
        except (KgError, OSError) as error:
            self._trouble = StorageFailed(f"the endpoint could not be surveyed: {error}")
            log.warning("%s", self._trouble)
        finally:
            self._surveyed = time.monotonic()
            self._surveying.release()

    def _opened(self, found: Derived) -> Kg:
        settings = self.settings
        page = Limits(settings.page_seconds)
        return Kg(
            settings=settings,
            snapshot=found.snapshot,
            store=self.pool.remote(self._endpoint, found.snapshot, Lane.PAGE, page),
            queries=self.pool.remote(self._endpoint, found.snapshot, Lane.QUERY),
            derived=found,
            documents=Documents(settings.source_dir),
            origin={},
            examples=self._examples,
            name=self._endpoint.name,
            live=self._endpoint.live,
        )


def _folder(endpoint: Elsewhere) -> Path:
    """Return the folder, in the user's cache, of what is known about an endpoint."""
    asked = f"{build.LAYOUT}\n{endpoint.key}"
    name = hashlib.sha256(asked.encode()).hexdigest()[:16]
    return platformdirs.user_cache_path("kg") / "endpoints" / name


def _known(folder: Path) -> Derived | None:
    """Return the newest survey, or None where it is damaged or of another version."""
    try:
        return survey.latest(folder)
    except StorageFailed:
        return None
