"""The classes of things, for a whole page at once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping

from kg.store import Store
from kg.terms import RDF, NamedNode, spell, values


def of(store: Store, things: Collection[NamedNode]) -> Mapping[NamedNode, tuple[str, ...]]:
    """Return the IRIs of the classes of each of `things`, () for one without, by one query."""
    found: dict[NamedNode, tuple[str, ...]] = defaultdict(tuple)
    if not things:
        return found
    rows = store.query(
        f"SELECT DISTINCT ?thing ?class {{ {values('thing', things)} "
        f"?thing {spell(RDF.type)} ?class FILTER(isIRI(?class)) }} ORDER BY ?thing ?class"
    ).solutions()
    for row in rows:
        found[row["thing"]] += (row["class"].value,)
    return found
