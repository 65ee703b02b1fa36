"""Every store answers alike: this process, a reader, and endpoints of different make."""

from collections import Counter

import pytest
from pyoxigraph import CanonicalizationAlgorithm, Dataset

from kg import formats
from kg.errors import BadQuery, KgError, NotAcceptable
from kg.formats import Kind
from kg.store import EVERYTHING, Limits, Scope
from kg.store.admission import Lane
from kg.store.pool import Pool
from kg.terms import BlankNode, NamedNode

EX = "http://example.org/"
PEOPLE, PLACES = NamedNode(f"{EX}people"), NamedNode(f"{EX}places")
BOTH = Scope(default=(PEOPLE, PLACES), named=(PEOPLE, PLACES))
PREFIXES = (
    "PREFIX : <http://example.org/> PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#> "
    "PREFIX xsd: <http://www.w3.org/2001/XMLSchema#> "
)

SELECTS = [
    "SELECT ?s ?p ?o { ?s ?p ?o }",
    "SELECT ?s { ?s a :Person }",
    "SELECT ?s ?label { ?s rdfs:label ?label }",
    "SELECT ?label { :光伏 rdfs:label ?label }",
    "SELECT ?s { ?s rdfs:label '光伏'@zh-hans }",
    "SELECT ?s { ?s :age 42 }",
    "SELECT ?s ?age { ?s :age ?age FILTER(?age > 10) }",
    "SELECT ?s ?h { ?s :height ?h }",
    "SELECT ?s ?d { ?s :born ?d }",
    "SELECT ?s { ?s :active true }",
    "SELECT ?n { :alice :note ?n }",
    "SELECT ?s ?age { ?s a :Person OPTIONAL { ?s :age ?age } }",
    "SELECT ?s ?x { { ?s :age ?x } UNION { ?s :height ?x } }",
    "SELECT ?s { ?s a :Person MINUS { ?s :age ?age } }",
    "SELECT ?s { ?s a :Person FILTER NOT EXISTS { ?s :age ?age } }",
    "SELECT ?s { ?s a :Person FILTER EXISTS { ?s :home ?h } }",
    "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }",
    "SELECT (COUNT(DISTINCT ?s) AS ?n) { ?s ?p ?o }",
    "SELECT ?class (COUNT(?s) AS ?n) { ?s a ?class } GROUP BY ?class",
    "SELECT ?class (COUNT(?s) AS ?n) { ?s a ?class } GROUP BY ?class HAVING (COUNT(?s) > 2)",
    "SELECT (SUM(?a) AS ?sum) (MIN(?a) AS ?min) (MAX(?a) AS ?max) { ?s :age ?a }",
    "SELECT DISTINCT ?p { ?s ?p ?o }",
    "SELECT ?s { ?s :age ?a } ORDER BY ?a LIMIT 1",
    "SELECT ?s { ?s :age ?a } ORDER BY DESC(?a) LIMIT 1",
    "SELECT ?s ?a { ?s :age ?a } ORDER BY ?a OFFSET 1",
    "SELECT ?x { :xiuzhou :within+ ?x }",
    "SELECT ?x { :光伏 :part/:part ?x }",
    "SELECT ?x { ?x ^:knows :alice }",
    "SELECT ?x ?y { VALUES ?x { :alice :bob :nobody } ?x :home ?y }",
    "SELECT ?s ?y { ?s :age ?a BIND(?a + 1 AS ?y) }",
    "SELECT ?s (STRLEN(STR(?l)) AS ?n) { ?s rdfs:label ?l }",
    "SELECT ?l { ?s rdfs:label ?l FILTER(langMatches(lang(?l), 'zh')) }",
    "SELECT ?l { ?s rdfs:label ?l FILTER(CONTAINS(STR(?l), '秀')) }",
    "SELECT ?l { ?s rdfs:label ?l FILTER(REGEX(STR(?l), '^a', 'i')) }",
    "SELECT ?s { ?s :age ?a FILTER(?a IN (7, 8)) }",
    "SELECT ?s { ?s ?p ?o FILTER(isIRI(?o) && ?o = :alice) }",
    "SELECT (LCASE(?l) AS ?x) { :alice rdfs:label ?l FILTER(lang(?l) = 'en') }",
    "SELECT ?s ?o { GRAPH :people { ?s :knows ?o } }",
    "SELECT ?g ?s { GRAPH ?g { ?s :home ?o } }",
    "SELECT ?g (COUNT(*) AS ?n) { GRAPH ?g { ?s ?p ?o } } GROUP BY ?g",
    "SELECT ?s { { SELECT ?s { ?s :age ?a } ORDER BY ?a LIMIT 1 } ?s a :Person }",
    "SELECT ?p ?o { <http://example.org/a(b)'c> ?p ?o }",
    "SELECT ?s { ?s :nothing ?o }",
    "SELECT ?s (IF(?a > 10, 'old', 'young') AS ?k) { ?s :age ?a }",
    "SELECT ?s (COALESCE(?a, 0) AS ?k) { ?s a :Person OPTIONAL { ?s :age ?a } }",
]
ASKS = [
    "ASK { :alice :knows :bob }",
    "ASK { :bob :knows :carol }",
    "ASK { ?s rdfs:label '秀洲区'@zh-hans }",
]
GRAPHS = [
    "CONSTRUCT { ?s ?p ?o } WHERE { ?s ?p ?o }",
    "CONSTRUCT { ?s :called ?l } WHERE { ?s rdfs:label ?l }",
    "CONSTRUCT { ?s :has [ :age ?a ] } WHERE { ?s :age ?a }",
    "CONSTRUCT { ?s ?p ?o } WHERE { GRAPH :places { ?s ?p ?o } }",
    "CONSTRUCT { ?s ?p ?o } WHERE { ?s ?p ?o . FILTER(?s = :nobody) }",
]


@pytest.fixture(scope="module")
def pool():
    pool = Pool(readers=1, memory=1024**3, federation=True)
    yield pool
    pool.close()


@pytest.fixture(scope="module")
def remote(pool, endpoint):
    return pool.remote(endpoint, "remote", Lane.QUERY, Limits(30, 1024 * 1024))


@pytest.fixture(scope="module")
def reader(pool, database):
    return pool.store(database.current(), Lane.QUERY)


def rows(result) -> Counter:
    return Counter(
        tuple("_:" if isinstance(term, BlankNode) else normal(term) for term in row)
        for row in result.solutions()
    )


def normal(term) -> str:
    """A term by its value: endpoints differ in the types that they give to numbers they compute."""
    if term is None:
        return ""
    datatype = getattr(term, "datatype", None)
    if datatype is not None and datatype.value.rpartition("#")[2] in (
        "integer", "decimal", "double", "int", "float", "long",
    ):  # fmt: skip
        return f"number {float(term.value):g}"
    if datatype is not None and datatype.value.endswith("boolean"):
        return f"boolean {term.value in ('true', '1')}"
    return str(term)


@pytest.mark.parametrize("text", SELECTS)
def test_rows_are_the_same_everywhere(embedded, remote, reader, text):
    expected = rows(embedded.query(PREFIXES + text, BOTH))
    assert rows(reader.query(PREFIXES + text, BOTH)) == expected
    assert rows(remote.query(PREFIXES + text, BOTH)) == expected


@pytest.mark.parametrize("text", ASKS)
def test_yes_and_no_are_the_same_everywhere(embedded, remote, text):
    expected = embedded.query(PREFIXES + text, BOTH).boolean()
    assert remote.query(PREFIXES + text, BOTH).boolean() == expected


def canonical(result) -> set[str]:
    found = Dataset(result.triples())
    found.canonicalize(CanonicalizationAlgorithm.RDFC_1_0)
    return {
        " ".join((str(quad.subject), str(quad.predicate), normal(quad.object))) for quad in found
    }


@pytest.mark.parametrize("text", GRAPHS)
def test_graphs_are_the_same_everywhere(embedded, remote, text):
    expected = canonical(embedded.query(PREFIXES + text, BOTH))
    assert canonical(remote.query(PREFIXES + text, BOTH)) == expected


@pytest.mark.parametrize("scope", [Scope(default=(PEOPLE,)), Scope(default=(PLACES,)), BOTH])
def test_the_dataset_of_a_request_is_that_of_its_query(embedded, remote, scope):
    text = "SELECT ?s ?p ?o { ?s ?p ?o }"
    assert rows(remote.query(text, scope)) == rows(embedded.query(text, scope))


@pytest.mark.parametrize("format", formats.offers(Kind.SOLUTIONS), ids=lambda each: each.name)
def test_rows_come_in_every_format(embedded, remote, format):
    text = PREFIXES + "SELECT ?s ?age { ?s :age ?age } ORDER BY ?age"
    expected = embedded.query(text, BOTH, format=format).read()
    assert remote.query(text, BOTH, format=format).read() == expected


@pytest.mark.parametrize("format", formats.offers(Kind.GRAPH), ids=lambda each: each.name)
def test_graphs_come_in_every_format(remote, format):
    text = PREFIXES + "CONSTRUCT { ?s :called ?l } WHERE { ?s rdfs:label ?l }"
    result = remote.query(text, BOTH, format=format)
    assert result.format is format
    assert len(result.triples()) == 11


@pytest.mark.parametrize("text", ["SELECT", "SELECT * {", "", "INSERT DATA { <a:> <b:> <c:> }"])
def test_what_is_no_query_is_told_so(remote, text):
    with pytest.raises(BadQuery):
        remote.query(text, EVERYTHING)


def test_a_format_that_cannot_hold_an_answer_is_refused(remote):
    text = "CONSTRUCT { <e:s> <http://e/1> 'x' } WHERE {}"
    with pytest.raises(NotAcceptable):
        remote.query(text, format=formats.RDF_XML)


def test_an_answer_past_its_limit_is_refused(pool, endpoint):
    small = pool.remote(endpoint, "remote", Lane.QUERY, Limits(30, 200))
    with pytest.raises(KgError) as caught:
        small.query("SELECT ?s ?p ?o { ?s ?p ?o }", BOTH)
    assert caught.value.code in ("result_too_large", "remote_too_large")
