"""Selections: what an address says, and what a click makes of it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kg import terms
from kg.browse import paths, selection, values
from kg.browse.paths import LANGUAGE, TYPE, Path, Step
from kg.browse.selection import PAGE_SIZE, Condition, Selection, Sort
from kg.browse.values import Bound
from kg.errors import BadInput
from kg.prefixes import Prefixes
from kg.terms import RDF, XSD, Literal, NamedNode

PREFIXES = Prefixes({"ex": "http://example.org/ex#"})
KG = "https://kg.example/def/"

iris = st.one_of(
    st.sampled_from([f"{KG}industry", "http://example.org/ex#区", f"{KG}a.not", f"{KG}b.lang", "urn:x:y", f"{KG}", RDF.type.value]),
    st.from_regex(r"http://e/[a-z0-9./?=%~_-]{0,12}#?[a-z.]{0,3}", fullmatch=True).map(lambda text: text.replace("%", "%41")),
)  # fmt: skip
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
literals = st.one_of(
    texts.map(Literal),
    st.builds(lambda text, tag: Literal(text, language=tag), texts, st.sampled_from(["en", "zh-hans"])),
    st.integers(-(10**6), 10**6).map(Literal),
    st.builds(lambda text, iri: Literal(text, datatype=NamedNode(iri)), texts, iris),
    st.sampled_from([Literal("1.5", datatype=XSD.decimal), Literal(1e30), Literal(True), Literal("2020-01-01", datatype=XSD.date)]),
).map(terms.stored)  # fmt: skip
steps = st.builds(Step, iris, st.booleans())
plain_paths = st.lists(steps, min_size=1, max_size=2).map(lambda found: Path(tuple(found)))
values_ = st.frozensets(st.one_of(iris.map(NamedNode), literals), max_size=3)
tags = st.frozensets(st.sampled_from([Literal("en"), Literal("zh-hans")]), max_size=2)
bounds = st.one_of(st.none(), st.sampled_from(["1", "-2.5e3", "2020", "2020-05", "2020-05-01", "INF"]).map(Bound))  # fmt: skip
exists = st.sampled_from([None, True, False])
conditions = st.builds(Condition, values_, values_, bounds, bounds, exists)
chosen = st.one_of(
    st.tuples(plain_paths, conditions),
    st.tuples(
        plain_paths.map(lambda path: path.in_language()),
        st.builds(Condition, tags, tags, exists=exists),
    ),
)
sorts = st.one_of(
    st.none(), st.builds(Sort, st.one_of(st.sampled_from(["label", "links"]), plain_paths), st.booleans())
)  # fmt: skip


@st.composite
def selections(draw):
    found = Selection()
    for path, condition in draw(st.lists(chosen, max_size=3)):
        found = found.where(path, condition)
    return found.searching(draw(texts).strip()).sorted_by(draw(sorts)).at(draw(st.integers(1, 99)))


@given(selections())
def test_what_is_written_is_read_again(found):
    pairs = selection.write(found, PREFIXES)
    assert selection.parse(pairs, PREFIXES) == found
    assert selection.parse(reversed(pairs), PREFIXES) == found, "the order tells nothing"
    assert selection.write(selection.parse(reversed(pairs), PREFIXES), PREFIXES) == pairs


@given(selections(), plain_paths, literals)
def test_a_click_changes_one_facet_and_begins_with_the_first_page(found, path, value):
    for after in (
        found.toggle(path, value),
        found.only(path, value),
        found.excluding(path, value),
        found.between(path, Bound("1"), None),
        found.having(path, True),
        found.without(path),
    ):
        assert after.page == 1
        assert after.without(path).conditions == found.without(path).conditions
        assert (after.text, after.sort) == (found.text, found.sort)


@given(selections(), plain_paths, literals, values_)
def test_a_second_click_takes_back_the_first(found, path, value, alternatives):
    before = found.where(path, Condition(any=alternatives))
    assert before.toggle(path, value).toggle(path, value) == before
    nothing = found.without(path)
    assert nothing.toggle(path, value).toggle(path, value) == nothing
    assert nothing.toggle(path, value) == found.only(path, value)
    assert nothing.excluding(path, value).excluding(path, value) == nothing


@given(selections(), plain_paths, st.lists(literals, unique=True, min_size=1, max_size=4))
def test_the_order_of_clicks_tells_nothing(found, path, clicks):
    one = other = found.without(path)
    for value in clicks:
        one = one.toggle(path, value)
    for value in reversed(clicks):
        other = other.toggle(path, value)
    assert one == other
    assert one.condition(path).any == frozenset(clicks)


P = Path.of(f"{KG}industry")


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("kg:industry", P),
        (f"<{KG}industry>", P),
        (f"{KG}industry", P),
        ("^kg:industry", Path.of(f"{KG}industry", inverse=True)),
        (f"^<{KG}industry>", Path.of(f"{KG}industry", inverse=True)),
        ("kg:a/kg:b", Path((Step(f"{KG}a"), Step(f"{KG}b")))),
        ("^kg:a/<http://e/x/y>", Path((Step(f"{KG}a", True), Step("http://e/x/y")))),
        ("type", TYPE),
        ("rdf:type", TYPE),
        ("kg:label.lang", Path.of(f"{KG}label").in_language()),
        ("ex:区", Path.of("http://example.org/ex#区")),
        ("urn:x:y", Path.of("urn:x:y")),
    ],
)
def test_a_facet_is_a_property_an_inverse_or_two_steps(name, path):
    assert paths.parse(name, PREFIXES) == path
    assert paths.parse(paths.write(path, PREFIXES), PREFIXES) == path
    assert LANGUAGE not in paths.write(path, PREFIXES) or path.language


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("kg:x", NamedNode(f"{KG}x")),
        ("<http://e/x>", NamedNode("http://e/x")),
        ("http://e/x", NamedNode("http://e/x")),
        ('"x"', Literal("x")),
        ('"光伏"@zh-Hans', Literal("光伏", language="zh-hans")),
        (r'"a\"b\u5149\n"', Literal('a"b光\n')),
        ('"2020-01-01"^^xsd:date', Literal("2020-01-01", datatype=XSD.date)),
        ('"x"^^<http://e/d>', Literal("x", datatype=NamedNode("http://e/d"))),
        ("12", Literal(12)),
        ("007", Literal(7)),
        ("1.50", Literal("1.5", datatype=XSD.decimal)),
        ("1e3", Literal(1000.0)),
        ("true", Literal(True)),
    ],
)  # fmt: skip
def test_a_value_is_a_term_as_the_store_keeps_it(text, value):
    assert values.parse(text, PREFIXES) == value
    assert values.parse(values.write(value, PREFIXES), PREFIXES) == value


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("industry", "kg:x", "no parameter of this page"),
        ("kg:a/kg:b/kg:c", "kg:x", "expected a facet"),
        ("kg:a/", "kg:x", "expected a facet"),
        ("<http://e/x", "1", "expected a facet"),
        ("<http://e/x y>", "1", "expected an absolute IRI"),
        ("kg:x", "words", "expected a value"),
        ("kg:x", '"x', "expected a value"),
        ("kg:x", '"} UNION {', "expected a value"),
        ("kg:x", '"x"^^"y"', "expected a datatype"),
        ("kg:x", "<http://e/x> ?p ?o } DROP ALL #", "expected a value"),
        ("kg:x.ge", "much", "expected a number"),
        ("kg:x.ge", "NaN", "expected a number"),
        ("kg:x.exists", "maybe", "expected true or false"),
        ("page", "0", "the number of a page"),
        ("page", "-1", "the number of a page"),
        ("sort", "size", "no parameter of this page"),
    ],
)
def test_what_cannot_be_understood_is_told_with_the_way_out(name, text, message):
    with pytest.raises(BadInput, match=message):
        selection.parse([(name, text)], PREFIXES)


def test_a_facet_has_one_bound_on_each_side():
    with pytest.raises(BadInput, match="one lower bound"):
        selection.parse([("kg:x.ge", "1"), ("kg:x.ge", "2")], PREFIXES)


def test_a_selection_names_only_so_many_values():
    with pytest.raises(BadInput, match="200 values"):
        selection.parse([("kg:x", str(number)) for number in range(201)], PREFIXES)


def test_fields_of_a_form_that_were_left_empty_ask_nothing():
    pairs = [("kg:x.ge", ""), ("kg:x.le", ""), ("q", " "), ("sort", "")]
    assert selection.parse(pairs, PREFIXES) == Selection()


def test_pages_follow_one_another():
    assert [Selection().at(page).offset for page in (1, 2, 3)] == [0, PAGE_SIZE, 2 * PAGE_SIZE]
