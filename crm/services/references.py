"""Checks that what a record points at exists for the member, so that a wrong id is a refusal and not a fault."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, TypeVar

from sqlalchemy import inspect, select
from sqlalchemy.orm.util import identity_key

from crm.errors import Invalid
from crm.models import Commitment, DiscussionPoint, Dispatch, Member, Organisation, Participation, Topic
from crm.queries import visibility
from crm.work import Work

T = TypeVar("T")


def known(work: Work, record_class: type[T], ids: Iterable[int]) -> list[T]:
    """Those of the records that this unit of work has read already, as it knows them."""
    keys = (identity_key(record_class, number) for number in ids)
    found = (work.session.identity_map.get(key) for key in keys)
    return [one for one in found if one is not None and not inspect(one).expired_attributes]


def organisations(work: Work, field: str, ids: Iterable[int]) -> list[int]:
    """``ids`` without repetitions, in their order.

    :raises Invalid: one of them is no organisation, or is in the bin
    """
    wanted = list(dict.fromkeys(ids))
    here = {one.id: one for one in known(work, Organisation, wanted)}
    found = {body for body, one in here.items() if not one.is_binned}
    unread = [body for body in wanted if body not in here]
    if unread:
        found |= set(
            work.session.scalars(
                select(Organisation.id).where(Organisation.id.in_(unread), Organisation.binned_at.is_(None))
            )
        )
    missing = [str(body) for body in wanted if body not in found]
    if missing:
        raise Invalid(field, f"There is no organisation number {', '.join(missing)}; choose one from the list.")
    return wanted


def member(work: Work, field: str, member_id: int | None) -> int | None:
    """``member_id`` if it is none or a member who may still work here.

    :raises Invalid: there is no such member, or the account is disabled
    """
    if member_id is None:
        return None
    found = work.session.scalar(select(Member.id).where(Member.id == member_id, Member.disabled_at.is_(None)))
    if found is None:
        raise Invalid(field, "Choose one of the members.")
    return member_id


def topic(work: Work, field: str, topic_id: int | None) -> int | None:
    """``topic_id`` if it is none or a topic that is not in the bin.

    :raises Invalid: there is no such topic
    """
    if topic_id is None:
        return None
    found = work.session.scalar(select(Topic.id).where(Topic.id == topic_id, Topic.binned_at.is_(None)))
    if found is None:
        raise Invalid(field, "Choose one of the topics.")
    return topic_id


def engagement(work: Work, field: str, engagement_id: int | None) -> int | None:
    """``engagement_id`` if it is none or an engagement whose content the member may read.

    :raises Invalid: there is none, as far as the member may know
    """
    if engagement_id is not None and not visibility.may_read_content(work, engagement_id):
        raise Invalid(field, "There is no such engagement.")
    return engagement_id


def engagement_behind(work: Work, record: type[Any], record_id: int | None) -> int | None:
    """The engagement on which a commitment, point or copy of a letter hangs, none if on none.

    Whoever may not read that engagement is not told whether the record exists.

    :param record: ``Commitment``, ``DiscussionPoint`` or ``Dispatch``
    :raises Invalid: there is no such record, as far as the member may know
    """
    if record_id is None:
        return None
    statements = {
        Commitment: (select(Commitment.engagement_id).where(Commitment.id == record_id), "commitment"),
        DiscussionPoint: (select(DiscussionPoint.engagement_id).where(DiscussionPoint.id == record_id), "point"),
        Dispatch: (
            select(Participation.engagement_id)
            .join(Dispatch, Dispatch.participation_id == Participation.id)
            .where(Dispatch.id == record_id),
            "dispatch",
        ),
    }
    statement, field = statements[record]
    found = work.session.execute(statement).first()
    if found is None or (found[0] is not None and not visibility.may_read_content(work, found[0])):
        raise Invalid(field, f"There is no such {'copy of a letter' if record is Dispatch else field}.")
    behind: int | None = found[0]
    return behind


def letter_of(work: Work, dispatch_id: int) -> int | None:
    """The letter of which ``dispatch_id`` is a copy, none if there is none that the member may read."""
    try:
        return engagement_behind(work, Dispatch, dispatch_id)
    except Invalid:
        return None
