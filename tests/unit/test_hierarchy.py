"""Hierarchies as trees that a page can show, and as drawings."""

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyoxigraph import Quad, RdfFormat, Store

from kg import dataset
from kg.labels import Label
from kg.ontology import drawing, making, schemes, tree
from kg.ontology.declarations import Role
from kg.ontology.index import OntologyIndex
from kg.ontology.tree import Branch
from kg.store.embedded import EmbeddedStore
from kg.terms import RDFS, NamedNode

E = "http://example.org/"
CLASSES = [NamedNode(f"{E}{letter}") for letter in "ABCDEF"]
LINKS = st.lists(st.tuples(st.sampled_from(CLASSES), st.sampled_from(CLASSES)), max_size=12)


def index_of(store, folder) -> OntologyIndex:
    making.make(store, folder, dataset.count(store))
    return OntologyIndex(folder)


def hierarchy(links, folder) -> OntologyIndex:
    engine = Store()
    engine.extend(Quad(below, RDFS.subClassOf, above) for below, above in links)
    return index_of(EmbeddedStore(engine, snapshot=""), folder)


@settings(max_examples=30)
@given(LINKS)
def test_every_class_is_in_the_tree_below_all_that_it_stands_below(tmp_path_factory, links):
    index = hierarchy(links, tmp_path_factory.mktemp("tree"))
    found = tree.forest(index, Role.CLASS)
    assert {each.iri for each in found} == {
        each.value for below, above in links if below != above for each in (below, above)
    }
    shown = {(child.iri, each.iri) for each in found for child in each.children}
    assert shown == {(below.value, above.value) for below, above in links if below != above}
    assert found.shown == found.total


@settings(max_examples=30)
@given(LINKS)
def test_a_drawing_shows_each_branch_once_and_no_two_boxes_touch(tmp_path_factory, links):
    found = tree.forest(hierarchy(links, tmp_path_factory.mktemp("tree")), Role.CLASS)
    names = {each: Label("名称" * (place + 1)) for place, each in enumerate(CLASSES)}
    for root in (*found.own, *found.others):
        drawn = drawing.draw(root, names)
        assert sorted(node.iri for node in drawn.nodes) == sorted(each.iri for each in root)
        assert len(drawn.lines) == len(drawn.nodes) - 1
        for one, other in itertools.combinations(drawn.nodes, 2):
            beside = one.x + one.width < other.x or other.x + other.width < one.x
            assert beside or abs(one.y - other.y) >= drawing.HEIGHT
        for node in drawn.nodes:
            assert 0 <= node.x < node.x + node.width <= drawn.width
            assert drawing.HEIGHT / 2 <= node.y <= drawn.height - drawing.HEIGHT / 2


def test_a_chain_without_end_is_cut_into_trees(tmp_path):
    chain = [NamedNode(f"{E}{number:04}") for number in range(100)]
    found = tree.forest(hierarchy(list(itertools.pairwise(chain)), tmp_path), Role.CLASS)
    assert {each.iri for each in found} == {each.value for each in chain}
    assert max(map(_depth, found.own)) == tree.DEEPEST


def test_of_many_classes_two_levels_are_shown_and_the_rest_counted(tmp_path):
    top, below = NamedNode(E + "top"), [NamedNode(f"{E}{number}") for number in range(tree.WHOLE)]
    found = tree.forest(hierarchy([(each, top) for each in below], tmp_path), Role.CLASS)
    (root,) = found.own
    assert len(root.children) + root.rest == tree.WHOLE
    assert (found.shown, found.total) == (1 + len(root.children), tree.WHOLE + 1)


def test_around_a_term_is_what_stands_above_and_below_it(tmp_path):
    a, b, c, d, *_ = CLASSES
    index = hierarchy([(b, a), (c, b), (d, b), (a, c)], tmp_path)
    found = tree.around(index, b.value, Role.CLASS, 1)
    assert found.find(b.value).children
    assert found.find(b.value).rest == 1
    assert tree.around(index, E + "unknown", Role.CLASS, 1) is None


CONCEPTS = """
@prefix e: <http://example.org/> . @prefix skos: <http://www.w3.org/2004/02/skos/core#> .
e:s a skos:ConceptScheme ; skos:hasTopConcept e:a .
e:b skos:inScheme e:s ; skos:broader e:a . e:c skos:inScheme e:s . e:b skos:narrower e:c .
e:x skos:inScheme e:s ; skos:broader e:y . e:y skos:inScheme e:s ; skos:broader e:x .
e:elsewhere skos:broader e:a .
"""


def test_the_concepts_of_a_scheme_are_a_tree_and_circles_end():
    engine = Store()
    engine.load(CONCEPTS.encode(), format=RdfFormat.TURTLE)
    found = schemes.concepts(EmbeddedStore(engine, snapshot=""), NamedNode(E + "s"))
    assert [_spelled(each) for each in found.top] == ["a(b(c))", "x(y(x))"]
    assert (found.number, found.complete) == (5, True)


@pytest.mark.parametrize(("text", "shown"), [("short", "short"), ("长" * 40, "长" * 15 + "…")])
def test_a_long_name_is_cut_in_a_drawing(text, shown):
    drawn = drawing.draw(Branch(E, 0, declared=True), {NamedNode(E): Label(text)})
    assert [node.text for node in drawn.nodes] == [shown]


def _depth(branch):
    return 1 + max(map(_depth, branch.children), default=0)


def _spelled(concept):
    inner = " ".join(map(_spelled, concept.children))
    return concept.iri.removeprefix(E) + (f"({inner})" if inner else "")
