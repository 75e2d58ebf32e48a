"""Letters: each addressee's copy is a dispatch with dated steps of its own."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from crm.models.base import Base, HasDue, HasWhen, Recorded

STEPS = {
    "prepared": "Prepared",
    "sent": "Sent",
    "delivered": "Delivered",
    "acknowledged": "Acknowledged",
    "replied": "Replied",
    "declined": "Declined",
}
CHANNELS = {"": "", "post": "Post", "email": "E-mail", "hand": "By hand", "portal": "Portal", "other": "Other"}
AFTER_SENDING = ("delivered", "acknowledged", "replied", "declined")


class Dispatch(Recorded, HasDue, Base):
    """One addressee's copy of a letter; its ``due`` is the day an answer is asked for."""

    __tablename__ = "crm_dispatch"
    __whole__ = ("participation_id", "Participation")

    id: Mapped[int] = mapped_column(primary_key=True)
    participation_id: Mapped[int] = mapped_column(ForeignKey("crm_participation.id"), unique=True)
    channel: Mapped[str] = mapped_column(String(10), default="")
    was_sent: Mapped[bool] = mapped_column(default=False)
    reply_id: Mapped[int | None] = mapped_column(ForeignKey("crm_engagement.id"), index=True)
    note: Mapped[str] = mapped_column(default="")

    steps: Mapped[list[DispatchStep]] = relationship(
        lazy="raise", cascade="all, delete-orphan", order_by="DispatchStep.first_day, DispatchStep.id"
    )

    def step(self, name: str) -> DispatchStep | None:
        """The dated step ``name`` (a key of :data:`STEPS`), if it was taken."""
        return next((step for step in self.steps if step.step == name), None)

    @property
    def is_answered(self) -> bool:
        return self.step("replied") is not None

    def state(self, today: dt.date) -> str:
        """Where this copy stands: a key of :data:`STEPS`, or ``awaiting`` / ``no_reply`` derived from answer-by."""
        taken = {step.step for step in self.steps}
        for final in ("replied", "declined"):
            if final in taken:
                return final
        if not self.was_sent:
            return "prepared"
        if self.due_last is not None and today > self.due_last:
            return "no_reply"
        return "awaiting"


class DispatchStep(Recorded, HasWhen, Base):
    """One dated step of a dispatch; the day may be in doubt, as any date."""

    __tablename__ = "crm_dispatch_step"
    __table_args__ = (UniqueConstraint("dispatch_id", "step"),)
    __whole__ = ("dispatch_id", "Dispatch")

    id: Mapped[int] = mapped_column(primary_key=True)
    dispatch_id: Mapped[int] = mapped_column(ForeignKey("crm_dispatch.id"))
    step: Mapped[str] = mapped_column(String(12))
