"""Verbs on follow-ups: add, amend, do, undo, snooze."""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import select

from crm.dates import When, parse_when
from crm.errors import Invalid, NotFound
from crm.models import FollowUp
from crm.queries import visibility
from crm.services.permissions import WRITE, authorise
from crm.services.values import short, text
from crm.work import Work

ORIGINS = ("engagement_id", "point_id", "commitment_id", "dispatch_id", "organisation_id", "topic_id")


def get(work: Work, follow_up_id: int) -> FollowUp:
    """One follow-up.

    :raises NotFound: there is none, or it hangs on an engagement whose content the member may not read
    """
    found = work.session.scalar(
        select(FollowUp).where(
            FollowUp.id == follow_up_id,
            visibility.through_engagement(work, FollowUp.engagement_id),  # type: ignore[arg-type]
        )
    )
    if found is None:
        raise NotFound
    return found


def add(work: Work, *, title: str, due: When | None = None, **values: Any) -> FollowUp:
    """Adds a dated thing one of us has to do; its owner is who adds it unless another is named.

    :param values: ``note``, ``owner_id``, ``remind_on`` and any of :data:`ORIGINS`
    :raises Invalid: no title
    """
    authorise(work, WRITE)
    follow_up = FollowUp()
    work.act("follow_up.add", follow_up)
    owner_id = values.pop("owner_id", None) or work.member_id
    _apply(follow_up, {**values, "title": title, "due": due, "owner_id": owner_id})
    work.session.add(follow_up)
    work.session.flush()
    authorise(work, WRITE, follow_up)
    return follow_up


def amend(work: Work, follow_up_id: int, *, version: int | None = None, **values: Any) -> FollowUp:
    """Changes a follow-up; what is not given stays.

    :raises Conflict: somebody else saved it since ``version``
    """
    follow_up = get(work, follow_up_id)
    authorise(work, WRITE, follow_up)
    work.expect(follow_up, version)
    work.act("follow_up.amend", follow_up)
    _apply(follow_up, values)
    work.session.flush()
    return follow_up


def do(work: Work, follow_up_id: int, *, on: dt.date | None = None) -> FollowUp:
    """Marks it done, today unless another day is given."""
    follow_up = get(work, follow_up_id)
    authorise(work, WRITE, follow_up)
    work.act("follow_up.do", follow_up)
    if on is not None and on > work.today():
        raise Invalid("done_on", "A follow-up cannot have been done on a day that lies ahead.")
    follow_up.done_on = on or work.today()
    follow_up.done_by_id = work.member_id
    return follow_up


def undo(work: Work, follow_up_id: int) -> FollowUp:
    """Opens a done follow-up again."""
    follow_up = get(work, follow_up_id)
    authorise(work, WRITE, follow_up)
    work.act("follow_up.undo", follow_up)
    follow_up.done_on = None
    follow_up.done_by_id = None
    return follow_up


def snooze(work: Work, follow_up_id: int, *, days: int) -> FollowUp:
    """Moves the deadline to ``days`` from today."""
    follow_up = get(work, follow_up_id)
    authorise(work, WRITE, follow_up)
    if not 1 <= days <= 366:
        raise Invalid("days", "Snooze by 1 to 366 days.")
    work.act("follow_up.snooze", follow_up, days=days)
    to = work.today() + dt.timedelta(days=days)
    follow_up.due = parse_when(to.isoformat(), today=work.today(), past=False)
    follow_up.snoozed = (follow_up.snoozed or 0) + 1
    return follow_up


def bin(work: Work, follow_up_id: int, *, version: int | None = None) -> FollowUp:
    """Puts a follow-up into the bin."""
    follow_up = get(work, follow_up_id)
    authorise(work, WRITE, follow_up)
    work.expect(follow_up, version)
    work.act("follow_up.bin", follow_up)
    follow_up.binned_at = work.now()
    return follow_up


def restore(work: Work, follow_up_id: int) -> FollowUp:
    """Takes a follow-up out of the bin."""
    follow_up = get(work, follow_up_id)
    authorise(work, WRITE, follow_up)
    work.act("follow_up.restore", follow_up)
    follow_up.binned_at = None
    return follow_up


def _apply(follow_up: FollowUp, values: dict[str, Any]) -> None:
    for field, value in values.items():
        if field == "title":
            follow_up.title = short(field, value, 300)
        elif field == "note":
            follow_up.note = text(field, value)
        elif field in ("due", "owner_id", "remind_on", *ORIGINS):
            setattr(follow_up, field, value)
        else:
            raise Invalid(field, "There is no such field on a follow-up.")
