"""The command line: `kg serve`, `build`, `check`, `query`, `export` and what keeps releases."""

from __future__ import annotations

import atexit
import contextlib
import gzip
import io
import os
import signal
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO, Any, cast

import click
from rich.console import Console
from rich.markup import escape
from rich.table import Column, Table
from rich.text import Text

from kg import backup as backups
from kg import build as building
from kg import bundle, coverage, derived, formats, settings, terms, validation
from kg import doctor as examining
from kg.dataset import Statistics
from kg.doctor import Verdict
from kg.errors import BadInput, KgError, StorageFailed
from kg.formats import Format, Kind
from kg.progress import TerminalProgress
from kg.results import Solutions
from kg.search import making
from kg.search.index import Index
from kg.search.store import SearchingStore
from kg.settings import Settings
from kg.sparql import outline
from kg.store import Store
from kg.store.difference import patch
from kg.store.embedded import EmbeddedStore
from kg.store.loading import Source
from kg.store.remote import Endpoint, RemoteStore
from kg.store.snapshots import Database, Snapshot
from kg.terms import NamedNode
from kg.web import serving

errors = Console(stderr=True, highlight=False, soft_wrap=True, emoji=False)

Files = click.argument("files", nargs=-1, type=click.Path(path_type=Path))
Db = click.option(
    "--db", type=click.Path(path_type=Path), help="Folder of the database.", metavar="DIR"
)
At = click.option("--endpoint", metavar="URL", help="Address of a SPARQL endpoint to ask.")
NoGate = click.option(
    "--no-gate", is_flag=True, help="Publish data even when it breaks its own SHACL shapes."
)
Questions = click.option(
    "--questions",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    metavar="FOLDER",
    help="Queries (NAME.rq) that go with FILES, each a page of the service.",
)


class Commands(click.Group):
    """Tells every foreseen error in one line, without a traceback."""

    def invoke(self, context: click.Context) -> Any:
        """Run the command."""
        try:
            value = super().invoke(context)
            sys.stdout.flush()
        except KgError as error:
            _tell(error.message)
        except BrokenPipeError:
            # Who read our output has left (`kg query … | head`); there is nobody to tell.
            _close_output()
        except OSError as error:
            _close_output()
            _tell(f"cannot write: {error.strerror or error}")
        else:
            return value
        return context.exit(1)


def _tell(message: str) -> None:
    """Print an error in one line."""
    errors.print(f"[red]kg:[/red] {escape(_visible(message))}")


def _close_output() -> None:
    """Have nothing more written to an output that takes nothing more."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _visible(text: str) -> str:
    """Return a text with its control characters as pictures, so that no terminal obeys them."""
    return "".join(_PICTURES.get(character, character) for character in text)


# U+2400 and up show the control characters; those of the second set have one picture for all.
_PICTURES = {chr(code): chr(0x2400 + code) for code in range(0x20) if chr(code) != "\n"}
_PICTURES |= {chr(code): "\ufffd" for code in range(0x7F, 0xA0)}


@click.group(cls=Commands)
@click.version_option(package_name="kg")
def main() -> None:
    """Serve a knowledge graph: SPARQL endpoint, pages and linked data, from one command."""
    # The engine does not listen to Ctrl-C while it works; the kernel does. What a build has staged
    # is never published, and removed by the next one.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # a terminal may lack the characters


@main.command()
@Files
@Db
@At
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen at.")
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535))
@click.option("--writable", is_flag=True, help="Take changes from whoever bears KG_TOKEN.")
@click.option(
    "--engine",
    type=click.Choice(settings.ENGINES),
    help="What answers clients' queries; `auto` takes what is quicker.",
)
@Questions
@NoGate
def serve(  # noqa: PLR0917  click passes them by name
    files: tuple[Path, ...],
    db: Path | None,
    endpoint: str | None,
    host: str,
    port: int,
    writable: bool,
    engine: str | None,
    questions: Path | None,
    no_gate: bool,
) -> None:
    """Serve the bundled graph, or FILES, or the database in --db, or what --endpoint holds.

    FILES are built into --db (or a folder in your cache) unless it already holds just these.
    """
    options = _settings(db, endpoint, engine=engine)
    asked = bool(files) or bool(db) or writable
    if endpoint and asked:
        raise BadInput("--endpoint excludes FILES, --db and --writable: its data stays where it is")
    source: Database | Endpoint
    if options.endpoint and not asked:
        source, server = examining.adapted(examining.endpoint(options))
        told = f"{source.url} ({server.name})"
    else:
        source = _database(files, options, questions, gate=not no_gate)
        told = str(source.path)
    serving.run(
        options,
        source,
        host=host,
        port=port,
        writable=writable,
        questions=questions,
        announce=lambda address: click.echo(f"{told} is served at {address} (Ctrl-C stops it)"),
    )


@main.command()
@Files
@click.option("--db", type=click.Path(path_type=Path), required=True, metavar="DIR")
@Questions
@NoGate
def build(files: tuple[Path, ...], db: Path, questions: Path | None, no_gate: bool) -> None:
    """Parse, validate and count FILES (or the bundled graph), and publish them in --db."""
    options = _settings(db)
    sources, examples = _sources(files, questions)
    made = _build(sources, examples, Database(db), options, gate=not no_gate)
    click.echo(
        f"{db}: published {made.snapshot.id}: {made.statistics.triples:,} triples in "
        f"{len(made.statistics.graphs)} graphs; {_validated(made.validation)}"
    )


@main.command()
@Files
def check(files: tuple[Path, ...]) -> None:
    """Validate FILES (or the bundled graph) with SHACL, and report the coverage of the source.

    Ends with 1 when the data does not conform, or a clause of a source document that is at hand
    (see the setting source_dir) is pointed into by no statement.
    """
    options = _settings(None)
    sources, _ = _sources(files)
    store = EmbeddedStore.in_memory(sources, base_iri=options.base_iri)
    with tempfile.TemporaryDirectory() as folder:
        outcome = validation.validate(store, Path(folder))
    for violation in outcome.violations:
        click.echo(str(violation))
    reports = coverage.report(store, options.source_dir)
    for report in reports:
        for line in coverage.as_text(report):
            click.echo(line)
    click.echo(_validated(outcome))
    complete = all(report.complete for report in reports if report.file)
    sys.exit(0 if outcome.conforms and complete else 1)


@main.command()
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
    options = _settings(db, endpoint)
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
    result = _asked(data, options, at_endpoint=bool(endpoint)).query(text, format=format)
    if as_table:
        _print_table(result.solutions())
    else:
        for chunk in result.chunks:
            sys.stdout.buffer.write(chunk)
        sys.stdout.buffer.flush()


@main.command()
@Db
@click.option("--graph", metavar="IRI", help="Only the triples of this graph.")
@click.option("--format", "format_name", metavar="FORMAT", help="nq, trig, ttl, nt, rdf, jsonld …")
@click.option("--output", type=click.Path(path_type=Path), metavar="FILE[.gz]")
def export(
    db: Path | None, graph: str | None, format_name: str | None, output: Path | None
) -> None:
    """Write the data out: as N-Quads, or as --format or the name of --output says.

    A format of triples gets the merge of all graphs. A file appears only when it is complete.
    """
    options = _settings(db)
    wanted = terms.iri(graph) if graph else None
    format = _export_format(format_name, output, wanted)
    store = _store((), options)
    if wanted is not None and wanted not in store.graphs():
        known = ", ".join(f"<{name.value}>" for name in store.graphs()[:10]) or "none"
        raise BadInput(f"there is no graph <{wanted.value}>; known graphs: {known}")
    with _output(output) as file:
        store.dump(file, format, graph=wanted)


@main.command()
@click.argument("url")
def doctor(url: str) -> None:
    """Find out what the SPARQL endpoint at URL can do, by small questions that change nothing.

    Ends with 1 when it lacks something without which it cannot be served. Credentials are taken
    from KG_ENDPOINT_USER and KG_ENDPOINT_PASSWORD, or KG_ENDPOINT_TOKEN.
    """
    report = examining.examine(examining.endpoint(_settings(None, url)))
    table = Table("topic", "question", "")
    for each in report.findings:
        told = Text(each.verdict, _COLOURS[each.verdict])
        detail = f": {_visible(each.detail)}" if each.detail else ""
        table.add_row(each.topic, each.question, told + Text(detail))
    Console(emoji=False).print(table)
    click.echo(
        f"{url} ({report.server.name}): "
        + ("can be served" if report.usable else "cannot be served, for what is needed is missing")
    )
    sys.exit(0 if report.usable else 1)


_COLOURS = {Verdict.PASSED: "green", Verdict.FAILED: "red", Verdict.NOTED: "yellow"}


@main.command()
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


@main.command()
@click.option("--db", type=click.Path(path_type=Path), required=True, metavar="DIR")
def releases(db: Path) -> None:
    """List the snapshots that --db keeps, the newest first; * is the one that is served."""
    database = Database(db)
    current = database.current().id
    for snapshot in database.releases():
        mark = "*" if snapshot.id == current else " "
        kind = "change" if snapshot.is_update else "build"
        names = ", ".join(building.source_names(snapshot))
        click.echo(f"{mark} {snapshot.id}  {kind:<6}  {names}")


@main.command()
@click.option("--db", type=click.Path(path_type=Path), required=True, metavar="DIR")
@click.argument("release")
def rollback(db: Path, release: str) -> None:
    """Serve an earlier snapshot of --db again; RELEASE is its id or how the id begins."""
    database = Database(db)
    snapshot = database.release(release)
    with database.writing():
        database.point(snapshot.id)
    click.echo(f"{db}: {snapshot.id} is published")


@main.command()
@click.option("--db", type=click.Path(path_type=Path), required=True, metavar="DIR")
@click.argument("file", type=click.Path(path_type=Path), metavar="FILE.tar[.gz]")
def backup(db: Path, file: Path) -> None:
    """Write the published snapshot of --db to one file; the database may be in use."""
    snapshot = backups.save(Database(db), file)
    click.echo(f"{file}: {snapshot.id}, {file.stat().st_size:,} bytes")


@main.command()
@click.option("--db", type=click.Path(path_type=Path), required=True, metavar="DIR")
@click.argument("file", type=click.Path(path_type=Path), metavar="FILE.tar[.gz]")
def restore(db: Path, file: Path) -> None:
    """Publish in --db the snapshot that a backup holds; what was published stays a release."""
    snapshot = backups.restore(file, Database(db))
    click.echo(f"{db}: {snapshot.id} is published")


@main.command()
@click.option("--db", type=click.Path(path_type=Path), required=True, metavar="DIR")
@click.argument("before")
@click.argument("after")
def diff(db: Path, before: str, after: str) -> None:
    """Write what changed from one snapshot of --db to another, as RDF Patch."""
    database = Database(db)
    old, new = (
        EmbeddedStore.open(snapshot.triples, snapshot=snapshot.id)
        for snapshot in (database.release(before), database.release(after))
    )
    for line in patch(old, new):
        click.echo(line)


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


def _settings(
    db: Path | None, endpoint: str | None = None, *, engine: str | None = None
) -> Settings:
    options = {"db": db, "endpoint": endpoint, "engine": engine}
    return settings.load(environment=os.environ, options=options)


def _sources(
    files: Sequence[Path], questions: Path | None = None
) -> tuple[list[Source], Path | None]:
    """Return the files to build from and the folder of the example queries that go with them."""
    if files:
        return [Source.of(path) for path in files], questions
    if questions:
        raise BadInput("--questions goes with the FILES that the questions are about; name some")
    return bundle.sources(), bundle.queries()


def _database(
    files: Sequence[Path], options: Settings, questions: Path | None = None, *, gate: bool
) -> Database:
    """Return a database that holds what was asked for, built now unless it is there already."""
    if options.db and not files and not questions:
        database = Database(options.db)
        database.current()
        return database
    sources, examples = _sources(files, questions)
    database = Database(options.db or building.cache_folder(sources))
    fresh = building.is_fresh(
        sources, database, base_iri=options.base_iri, examples=examples, gate=gate
    )
    if not fresh:
        _build(sources, examples, database, options, gate=gate)
    return database


def _build(
    sources: list[Source],
    examples: Path | None,
    database: Database,
    options: Settings,
    *,
    gate: bool,
) -> building.Build:
    with TerminalProgress(errors) as progress:
        made = building.build(
            sources,
            database,
            base_iri=options.base_iri,
            examples=examples,
            gate=gate,
            progress=progress,
        )
    _warn(made.statistics)
    return made


def _warn(statistics: Statistics) -> None:
    if statistics.shared_triples:
        errors.print(
            f"[yellow]kg:[/yellow] {statistics.shared_triples:,} triples stand in more than one "
            "graph; a query over all graphs finds them once in each, so use DISTINCT when counting"
        )


def _asked(data: Sequence[Path], options: Settings, *, at_endpoint: bool) -> Store:
    """Return what answers a query, which may search unless it goes to an endpoint."""
    base = options.document_base
    if at_endpoint:
        return SearchingStore(_remote(options), _no_index, base=base)
    if data:
        store = _in_memory(data, options)
        return SearchingStore(store, lambda: _temporary_index(store), base=base)
    snapshot = _database((), options, gate=True).current()
    return SearchingStore(_opened(snapshot, options), lambda: _index(snapshot), base=base)


def _no_index() -> Index:
    raise BadInput("an endpoint cannot be searched by its own index; ask a database, or --data")


def _index(snapshot: Snapshot) -> Index:
    if not derived.is_complete(snapshot):
        raise BadInput(
            f"snapshot {snapshot.id} has no search index yet; the service that changed it makes one"
        )
    return derived.of(snapshot).search


def _temporary_index(store: EmbeddedStore) -> Index:
    """Return an index that lasts as long as this command."""
    folder = tempfile.TemporaryDirectory(prefix="kg-search-")
    atexit.register(folder.cleanup)
    making.make(store, Path(folder.name))
    return Index(Path(folder.name) / making.FOLDER)


def _store(data: Sequence[Path], options: Settings) -> EmbeddedStore:
    if data:
        return _in_memory(data, options)
    return _opened(_database((), options, gate=True).current(), options)


def _in_memory(data: Sequence[Path], options: Settings) -> EmbeddedStore:
    sources = [Source.of(path) for path in data]
    return EmbeddedStore.in_memory(sources, base_iri=options.base_iri)


def _opened(snapshot: Snapshot, options: Settings) -> EmbeddedStore:
    return EmbeddedStore.open(
        snapshot.triples,
        snapshot=snapshot.id,
        union_default_graph=options.union_default_graph,
        base_iri=options.document_base,
    )


def _remote(options: Settings) -> RemoteStore:
    return RemoteStore(examining.endpoint(options), snapshot="remote")


def _validated(outcome: validation.Validation) -> str:
    if not outcome.shapes:
        return "no SHACL shapes among the files, so nothing was validated"
    if outcome.violations:
        return f"{len(outcome.violations)} results from {outcome.shapes} shapes"
    return f"conforms to {outcome.shapes} shapes"


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(f"{path}: cannot be read as UTF-8 text: {error}") from None


def _print_table(solutions: Solutions) -> None:
    table = Table(*(Column(name, overflow="fold") for name in solutions.variables))
    for row in solutions:
        table.add_row(*(_cell(term) for term in row))
    Console(emoji=False).print(table)
    errors.print(f"{len(solutions)} rows")


def _cell(term: terms.Term | None) -> Text:
    if term is None:
        return Text()
    return Text(_visible(str(term) if isinstance(term, terms.Triple) else term.value))


@contextlib.contextmanager
def _output(path: Path | None) -> Iterator[IO[bytes]]:
    """Yield the file to write to, which takes its name only once it is complete."""
    if path is None:
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    partial_path = path.with_name(path.name + ".part")
    try:
        with partial_path.open("wb") as raw:
            if path.suffix.lower() == ".gz":
                with gzip.GzipFile(path.name, "wb", fileobj=raw) as file:
                    yield cast("IO[bytes]", file)
            else:
                yield raw
        partial_path.replace(path)
    except OSError as error:
        raise StorageFailed(f"cannot write {path}: {error.strerror or error}") from None
    finally:
        partial_path.unlink(missing_ok=True)
