"""Verbs on topics (policy files) and on milestones, the dated facts on them."""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import selectinload

from crm.dates import When, parse_when
from crm.errors import Invalid, NotFound
from crm.models import Milestone, Topic
from crm.models.topics import MILESTONE_KINDS
from crm.services import references
from crm.services.permissions import WRITE, authorise
from crm.services.submissions import claim
from crm.services.values import choice, line, short, text, web_address
from crm.work import Work

AHEAD = ("vote", "consultation_deadline", "entry_into_force")


def get(work: Work, topic_id: int) -> Topic:
    """One topic.

    :raises NotFound: there is none
    """
    found = work.session.get(Topic, topic_id)
    if found is None:
        raise NotFound
    return found


def create(work: Work, *, name: str, submission: str | None = None, **values: Any) -> Topic:
    """Opens a topic.

    :param values: ``parent_id``, ``procedure_reference``, ``description``
    :raises Invalid: no name, or a name in use
    :raises AlreadyDone: the same form was sent before
    """
    authorise(work, WRITE)
    claimed = claim(work, submission)
    topic = Topic()
    work.act("topic.create", topic, name=name)
    _apply(work, topic, {"name": name, **values})
    work.session.add(topic)
    work.session.flush()
    if claimed is not None:
        claimed.reference = {"kind": "topic", "id": topic.id}
    return topic


def amend(work: Work, topic_id: int, *, version: int | None = None, **values: Any) -> Topic:
    """Changes a topic; what is not given stays.

    :raises Conflict: somebody else saved it since ``version``
    """
    topic = get(work, topic_id)
    authorise(work, WRITE, topic)
    work.expect(topic, version)
    work.act("topic.amend", topic)
    _apply(work, topic, values)
    work.session.flush()
    return topic


def bin(work: Work, topic_id: int, *, version: int | None = None) -> Topic:
    """Puts a topic into the bin; what is about it stays where it is.

    :raises Invalid: other topics stand below it
    """
    topic = get(work, topic_id)
    authorise(work, WRITE, topic)
    work.expect(topic, version)
    below = work.session.scalar(
        select(func.count()).select_from(Topic).where(Topic.parent_id == topic_id, Topic.binned_at.is_(None))
    )
    if below:
        raise Invalid("parent", "Other topics stand below this one; move them first.")
    work.act("topic.bin", topic)
    topic.binned_at = work.now()
    work.session.flush()
    return topic


def restore(work: Work, topic_id: int) -> Topic:
    """Takes a topic out of the bin."""
    topic = get(work, topic_id)
    authorise(work, WRITE, topic)
    work.act("topic.restore", topic)
    topic.binned_at = None
    work.session.flush()
    return topic


def get_milestone(work: Work, milestone_id: int) -> Milestone:
    """One milestone with its topic and body.

    :raises NotFound: there is none
    """
    found: Milestone | None = work.session.scalar(
        select(Milestone)
        .where(Milestone.id == milestone_id)
        .options(selectinload(Milestone.topic), selectinload(Milestone.organisation))
    )
    if found is None:
        raise NotFound
    return found


def parse_day_of(kind: str, typed: str, *, today: dt.date, zone: str | None = None) -> When:
    """The day of a milestone as typed: a month without a year lies ahead for what is usually announced, else behind.

    :raises Invalid: (field ``when``) it cannot be read
    """
    return parse_when(typed, today=today, past=kind not in AHEAD, zone=zone)


def add_milestone(
    work: Work, *, kind: str, title: str, when: When, submission: str | None = None, **values: Any
) -> Milestone:
    """Records a dated fact: a decision, a vote, a publication, a deadline. It never counts as contact.

    :param values: ``note``, ``topic_id``, ``organisation_id``, ``source``, ``source_url``
    :raises Invalid: no title, or about neither a topic nor a body
    :raises AlreadyDone: the same form was sent before
    """
    authorise(work, WRITE)
    claimed = claim(work, submission)
    milestone = Milestone()
    work.act("milestone.add", milestone, kind=kind)
    _apply_milestone(work, milestone, {"kind": kind, "title": title, "when": when, **values})
    work.session.add(milestone)
    work.session.flush()
    if claimed is not None:
        claimed.reference = {"kind": "milestone", "id": milestone.id}
    return milestone


def amend_milestone(work: Work, milestone_id: int, *, version: int | None = None, **values: Any) -> Milestone:
    """Corrects a milestone; what is not given stays.

    :raises Conflict: somebody else saved it since ``version``
    """
    milestone = get_milestone(work, milestone_id)
    authorise(work, WRITE, milestone)
    work.expect(milestone, version)
    work.act("milestone.amend", milestone)
    _apply_milestone(work, milestone, values)
    work.session.flush()
    return milestone


def bin_milestone(work: Work, milestone_id: int, *, version: int | None = None) -> Milestone:
    """Puts a milestone into the bin; it leaves calendars too."""
    milestone = get_milestone(work, milestone_id)
    authorise(work, WRITE, milestone)
    work.expect(milestone, version)
    work.act("milestone.bin", milestone)
    milestone.binned_at = work.now()
    work.session.flush()
    return milestone


def restore_milestone(work: Work, milestone_id: int) -> Milestone:
    """Takes a milestone out of the bin."""
    milestone = get_milestone(work, milestone_id)
    authorise(work, WRITE, milestone)
    work.act("milestone.restore", milestone)
    milestone.binned_at = None
    work.session.flush()
    return milestone


def _apply(work: Work, topic: Topic, values: dict[str, Any]) -> None:
    for field, value in values.items():
        if field == "name":
            _rename(work, topic, value)
        elif field == "parent_id":
            _place(work, topic, value)
        elif field == "procedure_reference":
            topic.procedure_reference = line(field, value, 80)
        elif field == "description":
            topic.description = text(field, value)
        else:
            raise Invalid(field, "There is no such field on a topic.")


def _rename(work: Work, topic: Topic, name: str) -> None:
    topic.name = short("name", name, 200)
    topic.fold_name()
    with work.session.no_autoflush:
        same = work.session.scalar(select(Topic).where(Topic.sort == topic.sort, Topic.id != (topic.id or 0)))
    if same is not None:
        where = "in the bin: restore it" if same.is_binned else "already: use it"
        raise Invalid("name", f"There is a topic “{same.name}” {where}, or choose another name.")


def _place(work: Work, topic: Topic, parent_id: int | None) -> None:
    if parent_id != topic.parent_id:
        references.topic(work, "parent", parent_id)
    above, seen = parent_id, set()
    while above is not None and above not in seen:
        if above == topic.id:
            raise Invalid("parent", "A topic cannot stand below itself; choose one that is not below it.")
        seen.add(above)
        above = work.session.scalar(select(Topic.parent_id).where(Topic.id == above))
    topic.parent_id = parent_id


def _apply_milestone(work: Work, milestone: Milestone, values: dict[str, Any]) -> None:
    for field, value in values.items():
        if field == "kind":
            milestone.kind = choice(field, value, MILESTONE_KINDS)
        elif field == "title":
            milestone.title = short(field, value, 300)
        elif field == "when":
            milestone.when = value
        elif field == "note":
            milestone.note = text(field, value)
        elif field == "source":
            milestone.source = line(field, value, 300)
        elif field == "source_url":
            milestone.source_url = web_address(field, value, 1000)
        elif field == "topic_id":
            milestone.topic_id = value if value == milestone.topic_id else references.topic(work, "topic", value)
        elif field == "organisation_id":
            if value is not None and value != milestone.organisation_id:
                references.organisations(work, "organisation", [value])
            milestone.organisation_id = value
        else:
            raise Invalid(field, "There is no such field on a milestone.")
    if milestone.topic_id is None and milestone.organisation_id is None:
        raise Invalid("topic", "Say which topic or which body it is about.")
