"""A query as code to copy: for a shell, for Python and for JavaScript."""

from __future__ import annotations

import json
import shlex
from dataclasses import dataclass

from kg.formats import Format, Kind


@dataclass(frozen=True)
class Snippet:
    """A few lines in a language."""

    language: str
    text: str


def of(query: str, format: Format, endpoint: str) -> tuple[Snippet, ...]:
    """Return code that asks `query` at `endpoint` and has the answer in `format`."""
    return (
        Snippet("curl", _curl(query, format, endpoint)),
        Snippet("Python", _python(query, format, endpoint)),
        Snippet("JavaScript", _javascript(query, format, endpoint)),
    )


def _curl(query: str, format: Format, endpoint: str) -> str:
    return (
        f"curl {shlex.quote(endpoint)} \\\n"
        f"  -H {shlex.quote(f'Accept: {format.media_type}')} \\\n"
        f"  --data-urlencode {shlex.quote(f'query={query}')}\n"
    )


def _python(query: str, format: Format, endpoint: str) -> str:
    is_results = Kind.SOLUTIONS in format.kinds
    returned, read = ("JSON", "answer") if is_results else ("TURTLE", "answer.decode()")
    return (
        f"from SPARQLWrapper import {returned}, SPARQLWrapper\n\n"
        f"sparql = SPARQLWrapper({endpoint!r})\n"
        f"sparql.setQuery({_quoted(query)})\n"
        f"sparql.setReturnFormat({returned})\n"
        f"answer = sparql.queryAndConvert()\nprint({read})\n"
    )


def _quoted(query: str) -> str:
    """Return a text as Python writes it, over several lines where that needs no escape."""
    is_plain = query.isprintable() or all(each.isprintable() or each == "\n" for each in query)
    if is_plain and '"""' not in query and "\\" not in query and not query.endswith('"'):
        return f'"""{query}"""'
    return repr(query)


def _javascript(query: str, format: Format, endpoint: str) -> str:
    is_results = Kind.SOLUTIONS in format.kinds
    read = (
        "JSON.stringify(await response.json(), null, 2)" if is_results else "await response.text()"
    )
    return (
        f"const query = {json.dumps(query, ensure_ascii=False)};\n"
        f"const response = await fetch({json.dumps(endpoint)}, {{\n"
        f'  method: "POST",\n'
        f'  headers: {{ Accept: "{format.media_type}" }},\n'
        f"  body: new URLSearchParams({{ query }}),\n"
        f"}});\n"
        f"console.log({read});\n"
    )
