"""What an administrator edits: settings of this installation, kept in its database."""

from __future__ import annotations

from typing import Any

from sqlalchemy import JSON, String
from sqlalchemy.orm import Mapped, mapped_column

from crm.models.base import Base, Recorded


class InstanceSetting(Recorded, Base):
    """One setting: ``zone``, ``organisation_name``, ``demonstration``…"""

    __tablename__ = "crm_instance_setting"

    key: Mapped[str] = mapped_column(String(60), primary_key=True)
    value: Mapped[Any] = mapped_column(JSON)


class Revision(Base):
    """A counter that moves with every change of what a calendar could show."""

    __tablename__ = "crm_revision"

    name: Mapped[str] = mapped_column(String(20), primary_key=True)
    value: Mapped[int] = mapped_column(default=0)
