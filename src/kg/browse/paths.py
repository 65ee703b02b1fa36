"""The way from a thing to the values of a facet: a property, its inverse, or two in a row."""

from __future__ import annotations

import re
from dataclasses import dataclass

from kg import terms
from kg.errors import BadInput
from kg.prefixes import Prefixes
from kg.terms import RDF, NamedNode, spell

LONGEST = 2
"""Steps of a path."""

LANGUAGE = "lang"
"""The suffix of a path that leads on to the languages of its texts."""


@dataclass(frozen=True, order=True)
class Step:
    """A property (by its IRI), followed from subject to object, or against that."""

    property: str
    inverse: bool = False

    def spell(self) -> str:
        """Return the step as SPARQL (SPARQL 1.1, 9.1)."""
        return ("^" if self.inverse else "") + spell(NamedNode(self.property))


@dataclass(frozen=True, order=True)
class Path:
    """One step or two. With `language`, its values are the language tags of the texts there."""

    steps: tuple[Step, ...]
    language: bool = False

    @classmethod
    def of(cls, property: str | NamedNode, *, inverse: bool = False) -> Path:
        """Return the path of one property."""
        iri = property.value if isinstance(property, NamedNode) else property
        return cls((Step(iri, inverse),))

    def in_language(self) -> Path:
        """Return the path to the languages of the texts that this one leads to."""
        return Path(self.steps, language=True)

    def spell(self) -> str:
        """Return the path as SPARQL; the language is not part of it."""
        return "/".join(step.spell() for step in self.steps)

    @property
    def is_plain(self) -> bool:
        """Whether it leads, by one property, to what things say themselves."""
        return len(self.steps) == 1 and not self.steps[0].inverse and not self.language

    @property
    def properties(self) -> tuple[NamedNode, ...]:
        """The properties on the way."""
        return tuple(NamedNode(step.property) for step in self.steps)


TYPE = Path.of(RDF.type)

PLUMBING = (RDF.type, RDF.subject, RDF.predicate, RDF.object)
"""Properties by which data speaks of its own statements, rather than links things."""

# <IRI>, or anything up to a slash; a name in angle brackets may hold slashes.
_STEP = re.compile(r"(\^?)(?:<([^<>]*)>|([^<>^/]+))")
# A full IRI without brackets is one step as a whole.
_FULL_IRI = re.compile(r"\^?[A-Za-z][A-Za-z0-9+.-]*://")


def parse(text: str, prefixes: Prefixes) -> Path:
    """Return the path that `text` writes: `kg:x`, `^kg:x`, `kg:x/<http://…>`, `rdfs:label.lang`.

    Raises BadInput.
    """
    steps_text, dot, last = text.rpartition(".")
    language = bool(dot) and last == LANGUAGE
    text = steps_text if language else text
    if _FULL_IRI.match(text):
        iri = terms.iri(text.removeprefix("^"))
        return Path((Step(iri.value, text.startswith("^")),), language)
    parts, end = [], 0
    for found in _STEP.finditer(text):
        if found.start() != end:
            break
        parts.append(_step(found, prefixes))
        end = found.end() + 1
        if text[found.end() : end] != "/":
            break
    if not parts or end != len(text) + 1 or len(parts) > LONGEST:
        raise BadInput(
            f"expected a facet such as kg:industry, ^kg:industry, kg:area/geo:sfWithin or "
            f"<http://example.org/p>, got {text[:100]!r}"
        )
    return Path(tuple(parts), language)


def _step(found: re.Match[str], prefixes: Prefixes) -> Step:
    inverse, bracketed, short = found.groups()
    if bracketed is not None:
        return Step(terms.iri(bracketed).value, bool(inverse))
    if short == "type":
        return Step(RDF.type.value, bool(inverse))
    expanded = prefixes.expand(short)
    if expanded is None:
        if short.startswith(("urn:", "tag:", "info:")):
            return Step(terms.iri(short).value, bool(inverse))
        raise BadInput(
            f"{short[:100]!r} is no parameter of this page, and no property: write properties as "
            "kg:industry, with a known prefix, or as <http://example.org/p>"
        )
    return Step(expanded.value, bool(inverse))


def write(path: Path, prefixes: Prefixes) -> str:
    """Return the shortest text that `parse` reads as `path`."""
    if path.steps == TYPE.steps:
        text = "type"
    else:
        text = "/".join(_written(step, prefixes) for step in path.steps)
    return f"{text}.{LANGUAGE}" if path.language else text


def _written(step: Step, prefixes: Prefixes) -> str:
    name = prefixes.shorten(step.property) or f"<{step.property}>"
    return ("^" if step.inverse else "") + name
