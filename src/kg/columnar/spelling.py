"""Terms as N-Triples, which is how TSV writes them: spelled by SQL, or here."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Any

from kg.columnar import Unsupported
from kg.columnar.relations import Kind, quoted
from kg.terms import XSD, Literal

_ONE = 10**18


def spelled(kind: Kind, sql: str, table: str, *, nullable: bool) -> str:
    """Return the spelling of a column; "" where it is unbound. Terms are looked up in `table`."""
    if kind is Kind.TERM:
        text = f"{table}.spelled"
        return f"coalesce({text}, '')" if nullable else text
    if kind is Kind.SPELLED:
        return f"coalesce({sql}, '')" if nullable else sql
    if kind not in _SPELLINGS:
        raise Unsupported("a double that is computed")
    body, suffix = _SPELLINGS[kind]
    text = f"""('"' || {body.format(sql)} || '"{suffix}')"""
    return f"coalesce({text}, '')" if nullable else text


_ESCAPED = (
    "replace(replace(replace(replace(replace({0}, '\\', '\\\\'), '\"', '\\\"'),"
    " chr(10), '\\n'), chr(13), '\\r'), chr(9), '\\t')"
)


def literal(text: str, ending: str) -> str:
    """Return the spelling of a literal with a language or a datatype."""
    return f"""('"' || {_ESCAPED.format(text)} || {quoted(f'"{ending}')})"""


_DECIMAL = (
    "CASE WHEN {0} < 0 THEN '-' ELSE '' END || (abs({0}) // {1}) || CASE WHEN {0} % {1} = 0 THEN ''"
    " ELSE '.' || rtrim(lpad((abs({0}) % {1})::VARCHAR, 18, '0'), '0') END"
).replace("{1}", str(_ONE))

_SPELLINGS = {
    Kind.STRING: (_ESCAPED, ""),
    Kind.INTEGER: ("{0}", f"^^<{XSD.integer.value}>"),
    Kind.DECIMAL: (_DECIMAL, f"^^<{XSD.decimal.value}>"),
    Kind.BOOLEAN: ("({0})::VARCHAR", f"^^<{XSD.boolean.value}>"),
}
"""How values are spelled, and what follows the closing quotation mark."""


def lines(
    rows: Collection[Sequence[Any]],
    kinds: Sequence[Kind],
    look_up: Callable[[set[int]], Mapping[int, str]],
) -> Iterator[str]:
    """Yield rows of values as lines of TSV; `look_up` returns the spellings of ids."""
    terms = [place for place, kind in enumerate(kinds) if kind is Kind.TERM]
    known = look_up({row[place] for row in rows for place in terms if row[place] is not None})
    spell = [known.__getitem__ if kind is Kind.TERM else _HERE[kind] for kind in kinds]
    for row in rows:
        cells = zip(spell, row, strict=True)
        yield "\t".join("" if value is None else spell(value) for spell, value in cells)


def _decimal(value: int) -> str:
    whole, part = divmod(abs(value), _ONE)
    digits = f"{part:018}".rstrip("0")
    return f"{'-' if value < 0 else ''}{whole}{f'.{digits}' if digits else ''}"


_HERE: dict[Kind, Callable[[Any], str]] = {
    Kind.STRING: lambda text: str(Literal(text)),
    Kind.SPELLED: str,
    Kind.INTEGER: lambda number: f'"{number}"^^<{XSD.integer.value}>',
    Kind.DECIMAL: lambda number: f'"{_decimal(number)}"^^<{XSD.decimal.value}>',
    Kind.BOOLEAN: lambda truth: f'"{str(truth).lower()}"^^<{XSD.boolean.value}>',
}
