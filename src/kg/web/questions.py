"""Questions: the queries that come with the data, as pages and as resources.

`/questions/NAME` takes the parameters of a query and gives its answer: to people as a form, a chart
and a table, to programs in the formats of a query's answer.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import Any
from urllib.parse import quote

from flask import Blueprint, Response, request, url_for

from kg import formats, queries, sparql
from kg.errors import BadInput, BadQuery, Busy, Cancelled, OverLimit
from kg.formats import HTML, Format, Kind
from kg.labels import Label
from kg.queries import ExampleQuery, Parameter
from kg.terms import RDF, NamedNode, spell
from kg.views import charts
from kg.views.charts import Axes
from kg.web import answers, language, problems, respond
from kg.web.answers import Asked
from kg.web.current import current_kg

bp = Blueprint("questions", __name__)

CHOICES = 200
"""Members of a class up to which one chooses from a list."""


@bp.get("/questions")
def page() -> Response:
    """List the questions. Cost: no query."""
    format = respond.choose((HTML, formats.JSON))
    return respond.conditional(format, lambda: _listed(format), localized=True)


@bp.get("/questions/<name>")
def question(name: str) -> Response:
    """Answer a question. Cost: its query; a page also asks for labels, and for what to choose.

    Raises NotFound, and BadInput for parameters that it does not have or that are of another kind.
    """
    query = queries.named(name, current_kg.examples)
    asked = request.args.to_dict(flat=False)
    given = {name: texts[-1] for name, texts in asked.items() if name not in queries.RESERVED}
    outline = sparql.outline(query.template)
    kind = outline.form.kind if outline.form else Kind.SOLUTIONS
    format = respond.choose((HTML, *formats.offers(kind)))

    def answer() -> Response:
        return (
            _shown(query, given, kind) if format is HTML else _answered(query.bound(given), format)
        )

    return answer() if outline.volatile else respond.conditional(format, answer)


def address(query: ExampleQuery) -> str:
    """Return where a question is asked."""
    return url_for("questions.question", name=query.name)


def path(query: ExampleQuery) -> str:
    """Return the same below the root of the service, wherever that is mounted."""
    return f"/questions/{quote(query.name)}"


def _answered(text: str, format: Format) -> Response:
    return respond.result(current_kg.asked().query(text, format=format))


def _listed(format: Format) -> Response:
    wanted = language.languages()
    if format is HTML:
        entries = [
            (each, each.title(wanted), each.description(wanted)) for each in current_kg.examples
        ]
        return respond.page("questions.html", questions=entries, address=address)
    return respond.as_json({"questions": [_described(each) for each in current_kg.examples]})


def _described(query: ExampleQuery) -> dict[str, Any]:
    wanted = language.languages()
    described = query.description(wanted)
    return {
        "name": query.name,
        "title": query.title(wanted).text,
        "description": described.text if described else None,
        "url": address(query),
        "parameters": [
            {
                "name": each.name,
                "title": each.title(wanted).text,
                "kind": each.kind.name,
                "of": each.of.value if each.of else None,
                "schema": dict(each.kind.schema),
                "default": each.default,
            }
            for each in query.parameters
        ],
    }


def _shown(query: ExampleQuery, given: dict[str, str], kind: Kind) -> Response:
    """Return the page of a question, with its answer or why there is none."""
    wanted = language.languages()
    values: dict[str, Any] = {}
    status, asked = HTTPStatus.OK, Asked(address(query), tuple(given.items()))
    try:
        text = query.bound(given)
        values["text"] = text
        asked = answers.read(asked.path, asked.question)
        values |= answers.shown(asked, text, kind, figure=_figure(query))
    except (BadInput, BadQuery, OverLimit, Busy, Cancelled) as error:
        values["error"], status = error.message, problems.status(error)
    lost = values.pop("lost", ())
    offers = [each for each in formats.offers(kind) if each.name not in lost]
    fields, names = _fields(query, given)
    return respond.page(
        "question.html",
        status=status,
        question=query,
        title=query.title(wanted),
        description=query.description(wanted),
        fields=fields,
        names=names,
        offers=[(each.name, asked.data(each)) for each in offers],
        **{"asked": asked, **values},
    )


def _figure(query: ExampleQuery) -> Axes | None:
    chart = query.chart
    return Axes(chart.label, chart.value, chart.series or charts.ONE) if chart else None


def _members(parameter: Parameter) -> list[NamedNode]:
    """Return the members of the parameter's class, none where they are too many for a list."""
    assert parameter.of
    found = current_kg.store.query(
        f"SELECT DISTINCT ?member WHERE {{ ?member {spell(RDF.type)} {spell(parameter.of)} }} "
        f"LIMIT {CHOICES + 1}"
    ).solutions()
    members = [row["member"] for row in found]
    named = [member for member in members if isinstance(member, NamedNode)]
    return named if len(members) <= CHOICES else []


def _fields(
    query: ExampleQuery, given: dict[str, str]
) -> tuple[list[dict[str, Any]], dict[NamedNode, Label]]:
    """Return the fields of a question, and what is called how in them."""
    members = {each.name: _members(each) for each in query.parameters if each.of}
    seen = {iri for found in members.values() for iri in found}
    names = language.names(seen | {each.of for each in query.parameters if each.of})
    parameters = query.parameters
    return [_field(each, given, members.get(each.name, []), names) for each in parameters], names


def _field(
    parameter: Parameter,
    given: dict[str, str],
    members: list[NamedNode],
    names: dict[NamedNode, Label],
) -> dict[str, Any]:
    """Return what a template needs to draw the field of a parameter."""
    value = given.get(parameter.name, parameter.default or "")
    options = sorted(((each.value, names[each]) for each in members), key=lambda one: one[1].text)
    if value and options and value not in (iri for iri, _ in options):
        options.append((value, Label(value)))
    return {
        "name": parameter.name,
        "title": parameter.title(language.languages()),
        "kind": parameter.kind,
        "value": value,
        "required": bool(parameter.default) and not options,
        "options": options,
    }
