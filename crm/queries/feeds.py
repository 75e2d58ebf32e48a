"""Reads of calendar feeds: by their secret, and as lists."""

from __future__ import annotations

import datetime as dt
import hashlib
from typing import NamedTuple

from sqlalchemy import ColumnElement, Select, select

from crm.errors import NotFound
from crm.models import Feed, FeedFetch, Member, Organisation, Revision, Topic
from crm.work import Work


class Subscription(NamedTuple):
    """What the holder of a secret is given.

    :ivar member: whose eyes the feed sees with, as the member stands now
    :ivar revision: moves with every change of what a calendar could show
    :ivar fetched_at: when it was last fetched, as far as that was noted
    """

    feed: Feed
    member: Member
    revision: int
    fetched_at: dt.datetime | None


class FeedRow(NamedTuple):
    """One feed in a list; its secret is known to nobody any more."""

    id: int
    label: str
    scope: str
    target: str
    detail: str
    member_id: int
    member: str
    created_at: dt.datetime
    revoked_at: dt.datetime | None
    fetched_at: dt.datetime | None
    agent: str


def hashed(secret: str) -> str:
    """What is stored of a secret: it is long and random, so a plain hash cannot be turned back."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def by_secret(work: Work, secret: str, revision: str) -> Subscription:
    """The feed that a secret opens, with all that answering from memory needs, in one statement.

    :param revision: name of the counter to read along
    :raises NotFound: no feed has this secret, it was revoked, or its member is disabled: nobody can tell which
    """
    row = work.session.execute(
        select(Feed, Member, Revision.value, FeedFetch.at)
        .join(Member, Member.id == Feed.member_id)
        .outerjoin(Revision, Revision.name == revision)
        .outerjoin(FeedFetch, FeedFetch.feed_id == Feed.id)
        .where(Feed.token_hash == hashed(secret), Feed.revoked_at.is_(None), Member.disabled_at.is_(None))
    ).one_or_none()
    if row is None:
        raise NotFound
    feed, member, value, fetched_at = row
    # Both outlive this unit of work: the file is joined in one that is the member's own.
    work.session.expunge(feed)
    work.session.expunge(member)
    return Subscription(feed, member, value or 0, fetched_at)


def listing(work: Work, *, member_id: int | None = None, revoked: bool = False) -> list[FeedRow]:
    """Feeds, newest first.

    :param member_id: whose; none for everybody's
    :param revoked: those revoked too
    """
    wanted: list[ColumnElement[bool]] = []
    if member_id is not None:
        wanted.append(Feed.member_id == member_id)
    if not revoked:
        wanted.append(Feed.revoked_at.is_(None))
    return [_row(*row) for row in work.session.execute(_rows().where(*wanted).order_by(Feed.id.desc()))]


def one(work: Work, feed_id: int) -> FeedRow:
    """One feed as a row.

    :raises NotFound: there is none
    """
    row = work.session.execute(_rows().where(Feed.id == feed_id)).one_or_none()
    if row is None:
        raise NotFound
    return _row(*row)


def _rows() -> Select[Feed, str, str | None, str | None, str | None, dt.datetime | None, str | None]:
    return (
        select(Feed, Member.name, Organisation.short_name, Organisation.name, Topic.name, FeedFetch.at, FeedFetch.agent)
        .join(Member, Member.id == Feed.member_id)
        .outerjoin(Organisation, Organisation.id == Feed.organisation_id)
        .outerjoin(Topic, Topic.id == Feed.topic_id)
        .outerjoin(FeedFetch, FeedFetch.feed_id == Feed.id)
    )


def _row(
    feed: Feed,
    member: str,
    short_name: str | None,
    name: str | None,
    topic: str | None,
    fetched_at: dt.datetime | None,
    agent: str | None,
) -> FeedRow:
    return FeedRow(
        id=feed.id,
        label=feed.label,
        scope=feed.scope,
        target=short_name or name or topic or "",
        detail=feed.detail,
        member_id=feed.member_id,
        member=member,
        created_at=feed.created_at,
        revoked_at=feed.revoked_at,
        fetched_at=fetched_at,
        agent=agent or "",
    )
