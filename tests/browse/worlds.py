"""Random small worlds, what plain Python says of them, and the two ways in which kg counts."""

from __future__ import annotations

import math
import random
import re
import tempfile
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path as File

from hypothesis import strategies as st
from pyoxigraph import BlankNode, DefaultGraph, Literal, NamedNode, Quad, RdfFormat, parse
from pyoxigraph import Store as Engine

from kg import dataset, display
from kg.browse import making
from kg.browse.counting import IndexCounts
from kg.browse.index import FacetIndex
from kg.browse.live import LiveCounts
from kg.browse.paths import Path, Step
from kg.browse.selection import Condition, Selection
from kg.browse.trees import HIERARCHIES
from kg.browse.values import Bound
from kg.store.embedded import EmbeddedStore

E = "http://example.org/"
RDF_TYPE = "http://www.w3.org/1999/02/22-rdf-syntax-ns#type"
BROADER = "http://www.w3.org/2004/02/skos/core#broader"
SUBCLASS = "http://www.w3.org/2000/01/rdf-schema#subClassOf"
XSD = "http://www.w3.org/2001/XMLSchema#"
LABEL = "http://www.w3.org/2000/01/rdf-schema#label"

THINGS = [NamedNode(f"{E}t{number}") for number in range(7)]
CONCEPTS = [NamedNode(f"{E}c{number}") for number in range(5)]
BLANKS = [BlankNode(f"b{number}") for number in range(2)]
LITERALS = [
    Literal(1), Literal(2), Literal(15), Literal("01", datatype=NamedNode(XSD + "integer")),
    Literal("1.5", datatype=NamedNode(XSD + "decimal")), Literal(2.5e3), Literal("15"),
    Literal("0.1", datatype=NamedNode(XSD + "float")), Literal("NaN", datatype=NamedNode(XSD + "double")),
    Literal("-INF", datatype=NamedNode(XSD + "double")), Literal("12x"), Literal(True),
    Literal("2020-05-01", datatype=NamedNode(XSD + "date")),
    Literal("2020", datatype=NamedNode(XSD + "gYear")), Literal("2019-12", datatype=NamedNode(XSD + "gYearMonth")),
    Literal("2021-01-02T03:04:05Z", datatype=NamedNode(XSD + "dateTime")), Literal("2020-99x"), Literal(2020),
    Literal("光伏", language="zh-Hans"), Literal("solar", language="en"), Literal("x"), Literal('a"\\\n'),
]  # fmt: skip
PREDICATES = [f"{E}p", f"{E}q", f"{E}n", RDF_TYPE, BROADER, SUBCLASS, LABEL]
GRAPHS = [DefaultGraph(), NamedNode(f"{E}g1"), NamedNode(f"{E}g2")]

nodes = st.sampled_from([*THINGS, *CONCEPTS, *BLANKS])
_objects = {
    f"{E}p": st.sampled_from([*CONCEPTS, *THINGS, *BLANKS, *LITERALS[:4], LITERALS[-1]]),
    f"{E}q": st.sampled_from([*CONCEPTS, *THINGS[:2]]),
    f"{E}n": st.sampled_from(LITERALS),
    RDF_TYPE: st.sampled_from([*CONCEPTS[:3], BLANKS[0]]),
    LABEL: st.sampled_from(LITERALS[-5:]),
}


@st.composite
def quads(draw):
    predicate = draw(st.sampled_from(PREDICATES))
    object = draw(_objects.get(predicate, st.sampled_from([*CONCEPTS, *CONCEPTS, BLANKS[1]])))
    return Quad(draw(nodes), NamedNode(predicate), object, draw(st.sampled_from(GRAPHS)))


steps = st.builds(Step, st.sampled_from([*PREDICATES, f"{E}unknown"]), st.booleans())
paths = st.one_of(
    st.builds(lambda step: Path((step,)), steps),
    st.sampled_from(PREDICATES).map(Path.of),
    st.builds(lambda one, two: Path((one, two)), steps, steps),
    st.sampled_from([f"{E}n", LABEL]).map(lambda name: Path.of(name).in_language()),
)
bounds = st.sampled_from([Bound(text) for text in ("1", "2", "15", "2.5e3", "0.1", "2020", "2020-05", "2019-12-31", "-1", "INF")])  # fmt: skip
terms = st.sampled_from([*THINGS, *CONCEPTS, *LITERALS[:3], *LITERALS[-8:], LITERALS[12]])
tags = st.sampled_from([Literal("en"), Literal("zh-hans"), Literal("fr")])


@st.composite
def conditions(draw, path):
    if path.language:
        chosen = st.frozensets(tags, max_size=2)
        return Condition(
            draw(chosen), draw(chosen), exists=draw(st.sampled_from([None, True, False]))
        )
    chosen = st.frozensets(terms, max_size=2)
    ranged = draw(st.booleans())
    low = draw(st.one_of(st.none(), bounds)) if ranged else None
    high = draw(st.one_of(st.none(), bounds)) if ranged else None
    exists = draw(st.sampled_from([None, None, True, False]))
    return Condition(
        draw(chosen), draw(chosen) if draw(st.booleans()) else frozenset(), low, high, exists
    )


@st.composite
def selections(draw):
    selection = Selection()
    for path in draw(st.lists(paths, max_size=3)):
        selection = selection.where(path, draw(conditions(path)))
    return selection


worlds = st.lists(quads(), max_size=45)


def random_quad(chance: random.Random) -> Quad:
    """Return a quad of the same kind, without Hypothesis."""
    predicate = chance.choice(PREDICATES)
    among = {
        f"{E}p": [*CONCEPTS, *THINGS, *BLANKS, *LITERALS[:4], LITERALS[-1]],
        f"{E}q": [*CONCEPTS, *THINGS[:2]],
        f"{E}n": LITERALS,
        RDF_TYPE: [*CONCEPTS[:3], BLANKS[0]],
        LABEL: LITERALS[-5:],
    }.get(predicate, [*CONCEPTS, BLANKS[1]])
    subject = chance.choice([*THINGS, *CONCEPTS, *BLANKS])
    return Quad(subject, NamedNode(predicate), chance.choice(among), chance.choice(GRAPHS))


class World:
    """What plain Python makes of the quads: triples, without graphs, each once."""

    def __init__(self, store: EmbeddedStore) -> None:
        self.triples = {quad.triple for quad in store.quads()}
        self.things = {t.subject for t in self.triples if isinstance(t.subject, NamedNode)}

    def follow(self, step, node):
        for triple in self.triples:
            if triple.predicate.value == step.property:
                ends = (triple.subject, triple.object)
                start, end = ends[::-1] if step.inverse else ends
                if start == node:
                    yield end

    def reached(self, path, thing):
        found = {thing}
        for step in path.steps:
            found = {end for node in found for end in self.follow(step, node)}
        if path.language:
            return {Literal(n.language) for n in found if isinstance(n, Literal) and n.language}
        return found

    def tree(self, path):
        if path.language:
            return None
        values = {v for thing in self.things for v in self.reached(path, thing)}
        values = {value for value in values if isinstance(value, NamedNode)}
        for step in HIERARCHIES:
            for value in values:
                for end in self.follow(step, value):
                    if isinstance(end, NamedNode) and end != value:
                        return step
        return None

    def climbed(self, found, step):
        while True:
            more = {end for node in found for end in self.follow(step, node)} | found
            if more == found:
                return found
            found = more

    def values(self, path, thing):
        found, tree = self.reached(path, thing), self.tree(path)
        return found if tree is None else self.climbed(found, tree)

    def meets(self, thing, path, condition):
        values, reached = self.values(path, thing), self.reached(path, thing)
        if condition.any and not condition.any & values:
            return False
        if condition.none & values:
            return False
        if condition.has_range and not any(_between(v, condition) for v in reached):
            return False
        return condition.exists is None or bool(reached) == condition.exists

    def chosen(self, selection):
        return {
            thing.value
            for thing in self.things
            if all(self.meets(thing, *each) for each in selection.conditions.items())
        }


def _between(value, condition):
    """Return whether a value lies in the range, as a number or as a date."""
    if not isinstance(value, Literal):
        return False
    low, high = condition.low, condition.high
    number = _number(value.value)
    is_number = number is not None and all(
        bound is None or (bound.number is not None and _compare(number, bound.number) * sign >= 0)
        for bound, sign in ((low, 1), (high, -1))
    )
    is_day = re.match(r"\d{4}(-|$)", value.value) is not None and all(
        bound is None
        or (
            bound.day is not None and _compare(value.value[: len(bound.day)], bound.day) * sign >= 0
        )
        for bound, sign in ((low, 1), (high, -1))
    )
    return is_number or is_day


def _number(text):
    try:
        number = math.nan if "_" in text else float(text)
    except ValueError:
        return None
    return None if math.isnan(number) else number


def _compare(one, other):
    """Return -1, 0 or 1 as one comes before, with or after the other."""
    return (one > other) - (one < other)


@dataclass
class Ways:
    """A world, and the ways to count in it."""

    store: EmbeddedStore
    world: World
    index: IndexCounts
    live: LiveCounts
    stepwise: LiveCounts
    facets: FacetIndex


def no_search(_text):
    raise AssertionError("nothing is searched here")


def counts_of(turtle: str) -> IndexCounts:
    """Return what counts in a graph that is written in Turtle."""
    return ways(parse_turtle(turtle)).index


def parse_turtle(text: str) -> list[Quad]:
    """Return what is written in Turtle."""
    return list(parse(text, format=RdfFormat.TURTLE))


def ways(content) -> Ways:
    engine = Engine()
    engine.extend(content)
    store = EmbeddedStore(engine, snapshot="test")
    with tempfile.TemporaryDirectory() as folder:
        making.make(store, File(folder), dataset.count(store), display.read(store))
        index = FacetIndex(File(folder))
    live = LiveCounts(store, no_search)
    counts = IndexCounts(index, live, no_search, snapshot="test")
    stepwise = LiveCounts(store, no_search, follows_trees=False)
    return Ways(store, World(store), counts, live, stepwise, index)


def is_sorted(values):
    return all(a <= b for a, b in pairwise(values))
