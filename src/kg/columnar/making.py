"""Making the columnar index: one file of DuckDB, by a few statements over all quads at once.

    term       id, spelled (N-Triples), text (of a literal)
    number     id, exact (in units of 10^-18; of integers and decimals), whole (of integers), double
    hashed     hash of the spelling, id; in the order of the hashes
    class      bit of a class, first and last id
    language   language tag, first and last id
    predicate  id, quads, mask of the classes of objects
    quad       p, s, o, g; in this order. g is 0 in the default graph
    frequent   p, o, quads; of pairs that more than `FREQUENT` quads have
    state      quads, terms

Ids are dense, in the order of `Class` and within one in that of values.
"""

from __future__ import annotations

import contextlib
import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import duckdb

from kg import formats
from kg.columnar import Unsupported
from kg.columnar.classes import SCALE, Class
from kg.columnar.routing import ABOUT
from kg.store.embedded import EmbeddedStore
from kg.terms import RDF, XSD

FILE = "columns.duckdb"

MEMORY = "1GB"
"""What the making may hold in memory; beyond it DuckDB works on the disk."""

FREQUENT = 1_000

LONGEST_LINE = 64 * 1024 * 1024

_LINES = f"""
CREATE TEMP TABLE line AS
WITH raw AS (
  SELECT line, strpos(line, ' ') AS first
  FROM read_csv($file, columns = {{'line': 'VARCHAR'}}, header = false, auto_detect = false,
                delim = '\x01', quote = '', escape = '', comment = '', new_line = '\\n',
                max_line_size = {LONGEST_LINE}, buffer_size = {2 * LONGEST_LINE})
), cut AS (
  SELECT line[: first - 1] AS s, line[first + 1 : -3] AS rest FROM raw
), pair AS (
  SELECT s, rest[: strpos(rest, ' ') - 1] AS p, rest[strpos(rest, ' ') + 1 :] AS rest FROM cut
), split AS (
  SELECT s, p, rest, CASE
    WHEN rest[1] = '"' THEN regexp_extract(rest, ' (<[^ "]*>|_:[^ "]+)$', 1)
    WHEN contains(rest, ' ') THEN rest[strpos(rest, ' ') + 1 :]
    ELSE '' END AS g
  FROM pair
)
SELECT s, p, CASE WHEN g = '' THEN rest ELSE rest[: -length(g) - 2] END AS o, g FROM split
"""

_UNESCAPED = """
array_to_string(list_transform(string_split(body, '\\\\'), lambda x:
  replace(replace(replace(replace(replace(replace(x,
    '\\"', '"'), '\\n', chr(10)), '\\r', chr(13)), '\\t', chr(9)), '\\b', chr(8)), '\\f', chr(12))
), '\\')
"""

# What a datatype's spellings look like in the engine, which keeps values and not spellings.
_INTEGER = "^(0|-?[1-9][0-9]*)$"
_DECIMAL = r"^-?(0|[1-9][0-9]*)(\.[0-9]*[1-9])?$"
_DATE = "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"
_TIME = "^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z?$"

_CLASSES = f"""
CASE
  WHEN kind = '<' THEN {Class.IRI:d}
  WHEN kind = '_' THEN {Class.BLANK:d}
  WHEN contains(language, '--') THEN {Class.STRANGE:d}
  WHEN language != '' THEN {Class.LANGUAGE:d}
  WHEN datatype = '' THEN {Class.STRING:d}
  WHEN datatype = '{XSD.boolean.value}' AND text IN ('true', 'false') THEN {Class.BOOLEAN:d}
  WHEN datatype = '{XSD.integer.value}' AND whole IS NOT NULL THEN {Class.INTEGER:d}
  WHEN datatype = '{XSD.decimal.value}' AND exact IS NOT NULL THEN {Class.DECIMAL:d}
  WHEN datatype = '{XSD.double.value}' AND regexp_matches(text, '{_DECIMAL}') AND text != '-0'
       AND isfinite(double) THEN {Class.DOUBLE:d}
  WHEN datatype = '{XSD.date.value}' AND regexp_matches(text, '{_DATE}')
       AND TRY_CAST(text AS DATE) >= DATE '0001-01-01' THEN {Class.DATE:d}
  WHEN datatype = '{XSD.dateTime.value}' AND regexp_matches(text, '{_TIME}')
       AND TRY_CAST(rtrim(text, 'Z') AS TIMESTAMP) >= TIMESTAMP '0001-01-01'
       THEN CASE WHEN text[-1] = 'Z' THEN {Class.INSTANT:d} ELSE {Class.TIME:d} END
  WHEN NOT starts_with(datatype, '{XSD.prefix}') AND NOT starts_with(datatype, '{RDF.prefix}')
       THEN {Class.UNKNOWN:d}
  ELSE {Class.STRANGE:d}
END
"""

_TERMS = f"""
CREATE TEMP TABLE known AS
WITH spelling AS (
  SELECT DISTINCT s AS spelled FROM line UNION SELECT DISTINCT p FROM line
  UNION SELECT DISTINCT o FROM line UNION SELECT DISTINCT g FROM line WHERE g != ''
), cut AS (
  SELECT spelled, spelled[1] AS kind, CASE WHEN spelled[1] != '"' OR spelled[-1] = '"' THEN ''
    ELSE regexp_extract(spelled, '"(@[^"]*|\\^\\^<[^"]*>)$', 1) END AS suffix
  FROM spelling
), body AS (
  SELECT spelled, kind,
    CASE WHEN suffix[1] = '@' THEN suffix[2:] ELSE '' END AS language,
    CASE WHEN suffix[1] = '^' THEN suffix[4:-2] ELSE '' END AS datatype,
    CASE WHEN kind = '"' THEN spelled[2 : -length(suffix) - 2] END AS body
  FROM cut
), text AS (
  SELECT * EXCLUDE (body), CASE WHEN contains(body, '\\u') THEN unescaped(body)
    WHEN contains(body, '\\') THEN {_UNESCAPED} ELSE body END AS text
  FROM body
), value AS (
  SELECT *,
    CASE WHEN datatype IN ('{XSD.integer.value}', '{XSD.decimal.value}')
      AND regexp_matches(text, '{_DECIMAL}')
      THEN TRY_CAST(replace(text, '.', '') || repeat('0', {SCALE}
           - CASE WHEN contains(text, '.') THEN length(text) - strpos(text, '.') ELSE 0 END)
           AS HUGEINT) END AS exact,
    CASE WHEN datatype = '{XSD.integer.value}' AND regexp_matches(text, '{_INTEGER}')
      THEN TRY_CAST(text AS BIGINT) END AS whole,
    CASE WHEN datatype IN ('{XSD.integer.value}', '{XSD.double.value}')
      THEN TRY_CAST(text AS DOUBLE) END AS double
  FROM text
), classed AS (SELECT *, ({_CLASSES})::INTEGER AS class FROM value)
SELECT (row_number() OVER (ORDER BY class, language, exact, double, text, spelled))::INTEGER AS id,
  spelled, class, language, text,
  CASE WHEN class IN ({Class.INTEGER:d}, {Class.DECIMAL:d}) THEN exact END AS exact,
  CASE WHEN class = {Class.INTEGER:d} THEN whole END AS whole,
  CASE WHEN class IN ({Class.INTEGER:d}, {Class.DOUBLE:d}) THEN double END AS double
FROM classed
"""

_TABLES = f"""
CREATE TABLE term AS SELECT id, spelled, text FROM known ORDER BY id;
CREATE TABLE number AS SELECT id, exact, whole, double FROM known
  WHERE class IN ({Class.INTEGER:d}, {Class.DECIMAL:d}, {Class.DOUBLE:d}) ORDER BY id;
CREATE TABLE hashed AS SELECT md5_number_lower(spelled) AS hash, id FROM known ORDER BY hash;
CREATE TABLE class AS SELECT class, min(id) AS first, max(id) AS last FROM known GROUP BY class;
CREATE TABLE language AS SELECT language, min(id) AS first, max(id) AS last FROM known
  WHERE class = {Class.LANGUAGE:d} GROUP BY language ORDER BY language;
CREATE TABLE quad AS
  SELECT p.id AS p, s.id AS s, o.id AS o, coalesce(g.id, 0)::INTEGER AS g FROM line
  JOIN known s ON s.spelled = line.s JOIN known p ON p.spelled = line.p
  JOIN known o ON o.spelled = line.o LEFT JOIN known g ON g.spelled = line.g
  ORDER BY p, s, o, g;
CREATE TABLE predicate AS SELECT quad.p AS id, count(*) AS quads, bit_or(class) AS mask
  FROM quad JOIN class ON quad.o BETWEEN first AND last GROUP BY quad.p ORDER BY quad.p;
CREATE TABLE frequent AS SELECT p, o, count(*) AS quads FROM quad GROUP BY p, o
  HAVING count(*) > {FREQUENT};
CREATE TABLE state AS
  SELECT (SELECT count(*) FROM quad) AS quads, (SELECT count(*) FROM known) AS terms;
"""


def make(store: EmbeddedStore, folder: Path) -> None:
    """Write the index of a store into a folder, as `FILE`, and `ABOUT`.

    Data with terms that only RDF 1.2 has, and what DuckDB cannot take, gets none.
    """
    dump, work, file = (folder / name for name in ("columns.nq", "columns.tmp", FILE))
    about: dict[str, object] = {}
    try:
        with dump.open("wb") as output:
            store.dump(output, formats.NQUADS)
        with _connection(file, work) as connection:
            about["quads"] = _filled(connection, dump)
    except (Unsupported, duckdb.Error) as error:
        file.unlink(missing_ok=True)
        about["reason"] = str(error).partition("\n")[0]
    finally:
        dump.unlink(missing_ok=True)
        shutil.rmtree(work, ignore_errors=True)
    (folder / ABOUT).write_text(json.dumps(about) + "\n", encoding="utf-8")


def _filled(connection: duckdb.DuckDBPyConnection, dump: Path) -> int:
    """Fill the file, and return how many quads it has."""
    connection.create_function("unescaped", _unescaped, ["VARCHAR"], "VARCHAR")
    connection.execute(_LINES, {"file": str(dump)})
    if connection.execute("SELECT 1 FROM line WHERE starts_with(o, '<<') LIMIT 1").fetchone():
        raise Unsupported("the data has triples of triples")
    connection.execute(_TERMS)
    connection.execute(_TABLES)
    connection.execute("CHECKPOINT")
    (found,) = connection.execute("SELECT quads FROM state").fetchall()
    return int(found[0])


@contextlib.contextmanager
def _connection(file: Path, work: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    options: dict[str, str | bool | int | float | list[str]] = {
        "memory_limit": MEMORY,
        "temp_directory": str(work),
        "threads": 2,
        "preserve_insertion_order": False,
        "autoinstall_known_extensions": False,
        "autoload_known_extensions": False,
    }
    with contextlib.closing(duckdb.connect(str(file), config=options)) as connection:
        yield connection


def _unescaped(body: str) -> str:
    r"""Return what a string of N-Triples stands for where it has escapes such as \u0001."""
    return _ESCAPE.sub(lambda found: _character(found.group()), body)


def _character(escape: str) -> str:
    return _CHARACTERS.get(escape) or chr(int(f"0x{escape[2:]}", 0))


_ESCAPE = re.compile(r"\\(?:u[0-9A-Fa-f]{4}|U[0-9A-Fa-f]{8}|.)")
_CHARACTERS = {
    r"\"": '"',
    r"\\": "\\",
    r"\n": "\n",
    r"\r": "\r",
    r"\t": "\t",
    r"\b": "\b",
    r"\f": "\f",
}
