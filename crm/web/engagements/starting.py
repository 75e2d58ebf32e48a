"""What the form holds when it is opened: good defaults, what the address says, or what an earlier engagement says."""

from __future__ import annotations

from typing import Any

from werkzeug.datastructures import MultiDict

from crm.dates.wording import day
from crm.errors import Invalid, NotFound, Several
from crm.models import Engagement
from crm.models.engagements import ENCOUNTERS, KINDS, STATUSES
from crm.queries import engagements as reads
from crm.services import engagements, organisations, people, topics
from crm.services.engagements.parties import our_organisations
from crm.services.engagements.written import organisation_lines
from crm.services.permissions import READ, authorise
from crm.web.engagements.saying import stored
from crm.web.parsing import number
from crm.work import Work

_COPIED = ("bodies", "people", "third", "copies", "actors", "colleagues", "topics", "visibility", "viewers")


def beginning(work: Work, arguments: MultiDict[str, str]) -> dict[str, Any]:
    """Values of an empty form.

    ``body``, ``person``, ``topic`` (numbers, several), ``kind``, ``status``, ``when``, ``subject`` fill in fields;
    ``follows`` with ``as=reply`` or ``as=again`` begins from an earlier engagement.
    """
    values: dict[str, Any] = {"when": day(work.today()), "actors": _our_side(work), "colleagues": _myself(work)}
    earlier = number(arguments.get("follows"))
    if earlier is not None:
        values |= _following(work, earlier, arguments.get("as", ""))
    if arguments.get("kind") in KINDS:
        values["kind"] = arguments["kind"]
    if arguments.get("status") in STATUSES:
        values["status"] = arguments["status"]
    for name, longest in (("when", 200), ("subject", 300)):
        if arguments.get(name):
            values[name] = arguments[name][:longest]
    bodies = [line for line in (_body(work, text) for text in arguments.getlist("body")[:100]) if line]
    if bodies:
        values["bodies"] = "\n".join(bodies)
    named = [line for line in (_person(work, text) for text in arguments.getlist("person")[:100]) if line]
    if named:
        values["people"] = "\n".join(named)
    about = [line for line in (_topic(work, text) for text in arguments.getlist("topic")[:100]) if line]
    if about:
        values["topics"] = "\n".join(about)
    return values


def readable(work: Work, engagement_id: int) -> Engagement:
    """One engagement whose content the member may read.

    :raises NotFound: there is none
    """
    engagement = engagements.get(work, engagement_id)
    authorise(work, READ, engagement)
    return engagement


def _our_side(work: Work) -> str:
    """Our organisation; with several, the ones this member named last."""
    ours = our_organisations(work)
    if len(ours) > 1:
        last = set(reads.actors_named_last(work))
        ours = [one for one in ours if one.id in last]
    return organisation_lines(ours)


def _myself(work: Work) -> str:
    member = work.member
    if member is None:
        return ""
    reference = f"m{member.id}" if member.person_id is None else str(member.person_id)
    return f"{member.name} [#{reference}]"


def _following(work: Work, engagement_id: int, how: str) -> dict[str, Any]:
    earlier = readable(work, engagement_id)
    before = stored(earlier)
    sheet = reads.sheet(work, engagement_id)
    values: dict[str, Any] = {name: before[name] for name in _COPIED}
    values["follows"] = f"{earlier.when.short()} · {sheet.title} [#{earlier.id}]"
    if how == "reply":
        values["kind"] = earlier.kind
        values["status"] = "sent" if earlier.status == "received" else "received"
        values["subject"] = f"Re: {sheet.title.removeprefix('Re: ')}"[:300]
        values["initiated_by"] = {"sent": "them", "received": "us"}.get(earlier.status, "")
    else:
        values["kind"] = earlier.kind if earlier.kind in ENCOUNTERS else "meeting"
        values["subject"] = earlier.subject
        values["when"] = ""
    return values


def _body(work: Work, text: str) -> str:
    try:
        return organisation_lines(organisations.resolve(work, [f"[#{number(text)}]"], field="bodies"))
    except (Invalid, Several):
        return ""


def _person(work: Work, text: str) -> str:
    found = number(text)
    try:
        return "" if found is None else f"{people.get(work, found).name} [#{found}]"
    except NotFound:
        return ""


def _topic(work: Work, text: str) -> str:
    found = number(text)
    try:
        return "" if found is None else f"{topics.get(work, found).name} [#{found}]"
    except NotFound:
        return ""
