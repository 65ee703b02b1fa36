"""What validation finds wrong is known by the thing, its class and the property at fault."""

import pytest

from kg import violations
from kg.errors import BadData
from kg.labels import Label
from kg.violations import Summary, Violations

E = "http://example.org/"
SHAPES = """
e:S a sh:NodeShape ; sh:targetClass e:C ; sh:property [ sh:path e:n ; sh:datatype xsd:integer ;
  sh:message "no integer"@en , "不是整数"@zh-Hans ] , [ sh:path e:m ; sh:minCount 1 ; sh:severity sh:Warning ] .
"""


@pytest.fixture
def found(store, tmp_path):
    def make(text: str) -> Violations:
        violations.make(store(text), tmp_path)
        return Violations(tmp_path)

    return make


def test_a_finding_concerns_the_thing_its_classes_and_the_property(found):
    made = found(SHAPES + "e:a a e:C , e:D ; e:n 'x' ; e:m 1 . e:b a e:C ; e:n 1 .")
    assert (made.conforms, made.shapes, made.total, made.wrong) == (False, 3, 2, 1)
    (finding,) = made.of(E + "a").rows
    assert (finding.severity, finding.focus, finding.path) == ("Violation", f"<{E}a>", f"<{E}n>")
    assert (finding.value, finding.shape) == ('"x"', f"<{E}S>")
    assert finding.messages == (Label("no integer", "en"), Label("不是整数", "zh-hans"))
    assert finding.component == "DatatypeConstraintComponent"
    for term, number in {"C": 2, "D": 1, "n": 1, "m": 1, "b": 1, "S": 0}.items():
        assert made.of(E + term).total == number, term
    (warning,) = made.of(E + "b").rows
    assert (warning.severity, warning.messages) == ("Warning", ())


def test_findings_are_counted_by_shape_and_path(found):
    made = found(SHAPES + "e:a a e:C ; e:n 'x' , 'y' ; e:m 1 . e:b a e:C ; e:n 1 ; e:m 2 .")
    assert made.summary() == (Summary("Violation", f"<{E}S>", f"<{E}n>", 2),)


def test_pages_of_findings_follow_each_other_and_the_total_is_exact(found):
    made = found(SHAPES + "".join(f"e:i{n} a e:C ; e:n 'x' ; e:m 1 . " for n in range(60)))
    first, second = made.all(), made.all(violations.ROWS)
    assert (len(first.rows), len(second.rows), first.total) == (50, 10, 60)
    assert not {each.focus for each in first.rows} & {each.focus for each in second.rows}
    assert made.of(E + "C", 50).rows == second.rows


def test_what_is_kept_is_bounded_and_what_is_counted_is_not(found, monkeypatch):
    monkeypatch.setattr(violations, "KEPT", 5)
    made = found(SHAPES + "".join(f"e:i{n} a e:C ; e:n 'x' ; e:m 1 . " for n in range(9)))
    assert (made.total, made.all().total, made.summary()[0].total) == (9, 5, 9)


@pytest.mark.parametrize(("text", "conforms"), [("", True), ("e:a e:p 1 .", True), (SHAPES, True)])
def test_where_nothing_is_wrong_nothing_is_found(found, text, conforms):
    made = found(text)
    assert (made.conforms, made.total, made.summary(), made.error) == (conforms, 0, (), "")
    assert made.of(E + "a").rows == ()


def test_shapes_that_cannot_be_used_are_told(store, tmp_path):
    broken = store("e:S a sh:NodeShape ; sh:targetClass e:C ; sh:property [ sh:minCount 1 ] .")
    with pytest.raises(BadData, match="has no sh:path"):
        violations.make(broken, tmp_path)
    made = Violations(tmp_path)
    assert not made.conforms
    assert "has no sh:path" in made.error


def test_a_blank_node_is_found_by_its_class(found):
    made = found(SHAPES + "[] a e:C ; e:n 'x' ; e:m 1 .")
    assert made.of(E + "C").total == 0
    assert made.of(E + "n").total == 1
