"""The columns in Parquet, as whoever reads such files finds them."""

from __future__ import annotations

import dataclasses
import json

import duckdb
import pytest
from click.testing import CliRunner

from kg import formats
from kg.build import build
from kg.cli import main
from kg.columnar import making, parquet
from kg.columnar.routing import ABOUT
from kg.errors import BadInput
from kg.store.embedded import EmbeddedStore
from kg.store.loading import Source
from kg.store.snapshots import Database

DATA = """
@prefix : <http://example.org/> .
:a :p :b , :c ; :n 1 , 1.5 , 2e0 ; :t "a" , "b"@en , "光伏"@zh-hans , "a\\tb" ; :m [ :n -3 ] .
:g { :a :p :b . :b :n 99999999999999999999.9 }
"""


def _built(folder, text):
    (folder / "data.trig").write_text(text)
    database = Database(folder / "db")
    build([Source.of(folder / "data.trig")], database, base_iri="https://kg.example/")
    return database


@pytest.fixture(scope="module")
def database(tmp_path_factory):
    return _built(tmp_path_factory.mktemp("parquet"), DATA)


@pytest.fixture(scope="module")
def folder(database, tmp_path_factory):
    target = tmp_path_factory.mktemp("exported") / "tables"
    parquet.export(database.current(), target)
    return target


def _rows(folder, name, connection=duckdb):
    return connection.sql(f"SELECT * FROM read_parquet('{folder / name}.parquet')").fetchall()


def test_quads_with_the_spellings_of_their_terms_are_the_data(folder, database):
    snapshot = database.current()
    store = EmbeddedStore.open(snapshot.triples, snapshot=snapshot.id)
    dump = snapshot.path / "all.nq"
    with dump.open("wb") as output:
        store.dump(output, formats.NQUADS)
    terms = {id: spelled for id, spelled, _ in _rows(folder, "term")} | {0: ""}
    for name in ("quad", "quad_by_subject", "quad_by_object"):
        found = {
            " ".join(filter(None, (terms[s], terms[p], terms[o], terms[g]))) + " ."
            for p, s, o, g in _rows(folder, name)
        }
        assert found == set(dump.read_text().splitlines())


@pytest.mark.parametrize("name", ["term", "class", "language", "predicate", "frequent", "state"])
def test_tables_are_those_of_the_index(folder, database, name):
    file = database.current().derived / making.FILE
    with duckdb.connect(str(file), read_only=True) as connection:
        assert sorted(_rows(folder, name)) == sorted(connection.table(name).fetchall())


def test_numbers_are_exact(folder):
    found = {exact for _, exact, _, _ in _rows(folder, "number") if exact is not None}
    assert found == {each * 10**17 for each in (10, 15, -30, 999999999999999999999)}


def test_a_manifest_tells_of_which_snapshot_they_are(folder, database):
    told = parquet.manifest(folder)
    assert (told.snapshot, told.quads) == (database.current().id, len(_rows(folder, "quad")))


def test_what_is_no_such_folder_is_told_so(folder, tmp_path):
    with pytest.raises(BadInput, match="expected a folder that"):
        parquet.manifest(tmp_path)
    old = dataclasses.asdict(parquet.manifest(folder)) | {"layout": 0}
    (tmp_path / parquet.MANIFEST).write_text(json.dumps(old))
    with pytest.raises(BadInput, match="export it again"):
        parquet.manifest(tmp_path)


def test_what_cannot_be_exported_leaves_nothing_behind(folder, tmp_path, database):
    with pytest.raises(BadInput, match="there already"):
        parquet.export(database.current(), folder)
    large = _built(tmp_path, "<s:s> <s:p> 100000000000000000000.5 .").current()
    with pytest.raises(BadInput, match="decimals of"):
        parquet.export(large, tmp_path / "out")
    (large.derived / ABOUT).write_text('{"reason": "the data has triples of triples"}')
    with pytest.raises(BadInput, match="has no columns: the data has triples"):
        parquet.export(large, tmp_path / "out")
    (large.derived / ABOUT).unlink()
    with pytest.raises(BadInput, match="not made yet"):
        parquet.export(large, tmp_path / "out")
    assert {each.name for each in tmp_path.iterdir()} == {"data.trig", "db"}


def test_the_command_tells_what_it_has_written(database, tmp_path):
    command = ["export", "--db", str(database.path), "--parquet", str(tmp_path / "out")]
    done = CliRunner().invoke(main, command)
    assert done.exit_code == 0, done.output
    assert f"{database.current().id}, 13 quads" in done.output
    refused = CliRunner().invoke(main, [*command, "--format", "nt"])
    assert (refused.exit_code, parquet.manifest(tmp_path / "out").quads) == (1, 13)
