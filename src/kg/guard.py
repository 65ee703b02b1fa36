"""What a query or an update must not do, found in its tokens before anything runs it.

The engine follows SERVICE and LOAD wherever they point. Readers and the writer cannot open a socket
at all (`kg.store.sandbox`); this is the layer above, which refuses with a clear error.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from itertools import pairwise
from urllib.parse import urlsplit

from kg import sparql
from kg.errors import BadInput, Forbidden
from kg.sparql import Token
from kg.store.updater import DEEPEST

# A code point escape may stand anywhere in a text (SPARQL 1.1, 19.2).
_ESCAPE = re.compile(r"\\u([0-9A-Fa-f]{4})|\\U([0-9A-Fa-f]{8})")
_LAST_CODE_POINT = 0x10FFFF

_START = Token("start", "", 0)
_END = Token("end", "", 0)


def check_query(text: str, service_hosts: Collection[str] = ()) -> None:
    """Raise Forbidden if a query would reach a server that is not among `service_hosts`."""
    for target in _services(text):
        if not _is_allowed(target, service_hosts):
            raise Forbidden(_service_refused(service_hosts), code="federation_disabled")


def check_update(text: str, service_hosts: Collection[str] = ()) -> None:
    """Raise Forbidden if an update would reach another server, or the file system."""
    check_query(text, service_hosts)
    if any(_loads(tokens) for tokens in _readings(text, "LOAD")):
        raise Forbidden(
            "LOAD is not offered here; send the triples with INSERT DATA, or PUT them to /graphs",
            code="load_disabled",
        )


def check_nesting(text: str) -> None:
    """Raise BadInput if an update holds triple terms nested deeper than any reader could follow."""
    if text.count("<<") <= DEEPEST:
        return
    depth = 0
    for found in re.finditer(r"<<|>>", text):
        depth += 1 if found[0] == "<<" else -1
        if depth > DEEPEST:
            raise BadInput(
                f"triple terms may be nested {DEEPEST} deep here, and not deeper", code="too_deep"
            )


def _readings(text: str, keyword: str) -> Iterator[list[Token]]:
    """Yield the tokens of a text in each way in which it could be read and hold a keyword.

    Engines differ in which escapes they resolve, and only a parser can tell whether `<#x>` is an
    IRI, or `<` and a comment. Each reading may hide what another shows.
    """
    for reading in {text, _ESCAPE.sub(_character, text)}:
        if keyword not in reading.upper():
            continue  # most texts, and the rest costs a millisecond
        for hash_in_iris in {True, "#" not in reading}:
            yield list(sparql.tokens(reading, hash_in_iris=hash_in_iris))


def _services(text: str) -> Iterator[Token]:
    """Yield what follows each SERVICE, or SERVICE SILENT, outside strings, IRIs and comments."""
    for reading in _readings(text, "SERVICE"):
        tokens = [_START, *reading, _END, _END]
        for place, (token, following) in enumerate(pairwise(tokens)):
            if token.kind == "word" and "SERVICE" in token.text.upper():
                silent = following.text.upper() == "SILENT"
                if silent or _can_be_asked(following, tokens[place + 2]):
                    yield tokens[place + 2] if silent else following
            elif _is_service_before_name(token, tokens[place - 1], following):
                yield token


def _can_be_asked(target: Token, after: Token) -> bool:
    """Return whether what follows the word can be an endpoint, rather than part of an IRI.

    `<http://e/service-x#T>` may be read as `<`, words and a comment; but an endpoint is named by a
    variable, an IRI or a name, and a brace stands after it.
    """
    if target.kind == "end" or (target.kind == "other" and target.text[0] not in "<?$:"):
        return False
    return target.kind != "variable" or after.kind not in ("variable", "iri", "name", "end")


def _is_service_before_name(token: Token, before: Token, after: Token) -> bool:
    """Return whether the engine could take a prefixed name for SERVICE and a name.

    Its grammar has no word boundaries: `SERVICE:x {` is a keyword and a name with the empty prefix
    to it. A name before a brace stands nowhere else but after GRAPH.
    """
    prefix = token.text.partition(":")[0].upper()
    is_keyword = token.kind == "name" and prefix.endswith(("SERVICE", "SILENT"))
    return is_keyword and after.text == "{" and before.text.upper() != "GRAPH"


def _loads(tokens: Sequence[Token]) -> bool:
    """Return whether an update has a LOAD, which can only stand outside all braces."""
    depth, before = 0, _START
    for token in tokens:
        depth += (token.text == "{") - (token.text == "}")
        if token.kind == "word" and "LOAD" in token.text.upper():
            return True
        # `LOAD:x` is a keyword and a name to the engine, unless a keyword before asks for a name.
        prefix = token.text.partition(":")[0].upper()
        is_keyword = token.kind == "name" and prefix.endswith(("LOAD", "SILENT"))
        if is_keyword and depth <= 0 and before.kind != "word":
            return True
        before = token
    return False


def _is_allowed(target: Token, service_hosts: Collection[str]) -> bool:
    """Return whether the target is spelled out as an IRI with one of the hosts (and ports)."""
    if target.kind != "iri" or "\\" in target.text:
        return False
    try:
        parts = urlsplit(target.text[1:-1])
        allowed = parts.netloc.lower() in {host.lower() for host in service_hosts}
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and allowed


def _service_refused(service_hosts: Collection[str]) -> str:
    if not service_hosts:
        return (
            "SERVICE is not offered here: this service queries its own data only; "
            "query the other endpoint by itself and join the answers"
        )
    return (
        "SERVICE may only be followed by the full IRI of an endpoint at one of the hosts "
        f"{', '.join(sorted(service_hosts))}"
    )


def _character(escape: re.Match[str]) -> str:
    code_point = int(escape[1] or escape[2], 16)
    return chr(code_point) if code_point <= _LAST_CODE_POINT else escape[0]
