"""Saved lists of organisations, and saved filters of pages."""

from __future__ import annotations

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from crm.database.types import sort_text
from crm.models.base import Base, Recorded, Tracked


class OrganisationList(Tracked, Base):
    """A named list of organisations, such as “Commission + 27”, from which recipients are chosen."""

    __tablename__ = "crm_organisation_list"

    key: Mapped[str | None] = mapped_column(String(80), unique=True)
    name: Mapped[str] = mapped_column(String(200))
    sort: Mapped[str] = mapped_column(sort_text(200), unique=True)

    entries: Mapped[list[OrganisationListEntry]] = relationship(lazy="raise", cascade="all, delete-orphan")


class OrganisationListEntry(Recorded, Base):
    """One organisation on a list."""

    __tablename__ = "crm_organisation_list_entry"
    __whole__ = ("list_id", "OrganisationList")

    list_id: Mapped[int] = mapped_column(ForeignKey("crm_organisation_list.id"), primary_key=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("crm_organisation.id"), primary_key=True)


class SavedFilter(Tracked, Base):
    """A page's filter under a name, one member's or the team's."""

    __tablename__ = "crm_saved_filter"

    member_id: Mapped[int] = mapped_column(ForeignKey("crm_member.id"), index=True)
    name: Mapped[str] = mapped_column(String(120))
    page: Mapped[str] = mapped_column(String(40))
    query: Mapped[str] = mapped_column(String(2000))
    shared: Mapped[bool] = mapped_column(default=False)
