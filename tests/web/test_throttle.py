"""What one client may use in a minute, and who counts as one (threats Q12, Q13, A3)."""

import pytest

from kg.settings import Settings
from kg.web import create_app

OTHERS = "198.51.100.7"
MALFORMED = {"query_string": {"query": "SELECT"}}
FINE = {"query_string": {"query": "ASK {}"}}
EVERYTHING = " . ".join(f"?s{place} ?p{place} ?o{place}" for place in range(8))
SLOW = {"query_string": {"query": f"SELECT (COUNT(*) AS ?n) {{ {EVERYTHING} }}"}}


@pytest.fixture
def limited(database):
    """Makes a client of a service with the given limits, that asks from an address."""

    def make(address: str = "203.0.113.5", **options):
        app = create_app(Settings(**{"token": "secret", **options}), database)
        client = app.test_client()
        client.environ_base["REMOTE_ADDR"] = address
        return client

    return make


def statuses(client, number: int, **request) -> list[int]:
    return [client.get("/sparql", **request).status_code for _ in range(number)]


def test_a_flood_of_errors_is_refused(limited):
    client = limited(client_errors=5)
    assert statuses(client, 7, **MALFORMED) == [400] * 5 + [429] * 2
    refused = client.get("/sparql", **FINE)
    assert refused.status_code == 429
    assert refused.json["code"] == "too_many_errors"
    assert 1 <= int(refused.headers["Retry-After"]) <= 60
    assert client.get("/", environ_base={"REMOTE_ADDR": OTHERS}).status_code == 200


def test_what_is_missing_or_not_on_offer_is_no_error(limited):
    client = limited(client_errors=1)
    for _ in range(3):
        assert client.get("/nowhere").status_code == 404
        assert client.get("/sparql", headers={"Accept": "image/png"}).status_code == 406
    assert statuses(client, 1, **FINE) == [200]


def test_wrong_tokens_are_errors(limited):
    client = limited(client_errors=3)
    wrong = {"Authorization": "Bearer guess"}
    found = [client.get("/queries", headers=wrong).status_code for _ in range(5)]
    assert found == [401] * 3 + [429] * 2


def test_many_small_requests_use_up_the_minute(limited):
    client = limited(client_seconds=0.05)
    found = statuses(client, 200, **FINE)
    assert found[0] == 200
    assert found[-1] == 429
    assert client.get("/sparql", **FINE).json["code"] == "too_much_work"
    assert client.get("/", environ_base={"REMOTE_ADDR": OTHERS}).status_code == 200


def test_the_work_of_readers_counts(limited):
    client = limited(client_seconds=0.2, query_seconds=0.3)
    assert statuses(client, 2, **SLOW) == [503, 429]


@pytest.mark.parametrize(
    ("address", "headers"),
    [
        ("127.0.0.1", {}),
        ("::1", {}),
        ("203.0.113.5", {"Authorization": "Bearer secret"}),
    ],
    ids=["this machine", "this machine by IPv6", "the operator"],
)
def test_this_machine_and_the_operator_are_not_limited(limited, address, headers):
    client = limited(address, client_errors=1, client_seconds=0.001)
    assert statuses(client, 4, headers=headers, **MALFORMED) == [400] * 4


def test_the_addresses_below_a_network_of_ipv6_are_one_client(limited):
    client = limited("2001:db8:1:2::1", client_errors=2)
    assert statuses(client, 2, **MALFORMED) == [400] * 2
    neighbour = {"environ_base": {"REMOTE_ADDR": "2001:db8:1:2:ffff::9"}}
    assert client.get("/", **neighbour).status_code == 429
    stranger = {"environ_base": {"REMOTE_ADDR": "2001:db8:1:3::1"}}
    assert client.get("/", **stranger).status_code == 200


@pytest.mark.parametrize("options", [{"client_errors": 0}, {"client_seconds": 0}])
def test_a_limit_of_nothing_is_none(limited, options):
    client = limited(**{"client_errors": 1000, "client_seconds": 1000, **options})
    assert statuses(client, 40, **MALFORMED) == [400] * 40


def test_forwarded_addresses_are_believed_only_where_a_proxy_is_configured(limited):
    forged = {"X-Forwarded-For": "192.0.2.9"}
    plain, behind = limited(client_errors=1), limited("127.0.0.1", client_errors=1, proxies=1)
    assert statuses(plain, 2, headers=forged, **MALFORMED) == [400, 429]
    assert statuses(behind, 2, headers=forged, **MALFORMED) == [400, 429]
    other = {"X-Forwarded-For": "192.0.2.9, 192.0.2.10"}
    assert statuses(behind, 1, headers=other, **FINE) == [200]


def test_a_page_for_people_tells_that_it_was_too_much(limited):
    client = limited(client_errors=1)
    statuses(client, 1, **MALFORMED)
    page = client.get("/", headers={"Accept": "text/html"})
    assert page.status_code == 429
    assert page.content_type.startswith("text/html")
