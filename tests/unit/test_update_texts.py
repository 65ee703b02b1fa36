"""Updates are brought into the form that the engine takes without changing what they do."""

import pytest
from pyoxigraph import Dataset, Store

from kg.errors import BadInput
from kg.sparql import with_dataset, with_one_prologue


def after(update: str, before: str = "") -> Dataset:
    store = Store()
    store.update(before)
    store.update(update)
    return Dataset(store)


@pytest.mark.parametrize(
    ("update", "meaning"),
    [
        (
            "INSERT DATA { <http://e/a> <http://e/b> 1 } ; PREFIX b: <http://e/> INSERT DATA { b:x b:y b:z }",
            "INSERT DATA { <http://e/a> <http://e/b> 1 . <http://e/x> <http://e/y> <http://e/z> }",
        ),
        (
            "PREFIX a: <http://a/> INSERT DATA { a:x a:y 1 } ; PREFIX b: <http://e/> "
            "PREFIX c: <http://c/> INSERT DATA { b:x b:y c:z } ;",
            "INSERT DATA { <http://a/x> <http://a/y> 1 . <http://e/x> <http://e/y> <http://c/z> }",
        ),
        (
            "PREFIX a: <http://a/> INSERT DATA { a:x a:y 1 } ; PREFIX a: <http://a/> INSERT DATA { a:x a:y 2 }",
            "INSERT DATA { <http://a/x> <http://a/y> 1 , 2 }",
        ),
        (
            'PREFIX a: <http://a/> INSERT DATA { a:x a:y 1 ; a:z "; PREFIX a: <http://b/>" }',
            'INSERT DATA { <http://a/x> <http://a/y> 1 ; <http://a/z> "; PREFIX a: <http://b/>" }',
        ),
    ],
)  # fmt: skip
def test_a_prologue_after_a_semicolon_means_what_it_says(update, meaning):
    assert after(with_one_prologue(update)) == after(meaning)


@pytest.mark.parametrize(
    "update",
    [
        "PREFIX a: <http://a/> CLEAR ALL ; PREFIX a: <http://b/> CLEAR GRAPH a:x",
        "CLEAR ALL ; BASE <http://b/> CLEAR GRAPH <x>",
        "BASE <http://b/> CLEAR ALL ; PREFIX a: <x/> CLEAR GRAPH a:x",
        "PREFIX a: <http://a/> INSERT DATA { a:x a:y 1 }",
        "CLEAR ALL ; PREFIX",
        "not an update ; PREFIX a",
    ],
)
def test_a_text_that_would_change_its_meaning_is_left_alone(update):
    assert with_one_prologue(update) == update


TWO_GRAPHS = (
    "INSERT DATA { GRAPH <http://e/g> { <http://e/s> <http://e/p> 1 } <http://e/s> <http://e/p> 2 }"
)


@pytest.mark.parametrize(
    ("update", "meaning"),
    [
        (
            "INSERT { ?s <http://e/q> ?o } WHERE { ?s <http://e/p> ?o }",
            "INSERT DATA { <http://e/s> <http://e/q> 1 }",
        ),
        (
            "DELETE { ?s ?p ?o } INSERT { ?s <http://e/q> ?o } WHERE { ?s ?p ?o }",
            "INSERT DATA { <http://e/s> <http://e/q> 1 }",
        ),
        ("DELETE WHERE { ?s <http://e/p> ?o }", "CREATE SILENT GRAPH <http://e/g>"),
        ("DELETE DATA { <http://e/s> <http://e/p> 2 }", "DELETE DATA { <http://e/s> <http://e/p> 2 }"),
        (
            "INSERT DATA { <http://e/s> <http://e/q> 0 } ; INSERT { ?s <http://e/r> ?o } WHERE { ?s ?p ?o }",
            "INSERT DATA { <http://e/s> <http://e/q> 0 ; <http://e/r> 1 }",
        ),
    ],
)  # fmt: skip
def test_the_dataset_of_the_request_is_that_of_the_where_clauses(update, meaning):
    changed = with_dataset(update, ["<http://e/g>"], [])
    assert after(changed, TWO_GRAPHS) == after(meaning, TWO_GRAPHS)


@pytest.mark.parametrize(
    "update",
    [
        "WITH <http://e/g> DELETE { ?s ?p ?o } WHERE { ?s ?p ?o }",
        "DELETE { ?s ?p ?o } USING <http://e/g> WHERE { ?s ?p ?o }",
    ],
)
def test_an_update_that_names_its_own_dataset_takes_no_other(update):
    assert with_dataset(update, [], []) == update
    with pytest.raises(BadInput, match="USING or WITH"):
        with_dataset(update, ["<http://e/g>"], [])
