"""What browsers load besides pages, and how small it is."""

import gzip
import json
import re
import zlib
from html.parser import HTMLParser
from pathlib import Path

import pytest

from kg.web import compression, respond
from kg.web.assets import Assets

ROOT = Path(__file__).parents[2]
STATIC = ROOT / "src/kg/web/static"
HTML = {"Accept": "text/html"}

ORDINARY = 60_000
"""Bytes of script, gzipped, that an ordinary page may load at once or when it is used."""

CONSOLE = 350_000


@pytest.fixture(scope="module")
def assets() -> Assets:
    return Assets(STATIC)


class Loaded(HTMLParser):
    """The files of ours that a page loads."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.scripts: set[str] = set()
        self.styles: set[str] = set()
        self.inline: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        found = dict(attrs)
        if tag == "script" and found.get("type") != "application/ld+json":
            self.scripts.add(found.get("src", "inline"))
        elif tag == "link" and found.get("rel") == "stylesheet":
            self.styles.add(found["href"])
        elif tag == "style" or "style" in found or any(name.startswith("on") for name in found):
            self.inline.append(f"{tag} {attrs}")


def with_imports(assets: Assets, name: str, *, later: bool) -> set[str]:
    """Return a file and all that it imports, at once or also later."""
    found, waiting = set(), [name]
    while waiting:
        file = waiting.pop()
        if file not in found:
            found.add(file)
            waiting += assets.files[file]["imports"] + (
                assets.files[file]["later"] if later else []
            )
    return found


BUDGETS = [
    ("/", ORDINARY),
    ("/page/id/alice", ORDINARY),
    ("/browse", ORDINARY),
    ("/search?q=alice", ORDINARY),
    ("/ontology", ORDINARY),
    ("/dataset", ORDINARY),
    ("/questions", ORDINARY),
    ("/nowhere", ORDINARY),
    ("/sparql", CONSOLE),
]


@pytest.mark.parametrize(("address", "budget"), BUDGETS)
def test_the_scripts_of_a_page_are_small(client, assets, address, budget):
    page = Loaded(client.get(address, headers=HTML).text)
    assert page.scripts
    names = {each.rpartition("/")[2] for each in page.scripts}
    everything = set().union(*(with_imports(assets, name, later=True) for name in names))
    assert sum(assets.files[name]["gzip"] for name in everything) <= budget


@pytest.mark.parametrize("address", [address for address, _ in BUDGETS])
def test_pages_hold_neither_scripts_nor_styles_of_their_own(client, address):
    response = client.get(address, headers=HTML)
    page = Loaded(response.text)
    assert page.inline == []
    assert {each.partition("-")[0] for each in page.scripts} <= {
        "/static/site",
        "/static/theme",
    } | {f"/static/{file.stem}" for file in (ROOT / "frontend/src").glob("*.js")}
    assert (
        response.headers["Content-Security-Policy"]
        == respond.SECURITY_HEADERS["Content-Security-Policy"]
    )
    for style in page.styles:
        assert client.get(style).content_type == "text/css; charset=utf-8"


@pytest.mark.parametrize(
    ("accepted", "encoding"),
    [("gzip, deflate, br", "br"), ("gzip", "gzip"), ("", None), ("br;q=0", None)],
)
def test_bundles_are_sent_compressed_and_kept_for_a_year(client, assets, accepted, encoding):
    name = assets.name("site.css")
    response = client.get(f"/static/{name}", headers={"Accept-Encoding": accepted})
    assert response.headers.get("Content-Encoding") == encoding
    assert response.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert response.headers["Vary"] == "Accept-Encoding"
    plain = (STATIC / name).read_bytes()
    assert (response.data == plain) == (encoding is None)
    if encoding == "gzip":
        assert gzip.decompress(response.data) == plain
    again = client.get(
        f"/static/{name}",
        headers={"Accept-Encoding": accepted, "If-None-Match": response.headers["ETag"]},
    )
    assert (again.status_code, again.data) == (304, b"")


@pytest.mark.parametrize("name", ["manifest.json", "site.css", "..%2Fapp.py", "x" * 300])
def test_nothing_else_is_sent_from_their_folder(client, name):
    assert client.get(f"/static/{name}").status_code == 404


def test_the_icons_that_are_used_are_there(client, assets):
    sprite = (STATIC / assets.name("icons.svg")).read_text(encoding="utf-8")
    there = set(re.findall(r'<symbol id="([^"]+)"', sprite))
    sources = [
        *(ROOT / "src/kg/web/templates").rglob("*.html"),
        *(ROOT / "frontend/src").rglob("*.js"),
    ]
    text = "".join(path.read_text(encoding="utf-8") for path in sources)
    used = set(re.findall(r"""\bicon\(["']([a-z0-9-]+)["']""", text))
    assert len(used) > 5
    assert used - there == set()


def test_the_licences_of_what_is_bundled_are_sent_along(client, assets):
    text = client.get(f"/static/{assets.name('licences.txt')}").text
    for name in ("@iconify-json/lucide", "modern-normalize"):
        assert name in text


def test_the_colours_of_classes_are_a_style_sheet(client):
    page = client.get("/?lang=en", headers=HTML).text
    address = re.search(r'href="(/colors-\w+\.css)"', page)[1]
    response = client.get(address)
    assert re.match(r"\.k0\{--class:light-dark\(#\w{6},#\w{6}\)\}\n", response.text)
    assert "immutable" in response.headers["Cache-Control"]
    assert client.get("/colors-old.css").headers["Cache-Control"] == "no-cache"
    assert 'class="thing k' in page


SELECT = "SELECT * { ?s ?p ?o }"
LONG = "SELECT * { ?s ?p ?o . ?a ?b ?c . ?d ?e ?f }"


@pytest.mark.parametrize(
    ("address", "parameters", "accept"),
    [
        ("/", {}, "text/html"),
        ("/sparql", {"query": SELECT}, "application/sparql-results+json"),
        ("/sparql", {"query": SELECT}, "text/csv"),
        ("/sparql", {"query": LONG}, "text/csv"),
        ("/sparql", {"query": "CONSTRUCT WHERE { ?s ?p ?o }"}, "application/n-triples"),
    ],
)
def test_answers_are_compressed_for_who_takes_it(client, address, parameters, accept):
    ask = {"query_string": parameters, "headers": {"Accept": accept}}
    plain = client.get(address, **ask)
    ask["headers"] = {"Accept": accept, "Accept-Encoding": "gzip"}
    packed = client.get(address, **ask)
    assert packed.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed.data) == plain.data
    assert "Accept-Encoding" in packed.headers["Vary"]
    if len(plain.data) <= compression.STREAMED:
        assert packed.content_length == len(packed.data) < len(plain.data)
    tags = plain.headers["ETag"], packed.headers["ETag"]
    assert tags[0] != tags[1], "different bytes have different strong validators"
    for tag in tags:
        ask["headers"]["If-None-Match"] = tag
        again = client.get(address, **ask)
        assert (again.status_code, again.headers["ETag"], again.data) == (304, tag, b"")


def test_what_is_small_or_not_wanted_compressed_is_sent_plain(client):
    for headers in ({}, {"Accept-Encoding": "br"}, {"Accept-Encoding": "gzip;q=0"}):
        assert "Content-Encoding" not in client.get("/", headers=headers).headers
    small = client.get("/health", headers={"Accept-Encoding": "gzip"})
    assert "Content-Encoding" not in small.headers


def test_a_compressed_answer_that_breaks_off_does_not_look_complete(client):
    response = client.get(
        "/sparql",
        query_string={"query": LONG},
        headers={"Accept": "text/csv", "Accept-Encoding": "gzip"},
    )
    whole = response.data
    for end in (len(whole) // 2, len(whole) - 1, len(whole) - 8):
        engine = zlib.decompressobj(31)
        engine.decompress(whole[:end])
        assert not engine.eof


def test_the_build_knows_what_its_bundles_are_made_from():
    manifest = json.loads((STATIC / "manifest.json").read_text(encoding="utf-8"))
    assert re.fullmatch(r"[0-9a-f]{64}", manifest["sources"])
    assert {"site.js", "site.css", "theme.js", "icons.svg"} <= manifest["entries"].keys()
    theme = manifest["files"][manifest["entries"]["theme.js"]]
    assert theme["imports"] == [], "it is no module: it runs before the page is drawn"
