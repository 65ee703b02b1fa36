"""The real command, in a folder of its own."""

import contextlib
import os
import subprocess
import sys
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from click.testing import CliRunner

from kg.cli import main
from kg.store.embedded import EmbeddedStore
from kg.store.snapshots import Database

KG = Path(sys.executable).with_name("kg")

PREFIXES = """\
@prefix e: <http://example.org/> .
@prefix kg: <https://kg.example/def/> .
@prefix oa: <http://www.w3.org/ns/oa#> .
@prefix sh: <http://www.w3.org/ns/shacl#> .
"""


class Folder:
    """A working folder, the environment in it, and what runs `kg` there."""

    def __init__(self, path: Path) -> None:
        self.path = path
        own = {name: text for name, text in os.environ.items() if not name.startswith("KG_")}
        self.environment = own | {"XDG_CACHE_HOME": str(path / "cache"), "COLUMNS": "80"}

    def write(self, name: str, content: str | bytes) -> Path:
        """Write a file: bytes, or text with the usual prefixes before it."""
        path = self.path / name
        path.parent.mkdir(exist_ok=True, parents=True)
        path.write_bytes(content if isinstance(content, bytes) else (PREFIXES + content).encode())
        return path

    def start(self, *arguments: str, stdout: int = subprocess.PIPE, **environment: str):
        """Start `kg`, as the leader of its own process group."""
        return subprocess.Popen(
            [KG, *arguments],
            cwd=self.path,
            env=self.environment | environment,
            stdin=subprocess.DEVNULL,
            stdout=stdout,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )

    def run(self, *arguments: str, stdout: int = subprocess.PIPE, **environment: str):
        """Run `kg` to its end; what it wrote is text."""
        started = self.start(*arguments, stdout=stdout, **environment)
        written, told = ("" if each is None else each.decode() for each in started.communicate())
        return subprocess.CompletedProcess(arguments, started.returncode, written, told)

    def call(self, *arguments: str, **environment: str) -> subprocess.CompletedProcess:
        """Run `kg` in this process, which saves the time of starting it."""
        with contextlib.chdir(self.path):
            ended = CliRunner(env=self.environment | environment).invoke(main, arguments)
        if ended.exception and not isinstance(ended.exception, SystemExit):
            raise ended.exception
        return subprocess.CompletedProcess(arguments, ended.exit_code, ended.stdout, ended.stderr)

    def run_all(self, commands: Iterable[tuple[str, ...]]) -> dict:
        """Run commands that do not get into each other's way side by side."""
        commands = list(commands)
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            return dict(
                zip(commands, pool.map(lambda each: self.run(*each), commands), strict=True)
            )

    def current(self, db: str = "db") -> str:
        """Return the id of what is published."""
        return Database(self.path / db).current().id

    def objects(self, db: str = "db") -> list[str]:
        """Return all objects of what is published."""
        snapshot = Database(self.path / db).current()
        store = EmbeddedStore.open(snapshot.triples, snapshot=snapshot.id)
        rows = store.query("SELECT ?o { ?s ?p ?o } ORDER BY ?o").solutions()
        return [row["o"].value for row in rows]


@pytest.fixture
def folder(tmp_path):
    return Folder(tmp_path)


@pytest.fixture(scope="module")
def published(tmp_path_factory):
    """A folder with a database `db` of e:a e:p 1. No test changes what is published in it."""
    folder = Folder(tmp_path_factory.mktemp("published"))
    folder.write("good.ttl", "e:a e:p 1 .")
    made = folder.run("build", "good.ttl", "--db", "db")
    assert made.returncode == 0, made.stderr
    return folder


EVERYTHING = """
e:a e:p 'x' , "中文\\n\\"\\\\"@zh-Hans , 1 , e:光伏 ; e:q ( 1 [ e:r [] ] ) .
_:shared e:p 2 .
e:g { e:a e:p 'x' . _:shared e:p 3 }
e:h { e:b e:p "<&>" }
"""


@pytest.fixture(scope="module")
def various(tmp_path_factory):
    """A folder with a database `db` of several graphs with all kinds of terms. Read only."""
    folder = Folder(tmp_path_factory.mktemp("various"))
    folder.write("all.trig", EVERYTHING)
    made = folder.run("build", "all.trig", "--db", "db")
    assert made.returncode == 0, made.stderr
    return folder
