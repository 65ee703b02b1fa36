"""Queries that are kept under short names."""

import pytest

from kg import kept
from kg.errors import BadInput, NotFound, StorageFailed, StorageFull
from kg.kept import Kept

QUERY = "SELECT * { ?s ?p '光伏' }"


def test_a_query_is_kept_once_and_found_by_its_name(tmp_path):
    shelf = Kept(tmp_path / "kept")
    name = shelf.keep(QUERY)
    assert shelf.text(name) == QUERY
    assert shelf.keep(QUERY) == name
    assert shelf.keep(QUERY + " ") != name
    assert len(list((tmp_path / "kept").iterdir())) == 2


@pytest.mark.parametrize("name", ["", "nothinghere1", "../../secret", "A" * 12, "a" * 11, "a" * 12])
def test_there_is_nothing_under_other_names(tmp_path, name):
    with pytest.raises(NotFound):
        Kept(tmp_path).text(name)


@pytest.mark.parametrize("text", ["", "hello", "DROP ALL", "INSERT DATA { <a:b> <a:b> 1 }"])
def test_what_is_no_query_is_not_kept(tmp_path, text):
    with pytest.raises(BadInput):
        Kept(tmp_path).keep(text)


def test_what_is_kept_is_not_lost_when_there_is_no_more_room(tmp_path, monkeypatch):
    shelf = Kept(tmp_path)
    first = shelf.keep(QUERY)
    monkeypatch.setattr(kept, "MOST", 1)
    with pytest.raises(StorageFull):
        shelf.keep("ASK {}")
    assert shelf.keep(QUERY) == first
    monkeypatch.undo()
    monkeypatch.setattr(kept, "LARGEST", len(QUERY.encode()) + 3)
    with pytest.raises(StorageFull):
        shelf.keep("ASK {}")


def test_where_nothing_can_be_written_nothing_is_kept(tmp_path):
    blocked = tmp_path / "file"
    blocked.write_text("")
    with pytest.raises(StorageFailed):
        Kept(blocked).keep(QUERY)
    assert not Kept(tmp_path / "none" / "kept").is_possible
    assert Kept(tmp_path / "kept").is_possible
