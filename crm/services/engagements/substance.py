"""What an engagement was about: points raised, topics, and the members who may read what others may not."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import select

from crm.errors import Invalid
from crm.models import DiscussionPoint, Engagement, EngagementTopic, EngagementViewer, Member, Topic
from crm.services import references
from crm.services.values import text
from crm.work import Work


class Point(NamedTuple):
    """One point raised.

    :param id: of a point that is there already; none for a new one
    """

    point: str
    raised_by_id: int | None = None
    positions: str = ""
    conclusion: str = ""
    id: int | None = None


def set_points(work: Work, engagement: Engagement, points: Sequence[Point]) -> None:
    """Makes ``points`` those raised, in that order; a point known by its id stays itself, with what hangs on it.

    :raises Invalid: a point without words, or raised by an organisation that does not exist
    """
    known = {point.id: point for point in engagement.points}
    raisers = [point.raised_by_id for point in points if point.raised_by_id is not None]
    before = {point.raised_by_id for point in engagement.points}
    references.organisations(work, "points", [body for body in raisers if body not in before])
    kept: list[DiscussionPoint] = []
    for given in points:
        if not given.point.strip():
            if given.positions.strip() or given.conclusion.strip():
                raise Invalid("points", "Say what was raised; its positions and conclusion alone have no point.")
            continue
        point = known.pop(given.id, None) if given.id is not None else None
        point = point or DiscussionPoint()
        point.point = text("points", given.point)
        point.raised_by_id = given.raised_by_id
        point.positions = text("positions", given.positions)
        point.conclusion = text("conclusion", given.conclusion)
        point.position = len(kept)
        kept.append(point)
    engagement.points = kept


def set_topics(work: Work, engagement: Engagement, topic_ids: Sequence[int]) -> None:
    """Makes the engagement be about exactly these topics.

    :raises Invalid: one of them does not exist
    """
    kept = {link.topic_id: link for link in engagement.topic_links}
    wanted = list(dict.fromkeys(topic_ids))
    new = [topic for topic in wanted if topic not in kept]
    if new:
        found = set(work.session.scalars(select(Topic.id).where(Topic.id.in_(new), Topic.binned_at.is_(None))))
        if found != set(new):
            raise Invalid("topics", "One of the topics is no longer there; choose it again.")
    engagement.topic_links = [kept.get(topic) or EngagementTopic(topic_id=topic) for topic in wanted]


def set_viewers(work: Work, engagement: Engagement, member_ids: Sequence[int]) -> None:
    """Names the members who may read it when the whole team may not; its owner and its author always may.

    Whoever saves it stays able to read what they saved.

    :raises Invalid: one of them is no member
    """
    named = {link.member_id: link for link in engagement.viewers}
    wanted = list(dict.fromkeys(member_ids))
    always = {engagement.owner_id, engagement.created_by_id}
    is_new = engagement.id is None
    if engagement.visibility != "team" and work.member_id is not None and not is_new and work.member_id not in always:
        wanted = list(dict.fromkeys([*wanted, work.member_id]))
    new = [member for member in wanted if member not in named]
    if new:
        found = set(work.session.scalars(select(Member.id).where(Member.id.in_(new), Member.disabled_at.is_(None))))
        if found != set(new):
            raise Invalid("viewers", "One of those chosen is no member here; choose again.")
    engagement.viewers = [named.get(member) or EngagementViewer(member_id=member) for member in wanted]
