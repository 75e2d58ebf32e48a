"""One commitment as a row: its columns, whose it is and how late, in Python and in SQL."""

from __future__ import annotations

import calendar
import datetime as dt
from collections import defaultdict
from collections.abc import Sequence
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, case, exists, func, or_, select
from sqlalchemy.orm import aliased

from crm.dates import OPEN, When
from crm.models import Commitment, CommitmentRecipient, Engagement, Member, Organisation, Topic
from crm.models.commitments import COMMITMENT_KINDS, COMMITMENT_STATES, DELIVERY_STATES, DIRECTIONS, RUNNING_STATES
from crm.queries import visibility
from crm.queries.days import due_columns, due_of, when_columns, when_of
from crm.queries.prepared import Statement, given, prepared
from crm.work import Work

LATENESS = {
    "late": "Late",
    "week": "Due this week",
    "month": "Due this month",
    "later": "Due later",
    "undated": "No date",
}
CLOSED = {"delivered": "Deliveries", "closed": "Closed"}
BUCKETS = {**LATENESS, **CLOSED}


class Body(NamedTuple):
    """An organisation or topic: what fits a table, and the full name."""

    id: int
    label: str
    name: str


class CommitmentRow(NamedTuple):
    """One commitment as lists, boards and pages show it."""

    id: int
    version: int
    kind: str
    wording: str
    condition: str
    state: str
    when: When
    due: When | None
    made_by: Body
    made_to: tuple[Body, ...]
    direction: str
    bucket: str
    owner: str | None
    topic: Body | None
    engagement_id: int | None
    engagement: str
    evidence: str
    evidence_url: str
    fulfils_id: int | None
    deliveries: int

    @property
    def kind_label(self) -> str:
        return COMMITMENT_KINDS[self.kind]

    @property
    def state_label(self) -> str:
        return (DELIVERY_STATES if self.kind == "delivery" else COMMITMENT_STATES)[self.state]

    @property
    def direction_label(self) -> str:
        return DIRECTIONS[self.direction]

    @property
    def is_late(self) -> bool:
        return self.bucket == "late"


def bucket(kind: str, state: str, due_last: dt.date | None, today: dt.date) -> str:
    """How late a commitment is, a key of :data:`BUCKETS`.

    A deadline is late only after its last possible day. The week ends on Sunday, the month on its last day.
    """
    if kind == "delivery":
        return "delivered"
    if state not in RUNNING_STATES:
        return "closed"
    if due_last is None:
        return "undated"
    if due_last < today:
        return "late"
    week, month = horizons(today)
    if due_last <= week:
        return "week"
    return "month" if due_last <= month else "later"


def horizons(today: dt.date) -> tuple[dt.date, dt.date]:
    """The last days of this week and of this month."""
    week = today + dt.timedelta(days=6 - today.weekday()) if today <= OPEN - dt.timedelta(days=6) else OPEN
    return week, today.replace(day=calendar.monthrange(today.year, today.month)[1])


def visible(work: Work) -> list[ColumnElement[bool]]:
    """What the member may know of."""
    column: Any = Commitment.engagement_id
    return [visibility.through_engagement(work, column)]


def kept() -> list[ColumnElement[bool]]:
    """What is not in the bin."""
    return [Commitment.binned_at.is_(None)]


def _is_our_side(organisation: Any) -> ColumnElement[bool]:
    return or_(organisation.is_ours.is_(True), organisation.is_client.is_(True))


def direction() -> ColumnElement[str]:
    """Derived from who is ours: the maker (then whoever it was made to), else one of the recipients."""
    recipient = aliased(Organisation)
    to_us = exists().where(
        CommitmentRecipient.commitment_id == Commitment.id,
        recipient.id == CommitmentRecipient.organisation_id,
        _is_our_side(recipient),
    )
    return case((_is_our_side(Organisation), "ours"), (to_us, "theirs"), else_="third")


def bucket_case(today: dt.date) -> ColumnElement[str]:
    """:func:`bucket` in SQL."""
    week, month = horizons(today)
    return case(
        (Commitment.kind == "delivery", "delivered"),
        (Commitment.state.not_in(RUNNING_STATES), "closed"),
        (Commitment.due_last.is_(None), "undated"),
        (Commitment.due_last < today, "late"),
        (Commitment.due_last <= week, "week"),
        (Commitment.due_last <= month, "month"),
        else_="later",
    )


@cache
def rows() -> Select[*tuple[Any, ...]]:
    """The columns that :func:`built` makes rows of."""
    delivery = aliased(Commitment)
    # An alias, because the condition of visibility reads engagements itself.
    origin = aliased(Engagement)
    deliveries = (
        select(func.count(delivery.id))
        .where(delivery.fulfils_id == Commitment.id, delivery.kind == "delivery", delivery.binned_at.is_(None))
        .scalar_subquery()
    )
    return (
        select(
            Commitment.id,
            Commitment.version,
            Commitment.kind,
            Commitment.wording,
            Commitment.condition,
            Commitment.state,
            *when_columns(Commitment),
            *due_columns(Commitment),
            Commitment.made_by_id,
            Organisation.short_name,
            Organisation.name,
            direction().label("direction"),
            Member.name.label("owner"),
            Topic.id.label("topic_id"),
            Topic.name.label("topic"),
            Commitment.engagement_id,
            origin.subject,
            Commitment.evidence,
            Commitment.evidence_url,
            Commitment.fulfils_id,
            deliveries.label("deliveries"),
        )
        .join(Organisation, Organisation.id == Commitment.made_by_id)
        .outerjoin(Member, Member.id == Commitment.owner_id)
        .outerjoin(Topic, Topic.id == Commitment.topic_id)
        .outerjoin(origin, origin.id == Commitment.engagement_id)
    )


def built(work: Work, found: Sequence[Any]) -> list[CommitmentRow]:
    """Rows of what :func:`rows` selected, with whom each was made to."""
    today = work.today()
    to = _recipients(work, [row.id for row in found])
    return [
        CommitmentRow(
            id=row.id,
            version=row.version,
            kind=row.kind,
            wording=row.wording,
            condition=row.condition,
            state=row.state,
            when=when_of(row),
            due=due_of(row),
            made_by=Body(row.made_by_id, row.short_name or row.name, row.name),
            made_to=tuple(to[row.id]),
            direction=row.direction,
            bucket=bucket(row.kind, row.state, row.due_last, today),
            owner=row.owner,
            topic=Body(row.topic_id, row.topic, row.topic) if row.topic_id else None,
            engagement_id=row.engagement_id,
            engagement=row.subject or "",
            evidence=row.evidence,
            evidence_url=row.evidence_url,
            fulfils_id=row.fulfils_id,
            deliveries=row.deliveries,
        )
        for row in found
    ]


def _recipients(work: Work, commitment_ids: Sequence[int]) -> dict[int, list[Body]]:
    result: dict[int, list[Body]] = defaultdict(list)
    for commitment_id, organisation_id, short, name in _made_to(work, ids=commitment_ids) if commitment_ids else ():
        result[commitment_id].append(Body(organisation_id, short or name, name))
    return result


@prepared
def _made_to(_work: Work) -> Statement:
    return (
        select(CommitmentRecipient.commitment_id, Organisation.id, Organisation.short_name, Organisation.name)
        .join(Organisation, Organisation.id == CommitmentRecipient.organisation_id)
        .where(CommitmentRecipient.commitment_id.in_(given("ids", many=True)))
        .order_by(Organisation.sort)
    )
