"""How values and bounds of facets are written in an address: `kg:x`, `<IRI>`, `"x"@en`, `12`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property

from kg import terms
from kg.errors import BadInput
from kg.prefixes import Prefixes
from kg.terms import RDF, XSD, Literal, NamedNode

Value = NamedNode | Literal
"""What can be chosen: a blank node has no name that lasts from one request to the next."""

NUMBER = re.compile(
    r"[+-]?(?:(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?|inf(?:inity)?)", re.IGNORECASE
)
"""What xsd:double takes for a number, but for NaN, which is neither more nor less than any."""

DATE = re.compile(r"[0-9]{4}(?:-.*)?", re.DOTALL)
"""How the text of every date, time, year or month of a year begins (XSD 1.1 part 2, 3.3)."""

DATE_PATTERN = "^[0-9]{4}(-|$)"
"""The same for the function REGEX."""

_DAY = re.compile(r"[0-9]{4}(?:-[0-9]{2}(?:-[0-9]{2})?)?")
_ESCAPE = re.compile(r'\\(?:u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8})|([tbnrf"\'\\]))')
_ESCAPED = {"t": "\t", "b": "\b", "n": "\n", "r": "\r", "f": "\f"}
_LITERAL = re.compile(
    r'"(?P<text>(?:[^"\\]|\\.)*)"(?:@(?P<language>[A-Za-z]+(?:-[A-Za-z0-9]+)*)|\^\^(?P<datatype>.+))?',
    re.DOTALL,
)
_BARE = {
    XSD.integer: re.compile(r"[+-]?[0-9]+"),
    XSD.decimal: re.compile(r"[+-]?[0-9]*\.[0-9]+"),
    XSD.double: re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)[eE][+-]?[0-9]+"),
    XSD.boolean: re.compile(r"true|false"),
}
"""The literals that SPARQL 1.1 (19.8) and Turtle write without quotes."""


def parse(text: str, prefixes: Prefixes) -> Value:
    """Return the term that `text` writes, as a store keeps it. Raises BadInput."""
    for datatype, pattern in _BARE.items():
        if pattern.fullmatch(text):
            return terms.stored(Literal(text, datatype=datatype))
    if text.startswith("<") and text.endswith(">"):
        return terms.iri(text[1:-1])
    if found := _LITERAL.fullmatch(text):
        return terms.stored(_literal(found, prefixes))
    if expanded := prefixes.expand(text):
        return expanded
    if re.match(r"[A-Za-z][A-Za-z0-9+.-]*:", text):
        return terms.iri(text)
    raise BadInput(
        f'expected a value such as kg:x, <http://example.org/x>, "text", "text"@en or 12, '
        f"got {text[:100]!r}"
    )


def _literal(found: re.Match[str], prefixes: Prefixes) -> Literal:
    text = _ESCAPE.sub(_character, found["text"])
    try:
        text.encode()
        if found["language"]:
            return Literal(text, language=found["language"].lower())
    except ValueError:
        raise BadInput(f"expected a literal, got {found[0][:100]!r}") from None
    if not found["datatype"]:
        return Literal(text)
    datatype = parse(found["datatype"], prefixes)
    if not isinstance(datatype, NamedNode) or datatype == RDF.langString:
        raise BadInput(f"expected a datatype, got {found['datatype'][:100]!r}")
    return Literal(text, datatype=datatype)


def _character(found: re.Match[str]) -> str:
    digits = found[1] or found[2]
    if not digits:
        return _ESCAPED.get(found[3], found[3])
    code = int(digits, 16)
    return chr(code) if code <= 0x10FFFF else "\ufffd"  # noqa: PLR2004  the last code point


def write(value: Value, prefixes: Prefixes) -> str:
    """Return the shortest text that `parse` reads as `value`."""
    if isinstance(value, NamedNode):
        return prefixes.shorten(value.value) or str(value)
    bare = _BARE.get(value.datatype)
    if bare and bare.fullmatch(value.value):
        return value.value
    text, carets, datatype = str(value).rpartition("^^")
    if not carets or value.language or value.datatype == XSD.string:
        return str(value)
    return f"{text}^^{prefixes.shorten(datatype[1:-1]) or datatype}"


@dataclass(frozen=True)
class Bound:
    """One end of a range: a number, or a day, a month or a year, or what may be either: `2020`.

    Numbers are compared as xsd:double; dates as text, by the first characters, as many as the
    bound has. So 2020 bounds dates by their year, whatever their datatype and time zone.
    """

    text: str

    @cached_property
    def number(self) -> float | None:
        """The bound as a number, if it is one."""
        return float(self.text) if NUMBER.fullmatch(self.text) else None

    @cached_property
    def day(self) -> str | None:
        """The bound as a year, month or day, if it is one."""
        return self.text if _DAY.fullmatch(self.text) else None

    @classmethod
    def of(cls, number: float) -> Bound:
        """Return the bound that is exactly `number`."""
        return cls(str(int(number)) if number.is_integer() and abs(number) < 1e15 else repr(number))  # noqa: PLR2004  beyond, an exponent is shorter


def lies_between(text: str, low: Bound, high: Bound) -> bool:
    """Return whether the text of a literal lies between two bounds, as `patterns.within` tells."""
    if low.number is not None and high.number is not None and NUMBER.fullmatch(text):
        return low.number <= float(text) <= high.number
    if low.day is None or high.day is None or not DATE.fullmatch(text):
        return False
    return low.day <= text[: len(low.day)] and text[: len(high.day)] <= high.day


def parse_bound(text: str) -> Bound:
    """Return the bound that `text` writes, bare or as a literal. Raises BadInput."""
    found = _LITERAL.fullmatch(text)
    bound = Bound(found["text"] if found else text)
    if bound.number is None and bound.day is None:
        raise BadInput(
            "expected a number such as 10, a year, a month such as 2020-05, or a day such as "
            f"2020-05-01, got {text[:100]!r}"
        )
    return bound
