"""Coverage: which clauses of a source document the statements of a graph point into.

The graph's evidence gives character ranges (Web Annotation, oa:TextPositionSelector) in a document
known by its SHA-256; the document itself need not be public.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from kg.documents import Documents
from kg.errors import BadData
from kg.store import Store
from kg.terms import Literal, NamedNode, Term, local_name

_EVIDENCE = """
PREFIX kg: <https://kg.example/def/>
PREFIX oa: <http://www.w3.org/ns/oa#>
SELECT ?document ?pointer ?start ?end ?statement WHERE {
  ?document kg:sha256 ?digest .
  ?passage oa:hasSource ?document ; oa:hasSelector ?selector .
  ?selector oa:start ?start ; oa:end ?end .
  { ?pointer kg:evidence ?passage . BIND(true AS ?statement) }
  UNION { ?document kg:setsAside ?passage . BIND(?passage AS ?pointer) BIND(false AS ?statement) }
}
"""

_DOCUMENTS = """
PREFIX kg: <https://kg.example/def/>
SELECT ?document ?digest WHERE { ?document kg:sha256 ?digest }
"""

# Clauses end at punctuation, Chinese or Western, and at line breaks.
_CLAUSE = re.compile(r"[^,，。;；!！?？:：\n]+")


@dataclass(frozen=True)
class Range:
    """Characters `start` to `end` (exclusive) of a document; RFC 5147's `char=start,end`."""

    start: int
    end: int

    def overlaps(self, other: Range) -> bool:
        """Return whether the two have a character in common."""
        return self.start < other.end and other.start < self.end


@dataclass(frozen=True)
class Pointer:
    """A statement with a range as its evidence, or a range that is set aside as saying nothing."""

    iri: NamedNode
    range: Range
    is_statement: bool


@dataclass(frozen=True)
class Clause:
    """A part of the text between punctuation marks, and what points into it."""

    range: Range
    text: str
    statements: tuple[NamedNode, ...]
    set_aside: bool

    @property
    def bare(self) -> bool:
        """Whether the clause says something and nothing points into it."""
        return not self.statements and not self.set_aside


@dataclass(frozen=True)
class Coverage:
    """The clauses of one document, in order; `file` is None when the text is not at hand."""

    document: NamedNode
    sha256: str
    file: Path | None
    clauses: tuple[Clause, ...]
    beyond: tuple[Pointer, ...]
    """Pointers whose range does not lie inside the text."""

    @property
    def bare(self) -> tuple[Clause, ...]:
        """The clauses that nothing points into."""
        return tuple(clause for clause in self.clauses if clause.bare)

    @property
    def complete(self) -> bool:
        """Whether every clause is covered and every range is valid."""
        return not self.bare and not self.beyond


def report(store: Store, source_dir: Path | None) -> list[Coverage]:
    """Return the coverage of each document that is known by its SHA-256, by two queries.

    The text is the file in `source_dir` with the document's SHA-256, decoded as UTF-8.
    """
    documents = store.query(_DOCUMENTS).solutions()
    digests = {row["document"]: row["digest"].value for row in documents}
    pointers: dict[NamedNode, set[Pointer]] = defaultdict(set)
    for row in store.query(_EVIDENCE).solutions():
        place = Range(_number(row["start"], row["pointer"]), _number(row["end"], row["pointer"]))
        is_statement = row["statement"].value == "true"
        pointers[row["document"]].add(Pointer(row["pointer"], place, is_statement))
    files = Documents(source_dir).files()
    return [
        _cover(document, digest, files.get(digest), pointers[document])
        for document, digest in sorted(digests.items(), key=str)
    ]


def clauses(text: str) -> Iterator[tuple[Range, str]]:
    """Yield the clauses of a text that hold at least one letter or digit."""
    for match in _CLAUSE.finditer(text):
        if any(character.isalnum() for character in match.group()):
            yield Range(*match.span()), match.group().strip()


def _number(term: Term, pointer: NamedNode) -> int:
    """Return a position of a selector. Raises BadData when it is no whole number."""
    try:
        return int(term.value if isinstance(term, Literal) else "")
    except ValueError:
        raise BadData(
            f"expected a whole number as a position in the evidence of {pointer}, got {term}"
        ) from None


def _cover(
    document: NamedNode, digest: str, file: Path | None, pointers: Iterable[Pointer]
) -> Coverage:
    if file is None:
        return Coverage(document, digest, None, (), ())
    try:
        text = file.read_bytes().decode("utf-8")
    except UnicodeDecodeError as error:
        raise BadData(f"{file}: not UTF-8: {error}") from None
    ordered = sorted(pointers, key=lambda each: (each.range.start, each.iri.value))
    beyond = tuple(
        each for each in ordered if not 0 <= each.range.start < each.range.end <= len(text)
    )
    covered = tuple(_clause(place, words, ordered) for place, words in clauses(text))
    return Coverage(document, digest, file, covered, beyond)


def _clause(place: Range, text: str, pointers: Iterable[Pointer]) -> Clause:
    here = [each for each in pointers if each.range.overlaps(place)]
    return Clause(
        place,
        text,
        tuple(dict.fromkeys(each.iri for each in here if each.is_statement)),
        any(not each.is_statement for each in here),
    )


def as_text(coverage: Coverage) -> Iterator[str]:
    """Yield the lines of a report for people: one a clause, then what is wrong, then the sum."""
    if coverage.file is None:
        yield (
            f"{coverage.document.value}: the text is not at hand; set source_dir to the folder of "
            f"the file with SHA-256 {coverage.sha256}"
        )
        return
    for clause in coverage.clauses:
        names = ", ".join(local_name(iri.value) for iri in clause.statements)
        pointing = names or ("(set aside)" if clause.set_aside else "NOTHING POINTS HERE")
        yield f"{clause.range.start:>6}-{clause.range.end:<6} {clause.text}  ←  {pointing}"
    for pointer in coverage.beyond:
        yield f"outside the text: {pointer.iri.value} {pointer.range.start}-{pointer.range.end}"
    yield (
        f"{coverage.document.value}: {len(coverage.clauses)} clauses, "
        f"{sum(clause.set_aside for clause in coverage.clauses)} set aside, "
        f"{len(coverage.bare)} bare; {len(coverage.beyond)} ranges outside the text"
    )
