"""What a person sees in a terminal, and where output goes."""

from __future__ import annotations

import contextlib
import gzip
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import IO, cast

from rich.console import Console
from rich.markup import escape
from rich.table import Column, Table
from rich.text import Text

from kg import terms
from kg.errors import unwritten
from kg.results import Solutions

errors = Console(stderr=True, highlight=False, soft_wrap=True, emoji=False)


def tell(message: str) -> None:
    """Print an error in one line."""
    errors.print(f"[red]kg:[/red] {escape(visible(message))}")


def visible(text: str) -> str:
    """Return a text with its control characters as pictures, so that no terminal obeys them."""
    return "".join(_PICTURES.get(character, character) for character in text)


# U+2400 and up show the control characters; those of the second set have one picture for all.
_PICTURES = {chr(code): chr(0x2400 + code) for code in range(0x20) if chr(code) != "\n"}
_PICTURES |= {chr(code): "\ufffd" for code in range(0x7F, 0xA0)}


def close_output() -> None:
    """Have nothing more written to an output that takes nothing more."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


@contextlib.contextmanager
def written(path: Path | None) -> Iterator[IO[bytes]]:
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
        raise unwritten(str(path), error) from None
    finally:
        partial_path.unlink(missing_ok=True)


def print_table(solutions: Solutions) -> None:
    """Print rows as a table, and how many there are beside it."""
    table = Table(*(Column(name, overflow="fold") for name in solutions.variables))
    for row in solutions:
        table.add_row(*(_cell(term) for term in row))
    Console(emoji=False).print(table)
    errors.print(f"{len(solutions)} rows")


def _cell(term: terms.Term | None) -> Text:
    if term is None:
        return Text()
    return Text(visible(str(term) if isinstance(term, terms.Triple) else term.value))
