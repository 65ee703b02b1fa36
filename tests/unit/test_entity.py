"""A resource is what the data says about it, and what points to it."""

import subprocess
import sys

import pytest

from kg.display import Display, View
from kg.entity import description, incoming, links, neighbours, page
from kg.entity.links import Direction, Wanted
from kg.entity.page import Entity, Manner
from kg.errors import NotFound
from kg.formats import TURTLE
from kg.geometry import Form, Shape
from kg.labels import Label
from kg.terms import RDF, BlankNode, Literal, NamedNode


def e(name: str) -> NamedNode:
    return NamedNode("http://example.org/" + name)


A = e("a")
PLAIN = Display()


def load(store, iri: NamedNode = A, display: Display = PLAIN, texts=None) -> Entity:
    """Return the page of a resource in English."""
    rows = store.query("SELECT DISTINCT ?p { ?s ?p ?o }").solutions()
    known = frozenset(row["p"] for row in rows)
    return page.load(store, iri, Manner(["en"], display, known, texts or (lambda _: {})))


def values(facts) -> dict:
    """Return the values of facts by the term."""
    return {value.term: value for fact in facts for value in fact.values}


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
    found = description.describe(store(text), e("a")).triples()
    assert len(set(found)) == triples
    assert len(found) == triples


def test_a_page_shows_each_item_of_a_list_once(store):
    found = load(store("e:a e:p ( 1 2 3 4 5 6 ) ."))
    shown = [term.value for term in terms(found.facts) if isinstance(term, Literal)]
    assert sorted(shown) == ["1", "2", "3", "4", "5", "6"]


LONG = """
import sys
from pathlib import Path
from kg.entity import description, page
from kg.store.embedded import EmbeddedStore
from kg.store.loading import Source
from kg.terms import NamedNode
path = Path(sys.argv[1])
path.write_text(f"<a:a> <a:p> ( {' '.join(map(str, range(2000)))} ) .")
store = EmbeddedStore.in_memory([Source.of(path)], base_iri="http://example.org/")
assert len(description.describe(store, NamedNode("a:a")).triples()) == 4001
(fact,) = page.load(store, NamedNode("a:a"), page.Manner(["en"])).facts
assert len(fact.values[0].items) + fact.values[0].left_out == 2000
"""


def test_a_list_may_be_long(tmp_path):
    # In a process of its own, since a query in this one could not be stopped.
    command = [sys.executable, "-c", LONG, str(tmp_path / "long.ttl")]
    ended = subprocess.run(command, capture_output=True, timeout=15, check=False)
    assert ended.returncode == 0, ended.stderr.decode()[-500:]


def test_a_description_can_be_had_in_a_format(store):
    assert (
        description.describe(store("e:a e:p 1 ."), e("a"), format=TURTLE).read().endswith(b"1 .\n")
    )


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
    assert nested(load(store(text)).facts) == facts


def test_a_blank_node_that_contains_itself_is_opened_once(store):
    found = load(store("e:a e:p _:x . _:x e:p _:x ; e:q 1 ."))
    shown = sorted(type(term).__name__ for term in terms(found.facts))
    assert shown == ["BlankNode", "BlankNode", "Literal"]


def test_the_head_shows_names_descriptions_and_classes(store):
    found = load(
        store(
            "e:a a e:C ; rdfs:label 'A'@en , '甲'@zh-Hans ; rdfs:comment 'c'@en , '丙'@zh-Hans . "
            "e:C rdfs:label 'Class'@en ."
        )
    )
    assert found.label == Label("A", "en")
    assert [value.term.value for value in found.other_names] == ["甲"]
    assert found.description == Label("c", "en")
    assert [value.term.value for value in found.other_descriptions] == ["丙"]
    assert [value.label.text for value in found.types] == ["Class"]
    assert found.facts == ()


def test_many_names_stand_among_the_facts(store):
    found = load(store(f"e:a rdfs:label {', '.join(repr(str(n)) for n in range(60))} ."))
    assert found.naming is None
    assert len(found.facts[0].values) == description.EACH
    assert found.facts[0].left_out == 60 - description.EACH


def test_facts_come_in_the_order_of_the_display_then_by_name(store):
    display = Display(views={e("C").value: View(facts=(e("z").value, e("y").value))})
    found = load(store("e:a a e:C ; e:x 1 ; e:y 1 ; e:z 1 ; e:b 1 ."), display=display)
    assert [fact.label.text for fact in found.facts] == ["z", "y", "b", "x"]
    assert found.first_facts == 2


STATEMENT = """
kg:stated rdfs:label 'stated'@en .
e:st rdf:subject e:a ; rdf:predicate e:p ; rdf:object e:b ; kg:status kg:stated ;
  kg:modality kg:target ; kg:evidence e:ev ; kg:reason 'because'@en ; rdfs:comment 'so it says'@en ;
  e:by e:me .
e:ev oa:hasSource e:doc ; oa:hasSelector [ oa:start 2 ; oa:end 4 ] . e:doc kg:sha256 'abc' .
"""


def test_a_fact_shows_how_it_is_known(store):
    found = load(
        store("e:g { e:a e:p e:b , e:c } " + STATEMENT), texts=lambda _: {"abc": "一二三四五六"}
    )
    known = values(found.facts)
    assert [graph.term for graph in known[e("b")].graphs] == [e("g")]
    (evidence,) = known[e("b")].evidence
    assert (evidence.status.label.text, evidence.modality.label.text) == ("stated", "target")
    assert (evidence.reason.text, evidence.note.text) == ("because", "so it says")
    (passage,) = evidence.passages
    assert (passage.start, passage.end, passage.document.term) == (2, 4, e("doc"))
    assert (passage.before, passage.text, passage.after) == ("一二", "三四", "五六")
    assert [fact.property for fact in evidence.facts] == [e("by")]
    assert known[e("c")].evidence == ()


def test_a_passage_is_told_by_its_range_where_the_document_is_not_at_hand(store):
    found = load(store("e:a e:p e:b . " + STATEMENT))
    (passage,) = values(found.facts)[e("b")].evidence[0].passages
    assert (passage.start, passage.end, passage.text) == (2, 4, None)
    own = load(store("e:a e:p e:b . " + STATEMENT), e("ev"))
    assert (own.passage.start, own.passage.end) == (2, 4)


@pytest.mark.parametrize(
    "statement",
    [
        "e:st a rdf:Statement ; rdf:subject e:a ; rdf:predicate e:p ; rdf:object e:b ; e:by e:me .",
        "[] rdf:subject e:a ; rdf:predicate e:p ; rdf:object e:b ; e:by e:me .",
        "e:st rdf:reifies <<( e:a e:p e:b )>> ; e:by e:me .",
        "_:st rdf:reifies <<( e:a e:p e:b )>> ; e:by e:me .",
    ],
)
def test_reification_of_anybody_is_evidence(store, statement):
    found = load(store(f"e:a e:p e:b . {statement}"))
    (evidence,) = values(found.facts)[e("b")].evidence
    assert [fact.property for fact in evidence.facts] == [e("by")]


FIGURE = """
e:o kg:value 250 ; kg:unit e:firm ; kg:comparator kg:atLeast ; kg:indicator e:i ; kg:period e:t ;
  kg:rank 1 ; kg:rankArea e:city .
kg:atLeast skos:notation '≥' . e:firm skos:prefLabel 'firms'@en . e:i skos:prefLabel 'number'@en .
"""


@pytest.mark.parametrize("thing", ["e:a e:p e:o . " + FIGURE, FIGURE.replace("e:o ", "e:a ", 1)])
def test_a_number_with_a_unit_is_a_figure(store, thing):
    found = load(store(thing))
    figure = found.figure or values(found.facts)[e("o")].figure
    assert (figure.number, figure.than, figure.sign) == ("250", "≥", None)
    assert figure.parts["unit"].label == Label("firms", "en")
    assert figure.parts["indicator"].label == Label("number", "en")
    assert figure.parts["rank"].term == Literal(1)


@pytest.mark.parametrize("thing", ["e:o kg:value 'many' ; kg:unit e:u .", "e:o kg:value 250 ."])
def test_a_text_or_a_number_alone_is_none(store, thing):
    assert values(load(store("e:a e:p e:o . " + thing)).facts)[e("o")].figure is None


def test_what_points_to_a_resource_is_counted_by_property_and_class(store):
    many = " ".join(f"e:s{number:03} e:p e:a ; a e:C ." for number in range(25))
    found = load(store(f"{many} e:x e:q e:a . [] e:p e:a . e:g {{ e:s000 e:p e:a }}")).incoming
    assert (found.total, found.complete) == (27, True)
    group, other = found.groups
    assert (group.property, group.total, len(group.first)) == (e("p"), 26, incoming.EACH)
    assert [(each.type.term, each.total) for each in group.classes] == [(e("C"), 25)]
    assert [each.term for each in other.first] == [e("x")]


def test_statements_about_statements_stand_apart(store):
    found = load(store("e:a e:p e:b . " + STATEMENT)).incoming
    assert [group.property for group in found.machinery] == [RDF.subject]
    assert found.things == []


def ties(found) -> set:
    return {(tie.subject.term, tie.property, tie.object.term) for tie in found.ties}


TIED = """
e:a a e:C ; e:p e:b , 'x' , [ e:q e:z ] , e:a ; e:q e:c . e:d e:r e:a . e:d rdfs:label 'D' .
e:st rdf:subject e:a ; rdf:predicate e:p ; rdf:object e:b . [] e:s e:a .
"""


def test_neighbours_are_the_things_at_both_ends(store):
    graph = store(TIED)
    expected = {(A, e("p"), e("b")), (A, e("q"), e("c")), (e("d"), e("r"), A)}
    on_page, unfolded = neighbours.shown(load(graph)), neighbours.read(graph, A, ["en"])
    assert ties(on_page) == ties(unfolded) == expected
    assert unfolded.complete
    assert {tie.subject.label for tie in unfolded.ties} == {Label("a"), Label("D")}


def test_too_many_neighbours_are_said_to_be(store):
    many = ", ".join(f"e:x{number}" for number in range(neighbours.SHOWN + 1))
    graph = store(f"e:a e:p {many} .")
    for found in (neighbours.shown(load(graph)), neighbours.read(graph, A, ["en"])):
        assert (len(found.ties), found.complete) == (neighbours.SHOWN, False)


@pytest.mark.parametrize(
    "text",
    [
        "e:a geo:asWKT 'POINT(120.71 30.76)' .",
        "e:a wgs:lat 30.76 ; wgs:long 120.71 .",
        "e:a schema:geo [ schema:latitude 30.76 ; schema:longitude 120.71 ] .",
        "e:a geo:hasGeometry e:g . e:g geo:asWKT 'POINT(120.71 30.76)' .",
        "e:a geo:hasGeometry [ geo:asWKT 'POINT(120.71 30.76)' ] .",
        "e:a geo:hasGeometry e:g , e:h . e:g wgs:lat 30.76 ; wgs:long 120.71 .",
    ],
)
def test_coordinates_are_found_on_a_thing_and_on_its_geometries(store, text):
    (shape,) = load(store(text)).shapes
    assert shape == Shape(Form.POINT, (((120.71, 30.76),),))


@pytest.mark.parametrize("direction", [*Direction])
def test_a_list_is_had_page_by_page(store, direction):
    ends = ("e:a", "e:x{}") if direction is Direction.VALUES else ("e:x{}", "e:a")
    rows = (f"{ends[0]} e:p {ends[1]} .".format(f"{n:03}") for n in range(links.PAGE + 3))
    graph = store(" ".join(rows) + " e:x000 rdfs:label 'zzz' .")
    first = links.listing(graph, Wanted(e("a"), e("p"), direction), ["en"])
    second = links.listing(graph, Wanted(e("a"), e("p"), direction, 2), ["en"])
    assert (first.total, first.last, first.complete, first.is_sorted) == (103, 2, True, True)
    assert len({value.term for value in (*first.values, *second.values)}) == 103
    assert second.values[-1].label == Label("zzz")
    for number in (0, 3):
        with pytest.raises(NotFound):
            links.listing(graph, Wanted(e("a"), e("p"), direction, number), ["en"])


def test_a_resource_with_very_many_triples_shows_some_of_each_property(store, monkeypatch):
    monkeypatch.setattr(description, "OWN", 100)
    many = ", ".join(f"e:x{number}" for number in range(300))
    found = load(store(f"e:a e:p {many} ; e:q [ e:r 1 ] ; e:z 7 ."))
    assert not found.complete
    assert {fact.property.value[-1]: fact.left_out for fact in found.facts} == {
        "p": None,
        "q": 0,
        "z": 0,
    }
    assert len(found.facts[0].values) == 100 // 3
    assert nested(found.facts)["q"] == {(("r", "1"),)}


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
    assert description.exists(graph, e("a")) is expected
    if expected:
        assert load(graph).iri == e("a")
    else:
        with pytest.raises(NotFound, match=r"does not mention <http://example.org/a>"):
            load(graph)


def test_values_keep_their_terms(store):
    found = load(store("e:a e:p 'x'@en , 1 , '<b>'^^rdf:HTML ."))
    assert {value.term for value in found.facts[0].values} == {
        Literal("x", language="en"),
        Literal(1),
        Literal("<b>", datatype=RDF.HTML),
    }
