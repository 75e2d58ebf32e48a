"""One engagement with everything that hangs on it, as far as the member may read it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

from sqlalchemy import or_, select
from sqlalchemy.orm import joinedload, selectinload

from crm.dates import When
from crm.errors import NotFound
from crm.models import (
    Attachment,
    DiscussionPoint,
    Dispatch,
    Engagement,
    EngagementTopic,
    Member,
    Organisation,
    Participation,
    Post,
    Topic,
)
from crm.models.engagements import ACCEPTANCES, ROLES
from crm.queries import visibility
from crm.queries.days import when_of
from crm.queries.engagements.rows import Body, Present, bodies, columns, present, title
from crm.queries.ours import initiator, is_ours
from crm.work import Work


class Attendee(NamedTuple):
    """One person who took part, with the post held that day."""

    id: int
    name: str
    post: str
    said: str


@dataclass(slots=True)
class Attending:
    """One organisation that took part, with its people."""

    body: Body
    side: str
    said: str
    people: list[Attendee] = field(default_factory=list)


class Link(NamedTuple):
    """Another engagement that this one follows, or that follows it."""

    id: int
    kind: str
    status: str
    when: When
    title: str


class File(NamedTuple):
    """One attachment."""

    id: int
    name: str
    media_type: str
    size: int
    added_at: dt.datetime
    added_by: str | None


@dataclass(slots=True)
class Sheet:
    """What the page shows.

    :ivar record: the whole engagement with its parts, none where the member may not read its content
    :ivar names: names of the members it mentions, by number
    :ivar letter_id: the letter to which it is the reply
    :ivar is_ours: whether those who act are us or clients of ours
    :ivar initiator: who began it, in words; empty where that is not recorded
    """

    id: int
    version: int
    kind: str
    status: str
    visibility: str
    when: When
    title: str
    is_binned: bool
    attending: list[Attending]
    topics: list[tuple[int, str]]
    record: Engagement | None = None
    names: dict[int, str] = field(default_factory=dict)
    follows: Link | None = None
    followed_by: list[Link] = field(default_factory=list)
    files: list[File] = field(default_factory=list)
    declined_by: Body | None = None
    letter_id: int | None = None
    is_ours: bool = True
    initiator: str = ""

    def on(self, side: str, *, copies: bool = False) -> list[Attending]:
        """Who took part on ``side``; those who only got a copy stand apart."""
        return [one for one in self.attending if one.side == ("copy" if copies else side)]

    @property
    def bodies(self) -> list[Body]:
        """The bodies met or written to."""
        return [one.body for one in self.on("counterpart")]


def sheet(work: Work, engagement_id: int) -> Sheet:
    """One engagement.

    :raises NotFound: there is none, or the member may not know of it
    """
    row = work.session.execute(
        columns(work).add_columns(Engagement.binned_at).where(Engagement.id == engagement_id)
    ).first()
    if row is None:
        raise NotFound
    made = Sheet(
        id=row.id,
        version=row.version,
        kind=row.kind,
        status=row.status,
        visibility=row.visibility,
        when=when_of(row),
        title="",
        is_binned=row.binned_at is not None,
        attending=[],
        topics=_topics(work, engagement_id) if row.is_readable else [],
    )
    if row.is_readable:
        _fill(work, made)
    else:
        _fill_outside(made, present(work, [engagement_id]).get(engagement_id, []))
    actors = [one.body for one in made.on("actor")]
    made.is_ours = is_ours(work, [body.id for body in actors])
    if made.record is not None and made.record.initiated_by:
        made.initiator = initiator(made.record.initiated_by, ", ".join(body.name for body in actors), ours=made.is_ours)
    made.title = title(made.kind, made.record.subject if made.record else "", made.bodies)
    return made


def _topics(work: Work, engagement_id: int) -> list[tuple[int, str]]:
    found = work.session.execute(
        select(Topic.id, Topic.name)
        .join(EngagementTopic, EngagementTopic.topic_id == Topic.id)
        .where(EngagementTopic.engagement_id == engagement_id)
        .order_by(Topic.sort)
    )
    return [(topic_id, name) for topic_id, name in found]


def _fill_outside(made: Sheet, parties: Iterable[Present]) -> None:
    """What is counted is seen: which organisations and when; nobody's name, no topic and no word said."""
    parties = list(parties)
    for side in ("counterpart", "actor", "third"):
        made.attending += [Attending(body, side, "") for body in bodies(parties, side)]


def _fill(work: Work, made: Sheet) -> None:
    record = work.session.scalars(
        select(Engagement)
        .where(Engagement.id == made.id)
        .options(
            selectinload(Engagement.participations).options(
                joinedload(Participation.organisation),
                joinedload(Participation.person),
                joinedload(Participation.post).joinedload(Post.organisation),
            ),
            selectinload(Engagement.points).joinedload(DiscussionPoint.raised_by),
            selectinload(Engagement.earlier_dates),
            selectinload(Engagement.viewers),
        )
    ).one()
    made.record = record
    made.attending = _attending(record)
    made.files = _files(work, made.id)
    members = {record.owner_id, record.created_by_id, record.changed_by_id}
    members |= {viewer.member_id for viewer in record.viewers}
    wanted = select(Member.id, Member.name).where(Member.id.in_([number for number in members if number]))
    made.names = dict(work.session.execute(wanted).all())
    _link(work, made, record)
    if record.declined_by_id is not None:
        by = work.session.get_one(Organisation, record.declined_by_id)
        made.declined_by = Body(by.id, by.label, by.name)
    made.letter_id = work.session.scalar(
        select(Participation.engagement_id)
        .join(Dispatch, Dispatch.participation_id == Participation.id)
        .join(Engagement, Engagement.id == Participation.engagement_id)
        .where(Dispatch.reply_id == made.id, visibility.content_visible(work))
    )


def _attending(record: Engagement) -> list[Attending]:
    found: dict[tuple[int, str], Attending] = {}
    for party in record.participations:
        organisation = party.organisation
        side = "copy" if party.role == "copy" else party.side
        key = organisation.id, side
        if key not in found:
            found[key] = Attending(Body(organisation.id, organisation.label, organisation.name), side, "")
        said = _said(party)
        if party.person is None:
            found[key].said = said
        else:
            post = party.post.title if party.post is not None else ""
            found[key].people.append(Attendee(party.person.id, party.person.name, post, said))
    return list(found.values())


def _said(party: Participation) -> str:
    """What is to be said of a participation beyond that it took place: “host”, “declined”."""
    role = party.role if party.role in ("host", "speaker", "signatory") else ""
    words = [ROLES[role] if role else "", ACCEPTANCES[party.acceptance]]
    return ", ".join(word.lower() for word in words if word)


def _files(work: Work, engagement_id: int) -> list[File]:
    found = work.session.execute(
        select(
            Attachment.id,
            Attachment.name,
            Attachment.media_type,
            Attachment.size,
            Attachment.created_at,
            Member.name.label("added_by"),
        )
        .outerjoin(Member, Member.id == Attachment.created_by_id)
        .where(Attachment.engagement_id == engagement_id, Attachment.binned_at.is_(None))
        .order_by(Attachment.id)
    )
    return [File(*row) for row in found]


def _link(work: Work, made: Sheet, record: Engagement) -> None:
    around = Engagement.follows_id == made.id
    if record.follows_id is not None:
        around = or_(around, Engagement.id == record.follows_id)
    found = work.session.execute(
        columns(work)
        .where(around, Engagement.binned_at.is_(None))
        .order_by(Engagement.first_day, Engagement.id)
        .limit(50)
    ).all()
    parties = present(work, (row.id for row in found))
    for row in found:
        met = bodies(parties.get(row.id, []), "counterpart")
        link = Link(row.id, row.kind, row.status, when_of(row), title(row.kind, row.subject, met))
        if row.id == record.follows_id:
            made.follows = link
        else:
            made.followed_by.append(link)
