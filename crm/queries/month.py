"""One month of ours for a printed page: counts beside the month before, new promises, and what is due next."""

from __future__ import annotations

import datetime as dt
from typing import NamedTuple

from crm.dates import Period, period_of
from crm.models.engagements import KINDS
from crm.queries import commitments, counts, engagements, followups, topics
from crm.queries.counts import Cell, Table, Total
from crm.queries.scope import Scope
from crm.work import Work

BODIES_SHOWN = 15
ROWS_SHOWN = 100


class KindLine(NamedTuple):
    """One kind of engagement in the month and in the one before."""

    key: str
    label: str
    now: Cell
    before: Cell


class BodyLine(NamedTuple):
    """One body met in the month, and how often in the one before."""

    id: int
    label: str
    name: str
    now: Total
    before: Total


class Month(NamedTuple):
    """Everything on the page.

    :param due_by: the last day up to which what is due is listed: the end of the month that follows
    :param made_number: how many promises were made, of which ``made`` are the first :data:`ROWS_SHOWN`; so with the
        other numbers
    """

    period: Period
    before: Period
    following: Period
    now: Total
    then: Total
    kinds: list[KindLine]
    bodies: list[BodyLine]
    bodies_number: int
    engagements: list[engagements.EngagementRow]
    made: list[commitments.CommitmentRow]
    made_number: int
    due: list[commitments.CommitmentRow]
    due_number: int
    follow_ups: list[followups.FollowUpRow]
    follow_ups_number: int
    milestones: list[topics.MilestoneRow]
    due_by: dt.date


def month(work: Work, day: dt.date) -> Month:
    """The month that holds ``day``, of our actors."""
    period = period_of(day, "month")
    before = period_of(period.start - dt.timedelta(days=1), "month")
    following = period_of(period.end + dt.timedelta(days=1), "month")
    scope = Scope(since=period.start, until=period.end)
    now = counts.table(work, scope, by="kind")
    then = counts.table(work, scope.within(before.start, before.end), by="kind")
    bodies = _bodies(now, then)
    ours = commitments.Filter(directions=("ours", "theirs"))
    due = commitments.Filter(directions=ours.directions, buckets=tuple(commitments.LATENESS), due_until=following.end)
    to_do = followups.Filter(tab="due", due_until=following.end)
    made = commitments.Filter(directions=ours.directions, made_in=(period.start, period.end))
    ahead = max(work.today(), following.start) if work.today() > period.end else work.today()
    return Month(
        period=period,
        before=before,
        following=following,
        now=now.total,
        then=then.total,
        kinds=_kinds(now, then),
        bodies=bodies[:BODIES_SHOWN],
        bodies_number=len(bodies),
        engagements=engagements.listed(
            work, engagements.Filter(scope=scope, certainty="certain"), newest_first=False, limit=ROWS_SHOWN
        ).rows,
        made=commitments.commitments(work, made, limit=ROWS_SHOWN)[0],
        made_number=sum(commitments.numbers(work, made).values()),
        due=commitments.commitments(work, due, limit=ROWS_SHOWN)[0],
        due_number=sum(commitments.numbers(work, due).values()),
        follow_ups=followups.follow_ups(work, to_do, limit=ROWS_SHOWN)[0],
        follow_ups_number=followups.numbers(work, to_do)["due"],
        milestones=[row for row in topics.milestones(work, since=ahead) if row.when.first <= following.end],
        due_by=following.end,
    )


def _kinds(now: Table, then: Table) -> list[KindLine]:
    nothing = Cell()
    lines = (
        KindLine(key, label, now.margin.get(key, nothing), then.margin.get(key, nothing))
        for key, label in KINDS.items()
    )
    return [line for line in lines if any(line.now) or any(line.before)]


def _bodies(now: Table, then: Table) -> list[BodyLine]:
    earlier = {row.organisation_id: row.total for row in then.rows}
    return [
        BodyLine(row.organisation_id, row.label, row.name, row.total, earlier.get(row.organisation_id, Total()))
        for row in now.rows
    ]
