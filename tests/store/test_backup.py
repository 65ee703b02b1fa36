"""A backup is one file, and what is restored from it is what was saved, or nothing is."""

import io
import tarfile

import pytest

from kg import backup
from kg.build import build
from kg.errors import BadInput, KgError, Locked, NotFound, StorageFailed
from kg.store.embedded import EmbeddedStore
from kg.store.loading import Source
from kg.store.snapshots import Database

BASE = "https://kg.example/"


@pytest.fixture
def database(tmp_path):
    return built(tmp_path, Database(tmp_path / "db"), "<e:a> <e:p> 1 , '光伏'@zh .")


def built(folder, database, text):
    path = folder / "data.ttl"
    path.write_text(text, encoding="utf-8")
    build([Source.of(path)], database, base_iri=BASE)
    return database


def count(database):
    snapshot = database.current()
    return len(list(EmbeddedStore.open(snapshot.triples, snapshot=snapshot.id).quads()))


@pytest.mark.parametrize("name", ["b.tar", "b.tar.gz", "b.tgz", "备份.tar.gz"])
def test_what_was_saved_comes_back(tmp_path, database, name):
    saved = backup.save(database, tmp_path / name)
    other = Database(tmp_path / "other")
    restored = backup.restore(tmp_path / name, other)
    assert restored.id == saved.id == other.current().id
    assert count(other) == 2
    files = {str(path.relative_to(saved.path)) for path in saved.path.rglob("*")}
    assert {str(path.relative_to(restored.path)) for path in restored.path.rglob("*")} >= {
        name for name in files if "LOG" not in name and not name.endswith(".log")
    }


def test_what_was_published_stays_a_release(tmp_path, database):
    backup.save(database, tmp_path / "b.tar")
    first = database.current()
    built(tmp_path, database, "<e:a> <e:p> 2 , 3 , 4 .")
    second = database.current()
    assert backup.restore(tmp_path / "b.tar", database) == first
    assert {release.id for release in database.releases()} == {first.id, second.id}
    assert count(database) == 2


def test_only_a_whole_file_gets_the_name(tmp_path, database):
    with pytest.raises(StorageFailed, match="cannot write"):
        backup.save(database, tmp_path / "missing" / "b.tar")
    with pytest.raises(NotFound):
        backup.save(Database(tmp_path / "none"), tmp_path / "b.tar")
    assert not list(tmp_path.glob("*.part"))


def altered(path, change):
    path.write_bytes(change(path.read_bytes()))


@pytest.mark.parametrize(
    "change",
    [
        lambda content: content[: len(content) // 2],
        lambda content: content[:100],
        lambda content: b"",
        lambda content: b"no archive at all",
        lambda content: content[:2000] + b"\xff" * 400 + content[2400:],
    ],
    ids=["half", "begun", "empty", "other", "garbled"],
)
@pytest.mark.parametrize("name", ["b.tar", "b.tar.gz"])
def test_a_damaged_backup_changes_nothing(tmp_path, database, name, change):
    backup.save(database, tmp_path / name)
    built(tmp_path, database, "<e:a> <e:p> 2 , 3 , 4 .")
    before = database.current()
    altered(tmp_path / name, change)
    try:
        backup.restore(tmp_path / name, database)
    except KgError:
        assert database.current() == before
    else:  # a flipped byte in a part that is not needed
        assert count(database) == 2


def test_names_that_lead_out_of_the_folder_are_refused(tmp_path, database):
    for name in ("../evil", "/tmp/kg-evil", "20240101T000000000Z-b00000000/../../evil"):
        with tarfile.open(tmp_path / "evil.tar", "w") as archive:
            member = tarfile.TarInfo(name)
            member.size = 4
            archive.addfile(member, io.BytesIO(b"evil"))
        with pytest.raises(BadInput):
            backup.restore(tmp_path / "evil.tar", database)
        assert not (tmp_path / "evil").exists()


def test_nothing_is_restored_while_another_writes(tmp_path, database):
    backup.save(database, tmp_path / "b.tar")
    with database.writing(), pytest.raises(Locked):
        backup.restore(tmp_path / "b.tar", database)
