"""What can only be checked with the article at hand; skipped where it is not."""

import hashlib
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from pyoxigraph import Literal, QuerySolution, QuerySolutions, Store

PREFIXES = """
PREFIX kg: <https://kg.example/def/>
PREFIX id: <https://kg.example/id/>
PREFIX oa: <http://www.w3.org/ns/oa#>
PREFIX rdf: <http://www.w3.org/1999/02/22-rdf-syntax-ns#>
PREFIX skos: <http://www.w3.org/2004/02/skos/core#>
PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>
PREFIX dcterms: <http://purl.org/dc/terms/>
"""
NAMES = """
  ?thing kg:namedIn ?anywhere ; skos:prefLabel|skos:altLabel ?name .
  FILTER(langMatches(LANG(?name), "zh"))
"""
RANGE = "oa:hasSelector [ oa:start ?start ; oa:end ?end ]"
LONGEST_COPY = 12
LONGEST_NAME = 26
PARTS_OF_TEXT = re.compile(r"[^,，。;；!！?？:：\n]+")


def rows(store: Store, text: str) -> Iterator[QuerySolution]:
    found = store.query(PREFIXES + text, use_default_graph_as_union=True)
    assert isinstance(found, QuerySolutions)
    return found


def bare(text: str) -> str:
    """The text without punctuation, spaces and quotes."""
    return re.sub(r"[\W_]", "", text)


def span(row: QuerySolution) -> slice:
    return slice(int(row["start"].value), int(row["end"].value))


@pytest.fixture(scope="module")
def names(store: Store) -> dict[str, set[str]]:
    """The Chinese names of each thing that the text names."""
    found: dict[str, set[str]] = {}
    for row in rows(store, f"SELECT DISTINCT ?thing ?name {{ {NAMES} }}"):
        found.setdefault(row["thing"].value, set()).add(bare(row["name"].value))
    return found


def test_the_source_is_the_file_described(store: Store, source_path: Path, source: str) -> None:
    (row,) = rows(
        store, "SELECT ?hash ?length { id:source-article kg:sha256 ?hash ; kg:characters ?length }"
    )
    assert hashlib.sha256(source_path.read_bytes()).hexdigest() == row["hash"].value
    assert len(source) == int(row["length"].value)


def test_each_passage_is_a_piece_of_the_text_and_named_by_its_range(
    store: Store, source: str
) -> None:
    found = list(rows(store, f"SELECT ?p ?start ?end {{ ?p a kg:Passage ; {RANGE} }}"))
    assert found
    for row in found:
        assert row["p"].value.endswith(f"/{row['start'].value}-{row['end'].value}")
        assert bare(source[span(row)])


def test_a_passage_is_a_clause_and_not_a_paragraph(store: Store, source: str) -> None:
    for row in rows(store, f"SELECT ?start ?end {{ ?p a kg:Passage ; {RANGE} }}"):
        text = source[span(row)]
        assert "。" not in text
        assert len(text) <= 45


def test_the_name_of_a_thing_stands_where_it_is_said_to_stand(
    store: Store, source: str, names: dict[str, set[str]]
) -> None:
    found = list(rows(store, f"SELECT ?x ?start ?end {{ ?x kg:namedIn [ {RANGE} ] }}"))
    assert len(found) > 200
    for row in found:
        assert bare(source[span(row)]) in names[row["x"].value], row["x"].value


def test_the_evidence_of_a_statement_contains_a_name_of_its_object(
    store: Store, source: str, names: dict[str, set[str]]
) -> None:
    said: dict[tuple[str, str], str] = {}
    for row in rows(
        store,
        f"""SELECT ?x ?o ?start ?end {{
          ?x kg:status kg:stated ; rdf:object ?o ; kg:evidence [ {RANGE} ] . ?o kg:namedIn ?q
        }}""",
    ):
        key = (row["x"].value, row["o"].value)
        said[key] = said.get(key, "") + "|" + bare(source[span(row)])
    assert len(said) > 200
    lost = [key for key, text in said.items() if not any(n in text for n in names[key[1]])]
    assert lost == []


def test_the_evidence_of_a_figure_contains_its_number(store: Store, source: str) -> None:
    spelled = {
        "3": ("3", "三"),
        "100": ("百",),
        "1000": ("千亿",),
        "4": ("4", "四"),
        "2": ("2",),
    }
    found: dict[str, tuple[str, str]] = {}
    for row in rows(
        store,
        f"""SELECT ?x ?v ?start ?end {{ ?x rdf:predicate kg:observation ; rdf:object ?f ;
          kg:evidence [ {RANGE} ] . ?f kg:value ?v }}""",
    ):
        before = found.get(row["x"].value, ("", ""))[1]
        found[row["x"].value] = (row["v"].value, before + source[span(row)])
    assert len(found) >= 15
    for number, text in found.values():
        assert any(form in text for form in spelled.get(number, (number,))), (number, text)


def test_each_thing_of_the_asked_classes_is_named_in_the_text(store: Store) -> None:
    nameless = rows(
        store,
        """SELECT ?x { GRAPH <https://kg.example/id/graph/stated> { ?x a ?c }
          VALUES ?c { kg:Initiative kg:Industry kg:Institution kg:Project kg:Person kg:Post
            kg:Fund kg:Mechanism kg:Policy kg:PolicyDocument kg:Platform kg:Theme kg:Technology }
          FILTER NOT EXISTS { ?x kg:namedIn ?p } }""",
    )
    assert [row["x"].value for row in nameless] == []


def test_every_clause_is_touched_by_a_statement_or_set_aside(store: Store, source: str) -> None:
    touched = [
        span(row)
        for row in rows(
            store,
            f"""SELECT DISTINCT ?start ?end {{
              {{ ?x a kg:Statement ; kg:evidence ?p }} UNION {{ ?d kg:setsAside ?p }}
              ?p {RANGE} }}""",
        )
    ]
    untouched = [
        clause[0]
        for clause in PARTS_OF_TEXT.finditer(source)
        if bare(clause[0])
        and not any(s.start < clause.end() and s.stop > clause.start() for s in touched)
    ]
    assert untouched == []


def copied(text: str, source: str, names: list[str]) -> str | None:
    """The first run of more than twelve characters that also stands in the source."""
    text = bare(text)
    for name in names:
        text = text.replace(name, "|")
    for piece in text.split("|"):
        for start in range(len(piece) - LONGEST_COPY):
            run = piece[start : start + LONGEST_COPY + 1]
            if run in source:
                return run
    return None


def test_no_sentence_of_the_text_is_copied(
    store: Store, source: str, names: dict[str, set[str]]
) -> None:
    titles = {
        bare(row["t"].value)
        for row in rows(
            store,
            'SELECT ?t { id:source-article dcterms:title ?t FILTER(langMatches(LANG(?t), "zh")) }',
        )
    }
    declared = sorted({n for some in names.values() for n in some} | titles, key=len, reverse=True)
    long_names = [name for name in declared if len(name) > 5]
    plain = bare(source)
    copies = {
        quad.subject.value: run
        for quad in store
        if isinstance(quad.object, Literal)
        and (quad.object.language or "").lower() == "zh-hans"
        and (run := copied(quad.object.value, plain, long_names))
    }
    assert copies == {}


def test_a_declared_name_is_no_sentence(names: dict[str, set[str]]) -> None:
    assert max(len(name) for some in names.values() for name in some) <= LONGEST_NAME


@pytest.mark.parametrize(
    ("text", "run"),
    [
        ("一二三四五六七八九十百千", None),
        ("一二三四五六七八九十百千万", "一二三四五六七八九十百千万"),
        ("一二三,四五六。七八九 十百千“万”", "一二三四五六七八九十百千万"),
        ("一二三四五六甲七八九十百千万", None),
    ],
)
def test_a_copy_is_a_run_of_more_than_twelve_characters(text: str, run: str | None) -> None:
    assert copied(text, "零一二三四五六七八九十百千万亿", []) == run
