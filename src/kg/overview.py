"""What a dataset is about, at a glance: derived with each snapshot, for the home page."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from kg import classes, figures, groups, picture, roles
from kg.dataset import Statistics
from kg.figures import Figure
from kg.groups import Grouping
from kg.picture import Hub, Picture, Tie
from kg.store import Store
from kg.terms import NamedNode, values

MOST_NEW = 8


@dataclass(frozen=True)
class New:
    """A thing with a date."""

    iri: str
    classes: tuple[str, ...]
    date: str


@dataclass(frozen=True)
class Overview:
    """What is worth showing first of a dataset it has never seen."""

    machinery: tuple[str, ...]
    """The classes in which the data speaks of itself."""

    figures: tuple[Figure, ...]
    grouping: Grouping | None
    ties: tuple[Tie, ...]
    picture: Picture | None
    """None where there are too many things to be seen."""

    hubs: tuple[Hub, ...]
    new: tuple[New, ...]


def derive(store: Store, statistics: Statistics) -> Overview:
    """Return the overview of a store; takes some twenty queries, three of which scan it once."""
    machinery = roles.machinery(store, [each.iri for each in statistics.classes])
    ties = picture.ties(store, statistics, machinery)
    drawn = picture.picture(store, statistics, machinery)
    return Overview(
        machinery=tuple(sorted(machinery)),
        figures=figures.headline(store, statistics),
        grouping=groups.best(store, statistics, ties),
        ties=ties,
        picture=drawn,
        hubs=picture.hubs(store, drawn, machinery),
        new=_newest(store, statistics, machinery),
    )


def _newest(store: Store, statistics: Statistics, machinery: frozenset[str]) -> tuple[New, ...]:
    """Return the things with the latest dates; the data's own description is not one of them."""
    known = {each.iri for each in statistics.properties}
    dates = [each for each in roles.DATES if each.value in known]
    if not dates:
        return ()
    rows = store.query(
        f"SELECT DISTINCT ?thing ?date {{ {values('property', dates)} ?thing ?property ?date "
        f"FILTER(isIRI(?thing) && isLiteral(?date)) }} ORDER BY DESC(?date) ?thing "
        f"LIMIT {20 * MOST_NEW}"
    ).solutions()
    latest: dict[NamedNode, str] = {}
    for row in rows:
        latest.setdefault(row["thing"], row["date"].value)
    kinds = classes.of(store, latest)
    found = [
        New(thing.value, kinds[thing], date)
        for thing, date in latest.items()
        if kinds[thing] and not machinery & set(kinds[thing])
    ]
    return tuple(found[:MOST_NEW])


def iris(overview: Overview) -> Iterator[NamedNode]:
    """Yield everything that a page names when it shows figures, groups, hubs and what is new."""
    for figure in overview.figures:
        yield from figure.iris()
    if overview.grouping:
        yield from overview.grouping.iris()
    yield from (NamedNode(hub.iri) for hub in overview.hubs)
    yield from (NamedNode(new.iri) for new in overview.new)


def main_classes(
    statistics: Statistics, machinery: Sequence[str], most: int
) -> tuple[list[tuple[str, int]], int]:
    """Return the most frequent classes that are no machinery, counted, and how many more are."""
    aside = set(machinery)
    found = [(each.iri, each.entities) for each in statistics.classes if each.iri not in aside]
    return found[:most], max(0, len(found) - most)
