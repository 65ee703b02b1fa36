"""A page of browsing as JSON, and the addresses of the selections that its clicks lead to."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache, partial
from typing import Any, cast
from urllib.parse import quote, quote_plus

from flask import g, request

from kg.browse import paths, values
from kg.browse import selection as selections
from kg.browse.cards import Card
from kg.browse.facets import Bar, Facet, FacetValue
from kg.browse.page import Page
from kg.browse.paths import Path
from kg.browse.selection import Condition, Selection
from kg.labels import Label, choose
from kg.prefixes import Prefixes
from kg.terms import local_name
from kg.web import links
from kg.web.current import current_kg

_KEPT = ("lang", "view", "by", "column")
"""Parameters that say how a page is shown, and go with every link."""


@dataclass(frozen=True)
class _Manner:
    """What every address on a page takes from the request: there are hundreds of them."""

    prefixes: Prefixes
    root: str
    path: str
    kept: tuple[tuple[str, str], ...]


def _manner() -> _Manner:
    if "manner" not in g:
        args = request.args
        g.manner = _Manner(
            current_kg.prefixes,
            quote(request.script_root, safe="/"),
            request.path,
            tuple((name, text) for name in _KEPT for text in args.getlist(name)),
        )
    return cast("_Manner", g.manner)


def pairs(selection: Selection, **more: str) -> list[tuple[str, str]]:
    """Return the parameters of a selection, shown as this request is shown but for `more`."""
    manner = _manner()
    found = selections.write(selection, manner.prefixes)
    found += [pair for pair in manner.kept if pair[0] not in more]
    return found + [(name, text) for name, text in more.items() if text]


def address(selection: Selection, path: str = "", **more: str) -> str:
    """Return the address of a selection, shown as this request is shown; or at another path."""
    manner, found = _manner(), pairs(selection, **more)
    query = f"?{_query(found)}" if found else ""
    return f"{manner.root}{path or manner.path}{query}"


_quoted = lru_cache(4096)(quote_plus)


def _query(parameters: Iterable[tuple[str, str]]) -> str:
    return "&".join(f"{_quoted(name)}={_quoted(text)}" for name, text in parameters)


class Around:
    """The addresses of selections that differ only in what they ask of one facet.

    A page has hundreds of them; all that they have in common is written once.
    """

    def __init__(self, selection: Selection, path: Path) -> None:
        self._manner = manner = _manner()
        self.parameter = paths.write(path, manner.prefixes)
        # How a value is written in an address; each is in several.
        self.written = cache(partial(values.write, prefixes=manner.prefixes))
        self._spell = selections.spelling(path, self.written)
        others = selection.without(path)
        first = {each: held for each, held in others.conditions.items() if each < path}
        before = selections.write(Selection(first), manner.prefixes)
        self._before = _query(before)
        self._after = _query(pairs(others)[len(before) :])

    def asking(self, condition: Condition) -> str:
        """Return the address of the selection that asks just `condition` of the facet."""
        manner = self._manner
        asked = selections.write_condition(self.parameter, condition, self._spell)
        query = "&".join(filter(None, (self._before, _query(asked), self._after)))
        return f"{manner.root}{manner.path}{'?' if query else ''}{query}"


def name(facet: Facet, languages: Sequence[str]) -> str:
    """Return what a facet is called: the names of its steps, in the most wanted language."""
    parts = []
    for step, held in zip(facet.path.steps, facet.labels or ((),) * 2, strict=False):
        label = choose(held, languages) or Label(local_name(step.property))
        parts.append(f"← {label.text}" if step.inverse else label.text)
    return " › ".join(parts)


def parameter(path: Path) -> str:
    """Return the name of a facet in an address."""
    return paths.write(path, current_kg.prefixes)


def property(path: Path) -> str:
    """Return the property of a facet: an IRI, or for other paths one in SPARQL's spelling."""
    is_plain = len(path.steps) == 1 and not path.steps[0].inverse
    return path.steps[0].property if is_plain else path.spell()


def as_json(page: Page, languages: Sequence[str]) -> dict[str, Any]:
    """Return a page as JSON: see `/openapi.json`."""
    selection = page.selection
    return {
        "total": page.total,
        "complete": page.complete,
        "page": selection.page,
        "pages": page.pages,
        "page_size": selections.PAGE_SIZE,
        "items": [_item(card) for card in page.cards],
        "facets": [_facet(facet, selection, languages) for facet in page.facets],
        "sorted": page.in_order,
        "sparql": current_kg.prefixes.abbreviate(page.sparql) if page.sparql else None,
        "next": address(selection.at(selection.page + 1)) if page.has_next else None,
        "snapshot": page.snapshot,
    }


def _item(card: Card) -> dict[str, Any]:
    return {
        "iri": card.iri.value,
        "label": card.label.text,
        "types": [iri.value for iri, _ in card.types],
        "url": links.page(card.iri),
        "description": card.description.text if card.description else None,
        "facts": [
            {
                "property": fact.property.value,
                "label": fact.label.text,
                "values": [label.text for _, label in fact.values],
                "more": fact.more,
            }
            for fact in card.facts
        ],
    }


def _facet(facet: Facet, selection: Selection, languages: Sequence[str]) -> dict[str, Any]:
    around, chosen = Around(selection, facet.path), selection.condition(facet.path)
    found: dict[str, Any] = {
        "property": property(facet.path),
        "parameter": around.parameter,
        "label": name(facet, languages),
        "kind": facet.kind.value,
        "complete": facet.complete,
        "counted": facet.counted,
        "values": [
            *_values(facet.values, chosen, around, languages),
            *(_bar(bar, around) for bar in facet.bars),
        ],
    }
    if facet.total_values is not None:
        found["total_values"] = facet.total_values
    for exists, count in ((True, facet.present), (False, facet.missing)):
        if count is not None:
            found["present" if exists else "missing"] = {
                "count": count,
                "selected": chosen.exists is exists,
                "url": around.asking(Condition(exists=exists)),
            }
    return found


def _values(
    held: Sequence[FacetValue], chosen: Condition, around: Around, languages: Sequence[str]
) -> Iterator[dict[str, Any]]:
    """Yield the values of a facet; of a tree, each before those below it."""
    for each in held:
        below = list(_values(each.below, chosen, around, languages))
        found = {
            "value": around.written(each.value),
            "label": each.label(languages).text,
            "count": each.count,
            "selected": each.selected,
            "url": around.asking(chosen.toggle(each.value)),
        }
        yield {**found, "below": below} if each.unfolds else found


def _bar(bar: Bar, around: Around) -> dict[str, Any]:
    ends = (bar.low.text, bar.high.text)
    label = ends[0] if ends[0] == ends[1] else " – ".join(ends)
    return {
        "value": label,
        "ge": ends[0],
        "le": ends[1],
        "label": label,
        "count": bar.count,
        "selected": bar.selected,
        "url": around.asking(Condition(low=bar.low, high=bar.high)),
    }
