"""Triple pattern fragments: all that fits a pattern, page by page, and what leads on."""

import pytest
from pyoxigraph import RdfFormat, parse

from kg import settings
from kg.build import build
from kg.dataset import VOID
from kg.fragments import HYDRA, SIZE
from kg.labels import FOAF
from kg.store.loading import Source
from kg.store.snapshots import Database
from kg.terms import RDF, NamedNode
from kg.web import create_app

E = "http://example.org/"
MANY = 2 * SIZE + 50
DATA = f"""
@prefix e: <{E}> .
e:a a e:C ; e:name "甲 \\"quoted\\""@zh-Hans , "a b"@en , "a" ; e:age 7 ; e:knows e:b , [ e:name "nobody" ] .
e:g {{ e:a a e:C ; e:name "a" ; e:in e:g . }}
e:h {{ e:a e:name "a" ; e:in e:h . }}
"""


def _data():
    numbers = " , ".join(map(str, range(MANY)))
    return DATA + f"e:many e:number {numbers} .\ne:h {{ e:many e:number {numbers} . }}\n"


@pytest.fixture(scope="module")
def database(tmp_path_factory):
    folder = tmp_path_factory.mktemp("fragments")
    (folder / "data.trig").write_text(_data(), encoding="utf-8")
    database = Database(folder / "db")
    build([Source.of(folder / "data.trig")], database, base_iri="https://kg.example/")
    return database


@pytest.fixture(scope="module")
def client(database):
    return create_app(settings.load(environment={}), database).test_client()


class Page:
    """A page of a fragment as a client reads it: what stands in the graph of the controls leads on."""

    def __init__(self, client, address, **parameters):
        response = client.get(address, query_string=parameters or None)
        assert response.status_code == 200, response.text
        assert response.mimetype == "application/trig"
        quads = list(parse(response.data, format=RdfFormat.TRIG))
        topics = {q.object: q.subject for q in quads if q.predicate == FOAF.primaryTopic}
        ((self.here, graph),) = topics.items()
        self.controls = [quad.triple for quad in quads if quad.graph_name == graph]
        self.triples = [quad.triple for quad in quads if quad.graph_name != graph]

    def value(self, property, subject=None):
        wanted = subject or self.here
        found = [
            each.object
            for each in self.controls
            if (each.subject, each.predicate) == (wanted, property)
        ]
        return found[0] if found else None


@pytest.mark.parametrize(
    ("parameters", "pattern"),
    [
        ({"predicate": f"{E}name"}, f"?s <{E}name> ?o"),
        ({"subject": f"{E}a"}, f"<{E}a> ?p ?o"),
        ({"subject": f"<{E}a>", "predicate": f"{E}knows"}, f"<{E}a> <{E}knows> ?o"),
        ({"object": f"{E}C"}, f"?s ?p <{E}C>"),
        ({"predicate": RDF.type.value, "object": f"{E}C"}, f"?s a <{E}C>"),
        ({"object": '"a"'}, '?s ?p "a"'),
        ({"object": '"a b"@EN'}, '?s ?p "a b"@en'),
        ({"object": '"甲 "quoted""@zh-hans'}, '?s ?p "甲 \\"quoted\\""@zh-hans'),
        ({"object": '"07"^^http://www.w3.org/2001/XMLSchema#integer'}, "?s ?p 7"),
        ({"subject": "?x", "object": '"nothing"'}, '?s ?p "nothing"'),
        ({"subject": f"{E}a", "predicate": RDF.type.value, "object": f"{E}C"}, f"<{E}a> a <{E}C>"),
        ({"predicate": f"{E}unknown"}, f"?s <{E}unknown> ?o"),
    ],
)
def test_a_fragment_holds_what_fits_each_triple_once_and_counts_it(client, parameters, pattern):
    page = Page(client, "/fragments", **parameters)
    text = f"CONSTRUCT {{ {pattern} }} WHERE {{ {pattern} }}"
    answer = client.get("/sparql", query_string={"query": text, "format": "nt"})
    expected = {quad.triple for quad in parse(answer.data, format=RdfFormat.N_TRIPLES)}
    assert len(page.triples) == len(expected)
    assert {_without_labels(each) for each in page.triples} == set(map(_without_labels, expected))
    for property in (VOID.triples, HYDRA.totalItems):
        assert int(page.value(property).value) == len(expected)


def _without_labels(triple):
    return str(triple.predicate), getattr(triple.object, "value", ""), type(triple.subject)


@pytest.mark.parametrize("parameters", [{}, {"subject": f"{E}many"}, {"predicate": f"{E}number"}])
def test_pages_lead_to_all_triples_and_none_comes_twice(client, parameters):
    page = Page(client, "/fragments", **parameters)
    total, found, pages = int(page.value(HYDRA.totalItems).value), list(page.triples), 1
    while following := page.value(HYDRA.next):
        page = Page(client, following.value.removeprefix("http://localhost"))
        assert page.value(HYDRA.previous)
        found += page.triples
        pages += 1
    assert len(found) == len(set(found)) == total >= MANY
    assert pages == -(-total // SIZE)


def test_the_controls_say_how_to_ask(client):
    page = Page(client, f"/fragments?predicate={E}name")
    assert page.here == NamedNode(f"http://localhost/fragments?predicate={E}name")
    dataset = NamedNode("http://localhost/fragments#dataset")
    search = page.value(HYDRA.search, dataset)
    template = page.value(HYDRA.template, search)
    assert template.value == "http://localhost/fragments{?subject,predicate,object}"
    mappings = {
        (page.value(HYDRA.variable, each.object).value, page.value(HYDRA.property, each.object))
        for each in page.controls
        if each.predicate == HYDRA.mapping
    }
    assert mappings == {(name, RDF[name]) for name in ("subject", "predicate", "object")}
    assert page.value(VOID.subset, dataset) == page.here


def test_formats_of_triples_hold_data_and_controls(client):
    response = client.get(f"/fragments?predicate={E}age", headers={"Accept": "text/turtle"})
    predicates = {quad.predicate for quad in parse(response.data, format=RdfFormat.TURTLE)}
    assert {NamedNode(f"{E}age"), HYDRA.totalItems} <= predicates


@pytest.mark.parametrize(
    ("parameters", "status", "code"),
    [
        ({"subject": "_:b0"}, 400, "bad_input"),
        ({"predicate": "name"}, 400, "bad_input"),
        ({"subject": '"a"'}, 400, "bad_input"),
        ({"object": '"a'}, 400, "bad_input"),
        ({"object": '"a"@e n'}, 400, "bad_input"),
        ({"object": '"a"^^integer'}, 400, "bad_input"),
        ({"page": "0"}, 400, "bad_input"),
        ({"page": "x"}, 400, "bad_input"),
        ({"page": "9" * 5000}, 400, "bad_input"),
        ({"page": "2", "snapshot": "20200101T000000000Z-b00000000"}, 404, "snapshot_changed"),
    ],
)
def test_what_cannot_be_answered_is_no_empty_page(client, parameters, status, code):
    response = client.get("/fragments", query_string=parameters)
    assert (response.status_code, response.get_json()["code"]) == (status, code)
