"""Asking a graph: `kg query`, `export` and `mcp`."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from kg import formats, terms
from kg.cli.options import At, Db, load
from kg.cli.sources import asked, database, store
from kg.cli.terminal import print_table, written
from kg.errors import BadInput
from kg.formats import Format, Kind
from kg.settings import Settings
from kg.sparql import outline
from kg.terms import NamedNode


@click.command()
@click.argument("text", metavar="(TEXT | @FILE.rq)")
@click.option("--data", type=click.Path(path_type=Path), multiple=True, metavar="FILE")
@Db
@At
@click.option("--format", "format_name", metavar="FORMAT", help="json, xml, csv, tsv, table, ttl …")
def query(
    text: str,
    data: tuple[Path, ...],
    db: Path | None,
    endpoint: str | None,
    format_name: str | None,
) -> None:
    """Answer a query over the bundled graph, --data FILES, the database in --db, or --endpoint."""
    options = load(db, endpoint)
    if sum(map(bool, (data, db, endpoint))) > 1:
        raise BadInput("--data, --db and --endpoint exclude each other; name the one to ask")
    if text.startswith("@"):
        text = _read(Path(text[1:]))
    form = outline(text).form
    kind = form.kind if form else Kind.SOLUTIONS
    as_table = kind is Kind.SOLUTIONS and format_name in (None, "table")
    default = "ttl" if kind is Kind.GRAPH else "csv"
    if format_name == "table" and not as_table:
        raise BadInput(f"a table shows the rows of a SELECT; try --format {default}")
    format = None if as_table else formats.by_name(format_name or default, formats.offers(kind))
    result = asked(data, options, at_endpoint=bool(endpoint)).query(text, format=format)
    if as_table:
        print_table(result.solutions())
    else:
        for chunk in result.chunks:
            sys.stdout.buffer.write(chunk)
        sys.stdout.buffer.flush()


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(f"{path}: cannot be read as UTF-8 text: {error}") from None


@click.command()
@Db
@click.option("--graph", metavar="IRI", help="Only the triples of this graph.")
@click.option("--format", "format_name", metavar="FORMAT", help="nq, trig, ttl, nt, rdf, jsonld …")
@click.option("--output", type=click.Path(path_type=Path), metavar="FILE[.gz]")
@click.option("--parquet", type=click.Path(path_type=Path), metavar="FOLDER")
def export(
    db: Path | None,
    graph: str | None,
    format_name: str | None,
    output: Path | None,
    parquet: Path | None,
) -> None:
    """Write the data out: as N-Quads, or as --format or the name of --output says.

    A format of triples gets the merge of all graphs. --parquet writes terms and quads as tables
    into a new folder. A file, or folder, appears only when it is complete.
    """
    options = load(db)
    if parquet is not None:
        if graph or format_name or output:
            raise BadInput("--parquet excludes --graph, --format and --output")
        _export_columns(options, parquet)
        return
    wanted = terms.iri(graph) if graph else None
    format = _export_format(format_name, output, wanted)
    found = store(options)
    if wanted is not None and wanted not in found.graphs():
        known = ", ".join(f"<{name.value}>" for name in found.graphs()[:10]) or "none"
        raise BadInput(f"there is no graph <{wanted.value}>; known graphs: {known}")
    with written(output) as file:
        found.dump(file, format, graph=wanted)


def _export_columns(options: Settings, folder: Path) -> None:
    from kg.columnar import parquet  # noqa: PLC0415  DuckDB takes long to load

    made = parquet.export(database((), options, gate=True).current(), folder)
    click.echo(f"{folder}: {made.snapshot}, {made.quads:,} quads, {made.terms:,} terms")


def _export_format(name: str | None, output: Path | None, graph: NamedNode | None) -> Format:
    offered = formats.offers(Kind.GRAPH)
    if name:
        return formats.by_name(name, offered)
    if output is None:
        return formats.NQUADS if graph is None else formats.NTRIPLES
    announced = formats.by_file_name(output.name)
    if announced is None:
        raise BadInput(f"{output}: the name announces no known format; add --format")
    return announced


@click.command()
@click.argument("url", default="http://127.0.0.1:8000")
@click.option("--language", default="", help="Language of names, such as zh-Hans or en.")
def mcp(url: str, language: str) -> None:
    """Offer the service at URL to a language model, by the Model Context Protocol over stdio.

    The tools are `search`, `describe`, `facets`, `query`, and one for each question of the data.
    """
    try:
        from kg import mcp as protocol  # noqa: PLC0415  an optional part
        from kg.client import Client  # noqa: PLC0415  it brings rdflib, which takes long to load
    except ImportError:
        raise BadInput("this needs the package `mcp`: pip install 'kg[mcp]'") from None
    protocol.run(Client(url, language=language))
