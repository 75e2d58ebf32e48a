"""Suggestions while somebody types, as JSON: organisations, people, our side, topics, engagements."""

from __future__ import annotations

from collections.abc import Iterable

from flask import Blueprint, jsonify, request
from flask.typing import ResponseReturnValue

from crm.errors import Invalid, Several
from crm.http import read
from crm.queries import engagements as engagement_reads
from crm.queries import suggest
from crm.queries.suggest import Place, Suggestion
from crm.services import organisations
from crm.services.engagements.seats import place_names
from crm.text import clean
from crm.web.parsing import number
from crm.work import Work

bp = Blueprint("suggest", __name__, url_prefix="/suggest")

LONGEST = 200
_PLACES_AT_MOST = 60


@bp.get("/organisations", endpoint="organisations")
@read
def organisations_(work: Work) -> ResponseReturnValue:
    """Bodies by any name they have or had."""
    return _answer(suggest.organisations(work, _typed()), may_create=_may_create(work))


@bp.get("/people")
@read
def people(work: Work) -> ResponseReturnValue:
    """People of the bodies chosen so far first; with several bodies, a new person is offered once for each."""
    places = _places(work, "bodies", "third", "copies")
    found = suggest.people(work, _typed(), places)
    may_create = _may_create(work)
    if len(places) > 1 and may_create:
        found = [*found, *_new_people(places)]
        may_create = False
    return _answer(found, may_create=may_create)


@bp.get("/colleagues")
@read
def colleagues(work: Work) -> ResponseReturnValue:
    """People of our side, members among them."""
    places = _places(work, "actors")
    found = suggest.colleagues(work, _typed(), places)
    may_create = _may_create(work)
    if len(places) > 1 and may_create:
        found = [*found, *_new_people(places)]
        may_create = False
    return _answer(found, may_create=may_create)


@bp.get("/topics")
@read
def topics(work: Work) -> ResponseReturnValue:
    """Topics by name or procedure reference."""
    return _answer(suggest.topics(work, _typed()), may_create=_may_create(work))


@bp.get("/engagements", endpoint="engagements")
@read
def engagements_(work: Work) -> ResponseReturnValue:
    """Engagements by their words or by who took part, the newest first."""
    found = engagement_reads.recent(work, _typed(), but=number(request.args.get("but")))
    return _answer(
        [
            Suggestion(
                str(one.id), f"{one.when.short()} · {one.title}", ", ".join(body.label for body in one.bodies[:4])
            )
            for one in found
        ],
        may_create=False,
    )


def _typed() -> str:
    try:
        return clean(request.args.get("q", "")[:LONGEST])
    except Invalid:
        return ""


def _may_create(work: Work) -> bool:
    return work.member is not None and work.member.may_write


def _places(work: Work, *names: str) -> list[Place]:
    """The organisations chosen in the form so far; lines that mean none yet are left out."""
    lines = [line for name in names for text in request.args.getlist(name) for line in text.splitlines()]
    found = []
    for line in lines[:_PLACES_AT_MOST]:
        try:
            found += organisations.resolve(work, [line], field="bodies")
        except (Invalid, Several):
            continue
    labels = place_names(list({one.id: one for one in found}.values()))
    return [Place(number, label) for number, label in labels.items()]


def _new_people(places: Iterable[Place]) -> list[Suggestion]:
    typed = _typed().partition(" @")[0].strip()
    if not typed:
        return []
    return [Suggestion(f"@{place.id}", f"{typed} @ {place.label}", "New person") for place in list(places)[:6]]


def _answer(found: Iterable[Suggestion], *, may_create: bool) -> ResponseReturnValue:
    return jsonify({"items": [one._asdict() for one in found], "create": may_create})
