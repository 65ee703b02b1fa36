"""The pages over Virtuoso, which holds the graph that comes with the service, in a real browser."""

import importlib.util
import json
import os
import sys
import time
from pathlib import Path
from urllib.parse import quote
from urllib.request import urlopen

import pytest
from playwright.sync_api import expect
from test_tour import SCREENSHOTS, name_of, opened, overflow, settle, write

from kg.formats import TURTLE
from kg.store.embedded import EmbeddedStore

LOOK = ("en", 1280, "light")
TYPES = "SELECT ?type (COUNT(*) AS ?n) { ?s a ?type } GROUP BY ?type ORDER BY DESC(?n) LIMIT 7"


@pytest.fixture(scope="session")
def servers():
    """The module that starts servers of other makes."""
    path = Path(__file__).parents[1] / "remote" / "conftest.py"
    specification = importlib.util.spec_from_file_location("remote_servers", path)
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def graphs(database, tmp_path_factory) -> dict[str, Path]:
    """The graphs of the service, by name, each in a file that Virtuoso reads."""
    folder, snapshot = tmp_path_factory.mktemp("graphs"), database.current()
    store = EmbeddedStore.open(snapshot.triples, snapshot=snapshot.id)
    found = {}
    for number, graph in enumerate(store.graphs()):
        found[graph.value] = folder / f"{number}.ttl"
        with found[graph.value].open("wb") as file:
            store.dump(file, TURTLE, graph=graph)
    return found


@pytest.fixture(scope="module")
def over_virtuoso(servers, graphs, tmp_path_factory):
    """The address of the service over Virtuoso, once that was surveyed."""
    folder, port = tmp_path_factory.mktemp("virtuoso"), servers.free_port()
    with servers.virtuoso_server(graphs, folder) as url, pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith("KG_")]:
            patch.delenv(name)
        patch.setenv("XDG_CACHE_HOME", str(folder))
        patch.setenv("KG_ENDPOINT_GRAPHS", ",".join(graphs))
        kg, address = Path(sys.executable).with_name("kg"), f"http://{servers.HOST}:{port}"
        command = [kg, "serve", "--endpoint", url, "--port", port]
        (folder / "kg").mkdir(exist_ok=True)
        with servers.running(command, f"{address}/health", folder / "kg"):
            deadline = time.monotonic() + 90
            while json.load(urlopen(f"{address}/health"))["triples"] is None:
                assert time.monotonic() < deadline
                time.sleep(0.2)
            yield address


def picture(page, name):
    SCREENSHOTS.mkdir(exist_ok=True)
    assert overflow(page) <= 0
    page.screenshot(path=SCREENSHOTS / f"virtuoso-{name}-{name_of(LOOK)}.png", full_page=True)


def test_one_browses_to_a_thing_and_its_evidence(browser, over_virtuoso):
    with opened(browser, over_virtuoso, LOOK) as page:
        page.goto(f"{over_virtuoso}/browse?type=kg:Measure")
        expect(page.locator(".cards-list > li")).not_to_have_count(0)
        settle(page)
        picture(page, "browse")
        page.locator(".cards-list h3 a").first.click()
        page.locator(".evidence summary").first.click()
        expect(page.locator(".evidence .statement").first).to_be_visible()
        settle(page)
        picture(page, "entity")


def test_a_class_and_a_value_together_find_what_was_counted(over_virtuoso):
    chosen = "type=kg:Measure&kg:theme=<https://kg.example/id/theme-thinking>"
    found = json.load(urlopen(f"{over_virtuoso}/browse.json?{quote(chosen, safe='=&:')}"))
    assert found["total"] == 3


def test_the_console_asks_it_and_shows_what_it_says(browser, over_virtuoso):
    with opened(browser, over_virtuoso, LOOK) as page:
        page.goto(f"{over_virtuoso}/sparql?query={quote('ASK {}')}")
        settle(page)
        write(page, TYPES)
        page.keyboard.press("Control+Enter")
        expect(page.locator("#answer")).to_contain_text("7 rows")
        page.get_by_role("link", name="Chart").click()
        expect(page.locator("#answer .bars li").first).to_be_visible()
        picture(page, "console")
        write(page, "SELECT * {\n ?s ?p\n")
        page.keyboard.press("Control+Enter")
        expect(page.locator("#answer .notice.wrong")).to_be_visible()
