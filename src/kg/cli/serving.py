"""Serving a graph, and what comes before: `kg serve`, `build`, `check` and `doctor`."""

from __future__ import annotations

import contextlib
import sys
import tempfile
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from kg import coverage, settings, validation
from kg import doctor as examining
from kg.cli import sources
from kg.cli.options import At, Db, Files, NoGate, Questions, RequiredDb, load
from kg.cli.terminal import visible
from kg.doctor import Verdict
from kg.errors import BadInput
from kg.settings import Settings
from kg.spark.store import Cluster
from kg.store.embedded import EmbeddedStore
from kg.store.remote import Endpoint
from kg.store.snapshots import Database
from kg.web import serving


@click.command()
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
@click.option("--spark", type=click.Path(path_type=Path), metavar="FOLDER", help="Parquet files.")
@click.option("--master", default="local[*]", show_default=True, help="Address of the cluster.")
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
    spark: Path | None,
    master: str,
    questions: Path | None,
    no_gate: bool,
) -> None:
    """Serve the bundled graph, or FILES, or the database in --db, or what --endpoint holds.

    --spark answers from a FOLDER of `kg export --parquet`, by Spark at --master. FILES are built
    into --db (or a folder in your cache) unless it already holds just these.
    """
    options = load(db, endpoint, engine=engine)
    asked = bool(files) or bool(db) or writable
    if endpoint and asked:
        raise BadInput("--endpoint excludes FILES, --db and --writable: its data stays where it is")
    if spark and (asked or endpoint):
        raise BadInput("--spark excludes FILES, --db, --writable and --endpoint")
    source: Database | Endpoint | Cluster
    stack = contextlib.ExitStack()
    if spark:
        source = stack.enter_context(_cluster(spark, master, options))
        told = f"{spark} (Spark at {master})"
    elif options.endpoint and not asked:
        source, server = examining.adapted(examining.endpoint(options))
        told = f"{source.url} ({server.name})"
    else:
        source = sources.database(files, options, questions, gate=not no_gate)
        told = str(source.path)
    with stack:
        serving.run(
            options,
            source,
            host=host,
            port=port,
            writable=writable,
            questions=questions,
            announce=lambda address: click.echo(f"{told} is served at {address} (Ctrl-C stops it)"),
        )


def _cluster(
    folder: Path, master: str, options: Settings
) -> contextlib.AbstractContextManager[Cluster]:
    from kg.spark import cluster  # noqa: PLC0415  DuckDB takes long to load

    union = options.union_default_graph
    always = options.engine == settings.COLUMNS
    memory = options.reader_memory
    return cluster.running(folder, master, memory=memory, union=union, always=always)


@click.command()
@Files
@RequiredDb
@Questions
@NoGate
def build(files: tuple[Path, ...], db: Path, questions: Path | None, no_gate: bool) -> None:
    """Parse, validate and count FILES (or the bundled graph), and publish them in --db."""
    options = load(db)
    named, examples = sources.named(files, questions)
    made = sources.built(named, examples, Database(db), options, gate=not no_gate)
    click.echo(
        f"{db}: published {made.snapshot.id}: {made.statistics.triples:,} triples in "
        f"{len(made.statistics.graphs)} graphs; {_validated(made.validation)}"
    )


@click.command()
@Files
def check(files: tuple[Path, ...]) -> None:
    """Validate FILES (or the bundled graph) with SHACL, and report the coverage of the source.

    Ends with 1 when the data does not conform, or a clause of a source document that is at hand
    (see the setting source_dir) is pointed into by no statement.
    """
    options = load(None)
    named, _ = sources.named(files)
    store = EmbeddedStore.in_memory(named, base_iri=options.base_iri)
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


def _validated(outcome: validation.Validation) -> str:
    if not outcome.shapes:
        return "no SHACL shapes among the files, so nothing was validated"
    if outcome.violations:
        return f"{len(outcome.violations)} results from {outcome.shapes} shapes"
    return f"conforms to {outcome.shapes} shapes"


@click.command()
@click.argument("url")
def doctor(url: str) -> None:
    """Find out what the SPARQL endpoint at URL can do, by small questions that change nothing.

    Ends with 1 when it lacks something without which it cannot be served. Credentials are taken
    from KG_ENDPOINT_USER and KG_ENDPOINT_PASSWORD, or KG_ENDPOINT_TOKEN.
    """
    report = examining.examine(examining.endpoint(load(None, url)))
    table = Table("topic", "question", "")
    for each in report.findings:
        told = Text(each.verdict, _COLOURS[each.verdict])
        detail = f": {visible(each.detail)}" if each.detail else ""
        table.add_row(each.topic, each.question, told + Text(detail))
    Console(emoji=False).print(table)
    click.echo(
        f"{url} ({report.server.name}): "
        + ("can be served" if report.usable else "cannot be served, for what is needed is missing")
    )
    sys.exit(0 if report.usable else 1)


_COLOURS = {Verdict.PASSED: "green", Verdict.FAILED: "red", Verdict.NOTED: "yellow"}
