"""What validation finds wrong with a state of the data, kept so that each page can say it."""

from __future__ import annotations

import json
import re
import sqlite3
import threading
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kg import validation
from kg.errors import BadData
from kg.labels import Label
from kg.ontology.index import Cut
from kg.store import Store
from kg.store.embedded import EmbeddedStore
from kg.terms import RDF, NamedNode, spell, values
from kg.validation import SH, Validation, Violation

FILE = "violations.db"
SHAPES = "shapes.nt"
"""The graphs that hold shapes; not there where there are none."""

KEPT = 100_000
"""Findings that are kept; all are counted."""

ROWS = 50
"""Findings that are read for a page."""

_TABLES = """
CREATE TABLE outcome (shapes INTEGER, total INTEGER, wrong INTEGER, error TEXT);
CREATE TABLE finding (number INTEGER PRIMARY KEY, severity TEXT, focus TEXT, path TEXT, value TEXT,
  messages TEXT, shape TEXT, component TEXT);
CREATE TABLE summary (severity TEXT, shape TEXT, path TEXT, total INTEGER);
CREATE TABLE concerns (term TEXT, number INTEGER, PRIMARY KEY (term, number)) WITHOUT ROWID;
"""

_IRI = re.compile(r"<([^<>]*)>")


@dataclass(frozen=True)
class Finding:
    """One thing that a shape finds wrong, or worth a warning. Terms are in N-Triples syntax."""

    severity: str
    focus: str
    path: str
    value: str
    messages: tuple[Label, ...]
    """In all languages; none where the shape has no words for it."""

    shape: str
    component: str
    """The constraint, such as `MinCountConstraintComponent`."""


@dataclass(frozen=True)
class Summary:
    """How often a shape finds something at a path."""

    severity: str
    shape: str
    path: str
    total: int


def make(store: EmbeddedStore, folder: Path) -> Validation:
    """Validate a store with its own shapes, and write what `Violations` reads into `folder`.

    Raises BadData where the shapes cannot be used; that is written, too.
    """
    error, outcome = None, validation.NOTHING
    try:
        if validation.write_shapes(store, folder / SHAPES):
            outcome = validation.validate_with(folder / SHAPES, store, folder)
    except BadData as found:
        error = found
    _write(folder / FILE, outcome, error.message if error else "", store)
    if error:
        raise error
    return outcome


def skip(store: Store, folder: Path, why: str) -> None:
    """Write for `Violations` that nothing was validated, and why."""
    _write(folder / FILE, validation.NOTHING, why, store)


def _write(file: Path, outcome: Validation, error: str, store: Store) -> None:
    kept = outcome.violations[:KEPT]
    wrong = sum(each.severity == "Violation" for each in outcome.violations)
    summary = Counter((each.severity, each.shape, each.path) for each in outcome.violations)
    found = findings(kept, languages(store) if kept else {})
    database = sqlite3.connect(file)
    try:
        database.executescript(f"PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; {_TABLES}")
        head = (outcome.shapes, len(outcome.violations), wrong, error)
        database.execute("INSERT INTO outcome VALUES (?, ?, ?, ?)", head)
        database.executemany(
            "INSERT INTO finding VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            ((number, *_row(each)) for number, each in enumerate(found)),
        )
        database.executemany(
            "INSERT INTO summary VALUES (?, ?, ?, ?)",
            ((*key, total) for key, total in summary.most_common()),
        )
        database.executemany("INSERT OR IGNORE INTO concerns VALUES (?, ?)", _concerns(kept, store))
        database.commit()
    finally:
        database.close()


def findings(found: Iterable[Violation], languages: Mapping[str, str]) -> Iterator[Finding]:
    """Yield what a validator found, with the language of each text, which it does not tell."""
    for each in found:
        texts = {Label(text, languages.get(text, "")) for text in each.messages}
        spoken = [text for text in texts if text.text != each.component]
        yield Finding(
            severity=each.severity,
            focus=each.focus,
            path=each.path,
            value=each.value,
            messages=tuple(sorted(spoken, key=lambda label: (label.language, label.text))),
            shape=each.shape,
            component=each.component,
        )


def languages(store: Store) -> Mapping[str, str]:
    """Return the languages of the texts in which shapes say what is wrong."""
    rows = store.query(f"SELECT DISTINCT ?text {{ ?shape {spell(SH.message)} ?text }}").solutions()
    return {row["text"].value: getattr(row["text"], "language", None) or "" for row in rows}


def _row(each: Finding) -> Sequence[Any]:
    texts = [[message.text, message.language] for message in each.messages]
    said = json.dumps(texts, ensure_ascii=False)
    return each.severity, each.focus, each.path, each.value, said, each.shape, each.component


def _concerns(kept: Sequence[Violation], store: Store) -> Iterator[tuple[str, int]]:
    """Yield term and number of each finding: the thing itself, its classes, what is at fault."""
    by_focus: dict[str, list[int]] = defaultdict(list)
    for number, each in enumerate(kept):
        for iri in _IRI.findall(each.path):
            yield iri, number
        if found := _IRI.fullmatch(each.focus):
            by_focus[found[1]].append(number)
    for iri, numbers in by_focus.items():
        yield from ((iri, number) for number in numbers)
    for iri, owner in _classes(store, list(by_focus)):
        yield from ((owner, number) for number in by_focus[iri])


_AT_ONCE = 500


def _classes(store: Store, iris: Sequence[str]) -> Iterable[tuple[str, str]]:
    """Yield the classes of things, as pairs."""
    for start in range(0, len(iris), _AT_ONCE):
        some = values("s", map(NamedNode, iris[start : start + _AT_ONCE]))
        query = f"SELECT DISTINCT ?s ?c {{ {some} ?s {spell(RDF.type)} ?c FILTER(isIRI(?c)) }}"
        yield from ((row["s"].value, row["c"].value) for row in store.query(query).solutions())


class Violations:
    """What was found wrong with a state of the data; used by many threads."""

    def __init__(self, folder: Path) -> None:
        """Raise sqlite3.Error when it is not there, or damaged."""
        address = f"{(folder / FILE).absolute().as_uri()}?mode=ro&immutable=1"
        self._database = sqlite3.connect(address, uri=True, check_same_thread=False)
        self._lock = threading.Lock()
        ((self.shapes, self.total, self.wrong, self.error),) = self._rows("SELECT * FROM outcome")

    @property
    def conforms(self) -> bool:
        """Whether nothing of severity sh:Violation was found; also where there are no shapes."""
        return not self.wrong and not self.error

    def of(self, iri: str, start: int = 0) -> Cut[Finding]:
        """Return what is wrong with a thing, with things of a class, or at a property."""
        return self._cut("finding JOIN concerns USING (number) WHERE term = ?", start, iri)

    def all(self, start: int = 0) -> Cut[Finding]:
        """Return what is wrong at all, from place `start` on."""
        return self._cut("finding", start)

    def kept(self) -> Iterator[Finding]:
        """Yield all that is kept of what is wrong."""
        columns = "severity, focus, path, value, messages, shape, component"
        yield from (
            _finding(*row) for row in self._rows(f"SELECT {columns} FROM finding ORDER BY number")
        )

    def summary(self) -> tuple[Summary, ...]:
        """Return how often each shape finds something, the most frequent first."""
        rows = self._rows("SELECT * FROM summary ORDER BY total DESC, shape, path LIMIT ?", ROWS)
        return tuple(Summary(*row) for row in rows)

    def _cut(self, source: str, start: int, *parameters: Any) -> Cut[Finding]:
        columns = "severity, focus, path, value, messages, shape, component"
        query = f"SELECT {columns} FROM {source} ORDER BY number LIMIT {ROWS} OFFSET ?"
        rows = self._rows(query, *parameters, start)
        ((total,),) = self._rows(f"SELECT COUNT(*) FROM {source}", *parameters)
        return Cut(tuple(_finding(*row) for row in rows), total)

    def _rows(self, query: str, *parameters: Any) -> list[tuple[Any, ...]]:
        with self._lock:
            return self._database.execute(query, parameters).fetchall()


def _finding(*row: Any) -> Finding:
    severity, focus, path, value, messages, shape, component = row
    texts = tuple(Label(text, language) for text, language in json.loads(messages))
    return Finding(severity, focus, path, value, texts, shape, component)
