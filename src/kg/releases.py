"""Releases: the states of a database that are kept, as others may follow them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from kg import build, derived
from kg.derived import Change
from kg.errors import StorageFailed
from kg.store.snapshots import Database, Snapshot

_TIME = re.compile(r"(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)(\d{3})Z")


@dataclass(frozen=True)
class Release:
    """A state of the data."""

    id: str
    moment: str
    """When it was made, as in 2026-11-25T09:43:34.987Z."""

    is_update: bool
    """Whether it is the state after a change, rather than a build."""

    sources: tuple[str, ...]
    triples: int | None
    """None where they have not been counted yet."""

    change: Change | None
    """What was added and removed since the release before it, if that was looked at."""


def moment(id: str) -> str:
    """Return when a snapshot was made, as xsd:dateTime writes it; "" for what is none."""
    found = _TIME.match(id)
    if not found:
        return ""
    year, month, day, hour, minute, second, thousandths = found.groups()
    return f"{year}-{month}-{day}T{hour}:{minute}:{second}.{thousandths}Z"


def known(database: Database) -> list[Release]:
    """Return the releases that are kept, the newest first. Costs three small files for each."""
    return [
        Release(
            snapshot.id,
            moment(snapshot.id),
            snapshot.is_update,
            tuple(build.source_names(snapshot)),
            _triples(snapshot),
            _change(snapshot),
        )
        for snapshot in database.releases()
    ]


def _triples(snapshot: Snapshot) -> int | None:
    try:
        return derived.of(snapshot).statistics.triples if derived.is_complete(snapshot) else None
    except StorageFailed:  # made by another version of this software, or just removed
        return None


def _change(snapshot: Snapshot) -> Change | None:
    try:
        return derived.change(snapshot)
    except StorageFailed:
        return None


def newest(releases: Sequence[Release]) -> str:
    """Return when the newest of some releases was made."""
    return max((each.moment for each in releases), default="")
