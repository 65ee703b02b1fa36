"""The counts of a dataset equal what a query would count."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyoxigraph import DefaultGraph, Quad, Store

from kg import dataset
from kg.dataset import ClassCount, GraphCount, PropertyCount, Statistics
from kg.labels import Label
from kg.store.embedded import EmbeddedStore
from kg.terms import RDF, BlankNode, Literal, NamedNode

E = "http://example.org/"
NODES = [NamedNode(E + name) for name in "abc"]
TERMS = st.sampled_from([*NODES, Literal("a"), Literal("a", language="en"), Literal(1)])
QUADS = st.builds(
    Quad,
    st.sampled_from([*NODES, BlankNode("x")]),
    st.sampled_from([*NODES[:2], RDF.type]),
    TERMS,
    st.sampled_from([DefaultGraph(), *NODES[:2]]),
)


@given(st.lists(QUADS, max_size=20))
def test_every_number_is_what_counting_by_hand_gives(quads):
    engine = Store()
    engine.extend(quads)
    counted = dataset.count(EmbeddedStore(engine, snapshot=""))
    triples = {quad.triple for quad in quads}
    places = set(quads)
    assert counted.triples == len(triples)
    assert counted.shared_triples == len(places) - len(triples)
    assert counted.subjects == len({triple.subject for triple in triples})
    assert counted.objects == len({triple.object for triple in triples})
    assert counted.entities == len(
        {t.subject for t in triples if t.predicate == RDF.type and isinstance(t.subject, NamedNode)}
    )
    names = {quad.graph_name for quad in places}
    assert set(counted.graphs) == {
        GraphCount(
            None if name == DefaultGraph() else name.value,
            sum(quad.graph_name == name for quad in places),
        )
        for name in names
    }
    assert set(counted.properties) == {
        PropertyCount(
            each.value,
            sum(triple.predicate == each for triple in triples),
            len({triple.subject for triple in triples if triple.predicate == each}),
            len({triple.object for triple in triples if triple.predicate == each}),
        )
        for each in {triple.predicate for triple in triples}
    }
    typed = {(triple.subject, triple.object) for triple in triples if triple.predicate == RDF.type}
    assert set(counted.classes) == {
        ClassCount(each.value, sum(kind == each for _, kind in typed))
        for each in {kind for _, kind in typed if isinstance(kind, NamedNode)}
    }
    assert counted == Statistics.from_json(json.loads(json.dumps(counted.to_json())))


def test_classes_and_properties_are_sorted_by_their_size(store):
    counted = dataset.count(store("e:a a e:Few , e:Many ; e:p 1 , 2 , 3 . e:b a e:Many ."))
    assert [each.iri.removeprefix(E) for each in counted.classes] == ["Many", "Few"]
    assert [each.triples for each in counted.properties] == [3, 3]


@pytest.mark.parametrize(
    ("text", "iri", "title"),
    [
        ("", None, None),
        ("e:o a owl:Ontology ; rdfs:label 'o' .", "o", "o"),
        ("e:o a owl:Ontology ; rdfs:label 'o' . e:d a dcat:Dataset .", "d", None),
        ("e:g { e:d a dcat:Dataset ; dcterms:title 'x'@de , '数'@zh-Hans , 'en'@en }", "d", "en"),
        ("[] a dcat:Dataset ; dcterms:title 'nameless' .", None, None),
        ("e:b a dcat:Dataset . e:a a dcat:Dataset .", "a", None),
    ],
)
def test_the_dataset_is_described_by_what_is_declared_to_be_it(store, text, iri, title):
    counted = dataset.count(store(text))
    assert counted.dataset == (iri and E + iri)
    label = counted.title(["en"])
    assert (label and label.text) == title
    assert counted.description(["en"]) is None


def test_texts_are_kept_in_all_languages(store):
    text = "e:d a dcat:Dataset ; dcterms:title '数'@zh-Hans , 'en'@en ; dcterms:description 'd' ."
    counted = dataset.count(store(text))
    assert set(counted.titles) == {Label("数", "zh-hans"), Label("en", "en")}
    assert counted.title(["zh-hans"]) == Label("数", "zh-hans")
    assert counted.description([]) == Label("d")


def test_every_graph_is_counted_under_a_name_that_can_be_asked_for(store):
    counted = dataset.count(store("_:g { e:a e:p e:b } e:h { e:a e:p e:b }"))
    for graph in counted.graphs:
        assert graph.graph is None or NamedNode(graph.graph)
    assert counted.triples == 1
