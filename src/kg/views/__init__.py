"""Answers as one may look at them: a table, a chart, a timeline, a map or a graph."""
