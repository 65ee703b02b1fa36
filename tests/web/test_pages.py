"""Identifiers, pages, and what every response carries."""

import json
import logging
from html.parser import HTMLParser
from urllib.parse import quote

import pytest
from pyoxigraph import Literal, NamedNode, Quad, RdfFormat, serialize

from kg import settings
from kg.build import build
from kg.store.loading import Source
from kg.store.snapshots import Database
from kg.web import create_app

HTML = {"Accept": "text/html"}
TURTLE = {"Accept": "text/turtle"}


class Links(HTMLParser):
    """Collects the addresses of a page, and all its tags."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.addresses: set[str] = set()
        self.tags: list[str] = []
        self.scripts: set[str] = set()
        self.nofollow: set[str] = set()
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        if dict(attrs).get("type") != "application/ld+json":
            self.tags.append(tag)
        if "nofollow" in (dict(attrs).get("rel") or ""):
            return  # of every selection of facets there is a page
        self.scripts |= {value for name, value in attrs if (tag, name) == ("script", "src")}
        addresses = {value for name, value in attrs if name in ("href", "src", "action")}
        self.addresses |= addresses
        self.nofollow |= addresses if ("rel", "nofollow") in attrs else set()


def crawl(client, start="/", limit=5000):
    """Yield (address, response) for all pages of this service that links lead to.

    What a robot should not follow is opened, but its own links are not. Dumps, each of which a
    process would make, are left to test_download.
    """
    seen, ends, waiting = {start}, set(), [start]
    while waiting:
        address = waiting.pop()
        response = client.get(address, headers=HTML)
        yield address, response
        is_page = response.content_type.startswith("text/html") and response.status_code == 200
        if is_page and address not in ends:
            page = Links(response.text)
            ends |= page.nofollow - seen
            for link in page.addresses:
                is_ours = link.startswith("/") and not link.startswith("/download/")
                if is_ours and link not in seen and len(seen) < limit:
                    seen.add(link)
                    waiting.append(link)
        response.close()


def test_no_link_is_dead(client):
    statuses = {address: response.status_code for address, response in crawl(client)}
    assert len(statuses) > 60
    assert {address: s for address, s in statuses.items() if s not in (200, 303)} == {}


@pytest.mark.parametrize(
    ("address", "headers", "location"),
    [
        ("/id/alice", HTML, "/page/id/alice"),
        ("/id/alice", {}, "/page/id/alice"),
        ("/id/alice", TURTLE, "/data/id/alice.ttl"),
        ("/id/alice", {"Accept": "application/ld+json"}, "/data/id/alice.jsonld"),
        ("/id/光伏", TURTLE, "/data/id/%E5%85%89%E4%BC%8F.ttl"),
        ("/resource?iri=http%3A%2F%2Fexample.org%2FPerson", HTML,
         "/page?iri=http%3A%2F%2Fexample.org%2FPerson"),
        ("/resource?iri=http%3A%2F%2Fexample.org%2FPerson", TURTLE,
         "/data.ttl?iri=http%3A%2F%2Fexample.org%2FPerson"),
        ("/resource?iri=https%3A%2F%2Fkg.example%2Fid%2Falice", HTML, "/page/id/alice"),
    ],
)  # fmt: skip
def test_an_identifier_leads_to_its_page_or_its_data(client, address, headers, location):
    response = client.get(address, headers=headers)
    assert (response.status_code, response.headers["Location"]) == (303, location)
    assert client.get(location, headers=headers).status_code == 200


@pytest.mark.parametrize("name", ["ttl", "nt", "rdf", "jsonld", "trig", "nq", "n3"])
def test_data_is_sent_in_every_format(client, name):
    response = client.get(f"/data/id/alice.{name}")
    assert response.status_code == 200
    assert "Jiaxing" in response.text, "what hangs on a blank node belongs to the description"
    assert "Bob" not in response.text


@pytest.mark.parametrize(
    ("address", "status", "code"),
    [
        ("/nowhere", 404, "not_found"),
        ("/id/nobody", 404, "not_found"),
        ("/page/id/nobody", 404, "not_found"),
        ("/data/id/nobody.ttl", 404, "not_found"),
        ("/data/id/alice.docx", 404, "not_found"),
        ("/resource?iri=http://example.org/none", 404, "not_found"),
        ("/resource", 400, "bad_input"),
        ("/resource?iri=relative", 400, "bad_input"),
        ("/resource?iri=" + quote("http://e/x> } DROP ALL #"), 400, "bad_input"),
        ("/page?iri=" + quote("http://e/\r\nX-Y: 1"), 400, "bad_input"),
        ("/id/a%0D%0AX-Y:1", 404, "not_found"),
    ],
)
def test_what_does_not_exist_is_told_as_such(client, address, status, code):
    response = client.get(address, headers={"Accept": "application/json"})
    assert (response.status_code, response.json["code"]) == (status, code)
    page = client.get(address, headers=HTML)
    assert (page.status_code, page.content_type) == (status, "text/html; charset=utf-8")


def test_a_page_shows_facts_labels_and_what_points_to_it(client):
    page = client.get("/page/id/bob?lang=en", headers=HTML).text
    for expected in ("<h1", "Bob", "42", "integer", "Alice", ">Person</bdi>", "What points here"):
        assert expected in page


@pytest.mark.parametrize(
    ("query", "header", "language"),
    [
        ("", "en", "en"),
        ("", "zh-CN,zh;q=0.9,en;q=0.8", "zh-Hans"),
        ("", "en-GB;q=0.5,zh-TW", "zh-Hans"),
        ("", "fr", "zh-Hans"),
        ("?lang=en", "zh", "en"),
        ("?lang=xx", "en", "en"),
    ],
)
def test_pages_speak_the_readers_language(client, query, header, language):
    page = client.get("/" + query, headers={**HTML, "Accept-Language": header})
    assert f'<html lang="{language}"' in page.text
    assert ("从这些问题开始" in page.text) == (language == "zh-Hans")
    assert "Accept-Language" in page.headers["Vary"]


def test_every_response_says_which_snapshot_it_shows_and_forbids_foreign_code(client):
    for address, response in crawl(client, limit=60):
        assert response.headers.get("KG-Snapshot") or response.cache_control.immutable, address
        assert response.headers["X-Content-Type-Options"] == "nosniff"
        policy = response.headers["Content-Security-Policy"]
        assert policy.startswith("default-src 'none'")
        assert "unsafe" not in policy


def test_health_says_what_is_served(client):
    health = client.get("/health")
    assert health.json["status"] == "ok"
    assert health.json["snapshot"] == health.headers["KG-Snapshot"]
    assert health.headers["Cache-Control"] == "no-store"


HOSTILE = [
    '<script>alert(1)</script>',
    '"><img src=x onerror=alert(1)>',
    "{{7*1111111}}",
    "</script><!--",
    "\u202etxt.exe",
    "x" * 100_000,
]  # fmt: skip


@pytest.fixture(scope="module")
def hostile_client(tmp_path_factory):
    folder = tmp_path_factory.mktemp("hostile")
    subject = NamedNode("https://kg.example/id/hostile")
    label = NamedNode("http://www.w3.org/2000/01/rdf-schema#label")
    quads = [Quad(subject, label, Literal(text)) for text in HOSTILE]
    quads += [
        Quad(subject, NamedNode("http://e/p"), NamedNode(iri))
        for iri in ("javascript:alert(1)", "data:text/html,x", "http://e/'onclick=x")
    ]
    kind = NamedNode("http://www.w3.org/1999/02/22-rdf-syntax-ns#type")
    quads.append(Quad(subject, kind, NamedNode("javascript:alert(2)")))
    (folder / "hostile.nt").write_bytes(serialize(quads, format=RdfFormat.N_TRIPLES))
    database = Database(folder / "db")
    build([Source.of(folder / "hostile.nt")], database, base_iri="https://kg.example/")
    return create_app(settings.load(environment={}), database).test_client(use_cookies=False)


def test_hostile_values_are_shown_as_text(hostile_client):
    for address, response in crawl(hostile_client):
        assert response.status_code in (200, 303), address
        page = Links(response.text) if response.content_type.startswith("text/html") else None
        if page:
            assert "img" not in page.tags, address
            ours = [each for each in page.scripts if each.startswith("/static/")]
            assert page.tags.count("script") == len(ours), address
            assert not [a for a in page.addresses if a.startswith(("javascript:", "data:"))]
            assert "7777777" not in response.text, address


def test_the_host_header_must_be_a_trusted_one_where_hosts_are_named(database):
    options = settings.load(environment={"KG_TRUSTED_HOSTS": "kg.test"})
    client = create_app(options, database).test_client(use_cookies=False)
    assert client.get("/health", headers={"Host": "kg.test"}).status_code == 200
    assert client.get("/health", headers={"Host": "evil.test"}).status_code == 400


def test_a_label_is_never_empty(client):
    page = client.get("/page?iri=http%3A%2F%2Fexample.org%2Fknows", headers=HTML)
    assert ">knows</bdi></h1>" in page.text


@pytest.mark.parametrize("page", ["/", "/page/id/alice", "/questions/01-classes"])
def test_a_page_that_was_made_costs_no_query_again(client, caplog, page):
    logger = logging.getLogger("kg.requests")
    bases = ("http://localhost/", "http://localhost/", "http://other.example/")
    with caplog.at_level(logging.INFO, logger.name):
        logger.addHandler(caplog.handler)
        address = f"{page}?lang=zh-Hant"
        pages = [client.get(address, headers=HTML, base_url=base) for base in bases]
        logger.removeHandler(caplog.handler)
    lines = [json.loads(record.getMessage()) for record in caplog.records]
    queries = {line["id"]: line["queries"] for line in lines}
    _, again, elsewhere = queries.values()
    assert again == 0
    assert elsewhere > 0
    assert pages[0].data == pages[1].data
    assert pages[0].headers["ETag"] == pages[1].headers["ETag"]
