"""Build hook: compiles the translations, and puts the bundled graph inside the wheel."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class Hook(BuildHookInterface[Any]):
    """Prepares what the repository does not hold in the form in which it is installed."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Act before the files are collected; `version` is "editable" or "standard"."""
        self._compile_translations()
        if self.target_name == "wheel" and version == "standard":
            for name in ("ontology", "data"):
                build_data["force_include"][name] = f"kg/bundled/{name}"

    def _compile_translations(self) -> None:
        for source in Path(self.root, "src").rglob("messages.po"):
            with source.open("rb") as file:
                catalog = read_po(file, locale=source.parent.parent.name)
            with source.with_suffix(".mo").open("wb") as file:
                write_mo(file, catalog)
