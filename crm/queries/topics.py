"""Topics as a tree with what hangs on each, and milestones."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, func, select

from crm.dates import When
from crm.models import (
    Commitment,
    Engagement,
    EngagementTopic,
    FollowUp,
    Milestone,
    Organisation,
    Topic,
)
from crm.models.commitments import RUNNING_STATES
from crm.models.topics import MILESTONE_KINDS
from crm.queries import visibility
from crm.queries.days import when_columns, when_of
from crm.work import Work


class TopicRow(NamedTuple):
    """One topic with what hangs directly on it."""

    id: int
    name: str
    procedure_reference: str
    parent_id: int | None
    depth: int
    engagements: int
    commitments: int
    follow_ups: int
    next_milestone: MilestoneRow | None


class MilestoneRow(NamedTuple):
    """One dated fact."""

    id: int
    version: int
    kind: str
    title: str
    when: When
    note: str
    topic_id: int | None
    topic: str
    organisation_id: int | None
    organisation: str
    source: str
    source_url: str

    @property
    def kind_label(self) -> str:
        return MILESTONE_KINDS[self.kind]


def topics(work: Work) -> list[TopicRow]:
    """All topics in tree order: each below its parent, those of one parent by name."""
    engagements, commitments, follow_ups = _numbers(work)
    ahead: dict[int | None, MilestoneRow] = {}
    for milestone in milestones(work, since=work.today()):
        ahead.setdefault(milestone.topic_id, milestone)
    return [
        TopicRow(
            row.id,
            row.name,
            row.procedure_reference,
            row.parent_id,
            depth,
            engagements.get(row.id, 0),
            commitments.get(row.id, 0),
            follow_ups.get(row.id, 0),
            ahead.get(row.id),
        )
        for row, depth in _in_tree_order(work)
    ]


def choices(work: Work) -> list[tuple[int, str]]:
    """Topics for a select: id, and the name set in by its depth."""
    return [(row.id, "\u2003" * depth + row.name) for row, depth in _in_tree_order(work)]


def _in_tree_order(work: Work) -> list[tuple[Any, int]]:
    """Each topic with its depth; one whose parent is in the bin stands at the top."""
    found = work.session.execute(
        select(Topic.id, Topic.name, Topic.procedure_reference, Topic.parent_id)
        .where(Topic.binned_at.is_(None))
        .order_by(Topic.sort)
    ).all()
    kept = {row.id for row in found}
    below: dict[int | None, list[Any]] = defaultdict(list)
    for row in found:
        below[row.parent_id if row.parent_id in kept else None].append(row)
    result: list[tuple[Any, int]] = []
    waiting = [(row, 0) for row in reversed(below[None])]
    while waiting:
        row, depth = waiting.pop()
        result.append((row, depth))
        waiting += [(inner, depth + 1) for inner in reversed(below[row.id])]
    return result


def path(work: Work, topic_id: int) -> list[tuple[int, str]]:
    """The topics above one, the highest first: id and name."""
    result: list[tuple[int, str]] = []
    seen = {topic_id}
    above = work.session.scalar(select(Topic.parent_id).where(Topic.id == topic_id))
    while above is not None and above not in seen:
        seen.add(above)
        name, parent = work.session.execute(select(Topic.name, Topic.parent_id).where(Topic.id == above)).one()
        result.append((above, name))
        above = parent
    return result[::-1]


def milestones(
    work: Work,
    *,
    topic_ids: tuple[int, ...] = (),
    organisation_id: int | None = None,
    since: dt.date | None = None,
    latest_first: bool = False,
    limit: int = 500,
) -> list[MilestoneRow]:
    """Milestones in the order of their days.

    :param topic_ids: only on these topics
    :param since: only those that may still lie on that day or after it
    """
    statement = milestone_rows().where(Milestone.binned_at.is_(None))
    if topic_ids:
        statement = statement.where(Milestone.topic_id.in_(topic_ids))
    if organisation_id is not None:
        statement = statement.where(Milestone.organisation_id == organisation_id)
    if since is not None:
        statement = statement.where(func.coalesce(Milestone.end_day, Milestone.last_day) >= since)
    order: tuple[Any, ...] = (Milestone.first_day, Milestone.last_day, Milestone.id)
    if latest_first:
        order = (Milestone.first_day.desc(), Milestone.last_day, Milestone.id.desc())
    return [milestone_row(row) for row in work.session.execute(statement.order_by(*order).limit(limit))]


def branch(work: Work, topic_id: int) -> tuple[int, ...]:
    """A topic and all below it."""
    found = select(Topic.id).where(Topic.id == topic_id).cte("branch", recursive=True)
    found = found.union(select(Topic.id).join(found, Topic.parent_id == found.c.id).where(Topic.binned_at.is_(None)))
    return tuple(work.session.scalars(select(found.c.id)))


def _numbers(work: Work) -> tuple[dict[int, int], dict[int, int], dict[int, int]]:
    engagements = _counted(
        work,
        select(EngagementTopic.topic_id, func.count())
        .join(Engagement, Engagement.id == EngagementTopic.engagement_id)
        .where(visibility.content_visible(work), Engagement.counts.is_(True))
        .group_by(EngagementTopic.topic_id),
    )
    commitments = _counted(
        work,
        select(Commitment.topic_id, func.count())
        .where(
            Commitment.topic_id.is_not(None),
            Commitment.binned_at.is_(None),
            Commitment.kind != "delivery",
            Commitment.state.in_(RUNNING_STATES),
            visibility.through_engagement(work, _column(Commitment.engagement_id)),
        )
        .group_by(Commitment.topic_id),
    )
    follow_ups = _counted(
        work,
        select(FollowUp.topic_id, func.count())
        .where(
            FollowUp.topic_id.is_not(None),
            FollowUp.binned_at.is_(None),
            FollowUp.done_on.is_(None),
            visibility.follow_up_visible(work),
        )
        .group_by(FollowUp.topic_id),
    )
    return engagements, commitments, follow_ups


def _counted(work: Work, statement: Any) -> dict[int, int]:
    found: dict[int, int] = dict(work.session.execute(statement).all())
    return found


def _column(attribute: Any) -> ColumnElement[int | None]:
    column: ColumnElement[int | None] = attribute
    return column


def milestone_rows() -> Any:
    """The columns that :func:`milestone_row` makes a row of."""
    return (
        select(
            Milestone.id,
            Milestone.version,
            Milestone.kind,
            Milestone.title,
            *when_columns(Milestone),
            Milestone.note,
            Milestone.topic_id,
            Topic.name.label("topic"),
            Milestone.organisation_id,
            func.coalesce(func.nullif(Organisation.short_name, ""), Organisation.name).label("organisation"),
            Milestone.source,
            Milestone.source_url,
        )
        .outerjoin(Topic, Topic.id == Milestone.topic_id)
        .outerjoin(Organisation, Organisation.id == Milestone.organisation_id)
    )


def milestone_row(row: Any) -> MilestoneRow:
    """A row of what :func:`milestone_rows` selected."""
    return MilestoneRow(
        id=row.id,
        version=row.version,
        kind=row.kind,
        title=row.title,
        when=when_of(row),
        note=row.note,
        topic_id=row.topic_id,
        topic=row.topic or "",
        organisation_id=row.organisation_id,
        organisation=row.organisation or "",
        source=row.source,
        source_url=row.source_url,
    )
