"""Feeds: revocable secret calendar addresses."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from crm.models.base import Base, Recorded

SCOPES = {"mine": "Mine", "team": "Whole team", "organisation": "One organisation", "topic": "One topic"}
DETAILS = {
    "full": "Titles, descriptions and who takes part",
    "brief": "Titles and descriptions, nobody named",
    "busy": "Only that something is on",
}


class Feed(Recorded, Base):
    """A calendar subscription of one member; only the hash of its secret is kept."""

    __tablename__ = "crm_feed"

    id: Mapped[int] = mapped_column(primary_key=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    member_id: Mapped[int] = mapped_column(ForeignKey("crm_member.id"), index=True)
    label: Mapped[str] = mapped_column(String(120), default="")
    scope: Mapped[str] = mapped_column(String(16))
    organisation_id: Mapped[int | None] = mapped_column(ForeignKey("crm_organisation.id"))
    topic_id: Mapped[int | None] = mapped_column(ForeignKey("crm_topic.id"))
    detail: Mapped[str] = mapped_column(String(8), default="full")
    created_at: Mapped[dt.datetime]
    revoked_at: Mapped[dt.datetime | None]


class FeedFetch(Base):
    """When a feed was last fetched, apart from the feed so that reading it is no edit of it."""

    __tablename__ = "crm_feed_fetch"

    feed_id: Mapped[int] = mapped_column(ForeignKey("crm_feed.id"), primary_key=True)
    at: Mapped[dt.datetime]
    agent: Mapped[str] = mapped_column(String(200), default="")
