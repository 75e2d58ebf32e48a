"""Engagements: one contact or attempt each, with who took part and what was raised."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from crm.models.base import Base, Binnable, HasWhen, Recorded, Tracked, only_where
from crm.models.letters import Dispatch
from crm.models.organisations import Organisation
from crm.models.people import Person, Post
from crm.models.topics import Topic
from crm.text import tokens

KINDS = {
    "meeting": "Meeting",
    "call": "Call",
    "hearing": "Hearing",
    "event": "Event",
    "site_visit": "Site visit",
    "letter": "Letter",
    "email": "E-mail",
    "consultation_reply": "Consultation reply",
}
ENCOUNTERS = ("meeting", "call", "hearing", "event", "site_visit")
WRITINGS = ("letter", "email", "consultation_reply")

STATUSES = {
    "planned": "Planned",
    "held": "Held",
    "declined": "Declined",
    "cancelled": "Cancelled",
    "postponed": "Postponed",
    "drafted": "Drafted",
    "sent": "Sent",
    "received": "Received",
}
STATUSES_OF_ENCOUNTERS = ("planned", "held", "declined", "cancelled", "postponed")
STATUSES_OF_WRITINGS = ("drafted", "sent", "received", "cancelled")
COUNTED_STATUSES = ("held", "sent", "received")

SIDES = {"actor": "Our side", "counterpart": "Body met", "third": "Third party"}
ROLES = {
    "host": "Host",
    "speaker": "Speaker",
    "attendee": "Attendee",
    "signatory": "Signatory",
    "addressee": "Addressee",
    "copy": "Copy",
}
ACCEPTANCES = {"": "", "accepted": "Accepted", "declined": "Declined", "absent": "Absent"}
INITIATORS = {"": "Not recorded", "us": "Us", "them": "Them", "third": "A third party"}
VISIBILITIES = {
    "team": "Whole team",
    "members": "Named members only",
    "hidden": "Counted, content hidden",
}


# All that says whether and where a row stands in the list, so that a page far down is found on an index alone.
_PLACE = ("first_day", "start_time", "id", "binned_at", "visibility", "owner_id", "created_by_id")

_LASTING = "last_day > first_day OR end_day IS NOT NULL"

# Longer lists than an index can hold are read from the participations instead.
LISTED_LENGTH = 160

# What a sum of months does not say: for whom it is, or whom it met, cannot be read off one row, or its day is in doubt.
APART = "counts AND (visibility = 'members' OR acting IS NULL OR met IS NULL OR last_day <> first_day)"


def listed(organisation_ids: Iterable[int]) -> str | None:
    """Organisations as one short text, equal for equal ones; none when there are too many for it."""
    text = " ".join(str(number) for number in sorted(organisation_ids))
    return text if len(text) <= LISTED_LENGTH else None


def statuses_of(kind: str) -> tuple[str, ...]:
    """The statuses an engagement of ``kind`` can have."""
    return STATUSES_OF_WRITINGS if kind in WRITINGS else STATUSES_OF_ENCOUNTERS


class Engagement(Tracked, Binnable, HasWhen, Base):
    """One contact or attempt."""

    __tablename__ = "crm_engagement"
    __table_args__ = (
        Index("ix_crm_engagement_day", "first_day", "id"),
        Index("ix_crm_engagement_counted", "counts", "first_day", "last_day", "visibility", "kind", "acting", "met"),
        Index(
            "ix_crm_engagement_apart",
            "counts",
            "first_day",
            "last_day",
            "visibility",
            "owner_id",
            "created_by_id",
            "kind",
            "acting",
            "met",
            info=only_where(APART),
        ),
        Index("ix_crm_engagement_place", *_PLACE, "status"),
        Index("ix_crm_engagement_kind", "kind", *_PLACE),
        Index("ix_crm_engagement_status", "status", *_PLACE),
        Index("ix_crm_engagement_subject", "subject", *_PLACE),
        # The few that reach into days after their first, so that whatever overlaps some days is found without reading
        # everything that began before.
        Index(
            "ix_crm_engagement_lasting",
            "first_day",
            "last_day",
            "end_day",
            info=only_where(_LASTING),
        ),
    )

    kind: Mapped[str] = mapped_column(String(20))
    status: Mapped[str] = mapped_column(String(12))
    place: Mapped[str] = mapped_column(String(300), default="")
    link: Mapped[str] = mapped_column(String(1000), default="")
    initiated_by: Mapped[str] = mapped_column(String(10), default="")
    subject: Mapped[str] = mapped_column(String(300), default="")
    summary: Mapped[str] = mapped_column(default="")
    notes: Mapped[str] = mapped_column(default="")
    file_reference: Mapped[str] = mapped_column(String(120), default="")
    intended_result: Mapped[str] = mapped_column(default="")
    visibility: Mapped[str] = mapped_column(String(10), default="team")
    owner_id: Mapped[int | None] = mapped_column(ForeignKey("crm_member.id"), index=True)
    follows_id: Mapped[int | None] = mapped_column(ForeignKey("crm_engagement.id"), index=True)
    declined_by_id: Mapped[int | None] = mapped_column(ForeignKey("crm_organisation.id"))
    declined_on: Mapped[dt.date | None]
    decline_notice: Mapped[str] = mapped_column(String(200), default="")
    decline_reason: Mapped[str] = mapped_column(default="")
    counts: Mapped[bool] = mapped_column(default=False)
    acting: Mapped[str | None] = mapped_column(String(LISTED_LENGTH))
    met: Mapped[str | None] = mapped_column(String(LISTED_LENGTH))
    search: Mapped[str] = mapped_column(default="")

    participations: Mapped[list[Participation]] = relationship(
        lazy="raise",
        cascade="all, delete-orphan",
        order_by="Participation.position, Participation.id",
        back_populates="engagement",
    )
    points: Mapped[list[DiscussionPoint]] = relationship(
        lazy="raise", cascade="all, delete-orphan", order_by="DiscussionPoint.position, DiscussionPoint.id"
    )
    earlier_dates: Mapped[list[EarlierDate]] = relationship(
        lazy="raise", cascade="all, delete-orphan", order_by="EarlierDate.id"
    )
    topic_links: Mapped[list[EngagementTopic]] = relationship(lazy="raise", cascade="all, delete-orphan")
    viewers: Mapped[list[EngagementViewer]] = relationship(lazy="raise", cascade="all, delete-orphan")

    @property
    def is_writing(self) -> bool:
        return self.kind in WRITINGS

    @property
    def is_outgoing_letter(self) -> bool:
        """Whether each addressee has a copy of its own to be followed."""
        return self.kind == "letter" and self.status in ("drafted", "sent", "cancelled")

    def does_count(self) -> bool:
        """Whether it is counted at all: held, sent or received, and not in the bin."""
        return self.status in COUNTED_STATUSES and self.binned_at is None

    def recount(self) -> None:
        """Rebuilds what counting reads; participations and their dispatches must be loaded.

        A contact is one organisation named directly as counterpart, however many of its people came; for a letter of
        ours it is one sent copy. ``acting`` and ``met`` list who counts on our side, and each contact, so that a table
        of counts can group engagements without reading who took part in every one of them.
        """
        self.counts = self.does_count()
        met: set[int] = set()
        for participation in self.participations:
            dispatch = participation.dispatch if self.is_outgoing_letter else None
            participation.counts = participation.does_count(dispatch)
            is_met = participation.counts and participation.side == "counterpart"
            participation.is_contact = is_met and (dispatch is not None or participation.organisation_id not in met)
            if is_met:
                met.add(participation.organisation_id)
        present = [participation for participation in self.participations if participation.counts]
        self.acting = listed(
            {participation.organisation_id for participation in present if participation.side == "actor"}
        )
        self.met = listed(participation.organisation_id for participation in present if participation.is_contact)

    def is_unsettled(self, today: dt.date) -> bool:
        """Planned, and wholly in the past: waits under “Did it take place?”."""
        return self.status == "planned" and self.binned_at is None and (self.end_day or self.last_day) < today

    def fold_search(self) -> None:
        """Rebuilds what the list's text filter reads."""
        texts = (self.subject, self.summary, self.notes, self.file_reference, self.place)
        self.search = " " + " ".join(word for text in texts for word in tokens(text))


class Participation(Recorded, Base):
    """Who took part: an organisation and, where known, a person in the post held that day."""

    __tablename__ = "crm_participation"
    __table_args__ = (
        Index("ix_crm_participation_engagement", "engagement_id", "counts", "side", "organisation_id", "is_contact"),
        Index("ix_crm_participation_organisation", "organisation_id", "counts", "side", "engagement_id", "is_contact"),
        Index("ix_crm_participation_person", "person_id", "engagement_id", "counts"),
    )
    __whole__ = ("engagement_id", "Engagement")

    id: Mapped[int] = mapped_column(primary_key=True)
    engagement_id: Mapped[int] = mapped_column(ForeignKey("crm_engagement.id"))
    organisation_id: Mapped[int] = mapped_column(ForeignKey("crm_organisation.id"))
    person_id: Mapped[int | None] = mapped_column(ForeignKey("crm_person.id"))
    post_id: Mapped[int | None] = mapped_column(ForeignKey("crm_post.id"))
    side: Mapped[str] = mapped_column(String(12))
    role: Mapped[str] = mapped_column(String(12), default="attendee")
    acceptance: Mapped[str] = mapped_column(String(10), default="")
    position: Mapped[int] = mapped_column(default=0)
    counts: Mapped[bool] = mapped_column(default=False)
    is_contact: Mapped[bool] = mapped_column(default=False)

    engagement: Mapped[Engagement] = relationship(lazy="raise", back_populates="participations")
    organisation: Mapped[Organisation] = relationship(lazy="raise")
    person: Mapped[Person | None] = relationship(lazy="raise")
    post: Mapped[Post | None] = relationship(lazy="raise")
    dispatch: Mapped[Dispatch | None] = relationship(lazy="raise", cascade="all, delete-orphan", uselist=False)

    def does_count(self, dispatch: Dispatch | None) -> bool:
        """Whether this participation counts where its engagement does.

        Third parties and copies have columns of their own; one who declined or stayed away took no part; an
        addressee of a letter of ours counts once its own copy was sent.
        """
        if self.side == "third" or self.role == "copy" or self.acceptance in ("declined", "absent"):
            return False
        return dispatch is None or dispatch.was_sent


class DiscussionPoint(Recorded, Base):
    """One point raised: by whom, the positions taken, the conclusion."""

    __tablename__ = "crm_discussion_point"
    __whole__ = ("engagement_id", "Engagement")

    id: Mapped[int] = mapped_column(primary_key=True)
    engagement_id: Mapped[int] = mapped_column(ForeignKey("crm_engagement.id"), index=True)
    raised_by_id: Mapped[int | None] = mapped_column(ForeignKey("crm_organisation.id"))
    point: Mapped[str] = mapped_column()
    positions: Mapped[str] = mapped_column(default="")
    conclusion: Mapped[str] = mapped_column(default="")
    position: Mapped[int] = mapped_column(default=0)

    raised_by: Mapped[Organisation | None] = relationship(lazy="raise")


class EarlierDate(Recorded, HasWhen, Base):
    """A date an engagement had before it was postponed."""

    __tablename__ = "crm_earlier_date"
    __whole__ = ("engagement_id", "Engagement")

    id: Mapped[int] = mapped_column(primary_key=True)
    engagement_id: Mapped[int] = mapped_column(ForeignKey("crm_engagement.id"), index=True)
    moved_at: Mapped[dt.datetime]
    reason: Mapped[str] = mapped_column(default="")


class EngagementTopic(Recorded, Base):
    """An engagement is about a topic."""

    __tablename__ = "crm_engagement_topic"
    __table_args__ = (Index(None, "topic_id", "engagement_id"),)
    __whole__ = ("engagement_id", "Engagement")

    engagement_id: Mapped[int] = mapped_column(ForeignKey("crm_engagement.id"), primary_key=True)
    topic_id: Mapped[int] = mapped_column(ForeignKey("crm_topic.id"), primary_key=True)

    topic: Mapped[Topic] = relationship(lazy="raise")


class EngagementViewer(Recorded, Base):
    """A member who may see an engagement that the whole team may not."""

    __tablename__ = "crm_engagement_viewer"
    __table_args__ = (Index(None, "member_id", "engagement_id"),)
    __whole__ = ("engagement_id", "Engagement")

    engagement_id: Mapped[int] = mapped_column(ForeignKey("crm_engagement.id"), primary_key=True)
    member_id: Mapped[int] = mapped_column(ForeignKey("crm_member.id"), primary_key=True)
