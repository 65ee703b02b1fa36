"""The columnar index as it is read: terms by their spelling, and what is known of the data."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from pathlib import Path

import duckdb

from kg.columnar import Unsupported
from kg.columnar.classes import ANYTHING, NOTHING, Class
from kg.columnar.making import FILE
from kg.terms import BlankNode, Literal, NamedNode

Range = tuple[int, int]

SPILL = 4
"""How much of the disk a query may use, by the memory it may."""

KEPT = 10_000
"""Terms of queries whose ids are kept, and terms of answers whose spellings are."""

FEW = 20
"""Terms that are looked up by a list of them."""

SHORT = 200
"""Characters up to which spellings are kept."""


class Index:
    """An index, open for reading; statements run in `threads`, of which the calling one is one."""

    def __init__(
        self, folder: Path, *, memory: int, work: Path | None = None, threads: int = 1
    ) -> None:
        """Use up to `memory` bytes and then the folder `work`. Raises Unsupported."""
        options: dict[str, str | bool | int | float | list[str]] = {
            "access_mode": "READ_ONLY",
            "memory_limit": f"{memory // 1_000_000}MB",
            "threads": threads,
            "temp_directory": str(work) if work else "",
            "max_temp_directory_size": f"{SPILL * memory // 1_000_000}MB",
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
            "allow_unsigned_extensions": False,
            "enable_external_access": False,
            "preserve_insertion_order": False,
            "lock_configuration": True,
        }
        try:
            self._connection = duckdb.connect(str(folder / FILE), config=options)
        except duckdb.Error as error:
            raise Unsupported(f"the columns cannot be opened: {error}") from None
        self._known: dict[str, int | None] = {}
        self._spelled: dict[int, str] = {}

    def close(self) -> None:
        """Let go of the file."""
        self._connection.close()

    def run(self, sql: str) -> duckdb.DuckDBPyConnection:
        """Run a statement; its rows can be fetched one block after another."""
        return self._connection.execute(sql)

    def id(self, term: NamedNode | Literal | BlankNode) -> int | None:
        """Return the id of a term, as the engine stores it; None where there is none."""
        spelled = str(term)
        if len(self._known) > KEPT:
            self._known.clear()
        if spelled not in self._known:
            found = self._connection.execute(
                "SELECT id FROM term WHERE id IN (SELECT id FROM hashed"
                " WHERE hash = md5_number_lower($spelled)) AND spelled = $spelled",
                {"spelled": spelled},
            ).fetchone()
            self._known[spelled] = found[0] if found else None
        return self._known[spelled]

    def spelled(self, ids: set[int]) -> Mapping[int, str]:
        """Return the spellings of some terms."""
        found = {id: self._spelled[id] for id in ids if id in self._spelled}
        if missing := sorted(ids - found.keys()):
            rows = self._connection.cursor().execute(_looking_up(missing)).fetchall()
            found.update(rows)
            if len(self._spelled) > KEPT:
                self._spelled.clear()
            short = (row for row in rows[:KEPT] if len(row[1]) <= SHORT)
            self._spelled.update(short)
        return found

    @cached_property
    def quads(self) -> int:
        """How many quads there are."""
        (found,) = self._connection.execute("SELECT quads FROM state").fetchall()
        return int(found[0])

    @cached_property
    def classes(self) -> Mapping[Class, Range]:
        """The first and the last id of each class that there is."""
        rows = self._connection.execute("SELECT class, first, last FROM class").fetchall()
        return {Class(bit): (first, last) for bit, first, last in rows}

    @cached_property
    def present(self) -> Class:
        """The classes that there are."""
        found = NOTHING
        for each in self.classes:
            found |= each
        return found

    @cached_property
    def languages(self) -> Mapping[str, Range]:
        """The first and the last id of each language."""
        rows = self._connection.execute("SELECT language, first, last FROM language").fetchall()
        return {language: (first, last) for language, first, last in rows}

    @cached_property
    def _predicates(self) -> Mapping[int, tuple[int, Class]]:
        rows = self._connection.execute("SELECT id, quads, mask FROM predicate").fetchall()
        return {id: (quads, Class(mask)) for id, quads, mask in rows}

    def uses(self, predicate: int) -> int:
        """Return how many quads have a predicate."""
        return self._predicates.get(predicate, (0, NOTHING))[0]

    @cached_property
    def _frequent(self) -> Mapping[tuple[int, int], int]:
        rows = self._connection.execute("SELECT p, o, quads FROM frequent").fetchall()
        return {(p, o): quads for p, o, quads in rows}

    def count(self, predicate: int | None, object: int | None) -> int:
        """Return how many quads have an object, with a predicate or any; 0 where they are few."""
        if predicate is not None and object is not None:
            return self._frequent.get((predicate, object), 0)
        return sum(quads for (_, each), quads in self._frequent.items() if each == object)

    def objects(self, predicate: int | None) -> Class:
        """Return the classes of the objects of a predicate, or of all."""
        if predicate is None:
            return self.present & ANYTHING
        return self._predicates.get(predicate, (0, NOTHING))[1]

    def numbers(self, kind: Class, condition: str) -> Range | None:
        """Return the range of ids of the numbers of a class that fulfil a condition of SQL."""
        if kind not in self.classes:
            return None
        first, last = self.classes[kind]
        found = self._connection.execute(
            f"SELECT min(id), max(id) FROM number"
            f" WHERE id BETWEEN {first} AND {last} AND {condition}"
        ).fetchone()
        return (found[0], found[1]) if found and found[0] is not None else None


def _looking_up(ids: list[int]) -> str:
    listed = ", ".join(map(str, ids))
    # A list in brackets is compared one by one, one in a table by hash.
    wanted = f"({listed})" if len(ids) <= FEW else f"(SELECT unnest([{listed}]::INTEGER[]))"
    return f"SELECT id, spelled FROM term WHERE id IN {wanted}"
