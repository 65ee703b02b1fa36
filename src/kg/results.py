"""Answers on their way out: bytes in a format, and the terms that can be read back from them.

An answer crosses from a store as bytes, whichever store gave it (this process, a reader, a remote
endpoint), so that one type serves them all and what is sent on is never decoded.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, cast
from xml.parsers import expat

from pyoxigraph import (
    QueryBoolean,
    QueryResultsFormat,
    QuerySolution,
    QuerySolutions,
    RdfFormat,
    parse,
    parse_query_results,
    serialize,
)

from kg.errors import NotAcceptable, OverLimit
from kg.formats import JSON, NTRIPLES, Format, Kind
from kg.terms import RDF, Literal, NamedNode, Quad, Term, Triple

Row = QuerySolution
"""A solution of a SELECT: `row["name"]` is a term, or None where unbound."""


@dataclass(frozen=True)
class Solutions:
    """The rows of a SELECT, in order; `row["name"]` is a term, or None where unbound."""

    variables: tuple[str, ...]
    rows: tuple[Row, ...]

    def __iter__(self) -> Iterator[Row]:
        return iter(self.rows)

    def __len__(self) -> int:
        return len(self.rows)


@dataclass(frozen=True)
class Result:
    """The answer to one query, and the snapshot it is true of."""

    kind: Kind
    format: Format
    snapshot: str
    chunks: Iterator[bytes]
    """Can be read once."""

    length: int | None = None
    """Bytes in all chunks, where that is known before they are read."""

    def read(self) -> bytes:
        """Return what is left of the answer as one value."""
        return b"".join(self.chunks)

    def solutions(self) -> Solutions:
        """Return the rows of a SELECT."""
        parsed = parse_query_results(self.read(), format=self._results_format())
        assert isinstance(parsed, QuerySolutions)
        names = tuple(variable.value for variable in parsed.variables)
        return Solutions(names, tuple(parsed))

    def boolean(self) -> bool:
        """Return the answer of an ASK."""
        parsed = parse_query_results(self.read(), format=self._results_format())
        assert isinstance(parsed, QueryBoolean)
        return bool(parsed)

    def triples(self) -> list[Quad]:
        """Return the triples of a CONSTRUCT or DESCRIBE, as quads of the default graph."""
        assert isinstance(self.format.engine, RdfFormat)
        return list(parse(self.read(), format=self.format.engine))

    def _results_format(self) -> QueryResultsFormat:
        assert isinstance(self.format.engine, QueryResultsFormat)
        return self.format.engine


def internal_format(kind: Kind) -> Format:
    """Return the format in which the service itself reads answers of `kind`."""
    return NTRIPLES if kind is Kind.GRAPH else JSON


def serialised(triples: Iterable[Triple | Quad], format: Format, *, snapshot: str) -> Result:
    """Return triples that the service itself makes, as an answer in `format`.

    Of quads, a format of triples gets the triples.
    """
    assert isinstance(format.engine, RdfFormat)
    if Kind.DATASET not in format.kinds:
        triples = (each.triple if isinstance(each, Quad) else each for each in triples)
    output = io.BytesIO()
    sink = Sink(output, format=format, max_bytes=None)
    try:
        serialize(cast("Iterable[Quad]", triples), sink.file, format.engine)
    except OSError:
        raise not_expressible(format) from None
    sink.close()
    return Result(Kind.GRAPH, format, snapshot, iter([output.getvalue()]), output.tell())


# What XML 1.0 cannot hold (section 2.2), and how the local part of a name may end an IRI
# (Namespaces in XML 1.0, section 4); the latter is narrower than it needs to be.
_NOT_IN_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_ENDS_IN_NAME = re.compile(r"[^\W\d][\w.-]*$")


def fits_rdf_xml(triples: Iterable[Quad | Triple]) -> bool:
    """Return whether RDF/XML can hold these triples: it must name each property and class."""
    return all(_fits_rdf_xml(triple) for triple in triples)


def fits_xml(term: Term | None) -> bool:
    """Return whether the XML format of results can hold a term."""
    return not (isinstance(term, Literal) and _NOT_IN_XML.search(term.value))


def _fits_rdf_xml(triple: Quad | Triple) -> bool:
    if not _ENDS_IN_NAME.search(triple.predicate.value):
        return False
    if triple.predicate == RDF.type and isinstance(triple.object, NamedNode):
        return bool(_ENDS_IN_NAME.search(triple.object.value))
    return fits_xml(triple.object)


def rewrite(ntriples: bytes, format: Format, file: Path) -> None:
    """Write N-Triples to a file in another format. Raises NotAcceptable."""
    assert isinstance(format.engine, RdfFormat)
    with file.open("wb") as output:
        sink = Sink(output, format=format, max_bytes=None)
        try:
            # Labels of blank nodes are not always names in XML; new ones are.
            triples = parse(ntriples, format=RdfFormat.N_TRIPLES, rename_blank_nodes=True)
            serialize(triples, sink.file, format.engine)
        except OSError:
            raise not_expressible(format) from None
        sink.close()


class Sink:
    """A file to serialise into: it keeps count, and lets no broken document get out.

    RDF allows text that XML cannot hold (control characters), predicates that RDF/XML cannot name
    (`http://example.org/1`), and terms that N3 does not have; the engine writes them all the same.
    """

    def __init__(self, output: IO[bytes], *, format: Format, max_bytes: int | None) -> None:
        self._output = output
        self._format = format
        self._max_bytes = max_bytes
        self._written = 0
        self._check = _CHECKS.get(format.name, _Unchecked)()

    @property
    def file(self) -> IO[bytes]:
        """This sink, as the type that the engine's stubs ask for; it calls `write` and `flush`."""
        return cast("IO[bytes]", self)

    def write(self, block: bytes) -> int:
        """Write `block`. Raises OverLimit and NotAcceptable, which come out of the serialiser."""
        self._written += len(block)
        if self._max_bytes is not None and self._written > self._max_bytes:
            raise OverLimit(
                f"the result is larger than the {self._max_bytes:,} bytes that this service sends; "
                "add LIMIT, or ask for fewer columns",
                code="result_too_large",
            )
        self._must_pass(block, final=False)
        self._output.write(block)
        return len(block)

    def flush(self) -> None:
        """Pass on what is buffered."""
        self._output.flush()

    def close(self) -> None:
        """Declare the end of the document."""
        self._must_pass(b"", final=True)

    def _must_pass(self, block: bytes, *, final: bool) -> None:
        if not self._check.passes(block, final=final):
            raise not_expressible(self._format)


def not_expressible(format: Format) -> NotAcceptable:
    """Return the error for an answer that a format has no way to write."""
    return NotAcceptable(
        f"this answer cannot be written as {format.media_type}: it holds terms or text that it "
        "cannot express; try another format",
        code="not_expressible",
    )


class _Unchecked:
    def passes(self, block: bytes, *, final: bool) -> bool:  # noqa: ARG002
        return True


class _XmlCheck:
    """Whether blocks make a well-formed document with namespaces."""

    def __init__(self) -> None:
        self._parser = expat.ParserCreate(namespace_separator=" ")

    def passes(self, block: bytes, *, final: bool) -> bool:
        try:
            self._parser.Parse(block, final)
        except expat.ExpatError:
            return False
        return True


class _N3Check:
    """Whether blocks are free of the terms of RDF 1.2, which N3 does not have."""

    _STRING = re.compile(rb'"(?:[^"\\]|\\.)*+"')
    _TERM = re.compile(rb'<<\(|""@[A-Za-z0-9-]+--(?:ltr|rtl)')

    def __init__(self) -> None:
        self._line: list[bytes] = []

    def passes(self, block: bytes, *, final: bool) -> bool:
        self._line.append(block)
        if b"\n" not in block and not final:
            return True  # a line is looked at once, when it is whole
        lines, newline, rest = b"".join(self._line).rpartition(b"\n")
        self._line = [] if final else [rest]
        checked = lines + newline + rest if final else lines
        return not self._TERM.search(self._STRING.sub(b'""', checked))


_CHECKS: dict[str, type[_Unchecked | _XmlCheck | _N3Check]] = {
    "xml": _XmlCheck,
    "rdf": _XmlCheck,
    "n3": _N3Check,
}
