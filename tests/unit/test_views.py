"""Answers as tables, charts, timelines, maps and graphs."""

from decimal import Decimal

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from kg import geometry
from kg.errors import BadInput
from kg.geometry import WKT
from kg.terms import XSD, BlankNode, Literal, NamedNode
from kg.views import charts, columns, graphs, maps, scales, tables, timelines
from kg.views.columns import Nature
from kg.views.tables import Table

A, B, C = (NamedNode(f"http://e/{name}") for name in "abc")


def integer(value):
    return Literal(str(value), datatype=XSD.integer)


def day(text):
    return Literal(text, datatype=XSD.date)


def wkt(text):
    return Literal(text, datatype=NamedNode(WKT))


def table(*rows, names="xyz"):
    width = max(map(len, rows), default=len(names))
    return Table(tuple(names[:width]), rows)


def natures(found):
    return [column.nature for column in columns.columns(found)]


MIXED = [
    BlankNode("b"),
    A,
    integer(2),
    Literal("10.0", datatype=XSD.decimal),
    Literal("1e2", datatype=XSD.double),
    Literal("10"),
    Literal("text", language="en"),
]


def test_rows_are_ordered_as_sparql_orders_terms_and_numbers_by_value():
    found = table(*[(term,) for term in (*reversed(MIXED), None)])
    assert [row[0] for row in found.ordered("x").rows] == [*MIXED, None]
    assert [row[0] for row in found.ordered("-x").rows] == [*reversed(MIXED), None]
    assert found.ordered("").rows == found.rows


def test_an_unknown_column_is_named():
    with pytest.raises(BadInput, match="no column 'q'; there are: x"):
        table((A,)).ordered("q")


@pytest.mark.parametrize(
    ("text", "datatype", "value"),
    [
        ("12", XSD.integer, Decimal(12)),
        (" 1.50 ", XSD.decimal, Decimal("1.5")),
        ("INF", XSD.double, None),
        ("NaN", XSD.double, None),
        ("1e999999", XSD.double, None),
        ("12", XSD.string, None),
        ("x", XSD.integer, None),
    ],
)
def test_numbers_are_those_that_one_can_reckon_with(text, datatype, value):
    assert tables.number(Literal(text, datatype=datatype)) == value


def test_a_page_is_a_part_of_the_rows():
    found = table(*[(integer(n),) for n in range(5)])
    assert [row[0].value for row in found.page(2, 2)] == ["2", "3"]
    assert found.page(9, 2) == ()


def test_columns_are_what_all_their_values_are():
    found = Table(
        ("thing", "number", "time", "place", "text", "mixed", "empty"),
        ((A, integer(1), day("2020-01-01"), wkt("POINT(1 2)"), Literal("x"), A, None),
         (None, None, Literal("2021", datatype=XSD.gYear), None, None, integer(2), None)),
    )  # fmt: skip
    assert natures(found) == [
        Nature.THING, Nature.NUMBER, Nature.TIME, Nature.PLACE, Nature.TEXT, Nature.TEXT,
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "datatype", "expected"),
    [
        ("2020-02-29", "date", scales.days(2020, 2, 29)),
        ("2020", "gYear", scales.days(2020)),
        ("2020-03", "gYearMonth", scales.days(2020, 3)),
        ("2020-01-01T12:00:00Z", "dateTime", scales.days(2020) + 0.5),
        ("-0044-03-15", "date", scales.days(-44, 3, 15)),
        ("2020-13-01", "date", None),
        ("soon", "date", None),
    ],
)
def test_times_are_days(text, datatype, expected):
    assert columns.instant(Literal(text, datatype=XSD[datatype])) == expected


numbers = st.floats(-1e290, 1e290, allow_nan=False)


@given(st.lists(numbers, min_size=1, max_size=20), st.booleans())
def test_a_scale_holds_its_values_between_round_marks(values, zero):
    scale = scales.of(values, zero=zero)
    places = [mark.at for mark in scale.marks]
    assert places == sorted(places)
    assert (places[0], places[-1], len(places) <= 15) == (0, 1, True)
    for value in [*values, 0.0] if zero else values:
        assert -1e-6 <= scale.at(value) <= 1 + 1e-6


@given(st.lists(st.floats(-1e6, 3.6e6), min_size=1, max_size=20))
def test_a_scale_of_times_holds_them_and_has_marks(values):
    scale = scales.of_times(values)
    assert all(0 <= scale.at(value) <= 1 for value in values)
    assert all(0 <= mark.at <= 1 for mark in scale.marks)
    assert len({mark.text for mark in scale.marks}) == len(scale.marks) <= 20
    assume(min(values) > 1 and max(values) < 3.6e6)
    assert scale.marks


def test_marks_of_time_are_years_months_or_days():
    def texts(*days):
        return [
            mark.text for mark in scales.of_times([columns.instant(day(d)) for d in days]).marks
        ]

    assert texts("2010-05-05", "2020-05-05") == ["2012", "2014", "2016", "2018", "2020"]
    assert texts("2019-12-20", "2020-06-02") == [f"2020-0{n}" for n in range(1, 7)]
    assert "2020-02-29" in texts("2020-02-28", "2020-03-02")


def test_bars_are_named_by_what_tells_rows_apart_and_begin_at_zero():
    found = table((A, Literal("one"), integer(-2)), (A, Literal("two"), integer(6)), (A, A, None))
    drawn = charts.chart(found, columns.columns(found))
    assert (drawn.axes.across, drawn.axes.up, drawn.unused) == ("y", "z", 1)
    assert [(bar.label, bar.start, bar.end, bar.text) for bar in drawn.bars] == [
        (Literal("one"), 0, 25, "-2"),
        (Literal("two"), 25, 100, "6"),
    ]


def test_numbers_over_time_are_a_line_in_the_order_of_time():
    found = table((day("2021-01-01"), integer(1)), (day("2020-01-01"), integer(3)))
    drawn = charts.chart(found, columns.columns(found))
    assert drawn.is_line
    assert [point.texts for point in drawn.points] == [("2020-01-01", "3"), ("2021-01-01", "1")]


def test_two_numbers_are_points_and_too_many_rows_are_told():
    rows = [(integer(n), integer(n * n), A) for n in range(charts.POINTS + 5)]
    found = table(*rows)
    drawn = charts.chart(found, columns.columns(found), across="x", up="y")
    assert (drawn.is_line, len(drawn.points), drawn.cut) == (False, charts.POINTS, 5)
    with pytest.raises(BadInput):
        charts.chart(found, columns.columns(found), across="nothing")


def numbers_by(*rows):
    return Table(("place", "kind", "n"), rows)


ALONE = numbers_by((A, Literal("x"), integer(1)), (B, Literal("y"), integer(2)))
CROSSED = numbers_by(
    (A, Literal("x"), integer(1)), (B, Literal("y"), integer(4)), (A, Literal("y"), integer(3)),
    (B, Literal("x"), None), (C, Literal("x"), integer(2)),
)  # fmt: skip


def test_what_comes_again_with_other_values_of_a_column_is_drawn_in_groups():
    drawn = charts.chart(CROSSED, columns.columns(CROSSED))
    assert (drawn.axes, drawn.unused) == (charts.Axes("place", "n", "kind"), 1)
    assert drawn.series == (Literal("x"), Literal("y"))
    assert [(label, [(bar.series, bar.text) for bar in bars]) for label, bars in drawn.groups] == [
        (A, [(0, "1"), (1, "3")]), (B, [(1, "4")]), (C, [(0, "2")]),
    ]  # fmt: skip
    assert drawn.cells == ((A, ("1", "3")), (B, ("", "4")), (C, ("2", "")))


@pytest.mark.parametrize(
    ("found", "by", "series"),
    [(CROSSED, charts.ONE, 0), (ALONE, "", 0), (ALONE, "kind", 2), (CROSSED, "kind", 2)],
)
def test_series_are_drawn_where_they_must_be_or_are_wanted(found, by, series):
    drawn = charts.chart(found, columns.columns(found), by=by)
    assert len(drawn.series) == series


def test_over_time_each_series_is_a_line():
    rows = [(day(f"20{n}-01-01"), kind, integer(n)) for n in (21, 20, 22) for kind in (A, B)]
    drawn = charts.chart(numbers_by(*rows), columns.columns(numbers_by(*rows)))
    assert (drawn.is_line, drawn.axes.by, drawn.series) == (True, "kind", (A, B))
    assert [[point.texts[1] for point in line] for line in drawn.lines] == [["20", "21", "22"]] * 2
    assert {point.label for point in drawn.lines[1]} == {B}
    assert drawn.cells[0] == ("2020-01-01", ("20", "20"))


def test_no_more_series_are_drawn_than_can_be_told_apart():
    rows = [(A, Literal(f"kind {n}"), integer(n)) for n in range(charts.SERIES + 3)]
    found = numbers_by(*rows)
    drawn = charts.chart(found, columns.columns(found), across="place", by="kind")
    assert (len(drawn.series), drawn.left, drawn.unused, drawn.cut) == (charts.SERIES, 3, 0, 0)
    assert len(drawn.bars) == charts.SERIES
    assert "kind" not in charts.choices(columns.columns(found)).by
    with pytest.raises(BadInput):
        charts.chart(found, columns.columns(found), by="nothing")


@pytest.mark.parametrize("row", [(A, B), (integer(1),), (Literal("x"), A)])
def test_without_a_number_and_something_beside_it_there_is_no_chart(row):
    found = table(row)
    assert charts.chart(found, columns.columns(found)) is None


def test_a_timeline_runs_from_the_first_time_to_the_second():
    found = table(
        (A, day("2020-01-01"), day("2021-01-01")), (B, day("2019-01-01"), None), (C, None, None)
    )
    drawn = timelines.timeline(found, columns.columns(found))
    assert [event.label for event in drawn.events] == [B, A]
    assert drawn.events[0].start == drawn.events[0].end
    assert drawn.events[1].start < drawn.events[1].end
    assert (drawn.unused, drawn.events[1].times) == (1, ("2020-01-01", "2021-01-01"))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("POINT(120.7 30.7)", [("point", [[(120.7, 30.7)]])]),
        ("<http://www.opengis.net/def/crs/EPSG/0/4326> POINT(30.7 120.7)",
         [("point", [[(120.7, 30.7)]])]),
        ("<http://www.opengis.net/def/crs/EPSG/0/4490> POINT(30.7 120.7)", []),
        ("MULTIPOINT((1 2), (3 4))", [("point", [[(1, 2)]]), ("point", [[(3, 4)]])]),
        ("LINESTRING Z (1 2 9, 3 4 9)", [("line", [[(1, 2), (3, 4)]])]),
        ("POLYGON((0 0,1 0,1 1,0 0), (0 0,1 0,0 0))",
         [("area", [[(0, 0), (1, 0), (1, 1), (0, 0)], [(0, 0), (1, 0), (0, 0)]])]),
        ("MULTIPOLYGON(((0 0,1 0,0 0)) , ((5 5,6 5,5 5)))",
         [("area", [[(0, 0), (1, 0), (0, 0)]]), ("area", [[(5, 5), (6, 5), (5, 5)]])]),
        ("GEOMETRYCOLLECTION(POINT(1 2),LINESTRING(1 2,3 4))",
         [("point", [[(1, 2)]]), ("line", [[(1, 2), (3, 4)]])]),
        ("POINT(999 1)", []),
        ("POINT(nan 1)", []),
        ("POINT EMPTY", []),
        ("nonsense", []),
        ("", []),
    ],
)  # fmt: skip
def test_geometries_are_read(text, expected):
    found = geometry.shapes(text)
    assert [(s.form, [list(ring) for ring in s.rings]) for s in found] == expected


@given(st.text(alphabet="POINTLYG(), 0123456789.-eZ<>", max_size=60))
def test_whatever_is_no_geometry_is_none(text):
    geometry.shapes(text)


def test_places_lie_in_the_frame_with_the_north_above():
    found = table((A, wkt("POINT(120 30)")), (B, wkt("POINT(121 31)")), (C, Literal("?")))
    drawn = maps.map(found, columns.columns(found)[:1] + columns.columns(table(found.rows[0]))[1:])
    south, north = drawn.spots
    assert 0 < south.x < north.x < maps.WIDTH
    assert 0 < north.y < south.y < maps.HEIGHT
    assert south.where == "30° N, 120° E"
    assert drawn.unused == 1
    assert "120.5° E" in [mark.text for mark in drawn.meridians]
    assert "30.5° N" in [mark.text for mark in drawn.parallels]


def test_columns_called_latitude_and_longitude_are_places():
    found = Table(
        ("thing", "lat", "long"), ((A, integer(30), integer(120)), (B, integer(30), None))
    )
    assert maps.is_possible(columns.columns(found))
    drawn = maps.map(found, columns.columns(found))
    assert (len(drawn.spots), drawn.unused) == (1, 1)


def test_one_place_alone_is_in_the_middle():
    found = table((A, wkt("POINT(0 0)")))
    (spot,) = maps.map(found, columns.columns(found)).spots
    assert (spot.x, spot.y) == (maps.WIDTH / 2, maps.HEIGHT / 2)


def test_a_graph_has_the_triples_between_things():
    triples = Table(("subject", "property", "object"), ((A, B, C), (A, B, Literal("x")), (A, B, C)))
    drawn = graphs.graph(triples, columns.columns(triples))
    assert [(link.source, link.label, link.target) for link in drawn.links] == [(A, B, C)]
    assert drawn.unused == 1
    pair = table((A, integer(1), B))
    assert graphs.graph(pair, columns.columns(pair)).links[0].label is None
    alone = table((A, Literal("x")))
    assert graphs.graph(alone, columns.columns(alone)) is None
