"""Data is held to the shapes that come with it, wherever among the graphs they stand."""

import contextlib

import pyshacl
import pytest
from rdflib import Graph

from kg import validation
from kg.errors import BadData

SHAPE = "e:S a sh:NodeShape ; sh:targetClass e:C ; sh:property [ sh:path e:n ; sh:minCount 1 ] . "
INTEGER = "e:S sh:targetClass e:C ; sh:property [ sh:path e:n ; sh:datatype xsd:integer ] . "


@pytest.mark.parametrize(
    ("text", "shapes", "conforms"),
    [
        ("", 0, True),
        ("e:x a e:C .", 0, True),
        (SHAPE, 2, True),
        (SHAPE + "e:x a e:C .", 2, False),
        (SHAPE + "e:x a e:C ; e:n 1 .", 2, True),
        (INTEGER + "e:x a e:C ; e:n 'one' .", 2, False),
        (INTEGER + "e:x a e:C ; e:n 1 .", 2, True),
        ("e:P sh:targetNode e:x ; sh:path e:n ; sh:maxCount 1 . e:x e:n 1 , 2 .", 1, False),
        ("e:P sh:targetSubjectsOf e:n ; sh:path e:n ; sh:nodeKind sh:IRI . e:x e:n 1 .", 1, False),
        ("e:P sh:targetObjectsOf e:n ; sh:class e:C . e:x e:n e:y .", 1, False),
        ("e:C a rdfs:Class , sh:NodeShape ; sh:closed true . e:x a e:C ; e:n 1 .", 1, False),
        ("e:S sh:targetNode e:x ; sh:deactivated true ; sh:class e:C . e:x e:n 1 .", 1, True),
        ("e:S sh:targetNode e:x ; sh:class e:C ; sh:severity sh:Warning . e:x e:n 1 .", 1, True),
        ("e:S sh:targetNode e:x ; sh:in ( 1 'a' e:x ) .", 1, True),
        ("e:S sh:targetNode e:x ; sh:in ( 1 'a' e:y ) .", 1, False),
        ("e:S sh:targetClass e:C ; sh:class e:D . e:x a e:B . e:B rdfs:subClassOf e:C .", 1, False),
    ],
)
def test_what_a_shape_demands_is_found_as_the_referee_finds_it(
    store, tmp_path, text, shapes, conforms
):
    graph = store(text)
    found = validation.validate(graph, tmp_path)
    assert (found.shapes, found.conforms) == (shapes, conforms)
    data = Graph().parse(
        data=graph.query("CONSTRUCT WHERE { ?s ?p ?o }").read().decode(), format="nt"
    )
    referee, _, _ = pyshacl.validate(data, shacl_graph=data, allow_warnings=True)
    assert referee is conforms


@pytest.mark.parametrize(
    "text",
    [
        "e:shapes { %s } e:data { e:x a e:C }",
        "e:shapes { %s } e:x a e:C .",
        "%s e:data { e:x a e:C }",
        "e:both { %s e:x a e:C }",
        "_:shapes { %s } e:x a e:C .",
        "e:shapes { %s } e:one { e:x a e:D } e:two { e:D rdfs:subClassOf e:C }",
        # Shapes in the default graph count beside shapes in a named one, …
        "%s e:shapes { e:T a sh:NodeShape ; sh:targetNode e:x } e:data { e:x a e:C }",
        # … and a shape may lie in another graph than what refers to it.
        "e:one { e:S sh:targetClass e:C ; sh:property e:P } e:two { e:P sh:path e:n ; sh:minCount 1 } "
        "e:data { e:x a e:C }",
    ],
)
def test_shapes_are_found_in_whichever_graph_they_stand(store, tmp_path, text):
    graph = store(text.replace("%s", SHAPE))
    assert not validation.validate(graph, tmp_path).conforms


@pytest.mark.parametrize(
    "shape",
    [
        "e:S sh:targetNode e:x ; sh:property [ sh:path e:n ; sh:minCount 'a' ] .",
        "e:S sh:targetNode e:x ; sh:property [ sh:path e:n ; sh:pattern '(' ] .",
        "e:S sh:targetNode e:x ; sh:in 3 .",
    ],
)
def test_shapes_that_make_no_sense_are_an_error_and_no_verdict(store, tmp_path, shape):
    with pytest.raises(BadData, match="the shapes cannot be used"):
        validation.validate(store(shape), tmp_path)


def test_a_violation_says_where_what_and_why(store, tmp_path):
    shape = (
        "e:S sh:targetNode e:x ; sh:property "
        "[ sh:path e:n ; sh:maxLength 3 ; sh:message '太长'@zh-Hans , 'too long'@en ] . "
    )
    (violation,) = validation.validate(store(shape + "e:x e:n '一二三四' ."), tmp_path).violations
    assert violation.severity == "Violation"
    assert violation.focus == "<http://example.org/x>"
    assert violation.path == "<http://example.org/n>"
    assert violation.value == '"一二三四"'
    assert set(violation.messages) == {"太长", "too long"}
    text = str(violation)
    assert "\n" not in text
    assert text.startswith('Violation: <http://example.org/x> <http://example.org/n> (value "')


@pytest.mark.parametrize("text", [SHAPE + "e:x a e:C .", "e:S sh:targetNode e:x ; sh:in 3 .", ""])
def test_nothing_is_left_in_the_folder(store, tmp_path, text):
    folder = tmp_path / "work"
    folder.mkdir()
    with contextlib.suppress(BadData):
        validation.validate(store(text), folder)
    assert not list(folder.iterdir())
