"""Records as rows for the calendar craft, loaded with what their text needs in a few statements a batch."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import and_, select
from sqlalchemy.orm import aliased

from crm.calendars.rows import EntryRow
from crm.dates import Precision, When
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
    Post,
    Topic,
)
from crm.models.commitments import COMMITMENT_KINDS, COMMITMENT_STATES
from crm.models.topics import MILESTONE_KINDS
from crm.queries.calendar.words import engagement_lines, engagement_title, party_lines, shortened
from crm.work import Work

WORDING = 2
"""Version of the words chosen here; entries stored under another one are rendered again."""

PATHS = {
    "engagement": "/engagements/{}",
    "follow_up": "/follow-ups/{}",
    "commitment": "/commitments/{}",
    "milestone": "/milestones/{}",
}
"""Where the record of an entry is shown, below the base address."""

_DROPPED_STATES = ("declined", "withdrawn", "superseded")


class Described(NamedTuple):
    """A record as it stands in calendars.

    :ivar row: what is rendered
    :ivar changed_at: when the record was last changed, which is when it was cancelled if it is
    """

    row: EntryRow
    changed_at: dt.datetime


class Party(NamedTuple):
    """One line of who takes part."""

    side: str
    role: str
    acceptance: str
    organisation: str
    person: str | None
    title: str | None


def described(work: Work, kind: str, uids: Mapping[int, str], *, base_url: str) -> dict[int, Described]:
    """Records of one kind by id; those that have no place in calendars (binned, gone, never due) are left out.

    :param uids: record id → UID of its entry
    :param base_url: address of the instance, without a closing slash
    """
    if not uids:
        return {}
    load = {"engagement": _engagements, "follow_up": _follow_ups, "commitment": _commitments, "milestone": _milestones}
    return load[kind](work, uids, base_url + PATHS[kind])


def _engagements(work: Work, uids: Mapping[int, str], address: str) -> dict[int, Described]:
    rows = work.session.execute(
        select(
            Engagement.id,
            Engagement.kind,
            Engagement.status,
            Engagement.subject,
            Engagement.summary,
            Engagement.place,
            Engagement.link,
            Engagement.first_day,
            Engagement.last_day,
            Engagement.precision,
            Engagement.when_text,
            Engagement.end_day,
            Engagement.start_time,
            Engagement.end_time,
            Engagement.zone,
            Engagement.fold,
            Engagement.changed_at,
        ).where(Engagement.id.in_(list(uids)), Engagement.binned_at.is_(None))
    ).all()
    ids = [row.id for row in rows]
    parties = _parties(work, ids)
    topics = _topics(work, ids)
    found = {}
    for row in rows:
        own = parties[row.id]
        doubt = When(row.first_day, row.last_day, Precision(row.precision), row.when_text).doubt()
        met = _met(own)
        found[row.id] = Described(
            EntryRow(
                uid=uids[row.id],
                kind="engagement",
                title=engagement_title(row.kind, row.status, met, row.subject),
                first=row.first_day,
                last=row.last_day,
                start=row.start_time,
                end_day=row.end_day,
                end=row.end_time,
                zone=(row.zone or work.zone) if row.start_time is not None else None,
                fold=row.fold,
                precision=row.precision,
                doubt=doubt,
                typed=row.when_text,
                cancelled=row.status in ("cancelled", "declined", "postponed"),
                tentative=row.status == "drafted",
                description=engagement_lines(
                    row.kind,
                    row.status,
                    met,
                    topics[row.id],
                    row.summary,
                    link=row.link if row.place else "",
                ),
                participants=party_lines(own),
                location=row.place or row.link,
                url=address.format(row.id),
                categories=tuple(topics[row.id]),
            ),
            row.changed_at,
        )
    return found


def _parties(work: Work, ids: Sequence[int]) -> dict[int, list[Party]]:
    found: dict[int, list[Party]] = defaultdict(list)
    statement = (
        select(
            Participation.engagement_id,
            Participation.side,
            Participation.role,
            Participation.acceptance,
            Organisation.short_name,
            Organisation.name,
            Person.name.label("person"),
            Post.title,
        )
        .join(Organisation, Organisation.id == Participation.organisation_id)
        .outerjoin(Person, Person.id == Participation.person_id)
        .outerjoin(Post, Post.id == Participation.post_id)
        .where(Participation.engagement_id.in_(ids))
        .order_by(Participation.engagement_id, Participation.position, Participation.id)
    )
    for engagement_id, side, role, acceptance, short_name, name, person, title in work.session.execute(statement):
        found[engagement_id].append(Party(side, role, acceptance, short_name or name, person, title))
    return found


def _met(parties: Iterable[Party]) -> list[str]:
    """The bodies met or written to, each once, in the order in which they were named; if none came, those invited."""
    asked = [party for party in parties if party.side == "counterpart" and party.role != "copy"]
    came = [party for party in asked if party.acceptance not in ("declined", "absent")]
    return list(dict.fromkeys(party.organisation for party in came or asked))


def _topics(work: Work, ids: Sequence[int]) -> dict[int, list[str]]:
    found: dict[int, list[str]] = defaultdict(list)
    statement = (
        select(EngagementTopic.engagement_id, Topic.name)
        .join(Topic, Topic.id == EngagementTopic.topic_id)
        .where(EngagementTopic.engagement_id.in_(ids), Topic.binned_at.is_(None))
        .order_by(EngagementTopic.engagement_id, Topic.sort, Topic.id)
    )
    for engagement_id, name in work.session.execute(statement):
        found[engagement_id].append(name)
    return found


def _follow_ups(work: Work, uids: Mapping[int, str], address: str) -> dict[int, Described]:
    parent = aliased(CalendarEntry)
    rows = work.session.execute(
        select(
            FollowUp.id,
            FollowUp.title,
            FollowUp.due_first,
            FollowUp.due_last,
            FollowUp.due_precision,
            FollowUp.due_text,
            FollowUp.done_on,
            FollowUp.changed_at,
            Member.name.label("owner"),
            Organisation.short_name,
            Organisation.name,
            Topic.name.label("topic"),
            Engagement.id.label("engagement_id"),
            Engagement.kind.label("engagement_kind"),
            Engagement.status,
            Engagement.subject,
            parent.uid.label("parent_uid"),
        )
        .outerjoin(Member, Member.id == FollowUp.owner_id)
        .outerjoin(Organisation, Organisation.id == FollowUp.organisation_id)
        .outerjoin(Topic, Topic.id == FollowUp.topic_id)
        .outerjoin(Engagement, and_(Engagement.id == FollowUp.engagement_id, Engagement.binned_at.is_(None)))
        .outerjoin(parent, and_(parent.kind == "engagement", parent.record_id == Engagement.id))
        .where(FollowUp.id.in_(list(uids)), FollowUp.binned_at.is_(None), FollowUp.due_last.is_not(None))
    ).all()
    parties = _parties(work, [row.engagement_id for row in rows if row.engagement_id is not None])
    found = {}
    for row in rows:
        after = ""
        if row.engagement_id is not None:
            met = _met(parties[row.engagement_id])
            after = engagement_title(row.engagement_kind, row.status, met, row.subject)
        about = row.short_name or row.name
        found[row.id] = Described(
            EntryRow(
                uid=uids[row.id],
                kind="follow_up",
                title=f"Follow-up: {row.title}",
                **_due(row),
                done=row.done_on is not None,
                description=(
                    *(_named("After", after)),
                    *(_named("Organisation", about)),
                    *(_named("Topic", row.topic)),
                ),
                participants=_owner(row.owner),
                url=address.format(row.id),
                categories=(row.topic,) if row.topic else (),
                related_uid=row.parent_uid or "",
            ),
            row.changed_at,
        )
    return found


def _commitments(work: Work, uids: Mapping[int, str], address: str) -> dict[int, Described]:
    parent = aliased(CalendarEntry)
    rows = work.session.execute(
        select(
            Commitment.id,
            Commitment.kind,
            Commitment.wording,
            Commitment.condition,
            Commitment.state,
            Commitment.due_first,
            Commitment.due_last,
            Commitment.due_precision,
            Commitment.due_text,
            Commitment.changed_at,
            Member.name.label("owner"),
            Organisation.short_name,
            Organisation.name,
            Topic.name.label("topic"),
            parent.uid.label("parent_uid"),
        )
        .join(Organisation, Organisation.id == Commitment.made_by_id)
        .outerjoin(Member, Member.id == Commitment.owner_id)
        .outerjoin(Topic, Topic.id == Commitment.topic_id)
        .outerjoin(parent, and_(parent.kind == "engagement", parent.record_id == Commitment.engagement_id))
        .where(
            Commitment.id.in_(list(uids)),
            Commitment.binned_at.is_(None),
            Commitment.due_last.is_not(None),
            Commitment.kind != "delivery",
        )
    ).all()
    recipients = _recipients(work, [row.id for row in rows])
    found = {}
    for row in rows:
        maker = row.short_name or row.name
        found[row.id] = Described(
            EntryRow(
                uid=uids[row.id],
                kind="commitment",
                title=f"{COMMITMENT_KINDS[row.kind]} of {maker}: {shortened(row.wording, 100)}",
                **_due(row),
                done=row.state == "met",
                cancelled=row.state in _DROPPED_STATES,
                description=(
                    f"{COMMITMENT_KINDS[row.kind]}, {COMMITMENT_STATES[row.state].lower()}",
                    f"By: {maker}",
                    *(_named("To", ", ".join(recipients[row.id]))),
                    *(_named("Topic", row.topic)),
                    *(_named("Condition", shortened(row.condition, 2000))),
                    "",
                    shortened(row.wording, 2000),
                ),
                participants=_owner(row.owner),
                url=address.format(row.id),
                categories=(row.topic,) if row.topic else (),
                related_uid=row.parent_uid or "",
            ),
            row.changed_at,
        )
    return found


def _recipients(work: Work, ids: Sequence[int]) -> dict[int, list[str]]:
    found: dict[int, list[str]] = defaultdict(list)
    statement = (
        select(CommitmentRecipient.commitment_id, Organisation.short_name, Organisation.name)
        .join(Organisation, Organisation.id == CommitmentRecipient.organisation_id)
        .where(CommitmentRecipient.commitment_id.in_(ids))
        .order_by(CommitmentRecipient.commitment_id, Organisation.sort, Organisation.id)
    )
    for commitment_id, short_name, name in work.session.execute(statement):
        found[commitment_id].append(short_name or name)
    return found


def _milestones(work: Work, uids: Mapping[int, str], address: str) -> dict[int, Described]:
    rows = work.session.execute(
        select(Milestone, Organisation.short_name, Organisation.name, Topic.name.label("topic"))
        .outerjoin(Organisation, Organisation.id == Milestone.organisation_id)
        .outerjoin(Topic, Topic.id == Milestone.topic_id)
        .where(Milestone.id.in_(list(uids)), Milestone.binned_at.is_(None))
    )
    found = {}
    for milestone, short_name, name, topic in rows:
        when = milestone.when
        kind = MILESTONE_KINDS.get(milestone.kind, "Milestone")
        found[milestone.id] = Described(
            EntryRow(
                uid=uids[milestone.id],
                kind="milestone",
                title=milestone.title if milestone.kind == "other" else f"{kind}: {milestone.title}",
                first=when.first,
                last=when.last,
                start=when.time,
                end_day=when.end,
                end=when.end_time,
                zone=(when.zone or work.zone) if when.time is not None else None,
                fold=when.fold,
                precision=when.precision.value,
                description=(
                    kind,
                    *(_named("Topic", topic)),
                    *(_named("Body", short_name or name)),
                    *(_named("Source", " ".join(part for part in (milestone.source, milestone.source_url) if part))),
                ),
                url=address.format(milestone.id),
                categories=(topic,) if topic else (),
                deadline=milestone.kind == "consultation_deadline",
                deadline_words=when.deadline(),
                doubt=when.doubt(),
                typed=when.text,
            ),
            milestone.changed_at,
        )
    return found


def _due(row: Any) -> dict[str, Any]:
    """The days of something due, as fields of a row."""
    precision = Precision(row.due_precision or Precision.DAY)
    due = When(row.due_first, row.due_last, precision, row.due_text or "")
    return {
        "first": due.first,
        "last": due.last,
        "precision": precision.value,
        "deadline": True,
        "deadline_words": due.deadline(),
        "doubt": due.doubt(),
        "typed": due.text,
    }


def _named(name: str, value: str | None) -> tuple[str, ...]:
    return (f"{name}: {value}",) if value else ()


def _owner(name: str | None) -> tuple[str, ...]:
    return (f"{name} (to do it)",) if name else ()
