"""A selection as SPARQL: what the page shows as its query, and what a store is asked."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from kg.browse.paths import Path, Step
from kg.browse.selection import Condition, Selection
from kg.browse.values import DATE_PATTERN, Bound, Value
from kg.terms import XSD, Literal, spell, values

Tree = Callable[[Path], Step | None]
"""The step from a value to the one above it, where the values of a facet form a tree."""

TextPattern = Callable[[str], str]
"""The pattern of the things `?item` that a search for a text finds."""


def select(selection: Selection, tree: Tree, text: TextPattern) -> str:
    """Return the query whose rows are the things that are chosen, in no order."""
    return f"SELECT DISTINCT ?item WHERE {{\n{where(selection, tree, text)}\n}}"


def where(selection: Selection, tree: Tree, text: TextPattern) -> str:
    """Return the pattern that binds `?item` to each thing that is chosen, perhaps repeatedly.

    A thing is an IRI of which the data says something: that is the subject of a triple. What is
    excluded comes last, as MINUS: engines find it once, and not for each thing again.
    """
    lines = [text(selection.text)] if selection.text else []
    excluded: list[str] = []
    for number, (path, condition) in enumerate(selection.conditions.items()):
        lines += _asked(path, condition, tree(path), number)
        excluded += _excluded(path, condition, tree(path), number)
    if not any(map(_implies_subject, selection.conditions.items())):
        lines.append("?item ?anyProperty ?anyValue .")
    lines += [f"MINUS {{ {each} }}" for each in excluded]
    return "\n".join(f"  {line}" for line in [*lines, "FILTER(isIRI(?item))"])


def _implies_subject(chosen: tuple[Path, Condition]) -> bool:
    """Return whether only the subject of a triple can meet a condition."""
    path, condition = chosen
    asks_for_value = condition.any or condition.has_range or condition.exists
    return bool(asks_for_value) and not path.steps[0].inverse


def _asked(path: Path, condition: Condition, parent: Step | None, number: int) -> Iterator[str]:
    """Yield the patterns of what must be there."""
    if condition.any:
        yield chosen(path, condition.any, parent, f"{number}")
    if condition.has_range:
        yield in_range(path, condition.low, condition.high, f"?number{number}")
    if condition.exists:
        yield some(path, f"?some{number}")


def _excluded(path: Path, condition: Condition, parent: Step | None, number: int) -> Iterator[str]:
    """Yield the patterns of what must not."""
    if condition.none:
        yield chosen(path, condition.none, parent, f"{number}x")
    if condition.exists is False:
        yield some(path, f"?some{number}")


def chosen(path: Path, among: Iterable[Value], parent: Step | None, number: str) -> str:
    """Return the pattern of things with one of the values, or with one below it in the tree."""
    value = f"value{number}"
    given = values(value, sorted(among, key=str))
    if path.language:
        return f"{given} {bound(path, f'?{value}', f'?text{number}')}"
    if parent is None:
        return f"{given} ?item {path.spell()} ?{value} ."
    # By itself: Oxigraph would follow the path again for each thing that other conditions leave.
    below = f"?below{number}"
    found = f"{given} {below} {climb(parent)} ?{value} . ?item {path.spell()} {below}"
    return f"{{ SELECT DISTINCT ?item {{ {found} }} }}"


def climb(parent: Step) -> str:
    """Return the path from a value to itself and all above it (SPARQL 1.1, 9.1)."""
    return f"({parent.spell()})*"


def bound(path: Path, value: str, text: str) -> str:
    """Return the pattern that binds, or compares, `value` to the language of a text.

    The tags are compared in lower case (BCP 47, 2.1.1).
    """
    return f"?item {path.spell()} {text} . FILTER(LCASE(LANG({text})) = {value})"


def some(path: Path, value: str) -> str:
    """Return the pattern of things that have any value, or for languages any text with one."""
    tagged = f' FILTER(LANG({value}) != "")' if path.language else ""
    return f"?item {path.spell()} {value} .{tagged}"


def in_range(path: Path, low: Bound | None, high: Bound | None, value: str) -> str:
    """Return the pattern of things with a value from `low` to `high`."""
    return f"?item {path.spell()} {value} . FILTER({within(low, high, value)})"


def within(low: Bound | None, high: Bound | None, value: str) -> str:
    """Return whether a value lies from `low` to `high`, as an expression: see `Bound`."""
    bounds = [(">=", low), ("<=", high)]
    given = [(sign, each) for sign, each in bounds if each is not None]
    ways = []
    if all(each.number is not None for _, each in given):
        ways.append([f"{AS_NUMBER.format(value)} {sign} {_number(each)}" for sign, each in given])
    if all(each.day is not None for _, each in given):
        dates = [
            f"SUBSTR(STR({value}), 1, {len(each.text)}) {sign} {spell(Literal(each.text))}"
            for sign, each in given
        ]
        ways.append([f"REGEX(STR({value}), {spell(Literal(DATE_PATTERN))})", *dates])
    tests = [" && ".join(way) for way in ways]
    test = tests[0] if len(tests) == 1 else " || ".join(f"({each})" for each in tests)
    return test or "false"


AS_NUMBER = f"{spell(XSD.double)}(STR({{}}))"


def _number(each: Bound) -> str:
    """Return a bound as SPARQL writes xsd:double."""
    assert each.number is not None
    return spell(Literal(each.number))
