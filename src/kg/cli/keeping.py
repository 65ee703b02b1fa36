"""What is kept of a database: `kg releases`, `rollback`, `diff`, `backup` and `restore`."""

from __future__ import annotations

from pathlib import Path

import click

from kg import backup as backups
from kg import build as building
from kg.cli.options import RequiredDb
from kg.store.difference import patch
from kg.store.embedded import EmbeddedStore
from kg.store.snapshots import Database


@click.command()
@RequiredDb
def releases(db: Path) -> None:
    """List the snapshots that --db keeps, the newest first; * is the one that is served."""
    database = Database(db)
    current = database.current().id
    for snapshot in database.releases():
        mark = "*" if snapshot.id == current else " "
        kind = "change" if snapshot.is_update else "build"
        names = ", ".join(building.source_names(snapshot))
        click.echo(f"{mark} {snapshot.id}  {kind:<6}  {names}")


@click.command()
@RequiredDb
@click.argument("release")
def rollback(db: Path, release: str) -> None:
    """Serve an earlier snapshot of --db again; RELEASE is its id or how the id begins."""
    database = Database(db)
    snapshot = database.release(release)
    with database.writing():
        database.point(snapshot.id)
    click.echo(f"{db}: {snapshot.id} is published")


@click.command()
@RequiredDb
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


@click.command()
@RequiredDb
@click.argument("file", type=click.Path(path_type=Path), metavar="FILE.tar[.gz]")
def backup(db: Path, file: Path) -> None:
    """Write the published snapshot of --db to one file; the database may be in use."""
    snapshot = backups.save(Database(db), file)
    click.echo(f"{file}: {snapshot.id}, {file.stat().st_size:,} bytes")


@click.command()
@RequiredDb
@click.argument("file", type=click.Path(path_type=Path), metavar="FILE.tar[.gz]")
def restore(db: Path, file: Path) -> None:
    """Publish in --db the snapshot that a backup holds; what was published stays a release."""
    snapshot = backups.restore(file, Database(db))
    click.echo(f"{db}: {snapshot.id} is published")
