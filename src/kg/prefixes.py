"""Short names for IRIs: `kg:Project` for `https://kg.example/def/Project`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from kg import context, sparql, terms
from kg.errors import BadInput
from kg.roles import KG
from kg.search.cursor import SEARCH
from kg.store import Store
from kg.terms import Literal, NamedNode, Namespace, spell

KNOWN = {
    **context.PREFIXES,
    "dbo": "http://dbpedia.org/ontology/",
    "eli": "http://data.europa.eu/eli/ontology#",
    "kg": KG.prefix,
    "search": SEARCH.prefix,
    "skosxl": "http://www.w3.org/2008/05/skos-xl#",
    "vann": "http://purl.org/vocab/vann/",
}
"""Prefixes of vocabularies that everybody writes in this way."""

VANN = Namespace("http://purl.org/vocab/vann/")
SH = Namespace("http://www.w3.org/ns/shacl#")

# A prefix that is also a scheme would make an IRI of everyday use ambiguous.
_SCHEMES = frozenset({"http", "https", "urn", "mailto", "tag", "file", "data", "ftp", "info"})
_PREFIX = re.compile(r"[A-Za-z](?:[\w-]*\w)?", re.ASCII)
# Of the names that SPARQL allows (1.1, 19.8, PN_LOCAL), those that need no escape there; no dot,
# which begins a suffix in an address of browsing.
_NAME = re.compile(r"[A-Za-z0-9_\u4e00-\u9fff][A-Za-z0-9_\u4e00-\u9fff-]*")


@dataclass(frozen=True)
class Prefixes:
    """The prefixes that a dataset declares, and those that are known everywhere."""

    declared: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def _namespaces(self) -> dict[str, str]:
        return {**KNOWN, **self.declared}

    @cached_property
    def _by_namespace(self) -> dict[str, str]:
        return {namespace: prefix for prefix, namespace in self._namespaces.items()}

    def to_json(self) -> dict[str, str]:
        """Return the value as it is kept beside the snapshot."""
        return dict(self.declared)

    @classmethod
    def from_json(cls, value: Mapping[str, str]) -> Prefixes:
        """Return the prefixes that `to_json` gave."""
        return cls({prefix: str(namespace) for prefix, namespace in value.items()})

    def expand(self, text: str) -> NamedNode | None:
        """Return the IRI that a short name stands for; None when its prefix is not known.

        Raises BadInput when what it stands for is no IRI.
        """
        prefix, colon, name = text.partition(":")
        namespace = self._namespaces.get(prefix) if colon else None
        return None if namespace is None else terms.iri(namespace + name)

    def shorten(self, iri: str) -> str | None:
        """Return the short name of an IRI, or None when it has none."""
        cut = max(iri.rfind("/"), iri.rfind("#")) + 1
        prefix = self._by_namespace.get(iri[:cut])
        return f"{prefix}:{iri[cut:]}" if prefix and _NAME.fullmatch(iri[cut:]) else None

    def abbreviate(self, text: str) -> str:
        """Return a query that says the same with short names, and declares their prefixes."""
        used: set[str] = set()
        pieces, end = [], 0
        for token in sparql.tokens(text):
            short = self.shorten(token.text[1:-1]) if token.kind == "iri" else None
            if short is not None:
                used.add(short.partition(":")[0])
                pieces += [text[end : token.start], short]
                end = token.start + len(token.text)
        head = [f"PREFIX {each}: {spell(NamedNode(self._namespaces[each]))}" for each in used]
        return "\n".join([*sorted(head), "".join([*pieces, text[end:]])])


def read(store: Store) -> Prefixes:
    """Return the prefixes that a dataset declares (VANN; SHACL 5.2.1), by one query."""
    rows = store.query(
        "SELECT DISTINCT ?prefix ?namespace { "
        f"{{ ?x {spell(VANN.preferredNamespacePrefix)} ?prefix ; "
        f"{spell(VANN.preferredNamespaceUri)} ?namespace }} UNION "
        f"{{ ?x {spell(SH['prefix'])} ?prefix ; {spell(SH.namespace)} ?namespace }} "
        "} ORDER BY ?prefix ?namespace LIMIT 1000"
    ).solutions()
    found: dict[str, str] = {}
    for row in rows:
        prefix, namespace = row["prefix"], row["namespace"]
        texts = isinstance(prefix, Literal) and isinstance(namespace, (Literal, NamedNode))
        if texts and _is_usable(prefix.value, namespace.value):
            found.setdefault(prefix.value, namespace.value)
    return Prefixes(found)


def _is_usable(prefix: str, namespace: str) -> bool:
    if not _PREFIX.fullmatch(prefix) or prefix.lower() in _SCHEMES:
        return False
    try:
        terms.iri(namespace)
    except BadInput:
        return False
    return namespace.endswith(("/", "#"))
