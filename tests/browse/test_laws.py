"""The laws of counting, on random graphs: by the index, by SPARQL, and by plain Python."""

import os

import pytest
from hypothesis import HealthCheck, given, settings
from tests.browse.worlds import no_search, paths, selections, ways, worlds

from kg.browse import patterns
from kg.browse.facets import Wanted
from kg.browse.selection import Selection

LAWS = settings(
    deadline=None,
    max_examples=int(os.environ.get("LAWS", "40")),
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
MANY = Wanted(most=10_000)


@LAWS
@given(worlds, selections())
def test_the_index_sparql_and_plain_python_choose_the_same_things(content, selection):
    all_ways = ways(content)
    expected = all_ways.world.chosen(selection)
    for counts in (all_ways.index, all_ways.live, all_ways.stepwise):
        assert counts.total(selection) == len(expected)
        items = counts.items(selection, "en", 0, 1000)
        assert sorted(items) == sorted(expected)
        query = patterns.select(*counts.asked(selection), no_search)
        rows = all_ways.store.query(query).solutions()
        assert sorted(row["item"].value for row in rows) == sorted(expected)


@pytest.mark.parametrize("way", ["index", "live"])
@LAWS
@given(worlds, selections(), paths)
def test_every_count_is_the_total_after_the_click(way, content, selection, path):
    all_ways = ways(content)
    counts = getattr(all_ways, way)
    profile = dict(counts.profile(selection))
    for each in {*profile, *selection.conditions, path}:
        facet = counts.facet(selection, each, profile.get(each), MANY)
        if not facet.counted:
            continue
        others = selection.without(each)
        for value in walk(facet.values):
            after = others.toggle(each, value.value)
            assert value.count == counts.total(after) == len(all_ways.world.chosen(after))
            assert after == selection.only(each, value.value)
        for bar in facet.bars:
            after = selection.between(each, bar.low, bar.high)
            assert bar.count == counts.total(after) == len(all_ways.world.chosen(after))
        assert facet.present == counts.total(selection.having(each, True))
        assert facet.missing == counts.total(selection.having(each, False))


def walk(values):
    for value in values:
        yield value
        yield from walk(value.below)


@LAWS
@given(worlds, selections())
def test_no_value_is_left_out(content, selection):
    all_ways = ways(content)
    world = all_ways.world
    for path, kind in all_ways.index.profile(selection):
        facet = all_ways.index.facet(selection, path, kind, MANY)
        if kind.value not in ("term", "tree", "language"):
            continue
        others = world.chosen(selection.without(path))
        expected = {
            str(value)
            for thing in world.things
            if thing.value in others
            for value in world.values(path, thing)
        }
        shown = {str(value.value) for value in walk(facet.values) if value.count}
        assert shown == {name for name in expected if not name.startswith("_:")}


@LAWS
@given(worlds, selections())
def test_pages_follow_one_another(content, selection):
    all_ways = ways(content)
    whole = all_ways.index.items(selection, "zh-Hans", 0, 1000)
    assert whole == [
        iri
        for start in range(0, len(whole) + 1, 2)
        for iri in all_ways.index.items(selection, "zh-Hans", start, 2)
    ]
    assert whole == all_ways.live.items(selection, "zh-Hans", 0, 1000)


def test_nothing_in_a_store_is_nothing_to_choose_from():
    nothing = ways([])
    assert nothing.index.total(Selection()) == nothing.live.total(Selection()) == 0
    assert nothing.index.items(Selection(), "en", 0, 10) == []
