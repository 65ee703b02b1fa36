"""Figures: numbers with a unit or an indicator, and those worth showing first.

What makes a number a figure is told by well-known vocabularies (`kg.roles`), the service's own
among them, and by the structure that a data cube declares for itself (RDF Data Cube, 6).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from kg import classes, roles
from kg.dataset import Statistics
from kg.labels import Label
from kg.roles import KG, QB
from kg.store import Store
from kg.terms import RDF, RDFS, Literal, NamedNode, Term, spell, values

SHOWN = 8
"""Figures that are worth showing first."""

PASSAGES_SHOWN = 2

_CANDIDATES = 200


@dataclass(frozen=True)
class Part:
    """A part of a figure: a resource, or a text."""

    iri: str = ""
    text: str = ""
    language: str = ""

    @classmethod
    def of(cls, term: Term) -> Part:
        """Return a term as a part."""
        if isinstance(term, NamedNode):
            return cls(iri=term.value)
        return (
            cls(text=term.value, language=term.language or "")
            if isinstance(term, Literal)
            else cls(text=str(term))
        )

    def label(self, names: Mapping[NamedNode, Label]) -> Label:
        """Return what to call it."""
        return names[NamedNode(self.iri)] if self.iri else Label(self.text, self.language)


@dataclass(frozen=True)
class Figure:
    """A figure as the data has it. Any part but the value may be missing."""

    iri: str
    value: str
    """The number as it is written."""

    parts: Mapping[str, Part]
    """By role, as in `kg.roles.FIGURE_PARTS`."""

    symbols: Mapping[str, str]
    """The signs of the unit and the comparator, where they have one; "" for one not written."""

    about: str | None = None
    """What the figure is of."""

    about_classes: tuple[str, ...] = ()

    modality: str | None = None
    """Whether it is achieved, a target …, in the service's own vocabulary."""

    evidence: tuple[str, ...] = ()
    """The passages that say so, likewise."""

    def iris(self) -> Iterator[NamedNode]:
        """Yield everything that a page names when it shows the figure."""
        own = [self.iri, self.about, self.modality, *self.evidence[:PASSAGES_SHOWN]]
        yield from (NamedNode(iri) for iri in own if iri)
        yield from (NamedNode(part.iri) for part in self.parts.values() if part.iri)


def headline(store: Store, statistics: Statistics) -> tuple[Figure, ...]:
    """Return the figures worth showing first: those of a good rank, new ones, large ones.

    Each indicator stands but once for each thing. Takes a handful of queries.
    """
    known = {each.iri for each in statistics.properties}
    parts = {role: [p for p in found if p.value in known] for role, found in _parts(store).items()}
    if not parts[roles.VALUE] or not (parts[roles.UNIT_OF] or parts[roles.INDICATOR]):
        return ()
    candidates = _candidates(store, parts)
    figures = _described(store, candidates, parts, known)
    return tuple(_different(figures))[:SHOWN]


def _parts(store: Store) -> dict[str, list[NamedNode]]:
    """Return the properties of each part, with those that data cubes declare for themselves."""
    found = {role: list(properties) for role, properties in roles.FIGURE_PARTS.items()}
    rows = store.query(
        f"SELECT DISTINCT ?property ?role ?above {{ "
        f"{values('role', (QB.measure, QB.dimension, QB.attribute))} ?component ?role ?property "
        f"OPTIONAL {{ ?property {spell(RDFS.subPropertyOf)} ?above }} FILTER(isIRI(?property)) }} "
        "ORDER BY ?property"
    ).solutions()
    usual = {each: role for role, properties in found.items() for each in properties}
    for row in rows:
        is_measure = row["role"] == QB.measure
        role = roles.VALUE if is_measure else usual.get(row["above"])
        if role and row["property"] not in found[role]:
            found[role].append(row["property"])
    return found


def _candidates(store: Store, parts: Mapping[str, list[NamedNode]]) -> list[NamedNode]:
    """Return resources with a number and a unit or an indicator, the most telling first."""
    number = (
        f"{values('property', parts[roles.VALUE])} ?figure ?property ?value "
        "FILTER(isNumeric(?value) && isIRI(?figure)) "
        f"{values('other', parts[roles.UNIT_OF] + parts[roles.INDICATOR])} ?figure ?other ?part "
    )
    found: list[NamedNode] = []
    if parts[roles.RANK]:
        ranked = f"{number} {values('r', parts[roles.RANK])} ?figure ?r ?rank "
        found += _ordered(store, ranked, "?rank DESC(?value)", "?rank ?value")
    if parts[roles.PERIOD]:
        dated = (
            f"{number} {values('p', parts[roles.PERIOD])} ?figure ?p ?when "
            "FILTER(isLiteral(?when)) "
        )
        found += _ordered(store, dated, "DESC(?when) DESC(?value)", "?when ?value")
    found += _ordered(store, number, "DESC(?value)", "?value")
    return list(dict.fromkeys(found))


def _ordered(store: Store, pattern: str, order: str, names: str) -> list[NamedNode]:
    rows = store.query(
        f"SELECT DISTINCT ?figure {names} {{ {pattern} }} ORDER BY {order} ?figure "
        f"LIMIT {_CANDIDATES}"
    ).solutions()
    return [row["figure"] for row in rows]


def _described(
    store: Store,
    figures: Sequence[NamedNode],
    parts: Mapping[str, list[NamedNode]],
    known: Collection[str],
) -> list[Figure]:
    if not figures:
        return []
    role_of = {each: role for role, properties in parts.items() for each in properties}
    rows = store.query(
        f"SELECT DISTINCT ?figure ?property ?part {{ {_pairs('figure', figures, role_of)} "
        "?figure ?property ?part } ORDER BY ?part"
    ).solutions()
    found: dict[NamedNode, dict[str, Term]] = defaultdict(dict)
    for row in rows:
        found[row["figure"]].setdefault(role_of[row["property"]], row["part"])
    signed = {
        part
        for each in found.values()
        for role in (roles.UNIT_OF, roles.COMPARATOR)
        if isinstance(part := each.get(role), NamedNode)
    }
    symbols, about = _symbols(store, signed), _about(store, figures)
    said = _said(store, figures) if KG.evidence.value in known else {}
    made = (_figure(iri, found[iri], symbols) for iri in figures)
    kinds = classes.of(store, set(about.values()))
    return [
        replace(
            figure,
            about=about[iri].value if iri in about else None,
            about_classes=kinds[about[iri]] if iri in about else (),
            modality=said[iri][0] if iri in said else None,
            evidence=said[iri][1] if iri in said else (),
        )
        for iri, figure in zip(figures, made, strict=True)
    ]


def _pairs(variable: str, iris: Iterable[NamedNode], properties: Iterable[NamedNode]) -> str:
    """Return a block that makes all pairs first; else the engine would scan the store."""
    ordered = values(variable, sorted(iris, key=str))
    return f"{{ SELECT * {{ {ordered} {values('property', properties)} }} }}"


def _figure(iri: NamedNode, parts: Mapping[str, Term], symbols: Mapping[Term, str]) -> Figure:
    value = parts[roles.VALUE]
    assert isinstance(value, Literal)
    return Figure(
        iri=iri.value,
        value=value.value,
        parts={role: Part.of(term) for role, term in parts.items() if role != roles.VALUE},
        symbols={role: symbols[term] for role, term in parts.items() if term in symbols},
    )


def _symbols(store: Store, iris: Collection[NamedNode]) -> dict[Term, str]:
    found: dict[Term, str] = {}
    if iris:
        rows = store.query(
            f"SELECT DISTINCT ?iri ?symbol {{ {_pairs('iri', iris, roles.SYMBOL_PROPERTIES)} "
            "?iri ?property ?symbol FILTER(isLiteral(?symbol)) } ORDER BY ?symbol"
        ).solutions()
        found |= {row["iri"]: row["symbol"].value for row in reversed([*rows])}
    return found | {iri: sign for iri, sign in roles.SYMBOLS.items() if iri in iris}


_SAYING = (RDF.subject, RDF.object, RDF.value, KG.evidence)


def _about(store: Store, figures: Sequence[NamedNode]) -> dict[Term, NamedNode]:
    """Return what points to each figure, the first by name; statements about it do not count."""
    rows = store.query(
        f"SELECT DISTINCT ?thing ?figure {{ {values('figure', figures)} ?thing ?property ?figure "
        f"FILTER(isIRI(?thing) && ?property NOT IN ({', '.join(map(spell, _SAYING))})) "
        f"FILTER NOT EXISTS {{ ?thing {spell(RDF.object)} ?figure }} }} ORDER BY DESC(?thing)"
    ).solutions()
    return {row["figure"]: row["thing"] for row in rows}


def _said(
    store: Store, figures: Sequence[NamedNode]
) -> dict[Term, tuple[str | None, tuple[str, ...]]]:
    """Return the modality and the passages of the statements that lead to each figure."""
    rows = store.query(
        f"SELECT DISTINCT ?figure ?modality ?passage {{ {values('figure', figures)} "
        f"?statement {spell(RDF.object)} ?figure ; {spell(KG.evidence)} ?passage "
        f"OPTIONAL {{ ?statement {spell(KG.modality)} ?modality }} FILTER(isIRI(?passage)) }} "
        "ORDER BY ?modality ?passage"
    ).solutions()
    modality: dict[Term, str] = {}
    passages: dict[Term, list[str]] = defaultdict(list)
    for row in rows:
        passages[row["figure"]].append(row["passage"].value)
        if isinstance(row["modality"], NamedNode):
            modality.setdefault(row["figure"], row["modality"].value)
    return {
        figure: (modality.get(figure), tuple(dict.fromkeys(found)))
        for figure, found in passages.items()
    }


def _different(figures: Iterable[Figure]) -> Iterator[Figure]:
    """Yield the first figure of each indicator and thing."""
    seen = set()
    for figure in figures:
        area = figure.parts.get(roles.AREA)
        key = (figure.parts.get(roles.INDICATOR), figure.about or area)
        if key not in seen or key[0] is None:
            seen.add(key)
            yield figure
