"""What is derived from a state of the data is there whole, or that of the state before is."""

import shutil

import pytest

from kg import derived
from kg.build import build
from kg.errors import StorageFailed
from kg.store.loading import Source
from kg.store.snapshots import Database, Origin, new_id

BASE = "https://kg.example/"


@pytest.fixture
def database(tmp_path):
    path = tmp_path / "data.ttl"
    path.write_text("<e:a> <e:p> 1 , 2 .", encoding="utf-8")
    database = Database(tmp_path / "db")
    build([Source.of(path)], database, base_iri=BASE)
    return database


@pytest.fixture
def changed(database):
    """The state after a change, published without what is derived from it."""
    return database.current(), _published(database)


def _published(database):
    before = database.current()
    with database.writing() as staging:
        (staging / "oxigraph").symlink_to(before.triples.resolve())
        derived.inherit(before, staging)
        return database.publish(staging, new_id(Origin.UPDATE, b""))


def test_a_build_derives_before_it_publishes(database):
    snapshot = database.current()
    assert derived.is_complete(snapshot)
    found = derived.of(snapshot)
    assert (found.snapshot, found.statistics.snapshot) == (snapshot.id, snapshot.id)
    assert found.statistics.triples == 2


def test_a_change_has_what_was_derived_before_it_until_it_is_derived_again(database, changed):
    before, after = changed
    assert not derived.is_complete(after)
    assert derived.of(after).snapshot == derived.of(after).statistics.snapshot == before.id
    derived.complete(database, after)
    assert derived.is_complete(after)
    assert derived.of(after).snapshot == derived.of(after).statistics.snapshot == after.id
    assert derived.of(before).snapshot == before.id


def test_what_two_derive_at_once_is_there_once(database, changed):
    _, after = changed
    derived.complete(database, after)
    derived.complete(database, after)
    assert [path.name for path in database.path.glob("derived-*")] == []
    assert derived.of(after).snapshot == after.id


def test_what_is_derived_late_is_given_to_those_that_follow(database, changed):
    before, after = changed
    latest = _published(database)
    assert derived.of(latest).snapshot == before.id
    derived.complete(database, after)
    assert [derived.of(each).snapshot for each in (before, after, latest)] == [
        before.id,
        after.id,
        after.id,
    ]
    assert not derived.is_complete(latest)
    following = _published(database)
    assert derived.of(following).snapshot == after.id
    assert [path.name for path in database.path.glob("derived-*")] == []


def test_what_is_derived_is_given_on_though_its_own_state_is_gone(database, changed):
    _, after = changed
    latest = _published(database)
    # Its triples lie with the build here, and are read though the folder of the state goes.
    shutil.rmtree(after.path)
    (after.path / "oxigraph").parent.mkdir()
    (after.path / "oxigraph").symlink_to(database.releases()[-1].triples)
    derived.complete(database, after)
    assert derived.of(latest).snapshot == after.id


def test_what_is_open_stays_open_over_a_change(database, changed):
    before, after = changed
    known = derived.of(before)
    known.warm()
    found = derived.of(after, known)
    assert found.path == after.path / "derived" / before.id
    assert found.ontology is known.ontology
    assert found.statistics is known.statistics
    derived.complete(database, after)
    fresh = derived.of(after, known)
    assert fresh.snapshot == after.id
    assert fresh.ontology is not known.ontology


def test_what_a_killed_process_has_left_is_removed(database, changed):
    left = database.path / "derived-999999999"
    left.mkdir()
    derived.complete(database, changed[1])
    assert not left.exists()


@pytest.mark.parametrize("name", ["statistics", "display"])
@pytest.mark.parametrize("content", [None, b"", b"[]", b"{", b"\xff"])
def test_what_is_damaged_is_told(database, name, content):
    snapshot = database.current()
    path = derived.of(snapshot).path / f"{name}.json"
    path.unlink() if content is None else path.write_bytes(content)
    with pytest.raises(StorageFailed, match=rf"cannot read .*{name}\.json|is damaged"):
        derived.of(snapshot)
