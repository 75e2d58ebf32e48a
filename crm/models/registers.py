"""Published registers of meetings: rows as printed, grouped into published meetings. Never part of our own log."""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from crm.models.base import Base


class RegisterMeeting(Base):
    """One published meeting: all rows of a register that its profile says are about the same one."""

    __tablename__ = "crm_register_meeting"
    __table_args__ = (UniqueConstraint("source", "key"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    source: Mapped[str] = mapped_column(String(80))
    key: Mapped[str] = mapped_column(String(32))


class RegisterEntry(Base):
    """One row of an official published meeting list, as printed.

    The folded columns hold every name read in a cell as ``| name``, for being held against the names in our log.
    """

    __tablename__ = "crm_register_entry"
    __table_args__ = (
        UniqueConstraint("source", "identity"),
        Index("ix_crm_register_entry_days", "first_day", "last_day"),
        Index("ix_crm_register_entry_meeting", "meeting_id"),
        Index("ix_crm_register_entry_run", "run_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    run_id: Mapped[int] = mapped_column(ForeignKey("crm_import_run.id"))
    source: Mapped[str] = mapped_column(String(80))
    publisher: Mapped[str] = mapped_column(String(300), default="")
    identity: Mapped[str] = mapped_column(String(32))
    content: Mapped[str] = mapped_column(String(32))
    row: Mapped[int]
    meeting_id: Mapped[int | None] = mapped_column(ForeignKey("crm_register_meeting.id"))
    is_nil: Mapped[bool] = mapped_column(default=False)
    printed: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    official: Mapped[str] = mapped_column(default="")
    body: Mapped[str] = mapped_column(default="")
    party: Mapped[str] = mapped_column(default="")
    subject: Mapped[str] = mapped_column(default="")
    place: Mapped[str] = mapped_column(default="")
    when_text: Mapped[str] = mapped_column(String(200), default="")
    precision: Mapped[str | None] = mapped_column(String(12))
    first_day: Mapped[dt.date | None]
    last_day: Mapped[dt.date | None]
    end_day: Mapped[dt.date | None]
    officials_folded: Mapped[str] = mapped_column(default="")
    bodies_folded: Mapped[str] = mapped_column(default="")
    parties_folded: Mapped[str] = mapped_column(default="")


class RegisterEarlier(Base):
    """What a register entry said before an import changed it: what undoing that import brings back."""

    __tablename__ = "crm_register_earlier"

    run_id: Mapped[int] = mapped_column(ForeignKey("crm_import_run.id"), primary_key=True)
    entry_id: Mapped[int] = mapped_column(ForeignKey("crm_register_entry.id"), primary_key=True)
    before: Mapped[dict[str, Any]] = mapped_column(JSON)
