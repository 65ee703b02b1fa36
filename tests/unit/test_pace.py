"""What is derived after changes takes a bounded share of the time, and is never put off for ever."""

from hypothesis import given
from hypothesis import strategies as st

from kg.web.pace import LONGEST, PATIENCE, QUIET, Pace


def test_the_first_begins_after_a_moment_of_quiet():
    assert Pace().begin(outdated=100.0, changed=100.0) == 100.0 + QUIET
    assert Pace().begin(outdated=100.0, changed=104.0) == 104.0 + QUIET


def test_quiet_is_not_waited_for_for_ever():
    assert Pace().begin(outdated=100.0, changed=500.0) == 100.0 + PATIENCE


def test_after_a_long_pause_it_begins_as_soon_as_the_first():
    pace = Pace()
    for begun in (0.0, 10.0, 20.0, 30.0):
        pace.done(begun, begun + 5.0)
    pace.done(1000.0, 1005.0)
    assert pace.begin(outdated=1010.0, changed=1010.0) == 1010.0 + QUIET


times = st.floats(0.01, 100.0)


@given(st.lists(st.tuples(times, times), min_size=20, max_size=40))
def test_while_changes_keep_coming_it_works_a_small_share_of_the_time(rounds):
    pace, now, worked, slowest = Pace(), 0.0, 0.0, 0.0
    for took, until_changed in rounds:
        begun = pace.begin(outdated=now, changed=now + min(until_changed, 0.1))
        assert begun <= max(now + PATIENCE, pace.ended + LONGEST * pace.took)
        pace.done(begun, begun + took)
        now, worked, slowest = begun + took, worked + took, max(slowest, took)
    # The first few come quickly; of each the rest comes after it, so the last is not counted.
    assert worked - 5 * slowest <= now / LONGEST
