"""Queries in files: SPARQL with a head that says what they ask, and what of it may be chosen.

The head of a file consists of lines such as

    #+ title@en: Which indicators grew by more than so many per cent?
    #+ parameter above: decimal = 20
    #+ parameter theme: iri of https://kg.example/def/Theme
    #+ parameter@en above: Grew by more than (%)
    #+ chart: bar indicator percent

The chart names the columns of labels and of values, and perhaps one of series.
A parameter stands in the text as `$above`, or `?above`. It is spelled there when it is given or has
a default, and else stays the variable that it is, so that nothing is asked of it.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from pathlib import Path

from kg import sparql, terms
from kg.errors import BadInput, NotFound
from kg.labels import Label, choose
from kg.terms import XSD, Literal, NamedNode, spell

_HEAD = re.compile(
    r"#\+\s*(?P<field>[a-z]+)(?:@(?P<language>[\w-]+))?(?:\s+(?P<name>\w+))?\s*:\s*(?P<text>.+)"
)
_PARAMETER = re.compile(
    r"(?P<kind>\w+)(?:\s+of\s+(?P<class>\S+))?(?:\s*=\s*(?P<default>.+))?", re.DOTALL
)

CHARTS = ("bar",)

RESERVED = ("format", "lang", "content", "view", "page", "sort", "across", "up", "by")
"""What a parameter cannot be called: in an address these say how the answer is to be shown."""


@dataclass(frozen=True)
class Kind:
    """A kind of parameter: how a text becomes a term, and what to expect of the text."""

    name: str
    term: Callable[[str], NamedNode | Literal]
    expected: str
    input: str
    """The type of the field of a form (HTML, 4.10.5)."""

    schema: Mapping[str, str]
    """The JSON Schema of a value."""


def _integer(text: str) -> Literal:
    return Literal(str(int(text)), datatype=XSD.integer)


def _decimal(text: str) -> Literal:
    number = Decimal(text)
    if not number.is_finite():
        raise ValueError(text)
    return Literal(f"{number:f}", datatype=XSD.decimal)


def _date(text: str) -> Literal:
    return Literal(date.fromisoformat(text).isoformat(), datatype=XSD.date)


def _boolean(text: str) -> Literal:
    if text not in ("true", "false"):
        raise ValueError(text)
    return Literal(text, datatype=XSD.boolean)


KINDS = {
    kind.name: kind
    for kind in (
        Kind("iri", terms.iri, "an absolute IRI", "url", {"type": "string", "format": "iri"}),
        Kind("text", Literal, "text", "text", {"type": "string"}),
        Kind("integer", _integer, "a whole number", "number", {"type": "integer"}),
        Kind("decimal", _decimal, "a number", "number", {"type": "number"}),
        Kind("date", _date, "a date such as 2024-02-29", "date", {"type": "string"}),
        Kind("boolean", _boolean, "true or false", "checkbox", {"type": "boolean"}),
    )
}


@dataclass(frozen=True)
class Parameter:
    """What of a query may be chosen."""

    name: str
    kind: Kind
    default: str | None
    of: NamedNode | None
    """The class whose members one chooses among."""

    titles: tuple[Label, ...]

    def title(self, languages: Sequence[str]) -> Label:
        """Return what the parameter is called in the most wanted language."""
        return choose(self.titles, languages) or Label(self.name)

    def term(self, text: str) -> NamedNode | Literal:
        """Return the term that a text stands for. Raises BadInput."""
        try:
            return self.kind.term(text)
        except (ValueError, InvalidOperation, BadInput):
            raise BadInput(
                f"the parameter {self.name} must be {self.kind.expected}, not {text[:80]!r}"
            ) from None


@dataclass(frozen=True)
class Chart:
    """How the rows of a query are drawn: each has a label and a value, in two columns."""

    kind: str
    label: str
    value: str
    series: str = ""
    """The column that tells which series a row is of; "" for one series."""


@dataclass(frozen=True)
class ExampleQuery:
    """A query that a person may start from."""

    name: str
    template: str
    """The SPARQL, without the head, in which parameters stand as variables."""

    titles: tuple[Label, ...]
    descriptions: tuple[Label, ...]
    parameters: tuple[Parameter, ...] = ()
    chart: Chart | None = None

    @property
    def text(self) -> str:
        """The SPARQL with its parameters as they are when nobody chooses."""
        return self.bound({})

    def title(self, languages: Sequence[str]) -> Label:
        """Return the title in the most wanted language."""
        return choose(self.titles, languages) or Label(self.name)

    def description(self, languages: Sequence[str]) -> Label | None:
        """Return the description in the most wanted language."""
        return choose(self.descriptions, languages)

    def bound(self, given: Mapping[str, str]) -> str:
        """Return the SPARQL for the given values of parameters; an empty one leaves it open.

        Raises BadInput for a name that is none of them, and for a value of the wrong kind.
        """
        known = {parameter.name: parameter for parameter in self.parameters}
        for name in given:
            if name not in known:
                names = ", ".join(known) or "none"
                raise BadInput(f"there is no parameter {name[:80]!r}; there are: {names}")
        defaults = {name: each.default for name, each in known.items() if each.default}
        values = {
            name: spell(known[name].term(text))
            for name, text in {**defaults, **given}.items()
            if text
        }
        pieces, end = [], 0
        for token in sparql.tokens(self.template):
            if token.kind == "variable" and token.text[1:] in values:
                pieces += [self.template[end : token.start], values[token.text[1:]]]
                end = token.start + len(token.text)
        return "".join([*pieces, self.template[end:]])


def of(snapshot: Path) -> list[ExampleQuery]:
    """Return the queries that came with a snapshot, or else those that suit any data."""
    folder = snapshot / "queries"
    return load(folder) if folder.is_dir() else usual()


def usual() -> list[ExampleQuery]:
    """Return the queries that suit any data."""
    return load(Path(__file__).parent / "examples")


def named(name: str, among: Sequence[ExampleQuery]) -> ExampleQuery:
    """Return the query of a name. Raises NotFound."""
    found = next((query for query in among if query.name == name), None)
    if found is None:
        raise NotFound("there is no question of this name")
    return found


def load(folder: Path) -> list[ExampleQuery]:
    """Return the queries in `folder`, by file name."""
    return [read(path) for path in sorted(folder.glob("*.rq"))]


def read(path: Path) -> ExampleQuery:
    """Return the query in a file. Raises BadInput when it cannot be read, or its head is wrong."""
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(f"{path}: cannot be read as UTF-8 text: {error}") from None
    head = [found for line in lines if (found := _HEAD.fullmatch(line.strip()))]
    body = "\n".join(line for line in lines if not line.startswith("#+")).strip() + "\n"
    try:
        query = ExampleQuery(
            path.stem,
            body,
            _labels(head, "title"),
            _labels(head, "description"),
            _parameters(head),
            _chart(head),
        )
        query.bound({})
    except BadInput as error:
        raise BadInput(f"{path}: {error.message}") from None
    return query


def _labels(
    head: Sequence[re.Match[str]], field: str, name: str | None = None
) -> tuple[Label, ...]:
    return tuple(
        Label(found["text"].strip(), found["language"])
        for found in head
        if found["field"] == field and found["name"] == name and found["language"]
    )


def _parameters(head: Sequence[re.Match[str]]) -> tuple[Parameter, ...]:
    declared = [found for found in head if found["field"] == "parameter" and not found["language"]]
    return tuple(_parameter(found, head) for found in declared)


def _parameter(declared: re.Match[str], head: Sequence[re.Match[str]]) -> Parameter:
    name, found = declared["name"] or "", _PARAMETER.fullmatch(declared["text"].strip())
    if not name or found is None or found["kind"] not in KINDS:
        kinds = ", ".join(KINDS)
        raise BadInput(
            "expected `parameter NAME: KIND [of CLASS] [= DEFAULT]` "
            f"with one of the kinds {kinds}, got {declared.group()!r}"
        )
    if name in RESERVED:
        raise BadInput(f"a parameter cannot be called {name!r}, which means something already")
    return Parameter(
        name,
        KINDS[found["kind"]],
        found["default"],
        terms.iri(found["class"]) if found["class"] else None,
        _labels(head, "parameter", name),
    )


def _chart(head: Sequence[re.Match[str]]) -> Chart | None:
    fields: dict[str, str] = defaultdict(str, {found["field"]: found["text"] for found in head})
    if not fields["chart"]:
        return None
    kind, *columns = fields["chart"].split()
    if kind not in CHARTS or len(columns) not in (2, 3):
        raise BadInput(f"expected `chart: bar LABEL VALUE [SERIES]`, got {fields['chart']!r}")
    return Chart(kind, *columns)
