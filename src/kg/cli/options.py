"""What several commands take."""

from __future__ import annotations

import os
from pathlib import Path

import click

from kg import settings
from kg.settings import Settings

Files = click.argument("files", nargs=-1, type=click.Path(path_type=Path))
Db = click.option(
    "--db", type=click.Path(path_type=Path), help="Folder of the database.", metavar="DIR"
)
RequiredDb = click.option("--db", type=click.Path(path_type=Path), required=True, metavar="DIR")
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


def load(db: Path | None, endpoint: str | None = None, *, engine: str | None = None) -> Settings:
    """Return the settings of the environment, but for what a command was told. Raises BadInput."""
    options = {"db": db, "endpoint": endpoint, "engine": engine}
    return settings.load(environment=os.environ, options=options)
