"""The operators and functions of SPARQL (SPARQL 1.1, 17.4) whose SQL is exact.

`FUNCTIONS` gives values. `CONDITIONS` gives conditions that only count when they are true.
"""

from __future__ import annotations

import functools
import operator
import re
from collections.abc import Callable
from functools import partial

from kg.columnar import Unsupported
from kg.columnar.algebra import Call, Expression, Variable
from kg.columnar.classes import LITERAL, NOTHING, NUMBER, RESOURCE, UNCLEAR, WORDS, Class
from kg.columnar.comparing import equal, mask_of, ordered
from kg.columnar.dates import DATES
from kg.columnar.expressions import Expressions, Value
from kg.columnar.newterms import DATATYPES, NEW_TERMS
from kg.columnar.numbers import NUMBERS
from kg.columnar.relations import Kind, quoted, within
from kg.columnar.texts import CASES, MOST_LANGUAGES, TEXTS, cased
from kg.terms import XSD, Literal, NamedNode


def _boolean(sql: str) -> Value:
    return Value(Kind.BOOLEAN, sql)


# ---------------------------------------------------------------------------------- logic


def _not(context: Expressions, argument: Expression) -> Value:
    return _boolean(f"(NOT {context.truth(argument)})")


def _and(context: Expressions, left: Expression, right: Expression, *, strict: bool = True) -> str:
    one, other = (context.truth(each, strict=strict) for each in (left, right))
    return f"({one} AND {other})"


def _or(context: Expressions, left: Expression, right: Expression, *, strict: bool = True) -> str:
    one, other = (context.truth(each, strict=strict) for each in (left, right))
    return f"({one} OR {other})"


def _bound(context: Expressions, argument: Expression) -> Value:
    if not isinstance(argument, Variable):
        raise Unsupported("BOUND of no variable")
    return _boolean(f"({context.value(argument).sql} IS NOT NULL)")


def _if(context: Expressions, test: Expression, yes: Expression, no: Expression) -> Value:
    one, other = _common(context.value(yes), context.value(no))
    condition = context.truth(test)
    sql = f"(CASE WHEN {condition} THEN {one.sql} WHEN NOT {condition} THEN {other.sql} END)"
    return Value(one.kind, sql, one.mask | other.mask)


def _coalesce(context: Expressions, *arguments: Expression) -> Value:
    values = _common(*(context.value(each) for each in arguments))
    mask = functools.reduce(operator.or_, (each.mask for each in values))
    nullable = all(each.nullable for each in values)
    return Value(
        values[0].kind, f"coalesce({', '.join(each.sql for each in values)})", mask, nullable
    )


def _common(*values: Value) -> tuple[Value, ...]:
    """Return the same values, all of one kind."""
    if any(each.kind is Kind.SPELLED or each.is_missing for each in values):
        values = tuple(each.spelled_out for each in values)
    if not values or any(each.kind is not values[0].kind for each in values):
        raise Unsupported("a choice among values of different kinds")
    return values


# ---------------------------------------------------------------------------------- comparison


def _equal(context: Expressions, left: Expression, right: Expression, *, strict: bool) -> str:
    for one, other in ((left, right), (right, left)):
        if isinstance(one, Call) and one.name == "LANG" and isinstance(other, Literal):
            return _has_language(context, one.arguments[0], other, strict=strict)
        if isinstance(one, Call) and one.name == "DATATYPE" and isinstance(other, NamedNode):
            return _has_datatype(context, one.arguments, other, strict=strict)
    return equal(context, context.value(left), context.value(right), strict=strict)


def _has_language(
    context: Expressions, argument: Expression, language: Literal, *, strict: bool
) -> str:
    """Return whether a term is of a language, which is a range of ids."""
    value = context.value(argument)
    if value.kind is not Kind.TERM or value.constant or language.datatype != XSD.string:
        raise Unsupported("the language of what is computed")
    if language.value == "":
        ids = context.ranges(LITERAL & ~Class.LANGUAGE)
    else:
        found = context.index.languages.get(language.value)
        ids = [found] if found else []
    return _in_ranges(context, value, ids, LITERAL, strict=strict)


def _has_datatype(
    context: Expressions, arguments: tuple[Expression, ...], datatype: NamedNode, *, strict: bool
) -> str:
    """Return whether a literal is of a datatype, which is a range of ids, or several."""
    value = context.value(*arguments)
    known = DATATYPES.get(datatype, NOTHING)
    unclear = Class.STRANGE if known else UNCLEAR
    if value.kind is not Kind.TERM or value.constant or value.mask & unclear:
        named = context.value(Call("DATATYPE", arguments))
        return equal(context, named, context.value(datatype), strict=strict)
    ids = context.ranges(known)
    return _in_ranges(context, value, ids, LITERAL, strict=strict)


def _in_ranges(
    context: Expressions, value: Value, ids: list[tuple[int, int]], mask: Class, *, strict: bool
) -> str:
    """Return whether a term is in ranges of ids; an error for terms of other classes."""
    condition = within(value.sql, ids)
    if not strict:
        return condition
    if not value.mask & ~mask:
        return condition if ids else f"({value.sql} IS NULL AND NULL)"
    return f"(CASE WHEN {within(value.sql, context.ranges(mask))} THEN {condition} END)"


def _language_matches(
    context: Expressions, tag: Expression, pattern: Expression, *, strict: bool
) -> str:
    """Return what LANGMATCHES(LANG(?x), "en") does (RFC 4647, 3.3.1)."""
    if not (isinstance(tag, Call) and tag.name == "LANG" and isinstance(pattern, Literal)):
        raise Unsupported("LANGMATCHES of more than a language")
    value, wanted = context.value(tag.arguments[0]), pattern.value.lower()
    if value.kind is not Kind.TERM or value.constant or pattern.datatype != XSD.string:
        raise Unsupported("the language of what is computed")
    ids = [
        found
        for language, found in context.index.languages.items()
        if wanted == "*" or f"{language}-".startswith(f"{wanted}-")
    ]
    return _in_ranges(context, value, ids, LITERAL, strict=strict)


def _ordered(
    operator: str, context: Expressions, left: Expression, right: Expression, *, strict: bool
) -> str:
    return ordered(context, context.value(left), context.value(right), operator, strict=strict)


def _among(context: Expressions, left: Expression, *rest: Expression, strict: bool) -> str:
    parts = [_equal(context, left, each, strict=strict) for each in rest]
    return f"({' OR '.join(parts)})" if parts else "false"


def _same(context: Expressions, left: Expression, right: Expression) -> Value:
    one, other = context.value(left), context.value(right)
    if one.kind is not Kind.TERM or other.kind is not Kind.TERM:
        raise Unsupported("sameTerm of what is computed")
    if one.constant is not None:
        one, other = other, one
    if one.constant is not None:
        raise Unsupported("sameTerm of constants")
    if other.constant is not None and other.sql == "NULL":
        return _boolean(f"({one.sql} != {one.sql})" if one.nullable else "false")
    return _boolean(f"({one.sql} = {other.sql})")


# ---------------------------------------------------------------------------------- terms


def _is(mask: Class, context: Expressions, argument: Expression) -> Value:
    value = context.value(argument)
    if value.kind is not Kind.TERM or (mask == NUMBER and value.mask & Class.STRANGE):
        raise Unsupported("the class of what is computed")
    if value.constant is not None:
        return _boolean("true" if value.mask & mask else "false")
    if not value.mask & ~mask and not value.nullable:
        return _boolean("true")
    return _boolean(within(value.sql, context.ranges(mask)))


def _str(context: Expressions, argument: Expression) -> Value:
    value = context.value(argument)
    if value.kind in (Kind.STRING, Kind.INTEGER, Kind.BOOLEAN):
        return Value(Kind.STRING, f"({value.sql})::VARCHAR", nullable=value.nullable)
    if value.kind is not Kind.TERM or value.constant is not None:
        raise Unsupported("the text of a decimal that is computed")
    unsure = value.nullable or bool(value.mask & Class.BLANK)
    if not value.mask & RESOURCE:
        return Value(Kind.STRING, context.looked_up(value, "text"), nullable=unsure)
    iri = f"{context.looked_up(value, 'spelled')}[2:-2]"
    cases = f" WHEN {within(value.sql, context.ranges(Class.IRI))} THEN {iri}"
    if value.mask == Class.IRI:
        return Value(Kind.STRING, iri, nullable=unsure)
    if value.mask & LITERAL:
        cases += f" ELSE {context.looked_up(value, 'text')}"
    return Value(Kind.STRING, f"(CASE{cases} END)", nullable=unsure)


def _lang(context: Expressions, argument: Expression) -> Value:
    value = context.value(argument)
    if value.kind is not Kind.TERM or value.constant is not None:
        raise Unsupported("the language of what is computed")
    cases = [
        f"WHEN {within(value.sql, [ids])} THEN {quoted(language)}"
        for language, ids in context.index.languages.items()
        if value.mask & Class.LANGUAGE
    ]
    if len(cases) > MOST_LANGUAGES or value.mask & Class.STRANGE:
        raise Unsupported("a language among many")
    others = within(value.sql, context.ranges(LITERAL & ~Class.LANGUAGE))
    return Value(Kind.STRING, f"(CASE {' '.join(cases)} WHEN {others} THEN '' END)")


# ---------------------------------------------------------------------------------- strings


def _words(context: Expressions, argument: Expression) -> str:
    """Return the text of a string, with a language or without; NULL for anything else."""
    if isinstance(argument, Call) and argument.name in CASES and len(argument.arguments) == 1:
        return cased(argument.name, _words(context, argument.arguments[0]))
    value = context.value(argument)
    if not mask_of(value) & WORDS:
        raise Unsupported("a text of what is none")
    return context.text(value, WORDS)


def _simple(context: Expressions, argument: Expression) -> str:
    """Return the text of a string without a language, which goes with any other."""
    value = context.value(argument)
    if value.kind is not Kind.STRING:
        raise Unsupported("a text that may have a language")
    return value.sql


def _search(name: str, context: Expressions, text: Expression, part: Expression) -> Value:
    return _boolean(f"{name}({_words(context, text)}, {_simple(context, part)})")


def _regex(context: Expressions, text: Expression, *rest: Expression) -> Value:
    pattern, *flags = (_literal(each) for each in rest)
    if not _PLAIN.fullmatch(pattern) or flags not in ([], [""], ["i"]):
        raise Unsupported("a regular expression that is more than words")
    options = ", 'i'" if flags == ["i"] else ""
    return _boolean(f"regexp_matches({_words(context, text)}, {quoted(pattern)}{options})")


_PLAIN = re.compile(r"\^?[\w ,:;/'\"<>=%&#@~!-]*\$?")
"""Regular expressions that mean the same in all dialects."""


def _literal(expression: Expression) -> str:
    if not isinstance(expression, Literal) or expression.datatype != XSD.string:
        raise Unsupported("a regular expression that is computed")
    return expression.value


def _length(context: Expressions, text: Expression) -> Value:
    # DuckDB counts code points, as the standard does.
    return Value(Kind.INTEGER, f"length({_words(context, text)})")


# ---------------------------------------------------------------------------------- the tables

Compiled = Callable[..., Value]

_BOTH: dict[str, Callable[..., str]] = {
    "&&": _and,
    "||": _or,
    "=": _equal,
    "IN": _among,
    "LANGMATCHES": _language_matches,
    **{each: partial(_ordered, each) for each in ("<", "<=", ">", ">=")},
}
"""What has one form for values, which is strict, and one for conditions."""


def _unequal(context: Expressions, left: Expression, right: Expression) -> Value:
    return _boolean(f"(NOT {_equal(context, left, right, strict=True)})")


def _strictly(compile: Callable[..., str], context: Expressions, *arguments: Expression) -> Value:
    return _boolean(compile(context, *arguments, strict=True))


FUNCTIONS: dict[str, Compiled] = {
    **{name: partial(_strictly, compile) for name, compile in _BOTH.items()},
    "!": _not,
    "!=": _unequal,
    "BOUND": _bound,
    "IF": _if,
    "COALESCE": _coalesce,
    "SAMETERM": _same,
    "ISIRI": partial(_is, Class.IRI),
    "ISURI": partial(_is, Class.IRI),
    "ISBLANK": partial(_is, Class.BLANK),
    "ISLITERAL": partial(_is, LITERAL),
    "ISNUMERIC": partial(_is, NUMBER),
    "STR": _str,
    "LANG": _lang,
    "CONTAINS": partial(_search, "contains"),
    "STRSTARTS": partial(_search, "starts_with"),
    "STRENDS": partial(_search, "ends_with"),
    "REGEX": _regex,
    **TEXTS,
    **NEW_TERMS,
    **NUMBERS,
    **DATES,
    XSD.string.value: _str,
    "STRLEN": _length,
}

CONDITIONS: dict[str, Callable[..., str]] = {
    name: partial(compile, strict=False) for name, compile in _BOTH.items()
}
