"""The tokeniser tells keywords from what only looks like them, and never fails."""

import contextlib
import re
import signal
from urllib.parse import quote

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from pyoxigraph import Literal, Store

from kg import sparql
from kg.formats import Kind
from kg.sparql import Form
from kg.store.embedded import EmbeddedStore

EMPTY = EmbeddedStore(Store(), snapshot="")

PIECES = st.sampled_from(
    [
        *("SELECT", "ASK", "FROM", "NOW(", "RAND", "SERVICE", "a:b", ":", "光伏", "true"),
        *("{", "}", "(", ")", ".", ";", "*", "+", "<", ">", "<=", "^^", "||", "!=", "%41", "·"),
        *("?", "$", "?x", "$y", "_:b", "_:", "@en-GB", "<http://e/>", "1", "1.5", ".5", "1e9"),
        *("#", "#c", "\\", "\\u0046", "'", '"', "'''", '"""', "'x'", '"x"', "'\n", '\\"', "\\'"),
        *(" ", "\n", "\t", "\r", "\x00", "\ufeff"),
    ]
)
SOUP = st.text() | st.lists(PIECES, max_size=30).map("".join)

SKIPPED = re.compile(r"([ \t\r\n]+|#[^\r\n]*)*")


@given(SOUP)
@example('"""')
@example("'''a''")
@example("<a<b>")
def test_tokens_and_what_is_skipped_between_them_are_the_whole_text(text):
    end = 0
    for token in sparql.tokens(text):
        assert token.text
        assert SKIPPED.fullmatch(text[end : token.start])
        assert text[token.start : token.start + len(token.text)] == token.text
        end = token.start + len(token.text)
    assert SKIPPED.fullmatch(text[end:])


@given(SOUP)
def test_any_text_has_an_outline(text):
    assert sparql.outline(text).form in (None, *Form)


# What would matter if it were not inside of something.
BAIT = st.sampled_from(["FROM <a:>", "NOW()", "SERVICE <a:> {}", "CONSTRUCT", "RAND", "USING"])
INSIDES = st.builds("{}{}{}".format, st.text(max_size=5), BAIT, st.text(max_size=5))


def in_one_line(text: str) -> str:
    return re.sub(r"[\r\n]", " ", text)


def without(characters: str, text: str) -> str:
    return re.sub(f"[{re.escape(characters)}]", " ", text)


@pytest.mark.parametrize(
    "hide",
    [
        lambda inside: str(Literal(inside)),
        lambda inside: f"'''{without(chr(92) + chr(39), inside)}'''",
        lambda inside: f'"""{without(chr(92) + chr(34), inside)}"""',
        lambda inside: f'"""a""{without(chr(92) + chr(34), inside)}\\""""',
        lambda inside: f"'{without(chr(92) + chr(39), in_one_line(inside))}'",
        lambda inside: f"<http://e/{quote(inside)}>",
        lambda inside: f"<http://e/{quote(inside)}#'>  ",
        lambda inside: f"?o # {in_one_line(inside)}\n",
        lambda inside: f"1#'\"<{in_one_line(inside)}\r\n",
    ],
)
@given(inside=INSIDES)
def test_words_inside_strings_iris_and_comments_are_not_words(hide, inside):
    text = f"SELECT ?s {{ ?s ?p {hide(inside)} }}"
    words = [token.text for token in sparql.tokens(text) if token.kind == "word"]
    assert words == ["SELECT"]
    assert sparql.outline(text) == sparql.outline("SELECT ?s { ?s ?p ?o }")
    assert EMPTY.query(text).kind is Kind.SOLUTIONS


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("SELECT * {}", Form.SELECT),
        ("select*{}", Form.SELECT),
        ("SELECTDISTINCT*{}", Form.SELECT),
        ("\n# SELECT\nASK {}", Form.ASK),
        ("ASKWHERE{}", Form.ASK),
        ("BASE <http://e/> PREFIX : <x> prefix select: <y> CONSTRUCT WHERE {}", Form.CONSTRUCT),
        ("PREFIX ask:<a:>PREFIX b:<b:>DESCRIBE <x:>", Form.DESCRIBE),
        ("BASE<http://e/>SELECT * {}", Form.SELECT),
        ("PREFIXa:<a:>CONSTRUCT WHERE {}", Form.CONSTRUCT),
        ("PREFIX : <http://e/> DESCRIBE:x", Form.DESCRIBE),
        ('VERSION "1.2" CONSTRUCT WHERE {}', Form.CONSTRUCT),
        ('VERSION "1.2" ASK {}', Form.ASK),
    ],
)
def test_the_form_of_a_query_is_the_one_that_the_engine_answers(text, form):
    assert EMPTY.query(text).kind is form.kind
    assert sparql.outline(text).form is form


@pytest.mark.parametrize(
    "text", ["", " ", "FOO", "{}", "INSERT DATA {}", "?SELECT", ":SELECT", "LOAD <a:>"]
)
def test_what_is_no_query_has_no_form(text):
    assert sparql.outline(text).form is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("SELECT * FROM <a:> {}", True),
        ("SELECT * from NAMED <a:> {}", True),
        ("SELECT*FROM<a:>{}", True),
        ("ASKFROM<a:>{}", True),
        ("PREFIX : <a:> SELECT * FROM:g {}", True),
        ("PREFIX from: <a:> SELECT ?from { ?s from:FROM 'FROM'@from }", False),
        ("SELECT * { ?s ?p <http://e/?FROM> } # FROM", False),
    ],
)
def test_from_clauses_are_seen(text, expected):
    assert EMPTY.query(text).kind is not Kind.GRAPH
    assert sparql.outline(text).names_dataset is expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("SELECT (NOW() AS ?x) {}", True),
        ("SELECT (now () AS ?x) {}", True),
        ("SELECT * { BIND(BNODE() AS ?x) }", True),
        ("SELECT (STRUUID() AS ?x) {}", True),
        ("SELECT * {} ORDER BY RAND()", True),
        ("SELECT * {} ORDER BYRAND()", True),
        ("SELECT * { FILTERRAND() }", True),
        ("SELECT ?now { ?now <a:RAND> 'NOW()' } # UUID()", False),
        ("SELECT (YEAR('2020'^^<a:>) AS ?x) {}", False),
    ],
)
def test_functions_that_differ_from_run_to_run_are_seen(text, expected):
    assert EMPTY.query(text).kind is Kind.SOLUTIONS
    assert sparql.outline(text).volatile is expected


@contextlib.contextmanager
def no_longer_than(seconds):
    """Give up on what would go on for minutes."""

    def stop(*_):
        raise TimeoutError

    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


@pytest.mark.parametrize("piece", ["a.", "a-", '"\\', "'''\"", "<a", "a:", ":%41", "1.", "_:a."])
def test_the_longest_text_that_is_taken_is_read_in_one_pass(piece):
    text = piece * (128 * 1024 // len(piece))
    with no_longer_than(3):
        assert sparql.outline(text).form is None
