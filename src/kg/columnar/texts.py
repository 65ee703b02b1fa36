"""Functions that make texts and numbers of texts (SPARQL 1.1, 17.4.3 and 17.5), where exact.

A part of a text has its language. Of texts put together, what has a language is left out: which one
the result has depends on all of them.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial

from kg.columnar import Unsupported
from kg.columnar.algebra import Expression
from kg.columnar.classes import EXACT, LITERAL, WORDS, Class, class_of
from kg.columnar.comparing import as_decimal, mask_of
from kg.columnar.expressions import Expressions, Value
from kg.columnar.relations import Kind, quoted, within
from kg.columnar.spelling import literal
from kg.terms import XSD, Literal


def _plain(context: Expressions, argument: Expression) -> str:
    """Return the text of a string without a language; NULL for what is no string."""
    value = context.value(argument)
    mask = mask_of(value)
    if not mask & Class.STRING or mask & (Class.LANGUAGE | Class.STRANGE):
        raise Unsupported("a text that may have a language")
    return context.text(value, Class.STRING)


def simple(context: Expressions, argument: Expression) -> str:
    """Return the text of a string without a language; NULL for anything else, which is an error."""
    value = context.value(argument)
    if not mask_of(value) & Class.STRING:
        raise Unsupported("a text of what is none")
    return context.text(value, Class.STRING)


def _text(sql: str) -> Value:
    return Value(Kind.STRING, f"({sql})")


Make = Callable[[str], str]


def _alike(
    context: Expressions, argument: Expression, make: Make, has: Make | None = None
) -> Value:
    """Return a text made of another, whose language it has where the condition `has` holds."""
    value = context.value(argument)
    mask = mask_of(value) & WORDS
    if not mask & Class.LANGUAGE:
        return _text(make(_plain(context, argument)))
    languages = context.index.languages.items()
    if value.kind is not Kind.TERM or value.constant is not None or value.mask & Class.STRANGE:
        raise Unsupported("a text with a language that is computed, a constant, or has a direction")
    if len(languages) > MOST_LANGUAGES:
        raise Unsupported("a language among many")
    whole = context.text(value, mask)
    holds = f" AND {has(whole)}" if has else ""
    cases = [f"WHEN {within(value.sql, [ids])}{holds} THEN '@{each}'" for each, ids in languages]
    ending = f"(CASE {' '.join(cases)} ELSE '' END)"
    sql = f"({literal(make(whole), '')} || {ending})"
    return Value(Kind.SPELLED, sql, mask | Class.STRING if has else mask)


MOST_LANGUAGES = 50
"""Languages beyond which none is told by its range of ids."""


def _concatenated(context: Expressions, *arguments: Expression) -> Value:
    if not arguments:
        return Value(Kind.STRING, "''", nullable=False)
    return _text(" || ".join(_plain(context, each) for each in arguments))


def _split(name: str, context: Expressions, text: Expression, part: Expression) -> Value:
    """Return what stands before or after a part of a text; without a language if it has none."""
    found = _plain(context, part)

    def place(whole: str) -> str:
        return f"strpos({whole}, {found})"

    def side(whole: str) -> str:
        kept = _SIDES[name].format(whole=whole, place=place(whole), found=found)
        return f"CASE WHEN {place(whole)} > 0 THEN {kept} WHEN {place(whole)} = 0 THEN '' END"

    return _alike(context, text, side, lambda whole: f"{place(whole)} > 0")


_SIDES = {
    "STRBEFORE": "left({whole}, {place} - 1)",
    "STRAFTER": "substr({whole}, {place} + length({found}))",
}


def _cut(context: Expressions, text: Expression, *places: Expression) -> Value:
    """Return the characters from the first place on, as many as the second says, if any."""
    first, *length = (_whole_number(each) for each in places)
    begin = max(first, 1)
    count = f", {max(first + length[0] - begin, 0)}" if length else ""
    return _alike(context, text, lambda whole: f"substr({whole}, {begin}{count})")


def _whole_number(expression: Expression) -> int:
    if not isinstance(expression, Literal) or class_of(expression) is not Class.INTEGER:
        raise Unsupported("a place in a text that is computed")
    number = int(expression.value)
    if abs(number) > _FAR:
        raise Unsupported("a place far out of any text")
    return number


_FAR = 2**31 - 1


def _replaced(
    context: Expressions, text: Expression, pattern: Expression, replacement: Expression
) -> Value:
    """Return REPLACE of what means the same without being a regular expression."""
    for each in (pattern, replacement):
        if not isinstance(each, Literal) or each.datatype != XSD.string:
            raise Unsupported("a regular expression that is computed")
    assert isinstance(pattern, Literal)
    assert isinstance(replacement, Literal)
    if not _PLAIN.fullmatch(pattern.value) or not _PLAIN.fullmatch(replacement.value or " "):
        raise Unsupported("a regular expression that is more than words")
    parts = f"{quoted(pattern.value)}, {quoted(replacement.value)}"
    return _alike(context, text, lambda whole: f"replace({whole}, {parts})")


_PLAIN = re.compile(r"[\w ,:;/'\"<>=%&#@~!-]+")


def cased(name: str, text: str) -> str:
    """Return a text in lower or upper case. It fails where the engine may see to that otherwise.

    The engine turns one letter into several where Unicode asks for it, minds what stands around a
    sigma, and knows other versions of Unicode.
    """
    function, others = CASES[name]
    fails = f"regexp_matches({text}, '[{others}]')"
    return f"(CASE WHEN {fails} THEN error('letters of another case') ELSE {function}({text}) END)"


_YOUNG = r"\x{1C80}-\x{1C8F}\x{A7C0}-\x{A7FF}\x{10D40}-\x{10D8F}\x{16EA0}-\x{16EDF}"
"""Where letters were added of late."""

CASES = {
    "LCASE": ("lower", r"\x{130}\x{3A3}" + _YOUNG),
    "UCASE": (
        "upper",
        r"\x{DF}\x{149}\x{19B}\x{1F0}\x{264}\x{390}\x{3B0}\x{587}"
        r"\x{1E96}-\x{1E9A}\x{1F50}-\x{1FFC}\x{FB00}-\x{FB17}" + _YOUNG,
    ),
}
"""What DuckDB calls the functions, and the letters that it treats in its own way."""


def _cased(name: str, context: Expressions, argument: Expression) -> Value:
    return _alike(context, argument, partial(cased, name))


def _mapped(name: str, context: Expressions, argument: Expression) -> Value:
    """Return what a function of DuckDB makes of the bytes of a text."""
    return _text(f"{name}({simple(context, argument)})")


def _for_uri(context: Expressions, argument: Expression) -> Value:
    value = context.value(argument)
    if not mask_of(value) & WORDS or mask_of(value) & Class.STRANGE:
        raise Unsupported("a text of what is none, or has a direction")
    return _text(f"url_encode({context.text(value, WORDS)})")


# ---------------------------------------------------------------------------------- casts


def _to_integer(context: Expressions, argument: Expression) -> Value:
    value = context.value(argument)
    kind = mask_of(value) & LITERAL & ~Class.LANGUAGE
    if kind == Class.INTEGER:
        return context.number(value)
    if kind == Class.DECIMAL:
        exact = as_decimal(context.number(value))
        return Value(Kind.INTEGER, f"TRY_CAST({exact} // 1000000000000000000 AS BIGINT)")
    if kind == Class.STRING:
        text = context.text(value, Class.STRING)
        number = f"TRY_CAST({text} AS BIGINT)"
        spelled = f"regexp_full_match({text}, '[+-]?[0-9]+')"
        return Value(Kind.INTEGER, f"(CASE WHEN {spelled} THEN {number} END)")
    raise Unsupported("an integer of what may be of several datatypes")


def _to_boolean(context: Expressions, argument: Expression) -> Value:
    value = context.value(argument)
    kind = mask_of(value) & LITERAL & ~Class.LANGUAGE
    if kind == Class.STRING:
        text = context.text(value, Class.STRING)
        cases = f"WHEN {text} IN ('true', '1') THEN true WHEN {text} IN ('false', '0') THEN false"
        return Value(Kind.BOOLEAN, f"(CASE {cases} END)")
    if kind in (Class.INTEGER, Class.DECIMAL):
        return Value(Kind.BOOLEAN, f"({context.number(value).sql} != 0)")
    raise Unsupported("a boolean of what may be of several datatypes")


def _to_decimal(context: Expressions, argument: Expression) -> Value:
    value = context.value(argument)
    kind = mask_of(value) & LITERAL & ~Class.LANGUAGE
    if not kind or kind & ~EXACT:
        raise Unsupported("a decimal of what may be no integer")
    number = context.number(value)
    return Value(Kind.DECIMAL, f"TRY({as_decimal(number)})", nullable=True)


TEXTS: dict[str, Callable[..., Value]] = {
    "CONCAT": _concatenated,
    **{name: partial(_split, name) for name in _SIDES},
    "SUBSTR": _cut,
    "REPLACE": _replaced,
    "LCASE": partial(_cased, "LCASE"),
    "UCASE": partial(_cased, "UCASE"),
    "ENCODE_FOR_URI": _for_uri,
    "MD5": partial(_mapped, "md5"),
    "SHA1": partial(_mapped, "sha1"),
    "SHA256": partial(_mapped, "sha256"),
    XSD.boolean.value: _to_boolean,
    XSD.integer.value: _to_integer,
    XSD.decimal.value: _to_decimal,
}
