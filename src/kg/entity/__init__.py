"""One resource: what the data says about it, how it knows, and what points to it."""
