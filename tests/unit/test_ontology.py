"""What is known of classes and properties: as declared, and as the data uses them."""

from collections import Counter, defaultdict

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyoxigraph import DefaultGraph, Quad, Store

from kg import dataset
from kg.ontology import declarations, making, shapes
from kg.ontology.declarations import Role
from kg.ontology.index import Below, Bounding, Declared, OntologyIndex
from kg.ontology.observing import Observer, Reach, Use, Values
from kg.store.embedded import EmbeddedStore
from kg.terms import RDF, XSD, BlankNode, Literal, NamedNode, Triple

E = "http://example.org/"
NODES = [NamedNode(E + name) for name in "abc"]
CLASSES = [NamedNode(E + name) for name in "CD"]
TERMS = st.sampled_from(
    [*NODES, *CLASSES, BlankNode("x"), Literal("a"), Literal("a", language="en"), Literal(1)]
)
QUADS = st.builds(
    Quad,
    st.sampled_from([*NODES, BlankNode("x")]),
    st.sampled_from([NamedNode(E + "p"), NamedNode(E + "q"), RDF.type]),
    TERMS,
    st.sampled_from([DefaultGraph(), *NODES[:2]]),
)


@given(st.lists(QUADS, max_size=25))
def test_every_number_is_what_counting_by_hand_gives(quads):
    engine = Store()
    engine.extend(quads)
    store = EmbeddedStore(engine, snapshot="")
    counted = dataset.count(store)
    observer = Observer(store, shared=counted.shared_triples > 0)
    triples = {quad.triple for quad in quads}
    types = defaultdict(set)
    for each in triples:
        if each.predicate == RDF.type:
            types[each.subject].add(each.object)
    for found in counted.classes:
        iri, own = found.iri, NamedNode(found.iri)
        things = {thing for thing in types if own in types[thing]}
        assert set(observer.uses(iri, len(things))) == _uses(own, things, triples)
        reaching = [each for each in triples if each.object in things]
        assert set(observer.reaches(iri)) == {
            Reach(
                property.value,
                iri,
                sum(each.predicate == property for each in reaching),
                len({each.object for each in reaching if each.predicate == property}),
            )
            for property in {each.predicate for each in reaching}
        }
    for found in counted.properties:
        kinds = Counter(_kind(each.object) for each in triples if each.predicate.value == found.iri)
        assert set(observer.values(found.iri)) == {
            Values(found.iri, *kind, number) for kind, number in kinds.items()
        }


def _uses(own, things, triples):
    found = set()
    for property in {each.predicate for each in triples if each.subject in things}:
        used = [each for each in triples if each.subject in things and each.predicate == property]
        numbers = [sum(each.subject == thing for each in used) for thing in things]
        subjects, objects = ({getattr(t, n) for t in used} for n in ("subject", "object"))
        found.add(
            Use(
                own.value,
                property.value,
                len(used),
                len(subjects),
                len(objects),
                min(numbers),
                max(numbers),
            )
        )
    return found


def _kind(term):
    if isinstance(term, Literal):
        return "literal", term.datatype.value, term.language or ""
    return ("iri" if isinstance(term, NamedNode) else "blank"), "", ""


@pytest.fixture
def index(store, tmp_path):
    """Return what makes an index of TriG."""

    def make(text: str) -> OntologyIndex:
        made = store(text)
        making.make(made, tmp_path, dataset.count(made))
        return OntologyIndex(tmp_path)

    return make


@pytest.mark.parametrize(
    ("text", "role"),
    [
        ("e:t a owl:Class", Role.CLASS),
        ("e:t a rdfs:Class", Role.CLASS),
        ("e:t a rdfs:Datatype", Role.CLASS),
        ("e:x a e:t", Role.CLASS),
        ("e:t rdfs:subClassOf e:u", Role.CLASS),
        ("e:u rdfs:subClassOf e:t", Role.CLASS),
        ("e:g { e:t a owl:Class } e:x e:p 1", Role.CLASS),
        ("e:t a owl:ObjectProperty", Role.PROPERTY),
        ("e:t a rdf:Property", Role.PROPERTY),
        ("e:x e:t 1", Role.PROPERTY),
        ("e:u rdfs:subPropertyOf e:t", Role.PROPERTY),
        ("e:t a skos:ConceptScheme", Role.SCHEME),
        ("e:t a owl:Ontology", Role.ONTOLOGY),
        ("e:t a owl:Class , owl:Ontology ; e:t 1", Role.CLASS),
        ("e:x e:p e:t", None),
        ("e:t e:p 1", None),
        ("[] a e:u", None),
    ],
)
def test_a_term_is_what_is_declared_to_be_one_or_used_as_one(index, text, role):
    found = index(text + " .").term(E + "t")
    assert (found and found.role) == role


def test_a_term_has_its_counts_and_examples(index):
    made = index("e:a a e:C ; e:p 1 , 'x'@en . e:b a e:C ; e:p e:a . e:C a owl:Class . [] a e:C .")
    owner = made.term(E + "C")
    assert (owner.uses, set(owner.examples)) == (3, {E + "a", E + "b"})
    assert owner.kinds == ("http://www.w3.org/2002/07/owl#Class",)
    found = made.term(E + "p")
    assert (found.uses, found.subjects, found.objects, found.kinds) == (3, 2, 3, ())
    assert (f"<{E}b>", f"<{E}a>") in found.examples
    assert made.term(E + "a") is None
    assert made.totals == {Role.CLASS: 2, Role.PROPERTY: 2}


def test_a_hierarchy_may_have_several_parents_and_may_run_in_circles(index):
    made = index(
        "e:A rdfs:subClassOf e:B , e:C . e:B rdfs:subClassOf e:D . e:C rdfs:subClassOf e:D , e:C . "
        "e:X rdfs:subClassOf e:Y . e:Y rdfs:subClassOf e:X . e:a a e:B . e:A rdfs:subClassOf [] ."
    )
    assert made.above(E + "A", Role.CLASS) == (E + "B", E + "C", E + "D")
    assert made.above(E + "X", Role.CLASS) == (E + "Y",)
    assert made.below(E + "D", Role.CLASS).rows == (Below(E + "B", 1), Below(E + "C", 0))
    assert [each.iri for each in made.top(Role.CLASS).rows] == [E + "D"]


def test_a_long_list_is_cut_and_its_length_is_known(index):
    made = index("".join(f"e:C{n} rdfs:subClassOf e:Top . " for n in range(203)))
    below = made.below(E + "Top", Role.CLASS)
    assert (len(below.rows), below.total, below.rest) == (200, 203, 3)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("e:p rdfs:domain e:C . e:x e:p 1", Declared(False, (E + "C",), 1)),
        ("e:p rdfs:domain e:C . e:x e:p 1 ; a e:C", Declared(False, (E + "C",), 0)),
        (
            "e:p rdfs:domain e:C . e:D rdfs:subClassOf e:C . e:x e:p 1 , 2 ; a e:D . e:y e:p 1",
            Declared(False, (E + "C",), 1),
        ),
        (
            "e:p rdfs:domain [ owl:unionOf ( e:C e:D ) ] . e:x e:p 1 ; a e:D",
            Declared(False, (E + "C", E + "D"), 0),
        ),
        (
            "e:p rdfs:domain [ owl:unionOf ( e:C e:D ) ] . e:x e:p 1 ; a e:F",
            Declared(False, (E + "C", E + "D"), 1),
        ),
        ("e:p rdfs:range xsd:integer . e:x e:p 1 , 'a'", Declared(True, (XSD.integer.value,), 1)),
        ("e:p rdfs:range xsd:decimal . e:x e:p 1 , 1.5", Declared(True, (XSD.decimal.value,), 0)),
        (
            "e:p rdfs:range xsd:short . e:x e:p '1'^^xsd:short",
            Declared(True, (XSD.short.value,), 0),
        ),
        ("e:p rdfs:range rdfs:Literal . e:x e:p 1 , e:y", Declared(True, (f"{E}L",), 1)),
        ("e:p rdfs:range rdfs:Resource . e:x e:p 1 , e:y", Declared(True, (f"{E}R",), 0)),
        ("e:p rdfs:range owl:Thing . e:x e:p 1 , e:y", Declared(True, (f"{E}T",), 1)),
        ("e:p rdfs:range e:C . e:x e:p 1 , e:y . e:y a e:C", Declared(True, (E + "C",), 1)),
        ("e:p rdfs:range e:C . e:x e:p [ a e:C ] , []", Declared(True, (E + "C",), 1)),
        ("e:p rdfs:range rdfs:Class . e:x e:p e:C . e:C a owl:Class", Declared(True, ("",), 0)),
        ("e:p rdfs:range e:C", Declared(True, (E + "C",), 0)),
    ],
)
def test_what_does_not_keep_to_a_declaration_is_counted(index, text, expected):
    (found,) = index(text + " .").declared(E + "p")
    assert (found.is_range, found.outside) == (expected.is_range, expected.outside)
    if expected.alternatives[0] in (E + "C", XSD.integer.value):
        assert found.alternatives == expected.alternatives


def test_domains_hold_together_and_those_of_schema_org_are_alternatives(index):
    text = "e:p rdfs:domain e:A , e:B . e:q <https://schema.org/domainIncludes> e:A , e:B ."
    made = index(text)
    assert [each.alternatives for each in made.declared(E + "p")] == [(E + "A",), (E + "B",)]
    assert [each.alternatives for each in made.declared(E + "q")] == [(E + "A", E + "B")]
    assert set(made.bounding(E + "A").rows) == {
        Bounding(E + "p", is_range=False),
        Bounding(E + "q", is_range=False),
    }


@pytest.mark.parametrize(
    ("shape", "path", "demands"),
    [
        ("sh:path e:p ; sh:minCount 1", f"<{E}p>", {"minCount": ('"1"',)}),
        ("sh:path [ sh:inversePath e:p ] ; sh:class e:D", f"^<{E}p>", {"class": (f"<{E}D>",)}),
        ("sh:path ( e:p e:q ) ; sh:in ( 1 'a' )", f"<{E}p>/<{E}q>", {"in": ('"1"', '"a"')}),
        (
            "sh:path [ sh:alternativePath ( e:p [ sh:zeroOrMorePath e:q ] ) ] ; sh:minCount 1",
            f"(<{E}p>|(<{E}q>)*)",
            {"minCount": ('"1"',)},
        ),
    ],
)
def test_a_rule_says_what_is_demanded_and_where(store, shape, path, demands):
    text = (
        f"e:S a sh:NodeShape ; sh:targetClass e:C ; sh:property [ {shape} ; sh:message 'm'@en ] ."
    )
    made = store(text)
    (rule,) = shapes.read(made, [each.iri for each in dataset.count(made).properties])
    assert (rule.shape, rule.path, rule.classes) == (E + "S", path, (E + "C",))
    assert (rule.messages, rule.severity) == ((("m", "en"),), "Violation")
    found = {
        each.parameter: tuple(v.partition("^^")[0] for v in each.values) for each in rule.demands
    }
    assert found == demands
    assert E + "p" in rule.properties


def test_shapes_within_shapes_are_read_and_what_is_off_is_left_out(store):
    made = store(
        "e:S sh:targetClass e:C ; sh:or ( [ sh:nodeKind sh:IRI ] [ sh:property [ sh:path e:p ; "
        "sh:minCount 1 ] ] ) . e:Off sh:targetClass e:C ; sh:deactivated true ; sh:class e:D . "
        "e:Loop sh:targetClass e:D ; sh:property _:l . _:l sh:path e:q ; sh:minCount 1 ; "
        "sh:property _:l ."
    )
    rules = shapes.read(made, [each.iri for each in dataset.count(made).properties])
    assert {rule.shape for rule in rules} == {E + "S", E + "Loop"}
    (choice,) = next(rule for rule in rules if rule.shape == E + "S").demands
    assert choice.parameter == "or"
    assert [each[0].parameter for each in choice.shapes] == ["nodeKind", "property"]


def test_rules_are_found_by_class_and_by_property(index):
    made = index(
        "e:S a sh:NodeShape ; sh:targetClass e:C ; sh:property [ sh:path e:p ; sh:minCount 1 ] . "
        "e:T sh:targetSubjectsOf e:q ; sh:nodeKind sh:IRI ."
    )
    assert [rule.shape for rule in made.rules(E + "C").rows] == [E + "S"]
    assert [rule.shape for rule in made.rules(E + "p").rows] == [E + "S"]
    assert [rule.shape for rule in made.rules(E + "q").rows] == [E + "T"]
    assert made.rules(E + "D").total == 0


def test_a_report_in_the_data_is_no_shape(store):
    made = store("e:r a sh:ValidationReport ; sh:conforms false ; sh:result [ sh:focusNode e:x ] .")
    assert shapes.read(made, [each.iri for each in dataset.count(made).properties]) == []


def test_triple_terms_are_a_kind_of_value():
    engine = Store()
    engine.add(Quad(NODES[0], NamedNode(E + "p"), Triple(NODES[0], RDF.type, NODES[1])))
    observer = Observer(EmbeddedStore(engine, snapshot=""), shared=False)
    assert list(observer.values(E + "p")) == [Values(E + "p", "triple", "", "", 1)]


def test_data_without_an_ontology_has_what_is_in_use(index):
    made = index("e:a e:p e:b .")
    assert declarations.Role.CLASS not in made.totals
    assert made.term(E + "p").uses == 1
    assert made.users(E + "p").total == 0
