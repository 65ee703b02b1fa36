"""Graphs and queries that Hypothesis makes: few terms, so that much comes together."""

from __future__ import annotations

from hypothesis import strategies as st
from pyoxigraph import DefaultGraph, Literal, NamedNode, Quad, Store

XSD = "http://www.w3.org/2001/XMLSchema#"
EX = "http://example.org/"


def _typed(text: str, datatype: str) -> Literal:
    return Literal(text, datatype=NamedNode(XSD + datatype))


THINGS = [NamedNode(EX + name) for name in "abc"]
INTEGERS = [_typed(text, "integer") for text in ("0", "1", "2", "-3", "10")]
NUMBERS = [*INTEGERS, *(_typed(text, "decimal") for text in ("1", "1.5", "-0.25", "10"))]
DOUBLES = [_typed(text, "double") for text in ("1", "0.5", "-3", "NaN", "INF", "-0")]
TEXTS = [
    Literal(""),
    Literal("a"),
    Literal("b"),
    Literal("ab"),
    Literal("光伏"),
    Literal("a", language="en"),
    Literal("b", language="en"),
    Literal("a", language="zh-hans"),
    Literal('x"\\\n\t'),
]
DATES = [
    *(_typed(text, "date") for text in ("2020-01-31", "2020-02-01", "2019-12-31Z")),
    *(_typed(text, "dateTime") for text in ("2020-01-31T10:00:00", "2020-01-31T10:00:00Z")),
]
OTHERS = [
    _typed("true", "boolean"),
    _typed("false", "boolean"),
    _typed("abc", "integer"),
    Literal("a", datatype=NamedNode(EX + "type")),
    Literal("b", datatype=NamedNode(EX + "type")),
    _typed("1", "float"),
    _typed("P1D", "duration"),
]
# What each property has for objects; the narrower, the more can be compiled.
OBJECTS = {
    "p": THINGS,
    "q": THINGS,
    "i": INTEGERS,
    "n": NUMBERS,
    "t": TEXTS,
    "d": DATES,
    "m": [*THINGS, *NUMBERS, *DOUBLES, *TEXTS, *DATES, *OTHERS],
}
GRAPHS = [DefaultGraph(), DefaultGraph(), NamedNode(EX + "g"), NamedNode(EX + "h")]


@st.composite
def quads(draw):
    name = draw(st.sampled_from([*"ppqqiinttdm"]))
    return Quad(
        draw(st.sampled_from(THINGS)),
        NamedNode(EX + name),
        draw(st.sampled_from(OBJECTS[name])),
        draw(st.sampled_from(GRAPHS)),
    )


@st.composite
def stores(draw):
    store = Store()
    store.extend(draw(st.lists(quads(), min_size=3, max_size=30)))
    return store


VARIABLES = ("?x", "?y", "?z", "?v", "?w")
# Variables by what they are likely to be bound to.
NODES, VALUES = VARIABLES[:3], VARIABLES[3:]


@st.composite
def triples(draw):
    name = draw(st.sampled_from([*"ppqiintdm"]))
    subject = draw(st.sampled_from([*NODES, *NODES, ":a"]))
    objects = [*NODES, ":b"] if name in "pq" else [*VALUES]
    if name in "pq" and draw(st.integers(0, 9)) == 0:
        path = draw(st.sampled_from(PATHS)).format(name)
        return f"{subject} {path} {draw(st.sampled_from(objects))} ."
    if draw(st.integers(0, 9)) == 0:
        return f"{subject} ?k {draw(st.sampled_from(objects))} ."
    return f"{subject} :{name} {draw(st.sampled_from(objects))} ."


PATHS = (":{0}+", ":{0}*", ":{0}?", ":p|:q", ":p|^:q", "!:{0}", "!(:{0}|^:p)", "(:p/:q)?", "^!:q")

CONSTANTS = (":a", "1", "2", "1.5", "0.5e0", '"a"', '"a"@en', "true", '"b"^^:type',
             '"2020-01-31"^^xsd:date')  # fmt: skip


@st.composite
def expressions(draw, depth=2):
    if depth == 0:
        return draw(st.sampled_from([*VARIABLES, *VARIABLES, *CONSTANTS]))
    inner = expressions(depth=depth - 1)
    form = draw(st.sampled_from(FORMS))
    return form.format(*(draw(inner) for _ in range(form.count("{}"))))


FORMS = (
    *("({} = {})", "({} != {})", "({} < {})", "({} <= {})", "({} > {})", "({} >= {})") * 3,
    "(! {})",
    "({} && {})",
    "({} || {})",
    "BOUND(?v)",
    "BOUND(?y)",
    "({} + {})",
    "({} - {})",
    "({} * {})",
    "({} / {})",
    "(- {})",
    "STR({})",
    "LANG({})",
    '(LANG({}) = "en")',
    'LANGMATCHES(LANG({}), "*")',
    "ISIRI({})",
    "ISLITERAL({})",
    "ISNUMERIC({})",
    'CONTAINS({}, "a")',
    'STRSTARTS(STR({}), "a")',
    'REGEX({}, "^A", "i")',
    "STRLEN({})",
    "({} IN ({}, {}))",
    "({} NOT IN ({}, {}))",
    "IF({}, {}, {})",
    "COALESCE({}, {})",
    "YEAR({})",
    "MONTH({})",
    "sameTerm({}, {})",
    "ABS({})",
    "CONCAT(STR({}), {})",
    'STRBEFORE({}, "b")',
    "STRAFTER(STR({}), STR({}))",
    "SUBSTR(STR({}), 2)",
    'STRAFTER({}, "a")',
    'REPLACE({}, "a", "b ")',
    "UCASE({})",
    "ENCODE_FOR_URI({})",
    "SUBSTR({}, 0, 2)",
    'REPLACE(STR({}), "a", "b ")',
    "LCASE({})",
    'CONTAINS(UCASE({}), "A")',
    "(DATATYPE({}) = xsd:integer)",
    "FLOOR({})",
    "CEIL({})",
    "ROUND({})",
    "MD5(STR({}))",
    "DATATYPE({})",
    "(DATATYPE({}) = DATATYPE({}))",
    "IRI({})",
    "IRI(CONCAT('urn:', STR({})))",
    "STRLANG(STR({}), 'en')",
    "STRDT(STR({}), :type)",
    "COALESCE(IRI({}), :none)",
    "xsd:boolean({})",
    "xsd:boolean(STR({}))",
    "xsd:integer({})",
    "xsd:integer(STR({}))",
    "xsd:decimal({})",
    "xsd:string({})",
)


@st.composite
def groups(draw, depth=2):
    parts = draw(st.lists(triples(), min_size=1, max_size=3))
    for _ in range(draw(st.integers(0, depth))):
        parts.append(draw(_part(depth - 1)))
    return "{ " + " ".join(parts) + " }"


@st.composite
def _part(draw, depth):
    kind = draw(st.sampled_from(PARTS))
    inner = groups(depth=max(0, depth))
    make = MAKERS.get(kind)
    return make(draw, inner) if make else f"{kind} {draw(inner)}"


MAKERS = {
    "FILTER": lambda draw, _: f"FILTER({draw(expressions())})",
    "BIND": lambda draw, _: f"BIND({draw(expressions(depth=1))} AS ?new{draw(st.integers(0, 99))})",
    "UNION": lambda draw, inner: f"{draw(inner)} UNION {draw(inner)}",
    "GRAPH": lambda draw, _: f"GRAPH {draw(st.sampled_from(['?g', ':g']))} {{ {draw(triples())} }}",
    "VALUES": lambda draw, _: f"VALUES {draw(st.sampled_from(VARIABLES))} {{ :a :b 1 UNDEF }}",
    "SELECT": lambda draw, inner: (
        f"{{ SELECT DISTINCT {draw(st.sampled_from(VARIABLES))} {draw(inner)} }}"
    ),
    "EXISTS": lambda draw, inner: (
        f"FILTER {draw(st.sampled_from(['', 'NOT ']))}EXISTS {draw(inner)}"
    ),
}

PARTS = (
    *("FILTER",) * 4, "OPTIONAL", "OPTIONAL", "MINUS", "UNION", "BIND", "GRAPH", "VALUES",
    "SELECT", "EXISTS",
)  # fmt: skip

AGGREGATES = ("COUNT(*)", "COUNT({})", "COUNT(DISTINCT {})", "SUM({})", "AVG({})", "MIN({})",
              "MAX({})", "COUNT({} + 1)", "SUM(DISTINCT {})", "SUM({} + 1)")  # fmt: skip


WHOLE = {
    "ask": "ASK",
    "all": "SELECT *",
    "construct": "CONSTRUCT { ?x :p ?v . ?y ?k ?w . ?v :q ?x }",
}
FORMS_OF_QUERIES = ("plain", "distinct", "all", "ask", "construct", "grouped", "grouped", "total")


@st.composite
def queries(draw):
    """A SELECT, ASK or CONSTRUCT without LIMIT, whose solutions are settled."""
    group = draw(groups())
    form = draw(st.sampled_from(FORMS_OF_QUERIES))
    chosen = draw(st.sampled_from(VARIABLES))
    if form in WHOLE:
        return f"{WHOLE[form]} {group}"
    if form == "distinct":
        return f"SELECT DISTINCT {chosen} ?x {group}".replace("?x ?x", "?x")
    if form == "plain":
        order = draw(st.sampled_from(("", f"ORDER BY {chosen}", "ORDER BY DESC(?v) ?x")))
        return f"SELECT {chosen} {group} {order}"
    aggregate = draw(st.sampled_from(AGGREGATES)).format(draw(st.sampled_from(VARIABLES)))
    if form == "total":
        return f"SELECT ({aggregate} AS ?n) {group}"
    having = draw(st.sampled_from(("", "", "HAVING(COUNT(*) > 1)")))
    return f"SELECT {chosen} ({aggregate} AS ?n) {group} GROUP BY {chosen} {having}"
