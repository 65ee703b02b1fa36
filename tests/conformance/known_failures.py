"""What the tests find that is known: failures, and answers that are right only by value.

The tables are exact: a test that is listed and passes fails the run, as does one that fails and is
not listed.
"""

from __future__ import annotations

ENGINE_FAILURES: dict[str, str] = {
    "sparql10/open-world/open-eq-01": (
        'Expects that `"001"^^xsd:integer` matches neither 1 nor 01 in the data. The engine keeps '
        "the value of a number and not its spelling, so it matches both."
    ),
    "sparql10/open-world/date-2": (
        "Expects that a date without a time zone and the same date in UTC are not unequal (XPath "
        "supplies a time zone). The engine compares by XSD 1.1, where they are."
    ),
    "sparql10/graph/graph-variable-scope": (
        "Expects that in `GRAPH ?g { FILTER(BOUND(?g)) }` the variable is unbound inside the "
        "braces. The engine binds it there already (oxigraph issue 1450)."
    ),
    "sparql10/graph/graph-optional": (
        "Expects that in `GRAPH ?g { … OPTIONAL { ?s ?p ?g } }` the OPTIONAL binds ?g, and the "
        "name of the graph is joined afterwards. The engine joins it inside (oxigraph issue 1450)."
    ),
    "sparql10/expr-builtin/dawg-str-1": (
        'Expects `STR(?v) = "1"` for the spelling 1 only. The engine stores 01, 1.0 and 1.0e0 as 1.'
    ),
    "sparql10/expr-builtin/dawg-str-2": (
        'Expects `STR(?v) = "01"` for the spelling 01. The engine stores it as 1.'
    ),
    "sparql10/expr-builtin/sameTerm-simple": (
        "Expects 1 and 01, and 1.0 and 1.0e0, to be different terms. The engine stores the same."
    ),
    "sparql10/expr-builtin/sameTerm-eq": (
        "Expects 1 and 01, and 1.0 and 1.0e0, to be different terms. The engine stores the same."
    ),
    "sparql10/expr-builtin/sameTerm-not-eq": (
        "Expects 1 and 01 to be equal and yet different terms. The engine stores the same."
    ),
    "sparql10/expr-builtin/case-insensitive-booleans": (
        "Expects `TRUE` and `False` to be read as booleans (a test that is proposed and not yet "
        "approved). The engine reads them in lower case only, and refuses the query."
    ),
    "sparql10/expr-equals/eq-graph-1": (
        "Expects that the pattern `?x :p 1` does not match 01. The engine stores 01 as 1."
    ),
    "sparql10/expr-equals/eq-graph-2": (
        "Expects that the pattern `?x :p 1.0e0` matches neither 1.0 nor 1 as xsd:double. The "
        "engine stores all three as 1."
    ),
    "sparql10/distinct/distinct-1": (
        "Expects DISTINCT to keep 1, 01 and +1 apart. The engine stores them as 1."
    ),
    "sparql10/distinct/distinct-9": (
        "Expects DISTINCT to keep 1, 01 and +1 apart. The engine stores them as 1."
    ),
    "sparql10/syntax-sparql3/syn-bad-26": (
        "Expects `?x<?a&&?b>?y` to be refused, since the longest token in it is the IRI "
        "`<?a&&?b>`. The engine reads two comparisons."
    ),
    "sparql11/aggregates/agg-groupconcat-04": (
        "Expects GROUP_CONCAT to give a plain string. The engine keeps a language tag that all "
        'values have in common: `"1 2"@en`.'
    ),
    "sparql11/aggregates/agg-groupconcat-06": (
        "Expects GROUP_CONCAT to give a plain string. The engine keeps a language tag that all "
        'values have in common: `"1"@en`.'
    ),
    "sparql11/aggregates/agg-empty-group-count-graph": (
        "Expects a subquery with COUNT in `GRAPH ?g` to count once for each graph, also where it "
        "finds nothing. The engine counts once over all graphs, with ?g unbound (oxigraph issue "
        "1450)."
    ),
    "sparql11/bindings/graph": (
        "Expects VALUES in `GRAPH ?g`, with UNDEF for ?g, to give a solution for each graph. The "
        "engine gives one, with ?g unbound (oxigraph issue 1450)."
    ),
    "sparql11/csv-tsv-res/tsv03": (
        "Expects -3 to stay an xsd:negativeInteger. The engine stores types derived from "
        "xsd:integer as xsd:integer."
    ),
    "sparql11/functions/bnode01": (
        'Expects `BNODE("foo")` to make a new blank node in each solution. The engine makes the '
        "same one from the same text in all solutions."
    ),
    "sparql11/negation/graph-minus": (
        "Expects that MINUS in `GRAPH ?g` removes nothing when its sides share no variable. The "
        "engine counts ?g as shared, and removes (oxigraph issue 1450)."
    ),
    **dict.fromkeys(
        (
            "sparql11/property-path/zero_or_more_set_start",
            "sparql11/property-path/zero_or_more_set_end",
            "sparql11/property-path/zero_or_one_set_start",
            "sparql11/property-path/zero_or_one_set_end",
        ),
        "Expects a path of length zero from a term in the query to reach that term, even over an "
        "empty graph. The engine only reaches terms that occur in the data.",
    ),
}
"""Why the engine fails a test, by its id: what the test expects, and what happens instead."""

SERVICE_FAILURES: dict[str, str] = {}
"""The same, for tests about HTTP and for those that the engine passes by itself."""

SAME_VALUES: dict[str, str] = {
    "sparql10/open-world/open-eq-03": "01 comes as 1",
    "sparql10/open-world/open-eq-04": "02 comes as 2",
    "sparql10/open-world/date-3": "2006-08-23+00:00 comes as 2006-08-23Z",
    "sparql10/expr-builtin/dawg-datatype-1": "1.0 and 1.0e0 come as 1",
    "sparql10/expr-equals/eq-2-1": "01, 1.0 and 1.0e0 come as 1",
    "sparql10/expr-equals/eq-2-2": "01, 1.0 and 1.0e0 come as 1",
    "sparql10/distinct/no-distinct-1": "+1, 01, 1.0 and 1.0e0 come as 1, 1.3e0 as 1.3",
    "sparql10/distinct/no-distinct-9": "+1, 01, 1.0 and 1.0e0 come as 1, 1.3e0 as 1.3",
    "sparql10/sort/dawg-sort-7": "23.0 comes as 23",
    "sparql11/aggregates/agg-sum-02": "3.21E4 comes as 32100, 4.0E-1 as 0.4",
    "sparql11/aggregates/agg-avg-02": "2.0 comes as 2, 2.0E-1 as 0.2",
    "sparql11/aggregates/agg-min-01": "1.0 comes as 1",
    "sparql11/aggregates/agg-min-02": "1.0 comes as 1, 1.0E2 as 100, 2.0E-1 as 0.2",
    "sparql11/aggregates/agg-max-01": "3.0E4 comes as 30000",
    "sparql11/aggregates/agg-max-02": "3.0E4 comes as 30000",
    "sparql11/aggregates/agg-err-02": "2.0 comes as 2, 2.5E0 as 2.5",
    "sparql11/aggregates/agg-max-distinct": "2.0E3 comes as 2000",
    "sparql11/aggregates/agg-min-distinct": "1.0 comes as 1, 1.0E2 as 100",
    "sparql11/cast/cast-bool": "1.0 and 1E0 come as 1, 0E1 as 0, the boolean 0 as false",
    "sparql11/cast/cast-int": "1.0 and 1E0 come as 1, 0E1 as 0, the boolean 0 as false",
    "sparql11/cast/cast-float": "1.0 and 1E0 come as 1, 0E1 as 0, the boolean 0 as false",
    "sparql11/cast/cast-double": "1.0 and 1E0 come as 1, 0E1 as 0, the boolean 0 as false",
    "sparql11/cast/cast-decimal": "1.0 and 1E0 come as 1, 0E1 as 0, the boolean 0 as false",
    "sparql11/cast/cast-string": "1.0 and 1E0 come as 1, 0E1 as 0, the boolean 0 as false",
    "sparql11/csv-tsv-res/csv03": "1.0E6 comes as 1000000",
    "sparql11/functions/plus-1-corrected": "1.0 comes as 1, 3.0 as 3",
    "sparql11/functions/plus-2-corrected": "1.0 comes as 1",
    "sparql11/functions/coalesce01": "0.0 comes as 0, 2.0 as 2",
}
"""What is written differently in the answers that hold the right values, by the test's id."""
