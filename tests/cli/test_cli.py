"""The command line, as people use and misuse it."""

import contextlib
import gzip
import hashlib
import json
import os
import re
import shutil
import signal
import socket
import time
from pathlib import Path
from urllib.request import urlopen

import pytest
from pyoxigraph import CanonicalizationAlgorithm, Dataset, Literal, Quad, RdfFormat, parse

from kg import formats
from kg.formats import Kind
from kg.store.snapshots import KEPT, Database

GRAPHS = formats.offers(Kind.GRAPH)
NQUADS = RdfFormat.N_QUADS

ALL = "SELECT * { ?s ?p ?o }"
SHAPE = "e:S a sh:NodeShape ; sh:targetClass e:C ; sh:property [ sh:path e:n ; sh:minCount 1 ] . "
BROKEN_SHAPED = SHAPE + "e:x a e:C ; e:p 'broken' ."


def assert_told(ended, message: str) -> None:
    """Assert that a command ended with 1, and one line that says why."""
    assert ended.returncode == 1, ended
    assert "Traceback" not in ended.stderr
    assert ended.stdout == ""
    assert len(ended.stderr.splitlines()) == 1
    assert re.match(f"kg: {message}", ended.stderr), ended.stderr


def write_troubles(folder) -> None:
    """Write a file for each way in which a build can fail."""
    folder.write("syntax.ttl", "e:a e:p e:b .\ne:a e:p x .")
    folder.write("我的 文件.ttl", b"\n" * 99 + b"<a:a> <a:p> x .")
    folder.write("garbage.ttl.gz", b"this is no gzip")
    folder.write("short.ttl.gz", gzip.compress(b"<a:a> <a:p> 2 ." * 99)[:-9])
    folder.write("latin.ttl", "<a:a> <a:p> 'é' .".encode("latin-1"))
    folder.write("notes.txt", "")
    (folder.path / "folder.ttl").mkdir(exist_ok=True)


# What a build is given, and what it says of it.
FAILING = {
    ("syntax.ttl",): r"syntax\.ttl:6:9: x is not a valid RDF object$",
    ("good.ttl", "我的 文件.ttl"): r"我的 文件\.ttl:100:13: x is not",
    ("garbage.ttl.gz",): r"garbage\.ttl\.gz: not a whole gzip file",
    ("short.ttl.gz",): r"short\.ttl\.gz: not a whole gzip file",
    ("latin.ttl",): r"latin\.ttl:1:\d+: Invalid UTF-8",
    ("missing.ttl",): r"missing\.ttl: no such file",
    ("good.ttl", "folder.ttl"): r"folder\.ttl: this is a folder; name the files in it",
    ("notes.txt",): r"notes\.txt: unknown format; expected a file that ends in \.ttl, ",
}


def failing(files: tuple[str, ...]) -> tuple[str, ...]:
    """Return the command that builds from these files over a copy of what is published."""
    return ("build", *files, "--db", f"db of {files[-1]}")


@pytest.fixture(scope="module")
def failed(published):
    write_troubles(published)
    for files in FAILING:
        shutil.copytree(published.path / "db", published.path / failing(files)[-1])
    return published.run_all(map(failing, FAILING))


@pytest.mark.parametrize(("files", "message"), FAILING.items())
def test_a_build_that_fails_says_why_in_one_line_and_leaves_what_was_published(
    published, failed, files, message
):
    command = failing(files)
    assert_told(failed[command], message)
    assert published.current(command[-1]) == published.current("db")
    assert published.objects(command[-1]) == ["1"]


def test_data_that_breaks_its_shapes_is_published_only_without_the_gate(folder):
    folder.write("good.ttl", "e:a e:p 1 .")
    folder.write("shaped.ttl", BROKEN_SHAPED)
    assert folder.run("build", "good.ttl", "--db", "db").returncode == 0
    before = folder.current()
    refused = folder.run("build", "shaped.ttl", "--db", "db")
    assert refused.returncode == 1
    assert re.match("kg: the data breaks 1 constraints .*--no-gate", refused.stderr)
    assert "<http://example.org/x> <http://example.org/n>" in refused.stderr
    assert folder.current() == before
    assert folder.objects() == ["1"]
    allowed = folder.run("build", "shaped.ttl", "--db", "db", "--no-gate")
    assert allowed.returncode == 0
    assert "1 results from 2 shapes" in allowed.stdout
    assert "broken" in folder.objects()


def test_questions_are_built_with_the_files_unless_one_is_wrong(folder):
    folder.write("good.ttl", "e:a e:p 1 .")
    folder.write("asked/one.rq", b"#+ title@en: All\n#+ parameter least: integer = 1\n"
                 b"SELECT * { ?s ?p ?o FILTER(?o >= $least) }")  # fmt: skip
    build = ("build", "good.ttl", "--db", "db", "--questions", "asked")
    made = folder.run(*build)
    assert made.returncode == 0, made.stderr
    before = folder.current()
    for content, message in {
        b"SELECT * { ?s ?p }": r"asked/two\.rq: ",
        b"#+ parameter least: number\nASK {}": r"asked/two\.rq: expected `parameter NAME: KIND ",
        b"#+ parameter format: text\nASK {}": r"asked/two\.rq: a parameter cannot be called 'format'",
        b"\xff": r"asked/two\.rq: cannot be read as UTF-8",
    }.items():
        (folder.path / "asked" / "two.rq").write_bytes(content)
        assert_told(folder.run(*build), message)
    assert folder.current() == before
    assert_told(folder.run("build", "--db", "db", "--questions", "asked"), "--questions goes with")


def test_a_locked_database_names_who_holds_it_and_still_answers(published):
    with Database(published.path / "db").writing():
        refused = published.run("build", "good.ttl", "--db", "db")
        assert_told(refused, f"db is locked: process {os.getpid()} is writing to it")
        answered = published.run("query", ALL, "--db", "db", "--format", "csv")
        assert answered.stdout.splitlines()[1:] == ["1,http://example.org/p,http://example.org/a"]
    assert published.objects() == ["1"]


def test_a_build_that_is_interrupted_leaves_what_was_published(folder):
    folder.write("good.ttl", "e:a e:p 1 .")
    lines = (b"<a:%d> <a:p> <a:%d> .\n" % (number, number) for number in range(100_000))
    folder.write("long.nt", b"".join(lines))
    folder.run("build", "good.ttl", "--db", "db")
    building = folder.start("build", "long.nt", "--db", "db")
    while not (folder.path / "db" / "staging" / "oxigraph").is_dir():
        assert building.poll() is None
        time.sleep(0.001)
    building.send_signal(signal.SIGINT)
    _, told = building.communicate()
    assert building.returncode != 0
    assert b"Traceback" not in told
    assert folder.objects() == ["1"]
    with Database(folder.path / "db").writing():
        pass


def test_builds_succeed_each_other_and_the_last_are_kept(folder):
    folder.write("good.ttl", "e:a e:p 1 .")
    ids = []
    for _ in range(KEPT + 1):
        made = folder.run("build", "good.ttl", "--db", "资料 库")
        assert (made.returncode, made.stderr) == (0, "")
        told = r"资料 库: published (\S+): 1 triples in 1 graphs; no SHACL"
        ids.append(re.match(told, made.stdout)[1])
    assert (
        sorted(each.name for each in (folder.path / "资料 库" / "snapshots").iterdir())
        == ids[-KEPT:]
    )
    assert folder.current("资料 库") == ids[-1]


def test_a_change_can_be_told_and_taken_back(folder):
    folder.write("one.trig", "e:a e:p 1 . e:g { e:a e:p [ e:q 1 ] }")
    folder.write("two.trig", "e:a e:p <<( e:a e:p 1 )>> . e:g { e:a e:p [ e:q 1 ] , 'x' }")
    ids = []
    for name in ("one.trig", "two.trig"):
        folder.call("build", name, "--db", "db")
        ids.append(folder.current())
    listed = folder.call("releases", "--db", "db").stdout.splitlines()
    assert [line.split()[-3:] for line in listed] == [
        [ids[1], "build", "two.trig"],
        [ids[0], "build", "one.trig"],
    ]
    patch = folder.call("diff", "--db", "db", *ids).stdout.splitlines()
    deleted = parse("\n".join(line[2:] for line in patch if line.startswith("D ")), NQUADS)
    added = parse("\n".join(line[2:] for line in patch if line.startswith("A ")), NQUADS)
    assert [str(quad.object) for quad in deleted] == [str(Literal(1))]
    assert sorted(type(quad.object).__name__ for quad in added) == ["Literal", "Triple"]
    assert folder.call("rollback", "--db", "db", ids[0]).returncode == 0
    assert folder.current() == ids[0]


@pytest.mark.parametrize("command", [["releases"], ["rollback", "x"], ["diff", "x", "y"]])
def test_a_folder_that_holds_no_database_is_not_made_into_one(folder, command):
    assert_told(folder.call(*command, "--db", "none"), "none holds no database")
    assert not (folder.path / "none").exists()


def test_triples_in_several_graphs_are_warned_of(folder):
    folder.write("shared.trig", "e:g { e:a e:p 1 , 2 } e:h { e:a e:p 1 , 2 }")
    made = folder.call("build", "shared.trig", "--db", "db")
    assert made.returncode == 0
    assert made.stderr.startswith("kg: 2 triples stand in more than one graph; ")
    assert "DISTINCT" in made.stderr


@pytest.mark.parametrize(
    ("toml", "environment", "message"),
    [
        (b"language = []", {}, r"unknown setting 'language' in kg\.toml; did you mean 'languages'"),
        (None, {"KG_LANGUAGE": "en"}, "unknown setting 'KG_LANGUAGE' .* '?KG_LANGUAGES'?"),
        (None, {"KG_READERS": "many"}, "readers in the environment must be a whole number"),
        (b"\xff this is not TOML", {}, r"kg\.toml: not valid TOML: "),
    ],
)
def test_a_setting_that_is_wrong_is_told_before_anything_is_done(
    folder, toml, environment, message
):
    if toml:
        folder.write("kg.toml", toml)
    folder.write("good.ttl", "e:a e:p 1 .")
    assert_told(folder.call("build", "good.ttl", "--db", "db", **environment), message)
    assert not (folder.path / "db").exists()


REFUSED = {
    ("rollback", "--db", "db", "x"): "db has no single release 'x'; there are: 2",
    ("query", ALL, "--db", "none"): "none holds no database; make one with: kg build",
    ("build", "good.ttl", "--db", "good.ttl/x"): r"cannot write to good\.ttl/x: ",
    (
        "query",
        ALL,
        "--db",
        "db",
        "--data",
        "good.ttl",
    ): "--data, --db and --endpoint exclude each other",
    ("query", "@latin.ttl", "--db", "db"): r"latin\.ttl: cannot be read as UTF-8",
    ("query", "SELECT * {", "--db", "db"): "line 1, column 11: expected",
    ("query", ALL, "--db", "db", "--format", "ttl"): "unknown format 'ttl'; try json, xml, ",
    ("export", "--db", "db", "--format", "csv"): "unknown format 'csv'; try ttl, nt, ",
    ("export", "--db", "db", "--output", "out.xyz"): r"out\.xyz: the name announces no known",
    ("export", "--db", "db", "--output", "none/out.nt"): "cannot write none/out.nt: No such",
    ("export", "--db", "db", "--output", "folder.ttl"): "cannot write folder.ttl: Is a dir",
    ("serve", "--db", "db", "--host", "nowhere.invalid"): r"cannot listen at nowhere\.invalid:8000",
    ("serve", "--db", "db", "--host", "x" * 100): "cannot listen at x{100}:8000: ",
}


@pytest.mark.parametrize(("command", "message"), REFUSED.items())
def test_what_cannot_be_done_is_told_in_one_line(published, command, message):
    write_troubles(published)
    assert_told(published.call(*command), message)
    assert not list(published.path.glob("*.part"))


QUERY = ("query", "SELECT ?o { ?s ?p ?o }", "--db", "db")
BUILT = ("query", "CONSTRUCT { <a:x> <a:y> ?o } { ?s ?p ?o }", "--db", "db")


def triple(text: str, format: str) -> str:
    ((triple),) = parse(text, format=formats.by_name(format, GRAPHS).engine)
    return triple.object.value


ANSWERED = {
    (*QUERY, "--format", "json"): lambda t: json.loads(t)["results"]["bindings"][0]["o"]["value"],
    (*QUERY, "--format", "xml"): lambda t: re.search("<literal[^>]*>(.*?)</literal>", t)[1],
    (*QUERY, "--format", "csv"): lambda t: t.splitlines()[1],
    (*QUERY, "--format", "tsv"): lambda t: t.splitlines()[1],
    (*QUERY, "--format", "table"): lambda t: t.splitlines()[3].strip("│ "),
    QUERY: lambda t: t.splitlines()[3].strip("│ "),
    (*BUILT, "--format", "ttl"): lambda t: triple(t, "ttl"),
    (*BUILT, "--format", "nt"): lambda t: triple(t, "nt"),
    (*BUILT, "--format", "rdf"): lambda t: triple(t, "rdf"),
    (*BUILT, "--format", "jsonld"): lambda t: triple(t, "jsonld"),
    BUILT: lambda t: triple(t, "ttl"),
    ("query", "ASK {}", "--db", "db"): {"true": "1"}.get,
    ("query", "@q.rq", "--db", "db", "--format", "csv"): lambda t: t.splitlines()[1],
    ("query", "@bom.rq", "--db", "db", "--format", "csv"): lambda t: t.splitlines()[1],
    ("query", f"VERSION '1.2' {BUILT[1]}", "--db", "db", "--format", "nt"): lambda t: triple(t, "nt"),
}  # fmt: skip


@pytest.mark.parametrize(("command", "read"), ANSWERED.items())
def test_a_query_is_answered_in_every_format(published, command, read):
    published.write("q.rq", b"# which?\nSELECT ?o { ?s ?p ?o }")
    published.write("bom.rq", b"\xef\xbb\xbfSELECT ?o { ?s ?p ?o }")
    ended = published.call(*command)
    assert ended.returncode == 0, ended.stderr
    assert "kg:" not in ended.stderr
    assert read(ended.stdout) == "1"


def canonical(content: bytes, format: formats.Format, *, merged: bool) -> set[str]:
    """Return the quads with blank nodes named by what is said of them (RDFC-1.0)."""
    quads = parse(content, format=format.engine)
    dataset = Dataset(Quad(*quad.triple) if merged else quad for quad in quads)
    dataset.canonicalize(CanonicalizationAlgorithm.RDFC_1_0)
    return {str(quad) for quad in dataset}


@pytest.mark.parametrize("name", [format.name for format in GRAPHS])
def test_an_export_holds_what_was_loaded(various, name):
    format = formats.by_name(name, GRAPHS)
    ended = various.call("export", "--db", "db", "--output", "out." + format.extension)
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "", "")
    merged = Kind.DATASET not in format.kinds
    sent = (various.path / f"out.{format.extension}").read_bytes()
    loaded = (various.path / "all.trig").read_bytes()
    trig = formats.by_name("trig", GRAPHS)
    assert canonical(sent, format, merged=merged) == canonical(loaded, trig, merged=merged)
    assert not list(various.path.glob("*.part"))


def test_one_graph_is_exported_to_standard_output(various):
    ended = various.run("export", "--db", "db", "--graph", "http://example.org/h")
    assert ended.stdout == '<http://example.org/b> <http://example.org/p> "<&>" .\n'
    assert (ended.returncode, ended.stderr) == (0, "")


@pytest.mark.parametrize("name", ["packed.nt.gz", "PACKED.NT.GZ"])
def test_a_name_that_ends_in_gz_means_compressed(various, name):
    assert various.call("export", "--db", "db", "--output", name).stderr == ""
    assert b'"<&>"' in gzip.decompress((various.path / name).read_bytes())


def test_an_unknown_graph_is_refused_with_those_that_are_known(various):
    name = "http://example.org/"
    refused = various.call("export", "--db", "db", "--graph", name, "--output", "none.nt")
    known = "known graphs: <http://example.org/g>, <http://example.org/h>"
    assert_told(refused, f"there is no graph <{name}>; {known}")
    assert not list(various.path.glob("none*"))


def test_an_export_that_cannot_be_written_leaves_no_file(folder):
    folder.write("triple.ttl", "e:a e:p <<( e:a e:p 1 )>> .")
    folder.call("build", "triple.ttl", "--db", "db")
    for to in (("--output", "out.jsonld"), ("--format", "jsonld")):
        ended = folder.call("export", "--db", "db", *to)
        assert ended.returncode == 1
        assert not list(folder.path.glob("out*"))
        assert len(ended.stderr.splitlines()) == 1


SEARCH = 'SELECT ?s { ?s <https://kg.example/search#matches> "gf" }'


def test_a_query_searches_in_files_and_in_a_database(folder):
    folder.write("a.ttl", 'e:pv <http://www.w3.org/2000/01/rdf-schema#label> "光伏" .')
    found = "s\r\nhttp://example.org/pv\r\n"
    assert folder.run("query", SEARCH, "--data", "a.ttl", "--format", "csv").stdout == found
    folder.run("build", "a.ttl", "--db", "db")
    assert folder.run("query", SEARCH, "--db", "db", "--format", "csv").stdout == found


def test_an_endpoint_is_not_searched(folder):
    done = folder.run("query", SEARCH, "--endpoint", "http://127.0.0.1:9/")
    assert done.returncode == 1
    assert "cannot be searched" in done.stderr


def test_files_are_queried_together_without_a_database(folder):
    folder.write("one.ttl", "_:x e:p 1 . <#a> e:p 2 .")
    folder.write("two.ttl.gz", gzip.compress(b"_:x <a:p> 1 ."))
    folder.write("kg.toml", b"base_iri = 'http://base.example/'")
    files = ("--data", "one.ttl", "--data", "two.ttl.gz", "--format", "csv")
    counted = folder.call("query", "SELECT DISTINCT ?s { ?s ?p ?o } ORDER BY ?s", *files)
    *blank, iri = counted.stdout.splitlines()[1:]
    assert len(blank) == 2
    assert iri == "http://base.example/id/one#a"
    assert not (folder.path / "cache").exists()


def test_a_table_shows_values_whole_and_as_they_are_in_a_pipe(folder):
    value = "x:100:y [red]z[/red] " + "w" * 200
    folder.write("data.ttl", f"e:a e:p '{value}' .")
    table = folder.call("query", "SELECT ?o { ?s ?p ?o }", "--data", "data.ttl").stdout
    shown = "".join(line.strip("│ ") for line in table.splitlines() if "│" in line)
    assert value.replace(" ", "") in shown.replace(" ", "")


def test_a_table_sends_no_orders_to_the_terminal(folder):
    folder.write("data.ttl", "e:a e:p '\\u001B[2Jx\\u009B31m\\u0007' .")
    table = folder.call("query", ALL, "--data", "data.ttl").stdout
    assert not set("\x1b\x9b\x07") & set(table)


HUNDREDS = " ".join(f"VALUES ?{name} {{ {' '.join(map(str, range(100)))} }}" for name in "abcdefg")


@pytest.mark.parametrize(
    "query",
    [
        [f"SELECT ?a ?b {{ {HUNDREDS} }} LIMIT 4000"],
        [f"SELECT * {{ {HUNDREDS} }} LIMIT 20000", "--format", "csv"],
        [f"CONSTRUCT {{ ?x <a:p> ?a , ?b }} {{ {HUNDREDS} BIND(BNODE() AS ?x) }} LIMIT 4000"],
    ],
)
def test_who_reads_only_the_beginning_sees_no_error(published, query):
    started = published.start("query", *query, "--db", "db")
    assert started.stdout.readline()
    started.stdout.close()
    told = started.stderr.read().decode()
    started.stderr.close()
    started.wait()
    assert "Traceback" not in told
    assert "Exception" not in told


@pytest.mark.parametrize("command", [QUERY, ("export", "--db", "db"), ("check", "good.ttl")])
def test_an_output_that_is_full_is_told(published, command):
    with Path("/dev/full").open("wb") as full:
        ended = published.run(*command, stdout=full.fileno())
    assert ended.returncode == 1
    assert "Traceback" not in ended.stderr
    assert "No space left" in ended.stderr


def _targets(descriptors: Path) -> list[str]:
    """Return what the descriptors of a process lead to; some are closed while one looks."""
    found = []
    for each in descriptors.iterdir():
        with contextlib.suppress(FileNotFoundError):
            found.append(str(each.readlink()))
    return found


def test_a_query_that_would_take_forever_can_be_interrupted(published):
    started = published.start("query", f"SELECT (COUNT(*) AS ?n) {{ {HUNDREDS} }}", "--db", "db")
    try:
        descriptors = Path(f"/proc/{started.pid}/fd")
        while not any("oxigraph" in target for target in _targets(descriptors)):
            assert started.poll() is None
            time.sleep(0.05)
        time.sleep(0.3)  # it is open now, and the query begins
        assert started.poll() is None
        started.send_signal(signal.SIGINT)
        _, told = started.communicate(timeout=5)
    finally:
        started.kill()
        started.communicate()
    assert b"Traceback" not in told


DOCUMENT = "甲乙，丙丁".encode()
EVIDENCE = (
    f"e:d kg:sha256 '{hashlib.sha256(DOCUMENT).hexdigest()}' . e:s kg:evidence e:p . "
    "e:p oa:hasSource e:d ; oa:hasSelector [ oa:start 0 ; oa:end %d ] ."
)
CHECKED = {
    "no shapes": ("e:x a e:C .", 0, "no SHACL shapes"),
    "conforms": (SHAPE + "e:x a e:C ; e:n 1 .", 0, "conforms to 2 shapes"),
    "broken": (BROKEN_SHAPED, 1, "Violation: <http://example.org/x> <http://example.org/n>"),
    "warning": (BROKEN_SHAPED.replace("sh:path", "sh:severity sh:Warning ; sh:path"), 0, "Warning: <"),
    "covered": (EVIDENCE % 5, 0, "0 bare"),
    "bare": (EVIDENCE % 3, 1, "3-5      丙丁  ←  NOTHING POINTS HERE"),
}  # fmt: skip


@pytest.mark.parametrize("name", CHECKED)
def test_a_check_ends_with_1_when_shapes_are_broken_or_a_clause_is_bare(folder, name):
    text, code, told = CHECKED[name]
    folder.write("texts/甲.txt", DOCUMENT)
    folder.write("kg.toml", b"source_dir = 'texts'")
    folder.write("data.ttl", text)
    ended = folder.call("check", "data.ttl")
    assert (ended.returncode, ended.stderr) == (code, "")
    assert told in ended.stdout


def free_port() -> str:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return str(probe.getsockname()[1])


def descendants(pid: int) -> set[int]:
    """Return the processes below one, as the kernel lists them."""
    found = set()
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            if int(stat.read_text("utf-8").rpartition(")")[2].split()[1]) == pid:
                child = int(stat.parent.name)
                found |= {child} | descendants(child)
    return found


def end(pids: set[int]) -> bool:
    """Return whether all of these processes come to their end."""
    for _ in range(200):
        if not any(Path(f"/proc/{pid}").exists() for pid in pids):
            return True
        time.sleep(0.02)
    return False


@contextlib.contextmanager
def serving(folder, *arguments):
    """Start a server; yield it and what its /health says."""
    port = free_port()
    server = folder.start("serve", *arguments, "--port", port)
    try:
        while True:
            assert server.poll() is None, server.communicate()
            with contextlib.suppress(OSError), urlopen(f"http://localhost:{port}/health") as answer:
                health = json.load(answer)
                break
            time.sleep(0.02)
        yield server, health
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(server.pid, signal.SIGKILL)
        server.communicate()


def test_files_are_served_and_served_again_from_what_was_built(folder):
    folder.write("数据.ttl", "e:a e:p 1 , 2 .")
    served = []
    for signalled in (signal.SIGINT, signal.SIGTERM):
        with serving(folder, "数据.ttl") as (server, health):
            served.append((health["snapshot"], health["triples"]))
            children = descendants(server.pid)
            assert children
            server.send_signal(signalled)
            stdout, stderr = server.communicate(timeout=20)
            assert server.returncode == 0
            assert end(children)
        assert b"is served at http://127.0.0.1:" in stdout
        assert b"Traceback" not in stderr
    assert served[0] == served[1]
    assert served[0][1] == 2
    folder.write("数据.ttl", "e:a e:p 1 .")
    with serving(folder, "数据.ttl") as (_, health):
        assert health["triples"] == 1


def test_a_host_may_be_a_name(published):
    with serving(published, "--db", "db", "--host", "localhost") as (_, health):
        assert health["triples"] == 1


def test_a_port_that_is_taken_is_told(published):
    with socket.create_server(("127.0.0.1", 0)) as busy:
        port = str(busy.getsockname()[1])
        refused = published.run("serve", "--db", "db", "--port", port)
    assert_told(refused, rf"cannot listen at 127\.0\.0\.1:{port}: Address already in use; try")


DAMAGE = {
    "pointer": lambda snapshot: (snapshot.parent.parent / "current").write_bytes(b"\xff"),
    "dangling": lambda snapshot: (snapshot.parent.parent / "current").write_text("none"),
    "missing": lambda snapshot: snapshot.rename(snapshot.parent / "elsewhere"),
    "engine": lambda snapshot: (snapshot / "oxigraph" / "CURRENT").unlink(),
    "counts": lambda snapshot: (snapshot / "derived" / snapshot.name / "statistics.json").unlink(),
    "counted": lambda snapshot: (
        snapshot / "derived" / snapshot.name / "statistics.json"
    ).write_text("{}"),
    "manifest": lambda snapshot: (snapshot / "snapshot.json").write_text("[]"),
}


@pytest.fixture(scope="module")
def damaged(published):
    for name, damage in DAMAGE.items():
        shutil.copytree(published.path / "db", published.path / name)
        damage(Database(published.path / name).current().path)
    return published.run_all(("serve", "--db", name, "--port", free_port()) for name in DAMAGE)


@pytest.mark.parametrize("name", DAMAGE)
def test_a_damaged_database_is_not_served(damaged, name):
    (ended,) = (each for command, each in damaged.items() if command[2] == name)
    assert ended.returncode == 1
    assert "Traceback" not in ended.stderr
    assert name in ended.stderr
