"""Browsing by facets: what is chosen, how many there are, and which.

`selection` is what is chosen, parsed from an address; `patterns` is the same as SPARQL. `index`
counts by an index that `making` made with the snapshot, `live` by SPARQL within a budget; `page`
is what a page holds.
"""
