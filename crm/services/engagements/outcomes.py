"""What came of an engagement: it was held, sent, cancelled, postponed or declined; and the bin."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from crm.dates import When
from crm.errors import Invalid
from crm.models import EarlierDate, Engagement, Organisation
from crm.models.engagements import STATUSES
from crm.services.engagements.recording import change_status, for_writing
from crm.services.values import choice, line, text
from crm.work import Work

OUTCOMES = ("held", "cancelled", "postponed", "sent", "received")
_OPEN = ("planned", "postponed", "drafted")


def settle(work: Work, engagement_id: int, outcome: str, *, version: int | None = None) -> Engagement:
    """Answers “Did it take place?”; what is settled that way already stays as it is.

    :param outcome: ``held``, ``cancelled`` or ``postponed``; for a draft ``sent``
    :raises Invalid: it lies ahead, or something else came of it already
    :raises Conflict: somebody else saved it since ``version``
    """
    engagement = for_writing(work, engagement_id)
    choice("status", outcome, OUTCOMES)
    if engagement.status == outcome:
        return engagement
    work.expect(engagement, version)
    if outcome == "postponed":
        return postpone(work, engagement_id)
    if engagement.status not in _OPEN:
        raise Invalid(
            "status", f"This is {STATUSES[engagement.status].lower()} already; correct it by editing if that is wrong."
        )
    work.act(f"engagement.{outcome}", engagement)
    change_status(work, engagement, outcome)
    work.session.flush()
    return engagement


def settle_all(work: Work, engagement_ids: Sequence[int], outcome: str) -> list[Engagement]:
    """Settles several at once, all of them or none.

    :raises Invalid: none was chosen, or one of them cannot have come to that
    :raises NotFound: one of them does not exist for the member
    """
    if not engagement_ids:
        raise Invalid("ids", "Choose at least one engagement.")
    return [settle(work, engagement_id, outcome) for engagement_id in sorted(set(engagement_ids))]


def postpone(
    work: Work, engagement_id: int, *, to: When | None = None, reason: str = "", version: int | None = None
) -> Engagement:
    """Moves a planned engagement, keeping the date it had; without a new date it waits as postponed.

    :raises Invalid: it is a letter, or was held, declined or cancelled
    """
    engagement = for_writing(work, engagement_id, version)
    if engagement.is_writing or engagement.status not in ("planned", "postponed"):
        raise Invalid("status", "Only a planned meeting can be postponed; correct the date of one that was held.")
    reason = text("reason", reason, 2000)
    last = engagement.earlier_dates[-1] if engagement.earlier_dates else None
    is_waiting = engagement.status == "postponed" and last is not None and last.when == engagement.when
    if is_waiting and to is None and not reason:
        return engagement
    work.act("engagement.postpone", engagement)
    if is_waiting and last is not None:
        # The date it had was kept when it was put off; a new date, or a reason given later, belongs to the same move.
        last.reason = reason or last.reason
    else:
        earlier = EarlierDate(moved_at=work.now(), reason=reason)
        earlier.when = engagement.when
        engagement.earlier_dates.append(earlier)
    change_status(work, engagement, "postponed" if to is None else "planned", to)
    work.session.flush()
    return engagement


def decline(
    work: Work,
    engagement_id: int,
    *,
    by_id: int | None,
    on: dt.date | None = None,
    notice: str = "",
    reason: str = "",
    version: int | None = None,
) -> Engagement:
    """Records a refusal as the fact it is; a later meeting is a new engagement that follows this one.

    :param by_id: who declined; none for the first body asked
    :param notice: how long before, or in what way, it was said
    :raises Invalid: it was held, or was declined on a day that lies ahead
    """
    engagement = for_writing(work, engagement_id, version)
    if engagement.is_writing or engagement.status == "held":
        raise Invalid("status", "Only a meeting that was not held can have been declined.")
    if on is not None and on > work.today():
        raise Invalid("declined_on", "It cannot have been declined on a day that lies ahead.")
    if by_id is not None and work.session.get(Organisation, by_id) is None:
        raise Invalid("declined_by", "Choose who declined.")
    work.act("engagement.decline", engagement)
    change_status(work, engagement, "declined")
    engagement.declined_by_id = by_id or engagement.declined_by_id
    engagement.declined_on = on
    engagement.decline_notice = line("decline_notice", notice, 200)
    engagement.decline_reason = text("decline_reason", reason, 4000)
    work.session.flush()
    return engagement


def reopen(work: Work, engagement_id: int, *, version: int | None = None) -> Engagement:
    """Takes an outcome back: planned again, for a letter drafted again; facts of a refusal go with it.

    :raises Invalid: a copy of a letter was delivered or answered meanwhile
    """
    engagement = for_writing(work, engagement_id)
    status = "drafted" if engagement.is_writing else "planned"
    if engagement.status == status:
        return engagement
    work.expect(engagement, version)
    work.act("engagement.reopen", engagement, before=engagement.status)
    last = engagement.earlier_dates[-1] if engagement.earlier_dates else None
    if engagement.status == "postponed" and last is not None and last.when == engagement.when:
        engagement.earlier_dates.remove(last)
    change_status(work, engagement, status)
    work.session.flush()
    return engagement


def bin(work: Work, engagement_id: int, *, version: int | None = None) -> Engagement:
    """Puts an engagement into the bin: it leaves every count at once."""
    engagement = for_writing(work, engagement_id)
    if engagement.is_binned:
        return engagement
    work.expect(engagement, version)
    work.act("engagement.bin", engagement)
    engagement.binned_at = work.now()
    engagement.recount()
    work.session.flush()
    return engagement


def restore(work: Work, engagement_id: int) -> Engagement:
    """Takes an engagement out of the bin."""
    engagement = for_writing(work, engagement_id)
    if not engagement.is_binned:
        return engagement
    work.act("engagement.restore", engagement)
    engagement.binned_at = None
    engagement.recount()
    work.session.flush()
    return engagement
