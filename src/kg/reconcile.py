"""Which things of the data are meant by the cells of a table: reconciliation.

The model is that of the Reconciliation Service API 0.2 (W3C Entity Reconciliation Community Group,
2023): a query has a text, classes and values of properties, and gets candidates with scores from 0
to 100.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from kg import labels, terms
from kg.errors import BadInput
from kg.labels import Label
from kg.search import hits, similar
from kg.search.hits import Wanted
from kg.search.index import Index
from kg.search.matching import Deadline, Match, Matching
from kg.search.query import LONGEST, parse
from kg.store import Store
from kg.terms import XSD, Literal, NamedNode

MOST_QUERIES = 100
"""Queries in a batch; OpenRefine sends 10."""

MOST = 50
"""Candidates of a query, and how many are given when it does not say."""
USUAL = 10

_LOOKED_AT = 60
"""Entities with similar names that are compared to a text."""

_SAME = 100.0
"""The score of a name that is the same."""

_HEARD = 90.0
"""The score of a name that is not written, but read as the text is."""

_CONDITIONS = 0.4
"""The part of a score that the values of properties make up, where some are given."""

_OTHER_CLASS = 0.8
"""What is left of a score where a class should be another."""

STRICTNESS = ("any", "should", "all")

Value = str | float | bool | NamedNode
"""What a property should have: a text, a number, a truth, or a thing that is known already."""


@dataclass(frozen=True)
class Condition:
    """A property that should have one of some values."""

    property: NamedNode
    values: tuple[Value, ...]


@dataclass(frozen=True)
class Query:
    """What is looked for."""

    text: str
    classes: tuple[str, ...] = ()
    strictness: str = "any"
    limit: int = USUAL
    conditions: tuple[Condition, ...] = ()


@dataclass(frozen=True)
class Candidate:
    """A thing that may be meant."""

    iri: str
    label: Label
    description: Label | None
    classes: tuple[str, ...]
    score: float
    match: bool
    """Whether it is certain: the name is the same, all values are there, and nothing else is so."""

    features: Mapping[str, float | bool]


def queries(text: str) -> dict[str, Query]:
    """Return the queries of a batch by their keys. Raises BadInput."""
    try:
        batch = json.loads(text)
    except (ValueError, RecursionError):
        raise BadInput("`queries` must be a JSON object of queries") from None
    if not isinstance(batch, dict):
        raise BadInput("`queries` must be a JSON object of queries")
    if len(batch) > MOST_QUERIES:
        raise BadInput(f"a batch may hold {MOST_QUERIES} queries, not {len(batch)}")
    return {key: _query(key, value) for key, value in batch.items()}


def _query(key: str, value: Any) -> Query:
    if isinstance(value, str):
        value = {"query": value}  # as the first clients asked
    if not isinstance(value, dict):
        raise BadInput(f"query {key[:40]!a} must be an object")
    text, classes = value.get("query", ""), value.get("type") or []
    limit, strictness = value.get("limit") or USUAL, value.get("type_strict", "any")
    classes = [classes] if isinstance(classes, str) else classes
    given = value.get("properties") or []
    if not isinstance(text, str) or len(text) > LONGEST:
        raise BadInput(f"the text of query {key[:40]!a} must be a string of {LONGEST} characters")
    if not isinstance(classes, list) or not all(isinstance(each, str) for each in classes):
        raise BadInput(f"the type of query {key[:40]!a} must be an IRI, or a list of them")
    if not isinstance(limit, int | float) or limit < 1:
        raise BadInput(f"the limit of query {key[:40]!a} must be a number from 1 on")
    if strictness not in STRICTNESS:
        raise BadInput(f"type_strict of query {key[:40]!a} must be one of {', '.join(STRICTNESS)}")
    if not isinstance(given, list) or not (text.strip() or given):
        raise BadInput(f"query {key[:40]!a} needs a text, or properties")
    conditions = tuple(_condition(key, each) for each in given)
    return Query(text, tuple(classes), strictness, min(int(limit), MOST), conditions)


def _condition(key: str, given: Any) -> Condition:
    if not isinstance(given, dict) or not isinstance(given.get("pid"), str) or "v" not in given:
        raise BadInput(f"a property of query {key[:40]!a} needs a pid and a v")
    values = given["v"] if isinstance(given["v"], list) else [given["v"]]
    return Condition(terms.iri(given["pid"]), tuple(_value(key, each) for each in values))


def _value(key: str, value: Any) -> Value:
    if isinstance(value, dict) and isinstance(value.get("id"), str):
        return terms.iri(value["id"])
    if isinstance(value, str | int | float | bool):
        return value
    raise BadInput(f"a value in query {key[:40]!a} must be a string, number, boolean or an entity")


Found = dict[int, float]
"""Entities with the score of their names."""


class Reconciler:
    """Answers queries from an index, and from a store where properties are given."""

    def __init__(
        self, index: Index, store: Store, languages: Sequence[str], *, seconds: float
    ) -> None:
        self._index = index
        self._store = store
        self._languages = languages
        self._deadline = Deadline(seconds)

    def candidates(
        self, batch: Mapping[str, Query], narrower: Mapping[str, Collection[str]]
    ) -> dict[str, list[Candidate]]:
        """Return the candidates of each query, the best first; by one query to the store at most.

        `narrower` has for each class that is asked for the classes that count as it. Raises
        OverLimit and what the store does.
        """
        found = {key: self._named(query, narrower) for key, query in batch.items()}
        said = self._said(batch, found)
        return {key: self._ranked(query, found[key], said) for key, query in batch.items()}

    def _named(self, query: Query, narrower: Mapping[str, Collection[str]]) -> Found:
        """Return entities whose names are like the text, or hold it."""
        find = self._by_name if query.text.strip() else self._with_values
        return {
            entity: score * fitting
            for entity, score in find(query).items()
            if (fitting := self._fitting(entity, query, narrower))
        }

    def _by_name(self, query: Query) -> Found:
        index, normal = self._index, self._index.folding.normal(query.text)
        matching = Matching(index, parse(query.text, index.folding), self._deadline)
        size = Wanted(size=max(_LOOKED_AT, query.limit))
        matched = hits.in_order(index, matching, matching.entities, size, last=Match.NAMES)
        alike = similar.closest(index, normal, _LOOKED_AT, self._deadline)
        found = dict.fromkeys(alike, 0.0) | {
            entity: _SCORES.get(match, 0.0) for entity, match in matched
        }
        return {
            entity: max(least, _SAME * similar.best_name(index, entity, normal))
            for entity, least in found.items()
        }

    def _with_values(self, query: Query) -> Found:
        """Return entities that have one of the texts that are wanted, of whatever property."""
        found: Found = {}
        for condition in query.conditions:
            for value in condition.values:
                text = str(value)[:LONGEST]
                matching = Matching(
                    self._index, parse(f'"{text}"', self._index.folding), self._deadline
                )
                size = Wanted(size=_LOOKED_AT)
                order = hits.in_order(self._index, matching, matching.entities, size)
                found |= {entity: 0.0 for entity, _ in order}
        return found

    def _fitting(self, entity: int, query: Query, narrower: Mapping[str, Collection[str]]) -> float:
        """Return 1 for an entity of the classes that are wanted, 0 for one that is excluded."""
        classes = {self._index.classes[each] for each in self._index.classes_of(entity)}
        fits = [not classes.isdisjoint(narrower[wanted]) for wanted in query.classes]
        if not fits or (all(fits) if query.strictness == "all" else any(fits)):
            return 1.0
        return _OTHER_CLASS if query.strictness == "should" else 0.0

    def _said(
        self, batch: Mapping[str, Query], found: Mapping[str, Found]
    ) -> Mapping[NamedNode, Sequence[labels.Said]]:
        """Return what the properties that are asked for have, of all candidates at once."""
        asking = {key: query for key, query in batch.items() if query.conditions}
        properties = {each.property for query in asking.values() for each in query.conditions}
        entities = {entity for key in asking for entity in found[key]}
        iris = [NamedNode(iri) for iri in self._index.iris(sorted(entities))]
        return labels.said(self._store, iris, sorted(properties, key=str))

    def _ranked(
        self, query: Query, found: Found, said: Mapping[NamedNode, Sequence[labels.Said]]
    ) -> list[Candidate]:
        scored = sorted(
            (self._scored(query, entity, name, said) for entity, name in found.items()),
            key=lambda each: (-each[0], each[1]),
        )
        certain = [entity for _, entity, features in scored if _is_certain(query, features)]
        return [
            self._candidate(entity, score, certain == [entity], features)
            for score, entity, features in scored[: query.limit]
            if score > 0
        ]

    def _scored(
        self,
        query: Query,
        entity: int,
        name: float,
        said: Mapping[NamedNode, Sequence[labels.Said]],
    ) -> tuple[float, int, dict[str, float | bool]]:
        features: dict[str, float | bool] = {"name": round(name, 2)} if query.text.strip() else {}
        if not query.conditions:
            return name, entity, features
        values = said.get(NamedNode(self._index.iri(entity)), ())
        held = [self._holds(condition, values) for condition in query.conditions]
        features |= {
            condition.property.value: holds
            for condition, holds in zip(query.conditions, held, strict=True)
        }
        share = _CONDITIONS if query.text.strip() else 1.0
        return (1 - share) * name + share * _SAME * sum(held) / len(held), entity, features

    def _holds(self, condition: Condition, said: Sequence[labels.Said]) -> bool:
        return any(
            property == condition.property and self._is_meant(wanted, value)
            for property, value in said
            for wanted in condition.values
        )

    def _is_meant(self, wanted: Value, value: Literal | NamedNode) -> bool:
        """Return whether a value of the data is what is wanted, compared as names are."""
        normal = self._index.folding.normal
        if isinstance(value, NamedNode):
            if isinstance(wanted, NamedNode) or value.value == wanted:
                return wanted in {value, value.value}
            entity = self._index.entity(value.value)
            return entity is not None and normal(str(wanted)) in similar.names(self._index, entity)
        if isinstance(wanted, NamedNode):
            return value.value == wanted.value
        if isinstance(wanted, bool):
            return value.value.lower() == str(wanted).lower()
        number = _number(value)
        if number is not None and number == _number(Literal(str(wanted), datatype=XSD.double)):
            return True
        return normal(value.value) == normal(str(wanted))

    def _candidate(
        self, entity: int, score: float, match: bool, features: Mapping[str, float | bool]
    ) -> Candidate:
        index = self._index
        return Candidate(
            index.iri(entity),
            index.label(entity, self._languages),
            index.description(entity, self._languages),
            tuple(index.classes[each] for each in index.classes_of(entity)),
            round(score, 2),
            match,
            features,
        )


_SCORES = {Match.IDENTIFIER: _SAME, Match.PINYIN: _HEARD}


def _is_certain(query: Query, features: Mapping[str, float | bool]) -> bool:
    held = [value for name, value in features.items() if name != "name"]
    return features.get("name", _SAME) == _SAME and all(held) and bool(query.text or held)


_NUMBERS = frozenset(
    XSD[name] for name in ("integer", "decimal", "double", "float", "int", "long", "short")
)


def _number(value: Literal) -> float | None:
    if value.datatype not in _NUMBERS:
        return None
    try:
        return float(value.value)
    except ValueError:
        return None


@dataclass(frozen=True)
class Extension:
    """Which properties of which things are to be fetched; `limits` has the most values of each."""

    ids: tuple[NamedNode, ...]
    properties: tuple[NamedNode, ...]
    limits: Mapping[NamedNode, int]


MOST_IDS = 1_000
MOST_PROPERTIES = 50


def extension(text: str) -> Extension:
    """Return what a data extension query asks for. Raises BadInput."""
    try:
        asked = json.loads(text)
        ids, properties = asked["ids"], asked["properties"]
        named = [(terms.iri(each["id"]), each.get("settings") or {}) for each in properties]
        things = tuple(dict.fromkeys(map(terms.iri, ids)))
        limits = {property: int(settings.get("limit") or 0) for property, settings in named}
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise BadInput(
            'expected `extend` to be {"ids": [IRI, …], "properties": [{"id": IRI}, …]}'
        ) from None
    if len(things) > MOST_IDS or len(named) > MOST_PROPERTIES:
        raise BadInput(
            f"an extension takes {MOST_IDS:,} things and {MOST_PROPERTIES} properties at most"
        )
    return Extension(things, tuple(property for property, _ in named), limits)


Cell = dict[str, Any]
"""A value as the protocol writes it."""


def extend(
    store: Store, index: Index, languages: Sequence[str], asked: Extension
) -> dict[str, dict[str, list[Cell]]]:
    """Return the values of properties, by thing and property. Cost: one query.

    Of a text in several languages the one that the reader wants most is given.
    """
    found = labels.said(store, asked.ids, asked.properties)
    rows: dict[str, dict[str, list[Cell]]] = {}
    for iri in asked.ids:
        by_property: dict[NamedNode, list[Literal | NamedNode]] = defaultdict(list)
        for property, value in found.get(iri, ()):
            by_property[property].append(value)
        rows[iri.value] = {
            property.value: [
                _cell(value, index, languages)
                for value in _spoken(by_property[property], languages)
            ][: asked.limits[property] or None]
            for property in asked.properties
        }
    return rows


def _spoken(
    values: Sequence[Literal | NamedNode], languages: Sequence[str]
) -> Iterator[Literal | NamedNode]:
    """Yield values without those texts that are also there in a language that is wanted more."""
    tagged = [Label.of(value) for value in values if isinstance(value, Literal) and value.language]
    best = labels.choose(tagged, languages)
    for value in values:
        tag = value.language if isinstance(value, Literal) else None
        if not tag or (best and tag == best.language):
            yield value


def _cell(value: Literal | NamedNode, index: Index, languages: Sequence[str]) -> Cell:
    if isinstance(value, NamedNode):
        return {"id": value.value, "name": index.label_of(value.value, languages).text}
    number = _number(value)
    if number is None or number != number or abs(number) == float("inf"):  # noqa: PLR0124
        return {"str": value.value}
    if value.datatype in (XSD.decimal, XSD.double, XSD.float):
        return {"float": number}
    return {"int": int(value.value)}
