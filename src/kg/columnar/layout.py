"""SQL as people read it: each clause on a line of its own, each query within a step further in."""

from __future__ import annotations

import re

_TOKENS = re.compile(
    r"""(?P<text>'[^']*')
      | (?P<opening>\((?=SELECT\b|WITH\b))
      | (?P<bracket>\()
      | (?P<closing>\))
      | (?P<clause>(?<!LEFT)(?<!ANTI)[ ](?=(?:FROM|WHERE|GROUP[ ]BY|HAVING|ORDER[ ]BY|LIMIT|UNION
          |(?:LEFT[ ]|ANTI[ ])?JOIN)\b)|(?<=UNION)[ ](?=SELECT)|(?<=UNION[ ]ALL)[ ](?=SELECT))
      | (?P<other>.)""",
    re.VERBOSE | re.DOTALL,
)
_STEP = "  "


def laid_out(sql: str) -> str:
    """Return a statement with line breaks, which mean nothing in SQL."""
    parts: list[str] = []
    brackets = [True]  # whether each holds a query; the statement is one
    depth = 0
    for token in _TOKENS.finditer(sql):
        kind, text = token.lastgroup, token.group()
        if kind in ("opening", "bracket"):
            brackets.append(kind == "opening")
            depth += kind == "opening"
            text += f"\n{_STEP * depth}" if kind == "opening" else ""
        elif kind == "closing" and len(brackets) > 1 and brackets.pop():
            depth -= 1
            text = f"\n{_STEP * depth}{text}"
        elif kind == "clause" and brackets[-1]:
            text = f"\n{_STEP * depth}"
        parts.append(text)
    return "".join(parts)
