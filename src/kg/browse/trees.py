"""Trees that values of facets may form, and the properties that say what lies above what."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence

from kg.browse.asking import Asking
from kg.browse.paths import Path, Step
from kg.browse.values import Value
from kg.terms import Literal, NamedNode, spell, values

HIERARCHIES = (
    Step("http://www.w3.org/2004/02/skos/core#broader"),
    Step("http://www.w3.org/2004/02/skos/core#narrower", inverse=True),
    Step("http://www.w3.org/2000/01/rdf-schema#subClassOf"),
    Step("http://www.opengis.net/ont/geosparql#sfWithin"),
    Step("https://schema.org/containedInPlace"),
    Step("http://schema.org/containedInPlace"),
    Step("http://www.w3.org/ns/org#subOrganizationOf"),
    Step("http://purl.org/dc/terms/isPartOf"),
    Step("http://purl.org/dc/terms/hasPart", inverse=True),
)
"""Steps from a thing to what lies above it. The values of a facet are a tree by the first of these
that leads from one of them, an IRI, to another IRI; a value then stands for all below it, too."""

MOST_BELOW = 500
"""Values that a query names with all below them, rather than leaving it to the store."""


def ask(path: Path, parent: Step) -> str:
    """Return the query whether the values of a path, of any thing, are a tree by `parent`."""
    # What no triple is about is no thing; only against the direction of a step can it be reached.
    about = "FILTER EXISTS { ?item ?property ?about } " if path.steps[0].inverse else ""
    return (
        f"ASK {{ ?item {path.spell()} ?value . ?value {parent.spell()} ?above {about}"
        "FILTER(isIRI(?item) && isIRI(?value) && isIRI(?above) && ?value != ?above) }"
    )


def asked(asking: Asking, path: Path) -> Step | None:
    """Return the step that makes the values of a path a tree, by a query for each in question."""
    return next(
        (step for step in _used(asking) if asking.boolean(ask(path, step))),
        None,
    )


def _used(asking: Asking) -> list[Step]:
    """Return the hierarchies that the data has, by one query."""
    tests = [
        f"{{ SELECT ({place} AS ?place) {{ ?x {spell(NamedNode(step.property))} ?y }} LIMIT 1 }}"
        for place, step in enumerate(HIERARCHIES)
    ]
    rows = asking.rows(f"SELECT ?place {{ {' UNION '.join(tests)} }}")
    return [HIERARCHIES[place] for place in sorted(int(row["place"].value) for row in rows)]


def below(asking: Asking, step: Step, among: frozenset[Value]) -> frozenset[Value] | None:
    """Return values and all below them, by a query for each level.

    None where they are more than `MOST_BELOW`, or one of them is a blank node, which no query can
    name.
    """
    found = fresh = among
    while fresh:
        above = values("above", sorted(fresh, key=str))
        rows = asking.rows(f"SELECT DISTINCT ?below {{ {above} ?below {step.spell()} ?above }}")
        reached = {row["below"] for row in rows}
        named = frozenset(each for each in reached if isinstance(each, (NamedNode, Literal)))
        fresh, found = named - found, found | named
        if len(named) < len(reached) or len(found) > MOST_BELOW:
            return None
    return found


def upward(children: Iterable[int], parents: Iterable[int]) -> Mapping[int, Sequence[int]]:
    """Return what lies right above each node."""
    found: dict[int, list[int]] = defaultdict(list)
    for child, parent in zip(children, parents, strict=True):
        if parent != child and parent not in found[child]:
            found[child].append(parent)
    return found


def above(node: int, parents: Mapping[int, Sequence[int]]) -> set[int]:
    """Return a node and all that lies above it, however far; a circle ends where it began."""
    seen, waiting = {node}, [node]
    while waiting:
        for parent in parents.get(waiting.pop(), ()):
            if parent not in seen:
                seen.add(parent)
                waiting.append(parent)
    return seen


def nearest(
    node: int, parents: Mapping[int, Sequence[int]], among: Container[int]
) -> Iterator[int]:
    """Yield the nodes `among` others that lie next above `node`, past those that are not."""
    seen, waiting = {node}, [node]
    while waiting:
        for parent in parents.get(waiting.pop(0), ()):
            if parent not in seen:
                seen.add(parent)
                if parent in among:
                    yield parent
                else:
                    waiting.append(parent)
