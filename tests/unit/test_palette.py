"""The colours of classes."""

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kg import palette
from kg.dataset import ClassCount, Statistics
from kg.display import Display, View
from kg.terms import NamedNode

ROOT = Path(__file__).parents[2]
A, B, C = (f"http://e/{name}" for name in "ABC")

colors = st.integers(0, 0xFFFFFF).map("#{:06x}".format)


@given(colors)
def test_text_in_any_colour_can_be_read_in_both_themes(color):
    hue = palette.hue(color)
    for shown, dark in ((hue.light, False), (hue.dark, True)):
        for ground in palette.grounds(shown, dark=dark):
            assert palette.contrast(shown, ground) >= palette.CONTRAST


def test_the_grounds_are_those_of_the_style_sheet():
    text = (ROOT / "frontend/styles/parts/tokens.css").read_text(encoding="utf-8")
    found = dict(re.findall(r"--(ground|raised|sunken): light-dark\((.+?)\);", text))
    pairs = [found[name].split(", ") for name in ("ground", "raised", "sunken")]
    assert [*zip(*pairs, strict=True)] == [palette.LIGHT_GROUNDS, palette.DARK_GROUNDS]


@pytest.mark.parametrize(
    ("one", "other", "ratio"),
    [("#ffffff", "#000000", 21), ("#777777", "#ffffff", 4.48), ("#123456", "#123456", 1)],
)
def test_contrast_is_that_of_wcag(one, other, ratio):
    assert palette.contrast(one, other) == pytest.approx(ratio, abs=0.01)


def counted(*classes: str) -> Statistics:
    counts = tuple(ClassCount(iri, 100 - place) for place, iri in enumerate(classes))
    return Statistics("s", 0, 0, 0, 0, 0, (), counts, (), None, (), ())


def test_a_legible_colour_of_the_data_is_left_as_it_is():
    made = palette.palette(counted(A), Display(views={A: View(color="#0b6e4f")}))
    assert made.hues[A].light == "#0b6e4f"
    assert ".k0{--class:light-dark(#0b6e4f," in made.css


@pytest.mark.parametrize(
    ("classes", "name"),
    [
        ((A,), "k0"),
        ((A, B), "k1"),
        ((B, C), "k1"),
        ((C, A), "k2"),
        (("http://e/none",), ""),
        ((), ""),
    ],
)
def test_a_thing_has_the_colour_the_data_gives_or_that_of_its_rarest_class(classes, name):
    made = palette.palette(counted(A, B, C), Display(views={B: View(color="#aa0000")}))
    assert made.name([NamedNode(iri) for iri in classes]) == name


def test_the_number_of_colours_is_bounded_and_those_of_the_data_go_first():
    classes = [f"http://e/{number}" for number in range(palette.LARGEST + 10)]
    display = Display(views={classes[-1]: View(color="#aa0000")})
    made = palette.palette(counted(*classes), display)
    assert len(made.hues) == palette.LARGEST
    assert classes[-1] in made.hues
    assert len({hue.light for hue in list(made.hues.values())[:12]}) == 12
