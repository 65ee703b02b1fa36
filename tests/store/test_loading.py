"""Files on their way into a store: of every format, odd and broken ones too."""

import contextlib
import gzip
import hashlib
import os

import pytest
from pyoxigraph import Store

from kg import formats
from kg.errors import BadData, BadInput, KgError, StorageFailed
from kg.formats import Kind
from kg.store.loading import Source, load, silent
from kg.terms import DefaultGraph, Literal, NamedNode

BASE = "https://kg.example/"


def loaded(source: Source, base_iri: str = BASE) -> list:
    engine = Store()
    load(engine, source, base_iri=base_iri, progress=silent)
    return list(engine)


def e(name: str) -> NamedNode:
    return NamedNode("http://example.org/" + name)


TRIPLE = b'<http://example.org/a> <http://example.org/p> "x" .'
OTHER = b'<http://example.org/a> <http://example.org/p> "y" .'
DOCUMENTS = {
    "ttl": TRIPLE,
    "nt": TRIPLE,
    "nq": TRIPLE,
    "trig": b"{" + TRIPLE + b"}",
    "n3": TRIPLE,
    "rdf": b"""<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns:e="http://example.org/">
        <rdf:Description rdf:about="http://example.org/a"><e:p>x</e:p></rdf:Description></rdf:RDF>""",
    "jsonld": b'{"@id": "http://example.org/a", "http://example.org/p": "x"}',
}


@pytest.mark.parametrize("extension", DOCUMENTS)
@pytest.mark.parametrize(
    "name", ["data.{}", "data.{}.gz", "数据 100% #1.v2.{}", "DATA.{}.GZ", ".{}"]
)
def test_every_format_can_be_read_compressed_or_not_under_any_name(source, extension, name):
    name = name.format(extension)
    content = DOCUMENTS[extension]
    file = source(gzip.compress(content) if name.lower().endswith(".gz") else content, name=name)
    (quad,) = loaded(file)
    assert (quad.subject, quad.predicate, quad.object) == (e("a"), e("p"), Literal("x"))


def test_every_format_on_offer_can_be_read():
    assert {format.extension for format in formats.offers(Kind.GRAPH)} == set(DOCUMENTS)


@pytest.mark.parametrize(
    ("name", "content", "graphs"),
    [
        ("a.ttl", DOCUMENTS["ttl"], [e("g")]),
        ("a.rdf", DOCUMENTS["rdf"], [e("g")]),
        ("a.trig", b"<http://example.org/own> { " + TRIPLE + b"}", [e("own")]),
        ("a.trig", TRIPLE, [DefaultGraph()]),
        ("a.nq", TRIPLE[:-1] + b"<http://example.org/own> .", [e("own")]),
    ],
)
def test_triples_go_to_the_graph_of_the_file_unless_it_names_its_own(source, name, content, graphs):
    file = source(content, name=name, graph=e("g"))
    assert [quad.graph_name for quad in loaded(file)] == graphs


@pytest.mark.parametrize(
    ("name", "document"),
    [
        ("my.ttl", "https://kg.example/id/my"),
        ("my.ttl.gz", "https://kg.example/id/my"),
        ("我的 文件.ttl", "https://kg.example/id/%E6%88%91%E7%9A%84%20%E6%96%87%E4%BB%B6"),
        ("100% #1?.ttl", "https://kg.example/id/100%25%20%231%3F"),
    ],
)
def test_relative_iris_are_read_against_the_name_of_the_file(source, name, document):
    content = b"<> <#p> <x> ."
    file = source(gzip.compress(content) if name.endswith(".gz") else content, name=name)
    (quad,) = loaded(file)
    assert quad.subject.value == document
    assert quad.predicate.value == document + "#p"
    assert quad.object.value == "https://kg.example/id/x"


def literal(text: bytes) -> bytes:
    return TRIPLE.replace(b'"x"', b'"' + text + b'"')


@pytest.mark.parametrize(
    ("name", "content", "count"),
    [
        ("a.ttl", b"", 0),
        ("a.nt", b"", 0),
        ("a.trig", b"", 0),
        ("a.jsonld", b"[]", 0),
        ("a.ttl", b"# nothing but a comment", 0),
        ("a.ttl", b"@prefix e: <http://example.org/> .", 0),
        ("a.ttl", b"\r\n\t \r\n", 0),
        ("a.ttl", b"\xef\xbb\xbf" + TRIPLE, 1),
        ("a.ttl", b"\xef\xbb\xbf@prefix e: <http://example.org/> .\r\ne:a e:b e:c .", 1),
        ("a.nt", b"\xef\xbb\xbf" + TRIPLE, 1),
        ("a.ttl", TRIPLE + b"\r\n" + OTHER + b"\r\n", 2),
        ("a.nt", TRIPLE.replace(b" .", b"."), 1),
        ("a.ttl", TRIPLE + TRIPLE, 1),
        ("a.ttl", literal(b"\x00"), 1),
        ("a.ttl", literal(b"x" * 5_000_000), 1),
        ("a.ttl", b"<http://example.org/a> <http://example.org/b> " + b"(" * 20_000 + b")" * 20_000 + b" .", 39_999),
        ("a.ttl.gz", gzip.compress(TRIPLE) + gzip.compress(OTHER), 2),
        ("a.ttl.gz", gzip.compress(b""), 0),
    ],
)  # fmt: skip
def test_odd_files_are_read(source, name, content, count):
    assert len(loaded(source(content, name=name))) == count


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("a.ttl", b"\n<http://example.org/a> <p> x .", r"a\.ttl:2:\d+: x is not a valid RDF object"),
        ("a.ttl", b"\n\n  e:a e:b e:c .", r"a\.ttl:3:3: The prefix e: has not been declared"),
        ("a.ttl", b"<http://a b/> <http://p/> 1 .", r"a\.ttl:1:1: Invalid IRI code point ' '"),
        ("a.ttl", b"<a:> <a:>", r"a\.ttl:1:\d+: ."),
        ("a.nt", b"<x> <y> <z> .", r"a\.nt:1:1: No scheme"),
        ("a.nt", TRIPLE + b"\n" + TRIPLE[:-1], r"a\.nt:\d:\d+: ."),
        ("a.nq", b"<a:a> <a:a> <a:a> <a:a> <a:a> .", r"a\.nq:1:\d+: ."),
        ("a.trig", b"<a:> {", r"a\.trig:1:\d+: ."),
        ("a.n3", b"{ <a:> <a:>", r"a\.n3:\d:\d+: ."),
        ("a.jsonld", b'{"@id":\n}', r"a\.jsonld:2:1: ."),
        ("a.jsonld", b"", r"a\.jsonld:1:1: ."),
        ("a.jsonld", b'{"@context": "http://127.0.0.1:9/"}', r"a\.jsonld.*: ."),
        ("a.rdf", b"<rdf:RDF>", r"a\.rdf.*: ."),
        ("a.rdf", b"not XML", r"a\.rdf.*: ."),
        ("a.ttl", literal(b"\xe9"), r"a\.ttl:1:\d+: Invalid UTF-8"),
        ("a.ttl", TRIPLE.decode().encode("utf-16"), r"a\.ttl:1:1: Invalid UTF-8"),
        ("a.ttl", TRIPLE.replace(b'"x"', b"'x'@a_b"), r"a\.ttl:1:\d+: ."),
        ("a.ttl.gz", b"", r"."),
        ("a.ttl.gz", b"not gzip", r"a\.ttl\.gz: not a whole gzip file"),
        ("a.ttl.gz", gzip.compress(TRIPLE)[:-9], r"a\.ttl\.gz: not a whole gzip file"),
        ("a.ttl.gz", gzip.compress(TRIPLE)[:-1], r"a\.ttl\.gz: not a whole gzip file"),
        ("a.ttl.gz", gzip.compress(TRIPLE)[:-8] + b"\0" * 8, r"a\.ttl\.gz: not a whole gzip file"),
        ("a.ttl.gz", gzip.compress(TRIPLE) + b"rest", r"a\.ttl\.gz: not a whole gzip file"),
        ("a.ttl.gz", gzip.compress(b"x"), r"a\.ttl\.gz:1:1: "),
        ("a.ttl", literal(b"x" * 17 * 1024 * 1024), r"a\.ttl.*: ."),
    ],
)  # fmt: skip
def test_a_broken_file_is_told_with_the_place_in_one_line(source, name, content, told):
    file = source(content, name=name)
    if name == "a.ttl.gz" and not content:
        assert loaded(file) == []
        return
    with pytest.raises(BadData, match=told) as caught:
        loaded(file)
    assert "\n" not in caught.value.message
    assert "between columns" not in caught.value.message
    assert caught.value.message.startswith(str(file.path))


@pytest.mark.parametrize(
    "name", ["none.ttl", "no/such/folder.ttl", "x" * 300 + ".ttl", "", "/dev/null"]
)
def test_a_file_that_is_none_is_refused(tmp_path, name):
    with pytest.raises(BadInput, match=r"no such file|this is a folder|name too long"):
        Source.of(tmp_path / name)


@pytest.mark.parametrize(
    "name", ["data.txt", "data", "data.csv", "data.ttl.zip", "data.gz", "ttl."]
)
def test_a_file_of_an_unknown_format_is_told_the_known_ones(tmp_path, name):
    (tmp_path / name).touch()
    with pytest.raises(BadInput, match=r"unknown format; expected a file that ends in \.ttl, "):
        Source.of(tmp_path / name)


def test_a_folder_is_refused_even_when_its_name_ends_well(tmp_path):
    (tmp_path / "data.ttl").mkdir()
    with pytest.raises(BadInput, match="this is a folder; name the files in it"):
        Source.of(tmp_path / "data.ttl")


def test_a_file_whose_name_is_no_text_is_read_or_refused(tmp_path):
    path = tmp_path / os.fsdecode(b"\xff\xfe.ttl")
    path.write_bytes(TRIPLE)
    with contextlib.suppress(KgError):
        assert len(loaded(Source.of(path))) == 1


def test_a_file_that_goes_away_is_a_storage_failure(source):
    file = source(TRIPLE, name="a.ttl")
    file.path.unlink()
    for work in (loaded, Source.sha256, lambda file: file.size):
        with pytest.raises(StorageFailed, match=r"a\.ttl"):
            work(file)


@pytest.mark.parametrize("compress", [bytes, gzip.compress])
def test_progress_adds_up_to_the_size_of_the_file(source, compress):
    lines = b"".join(b"<a:%d> <a:> <a:> .\n" % number for number in range(5000))
    name = "a.nt" if compress is bytes else "a.nt.gz"
    file = source(compress(lines), name=name)
    heard = []
    load(Store(), file, base_iri=BASE, progress=heard.append)
    assert sum(heard) == file.size == len(compress(lines))


def test_a_blank_node_belongs_to_its_file(source):
    engine = Store()
    for name in ("one.ttl", "two.ttl"):
        content = b"_:x <a:p> 'x' . _:x <a:q> 'y' ."
        load(engine, source(content, name=name), base_iri=BASE, progress=silent)
    assert len({quad.subject for quad in engine}) == 2


def test_a_source_knows_its_size_and_digest(source):
    file = source(TRIPLE, name="a.ttl")
    assert file.size == len(TRIPLE)
    assert file.sha256() == hashlib.sha256(TRIPLE).hexdigest()
