"""What DuckDB and Spark do differently, and that it comes out alike, or is refused."""

from __future__ import annotations

import duckdb
import pytest
import tests.spark.installed  # noqa: F401  passes over what needs it

from kg.columnar import Unsupported
from kg.columnar.relations import quoted
from kg.spark.dialect import translated

ONE = "1000000000000000000"

# What differs, an expression of DuckDB as it is compiled, and what both give as a text.
ALIKE = {
    "a quotient is cut off": ("(-7)::HUGEINT // NULLIF((2)::HUGEINT, 0)", "-3"),
    "a quotient of more than 64 bits": (f"(9000000)::HUGEINT * {ONE} // (7)::HUGEINT", "1285714285714285714285714"),
    "a quotient by zero": ("(7)::HUGEINT // NULLIF((0)::HUGEINT, 0)", None),
    "a remainder has the sign of what is divided": ("(-7)::HUGEINT % 2", "-1"),
    "a sum that does not fit": ("TRY((9223372036854775807)::BIGINT + (1)::BIGINT)", None),
    "a difference that does not fit": ("TRY((-9223372036854775807)::BIGINT - (2)::BIGINT)", None),
    "a product that does not fit": ("TRY((9223372036854775807)::BIGINT * (2)::BIGINT)", None),
    "a negative that does not fit": ("(SELECT TRY(-(x)) FROM (VALUES ((-9223372036854775808)::BIGINT)) t(x))", None),
    "an absolute value": ("TRY(abs((-3)::BIGINT))", "3"),
    "a sum of decimals": (f"TRY((3)::HUGEINT * {ONE} + (1)::HUGEINT)", "3000000000000000001"),
    "a part of a text": ("('<http://x/>')[2:-2]", "http://x/"),
    "a part beyond the end": ("('abc')[2:9]", "bc"),
    "a part of a date": ("TRY_CAST(('2020-01-31')[6:7] AS BIGINT)", "1"),
    "a part of no date": ("TRY_CAST(('2020-xx')[6:7] AS BIGINT)", None),
    "characters beyond the first plane": ("length('a\U0001f600b')", "3"),
    "code points in order": ("('\uffee' < '\U0001f600')", "true"),
    "case matters": ("('a' = 'A')", "false"),
    "spaces at the end matter": ("('a' = 'a ')", "false"),
    "the end is the end": ("regexp_matches('a' || chr(10), 'a$')", "false"),
    "words without case": ("regexp_matches('\u212a', '^k$', 'i')", "true"),
    "the long s": ("regexp_matches('\u017f', 's', 'i')", "true"),
    "no dot above": ("regexp_matches('\u0130', 'i', 'i')", "false"),
    "words with case": ("regexp_matches('xAb', 'ab')", "false"),
    "words at the start": ("regexp_matches('ab.c', '^ab')", "true"),
    "zeros at the end": ("rtrim(lpad((1200)::VARCHAR, 6, '0'), '0')", "0012"),
    "a truth as a text": ("(true)::VARCHAR", "true"),
    "an unknown truth": ("(NULL::BOOLEAN OR true)", "true"),
    "no variable is put in": (quoted("${spark.app.name}"), "${spark.app.name}"),
    "quotation marks and backslashes": (quoted("it's \\n \"a\" \\"), "it's \\n \"a\" \\"),
    "line feeds": (quoted("a\nb\t\r"), "a\nb\t\r"),
    "a character that is none": (quoted("a\0b"), "a\0b"),
    "comments are none": (quoted("-- /* a */ `x` \U0001f600"), "-- /* a */ `x` \U0001f600"),
    "a text is no other": (quoted("a%_\\_"), "a%_\\_"),
}  # fmt: skip

REFUSED = {
    "recursion": "WITH RECURSIVE r(n) AS (SELECT 1 UNION SELECT n FROM r) SELECT n FROM r",
    "regular expressions of more than letters": "SELECT regexp_matches('a', 'ä', 'i')",
    "other numbers of 128 bits": "SELECT 1::UHUGEINT",
    "other casts of texts": "SELECT TRY_CAST('1.5' AS BIGINT)",
    "lists": "SELECT [1, 2]",
    "functions that are not listed": "SELECT md5('a')",
    "what nobody has looked at": "SELECT x FROM quad QUALIFY row_number() OVER () = 1",
}


@pytest.mark.parametrize("name", ALIKE)
def test_what_differs_comes_out_alike(session, name):
    expression, expected = ALIKE[name]
    ((here,),) = duckdb.sql(f"SELECT ({expression})::VARCHAR AS x").fetchall()
    ((there,),) = session.run(translated(f"SELECT ({expression})::VARCHAR AS x")).fetchmany(2)
    assert (here, there) == (expected, expected)


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_not_known_to_mean_the_same_is_refused(name):
    with pytest.raises(Unsupported):
        translated(REFUSED[name])


def test_nulls_come_first_or_last_as_they_are_told_to(session):
    values = "SELECT v FROM (VALUES (2), (NULL), (1)) t(v) ORDER BY v"
    for order in ("ASC NULLS FIRST", "DESC NULLS LAST"):
        sql = f"{values} {order}"
        there = session.run(translated(sql)).fetchmany(9)
        assert [tuple(each) for each in there] == duckdb.sql(sql).fetchall()


def test_what_does_not_fit_into_38_digits_is_refused(session):
    rows = session.run(translated(f"SELECT (99999999999999999999)::HUGEINT * {ONE} * 100 AS x"))
    with pytest.raises(Unsupported, match="could not be run by Spark"):
        rows.fetchmany(1)
