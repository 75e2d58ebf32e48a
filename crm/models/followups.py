"""Follow-ups: dated things one of us has to do."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from crm.models.base import Base, Binnable, HasDue, Tracked


class FollowUp(Tracked, Binnable, HasDue, Base):
    """A dated thing one of us has to do, from wherever it arose."""

    __tablename__ = "crm_follow_up"
    __table_args__ = (
        Index("ix_crm_follow_up_due", "done_on", "due_last", "id"),
        Index("ix_crm_follow_up_owner", "owner_id", "done_on", "due_last"),
    )

    title: Mapped[str] = mapped_column(String(300))
    note: Mapped[str] = mapped_column(default="")
    owner_id: Mapped[int | None] = mapped_column(ForeignKey("crm_member.id"))
    remind_on: Mapped[dt.date | None]
    done_on: Mapped[dt.date | None]
    done_by_id: Mapped[int | None] = mapped_column(ForeignKey("crm_member.id"))
    snoozed: Mapped[int] = mapped_column(default=0)
    engagement_id: Mapped[int | None] = mapped_column(ForeignKey("crm_engagement.id"), index=True)
    point_id: Mapped[int | None] = mapped_column(ForeignKey("crm_discussion_point.id", ondelete="SET NULL"))
    commitment_id: Mapped[int | None] = mapped_column(ForeignKey("crm_commitment.id"), index=True)
    dispatch_id: Mapped[int | None] = mapped_column(ForeignKey("crm_dispatch.id", ondelete="SET NULL"))
    organisation_id: Mapped[int | None] = mapped_column(ForeignKey("crm_organisation.id"), index=True)
    topic_id: Mapped[int | None] = mapped_column(ForeignKey("crm_topic.id"), index=True)

    @property
    def is_done(self) -> bool:
        return self.done_on is not None

    def is_late(self, today: dt.date) -> bool:
        """Late only after the last possible day."""
        return self.done_on is None and self.due_last is not None and today > self.due_last
