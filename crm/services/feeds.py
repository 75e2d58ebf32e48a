"""Verbs on calendar feeds: create one with its secret, revoke it, note that it was fetched."""

from __future__ import annotations

import datetime as dt
import re
import secrets
from contextlib import suppress

from sqlalchemy import func, select, update
from sqlalchemy.exc import IntegrityError

from crm.errors import Forbidden, Invalid, NotFound
from crm.models import Feed, FeedFetch, Member, Organisation, Topic
from crm.models.feeds import DETAILS, SCOPES
from crm.queries import feeds
from crm.queries.feeds import FeedRow, Subscription
from crm.services.derived import CALENDAR_REVISION
from crm.services.permissions import READ, authorise
from crm.services.submissions import claim
from crm.services.values import choice, line
from crm.work import Work

SECRET_BYTES = 32
MOST_FEEDS = 50
"""Feeds in use that one member may have."""
NOTED_EVERY = dt.timedelta(minutes=5)

_IN_ADDRESS = re.compile(r"(/calendar/)[A-Za-z0-9_-]{16,}")


def get(work: Work, feed_id: int) -> Feed:
    """One feed: of the member, or anybody's for an administrator.

    :raises NotFound: there is none, or it is somebody else's
    """
    authorise(work, READ)
    feed = work.session.get(Feed, feed_id)
    if feed is None or not (_sees_all(work) or feed.member_id == work.member_id):
        raise NotFound
    return feed


def show(work: Work, feed_id: int) -> FeedRow:
    """One feed as the list shows it.

    :raises NotFound: there is none, or it is somebody else's
    """
    return feeds.one(work, get(work, feed_id).id)


def listing(work: Work, *, everybody: bool = False, revoked: bool = False) -> list[FeedRow]:
    """The member's feeds, newest first; ``everybody``'s for an administrator and the command line.

    :raises Forbidden: somebody else asked for everybody's
    """
    authorise(work, READ)
    if not everybody:
        return feeds.listing(work, member_id=work.member_id, revoked=revoked)
    if not _sees_all(work):
        raise Forbidden("Only an administrator may look at the feeds of others.")
    return feeds.listing(work, revoked=revoked)


def create(
    work: Work,
    *,
    scope: str,
    detail: str = "full",
    organisation_id: int | None = None,
    topic_id: int | None = None,
    label: str = "",
    member: Member | None = None,
    submission: str | None = None,
) -> tuple[Feed, str]:
    """Makes a calendar subscription and the secret of its address, which is told this once and never again.

    A feed shows what its member may see on the day it is fetched; readers may have one too.

    :param scope: ``mine``, ``team``, ``organisation`` or ``topic``
    :param detail: ``full``, ``brief`` or ``busy``
    :param label: what the calendar will be called; named after its scope if empty
    :param member: whose feed; the one at work, unless the command line makes it for somebody
    :raises Invalid: a value is refused, or the member has too many
    :raises AlreadyDone: the same form was sent before
    """
    authorise(work, READ)
    whose = member or work.member
    if whose is None:
        raise Invalid("member", "Say whose feed it is: it shows what that member may see.")
    if whose.id != work.member_id and not work.trusted:
        raise Forbidden("A feed shows what its member may see, so each member makes their own.")
    if not whose.is_active:
        raise Invalid("member", f"{whose.email} is disabled; a feed of theirs would answer nobody.")
    claimed = claim(work, submission)
    choice("scope", scope, SCOPES)
    choice("detail", detail, DETAILS)
    in_use = select(func.count(Feed.id)).where(Feed.member_id == whose.id, Feed.revoked_at.is_(None))
    if int(work.session.scalar(in_use) or 0) >= MOST_FEEDS:
        raise Invalid("scope", f"{MOST_FEEDS} feeds are in use already; revoke one that nobody fetches any more.")
    target = _target(work, scope, organisation_id, topic_id)
    secret = secrets.token_urlsafe(SECRET_BYTES)
    feed = Feed(
        token_hash=feeds.hashed(secret),
        member_id=whose.id,
        label=line("label", label, 120) or f"Antechamber: {target}"[:120],
        scope=scope,
        organisation_id=organisation_id if scope == "organisation" else None,
        topic_id=topic_id if scope == "topic" else None,
        detail=detail,
        created_at=work.now(),
    )
    work.act("feed.create", feed, scope=scope, detail=detail)
    work.session.add(feed)
    work.session.flush()
    if claimed is not None:
        claimed.reference = {"kind": "feed", "id": feed.id}
    return feed, secret


def revoke(work: Work, feed_id: int) -> Feed:
    """Ends a feed: its address answers nobody from the next request on. A revoked feed stays revoked."""
    feed = get(work, feed_id)
    if feed.revoked_at is None:
        work.act("feed.revoke", feed)
        feed.revoked_at = work.now()
        work.session.flush()
    return feed


def open_with(work: Work, secret: str) -> Subscription:
    """The feed that a secret opens.

    :raises NotFound: none, whatever the reason
    """
    return feeds.by_secret(work, secret, CALENDAR_REVISION)


def is_to_be_noted(work: Work, fetched_at: dt.datetime | None) -> bool:
    """Whether a fetch is worth noting: one in five minutes is."""
    return fetched_at is None or not (dt.timedelta() <= work.now() - fetched_at < NOTED_EVERY)


def note_fetch(work: Work, feed_id: int, agent: str) -> None:
    """Notes that a feed was fetched just now, and by which program."""
    agent = "".join(character for character in agent if character.isprintable())[:200]
    noted = work.session.execute(
        update(FeedFetch).where(FeedFetch.feed_id == feed_id).values(at=work.now(), agent=agent)
    )
    if noted.rowcount == 0:  # type: ignore[attr-defined]
        # Two programs may be the first to fetch at the same moment; either note will do.
        with suppress(IntegrityError), work.session.begin_nested():
            work.session.add(FeedFetch(feed_id=feed_id, at=work.now(), agent=agent))


def address(base_url: str, secret: str) -> str:
    """The address of a feed for every calendar program.

    :param base_url: address of the instance, without a closing slash
    """
    return f"{base_url}/calendar/{secret}.ics"


def subscription_address(address: str) -> str:
    """The same address in the scheme on which Apple's and Outlook's programs offer to subscribe."""
    return "webcal://" + address.partition("://")[2]


def masked(text: str) -> str:
    """``text`` without the secrets of feed addresses in it, for logs and messages."""
    return _IN_ADDRESS.sub(r"\1…", text)


def _sees_all(work: Work) -> bool:
    return work.trusted or (work.member is not None and work.member.is_admin)


def _target(work: Work, scope: str, organisation_id: int | None, topic_id: int | None) -> str:
    if scope == "organisation":
        organisation = work.session.get(Organisation, organisation_id) if organisation_id is not None else None
        if organisation is None or organisation.is_binned:
            raise Invalid("organisation", "Choose the organisation whose calendar it is to be.")
        return organisation.label
    if scope == "topic":
        topic = work.session.get(Topic, topic_id) if topic_id is not None else None
        if topic is None or topic.is_binned:
            raise Invalid("topic", "Choose the topic whose calendar it is to be.")
        return topic.name
    return "mine" if scope == "mine" else "team"
