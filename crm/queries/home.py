"""What the first page shows: what waits, what is ahead, what is going quiet, what was logged last."""

from __future__ import annotations

import datetime as dt
from typing import NamedTuple

from sqlalchemy import and_, func, select

from crm.dates import Period, period_of
from crm.models import Engagement, Organisation, Participation
from crm.queries import commitments, counts, engagements, followups, letters, topics
from crm.queries.counts import Total
from crm.queries.organisations import contact
from crm.queries.scope import Scope, conditions, stood, takes_part, tree
from crm.work import Work

SHOWN = 6
WEEK = dt.timedelta(days=7)
LATE_BUCKETS = ("late", "week")
#: Promises of ours and to us; what others promise each other is not ours to keep.
OF_OURS = ("ours", "theirs")


class Quiet(NamedTuple):
    """A body whose contact goal is missed.

    :param over: days beyond the goal, none if there never was a contact
    :param planned: the first day of a meeting of ours with it, or with what stands below it, that lies ahead
    """

    id: int
    label: str
    days: int
    last: dt.date | None
    over: int | None
    planned: dt.date | None = None


class Figures(NamedTuple):
    """Counts of a period beside those of the one before."""

    period: Period
    now: Total
    before_period: Period
    before: Total


class Home(NamedTuple):
    """Everything on the first page."""

    is_empty: bool
    has_ours: bool
    follow_ups: list[followups.FollowUpRow]
    follow_up_numbers: dict[str, int]
    unsettled: list[engagements.EngagementRow]
    unsettled_number: int
    commitments: list[commitments.CommitmentRow]
    letters: list[letters.LetterRow]
    quiet: list[Quiet]
    ahead: list[engagements.EngagementRow]
    milestones: list[topics.MilestoneRow]
    recent: list[engagements.EngagementRow]
    quarter: Figures


def home(work: Work) -> Home:
    """The first page of the member."""
    today = work.today()
    mine = followups.Filter(tab="due", owner_id=work.member_id)
    return Home(
        is_empty=work.session.scalar(select(Engagement.id).limit(1)) is None,
        has_ours=_has_ours(work),
        follow_ups=followups.follow_ups(work, mine, limit=SHOWN)[0],
        follow_up_numbers=followups.numbers(work, mine),
        unsettled=engagements.unsettled(work, limit=SHOWN),
        unsettled_number=engagements.unsettled_number(work),
        commitments=commitments.commitments(
            work, commitments.Filter(directions=OF_OURS, buckets=LATE_BUCKETS), limit=SHOWN
        )[0],
        letters=letters.letters(work, letters.Filter(tab="awaiting", own=True), limit=SHOWN)[0],
        quiet=quiet(work),
        ahead=_ahead(work, today),
        milestones=topics.milestones(work, since=today, limit=SHOWN),
        recent=engagements.logged_last(work, limit=SHOWN),
        quarter=figures(work, "quarter"),
    )


def quiet(work: Work) -> list[Quiet]:
    """Bodies whose contact goal is missed, those never met first, then by how long the goal is overdue."""
    ids = contact.goals_over(work)
    contacts = contact.contacts_of(work, ids)
    found = work.session.execute(
        select(Organisation.id, Organisation.short_name, Organisation.name, Organisation.goal_days).where(
            Organisation.id.in_(ids)
        )
    )
    rows = []
    for body, short, name, days in found:
        goal = contact.Goal(days or 0, contacts[body].last, work.today())
        rows.append(Quiet(body, short or name, goal.days, goal.last, goal.days_over if goal.last is not None else None))
    first = sorted(rows, key=lambda row: (row.over is not None, -(row.over or 0), row.label))[:SHOWN]
    planned = _planned(work, [row.id for row in first])
    return [row._replace(planned=planned.get(row.id)) for row in first]


def _planned(work: Work, organisation_ids: list[int]) -> dict[int, dt.date]:
    """For each body the first day on which a meeting of ours with it is planned."""
    if not organisation_ids:
        return {}
    scope = Scope(statuses=("planned",), since=work.today())
    closure = tree(work, scope)
    found = work.session.execute(
        select(closure.c.ancestor_id, func.min(Engagement.first_day))
        .select_from(Engagement)
        .join(Participation, Participation.engagement_id == Engagement.id)
        .join(closure, and_(closure.c.descendant_id == Participation.organisation_id, stood(closure)))
        .where(
            *conditions(work, scope),
            takes_part(scope, "counterpart"),
            Engagement.first_day >= work.today(),
            closure.c.ancestor_id.in_(organisation_ids),
        )
        .group_by(closure.c.ancestor_id)
    )
    return dict(found.all())


def figures(work: Work, by: str) -> Figures:
    """Our counts in the present period and the one before."""
    now = period_of(work.today(), by)
    before = period_of(now.start - dt.timedelta(days=1), by)
    return Figures(
        now,
        counts.total(work, Scope(since=now.start, until=now.end)),
        before,
        counts.total(work, Scope(since=before.start, until=before.end)),
    )


def _has_ours(work: Work) -> bool:
    ours = select(Organisation.id).where(
        Organisation.is_ours | Organisation.is_client, Organisation.binned_at.is_(None)
    )
    return work.session.scalar(ours.limit(1)) is not None


def _ahead(work: Work, today: dt.date) -> list[engagements.EngagementRow]:
    scope = Scope(statuses=("planned",), since=today, until=today + WEEK)
    return engagements.listed(work, engagements.Filter(scope=scope), newest_first=False, limit=SHOWN).rows
