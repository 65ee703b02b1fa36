import assert from "node:assert/strict";
import { test } from "node:test";
import { laidOut } from "../src/parts/layout.js";

const CASES = [
  ["select * {?s ?p ?o}", "select * {\n  ?s ?p ?o\n}\n"],
  [
    "PREFIX a: <http://a/#> SELECT ?x WHERE { ?x a:b ?y ; a:c/a:d* 'x. y {' . FILTER(?y > 1.5) # no\n OPTIONAL { ?x a:e [ a:f ?z ; a:g ?h ] } } ORDER BY ?x LIMIT 5",
    `PREFIX a: <http://a/#>

SELECT ?x WHERE {
  ?x a:b ?y ;
    a:c/a:d* 'x. y {' .
  FILTER(?y > 1.5) # no
  OPTIONAL {
    ?x a:e [ a:f ?z ; a:g ?h ]
  }
}
ORDER BY ?x
LIMIT 5
`,
  ],
  [
    "# what\nASK { { ?a ?b ?c } UNION { ?d ?e ?f } FILTER NOT EXISTS { ?a ?b 1 } VALUES ?x { 1 2 } ?x ?y ?z }",
    `# what
ASK {
  {
    ?a ?b ?c
  } UNION {
    ?d ?e ?f
  }
  FILTER NOT EXISTS {
    ?a ?b 1
  }
  VALUES ?x { 1 2 }
  ?x ?y ?z
}
`,
  ],
];

for (const [given, wanted] of CASES)
  test(`lays out ${given.slice(0, 40)}`, () => {
    assert.equal(laidOut(given), wanted);
    assert.equal(laidOut(wanted), wanted, "what is laid out stays as it is");
  });
