"""What lies around a resource, as far as its page shows it; all by one query.

The graphs in which its facts stand, the statements about it with their evidence, the passages,
figures and places among its values, and the first things that point to it by each property.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from kg import roles
from kg.entity import incoming, places
from kg.entity.description import OWN
from kg.entity.evidence import Pair
from kg.entity.incoming import OA, Counts
from kg.entity.said import Said
from kg.roles import KG
from kg.store import Store
from kg.terms import RDF, Literal, NamedNode, Term, spell, values

ROWS = 20_000
"""Rows that a page reads of all this."""

STATEMENTS = 500
"""Statements about statements that a page reads."""

_EACH = 5_000
"""Rows that a page reads of each kind."""

_LONGEST = 2000
"""Characters of a literal up to which it is asked in which graph it stands."""


@dataclass(frozen=True)
class Surroundings:
    """What was found."""

    said: Said
    """Of statements, passages, selectors, documents, figures, units, places."""

    graphs: Mapping[Pair, list[NamedNode]]
    first: Mapping[NamedNode, list[NamedNode]]
    """What points here, by property."""

    classes: Mapping[NamedNode, list[tuple[NamedNode, int]]]
    """How many of these are of each class, by property."""

    complete: bool


def read(
    store: Store,
    iri: NamedNode,
    shown: Collection[Pair],
    counts: Counts,
    known: Collection[NamedNode],
) -> Surroundings:
    """Return what lies around a resource of which `shown` is shown, by one query.

    Properties that are not among `known` stand nowhere in the data, and are not asked for.
    """
    branches = [*_Patterns(iri, list(shown)[:OWN], known), *incoming.patterns(iri, counts)]
    if not branches:
        return Surroundings(Said(()), {}, {}, {}, complete=True)
    rows = store.query(f"SELECT * {{ {' UNION '.join(branches)} }} LIMIT {ROWS}").solutions()
    names = set(rows.variables)
    triples: list[tuple[Term, NamedNode, Term]] = []
    graphs: dict[Pair, list[NamedNode]] = defaultdict(list)
    first: dict[NamedNode, list[NamedNode]] = defaultdict(list)
    classes: dict[NamedNode, list[tuple[NamedNode, int]]] = defaultdict(list)
    for row in rows:
        bound = {name for name in names if row[name] is not None}
        if "g" in bound:
            graphs[row["p"], row["o"]].append(row["g"])
        elif "n" in bound:
            classes[row["p"]].append((row["class"], int(row["n"].value)))
        elif "node" in bound:
            triples.append((row["node"], row["p"], row["o"]))
        else:
            first[row["p"]].append(row["s"])
    return Surroundings(Said(triples), graphs, first, classes, len(rows) < ROWS)


class _Patterns:
    """The patterns that bind ?node, ?p and ?o to triples, or ?g, ?p and ?o to a graph of a fact.

    Each begins with the nodes it is about, chosen in a group of their own: the engine keeps to that
    order, where it would else begin with everything that has the property.
    """

    def __init__(self, iri: NamedNode, shown: Sequence[Pair], known: Collection[NamedNode]) -> None:
        self._iri = iri
        self._known = known
        self._facts = [
            (p, o) for p, o in shown if not isinstance(o, Literal) or len(o.value) <= _LONGEST
        ]
        self._nodes = sorted({o for _, o in shown if isinstance(o, NamedNode)} | {iri}, key=str)

    def __iter__(self) -> Iterator[str]:
        if spelled := [(p, o) for p, o in self._facts if isinstance(o, Literal | NamedNode)]:
            rows = " ".join(f"({spell(self._iri)} {spell(p)} {spell(o)})" for p, o in spelled)
            yield f"{{ VALUES (?self ?p ?o) {{ {rows} }} GRAPH ?g {{ ?self ?p ?o }} }}"
        for statements in self._statements():
            yield f"{{ {statements} BIND(?statement AS ?node) ?node ?p ?o }}"
            if KG.evidence in self._known:
                passages = f"{statements} ?statement {spell(KG.evidence)} ?passage ."
                yield from self._passages(passages)
        yield from self._passages(self._chosen("passage", (OA.hasSelector,)))
        figures = self._chosen("node", roles.FIGURE_PARTS[roles.VALUE])
        for nodes in (figures, self._chosen("node", places.MARKS)):
            if nodes:
                yield f"{{ SELECT ?node ?p ?o {{ {nodes} ?node ?p ?o }} LIMIT {_EACH} }}"
        yield from self._signs(figures.replace("?node", "?figure"))

    def _statements(self) -> Iterator[str]:
        if RDF.subject in self._known:
            found = f"?statement {spell(RDF.subject)} {spell(self._iri)}"
            yield f"{{ SELECT DISTINCT ?statement {{ {found} }} LIMIT {STATEMENTS} }}"
        spelled = [(p, o) for p, o in self._facts if isinstance(o, Literal | NamedNode)]
        if spelled and RDF.reifies in self._known:
            triples = " ".join(
                f"<<( {spell(self._iri)} {spell(p)} {spell(o)} )>>" for p, o in spelled
            )
            found = f"VALUES ?triple {{ {triples} }} ?statement {spell(RDF.reifies)} ?triple"
            yield f"{{ SELECT DISTINCT ?statement {{ {found} }} LIMIT {STATEMENTS} }}"

    def _chosen(self, variable: str, marks: Iterable[NamedNode]) -> str:
        """Return the pattern of the values that have one of the properties `marks`, or ""."""
        path = self._path(marks)
        if not path:
            return ""
        found = f"{values(variable, self._nodes)} ?{variable} {path} ?mark"
        return f"{{ SELECT DISTINCT ?{variable} {{ {found} }} }}"

    def _passages(self, pattern: str) -> Iterator[str]:
        """Yield patterns of the passages that `pattern` finds, and of what they point to."""
        if not pattern:
            return
        yield f"{{ {pattern} BIND(?passage AS ?node) ?node ?p ?o }}"
        yield f"{{ {pattern} ?passage {spell(OA.hasSelector)} ?node . ?node ?p ?o }}"
        yield (
            f"{{ {pattern} ?passage {spell(OA.hasSource)} ?node . "
            f"?node {spell(KG.sha256)} ?o BIND({spell(KG.sha256)} AS ?p) }}"
        )

    def _signs(self, figures: str) -> Iterator[str]:
        """Yield the pattern of the signs of units and comparators."""
        signed = (*roles.FIGURE_PARTS[roles.UNIT_OF], *roles.FIGURE_PARTS[roles.COMPARATOR])
        path = self._path(signed)
        if figures and path:
            for symbol in self._path_of(roles.SYMBOL_PROPERTIES):
                name = spell(symbol)
                yield f"{{ {figures} ?figure {path} ?node . ?node {name} ?o BIND({name} AS ?p) }}"

    def _path(self, properties: Iterable[NamedNode]) -> str:
        return "|".join(map(spell, self._path_of(properties)))

    def _path_of(self, properties: Iterable[NamedNode]) -> list[NamedNode]:
        return [each for each in properties if each in self._known]
