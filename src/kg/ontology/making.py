"""What is derived of the ontology of a state of the data: one file, written once."""

from __future__ import annotations

import dataclasses
import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from kg.dataset import Statistics
from kg.ontology import declarations, shapes
from kg.ontology.declarations import Declarations, Role
from kg.ontology.observing import Observer, Values
from kg.store import Store

FILE = "ontology.db"

_TABLES = """
CREATE TABLE term (
  iri TEXT, role TEXT, kinds TEXT, uses INTEGER, subjects INTEGER, objects INTEGER, examples TEXT,
  PRIMARY KEY (iri, role)) WITHOUT ROWID;
CREATE TABLE above (
  child TEXT, role TEXT, parent TEXT, PRIMARY KEY (child, role, parent)) WITHOUT ROWID;
CREATE TABLE used (
  owner TEXT, property TEXT, triples INTEGER, subjects INTEGER, objects INTEGER,
  least INTEGER, most INTEGER, PRIMARY KEY (owner, property)) WITHOUT ROWID;
CREATE TABLE reached (
  property TEXT, reached TEXT, triples INTEGER, objects INTEGER,
  PRIMARY KEY (property, reached)) WITHOUT ROWID;
CREATE TABLE found (
  property TEXT, kind TEXT, datatype TEXT, language TEXT, triples INTEGER,
  PRIMARY KEY (property, kind, datatype, language)) WITHOUT ROWID;
CREATE TABLE bound (
  property TEXT, is_range INTEGER, alternatives TEXT, outside INTEGER,
  PRIMARY KEY (property, is_range, alternatives)) WITHOUT ROWID;
CREATE TABLE bounding (
  class TEXT, property TEXT, is_range INTEGER,
  PRIMARY KEY (class, property, is_range)) WITHOUT ROWID;
CREATE TABLE rule (number INTEGER PRIMARY KEY, content TEXT);
CREATE TABLE ruled (term TEXT, number INTEGER, PRIMARY KEY (term, number)) WITHOUT ROWID;
"""

_INDEXES = """
CREATE INDEX parent ON above (parent, role);
CREATE INDEX owner ON used (property);
CREATE INDEX target ON reached (reached);
CREATE INDEX role ON term (role, uses);
"""


def make(store: Store, folder: Path, statistics: Statistics) -> None:
    """Write what `kg.ontology.index` reads. Time grows with the data, memory with its largest part.

    `statistics` are those of the store.
    """
    declared = declarations.read(store)
    observer = Observer(store, shared=statistics.shared_triples > 0)
    database = sqlite3.connect(folder / FILE)
    try:
        database.executescript(f"PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; {_TABLES}")
        _insert(database, "term", _terms(declared, observer, statistics))
        _insert(database, "above", _above(declared))
        for each in statistics.classes:
            uses = observer.uses(each.iri, each.entities)
            _insert(database, "used", map(dataclasses.astuple, uses))
            _insert(database, "reached", map(dataclasses.astuple, observer.reaches(each.iri)))
        found = {each.iri: list(observer.values(each.iri)) for each in statistics.properties}
        _insert(database, "found", (dataclasses.astuple(v) for all in found.values() for v in all))
        _insert(database, "bound", _bounds(declared, observer, statistics, found))
        _insert(database, "bounding", _bounding(declared))
        rules = list(enumerate(shapes.read(store, found)))
        _insert(database, "rule", ((number, _json(rule)) for number, rule in rules))
        terms = {(t, n) for n, rule in rules for t in (*rule.classes, *rule.properties)}
        _insert(database, "ruled", sorted(terms))
        database.executescript(_INDEXES)
        database.commit()
    finally:
        database.close()


def _terms(
    declared: Declarations, observer: Observer, statistics: Statistics
) -> Iterator[Sequence[Any]]:
    """Yield all terms: those that are declared or referred to, and those that are in use."""
    classes = {each.iri: each for each in statistics.classes}
    properties = {each.iri: each for each in statistics.properties}
    known = {
        **declared.kinds,
        **{(iri, Role.CLASS): declared.kinds.get((iri, Role.CLASS), ()) for iri in classes},
        **{
            (iri, Role.PROPERTY): declared.kinds.get((iri, Role.PROPERTY), ()) for iri in properties
        },
    }
    for (iri, role), kinds in sorted(known.items()):
        uses = subjects = objects = 0
        examples: list[Any] = []
        if role is Role.CLASS and iri in classes:
            uses, examples = classes[iri].entities, observer.instances(iri)
        elif role is Role.PROPERTY and iri in properties:
            count = properties[iri]
            uses, subjects, objects = count.triples, count.subjects, count.objects
            examples = observer.triples(iri)
        yield iri, role, json.dumps(kinds), uses, subjects, objects, json.dumps(examples)


def _above(declared: Declarations) -> Iterator[Sequence[Any]]:
    for (child, role), parents in declared.above.items():
        for parent in parents:
            yield child, role, parent


def _bounds(
    declared: Declarations,
    observer: Observer,
    statistics: Statistics,
    found: Mapping[str, list[Values]],
) -> Iterator[Sequence[Any]]:
    in_use = {each.iri for each in statistics.classes}
    for bound in declared.bounds:
        outside = 0
        if bound.property in found:
            classes = {each for top in bound.alternatives for each in declared.below(top)}
            outside = observer.outside(bound, classes & in_use, found[bound.property])
        yield bound.property, bound.is_range, json.dumps(bound.alternatives), outside


def _bounding(declared: Declarations) -> Iterable[Sequence[Any]]:
    """Return class, property and place of each declared domain and range."""
    return sorted(
        {
            (term, each.property, each.is_range)
            for each in declared.bounds
            for term in each.alternatives
        }
    )


def _insert(database: sqlite3.Connection, table: str, rows: Iterable[Sequence[Any]]) -> None:
    for row in rows:
        marks = ", ".join("?" * len(row))
        database.execute(f"INSERT INTO {table} VALUES ({marks})", row)


def _json(rule: shapes.Rule) -> str:
    return json.dumps(dataclasses.asdict(rule), ensure_ascii=False)
