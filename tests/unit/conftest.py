"""Small graphs to ask, and how Hypothesis goes about it."""

import pytest
from hypothesis import settings

from kg.store.embedded import EmbeddedStore
from kg.store.loading import Source

settings.register_profile("kg", deadline=None)
settings.load_profile("kg")

PREFIXES = """
@prefix e: <http://example.org/> .
@prefix dcat: <http://www.w3.org/ns/dcat#> .
@prefix dcterms: <http://purl.org/dc/terms/> .
@prefix geo: <http://www.opengis.net/ont/geosparql#> .
@prefix kg: <https://kg.example/def/> .
@prefix oa: <http://www.w3.org/ns/oa#> .
@prefix owl: <http://www.w3.org/2002/07/owl#> .
@prefix rdf: <http://www.w3.org/1999/02/22-rdf-syntax-ns#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix schema: <https://schema.org/> .
@prefix sh: <http://www.w3.org/ns/shacl#> .
@prefix skos: <http://www.w3.org/2004/02/skos/core#> .
@prefix wgs: <http://www.w3.org/2003/01/geo/wgs84_pos#> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
"""


@pytest.fixture
def store(tmp_path):
    """Return what makes a store of TriG, in which plain Turtle is the default graph."""

    def make(text: str) -> EmbeddedStore:
        path = tmp_path / "data.trig"
        path.write_text(PREFIXES + text, encoding="utf-8")
        return EmbeddedStore.in_memory([Source.of(path)], base_iri="https://kg.example/")

    return make
