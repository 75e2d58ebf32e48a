"""Keeps derived rows right: called once before every commit with the records that changed."""

from __future__ import annotations

import uuid
from typing import Any

from sqlalchemy import Select, or_, select, update

from crm.models import (
    CalendarEntry,
    Commitment,
    CommitmentRecipient,
    Engagement,
    EngagementTopic,
    FollowUp,
    Member,
    Milestone,
    Organisation,
    Participation,
    Person,
    Revision,
    Topic,
)
from crm.work import Touched, Work

CALENDAR_REVISION = "calendar"
_KIND_OF: dict[type[Any], str] = {
    Engagement: "engagement",
    FollowUp: "follow_up",
    Commitment: "commitment",
    Milestone: "milestone",
}


def settle(work: Work, touched: Touched) -> None:
    """Marks the calendar entries that may read differently now, gives new records theirs, and moves the revision."""
    by_kind: dict[str, set[int]] = {kind: set() for kind in _KIND_OF.values()}
    organisations, people, topics = set(), set(), set()
    matters = False
    for record in touched:
        kind = _KIND_OF.get(type(record))
        if kind is not None:
            by_kind[kind].add(record.id)
        elif isinstance(record, Organisation):
            organisations.add(record.id)
        elif isinstance(record, Person):
            people.add(record.id)
        elif isinstance(record, Topic):
            topics.add(record.id)
        matters = matters or not isinstance(record, Member)
    _named_in(work, by_kind, organisations, people, topics)
    for kind, ids in by_kind.items():
        if ids:
            _mark(work, kind, ids)
    if matters:
        _move_revision(work)


def _named_in(
    work: Work, by_kind: dict[str, set[int]], organisations: set[int], people: set[int], topics: set[int]
) -> None:
    """Adds the records whose text names a body, person or topic that changed, or hangs on an engagement that did."""

    def add(kind: str, statement: Select[Any]) -> None:
        by_kind[kind].update(work.session.scalars(statement))

    if organisations:
        add("engagement", select(Participation.engagement_id).where(Participation.organisation_id.in_(organisations)))
        add("milestone", select(Milestone.id).where(Milestone.organisation_id.in_(organisations)))
        add("follow_up", select(FollowUp.id).where(FollowUp.organisation_id.in_(organisations)))
        to = select(CommitmentRecipient.commitment_id).where(CommitmentRecipient.organisation_id.in_(organisations))
        add("commitment", select(Commitment.id).where(or_(Commitment.made_by_id.in_(organisations), Commitment.id.in_(to))))
    if people:
        add("engagement", select(Participation.engagement_id).where(Participation.person_id.in_(people)))
    if topics:
        add("engagement", select(EngagementTopic.engagement_id).where(EngagementTopic.topic_id.in_(topics)))
        add("milestone", select(Milestone.id).where(Milestone.topic_id.in_(topics)))
    if by_kind["engagement"]:
        changed = by_kind["engagement"]
        add("follow_up", select(FollowUp.id).where(FollowUp.engagement_id.in_(changed)))
        add("commitment", select(Commitment.id).where(Commitment.engagement_id.in_(changed)))


def _mark(work: Work, kind: str, ids: set[int]) -> None:
    known = set(
        work.session.scalars(
            select(CalendarEntry.record_id).where(CalendarEntry.kind == kind, CalendarEntry.record_id.in_(ids))
        )
    )
    if known:
        work.session.execute(
            update(CalendarEntry)
            .where(CalendarEntry.kind == kind, CalendarEntry.record_id.in_(known))
            .values(stale=True)
            .execution_options(synchronize_session=False)
        )
    new = [
        CalendarEntry(uid=f"{uuid.uuid4()}@antechamber", kind=kind, record_id=record_id, changed_at=work.now())
        for record_id in sorted(ids - known)
    ]
    work.session.add_all(new)


def _move_revision(work: Work) -> None:
    # Last thing before the commit, so that the lock on the one row is held for as short as can be.
    moved = work.session.execute(
        update(Revision)
        .where(Revision.name == CALENDAR_REVISION)
        .values(value=Revision.value + 1)
        .execution_options(synchronize_session=False)
    )
    if moved.rowcount == 0:  # type: ignore[attr-defined]
        work.session.add(Revision(name=CALENDAR_REVISION, value=1))
