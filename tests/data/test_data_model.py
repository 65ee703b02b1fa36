"""What the files must keep to beyond what shapes can say."""

import itertools
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from pyoxigraph import BlankNode, Literal, NamedNode, QuerySolution, QuerySolutions, Store, Triple
from rdflib import Graph

ROOT = Path(__file__).parents[2]
KG = "https://kg.example/def/"
ID = "https://kg.example/id/"
RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
RDFS = "http://www.w3.org/2000/01/rdf-schema#"
DATA = [NamedNode(f"{ID}graph/{name}") for name in ("stated", "inferred", "reference")]
PREFIXES = f"""
PREFIX kg: <{KG}>
PREFIX rdf: <{RDF}>
PREFIX rdfs: <{RDFS}>
PREFIX owl: <http://www.w3.org/2002/07/owl#>
PREFIX skos: <http://www.w3.org/2004/02/skos/core#>
PREFIX display: <https://kg.example/display#>
PREFIX dcterms: <http://purl.org/dc/terms/>
"""
# Links that are parts of a description, not claims about the world.
PARTS = {
    *(f"{KG}{name}" for name in ("namedIn", "setsAside", "evidence", "memberKind", "memberClass")),
    *(f"{KG}{name}" for name in ("area", "period", "indicator", "unit", "comparator")),
    *(f"{KG}{name}" for name in ("rankArea", "rankBandArea", "cardinalityComparator")),
    *(f"{KG}{name}" for name in ("modality", "status")),
    *(f"{RDF}{name}" for name in ("type", "subject", "predicate", "object")),
    "http://www.w3.org/2004/02/skos/core#inScheme",
    "http://purl.org/linked-data/cube#dataSet",
}
PART_VOCABULARIES = ("http://www.w3.org/ns/oa#", "http://www.w3.org/2006/time#")


def rows(store: Store, text: str) -> Iterator[QuerySolution]:
    found = store.query(PREFIXES + text, use_default_graph_as_union=True)
    assert isinstance(found, QuerySolutions)
    return found


def values(store: Store, text: str) -> list[str]:
    return sorted(row[0].value for row in rows(store, text))


def triples(store: Store, graph: NamedNode) -> set[Triple]:
    return {quad.triple for quad in store.quads_for_pattern(None, None, None, graph)}


def stated_triples(store: Store, graph: NamedNode) -> list[Triple]:
    """The triples that the statement nodes of one graph talk about."""
    found = store.query(
        PREFIXES + "SELECT ?s ?p ?o { ?x a kg:Statement ; rdf:subject ?s ;"
        " rdf:predicate ?p ; rdf:object ?o }",
        default_graph=graph,
    )
    assert isinstance(found, QuerySolutions)
    return [Triple(row["s"], row["p"], row["o"]) for row in found]


@pytest.mark.parametrize("graph", DATA, ids=lambda graph: graph.value.rsplit("/", 1)[1])
def test_each_statement_has_its_plain_triple_in_the_same_graph(
    store: Store, graph: NamedNode
) -> None:
    said = stated_triples(store, graph)
    assert said
    assert set(said) <= triples(store, graph)


@pytest.mark.parametrize("graph", DATA, ids=lambda graph: graph.value.rsplit("/", 1)[1])
def test_each_link_between_things_has_its_statement_in_the_same_graph(
    store: Store, graph: NamedNode
) -> None:
    said = set(stated_triples(store, graph))
    statements = set(values(store, "SELECT ?s { ?s a kg:Statement }"))
    bare = [
        triple
        for triple in triples(store, graph)
        if isinstance(triple.object, NamedNode)
        and isinstance(triple.subject, NamedNode)
        and triple.subject.value not in statements
        and triple.predicate.value not in PARTS
        and not triple.predicate.value.startswith(PART_VOCABULARIES)
        and triple not in said
    ]
    assert bare == []


def test_no_triple_is_stated_twice(store: Store) -> None:
    everything = list(itertools.chain.from_iterable(stated_triples(store, g) for g in DATA))
    assert len(everything) == len(set(everything))


def test_the_status_of_a_statement_fits_its_graph(store: Store) -> None:
    for graph, status in zip(DATA, ("stated", "inferred", "external"), strict=True):
        found = store.query(
            PREFIXES + "SELECT DISTINCT ?x { ?s a kg:Statement ; kg:status ?x }",
            default_graph=graph,
        )
        assert isinstance(found, QuerySolutions)
        assert [row["x"].value for row in found] == [KG + status]


def test_there_are_no_blank_nodes_in_the_data(store: Store) -> None:
    for graph in [*DATA, NamedNode(f"{ID}graph/catalog")]:
        for triple in triples(store, graph):
            assert not isinstance(triple.subject, BlankNode)
            assert not isinstance(triple.object, BlankNode)


def test_each_iri_of_ours_that_is_used_is_described(store: Store) -> None:
    described = {quad.subject.value for quad in store}
    named_graphs = {graph.value for graph in store.named_graphs()}
    used = {
        node.value
        for quad in store
        for node in (quad.predicate, quad.object)
        if isinstance(node, NamedNode) and node.value.startswith("https://kg.example/")
    }
    pages = {
        iri for iri in used if iri.startswith(("https://kg.example/download/", f"{KG}1.0.0"))
    } | {"https://kg.example/dataset"}
    assert used - described - named_graphs - pages == set()


def test_each_class_and_property_that_is_used_has_a_label(store: Store) -> None:
    labelled = set(values(store, "SELECT DISTINCT ?s { ?s rdfs:label ?l }"))
    used = {
        quad.predicate.value
        for graph in DATA
        for quad in store.quads_for_pattern(None, None, None, graph)
    } | {
        quad.object.value
        for graph in DATA
        for quad in store.quads_for_pattern(None, NamedNode(f"{RDF}type"), None, graph)
        if isinstance(quad.object, NamedNode)
    }
    assert used - labelled == set()


def test_each_thing_of_ours_has_a_label_in_both_languages(store: Store) -> None:
    missing = values(
        store,
        """SELECT DISTINCT ?s {
          ?s ?p ?o . FILTER(STRSTARTS(STR(?s), "https://kg.example/"))
          FILTER NOT EXISTS { ?s a <http://www.w3.org/ns/oa#TextPositionSelector> }
          FILTER NOT EXISTS {
            ?s rdfs:label|skos:prefLabel ?zh , ?en .
            FILTER(langMatches(LANG(?zh), "zh-Hans") && langMatches(LANG(?en), "en"))
          }
        }""",
    )
    assert missing == []


def test_each_term_of_the_ontology_is_defined_in_both_languages(store: Store) -> None:
    terms = values(
        store,
        "SELECT ?s { ?s rdfs:isDefinedBy <https://kg.example/def/> }",
    )
    defined = values(
        store,
        """SELECT DISTINCT ?s { ?s rdfs:isDefinedBy <https://kg.example/def/> ;
          rdfs:label ?a , ?b ; rdfs:comment|skos:definition ?c , ?d .
          FILTER(langMatches(LANG(?a), "zh-Hans") && langMatches(LANG(?b), "en"))
          FILTER(langMatches(LANG(?c), "zh-Hans") && langMatches(LANG(?d), "en")) }""",
    )
    assert len(terms) > 100
    assert terms == defined


def test_each_term_used_in_our_namespace_is_declared(store: Store) -> None:
    declared = set(values(store, "SELECT ?s { ?s rdfs:isDefinedBy <https://kg.example/def/> }"))
    text = "".join(
        path.read_text("utf-8") for path in [*ROOT.glob("data/*.t*"), *ROOT.glob("ontology/*.ttl")]
    )
    text = re.sub(r'"[^"\n]*"', "", text)
    used = {KG + name for name in re.findall(r"\bkg:(\w+)", text)}
    assert used - declared == set()


def pairs(store: Store, text: str) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for row in rows(store, text):
        found.setdefault(row[0].value, set()).add(row[1].value)
    return found


@pytest.mark.parametrize(("end", "side"), [("domain", "subject"), ("range", "object")])
def test_the_statements_keep_to_domains_and_ranges(store: Store, end: str, side: str) -> None:
    allowed = pairs(
        store,
        f"""SELECT ?p ?c {{ ?p rdfs:{end}/(owl:unionOf/rdf:rest*/rdf:first)? ?c
          FILTER(ISIRI(?c) && STRSTARTS(STR(?p), "{KG}")) }}""",
    )
    broader = pairs(store, "SELECT ?c ?d { ?c a owl:Class ; rdfs:subClassOf* ?d }")
    kinds = pairs(store, "SELECT ?s ?c { ?s a ?c ; skos:prefLabel ?l }")
    astray = [
        row["x"].value
        for row in rows(
            store,
            f"""SELECT ?x ?p ?thing {{ ?x a kg:Statement ; rdf:predicate ?p ; rdf:{side} ?thing
              FILTER(ISIRI(?thing)) }}""",
        )
        if (classes := allowed.get(row["p"].value))
        and f"{RDFS}Resource" not in classes
        and not any(classes & broader.get(kind, {kind}) for kind in kinds[row["thing"].value])
    ]
    assert astray == []


def test_a_measure_that_establishes_or_improves_something_also_implements_it(
    store: Store,
) -> None:
    gaps = values(
        store,
        """SELECT ?s { ?s ?p ?o . ?p rdfs:subPropertyOf ?q .
          VALUES ?q { kg:implements kg:industry } FILTER NOT EXISTS { ?s ?q ?o } }""",
    )
    assert gaps == []


def test_the_measures_of_each_theme_are_numbered_without_gaps(store: Store) -> None:
    themes = values(store, "SELECT ?t { ?t a kg:Theme }")
    assert len(themes) == 8
    for theme in themes:
        found = rows(store, f"SELECT ?n {{ ?m a kg:Measure ; kg:theme <{theme}> ; kg:ordinal ?n }}")
        numbers = sorted(int(row["n"].value) for row in found)
        assert numbers == list(range(1, len(numbers) + 1))


def test_no_member_of_a_counted_set_is_made_up(store: Store) -> None:
    unnamed = """no-1-projects innovation-lake-areas global-pv-rd-centres university-institutes
      recruited-projects programme-311-projects ten-thousand-mu-tracts pv-firms four-bodies"""
    for name in unnamed.split():
        assert values(store, f"SELECT ?m {{ <{ID}{name}> kg:member ?m }}") == []


def test_the_text_states_no_year(store: Store) -> None:
    dates = values(
        store,
        f"""PREFIX xsd: <http://www.w3.org/2001/XMLSchema#>
          SELECT ?y {{ GRAPH <{ID}graph/stated> {{ ?s ?p ?y }}
          FILTER(DATATYPE(?y) IN (xsd:date, xsd:gYear, xsd:gYearMonth)) }}""",
    )
    assert dates == []


def test_industries_without_a_class_of_their_own_stay_uncoded(store: Store) -> None:
    for name in ("airport-economy", "circular-economy", "real-economy", "traditional-industries"):
        assert values(store, f"SELECT ?c {{ <{ID}{name}> skos:closeMatch ?c }}") == []


def test_the_numbers_of_things_stay_within_their_bounds(store: Store) -> None:
    statements = values(store, "SELECT ?s { ?s a kg:Statement }")
    entities = values(store, "SELECT DISTINCT ?s { ?s skos:prefLabel ?l ; dcterms:description ?d }")
    assert 250 <= len(statements) <= 430
    assert 150 <= len(entities) <= 350


def test_each_view_is_for_a_class_and_readable_on_white(store: Store) -> None:
    found = list(
        rows(
            store,
            "SELECT ?c ?color { ?v display:forClass ?c ; display:color ?color . ?c a owl:Class }",
        )
    )
    assert len(found) == len(values(store, "SELECT ?v { ?v a display:View }"))
    for row in found:
        assert contrast_on_white(row["color"].value) >= 4.5


def contrast_on_white(color: str) -> float:
    """The contrast ratio of WCAG 2.2."""
    channels = [int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    luminance = sum(weight * c for weight, c in zip((0.2126, 0.7152, 0.0722), linear, strict=True))
    return 1.05 / (luminance + 0.05)


def test_each_property_in_a_view_has_a_label(store: Store) -> None:
    nameless = values(
        store,
        """SELECT DISTINCT ?p { ?v display:facets|display:facts ?list .
          ?list rdf:rest*/rdf:first ?p . FILTER NOT EXISTS { ?p rdfs:label ?l } }""",
    )
    assert nameless == []


def test_the_context_has_a_short_name_for_each_class_and_property(store: Store) -> None:
    context = json.loads((ROOT / "ontology" / "context.jsonld").read_text("utf-8"))["@context"]
    known = {
        value["@id"] if isinstance(value, dict) else value
        for name, value in context.items()
        if name != "@version"
    }
    terms = values(
        store,
        """SELECT ?t { VALUES ?kind { owl:Class owl:ObjectProperty owl:DatatypeProperty }
          ?t a ?kind ; rdfs:isDefinedBy <https://kg.example/def/> }""",
    )
    assert {f"kg:{term.removeprefix(KG)}" for term in terms} <= known


@pytest.mark.filterwarnings("ignore:ConjunctiveGraph is deprecated:DeprecationWarning")
def test_json_with_the_context_reads_as_the_same_triples() -> None:
    context = json.loads((ROOT / "ontology" / "context.jsonld").read_text("utf-8"))
    document = {
        **context,
        "iri": "id:x",
        "type": "Measure",
        "name": {"en": "X", "zh-Hans": "某"},
        "theme": "id:t",
        "ordinal": 1,
    }
    expected = """@prefix kg: <https://kg.example/def/> . @prefix id: <https://kg.example/id/> .
      @prefix skos: <http://www.w3.org/2004/02/skos/core#> .
      id:x a kg:Measure ; skos:prefLabel "X"@en , "某"@zh-Hans ; kg:theme id:t ; kg:ordinal 1 ."""
    read = Graph().parse(data=json.dumps(document), format="json-ld")
    assert read.isomorphic(Graph().parse(data=expected, format="turtle"))


def test_chinese_text_has_the_tag_zh_hans_everywhere(store: Store) -> None:
    tags = {
        (quad.object.language or "").lower()
        for quad in store
        if isinstance(quad.object, Literal) and re.search(r"[\u4e00-\u9fff]", quad.object.value)
    }
    assert tags == {"zh-hans"}


def test_each_term_the_graph_uses_has_a_label_in_both_languages(store: Store) -> None:
    for language in ("zh", "en"):
        unlabelled = store.query(
            f"""
            SELECT DISTINCT ?term {{
              {{ ?thing a ?term }} UNION {{ ?thing ?term ?object }}
              FILTER NOT EXISTS {{
                ?term <http://www.w3.org/2000/01/rdf-schema#label> ?label
                FILTER(langMatches(lang(?label), "{language}"))
              }}
            }}
            """,
            use_default_graph_as_union=True,
        )
        assert [row["term"] for row in unlabelled] == []
