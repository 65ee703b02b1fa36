"""The guard finds SERVICE and LOAD wherever the engine would, and nowhere else."""

import pytest

from kg.errors import Forbidden
from kg.guard import check_query, check_update

TARGET = "<http://127.0.0.1:8099/x>"

REFUSED_QUERIES = [
    f"SELECT * {{ SERVICE {TARGET} {{ ?s ?p ?o }} }}",
    f"SELECT * {{ service silent {TARGET} {{ ?s ?p ?o }} }}",
    f"SELECT * {{ SeRvIcE{TARGET}{{ ?s ?p ?o }} }}",
    f"SELECT * {{ SERVICE # comment\n {TARGET} {{ ?s ?p ?o }} }}",
    f"SELECT * {{ SERVICE\n\tSILENT\r\n{TARGET} {{ ?s ?p ?o }} }}",
    f"SELECT * {{ \\u0053ERVICE {TARGET} {{ ?s ?p ?o }} }}",
    f"SELECT * {{ \\U00000053ERVICE {TARGET} {{ ?s ?p ?o }} }}",
    f"ASK {{ ?s ?p trueSERVICE SILENT{TARGET}{{}} }}",
    f"ASK {{ ?s ?p trueSERVICESILENT{TARGET}{{}} }}",
    f"ASK {{ ?s ?p 1SERVICE{TARGET}{{}} }}",
    "PREFIX : <http://127.0.0.1:8099/> ASK { SERVICE:x{} }",
    "PREFIX : <http://127.0.0.1:8099/> ASK { SERVICESILENT:x{} }",
    "PREFIX : <http://127.0.0.1:8099/> ASK { SERVICE SILENT:x{} }",
    "PREFIX : <http://127.0.0.1:8099/> ASK { ?s ?p trueSERVICE:x{} }",
    "SELECT * { VALUES ?e { <http://127.0.0.1:8099/x> } SERVICE ?e { ?s ?p ?o } }",
    f"SELECT * {{ ?s ?p ?o FILTER(?s<?o)SERVICE{TARGET}{{}} }}",
    f'SELECT * {{ ?s ?p "a" . SERVICE {TARGET} {{}} ?s ?p "b" }}',
    f"SELECT * {{ ?s ?p '''x' \\''' ''' . SERVICE {TARGET} {{}} }}",
    f"# \\u000a \"\"\" \nSELECT * {{ SERVICE {TARGET} {{}} }} # \"\"\"",
    f"SELECT * {{ ?a ?b ?c FILTER(?a<#>\"\"\"\n ?b) SERVICE {TARGET} {{}} #\"\"\"\n }}",
    f'SELECT * {{ VALUES ?x {{ """a" }} SERVICE {TARGET} {{}} }}',
    f"SELECT * {{ ?s ?p true.SERVICE{TARGET}{{}} }}",
    f"SELECT * {{ {{ SELECT * {{ SERVICE {TARGET} {{}} }} }} }}",
    f"SELECT * {{ FILTER EXISTS {{ SERVICE {TARGET} {{}} }} }}",
    f"SELECT * {{ ?s ?p ?z FILTER(?z<2)SERVICE#>\n{TARGET}{{ ?a ?b ?c }} }}",
    "SELECT * { ?s ?p ?z FILTER(?z<2)SERVICE#>\n<http://127.0.0.1:8099/#x>{ ?a ?b ?c } }",
    "SELECT * { ?s ?p ?z FILTER(?z<2)SERVICE#>\n?z{ ?a ?b ?c } }",
]  # fmt: skip

ACCEPTED_QUERIES = [
    'SELECT * { ?s ?p "SERVICE <http://127.0.0.1/> {}" }',
    "SELECT * { ?s ?p '''SERVICE <http://127.0.0.1/> {}''' }",
    "SELECT * { ?s <http://e/SERVICE> ?o }",
    "SELECT * { ?s ?p ?o } # SERVICE <http://127.0.0.1/> {}",
    "SELECT ?SERVICE { ?SERVICE ?p ?o }",
    "PREFIX service: <http://e/> SELECT * { ?s service:x ?o }",
    "PREFIX service: <http://e/> SELECT * { GRAPH service:x { ?s ?p ?o } }",
    "PREFIX webservice: <http://e/> SELECT * { webservice:x webservice:y webservice:z }",
    "PREFIX e: <http://e/> SELECT * { ?s e:SERVICE ?o }",
    'SELECT * { ?s ?p "x"@SERVICE }',
    "SELECT * { ?s <http://e/#a> ?o . ?o <http://e/#b> 'SERVICE <http://e/> {}' }",
    "SELECT * { _:SERVICE ?p ?o }",
    "SELECT * { ?s a <http://www.w3.org/ns/sparql-service-description#NamedGraph> }",
    "SELECT * { ?s a <http://e/service#T> . ?s ?p ?o }",
    "SELECT * { ?s a <http://e/service#T> .\n ?s ?p ?o }",
    "SELECT * { GRAPH <http://e/service#T>\n { ?s ?p ?o } }",
]

REFUSED_UPDATES = [
    f"LOAD {TARGET}",
    f"load silent {TARGET} INTO GRAPH <http://e/g>",
    "LOAD <file:///etc/passwd>",
    f"INSERT DATA {{ <s:a> <s:b> 1 }};LOAD{TARGET}",
    "PREFIX : <http://127.0.0.1:8099/> LOAD:x",
    "PREFIX : <http://127.0.0.1:8099/> LOADSILENT:x",
    "CLEAR ALL ; LOAD:x",
    f"\\u004cOAD {TARGET}",
    f"INSERT {{ ?s ?p ?o }} WHERE {{ SERVICE {TARGET} {{ ?s ?p ?o }} }}",
]  # fmt: skip

ACCEPTED_UPDATES = [
    'INSERT DATA { <s:a> <s:b> "LOAD <http://127.0.0.1/>" }',
    "PREFIX load: <http://e/> INSERT DATA { load:a load:b load:c }",
    "PREFIX payload: <http://e/> INSERT DATA { <s:a> <s:b> payload:c }",
    "PREFIX download: <http://e/> COPY download:a TO download:b",
    "CLEAR GRAPH <http://e/LOAD>",
    f"INSERT DATA {{ <s:a> <s:b> 1 }} # LOAD {TARGET}",
]


@pytest.mark.parametrize("text", REFUSED_QUERIES)
def test_a_query_that_reaches_another_server_is_refused(text):
    for check in (check_query, check_update):
        with pytest.raises(Forbidden) as refusal:
            check(text)
        assert refusal.value.code == "federation_disabled"


@pytest.mark.parametrize("text", ACCEPTED_QUERIES)
def test_the_word_alone_is_no_reason_to_refuse_a_query(text):
    check_query(text)


@pytest.mark.parametrize("text", REFUSED_UPDATES)
def test_an_update_that_reaches_out_is_refused(text):
    with pytest.raises(Forbidden) as refusal:
        check_update(text)
    assert refusal.value.code in ("load_disabled", "federation_disabled")


@pytest.mark.parametrize("text", ACCEPTED_UPDATES)
def test_the_word_alone_is_no_reason_to_refuse_an_update(text):
    check_update(text)


@pytest.mark.parametrize(
    ("target", "allowed"),
    [
        ("<http://ok.example/sparql>", True),
        ("<https://OK.example/sparql>", True),
        ("<http://ok.example:8080/sparql>", False),
        ("<http://other.example:81/sparql>", True),
        ("<http://evil.example/ok.example>", False),
        ("<http://ok.example@evil.example/>", False),
        ("<http://ok.example.evil.example/>", False),
        ("<ftp://ok.example/>", False),
        ("<//ok.example/>", False),
        ("<http://ok.\\u0065xample/>", False),
        ("<http://[/>", False),
        ("?endpoint", False),
        ("ok:sparql", False),
    ],
)
def test_federation_goes_only_to_the_hosts_that_are_named(target, allowed):
    query = f"SELECT * {{ SERVICE SILENT {target} {{ ?s ?p ?o }} }}"
    hosts = ("ok.example", "other.example:81")
    if allowed:
        check_query(query, hosts)
    else:
        with pytest.raises(Forbidden, match=r"ok\.example"):
            check_query(query, hosts)
