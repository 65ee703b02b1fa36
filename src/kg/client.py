"""A client of a running service, for Python programs; built on SPARQLWrapper.

    from kg.client import Client

    service = Client("http://127.0.0.1:8000")
    for row in service.rows("SELECT ?class (COUNT(*) AS ?n) { ?s a ?class } GROUP BY ?class"):
        print(row["class"], row["n"])

Every answer is whole: one that was cut on its way raises `Incomplete`. Where the service asks to
wait (429 and 503 with `Retry-After`), the client waits and asks again.
"""

from __future__ import annotations

import ast
import contextlib
import hashlib
import http.client
import json
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any, cast
from urllib.parse import quote, urlencode

import rdflib
from SPARQLWrapper import GET, POST, SELECT, SPARQLWrapper
from SPARQLWrapper.SPARQLExceptions import (
    EndPointInternalError,
    EndPointNotFound,
    QueryBadFormed,
    SPARQLWrapperException,
    Unauthorized,
    URITooLong,
)

Row = Mapping[str, Any]
"""A row of a result: values of Python for literals that have one, else texts; None if unbound."""

RETRIED = (429, 503)
LONGEST_WAIT = 120.0
"""Seconds up to which the client does as `Retry-After` says; for longer it does not wait at all."""

_BLOCK = 256 * 1024
_JSON = "application/sparql-results+json"
_TURTLE = "text/turtle"


class ServiceError(Exception):
    """The service has answered with an error, as problem+json says it (RFC 9457)."""

    def __init__(self, status: int, code: str, detail: str) -> None:
        super().__init__(f"{status} {code}: {detail}")
        self.status = status
        self.code = code
        self.detail = detail


class Incomplete(Exception):
    """An answer was cut on its way; nothing of it is passed on."""


@dataclass(frozen=True)
class Answer:
    """What a page of JSON holds, and the snapshot that it is true of, where there is one."""

    value: Any
    snapshot: str | None


class Client:
    """Asks one service. Instances hold no connection and may be used by many threads."""

    def __init__(
        self,
        url: str,
        *,
        language: str = "",
        token: str = "",
        seconds: float = 60.0,
        retries: int = 3,
    ) -> None:
        """`url` is where the home page is. Names come in `language`; `seconds` bound each wait."""
        self._url = url.rstrip("/")
        self._seconds = seconds
        self._retries = retries
        self._headers = {"User-Agent": "kg.client"}
        if language:
            self._headers["Accept-Language"] = language
        if token:
            self._headers["Authorization"] = f"Bearer {token}"

    def rows(self, query: str) -> list[Row]:
        """Return the rows of a SELECT. Raises ServiceError, and Incomplete."""
        return _rows(self._query(query, _JSON))

    def ask(self, query: str) -> bool:
        """Return the answer of an ASK."""
        return bool(json.loads(self._query(query, _JSON))["boolean"])

    def graph(self, query: str) -> rdflib.Graph:
        """Return the graph of a CONSTRUCT or DESCRIBE."""
        return rdflib.Graph().parse(data=self._query(query, _TURTLE), format="turtle")

    def frame(self, query: str) -> Any:
        """Return the rows of a SELECT as a DataFrame of pandas, or else of polars.

        Raises ImportError where neither is installed.
        """
        rows = self.rows(query)
        for name in ("pandas", "polars"):
            if find_spec(name):
                return import_module(name).DataFrame(rows)
        raise ImportError("a frame needs pandas or polars; install one of them")

    def entity(self, iri: str) -> rdflib.Graph:
        """Return what the data says about a thing. Raises ServiceError 404 if that is nothing."""
        data = self._read(f"/data.ttl?{urlencode({'iri': iri})}", _TURTLE)
        return rdflib.Graph().parse(data=data.decode(), format="turtle")

    def search(self, text: str, **parameters: str | int) -> Answer:
        """Return what a text finds: `total`, `items`, `facets`, and whether that is `complete`."""
        return self._json("/search", q=text, **parameters)

    def facets(self, type: str = "", **chosen: str | list[str]) -> Answer:
        """Return things, counts and values to choose from, as `/browse` takes its parameters.

        Names with a colon are given as `**{"kg:industry": ["<…>"]}`.
        """
        return self._json("/browse", **({"type": type} if type else {}), **chosen)

    def questions(self) -> Answer:
        """Return the questions that come with the data, and their parameters."""
        return self._json("/questions")

    def question(self, name: str, **parameters: str | float) -> list[Row]:
        """Return the rows that answer a question."""
        query = urlencode(parameters)
        return _rows(self._read(f"/questions/{quote(name, safe='')}?{query}", _JSON))

    def export(self, file: Path | str, name: str = "all.nq.gz") -> str:
        """Download a dump, as `/dataset` lists them, into a file; return its SHA-256.

        What was cut is fetched on from where it ended, or else raises Incomplete; the file is there
        only when it is whole.
        """
        path = Path(file)
        part = path.with_name(path.name + ".part")
        with self._opened(f"/download/{quote(name)}", "*/*") as response, part.open("wb") as output:
            total = hashlib.sha256()
            length = response.headers.get("Content-Length")
            size = 0
            while block := response.read(_BLOCK):
                total.update(block)
                size += output.write(block)
        if length is not None and size != int(length):
            part.unlink()
            raise Incomplete(f"{size:,} of {int(length):,} bytes have arrived")
        part.replace(path)
        return total.hexdigest()

    def _json(self, path: str, **parameters: Any) -> Answer:
        query = urlencode(parameters, doseq=True)
        with self._opened(f"{path}?{query}", "application/json") as response:
            return Answer(json.loads(_whole(response)), response.headers.get("KG-Snapshot"))

    def _read(self, path: str, accept: str) -> bytes:
        with self._opened(path, accept) as response:
            return _whole(response)

    @contextmanager
    def _opened(self, path: str, accept: str) -> Iterator[http.client.HTTPResponse]:
        request = urllib.request.Request(  # noqa: S310  the address is the caller's
            self._url + path, headers={**self._headers, "Accept": accept}
        )

        def ask() -> http.client.HTTPResponse:
            return cast(
                "http.client.HTTPResponse",
                urllib.request.urlopen(request, timeout=self._seconds),  # noqa: S310
            )

        with self._patiently(ask) as response:
            yield response

    def _query(self, text: str, accept: str) -> str:
        wrapper = SPARQLWrapper(f"{self._url}/sparql")
        wrapper.setQuery(text)
        # A long query does not fit into an address; what is asked is the same.
        wrapper.setMethod(POST if len(text) > 2_000 else GET)  # noqa: PLR2004
        wrapper.queryType = SELECT  # else it guesses from the text whether this is an update
        wrapper.setOnlyConneg(True)
        wrapper.setTimeout(max(1, round(self._seconds)))
        for name, value in {**self._headers, "Accept": accept}.items():
            wrapper.addCustomHttpHeader(name, value)

        def ask() -> http.client.HTTPResponse:
            return wrapper.query().response

        with self._patiently(ask) as response:
            return _whole(response).decode()

    def _patiently(self, ask: Any) -> http.client.HTTPResponse:
        """Return a response; ask again, when the service is ready, as often as that is allowed."""
        for attempt in range(self._retries + 1):
            try:
                return cast("http.client.HTTPResponse", ask())
            except urllib.error.HTTPError as error:
                wait = _wait(error)
                if wait is None or attempt == self._retries:
                    raise _problem(error.code, error.read()) from None
                time.sleep(wait)
            except SPARQLWrapperException as error:
                raise _told(error) from None
        raise AssertionError  # the last attempt returns or raises


def _rows(answer: str | bytes) -> list[Row]:
    found = json.loads(answer)
    names = found["head"]["vars"]
    return [
        {name: _value(row[name]) if name in row else None for name in names}
        for row in found["results"]["bindings"]
    ]


def _whole(response: http.client.HTTPResponse) -> bytes:
    try:
        return response.read()
    except http.client.IncompleteRead as error:
        raise Incomplete(f"the answer was cut after {len(error.partial):,} bytes") from None


def _wait(error: urllib.error.HTTPError) -> float | None:
    """Return the seconds after which one may ask again, None if asking again is no use."""
    text = error.headers.get("Retry-After", "")
    if error.code not in RETRIED or not text:
        return None
    if text.isdigit():
        seconds = float(text)
    else:
        seconds = (parsedate_to_datetime(text) - datetime.now(UTC)).total_seconds()
    return max(0.0, seconds) if seconds <= LONGEST_WAIT else None


def _problem(status: int, body: bytes) -> ServiceError:
    try:
        value = json.loads(body)
        return ServiceError(status, str(value["code"]), str(value["detail"]))
    except (ValueError, KeyError, TypeError):
        return ServiceError(status, "unknown", body[:200].decode("utf-8", "replace"))


def _told(error: SPARQLWrapperException) -> ServiceError:
    """Return what the body said: SPARQLWrapper keeps it, as Python spells it, within a message."""
    spelled = str(error).partition("Response:\n")[2]
    with contextlib.suppress(ValueError, SyntaxError):
        body = ast.literal_eval(spelled)
        if isinstance(body, bytes):
            return _problem(_STATUS.get(type(error), 500), body)
    return ServiceError(_STATUS.get(type(error), 500), "unknown", spelled or str(error))


_STATUS: Mapping[type[Exception], int] = {
    QueryBadFormed: 400,
    Unauthorized: 401,
    EndPointNotFound: 404,
    URITooLong: 414,
    EndPointInternalError: 500,
}


def _value(binding: Mapping[str, str]) -> Any:
    """Return a term as a value of Python: numbers, dates and booleans as such, the rest as text."""
    if binding["type"] in ("uri", "bnode"):
        return binding["value"]
    if "xml:lang" in binding:
        return binding["value"]
    term = rdflib.Literal(binding["value"], datatype=binding.get("datatype"))
    return term.toPython() if term.datatype and not term.ill_typed else binding["value"]
