"""What well-known licences are called: their IRIs end in a version, which names nothing."""

from __future__ import annotations

import re
from collections.abc import Callable

_Found = re.Match[str]

_OPEN_DATA = {"odbl": "ODbL", "by": "ODC-By", "pddl": "PDDL"}

_DEED = r"(?:/(?:deed|legalcode)[\w.-]*)?"


def _creative_commons(found: _Found) -> str:
    terms, version, country = found.groups()
    return " ".join(filter(None, ("CC", terms.upper(), version, (country or "").upper())))


_PATTERNS: tuple[tuple[str, Callable[[_Found], str]], ...] = (
    (
        rf"creativecommons\.org/licenses/([a-z]+(?:-[a-z]+)*)/([\d.]+)(?:/([a-z]{{2,3}}))?{_DEED}",
        _creative_commons,
    ),
    (rf"creativecommons\.org/publicdomain/zero/([\d.]+){_DEED}", lambda found: f"CC0 {found[1]}"),
    (
        rf"creativecommons\.org/publicdomain/mark/([\d.]+){_DEED}",
        lambda found: f"Public Domain Mark {found[1]}",
    ),
    (
        r"opendatacommons\.org/licenses/(odbl|by|pddl)/(\d+)[.-](\d+)",
        lambda found: f"{_OPEN_DATA[found[1]]} {found[2]}.{found[3]}",
    ),
    (r"spdx\.org/licenses/([\w.+-]+?)(?:\.html|\.json)?", lambda found: found[1]),
    (r"opensource\.org/licenses?/([\w.+-]+)", lambda found: found[1]),
    (
        r"apache\.org/licenses/LICENSE-([\d.]+?)(?:\.html|\.txt)?",
        lambda found: f"Apache {found[1]}",
    ),
    (
        r"gnu\.org/licenses/(?:old-licenses/)?(a?gpl|lgpl|fdl)-([\d.]+\d)[\w.-]*",
        lambda found: f"{found[1].upper()} {found[2]}",
    ),
)

_NAMES = tuple(
    (re.compile(rf"https?://(?:www\.)?{pattern}/?"), called) for pattern, called in _PATTERNS
)


def name(iri: str) -> str | None:
    """Return the short name of a licence, as in CC BY 4.0; None for any other IRI."""
    if "/licen" not in iri and "/publicdomain/" not in iri:
        return None
    named = (called(found) for pattern, called in _NAMES if (found := pattern.fullmatch(iri)))
    return next(named, None)
