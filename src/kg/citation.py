"""How a thing in the data is cited: as a sentence, as BibTeX, and as RIS."""

from __future__ import annotations

import re
from dataclasses import dataclass

_TIME = re.compile(r"(\d{4})(\d{2})(\d{2})T")
_SPECIAL = re.compile(r"[\\{}%$&#_^~]")
_TEX = {"\\": r"\textbackslash{}", "^": r"\textasciicircum{}", "~": r"\textasciitilde{}"}
_CUT = 300
"""Characters of a name that a citation repeats."""


@dataclass(frozen=True)
class Citation:
    """What is cited: a thing in a dataset, in the state that a snapshot holds."""

    title: str
    dataset: str
    iri: str
    snapshot: str

    @property
    def date(self) -> str:
        """When the state was made, as in 2026-11-25; "" for a state without a date."""
        found = _TIME.match(self.snapshot)
        return "-".join(found.groups()) if found else ""

    def text(self) -> str:
        """Return a sentence."""
        state = f"{self.snapshot} ({self.date})" if self.date else self.snapshot
        return f"{_line(self.title)}. {_line(self.dataset)}. <{self.iri}>. {state}."

    def bibtex(self) -> str:
        """Return an entry for BibTeX with biblatex, which reads UTF-8."""
        fields = {
            "title": f"{{{_tex(self.title)}}}",
            "booktitle": _tex(self.dataset),
            "url": self.iri.replace("{", "%7B").replace("}", "%7D").replace("\\", "%5C"),
            "date": self.date,
            "version": self.snapshot,
        }
        key = re.sub(r"[^A-Za-z0-9]+", "-", self.iri.rstrip("/#").rpartition("/")[2]).strip("-")
        lines = [f"  {name} = {{{value}}}," for name, value in fields.items() if value]
        return "\n".join([f"@inreference{{{key or 'thing'}-{self.date[:4] or 'kg'},", *lines, "}"])

    def ris(self) -> str:
        """Return a record of RIS."""
        lines = [
            ("TY", "DATA"),
            ("TI", _line(self.title)),
            ("T2", _line(self.dataset)),
            ("UR", self.iri),
            ("DA", self.date.replace("-", "/")),
            ("ET", self.snapshot),
        ]
        return "\n".join([*(f"{tag}  - {value}" for tag, value in lines if value), "ER  - "])


def _line(text: str) -> str:
    return " ".join(text.split())[:_CUT]


def _tex(text: str) -> str:
    return _SPECIAL.sub(lambda found: _TEX.get(found[0], "\\" + found[0]), _line(text))
