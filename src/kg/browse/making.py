"""Making the index of a snapshot: read every triple once, draft columns, keep what is of use.

facets.json   the facets of each class, and where in the other file everything lies
facets.bin    things, values, sets, lines
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from pyroaring import BitMap

from kg import labels
from kg.browse import collation, profiling, things
from kg.browse.archive import Numbers, Writer
from kg.browse.columns import Terms, write_column
from kg.browse.drafts import Draft, Drafting
from kg.browse.facets import Kind
from kg.browse.paths import PLUMBING, TYPE, Step
from kg.browse.profiling import Candidate
from kg.browse.relations import Gathered, gather
from kg.browse.trees import HIERARCHIES
from kg.dataset import Statistics
from kg.display import Display
from kg.labels import Label
from kg.roles import machinery
from kg.store import Store
from kg.store.embedded import EmbeddedStore
from kg.terms import RDF, Literal, NamedNode, Namespace, local_name, spell

META, DATA = "facets.json", "facets.bin"

LANGUAGES = ("zh-Hans", "en")
"""The languages of the interface: things are kept in the order of their names in each."""

MOST_CLASSES = 300
"""Classes, the largest, that have facets of their own; others have those of everything."""

_MOST_SECOND_VALUES = 500
_LEAST_FIRST_VALUES = 20
_LEAST_REACHED = 0.3
_MOST_JOINED = 20_000_000
"""Bounds on paths of two steps: their values, those of the first step, the share of these that the
second step leads on from, and the links that are followed in all."""

_LABELS_AT_ONCE = 1000

_PLUMBING = frozenset(each.value for each in PLUMBING)

SH = Namespace("http://www.w3.org/ns/shacl#")


def make(
    store: EmbeddedStore,
    folder: Path,
    statistics: Statistics,
    display: Display,
    searched: Iterable[str] = (),
) -> None:
    """Write the index of a store into a folder; `searched` are the IRIs that a search may find."""
    unwanted = {each.value for each in (*display.label_properties, *display.description_properties)}
    gathered = gather(
        store,
        [each.iri for each in statistics.properties],
        display.label_properties,
        {tag: labels.chain(tag, ()) for tag in LANGUAGES},
    )
    drafts = _drafts(gathered, unwanted)
    types = next((each.terms for each in drafts if each.path == TYPE), None)
    everything = BitMap(range(len(gathered.things)))
    if types is not None:
        aside = machinery(store, [each.iri for each in statistics.classes])
        everything -= types.union(str(NamedNode(each)) for each in aside)
    preferred = _preferred(display, _shapes(store))
    profiles = {"": profiling.profile(everything, drafts, (), unwanted)}
    profiles |= _profiles(types, drafts, preferred, unwanted)
    used = {each.path for profile in profiles.values() for each in profile}
    kept = [each for each in drafts if each.path in used or _is_plain(each)]
    with (folder / DATA).open("wb") as file:
        to = Writer(file)
        meta = {
            "things": _things(to, gathered, searched),
            "columns": [
                {
                    "path": _steps(each),
                    "tree": _step(each.tree),
                    **_column(to, each, store, display),
                }
                for each in kept
            ],
            "profiles": _places(profiles, kept),
            "properties": _property_labels(store, kept, display),
        }
        to.data(b"\0")  # a file of nothing cannot be mapped
    (folder / META).write_text(json.dumps(meta, ensure_ascii=False) + "\n", encoding="utf-8")


def _is_plain(draft: Draft) -> bool:
    """Return whether a column is of a property itself, which anybody may ask for."""
    return len(draft.path.steps) == 1 and not draft.path.steps[0].inverse


def _steps(draft: Draft) -> dict[str, Any]:
    steps = [[each.property, each.inverse] for each in draft.path.steps]
    return {"steps": steps, "language": draft.path.language}


def _step(step: Step | None) -> list[Any] | None:
    return [step.property, step.inverse] if step else None


def _drafts(gathered: Gathered, unwanted: set[str]) -> list[Draft]:
    """Return a column for each property, and for ways around that may be of use as well."""
    drafting = Drafting(gathered)
    plain = [drafting.forward(property) for property in gathered.relations]
    languages = [drafting.languages(property) for property in gathered.relations]
    inverse = [
        drafting.inverse(property)
        for property, relation in gathered.relations.items()
        if len(relation.objects) and property not in _PLUMBING
    ]
    longer = _two_steps(gathered, drafting, plain, unwanted)
    around = [each for each in (*inverse, *longer) if each.terms is not None and each.presence]
    return [*plain, *(each for each in languages if each), *_different(around, plain)]


def _different(drafts: Sequence[Draft], known: Sequence[Draft]) -> Iterator[Draft]:
    """Yield the columns that tell something that the known ones, or those before, do not."""
    by_size: dict[int, list[Draft]] = defaultdict(list)
    for each in known:
        by_size[len(each.presence)].append(each)
    for each in drafts:
        alike = by_size[len(each.presence)]
        if not any(profiling.is_same(each, other) for other in alike):
            alike.append(each)
            yield each


def _two_steps(
    gathered: Gathered, drafting: Drafting, plain: Sequence[Draft], unwanted: set[str]
) -> list[Draft]:
    """Return columns that lead through things of their own, such as figures, to what these have."""
    seconds = {
        draft.path.steps[0].property: BitMap(np.unique(_subjects(gathered, draft)).tolist())
        for draft in plain
        if draft.path.steps[0].property not in unwanted and _has_few_values(gathered, draft)
    }
    found, left = [], _MOST_JOINED
    for first, reached, links in _first_steps(gathered, drafting):
        rated = (
            (reached.intersection_cardinality(subjects) / len(reached), property)
            for property, subjects in seconds.items()
            if not _climbs(property)
        )
        for share, property in sorted(rated, reverse=True):
            if share < _LEAST_REACHED or links > left:
                break
            left -= links
            draft = drafting.two_steps(first, property)
            if draft is not None:
                found.append(draft)
    return found


def _first_steps(gathered: Gathered, drafting: Drafting) -> Iterator[tuple[Step, BitMap, int]]:
    """Yield steps to many different nodes, or blank ones, with these and the number of links."""
    for property in gathered.relations:
        for inverse in (False, True):
            step = Step(property, inverse)
            start, reached = drafting.step(step)
            of_things = reached[start < len(gathered.things)]
            nodes = np.unique(of_things)
            many = len(nodes) > _LEAST_FIRST_VALUES or drafting.are_blank(nodes)
            if property not in _PLUMBING and many:
                yield step, BitMap(nodes.tolist()), len(of_things)


def _climbs(property: str) -> bool:
    return any(step.property == property for step in HIERARCHIES)


def _subjects(gathered: Gathered, draft: Draft) -> Numbers:
    relation = gathered.relations[draft.path.steps[0].property]
    return np.concatenate([relation.subjects, relation.literal_subjects])


def _has_few_values(gathered: Gathered, draft: Draft) -> bool:
    """Return whether a property leads to few enough values for the end of a longer path."""
    relation = gathered.relations[draft.path.steps[0].property]
    if relation.codes is None:
        return False
    return len(relation.literals) + len(np.unique(relation.objects)) <= _MOST_SECOND_VALUES


def _profiles(
    types: Terms | None,
    drafts: Sequence[Draft],
    preferred: Callable[[str], Sequence[str]],
    unwanted: set[str],
) -> dict[str, list[Candidate]]:
    """Return the facets of each of the largest classes, by its IRI."""
    if types is None:
        return {}
    classes = [(name[1:-1], place) for place, name in enumerate(types.names[:MOST_CLASSES])]
    return {
        name: profiling.profile(types.sets[place], drafts, preferred(name), unwanted)
        for name, place in classes
    }


def _preferred(
    display: Display, shapes: Mapping[str, Sequence[str]]
) -> Callable[[str], Sequence[str]]:
    """Return what tells the properties that the data wants to come first, by class."""
    return lambda name: (*display.view([NamedNode(name)]).facets, *shapes.get(name, ()))


def _places(
    profiles: Mapping[str, Sequence[Candidate]], kept: Sequence[Draft]
) -> dict[str, list[tuple[int, Kind]]]:
    places = {each.path: place for place, each in enumerate(kept)}
    return {
        name: [(places[each.path], each.kind) for each in profile]
        for name, profile in profiles.items()
    }


def _shapes(store: Store) -> dict[str, list[str]]:
    """Return the properties that SHACL shapes put in order, by class (SHACL 2.1.3, 2.3.2.3)."""
    rows = store.query(
        "SELECT ?class ?path (MIN(?place) AS ?order) { "
        f"{{ ?shape {spell(SH.targetClass)} ?class }} UNION {{ "
        f"?shape {spell(RDF.type)} {spell(SH.NodeShape)} , ?kind BIND(?shape AS ?class) "
        f"FILTER(?kind != {spell(SH.NodeShape)}) }} "
        f"?shape {spell(SH.property)} ?property . ?property {spell(SH.path)} ?path ; "
        f"{spell(SH.order)} ?place FILTER(isIRI(?class) && isIRI(?path)) }} GROUP BY ?class ?path"
    ).solutions()
    found: dict[str, list[tuple[float, str]]] = defaultdict(list)
    for row in rows:
        order = row["order"]
        if isinstance(order, Literal) and order.value.lstrip("-").replace(".", "", 1).isdigit():
            found[row["class"].value].append((float(order.value), row["path"].value))
    return {name: [path for _, path in sorted(held)] for name, held in found.items()}


def _things(to: Writer, gathered: Gathered, searched: Iterable[str]) -> dict[str, Any]:
    """Write the things, in order of IRI, and their order by name in each language."""
    iris = gathered.things
    by_names: dict[str, Numbers] = {}
    for tag in LANGUAGES:
        alike = (other for other in by_names if gathered.names[other] == gathered.names[tag])
        known = next(alike, None)
        by_names[tag] = by_names[known] if known else _by_name(iris, gathered.names[tag])
    orders = {f"label-{tag}": order for tag, order in by_names.items()}
    return {
        **things.write(to, iris, orders, _links(gathered)),
        "searched": to.numbers(things.places(iris, searched)),
    }


def _by_name(iris: Sequence[str], names: Sequence[str | None]) -> Numbers:
    """Return the numbers of things in the order of their names, or else local names."""
    keys = [collation.key(name or local_name(iri)) for iri, name in zip(iris, names, strict=True)]
    return np.array(sorted(range(len(iris)), key=keys.__getitem__), np.uint32)


def _links(gathered: Gathered) -> Numbers:
    """Return how many triples, but for those of `PLUMBING`, lead to each thing."""
    size = len(gathered.things)
    links = np.zeros(size, np.int64)
    for property, relation in gathered.relations.items():
        if property not in _PLUMBING:
            kept = relation.objects < size
            pairs = relation.objects[kept].astype(np.uint64) << np.uint64(32)
            distinct = np.unique(pairs | relation.subjects[kept].astype(np.uint64))
            links += np.bincount((distinct >> np.uint64(32)).astype(np.int64), minlength=size)
    return links


def _column(to: Writer, draft: Draft, store: Store, display: Display) -> dict[str, Any]:
    terms = draft.terms
    if terms is not None:
        terms = replace(terms, labels=_labels(store, terms.names, display))
    return write_column(to, draft.presence, terms, draft.line)


def _labels(store: Store, names: Sequence[str], display: Display) -> list[tuple[Label, ...]]:
    """Return the labels of each IRI among spelled terms, those of the best property first."""
    iris = [NamedNode(name[1:-1]) for name in names if name.startswith("<")]
    found: dict[str, tuple[Label, ...]] = {}
    for start in range(0, len(iris), _LABELS_AT_ONCE):
        some = iris[start : start + _LABELS_AT_ONCE]
        texts = labels.texts(store, some, display.label_properties)
        found |= {str(iri): tuple(texts[iri]) for iri in some}
    return [found.get(name, ()) for name in names]


def _property_labels(
    store: Store, drafts: Sequence[Draft], display: Display
) -> dict[str, list[tuple[str, str]]]:
    """Return the labels of the properties of columns."""
    iris = sorted({step.property for each in drafts for step in each.path.steps})
    found = _labels(store, [str(NamedNode(iri)) for iri in iris], display)
    return {
        iri: [(label.text, label.language) for label in held]
        for iri, held in zip(iris, found, strict=True)
    }
