"""The classes of terms, by how the engine compares them.

Each term is of one class, and each class has ids in a row, in the order of its values; so a class,
a language, or a range of values is a range of ids. A set of classes is a sum of bits (a mask).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from decimal import Context, Decimal
from enum import IntFlag

from kg.terms import RDF, XSD, Literal, NamedNode


class Class(IntFlag):
    """The bit of a class. Terms of one class are equal in value only when they are the same."""

    BLANK = 1
    IRI = 2
    STRING = 4
    LANGUAGE = 8
    BOOLEAN = 16
    INTEGER = 32
    DECIMAL = 64
    DOUBLE = 128
    """Finite ones, but for -0."""

    DATE = 256
    """Without a time zone, of the years 1 to 9999."""

    TIME = 512
    """An xsd:dateTime without a time zone and of whole seconds, of the same years."""

    INSTANT = 1024
    """The same with the time zone Z."""

    UNKNOWN = 2048
    """Literals of datatypes that the engine does not know."""

    STRANGE = 4096
    """Literals of which we do not know how the engine compares them."""


NOTHING = Class(0)
NUMBER = Class.INTEGER | Class.DECIMAL | Class.DOUBLE
EXACT = Class.INTEGER | Class.DECIMAL
RESOURCE = Class.BLANK | Class.IRI
WORDS = Class.STRING | Class.LANGUAGE
"""Strings, with a language or without."""

TEXTUAL = WORDS | Class.BOOLEAN | Class.UNKNOWN
"""Literals that the engine orders by text, datatype and language."""

LITERAL = TEXTUAL | NUMBER | Class.DATE | Class.TIME | Class.INSTANT | Class.STRANGE
ANYTHING = RESOURCE | LITERAL
TYPED = LITERAL & ~Class.LANGUAGE
UNCLEAR = Class.UNKNOWN | Class.STRANGE

SCALE = 18
"""Decimals are whole numbers of 10^-18, as in the engine."""

_DECIMAL = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]*[1-9])?")
_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(Z?)")


def class_of(term: NamedNode | Literal) -> Class:
    """Return the class of a term of a query, as the engine would store it."""
    if isinstance(term, NamedNode):
        return Class.IRI
    if term.language:
        return Class.LANGUAGE if term.direction is None else Class.STRANGE
    test = _TESTS.get(term.datatype)
    if test is not None:
        return test(term.value)
    standard = term.datatype.value.startswith((XSD.prefix, RDF.prefix))
    return Class.STRANGE if standard else Class.UNKNOWN


def _integer(text: str) -> Class:
    fits = re.fullmatch(r"0|-?[1-9][0-9]{0,18}", text) and -(2**63) <= int(text) < 2**63
    return Class.INTEGER if fits else Class.STRANGE


def _decimal(text: str) -> Class:
    fits = _DECIMAL.fullmatch(text) and abs(scaled(text)) < 2**127
    return Class.DECIMAL if fits else Class.STRANGE


def _double(text: str) -> Class:
    fits = _DECIMAL.fullmatch(text) and text != "-0"
    return Class.DOUBLE if fits else Class.STRANGE


def _date(text: str) -> Class:
    return Class.DATE if _DAY.fullmatch(text) and _is_day(text) else Class.STRANGE


def _moment(text: str) -> Class:
    found = _TIME.fullmatch(text)
    if not found or not _is_day(text[:10]):
        return Class.STRANGE
    return Class.INSTANT if found[1] else Class.TIME


def _is_day(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


_TESTS: dict[NamedNode, Callable[[str], Class]] = {
    XSD.string: lambda _: Class.STRING,
    XSD.boolean: lambda text: Class.BOOLEAN if text in ("true", "false") else Class.STRANGE,
    XSD.integer: _integer,
    XSD.decimal: _decimal,
    XSD.double: _double,
    XSD.date: _date,
    XSD.dateTime: _moment,
}


def scaled(text: str) -> int:
    """Return a decimal in units of 10^-18."""
    return int(Decimal(text).scaleb(SCALE, context=Context(prec=100)))
