"""Which entities match, and in which order."""

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from kg.errors import BadInput, OverLimit
from kg.search.index import NAMES
from kg.search.matching import Deadline, Match, Matching, matching
from kg.search.query import LONGEST, MOST_TERMS, parse
from kg.search.snippets import spans

NAMES_OF_PLACES = (
    "光伏产业",  # 0
    "人工智能（AI）产业",  # 1
    "Photovoltaic industries",  # 2
    "电动车制造",  # 3
    "重庆银行行长",  # 4
    "Café de Flore",  # 5
    "百项千亿311工程",  # 6
    "西安",  # 7
    "先进技术",  # 8
    "吕梁绿色女性",  # 9
    "Hidden champion of the party",  # 10
    "深化“最多跑一次”改革",  # 11
)


@pytest.fixture(scope="module")
def places(named):
    return named(*NAMES_OF_PLACES)


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("光", [0]),
        ("产业", [0, 1]),
        ("產業", [0, 1]),
        ("光业", []),
        ("AI产业", [1]),
        ("ＡＩ 产业", [1]),
        ("智能产业", []),
        ("電動車", [3]),
        ("cafe", [5]),
        ("CAFÉ", [5]),
        ("flo", [5]),
        ("lore", []),
        ('"flo"', []),
        ('"flore"', [5]),
        ("industry", [2]),
        ("photovoltaics", [2]),
        ('"industry"', []),
        ("hidden champion", [10]),
        ("champion hidden", [10]),
        ('"champion hidden"', []),
        ('"hidden champion"', [10]),
        ("art", []),
        ("311", [6]),
        ("千亿311工程", [6]),
        ("31", [6]),
        ("11", []),
        ("guangfu", [0]),
        ("GuangFu", [0]),
        ("guāng fú", [0]),
        ("guangf", [0]),
        ("gfcy", [0]),
        ("gf", [0]),
        ("gf 产业", [0]),
        ("guangfu产业", [0]),
        ("光fu", [0]),
        ("rgzn", [1]),
        ("rengongzhineng", [1]),
        ("chongqing", [4]),
        ("zhongqing", [4]),
        ("yinhang", [4]),
        ("yinxing", [4]),
        ("hangzhang", [4]),
        ("cqyh", [4]),
        ("zqyx", [4]),
        ("chqyh", [4]),
        ("xian", [6, 7, 8]),
        ("xi'an", [7]),
        ("lvliang", [9]),
        ("luliang", [9]),
        ("nvxing", [9]),
        ("nuxing", [9]),
        ("lvlianglvsenv", [9]),
        ("g", []),
        ("zuiduopaoyici", [11]),
        ("最多跑一次改革", [11]),
        ("", []),
        ("?!", []),
        ('"', []),
        ("http://example.org/n3", [3]),
        ("光伏 OR NOT", []),
        ("光伏*", [0]),
        ("-光伏", [0]),
    ],
)
def test_what_matches(places, found, text, numbers):
    assert found(places, text) == sorted(f"n{number}" for number in numbers)


TEXTS = st.text(
    st.sampled_from("光伏产业行长重庆绿女产發发一丁 aābBcgfhuzxn19,'、“Ａ\u0301\n"), max_size=12
)


@settings(max_examples=30)
@given(st.lists(TEXTS, min_size=1, max_size=6), st.lists(TEXTS, min_size=1, max_size=12))
@example(["行长", "xingzhang"], ["hangzhang", "xz", "x", "xingz", "'"])
@example(["a a a"], ["a a", '"a a"'])
def test_the_index_agrees_with_looking_at_each_text(named, texts, queries):
    index = named(*texts)
    for text in queries:
        query = parse(text, index.folding)
        expected = {
            place
            for place, name in enumerate(texts)
            if query
            and all(
                spans(term, index.folding.traced(name), index.syllables) for term in query.terms
            )
        }
        found = {int(iri.rpartition("/n")[2]) for iri in index.iris(matching(index, text))}
        assert found == expected, text


HAN = st.text(st.sampled_from("光伏产业行长重庆绿女发一丁秀洲区"), min_size=1, max_size=10)


@settings(max_examples=30)
@given(st.lists(HAN, min_size=1, max_size=5), st.data())
def test_every_run_of_characters_of_a_name_finds_it(named, names, data):
    index = named(*names)
    place = data.draw(st.integers(0, len(names) - 1))
    first = data.draw(st.integers(0, len(names[place]) - 1))
    run = names[place][first : data.draw(st.integers(first + 1, len(names[place])))]
    assert f"http://example.org/n{place}" in index.iris(matching(index, run))
    assert index.entities == len(names)


def test_every_term_may_match_another_text_of_the_entity(index_of, found):
    index = index_of(
        """
        e:a rdfs:label "光伏" ; dcterms:description "在嘉兴" ; e:note "since 2019" .
        e:b rdfs:label "光伏" ; dcterms:description "在湖州" .
        """
    )
    assert found(index, "光伏 嘉兴") == ["a"]
    assert found(index, "光伏 2019 嘉兴") == ["a"]
    assert found(index, "gf 嘉兴") == ["a"]
    assert found(index, "jx") == []  # pinyin is for names


def test_a_text_of_a_blank_node_is_found_with_the_thing_it_hangs_on(index_of, found):
    index = index_of(
        """
        e:a e:address [ e:street [ e:name "运河路" ] ] ; e:list ( "one" "two" ) .
        _:x e:name "nobody's" ; e:next _:x .
        """
    )
    assert found(index, "运河") == ["a"]
    assert found(index, "two") == ["a"]
    assert found(index, "nobody") == []


def test_numbers_dates_and_shapes_are_no_text(index_of, found):
    index = index_of(
        """
        e:a e:p 42 , true , "2023-01-01"^^xsd:date , "x42y"^^e:own , "forty-two" .
        """
    )
    assert found(index, "42") == []
    assert found(index, "x42") == ["a"]
    assert found(index, "forty") == ["a"]


def test_a_text_that_stands_in_two_graphs_is_there_once(index_of):
    index = index_of('e:g1 { e:a rdfs:label "光伏" } e:g2 { e:a rdfs:label "光伏", "太阳能" }')
    assert len(index.fields[NAMES].texts) == 2
    assert index.entities == 1


def test_a_thing_without_a_name_is_found_by_its_local_name(index_of, found):
    index = index_of(
        'e:EastLake e:p "x" . e:%E4%B8%9C%E6%B9%96 e:p "y" . e:WestLake rdfs:label "z" .'
    )
    assert found(index, "east lake") == ["EastLake"]
    assert found(index, "东湖") == ["%E4%B8%9C%E6%B9%96"]
    assert found(index, "west") == []


def order(index, text):
    """Return local names with how they match, the best first."""
    matched: dict[str, Match] = {}
    for match, entities in Matching(index, parse(text, index.folding), Deadline(5)).tiers():
        for iri in index.iris(entities):
            matched.setdefault(iri.rpartition("/")[2], match)
    return list(matched.items())


def test_exact_comes_before_prefix_before_whole_words_before_the_rest(index_of):
    index = index_of(
        """
        e:others rdfs:label "x" ; e:note "about wind" .
        e:described rdfs:label "y" ; dcterms:description "the wind" .
        e:begun rdfs:label "The windmill" .
        e:word rdfs:label "The wind farm" .
        e:prefix rdfs:label "Windmill" .
        e:exact rdfs:label "WIND" .
        e:stem rdfs:label "several winds" .
        e:x e:p e:begun .
        """
    )
    assert order(index, "wind") == [
        ("exact", Match.EXACT),
        ("prefix", Match.PREFIX),
        ("word", Match.WORDS),
        ("begun", Match.WITHIN),
        ("stem", Match.WITHIN),
        ("described", Match.DESCRIPTIONS),
        ("others", Match.OTHERS),
    ]


def test_pinyin_of_a_whole_name_comes_before_that_of_a_part(index_of):
    index = index_of(
        """
        e:part rdfs:label "大光伏" . e:prefix rdfs:label "光伏产业" . e:exact rdfs:label "光伏" .
        e:word rdfs:label "Guangfu" .
        """
    )
    assert [name for name, _ in order(index, "guangfu")] == ["word", "exact", "prefix", "part"]
    assert order(index, "gf") == [
        ("exact", Match.INITIALS),
        ("prefix", Match.INITIALS_PREFIX),
        ("part", Match.INITIALS_WITHIN),
    ]


@pytest.mark.parametrize(
    ("text", "ordered"),
    [
        ("yinhang", ["银行", "银行人", "大银行"]),
        ("xingr", ["行人", "银行人"]),
        ("yh", ["银行", "银行人", "大银行"]),
        ("chong", ["重庆", "重要"]),
        ("zq", ["重庆"]),
    ],
)
def test_how_a_character_is_read_in_its_word_comes_first(named, text, ordered):
    names = ["行人", "银行", "大银行", "重庆", "重要", "中药", "银行人"]
    index = named(*names)
    assert [names[int(name[1:])] for name, _ in order(index, text)] == ordered


def test_what_many_link_to_comes_first(index_of):
    index = index_of(
        """
        e:a rdfs:label "光伏" . e:b rdfs:label "光伏" . e:c rdfs:label "光伏" .
        e:x e:p e:b , e:c . e:y e:p e:b . e:z a e:a .
        """
    )
    assert [name for name, _ in order(index, "光伏")] == ["b", "c", "a"]


def test_a_large_tier_has_the_same_order(named, monkeypatch):
    index = named(*(f"{'大' * (each % 3)}光伏{each}" for each in range(40)))
    whole = order(index, "光伏")
    monkeypatch.setattr("kg.search.matching.BEGINNING", 3)
    assert order(index, "光伏") == whole
    assert len(whole) == 40


@pytest.mark.parametrize("text", ["光" * (LONGEST + 1), " ".join(map(str, range(MOST_TERMS + 1)))])
def test_a_query_that_is_too_long_is_refused(places, text):
    with pytest.raises(BadInput, match="at most"):
        matching(places, text)


def test_a_search_is_stopped_at_its_deadline(places):
    with pytest.raises(OverLimit) as error:
        matching(places, "光伏", seconds=0)
    assert error.value.code == "search_timeout"


@given(st.text(st.characters(codec="utf-8"), max_size=40))
@example('") OR 1=1 --')
@example("^: {NEAR(a b)} AND * -")
def test_no_text_breaks_a_search(places, text):
    matching(places, text)
