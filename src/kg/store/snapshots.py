"""A database on disk: a folder of immutable snapshots, one of which is current.

    DIR/current                  the id of the current snapshot
    DIR/snapshots/ID/oxigraph/   the triples
    DIR/snapshots/ID/*.json      what was derived from exactly these triples
    DIR/staging/                 a snapshot in the making; never read
    DIR/lock, DIR/writer         held, and named, by the one process that writes

A snapshot is made in `staging` and becomes visible by two renames, so that no reader ever sees a
half-made one, and a failed build leaves what was published as it was.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
import shutil
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from itertools import pairwise
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from kg.errors import DISK_FULL, Locked, NotFound, StorageFailed, unwritten

KEPT = 3
"""How many builds stay: the current one and those before it."""

GRACE = timedelta(seconds=60)
"""How long the state after a change stays once another follows; no query takes longer to begin."""


_NAME = re.compile(r"\d{8}T\d{9}Z-(?P<kind>[bu])[0-9a-f]{8}")


class Origin(StrEnum):
    """What made a snapshot."""

    BUILD = "b"
    UPDATE = "u"


def new_id(origin: Origin, content: bytes) -> str:
    """Return a name that sorts by time, and tells apart what was made in the same millisecond."""
    now = datetime.now(UTC)
    digest = hashlib.sha256(content + os.urandom(8)).hexdigest()[:8]
    return f"{now:%Y%m%dT%H%M%S}{now.microsecond // 1000:03d}Z-{origin}{digest}"


@dataclass(frozen=True)
class Snapshot:
    """An immutable state of the data."""

    id: str
    path: Path

    @property
    def triples(self) -> Path:
        """The folder of the triple store."""
        return self.path / "oxigraph"

    @property
    def derived(self) -> Path:
        """The folder of what was derived from exactly these triples, once it is there."""
        return self.path / "derived" / self.id

    @property
    def is_update(self) -> bool:
        """Whether it is the state after a change, rather than a build."""
        found = _NAME.fullmatch(self.id)
        return found is not None and found["kind"] == Origin.UPDATE

    def read(self, name: str) -> Any:
        """Return the value of the JSON file `name`. Raises StorageFailed."""
        file = self.path / f"{name}.json"
        try:
            return json.loads(file.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise StorageFailed(f"cannot read {file}: {error}") from None


@dataclass(frozen=True)
class Database:
    """A folder that holds snapshots."""

    path: Path

    def current(self) -> Snapshot:
        """Return the published snapshot. Raises NotFound when nothing was published yet."""
        name = self._pointer()
        if not name:
            raise NotFound(f"{self.path} holds no database; make one with: kg build --db DIR")
        return self.snapshot(name)

    def _pointer(self) -> str:
        """Return what is written down as the name of the current snapshot; "" if nothing is."""
        try:
            return (self.path / "current").read_bytes().decode("utf-8", "replace").strip() or "?"
        except FileNotFoundError:
            return ""
        except OSError as error:
            raise StorageFailed(f"cannot read {self.path}: {error.strerror}") from None

    @staticmethod
    def is_name(text: str) -> bool:
        """Return whether a text could be the id of a snapshot."""
        return _NAME.fullmatch(text) is not None

    def snapshot(self, name: str) -> Snapshot:
        """Return the snapshot of this name. Raises StorageFailed when it is not there."""
        snapshot = Snapshot(name, self.path / "snapshots" / name)
        if not _NAME.fullmatch(name) or not snapshot.path.is_dir():
            raise StorageFailed(
                f"{self.path} is damaged: its current snapshot {name!r} is missing; build it again"
            )
        return snapshot

    @contextlib.contextmanager
    def writing(self) -> Iterator[Path]:
        """Hold the right to write; yield an empty staging folder that is removed at the end.

        On a full disk the folder may not be there yet. Raises Locked, naming the process that
        holds the right, and StorageFailed.
        """
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            lock = FileLock(self.path / "lock")
            lock.acquire(timeout=0)
        except Timeout:
            raise Locked(
                f"{self.path} is locked: {self._writer()} is writing to it; wait until it ends"
            ) from None
        except OSError as error:
            raise StorageFailed(f"cannot write to {self.path}: {error.strerror}") from None
        staging = self.path / "staging"
        try:
            self._prepare(staging)
            yield staging
        finally:
            shutil.rmtree(staging, ignore_errors=True)
            with contextlib.suppress(OSError):
                (self.path / "writer").unlink()
            lock.release()

    def _prepare(self, staging: Path) -> None:
        """Say who writes, and make an empty staging folder, where the disk has room for that."""
        try:
            shutil.rmtree(staging, ignore_errors=True)
            staging.mkdir()
            (self.path / "writer").write_text(str(os.getpid()), encoding="ascii")
        except OSError as error:
            if error.errno in DISK_FULL:
                return
            raise StorageFailed(
                f"cannot write to {self.path}: {error.filename}: {error.strerror}"
            ) from None

    def releases(self) -> list[Snapshot]:
        """Return the snapshots that can be served or compared, the newest first."""
        return [self.snapshot(name) for name in sorted(self._names(), reverse=True)]

    def release(self, id: str) -> Snapshot:
        """Return the snapshot with this id, or with the only id that begins so. Raises NotFound."""
        self.current()
        names = [name for name in self._names() if name.startswith(id)] if id else []
        if len(names) != 1:
            known = ", ".join(sorted(self._names(), reverse=True)[:10])
            raise NotFound(f"{self.path} has no single release {id!r}; there are: {known}")
        return self.snapshot(names[0])

    def publish(self, staging: Path, id: str) -> Snapshot:
        """Make the finished snapshot in `staging` the current one, and drop old ones.

        It and the pointer to it are on the disk, not just on their way, when this returns.
        """
        folder = self.path / "snapshots"
        folder.mkdir(exist_ok=True)
        _sync_all(staging)
        staging.rename(folder / id)
        _sync(folder)
        before = self._pointer()
        try:
            self.point(id)
        except StorageFailed:
            if self._pointer() == before:  # nobody was led to it, and nobody shall be
                shutil.rmtree(folder / id, ignore_errors=True)
            raise
        self._prune(keep={id, before})
        return self.snapshot(id)

    def point(self, id: str) -> None:
        """Make an existing snapshot the current one."""
        pointer = self.path / "current.new"
        try:
            with pointer.open("w", encoding="utf-8") as file:
                file.write(id + "\n")
                file.flush()
                os.fsync(file.fileno())
            pointer.replace(self.path / "current")
            _sync(self.path)
        except OSError as error:
            raise unwritten(str(pointer), error) from error

    def _names(self) -> list[str]:
        folder = self.path / "snapshots"
        found = [path.name for path in folder.iterdir()] if folder.is_dir() else []
        return [name for name in found if _NAME.fullmatch(name)]

    def _prune(self, *, keep: Collection[str]) -> None:
        """Drop builds past the last `KEPT`, and states after changes once their grace is over."""
        past = f"{datetime.now(UTC) - GRACE:%Y%m%dT%H%M%S}"
        names = sorted(self._names())
        builds = [name for name in names if not self.snapshot(name).is_update]
        # A state is of use until the next one comes, however long that takes.
        over = {before for before, after in pairwise(names) if after < past}
        for name in ({*builds[:-KEPT]} | (over - {*builds})) - {*keep}:
            shutil.rmtree(self.path / "snapshots" / name, ignore_errors=True)

    def _writer(self) -> str:
        try:
            return f"process {(self.path / 'writer').read_text(encoding='ascii')}"
        except OSError:
            return "another process"


def _sync_all(folder: Path) -> None:
    """Have a folder and all that is in it on the disk.

    Without it a machine that loses its power may come back with a pointer to empty files. What has
    several names has been there before: with another snapshot, or since the engine wrote it.
    """
    for place, _, files in os.walk(folder):
        for path in (Path(place, name) for name in files):
            if path.stat().st_nlink == 1:
                _sync(path)
        _sync(Path(place))


def _sync(path: Path) -> None:
    """Have a file, or the names in a folder, on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
