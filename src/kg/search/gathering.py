"""What the search index needs of each triple, gathered in one pass over them.

What is kept is numbers: terms are told apart by 64-bit hashes, some forty bytes for a text and
sixteen for a thing, and texts and IRIs wait in files. Should two IRIs ever have the same hash, that
is noticed.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Mapping
from itertools import groupby
from operator import attrgetter
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from kg.errors import StorageFailed
from kg.search import strings
from kg.search.strings import Strings
from kg.store.embedded import EmbeddedStore
from kg.terms import RDF, RDFS, XSD, BlankNode, Literal, NamedNode, Namespace, Quad

Hashes = npt.NDArray[np.int64]
Integers = npt.NDArray[np.intp]

GEO = Namespace("http://www.opengis.net/ont/geosparql#")

_LINKS = 4_000_000
"""Links that are kept before they are counted."""

_DEEPEST = 100
"""Blank nodes on the way from a text to the thing it belongs to; more is a circle, or a long list,
which is followed no further."""

NOT_TEXT = frozenset(
    {
        *(
            XSD[f"{sign}{name}"].value
            for sign in ("", "unsigned")
            for name in ("Byte", "Short", "Int", "Long", "byte", "short", "int", "long")
        ),
        *(
            XSD[name].value
            for name in (
                "boolean",
                "decimal",
                "integer",
                "double",
                "float",
                "positiveInteger",
                "nonNegativeInteger",
                "negativeInteger",
                "nonPositiveInteger",
                "date",
                "dateTime",
                "dateTimeStamp",
                "time",
                "gYear",
                "gYearMonth",
                "gMonth",
                "gMonthDay",
                "gDay",
                "duration",
                "dayTimeDuration",
                "yearMonthDuration",
                "base64Binary",
                "hexBinary",
            )
        ),
        GEO.wktLiteral.value,
        GEO.gmlLiteral.value,
    }
)
"""Datatypes that nobody reads as words: numbers, dates, bytes and shapes."""

_TYPE, _SUB_CLASS = RDF.type, RDFS.subClassOf


class Numbering:
    """Numbers values in the order in which they come."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}

    def __call__(self, value: str) -> int:
        """Return the number of a value."""
        return self._numbers.setdefault(value, len(self._numbers))

    def __iter__(self) -> Iterator[str]:
        return iter(self._numbers)

    def __len__(self) -> int:
        return len(self._numbers)


class Gathered:
    """The triples of a store, as far as they matter. Fill it with `add`, then ask."""

    def __init__(self, kinds: Mapping[NamedNode, int], other: int, folder: Path) -> None:
        """`kinds` tells the field of a property's texts; those of the rest belong to `other`."""
        self.properties, self.languages, self.classes = Numbering(), Numbering(), Numbering()
        self.super_classes: dict[str, set[str]] = {}
        self._kinds = {property.value: kind for property, kind in kinds.items()}
        self._other = other
        self._folder = folder
        self._iris = strings.Writer(folder / "iris")
        self._texts = strings.Writer(folder / "texts")
        self._subjects = array("q")  # the hash of each run of triples with one IRI
        self._typed, self._types = array("q"), array("I")
        self._linked = array("q")
        self._link_counts: list[tuple[Hashes, Integers]] = []
        self._children, self._parents = array("q"), array("q")  # of blank nodes
        self._owners, self._hashes = array("q"), array("q")  # of texts
        self._fields, self._said_by, self._said_in = array("B"), array("I"), array("I")

    def add(self, quads: Iterator[Quad]) -> None:
        """Take quads, which should come with those of a subject together."""
        for subject, group in groupby(quads, attrgetter("subject")):
            if isinstance(subject, NamedNode):
                owner = hash(subject.value)
                self._subjects.append(owner)
                self._iris.append(subject.value)
            elif isinstance(subject, BlankNode):
                owner = _blank(subject)
            else:
                continue  # nothing has a page that is said of a triple
            for quad in group:
                self._add(owner, subject.value, quad)

    def _add(self, owner: int, subject: str, quad: Quad) -> None:
        value, property = quad.object, quad.predicate
        if isinstance(value, Literal):
            if value.datatype.value not in NOT_TEXT:
                self._add_text(owner, property.value, value)
        elif isinstance(value, BlankNode):
            self._children.append(_blank(value))
            self._parents.append(owner)
        elif not isinstance(value, NamedNode):
            pass
        elif property == _TYPE:
            self._typed.append(owner)
            self._types.append(self.classes(value.value))
        else:
            if property == _SUB_CLASS:
                self.super_classes.setdefault(subject, set()).add(value.value)
            self._linked.append(hash(value.value))
            if len(self._linked) >= _LINKS:
                self._count_links()

    def _add_text(self, owner: int, property: str, literal: Literal) -> None:
        language = literal.language or ""
        self._texts.append(literal.value)
        self._owners.append(owner)
        self._hashes.append(hash((property, literal.value, language)))
        self._fields.append(self._kinds.get(property, self._other))
        self._said_by.append(self.properties(property))
        self._said_in.append(self.languages(language))

    def finish(self) -> None:
        """Work out which entities there are: `iris`, one for each, `links` and `classed`."""
        self._iris.finish()
        self._texts.finish()
        self._count_links()
        runs = Strings(self._folder / "iris")
        self._known, first, inverse = np.unique(
            _numbers(self._subjects), return_index=True, return_inverse=True
        )
        _must_agree(runs, first, inverse)
        self.iris = runs
        self.first: Integers = first
        """The place in `iris` of each entity's IRI."""

        self.links = self._links()
        self.texts = Strings(self._folder / "texts")

    def _count_links(self) -> None:
        self._link_counts.append(np.unique(_numbers(self._linked), return_counts=True))
        self._linked = array("q")
        if len(self._link_counts) > 1:
            hashes, counts = (np.concatenate(each) for each in zip(*self._link_counts, strict=True))
            once, inverse = np.unique(hashes, return_inverse=True)
            total = np.bincount(inverse, counts, len(once)).astype(np.intp)
            self._link_counts = [(once, total)]

    def _links(self) -> Integers:
        """Return how many triples lead to each entity."""
        hashes, counts = self._link_counts[0]
        places, found = _find(hashes, self._known)
        return np.where(found, counts[places] if len(counts) else 0, 0)

    def typed(self) -> tuple[Integers, npt.NDArray[np.uint32]]:
        """Return entities and the number of a class of each, for all their classes, each once."""
        entities, found = _find(self._known, _numbers(self._typed))
        entities, classes = entities[found], np.frombuffer(self._types, np.uint32)[found]
        once = _distinct(entities, classes)
        return entities[once], classes[once]

    def owned(self) -> TextsOwned:
        """Return the texts of entities, each once."""
        owners = self._above(_numbers(self._owners))
        entities, found = _find(self._known, owners)
        texts = np.flatnonzero(found)
        texts = texts[_distinct(entities[texts], _numbers(self._hashes)[texts])]
        return TextsOwned(
            texts,
            entities[texts],
            np.frombuffer(self._fields, np.uint8)[texts],
            np.frombuffer(self._said_by, np.uint32)[texts],
            np.frombuffer(self._said_in, np.uint32)[texts],
        )

    def _above(self, owners: Hashes) -> Hashes:
        """Return the hashes of the nearest IRIs above; a blank node counts for its first parent."""
        children, first = np.unique(_numbers(self._children), return_index=True)
        parents = _numbers(self._parents)[first]
        for _ in range(_DEEPEST):
            places, is_blank = _find(children, owners)
            if not is_blank.any():
                break
            owners = np.where(is_blank, parents[places], owners)
        return owners


class TextsOwned:
    """Texts by their place in `Gathered.texts`, with what is known of each."""

    def __init__(
        self,
        texts: Integers,
        entities: Integers,
        fields: npt.NDArray[np.uint8],
        properties: npt.NDArray[np.uint32],
        languages: npt.NDArray[np.uint32],
    ) -> None:
        self.texts = texts
        self.entities = entities
        self.fields = fields
        self.properties = properties
        self.languages = languages


def gather(
    store: EmbeddedStore, kinds: Mapping[NamedNode, int], other: int, folder: Path
) -> Gathered:
    """Return what matters of a store. Files that it needs are put into a folder."""
    gathered = Gathered(kinds, other, folder)
    gathered.add(store.quads())
    gathered.finish()
    return gathered


def _blank(node: BlankNode) -> int:
    return hash(f"_:{node.value}")


def _numbers(values: array[int]) -> Hashes:
    return np.frombuffer(values, np.int64)


def _find(known: Hashes, wanted: Hashes) -> tuple[Integers, npt.NDArray[np.bool_]]:
    """Return where in `known`, which ascends, each of `wanted` is, and whether it is there."""
    places = np.searchsorted(known, wanted)
    places[places == len(known)] = 0
    found = known[places] == wanted if len(known) else np.zeros(len(wanted), np.bool_)
    return places, found


def _distinct(first: npt.NDArray[Any], second: npt.NDArray[Any]) -> Integers:
    """Return the places of the first of each pair that comes more than once, ascending."""
    order = np.lexsort((second, first))
    same = (np.diff(first[order]) == 0) & (np.diff(second[order]) == 0)
    return np.sort(order[np.r_[True, ~same][: len(order)]])


def _must_agree(runs: Strings, first: Integers, inverse: Integers) -> None:
    """Raise StorageFailed if two IRIs share a hash, which another run of Python will not repeat."""
    again = np.flatnonzero(first[inverse] != np.arange(len(inverse)))
    for run in again.tolist():
        if runs[run] != runs[int(first[inverse[run]])]:
            raise StorageFailed("two identifiers have the same hash; build the database again")
