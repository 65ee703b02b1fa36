"""A visit to every kind of page, by mouse and by keyboard, in both languages, sizes and themes."""

import itertools
import os
import re
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlencode

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect
from tests.browser.trickle import trickling

ROOT = Path(__file__).parents[2]
SCREENSHOTS = ROOT / "screenshots"

FIRST_PAINT = 1000
"""Milliseconds until something is seen, at most."""

SHIFT = 0.05
"""How much a page may jump while it loads (Cumulative Layout Shift), at most."""

PLACES = """PREFIX geo: <http://www.opengis.net/ont/geosparql#>
SELECT ?place ?where { ?place geo:hasGeometry/geo:asWKT ?where }"""
FIGURES = """PREFIX kg: <https://kg.example/def/>
SELECT ?figure ?value { ?figure kg:value ?value } ORDER BY DESC(?value)"""
THEMES = "CONSTRUCT { ?a ?p ?b } WHERE { ?a ?p ?b . ?b a <https://kg.example/def/Theme> }"
SERIES = """PREFIX kg: <https://kg.example/def/>
SELECT ?theme ?class (COUNT(DISTINCT ?what) AS ?n) {
  VALUES ?class { kg:Measure kg:Initiative } ?what a ?class ; kg:theme ?theme
} GROUP BY ?theme ?class ORDER BY ?theme ?class"""
TIMES = """SELECT ?what ?from ?to { VALUES (?what ?from ?to) {
  (<https://kg.example/id/xiuzhou> "2019"^^<http://www.w3.org/2001/XMLSchema#gYear> UNDEF)
  (<https://kg.example/id/photovoltaics> "2019-05-01"^^<http://www.w3.org/2001/XMLSchema#date>
   "2021-05-01"^^<http://www.w3.org/2001/XMLSchema#date>) } }"""


def asked(query, **parameters):
    return f"/sparql?{urlencode({'query': query, **parameters})}"


PAGES = {
    "home": "/",
    "search": "/search?q=光伏",
    "nothing-found": "/search?q=xyzzy",
    "entity": "/page/id/xiuzhou",
    "measure": "/page/id/thinking-1",
    "browse": "/browse?type=kg:Measure&kg:theme=<https://kg.example/id/theme-thinking>",
    "columns": "/browse?type=kg:Measure&view=table",
    "bars": "/browse?type=kg:Measure&view=chart",
    "places": "/browse?type=kg:Place&view=map",
    "ontology": "/ontology",
    "class": "/page/def/Theme",
    "questions": "/questions",
    "question": "/questions/08-growth-and-ranks",
    "findings": "/shacl",
    "dataset": "/dataset",
    "console": "/sparql",
    "table": asked(FIGURES),
    "chart": asked(FIGURES, view="chart"),
    "series": asked(SERIES, view="chart"),
    "timeline": asked(TIMES, view="timeline"),
    "map": asked(PLACES, view="map"),
    "network": asked(THEMES, view="graph"),
    "raw": asked(FIGURES, view="raw"),
    "wrong": asked("SELECT * {\n  ?s ?p\n}"),
    "missing": "/nowhere",
}

SMALL_AND_DARK = {"home", "search", "entity", "question", "console", "table", "series", "places"}
"""Pages on which what differs by size and theme is looked for a second time."""

WHOLE = os.environ.get("TOUR") == "whole"
ALL = list(itertools.product(("zh-CN", "en"), (1280, 390), ("light", "dark")))
LOOKS = ALL if WHOLE else [ALL[0], ALL[-1]]
"""Each language, size and theme once; with TOUR=whole every combination of them, and all pictures."""

ON_PURPOSE = re.compile(r"Failed to load resource: the server responded with a status of 40[04]")


@dataclass
class Log:
    """What went over the network, and what the browser complained about."""

    foreign: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)
    unprotected: list[str] = field(default_factory=list)


@contextmanager
def opened(browser, site, look, *, scripts=True):
    """Yield a page in a new context of the browser; nothing foreign or wrong may have happened."""
    language, width, theme = look
    context = browser.new_context(
        locale=language,
        color_scheme=theme,
        viewport={"width": width, "height": 900 if width > 500 else 844},
        java_script_enabled=scripts,
        accept_downloads=True,
    )
    context.set_default_timeout(15_000)
    context.add_init_script(
        "globalThis.shift = 0; new PerformanceObserver((list) => { for (const each of "
        "list.getEntries()) if (!each.hadRecentInput) shift += each.value; })"
        ".observe({ type: 'layout-shift', buffered: true });"
    )
    log = Log()
    context.on("request", lambda each: each.url.startswith(site) or log.foreign.append(each.url))
    context.on("response", lambda each: _look_at(each, log))
    page = context.new_page()
    page.on("pageerror", lambda error: log.complaints.append(str(error)))
    page.on("console", lambda said: _hear(said, log))
    yield page
    context.close()
    assert log == Log()


def _look_at(response, log):
    is_page = response.headers.get("content-type", "").startswith("text/html")
    policy = response.headers.get("content-security-policy", "")
    if is_page and ("script-src 'self'" not in policy or "unsafe" in policy):
        log.unprotected.append(response.url)


def _hear(said, log):
    if said.type in ("error", "warning") and not ON_PURPOSE.match(said.text):
        log.complaints.append(said.text)


def settle(page: Page):
    """Wait until a page is whole, with what scripts add to it."""
    page.wait_for_load_state("load")
    if page.locator("form#console").count():
        page.wait_for_selector(".editor.enhanced .host")
    for stage in page.locator(".stage").all():
        if stage.is_visible() and (WHOLE or page.locator("form#console").count()):
            stage.scroll_into_view_if_needed()
            expect(stage.locator("svg.graph:not(.unarranged)")).to_be_visible()
    page.evaluate("window.scrollTo(0, 0)")


def name_of(look):
    return "-".join(map(str, look))


@pytest.mark.parametrize("look", LOOKS, ids=name_of)
def test_every_kind_of_page_is_accessible_fast_and_still(browser, site, look):
    SCREENSHOTS.mkdir(exist_ok=True)
    slow, jumping, barriers = {}, {}, {}
    with opened(browser, site, look) as page:
        for name, path in PAGES.items():
            page.goto(site + path)
            settle(page)
            slow[name] = first_paint(page, site + path)
            jumping[name] = page.evaluate("globalThis.shift")
            assert overflow(page) <= 0, f"{name} is wider than the screen"
            page.screenshot(path=SCREENSHOTS / f"{name}-{name_of(look)}.png", full_page=True)
            if look != LOOKS[0] and not WHOLE and name not in SMALL_AND_DARK:
                continue
            barriers[name] = [
                f"{each['id']}: {node['html'][:150]} {node['failureSummary'][:200]}"
                for each in Axe()
                .run(page, options={"resultTypes": ["violations"]})
                .response["violations"]
                for node in each["nodes"][:3]
            ]
    assert {name: found for name, found in barriers.items() if found} == {}
    assert {name: shift for name, shift in jumping.items() if shift > SHIFT} == {}
    assert {name: time for name, time in slow.items() if time > FIRST_PAINT} == {}
    print(f"\nfirst paint {max(slow.values()):.0f} ms at most, shift {max(jumping.values()):.3f}")


@pytest.mark.parametrize("look", LOOKS[-1:] if not WHOLE else LOOKS, ids=name_of)
def test_a_page_that_arrives_in_pieces_stays_still(browser, site, look):
    jumping = {}
    with trickling(site) as slowly, opened(browser, slowly, look) as page:
        for name, path in PAGES.items():
            page.goto(slowly + path)
            settle(page)
            jumping[name] = page.evaluate("globalThis.shift")
    assert {name: shift for name, shift in jumping.items() if shift > SHIFT} == {}


def first_paint(page, address):
    """Return when a page was first painted, in ms; the best of three where a machine is busy."""
    script = "performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? 0"
    times = [page.evaluate(script)]
    while times[-1] > FIRST_PAINT and len(times) < 3:
        page.goto(address)
        settle(page)
        times.append(page.evaluate(script))
    return min(times)


def overflow(page):
    """Return by how many pixels a page is wider than the window."""
    return page.evaluate(
        "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    )


def test_one_gets_from_the_home_page_to_a_thing_by_keyboard(browser, site):
    with opened(browser, site, ("en", 1280, "light")) as page:
        page.goto(site + "/")
        page.keyboard.press("Tab")
        expect(page.locator(".skip")).to_be_focused()
        page.keyboard.press("/")
        page.keyboard.type("photovol")
        expect(page.get_by_role("option").first).to_be_visible()
        page.keyboard.press("ArrowDown")
        page.keyboard.press("Enter")
        page.wait_for_url("**/page/**")
        expect(page.locator("h1")).to_contain_text("hotovoltaic")
        page.keyboard.press("/")
        page.keyboard.type("Xiuzhou")
        page.keyboard.press("Enter")
        page.wait_for_url("**/search?**")
        expect(page.locator("main a[href*='/page/']").first).to_be_visible()


WORDS = {
    "en": {
        "theme": "Thinking breaks the ice", "firms": "Enterprises", "small": "Micro, small and medium",
        "ontology": "Ontology", "rows": "8 rows", "running": "Running", "stopped": "Stopped after",
        "run": "Run", "stop": "Stop", "chart": "Chart", "from": "From",
    },
    "zh-CN": {
        "theme": "思维破冰", "firms": "企业", "small": "中小微企业",
        "ontology": "本体", "rows": "8 行", "running": "运行中", "stopped": "秒后停止",
        "run": "运行", "stop": "停止", "chart": "图表", "from": "从",
    },
}  # fmt: skip
"""What is written on things that one looks for."""

BOTH = [("en", 390, "dark"), ("zh-CN", 1280, "light")]


def facet(page, parameter):
    """Return the panel of a facet, in sight and open."""
    if not page.locator(".facets .entries").first.is_visible():
        page.locator(".facets > summary").click()
    panel = page.locator(f'.facet[data-parameter="{parameter}"]')
    if not panel.get_attribute("open") and panel.get_attribute("open") != "":
        panel.locator("> summary").click()
    return panel


@pytest.mark.parametrize("look", BOTH, ids=name_of)
def test_one_gets_from_two_choices_to_the_evidence_and_the_ontology(browser, site, look):
    words = WORDS[look[0]]
    with opened(browser, site, look) as page:
        page.goto(site + "/browse?type=kg:Measure")
        total = page.locator(".results .total strong")
        expect(total).to_have_text("34")
        for parameter, choice, left in (
            ("kg:theme", words["theme"], "3"),
            ("kg:ordinal", "1", "1"),
        ):
            facet(page, parameter).get_by_text(choice, exact=True).first.click()
            expect(page.locator(".chips")).to_contain_text(choice)
            expect(total).to_have_text(left)
        page.locator(".chips a", has_text=words["theme"]).click()
        expect(total).to_have_text("8")
        count = facet(page, "kg:theme").locator(".entry", has_text=words["theme"]).locator(".count")
        expect(count).to_have_text("1")
        facet(page, "kg:theme").get_by_text(words["theme"], exact=True).first.click()
        expect(page.locator(".cards-list > li")).to_have_count(1)
        page.locator(".cards-list h3 a").click()
        page.locator(".evidence summary").first.click()
        expect(page.locator(".evidence .statement").first).to_be_visible()
        page.get_by_role("link", name=words["ontology"], exact=True).click()
        expect(page.locator("h1")).to_have_text(words["ontology"])


@pytest.mark.parametrize("look", BOTH, ids=name_of)
def test_a_tree_is_opened_and_a_handle_is_dragged(browser, site, look):
    words = WORDS[look[0]]
    with opened(browser, site, look) as page:
        page.goto(site + "/browse?type=kg:Measure")
        tree = facet(page, "kg:serves")
        small = tree.locator(".entry", has_text=words["small"])
        expect(small).to_be_hidden()
        tree.locator("details", has_text=words["firms"]).locator("summary").first.click()
        small.locator("a").first.click()
        expect(page.locator(".results .total strong")).to_have_text("1")
        page.goto(site + "/browse?type=oa:TextPositionSelector")
        panel = facet(page, "oa:start")
        low = panel.get_by_label(words["from"], exact=True).first
        low.scroll_into_view_if_needed()
        box = low.bounding_box()
        page.mouse.move(box["x"] + 6, box["y"] + box["height"] / 2)
        page.mouse.down()
        page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2, steps=4)
        page.mouse.up()
        expect(page.locator(".chips")).to_contain_text("– …")
        assert 0 < int(page.locator(".results .total strong").inner_text()) < 430
        assert "oa%3Astart.ge=" in page.url


@pytest.mark.parametrize("look", [("en", 1280, "dark"), ("zh-CN", 390, "light")], ids=name_of)
def test_the_console_runs_tells_what_is_wrong_stops_draws_and_gives_files(browser, site, look):
    words = WORDS[look[0]]
    with opened(browser, site, look) as page:
        page.goto(site + "/sparql")
        settle(page)
        write(page, "SELECT ?theme { ?theme a kg:Theme ")
        page.keyboard.press("Control+Enter")
        expect(page.locator("#answer")).to_contain_text(words["rows"])
        expect(page.locator("#answer table")).to_contain_text(words["theme"])
        assert "PREFIX kg: <https://kg.example/def/>" in page.locator("#query").input_value()

        write(page, "SELECT * {\n ?s ?p\n")
        page.keyboard.press("Control+Enter")
        expect(page.locator("#answer .notice.wrong")).to_contain_text("line 4, column")
        expect(page.locator(".cm-lint-marker-error")).to_be_visible()

        write(page, "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i ")
        page.keyboard.press("Control+Enter")
        stop = page.get_by_role("button", name=words["stop"])
        expect(page.locator(".progress")).to_contain_text(words["running"])
        stop.focus()
        page.keyboard.press("Enter")
        expect(page.locator("#answer")).to_contain_text(words["stopped"])
        expect(page.get_by_role("button", name=words["run"])).to_be_focused()

        write(page, FIGURES)
        page.keyboard.press("Control+Enter")
        page.get_by_role("link", name=words["chart"]).click()
        expect(page.locator("#answer .bars li").first).to_be_visible()
        assert "view=chart" in page.url
        page.locator("#answer .menu summary").click()
        with page.expect_download() as download:
            page.get_by_role("link", name="csv").click()
        assert download.value.path().read_text(encoding="utf-8").startswith("figure,value")
        page.go_back()
        expect(page.locator("#answer table.answer")).to_be_visible()


def write(page, text):
    """Write a query in the place of the one that is there; the editor closes what is opened."""
    page.locator(".cm-content").click()
    page.keyboard.press("Control+A")
    page.keyboard.type(text)


def test_all_of_it_is_there_without_scripts(browser, site):
    with opened(browser, site, ("en", 1280, "light"), scripts=False) as page:
        page.goto(site + "/sparql")
        page.locator("#query").fill(FIGURES)
        page.get_by_role("button", name="Run").click()
        page.get_by_role("link", name="Chart").click()
        expect(page.locator("#answer .bars li").first).to_be_visible()
        page.get_by_role("link", name="Table").click()
        page.locator("table.answer td a").first.click()
        expect(page.locator("h1")).to_be_visible()


def test_a_choice_of_language_and_theme_is_remembered(browser, site):
    with opened(browser, site, ("en", 1280, "light")) as page:
        page.goto(site + "/")
        page.locator(".bar .menu summary").click()
        page.get_by_role("link", name="简体中文").first.click()
        expect(page.locator("html")).to_have_attribute("lang", "zh-Hans")
        assert "lang=" not in page.url
        page.locator("button[data-themes]").click()
        page.locator("button[data-themes]").click()
        theme = page.locator("html").get_attribute("data-theme")
        page.goto(site + "/sparql")
        expect(page.locator("html")).to_have_attribute("lang", "zh-Hans")
        assert page.locator("html").get_attribute("data-theme") == theme
