"""Verbs on follow-ups: add, amend, do, undo, snooze."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

from sqlalchemy import select

from crm.dates import When, parse_when
from crm.errors import Invalid, NotFound
from crm.models import Commitment, DiscussionPoint, Dispatch, FollowUp
from crm.queries import visibility
from crm.services import references
from crm.services.permissions import WRITE, authorise
from crm.services.submissions import claim
from crm.services.values import short, text
from crm.work import Work

ORIGINS = ("engagement_id", "point_id", "commitment_id", "dispatch_id", "organisation_id", "topic_id")


def get(work: Work, follow_up_id: int) -> FollowUp:
    """One follow-up.

    :raises NotFound: there is none, or it arose from something whose content the member may not read
    """
    found: FollowUp | None = work.session.scalar(
        select(FollowUp).where(FollowUp.id == follow_up_id, visibility.follow_up_visible(work))
    )
    if found is None:
        raise NotFound
    return found


def add(work: Work, *, title: str, due: When | None = None, submission: str | None = None, **values: Any) -> FollowUp:
    """Adds a dated thing one of us has to do; its owner is who adds it unless another is named.

    :param values: ``note``, ``owner_id``, ``remind_on`` and any of :data:`ORIGINS`
    :raises Invalid: no title, or an origin that does not exist for the member
    :raises AlreadyDone: the same form was sent before
    """
    authorise(work, WRITE)
    claimed = claim(work, submission)
    follow_up = FollowUp(snoozed=0)
    work.act("follow_up.add", follow_up)
    owner_id = values.pop("owner_id", None) or work.member_id
    _apply(work, follow_up, {**values, "title": title, "due": due, "owner_id": owner_id})
    work.session.add(follow_up)
    work.session.flush()
    if claimed is not None:
        claimed.reference = {"kind": "follow_up", "id": follow_up.id}
    return follow_up


def amend(work: Work, follow_up_id: int, *, version: int | None = None, **values: Any) -> FollowUp:
    """Changes a follow-up; what is not given stays.

    :raises Conflict: somebody else saved it since ``version``
    """
    follow_up = get(work, follow_up_id)
    authorise(work, WRITE, follow_up)
    work.expect(follow_up, version)
    work.act("follow_up.amend", follow_up)
    _apply(work, follow_up, values)
    work.session.flush()
    return follow_up


def do(work: Work, follow_up_id: int, *, on: dt.date | None = None, version: int | None = None) -> FollowUp:
    """Marks it done, today unless another day is given; done before, it stays as it was.

    :raises Invalid: the day lies ahead
    :raises Conflict: somebody else saved it since ``version``
    """
    follow_up = get(work, follow_up_id)
    authorise(work, WRITE, follow_up)
    if on is not None and on > work.today():
        raise Invalid("done_on", "A follow-up cannot have been done on a day that lies ahead.")
    if follow_up.is_done and on is None:
        return follow_up
    work.expect(follow_up, version)
    work.act("follow_up.do", follow_up)
    follow_up.done_on = on or work.today()
    follow_up.done_by_id = work.member_id
    work.session.flush()
    return follow_up


def undo(work: Work, follow_up_id: int, *, version: int | None = None) -> FollowUp:
    """Opens a done follow-up again.

    :raises Conflict: somebody else saved it since ``version``
    """
    follow_up = get(work, follow_up_id)
    authorise(work, WRITE, follow_up)
    work.expect(follow_up, version)
    work.act("follow_up.undo", follow_up)
    follow_up.done_on = None
    follow_up.done_by_id = None
    work.session.flush()
    return follow_up


def snooze(work: Work, follow_up_id: int, *, days: int, version: int | None = None) -> FollowUp:
    """Moves the deadline to ``days`` from today; a reminder keeps its distance from it.

    :raises Invalid: it is done, or the days are not 1 to 366
    :raises Conflict: somebody else saved it since ``version``
    """
    follow_up = get(work, follow_up_id)
    authorise(work, WRITE, follow_up)
    work.expect(follow_up, version)
    if not 1 <= days <= 366:
        raise Invalid("days", "Snooze by 1 to 366 days.")
    if follow_up.is_done:
        raise Invalid("days", f"“{follow_up.title}” is done; open it again first.")
    work.act("follow_up.snooze", follow_up, days=days)
    to = work.today() + dt.timedelta(days=days)
    if follow_up.remind_on is not None:
        before = follow_up.due_last - follow_up.remind_on if follow_up.due_last else dt.timedelta()
        follow_up.remind_on = max(to - max(before, dt.timedelta()), work.today())
    follow_up.due = parse_when(to.isoformat(), today=work.today(), past=False)
    follow_up.snoozed = (follow_up.snoozed or 0) + 1
    work.session.flush()
    return follow_up


def do_all(work: Work, follow_up_ids: Sequence[int]) -> list[FollowUp]:
    """Marks several as done today, all of them or none.

    :raises NotFound: one of them does not exist for the member
    """
    return [do(work, follow_up_id) for follow_up_id in _chosen(follow_up_ids)]


def undo_all(work: Work, follow_up_ids: Sequence[int]) -> list[FollowUp]:
    """Opens several done ones again, all of them or none."""
    return [undo(work, follow_up_id) for follow_up_id in _chosen(follow_up_ids)]


def snooze_all(work: Work, follow_up_ids: Sequence[int], *, days: int) -> list[FollowUp]:
    """Moves the deadline of several, all of them or none."""
    return [snooze(work, follow_up_id, days=days) for follow_up_id in _chosen(follow_up_ids)]


def bin(work: Work, follow_up_id: int, *, version: int | None = None) -> FollowUp:
    """Puts a follow-up into the bin."""
    follow_up = get(work, follow_up_id)
    authorise(work, WRITE, follow_up)
    work.expect(follow_up, version)
    work.act("follow_up.bin", follow_up)
    follow_up.binned_at = work.now()
    work.session.flush()
    return follow_up


def restore(work: Work, follow_up_id: int) -> FollowUp:
    """Takes a follow-up out of the bin."""
    follow_up = get(work, follow_up_id)
    authorise(work, WRITE, follow_up)
    work.act("follow_up.restore", follow_up)
    follow_up.binned_at = None
    work.session.flush()
    return follow_up


def _chosen(follow_up_ids: Sequence[int]) -> list[int]:
    if not follow_up_ids:
        raise Invalid("ids", "Choose at least one follow-up.")
    return list(dict.fromkeys(follow_up_ids))


def _apply(work: Work, follow_up: FollowUp, values: dict[str, Any]) -> None:
    for field, value in values.items():
        if field == "title":
            follow_up.title = short(field, value, 300)
        elif field == "note":
            follow_up.note = text(field, value)
        elif field in ("due", "remind_on"):
            setattr(follow_up, field, value)
        elif field == "owner_id":
            follow_up.owner_id = value if value == follow_up.owner_id else references.member(work, "owner", value)
        elif field in ORIGINS:
            _hang(work, follow_up, field, value)
        else:
            raise Invalid(field, "There is no such field on a follow-up.")
    if follow_up.remind_on and follow_up.due_last and follow_up.remind_on > follow_up.due_last:
        raise Invalid("remind_on", f"Be reminded on or before the day it is due ({follow_up.due_last:%-d %B %Y}).")


def _hang(work: Work, follow_up: FollowUp, field: str, value: int | None) -> None:
    """Hangs it on where it arose, and on the engagement behind that, so that whoever may not read the one has not the
    other."""
    if value == getattr(follow_up, field):
        return
    if field == "organisation_id" and value is not None:
        references.organisations(work, "organisation", [value])
    elif field == "topic_id":
        references.topic(work, "topic", value)
    elif field == "engagement_id":
        references.engagement(work, "engagement", value)
    elif field in _BEHIND:
        behind = references.engagement_behind(work, _BEHIND[field], value)
        if behind is not None and follow_up.engagement_id is None:
            follow_up.engagement_id = behind
    setattr(follow_up, field, value)


_BEHIND = {"commitment_id": Commitment, "point_id": DiscussionPoint, "dispatch_id": Dispatch}
