"""Every page of an installation, with the numbers of records that it holds."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from flask import Flask, url_for
from sqlalchemy import func, select
from werkzeug.routing import Rule

from crm.app import create_app
from crm.instance import Instance
from crm.models import (
    Attachment,
    Commitment,
    DiscussionPoint,
    Dispatch,
    Engagement,
    Feed,
    FollowUp,
    ImportRun,
    Member,
    MemberSession,
    Milestone,
    Organisation,
    OrganisationIdentifier,
    OrganisationList,
    OrganisationName,
    OrganisationParent,
    Participation,
    Person,
    Post,
    SavedFilter,
    Succession,
    Topic,
)
from crm.models.history import Transaction
from crm.work import Work

#: What the ``id`` of each room is the number of.
ROOMS: dict[str, str] = {
    "calendar": "engagement",
    "engagements": "engagement",
    "letters": "letter",
    "commitments": "commitment",
    "follow_ups": "follow_up",
    "organisations": "organisation",
    "people": "person",
    "topics": "topic",
    "milestones": "milestone",
    "lists": "organisation_list",
    "members": "member",
    "feeds": "feed",
    "attachments": "attachment",
    "filters": "saved_filter",
    "imports": "import_run",
}
#: What any other argument is the number of.
ARGUMENTS: dict[str, str] = {
    "crm.history.latest.id": "engagement",
    "crm.history.record.id": "engagement",
    "crm.history.restore.id": "engagement",
    "crm.inline.edit.id": "engagement",
    "crm.inline.update.id": "engagement",
    "crm.history.undo.number": "transaction",
    "session_id": "session",
    "file_id": "attachment",
}
#: Records in each of which the demonstration has at least one, the fullest first.
RECORDS: dict[str, Any] = {
    "import_run": select(ImportRun.id).order_by(ImportRun.id),
    "engagement": select(Engagement.id)
    .outerjoin(DiscussionPoint, DiscussionPoint.engagement_id == Engagement.id)
    .where(Engagement.kind == "meeting", Engagement.binned_at.is_(None))
    .group_by(Engagement.id)
    .order_by(func.count(DiscussionPoint.id).desc(), Engagement.id),
    "letter": select(Engagement.id)
    .join(Participation, Participation.engagement_id == Engagement.id)
    .join(Dispatch, Dispatch.participation_id == Participation.id)
    .where(Engagement.binned_at.is_(None))
    .group_by(Engagement.id)
    .order_by(func.count(Dispatch.id).desc(), Engagement.id),
    "dispatch": select(Dispatch.id).order_by(Dispatch.id),
    "point": select(DiscussionPoint.id).order_by(DiscussionPoint.id),
    "commitment": select(Commitment.id).where(Commitment.binned_at.is_(None)).order_by(Commitment.id),
    "follow_up": select(FollowUp.id).where(FollowUp.binned_at.is_(None)).order_by(FollowUp.id),
    "organisation": select(Organisation.id)
    .join(Participation, Participation.organisation_id == Organisation.id)
    .where(Participation.side == "counterpart")
    .group_by(Organisation.id)
    .order_by(func.count(Participation.id).desc(), Organisation.id),
    "name": select(OrganisationName.id).order_by(OrganisationName.id),
    "identifier": select(OrganisationIdentifier.id).order_by(OrganisationIdentifier.id),
    "parent": select(OrganisationParent.id).order_by(OrganisationParent.id),
    "succession": select(Succession.id).order_by(Succession.id),
    "person": select(Person.id)
    .outerjoin(Post, Post.person_id == Person.id)
    .where(Person.binned_at.is_(None))
    .group_by(Person.id)
    .order_by(func.count(Post.id).desc(), Person.id),
    "post": select(Post.id).order_by(Post.id),
    "topic": select(Topic.id).where(Topic.binned_at.is_(None)).order_by(Topic.id),
    "milestone": select(Milestone.id).where(Milestone.binned_at.is_(None)).order_by(Milestone.id),
    "organisation_list": select(OrganisationList.id).order_by(OrganisationList.id),
    "member": select(Member.id).order_by(Member.id),
    "session": select(MemberSession.id).order_by(MemberSession.id),
    "feed": select(Feed.id).order_by(Feed.id),
    "attachment": select(Attachment.id).order_by(Attachment.id),
    "saved_filter": select(SavedFilter.id).order_by(SavedFilter.id),
    "transaction": select(Transaction.id).order_by(Transaction.id),
}
#: Arguments that are words: the values to open a page with.
WORDS: dict[str, tuple[str, ...]] = {
    "crm.several.change.kind": ("engagement", "commitment", "follow_up", "organisation", "person", "milestone"),
    "crm.facets.index.listing": (
        "engagements",
        "organisations",
        "people",
        "letters",
        "commitments",
        "follow-ups",
        "milestones",
    ),
    "format": ("csv", "json", "xlsx"),
    "crm.health.figures.key": ("metrics",),
    "crm.history.latest.kind": ("engagement",),
    "crm.history.record.kind": ("engagement",),
    "crm.history.restore.kind": ("engagement",),
    "crm.inline.edit.field": ("place", "summary", "owner"),
    "crm.inline.edit.kind": ("engagement",),
    "crm.inline.update.field": ("place",),
    "crm.inline.update.kind": ("engagement",),
}
#: Routes that are no pages, each with the reason.
NOT_PAGES: dict[str, str] = {
    "crm.calendar.engagement": "a calendar file",
    "crm.engagements.download": "a file that somebody attached",
    "crm.engagements.picture": "a picture that somebody attached",
    "crm.engagements.understood": "what a date is understood as, in JSON",
    "crm.exports.commitments": "a file to take along",
    "crm.exports.counts": "a file to take along",
    "crm.exports.engagements": "a file to take along",
    "crm.exports.follow_ups": "a file to take along",
    "crm.exports.history": "a file to take along",
    "crm.exports.letters": "a file to take along",
    "crm.exports.milestones": "a file to take along",
    "crm.exports.organisations": "a file to take along",
    "crm.exports.people": "a file to take along",
    "crm.imports.rejects": "a file to take along",
    "crm.health.alive": "one word for monitoring",
    "crm.health.figures": "figures for monitoring",
    "crm.health.ready": "one word for monitoring",
    "crm.search.suggest": "suggestions in JSON",
    "crm.history.latest": "a part of a record's page",
    "crm.suggest.colleagues": "suggestions in JSON",
    "crm.suggest.engagements": "suggestions in JSON",
    "crm.suggest.organisations": "suggestions in JSON",
    "crm.suggest.people": "suggestions in JSON",
    "crm.suggest.topics": "suggestions in JSON",
}
#: Pages whose address needs more than their arguments, or that look different with it.
ALSO: tuple[str, ...] = (
    "/month/?of=2026-05",
    "/search/?q=commission",
    "/search/?q=commission&kind=organisation",
    "/search/?q=zzzzzz",
)

Numbers = Callable[[str], int]


class UnknownArgument(LookupError):
    """A route has an argument that nothing here says how to fill."""


def arguments(rule: Rule, numbers: Numbers) -> Iterator[dict[str, Any]]:
    """Values for the arguments of a route, as often as it looks different.

    :param numbers: kind of record, a key of :data:`RECORDS` → number of one of them
    :raises UnknownArgument: saying where to add it
    """
    filled: dict[str, Any] = {}
    words: list[tuple[str, tuple[str, ...]]] = []
    for name in sorted(rule.arguments):
        key = f"{rule.endpoint}.{name}"
        if key in WORDS or name in WORDS:
            words.append((name, WORDS.get(key, WORDS.get(name, ()))))
        else:
            filled[name] = numbers(kind_of(rule, name))
    if not words:
        yield filled
    for name, values in words:
        first = {other: choices[0] for other, choices in words}
        yield from ({**filled, **first, name: value} for value in values)


def kind_of(rule: Rule, name: str) -> str:
    """The kind of record, a key of :data:`RECORDS`, that an argument is the number of.

    :raises UnknownArgument: saying where to add it
    """
    kind = ARGUMENTS.get(f"{rule.endpoint}.{name}") or ARGUMENTS.get(name)
    if kind is None and name == "id":
        kind = ROOMS.get(rule.endpoint.split(".")[-2])
    if kind is None and name.removesuffix("_id") in RECORDS:
        kind = name.removesuffix("_id")
    if kind is None:
        raise UnknownArgument(
            f"Say what “{name}” of {rule.endpoint} ({rule.rule}) is: in ROOMS, ARGUMENTS or WORDS of tests/pages.py"
        )
    return kind


def pages_of(app: Flask, guards: tuple[str, ...] = ("read",)) -> list[Rule]:
    """The routes that show a page to a member."""
    return [
        rule
        for rule in sorted(app.url_map.iter_rules(), key=lambda rule: rule.rule)
        if "GET" in (rule.methods or set())
        and getattr(app.view_functions[rule.endpoint], "crm_guard", None) in guards
        and rule.endpoint not in NOT_PAGES
    ]


def sample(work: Work, kind: str) -> int:
    """The number of a record of ``kind``.

    :raises LookupError: there is none, so that a page would go untested
    """
    found = work.session.scalar(RECORDS[kind].limit(1))
    if found is None:
        raise LookupError(f"The demonstration has no {kind}, so that its pages go untested: add one to it")
    return int(found)


def every_page(instance: Instance) -> list[str]:
    """The address of every page, filled with records of the installation."""
    app = create_app(instance=instance)
    with instance.reading(door="cli", trusted=True) as work, app.test_request_context():
        found = [
            url_for(rule.endpoint, **values)
            for rule in pages_of(app)
            for values in arguments(rule, lambda kind: sample(work, kind))
        ]
    return [*found, *ALSO]
