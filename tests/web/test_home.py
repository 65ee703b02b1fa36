"""The home page: what a visitor sees first, of the bundled graph and of any other."""

import re
from html.parser import HTMLParser

import pytest

HTML = {"Accept": "text/html"}


class Text(HTMLParser):
    """The text of a page, section by section: from the id of a heading to what follows it."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.sections: dict[str, str] = {}
        self._section = ""
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        if tag == "section":
            self._section = dict(attrs).get("aria-labelledby", "")

    def handle_data(self, data):
        known = self.sections.get(self._section, "")
        self.sections[self._section] = f"{known} {' '.join(data.split())}".strip()


def sections(client, language: str) -> dict[str, str]:
    return Text(client.get(f"/?lang={language}", headers=HTML).text).sections


def test_the_first_figures_have_comparator_unit_period_rank_and_evidence(bundled):
    figures = sections(bundled, "en")["figures"]
    for expected in (
        "Growth of fixed-asset investment 32.7 %",
        "No. 1 in",
        "January to September",
        "Number of firms > 250",
        "characters 247–259",
        "> 1,000",
        "target",
    ):
        assert expected in figures
    chinese = sections(bundled, "zh-Hans")["figures"]
    for expected in ("固定资产投资增长率 32.7 %", "全市 第 1 位", "1-9月", "第247–259字符"):
        assert expected.replace(" ", "") in chinese.replace(" ", "")


@pytest.mark.parametrize(
    ("language", "first", "last"),
    [
        ("en", "Thinking breaks the ice", "Society breaks barriers"),
        ("zh-Hans", "思维破冰", "社会破障"),
    ],
)
def test_the_themes_stand_in_their_order_with_what_belongs_to_them(bundled, language, first, last):
    groups = sections(bundled, language)["groups"]
    assert groups.index(first) < groups.index(last)
    assert ("光伏千亿产业集群" if language == "zh-Hans" else "Canal Bay") in groups


def test_initiatives_are_drawn_by_theme_and_by_industry(bundled):
    charts = sections(bundled, "en")["spreads"]
    for expected in (
        "theme 44",
        "Measure Initiative",
        "Thinking breaks the ice 3 3 6",
        "industry 16",
    ):
        assert expected in charts
    page = bundled.get("/?lang=en", headers=HTML).text
    drawn = page.partition('<div class="spreads">')[2].partition("</section>")[0]
    parts = re.findall(r'<td class="number"><a href="([^"]+)">([\d,]+)</a>', drawn)
    assert len(parts) > 20
    for address, number in parts[:6]:
        found = bundled.get(address.replace("&amp;", "&"), headers={"Accept": "application/json"})
        assert found.json["total"] == int(number)


def test_classes_are_counted_as_the_data_counts_them(bundled):
    query = "SELECT (COUNT(DISTINCT ?s) AS ?n) { ?s a <https://kg.example/def/Measure> }"
    answer = bundled.get("/sparql", query_string={"query": query})
    number = answer.json["results"]["bindings"][0]["n"]["value"]
    assert f"Measure {number}" in sections(bundled, "en")["classes"]


def test_every_question_runs_at_a_click(bundled):
    page = bundled.get("/?lang=en", headers=HTML).text
    questions = re.findall(r'href="(/questions/[^"]+)"', page)
    assert len(questions) == 3
    for address in questions:
        answer = bundled.get(f"{address}?format=json")
        assert answer.status_code == 200
        assert answer.json["results"]["bindings"]


def test_the_picture_has_a_table_behind_it_and_its_things_have_names(bundled):
    page = bundled.get("/?lang=en", headers=HTML).text
    assert page.count('data-value="') > 20
    for language in ("en", "zh-Hans"):
        picture = bundled.get("/picture.json", headers={"Accept-Language": language})
        nodes, links = picture.json["nodes"], picture.json["links"]
        assert all(node["label"].strip() for node in nodes)
        assert {node["language"].lower() for node in nodes} >= {language.lower()}
        assert all(0 <= link[end] < len(nodes) for link in links for end in ("source", "target"))
        assert bundled.get(nodes[0]["url"], headers=HTML).status_code == 200
        assert "Accept-Language" in picture.vary


def test_any_other_data_has_a_home_page_of_its_own(client):
    found = sections(client, "en")
    assert "Person 2" in found["classes"]
    assert "Most linked" in found["hubs"]
    assert "figures" not in found
    assert "default graph" in found["graphs"]
