"""The W3C's SPARQL test suites, run against the service over HTTP and against the engine alone.

    git clone --depth 1 https://github.com/w3c/rdf-tests somewhere
    RDF_TESTS=somewhere/sparql python -m pytest tests/conformance

Without the tests everything here is skipped. `--conformance-report FILE` writes what a whole run
found; `--conformance-against OXIGRAPH` puts Oxigraph's own server in the place of the service.

`manifests` says what is tested, `endpoint` what a test asks of an implementation, `server` and
`engine` are the two implementations, `answers` and `comparison` decide, and `known_failures` lists
what is known not to hold, and why.
"""
