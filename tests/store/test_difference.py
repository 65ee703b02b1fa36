"""What changed between two states, in numbers."""

import pytest

from kg import derived
from kg.build import build
from kg.store.difference import Changes, changes

SAME = "e:a e:p [ e:q 1 ] , [ e:q 1 ] , [ e:r [] ] ."


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ("e:a e:p 1 .", "e:a e:p 1 .", (0, 0)),
        ("e:a e:p 1 , 2 .", "e:a e:p 2 , 3 , 4 .", (2, 1)),
        ("e:a e:p 1 .", "e:g { e:a e:p 1 }", (1, 1)),
        ("", "e:a e:p 1 .", (1, 0)),
        (SAME, SAME, (0, 0)),
        (SAME, "e:a e:p [ e:q 1 ] , [ e:r [] ] .", (0, 2)),
        ("e:a e:p '_:b0' .", "e:a e:p '_:b1' .", (1, 1)),
        ("e:a e:p <<( e:a e:p 1 )>> .", "e:a e:p <<( e:a e:p 2 )>> .", (1, 1)),
        ("e:a e:p <<( _:a e:p 1 )>> .", "e:a e:p <<( _:b e:p 1 )>> .", (0, 0)),
    ],
)
def test_quads_are_added_and_removed(store, before, after, expected):
    assert changes(store(before), store(after)) == Changes(*expected)


def test_a_release_knows_what_it_changed(database, source, monkeypatch):
    first = database.current()
    assert derived.change(first) is None
    second = build([source("e:a e:p 2 , 3 .")], database, base_iri="https://kg.example/").snapshot
    assert derived.change(second) == derived.Change(first.id, 2, 1)
    monkeypatch.setattr(derived, "MOST_COMPARED", 3)
    third = build([source("e:a e:p 2 .")], database, base_iri="https://kg.example/").snapshot
    assert derived.change(third) == derived.Change(second.id, 0, 1)
    fourth = build([source("e:a e:p 2 , 3 , 4 .")], database, base_iri="https://kg.example/")
    assert derived.change(fourth.snapshot) is None
