"""Terms that are kept as text in N-Triples syntax, as a page shows them: with labels."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from kg.labels import Label
from kg.terms import NamedNode, Term, parsed

_IRI = re.compile(r"<[^<>]*>")


@dataclass(frozen=True)
class Value:
    """A term, with its label if it is an IRI; a path of several steps is only a text."""

    term: Term | None
    text: str
    label: Label | None = None


def is_iri(text: str) -> bool:
    """Return whether a text spells an IRI."""
    return _IRI.fullmatch(text) is not None


def iris(texts: Iterable[str]) -> set[NamedNode]:
    """Return the IRIs among terms and in paths."""
    found = (match for text in texts if not text.startswith('"') for match in _IRI.findall(text))
    return {NamedNode(each[1:-1]) for each in found}


def value(text: str, names: Mapping[NamedNode, Label]) -> Value:
    """Return what a text spells, in which IRIs are among `names`."""
    if is_iri(text):
        term = NamedNode(text[1:-1])
        return Value(term, term.value, names[term])
    if text.startswith('"'):
        return Value(parsed(text), text)
    return Value(None, _IRI.sub(lambda found: names[NamedNode(found[0][1:-1])].text, text))
