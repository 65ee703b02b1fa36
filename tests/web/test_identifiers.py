"""Whatever an identifier looks like, it leads to its page and its data, and stays what it is."""

import re
from html.parser import HTMLParser
from urllib.parse import quote, urlsplit

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from pyoxigraph import Literal, NamedNode, Quad, RdfFormat, parse, serialize

from kg import formats, settings
from kg.build import build
from kg.formats import HTML, Kind
from kg.store.loading import Source
from kg.store.snapshots import Database
from kg.web import create_app

BASE = "https://kg.example/"
ID = BASE + "id/"

AWKWARD = [
    ID + "光伏",
    ID + "caf\u00e9",
    ID + "cafe\u0301",
    ID + "a%2Fb",
    ID + "a/b",
    ID + "a%20b",
    ID + "a%25b",
    ID + "a%00b",
    ID + "%E5%85%89",
    ID + "%e5%85%89",
    ID + "(x)",
    ID + "x'y",
    ID + "x!$&*+,;=@:",
    ID + "A&amp;B",
    ID + "~a_b-c.d",
    ID + "a/",
    ID + "a//b",
    ID + "a/../b",
    ID + "a/./b",
    ID + "a#b",
    ID + "a?b=c",
    ID + "a?b=c#d",
    ID + "?lang=en",
    ID + "#",
    ID + "a.ttl",
    ID + "a.jsonld",
    ID + "id/id",
    ID + "x" * 2000,
    ID + "长" * 2000,
    ID + "😀",
    ID + "שלום",
    ID + "a\u202eb",
    ID + "a\u200db",
    BASE,
    BASE + "def/x",
    BASE + "other/x",
    "http://例え.jp/パス",
    "http://evil.example//x",
    "http://[::1]:80/x",
    "urn:isbn:0451450523",
    "mailto:a@b.c",
    "javascript:alert(1)",
    "data:text/html,x",
    "file:///etc/passwd",
    "tag:example.org,2026:x",
]
OFFERED = (HTML, *formats.offers(Kind.GRAPH))

# What is not its own address: clients drop fragments and resolve dots, parameters of ours are not
# part of a name, and some identifiers are written alike on the wire (RFC 3987, 3.1).
NOT_ITS_OWN_ADDRESS = {
    ID + name
    for name in (
        "a%2Fb",
        "%E5%85%89",
        "%e5%85%89",
        "a/../b",
        "a/./b",
        "a#b",
        "a?b=c#d",
        "#",
        "?lang=en",
    )
}


@pytest.fixture(scope="module")
def awkward(tmp_path_factory):
    return client_of(tmp_path_factory.mktemp("awkward"), AWKWARD)


def client_of(folder, iris, **environment):
    label = NamedNode("http://www.w3.org/2000/01/rdf-schema#label")
    quads = [Quad(NamedNode(iri), label, Literal(f"number {n}")) for n, iri in enumerate(iris)]
    (folder / "data.nt").write_bytes(serialize(quads, format=RdfFormat.N_TRIPLES))
    options = settings.load(environment=environment)
    database = Database(folder / "db")
    build([Source.of(folder / "data.nt")], database, base_iri=options.base_iri)
    return create_app(options, database).test_client(use_cookies=False)


class Page(HTMLParser):
    """The identifier that a page tells, and its addresses."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.identifier = ""
        self.addresses: list[str] = []
        self._path: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        found = dict(attrs)
        self.addresses += [found[name] for name in ("href", "src", "action") if name in found]
        self._path.append(f"{tag}.{found.get('class', '')}")

    def handle_endtag(self, tag):
        while self._path and not self._path.pop().startswith(f"{tag}."):
            pass

    def handle_data(self, data):
        if self._path[-2:] == ["div.copied", "code."] and not self.identifier:
            self.identifier = data


def identifier(response, format) -> str:
    """Return the identifier that an answer is about."""
    if format is HTML:
        return Page(response.text).identifier
    (triple,) = parse(response.data, format=format.engine)
    return triple.subject.value


def answers(client, address, accept):
    """Return the answers to GET and HEAD, which differ in nothing but the body."""
    get = client.get(address, headers={"Accept": accept})
    head = client.head(address, headers={"Accept": accept})
    assert head.status_code == get.status_code
    assert head.data == b""
    own = ("Location", "Content-Type", "ETag", "Vary", "Link", "Content-Length", "Cache-Control")
    assert {n: head.headers.getlist(n) for n in own} == {n: get.headers.getlist(n) for n in own}
    assert "Accept" in get.headers["Vary"]
    for name, value in get.headers:
        assert value.isascii(), name
    return get


@pytest.mark.parametrize("iri", AWKWARD, ids=[ascii(iri)[1:40] for iri in AWKWARD])
def test_an_identifier_leads_to_its_page_and_its_data_unchanged(awkward, iri):
    for format in OFFERED:
        sent_on = answers(awkward, f"/resource?iri={quote(iri, safe='')}", format.media_type)
        assert sent_on.status_code == 303
        location = sent_on.headers["Location"]
        assert location.startswith("/")
        assert not location.startswith("//")
        found = answers(awkward, location, format.media_type)
        assert (found.status_code, found.content_type) == (200, format.content_type)
        assert identifier(found, format) == iri
    again = awkward.head(location, headers={"If-None-Match": found.headers["ETag"]})
    assert again.status_code == 304


@pytest.mark.parametrize(
    "iri",
    [iri for iri in AWKWARD if iri.startswith(ID) and iri not in NOT_ITS_OWN_ADDRESS],
    ids=lambda iri: ascii(iri)[1:40],
)
def test_an_identifier_of_ours_is_its_own_address(awkward, iri):
    address = quote(iri.removeprefix(BASE), safe="/:@!$&'()*+,;=~-._?%")
    sent_on = answers(awkward, "/" + address, "text/turtle")
    assert sent_on.status_code == 303
    assert identifier(awkward.get(sent_on.headers["Location"]), formats.TURTLE) == iri


WRITTEN = [
    ("s1%2Fb", "s1%2Fb"),
    ("s2%2Fb", "s2/b"),
    ("s3%E5%85%89", "s3光"),
    ("s4光", "s4%E5%85%89"),
    ("s5caf\u00e9", "s5cafe\u0301"),
    ("s6cafe\u0301", "s6caf\u00e9"),
    ("s7caf%C3%A9", "s7cafe\u0301"),
    ("s8(b)", "s8%28b%29"),
    ("s9%28b%29", "s9%28b%29"),
]


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    return client_of(tmp_path_factory.mktemp("written"), [ID + stored for stored, _ in WRITTEN])


@pytest.mark.parametrize(("stored", "address"), WRITTEN)
def test_an_address_written_in_another_way_leads_there_too(written, stored, address):
    sent_on = written.get("/id/" + quote(address, safe="/%"), headers={"Accept": "text/turtle"})
    assert sent_on.status_code == 303
    assert identifier(written.get(sent_on.headers["Location"]), formats.TURTLE) == ID + stored


def test_formats_link_to_the_page_and_the_page_to_all_formats(client):
    data = client.get("/data/id/alice.ttl").headers["Link"]
    assert data == '</page/id/alice>; rel="describedby"; type="text/html"'
    page = client.get("/page/id/alice", headers={"Accept": "text/html"})
    linked = re.findall(r'<([^>]+)>; rel="alternate"', ", ".join(page.headers.getlist("Link")))
    assert [each.rpartition(".")[2] for each in linked] == [f.extension for f in OFFERED[1:]]
    assert {client.get(each).status_code for each in linked} == {200}


def test_what_cannot_be_sent_is_told_with_what_can(client):
    refused = client.get("/id/alice", headers={"Accept": "image/png"})
    assert refused.status_code == 406
    assert "text/turtle" in refused.get_data(as_text=True)


PREFIXED = {"X-Forwarded-Prefix": "/kg", "X-Forwarded-Host": "data.example"}


def test_behind_a_proxy_that_is_believed_everything_lies_below_its_path(tmp_path):
    client = client_of(tmp_path, [ID + "x", ID + "光"], KG_PROXIES="1")
    sent_on = client.get("/id/光", headers={**PREFIXED, "Accept": "text/html"})
    assert sent_on.headers["Location"] == "/kg/page/id/%E5%85%89"
    page = client.get("/page/id/光", headers={**PREFIXED, "Accept": "text/html"})
    addresses = Page(page.text).addresses + re.findall("<([^>]+)>", page.headers["Link"])
    inner = [each for each in addresses if not each.startswith(("#", "http"))]
    assert len(inner) > 20
    assert [each for each in inner if not each.startswith("/kg/")] == []


def test_what_was_made_for_another_path_or_host_is_not_handed_out(tmp_path):
    client = client_of(tmp_path, [ID + "x"], KG_PROXIES="1")
    for prefix in ("/kg", "/other", "/kg"):
        headers = {**PREFIXED, "X-Forwarded-Prefix": prefix, "Accept": "text/html"}
        page = Page(client.get("/page/id/x", headers=headers).text)
        inner = [each for each in page.addresses if each.startswith("/")]
        assert [each for each in inner if not each.startswith(prefix + "/")] == []


def test_a_proxy_that_is_not_believed_changes_nothing(client):
    sent_on = client.get("/id/alice", headers={**PREFIXED, "Accept": "text/html"})
    assert sent_on.headers["Location"] == "/page/id/alice"


@pytest.mark.parametrize("base", ["https://data.example.org/kg/", "http://例え.jp/"])
def test_an_operator_may_have_another_base(tmp_path, base):
    client = client_of(tmp_path, [base + "id/光", ID + "x"], KG_BASE_IRI=base)
    for address, iri in (("/id/光", base + "id/光"), (f"/resource?iri={ID}x", ID + "x")):
        sent_on = client.get(address, headers={"Accept": "text/turtle"})
        location = sent_on.headers["Location"]
        assert (urlsplit(location).netloc, sent_on.status_code) == ("", 303)
        assert identifier(client.get(location), formats.TURTLE) == iri
    assert client.get("/id/x").status_code == 404


@hypothesis_settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(max_size=40))
def test_no_text_is_more_than_an_identifier(client, text):
    for address in (f"/resource?iri={quote(text, safe='')}", f"/page?iri={quote(text, safe='')}"):
        response = client.get(address, headers={"Accept": "application/json"})
        assert response.status_code in (400, 404, 406)
