"""What a person searches for: words and phrases, all of which are wanted.

Space separates terms; what stands between straight double quotes is one term that is taken word for
word. There are no other operators, so nothing that is typed is an error but too much of it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from kg.errors import BadInput
from kg.search.normal import Folding

LONGEST = 500
"""Characters of a query; more is a document, not a question."""

MOST_TERMS = 32

_TERMS = re.compile(r'["＂]([^"＂]*)["＂]?|([^\s"＂]+)')


@dataclass(frozen=True)
class Term:
    """A word, a run of characters, or a phrase."""

    normal: str
    """Its normal form, as a text that ends with it has it."""

    folded: str
    """Its characters, with what stands between them; "" where it is taken word for word."""

    @property
    def begun(self) -> str:
        """The normal form of the term as the beginning of a longer word."""
        return self.normal.rstrip(" ") if self.folded else self.normal


@dataclass(frozen=True)
class Query:
    """Terms that are all wanted, and all of them as one."""

    text: str
    terms: tuple[Term, ...]
    whole: Term

    def __bool__(self) -> bool:
        return bool(self.terms)


def parse(text: str, folding: Folding) -> Query:
    """Return the query that a text stands for; false if there is no letter or digit in it.

    Raises BadInput when it is too long.
    """
    if len(text) > LONGEST:
        raise BadInput(
            f"a search takes {LONGEST} characters at most, not {len(text)}", code="search_too_long"
        )
    found = [_term(match, folding) for match in _TERMS.finditer(text)]
    terms = tuple(dict.fromkeys(term for term in found if term.normal))
    if len(terms) > MOST_TERMS:
        raise BadInput(
            f"a search takes {MOST_TERMS} terms at most, not {len(terms)}", code="search_too_long"
        )
    plain = text.replace('"', " ").replace("＂", " ")
    is_quoted = len(found) == 1 and not found[0].folded
    whole = Term(folding.normal(plain), "" if is_quoted else folding.folded(plain).strip())
    return Query(text, terms, whole)


def _term(match: re.Match[str], folding: Folding) -> Term:
    text = match[2] or match[1] or ""
    return Term(folding.normal(text), folding.folded(text) if match[2] else "")
