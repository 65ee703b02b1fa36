"""What a store says, property by property, as arrays of numbers: the raw material of an index.

Every node has a number. Those of the things that can be browsed, IRIs of which something is said,
come first and follow the order of the IRIs.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from kg.browse.archive import Numbers
from kg.browse.columns import DAY, ITEM
from kg.browse.values import DATE, NUMBER
from kg.labels import Label, choose
from kg.store.embedded import EmbeddedStore
from kg.terms import XSD, BlankNode, Literal, NamedNode, Term

MOST_VALUES = 20_000
"""Different literals of a property beyond which they are no values to choose from."""

BLANK = "_:"

_NUMERIC = frozenset(
    XSD[name].value
    for name in (
        *("integer", "decimal", "double", "float", "long", "int", "short", "byte"),
        *("nonNegativeInteger", "positiveInteger", "nonPositiveInteger", "negativeInteger"),
        *("unsignedLong", "unsignedInt", "unsignedShort", "unsignedByte"),
    )
)
_DATED = frozenset(
    XSD[name].value for name in ("date", "dateTime", "dateTimeStamp", "gYear", "gYearMonth")
)
_STARTS_NUMBER = frozenset("0123456789+-.iI")


@dataclass(frozen=True)
class Relation:
    """All that stands at one property. Arrays of subjects go with arrays of what is there."""

    property: str
    subjects: Numbers
    """The subject of each node that is an object."""

    objects: Numbers
    """And these objects."""

    literal_subjects: Numbers
    """The subject of each literal; also where `codes` are not kept."""

    codes: Numbers | None
    """The place of each literal among `literals`, unless there are too many different ones."""

    literals: Sequence[str]
    """In the spelling of N-Triples."""

    other_subjects: Numbers
    """Subjects of what is neither node nor literal."""

    number_subjects: Numbers
    numbers: Numbers
    typed_numbers: int
    """How many of these literals are numbers by their datatype."""

    day_subjects: Numbers
    days: Numbers
    typed_days: int
    """How many of these literals are dates by their datatype, or at least not just four digits."""

    days_as_numbers: int
    """How many literals are days and numbers: years."""

    languages: dict[str, Numbers]
    """The subjects of texts in each language."""


class Nodes:
    """Numbers for nodes. A blank node is called `_:` and its id."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}
        self._is_subject = bytearray()

    def subject(self, node: Term) -> int:
        """Return the number of a node that is a subject, a new one when it is new."""
        number = self.number(node)
        self._is_subject[number] = True
        return number

    def number(self, node: Term) -> int:
        """Return the number of a node."""
        name = node.value if type(node) is NamedNode else f"{BLANK}{node.value}"  # type: ignore[union-attr]
        number = self._numbers.get(name)
        if number is None:
            number = self._numbers[name] = len(self._numbers)
            self._is_subject.append(False)
        return number

    def ordered(self) -> tuple[list[str], list[str], Numbers]:
        """Return the names of the things, those of all other nodes, and the final numbers.

        The last is an array with the final number of each node, by the number it had.
        """
        is_subject = self._is_subject
        things = sorted(
            name
            for name, number in self._numbers.items()
            if is_subject[number] and not name.startswith(BLANK)
        )
        final = np.full(len(is_subject), -1, np.int64)
        final[[self._numbers[name] for name in things]] = np.arange(len(things))
        others = [name for name, number in self._numbers.items() if final[number] < 0]
        final[final < 0] = np.arange(len(things), len(is_subject))
        return things, others, final.astype(ITEM)


class _Gathering:
    """The relation of one property in the making."""

    def __init__(self, property: str, nodes: Nodes) -> None:
        self.property = property
        self._nodes = nodes
        self._subjects, self._objects = array("I"), array("I")
        self._literal_subjects, self._codes = array("I"), array("I")
        self._other_subjects = array("I")
        self._literals: dict[str, int] = {}
        self._number_subjects, self._numbers = array("I"), array("d")
        self._day_subjects = array("I")
        self._days: list[bytes] = []
        self._languages: dict[str, array[int]] = {}
        self._typed_numbers = 0
        self._typed_days = 0
        self._days_as_numbers = 0

    def take(self, subject: Term, object: Term) -> int:
        """Take a triple; return the number of its subject."""
        number = self._nodes.subject(subject)
        if isinstance(object, Literal):
            self._literal(number, object)
        elif isinstance(object, (NamedNode, BlankNode)):
            self._subjects.append(number)
            self._objects.append(self._nodes.number(object))
        else:
            self._other_subjects.append(number)
        return number

    def _literal(self, subject: int, literal: Literal) -> None:
        self._literal_subjects.append(subject)
        if len(self._literals) <= MOST_VALUES:
            self._codes.append(self._literals.setdefault(str(literal), len(self._literals)))
        text = literal.value
        if literal.language:
            self._languages.setdefault(literal.language, array("I")).append(subject)
        if text[:1] in _STARTS_NUMBER:
            self._line(subject, text, literal)

    def _line(self, subject: int, text: str, literal: Literal) -> None:
        """Take what can be compared: every text that reads as a number or as a day."""
        is_number = NUMBER.fullmatch(text) is not None
        is_day = DATE.fullmatch(text) is not None
        if is_number:
            self._number_subjects.append(subject)
            self._numbers.append(float(text))
            self._typed_numbers += literal.datatype.value in _NUMERIC
        if is_day:
            self._day_subjects.append(subject)
            self._days.append(text.encode()[: DAY.itemsize])
            self._typed_days += literal.datatype.value in _DATED or "-" in text
        self._days_as_numbers += is_number and is_day

    def relation(self) -> Relation:
        has_codes = len(self._codes) == len(self._literal_subjects)
        return Relation(
            property=self.property,
            subjects=_array(self._subjects),
            objects=_array(self._objects),
            literal_subjects=_array(self._literal_subjects),
            codes=_array(self._codes) if has_codes else None,
            literals=list(self._literals) if has_codes else [],
            other_subjects=_array(self._other_subjects),
            number_subjects=_array(self._number_subjects),
            numbers=np.array(self._numbers, np.float64),
            typed_numbers=self._typed_numbers,
            day_subjects=_array(self._day_subjects),
            days=np.array(self._days, DAY),
            typed_days=self._typed_days,
            days_as_numbers=self._days_as_numbers,
            languages={name: _array(held) for name, held in self._languages.items()},
        )


def _array(numbers: array[int]) -> Numbers:
    return np.frombuffer(numbers, ITEM) if numbers else np.empty(0, ITEM)


class Names:
    """The best label of each node in one language, as the triples come by."""

    def __init__(self, languages: Sequence[str], properties: Sequence[NamedNode]) -> None:
        self._languages = languages
        self._properties = {property.value: place for place, property in enumerate(properties)}
        self._found: dict[int, tuple[Label, int]] = {}

    def take(self, node: int, property: str, literal: Literal) -> None:
        """Take a triple with a label property."""
        label, place = Label.of(literal), self._properties[property]
        known = self._found.get(node)
        if known is not None:
            pair = sorted((known, (label, place)), key=lambda each: (each[1], each[0].text))
            chosen = choose((each[0] for each in pair), self._languages)
            self._found[node] = pair[0] if pair[0][0] is chosen else pair[1]
        else:
            self._found[node] = (label, place)

    def of(self, node: int) -> str | None:
        """Return the label of a node, by the number it had when it came."""
        known = self._found.get(node)
        return known[0].text if known else None


@dataclass(frozen=True)
class Gathered:
    """Everything that a store says, in the final numbers of nodes."""

    things: Sequence[str]
    """The IRIs that can be browsed, in order; the number of a thing is its place."""

    others: Sequence[str]
    """The nodes after them."""

    relations: dict[str, Relation]
    """By property, each triple as often as it stands in a graph."""

    names: dict[str, list[str | None]]
    """The label of each thing, by interface language."""

    def name(self, node: int) -> str:
        """Return what a node is called: an IRI, or `_:` and an id."""
        size = len(self.things)
        return self.things[node] if node < size else self.others[node - size]


def gather(
    store: EmbeddedStore,
    properties: Iterable[str],
    label_properties: Sequence[NamedNode],
    languages: dict[str, Sequence[str]],
) -> Gathered:
    """Read all triples once, property by property.

    `languages` holds, for each language in which names are wanted, the order of preference.
    Memory: some 200 bytes a node, 8 bytes a triple, and the names.
    """
    nodes = Nodes()
    names = {tag: Names(order, label_properties) for tag, order in languages.items()}
    naming = {property.value for property in label_properties}
    relations = {}
    for property in properties:
        gathering = _Gathering(property, nodes)
        for subject, object in store.pairs(NamedNode(property)):
            number = gathering.take(subject, object)
            if property in naming and isinstance(object, Literal):
                for each in names.values():
                    each.take(number, property, object)
        relations[property] = gathering.relation()
    things, others, final = nodes.ordered()
    before = np.argsort(final)
    return Gathered(
        things,
        others,
        {property: _renumbered(each, final) for property, each in relations.items()},
        {
            tag: [each.of(number) for number in before[: len(things)].tolist()]
            for tag, each in names.items()
        },
    )


def _renumbered(relation: Relation, final: Numbers) -> Relation:
    return Relation(
        property=relation.property,
        subjects=final[relation.subjects],
        objects=final[relation.objects],
        literal_subjects=final[relation.literal_subjects],
        codes=relation.codes,
        literals=relation.literals,
        other_subjects=final[relation.other_subjects],
        number_subjects=final[relation.number_subjects],
        numbers=relation.numbers,
        typed_numbers=relation.typed_numbers,
        day_subjects=final[relation.day_subjects],
        days=relation.days,
        typed_days=relation.typed_days,
        days_as_numbers=relation.days_as_numbers,
        languages={name: final[held] for name, held in relation.languages.items()},
    )
