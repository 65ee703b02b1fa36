"""Things that a text is found in, as a pattern of SPARQL."""

from __future__ import annotations

from collections.abc import Sequence

from kg.errors import TooLarge
from kg.search.cursor import MATCHES
from kg.search.store import MOST
from kg.terms import Literal, NamedNode, spell, values


def searched(text: str, total: int) -> str:
    """Return the pattern of things `?item` that a search for a text finds, `total` in all.

    Raises TooLarge where they are more than a query can take.
    """
    if total > MOST:
        raise TooLarge(
            f"the text is found in {total:,} things, and a query can take {MOST:,}; "
            "search for more, or choose without a text",
            code="query_too_large",
        )
    return f"?item {spell(MATCHES)} {spell(Literal(text))} ."


def in_names(text: str, properties: Sequence[NamedNode]) -> str:
    """Return the pattern of things `?item` that have `text` in a name, in whatever case.

    For stores that have no index of texts.
    """
    return (
        f"{values('naming', properties)} ?item ?naming ?name . "
        f"FILTER(CONTAINS(LCASE(STR(?name)), LCASE({spell(Literal(text))})))"
    )
