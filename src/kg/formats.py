"""The formats in which answers are sent, and how a request chooses among them.

A format is a row of `FORMATS`; everything else in the service asks the table.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from pyoxigraph import QueryResultsFormat, RdfFormat

from kg.errors import BadInput, NotAcceptable


class Kind(StrEnum):
    """What an answer is: SPARQL 1.1 Protocol 2.1.6 gives each its own media types."""

    SOLUTIONS = "solutions"
    BOOLEAN = "boolean"
    GRAPH = "graph"
    DATASET = "dataset"
    PAGE = "page"


RESULTS = frozenset({Kind.SOLUTIONS, Kind.BOOLEAN})
TRIPLES = frozenset({Kind.GRAPH})
QUADS = frozenset({Kind.GRAPH, Kind.DATASET})


@dataclass(frozen=True)
class Format:
    """One way to write an answer. `engine` is what pyoxigraph calls it, None for pages."""

    name: str
    media_type: str
    extension: str
    kinds: frozenset[Kind]
    engine: QueryResultsFormat | RdfFormat | None
    aliases: tuple[str, ...] = ()

    @property
    def content_type(self) -> str:
        """The value of the Content-Type header."""
        textual = self.media_type.startswith("text/")
        return f"{self.media_type}; charset=utf-8" if textual else self.media_type


HTML = Format("html", "text/html", "html", frozenset({Kind.PAGE}), None, ("application/xhtml+xml",))
JSON = Format(
    "json",
    "application/sparql-results+json",
    "json",
    RESULTS,
    QueryResultsFormat.JSON,
    ("application/json",),
)
DATA = Format("json", "application/json", "json", frozenset(), None)
"""What a page says, for programs: JSON of a shape of its own."""

NTRIPLES = Format(
    "nt", "application/n-triples", "nt", TRIPLES, RdfFormat.N_TRIPLES, ("text/plain",)
)
TURTLE = Format("ttl", "text/turtle", "ttl", TRIPLES, RdfFormat.TURTLE, ("application/x-turtle",))
RDF_XML = Format(
    "rdf",
    "application/rdf+xml",
    "rdf",
    TRIPLES,
    RdfFormat.RDF_XML,
    ("application/xml", "text/xml"),
)
JSON_LD = Format(
    "jsonld", "application/ld+json", "jsonld", QUADS, RdfFormat.JSON_LD, ("application/json",)
)
NQUADS = Format("nq", "application/n-quads", "nq", QUADS, RdfFormat.N_QUADS, ("text/x-nquads",))

# The order is the server's preference where a client accepts several equally.
FORMATS = (
    HTML,
    JSON,
    Format(
        "xml",
        "application/sparql-results+xml",
        "srx",
        RESULTS,
        QueryResultsFormat.XML,
        ("application/xml", "text/xml"),
    ),
    Format("csv", "text/csv", "csv", RESULTS, QueryResultsFormat.CSV),
    Format("tsv", "text/tab-separated-values", "tsv", RESULTS, QueryResultsFormat.TSV),
    TURTLE,
    NTRIPLES,
    RDF_XML,
    JSON_LD,
    Format("trig", "application/trig", "trig", QUADS, RdfFormat.TRIG, ("application/x-trig",)),
    NQUADS,
    Format("n3", "text/n3", "n3", TRIPLES, RdfFormat.N3, ("text/rdf+n3",)),
)

# The qvalue of RFC 9110, 12.4.2, with more decimals than it allows, and `.2` as Java sends it.
_QUALITY = re.compile(r"0?\.[0-9]{1,9}|0\.?|1(\.0{0,9})?")

# What formats are called besides their names in the table, by people and by SPARQLWrapper.
_OTHER_NAMES = {
    "xml": "rdf",
    "owl": "rdf",
    "rdf+xml": "rdf",
    "json": "jsonld",
    "json-ld": "jsonld",
    "ntriples": "nt",
    "turtle": "ttl",
}


def offers(kind: Kind) -> tuple[Format, ...]:
    """Return the formats that can hold an answer of `kind`, the preferred one first."""
    return tuple(format for format in FORMATS if kind in format.kinds)


def by_name(name: str, among: Sequence[Format]) -> Format:
    """Return the format called `name` (or with that extension or media type).

    Raises BadInput that names the formats on offer.
    """
    wanted = name.strip().lower()
    for called in (wanted, _OTHER_NAMES.get(wanted)):
        for format in among:
            if called in (format.name, format.extension, format.media_type, *format.aliases):
                return format
    raise BadInput(f"unknown format {wanted[:80]!r}; try {_list(f.name for f in among)}")


def by_file_name(file_name: str) -> Format | None:
    """Return the RDF format that a file name announces, or None. A final `.gz` is passed over."""
    extension = file_name.lower().removesuffix(".gz").rpartition(".")[2]
    wanted = _OTHER_NAMES.get(extension, extension)
    among = (format for format in FORMATS if isinstance(format.engine, RdfFormat))
    return next((format for format in among if format.extension == wanted), None)


def choose(accept: str, among: Sequence[Format]) -> Format:
    """Return the format that an `Accept` header prefers (RFC 9110, 12.5.1).

    A missing header accepts everything. The more specific range decides on a format; among equal
    quality a range that names the format itself beats a wildcard and an alias, then the order of
    `among` decides. Media type parameters other than `q` are ignored, as SPARQL's formats have
    none. Raises NotAcceptable that names what is on offer.
    """
    ranges = list(_ranges(accept)) or [("*/*", 1.0)]
    rated = [(_rate(format, ranges), -place) for place, format in enumerate(among)]
    (quality, _), place = max(rated)
    if quality <= 0:
        offered = _list(format.media_type for format in among)
        raise NotAcceptable(f"cannot send {accept[:200]!r}; try {offered}")
    return among[-place]


def _rate(format: Format, ranges: Iterable[tuple[str, float]]) -> tuple[float, int]:
    """Return (quality, specificity) of the most specific range that matches."""
    main = format.media_type.partition("/")[0]
    names = {format.media_type: 3, f"{main}/*": 1, "*/*": 0} | dict.fromkeys(format.aliases, 2)
    matches = [(names[name], quality) for name, quality in ranges if name in names]
    if not matches:
        return (0.0, -1)
    specificity = max(rank for rank, _ in matches)
    return (max(quality for rank, quality in matches if rank == specificity), specificity)


def _ranges(accept: str) -> Iterable[tuple[str, float]]:
    """Yield the media ranges of an Accept header with their quality; skip what is not one."""
    for element in accept.split(","):
        media_range, *parameters = (part.strip().lower() for part in element.split(";"))
        if "/" in media_range:
            yield media_range, _quality(parameters)


def _quality(parameters: Iterable[str]) -> float:
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip() == "q":
            return float(value) if _QUALITY.fullmatch(value.strip()) else 0.0
    return 1.0


def _list(names: Iterable[str]) -> str:
    *most, last = names
    return f"{', '.join(most)} or {last}" if most else last
