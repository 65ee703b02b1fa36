"""Coverage: which clauses of a document the statements of a graph point into."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kg import coverage
from kg.coverage import Range
from kg.errors import KgError


@pytest.fixture
def report(store, tmp_path):
    """Return what reports on statements (start, end) and ranges set aside over a document."""

    def report(document: bytes | None, pointers=(), set_aside=()):
        folder = tmp_path / "sources"
        folder.mkdir()
        (folder / "other.txt").write_bytes(b"other")
        if document is not None:
            (folder / "原文.txt").write_bytes(document)
        digest = hashlib.sha256(document or b"").hexdigest()
        passage = "e:p{0} oa:hasSource e:doc ; oa:hasSelector [ oa:start {1} ; oa:end {2} ] . "
        text = f"e:doc kg:sha256 '{digest}' . "
        for number, (start, end) in enumerate(pointers):
            text += passage.format(number, start, end) + f"e:s{number} kg:evidence e:p{number} . "
        for number, (start, end) in enumerate(set_aside, start=len(pointers)):
            text += passage.format(number, start, end) + f"e:doc kg:setsAside e:p{number} . "
        return coverage.report(store(text), folder)

    return report


TEXT = "甲乙，丙丁。戊"  # 0-2, 3-5, 6-7


@pytest.mark.parametrize(
    ("pointers", "set_aside", "bare", "beyond"),
    [
        ([(0, 7)], [], [], 0),
        ([(0, 2), (3, 5), (6, 7)], [], [], 0),
        ([(0, 1), (4, 5)], [(6, 7)], [], 0),
        ([(0, 2)], [], ["丙丁", "戊"], 0),
        ([(2, 3)], [], ["甲乙", "丙丁", "戊"], 0),
        ([(1, 4)], [], ["戊"], 0),
        ([], [(0, 7)], [], 0),
        ([(0, 7), (6, 8)], [], [], 1),
        ([(0, 7), (3, 3)], [], [], 1),
        ([(0, 7), (5, 3)], [], [], 1),
        ([(0, 7), (-1, 3)], [], [], 1),
    ],
)
def test_a_document_is_complete_when_something_points_into_every_clause(
    report, pointers, set_aside, bare, beyond
):
    (found,) = report(TEXT.encode(), pointers, set_aside)
    assert [clause.text for clause in found.clauses] == ["甲乙", "丙丁", "戊"]
    assert [clause.text for clause in found.bare] == bare
    assert len(found.beyond) == beyond
    assert found.complete == (not bare and not beyond)
    *lines, last = coverage.as_text(found)
    assert len(lines) == 3 + beyond
    assert sum("NOTHING POINTS HERE" in line for line in lines) == len(bare)
    assert f"{len(bare)} bare; {beyond} ranges outside" in last


def test_a_document_that_is_not_at_hand_is_told_by_its_digest(report):
    (found,) = report(None, [(0, 1)])
    assert found.file is None
    (line,) = coverage.as_text(found)
    assert found.sha256 in line
    assert "source_dir" in line


def test_a_graph_without_evidence_has_nothing_to_report(store, tmp_path):
    assert coverage.report(store("e:a e:p 1 ."), tmp_path) == []
    assert coverage.report(store(""), None) == []


@pytest.mark.parametrize("start", ["'x'", "1.5", "e:a", "[]", "''"])
def test_a_range_that_is_no_number_is_a_mistake_in_the_data(report, start):
    try:
        (found,) = report(TEXT.encode(), [(start, 2)])
    except KgError:
        return
    assert not found.complete


@pytest.mark.parametrize("document", [b"\xff\xfe", "é".encode("latin-1")])
def test_a_document_that_is_not_utf_8_is_told(report, document):
    with pytest.raises(KgError, match=r"原文\.txt"):
        report(document, [(0, 1)])


@pytest.mark.parametrize("name", ["missing", "file"])
def test_a_source_folder_that_is_none_is_told(store, tmp_path, name):
    (tmp_path / "file").write_text("", encoding="utf-8")
    evidence = (
        "e:doc kg:sha256 'x' . e:p oa:hasSource e:doc ; oa:hasSelector [ oa:start 0 ; oa:end 1 ] . "
        "e:s kg:evidence e:p ."
    )
    with pytest.raises(KgError, match=name):
        coverage.report(store(evidence), tmp_path / name)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        ("，。；\n  ", []),
        ("一、二", ["一、二"]),
        ("a, b; c: d! e? f\ng", ["a", "b", "c", "d", "e", "f", "g"]),
        ("一，二。三；四！五？六：七", list("一二三四五六七")),
        ("（一）", ["（一）"]),
        ("a,,b", ["a", "b"]),
        ("𝄞, 𠀀", ["𠀀"]),
    ],
)
def test_clauses_end_at_punctuation(text, expected):
    assert [words for _, words in coverage.clauses(text)] == expected


@given(st.text() | st.text(alphabet="ab一，。 \n,.:"))
def test_clauses_are_parts_of_the_text_in_order_and_leave_no_letter_out(text):
    found = list(coverage.clauses(text))
    ends = [0]
    for place, words in found:
        assert text[place.start : place.end].strip() == words
        assert not any(map(str.isalnum, text[ends[-1] : place.start]))
        ends.append(place.end)
    assert ends == sorted(ends)
    assert not any(map(str.isalnum, text[ends[-1] :]))


RANGES = st.builds(Range, st.integers(0, 9), st.integers(0, 9))


@given(RANGES, RANGES)
def test_ranges_overlap_when_they_have_a_character_in_common(one, other):
    if one.start < one.end and other.start < other.end:
        common = set(range(one.start, one.end)) & set(range(other.start, other.end))
        assert one.overlaps(other) is bool(common)
    assert one.overlaps(other) is other.overlaps(one)
