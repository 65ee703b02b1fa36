"""Making the search index of a snapshot: one pass over its triples, then the texts by importance.

search/names/ …          labels and other names (see `kg.search.field`)
search/descriptions/ …
search/others/ …         what else is text
search/entities.*        the IRIs, the most important first
search/keys.npy          hashes of the IRIs, ascending
search/order.npy         the entity of each hash
search/class_ends.npy    where the classes of each entity end in class_numbers.npy
search/index.json        the rest
"""

from __future__ import annotations

import heapq
import json
import re
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from operator import attrgetter
from pathlib import Path
from typing import NamedTuple
from urllib.parse import unquote

import numpy as np
import numpy.typing as npt

from kg import display
from kg.display import Display
from kg.labels import DC, DCTERMS, FOAF, SCHEMA, SKOS
from kg.search import field, strings
from kg.search.gathering import Gathered, Integers, TextsOwned, gather
from kg.search.index import DESCRIPTIONS, FIELDS, FORMAT, NAMES, OTHERS, identity
from kg.search.normal import Folding, simplified
from kg.search.postings import Numbers
from kg.store.embedded import EmbeddedStore
from kg.terms import NamedNode, local_name

FOLDER = "search"

BLOCK = 100_000
"""Texts that are listed at a time."""

OTHER_NAMES = (
    SKOS.altLabel,
    SKOS.hiddenLabel,
    SKOS.notation,
    SCHEMA.alternateName,
    SCHEMA.identifier,
    NamedNode("http://schema.org/alternateName"),
    NamedNode("http://schema.org/identifier"),
    DCTERMS.alternative,
    DCTERMS.identifier,
    DC.identifier,
    FOAF.nick,
)
"""Where things are called something besides their label."""

_RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
_RDFS = "http://www.w3.org/2000/01/rdf-schema#"
_OWL = "http://www.w3.org/2002/07/owl#"

_VOCABULARY = frozenset(
    {
        f"{_RDF}Property",
        *(f"{_RDFS}{name}" for name in ("Class", "Datatype")),
        f"{_OWL}Class",
        *(f"{_OWL}{kind}Property" for kind in ("Object", "Datatype", "Annotation", "Functional")),
    }
)
_MACHINERY = (
    f"{_RDF}Statement",
    f"{_RDF}List",
    f"{_OWL}Axiom",
    f"{_OWL}Restriction",
    "http://www.w3.org/ns/oa#",
    "http://www.w3.org/ns/shacl#",
    "https://kg.example/display#",
)

STANDINGS: tuple[Callable[[str], bool], ...] = (
    _VOCABULARY.__contains__,
    lambda iri: iri.startswith(_MACHINERY),
)
"""Whether a class has members that rank behind: the words of an ontology, and last of all the
machinery that says how something is said."""

_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


def make(store: EmbeddedStore, folder: Path) -> None:
    """Write the index of a store into a folder."""
    shown = display.read(store)
    names = (*shown.label_properties, *OTHER_NAMES)
    kinds = dict.fromkeys(shown.description_properties, DESCRIPTIONS) | dict.fromkeys(names, NAMES)
    target = folder / FOLDER
    target.mkdir()
    with tempfile.TemporaryDirectory(prefix="gathering-", dir=folder) as temporary:
        gathered = gather(store, kinds, OTHERS, Path(temporary))
        _write(gathered, shown, target)


@dataclass(frozen=True)
class _Ranked:
    """Entities in the order of their importance."""

    gathered: Gathered
    order: Integers
    """The entity of each rank."""

    rank: Integers
    """The rank of each entity."""

    ordinary: int
    """Ranks of entities that are no machinery."""

    def iri(self, rank: int) -> str:
        """Return the IRI of the entity with a rank."""
        return self.gathered.iris[int(self.gathered.first[self.order[rank]])]


def _write(gathered: Gathered, shown: Display, target: Path) -> None:
    entities, classes = gathered.typed()
    ranked = _ranked(gathered, entities, classes)
    _write_entities(target, ranked)
    _write_classes(target, ranked.rank[entities], classes, len(ranked.order))
    labels = [each.value for each in shown.label_properties]
    names = [*labels, *(each.value for each in OTHER_NAMES)]
    folding = Folding(simplified())
    meta = {
        "format": FORMAT,
        "entities": len(ranked.order),
        "ordinary": ranked.ordinary,
        "syllables": _write_texts(target, ranked, names, folding),
        "properties": [*gathered.properties, ""],
        "labels": [place for place, each in enumerate(gathered.properties) if each in labels],
        "languages": [*gathered.languages, ""],
        "classes": list(gathered.classes),
        "machinery": [
            place
            for place, each in enumerate(gathered.classes)
            if _class_standing(each, gathered.super_classes) == len(STANDINGS)
        ],
        "simplified": folding.simplified,
    }
    (target / "index.json").write_text(json.dumps(meta, ensure_ascii=False), encoding="utf-8")


def _ranked(gathered: Gathered, entities: Integers, classes: Numbers) -> _Ranked:
    standing = _standing(gathered, entities, classes)
    order = np.lexsort((gathered.first, -gathered.links, standing))
    ordinary = int(np.count_nonzero(standing < len(STANDINGS)))
    return _Ranked(gathered, order, np.argsort(order, kind="stable"), ordinary)


def _standing(gathered: Gathered, entities: Integers, classes: Numbers) -> npt.NDArray[np.uint8]:
    """Return for each entity the last of `STANDINGS`, counted from 1, that a class of it has."""
    of_class = np.array(
        [_class_standing(each, gathered.super_classes) for each in gathered.classes], np.uint8
    )
    standing = np.zeros(len(gathered.first), np.uint8)
    np.maximum.at(standing, entities, of_class[classes])
    return standing


def _class_standing(iri: str, super_classes: Mapping[str, set[str]]) -> int:
    above, waiting = set(), [iri]
    while waiting:
        each = waiting.pop()
        if each not in above:
            above.add(each)
            waiting += super_classes.get(each, ())
    found = (number for number, holds in enumerate(STANDINGS, 1) if any(map(holds, above)))
    return max(found, default=0)


def _write_entities(target: Path, ranked: _Ranked) -> None:
    writer = strings.Writer(target / "entities")
    keys = np.empty(len(ranked.order), np.uint64)
    for rank in range(len(ranked.order)):
        iri = ranked.iri(rank)
        writer.append(iri)
        keys[rank] = identity(iri)
    writer.finish()
    ascending = np.argsort(keys, kind="stable")
    np.save(target / "keys.npy", keys[ascending])
    np.save(target / "order.npy", ascending.astype(np.uint32))


def _write_classes(target: Path, entities: Integers, classes: Numbers, size: int) -> None:
    order = np.lexsort((classes, entities))
    counts = np.bincount(entities, minlength=size)
    np.save(target / "class_ends.npy", np.cumsum(counts).astype(np.uint32))
    np.save(target / "class_numbers.npy", classes[order].astype(np.uint32))


def _write_texts(
    target: Path, ranked: _Ranked, names: Sequence[str], folding: Folding
) -> Mapping[str, Sequence[str]]:
    """Write the fields, and return the syllables of the characters in names."""
    fields = [
        field.Writer(target / name, folding, phonetic=place == NAMES)
        for place, name in enumerate(FIELDS)
    ]
    owned = ranked.gathered.owned()
    has_name = np.zeros(len(ranked.order), np.bool_)
    has_name[ranked.rank[owned.entities[owned.fields == NAMES]]] = True
    nameless = np.flatnonzero(~has_name[: ranked.ordinary])
    said, local = _said(ranked, owned, names), _local_names(ranked, nameless)
    for text in heapq.merge(said, local, key=attrgetter("owner")):
        fields[text.field].append(text.text, text.owner, text.property, text.language)
    for each in fields:
        each.finish()
    return {each: said for each, said in fields[NAMES].syllables.items() if said}


class _Text(NamedTuple):
    owner: int
    field: int
    text: str
    property: int
    language: int


def _said(ranked: _Ranked, owned: TextsOwned, names: Sequence[str]) -> Iterator[_Text]:
    """Yield the texts by owner, those at the preferred properties first."""
    places = {property: place for place, property in enumerate(names)}
    properties = [*ranked.gathered.properties, ""]
    preference = np.array([places.get(each, len(places)) for each in properties])
    ranks = ranked.rank[owned.entities]
    order = np.lexsort((owned.texts, preference[owned.properties], ranks))
    columns = (ranks, owned.fields, owned.texts, owned.properties, owned.languages)
    for start in range(0, len(order), BLOCK):
        block = (column[order[start : start + BLOCK]].tolist() for column in columns)
        for owner, kind, text, property, language in zip(*block, strict=True):
            yield _Text(owner, kind, ranked.gathered.texts[text], property, language)


def _local_names(ranked: _Ranked, owners: Integers) -> Iterator[_Text]:
    """Yield what things without a name are called by their IRIs: `…/EastLake` is East Lake."""
    property, language = len(ranked.gathered.properties), len(ranked.gathered.languages)
    for owner in map(int, owners):
        words = _HUMP.sub(" ", unquote(local_name(ranked.iri(owner))))
        yield _Text(owner, NAMES, words, property, language)
