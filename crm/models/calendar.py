"""Calendar entries: one mechanism for everything that stands in a calendar."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from crm.models.base import Base

ENTRY_KINDS = ("engagement", "follow_up", "commitment", "milestone")


class CalendarEntry(Base):
    """A record's place in calendars: its UID for ever, and the fragment it was last rendered to.

    ``sequence`` and ``changed_at`` move exactly when the rendered text does (RFC 5545, 3.8.7.4). ``stale`` asks for
    rendering at the next reading.
    """

    __tablename__ = "crm_calendar_entry"
    __table_args__ = (
        UniqueConstraint("kind", "record_id"),
        Index("ix_crm_calendar_entry_stale", "stale", "renderer"),
        # Everything a feed asks of an entry, so that only the texts it holds are read from the table.
        Index("ix_crm_calendar_entry_window", "kind", "last_day", "first_day", "record_id", "shown", "cancelled_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    uid: Mapped[str] = mapped_column(String(255), unique=True)
    kind: Mapped[str] = mapped_column(String(12))
    record_id: Mapped[int]
    sequence: Mapped[int] = mapped_column(default=0)
    changed_at: Mapped[dt.datetime]
    stale: Mapped[bool] = mapped_column(default=True)
    renderer: Mapped[int] = mapped_column(default=0)
    shown: Mapped[bool] = mapped_column(default=False)
    first_day: Mapped[dt.date | None]
    last_day: Mapped[dt.date | None]
    zone: Mapped[str | None] = mapped_column(String(64))
    cancelled_at: Mapped[dt.datetime | None]
    fragment: Mapped[str] = mapped_column(default="")
    fragment_brief: Mapped[str] = mapped_column(default="")
    fragment_busy: Mapped[str] = mapped_column(default="")
