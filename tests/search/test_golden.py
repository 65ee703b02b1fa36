"""The golden set: what must be found is found, all of it, and stands first."""

import re
from collections import defaultdict
from statistics import mean

import golden
import pytest

from kg import bundle
from kg.search import hits, making
from kg.search.hits import Wanted
from kg.search.index import Index
from kg.search.matching import matching
from kg.store.embedded import EmbeddedStore
from kg.terms import Literal

ID = "https://kg.example/id/"
COUNT = 100_000
EXACT = {"1 character", "2 characters", "3 or more", "Traditional", "full-width"}
"""Kinds of searches in which nothing may be found but what is relevant."""


@pytest.fixture(scope="module")
def bundled(tmp_path_factory):
    """The bundled graph and its search index."""
    folder = tmp_path_factory.mktemp("bundled")
    store = EmbeddedStore.in_memory(bundle.sources(), base_iri="https://kg.example/")
    making.make(store, folder)
    return store, Index(folder / making.FOLDER)


def first(index, text, languages=("zh-hans", "en")):
    """Return the IRIs of the first ten hits."""
    return [hit.iri for hit in hits.page(index, text, languages, Wanted(size=10)).hits]


@pytest.mark.parametrize(("text", "wanted"), golden.curated())
def test_the_first_ten_show_what_a_person_wants(bundled, text, wanted):
    missing = {ID + each for each in wanted} - set(first(bundled[1], text))
    assert not missing


def test_every_run_of_chinese_characters_finds_every_text_that_has_it(bundled):
    store, index = bundled
    with_run: dict[str, set[str]] = {}
    for quad in store.quads():
        if isinstance(quad.object, Literal) and (iri := quad.subject.value).startswith(ID):
            for run in re.findall("[\u4e00-\u9fff]+", quad.object.value):
                for size in (1, 2, 3):
                    for place in range(len(run) - size + 1):
                        with_run.setdefault(run[place : place + size], set()).add(iri)
    for run in sorted(with_run)[::7]:  # a seventh of them, for time's sake
        assert with_run[run] <= set(index.iris(matching(index, run))), run


@pytest.fixture(scope="module")
def generated(tmp_path_factory):
    """Names, and the index of things that have them."""
    folder = tmp_path_factory.mktemp("generated")
    names = golden.names(COUNT)
    return names, golden.index(names, folder)


def test_of_many_names_all_that_are_relevant_are_found(generated):
    names, index = generated
    precision = defaultdict(list)
    for search in golden.Searches(names):
        found = {golden.number(iri) for iri in index.iris(matching(index, search.text))}
        assert search.relevant <= found, search.text
        if search.kind in EXACT:
            assert found == search.relevant, search.text
        shown = [golden.number(iri) for iri in first(index, search.text)]
        precision[search.kind].append(mean(number in search.relevant for number in shown))
    assert {kind: mean(each) for kind, each in precision.items() if mean(each) < 0.9} == {}
