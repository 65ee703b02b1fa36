"""Which edition of the software answers: what a page looks like depends on it."""

from __future__ import annotations

import hashlib
from pathlib import Path

_MADE_OF = ("*.py", "*.html", "*.xml", "*.mo", "*.json")


def of(package: Path) -> str:
    """Return a hash of the code, templates, translations and bundles of a package."""
    found = {path for pattern in _MADE_OF for path in package.rglob(pattern)}
    total = hashlib.sha256()
    for path in sorted(found):
        total.update(path.relative_to(package).as_posix().encode() + b"\0")
        total.update(path.read_bytes())
    return total.hexdigest()[:16]
