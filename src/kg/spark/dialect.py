"""From the SQL of DuckDB to that of Spark, as far as both mean the same.

What is translated is listed, by the kinds of nodes of the statement: a kind that is not in
`ALLOWED` raises Unsupported, so that what is compiled one day is not translated by chance. Spark
runs in ANSI mode: what overflows fails, where it is not tried (`TRY`).
"""

from __future__ import annotations

from collections.abc import Callable

from sqlglot import exp, parse_one
from sqlglot.errors import SqlglotError

from kg.columnar import Unsupported

LONGEST = 500_000
"""Characters of a statement that is sent to Spark."""

DECIMAL = "DECIMAL(38, 0)"
"""What whole numbers of 128 bits are: Spark has none, and fails where more digits are needed."""


def translated(sql: str) -> str:
    """Return a statement of DuckDB as one of Spark. Raises Unsupported."""
    try:
        tree = parse_one(sql, dialect="duckdb")
        _check(tree)
        for node in reversed(list(tree.walk())):  # what is within comes first
            if replace := _REPLACED.get(type(node)):
                node.replace(replace(node))
        text = str(tree.sql(dialect="spark"))
    except SqlglotError as error:
        raise Unsupported(f"SQL that is not translated: {error}") from None
    except RecursionError:
        raise Unsupported("deep nesting") from None
    if len(text) > LONGEST:
        raise Unsupported("a statement that is too long")
    return text


def _check(tree: exp.Expression) -> None:
    for node in tree.walk():
        kind = type(node)
        if kind is exp.Anonymous:
            if node.name.lower() not in _NAMES:
                raise Unsupported(f"{node.name} in Spark")
        elif kind not in ALLOWED:
            raise Unsupported(f"{kind.__name__} in Spark")
        if kind is exp.With and node.args.get("recursive"):
            raise Unsupported("a path of any length in Spark, whose recursion keeps duplicates")


def _sql(text: str, **parts: exp.Expression) -> exp.Expression:
    """Return an expression of Spark, with parts in the place of names such as `:x`."""
    tree = parse_one(text, dialect="spark")
    return exp.replace_placeholders(tree, **{name: each.copy() for name, each in parts.items()})


def _type(node: exp.Expression) -> exp.Expression:
    """Return a type: whole numbers of 128 bits are decimals."""
    if node.this is exp.DataType.Type.INT128:
        return exp.DataType.build(DECIMAL, dialect="spark")
    if node.this not in _TYPES:
        raise Unsupported(f"the type {node.sql()} in Spark")
    return node


_TYPES = {
    exp.DataType.Type.INT,
    exp.DataType.Type.BIGINT,
    exp.DataType.Type.DOUBLE,
    exp.DataType.Type.BOOLEAN,
    exp.DataType.Type.VARCHAR,
    exp.DataType.Type.TEXT,
}


def _divided(node: exp.Expression) -> exp.Expression:
    """Return an integer division: `div` is one of 64 bits, and wraps around without a word."""
    one, other = (f"CAST(:{name} AS {DECIMAL})" for name in ("a", "b"))
    return _sql(
        f"CAST(({one} - {one} % {other}) / {other} AS {DECIMAL})", a=node.left, b=node.right
    )


def _tried(node: exp.Expression) -> exp.Expression:
    """Return what is NULL where it does not fit.

    Of decimals it fails, since Oxigraph has more of them than Spark.
    """
    inner = node.this.unnest()
    if isinstance(inner, exp.Neg):
        return _sql(_ZERO, a=inner.this)
    if isinstance(inner, exp.Abs):
        return _sql(f"CASE WHEN :a < 0 THEN {_ZERO} ELSE :a END", a=inner.this)
    if type(inner) not in _TRIED:
        raise Unsupported(f"TRY of {type(inner).__name__} in Spark")
    return _sql(
        f"CASE WHEN typeof(:a) LIKE 'decimal%' THEN :whole ELSE {_TRIED[type(inner)]} END",
        a=inner.left,
        b=inner.right,
        whole=inner,
    )


_ZERO = "try_subtract(CAST(0 AS BIGINT), :a)"
_TRIED: dict[type[exp.Expression], str] = {
    exp.Add: "try_add(:a, :b)",
    exp.Sub: "try_subtract(:a, :b)",
    exp.Mul: "try_multiply(:a, :b)",
}


def _part(node: exp.Expression) -> exp.Expression:
    """Return a part of a text, between two places that are written out."""
    (span,) = node.expressions
    first, last = (_place(each) for each in (span.this, span.expression))
    if first is None or last is None or first < 1:
        raise Unsupported("a part of a text in Spark")
    length = str(last - first + 1) if last > 0 else f"length(:x) - {first - 2 - last}"
    return _sql(f"substring(:x, {first}, {length})", x=node.this)


def _place(node: exp.Expression | None) -> int | None:
    sign = -1 if isinstance(node, exp.Neg) else 1
    number = node.this if isinstance(node, exp.Neg) else node
    return sign * int(number.this) if isinstance(number, exp.Literal) else None


def _tried_cast(node: exp.Expression) -> exp.Expression:
    """Return a part of a date as a number; what else could be cast is read differently."""
    if not isinstance(node.this.unnest(), exp.Substring):
        raise Unsupported("a cast of a text in Spark")
    return node


def _matched(node: exp.Expression) -> exp.Expression:
    """Return whether plain words are in a text, without a regular expression if case matters."""
    pattern, flag = node.expression, node.args.get("flag")
    if not isinstance(pattern, exp.Literal) or (flag is not None and flag.name != "i"):
        raise Unsupported("a regular expression in Spark")
    words = pattern.this
    starts, ends = words.startswith("^"), words.endswith("$")
    words = words.removeprefix("^").removesuffix("$")
    if flag is not None:
        letters = "".join(map(_in_any_case, words))
        text = f"{'^' if starts else ''}{letters}{_END if ends else ''}"
        return exp.RegexpLike(this=node.this.copy(), expression=exp.Literal.string(text))
    name = _SEARCHES[starts, ends]
    return _sql(name, x=node.this, w=exp.Literal.string(words))


_END = "\\z"
"""`$` is also before a line feed at the end, in Java."""

_SEARCHES = {
    (False, False): "contains(:x, :w)",
    (True, False): "startswith(:x, :w)",
    (False, True): "endswith(:x, :w)",
    (True, True): "(:x = :w)",
}


def _in_any_case(letter: str) -> str:
    """Return what matches a letter as RE2 does: by simple folding, which Java does not do alike."""
    if letter.isascii() and letter.isalpha():
        others = {"k": "\u212a", "s": "\u017f"}.get(letter.lower(), "")
        return f"[{letter.lower()}{letter.upper()}{others}]"
    if letter.lower() != letter.upper():
        raise Unsupported("a regular expression without case in Spark")
    return letter


def _joined(node: exp.Expression) -> exp.Expression:
    if node.args.get("kind") == "ANTI" and not node.args.get("side"):
        node.set("side", "LEFT")
    return node


def _common(node: exp.Expression) -> exp.Expression:
    node.set("materialized", None)
    return node


def _named(node: exp.Expression) -> exp.Expression:
    arguments = [each.copy() for each in node.expressions]
    return exp.Anonymous(this=_NAMES[node.name.lower()], expressions=arguments)


_NAMES = {"error": "raise_error"}

_REPLACED: dict[type[exp.Expression], Callable[[exp.Expression], exp.Expression]] = {
    exp.DataType: _type,
    exp.IntDiv: _divided,
    exp.Try: _tried,
    exp.TryCast: _tried_cast,
    exp.Bracket: _part,
    exp.RegexpLike: _matched,
    exp.Join: _joined,
    exp.CTE: _common,
    exp.Anonymous: _named,
}

ALLOWED = {
    *_REPLACED,
    *(exp.Select, exp.From, exp.Where, exp.Group, exp.Order, exp.Ordered, exp.Limit, exp.Offset),
    *(exp.Subquery, exp.Union, exp.With, exp.Values, exp.Tuple, exp.Distinct, exp.Exists),
    *(exp.Table, exp.TableAlias, exp.Alias, exp.Column, exp.Identifier, exp.Star, exp.Paren),
    *(exp.Literal, exp.Null, exp.Boolean, exp.Cast, exp.Case, exp.If, exp.Coalesce, exp.Nullif),
    *(exp.And, exp.Or, exp.Not, exp.Is, exp.In, exp.Between, exp.Slice),
    *(exp.EQ, exp.NEQ, exp.LT, exp.LTE, exp.GT, exp.GTE),
    *(exp.Add, exp.Sub, exp.Mul, exp.Mod, exp.Neg, exp.Abs),
    *(exp.DPipe, exp.Chr, exp.Replace, exp.Pad, exp.Trim, exp.Length),
    *(exp.Contains, exp.StartsWith, exp.EndsWith),
    *(exp.Count, exp.Sum, exp.Min, exp.Max),
}
"""The kinds of nodes that both read alike, or that are replaced."""
