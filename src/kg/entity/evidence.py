"""How the data knows what it says: statements about statements, and the passages they point to.

The service's own vocabulary (`https://kg.example/def/`) is read, and plain reification (RDF Schema
1.1, 5.3; RDF 1.2, rdf:reifies), whoever uses it.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from kg import labels
from kg.entity.facts import Facts
from kg.entity.incoming import OA
from kg.entity.said import Said
from kg.entity.values import Evidence, Passage, Value
from kg.labels import DCTERMS, Label
from kg.roles import KG
from kg.terms import RDF, RDFS, Literal, NamedNode, Term, Triple

CONTEXT = 24
"""Characters of a document that are shown around a passage."""

QUOTED = 600
"""Characters of a passage that are shown."""

_NUMBER = re.compile(r"[0-9]{1,18}")

# What is said of a statement elsewhere on the page, or stands for the statement itself.
_KNOWN = frozenset(
    {
        RDF.type,
        RDF.subject,
        RDF.predicate,
        RDF.object,
        RDF.reifies,
        RDFS.label,
        RDFS.comment,
        DCTERMS.description,
        KG.status,
        KG.modality,
        KG.evidence,
        KG.reason,
    }
)

Pair = tuple[NamedNode, Term]
"""A property and a value of the resource."""

Texts = Callable[[Collection[str]], Mapping[str, str]]
"""Returns those of the wanted documents that are at hand, by their SHA-256."""


@dataclass(frozen=True)
class Testimony:
    """What the statements among some triples say about the facts of one resource."""

    said: Said
    facts: Facts
    """Of the statements."""

    languages: Sequence[str]
    texts: Mapping[str, str]
    """The documents that are at hand, by their SHA-256."""

    by_pair: Mapping[Pair, list[Term]] = field(default_factory=dict)

    @classmethod
    def about(
        cls, iri: NamedNode, said: Said, facts: Facts, languages: Sequence[str], texts: Texts
    ) -> Testimony:
        """Return the testimony about a resource."""
        found: dict[Pair, list[Term]] = defaultdict(list)
        for node in said.nodes:
            for pair in _stated(said, node, iri):
                found[pair].append(node)
        return cls(said, facts, languages, texts(_digests(said)), found)

    def of(self, property: NamedNode, value: Term) -> tuple[Evidence, ...]:
        """Return the statements that say that the resource has a value."""
        statements = sorted(self.by_pair.get((property, value), ()), key=str)
        return tuple(self._evidence(each) for each in statements)

    def passage(self, term: Term) -> Passage | None:
        """Return the part of a document that `term` stands for, or None."""
        selectors = self.said.values(term, OA.hasSelector)
        if not selectors:
            return None
        start, end = (self._number(selectors, each) for each in (OA.start, OA.end))
        document = self.said.first(term, OA.hasSource)
        quoted = self._text(selectors, OA.exact)
        before, text, after = self._around(document, start, end)
        return Passage(
            term,
            self.facts.value(document) if document else None,
            start,
            end,
            text if quoted is None else quoted[:QUOTED],
            before,
            after,
        )

    def _evidence(self, statement: Term) -> Evidence:
        passages = (self.passage(each) for each in self.said.values(statement, KG.evidence))
        ordered = sorted(filter(None, passages), key=lambda each: (each.start or 0, str(each.term)))
        return Evidence(
            statement,
            self._value(statement, KG.status),
            self._value(statement, KG.modality),
            self._note(statement, RDFS.comment, DCTERMS.description),
            self._note(statement, KG.reason),
            tuple(ordered),
            tuple(each for each in self.facts.of(statement) if each.property not in _KNOWN),
        )

    def _value(self, node: Term, property: NamedNode) -> Value | None:
        term = self.said.first(node, property)
        return self.facts.value(term) if term else None

    def _note(self, node: Term, *properties: NamedNode) -> Label | None:
        texts = [
            Label.of(value)
            for value in self.said.values(node, *properties)
            if isinstance(value, Literal)
        ]
        return labels.choose(texts, self.languages)

    def _around(
        self, document: Term | None, start: int | None, end: int | None
    ) -> tuple[str, str | None, str]:
        """Return what stands before, in and after a passage, as far as the document is at hand."""
        digest = self.said.first(document, KG.sha256) if document else None
        text = self.texts.get(digest.value) if isinstance(digest, Literal) else None
        if text is None or start is None or end is None or not start < end <= len(text):
            return "", None, ""
        quoted = text[start : min(end, start + QUOTED)]
        return text[max(0, start - CONTEXT) : start], quoted, text[end : end + CONTEXT]

    def _number(self, selectors: Iterable[Term], property: NamedNode) -> int | None:
        text = self._text(selectors, property) or ""
        return int(text) if _NUMBER.fullmatch(text) else None

    def _text(self, selectors: Iterable[Term], property: NamedNode) -> str | None:
        found = (self.said.first(each, property) for each in selectors)
        return next((each.value for each in found if isinstance(each, Literal)), None)


def _stated(said: Said, node: Term, iri: NamedNode) -> Iterable[Pair]:
    """Yield what a node says of a resource, if it is a statement."""
    if iri in said.values(node, RDF.subject):
        for property in said.values(node, RDF.predicate):
            for value in said.values(node, RDF.object):
                if isinstance(property, NamedNode):
                    yield property, value
    for triple in said.values(node, RDF.reifies):
        if isinstance(triple, Triple) and triple.subject == iri:
            yield triple.predicate, triple.object


def _digests(said: Said) -> list[str]:
    """Return the SHA-256 of all documents that are spoken of."""
    found = {value.value for node in said.nodes for value in said.values(node, KG.sha256)
             if isinstance(value, Literal)}  # fmt: skip
    return sorted(found)
