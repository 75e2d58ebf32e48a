"""Attachments: what is known of a stored file; its bytes lie outside the database."""

from __future__ import annotations

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from crm.models.base import Base, Binnable, Tracked


class Attachment(Tracked, Binnable, Base):
    """A file on an engagement or a commitment."""

    __tablename__ = "crm_attachment"

    engagement_id: Mapped[int | None] = mapped_column(ForeignKey("crm_engagement.id"), index=True)
    commitment_id: Mapped[int | None] = mapped_column(ForeignKey("crm_commitment.id"), index=True)
    name: Mapped[str] = mapped_column(String(255))
    media_type: Mapped[str] = mapped_column(String(120))
    size: Mapped[int]
    sha256: Mapped[str] = mapped_column(String(64))
    stored_as: Mapped[str] = mapped_column(String(64), unique=True)
