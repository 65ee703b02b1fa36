"""Dumps: the same data in every format, with checksums, to be fetched in parts."""

import base64
import dataclasses
import gzip
import hashlib
import re
import tarfile

import pytest
from pyoxigraph import CanonicalizationAlgorithm, Dataset, RdfFormat, Store, parse

from kg import backup, dumps, settings
from kg.build import build
from kg.dataset import NOTHING, ClassCount
from kg.store.loading import Source
from kg.store.snapshots import Database
from kg.terms import RDF, NamedNode
from kg.web import create_app

DATA = """
@prefix e: <http://example.org/> .
e:default e:in e:it .
e:g1 { e:a a e:C , e:D ; e:name "甲"@zh-Hans , "a"@en ; e:part [ e:n 1.5 ; e:list ( 1 [ e:deep true ] ) ] . }
<http://example.org/other/g1> { e:a a e:C ; e:name "a"@en ; e:said [ a e:Blank ] . e:b a e:C . }
"""
FORMATS = {
    "ttl": RdfFormat.TURTLE,
    "nt": RdfFormat.N_TRIPLES,
    "rdf": RdfFormat.RDF_XML,
    "jsonld": RdfFormat.JSON_LD,
    "trig": RdfFormat.TRIG,
    "nq": RdfFormat.N_QUADS,
}
WITH_GRAPHS = ("jsonld", "trig", "nq")


@pytest.fixture(scope="module")
def database(tmp_path_factory):
    folder = tmp_path_factory.mktemp("download")
    (folder / "data.trig").write_text(DATA, encoding="utf-8")
    database = Database(folder / "db")
    build([Source.of(folder / "data.trig")], database, base_iri="https://kg.example/")
    return database


@pytest.fixture(scope="module")
def client(database):
    return create_app(settings.load(environment={}), database).test_client()


def canonical(quads):
    dataset = Dataset(quads)
    dataset.canonicalize(CanonicalizationAlgorithm.RDFC_1_0)
    return {str(quad) for quad in dataset}


def merged(quads):
    return canonical(quad for quad in {each.triple for each in quads} for quad in [_plain(quad)])


def _plain(triple):
    return next(parse(f"{triple} .".encode(), format=RdfFormat.N_TRIPLES))


@pytest.fixture(scope="module")
def truth(database):
    """All quads, as the store has them."""
    return list(Store.read_only(str(database.current().triples)))


@pytest.mark.parametrize("extension", FORMATS)
def test_every_dump_of_everything_holds_the_same(client, truth, extension):
    response = client.get(f"/download/all.{extension}")
    assert response.status_code == 200, response.text
    quads = list(parse(response.data, format=FORMATS[extension]))
    if extension in WITH_GRAPHS:
        assert canonical(quads) == canonical(truth)
    else:
        assert canonical(quads) == merged(truth)
        assert len(quads) == len({each.triple for each in truth})


def test_a_compressed_dump_holds_the_plain_one(client):
    plain, packed = client.get("/download/all.nq"), client.get("/download/all.nq.gz")
    assert gzip.decompress(packed.data) == plain.data
    assert packed.mimetype == "application/gzip"
    assert "Content-Encoding" not in packed.headers
    assert "Content-Encoding" not in client.get(
        "/download/all.nq", headers={"Accept-Encoding": "gzip"}
    ).headers  # fmt: skip


def test_a_dump_has_its_checksum_and_a_name(client, database):
    response = client.get("/download/all.ttl")
    digest = hashlib.sha256(response.data)
    assert response.get_etag() == (digest.hexdigest(), False)
    encoded = base64.b64encode(digest.digest()).decode()
    assert response.headers["Repr-Digest"] == f"sha-256=:{encoded}:"
    assert response.headers["Content-Disposition"] == "attachment; filename*=UTF-8''all.ttl"
    known = dumps.made(database.current(), "all.ttl")
    assert (known.bytes, known.sha256) == (len(response.data), digest.hexdigest())


def test_a_dump_can_be_fetched_in_parts(client):
    whole = client.get("/download/all.nt")
    tag = whole.headers["ETag"]
    assert whole.headers["Accept-Ranges"] == "bytes"
    first = client.get("/download/all.nt", headers={"Range": "bytes=0-99"})
    rest = client.get("/download/all.nt", headers={"Range": "bytes=100-", "If-Range": tag})
    assert (first.status_code, rest.status_code) == (206, 206)
    assert first.data + rest.data == whole.data
    assert first.headers["Content-Range"] == f"bytes 0-99/{len(whole.data)}"
    changed = client.get("/download/all.nt", headers={"Range": "bytes=9-", "If-Range": '"other"'})
    assert (changed.status_code, changed.data) == (200, whole.data)
    beyond = client.get("/download/all.nt", headers={"Range": "bytes=999999-"})
    assert beyond.status_code == 416
    head = client.head("/download/all.nt")
    assert (head.status_code, head.content_length, head.data) == (200, len(whole.data), b"")
    assert client.get("/download/all.nt", headers={"If-None-Match": tag}).status_code == 304


def test_graphs_have_dumps_of_their_own(client, truth):
    for name, graph in {"graph-g1": "e:g1", "graph-g1-2": "other"}.items():
        response = client.get(f"/download/{name}.ttl")
        assert response.status_code == 200, graph
    sizes = {
        name: len(list(parse(client.get(f"/download/{name}.nt").data, format=RdfFormat.N_TRIPLES)))
        for name in ("graph-default", "graph-g1", "graph-g1-2")
    }
    assert sum(sizes.values()) == len(truth)
    assert sizes["graph-default"] == 1


def test_a_class_has_a_dump_of_its_things_with_what_hangs_on_them(client, truth):
    response = client.get("/download/class-C.ttl")
    quads = list(parse(response.data, format=RdfFormat.TURTLE))
    wanted = [each for each in truth if each.subject != NamedNode("http://example.org/default")]
    assert canonical(quads) == merged(wanted)
    things = {each.subject for each in quads if each.predicate == RDF.type}
    assert {NamedNode(f"http://example.org/{name}") for name in "ab"} < things


def test_every_part_has_a_name_of_its_own_that_a_disk_can_bear():
    iris = [
        f"{base}/{name}" for name in ("C", "C-2", "类" * 500, "") for base in ("u:a", "u:b", "u:c")
    ]
    classes = tuple(ClassCount(iri, 1) for iri in iris)
    found = dumps.extents(dataclasses.replace(NOTHING, classes=classes))
    assert [each.iri for each in found.values()] == [None, *iris]
    assert all(len(f"{name}.jsonld.gz.json".encode()) < 256 for name in found)
    assert all(name == each.name for name, each in found.items())


@pytest.mark.parametrize(
    "name",
    ["nothing.ttl", "all", "all.csv", "graph-g1.nq", "all.n3", "class-E.ttl", "..%2Fall.ttl"],
)
def test_what_is_no_dump_is_not_found(client, name):
    assert client.get(f"/download/{name}").status_code == 404


def test_a_format_that_cannot_hold_the_data_says_so(tmp_path):
    (tmp_path / "data.nt").write_text('<http://e/a> <http://e/1> "x" .\n')
    database = Database(tmp_path / "db")
    build([Source.of(tmp_path / "data.nt")], database, base_iri="https://kg.example/")
    client = create_app(settings.load(environment={}), database).test_client()
    refused = client.get("/download/all.rdf", headers={"Accept": "application/json"})
    assert (refused.status_code, refused.get_json()["code"]) == (406, "not_expressible")
    assert client.get("/download/all.nt").status_code == 200


def test_what_takes_too_long_is_stopped_and_can_be_asked_for_again(tmp_path, database):
    options = settings.load(environment={"KG_EXPORT_SECONDS": "0.01"})
    name = "/download/class-D.jsonld"
    stopped = create_app(options, database).test_client().get(name)
    assert (stopped.status_code, stopped.get_json()["code"]) == (503, "errand_timeout")
    again = create_app(settings.load(environment={}), database).test_client().get(name)
    assert again.status_code == 200


def test_a_backup_leaves_dumps_out(client, database, tmp_path):
    client.get("/download/all.nt")
    backup.save(database, tmp_path / "backup.tar")
    with tarfile.open(tmp_path / "backup.tar") as archive:
        assert not [name for name in archive.getnames() if dumps.FOLDER in name]


def test_the_page_of_the_dataset_leads_to_all_dumps(client):
    page = client.get("/dataset", headers={"Accept": "text/html"}).text
    found = set(re.findall(r'href="/download/([^"]+)"', page))
    parts = [f"graph-{name}" for name in ("default", "g1", "g1-2")]
    parts += [f"class-{name}" for name in ("C", "D", "Blank")]
    triples = [each for each in FORMATS if each not in ("trig", "nq")]
    expected = {f"all.{each}{packed}" for each in FORMATS for packed in ("", ".gz")}
    assert found == expected | {f"{name}.{each}.gz" for name in parts for each in triples}
