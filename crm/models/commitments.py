"""Commitments: who promises what to whom by when, in exact words."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from crm.models.base import Base, Binnable, HasDue, HasWhen, Recorded, Tracked
from crm.models.organisations import Organisation

COMMITMENT_KINDS = {"offer": "Offer", "request": "Request", "undertaking": "Undertaking", "delivery": "Delivery"}
COMMITMENT_STATES = {
    "open": "Open",
    "accepted": "Accepted",
    "declined": "Declined",
    "met": "Met",
    "partly": "Partly met",
    "broken": "Broken",
    "withdrawn": "Withdrawn",
    "lapsed": "Lapsed",
    "superseded": "Superseded",
}
RUNNING_STATES = ("open", "accepted", "partly")
DELIVERY_STATES = {"met": "Delivered", "partly": "Partly delivered", "withdrawn": "Taken back"}
DIRECTIONS = {"ours": "Ours", "theirs": "Made to us", "third": "Between others"}


class Commitment(Tracked, Binnable, HasWhen, HasDue, Base):
    """An offer, request, undertaking or delivery; ``when`` is the day it was made, or delivered."""

    __tablename__ = "crm_commitment"
    __table_args__ = (
        Index("ix_crm_commitment_due", "state", "due_last", "id"),
        Index("ix_crm_commitment_day", "first_day", "id"),
    )

    engagement_id: Mapped[int | None] = mapped_column(ForeignKey("crm_engagement.id"), index=True)
    made_by_id: Mapped[int] = mapped_column(ForeignKey("crm_organisation.id"), index=True)
    kind: Mapped[str] = mapped_column(String(12))
    wording: Mapped[str] = mapped_column()
    condition: Mapped[str] = mapped_column(default="")
    owner_id: Mapped[int | None] = mapped_column(ForeignKey("crm_member.id"), index=True)
    state: Mapped[str] = mapped_column(String(12), default="open")
    evidence: Mapped[str] = mapped_column(default="")
    evidence_url: Mapped[str] = mapped_column(String(1000), default="")
    fulfils_id: Mapped[int | None] = mapped_column(ForeignKey("crm_commitment.id"), index=True)
    topic_id: Mapped[int | None] = mapped_column(ForeignKey("crm_topic.id"), index=True)

    made_by: Mapped[Organisation] = relationship(lazy="raise")
    recipients: Mapped[list[CommitmentRecipient]] = relationship(
        lazy="raise", cascade="all, delete-orphan", order_by="CommitmentRecipient.organisation_id"
    )

    @property
    def state_label(self) -> str:
        """The word for its state; a delivery is an event, so that it is delivered, not met."""
        return (DELIVERY_STATES if self.kind == "delivery" else COMMITMENT_STATES)[self.state]

    @property
    def is_running(self) -> bool:
        """Still to be kept or answered; a delivery is an event, never due."""
        return self.kind != "delivery" and self.state in RUNNING_STATES

    def is_late(self, today: dt.date) -> bool:
        """Late only after the last possible day."""
        return self.is_running and self.due_last is not None and today > self.due_last


class CommitmentRecipient(Recorded, Base):
    """One organisation to which a commitment was made."""

    __tablename__ = "crm_commitment_recipient"
    __table_args__ = (Index(None, "organisation_id", "commitment_id"),)
    __whole__ = ("commitment_id", "Commitment")

    commitment_id: Mapped[int] = mapped_column(ForeignKey("crm_commitment.id"), primary_key=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("crm_organisation.id"), primary_key=True)

    organisation: Mapped[Organisation] = relationship(lazy="raise")
