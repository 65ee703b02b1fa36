"""For the console: the words of the data, with what they are called, and what any IRI is called."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, request

from kg import labels, sparql, terms, vocabulary
from kg.errors import BadInput
from kg.formats import DATA
from kg.prefixes import KNOWN, Prefixes
from kg.terms import NamedNode
from kg.vocabulary import Word
from kg.web import language, links, respond
from kg.web.colors import hue
from kg.web.current import current_kg
from kg.web.term import shown, tag

bp = Blueprint("vocabulary", __name__)

MOST = 50
"""IRIs whose names one may ask for at once."""


@bp.get("/sparql/vocabulary.json")
def words() -> Response:
    """Send the classes and properties of the data. Cost: one query, for labels."""
    return respond.conditional(DATA, _words, localized=True)


@bp.get("/sparql/names.json")
def names() -> Response:
    """Send what some IRIs are called (`iri=…`, repeated). Cost: one query. Raises BadInput."""
    return respond.conditional(DATA, _names, localized=True)


def _words() -> Response:
    known = vocabulary.of(current_kg.statistics, current_kg.derived.ontology)
    called = language.names(known.iris())
    shorter = _prefixes()

    def told(word: Word) -> dict[str, Any]:
        label = called[NamedNode(word.iri)]
        return {
            "iri": word.iri,
            "name": shorter.shorten(word.iri),
            "label": shown(label.text),
            "language": tag(label.language),
            "uses": word.uses,
        }

    classes = [
        told(each)
        | {
            "color": hue(NamedNode(each.iri)),
            "properties": [[used.iri, used.uses] for used in known.of[each.iri]],
        }
        for each in known.classes
    ]
    return respond.as_json(
        {
            "snapshot": current_kg.derived.snapshot,
            "complete": known.complete,
            "prefixes": {**KNOWN, **shorter.declared},
            "classes": classes,
            "properties": [told(each) for each in known.properties],
        }
    )


def _prefixes() -> Prefixes:
    """Return the prefixes that the data declares, and those of the queries that came with it."""
    used = [sparql.prefixes(example.text) for example in current_kg.examples]
    declared = current_kg.prefixes.declared
    return Prefixes({name: iri for each in used for name, iri in each.items()} | dict(declared))


def _names() -> Response:
    given = request.args.getlist("iri")
    if len(given) > MOST:
        raise BadInput(f"expected at most {MOST} IRIs, got {len(given)}")
    iris = [terms.iri(text) for text in given]
    found = labels.things(
        current_kg.store, iris, language.languages(), current_kg.display.label_properties
    )
    return respond.as_json(
        {
            iri.value: {
                "label": shown(thing.label.text),
                "language": tag(thing.label.language),
                "color": hue(thing.types),
                "types": [kind.value for kind in thing.types],
                "url": links.page(iri),
            }
            for iri, thing in found.items()
        }
    )
