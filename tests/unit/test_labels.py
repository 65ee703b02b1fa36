"""What a term is called, in the language that its reader would have."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kg import labels
from kg.labels import DESCRIPTION_PROPERTIES, Label
from kg.terms import NamedNode

TAGS = ["en", "en-GB", "EN", "zh", "zh-Hans", "zh-Hant", "zh-Hans-CN", "zh-TW", "de", "fr-CA", ""]


@pytest.mark.parametrize(
    ("wanted", "known", "expected"),
    [
        ("en", (), ["en", ""]),
        ("en-GB", (), ["en-gb", "en", ""]),
        ("de", ("zh-Hans", "en"), ["de", "en", "zh-hans", ""]),
        ("zh-Hant", (), ["zh-hant", "zh", "zh-tw", "zh-hans", "zh-cn", "en", ""]),
        ("zh-TW", (), ["zh-tw", "zh", "zh-hant", "zh-hans", "zh-cn", "en", ""]),
        ("zh-Hans-CN", (), ["zh-hans-cn", "zh-hans", "zh", "zh-cn", "zh-hant", "zh-tw", "en", ""]),
        ("", ("en",), ["", "en"]),
    ],
)
def test_languages_are_wanted_from_the_narrowest_to_any(wanted, known, expected):
    assert list(labels.chain(wanted, known)) == expected


@pytest.mark.parametrize("tag", ["en-GB", "zh", "zh-Hant", "zh-Hans-CN"])
def test_the_case_of_a_language_tag_means_nothing(tag):
    assert labels.chain(tag.upper(), ()) == labels.chain(tag.lower(), ())


@given(st.sampled_from(TAGS), st.lists(st.sampled_from(TAGS)))
def test_a_chain_begins_with_what_is_wanted_and_leaves_no_known_language_out(wanted, known):
    chain = labels.chain(wanted, known)
    assert chain[0] == wanted.lower()
    assert len(set(chain)) == len(chain)
    assert {tag.lower() for tag in known} | {"en", ""} <= set(chain)


CANDIDATES = st.lists(st.builds(Label, st.text(), st.sampled_from(TAGS)))


def distance(label: Label, chain: Sequence[str]) -> int:
    """Return how far back in a chain a label's language stands, itself or as its base."""
    tag = label.language.lower()
    while tag not in chain and "-" in tag:
        tag = tag.rpartition("-")[0]
    return chain.index(tag) if tag in chain else len(chain)


@given(CANDIDATES, st.sampled_from(TAGS))
def test_the_label_is_the_first_candidate_in_the_best_language_there_is(candidates, wanted):
    chain = labels.chain(wanted, ["zh-Hans", "en"])
    chosen = labels.choose(candidates, chain)
    if not candidates:
        assert chosen is None
        return
    best = min(distance(each, chain) for each in candidates)
    assert chosen == next(each for each in candidates if distance(each, chain) == best)


@pytest.mark.parametrize(
    ("candidates", "wanted", "expected"),
    [
        (['"a"@en', '"b"@zh-Hans'], "zh-Hans", "b"),
        (['"a"@en', '"b"@zh-Hans'], "zh", "b"),
        (['"a"@en', '"b"@zh-Hans'], "de", "a"),
        (['"a"@en-US', '"b"'], "en", "a"),
        (['"a"@fr', '"b"'], "de", "b"),
        (['"a"@fr', '"b"@es'], "de", "a"),
        (['"a"', '"b"'], "en", "a"),
        (['"a"@zh-Hant', '"b"@zh-Hans'], "zh-Hant-TW", "a"),
        ([], "en", "x"),
        (['"a"@en', '"b"@EN'], "en", "a"),
    ],
)
def test_a_resource_is_called_what_its_reader_understands_or_by_its_name(
    store, candidates, wanted, expected
):
    text = " ".join(f"e:x rdfs:label {candidate} ." for candidate in candidates)
    x = NamedNode("http://example.org/x")
    assert labels.fetch(store(text), [x], labels.chain(wanted, []))[x].text == expected


def test_the_kinds_of_names_have_an_order(store):
    graph = store('e:x dcterms:title "title" ; rdfs:label "label" ; skos:prefLabel "preferred" .')
    x = NamedNode("http://example.org/x")
    assert labels.fetch(graph, [x], ["en"]) == {x: Label("preferred")}


def test_what_is_no_text_is_no_label(store):
    graph = store("e:x rdfs:label e:y , [ rdfs:label 'z' ] .")
    x = NamedNode("http://example.org/x")
    assert labels.fetch(graph, [x, x], ["en"]) == {x: Label("x")}
    assert labels.fetch(graph, [], ["en"]) == {}


def test_texts_of_a_resource_stand_in_the_order_of_their_properties(store):
    graph = store('e:x rdfs:comment "2" , "1"@en ; dcterms:description "3" .')
    x = NamedNode("http://example.org/x")
    found = labels.texts(graph, [x], DESCRIPTION_PROPERTIES)[x]
    assert [label.text for label in found] == ["3", "1", "2"]


def test_a_thing_has_a_label_and_its_classes_whatever_graph_says_so(store):
    graph = store(
        "e:x a e:C , [] ; rdfs:label 'x' . e:g { e:x a e:B , e:C ; rdfs:label 'x' } "
        "e:y rdfs:label e:z , <<( e:a e:b e:c )>> ."
    )
    x, y = (NamedNode(f"http://example.org/{name}") for name in "xy")
    classes = tuple(NamedNode(f"http://example.org/{name}") for name in "BC")
    assert labels.things(graph, [x, y], ["en"]) == {
        x: labels.Thing(Label("x"), classes),
        y: labels.Thing(Label("y")),
    }


@pytest.mark.parametrize("blank", ['""', "' \\n '@en"])
def test_a_name_that_says_nothing_is_none(store, blank):
    x = NamedNode("http://example.org/x")
    assert labels.fetch(store(f"e:x rdfs:label {blank} ."), [x], ["en"]) == {x: Label("x")}
    texts = f"e:x rdfs:label {blank} , 'called'@de ."
    assert labels.fetch(store(texts), [x], ["en"])[x].text == "called"
