"""The charts of the home page: which they are, and that each number is the total after the click."""

import pytest
from hypothesis import given
from tests.browse.test_laws import LAWS
from tests.browse.test_strange_graphs import S, family, measurements, thesaurus
from tests.browse.worlds import parse_turtle, ways, worlds

from kg import dataset
from kg.browse import spreads
from kg.browse.paths import TYPE
from kg.browse.selection import Selection
from kg.browse.values import Bound
from kg.terms import NamedNode


def spread(found, **options):
    classes = [each.iri for each in dataset.count(found.store).classes]
    return spreads.derive(found.facets, classes, (), **options).all


def chosen(chart, row):
    value = spreads.term(row)
    if value is None:
        return Selection().between(chart.path, Bound(row.low), Bound(row.high))
    return Selection().only(chart.path, value)


def check(found):
    for chart in spread(found):
        assert chart.total == found.index.total(Selection().having(chart.path, True))
        for row in chart.rows:
            after = chosen(chart, row)
            assert row.total == found.index.total(after)
            assert sum(row.parts) <= row.total
            for name, part in zip(chart.classes, row.parts, strict=True):
                assert part == found.index.total(after.only(TYPE, NamedNode(name)))


@LAWS
@given(worlds)
def test_every_part_of_a_bar_is_the_total_after_the_click(content):
    check(ways(content))


SKOS = "http://www.w3.org/2004/02/skos/core#"
SOSA = "http://www.w3.org/ns/sosa/"


@pytest.mark.parametrize(
    ("graph", "expected"),
    [
        (thesaurus, [f"{SKOS}broader"]),
        (measurements, [f"{SOSA}madeBySensor", f"{SOSA}resultTime"]),
        (family, []),  # each has other parents
    ],
)
def test_a_graph_that_nobody_has_prepared_for_has_charts(graph, expected):
    found = ways(parse_turtle(graph()))
    check(found)
    assert [each.by for each in spread(found)] == expected
    assert all(1 < len(each.rows) <= spreads.ROWS for each in spread(found))


def test_things_of_no_class_are_drawn_where_there_are_no_others():
    lines = [f"<{S}b{n}> <{S}subject> <{S}s{n % 4}> ." for n in range(24)]
    (subject,) = spread(ways(parse_turtle("\n".join(lines))))
    assert (subject.classes, [row.total for row in subject.rows]) == ((), [6] * 4)


BOOKS = """
@prefix : <http://strange.example/> . @prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
:Novel rdfs:subClassOf :Book . :Poems rdfs:subClassOf :Book .
""" + "\n".join(
    f":b{n} a :{'Novel' if n % 3 else 'Poems'} , :Thing ; :subject :s{n % 4} ; :about :p{n % 5} ."
    for n in range(24)
)


def test_bars_are_parted_by_the_classes_that_share_them_out():
    subject = next(c for c in spread(ways(parse_turtle(BOOKS))) if c.by == f"{S}subject")
    assert subject.classes == (f"{S}Novel", f"{S}Poems")
    assert [(row.total, row.parts) for row in subject.rows] == [(6, (4, 2))] * 4


def test_values_stand_in_the_order_that_the_data_gives_them():
    order = [f"{S}s{n}" for n in (2, 0, 3, 1)]
    charts = spread(ways(parse_turtle(BOOKS)), order=order)
    subject = next(c for c in charts if c.by == f"{S}subject")
    assert [spreads.term(row).value for row in subject.rows] == order
