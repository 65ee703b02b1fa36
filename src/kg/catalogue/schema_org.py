"""The dataset for search engines: schema.org's Dataset, as JSON-LD in the page."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from kg.catalogue.dcat import Download
from kg.dataset import DCAT
from kg.labels import DCTERMS, Label
from kg.terms import Literal, NamedNode, Quad, Term


def describe(
    dataset: NamedNode,
    *,
    title: Label,
    description: Label | None,
    own: Sequence[Quad],
    names: Mapping[NamedNode, Label],
    page: str,
    modified: str,
    downloads: Iterable[Download],
) -> dict[str, Any]:
    """Return a description in JSON-LD; what is not known is not there."""
    said = _Said(own, dataset, names)
    value = {
        "@context": "https://schema.org/",
        "@type": "Dataset",
        "@id": dataset.value,
        "name": title.text,
        "inLanguage": said.texts(DCTERMS.language),
        "description": description.text if description else "",
        "url": page,
        "license": said.texts(DCTERMS.license),
        "creator": said.agents(DCTERMS.creator),
        "publisher": said.agents(DCTERMS.publisher),
        "keywords": said.texts(DCAT.keyword),
        "version": said.texts(DCAT.version),
        "datePublished": said.texts(DCTERMS.issued),
        "dateModified": modified,
        "distribution": [
            {
                "@type": "DataDownload",
                "contentUrl": each.address,
                "encodingFormat": each.format.media_type,
                **({"sha256": each.sha256} if each.sha256 else {}),
            }
            for each in downloads
        ],
    }
    return {name: each for name, each in value.items() if each}


class _Said:
    def __init__(
        self, triples: Iterable[Quad], dataset: NamedNode, names: Mapping[NamedNode, Label]
    ) -> None:
        self._triples = [each for each in triples if each.subject == dataset]
        self._names = names

    def _values(self, property: NamedNode) -> list[Term]:
        return [each.object for each in self._triples if each.predicate == property]

    def texts(self, property: NamedNode) -> str | list[str]:
        found = [
            each.value for each in self._values(property) if isinstance(each, NamedNode | Literal)
        ]
        return found[0] if len(found) == 1 else found

    def agents(self, property: NamedNode) -> list[dict[str, str]]:
        return [
            {"@type": "Organization", "@id": each.value, "name": self._names[each].text}
            if isinstance(each, NamedNode)
            else {"@type": "Organization", "name": each.value}
            for each in self._values(property)
            if isinstance(each, NamedNode | Literal)
        ]
