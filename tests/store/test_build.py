"""A build publishes all it was given, or leaves what was there."""

import hashlib
import os
from pathlib import Path

import pytest

from kg import build as building
from kg import dataset, derived
from kg.build import Progress, build, cache_folder, is_fresh
from kg.errors import BadData, BadInput, DoesNotConform, KgError
from kg.store.embedded import EmbeddedStore
from kg.store.loading import Source
from kg.store.snapshots import Database
from kg.terms import NamedNode

BASE = "https://kg.example/"

SHAPED = "e:S a sh:NodeShape ; sh:targetClass e:C ; sh:property [ sh:path e:n ; sh:minCount 1 ] . "


def test_a_snapshot_holds_the_triples_their_counts_and_where_they_are_from(tmp_path, source):
    sources = [
        source("e:a e:p 1 . e:g { e:a e:p 1 , 2 }", name="一.trig"),
        source("e:a a e:C .", name="b.ttl", graph=NamedNode("http://example.org/b")),
    ]
    made = build(sources, Database(tmp_path / "db"), base_iri=BASE)
    snapshot = Database(tmp_path / "db").current()
    assert snapshot == made.snapshot
    store = EmbeddedStore.open(snapshot.triples, snapshot=snapshot.id)
    counted = derived.of(snapshot).statistics
    assert counted == dataset.count(store)
    assert counted.triples == made.statistics.triples
    assert (counted.triples, counted.shared_triples) == (3, 1)
    manifest = snapshot.read("snapshot")
    assert manifest["base_iri"] == BASE
    assert [(each["name"], each["graph"]) for each in manifest["sources"]] == [
        ("一.trig", None),
        ("b.ttl", "http://example.org/b"),
    ]
    assert manifest["sources"][1]["sha256"] == sources[1].sha256()


def test_there_must_be_something_to_build(tmp_path):
    with pytest.raises(BadInput, match="nothing to build"):
        build([], Database(tmp_path / "db"), base_iri=BASE)
    assert not (tmp_path / "db").exists()


def test_data_without_triples_can_be_published(tmp_path, source, objects):
    build([source("", name="empty.ttl")], Database(tmp_path / "db"), base_iri=BASE)
    assert objects(Database(tmp_path / "db")) == []


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("e:a e:p x .", BadData),
        ("e:a e:p '\\x' .", BadData),
        (SHAPED + "e:x a e:C .", DoesNotConform),
        (SHAPED + "e:T a sh:NodeShape ; sh:targetNode e:x ; sh:pattern '(' .", BadData),
    ],
)
def test_a_build_that_fails_leaves_what_was_published(database, source, objects, text, error):
    before = database.current()
    sources = [source("e:new e:p 2 .", name="good.ttl"), source(text, name="bad.ttl")]
    with pytest.raises(error):
        build(sources, database, base_iri=BASE)
    assert database.current() == before
    assert objects(database) == ["1"]
    assert database.releases() == [before]


def test_a_build_that_fails_leaves_nothing_behind(database, source, names):
    # The engine may still be writing when its folder is removed, so once would prove little.
    sources = [source("e:a e:p 1 ."), source(SHAPED + "e:x a e:C .", name="bad.ttl")]
    for _ in range(25):
        with pytest.raises(DoesNotConform):
            build(sources, database, base_iri=BASE)
        assert names(database.path) == ["current", "lock", "snapshots"]


class Interrupting(Progress):
    """Raises what Ctrl-C would, when a step begins."""

    def __init__(self, when: str) -> None:
        self._when = when

    def loading(self, source):
        return lambda read: self.step("loading")

    def step(self, name):
        if name == self._when:
            raise KeyboardInterrupt


@pytest.mark.parametrize("when", ["loading", "validating", "counting", "publishing"])
def test_a_build_that_is_interrupted_leaves_what_was_published(database, source, objects, when):
    before = database.current()
    with pytest.raises(KeyboardInterrupt):
        build([source("e:a e:p 2 .")], database, base_iri=BASE, progress=Interrupting(when))
    assert database.current() == before
    assert objects(database) == ["1"]
    build([source("e:a e:p 2 .")], database, base_iri=BASE)
    assert objects(database) == ["2"]


def test_without_the_gate_data_that_breaks_its_shapes_is_published(database, source, objects):
    sources = [source(SHAPED + "e:x a e:C ; e:p 'broken' .", name="shaped.ttl")]
    made = build(sources, database, base_iri=BASE, gate=False)
    assert not made.validation.conforms
    assert "broken" in objects(database)


def test_the_gate_tells_what_is_wrong_and_how_to_go_on(database, source):
    many = " ".join(f"e:x{number:02} a e:C ." for number in range(building.SHOWN + 5))
    with pytest.raises(DoesNotConform, match=r"breaks 15 constraints .*--no-gate") as caught:
        build([source(SHAPED + many)], database, base_iri=BASE)
    _, *shown, rest = caught.value.message.splitlines()
    assert len(shown) == building.SHOWN
    assert "<http://example.org/x00> <http://example.org/n>" in shown[0]
    assert "and 5 more" in rest


def test_a_build_says_what_it_is_at(database, source):
    heard = []

    class Listening(Progress):
        def loading(self, source):
            heard.append(source.path.name)
            return lambda read: None

        def step(self, name):
            heard.append(name)

    sources = [source("", name="a.ttl"), source("", name="b.ttl")]
    build(sources, database, base_iri=BASE, progress=Listening())
    derivations = [name for name, _ in derived.MAKERS]
    assert heard == [
        "a.ttl",
        "b.ttl",
        *derivations,
        "comparing it to what was before",
        "publishing",
    ]


@pytest.fixture
def examples(tmp_path):
    folder = tmp_path / "examples"
    folder.mkdir()
    (folder / "1.rq").write_text("ASK {}", encoding="utf-8")
    return folder


def test_example_queries_come_along(database, source, examples):
    made = build([source("")], database, base_iri=BASE, examples=examples)
    assert (made.snapshot.path / "queries" / "1.rq").read_text(encoding="utf-8") == "ASK {}"
    digest = hashlib.sha256(b"ASK {}").hexdigest()
    assert made.snapshot.read("snapshot")["queries"] == {"1.rq": digest}


def change_content(build):
    build["sources"][0].path.write_text("", encoding="utf-8")


def change_examples(build):
    (build["examples"] / "1.rq").write_text("ASK { ?s ?p ?o }", encoding="utf-8")


def add_example(build):
    (build["examples"] / "2.rq").touch()


def change_graph(build):
    path = build["sources"][0].path
    build["sources"][0] = Source.of(path, NamedNode("http://example.org/g"))


def touch(build):
    os.utime(build["sources"][0].path, (0, 0))


def add_notes(build):
    (build["examples"] / "notes.txt").touch()


@pytest.mark.parametrize(
    ("change", "fresh"),
    [
        (lambda build: None, True),
        (touch, True),
        (add_notes, True),
        (change_content, False),
        (change_examples, False),
        (add_example, False),
        (change_graph, False),
        (lambda build: build["sources"].reverse(), False),
        (lambda build: build["sources"].pop(), False),
        (lambda build: build.update(gate=False), False),
        (lambda build: build.update(base_iri="https://example.org/"), False),
        (lambda build: build.update(examples=None), False),
    ],
)
def test_a_database_is_fresh_when_it_was_made_from_just_these_files_in_this_way(
    tmp_path, source, examples, change, fresh
):
    database = Database(tmp_path / "db")
    sources = [source("e:a e:p 1 .", name="a.ttl"), source("e:a e:p 2 .", name="b.ttl")]
    order = {"base_iri": BASE, "examples": examples, "gate": True}
    assert not is_fresh(sources, database, **order)
    build(sources, database, **order)
    wanted = {"sources": sources, **order}
    change(wanted)
    assert is_fresh(database=database, **wanted) is fresh


def test_a_file_that_changes_during_a_build_is_not_taken_for_what_was_loaded(tmp_path, source):
    file = source("e:a e:p 1 .", name="a.ttl")

    class Editing(Progress):
        def step(self, name):
            file.path.write_text("<a:a> <a:p> 2 .", encoding="utf-8")

    database = Database(tmp_path / "db")
    build([file], database, base_iri=BASE, progress=Editing())
    assert not is_fresh([file], database, base_iri=BASE)


@pytest.mark.parametrize(
    "damage",
    [
        lambda snapshot: (snapshot.path / "snapshot.json").unlink(),
        lambda snapshot: (snapshot.path / "snapshot.json").write_text("{"),
        lambda snapshot: (snapshot.path / "snapshot.json").write_text("[]"),
        lambda snapshot: (snapshot.path / "snapshot.json").write_text("{}"),
        lambda snapshot: (snapshot.path.parent.parent / "current").write_text("none"),
        lambda snapshot: (snapshot.path.parent.parent / "current").write_bytes(b"\xff"),
        lambda snapshot: (snapshot.path.parent.parent / "current").unlink(),
    ],
)
def test_a_damaged_database_is_not_fresh(database, damage):
    sources = [Source.of(database.path.parent / "published.ttl")]
    assert is_fresh(sources, database, base_iri=BASE)
    damage(database.current())
    assert not is_fresh(sources, database, base_iri=BASE)


def test_a_cache_belongs_to_files_by_where_they_are(tmp_path, source, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    one, two = source("", name="a/x.ttl"), source("", name="b/x.ttl")
    folders = [cache_folder(each) for each in ([one], [two], [one, two], [two, one])]
    assert len(set(folders)) == 4
    assert all(folder.is_relative_to(tmp_path / "cache" / "kg") for folder in folders)
    monkeypatch.chdir(tmp_path / "a")
    assert cache_folder([Source.of(Path("x.ttl"))]) == folders[0]


@pytest.mark.parametrize(
    ("text", "shared"),
    [
        ("e:g { e:a e:p 1 } e:h { e:a e:p 1 }", 1),
        ("e:a e:p 1 . e:g { e:a e:p 1 } e:h { e:a e:p 1 }", 2),
        ("e:a e:p 1 . e:g { e:a e:p 2 }", 0),
        ("e:g { e:a e:p _:x } e:h { e:a e:p _:x }", 1),
    ],
)
def test_triples_that_stand_in_more_than_one_graph_are_counted(database, source, text, shared):
    made = build([source(text)], database, base_iri=BASE)
    assert made.statistics.shared_triples == shared


def test_a_file_whose_name_is_no_text_is_built_or_refused(database, objects, tmp_path):
    path = tmp_path / os.fsdecode(b"\xff.ttl")
    path.write_text("<a:a> <a:p> 2 .", encoding="utf-8")
    try:
        build([Source.of(path)], database, base_iri=BASE)
    except KgError:
        assert objects(database) == ["1"]
    else:
        assert objects(database) == ["2"]
