"""What a member may see, as conditions that every query carries."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from sqlalchemy import ColumnElement, and_, exists, or_, select, true

from crm.models import (
    Commitment,
    DiscussionPoint,
    Dispatch,
    Engagement,
    EngagementViewer,
    FollowUp,
    Participation,
)
from crm.work import Work


def _is_named(work: Work) -> ColumnElement[bool]:
    return or_(
        Engagement.owner_id == work.member_id,
        Engagement.created_by_id == work.member_id,
        exists().where(EngagementViewer.engagement_id == Engagement.id, EngagementViewer.member_id == work.member_id),
    )


def visible(work: Work) -> ColumnElement[bool]:
    """Engagements that exist for the member: the team's, those counted with hidden content, and those naming them."""
    if work.trusted:
        return true()
    return or_(Engagement.visibility.in_(("team", "hidden")), _is_named(work))


def content_visible(work: Work) -> ColumnElement[bool]:
    """Engagements whose content (subject, notes, people, points, files) the member may read."""
    if work.trusted:
        return true()
    return or_(Engagement.visibility == "team", _is_named(work))


def through_engagement(work: Work, column: ColumnElement[int | None]) -> ColumnElement[bool]:
    """Records hanging on an engagement through ``column`` are seen by those who may read that engagement's content."""
    if work.trusted:
        return true()
    readable = exists().where(and_(Engagement.id == column, content_visible(work)))
    return or_(column.is_(None), readable)


def follow_up_visible(work: Work) -> ColumnElement[bool]:
    """Follow-ups whose every origin the member may read: the engagement, and that of a copy, point or promise."""
    if work.trusted:
        return true()
    of_copy = (
        select(Participation.engagement_id)
        .join(Dispatch, Dispatch.participation_id == Participation.id)
        .where(Dispatch.id == FollowUp.dispatch_id)
    )
    of_point = select(DiscussionPoint.engagement_id).where(DiscussionPoint.id == FollowUp.point_id)
    of_promise = select(Commitment.engagement_id).where(Commitment.id == FollowUp.commitment_id)
    return and_(
        through_engagement(work, FollowUp.engagement_id),  # type: ignore[arg-type]
        *(
            through_engagement(work, origin.correlate(FollowUp).scalar_subquery())
            for origin in (of_copy, of_point, of_promise)
        ),
    )


def may_read_content(work: Work, engagement_id: int) -> bool:
    """Whether the member may read the content of one engagement."""
    found = work.session.scalar(select(Engagement.id).where(Engagement.id == engagement_id, content_visible(work)))
    return found is not None


def readable(work: Work, engagement_ids: Iterable[int]) -> Iterator[int]:
    """Those of ``engagement_ids`` whose content the member may read."""
    wanted = sorted(engagement_ids)
    # A statement takes some 32,000 values.
    for start in range(0, len(wanted), 5000):
        part = wanted[start : start + 5000]
        yield from work.session.scalars(select(Engagement.id).where(Engagement.id.in_(part), content_visible(work)))


def may_read_follow_up(work: Work, follow_up_id: int) -> bool:
    """Whether the member may read one follow-up."""
    found = work.session.scalar(select(FollowUp.id).where(FollowUp.id == follow_up_id, follow_up_visible(work)))
    return found is not None
