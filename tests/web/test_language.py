"""In which language a page speaks, what is remembered of it, and what caches are told."""

import pytest

from kg import settings
from kg.web import create_app

HTML = {"Accept": "text/html"}
ALICE = "/page/id/alice"


@pytest.fixture
def reader(database):
    """A browser that keeps cookies and prefers English."""
    client = create_app(settings.load(environment={}), database).test_client()
    client.environ_base["HTTP_ACCEPT_LANGUAGE"] = "en"
    return client


def speaks(response) -> str:
    return response.text.partition('<html lang="')[2].partition('"')[0]


def test_the_choice_of_a_language_is_remembered(reader):
    assert speaks(reader.get("/", headers=HTML)) == "en"
    assert speaks(reader.get("/?lang=zh-Hans", headers=HTML)) == "zh-Hans"
    assert speaks(reader.get("/", headers=HTML)) == "zh-Hans"
    assert speaks(reader.get("/?lang=en", headers=HTML)) == "en"
    assert speaks(reader.get("/nowhere", headers=HTML)) == "en"


def test_names_in_the_data_may_have_another_language_than_the_interface(reader):
    page = reader.get(f"{ALICE}?content=zh-Hans", headers=HTML)
    assert speaks(page) == "en"
    assert '<bdi lang="zh-Hans">爱丽丝' in page.text or ">爱丽丝</bdi>" in page.text
    assert ">爱丽丝</bdi></h1>" in reader.get(ALICE, headers=HTML).text
    assert ">Alice</bdi></h1>" in reader.get(f"{ALICE}?content=", headers=HTML).text
    assert ">Alice</bdi></h1>" in reader.get(ALICE, headers=HTML).text


@pytest.mark.parametrize(
    "query", ["?lang=xx", "?content=xx", "?lang=%3Cscript%3E", "?content=%0D%0A"]
)
def test_a_language_that_is_not_there_changes_nothing(reader, query):
    response = reader.get("/" + query, headers=HTML)
    assert (response.status_code, speaks(response)) == (200, "en")


def test_caches_are_told_what_a_page_depends_on(reader):
    response = reader.get("/", headers=HTML)
    assert {"Accept", "Accept-Encoding", "Accept-Language", "Cookie"} <= set(response.vary)
    results = reader.get("/sparql?query=ASK{}", headers={"Accept": "application/json"})
    assert "Cookie" not in results.vary


def test_a_page_in_another_language_has_another_validator(reader):
    tag = reader.get("/", headers=HTML).headers["ETag"]
    known = HTML | {"If-None-Match": tag}
    assert reader.get("/", headers=known).status_code == 304
    for name in ("kg-lang", "kg-content"):
        reader.set_cookie(name, "zh-Hans")
        assert reader.get("/", headers=known).status_code == 200
        reader.delete_cookie(name)


def test_an_error_is_explained_in_the_readers_language(reader):
    page = reader.get("/page/id/nobody?lang=zh-Hans", headers=HTML)
    assert page.status_code == 404
    assert "此地址下没有任何内容。" in page.text


def test_the_styleguide_is_there_for_developers_only(database):
    app = create_app(settings.load(environment={}), database)
    assert app.test_client().get("/styleguide", headers=HTML).status_code == 404
    app.debug = True
    page = app.test_client().get("/styleguide", headers=HTML)
    assert page.status_code == 200
    for raw in ("<script>alert", "<img", "\u202e", "\u200f", "\x00"):
        assert raw not in page.text
    assert "⟦U+202E⟧" in page.text
