"""The command line. Each module has the commands of its kind."""

from __future__ import annotations

import io
import signal
import sys
from typing import Any

import click

from kg.cli import asking, keeping, serving
from kg.cli.terminal import close_output, tell
from kg.errors import KgError


class Commands(click.Group):
    """Tells every foreseen error in one line, without a traceback."""

    def invoke(self, context: click.Context) -> Any:
        """Run the command."""
        try:
            value = super().invoke(context)
            sys.stdout.flush()
        except KgError as error:
            tell(error.message)
        except BrokenPipeError:
            # Who read our output has left (`kg query … | head`); there is nobody to tell.
            close_output()
        except OSError as error:
            close_output()
            tell(f"cannot write: {error.strerror or error}")
        else:
            return value
        return context.exit(1)


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


for _command in (
    *(serving.serve, serving.build, serving.check, serving.doctor),
    *(asking.query, asking.export, asking.mcp),
    *(keeping.releases, keeping.rollback, keeping.diff, keeping.backup, keeping.restore),
):
    main.add_command(_command)
