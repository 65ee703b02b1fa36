"""The display vocabulary: what the data says about how it is to be shown."""

import json

import pytest

from kg import display
from kg.display import Display, View
from kg.labels import LABEL_PROPERTIES
from kg.terms import NamedNode

PREFIXES = """
@prefix : <http://example.org/> .
@prefix d: <https://kg.example/display#> .
@prefix rdf: <http://www.w3.org/1999/02/22-rdf-syntax-ns#> .
"""
EX = "http://example.org/"


@pytest.fixture
def read(store):
    return lambda text: display.read(store(PREFIXES + text))


def test_views_keep_the_order_of_their_lists(read):
    found = read(
        ":v d:forClass :C ; d:facets (:z :a :m) ; d:facts () ; d:color '#0B6e4f' . "
        ":w d:forClass :D ; d:facts (:b :a) ."
    )
    assert found.views == {
        f"{EX}C": View((f"{EX}z", f"{EX}a", f"{EX}m"), (), "#0b6e4f"),
        f"{EX}D": View((), (f"{EX}b", f"{EX}a"), ""),
    }


def test_label_properties_of_the_data_come_before_the_usual_ones(read):
    found = read(":site d:labelProperties (:called) .")
    assert found.label_properties == (NamedNode(f"{EX}called"), *LABEL_PROPERTIES)
    assert found.description_properties == Display().description_properties


def test_where_all_properties_are_known_only_those_are_looked_for():
    some = Display(labels=(f"{EX}called", f"{EX}absent"), used=frozenset({f"{EX}called", f"{EX}p"}))
    assert some.label_properties == (NamedNode(f"{EX}called"),)
    assert len(some.description_properties) == 1, "a pattern needs one"


def test_a_class_without_a_view_has_that_of_the_nearest_class_above_it(read):
    found = read(
        "@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> . "
        ":v d:forClass :Top ; d:color '#111111' . :w d:forClass :Near ; d:color '#222222' . "
        ":Near rdfs:subClassOf :Top . :C rdfs:subClassOf :B . :B rdfs:subClassOf :Near . "
        ":Top rdfs:subClassOf :C , :Above ."
    )
    colors = {name.removeprefix(EX): view.color for name, view in found.views.items()}
    assert colors == {"Top": "#111111", "Near": "#222222", "B": "#222222", "C": "#222222"}


@pytest.mark.parametrize("color", ["red", "#fff", "#12345g", "#123456;}", "url(x)", ""])
def test_a_colour_that_is_none_is_not_taken(read, color):
    assert read(f":v d:forClass :C ; d:color '{color}' .").color([NamedNode(f"{EX}C")]) == ""


@pytest.mark.parametrize(
    "text",
    [
        ":v d:forClass :C ; d:facets :l . :l rdf:first :a ; rdf:rest :l .",
        ":v d:forClass :C ; d:facets :l . :l rdf:first :a ; rdf:rest :gone .",
        ":v d:forClass :C ; d:facets ('text' :a 1) .",
    ],
    ids=["endless", "broken", "of literals"],
)
def test_a_list_that_is_none_does_no_harm(read, text):
    assert read(text).view([NamedNode(f"{EX}C")]).facets == (f"{EX}a",)


def test_data_without_the_vocabulary_is_shown_in_the_usual_way(read):
    assert read(":a :b :c .") == Display()


def test_a_display_comes_back_from_json_as_it_was(read):
    found = read(":v d:forClass :C ; d:facets (:z :a) ; d:color '#000000' .")
    assert Display.from_json(json.loads(json.dumps(found.to_json()))) == found
