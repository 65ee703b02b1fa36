"""The shapes: the bundled graph conforms, and breaking any rule is noticed by two engines."""

from collections.abc import Callable
from functools import cache
from pathlib import Path

import pyshacl
import pytest
import shacl
from pyoxigraph import NamedNode, QuerySolutions, RdfFormat, Store
from rdflib import SH, Graph, Literal

ROOT = Path(__file__).parents[2]
Judge = Callable[[str], tuple[bool, str]]
PREFIXES = """
PREFIX kg: <https://kg.example/def/>
PREFIX id: <https://kg.example/id/>
PREFIX st: <https://kg.example/id/statement/>
PREFIX ev: <https://kg.example/id/passage/>
PREFIX sel: <https://kg.example/id/selector/>
PREFIX obs: <https://kg.example/id/observation/>
PREFIX dcterms: <http://purl.org/dc/terms/>
PREFIX geo: <http://www.opengis.net/ont/geosparql#>
PREFIX oa: <http://www.w3.org/ns/oa#>
PREFIX qb: <http://purl.org/linked-data/cube#>
PREFIX rdf: <http://www.w3.org/1999/02/22-rdf-syntax-ns#>
PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>
PREFIX skos: <http://www.w3.org/2004/02/skos/core#>
PREFIX xsd: <http://www.w3.org/2001/XMLSchema#>
"""
# A few things cut out of the bundled graph that conform on their own.
SEEDS = """
SELECT DISTINCT ?s WHERE {
  { VALUES ?s { id:pv-cluster id:pv-firms id:theme-thinking id:thinking-1 id:source-article
      id:xu-mingyang id:xiuzhou id:jiaxing id:zhejiang id:china id:months-1-9
      id:months-2023-1-9 id:undated
      id:number-of-firms id:industrial-value-added-growth id:development-figures id:whole-city
      id:whole-province id:gbt-2260 id:xiuzhou-actor kg:achieved kg:equal kg:greaterThan
      obs:pv-firms obs:industrial-value-added-growth
      <http://qudt.org/vocab/unit/NUM> <http://qudt.org/vocab/unit/PERCENT> } }
  UNION {
    VALUES (?x ?y) {
      (id:pv-cluster id:pv-firms) (id:pv-cluster obs:pv-firms) (id:thinking-1 id:pv-cluster)
      (id:thinking-1 id:theme-thinking) (id:thinking-1 id:xiuzhou-actor)
      (id:source-article id:xu-mingyang) (id:xiuzhou id:jiaxing) (id:jiaxing id:zhejiang)
      (id:zhejiang id:china)
      (id:months-1-9 id:months-2023-1-9) (id:xiuzhou obs:industrial-value-added-growth)
    }
    ?s rdf:subject ?x ; rdf:object ?y .
  }
  UNION { ?s rdf:subject id:jiaxing ; rdf:predicate kg:code }
}
"""
KG = "https://kg.example/def/"
SUBCLASS = NamedNode("http://www.w3.org/2000/01/rdf-schema#subClassOf")
SELECTOR = NamedNode("http://www.w3.org/ns/oa#hasSelector")
POINTERS = [NamedNode(KG + name) for name in ("evidence", "namedIn", "setsAside")]
FIRST = "st:pv-cluster--gathers--pv-firms"
INFERRED = "st:months-1-9--refers-to--months-2023-1-9"
EXTERNAL = "st:jiaxing--code--330400"

# what is broken: (an update that breaks it, the message that must be given)
BREAKS = {
    "a thing without a Chinese name": (
        (
            "DELETE { id:pv-cluster skos:prefLabel ?l } WHERE { id:pv-cluster skos:prefLabel ?l"
            ' FILTER(langMatches(LANG(?l), "zh")) }'
        ),
        "No name in Chinese (zh-Hans).",
    ),
    "a thing without an English name": (
        (
            "DELETE { id:pv-cluster skos:prefLabel ?l } WHERE { id:pv-cluster skos:prefLabel ?l"
            ' FILTER(langMatches(LANG(?l), "en")) }'
        ),
        "No name in English.",
    ),
    "a thing with two English names": (
        'INSERT DATA { id:pv-cluster skos:prefLabel "Another"@en }',
        "Only one name per language.",
    ),
    "a thing without a Chinese description": (
        (
            "DELETE { id:xiuzhou dcterms:description ?l } WHERE { id:xiuzhou dcterms:description ?l"
            ' FILTER(langMatches(LANG(?l), "zh")) }'
        ),
        "No description in Chinese (zh-Hans).",
    ),
    "a thing without an English description": (
        (
            "DELETE { id:xiuzhou dcterms:description ?l } WHERE { id:xiuzhou dcterms:description ?l"
            ' FILTER(langMatches(LANG(?l), "en")) }'
        ),
        "No description in English.",
    ),
    "a named thing without a type": (
        "DELETE WHERE { id:pv-cluster a ?c }",
        "Whatever has a name needs a type.",
    ),
    "a subject of a statement without a type": (
        "DELETE WHERE { id:pv-cluster a ?c }",
        "The subject of a statement needs a type.",
    ),
    "a thing that no statement mentions": (
        (
            'INSERT DATA { id:new a kg:Goal ; skos:prefLabel "新"@zh-Hans , "New"@en ;'
            ' dcterms:description "新的。"@zh-Hans , "New."@en }'
        ),
        "No statement mentions this thing.",
    ),
    "a statement without an English label": (
        (
            f"DELETE {{ {FIRST} rdfs:label ?l }} WHERE {{ {FIRST} rdfs:label ?l"
            ' FILTER(langMatches(LANG(?l), "en")) }'
        ),
        "No label in English.",
    ),
    "a statement without a subject": (
        f"DELETE WHERE {{ {FIRST} rdf:subject ?o }}",
        "Exactly one subject.",
    ),
    "a statement without a predicate": (
        f"DELETE WHERE {{ {FIRST} rdf:predicate ?o }}",
        "Exactly one predicate.",
    ),
    "a statement without an object": (
        f"DELETE WHERE {{ {FIRST} rdf:object ?o }}",
        "Exactly one object, not a blank node.",
    ),
    "a statement about a blank node": (
        (
            f"DELETE {{ {FIRST} rdf:object ?o }} INSERT {{ {FIRST} rdf:object [] }}"
            f" WHERE {{ {FIRST} rdf:object ?o }}"
        ),
        "Exactly one object, not a blank node.",
    ),
    "a statement without a modality": (
        f"DELETE WHERE {{ {FIRST} kg:modality ?o }}",
        "Exactly one modality of the scheme.",
    ),
    "a statement with a modality of its own": (
        (
            f"DELETE {{ {FIRST} kg:modality ?o }} INSERT {{ {FIRST} kg:modality id:perhaps }}"
            f" WHERE {{ {FIRST} kg:modality ?o }}"
        ),
        "Exactly one modality of the scheme.",
    ),
    "a statement without a status": (
        f"DELETE WHERE {{ {FIRST} kg:status ?o }}",
        "Exactly one status of the scheme.",
    ),
    "a stated statement without evidence": (
        f"DELETE WHERE {{ {FIRST} kg:evidence ?o }}",
        "A statement needs evidence when stated",
    ),
    "a stated statement without a comment": (
        f"DELETE WHERE {{ {FIRST} rdfs:comment ?o }}",
        "A statement needs evidence when stated",
    ),
    "evidence that is no passage": (
        f"INSERT DATA {{ {FIRST} kg:evidence id:xiuzhou }}",
        "Evidence must be a passage.",
    ),
    "an inferred statement without a reason": (
        f"DELETE WHERE {{ {INFERRED} kg:reason ?o }}",
        "a reason when inferred",
    ),
    "an inferred statement with a reason in one language only": (
        (
            f"DELETE {{ {INFERRED} kg:reason ?o }} WHERE {{ {INFERRED} kg:reason ?o"
            ' FILTER(langMatches(LANG(?o), "en")) }'
        ),
        "a reason when inferred",
    ),
    "an external statement without a source": (
        f"DELETE WHERE {{ {EXTERNAL} dcterms:source ?o }}",
        "a source when external",
    ),
    "a passage without a label": (
        "DELETE WHERE { ev:247-259 rdfs:label ?o }",
        "No label in Chinese (zh-Hans).",
    ),
    "a passage without a document": (
        "DELETE WHERE { ev:247-259 oa:hasSource ?o }",
        "A passage belongs to exactly one document.",
    ),
    "a passage without a selector": (
        "DELETE WHERE { ev:247-259 oa:hasSelector ?o }",
        "A passage has exactly one position selector.",
    ),
    "a selector that starts after it ends": (
        (
            "DELETE { sel:247-259 oa:start ?o } INSERT { sel:247-259 oa:start 300 }"
            " WHERE { sel:247-259 oa:start ?o }"
        ),
        "The start comes before the end.",
    ),
    "a selector of nothing": (
        (
            "DELETE { sel:247-259 oa:start ?o } INSERT { sel:247-259 oa:start 259 }"
            " WHERE { sel:247-259 oa:start ?o }"
        ),
        "The start comes before the end.",
    ),
    "a selector that starts before the document": (
        (
            "DELETE { sel:247-259 oa:start ?o } INSERT { sel:247-259 oa:start -1 }"
            " WHERE { sel:247-259 oa:start ?o }"
        ),
        "The start lies within the document (0 to 2239).",
    ),
    "a selector that ends after the document": (
        (
            "DELETE { sel:247-259 oa:end ?o } INSERT { sel:247-259 oa:end 2240 }"
            " WHERE { sel:247-259 oa:end ?o }"
        ),
        "The end lies within the document (0 to 2239).",
    ),
    "a passage set aside without a reason": (
        "DELETE WHERE { ev:0-25 kg:reason ?o }",
        "No reason in English.",
    ),
    "a figure without an area": (
        "DELETE WHERE { obs:pv-firms kg:area ?o }",
        "A figure has exactly one area.",
    ),
    "a figure without a period": (
        "DELETE WHERE { obs:pv-firms kg:period ?o }",
        "A figure has exactly one period.",
    ),
    "a figure without an indicator": (
        "DELETE WHERE { obs:pv-firms kg:indicator ?o }",
        "A figure has exactly one indicator.",
    ),
    "a figure without a value": (
        "DELETE WHERE { obs:pv-firms kg:value ?o }",
        "A figure has exactly one value, an integer or a decimal.",
    ),
    "a figure with a value in words": (
        (
            'DELETE { obs:pv-firms kg:value ?o } INSERT { obs:pv-firms kg:value "many" }'
            " WHERE { obs:pv-firms kg:value ?o }"
        ),
        "A figure has exactly one value, an integer or a decimal.",
    ),
    "a figure without a unit": (
        "DELETE WHERE { obs:pv-firms kg:unit ?o }",
        "A figure has exactly one unit.",
    ),
    "a figure without a comparator": (
        "DELETE WHERE { obs:pv-firms kg:comparator ?o }",
        "A figure has exactly one comparator of the scheme.",
    ),
    "a figure outside the data set": (
        "DELETE WHERE { obs:pv-firms qb:dataSet ?o }",
        "A figure belongs to exactly one data set.",
    ),
    "a figure that nothing points to": (
        "DELETE WHERE { id:pv-cluster kg:observation ?o }",
        "Something must point to this figure.",
    ),
    "a rank of nought": (
        (
            "DELETE { ?s kg:rank ?o } INSERT { obs:pv-firms kg:rank 0 ; kg:rankArea id:whole-city }"
            " WHERE { ?s kg:rank ?o }"
        ),
        "A rank is an integer from one.",
    ),
    "a rank without an area": (
        "DELETE WHERE { obs:industrial-value-added-growth kg:rankArea ?o }",
        "A figure with a rank needs a ranking area.",
    ),
    "a closed set without a cardinality": (
        "DELETE WHERE { id:pv-firms kg:cardinality ?o }",
        "A set has a cardinality unless its list is open.",
    ),
    "a set with a cardinality in words": (
        (
            'DELETE { id:pv-firms kg:cardinality ?o } INSERT { id:pv-firms kg:cardinality "many" }'
            " WHERE { id:pv-firms kg:cardinality ?o }"
        ),
        "A cardinality is an integer from zero.",
    ),
    "a cardinality without a comparator": (
        "DELETE WHERE { id:pv-firms kg:cardinalityComparator ?o }",
        "A cardinality needs its comparator.",
    ),
    "a set without a member class": (
        "DELETE WHERE { id:pv-firms kg:memberClass ?o }",
        "A set has exactly one member class.",
    ),
    "a set that does not say whether it is open": (
        "DELETE WHERE { id:pv-firms kg:open ?o }",
        "A set says whether its list is open.",
    ),
    "a measure without a theme": (
        "DELETE WHERE { id:thinking-1 kg:theme ?o }",
        "A measure stands under exactly one theme.",
    ),
    "a measure without an ordinal": (
        "DELETE WHERE { id:thinking-1 kg:ordinal ?o }",
        "A measure has exactly one ordinal, from one.",
    ),
    "a theme without an ordinal": (
        "DELETE WHERE { id:theme-thinking kg:ordinal ?o }",
        "A theme has exactly one ordinal, from one.",
    ),
    "an area within two areas": (
        "INSERT DATA { id:xiuzhou geo:sfWithin id:xiuzhou }",
        "An area lies directly within at most one other area.",
    ),
    "a document without a checksum": (
        "DELETE WHERE { id:source-article kg:sha256 ?o }",
        "Exactly one SHA-256, in lower-case hexadecimal.",
    ),
    "a document with a checksum in capitals": (
        (
            "DELETE { id:source-article kg:sha256 ?o } INSERT { id:source-article kg:sha256 ?up }"
            " WHERE { id:source-article kg:sha256 ?o BIND(UCASE(?o) AS ?up) }"
        ),
        "Exactly one SHA-256, in lower-case hexadecimal.",
    ),
    "a document without its length": (
        "DELETE WHERE { id:source-article kg:characters ?o }",
        "Exactly one number of characters.",
    ),
    "a document without an author": (
        "DELETE WHERE { id:source-article dcterms:creator ?o }",
        "At least one author.",
    ),
}


@cache
def shapes_text() -> str:
    return (ROOT / "ontology" / "shapes.ttl").read_text("utf-8")


@cache
def compiled() -> shacl.Shapes:
    return shacl.Shapes.from_turtle(shapes_text())


@cache
def parsed() -> Graph:
    return Graph().parse(data=shapes_text(), format="turtle")


def n_triples(store: Store) -> str:
    return "".join(f"{triple} .\n" for triple in {quad.triple for quad in store})


def judged_by_shacl(data: str) -> tuple[bool, str]:
    """Whether it conforms, and the report as text."""
    report = compiled().validate_turtle(data)
    return report.conforms, report.serialize("ntriples")


def judged_by_pyshacl(data: str) -> tuple[bool, str]:
    graph = Graph().parse(data=data, format="nt")
    conforms, _, text = pyshacl.validate(graph, shacl_graph=parsed(), inference="none")
    return bool(conforms), text


ENGINES = pytest.mark.parametrize(
    "judge", [judged_by_shacl, judged_by_pyshacl], ids=["shacl", "pyshacl"]
)


@pytest.fixture(scope="module")
def whole(store: Store) -> str:
    return n_triples(store)


@pytest.fixture(scope="module")
def excerpt(store: Store) -> str:
    """The seeds with all their triples, and the class hierarchy."""
    seeds = store.query(PREFIXES + SEEDS, use_default_graph_as_union=True)
    assert isinstance(seeds, QuerySolutions)
    small = Store()
    small.extend(store.quads_for_pattern(None, SUBCLASS, None))
    for row in seeds:
        assert isinstance(row["s"], NamedNode)
        small.extend(store.quads_for_pattern(row["s"], None, None))
    for pointer in (*POINTERS, SELECTOR):
        for quad in list(small.quads_for_pattern(None, pointer, None)):
            assert isinstance(quad.object, NamedNode)
            small.extend(store.quads_for_pattern(quad.object, None, None))
    return n_triples(small)


@ENGINES
def test_the_bundled_graph_conforms(whole: str, judge: Judge) -> None:
    conforms, report = judge(whole)
    assert conforms, report[:3000]


@ENGINES
def test_the_excerpt_conforms(excerpt: str, judge: Judge) -> None:
    conforms, report = judge(excerpt)
    assert conforms, report[:3000]


@ENGINES
@pytest.mark.parametrize("broken", BREAKS)
def test_breaking_a_rule_is_noticed(excerpt: str, judge: Judge, broken: str) -> None:
    update, message = BREAKS[broken]
    small = Store()
    small.load(excerpt.encode(), format=RdfFormat.N_TRIPLES)
    small.update(PREFIXES + update)
    conforms, report = judge(n_triples(small))
    assert not conforms
    assert message in report


def test_every_rule_has_a_message_in_both_languages() -> None:
    for shape in set(parsed().subjects(SH.message)):
        messages = list(parsed().objects(shape, SH.message))
        languages = {message.language for message in messages if isinstance(message, Literal)}
        assert languages == {"zh-Hans", "en"}
