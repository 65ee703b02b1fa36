"""Between IRIs of the data and addresses of this service.

What lies below the base IRI has an address of its own: `<base>id/x` is `/id/x` and its page is
`/page/id/x`. Any other IRI is reached through a parameter: `/resource?iri=…`, `/page?iri=…`.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Mapping
from functools import lru_cache
from urllib.parse import quote, unquote, urlencode

from flask import request

from kg import terms
from kg.errors import BadInput
from kg.formats import Format
from kg.terms import NamedNode
from kg.web.current import current_kg

# What may stand unescaped in a path segment (RFC 3986, 3.3), and "/" between segments. "%" is
# not among them: an IRI that holds %2F is another IRI than one that holds a slash.
_PATH = "/:@!$&'()*+,;=~-._"


def local(path: str) -> NamedNode:
    """Return the IRI below the base that `path` (decoded once, as WSGI does) stands for."""
    return terms.iri(current_kg.settings.base_iri + path)


def meant(path: str) -> list[NamedNode]:
    """Return the IRIs that a request for `path` may mean, the most likely first.

    On the wire an IRI is a URI (RFC 3987, 3.1), and servers undo its escapes: what is left may have
    been written with Unicode or escaped, composed or not, and its slashes escaped too.
    """
    query = request.query_string.decode("ascii", "ignore")
    is_of_name = bool(query) and not set(request.args) <= _PARAMETERS
    kind, _, name = path.partition("/")
    forms = [f"{form}?{query}" for form in _forms(name)] if is_of_name else [*_forms(name)]
    base = f"{current_kg.settings.base_iri}{kind}/"
    return [iri for form in dict.fromkeys(forms) if (iri := _valid(base + form))]


# Parameters of identifiers that are not part of them.
_PARAMETERS = frozenset({"format", "lang", "content"})


def _forms(name: str) -> Iterator[str]:
    """Yield a name as it is, escaped where it must be, and wherever it may be."""
    for form in (name, unicodedata.normalize("NFC", name), unicodedata.normalize("NFD", name)):
        for escaped in (form, quote(form, safe=_PATH), quote(form)):
            yield escaped
            yield escaped.replace("/", "%2F")


def _valid(text: str) -> NamedNode | None:
    try:
        return terms.iri(text)
    except BadInput:
        return None


def resource(iri: NamedNode) -> str:
    """Return the address at which an IRI is dereferenced."""
    return _address("", "/resource", iri)


def page(iri: NamedNode, parameters: Mapping[str, str] | None = None) -> str:
    """Return the address of the page about an IRI, with further parameters."""
    address = _address("/page", "/page", iri)
    if not parameters:
        return address
    return f"{address}{'&' if '?' in address else '?'}{urlencode(parameters)}"


def data(iri: NamedNode, format: Format) -> str:
    """Return the address of the triples about an IRI in a format."""
    below = _below_base(iri)
    if below is not None:
        return f"{root()}/data/{below}.{format.extension}"
    return f"{root()}/data.{format.extension}?{urlencode({'iri': iri.value})}"


def _address(prefix: str, elsewhere: str, iri: NamedNode) -> str:
    below = _below_base(iri)
    if below is not None:
        return f"{root()}{prefix}/{below}"
    return f"{root()}{elsewhere}?{urlencode({'iri': iri.value})}"


def _below_base(iri: NamedNode) -> str | None:
    """Return the escaped path of an IRI under `id/` or `def/` of the base, or None.

    A path with dot segments, an empty segment or a query would not survive a client's
    normalisation (RFC 3986, 6.2.2.3), so such an IRI is reached through the parameter.
    """
    return _path_below(current_kg.settings.base_iri, iri.value)


@lru_cache(maxsize=4096)
def _path_below(base: str, iri: str) -> str | None:
    path = iri.removeprefix(base)
    segments = path.split("/")
    if path == iri or segments[0] not in ("id", "def") or "/" not in path:
        return None
    if any(segment in ("", ".", "..") for segment in segments) or set("?#\\") & set(path):
        return None
    return quote(path, safe=_PATH)


def here(**parameters: str) -> str:
    """Return the address of this request with some query parameters replaced."""
    merged = request.args.to_dict(flat=False) | {name: [text] for name, text in parameters.items()}
    query = urlencode([(name, text) for name, texts in merged.items() for text in texts])
    return f"{root()}{quote(unquote(request.path), safe=_PATH)}?{query}"


def root() -> str:
    """Return the path below which a proxy mounts the service, or ""."""
    return quote(request.script_root, safe=_PATH)
