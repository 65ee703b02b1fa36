"""A store that can be searched from within SPARQL: each pattern is answered by the index first.

What a pattern finds is put into the query as a table, before the engine sees it. Its meaning is
that of VALUES in its place (SPARQL 1.1, 10.2): joined to what stands beside it in its group.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from kg.errors import BadQuery
from kg.formats import Format
from kg.results import Result
from kg.search import hits
from kg.search.hits import Found, Wanted
from kg.search.index import Index
from kg.search.matching import Deadline, Matching
from kg.search.patterns import MOST_VARIABLES, Pattern, Statement, may_search, statements
from kg.search.query import parse
from kg.store import EVERYTHING, UNLIMITED, Limits, Scope, Store
from kg.terms import Literal, NamedNode, spell

MOST = 10_000
"""Things that a pattern may bring into a query."""

MOST_TEXTS = 1_000
"""Things whose texts are wanted as well; to make a snippet of each takes some 0.1 ms."""

_SMALL = 100
"""Rows up to which the engine joins a table well by itself.

Of larger ones it may choose to look through all rows again and again (10,000 rows and 60,000
triples take minutes). A subquery that groups them is joined by hashing.
"""

Opens = Callable[[], Index]
"""Opens the index of the state of the data that a store answers from."""


class SearchingStore:
    """Answers queries that search; a `kg.store.Store`."""

    def __init__(self, store: Store, index: Opens, *, base: str = "", seconds: float = 5.0) -> None:
        """Search in a store; `base` is what relative IRIs are read against."""
        self._store = store
        self._index = index
        self._base = base
        self._seconds = seconds

    @property
    def snapshot(self) -> str:
        """The id of the state of the data that answers are true of."""
        return self._store.snapshot

    def query(
        self,
        text: str,
        scope: Scope = EVERYTHING,
        limits: Limits = UNLIMITED,
        format: Format | None = None,
    ) -> Result:
        """Return the answer to a query; see `kg.store.Store`.

        Raises what `Opens` does and BadQuery where a pattern cannot be answered exactly.
        """
        return self._store.query(self.searched(text), scope, limits, format)

    def searched(self, text: str) -> str:
        """Return a query with what it searches for found; see `query` for what it raises."""
        found = statements(text, self._base) if may_search(text) else []
        return with_tables(text, found, self._index(), self._seconds) if found else text


def with_tables(text: str, found: Sequence[Statement], index: Index, seconds: float) -> str:
    """Return a query in which tables stand for the patterns. Lines keep their numbers."""
    pieces, end = [], 0
    for statement in found:
        tables = (_table(pattern, index, seconds) for pattern in statement.patterns)
        lines = text.count("\n", statement.start, statement.end) - statement.rest.count("\n")
        pieces += [text[end : statement.start], *tables, statement.rest, "\n" * lines]
        end = statement.end
    return "".join([*pieces, text[end:]])


def _table(pattern: Pattern, index: Index, seconds: float) -> str:
    variables = " ".join(each for each in pattern.things if each[0] in "?$")
    rows = [f"({' '.join(row)})" for row in _rows(pattern, index, seconds)]
    table = f"VALUES ({variables}) {{ {' '.join(rows)} }} "
    if len(rows) <= _SMALL or not variables:
        return table
    return f"{{ SELECT {variables} {{ {table}}} GROUP BY {variables} }} "


def _rows(pattern: Pattern, index: Index, seconds: float) -> Iterator[Sequence[str]]:
    """Yield, spelled, what is wanted of each thing that matches: IRI, rank, text."""
    width = len(pattern.things)
    first = 0 if pattern.iri is None else 1
    matching = Matching(index, parse(pattern.words, index.folding), Deadline(seconds))
    show = hits.Showing(index, matching, ())
    for rank, entity in enumerate(_best(pattern, matching, index), 1):
        iri = index.iri(entity)
        if pattern.iri in (None, iri):
            text = _text(show.found(entity)) if width == MOST_VARIABLES else ""
            yield (spell(NamedNode(iri)), str(rank), text)[first:width]


def _best(pattern: Pattern, matching: Matching, index: Index) -> list[int]:
    """Return the things that are wanted, the best first. Raises BadQuery if they are too many."""
    total = len(matching.entities)
    wanted = total if pattern.most is None else min(pattern.most, total)
    most = MOST_TEXTS if len(pattern.things) == MOST_VARIABLES else MOST
    if wanted > most:
        raise BadQuery(
            f"{pattern.words[:100]!r} matches {total:,} things, and a query can take {most:,} "
            f'here; search for longer or for more words, or for the best: ("words" {most})',
            code="search_too_wide",
        )
    order = hits.in_order(index, matching, matching.entities, Wanted(size=wanted))
    return [entity for entity, _ in order]


def _text(found: Found | None) -> str:
    if found is None:
        return "UNDEF"
    return spell(Literal(found.text, language=found.language or None))
