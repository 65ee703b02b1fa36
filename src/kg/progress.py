"""Progress of a build on standard error: only on a terminal, only when it takes a while."""

from __future__ import annotations

import time
from collections.abc import Callable

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bars

from kg.build import Progress
from kg.store.loading import Source

PATIENCE = 2.0
"""Seconds without a word before the bar appears."""


class TerminalProgress(Progress):
    """Draws a bar for each file, and names each step after that. Use as a context manager."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._bars = Bars(
            TextColumn("{task.description}"),
            BarColumn(),
            DownloadColumn(),
            TimeRemainingColumn(),
            console=console,
            transient=True,
        )
        self._begun = time.monotonic()
        self._shown = False

    def __enter__(self) -> TerminalProgress:
        return self

    def __exit__(self, *exception: object) -> None:
        if self._shown:
            self._bars.stop()

    def loading(self, source: Source) -> Callable[[int], None]:
        """Return what advances the bar of `source`."""
        task = self._bars.add_task(source.path.name, total=source.size)

        def advance(read: int) -> None:
            self._show_when_due()
            self._bars.advance(task, read)

        return advance

    def step(self, name: str) -> None:
        """Name the step that begins."""
        self._show_when_due()
        self._bars.add_task(name, total=None)

    def _show_when_due(self) -> None:
        due = time.monotonic() - self._begun > PATIENCE
        if due and not self._shown and self._console.is_terminal:
            self._bars.start()
            self._shown = True
