"""Queries that are kept, so that a short address leads to each for as long as the database lives.

DIR/kept/NAME.rq    the text of a query; NAME is made from it, so that the same text is kept once
"""

from __future__ import annotations

import hashlib
import os
import re
import tempfile
from dataclasses import dataclass
from pathlib import Path

from kg import sparql
from kg.errors import BadInput, NotFound, StorageFull, unwritten

MOST = 10_000
"""Queries that are kept; nothing that is kept makes room for what comes later."""

LARGEST = 64 * 1024 * 1024
"""Bytes that they may have in all."""

_NAME = re.compile(r"[a-z2-7]{12}")


@dataclass(frozen=True)
class Kept:
    """The queries that are kept in a folder, which is made with the first."""

    folder: Path

    @property
    def is_possible(self) -> bool:
        """Whether anything can be kept; costs two looks."""
        there = self.folder if self.folder.is_dir() else self.folder.parent
        return os.access(there, os.W_OK)

    def keep(self, text: str) -> str:
        """Return the name under which a query is kept from now on.

        Raises BadInput for what is no query, StorageFull and StorageFailed.
        """
        if sparql.outline(text).form is None:
            raise BadInput("only a query can be kept, and this is none")
        name = _name(text)
        path = self.folder / f"{name}.rq"
        try:
            if not path.is_file():
                self._write(path, text)
        except OSError as error:
            raise unwritten("the query", error) from None
        return name

    def text(self, name: str) -> str:
        """Return the query of a name. Raises NotFound."""
        try:
            return self._path(name).read_text(encoding="utf-8")
        except FileNotFoundError:
            raise NotFound("no query is kept under this name") from None

    def _path(self, name: str) -> Path:
        if not _NAME.fullmatch(name):
            raise NotFound("no query is kept under this name")
        return self.folder / f"{name}.rq"

    def _write(self, path: Path, text: str) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        content = text.encode()
        sizes = [entry.stat().st_size for entry in os.scandir(self.folder)]
        if len(sizes) >= MOST or sum(sizes) + len(content) > LARGEST:
            raise StorageFull("as many queries are kept as there is room for")
        with tempfile.NamedTemporaryFile(dir=self.folder, delete=False) as file:
            file.write(content)
        Path(file.name).replace(path)


def _name(text: str) -> str:
    """Return twelve letters that stand for a text: 60 bits of its SHA-256 in base 32 (RFC 4648)."""
    number = int.from_bytes(hashlib.sha256(text.encode()).digest()[:8]) >> 4
    letters = "abcdefghijklmnopqrstuvwxyz234567"
    return "".join(letters[(number >> 5 * place) & 31] for place in range(12))
