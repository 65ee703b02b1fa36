"""The questions an analyst asks, and the answers the graph must give."""

from pathlib import Path

import pytest
from pyoxigraph import Literal, NamedNode, QuerySolutions, Store

from kg import queries

QUERIES = Path(__file__).parents[2] / "data" / "queries"
SHORT = {
    "https://kg.example/def/": "kg:",
    "https://kg.example/id/": "id:",
    "http://qudt.org/vocab/unit/": "unit:",
}

# query number: (columns looked at, rows in order)
EXPECTED: dict[int, tuple[str, list[str]]] = {
    1: (
        "cluster comparator firms document start end",
        ["id:pv-cluster > 250 id:source-article 247 259"],
    ),
    2: (
        "projects comparator number open start end",
        ["id:recruited-projects = 35 true 495 512"],
    ),
    3: (
        "theme order item",
        [
            "id:theme-thinking 1 id:pv-cluster",
            "id:theme-thinking 2 id:air-logistics-hub",
            "id:theme-thinking 3 id:canal-bay-corridor",
            "id:theme-services 1 id:services-1",
            "id:theme-services 2 id:services-2",
            "id:theme-services 3 id:services-3",
            "id:theme-services 4 id:services-4",
            "id:theme-services 5 id:services-5",
        ],
    ),
    4: (
        "indicator comparator value unit modality",
        [
            "id:programme-term = 3 unit:YR kg:target",
            "id:number-of-projects = 100 unit:NUM kg:target",
            "id:planned-investment > 1000 id:unit-hundred-million kg:target",
        ],
    ),
    5: (
        "facilities comparator number start end",
        [
            "id:innovation-lake-areas = 2 353 361",
            "id:global-pv-rd-centres = 3 362 372",
            "id:university-institutes = 4 373 380",
        ],
    ),
    6: (
        "kind thing group status",
        [
            "kg:Fund id:sme-credit-fund id:smes kg:stated",
            "kg:Mechanism id:ip-rapid-mechanism id:enterprises kg:inferred",
            "kg:PolicyDocument id:talent-rules id:enterprises kg:inferred",
        ],
    ),
    7: (
        "theme industry parent status",
        [
            "id:theme-technology id:digital-economy - kg:inferred",
            "id:theme-technology id:high-tech-industry - kg:stated",
            "id:theme-technology id:biomedicine id:high-tech-industry kg:stated",
            "id:theme-technology id:new-energy-vehicles id:high-tech-industry kg:stated",
            "id:theme-technology id:new-generation-it id:high-tech-industry kg:stated",
            "id:theme-culture id:cultural-creativity id:culture-industry kg:stated",
            "id:theme-culture id:cultural-tourism id:culture-industry kg:stated",
            "id:theme-culture id:digital-culture id:culture-industry kg:stated",
        ],
    ),
    8: (
        "indicator percent grewMore rank firstInCity",
        [
            "id:fixed-asset-investment-growth 32.7 true 1 true",
            "id:industrial-value-added-growth 16.6 false 1 true",
        ],
    ),
    9: (
        "modality indicator comparator value unit rank status",
        [
            "kg:achieved id:number-of-recruited-projects = 35 unit:NUM - kg:stated",
            "kg:achieved id:number-of-tracts = 2 unit:NUM - kg:stated",
            "kg:achieved id:number-of-firms > 250 unit:NUM - kg:stated",
            "kg:achieved id:fixed-asset-investment-growth = 32.7 unit:PERCENT 1 kg:stated",
            "kg:achieved id:industrial-value-added-growth = 16.6 unit:PERCENT 1 kg:stated",
            "kg:target id:number-of-projects = 100 unit:NUM - kg:stated",
            "kg:target id:planned-investment > 1000 id:unit-hundred-million - kg:stated",
            "kg:target id:programme-term = 3 unit:YR - kg:stated",
            "kg:target id:pv-cluster-output-scale ≈ 1000 id:unit-hundred-million - kg:inferred",
        ],
    ),
    10: (
        "level area code",
        ["1 id:jiaxing 330400", "2 id:zhejiang 330000", "3 id:china CN"],
    ),
    11: (
        "period year status saidByTheText",
        ["id:months-1-9 2023 kg:inferred false"],
    ),
    12: (
        "kind thing status",
        [
            "1 initiative id:canal-bay-corridor kg:inferred",
            "1 initiative id:pv-cluster kg:stated",
            "2 institution id:global-pv-rd-centres kg:stated",
            "2 institution id:pv-firms kg:inferred",
            "3 figure id:observation/global-pv-rd-centres kg:stated",
            "3 figure id:observation/pv-cluster-output kg:inferred",
            "3 figure id:observation/pv-firms kg:stated",
        ],
    ),
}


def short(term: object) -> str:
    """A CURIE for an IRI, the lexical form of a literal, a dash for nothing."""
    if isinstance(term, Literal):
        return term.value
    if isinstance(term, NamedNode):
        for start, prefix in SHORT.items():
            if term.value.startswith(start):
                return prefix + term.value.removeprefix(start)
        return term.value
    return "-"


def query_file(number: int) -> Path:
    (path,) = QUERIES.glob(f"{number:02d}-*.rq")
    return path


def answer(store: Store, text: str) -> QuerySolutions:
    found = store.query(text, use_default_graph_as_union=True)
    assert isinstance(found, QuerySolutions)
    return found


@pytest.mark.parametrize("number", EXPECTED)
def test_the_question_gets_its_answer(store: Store, number: int) -> None:
    columns, rows = EXPECTED[number]
    found = answer(store, queries.read(query_file(number)).text)
    assert [" ".join(short(row[name]) for name in columns.split()) for row in found] == rows


@pytest.mark.parametrize("number", EXPECTED)
def test_the_query_says_in_both_languages_what_it_asks(number: int) -> None:
    query = queries.read(query_file(number))
    named = (query.titles, query.descriptions, *(each.titles for each in query.parameters))
    assert all([label.language for label in labels] == ["en", "zh-Hans"] for labels in named)


@pytest.mark.parametrize("number", EXPECTED)
def test_the_answer_has_an_order_and_no_repeated_row(store: Store, number: int) -> None:
    text = queries.read(query_file(number)).text
    found = answer(store, text)
    names = [variable.value for variable in found.variables]
    rows = [tuple(str(row[name]) for name in names) for row in found]
    assert "ORDER BY" in text
    assert len(rows) == len(set(rows))


def test_there_are_twelve_queries_and_no_other() -> None:
    assert len(list(QUERIES.iterdir())) == len(EXPECTED) == 12


PREFIXES = """
PREFIX kg: <https://kg.example/def/>
PREFIX id: <https://kg.example/id/>
PREFIX rdf: <http://www.w3.org/1999/02/22-rdf-syntax-ns#>
PREFIX skos: <http://www.w3.org/2004/02/skos/core#>
PREFIX org: <http://www.w3.org/ns/org#>
"""
OTHERS = {
    "who wrote it and which post the author holds": (
        (
            "SELECT ?x ?y { id:source-article <http://purl.org/dc/terms/creator> ?x ."
            " ?x org:holds ?y }"
        ),
        ["id:xu-mingyang id:xiuzhou-party-secretary"],
    ),
    "which projects of the four great ones are named": (
        "SELECT ?x ?y { id:four-great-projects kg:member ?x ; kg:cardinality ?y } ORDER BY ?x",
        ["id:jiaxing-airport-construction 4", "id:oriental-skyport-construction 4"],
    ),
    "which technologies the smart city uses": (
        "SELECT ?x { id:smart-city kg:uses ?x } ORDER BY ?x",
        ["id:artificial-intelligence", "id:big-data", "id:cloud-computing"],
    ),
    "what the battle against pollution fights": (
        "SELECT ?x { id:pollution-battle kg:prevents ?x } ORDER BY ?x",
        ["id:air-pollution", "id:soil-pollution", "id:water-pollution"],
    ),
    "which title the air logistics hub strives for": (
        (
            "SELECT ?x ?m { ?s rdf:subject id:air-logistics-hub ; rdf:predicate kg:aimsAt ;"
            " rdf:object ?x ; kg:modality ?m }"
        ),
        ["id:airport-economy-zone kg:target"],
    ),
    "who builds the Oriental Skyport": (
        "SELECT ?x { ?p kg:builds id:oriental-skyport ; kg:actor ?x }",
        ["id:yto"],
    ),
    "which measures set up a mechanism": (
        "SELECT ?m ?x { ?m kg:establishes ?x . ?x a kg:Mechanism } ORDER BY ?m ?x",
        [
            "id:ecology-3 id:eco-compensation",
            "id:ecology-3 id:green-long-term-mechanism",
            "id:projects-2 id:investment-coordination",
            "id:services-3 id:ip-rapid-mechanism",
            "id:society-2 id:diverse-settlement",
            "id:striving-2 id:first-secretary-system",
        ],
    ),
    "how many themes there are and what they hold": (
        (
            "SELECT ?o (COUNT(?m) AS ?n) { ?t a kg:Theme ; kg:ordinal ?o . ?m a kg:Measure ;"
            " kg:theme ?t } GROUP BY ?o ORDER BY ?o"
        ),
        ["1 3", "2 3", "3 3", "4 5", "5 5", "6 5", "7 5", "8 5"],
    ),
    "which codes of industry are known": (
        "SELECT ?i ?c { ?i skos:closeMatch/kg:code ?c } ORDER BY ?c",
        [
            "id:new-energy-vehicles 3612",
            "id:photovoltaics 3825",
            "id:air-logistics 5612",
            "id:tech-intermediary 7530",
        ],
    ),
}


@pytest.mark.parametrize("question", OTHERS)
def test_a_question_of_the_same_kind_gets_its_answer_too(store: Store, question: str) -> None:
    text, rows = OTHERS[question]
    found = answer(store, PREFIXES + text)
    names = [variable.value for variable in found.variables]
    assert [" ".join(short(row[name]) for name in names) for row in found] == rows
