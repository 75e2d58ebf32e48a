"""Organisations: bodies in the log, their place in the tree over time, names, successions and identifiers."""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from crm.database.types import sort_text
from crm.models.base import Base, Binnable, Recorded, Tracked
from crm.text import fold, sort_key

ALWAYS = dt.date.min
STILL = dt.date.max

NAME_KINDS = ("alias", "former", "short", "translation", "abbreviation")
SUCCESSION_KINDS = ("renamed", "merged", "split", "transferred")


class Organisation(Tracked, Binnable, Base):
    """Any body in the log, public or private."""

    __tablename__ = "crm_organisation"

    key: Mapped[str | None] = mapped_column(String(80), unique=True)
    name: Mapped[str] = mapped_column(String(300))
    short_name: Mapped[str] = mapped_column(String(80), default="")
    kind: Mapped[str] = mapped_column(String(40))
    country: Mapped[str] = mapped_column(String(2), default="")
    website: Mapped[str] = mapped_column(String(500), default="")
    founded: Mapped[dt.date | None]
    closed: Mapped[dt.date | None]
    owner_id: Mapped[int | None] = mapped_column(ForeignKey("crm_member.id"))
    goal_days: Mapped[int | None]
    is_ours: Mapped[bool] = mapped_column(default=False)
    is_client: Mapped[bool] = mapped_column(default=False)
    notes: Mapped[str] = mapped_column(default="")
    source: Mapped[str] = mapped_column(String(300), default="")
    sort: Mapped[str] = mapped_column(sort_text(300), index=True)
    names_folded: Mapped[str] = mapped_column(default="")
    shipped: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    merged_into_id: Mapped[int | None] = mapped_column(ForeignKey("crm_organisation.id"))

    names: Mapped[list[OrganisationName]] = relationship(
        lazy="raise", cascade="all, delete-orphan", order_by="OrganisationName.id"
    )
    identifiers: Mapped[list[OrganisationIdentifier]] = relationship(
        lazy="raise", cascade="all, delete-orphan", order_by="OrganisationIdentifier.id"
    )
    parents: Mapped[list[OrganisationParent]] = relationship(
        lazy="raise",
        cascade="all, delete-orphan",
        foreign_keys="OrganisationParent.organisation_id",
        order_by="OrganisationParent.first",
    )

    @property
    def label(self) -> str:
        """The short name where there is one, else the name."""
        return self.short_name or self.name

    @property
    def is_on_our_side(self) -> bool:
        return self.is_ours or self.is_client

    def fold_names(self, others: list[str]) -> None:
        """Rebuilds what typeahead and sorting read, from the names and ``others`` (aliases and former names)."""
        self.sort = sort_key(self.name)[:300]
        parts = dict.fromkeys(fold(name) for name in (self.name, self.short_name, *others) if name)
        self.names_folded = "".join(f"| {part} " for part in parts)


class OrganisationName(Recorded, Base):
    """Another name of a body: alias, former name, translation or abbreviation, dated where that is known."""

    __tablename__ = "crm_organisation_name"
    __whole__ = ("organisation_id", "Organisation")

    id: Mapped[int] = mapped_column(primary_key=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("crm_organisation.id"), index=True)
    name: Mapped[str] = mapped_column(String(300))
    kind: Mapped[str] = mapped_column(String(20), default="alias")
    first: Mapped[dt.date | None]
    last: Mapped[dt.date | None]
    from_directory: Mapped[bool] = mapped_column(default=False)


class OrganisationParent(Recorded, Base):
    """A dated place in the tree: ``organisation`` was part of ``parent`` from ``first`` to ``last``, both inclusive."""

    __tablename__ = "crm_organisation_parent"
    __whole__ = ("organisation_id", "Organisation")

    id: Mapped[int] = mapped_column(primary_key=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("crm_organisation.id"), index=True)
    parent_id: Mapped[int] = mapped_column(ForeignKey("crm_organisation.id"), index=True)
    first: Mapped[dt.date | None]
    last: Mapped[dt.date | None]
    source: Mapped[str] = mapped_column(String(300), default="")
    from_directory: Mapped[bool] = mapped_column(default=False)

    parent: Mapped[Organisation] = relationship(lazy="raise", foreign_keys=[parent_id])

    def span(self) -> tuple[dt.date, dt.date]:
        """First and last day of the link, unknown ends written as the ends of the calendar."""
        return self.first or ALWAYS, self.last or STILL


class OrganisationClosure(Base):
    """Derived: on each day from ``first`` to ``last``, ``descendant`` stood under ``ancestor`` (itself included)."""

    __tablename__ = "crm_organisation_closure"
    __table_args__ = (Index("ix_crm_organisation_closure_descendant", "descendant_id", "ancestor_id", "first", "last"),)

    ancestor_id: Mapped[int] = mapped_column(ForeignKey("crm_organisation.id", ondelete="CASCADE"), primary_key=True)
    descendant_id: Mapped[int] = mapped_column(ForeignKey("crm_organisation.id", ondelete="CASCADE"), primary_key=True)
    first: Mapped[dt.date] = mapped_column(primary_key=True)
    last: Mapped[dt.date]


class Succession(Recorded, Base):
    """One body was followed by another on a day; one-to-one successions join histories in “as organised today”."""

    __tablename__ = "crm_succession"
    __table_args__ = (UniqueConstraint("predecessor_id", "successor_id"),)
    __whole__ = ("predecessor_id", "Organisation")

    id: Mapped[int] = mapped_column(primary_key=True)
    predecessor_id: Mapped[int] = mapped_column(ForeignKey("crm_organisation.id"), index=True)
    successor_id: Mapped[int] = mapped_column(ForeignKey("crm_organisation.id"), index=True)
    on: Mapped[dt.date | None]
    kind: Mapped[str] = mapped_column(String(20), default="renamed")
    joins_history: Mapped[bool] = mapped_column(default=False)
    source: Mapped[str] = mapped_column(String(300), default="")
    from_directory: Mapped[bool] = mapped_column(default=False)


class OrganisationIdentifier(Recorded, Base):
    """A register identifier: EU Transparency Register, LEI, Wikidata, HATVP, Lobbyregister…"""

    __tablename__ = "crm_organisation_identifier"
    __table_args__ = (UniqueConstraint("organisation_id", "scheme", "value"), Index(None, "scheme", "value"))
    __whole__ = ("organisation_id", "Organisation")

    id: Mapped[int] = mapped_column(primary_key=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("crm_organisation.id"))
    scheme: Mapped[str] = mapped_column(String(40))
    value: Mapped[str] = mapped_column(String(200))
