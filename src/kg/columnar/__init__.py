"""Analytical queries: SPARQL compiled to SQL over the same triples in columns, in DuckDB.

A query is parsed (`parsing`) into the algebra of SPARQL (`algebra`), compiled (`compiling`, and the
modules named after parts of the algebra) into one statement of SQL, and its rows are written by the
same writers as the engine's (`answering`). The answer is that of the engine, exactly: what cannot
be answered exactly raises `Unsupported` before anything runs, and the engine answers it.
"""

from __future__ import annotations


class Unsupported(Exception):
    """A query, or a state of the data, that is not answered here; the message says why."""
