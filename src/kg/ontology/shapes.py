"""The SHACL shapes in the data: what each demands, and of which classes and properties."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from kg.store import Store
from kg.terms import RDF, RDFS, BlankNode, Literal, NamedNode, Namespace, Term, spell, values

OWL = Namespace("http://www.w3.org/2002/07/owl#")
SH = Namespace("http://www.w3.org/ns/shacl#")

_DEEPEST = 6
"""How deep shapes within shapes are followed."""

# What SHACL says of a shape besides its constraints, and of a report rather than of a shape.
_REPORTED = (
    "focusNode resultPath value sourceShape resultSeverity resultMessage detail result "
    "sourceConstraintComponent sourceConstraint conforms"
)
_ABOUT = (
    "targetClass targetNode targetSubjectsOf targetObjectsOf target path property message "
    "severity name description order group deactivated defaultValue prefixes declare prefix "
    "namespace shapesGraph"
)
_REPORT = frozenset(SH[name] for name in _REPORTED.split())
_NO_CONSTRAINTS = _REPORT | {SH[name] for name in _ABOUT.split()}

# What counts the values that an earlier constraint chooses.
_LATER = frozenset({SH.qualifiedMinCount, SH.qualifiedMaxCount})

Node = dict[NamedNode, list[Term]]


@dataclass(frozen=True)
class Demand:
    """A constraint, such as `minCount` and `1`. Terms are in N-Triples syntax.

    A value that is a shape of its own is given by the demands of that.
    """

    parameter: str
    values: tuple[str, ...] = ()
    shapes: tuple[tuple[Demand, ...], ...] = ()

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Demand:
        """Return the demand that `dataclasses.asdict` gave."""
        shapes = tuple(tuple(map(cls.from_json, each)) for each in value["shapes"])
        return cls(value["parameter"], tuple(value["values"]), shapes)


@dataclass(frozen=True)
class Rule:
    """What a shape demands of a thing itself (`path` is "") or of what stands at a path of it."""

    shape: str
    """The nearest shape with an IRI, "" where there is none."""

    path: str
    """As SPARQL writes it."""

    severity: str
    demands: tuple[Demand, ...]
    messages: tuple[tuple[str, str], ...]
    """Pairs of text and language."""

    classes: tuple[str, ...] = ()
    """The classes whose things it is applied to."""

    properties: tuple[str, ...] = ()
    """The properties in the path; those that choose what the shape is applied to."""

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Rule:
        """Return the rule that `dataclasses.asdict` gave."""
        return cls(
            **{
                **value,
                "demands": tuple(map(Demand.from_json, value["demands"])),
                "messages": tuple((text, language) for text, language in value["messages"]),
                "classes": tuple(value["classes"]),
                "properties": tuple(value["properties"]),
            }
        )


def read(store: Store, used: Iterable[str]) -> list[Rule]:
    """Return all rules of a store that are in force, by one query; `used` are its properties."""
    parts = [NamedNode(each) for each in used if each.startswith(SH.prefix)]
    parts = [each for each in parts if each not in _REPORT]
    if not parts:
        return []
    lists = values("by", parts)
    kinds = values("kind", (SH.NodeShape, SH.PropertyShape, OWL.Class, RDFS.Class))
    cells = values("p", (RDF.first, RDF.rest))
    triples = store.query(
        f"CONSTRUCT {{ ?s ?p ?o }} WHERE {{ {{ {values('p', parts)} ?s ?p ?o }} UNION "
        f"{{ {values('by', parts)} ?s ?by ?x . {kinds} ?s a ?kind BIND({spell(RDF.type)} AS ?p) "
        "BIND(?kind AS ?o) } UNION "
        f"{{ {lists} ?x ?by ?list FILTER(isBlank(?list)) ?list {spell(RDF.rest)}* ?s . "
        f"{cells} ?s ?p ?o }} }}"
    ).triples()
    return sorted(_Graph(triples).rules(), key=lambda rule: (rule.shape, rule.path, str(rule)))


class _Graph:
    def __init__(self, triples: Iterable[Any]) -> None:
        self._nodes: dict[Term, Node] = defaultdict(lambda: defaultdict(list))
        for triple in triples:
            if triple.object not in self._nodes[triple.subject][triple.predicate]:
                self._nodes[triple.subject][triple.predicate].append(triple.object)

    def rules(self) -> Iterator[Rule]:
        """Yield the rules of all shapes that choose what they are applied to."""
        for term in list(self._nodes):
            node = self._nodes[term]
            classes, properties = _targets(term, node)
            if classes or properties or SH.targetNode in node:
                yield from self._of(term, "", classes, properties, frozenset())

    def _of(
        self,
        term: Term,
        shape: str,
        classes: tuple[str, ...],
        properties: tuple[str, ...],
        above: frozenset[Term],
    ) -> Iterator[Rule]:
        node: Mapping[NamedNode, list[Term]] = self._nodes.get(term, {})
        if term in above or len(above) > _DEEPEST or _says_true(node.get(SH.deactivated, ())):
            return
        shape = term.value if isinstance(term, NamedNode) else shape
        paths = node.get(SH.path, ())
        demands = tuple(self._demands(node, above | {term}))
        if demands:
            yield Rule(
                shape=shape,
                path=self._path(paths[0]) if paths else "",
                severity=_local(node.get(SH.severity, [SH.Violation])[0]),
                demands=demands,
                messages=_texts(node.get(SH.message, ())),
                classes=classes,
                properties=tuple(sorted({*properties, *self._steps(paths)})),
            )
        for part in node.get(SH.property, ()):
            yield from self._of(part, shape, classes if not paths else (), (), above | {term})

    def _demands(
        self, node: Mapping[NamedNode, list[Term]], above: frozenset[Term]
    ) -> Iterator[Demand]:
        for parameter in sorted(node, key=lambda each: (each in _LATER, str(each))):
            if not parameter.value.startswith(SH.prefix) or parameter in _NO_CONSTRAINTS:
                continue
            found: list[str] = []
            shapes: list[tuple[Demand, ...]] = []
            for term in node[parameter]:
                for member in self._members(term):
                    inner = self._inner(member, above)
                    if inner:
                        shapes.append(inner)
                    else:
                        found.append(str(member))
            yield Demand(_local(parameter), tuple(sorted(found)), tuple(shapes))

    def _inner(self, term: Term, above: frozenset[Term]) -> tuple[Demand, ...]:
        """Return the demands of a shape without a name, properties among them."""
        if not isinstance(term, BlankNode) or term in above or len(above) > _DEEPEST:
            return ()
        node = self._nodes.get(term, {})
        own = tuple(self._demands(node, above | {term}))
        paths = tuple(Demand("path", (self._path(path),)) for path in node.get(SH.path, ()))
        parts = tuple(
            Demand("property", (), (inner,))
            for part in node.get(SH.property, ())
            if (inner := self._inner(part, above | {term}))
        )
        return (*paths, *own, *parts)

    def _members(self, term: Term) -> Iterable[Term]:
        """Return the members of a list, or a term that is none."""
        if not isinstance(term, BlankNode) or RDF.first not in self._nodes.get(term, {}):
            return [term]
        members: list[Term] = []
        seen: set[Term] = set()
        while term in self._nodes and term not in seen:
            seen.add(term)
            members += self._nodes[term].get(RDF.first, ())
            term = next(iter(self._nodes[term].get(RDF.rest, ())), RDF.nil)
        return members

    def _path(self, term: Term, depth: int = 0) -> str:
        """Return a path as SPARQL writes it (SHACL, 2.3.1)."""
        node = self._nodes.get(term, {})
        if not isinstance(term, BlankNode) or depth > _DEEPEST:
            return str(term)
        if RDF.first in node:
            return "/".join(self._path(each, depth + 1) for each in self._members(term))
        if SH.alternativePath in node:
            ways = self._members(node[SH.alternativePath][0])
            return f"({'|'.join(self._path(each, depth + 1) for each in ways)})"
        for parameter, before, after in _PATHS:
            if parameter in node:
                return before + self._path(node[parameter][0], depth + 1) + after
        return str(term)

    def _steps(self, terms: Iterable[Term], depth: int = 0) -> Iterator[str]:
        """Yield the properties in paths."""
        for term in terms:
            if isinstance(term, NamedNode):
                yield term.value
            elif depth <= _DEEPEST:
                node = self._nodes.get(term, {})
                yield from self._steps(self._members(term) if RDF.first in node else (), depth + 1)
                for parameter in (SH.alternativePath, *(each for each, _, _ in _PATHS)):
                    for value in node.get(parameter, ()):
                        yield from self._steps(self._members(value), depth + 1)


_PATHS = (
    (SH.inversePath, "^", ""),
    (SH.zeroOrMorePath, "(", ")*"),
    (SH.oneOrMorePath, "(", ")+"),
    (SH.zeroOrOnePath, "(", ")?"),
)


def _targets(
    term: Term, node: Mapping[NamedNode, list[Term]]
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the classes and the properties that choose what a shape is applied to (SHACL, 2.1)."""
    classes = set(_iris(node.get(SH.targetClass, ())))
    kinds = set(node.get(RDF.type, ()))
    if kinds & {SH.NodeShape, SH.PropertyShape} and kinds & {OWL.Class, RDFS.Class}:
        classes |= set(_iris([term]))
    by = (*node.get(SH.targetSubjectsOf, ()), *node.get(SH.targetObjectsOf, ()))
    return tuple(sorted(classes)), tuple(sorted(set(_iris(by))))


def _iris(terms: Iterable[Term]) -> Iterator[str]:
    return (term.value for term in terms if isinstance(term, NamedNode))


def _says_true(terms: Iterable[Term]) -> bool:
    return any(isinstance(term, Literal) and term.value == "true" for term in terms)


def _local(term: Term) -> str:
    return term.value.removeprefix(SH.prefix) if isinstance(term, NamedNode) else str(term)


def _texts(terms: Iterable[Term]) -> tuple[tuple[str, str], ...]:
    return tuple((term.value, term.language or "") for term in terms if isinstance(term, Literal))
