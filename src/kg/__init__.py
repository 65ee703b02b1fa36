"""A knowledge graph as SPARQL endpoint, pages and linked data."""
