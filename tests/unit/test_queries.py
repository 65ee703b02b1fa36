"""Example queries are files whose head says what they are for."""

import pytest

from kg import bundle, queries
from kg.errors import BadInput
from kg.labels import Label, chain
from kg.sparql import outline


@pytest.fixture
def read(tmp_path):
    def read(content: str | bytes) -> queries.ExampleQuery:
        path = tmp_path / "01-例.rq"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return queries.read(path)

    return read


HEAD = "#+ title@en: Which?\n#+ title@zh-Hans: 哪些？\n#+ description@en: All of them.\n"


@pytest.mark.parametrize(
    ("language", "title", "description"),
    [("en", "Which?", "All of them."), ("zh-Hans", "哪些？", "All of them.")],
)
def test_the_head_gives_title_and_description_in_each_language(read, language, title, description):
    query = read(HEAD + "\nSELECT * {}\n")
    assert query.name == "01-例"
    assert query.text == "SELECT * {}\n"
    assert query.title(chain(language, [])).text == title
    assert query.description(chain(language, [])).text == description


@pytest.mark.parametrize(
    ("content", "title", "text"),
    [
        ("SELECT * {}", "01-例", "SELECT * {}\n"),
        ("", "01-例", "\n"),
        ("#+ title@en: a: b # c\r\nASK {}\r\n", "a: b # c", "ASK {}\n"),
        ("#+title@en:a\nASK {}", "a", "ASK {}\n"),
        ("#+ author@en: x\n# comment\nASK {}", "01-例", "# comment\nASK {}\n"),
        ("#+ title@en:\nASK {}", "01-例", "ASK {}\n"),
        ("\ufeff#+ title@en: a\nASK {}", "a", "ASK {}\n"),
    ],
)
def test_a_query_without_a_title_is_called_after_its_file(read, content, title, text):
    query = read(content)
    assert query.title(["en"]).text == title
    assert query.text == text


@pytest.mark.parametrize("tag", ["zh_CN", "toolonglanguage", "1", "en--", "-"])
def test_a_tag_that_names_no_language_is_a_mistake_in_the_file(read, tag):
    try:
        query = read(f"#+ title@{tag}: a\nASK {{}}")
    except BadInput:
        return
    assert query.title(["en"]) in (Label("01-例"), Label("a", tag))


@pytest.mark.parametrize("content", [b"\xff\xfe", b"ASK {} # \xe9", None])
def test_a_file_that_cannot_be_read_is_named(read, tmp_path, content):
    with pytest.raises(BadInput, match=r"\.rq: cannot be read as UTF-8"):
        queries.read(tmp_path / "none.rq") if content is None else read(content)


def test_a_folder_is_read_in_the_order_of_its_file_names(tmp_path):
    for name in ("2.rq", "1.rq", "notes.txt"):
        (tmp_path / name).write_text("ASK {}", encoding="utf-8")
    assert [query.name for query in queries.load(tmp_path)] == ["1", "2"]


def test_a_snapshot_without_queries_gets_those_that_suit_any_data(tmp_path, store):
    found = queries.of(tmp_path)
    assert len(found) >= 3
    graph = store("e:a a e:C ; e:p 1 .")
    for query in found:
        assert graph.query(query.text).solutions() is not None
    (tmp_path / "queries").mkdir()
    assert queries.of(tmp_path) == []


@pytest.mark.parametrize("query", queries.load(bundle.queries()), ids=lambda query: query.name)
def test_bundled_queries_have_titles_in_both_languages(query):
    assert outline(query.text).form
    assert {title.language for title in query.titles} == {"en", "zh-Hans"}
    assert {text.language for text in query.descriptions} == {"en", "zh-Hans"}
