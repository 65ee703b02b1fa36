"""A database is a folder of snapshots: what is published stays whole, whatever happens."""

import contextlib
import os
import signal
import subprocess
import sys

import pytest

from kg.errors import KgError, Locked, NotFound, StorageFailed, StorageFull
from kg.store.embedded import EmbeddedStore
from kg.store.snapshots import KEPT, Database, Origin, new_id


@pytest.fixture
def publish(tmp_path):
    """Return what publishes an empty snapshot in a database; its id is returned."""

    def publish(database: Database, id: str | None = None) -> str:
        with database.writing() as staging:
            return database.publish(staging, id or new_id(Origin.BUILD, b"")).id

    return publish


@pytest.fixture
def empty(tmp_path):
    return Database(tmp_path / "资料 库")


def test_an_empty_database_says_how_to_fill_it(empty):
    with pytest.raises(NotFound, match="holds no database; make one with: kg build"):
        empty.current()
    with empty.writing():
        pass
    with pytest.raises(NotFound):
        empty.current()


def test_what_was_published_last_is_current(empty, publish):
    ids = [publish(empty) for _ in range(2)]
    assert empty.current().id == ids[-1]
    assert [snapshot.id for snapshot in empty.releases()] == ids[::-1]


def test_the_last_builds_are_kept(empty, publish):
    ids = [publish(empty) for _ in range(KEPT + 2)]
    assert sorted(path.name for path in (empty.path / "snapshots").iterdir()) == ids[-KEPT:]
    assert empty.current().id == ids[-1]


def test_a_state_after_a_change_gives_way_once_the_next_has_long_been_there(empty, publish):
    superseded, last = "20200101T000000000Z-u00000000", "20200101T000000001Z-u00000000"
    build = publish(empty, "20200101T000000000Z-b00000000")
    publish(empty, superseded)
    publish(empty, last)
    assert {snapshot.id for snapshot in empty.releases()} == {build, superseded, last}
    young = [publish(empty, new_id(Origin.UPDATE, b"")) for _ in range(KEPT + 1)]
    assert {snapshot.id for snapshot in empty.releases()} == {build, last, *young}


def test_a_clock_that_was_set_back_loses_nothing_current(empty, publish):
    later = [publish(empty, f"2099010{day}T000000000Z-b00000000") for day in range(1, 5)]
    now = publish(empty)
    assert empty.current().id == now
    assert later[-1] in {snapshot.id for snapshot in empty.releases()}


def test_names_sort_by_time_and_never_meet():
    ids = [new_id(Origin.BUILD, b"") for _ in range(1000)]
    assert len(set(ids)) == len(ids)
    assert [id.partition("-")[0] for id in ids] == sorted(id.partition("-")[0] for id in ids)


def test_a_release_is_found_by_the_beginning_of_its_id(empty, publish):
    publish(empty, "20200101T000000000Z-b00000001")
    publish(empty, "20200102T000000000Z-b00000001")
    assert empty.release("20200102").id == "20200102T000000000Z-b00000001"
    assert empty.release("20200101T000000000Z-b00000001").path.is_dir()
    for id in ("", "2020", "3", "../snapshots/20200102"):
        with pytest.raises(
            NotFound, match=r"no single release .* 20200102T000000000Z-b00000001, 2"
        ):
            empty.release(id)


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, SystemExit, MemoryError])
def test_work_that_is_broken_off_leaves_what_was_published(database, objects, names, error):
    before = database.current()

    def work():
        with database.writing() as staging:
            (staging / "half").mkdir()
            (staging / "half" / "done.json").write_text("{", encoding="utf-8")
            raise error

    with pytest.raises(error):
        work()
    assert database.current() == before
    assert objects(database) == ["1"]
    assert names(database.path) == ["current", "lock", "snapshots"]
    with database.writing():
        pass


def test_one_process_writes_at_a_time_and_the_other_is_told_which(database):
    with database.writing():
        with pytest.raises(Locked, match=f"is locked: process {os.getpid()} is writing"):  # noqa: SIM117
            with database.writing():
                pass
        assert database.current().path.is_dir()


HOLD = """
import sys, time
from pathlib import Path
from kg.store.snapshots import Database
with Database(Path(sys.argv[1])).writing() as staging:
    (staging / "half").mkdir()
    print("held", flush=True)
    time.sleep(600)
"""


def test_a_writer_that_was_killed_locks_nobody_out(database, objects, names, publish):
    command = [sys.executable, "-c", HOLD, str(database.path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as holder:
        try:
            assert holder.stdout.readline() == b"held\n"
            with pytest.raises(Locked, match=f"process {holder.pid} "):
                publish(database)
        finally:
            holder.send_signal(signal.SIGKILL)
    assert objects(database) == ["1"]
    publish(database)
    assert names(database.path) == ["current", "lock", "snapshots"]


def test_who_reads_a_snapshot_that_is_dropped_reads_on(database, publish):
    old = database.current()
    reader = EmbeddedStore.open(old.triples, snapshot=old.id)
    for _ in range(KEPT):
        publish(database)
    assert not old.path.exists()
    assert reader.query("ASK { ?s ?p 1 }").boolean()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\n",
        b"20200101T000000000Z-b00000000\n",
        b"none",
        b"a\x00b",
        b"\xff\xfe",
        b"x" * 5000,
    ],
)
def test_a_damaged_pointer_is_told_and_mended_by_the_next_build(database, publish, content):
    (database.path / "current").write_bytes(content)
    with pytest.raises(StorageFailed, match="db"):
        database.current()
    assert publish(database) == database.current().id


@pytest.mark.parametrize("content", ["..", "../..", "."])
def test_a_pointer_never_leads_out_of_the_snapshots(database, content):
    (database.path / "current").write_text(content, encoding="utf-8")
    with pytest.raises(StorageFailed):
        database.current()


def test_a_snapshot_that_is_missing_is_told(database):
    current = database.current()
    current.path.rename(database.path / "elsewhere")
    with pytest.raises(
        StorageFailed, match=f"damaged: .*'{current.id}' is missing; build it again"
    ):
        database.current()


@pytest.mark.parametrize("content", [None, b"", b"{", b"\xff"])
def test_a_damaged_description_is_told(database, content):
    snapshot = database.current()
    path = snapshot.path / "snapshot.json"
    path.unlink() if content is None else path.write_bytes(content)
    with pytest.raises(StorageFailed, match=r"cannot read .*snapshot\.json"):
        snapshot.read("snapshot")


def as_file(path):
    path.write_text("in the way", encoding="utf-8")


def as_folder(path):
    (path / "in the way").mkdir(parents=True)


@pytest.mark.parametrize(
    ("name", "obstacle"),
    [
        ("lock", as_folder),
        ("writer", as_folder),
        ("staging", as_file),
        ("current.new", as_folder),
    ],
)
def test_what_lies_in_the_way_of_a_writer_is_a_storage_failure(
    database, objects, publish, name, obstacle
):
    before = database.current()
    path = database.path / name
    with contextlib.suppress(FileNotFoundError):
        path.unlink()
    obstacle(path)
    try:
        publish(database)
    except StorageFailed:
        assert database.current() == before
        assert objects(database) == ["1"]
    else:
        assert database.current() != before


def test_what_a_full_disk_keeps_from_being_published_is_gone(database, objects, publish):
    before = database.releases()
    (database.path / "current.new").symlink_to("/dev/full")
    with pytest.raises(StorageFull, match=r"cannot write .*current.new: No space left"):
        publish(database)
    assert database.releases() == before
    assert database.current() == before[0]
    assert objects(database) == ["1"]
    (database.path / "current.new").unlink()
    assert publish(database) == database.current().id


@pytest.mark.parametrize("below", ["", "/x", "/x/y"])
def test_a_file_is_no_place_for_a_database(tmp_path, publish, below):
    as_file(tmp_path / "file")
    database = Database(tmp_path / ("file" + below))
    with pytest.raises(StorageFailed, match=r"cannot write to .*file"):
        publish(database)
    with pytest.raises(KgError):
        database.current()


def test_what_does_not_belong_among_the_snapshots_does_no_harm(database, publish):
    as_file(database.path / "snapshots" / ".DS_Store")
    ids = [publish(database) for _ in range(KEPT)]
    assert database.current().id == ids[-1]
    assert [snapshot.id for snapshot in database.releases()] == ids[::-1]
    assert (database.path / "snapshots" / ".DS_Store").exists()
