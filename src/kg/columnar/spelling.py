"""Terms as N-Triples in SQL, which is how TSV writes them."""

from __future__ import annotations

from kg.columnar import Unsupported
from kg.columnar.relations import Kind
from kg.terms import XSD

_ONE = 10**18


def spelled(kind: Kind, sql: str, table: str, *, nullable: bool) -> str:
    """Return the spelling of a column; "" where it is unbound. Terms are looked up in `table`."""
    if kind is Kind.TERM:
        text = f"{table}.spelled"
        return f"coalesce({text}, '')" if nullable else text
    if kind not in _SPELLINGS:
        raise Unsupported("a double that is computed")
    body, suffix = _SPELLINGS[kind]
    text = f"""('"' || {body.format(sql)} || '"{suffix}')"""
    return f"coalesce({text}, '')" if nullable else text


_ESCAPED = (
    "replace(replace(replace(replace(replace({0}, '\\', '\\\\'), '\"', '\\\"'),"
    " chr(10), '\\n'), chr(13), '\\r'), chr(9), '\\t')"
)
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
