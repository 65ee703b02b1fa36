"""Functions whose terms the data need not have (SPARQL 1.1, 17.4.2): IRIs and literals.

A term is spelled as N-Triples does, and in one way only: equal spellings are the same term.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from kg.columnar import Unsupported
from kg.columnar.algebra import Expression
from kg.columnar.classes import LITERAL, NOTHING, UNCLEAR, Class, class_of
from kg.columnar.comparing import mask_of
from kg.columnar.expressions import Expressions, Value
from kg.columnar.relations import Kind, quoted, within
from kg.columnar.spelling import literal
from kg.columnar.texts import simple
from kg.terms import RDF, XSD, Literal, NamedNode

DATATYPES = {
    XSD.string: Class.STRING,
    RDF.langString: Class.LANGUAGE,
    XSD.boolean: Class.BOOLEAN,
    XSD.integer: Class.INTEGER,
    XSD.decimal: Class.DECIMAL,
    XSD.double: Class.DOUBLE,
    XSD.date: Class.DATE,
    XSD.dateTime: Class.TIME | Class.INSTANT,
}


def _iri(context: Expressions, argument: Expression) -> Value:
    value = context.value(argument)
    mask = mask_of(value)
    if mask == Class.IRI:
        return value.spelled_out
    if mask & Class.IRI and not mask & (Class.STRING | Class.STRANGE):
        iris = within(value.sql, context.ranges(Class.IRI))
        return Value(Kind.TERM, f"(CASE WHEN {iris} THEN {value.sql} END)", Class.IRI)
    if mask & Class.IRI:
        raise Unsupported("an IRI of what may be one, or a text")
    text = simple(context, argument)
    known = f"regexp_full_match({text}, {quoted(_CLEAR)}) AND NOT contains({text}, '/.')"
    fails = "error('an IRI that the engine may read otherwise')"
    sql = f"(CASE WHEN {known} THEN '<' || {text} || '>' WHEN {text} IS NOT NULL THEN {fails} END)"
    return Value(Kind.SPELLED, sql, Class.IRI)


_PART = r"(?:[A-Za-z0-9._~!$&()*+,;=:@/-]|%[0-9A-Fa-f]{2})*"
_CLEAR = (
    rf"[A-Za-z][A-Za-z0-9+-]*:(?://[A-Za-z0-9.-]+(?:/{_PART})?|[A-Za-z0-9_~-]{_PART})"
    rf"(?:\?{_PART})?(?:#{_PART})?"
)
"""IRIs that are neither relative nor in any doubt; the engine may take or resolve others."""


def _with_language(context: Expressions, text: Expression, language: Expression) -> Value:
    if not isinstance(language, Literal) or not _TAG.fullmatch(language.value):
        raise Unsupported("a language that is computed, or none")
    # The engine keeps languages in small letters.
    ending = f"@{language.value.lower()}"
    return Value(Kind.SPELLED, literal(simple(context, text), ending), Class.LANGUAGE)


_TAG = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z]{2})?")


def _with_datatype(context: Expressions, text: Expression, datatype: Expression) -> Value:
    if not isinstance(datatype, NamedNode):
        raise Unsupported("a datatype that is computed")
    if datatype == XSD.string:
        return Value(Kind.STRING, simple(context, text))
    if class_of(Literal("", datatype=datatype)) is not Class.UNKNOWN:
        raise Unsupported("a literal of a datatype that the engine knows")
    return Value(Kind.SPELLED, literal(simple(context, text), f"^^{datatype}"), Class.UNKNOWN)


def _datatype(context: Expressions, argument: Expression) -> Value:
    value = context.value(argument)
    mask = mask_of(value)
    if value.constant is not None or value.kind is Kind.SPELLED:
        raise Unsupported("the datatype of a term that is computed, or of a constant")
    if value.kind is not Kind.TERM:
        name = next(each for each, known in DATATYPES.items() if known == mask)
        sql = f"(CASE WHEN ({value.sql}) IS NOT NULL THEN {quoted(str(name))} END)"
        return Value(Kind.SPELLED, sql, Class.IRI, value.nullable)
    cases = [
        f"WHEN {within(value.sql, ids)} THEN {quoted(str(name))}"
        for name, known in DATATYPES.items()
        if (ids := context.ranges(known & mask))
    ]
    if ids := context.ranges(UNCLEAR & mask):
        spelled = context.looked_up(value, "spelled")
        found = f"""regexp_extract({spelled}, '"\\^\\^(<[^">]*>)$', 1)"""
        fails = "error('a literal without a datatype')"
        cases.append(f"WHEN {within(value.sql, ids)} THEN coalesce(nullif({found}, ''), {fails})")
    if not cases:
        raise Unsupported("the datatype of what is no literal")
    unsure = value.nullable or bool(mask & ~LITERAL != NOTHING)
    return Value(Kind.SPELLED, f"(CASE {' '.join(cases)} END)", Class.IRI, unsure)


NEW_TERMS: dict[str, Callable[..., Value]] = {
    "IRI": _iri,
    "URI": _iri,
    "STRLANG": _with_language,
    "STRDT": _with_datatype,
    "DATATYPE": _datatype,
}
