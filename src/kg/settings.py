"""Settings: defaults < `kg.toml` < `KG_*` of the environment < options."""

from __future__ import annotations

import dataclasses
import difflib
import math
import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, get_type_hints

from kg.errors import BadSetting

# An IRI with a host, of characters that RFC 3987 allows, to which a name can be joined.
_CHARACTER = r'(?:[^\x00-\x20<>"{}|^`\\\[\]%?#/:\ue000-\uf8ff]|%[0-9A-Fa-f]{2})'
_HOST = rf"(?:\[[0-9A-Fa-f:.]+\]|{_CHARACTER}+)(?::\d+)?"
_BASE_IRI = re.compile(rf"https?://{_HOST}(?:/(?:{_CHARACTER}|[/:])*)?[/#]")

_ENDPOINT = re.compile(rf"https?://{_HOST}(?:[/?][^\s#@]*)?")

AUTOMATIC, OXIGRAPH, COLUMNS = "auto", "oxigraph", "columns"
ENGINES = (AUTOMATIC, OXIGRAPH, COLUMNS)
"""What answers clients' queries: Oxigraph, the columnar index, or what is quicker."""

CONFIG_FILE = "kg.toml"
ENVIRONMENT_PREFIX = "KG_"


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What an operator may decide. Sizes are in bytes."""

    db: Path | None = None
    """Folder of the database; without one, a folder in the user's cache is used."""

    endpoint: str = ""
    """Address of the SPARQL endpoint that is served instead of a database."""

    endpoint_user: str = ""
    endpoint_password: str = ""
    endpoint_token: str = ""
    """How one gets in there: by name and password, or by a bearer token."""

    endpoint_graphs: tuple[str, ...] = ()
    """IRIs of the graphs of the endpoint that are served; none given means those that it shows."""

    base_iri: str = "https://kg.example/"
    """Identifiers below this IRI are served here: `<base>id/x` at `/id/x`."""

    languages: tuple[str, ...] = ("zh-Hans", "en")
    """Languages in which the data is labelled, the preferred one first."""

    union_default_graph: bool = True
    """Whether a query that names no dataset sees all graphs at once."""

    engine: str = AUTOMATIC
    """What answers clients' queries, one of `ENGINES`; for finding out, and for comparing."""

    token: str = ""
    """What an operator's requests must bear; without one, such requests are refused."""

    query_seconds: float = 30
    """What a client's query may take."""

    page_seconds: float = 5
    """What each query of a page may take."""

    facet_seconds: float = 1
    """What counting one facet may take where there is no index; over that it is not counted."""

    update_seconds: float = 60
    """What a change may take; reading a document that is sent may take ten times as long."""

    export_seconds: float = 600
    """What making a dump may take; it is made once for each state of the data."""

    durable: bool = False
    """Whether a change is on the disk, and not only on its way, before it is acknowledged."""

    shacl_gate: bool = False
    """Whether a change that would break SHACL shapes in the data is refused."""

    readers: int = field(default_factory=lambda: os.cpu_count() or 2)
    """Client's queries that run at once."""

    reader_memory: int = 1024 * 1024 * 1024
    """What a query may allocate."""

    max_query_bytes: int = 128 * 1024
    max_update_bytes: int = 10 * 1024 * 1024
    max_upload_bytes: int = 1024 * 1024 * 1024
    max_result_bytes: int = 256 * 1024 * 1024

    service_hosts: tuple[str, ...] = ()
    """Hosts (with port, if any) that SERVICE may reach; none given forbids it.

    With any, readers can open sockets, and only the check of the query's text keeps them to these.
    """

    client_seconds: float = 60
    """Seconds of work that one client's requests may take in a minute; 0 is no limit."""

    client_errors: int = 30
    """Requests of one client that may go wrong in a minute; 0 is no limit."""

    slow_seconds: float = 15
    """What a client may take to send the head of a request, or the next part of its body; and a
    quarter of what it may take to receive the next 256 KiB of an answer."""

    proxies: int = 0
    """How many proxies stand in front, whose X-Forwarded-* headers are believed."""

    trusted_hosts: tuple[str, ...] = ()
    """Values of the `Host` header that are answered; none given means all."""

    source_dir: Path | None = None
    """Folder with the source documents that evidence points into; found by their SHA-256."""

    @property
    def document_base(self) -> str:
        """What relative IRIs of queries and documents are read against."""
        return f"{self.base_iri}id/"

    def __post_init__(self) -> None:
        if not _BASE_IRI.fullmatch(self.base_iri):
            raise BadSetting(
                "base_iri must be an http or https IRI, a valid one that ends in '/' or '#', "
                f"not {self.base_iri!r}"
            )
        if self.endpoint and not _ENDPOINT.fullmatch(self.endpoint):
            raise BadSetting(
                "endpoint must be an http or https address without user and password (those have "
                f"settings of their own), not {_without_secrets(self.endpoint)!r}"
            )
        if not self.languages:
            raise BadSetting('languages must name at least one language, such as ["zh-Hans", "en"]')
        if self.engine not in ENGINES:
            raise BadSetting(f"engine must be one of {', '.join(ENGINES)}, not {self.engine!r}")
        timed = (
            "query_seconds",
            "page_seconds",
            "facet_seconds",
            "update_seconds",
            "export_seconds",
            "slow_seconds",
        )
        for name in timed:
            if not 0 < getattr(self, name) < math.inf:
                raise BadSetting(f"{name} must be more than 0, not {getattr(self, name)}")
        for names, least in ((_COUNTS, 1), (("client_seconds", "client_errors", "proxies"), 0)):
            for name in names:
                if not least <= getattr(self, name) < math.inf:
                    raise BadSetting(f"{name} must be at least {least}, not {getattr(self, name)}")


_COUNTS = (
    "readers",
    "reader_memory",
    "max_query_bytes",
    "max_update_bytes",
    "max_upload_bytes",
    "max_result_bytes",
)


def load(
    *,
    environment: Mapping[str, str],
    folder: Path = Path(),
    options: Mapping[str, Any] | None = None,
) -> Settings:
    """Return the settings in force.

    `options` holds values from the command line; those that are None were not given.
    Raises BadSetting for an unknown name (suggesting the nearest) and for an impossible value.
    """
    values: dict[str, Any] = {}
    file = folder / CONFIG_FILE
    if file.is_file():
        values |= _checked(_read(file), where=str(file))
    prefixed = {
        name.removeprefix(ENVIRONMENT_PREFIX).lower(): text
        for name, text in environment.items()
        if name.startswith(ENVIRONMENT_PREFIX) and text
    }
    values |= _checked(prefixed, where="the environment", prefix=ENVIRONMENT_PREFIX)
    given = {name: value for name, value in (options or {}).items() if value is not None}
    values |= _checked(given, where="the options")
    return Settings(**values)


def _without_secrets(url: str) -> str:
    return re.sub(r"//[^/@]*@", "//…@", url)


def _read(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8-sig"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BadSetting(f"{file}: not valid TOML: {error}") from None


def _checked(values: Mapping[str, Any], *, where: str, prefix: str = "") -> dict[str, Any]:
    kinds = get_type_hints(Settings)
    for name in values:
        if name not in kinds:
            shown = prefix + name.upper() if prefix else name
            raise BadSetting(f"unknown setting {shown!r} in {where}{_suggestion(name, prefix)}")
    return {name: _convert(name, value, kinds[name], where=where) for name, value in values.items()}


def _suggestion(name: str, prefix: str) -> str:
    known = [field.name for field in dataclasses.fields(Settings)]
    nearest = difflib.get_close_matches(name, known, n=1, cutoff=0)[0]
    return f"; did you mean {prefix + nearest.upper() if prefix else nearest!r}?"


def _convert(name: str, value: Any, kind: Any, *, where: str) -> Any:
    """Turn a value of TOML or of the environment into the type of the setting."""
    try:
        return _CONVERTERS[kind](value)
    except (TypeError, ValueError):
        expected = _EXPECTED[kind]
        raise BadSetting(f"{name} in {where} must be {expected}, not {value!r}") from None


def _boolean(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    words = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}
    if str(value).lower() not in words:
        raise ValueError(value)
    return words[str(value).lower()]


def _integer(value: Any) -> int:
    if isinstance(value, bool | float):
        raise TypeError(value)
    return int(value)


def _number(value: Any) -> float:
    if isinstance(value, bool):
        raise TypeError(value)
    return float(value)


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(value)
    return value


def _texts(value: Any) -> tuple[str, ...]:
    """Return the items of a TOML array, or of a text with commas."""
    parts = value.split(",") if isinstance(value, str) else value
    return tuple(stripped for part in parts if (stripped := _text(part).strip()))


def _path(value: Any) -> Path:
    text = str(value) if isinstance(value, Path) else _text(value)
    if "\0" in text:
        raise ValueError(text)
    try:
        return Path(text).expanduser()
    except RuntimeError as error:  # there is no such user
        raise ValueError(text) from error


_CONVERTERS: dict[Any, Any] = {
    str: _text,
    bool: _boolean,
    int: _integer,
    float: _number,
    tuple[str, ...]: _texts,
    Path | None: _path,
}
_EXPECTED: dict[Any, str] = {
    str: "text",
    bool: "true or false",
    int: "a whole number",
    float: "a number",
    tuple[str, ...]: "a list of texts",
    Path | None: "a path",
}
