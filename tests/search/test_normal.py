"""The normal form forgets how something is written, and nothing else."""

import itertools
import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from kg.search.normal import CONTINUOUS, Folding, simplified

FOLDING = Folding(simplified())

HAN = st.characters(min_codepoint=0x4E00, max_codepoint=0x9FA5)
MIXED = st.text(st.one_of(HAN, st.characters(codec="utf-8"), st.sampled_from(" ab1,、Ａ")))


@pytest.mark.parametrize(
    ("text", "normal"),
    [
        ("", ""),
        ("光伏", "光伏"),
        ("産業、產業", "产业产业"),
        ("電動車與麵條", "电动车与面条"),
        ("乾隆 干部 幹部", "干隆干部干部"),
        ("著作 着作", "着作着作"),
        ("裏面裡面", "里面里面"),
        ("ＡＩ产业", " ai 产业"),
        ("AI 产业", " ai 产业"),
        ("“秀水新区”建设", "秀水新区建设"),
        ("광주 시", " 광주 시 "),
        ("Café  Zürich—Nice", " cafe zurich nice "),
        ("Straße", " strasse "),
        ("ﬁn", " fin "),
        ("百项千亿311", "百项千亿 311 "),
        ("soft\u00adhyphen zero\u200bwidth", " softhyphen zerowidth "),
        ("葛\U000e0100城", "葛城"),
        ("①号", " 1 号"),
        ("が", "が"),
        ("か\u3099", "が"),
        ("!?★", ""),
        ("a_b", " a b "),
        ("2023年1-9月", " 2023 年 1 9 月"),
    ],
)
def test_normal_forms(text, normal):
    assert FOLDING.normal(text) == normal


@given(MIXED)
@example("İ")
@example("ŉ a")
@example("㌀")
def test_a_normal_form_with_places_is_the_normal_form(text):
    traced = FOLDING.traced(text)
    assert traced.text == FOLDING.normal(text)
    assert len(traced.places) == len(traced.text)
    assert list(traced.places) == sorted(traced.places)
    assert all(0 <= place < len(traced.source) for place in traced.places)
    assert traced.source == unicodedata.normalize("NFC", text)


@given(st.text(st.one_of(HAN, st.sampled_from("ab 1、。Ａ"))), st.data())
def test_a_run_of_han_characters_has_its_normal_form_in_that_of_the_text(text, data):
    first = data.draw(st.integers(0, len(text)))
    run = text[first : data.draw(st.integers(first, len(text)))]
    if all(CONTINUOUS.match(character) for character in run):
        assert FOLDING.normal(run) in FOLDING.normal(text)


@given(MIXED)
def test_a_normal_form_is_words_between_single_spaces_and_characters_without(text):
    normal = FOLDING.normal(text)
    assert "  " not in normal
    assert all(
        CONTINUOUS.sub("", part).isalnum() or CONTINUOUS.search(part) for part in normal.split()
    )
    for before, character in itertools.pairwise(normal):
        if CONTINUOUS.match(character):
            assert before == " " or CONTINUOUS.match(before)
