"""What a client sends reaches the application as it was sent."""

import socket
from urllib.parse import urlsplit

import pytest


def sent(server: str, target: bytes) -> bytes:
    """Return the response to a request that no library would send so."""
    address = urlsplit(server)
    with socket.create_connection((address.hostname, address.port), timeout=20) as connection:
        connection.sendall(b"GET " + target + b" HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        return b"".join(iter(lambda: connection.recv(65536), b""))


@pytest.mark.parametrize("target", ["/page/id/光伏", "/page?iri=https://kg.example/id/光伏"])
def test_chinese_may_stand_in_an_address_as_it_is(server, target):
    told = sent(server, target.encode())
    assert told.startswith(b"HTTP/1.1 200 ")
    assert "光伏</".encode() in told


def test_what_is_no_text_is_refused_and_not_stumbled_over(server):
    assert sent(server, b"/sparql?query=\xff\xfe").startswith(b"HTTP/1.1 400 ")
