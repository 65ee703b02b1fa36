"""Every page that a link leads to, of the bundled graph and of hostile data.

In the gate some addresses of each route are looked at; `CRAWL=2000` looks at so many of each, which is
the whole of the bundled graph (`make crawl`).
"""

import itertools
import os
import re
from collections import Counter
from html.parser import HTMLParser
from urllib.parse import quote, unquote, urlencode, urlsplit

import pytest
from pyoxigraph import DefaultGraph, Literal, NamedNode, Quad, RdfFormat, serialize
from werkzeug.exceptions import HTTPException

from kg import settings
from kg.build import build
from kg.store.loading import Source
from kg.store.snapshots import Database
from kg.web import create_app

EACH = int(os.environ.get("CRAWL", "3"))
"""Addresses of each route that are looked at."""

VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "wbr"}
NAMED = {"a", "button", "summary", "h1", "h2", "h3", "th", "dt", "option", "label", "legend"}
DATA = {"title", "bdi", "code", "pre", "kbd", "script", "style", "textarea", "svg", "option"}
"""Elements whose text is not of the interface."""


class Element:
    def __init__(self, tag, attributes):
        self.tag, self.attributes, self.text = tag, dict(attributes), ""


class Page(HTMLParser):
    """The elements of a page, what stands in them, and the text of the interface."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[Element] = []
        self.interface: list[str] = []
        self._open: list[Element] = []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        element = Element(tag, attrs)
        self.elements.append(element)
        name = element.attributes.get("aria-label") or element.attributes.get("alt") or ""
        for each in (*self._open, element):
            each.text += name
        if tag not in VOID:
            self._open.append(element)

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self._open.pop()

    def handle_endtag(self, tag):
        if tag in {each.tag for each in self._open}:
            while self._open.pop().tag != tag:
                pass

    def handle_data(self, data):
        for element in self._open:
            element.text += data
        own = self._open[1:]  # not <html>, whose language is that of the interface
        is_data = any(
            each.tag in DATA or "lang" in each.attributes or each.attributes.get("translate") == "no"
            for each in own
        )  # fmt: skip
        text = re.sub(r"https?://\S+|光伏", "", data).strip()  # an address, an example
        if text and not is_data:
            self.interface.append(text)

    @property
    def links(self) -> list[str]:
        found = (each for each in self.elements if "nofollow" not in each.attributes.get("rel", ""))
        values = (each.attributes.get(name) for each in found for name in ("href", "src", "action"))
        return [value for value in values if value]


def rule(client, address: str) -> str:
    """Return the route of an address."""
    parts = urlsplit(address)
    adapter = client.application.url_map.bind("localhost")
    try:
        return str(adapter.match(unquote(parts.path), return_rule=True)[0].rule)
    except HTTPException:
        return "none"


def crawl(client, headers, start=("/",)):
    """Yield (address, response, page) for `EACH` addresses of each route that links lead to."""
    seen, taken, waiting = set(start), Counter(), list(start)
    while waiting:
        address = waiting.pop(0)
        route = rule(client, address)
        taken[route] += 1
        if taken[route] > EACH:
            continue
        response = client.get(address, headers=headers)
        is_page = response.content_type.startswith("text/html")
        page = Page(response.text) if is_page else None
        yield address, response, page
        response.close()
        links = page.links if page else [response.headers.get("Location", "")]
        for link in (each.partition("#")[0] for each in links):
            if link.startswith("/") and link not in seen:
                seen.add(link)
                waiting.append(link)


# Names that are the same in every language.
_NAMES = (
    r"SPARQL|BibTeX|RIS|JSON-LD|JSON|CSV|TSV|XML|RDF|IRI|URI|SHACL|OWL|RDFS|SKOS|VoID|DCAT|HTML|HTTP|ATOM|"
    r"Turtle|N-Triples|N-Quads|TriG|GraphML|Excel|XLSX|Parquet|Python|JavaScript|curl|R|English|Deutsch|"
    r"Ctrl|Enter|Esc|Tab|Shift|Alt|kg|ttl|nt|nq|rdf|jsonld|trig|n3|csv|tsv|json|xml|srx|xlsx|gz|snapshot|"
    r"Triple Pattern Fragments|POST|GET|SHA|UTC|Atom|sitemap|robots|km|MCP|API|OpenAPI|Comunica|OpenRefine|SQL|SELECT|ASK|CONSTRUCT|DESCRIBE|Unicode"
)  # fmt: skip
FOREIGN = {"zh": re.compile(r"[A-Za-z]{3,}"), "en": re.compile(r"[\u4e00-\u9fff]")}
"""What is of another language, but for names."""


def is_foreign(text: str, language: str) -> bool:
    return bool(FOREIGN[language].search(re.sub(rf"\b(?:{_NAMES})\b", "", text)))


@pytest.mark.parametrize("language", FOREIGN)
def test_the_bundled_graph_has_no_dead_link_no_empty_label_and_no_foreign_word(bundled, language):
    headers = {"Accept": "text/html", "Accept-Language": language}
    wrong, looked_at = [], 0
    for address, response, page in crawl(bundled, headers):
        looked_at += 1
        if response.status_code not in (200, 303):
            wrong.append(f"{address}: {response.status_code}")
        if page is None:
            continue
        wrong += [
            f"{address}: empty <{each.tag}> {each.attributes}"
            for each in page.elements
            if each.tag in NAMED and not each.text.strip() and "hidden" not in each.attributes
        ]
        wrong += [f"{address}: {text!r}" for text in page.interface if is_foreign(text, language)]
    assert looked_at > 30
    assert "\n".join(wrong) == ""


HOSTILE_TEXTS = [
    "<x-hostile>alert(1)</x-hostile>",
    "<script>alert(1)</script>",
    "<ScRiPt src=//evil.example>",
    '"><img src=x onerror=alert(1)>',
    "'><svg onload=alert(1)>",
    "</title><script>alert(1)</script>",
    "</textarea><script>alert(1)</script>",
    "</script><script>alert(1)</script>",
    "</style><script>alert(1)</script>",
    "<!--", "-->", "<![CDATA[", "]]>",
    "{{7*1111111}}", "${7*1111111}", "{% raw %}", "#{7*1111111}",
    "&lt;script&gt;", "&#60;img src=x&#62;",
    "javascript:alert(1)", "JaVaScRiPt:alert(1)", "data:text/html;base64,PHNjcmlwdD4=",
    "`onmouseover=alert(1)", "' onfocus=alert(1) autofocus='", "\" style=\"x:expression(1)",
    "%3Cscript%3E", "\\u003cscript\\u003e", "+ADw-script+AD4-",
    "a\u202etxt.exe", "a\u200bb", "\u2028alert(1)", "\u0000", "\u0007\u001b[2J",
    "=cmd|' /C calc'!A0", "@SUM(1)", "\t=1",
    "\r\nX-Hostile: 1", "%0d%0aX-Hostile:1",
    "x" * 100_000, "", " ", "\ufeff", "很" * 5000,
    "<a href=javascript:alert(1)>x</a>", "<iframe srcdoc='<script>alert(1)</script>'>",
    "<base href=//evil.example>", "<meta http-equiv=refresh content=0>", "<form action=//evil.example>",
    "<math><mi//xlink:href=\"data:x,<script>\">", "<link rel=stylesheet href=//evil.example>",
    "%s %d %(name)s", "{0.__class__}", "{n}", "../../etc/passwd", "~/x", "|cat /etc/passwd",
    "' OR 1=1 --", "\"; DROP TABLE finding; --", "> ?p ?o } DROP ALL #", "\"} UNION { ?s ?p ?o", "\\",
]  # fmt: skip
HOSTILE_IRIS = [
    "javascript:alert(1)",
    "JaVaScRiPt:alert(1)",
    "data:text/html;base64,PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg==",
    "vbscript:msgbox(1)",
    "file:///etc/passwd",
    "blob:https://evil.example/x",
    "http://e/'onclick='alert(1)",
    "http://e/?a=%22%3E%3Cscript%3E",
    "http://e/&lt;script&gt;",
    "http://e/a\u202eb",
    "https://kg.example/id/hostile'--",
    "https://kg.example/id/%0d%0aX-Hostile:1",
    "https://kg.example/def/",
    "urn:x:{{7*1111111}}".replace("{", "%7B").replace("}", "%7D"),
]
RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
RDFS = "http://www.w3.org/2000/01/rdf-schema#"


def hostile_quads():
    """Yield triples with hostile values in every position."""
    thing = NamedNode("https://kg.example/id/hostile")
    other = NamedNode("https://kg.example/id/harmless")
    iris = [NamedNode(iri) for iri in HOSTILE_IRIS]
    for text in HOSTILE_TEXTS:
        for property in (RDFS + "label", RDFS + "comment", "http://e/p"):
            yield Quad(thing, NamedNode(property), Literal(text))
        yield Quad(other, NamedNode("http://e/q"), Literal(text, language="x-hostile"))
    for number, iri in enumerate(iris):
        label = Literal(HOSTILE_TEXTS[number])
        for subject in (iri, NamedNode(f"http://e/thing{number}")):
            yield Quad(subject, NamedNode(RDFS + "label"), label)
            yield Quad(subject, NamedNode(RDF + "type"), iri)
            yield Quad(subject, iri, thing)
        yield Quad(thing, NamedNode("http://e/r"), iri)
        yield Quad(thing, NamedNode("http://e/p"), Literal("x", datatype=iri))
        yield Quad(other, NamedNode("http://e/r"), thing, iri)
        yield Quad(iri, NamedNode(RDF + "type"), NamedNode("http://www.w3.org/2002/07/owl#Class"))
    yield Quad(thing, NamedNode(RDF + "type"), NamedNode("http://e/C"), DefaultGraph())


@pytest.fixture(scope="module")
def hostile(tmp_path_factory):
    folder = tmp_path_factory.mktemp("hostile")
    (folder / "hostile.nq").write_bytes(serialize(hostile_quads(), format=RdfFormat.N_QUADS))
    database = Database(folder / "db")
    build([Source.of(folder / "hostile.nq")], database, base_iri="https://kg.example/")
    return create_app(settings.load(environment={}), database).test_client(use_cookies=False)


SAFE = re.compile(r"(/(?!/)|#|\?|geo:[-0-9.,]+$|https?://|mailto:)")
ELEMENTS = {"img", "iframe", "object", "embed", "base", "math", "x-hostile", "style", "frame"}


def harm(address, response, page):
    """Yield what a page must not hold."""
    if response.status_code >= 500:
        yield f"{address}: {response.status_code}"
    if "X-Hostile" in response.headers:
        yield f"{address}: a header was made"
    if page is None:
        return
    if "7777777" in response.text:
        yield f"{address}: a template was run"
    if "default-src 'none'" not in response.headers.get("Content-Security-Policy", ""):
        yield f"{address}: no policy"
    for element in page.elements:
        if is_harmful(element):
            yield f"{address}: <{element.tag} {element.attributes}>"


def is_harmful(element) -> bool:
    """Return whether an element runs, loads or leads to what is not ours."""
    names = element.attributes
    if element.tag == "script" and names.get("type") != "application/ld+json":
        return not names.get("src", "").startswith("/static/")
    if element.tag in ELEMENTS or {"style", "srcdoc"} & names.keys():
        return True
    leads = [names.get(name) for name in ("href", "src", "action", "formaction", "xlink:href")]
    return any(name.startswith("on") for name in names) or any(
        address and not SAFE.match(address) for address in leads
    )


def test_hostile_data_is_shown_as_text_on_every_page(hostile):
    things = [
        "/page/id/hostile",
        "/page/id/harmless",
        "/page?iri=http://e/p",
        "/page?iri=http://e/C",
    ]
    things += [f"/page?{urlencode({'iri': iri})}" for iri in HOSTILE_IRIS[:EACH]]
    start = ("/", *things)
    found = [
        each
        for address, response, page in crawl(hostile, {"Accept": "text/html"}, start)
        for each in harm(address, response, page)
    ]
    assert "\n".join(found) == ""


PARAMETERS = (
    "iri", "q", "query", "format", "lang", "content", "page", "size", "type", "sort", "language", "graph",
    "default-graph-uri", "incoming", "values", "view", "http://e/p", "^http://e/p", "http://e/p.ge",
)  # fmt: skip
INJECTED = [
    *HOSTILE_TEXTS[:8],
    "http://e/x> ?p ?o } DROP ALL #",
    '"} UNION {',
    "\\",
    "a\nb",
    "\x00",
    "9" * 5000,
    "-1",
    "1e400",
    "<http://e/>) || true #",
]


def routes(client):
    """Return an address of each route that can be read, with something hostile in its path."""
    hostile = quote('"><x-hostile>', safe="")
    return sorted(
        {
            re.sub(r"<[^>]+>", hostile, each.rule)
            for each in client.application.url_map.iter_rules()
            if "GET" in each.methods and each.rule not in ("/queries", "/metrics")
        }
    )


def test_no_parameter_of_any_route_is_more_than_a_value(hostile):
    pairs = list(itertools.product(PARAMETERS, INJECTED))
    step = 1 if len(pairs) <= EACH else len(pairs) // EACH
    found = []
    for turn, address in enumerate(routes(hostile)):
        for parameter, text in pairs[turn % step :: step]:
            full = f"{address}?{urlencode({parameter: text})}"
            response = hostile.get(full, headers={"Accept": "text/html"})
            is_page = response.content_type.startswith("text/html")
            found += harm(full[:200], response, Page(response.text) if is_page else None)
            response.close()
    assert turn > 20
    assert "\n".join(found) == ""
