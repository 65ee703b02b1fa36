"""Example queries: SPARQL files with a title and a description in each language.

The head of a file consists of lines such as `#+ title@en: Which projects are there?`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from kg.errors import BadInput
from kg.labels import Label, choose

_HEAD = re.compile(r"#\+\s*(?P<field>title|description)@(?P<language>[\w-]+)\s*:\s*(?P<text>.+)")


@dataclass(frozen=True)
class ExampleQuery:
    """A query that a person may start from."""

    name: str
    text: str
    """The SPARQL, without the head."""

    titles: tuple[Label, ...]
    descriptions: tuple[Label, ...]

    def title(self, languages: Sequence[str]) -> Label:
        """Return the title in the most wanted language."""
        return choose(self.titles, languages) or Label(self.name)

    def description(self, languages: Sequence[str]) -> Label | None:
        """Return the description in the most wanted language."""
        return choose(self.descriptions, languages)


def of(snapshot: Path) -> list[ExampleQuery]:
    """Return the queries that came with a snapshot, or else those that suit any data."""
    folder = snapshot / "queries"
    return load(folder if folder.is_dir() else Path(__file__).parent / "examples")


def load(folder: Path) -> list[ExampleQuery]:
    """Return the queries in `folder`, by file name."""
    return [read(path) for path in sorted(folder.glob("*.rq"))]


def read(path: Path) -> ExampleQuery:
    """Return the query in a file. Raises BadInput when it cannot be read."""
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(f"{path}: cannot be read as UTF-8 text: {error}") from None
    head = [found for line in lines if (found := _HEAD.fullmatch(line.strip()))]
    body = "\n".join(line for line in lines if not line.startswith("#+")).strip() + "\n"
    return ExampleQuery(path.stem, body, _labels(head, "title"), _labels(head, "description"))


def _labels(head: list[re.Match[str]], field: str) -> tuple[Label, ...]:
    return tuple(
        Label(found["text"].strip(), found["language"]) for found in head if found["field"] == field
    )
