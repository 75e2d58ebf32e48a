"""People and the dated posts they hold: people change jobs, the log must not."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from crm.database.types import sort_text
from crm.dates import OPEN, Precision, When
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
    """A post held in an organisation, from and to as far as is known.

    :ivar first: earliest day on which it may have begun, none where nothing bounds that
    :ivar first_until: latest such day; none, with ``first_precision``, where that is open
    :ivar first_precision: how exactly the beginning is known; none if nothing is said of it
    :ivar first_text: the words as typed
    :ivar last: latest day on which it may have been held, none where nothing bounds that
    :ivar last_from: earliest day on which it may have ended
    """

    __tablename__ = "crm_post"
    __table_args__ = (Index(None, "organisation_id", "person_id"),)
    __whole__ = ("person_id", "Person")

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("crm_person.id"), index=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("crm_organisation.id"))
    title: Mapped[str] = mapped_column(String(200), default="")
    seniority: Mapped[str] = mapped_column(String(20), default="")
    first: Mapped[dt.date | None]
    first_until: Mapped[dt.date | None]
    first_precision: Mapped[str | None] = mapped_column(String(12))
    first_text: Mapped[str | None] = mapped_column(String(200))
    last: Mapped[dt.date | None]
    last_from: Mapped[dt.date | None]
    last_precision: Mapped[str | None] = mapped_column(String(12))
    last_text: Mapped[str | None] = mapped_column(String(200))

    organisation: Mapped[Organisation] = relationship(lazy="raise")
    person: Mapped[Person] = relationship(lazy="raise", back_populates="posts", overlaps="posts")

    @property
    def began(self) -> When | None:
        """When it began, none if nothing is known of that."""
        return began(self.first, self.first_until, self.first_precision, self.first_text)

    @began.setter
    def began(self, when: When | None) -> None:
        # Nobody said how long before: that day is not known, rather than thirty days earlier.
        self.first = None if when is None or when.assumed else when.first
        self.first_until = None if when is None or when.last == OPEN else when.last
        self.first_precision, self.first_text = (when.precision.value, when.text) if when else (None, None)

    @property
    def ended(self) -> When | None:
        """When it ended, none if it is still held or nothing is known of that."""
        return ended(self.last, self.last_from, self.last_precision, self.last_text)

    @ended.setter
    def ended(self, when: When | None) -> None:
        self.last_from = None if when is None or when.assumed else when.first
        self.last = None if when is None or when.last == OPEN else when.last
        self.last_precision, self.last_text = (when.precision.value, when.text) if when else (None, None)

    def held_on(self, day: dt.date) -> bool:
        """Whether the post may have been held on ``day``; an unknown end counts as open."""
        return (self.first or ALWAYS) <= day <= (self.last or STILL)

    def surely_held_on(self, day: dt.date) -> bool:
        """Whether no doubt of its days leaves ``day`` out."""
        until = None if self.first_precision is None else self.first_until or STILL
        since = None if self.last_precision is None else self.last_from or ALWAYS
        return (until or ALWAYS) <= day <= (since or STILL)


def began(first: dt.date | None, until: dt.date | None, precision: str | None, text: str | None) -> When | None:
    """The beginning of a post out of its columns."""
    return _edge(first, until, precision, text) if precision else None


def ended(last: dt.date | None, since: dt.date | None, precision: str | None, text: str | None) -> When | None:
    """The end of a post out of its columns."""
    return _edge(since, last, precision, text) if precision else None


def _edge(first: dt.date | None, last: dt.date | None, precision: str, text: str | None) -> When:
    return When(first or ALWAYS, last or OPEN, Precision(precision), text or "", assumed=first is None)
