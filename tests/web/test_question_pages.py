"""Each query that comes with the data is a page and a resource."""

import json
import re

import pytest

from kg import bundle, queries

NAMES = [each.name for each in queries.load(bundle.queries())]
GROWTH = "/questions/08-growth-and-ranks"
LINKED = "/questions/12-linked-to-photovoltaics"


@pytest.mark.parametrize("lang", ["en", "zh-Hans"])
@pytest.mark.parametrize("name", NAMES)
def test_each_has_a_page_with_its_answer(bundled, name, lang):
    page = bundled.get(f"/questions/{name}?lang={lang}")
    assert page.status_code == 200
    assert 'id="answer"' in page.text
    assert "<tbody>" in page.text


def test_the_list_leads_to_each(bundled):
    page = bundled.get("/questions").text
    listed = bundled.get("/questions", headers={"Accept": "application/json"}).json["questions"]
    assert [each["name"] for each in listed] == NAMES
    assert all(f'href="{each["url"]}"' in page for each in listed)
    assert "提问" not in page


def test_a_parameter_is_taken_from_the_address(bundled):
    def indicators(address):
        return [row["percent"]["value"] for row in bundled.get(address).json["results"]["bindings"]]

    assert indicators(f"{GROWTH}?format=json") == ["32.7", "16.6"]
    asked = bundled.get(f"{GROWTH}?above=10&format=json").json["results"]["bindings"]
    assert [row["grewMore"]["value"] for row in asked] == ["true", "true"]


def test_a_choice_can_be_left_open(bundled):
    solar, any_industry = (
        bundled.get(LINKED + parameters).text.count("\n")
        for parameters in ("?format=csv", "?format=csv&industry=")
    )
    assert any_industry > solar > 0


def test_one_chooses_among_the_members_of_a_class_by_name(bundled):
    page = bundled.get(f"{LINKED}?lang=en").text
    options = re.findall(r'<option value="([^"]*)"[^>]*?( selected)?>([^<]*)', page)
    assert ("https://kg.example/id/photovoltaics", " selected", "Photovoltaics") in options
    assert ("https://kg.example/id/biomedicine", "", "Biomedicine") in options


def test_numbers_are_drawn_where_the_query_says_so(bundled):
    page = bundled.get(f"{GROWTH}?lang=en").text
    chart = page.partition('<figure class="drawn')[2].partition("</figure>")[0]
    assert re.findall(r'<rect x="0.00" width="([\d.]+)"', chart) == ["100.00", "50.76"]
    assert "Growth of fixed-asset investment" in chart
    assert '<figure class="drawn' not in bundled.get(LINKED).text


def test_an_answer_is_shown_in_the_views_that_its_columns_allow(bundled):
    page = bundled.get(f"{GROWTH}?above=10&view=chart&lang=en").text
    assert 'name="above" type="number" value="10"' in page
    assert '<input type="hidden" name="view" value="chart">' in page
    assert page.count('<figure class="drawn') == 1
    tabs = page.partition('class="tabs"')[2].partition("</ul>")[0]
    assert f'href="{GROWTH}?above=10&amp;view=graph"' not in tabs
    assert f'href="{GROWTH}?above=10"' in tabs
    network = bundled.get("/questions/03-initiatives-and-measures-of-themes?view=graph").text
    assert '<div class="stage"></div>' in network
    assert bundled.get(f"{GROWTH}?view=hologram").status_code == 400
    rows = bundled.get("/questions/03-initiatives-and-measures-of-themes?sort=nothing&lang=en")
    assert "there is no column" in rows.text


@pytest.mark.parametrize(
    ("parameters", "reason"),
    [
        ("?above=much", "the parameter above must be a number, not 'much'"),
        ("?above=NaN", "the parameter above must be a number, not 'NaN'"),
        ("?over=1", "there is no parameter 'over'; there are: above"),
        ("?above=1)%20}%20%23", "the parameter above must be a number"),
    ],
)
def test_a_wrong_parameter_is_explained(bundled, parameters, reason):
    answer = bundled.get(f"{GROWTH}{parameters}&format=json")
    assert (answer.status_code, answer.mimetype) == (400, "application/problem+json")
    assert reason in answer.json["detail"]
    page = bundled.get(f"{GROWTH}{parameters}&lang=en")
    assert page.status_code == 400
    assert "could not be answered" in page.text
    assert '<form class="parameters"' in page.text


@pytest.mark.parametrize("given", ['x"> } DROP ALL #', "http://e/a b", "relative", "http://e/<b>"])
def test_an_iri_is_spelled_or_refused(bundled, given):
    answer = bundled.get(LINKED, query_string={"industry": given, "format": "json"})
    assert answer.status_code == 400
    assert "must be an absolute IRI" in answer.json["detail"]


def test_there_is_no_other(bundled):
    assert bundled.get("/questions/none").status_code == 404


def test_an_answer_is_known_by_its_tag(bundled):
    first = bundled.get(f"{GROWTH}?format=json")
    again = bundled.get(f"{GROWTH}?format=json", headers={"If-None-Match": first.headers["ETag"]})
    assert again.status_code == 304


def test_the_formats_on_offer_work(bundled):
    page = bundled.get(f"{GROWTH}?above=10&lang=en").text
    menu = page.partition('class="menu"')[2]
    addresses = re.findall(r'href="(/questions/[^"]+format=[^"]+)"', page)
    assert menu
    assert len(addresses) >= 4
    for address in addresses:
        assert bundled.get(address.replace("&amp;", "&")).status_code == 200


def test_any_data_has_questions(client):
    page = client.get("/questions/01-classes?lang=en")
    assert page.status_code == 200
    assert '<figure class="drawn' in page.text
    assert json.loads(client.get("/questions?format=json").text)["questions"]
