"""The page on which people ask in SPARQL."""

import json
import re
import shutil
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import parse_qs, urlencode, urlsplit
from urllib.request import Request, urlopen

import pytest

from kg import bundle, sparql
from kg.queries import load, usual

ROOT = Path(__file__).parents[2]
HTML = {"Accept": "text/html"}
ALL = "SELECT ?s ?p ?o { ?s ?p ?o } ORDER BY ?s ?p ?o"
MANY = " ".join(map(str, range(1, 251)))
NUMBERS = f"SELECT ?n ?label {{ VALUES ?n {{ {MANY} }} BIND(CONCAT('row ', STR(?n)) AS ?label) }}"
PLACES = """PREFIX g: <http://www.opengis.net/ont/geosparql#>
SELECT ?who ?where ?n ?from { VALUES (?who ?where ?n ?from) {
  (<https://kg.example/id/alice> "POINT(120.7 30.7)"^^g:wktLiteral 3 "2020-01-01"^^xsd:date)
  (<https://kg.example/id/bob> "POINT(121 31)"^^g:wktLiteral 5 "2021-01-01"^^xsd:date) } }
""".replace("xsd:", "<http://www.w3.org/2001/XMLSchema#").replace("#date)", "#date>)")


def ask(client, query, **parameters):
    parameters = {"query": query, "lang": "en", **parameters}
    return client.get("/sparql", query_string=parameters, headers=HTML)


def rows(page: str) -> list[list[str]]:
    """Return the texts of the cells of the answer's table."""
    body = (
        page.partition('<table class="answer">')[2].partition("<tbody>")[2].partition("</tbody>")[0]
    )
    return [
        [
            re.sub(r"<[^>]+>", "", cell).strip()
            for cell in re.findall(r"<td.*?</td>", row, re.DOTALL)
        ]
        for row in re.findall(r"<tr>.*?</tr>", body, re.DOTALL)
    ]


class Tags(HTMLParser):
    def __init__(self, html: str) -> None:
        super().__init__()
        self.all: list[tuple[str, dict]] = []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.all.append((tag, dict(attrs)))

    def links(self) -> list[str]:
        return [attrs["href"] for tag, attrs in self.all if tag == "a" and "href" in attrs]


def test_the_answer_is_a_table_of_labels_a_page_at_a_time(client):
    page = ask(client, NUMBERS).text
    assert "250 rows" in page
    assert len(rows(page)) == 100
    last = ask(client, NUMBERS, page=3).text
    assert rows(last)[0][1] == "row 201"
    assert len(rows(last)) == 50
    assert ">Bob</bdi>" in ask(client, "SELECT ?s { ?s ?p 42 } ").text


def test_rows_are_sorted_over_all_pages(client):
    assert rows(ask(client, NUMBERS, sort="-n").text)[0][1] == "row 250"
    page = ask(client, NUMBERS, sort="n").text
    assert rows(page)[1][1] == "row 2"
    assert 'aria-sort="ascending"' in page
    links = [parse_qs(urlsplit(link).query) for link in Tags(page).links()]
    assert ["-n"] in [link.get("sort") for link in links if "page" not in link]
    assert any(link.get("page") == ["2"] and link.get("sort") == ["n"] for link in links)


@pytest.mark.parametrize(
    ("view", "shown"),
    [
        ("table", '<table class="answer">'),
        ("chart", 'class="plot"'),
        ("timeline", 'class="timeline"'),
        ("map", 'class="map"'),
        ("raw", "&#34;bindings&#34;"),
    ],
)
def test_an_answer_is_shown_in_the_views_that_its_columns_allow(client, view, shown):
    response = ask(client, PLACES, view=view)
    assert response.status_code == 200
    assert shown in response.text
    assert 'aria-current="page"' in response.text
    offered = [parse_qs(urlsplit(each).query).get("view", ["table"])[0] for each in
               re.findall(r'href="(/sparql\?[^"]*)"', response.text.partition('class="tabs"')[2].partition("</ul>")[0].replace("&amp;", "&"))]  # fmt: skip
    assert offered == ["table", "chart", "timeline", "map", "raw"]


def test_triples_are_a_table_and_a_network(client):
    query = "CONSTRUCT WHERE { ?s <http://example.org/knows> ?o }"
    page = ask(client, query, view="graph").text
    assert '<div class="stage"></div>' in page
    assert page.count("<tr><td>") == 2
    assert "2 triples" in page
    assert "&lt;http://example.org/knows&gt;" in ask(client, query, view="raw").text


def test_a_view_that_does_not_fit_gives_the_table_and_says_so(client):
    page = ask(client, "SELECT * { ?s ?p 42 }", view="map").text
    assert "cannot be shown in the view" in page
    assert len(rows(page)) == 1


def test_yes_and_no_are_answers(client):
    assert "Yes" in ask(client, "ASK { ?s ?p 42 }").text
    assert "No" in ask(client, "ASK { ?s ?p 43 }").text


def test_what_is_wrong_is_told_with_its_place_and_the_text_stays(client):
    response = ask(client, "SELECT * {\n  ?s ?p \n}")
    assert response.status_code == 400
    assert 'data-line="3" data-column="2"' in response.text
    assert "?s ?p \n}</textarea>" in response.text
    assert "ETag" not in response.headers, "another try must be made, not remembered"
    problem = client.get("/sparql", query_string={"query": "SELECT * {\n  ?s ?p \n}"}).json
    assert (problem["line"], problem["column"]) == (3, 2)
    assert "line" not in client.get("/sparql?query=&query=").json


@pytest.mark.parametrize(
    ("parameters", "status"),
    [
        ({"view": "hologram"}, 400),
        ({"page": "0"}, 400),
        ({"page": "x"}, 400),
        ({"page": "9" * 400}, 400),
        ({"sort": "nothing"}, 400),
        ({"view": "chart", "across": "nothing"}, 400),
    ],
)
def test_addresses_that_ask_for_the_impossible_are_refused(client, parameters, status):
    assert ask(client, NUMBERS, **parameters).status_code == status


def test_a_page_after_the_last_is_the_last(client):
    assert rows(ask(client, NUMBERS, page=99).text)[-1][1] == "row 250"


def test_a_query_that_would_go_elsewhere_keeps_its_place_in_the_form(client):
    response = ask(client, "SELECT * { SERVICE <http://127.0.0.1/> { ?s ?p ?o } }")
    assert response.status_code == 403
    assert "SERVICE &lt;http://127.0.0.1/&gt;" in response.text.partition("</textarea>")[0]


HOSTILE = "<img src=x onerror=alert(1)>\"'\u202e{{7*7}}"


@pytest.mark.parametrize("view", ["table", "chart", "timeline", "map", "graph", "raw"])
def test_hostile_answers_are_text_in_every_view(client, view):
    text = HOSTILE.replace('"', '\\"')
    query = f"""SELECT ?ünsafe_onload ?n ?at ?where ?a ?b {{
      VALUES (?ünsafe_onload ?n ?at ?where) {{ ("{text}" 1
        "2020-01-01"^^<http://www.w3.org/2001/XMLSchema#date>
        "POINT(1 1)"^^<http://www.opengis.net/ont/geosparql#wktLiteral>) }}
      BIND(<javascript:alert(1)> AS ?a) BIND(<data:text/html,x> AS ?b) }}"""
    response = ask(client, query, view=view)
    assert response.status_code == 200
    tags = Tags(response.text).all
    assert not [
        tag for tag, attrs in tags if tag == "img" or any(n.startswith("on") for n in attrs)
    ]
    assert not [a for _, a in tags if a.get("href", "").startswith(("javascript:", "data:"))]
    answer = response.text.partition('id="answer"')[2].partition('class="code"')[0]
    assert "{{7*7}}" in answer or view == "graph"
    if view != "raw":
        assert "\u202e" not in re.sub(r'value="[^"]*"', "", answer)


def test_files_have_the_whole_answer_in_every_format(client):
    links = [
        each
        for each in Tags(ask(client, NUMBERS, page=2, sort="-n").text).links()
        if "format=" in each
    ]
    names = [parse_qs(urlsplit(link).query)["format"][0] for link in links]
    assert names == ["json", "xml", "csv", "tsv"]
    csv = client.get(links[names.index("csv")]).text
    assert len(csv.splitlines()) == 251


def snippets(page: str) -> list[str]:
    code = page.partition('class="code"')[2].partition("</section>")[0]
    found = re.findall(r"<code>(.*?)</code>", code, re.DOTALL)
    entities = {"&#39;": "'", "&#34;": '"', "&lt;": "<", "&gt;": ">", "&amp;": "&"}
    for entity, character in entities.items():
        found = [each.replace(entity, character) for each in found]
    return found


AWKWARD = "SELECT ?x { # it's \"so\" \\ $HOME `x`\n  BIND('''it\\'s “光伏” $HOME''' AS ?x) }"


def test_code_to_copy_asks_the_same(server):
    request = Request(f"{server}/sparql?{urlencode({'query': AWKWARD})}", headers=HTML)
    with urlopen(request) as response:
        curl, python, javascript = snippets(response.read().decode())
    done = subprocess.run(
        [sys.executable, "-c", python], capture_output=True, text=True, check=True
    )
    assert "it's “光伏” $HOME" in done.stdout
    for program, command in (
        ("curl", ["bash", "-c", curl]),
        ("node", ["node", "--input-type=module", "-e", javascript]),
    ):
        if shutil.which(program):
            done = subprocess.run(command, capture_output=True, text=True, check=True)
            assert "“光伏” $HOME" in done.stdout


def test_the_scope_of_a_question_is_kept(client):
    page = ask(
        client, "SELECT * { ?s ?p ?o }", **{"default-graph-uri": "http://example.org/g1"}
    ).text
    assert len(rows(page)) == 1
    links = [link for link in Tags(page).links() if "query=" in link and "view=" in link]
    assert all("default-graph-uri=http%3A%2F%2Fexample.org%2Fg1" in link for link in links)
    assert links


def test_a_posted_question_is_answered_as_well(client):
    response = client.post("/sparql?lang=en", data={"query": NUMBERS}, headers=HTML)
    assert "250 rows" in response.text


def test_nothing_found_is_said(client):
    page = ask(client, "SELECT * { ?s ?p 43 }").text
    assert "0 rows" in page
    assert "Nothing in the data fits" in page


def test_words_for_scripts_are_json(client):
    attrs = next(a for t, a in Tags(ask(client, NUMBERS).text).all if a.get("id") == "console")
    assert "{n}" in json.loads(attrs["data-words"])["stopped"]


def test_a_short_address_leads_to_a_query_that_is_kept(client):
    kept = client.post("/q", data={"query": AWKWARD})
    assert kept.status_code == 201
    address = urlsplit(kept.json["url"]).path
    assert re.fullmatch(r"/q/[a-z2-7]{12}", address)
    assert client.post("/q", data={"query": AWKWARD}).json == kept.json
    leads = client.get(address)
    assert leads.status_code == 303
    assert parse_qs(urlsplit(leads.headers["Location"]).query) == {"query": [AWKWARD]}
    long = f"SELECT * {{ ?s ?p '{'光' * 9000}' }}"
    page = client.get(urlsplit(client.post("/q", data={"query": long}).json["url"]).path)
    assert (page.status_code, long.replace("'", "&#39;") in page.text) == (200, True)


@pytest.mark.parametrize(
    ("data", "headers", "status"),
    [
        ({}, {}, 400),
        ({"query": "DROP ALL"}, {}, 400),
        ({"query": "ASK {} #" + "x" * 200_000}, {}, 413),
        ({"query": "ASK {}"}, {"Sec-Fetch-Site": "cross-site"}, 403),
    ],
)
def test_not_everything_is_kept_for_everybody(client, data, headers, status):
    assert client.post("/q", data=data, headers=headers).status_code == status


def test_the_words_of_the_data_are_told_with_their_counts(client):
    words = client.get("/sparql/vocabulary.json?lang=en").json
    person = next(each for each in words["classes"] if each["iri"] == "http://example.org/Person")
    assert (person["label"], person["language"], person["uses"]) == ("Person", "en", 2)
    assert ["http://example.org/age", 1] in person["properties"]
    knows = next(each for each in words["properties"] if each["iri"] == "http://example.org/knows")
    assert (knows["label"], knows["uses"]) == ("knows", 2)
    assert words["prefixes"]["rdfs"] == "http://www.w3.org/2000/01/rdf-schema#"
    assert words["complete"] is True


def test_prefixes_of_the_queries_that_came_along_are_known(bundled):
    words = bundled.get("/sparql/vocabulary.json").json
    assert words["prefixes"]["id"] == "https://kg.example/id/"
    assert "kg:Theme" in {each["name"] for each in words["classes"]}


def test_names_of_any_iris_are_told(client):
    iris = ["https://kg.example/id/bob", "http://example.org/nothing#here"]
    found = client.get("/sparql/names.json", query_string={"iri": iris, "lang": "en"}).json
    assert found[iris[0]]["label"] == "Bob"
    assert found[iris[0]]["types"] == ["http://example.org/Person"]
    assert found[iris[1]]["label"] == "here"
    assert client.get("/sparql/names.json", query_string={"iri": "nonsense"}).status_code == 400
    many = [f"http://e/{n}" for n in range(51)]
    assert client.get("/sparql/names.json", query_string={"iri": many}).status_code == 400


LAID_OUT = [
    *(query.text for query in (*load(bundle.queries()), *usual())),
    AWKWARD,
    "prefix:x:<http://x/#>select(count(*)as?n)(1.5 as ?b){?a x:b.c/^x:d*|!(x:e|^a) ?c.?c x:f-g '''a\n#b''';x:h 1.5,2.e1}",
    "ASK{<<(?s ?p ?o)>> ?a ?b;?c [?d (1 2)],\"x\"@en-GB. FILTER NOT EXISTS{?s ?p ?o}FILTER(?a<?b&&?c>5)}",
    "SELECT*FROM<http://g/>FROM NAMED<http://h/>WHERE{VALUES(?a ?b){(1 UNDEF)('x' <y:z>)}}GROUP BY ?a HAVING(?a>1)ORDER BY DESC(?a)LIMIT 1 OFFSET 2 # end",
    "SELECT ?x { ?x ?p 'never closed }",
    "} . ; ) ] { ( #",
]  # fmt: skip


def test_laying_a_query_out_changes_nothing_but_white_space():
    node = shutil.which("node")
    if node is None:
        pytest.skip("there is no Node on this machine")
    script = (
        f"import {{ laidOut }} from {json.dumps((ROOT / 'frontend/src/parts/layout.js').as_uri())};"
        "let text = ''; for await (const block of process.stdin) text += block;"
        "console.log(JSON.stringify(JSON.parse(text).map((each) => [laidOut(each), laidOut(laidOut(each))])));"
    )
    done = subprocess.run(
        [node, "--input-type=module", "-e", script],
        input=json.dumps(LAID_OUT), capture_output=True, text=True, check=True,
    )  # fmt: skip
    for before, (after, again) in zip(LAID_OUT, json.loads(done.stdout), strict=True):
        assert [t.text for t in sparql.tokens(after)] == [t.text for t in sparql.tokens(before)]
        assert again == after


def test_the_scripts_pass_their_own_tests():
    node = shutil.which("node")
    if node is None:
        pytest.skip("there is no Node on this machine")
    command = [node, "--test", "test/"]
    done = subprocess.run(
        command, cwd=ROOT / "frontend", capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout


def test_how_a_question_is_answered_is_told(client):
    told = client.get("/sparql", query_string={"query": ALL, "explain": ""}).json
    assert told["engine"] == "oxigraph"
    assert "small" in told["reason"]
    page = ask(client, ALL, explain="1").text
    assert told["reason"] in page
    assert "How it is answered" in ask(client, ALL).text
    assert ask(client, "SELECT ?s {", explain="1").status_code == 400
    refused = client.get("/sparql", query_string={"query": "SELECT ?s {", "explain": ""})
    assert refused.json["code"] == "malformed_query"
