"""The description of the service for programs says what the service does."""

import re

import pytest

from kg.web import openapi

# What pages use among themselves, and may change with them.
OWN = re.compile(
    r"/(static|colors|styleguide|q$|q/|sparql/|openapi|sitemap|robots|reconcile|icons)"
)


@pytest.fixture(scope="module")
def described(bundled):
    return bundled.get("/openapi.json").json


def test_every_route_that_others_may_use_is_described(bundled, described):
    rules = {rule.rule for rule in bundled.application.url_map.iter_rules()}
    public = {rule for rule in rules if not OWN.match(rule)}
    public -= {"/questions/<name>", "/graphs/<path:name>"}  # each question; a form of /graphs
    assert public <= set(openapi.ROUTES)


def test_each_question_has_its_parameters(described):
    growth = described["paths"]["/questions/08-growth-and-ranks"]["get"]
    above, format = growth["parameters"]
    assert (above["name"], above["schema"]) == ("above", {"type": "number", "default": "20"})
    assert format["name"] == "format"
    assert "text/csv" in growth["responses"]["200"]["content"]


def test_operations_have_names_of_their_own(described):
    names = [each["operationId"] for path in described["paths"].values() for each in path.values()]
    assert len(names) == len(set(names)) > 30


def test_it_speaks_the_readers_language(bundled):
    spoken = bundled.get("/openapi.json", headers={"Accept-Language": "zh-Hans"}).json
    assert "指标" in spoken["paths"]["/questions/08-growth-and-ranks"]["get"]["summary"]
