"""Topics (policy files) and milestones, the dated facts on them."""

from __future__ import annotations

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from crm.database.types import sort_text
from crm.models.base import Base, Binnable, HasWhen, Tracked
from crm.models.organisations import Organisation
from crm.text import sort_key

MILESTONE_KINDS = {
    "decision": "Decision",
    "vote": "Vote",
    "publication": "Publication",
    "consultation_deadline": "Consultation deadline",
    "entry_into_force": "Entry into force",
    "other": "Other",
}


class Topic(Tracked, Binnable, Base):
    """A policy file, with parent and procedure reference."""

    __tablename__ = "crm_topic"

    name: Mapped[str] = mapped_column(String(200))
    sort: Mapped[str] = mapped_column(sort_text(200), unique=True)
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("crm_topic.id"), index=True)
    procedure_reference: Mapped[str] = mapped_column(String(80), default="")
    description: Mapped[str] = mapped_column(default="")

    def fold_name(self) -> None:
        self.sort = sort_key(self.name)[:200]


class Milestone(Tracked, Binnable, HasWhen, Base):
    """A decision, vote, publication or deadline; never a contact."""

    __tablename__ = "crm_milestone"
    __table_args__ = (Index("ix_crm_milestone_day", "first_day", "id"),)

    kind: Mapped[str] = mapped_column(String(24))
    title: Mapped[str] = mapped_column(String(300))
    note: Mapped[str] = mapped_column(default="")
    topic_id: Mapped[int | None] = mapped_column(ForeignKey("crm_topic.id"), index=True)
    organisation_id: Mapped[int | None] = mapped_column(ForeignKey("crm_organisation.id"), index=True)
    source: Mapped[str] = mapped_column(String(300), default="")
    source_url: Mapped[str] = mapped_column(String(1000), default="")

    topic: Mapped[Topic | None] = relationship(lazy="raise")
    organisation: Mapped[Organisation | None] = relationship(lazy="raise")
