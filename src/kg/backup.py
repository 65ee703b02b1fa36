"""A snapshot in one file, and back: a tar archive (`.tar`, `.tar.gz`) of what was published.

    ID/oxigraph/…, ID/snapshot.json, ID/derived/…, ID/queries/…

A snapshot never changes, so it can be copied while the database is served and written to.
"""

from __future__ import annotations

import tarfile
import zlib
from pathlib import Path, PurePosixPath

from kg import build, dumps
from kg.errors import BadInput, StorageFailed, unwritten
from kg.store.embedded import EmbeddedStore
from kg.store.snapshots import Database, Snapshot


def save(database: Database, file: Path) -> Snapshot:
    """Write the current snapshot to `file`, which appears when it is whole. Return the snapshot.

    Raises NotFound, and StorageFailed when it cannot be read or written.
    """
    snapshot = database.current()
    partial = file.with_name(file.name + ".part")
    mode = "w:gz" if file.name.lower().endswith((".gz", ".tgz")) else "w"
    try:
        with tarfile.open(partial, mode) as archive:  # type: ignore[call-overload]
            archive.add(snapshot.path, snapshot.id, filter=_needed)
        partial.replace(file)
    except OSError as error:
        raise unwritten(str(file), error) from None
    finally:
        partial.unlink(missing_ok=True)
    return snapshot


def _needed(member: tarfile.TarInfo) -> tarfile.TarInfo | None:
    """Pass over dumps, which are made from the rest."""
    return None if PurePosixPath(member.name).parts[1:2] == (dumps.FOLDER,) else member


def restore(file: Path, database: Database) -> Snapshot:
    """Publish the snapshot that is in `file`, once it is known to be whole. Return it.

    What was published before stays as a release. Raises BadInput for a file that holds no
    snapshot, Locked, and StorageFailed.
    """
    with database.writing() as staging:
        id = _extract(file, staging)
        _must_be_whole(Snapshot(id, staging / id), file)
        if id not in {release.id for release in database.releases()}:
            return database.publish(staging / id, id)
        database.point(id)
        return database.current()


def _extract(file: Path, folder: Path) -> str:
    """Unpack an archive into an empty folder, and return the name of the only thing in it."""
    try:
        with tarfile.open(file) as archive:
            # Neither a link nor a name may lead out of the folder.
            archive.extractall(folder, filter="data")
        names = [path.name for path in folder.iterdir()]
    except FileNotFoundError:
        raise BadInput(f"{file}: no such file") from None
    except (tarfile.TarError, EOFError, zlib.error) as error:
        raise BadInput(f"{file} is not a whole backup: {error}") from None
    except OSError as error:
        raise StorageFailed(f"cannot restore {file}: {error.strerror or error}") from None
    if len(names) != 1 or not Database.is_name(names[0]):
        raise BadInput(f"{file} is no backup of a snapshot: it holds {', '.join(names[:5])}")
    return names[0]


def _must_be_whole(snapshot: Snapshot, file: Path) -> None:
    try:
        build.opened(snapshot)
        EmbeddedStore.open(snapshot.triples, snapshot=snapshot.id)
    except StorageFailed as error:
        raise BadInput(f"{file} is damaged: {error.message}") from None
