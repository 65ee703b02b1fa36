"""The language of the interface: what the address asks for, then the browser, then the data's."""

from __future__ import annotations

from collections.abc import Sequence

from flask import Flask, request

from kg.labels import chain
from kg.web.current import current_kg

LANGUAGES = {"zh-Hans": "简体中文", "en": "English"}
"""The languages of the interface, by tag, in their own words."""


def tag() -> str:
    """Return the language tag of the interface for this request."""
    wanted = [request.args.get("lang", ""), *request.accept_languages.values()]
    spoken = (known for each in wanted if (known := _known(each)))
    return next(spoken, None) or _known(current_kg.settings.languages[0]) or "en"


def locale() -> str:
    """Return the tag as Babel writes it."""
    return tag().replace("-", "_")


def languages() -> Sequence[str]:
    """Return the languages in which content is shown, the most wanted first."""
    return chain(tag(), current_kg.settings.languages)


def _known(wanted: str) -> str | None:
    """Return the interface language that serves a reader of `wanted`, by its first subtag."""
    primary = wanted.replace("_", "-").partition("-")[0].lower()
    return next((each for each in LANGUAGES if each.partition("-")[0] == primary), None)


def register(app: Flask) -> None:
    """Give templates what they need to say in which language they are."""
    app.context_processor(lambda: {"lang": tag(), "languages": LANGUAGES})
