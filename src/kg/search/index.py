"""The search index of a snapshot, opened: entities by importance, and their texts by field."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from pathlib import Path

import numpy as np
import numpy.typing as npt

from kg.errors import StorageFailed
from kg.labels import Label, choose
from kg.search.field import Field
from kg.search.normal import Folding
from kg.search.postings import Numbers
from kg.search.strings import Strings
from kg.terms import local_name

FORMAT = 2

FIELDS = ("names", "descriptions", "others")
NAMES, DESCRIPTIONS, OTHERS = range(len(FIELDS))


def identity(iri: str) -> int:
    """Return the number under which an IRI is found."""
    return int.from_bytes(hashlib.blake2b(iri.encode(), digest_size=8).digest())


class Index:
    """Entities are numbers: 0 is the most important one. Opening costs about a millisecond."""

    def __init__(self, folder: Path) -> None:
        """Open a folder. Raises StorageFailed if it is damaged, or was made by another version."""
        try:
            meta = json.loads((folder / "index.json").read_text(encoding="utf-8"))
            if meta["format"] != FORMAT:
                raise StorageFailed(f"{folder} was made by another version; build it again")
            self.entities: int = meta["entities"]
            self.ordinary: int = meta["ordinary"]
            """Entities from this one on only say how something is said."""

            self.properties: list[str] = meta["properties"]
            self.labels = frozenset(meta["labels"])
            """The numbers of the properties that hold labels, rather than other names."""

            self.languages: list[str] = meta["languages"]
            self.classes: list[str] = meta["classes"]
            self.machinery = {self.classes[place] for place in meta["machinery"]}
            """Classes of what only says how something is said."""

            self.folding = Folding(meta["simplified"])
            self.syllables: dict[str, Sequence[str]] = meta["syllables"]
            self.fields = [Field(folder / name) for name in FIELDS]
            self._iris = Strings(folder / "entities")
            self._keys = np.load(folder / "keys.npy", mmap_mode="r")
            self._order: Numbers = np.load(folder / "order.npy", mmap_mode="r")
            self._class_ends: Numbers = np.load(folder / "class_ends.npy", mmap_mode="r")
            self._class_numbers: Numbers = np.load(folder / "class_numbers.npy", mmap_mode="r")
        except OSError as error:
            raise StorageFailed(f"cannot read {error.filename}: {error.strerror}") from None
        except (ValueError, TypeError, KeyError, AttributeError, EOFError):
            raise StorageFailed(f"{folder} is damaged; build it again") from None

    @cached_property
    def known_syllables(self) -> frozenset[str]:
        """The syllables that characters in names may be read as."""
        return frozenset(each for said in self.syllables.values() for each in said)

    def iri(self, entity: int) -> str:
        """Return the IRI of an entity."""
        return self._iris[entity]

    def iris(self, entities: Iterable[int]) -> Iterator[str]:
        """Yield the IRIs of entities."""
        return map(self._iris.__getitem__, entities)

    def entity(self, iri: str) -> int | None:
        """Return the entity with an IRI, if there is one."""
        key = np.uint64(identity(iri))
        first, last = (int(np.searchsorted(self._keys, key, side)) for side in ("left", "right"))
        found = (int(each) for each in self._order[first:last])
        return next((each for each in found if self.iri(each) == iri), None)

    def classes_of(self, entity: int) -> list[int]:
        """Return the numbers of an entity's classes."""
        begin = int(self._class_ends[entity - 1]) if entity else 0
        return list(map(int, self._class_numbers[begin : int(self._class_ends[entity])]))

    def class_counts(self, entities: Numbers) -> npt.NDArray[np.intp]:
        """Return how many of some entities are of each class."""
        ends = self._class_ends[entities].astype(np.int64)
        begins = np.where(entities > 0, self._class_ends[np.maximum(entities, 1) - 1], 0)
        lengths = ends - begins
        places = np.repeat(ends - np.cumsum(lengths), lengths) + np.arange(lengths.sum())
        return np.bincount(self._class_numbers[places], minlength=len(self.classes))

    @cached_property
    def _owners_of_classes(self) -> Numbers:
        """The entity that each place of the list of classes belongs to."""
        counts = np.diff(self._class_ends, prepend=np.uint32(0))
        return np.repeat(np.arange(self.entities, dtype=np.uint32), counts)

    def members(self, class_number: int) -> Numbers:
        """Return the entities of a class, ascending."""
        return self._owners_of_classes[np.flatnonzero(self._class_numbers == class_number)]

    def label(self, entity: int, languages: Sequence[str]) -> Label:
        """Return what an entity is called in the most wanted language; else its local name."""
        found = (text for property, text in self._said(entity, NAMES) if property in self.labels)
        return choose(found, languages) or Label(local_name(self.iri(entity)))

    def description(self, entity: int, languages: Sequence[str]) -> Label | None:
        """Return the description of an entity in the most wanted language, if it has one."""
        return choose((text for _, text in self._said(entity, DESCRIPTIONS)), languages)

    def label_of(self, iri: str, languages: Sequence[str]) -> Label:
        """Return what an IRI is called, whether it is an entity or not."""
        entity = self.entity(iri)
        return Label(local_name(iri)) if entity is None else self.label(entity, languages)

    def _said(self, entity: int, kind: int) -> Iterator[tuple[int, Label]]:
        """Yield the texts of an entity in a field with the numbers of their properties."""
        field = self.fields[kind]
        for text in field.texts_of(entity):
            language = self.languages[field.languages[text]]
            yield int(field.properties[text]), Label(field.texts[text], language)
