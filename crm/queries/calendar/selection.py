"""Which rendered fragments a feed holds: its scope, its window, and what its member may see."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from operator import itemgetter
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, and_, case, exists, false, func, or_, select
from sqlalchemy.orm import InstrumentedAttribute

from crm.models import (
    CalendarEntry,
    Commitment,
    CommitmentRecipient,
    Dispatch,
    Engagement,
    EngagementTopic,
    Feed,
    FollowUp,
    Milestone,
    OrganisationClosure,
    Participation,
    Topic,
)
from crm.queries import visibility
from crm.work import Work

CANCELLED_FOR = dt.timedelta(days=60)
"""How long a cancelled entry stays in feeds: long enough for every calendar to have taken it away."""

Condition = ColumnElement[bool]
# Fragments that are in memory at once while a file is written.
_AT_ONCE = 500


class Window(NamedTuple):
    """The days a feed holds, both inclusive; its text depends on them, so it changes at midnight only."""

    first: dt.date
    last: dt.date
    cancelled_since: dt.datetime


def window(work: Work) -> Window:
    """One year back and two ahead of today."""
    today = work.today()
    midnight = dt.datetime.combine(today, dt.time(), dt.UTC)
    return Window(_years(today, -1), _years(today, 2), midnight - CANCELLED_FOR)


def fragments(work: Work, feed: Feed) -> list[tuple[str, str | None]]:
    """The fragments of a feed with the zone of each, in a stable order, as far as the work's member may see them.

    An engagement whose content is hidden from the member is there in its busy form; one of named members is not there.
    """
    fragment = {
        "full": CalendarEntry.fragment,
        "brief": CalendarEntry.fragment_brief,
        "busy": CalendarEntry.fragment_busy,
    }[feed.detail]
    held = _held(window(work))
    found: list[tuple[str, str | None]] = []
    for statement in (
        _engagements(work, feed, fragment),
        _follow_ups(work, feed, fragment),
        _commitments(work, feed, fragment),
        _milestones(work, feed, fragment),
    ):
        # Put in order here, by a number: the database would carry every text through its sorting.
        rows = sorted(work.session.execute(statement.where(*held)), key=itemgetter(0))
        found.extend((text, zone) for _, text, zone in rows)
    return found


class Rows(NamedTuple):
    """The fragments of the rows of a list.

    :ivar zones: each zone that is used, with the first and last day on which it may be
    """

    zones: list[tuple[str, dt.date, dt.date]]
    texts: Iterator[str]


def of_rows(work: Work, kind: str, records: Select[Any]) -> Rows:
    """The fragments of records, whatever their days, as far as the work's member may see them.

    :param kind: a key of :data:`crm.queries.calendar.entries.PATHS`
    :param records: their numbers, as a list of the member's selects them
    """
    text: Any = CalendarEntry.fragment
    if kind == "engagement":
        text = case((visibility.content_visible(work), text), else_=CalendarEntry.fragment_busy)
    shown = [CalendarEntry.kind == kind, CalendarEntry.shown.is_(True), CalendarEntry.record_id.in_(records)]
    statement = select(text).where(*shown).order_by(CalendarEntry.record_id)
    if kind == "engagement":
        statement = statement.join(Engagement, _of("engagement", Engagement)).where(visibility.visible(work))
    zones = (
        select(CalendarEntry.zone, func.min(CalendarEntry.first_day), func.max(CalendarEntry.last_day))
        .where(*shown, CalendarEntry.zone.is_not(None))
        .group_by(CalendarEntry.zone)
    )
    found = work.session.execute(zones).all()
    texts = work.session.scalars(statement.execution_options(yield_per=_AT_ONCE))
    used = [(zone, first, last) for zone, first, last in found if zone and first and last]
    return Rows(used, iter(texts))


def _held(days: Window) -> list[Condition]:
    return [
        CalendarEntry.shown.is_(True),
        CalendarEntry.last_day >= days.first,
        CalendarEntry.first_day <= days.last,
        or_(CalendarEntry.cancelled_at.is_(None), CalendarEntry.cancelled_at >= days.cancelled_since),
    ]


def _entries(text: Any) -> Select[int, str, str | None]:
    return select(CalendarEntry.record_id, text, CalendarEntry.zone)


def _of(kind: str, record: Any) -> Condition:
    return and_(CalendarEntry.kind == kind, CalendarEntry.record_id == record.id)


def _engagements(work: Work, feed: Feed, fragment: InstrumentedAttribute[str]) -> Select[int, str, str | None]:
    text = case((visibility.content_visible(work), fragment), else_=CalendarEntry.fragment_busy)
    statement = select(CalendarEntry.record_id, text, CalendarEntry.zone).join(
        Engagement, _of("engagement", Engagement)
    )
    statement = statement.where(visibility.visible(work))
    if feed.scope == "mine":
        statement = statement.where(_own(work))
    elif feed.scope == "organisation":
        statement = statement.where(Engagement.id.in_(_engagements_of_branch(feed)))
    elif feed.scope == "topic":
        # What an engagement is about is its content.
        statement = statement.where(visibility.content_visible(work), Engagement.id.in_(_engagements_about(feed)))
    return statement


def _follow_ups(work: Work, feed: Feed, fragment: InstrumentedAttribute[str]) -> Select[int, str, str | None]:
    statement = _entries(fragment).join(FollowUp, _of("follow_up", FollowUp)).where(visibility.follow_up_visible(work))
    if feed.scope == "mine":
        statement = statement.where(FollowUp.owner_id == work.member_id)
    elif feed.scope == "organisation":
        of_copy = (
            select(Dispatch.id)
            .join(Participation, Participation.id == Dispatch.participation_id)
            .join(Engagement, Engagement.id == Participation.engagement_id)
            .join(OrganisationClosure, _stood(feed, Participation.organisation_id, Engagement.first_day))
        )
        statement = statement.where(
            or_(
                _in_branch(feed, FollowUp.organisation_id, FollowUp.due_first),
                FollowUp.engagement_id.in_(_engagements_of_branch(feed)),
                FollowUp.commitment_id.in_(select(Commitment.id).where(_commitment_of_branch(feed))),
                FollowUp.dispatch_id.in_(of_copy),
            )
        )
    elif feed.scope == "topic":
        statement = statement.where(
            or_(
                FollowUp.topic_id.in_(_branch_of_topics(feed)),
                FollowUp.engagement_id.in_(_engagements_about(feed)),
                FollowUp.commitment_id.in_(
                    select(Commitment.id).where(Commitment.topic_id.in_(_branch_of_topics(feed)))
                ),
            )
        )
    return statement


def _commitments(work: Work, feed: Feed, fragment: InstrumentedAttribute[str]) -> Select[int, str, str | None]:
    statement = select(CalendarEntry.record_id, fragment, CalendarEntry.zone).join(
        Commitment, _of("commitment", Commitment)
    )
    statement = statement.where(visibility.through_engagement(work, Commitment.engagement_id))  # type: ignore[arg-type]
    if feed.scope == "mine":
        statement = statement.where(Commitment.owner_id == work.member_id)
    elif feed.scope == "organisation":
        statement = statement.where(_commitment_of_branch(feed))
    elif feed.scope == "topic":
        statement = statement.where(
            or_(
                Commitment.topic_id.in_(_branch_of_topics(feed)),
                Commitment.engagement_id.in_(_engagements_about(feed)),
            )
        )
    return statement


def _milestones(_work: Work, feed: Feed, fragment: InstrumentedAttribute[str]) -> Select[int, str, str | None]:
    statement = select(CalendarEntry.record_id, fragment, CalendarEntry.zone).join(
        Milestone, _of("milestone", Milestone)
    )
    if feed.scope == "organisation":
        statement = statement.where(_in_branch(feed, Milestone.organisation_id, Milestone.first_day))
    elif feed.scope == "topic":
        statement = statement.where(Milestone.topic_id.in_(_branch_of_topics(feed)))
    return statement


def _own(work: Work) -> Condition:
    """Engagements the member owns, recorded, or takes part in."""
    person_id = work.member.person_id if work.member is not None else None
    there: Condition = false()
    if person_id is not None:
        there = exists().where(Participation.engagement_id == Engagement.id, Participation.person_id == person_id)
    return or_(Engagement.owner_id == work.member_id, Engagement.created_by_id == work.member_id, there)


def _engagements_of_branch(feed: Feed) -> Select[int]:
    """Engagements in which a body of the feed's branch takes part, the tree read as it stood that day."""
    met = Engagement.__table__.alias("met")
    return (
        select(Participation.engagement_id)
        .join(met, met.c.id == Participation.engagement_id)
        .join(OrganisationClosure, _stood(feed, Participation.organisation_id, met.c.first_day))
    )


def _engagements_about(feed: Feed) -> Select[int]:
    return select(EngagementTopic.engagement_id).where(EngagementTopic.topic_id.in_(_branch_of_topics(feed)))


def _commitment_of_branch(feed: Feed) -> Condition:
    to = exists().where(
        CommitmentRecipient.commitment_id == Commitment.id,
        _in_branch(feed, CommitmentRecipient.organisation_id, Commitment.first_day),
    )
    return or_(_in_branch(feed, Commitment.made_by_id, Commitment.first_day), to)


def _in_branch(feed: Feed, body: Any, day: Any) -> Condition:
    return exists().where(_stood(feed, body, day))


def _stood(feed: Feed, body: Any, day: Any) -> Condition:
    """``body`` stood in the feed's branch on ``day``."""
    closure = OrganisationClosure
    return and_(
        closure.ancestor_id == feed.organisation_id,
        closure.descendant_id == body,
        closure.first <= day,
        closure.last >= day,
    )


def _branch_of_topics(feed: Feed) -> Select[int]:
    branch = select(Topic.id).where(Topic.id == feed.topic_id).cte(recursive=True)
    branch = branch.union(select(Topic.id).join(branch, Topic.parent_id == branch.c.id))
    return select(branch.c.id)


def _years(day: dt.date, years: int) -> dt.date:
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return day.replace(year=day.year + years, day=28)
