"""People and the dated posts they hold: people change jobs, the log must not."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from crm.database.types import sort_text
from crm.models.base import Base, Binnable, Recorded, Tracked
from crm.models.organisations import ALWAYS, STILL, Organisation
from crm.text import fold, sort_key

SENIORITIES = {
    "political": "Political",
    "cabinet": "Cabinet",
    "director_general": "Director-general",
    "director": "Director",
    "head_of_unit": "Head of unit",
    "desk": "Desk officer",
}


class Person(Tracked, Binnable, Base):
    """A human being, data subject first."""

    __tablename__ = "crm_person"

    name: Mapped[str] = mapped_column(String(200))
    email: Mapped[str] = mapped_column(String(254), default="")
    phone: Mapped[str] = mapped_column(String(60), default="")
    notes: Mapped[str] = mapped_column(default="")
    sort: Mapped[str] = mapped_column(sort_text(200), index=True)
    names_folded: Mapped[str] = mapped_column(String(400), default="")

    posts: Mapped[list[Post]] = relationship(lazy="raise", cascade="all, delete-orphan", order_by="Post.first")

    def fold_names(self) -> None:
        """Rebuilds what typeahead and sorting read."""
        self.sort = sort_key(self.name)[:200]
        self.names_folded = folded_name(self.name)


def folded_name(name: str) -> str:
    """A person's name as :attr:`Person.names_folded` keeps it, for finding whoever is called just that."""
    return f"| {fold(name)} "[:400]


class Post(Recorded, Base):
    """A post held in an organisation from one day to another, where those are known."""

    __tablename__ = "crm_post"
    __table_args__ = (Index(None, "organisation_id", "person_id"),)
    __whole__ = ("person_id", "Person")

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("crm_person.id"), index=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("crm_organisation.id"))
    title: Mapped[str] = mapped_column(String(200), default="")
    seniority: Mapped[str] = mapped_column(String(20), default="")
    first: Mapped[dt.date | None]
    last: Mapped[dt.date | None]

    organisation: Mapped[Organisation] = relationship(lazy="raise")
    person: Mapped[Person] = relationship(lazy="raise", back_populates="posts", overlaps="posts")

    def held_on(self, day: dt.date) -> bool:
        """Whether the post was held on ``day``; an unknown end counts as open."""
        return (self.first or ALWAYS) <= day <= (self.last or STILL)
