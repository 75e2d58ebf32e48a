"""Everything in the bin that the member may take out again."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any, NamedTuple

from sqlalchemy import Integer, Select, and_, cast, func, literal, null, or_, select, union_all
from sqlalchemy.orm import aliased

from crm.models import (
    Attachment,
    Commitment,
    Engagement,
    FollowUp,
    Member,
    Milestone,
    Organisation,
    OrganisationList,
    Person,
    Topic,
)
from crm.models.history import DELETED, Transaction, Twins
from crm.queries import twins, visibility
from crm.queries.titles import cut, title
from crm.work import Work

PER_PAGE = 50

#: Kind → class, the column that names it, and the words of its tab.
KINDS: dict[str, tuple[type[Any], str, str]] = {
    "engagement": (Engagement, "subject", "Engagements"),
    "commitment": (Commitment, "wording", "Commitments"),
    "follow_up": (FollowUp, "title", "Follow-ups"),
    "organisation": (Organisation, "name", "Organisations"),
    "person": (Person, "name", "People"),
    "topic": (Topic, "name", "Topics"),
    "milestone": (Milestone, "title", "Milestones"),
    "attachment": (Attachment, "name", "Files"),
    "list": (OrganisationList, "name", "Lists"),
}


_NOTHING = cast(null(), Integer)


class Binned(NamedTuple):
    """One record in the bin.

    :param on: for a file, the engagement on which it was
    """

    kind: str
    id: int
    title: str
    at: dt.datetime
    by: str | None
    on: int | None


def numbers(work: Work) -> dict[str, int]:
    """How many of each kind are in the bin."""
    every = union_all(*(_binned(work, kind) for kind in KINDS)).subquery()
    found = work.session.execute(select(every.c.kind, func.count()).group_by(every.c.kind))
    return {row[0]: row[1] for row in found}


def binned(work: Work, *, kind: str = "", page: int = 1) -> tuple[list[Binned], bool]:
    """What is in the bin, the latest first, and whether more follows.

    :param kind: a key of :data:`KINDS`, empty for everything
    """
    kinds = [kind] if kind else list(KINDS)
    every = union_all(*(_binned(work, one) for one in kinds)).subquery()
    rows = work.session.execute(
        select(every.c.kind, every.c.id, every.c.title, every.c.at, every.c.behind)
        .order_by(every.c.at.desc(), every.c.kind, every.c.id.desc())
        .limit(PER_PAGE + 1)
        .offset((page - 1) * PER_PAGE)
    ).all()
    shown = rows[:PER_PAGE]
    who = _who(work, [(row.kind, row.id) for row in shown])
    unnamed = _unnamed(work, [row.id for row in shown if row.kind == "engagement" and not row.title])
    found = [
        Binned(
            row.kind,
            row.id,
            cut(row.title) or unnamed.get(row.id, ""),
            row.at,
            who.get((row.kind, row.id)),
            row.behind if row.kind == "attachment" else None,
        )
        for row in shown
    ]
    return found, len(rows) > PER_PAGE


def put_there_by(work: Work, record: Any) -> str | None:
    """The name of whoever put a record into the bin, none where the history does not say.

    :param record: of one of the classes of :data:`KINDS`
    """
    kind = next(key for key, (record_class, _, _) in KINDS.items() if isinstance(record, record_class))
    return _who(work, [(kind, record.id)]).get((kind, record.id))


def deletion_of(work: Work, list_id: int) -> int | None:
    """The transaction that deleted a list, none where it is there or never was."""
    twin = Twins.of(OrganisationList)
    found: int | None = work.session.scalar(
        select(func.max(twin.c.transaction_id)).where(
            twin.c.id == list_id, twin.c.operation == DELETED, ~twin.c.id.in_(select(OrganisationList.id))
        )
    )
    return found


def _binned(work: Work, kind: str) -> Select[Any]:
    record_class, name, _ = KINDS[kind]
    if record_class is OrganisationList:
        return _deleted_lists()
    behind = record_class.engagement_id if record_class is Attachment else _NOTHING
    return select(
        literal(kind).label("kind"),
        record_class.id.label("id"),
        getattr(record_class, name).label("title"),
        record_class.binned_at.label("at"),
        behind.label("behind"),
    ).where(record_class.binned_at.is_not(None), *_visible(work, record_class))


def _deleted_lists() -> Select[Any]:
    """A list leaves its table when it is deleted; what it was stands in its twin."""
    twin = Twins.of(OrganisationList)
    latest = (
        select(twin.c.id, func.max(twin.c.transaction_id).label("transaction_id"))
        .where(twin.c.operation == DELETED, ~twin.c.id.in_(select(OrganisationList.id)))
        .group_by(twin.c.id)
        .subquery()
    )
    return (
        select(
            literal("list").label("kind"),
            twin.c.id.label("id"),
            twin.c.name.label("title"),
            Transaction.at.label("at"),
            _NOTHING.label("behind"),
        )
        .join(latest, and_(latest.c.id == twin.c.id, latest.c.transaction_id == twin.c.transaction_id))
        .join(Transaction, Transaction.id == twin.c.transaction_id)
    )


def _visible(work: Work, record_class: type[Any]) -> list[Any]:
    if record_class is Engagement:
        return [visibility.content_visible(work)]
    if record_class is FollowUp:
        return [visibility.follow_up_visible(work)]
    if record_class in (Commitment, Attachment):
        return [visibility.through_engagement(work, record_class.engagement_id)]
    return []


def _who(work: Work, rows: Iterable[tuple[str, int]]) -> dict[tuple[str, int], str]:
    """Who put each into the bin: whoever wrote the first state with the moment at which it went there."""
    ids: dict[str, list[int]] = {}
    for kind, number in rows:
        ids.setdefault(kind, []).append(number)
    found: dict[tuple[str, int], str] = {}
    for kind, numbers_of in ids.items():
        record_class = KINDS[kind][0]
        twin, member = Twins.of(record_class), aliased(Member)
        is_binned = twin.c.binned_at.is_not(None) if "binned_at" in twin.c else twin.c.operation == DELETED
        earlier = twin.alias()
        statement = (
            select(twin.c.id, member.name)
            .join(Transaction, Transaction.id == twin.c.transaction_id)
            .join(member, member.id == Transaction.member_id)
            .outerjoin(earlier, and_(earlier.c.id == twin.c.id, earlier.c.until_id == twin.c.transaction_id))
            .where(twin.c.id.in_(numbers_of), is_binned)
            .order_by(twin.c.transaction_id)
        )
        if "binned_at" in twin.c:
            statement = statement.where(or_(earlier.c.id.is_(None), earlier.c.binned_at.is_(None)))
        for number, name in work.session.execute(statement):
            found[kind, number] = name
    return found


def _unnamed(work: Work, ids: list[int]) -> dict[int, str]:
    rows = twins.rows_of(work, Engagement, [(number,) for number in ids]) if ids else {}
    return {key[0]: title(Engagement, row) for key, row in rows.items()}
