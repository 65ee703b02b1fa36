"""The map of a thing: everything lies in its frame, and it says where it is."""

from hypothesis import given
from hypothesis import strategies as st

from kg.entity import atlas
from kg.geometry import Form, Shape, shapes

points = st.tuples(st.floats(-180, 180), st.floats(-90, 90))


@given(st.lists(points, min_size=1, max_size=8))
def test_a_map_shows_all_points_inside_its_frame(found):
    drawn = atlas.drawn([Shape(Form.POINT, ((point,),)) for point in found])
    assert len(drawn.points) == len(found)
    for x, y in drawn.points:
        assert -0.01 <= x <= atlas.WIDTH + 0.01
        assert -0.01 <= y <= atlas.HEIGHT + 0.01
    assert 0 < drawn.bar.at <= atlas.WIDTH / 4 + 0.01
    assert len(drawn.meridians) + len(drawn.parallels) < 30


def test_a_map_says_where_it_is():
    drawn = atlas.drawn([Shape(Form.POINT, (((-58.5, -34.6),),))])
    assert drawn.position == "34.6° S, 58.5° W"
    assert drawn.uri == "geo:-34.6,-58.5"
    assert drawn.points == ((atlas.WIDTH / 2, atlas.HEIGHT / 2),)


def test_there_is_no_map_of_nothing():
    assert atlas.drawn([]) is None


def test_lines_and_areas_are_paths():
    drawn = atlas.drawn(
        shapes("GEOMETRYCOLLECTION(LINESTRING(0 0,1 1),POLYGON((0 0,1 0,1 1,0 0)))")
    )
    assert [path.count("L") for path in (*drawn.lines, *drawn.areas)] == [1, 3]
    assert drawn.areas[0].endswith("Z")
    assert drawn.points == ()
