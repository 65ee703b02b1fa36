"""Source documents at hand: the files of a folder, known by their SHA-256."""

from __future__ import annotations

import hashlib
import logging
import threading
from collections.abc import Collection, Iterator
from pathlib import Path

from kg.errors import BadInput

log = logging.getLogger(__name__)

LONGEST = 16 * 1024 * 1024
"""Bytes of a document up to which it is read for a page."""

_KEPT = 8
"""Texts that stay in memory."""

Version = tuple[Path, int, int]
"""A file, when it was changed, and its size."""


class Documents:
    """The texts in a folder; without a folder, none. Used by many threads.

    A file is read when it is first wanted, and again after it has changed.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder
        self._lock = threading.Lock()
        self._digests: dict[Version, str] = {}
        self._texts: dict[str, str] = {}

    def files(self) -> dict[str, Path]:
        """Return the files by their SHA-256. Raises BadInput when the folder cannot be read."""
        if self._folder is None:
            return {}
        try:
            with self._lock:
                self._digests = {each: self._digest(each) for each in _versions(self._folder)}
        except OSError as error:
            raise BadInput(f"source_dir {self._folder} cannot be read: {error.strerror}") from None
        return {digest: path for (path, *_), digest in self._digests.items()}

    def texts(self, digests: Collection[str]) -> dict[str, str]:
        """Return those of the wanted texts that are at hand, by their SHA-256."""
        if not digests:
            return {}
        try:
            files = self.files()
        except BadInput as error:
            log.warning("%s", error.message)
            return {}
        found = {each: self._text(each, files[each]) for each in digests if each in files}
        return {digest: text for digest, text in found.items() if text is not None}

    def _digest(self, version: Version) -> str:
        if version in self._digests:
            return self._digests[version]
        with version[0].open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()

    def _text(self, digest: str, path: Path) -> str | None:
        """Return a file as text; None where it is none, or too large, or has just changed."""
        with self._lock:
            if digest in self._texts:
                return self._texts[digest]
        try:
            content = path.read_bytes() if path.stat().st_size <= LONGEST else b""
            text = content.decode("utf-8")
        except (OSError, UnicodeDecodeError):
            return None
        if hashlib.sha256(content).hexdigest() != digest:
            return None
        with self._lock:
            self._texts[digest] = text
            while len(self._texts) > _KEPT:
                del self._texts[next(iter(self._texts))]
        return text


def _versions(folder: Path) -> Iterator[Version]:
    for path in sorted(folder.iterdir()):
        if path.is_file():
            status = path.stat()
            yield path, status.st_mtime_ns, status.st_size
