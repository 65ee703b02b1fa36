"""Graphs that nobody has prepared for: a thesaurus, measurements, and a family of blank nodes."""

import random

import pytest
from tests.browse.worlds import counts_of, parse_turtle, ways

from kg.browse.paths import TYPE, Path, Step
from kg.browse.selection import Selection
from kg.browse.values import Bound
from kg.terms import NamedNode

SKOS = "http://www.w3.org/2004/02/skos/core#"
PREFIXES = """
@prefix : <http://strange.example/> . @prefix skos: <http://www.w3.org/2004/02/skos/core#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> . @prefix owl: <http://www.w3.org/2002/07/owl#> .
@prefix sosa: <http://www.w3.org/ns/sosa/> . @prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
"""


def thesaurus() -> str:
    """Concepts in a polyhierarchy with a circle, labels in three languages, mappings, and no class
    of their own making."""
    lines = [PREFIXES, ":scheme a skos:ConceptScheme ."]
    for n in range(120):
        above = f"; skos:broader :c{n // 4}" if n >= 4 else "; skos:topConceptOf :scheme"
        second = f", :c{(n * 7) % 40}" if n % 11 == 5 else ""
        lines.append(
            f':c{n} a skos:Concept ; skos:inScheme :scheme ; skos:prefLabel "concept {n}"@en , "概念 {n}"@zh-Hans '
            + (f', "Begriff {n}"@de ' if n % 3 == 0 else "")
            + f"{above}{second} ."
        )
        if n % 5 == 0:
            lines.append(f":c{n} skos:exactMatch <http://elsewhere.example/{n}> .")
    lines.append(":c0 skos:broader :c1 . :c1 skos:broader :c0 .")
    lines += [f":book{n} :subject :c{n % 120} ; :pages {50 + 7 * n} ." for n in range(300)]
    return "\n".join(lines)


def measurements() -> str:
    """Observations of sensors with skewed values, times, results as strings, and no labels."""
    chance = random.Random(7)
    lines = [PREFIXES]
    for n in range(400):
        value = f"{chance.lognormvariate(2, 2):.4g}"
        time = f"202{n % 4}-0{1 + n % 9}-1{n % 9}T0{n % 10}:00:00Z"
        lines.append(
            f"<urn:uuid:{n:08}> a sosa:Observation ; sosa:madeBySensor :s{n % 6} ; "
            f'sosa:hasSimpleResult "{value}"^^xsd:double ; sosa:resultTime "{time}"^^xsd:dateTime ; '
            f':flag "{"ok" if n % 10 else "bad"}" .'
        )
    lines += [
        f":s{n} a sosa:Sensor ; :site :site{n % 2} ; :serial '{n}-{n * n}' ." for n in range(6)
    ]
    return "\n".join(lines)


def family() -> str:
    """People who are classed by several classes in a hierarchy, with blank nodes and lists."""
    lines = [PREFIXES, ":Woman rdfs:subClassOf :Person . :Man rdfs:subClassOf :Person ."]
    lines += [":Person rdfs:subClassOf :Agent , [ a owl:Restriction ; owl:onProperty :parent ] ."]
    for n in range(80):
        parents = f"; :parent :p{n // 2} , :p{n // 2 + 1}" if n > 3 else ""
        lines.append(
            f":p{n} a :{'Woman' if n % 2 else 'Man'} ; :address [ :city :city{n % 5} ; :since {1950 + n % 40} ] ; "
            f":tongue ( 'zh' 'en' ) {parents} ."
        )
    return "\n".join(lines)


@pytest.fixture(scope="module")
def counts():
    """Return the counts of a graph, made once."""
    made = {}

    def of(graph):
        if graph not in made:
            made[graph] = counts_of(graph())
        return made[graph]

    return of


def profile(counts, kind):
    chosen = Selection().only(TYPE, NamedNode(kind)) if kind else Selection()
    return {path.spell(): kind.value for path, kind in counts.profile(chosen)}


def spelled(*steps):
    return Path(tuple(Step(name.lstrip("^"), name.startswith("^")) for name in steps)).spell()


S = "http://strange.example/"


@pytest.mark.parametrize(
    ("graph", "kind", "expected"),
    [
        (thesaurus, f"{SKOS}Concept", {
            spelled(f"{SKOS}broader"): "tree", spelled(f"{SKOS}prefLabel"): "language",
        }),
        (thesaurus, "", {spelled(f"{S}subject"): "tree", spelled(f"{S}pages"): "number"}),
        (measurements, "http://www.w3.org/ns/sosa/Observation", {
            spelled("http://www.w3.org/ns/sosa/madeBySensor"): "term", spelled(f"{S}flag"): "term",
            spelled("http://www.w3.org/ns/sosa/hasSimpleResult"): "number",
            spelled("http://www.w3.org/ns/sosa/resultTime"): "date",
        }),
        (family, f"{S}Person", {
            TYPE.spell(): "tree", spelled(f"{S}parent"): "term", spelled(f"{S}address", f"{S}city"): "term",
        }),
    ],
)  # fmt: skip
def test_facets_are_those_that_a_person_would_pick(counts, graph, kind, expected):
    found = profile(counts(graph), kind)
    assert expected.items() <= found.items()
    assert len(found) <= 12


def test_what_names_a_thing_or_is_the_same_for_all_is_no_facet(counts):
    observed = profile(counts(measurements), "http://www.w3.org/ns/sosa/Sensor")
    assert spelled(f"{S}serial") not in observed
    concepts = profile(counts(thesaurus), f"{SKOS}Concept")
    assert concepts.get(spelled(f"{SKOS}inScheme")) is None


def test_a_tree_with_a_circle_counts_each_thing_once(counts):
    held = counts(thesaurus)
    subject = Path.of(f"{S}subject")
    totals = [held.total(Selection().only(subject, NamedNode(f"{S}c{n}"))) for n in range(4)]
    assert totals[0] == totals[1]  # each is below the other
    assert totals[0] == 186
    facet = held.facet(Selection(), subject)
    assert {each.value.value for each in facet.values} >= {f"{S}c0"}


@pytest.mark.parametrize("way", ["index", "live"])
def test_what_no_triple_is_about_does_not_make_values_a_tree(way):
    held = getattr(
        ways(parse_turtle(f"{PREFIXES} :a skos:broader :top . [] skos:broader :a .")), way
    )
    narrower = Path((Step(f"{SKOS}broader", inverse=True),))
    assert held.facet(Selection(), narrower).values == ()
    assert held.total(Selection().only(narrower, NamedNode(f"{S}top"))) == 0


def test_skewed_numbers_have_bars_that_tell_something(counts):
    result = Path.of("http://www.w3.org/ns/sosa/hasSimpleResult")
    facet = counts(measurements).facet(Selection(), result)
    assert sum(bar.count for bar in facet.bars) == facet.present == 400
    assert len([bar for bar in facet.bars if bar.count >= 10]) >= 6


def test_subclasses_are_counted_with_their_class(counts):
    held = counts(family)
    assert held.total(Selection().only(TYPE, NamedNode(f"{S}Agent"))) == 80
    since = Path((Step(f"{S}address"), Step(f"{S}since")))
    assert held.total(Selection().between(since, Bound("1950"), Bound("1959"))) == 20
