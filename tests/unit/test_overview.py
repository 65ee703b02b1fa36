"""What is found worth showing first, in data of any kind."""

import json
from pathlib import Path

import pytest

from kg import bundle, dataset, frozen, overview, picture, roles
from kg.overview import Overview
from kg.store.embedded import EmbeddedStore
from kg.store.loading import Source

PREFIXES = """
@prefix : <http://e/> .
@prefix dcterms: <http://purl.org/dc/terms/> .
@prefix owl: <http://www.w3.org/2002/07/owl#> .
@prefix qb: <http://purl.org/linked-data/cube#> .
@prefix qudt: <http://qudt.org/schema/qudt/> .
@prefix rdf: <http://www.w3.org/1999/02/22-rdf-syntax-ns#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix schema: <https://schema.org/> .
@prefix sdmx: <http://purl.org/linked-data/sdmx/2009/dimension#> .
@prefix skos: <http://www.w3.org/2004/02/skos/core#> .
@prefix unit: <http://qudt.org/vocab/unit/> .
"""


def seen(store: EmbeddedStore) -> Overview:
    return overview.derive(store, dataset.count(store))


@pytest.fixture
def look(tmp_path):
    def of(text: str, name: str = "data.ttl") -> Overview:
        path = tmp_path / name
        path.write_text(PREFIXES + text, encoding="utf-8")
        return seen(EmbeddedStore.in_memory([Source.of(path)], base_iri="https://kg.example/"))

    return of


@pytest.fixture(scope="module")
def bundled() -> Overview:
    return seen(EmbeddedStore.in_memory(bundle.sources(), base_iri="https://kg.example/"))


def local(iri: str) -> str:
    return iri.rpartition("/")[2]


def test_an_overview_is_kept_as_json(bundled):
    assert frozen.from_json(Overview, json.loads(json.dumps(frozen.to_json(bundled)))) == bundled


def test_the_figures_of_the_bundled_graph_begin_with_the_ranked_ones(bundled):
    first, second, *rest = bundled.figures
    assert {first.value, second.value} == {"32.7", "16.6"}
    assert first.parts[roles.RANK].text == second.parts[roles.RANK].text == "1"
    assert first.symbols[roles.UNIT_OF] == "%"
    firms = next(each for each in rest if local(each.iri) == "pv-firms")
    assert (firms.value, firms.symbols[roles.COMPARATOR], local(firms.about)) == (
        "250",
        ">",
        "pv-cluster",
    )
    assert [local(passage) for passage in firms.evidence] == ["247-259"]
    assert local(firms.modality) == "achieved"
    assert [local(each) for each in firms.about_classes] == ["Initiative"]


def test_the_groups_of_the_bundled_graph_are_its_themes_in_their_order(bundled):
    grouping = bundled.grouping
    assert (local(grouping.of), local(grouping.by)) == ("Theme", "theme")
    assert [group.ordinal for group in grouping.groups] == list("12345678")
    services = grouping.groups[3]
    assert [local(member.iri) for member in services.members] == [
        f"services-{n}" for n in range(1, 6)
    ]
    assert services.total == 5


def test_machinery_is_told_by_its_vocabulary_and_by_what_it_is_a_subclass_of(bundled):
    names = {local(each) for each in bundled.machinery}
    assert {"Statement", "Passage", "Period", "Modality"} <= names
    assert not {"Initiative", "Theme", "Observation", "Indicator"} & names
    assert not [tie for tie in bundled.ties if {tie.source, tie.target} & {*bundled.machinery}]


def test_a_small_graph_is_drawn_with_all_its_things_and_links(bundled):
    things = {thing.iri for thing in bundled.picture.things}
    assert len(things) == len(bundled.picture.things) > 200
    for link in bundled.picture.links:
        assert {link.source, link.target} <= things
    assert bundled.hubs[0].links == max(hub.links for hub in bundled.hubs)


CUBE = """
:ds qb:structure [ qb:component [ qb:dimension :when ] , [ qb:dimension :what ] , [ qb:measure :pop ] ] .
:when rdfs:subPropertyOf sdmx:refPeriod .
:what rdfs:subPropertyOf <https://kg.example/def/indicator> .
:o1 a qb:Observation ; :when "2020" ; :what :people ; :pop 900 .
:o2 a qb:Observation ; :when "2024" ; :what :people ; :pop 800 .
:o3 a qb:Observation ; :when "2024" ; :what :houses ; :pop 300 .
"""


def test_figures_of_a_data_cube_are_found_by_its_structure_the_newest_first(look):
    assert [(figure.iri, figure.value) for figure in look(CUBE).figures] == [
        ("http://e/o2", "800"),
        ("http://e/o3", "300"),
    ]


@pytest.mark.parametrize(
    "text",
    [
        ":a :price 12 .",
        ":a qudt:numericValue 'twelve' ; qudt:hasUnit unit:M .",
        ":a schema:value 12 .",
        "",
    ],
)
def test_a_number_alone_is_no_figure(look, text):
    assert look(text).figures == ()


def test_a_number_with_a_unit_is_a_figure_and_its_thing_is_named(look):
    (figure,) = look(
        ":bridge :length :l . :l qudt:numericValue 1234.5 ; qudt:hasUnit unit:M . "
        "unit:M qudt:symbol 'm' . :bridge a :Bridge ."
    ).figures
    assert (figure.value, figure.symbols, figure.about) == (
        "1234.5",
        {"unit": "m"},
        "http://e/bridge",
    )
    assert figure.about_classes == ("http://e/Bridge",)


PEOPLE = "".join(f":p{n} a :Person ; :in :c{n % 4} . " for n in range(60)) + "".join(
    f":c{n} a :Country . " for n in range(4)
)


def test_without_an_order_the_largest_groups_go_first_and_list_a_few(look):
    grouping = look(PEOPLE + ":x a :Person ; :in :c3 .").grouping
    assert (grouping.of, grouping.by) == ("http://e/Country", "http://e/in")
    assert [group.total for group in grouping.groups] == [16, 15, 15, 15]
    assert {len(group.members) for group in grouping.groups} == {6}
    assert grouping.groups[0].iri == "http://e/c3"


def test_things_in_an_order_go_before_things_that_more_points_to(look):
    chapters = "".join(
        f":k{n} a :Chapter ; schema:position {10 - n} . :s{n} a :Section ; :of :k{n} . "
        f":t{n} a :Section ; :of :k{n} . "
        for n in range(5)
    )
    grouping = look(PEOPLE + chapters).grouping
    assert grouping.of == "http://e/Chapter"
    assert [group.ordinal for group in grouping.groups] == ["6", "7", "8", "9", "10"]


@pytest.mark.parametrize("text", ["", ":a :p :b .", ":a a :A ; :p :b . :b a :B ."])
def test_data_with_nothing_to_group_has_no_groups(look, text):
    assert look(text).grouping is None


def test_a_tie_counts_each_triple_once_however_many_graphs_hold_it(tmp_path):
    path = tmp_path / "twice.trig"
    triples = (
        "<http://e/a> a <http://e/A> ; <http://e/p> <http://e/b> . <http://e/b> a <http://e/B> ."
    )
    path.write_text(f"<http://e/g> {{ {triples} }} <http://e/h> {{ {triples} }}", encoding="utf-8")
    store = EmbeddedStore.in_memory([Source.of(path)], base_iri="https://kg.example/")
    (tie,) = seen(store).ties
    assert tie == picture.Tie("http://e/A", "http://e/p", "http://e/B", 1)


def test_a_large_graph_is_not_drawn_thing_by_thing_but_its_hubs_are_known(look):
    many = "".join(f":x{n} a :X ; :knows :x{n % 3} . " for n in range(picture.MOST_THINGS + 1))
    found = look(many)
    assert found.picture is None
    assert [hub.iri for hub in found.hubs[:3]] == ["http://e/x0", "http://e/x1", "http://e/x2"]
    assert found.hubs[0].links == 134


def test_the_newest_things_are_those_with_the_latest_date(look):
    found = look(
        ":a a :A ; dcterms:modified '2024-01-01' . :b a :A ; dcterms:modified '2026-01-01' . "
        ":o a owl:Ontology ; dcterms:modified '2027-01-01' . :untyped dcterms:date '2027' ."
    )
    assert [(new.iri, new.date) for new in found.new] == [
        ("http://e/b", "2026-01-01"),
        ("http://e/a", "2024-01-01"),
    ]


def test_hostile_names_and_cycles_do_no_harm(look):
    look(
        ":A rdfs:subClassOf :B . :B rdfs:subClassOf :A . :x a :A , [] . "
        ":x <http://e/(')> :x . :x a 'literal' . <javascript:alert(1)> a <urn:x:%22> ; :p :x ."
    )


def test_the_own_vocabulary_is_that_of_the_bundled_ontology():
    text = Path(bundle.folder("ontology"), "kg.ttl").read_text(encoding="utf-8")
    for term in (
        *(p[0] for p in roles.FIGURE_PARTS.values()),
        roles.KG.evidence,
        roles.KG.modality,
    ):
        assert f"\nkg:{local(term.value)}\n" in text
