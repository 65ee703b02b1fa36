"""What the compiler knows of the data, from the files that Spark reads."""

from __future__ import annotations

import hashlib
from pathlib import Path

import duckdb

from kg.columnar.index import Index
from kg.columnar.parquet import TABLES
from kg.terms import BlankNode, Literal, NamedNode


class ParquetIndex(Index):
    """The index in a folder of Parquet files; it runs the statements of DuckDB, too."""

    def __init__(self, folder: Path, *, memory: int) -> None:
        """Use up to `memory` bytes."""
        self._connection = duckdb.connect(
            config={
                "memory_limit": f"{memory // 1_000_000}MB",
                "threads": 2,
                "autoinstall_known_extensions": False,
                "autoload_known_extensions": False,
                "preserve_insertion_order": False,
            }
        )
        self._known = {}
        self._spelled = {}
        for name in TABLES:
            file = str(folder / f"{name}.parquet").replace("'", "''")
            self._connection.execute(f"CREATE VIEW {name} AS FROM read_parquet('{file}')")
        self._connection.execute("SET lock_configuration = true")

    def cursor(self) -> duckdb.DuckDBPyConnection:
        """Return another connection, for another thread."""
        return self._connection.cursor()

    def id(self, term: NamedNode | Literal | BlankNode) -> int | None:
        """Return the id of a term, as the engine stores it; None where there is none."""
        spelled = str(term)
        if spelled not in self._known:
            self._known[spelled] = self._found(spelled)
        return self._known[spelled]

    def _found(self, spelled: str) -> int | None:
        """Look a term up, by numbers that are written out, so that files are read in part."""
        cursor = self.cursor()
        digest = hashlib.md5(spelled.encode(), usedforsecurity=False).digest()
        hash = int.from_bytes(digest[8:], "little")
        rows = cursor.execute(f"SELECT id FROM hashed WHERE hash = {hash}").fetchall()
        for (id,) in rows:
            found = cursor.execute(f"SELECT spelled FROM term WHERE id = {id}").fetchone()
            if found and found[0] == spelled:
                return int(id)
        return None
