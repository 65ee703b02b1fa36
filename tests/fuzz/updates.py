"""Updates that are a little wrong: another corpus for the same changes, and another way to send."""

import random
from collections.abc import Mapping
from urllib.parse import urlencode

HOSTILE = [
    "INSERT DATA { <x:a> <x:b> <x:c> , 1 , 'x'@en , '1'^^<x:d> , [] , ( 1 2 ) }",
    "INSERT DATA { GRAPH <x:g> { <x:a> <x:b> <x:c> } }",
    "DELETE DATA { <x:a> <x:b> <x:c> . GRAPH <x:g> { <x:a> <x:b> <x:c> } }",
    "DELETE WHERE { ?s <x:b> ?o }",
    "DELETE { ?s ?p ?o } INSERT { ?o <x:q> ?s } WHERE { ?s ?p ?o FILTER(isIRI(?o)) }",
    "INSERT { ?a <x:b> ?c } WHERE { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }",
    "INSERT { ?s <x:b> ?o } WHERE { { SELECT ?s ?o { ?s ?p ?o } LIMIT 10 } }",
    "WITH <x:g> DELETE { ?s ?p ?o } INSERT { ?s ?p 1 } USING <x:g> WHERE { ?s ?p ?o }",
    "INSERT { GRAPH ?g { ?s <x:copy> ?o } } USING NAMED <x:g> WHERE { GRAPH ?g { ?s ?p ?o } }",
    "CREATE GRAPH <x:h> ; COPY <x:g> TO <x:h> ; MOVE <x:h> TO <x:i> ; ADD DEFAULT TO <x:g>",
    "CREATE SILENT GRAPH <x:g> ; CLEAR SILENT NAMED ; DROP GRAPH <x:gone>",
    "CLEAR DEFAULT ; INSERT DATA { <x:a> <x:b> 1e400 , '2024-02-30'^^<x:d> }",
    "LOAD <http://127.0.0.1:9/x> INTO GRAPH <x:g>",
    "LOAD SILENT <file:///etc/passwd>",
    "INSERT { ?s ?p ?o } WHERE { SERVICE <http://127.0.0.1:9/> { ?s ?p ?o } }",
    "PREFIX : <x:> INSERT DATA { :a :b :c } ; PREFIX : <y:> DELETE DATA { :a :b :c }",
    "BASE <x:> INSERT DATA { <a> <b> <c> } ; BASE <y:> INSERT DATA { <a> <b> <c> }",
    'INSERT DATA { <x:a> <x:b> """a"b\'\n""" , "\\u0000\\U0001F600" , "光伏"@zh-Hans }',
    "INSERT DATA { << <x:a> <x:b> <x:c> >> <x:q> <<( <x:a> <x:b> <<( <x:a> <x:b> 1 )>> )>> }",
    "INSERT { ?s <x:t> ?t } WHERE { BIND(NOW() AS ?t) BIND(UUID() AS ?s) }",
    "INSERT { ?s <x:f> ?f } WHERE { ?s ?p ?o BIND(<x:f>(?o) AS ?f) }",
    "INSERT{?s?p?o}WHERE{?s?p?o};",
    "SELECT * { ?s ?p ?o }",
    "",
]


def fuzzer(queries: object, seed: int, headers: Mapping[str, str]):
    """Return what makes updates of `seed`, sent with `headers`; `queries` is the module."""

    class UpdateFuzzer(queries.Fuzzer):
        def ours(self) -> list[str]:
            return HOSTILE

        def others(self) -> list[str]:
            return queries.texts(queries.CONFORMANCE, "*.ru")

        def sent(self, choose: random.Random, number: int, text: bytes):
            return _sent(queries.Request, choose, number, text, headers)

    return UpdateFuzzer(seed)


def _sent(request: type, choose: random.Random, number: int, text: bytes, headers):
    parameters = []
    if choose.random() < 0.1:
        name = choose.choice(["using-graph-uri", "using-named-graph-uri"])
        parameters.append((name, choose.choice(["x:g", "", "no IRI", "http://e/\u00e9"])))
    if choose.random() < 0.3:
        typed = {**headers, "Content-Type": "application/x-www-form-urlencoded"}
        body = urlencode([*parameters, ("update", text)]).encode()
        return request(number, text, "POST", "/update", typed, body)
    typed = {**headers, "Content-Type": "application/sparql-update"}
    return request(number, text, "POST", f"/update?{urlencode(parameters)}", typed, text)
