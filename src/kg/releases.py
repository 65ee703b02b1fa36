"""Releases: the states of a database that are kept, as others may follow them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from kg import build, derived
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

    more: int | None
    """By how many triples it is larger than the release before it, if both are known."""


def moment(id: str) -> str:
    """Return when a snapshot was made, as xsd:dateTime writes it; "" for what is none."""
    found = _TIME.match(id)
    if not found:
        return ""
    year, month, day, hour, minute, second, thousandths = found.groups()
    return f"{year}-{month}-{day}T{hour}:{minute}:{second}.{thousandths}Z"


def known(database: Database) -> list[Release]:
    """Return the releases that are kept, the newest first. Costs two small files for each."""
    found = database.releases()
    counts = [_triples(snapshot) for snapshot in found]
    return [
        Release(
            snapshot.id,
            moment(snapshot.id),
            snapshot.is_update,
            tuple(build.source_names(snapshot)),
            triples,
            _difference(triples, before),
        )
        for snapshot, triples, before in zip(found, counts, [*counts[1:], None], strict=True)
    ]


def _triples(snapshot: Snapshot) -> int | None:
    try:
        return derived.of(snapshot).statistics.triples if derived.is_complete(snapshot) else None
    except StorageFailed:  # made by another version of this software, or just removed
        return None


def _difference(after: int | None, before: int | None) -> int | None:
    return None if after is None or before is None else after - before


def newest(releases: Sequence[Release]) -> str:
    """Return when the newest of some releases was made."""
    return max((each.moment for each in releases), default="")
