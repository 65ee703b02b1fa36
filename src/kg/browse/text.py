"""Things that a text is found in, as a pattern of SPARQL."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import islice

from kg.errors import TooLarge
from kg.terms import Literal, NamedNode, spell, values

MOST_NAMED = 1000
"""Things that a query names one by one."""


def named(iris: Iterable[str]) -> str:
    """Return the pattern of exactly these things `?item`. Raises TooLarge."""
    found = list(islice(iris, MOST_NAMED + 1))
    if len(found) > MOST_NAMED:
        raise TooLarge(
            f"the text is found in more than {MOST_NAMED} things, too many to name in a query; "
            "search for more, or choose without a text",
            code="query_too_large",
        )
    return values("item", map(NamedNode, sorted(found)))


def pattern(text: str, properties: Sequence[NamedNode]) -> str:
    """Return the pattern of things `?item` that have `text` in a name, in whatever case.

    For stores that have no index of texts.
    """
    return (
        f"{values('naming', properties)} ?item ?naming ?name . "
        f"FILTER(CONTAINS(LCASE(STR(?name)), LCASE({spell(Literal(text))})))"
    )
