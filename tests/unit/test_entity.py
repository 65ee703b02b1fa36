"""A resource is what the data says about it, and what points to it."""

import subprocess
import sys

import pytest

from kg import entity
from kg.errors import NotFound
from kg.formats import TURTLE
from kg.labels import Label
from kg.terms import RDF, BlankNode, Literal, NamedNode


def e(name: str) -> NamedNode:
    return NamedNode("http://example.org/" + name)


def nested(facts) -> dict:
    """Return facts as {property: {values}}, with what hangs on a blank node in a tuple."""
    return {
        fact.label.text: {
            tuple(sorted((name, *map(str, values)) for name, values in nested(value.facts).items()))
            if isinstance(value.term, BlankNode)
            else value.term.value
            for value in fact.values
        }
        for fact in facts
    }


def terms(facts) -> list:
    """Return the terms that a page shows, at whatever depth."""
    found, waiting = [], list(facts)
    while waiting:
        for value in waiting.pop().values:
            found.append(value.term)
            waiting += value.facts
            found += [item.term for item in value.items]
    return found


CHAIN = "e:a e:p [ e:p [ e:p [ e:p [ e:p e:deep ] ] ] ] ."


@pytest.mark.parametrize(
    ("text", "triples"),
    [
        ("e:a e:p e:b , 'x' . e:b e:p e:c .", 2),
        ("e:a e:p [ e:q 1 ; e:r [ e:s 2 ] ] . e:z e:p [ e:q 3 ] .", 4),
        (CHAIN, 5),
        ("e:a e:p _:x . _:x e:p _:x , e:a .", 3),
        ("e:a e:p _:x ; e:q _:x . _:x e:r _:y ; e:s _:y . _:y e:t 1 .", 5),
        ("e:g { e:a e:p e:b } e:h { e:a e:p e:b , e:c }", 2),
        ("e:a e:p () .", 1),
        ("e:a e:p (1) .", 3),
        ("e:a e:p (1 2 3 4 5 6 7 8) .", 17),
        ("e:a e:p ( [ e:q 1 ] [ e:q ( 2 [ e:r 3 ] ) ] ) .", 12),
        ("e:a e:p ((1 2) (3 4)) .", 13),
        ("e:b e:p e:a .", 0),
    ],
)
def test_a_description_has_each_triple_of_the_resource_and_its_blank_nodes_once(
    store, text, triples
):
    found = entity.describe(store(text), e("a")).triples()
    assert len(set(found)) == triples
    assert len(found) == triples


def test_a_page_shows_each_item_of_a_list_once(store):
    page = entity.load(store("e:a e:p ( 1 2 3 4 5 6 ) ."), e("a"), ["en"])
    shown = [term.value for term in terms(page.facts) if isinstance(term, Literal)]
    assert sorted(shown) == ["1", "2", "3", "4", "5", "6"]


LONG = """
import sys
from pathlib import Path
from kg import entity
from kg.store.embedded import EmbeddedStore
from kg.store.loading import Source
from kg.terms import NamedNode
path = Path(sys.argv[1])
path.write_text(f"<a:a> <a:p> ( {' '.join(map(str, range(2000)))} ) .")
store = EmbeddedStore.in_memory([Source.of(path)], base_iri="http://example.org/")
assert len(entity.describe(store, NamedNode("a:a")).triples()) == 4001
assert entity.load(store, NamedNode("a:a"), ["en"]).facts
"""


def test_a_list_may_be_long(tmp_path):
    # In a process of its own, since a query in this one could not be stopped.
    command = [sys.executable, "-c", LONG, str(tmp_path / "long.ttl")]
    ended = subprocess.run(command, capture_output=True, timeout=15, check=False)
    assert ended.returncode == 0, ended.stderr.decode()[-500:]


def test_a_description_can_be_had_in_a_format(store):
    assert entity.describe(store("e:a e:p 1 ."), e("a"), format=TURTLE).read().endswith(b"1 .\n")


@pytest.mark.parametrize(
    ("text", "facts"),
    [
        ("e:a e:p e:b , 'x'@en .", {"p": {"http://example.org/b", "x"}}),
        ("e:a a e:C ; e:p 1 .", {"p": {"1"}}),
        ("e:a e:p e:b . e:p rdfs:label 'called' .", {"called": {"http://example.org/b"}}),
        ("e:a e:p [ e:q 1 ] .", {"p": {(("q", "1"),)}}),
        ("e:a e:p [] .", {"p": {()}}),
        ("e:g { e:a e:p 1 } e:h { e:a e:p 1 ; e:q 2 }", {"p": {"1"}, "q": {"2"}}),
        ("e:b e:p e:a .", {}),
    ],
)
def test_facts_are_properties_with_their_values(store, text, facts):
    assert nested(entity.load(store(text), e("a"), ["en"]).facts) == facts


def test_a_blank_node_that_contains_itself_is_opened_once(store):
    page = entity.load(store("e:a e:p _:x . _:x e:p _:x ; e:q 1 ."), e("a"), ["en"])
    shown = sorted(type(term).__name__ for term in terms(page.facts))
    assert shown == ["BlankNode", "BlankNode", "Literal"]


def test_label_description_and_types_stand_by_themselves(store):
    page = entity.load(
        store(
            "e:a a e:C ; rdfs:label 'A'@en , '甲'@zh-Hans ; rdfs:comment 'c'@en . "
            "e:C rdfs:label 'Class'@en ."
        ),
        e("a"),
        ["en"],
    )
    assert page.label == Label("A", "en")
    assert page.description == Label("c", "en")
    assert [value.label.text for value in page.types] == ["Class"]
    assert RDF.type not in {fact.property for fact in page.facts}


def test_what_points_to_a_resource_is_listed_up_to_a_number_and_counted_in_full(store):
    many = " ".join(f"e:s{number:03} e:p e:a ." for number in range(entity.INCOMING_SHOWN + 5))
    page = entity.load(store(f"{many} [] e:p e:a . e:g {{ e:s000 e:p e:a }}"), e("a"), ["en"])
    assert page.incoming_total == entity.INCOMING_SHOWN + 6
    assert len(page.incoming) == entity.INCOMING_SHOWN
    assert page.incoming[0].subject == e("s000")
    assert page.incoming[0].property_label == Label("p")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("e:a e:p 1 .", True),
        ("e:b e:p e:a .", True),
        ("e:b e:a 1 .", True),
        ("[] e:p e:a .", True),
        ("e:a { e:b e:p 1 }", True),
        ("e:g { e:b e:p e:a }", True),
        ("e:b e:p 'http://example.org/a' , e:aa .", False),
        ("", False),
    ],
)
def test_a_resource_exists_when_the_data_mentions_it_anywhere(store, text, expected):
    graph = store(text)
    assert entity.exists(graph, e("a")) is expected
    if expected:
        assert entity.load(graph, e("a"), ["en"]).iri == e("a")
    else:
        with pytest.raises(NotFound, match=r"does not mention <http://example.org/a>"):
            entity.load(graph, e("a"), ["en"])


def test_values_keep_their_terms(store):
    page = entity.load(store("e:a e:p 'x'@en , 1 , '<b>'^^rdf:HTML ."), e("a"), ["en"])
    assert {value.term for value in page.facts[0].values} == {
        Literal("x", language="en"),
        Literal(1),
        Literal("<b>", datatype=RDF.HTML),
    }
