"""What browsers load besides pages: scripts, styles and icons, bundled from `frontend/`.

Their names hold a hash of their content, so that browsers keep them for a year (RFC 8246).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, cast

from flask import Blueprint, Flask, Response, current_app, request

from kg.errors import NotFound, StorageFailed
from kg.web import compression, links

bp = Blueprint("assets", __name__)

FOREVER = "public, max-age=31536000, immutable"

_FOLDER = "/static/"

_SUFFIXES = {"br": ".br", "gzip": ".gz"}
"""The compressed forms that the build makes, the smallest first."""


@dataclass(frozen=True)
class Assets:
    """The folder of bundles, and what its manifest says of them."""

    folder: Path

    @cached_property
    def _manifest(self) -> Mapping[str, Any]:
        try:
            text = (self.folder / "manifest.json").read_text(encoding="utf-8")
            return cast("Mapping[str, Any]", json.loads(text))
        except (OSError, ValueError):
            raise StorageFailed(
                "the browser code has not been bundled; run `make assets`, or install the package"
            ) from None

    @property
    def files(self) -> Mapping[str, Mapping[str, Any]]:
        """What there is, by file name: type, bytes, and which files it imports, now or later."""
        return cast("Mapping[str, Mapping[str, Any]]", self._manifest["files"])

    def name(self, entry: str) -> str:
        """Return the file name of an entry point such as `site.js`. Raises KeyError."""
        return cast("str", self._manifest["entries"][entry])

    def loaded(self, entry: str) -> tuple[str, ...]:
        """Return the files that loading an entry point loads: itself, and all it imports."""
        found: dict[str, None] = {}
        waiting = [self.name(entry)]
        while waiting:
            file = waiting.pop()
            if file not in found:
                found[file] = None
                waiting += self.files[file]["imports"]
        return tuple(found)


@bp.get(f"{_FOLDER}<name>")
def file(name: str) -> Response:
    """Send a bundle in the smallest form that the client takes. Raises NotFound."""
    assets = of_this_application()
    if name not in assets.files:
        raise NotFound("there is no file with this name")
    encoding = next(filter(compression.accepts, _SUFFIXES), "")
    content = (assets.folder / (name + _SUFFIXES.get(encoding, ""))).read_bytes()
    response = Response(content, content_type=f"{assets.files[name]['type']}; charset=utf-8")
    if encoding:
        response.headers["Content-Encoding"] = encoding
    response.headers["Cache-Control"] = FOREVER
    response.set_etag(f"{name}-{encoding or 'identity'}")
    return cast("Response", response.make_conditional(request))


def of_this_application() -> Assets:
    """Return the bundles that the application of this request sends."""
    return cast("Assets", current_app.extensions["kg.assets"])


def url(entry: str) -> str:
    """Return the address of an entry point such as `site.js`."""
    return _address(of_this_application().name(entry))


def imports(entry: str) -> list[str]:
    """Return the addresses of what a script imports, which a page asks for together with it."""
    _, *rest = of_this_application().loaded(entry)
    return [_address(name) for name in rest]


def _address(name: str) -> str:
    """Return the address of a bundle, without the work of a search among all routes for it."""
    return f"{links.root()}{_FOLDER}{name}"


def register(app: Flask) -> None:
    """Give templates the addresses of bundles."""
    app.extensions["kg.assets"] = Assets(Path(app.root_path, "static"))
    app.template_global("asset")(url)
    app.template_global("imports")(imports)
