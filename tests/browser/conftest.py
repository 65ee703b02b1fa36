"""The bundled graph, served, and Debian's chromium to look at it."""

import os
import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import pytest
from playwright.sync_api import sync_playwright

from kg import bundle
from kg.build import build
from kg.store.snapshots import Database


@pytest.fixture(scope="session")
def database(tmp_path_factory) -> Database:
    """The graph that comes with the service."""
    database = Database(tmp_path_factory.mktemp("tour") / "db")
    build(bundle.sources(), database, base_iri="https://kg.example/", examples=bundle.queries())
    return database


@pytest.fixture(scope="session")
def site(database):
    """The address of a server over that graph."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    kg = Path(sys.executable).with_name("kg")
    environment = {name: os.environ[name] for name in os.environ if not name.startswith("KG_")}
    process = subprocess.Popen(
        [kg, "serve", "--db", database.path, "--port", str(port)],
        env=environment,
        stderr=subprocess.DEVNULL,
    )
    address = f"http://127.0.0.1:{port}"
    for _ in range(1200):
        assert process.poll() is None, "the server ended while it started"
        try:
            urlopen(address + "/health").close()
            break
        except URLError:
            time.sleep(0.05)
    yield address
    process.terminate()
    process.wait(timeout=20)


@pytest.fixture(scope="session")
def browser():
    program = shutil.which("chromium")
    if program is None:
        pytest.skip("there is no chromium on this machine")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=program, args=["--no-sandbox", "--disable-gpu"]
        )
        yield chromium
        chromium.close()
