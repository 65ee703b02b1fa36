"""Queries that are a little wrong: a corpus, and what a seed makes of it.

A query is known by the seed and its number, whatever was made before it. Half of the changes know
what a token is, so that much of what comes out is still SPARQL; the others know bytes only.
"""

import random
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "data" / "queries"
CONFORMANCE = ROOT.parent / "shared" / "conformance"
"""The W3C's tests, where they are at hand."""

LONGEST = 3000
"""Bytes of a query of the corpus; longer ones are left out."""

HOSTILE = [
    "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }",
    "SELECT * { ?a ?b ?c . ?d ?e ?f } ORDER BY ?a ?f LIMIT 10",
    "SELECT ?s (GROUP_CONCAT(?o) AS ?all) { ?s ?p ?o } GROUP BY ?s HAVING (COUNT(?o) > 3)",
    "PREFIX : <http://example.org/> SELECT * { ?a ((:n*)*)* ?b }",
    "PREFIX : <http://example.org/> SELECT * { :c0 :n+/^:n*/(:n|!(:n|^:n))? ?b }",
    "ASK { ?s ?p ((((((((((((((((()))))))))))))))))  }",
    "ASK { FILTER(!(!(!(!(!(!(!(!(!(!(!(1 + 1 = 2))))))))))))  }",
    'SELECT (CONCAT(?x, ?x, ?x) AS ?y) { BIND(REPLACE("aaaa", "a", "aaaa") AS ?x) }',
    'ASK { <http://example.org/long> ?p ?text FILTER(REGEX(?text, "^(a+)+$", "i")) }',
    'ASK { <http://example.org/long> ?p ?text FILTER(REPLACE(?text, "a(.)", "$1$0") = "b") }',
    "SELECT * { VALUES (?a ?b) { (1 UNDEF) (UNDEF 'x'@en) } VALUES ?c { 1e400 -0.0 .5 } }",
    "SELECT * { SERVICE SILENT <http://127.0.0.1:9/x> { ?s ?p ?o } }",
    "SELECT * FROM <x:g> FROM NAMED <x:h> { GRAPH ?g { ?s ?p ?o } } LIMIT 5 OFFSET 2",
    "CONSTRUCT { ?s ?p [ ?p ( ?o 1 'x' ) ] } WHERE { ?s ?p ?o } LIMIT 20",
    "CONSTRUCT WHERE { ?s a ?o }",
    "DESCRIBE ?s <x:y> { ?s ?p 1 } LIMIT 3",
    "SELECT (<x:f>(1) AS ?x) (UUID() AS ?y) (RAND() AS ?z) (NOW() AS ?t) {}",
    'SELECT (STRDT("x", <x:y>) AS ?x) (STRLANG("x", "en") AS ?y) (IRI("a b") AS ?z) {}',
    'SELECT (SUBSTR("é𝄞x", 2, 1) AS ?x) (ENCODE_FOR_URI("光/伏") AS ?y) (SHA512("") AS ?z) {}',
    'SELECT ("\\u0000\\U0001F600" AS ?x) ("""a"b\'\n""" AS ?y) {}',
    "SELECT * { { SELECT ?s { ?s ?p ?o } LIMIT 3 } OPTIONAL { ?s ?q ?r } MINUS { ?s a ?r } }",
    "SELECT * { ?s ?p ?o FILTER NOT EXISTS { ?o ?q ?s FILTER EXISTS { ?s ?p ?o } } } LIMIT 5",
    "SELECT * { << ?s ?p ?o >> ?q ?r . ?s ?p <<( ?a ?b ?c )>> {| ?x ?y |} }",
    "SELECT (xsd:integer('1') + 9223372036854775807 AS ?x) {}",
    "PREFIX : <http://example.org/>BASE<x:>ASK{:a.b:c:d;:e,:f.<g>a<h>}",
    "SELECTDISTINCT?s{?s?p?o}LIMIT1",
    "ASK { ?s ?p 'x'^^<http://www.w3.org/2001/XMLSchema#dateTime> , '2024-02-30'^^<x:d> }",
    "INSERT DATA { <x:a> <x:b> <x:c> }",
]

TOKEN = re.compile(
    r"""
      (?P<space>    \s+ | \#[^\r\n]* )
    | (?P<iri>      <[^<>"{}|^`\\\x00-\x20]*> )
    | (?P<string>   \"{3}.*?\"{3} | '{3}.*?'{3} | "(?:[^"\\\n]|\\.)*" | '(?:[^'\\\n]|\\.)*' )
    | (?P<variable> [?$]\w+ )
    | (?P<name>     [\w.-]*:[\w.%-]* )
    | (?P<number>   [\d.]+(?:[eE][+-]?\d+)? )
    | (?P<word>     @?\w+ )
    | (?P<mark>     \|\||&&|\^\^|!=|<=|>=|<<\(?|\)?>>|\{\||\|\}|. )
    """,
    re.VERBOSE | re.DOTALL,
)

# Words that may stand for one another.
WORDS = [
    ("SELECT", "SELECT DISTINCT", "SELECT REDUCED", "ASK", "CONSTRUCT", "DESCRIBE", "INSERT", "LOAD"),
    ("WHERE", "FROM <x:g>", "FROM NAMED <x:g>", "GROUP BY", "HAVING", "ORDER BY", "LIMIT 3", "OFFSET"),
    ("OPTIONAL", "MINUS", "UNION", "GRAPH ?g", "FILTER EXISTS", "FILTER NOT EXISTS", "LATERAL",
     "SERVICE <http://127.0.0.1:9/>", "SERVICE SILENT ?s", ""),
    ("FILTER", "BIND", "VALUES", "EXISTS", "AS", "IN", "NOT IN", "a", "UNDEF", "SILENT", "BASE"),
    ("COUNT", "SUM", "MIN", "MAX", "AVG", "SAMPLE", "GROUP_CONCAT"),
    ("STR", "LANG", "DATATYPE", "BOUND", "IRI", "BNODE", "ABS", "CEIL", "FLOOR", "ROUND", "STRLEN",
     "UCASE", "LCASE", "ENCODE_FOR_URI", "YEAR", "SECONDS", "TIMEZONE", "TZ", "MD5", "SHA512",
     "isIRI", "isBLANK", "isLITERAL", "isNUMERIC", "isTRIPLE", "SUBJECT", "COALESCE", "CONCAT"),
    ("RAND", "NOW", "UUID", "STRUUID", "BNODE", "CONCAT", "COALESCE"),
    ("CONTAINS", "STRSTARTS", "STRENDS", "STRBEFORE", "STRAFTER", "sameTerm", "STRLANG", "STRDT",
     "LANGMATCHES", "REGEX", "SUBSTR", "REPLACE", "IF", "TRIPLE", "CONCAT", "COALESCE"),
    ("true", "false", "1", "?x"),
    ("ASC", "DESC", "DISTINCT", "REDUCED", ""),
]  # fmt: skip

ODD = {
    "number": [
        "0", "-0", "1e400", "-1e-400", ".5", "5.", "00", "9" * 40, "18446744073709551616",
        "9223372036854775807", "-9223372036854775808", "0.1e+99999999999", "1.0.0", "NaN",
    ],
    "string": [
        '""', "''", '"\\u0000"', '"\\uD800"', '"\\U00110000"', '"\0"', '"\u202e\ufffe"', '"' * 3,
        '"""' + '"' * 4, "'\\'", '"' + "a" * 2000 + '"', '"x"@en-' + "a" * 9, '"x"^^<>', '"(((("',
        '"[\\\\p{L}]{1000}"', '"(a*)*b"', '"e\u0301"', '"\\\\"', '"x"@en--ltr',
    ],
    "iri": [
        "<>", "<a b>", "<\\u0020>", "<x:\\U0010FFFF>", "<x:%>", "<http://[/>", "<//>", "<#>",
        "<file:///etc/passwd>", "<http://127.0.0.1:9/>", "<urn:" + "x" * 2000 + ">", "<x:光伏>",
    ],
    "variable": ["?x", "$x", "?0", "?光", "?" + "v" * 500, "?SERVICE", "?s", "?p", "?o"],
    "name": [":", "a:", ":a:b", "_:b", "_:b.", ":%20", ":\\~", "a.b:c.d", "service:x", "rdf:type"],
    "mark": [*"{}()[].;,|/^*+?!-=<>&#\\@\"'`~", "<<", ">>", "<<(", "{|", "^^", "||"],
}  # fmt: skip

CHARACTERS = ["\0", "\ufeff", "\u202e", "\u2028", "\xa0", "é", "光", "\U0010ffff", "\\u0041", "\\"]
BYTES = [
    b"\x00",
    b"\xff",
    b"\xc0\x80",
    b"\xed\xa0\x80",
    b"\xf4\x90\x80\x80",
    b"\xef\xbb\xbf",
    b"\r",
]

AROUND_GROUPS = [
    ("{ ", " }"),
    ("OPTIONAL { ", " }"),
    ("{} UNION { ", " }"),
    ("{ ?s ?p ?o MINUS { ", " } }"),
    ("FILTER EXISTS { ", " }"),
    ("FILTER NOT EXISTS { ", " }"),
    ("GRAPH ?g { ", " }"),
    ("{ SELECT * { ", " } }"),
    ("{ SELECT (COUNT(*) AS ?n) { ", " } }"),
]
AROUND_TERMS = [
    ("( ", " )"),
    ("!( ", " )"),
    ("STR( ", " )"),
    ("COALESCE( ", ", 1 )"),
    ("[ ?p ", " ]"),
    ("<<( ", " )>>"),
]

# Most of these have a format for each form of query.
ACCEPTED = [
    "*/*",
    "application/sparql-results+json, application/ld+json",
    "application/sparql-results+xml, application/rdf+xml",
    "text/csv, application/sparql-results+json;q=0.5, text/turtle;q=0.5",
    "text/tab-separated-values, application/sparql-results+xml;q=0.5, application/n-triples",
    "application/json, text/n3;q=0.9",
    "application/trig, */*;q=0.1",
    "text/html",
    "text/turtle",
]


@dataclass(frozen=True)
class Request:
    """A query on its way: how it is sent, and what may come back."""

    number: int
    text: bytes
    method: str
    target: str
    headers: dict[str, str]
    body: bytes | None


def texts(folder: Path, pattern: str) -> list[str]:
    """Return the files of a folder that are not too long, always in the same order."""
    files = sorted(folder.rglob(pattern))
    found = (file.read_text(encoding="utf-8", errors="replace") for file in files)
    return [text for text in found if len(text) <= LONGEST]


class Fuzzer:
    """Makes requests of queries that it changes; the same ones for the same seed."""

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self._ours = [_split(text) for text in self.ours()]
        self._tokens = [*self._ours, *map(_split, self.others())]

    def ours(self) -> list[str]:
        """Return the texts that do something with the data that is served."""
        return [*texts(EXAMPLES, "*.rq"), *HOSTILE]

    def others(self) -> list[str]:
        """Return texts that are many, and mostly find nothing."""
        return texts(CONFORMANCE, "*.rq")

    def requests(self, count: int) -> Iterator[Request]:
        return (self.request(number) for number in range(count))

    def request(self, number: int) -> Request:
        """Return the request with this number."""
        choose = random.Random(f"{self.seed}/{number}")
        return self.sent(choose, number, self._text(choose))

    def sent(self, choose: random.Random, number: int, text: bytes) -> Request:
        """Return the request for a text, in one of the ways of the protocol."""
        return _sent(choose, number, text)

    def _text(self, choose: random.Random) -> bytes:
        tokens = list(choose.choice(choose.choice([self._ours, self._tokens])))
        changes = choose.choice([GENTLE, GENTLE, GENTLE, [*GENTLE, *ROUGH], ROUGH])
        for _ in range(choose.choice([1, 1, 1, 2, 2, 3, 6])):
            tokens = choose.choice(changes)(choose, tokens, choose.choice(self._tokens))
        text = "".join(tokens).encode("utf-8", errors="surrogatepass")
        for _ in range(choose.choice([0, 0, 0, 0, 0, 1, 2])):
            text = choose.choice(OF_BYTES)(choose, text)
        return text


def _split(text: str) -> list[str]:
    return [match.group() for match in TOKEN.finditer(text)]


def _kind(token: str) -> str:
    match = TOKEN.fullmatch(token)
    return (match.lastgroup if match else None) or "mark"


def _place(choose: random.Random, items: list[str] | bytes) -> int:
    return choose.randint(0, len(items))


def _span(choose: random.Random, items: list[str] | bytes, longest: int = 12) -> slice:
    start = _place(choose, items)
    return slice(start, min(len(items), start + choose.randint(1, longest)))


def _odd(choose: random.Random, kind: str, token: str = "") -> str:
    """Return an odd token of a kind; in the place of a word, preferably one of its like."""
    if kind in ODD:
        return choose.choice(ODD[kind])
    like = [words for words in WORDS if token.upper() in {word.upper() for word in words}]
    return choose.choice(choose.choice(like if like and choose.random() < 0.9 else WORDS))


def _delete(choose: random.Random, tokens: list[str], _other: list[str]) -> list[str]:
    span = _span(choose, tokens, 4)
    return tokens[: span.start] + tokens[span.stop :]


def _repeat(choose: random.Random, tokens: list[str], _other: list[str]) -> list[str]:
    span, times = _span(choose, tokens), choose.choice([2, 2, 3, 10, 100])
    return tokens[: span.start] + tokens[span] * times + tokens[span.stop :]


def _swap(choose: random.Random, tokens: list[str], _other: list[str]) -> list[str]:
    result = list(tokens)
    if result:
        first, second = choose.randrange(len(result)), choose.randrange(len(result))
        result[first], result[second] = result[second], result[first]
    return result


def _replace(choose: random.Random, tokens: list[str], other: list[str]) -> list[str]:
    """Put an odd token, or one from another query, in the place of one of its kind."""
    places = [place for place, token in enumerate(tokens) if not token.isspace()]
    if not places:
        return tokens
    place = choose.choice(places)
    kind = _kind(tokens[place])
    same = [token for token in other if _kind(token) == kind]
    new = (
        choose.choice(same) if same and choose.random() < 0.5 else _odd(choose, kind, tokens[place])
    )
    return [*tokens[:place], new, *tokens[place + 1 :]]


def _insert(choose: random.Random, tokens: list[str], _other: list[str]) -> list[str]:
    place = _place(choose, tokens)
    new = _odd(choose, choose.choice(["word", *ODD]))
    return [*tokens[:place], " ", new, " ", *tokens[place:]]


def _splice(choose: random.Random, tokens: list[str], other: list[str]) -> list[str]:
    return tokens[: _place(choose, tokens)] + other[_place(choose, other) :]


def _borrow(choose: random.Random, tokens: list[str], other: list[str]) -> list[str]:
    place = _place(choose, tokens)
    return tokens[:place] + other[_span(choose, other)] + tokens[place:]


def _wrap(choose: random.Random, tokens: list[str], _other: list[str]) -> list[str]:
    """Nest a part, some levels deep: a whole group, or else a term."""
    span = _group(choose, tokens) if choose.random() < 0.8 else None
    opening, closing = choose.choice(AROUND_GROUPS if span else AROUND_TERMS)
    span = span or _span(choose, tokens, 1)
    deep = choose.choice([1, 1, 2, 5, 40])
    inside = [opening] * deep + tokens[span] + [closing] * deep
    return tokens[: span.start] + inside + tokens[span.stop :]


def _group(choose: random.Random, tokens: list[str]) -> slice | None:
    """Return where the inside of a pair of braces is."""
    opened = [place for place, token in enumerate(tokens) if token == "{"]
    if not opened:
        return None
    start, depth = choose.choice(opened) + 1, 1
    for place in range(start, len(tokens)):
        depth += (tokens[place] == "{") - (tokens[place] == "}")
        if depth == 0:
            return slice(start, place)
    return None


def _graft(choose: random.Random, tokens: list[str], other: list[str]) -> list[str]:
    """Put a group of another query into a group of this one, with the prefixes that it needs."""
    here, there = _group(choose, tokens), _group(choose, other)
    if here is None or there is None:
        return _wrap(choose, tokens, other)
    start, end = choose.choice(
        [("{ ", " }"), ("OPTIONAL { ", " }"), ("{} UNION { ", " }"), ("", "")]
    )
    inside = [*tokens[: here.start], start, *other[there], end, " ", *tokens[here.start :]]
    return [*_prologue(other), *inside]


def _prologue(tokens: list[str]) -> list[str]:
    """Return the tokens before the one that says what kind of query it is."""
    forms = ("SELECT", "ASK", "CONSTRUCT", "DESCRIBE")
    places = (place for place, token in enumerate(tokens) if token.upper() in forms)
    return tokens[: next(places, 0)]


def _multiply(choose: random.Random, tokens: list[str], _other: list[str]) -> list[str]:
    """Have the inside of a group several times."""
    span = _group(choose, tokens) or _span(choose, tokens)
    inside = [token for _ in range(choose.choice([2, 3, 8])) for token in (*tokens[span], " . ")]
    return tokens[: span.start] + inside[:-1] + tokens[span.stop :]


def _respace(choose: random.Random, tokens: list[str], _other: list[str]) -> list[str]:
    new = choose.choice(["\n", "\t", "\r", "   ", " # comment } \" ' \n"])
    return [new if token.isspace() and choose.random() < 0.5 else token for token in tokens]


def _close_up(choose: random.Random, tokens: list[str], _other: list[str]) -> list[str]:
    """Leave spaces out; the grammar needs hardly any."""
    return [token for token in tokens if not token.isspace() or choose.random() < 0.5]


def _recase(choose: random.Random, tokens: list[str], _other: list[str]) -> list[str]:
    change: Callable[[str], str] = choose.choice([str.upper, str.lower, str.swapcase, str.title])
    return [
        change(token) if _kind(token) == "word" and len(token) > 1 else token for token in tokens
    ]


def _escape(choose: random.Random, tokens: list[str], _other: list[str]) -> list[str]:
    """Write a character as its code point."""
    if not tokens:
        return tokens
    place = choose.randrange(len(tokens))
    at = choose.randrange(len(tokens[place]) + 1)
    token, character = tokens[place], tokens[place][at : at + 1] or "A"
    new = f"{token[:at]}\\u{ord(character) & 0xFFFF:04X}{token[at + 1 :]}"
    return [*tokens[:place], new, *tokens[place + 1 :]]


def _flip(choose: random.Random, text: bytes) -> bytes:
    if not text:
        return text
    place = choose.randrange(len(text))
    return text[:place] + bytes([text[place] ^ (1 << choose.randrange(8))]) + text[place + 1 :]


def _cut(choose: random.Random, text: bytes) -> bytes:
    return text[: _place(choose, text)]


def _drop(choose: random.Random, text: bytes) -> bytes:
    span = _span(choose, text, 30)
    return text[: span.start] + text[span.stop :]


def _double(choose: random.Random, text: bytes) -> bytes:
    span = _span(choose, text, 30)
    return text[: span.stop] + text[span] * choose.choice([1, 5, 200]) + text[span.stop :]


def _inject(choose: random.Random, text: bytes) -> bytes:
    place = _place(choose, text)
    pieces = [*BYTES, *(character.encode() for character in CHARACTERS), choose.randbytes(4)]
    return text[:place] + choose.choice(pieces) + text[place:]


# What mostly leaves a query, what mostly does not, and what does not know what one is.
GENTLE = [_wrap, _wrap, _graft, _graft, _replace, _replace, _multiply, _respace, _close_up, _recase]
ROUGH = [_delete, _repeat, _swap, _insert, _insert, _splice, _borrow, _escape, _replace]
OF_BYTES = [_flip, _cut, _drop, _double, _inject]


def _sent(choose: random.Random, number: int, text: bytes) -> Request:
    """Return the request for a query, in one of the ways of the protocol."""
    headers = {"Accept": choose.choice(ACCEPTED)}
    parameters = []
    if choose.random() < 0.05:
        name = choose.choice(["default-graph-uri", "named-graph-uri"])
        parameters.append(
            (name, choose.choice(["x:g", "", "no IRI", "http://e/\u00e9", "file:///"]))
        )
    way = choose.choice(["direct", "direct", "form", "address"])
    if way == "address" and len(text) < LONGEST:
        target = f"/sparql?{urlencode([*parameters, ('query', text)])}"
        return Request(number, text, "GET", target, headers, None)
    if way == "form":
        headers["Content-Type"] = "application/x-www-form-urlencoded"
        body = urlencode([*parameters, ("query", text)]).encode()
        return Request(number, text, "POST", "/sparql", headers, body)
    headers["Content-Type"] = "application/sparql-query"
    return Request(number, text, "POST", f"/sparql?{urlencode(parameters)}", headers, text)
