"""Which records stand in a timeline, in which order, page by page."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    Date,
    Select,
    String,
    and_,
    cast,
    exists,
    func,
    literal,
    or_,
    select,
    type_coerce,
    union_all,
)
from sqlalchemy.sql.selectable import FromClause

from crm.models import Commitment, CommitmentRecipient, Engagement, FollowUp, Milestone, Participation
from crm.models.engagements import ENCOUNTERS, WRITINGS
from crm.queries import visibility
from crm.queries.scope import Scope, stood, tree
from crm.queries.timeline.entries import COMMITMENT, ENGAGEMENT, FOLLOW_UP, MILESTONE, Cursor, Entry, told
from crm.work import Work

#: what a filter shows → the sources it reads, and the kinds of engagement it keeps
SHOWN: dict[str, tuple[tuple[int, ...], tuple[str, ...]]] = {
    "": ((ENGAGEMENT, COMMITMENT, FOLLOW_UP, MILESTONE), ()),
    "encounters": ((ENGAGEMENT,), ENCOUNTERS),
    "writings": ((ENGAGEMENT,), WRITINGS),
    "commitments": ((COMMITMENT,), ()),
    "follow_ups": ((FOLLOW_UP,), ()),
    "milestones": ((MILESTONE,), ()),
}
# More than this, and the log is read in the order of its days instead of by body.
_FEW = 5000
_NO_TIME = "0000"


class Page(NamedTuple):
    """Entries, and the place after which more stand, if more do."""

    entries: list[Entry]
    next: Cursor | None


def timeline(
    work: Work,
    organisation_id: int,
    *,
    show: str = "",
    direct: bool = False,
    as_today: bool = False,
    after: Cursor | None = None,
    limit: int = 50,
) -> Page:
    """Everything in which a body took part, on whichever side, and whatever came of it.

    :param show: a key of :data:`SHOWN`
    :param direct: the body itself only, else with all that stood below it that day
    :param as_today: as organised today, along successions that join histories
    """
    closure = tree(work, Scope(direct=direct, as_today=as_today))
    branch = set(work.session.scalars(select(closure.c.descendant_id).where(closure.c.ancestor_id == organisation_id)))
    sources, kinds = SHOWN[show]
    statements = {
        ENGAGEMENT: lambda: _engagements(work, organisation_id, closure, branch, kinds),
        COMMITMENT: lambda: _commitments(work, organisation_id, closure),
        FOLLOW_UP: lambda: _follow_ups(work, organisation_id, closure),
        MILESTONE: lambda: _milestones(organisation_id, closure),
    }
    parts = [_cut(statements[source](), after, limit) for source in sources]
    each = union_all(*parts).subquery()
    found = work.session.execute(select(each).order_by(*_order(each)).limit(limit + 1)).all()
    places = [Cursor(*row) for row in found[:limit]]
    return Page(told(work, places, branch), places[-1] if len(found) > limit else None)


def open_follow_ups(work: Work, organisation_ids: Sequence[int], *, limit: int = 20) -> list[Entry]:
    """What is to be done about some bodies, or arose from an engagement with them; the first due first."""
    met = exists().where(
        Participation.engagement_id == FollowUp.engagement_id,
        Participation.organisation_id.in_(organisation_ids),
        Participation.side == "counterpart",
    )
    found = work.session.scalars(
        select(FollowUp.id)
        .where(
            FollowUp.done_on.is_(None),
            FollowUp.binned_at.is_(None),
            visibility.follow_up_visible(work),
            or_(FollowUp.organisation_id.in_(organisation_ids), met),
        )
        .order_by(FollowUp.due_last.is_(None), FollowUp.due_last, FollowUp.id)
        .limit(limit)
    ).all()
    return told(work, [_anywhere(FOLLOW_UP, number) for number in found])


def milestones_ahead(work: Work, organisation_ids: Sequence[int], *, limit: int = 10) -> list[Entry]:
    """Milestones of some bodies that may still come, the next first."""
    found = work.session.scalars(
        select(Milestone.id)
        .where(
            Milestone.organisation_id.in_(organisation_ids),
            Milestone.binned_at.is_(None),
            func.coalesce(Milestone.end_day, Milestone.last_day) >= work.today(),
        )
        .order_by(Milestone.first_day, Milestone.last_day, Milestone.id)
        .limit(limit)
    ).all()
    return told(work, [_anywhere(MILESTONE, number) for number in found])


def _anywhere(source: int, number: int) -> Cursor:
    return Cursor(dt.date.min, dt.date.min, _NO_TIME, source, number)


# --- the sources: first and last day, time, source, id


def _keys(source: int, first: Any, last: Any, record: Any, time: Any = None) -> list[ColumnElement[Any]]:
    clock: ColumnElement[str] = literal(_NO_TIME, String)
    if time is not None:
        clock = func.coalesce(func.replace(func.substr(cast(time, String), 1, 5), ":", ""), _NO_TIME)
    return [
        first.label("day"),
        last.label("last"),
        clock.label("time"),
        literal(source).label("source"),
        record.id.label("id"),
    ]


def _order(keys: Any) -> list[ColumnElement[Any]]:
    """The newest first; of one day the narrower first, then the later."""
    return [keys.c.day.desc(), keys.c.last.asc(), keys.c.time.desc(), keys.c.source.desc(), keys.c.id.desc()]


def _engagements(
    work: Work, body: int, closure: FromClause, branch: Iterable[int], kinds: Sequence[str]
) -> Select[Any]:
    took_part = (
        select(Participation.id)
        .join(closure, and_(closure.c.descendant_id == Participation.organisation_id, closure.c.ancestor_id == body))
        .where(Participation.engagement_id == Engagement.id, stood(closure))
        .correlate(Engagement)
    )
    found = select(
        *_keys(ENGAGEMENT, Engagement.first_day, Engagement.last_day, Engagement, Engagement.start_time)
    ).where(visibility.visible(work), Engagement.binned_at.is_(None), took_part.exists(), *_hint(work, branch))
    return found.where(Engagement.kind.in_(kinds)) if kinds else found


def _hint(work: Work, branch: Iterable[int]) -> list[ColumnElement[bool]]:
    """Where a body took part in few engagements they are looked up, instead of reading the log in order."""
    took_part = select(Participation.engagement_id).where(Participation.organisation_id.in_(list(branch)))
    some = select(func.count()).select_from(took_part.limit(_FEW).subquery())
    if int(work.session.scalar(some) or 0) >= _FEW:
        return []
    return [Engagement.id.in_(took_part)]


def _commitments(work: Work, body: int, closure: FromClause) -> Select[Any]:
    column: Any = Commitment.engagement_id
    stands = and_(closure.c.first <= Commitment.first_day, closure.c.last >= Commitment.first_day)
    made = select(closure.c.descendant_id).where(
        closure.c.ancestor_id == body, closure.c.descendant_id == Commitment.made_by_id, stands
    )
    received = (
        select(CommitmentRecipient.commitment_id)
        .join(closure, closure.c.descendant_id == CommitmentRecipient.organisation_id)
        .where(closure.c.ancestor_id == body, CommitmentRecipient.commitment_id == Commitment.id, stands)
    )
    return select(*_keys(COMMITMENT, Commitment.first_day, Commitment.last_day, Commitment)).where(
        Commitment.binned_at.is_(None),
        visibility.through_engagement(work, column),
        or_(made.correlate(Commitment).exists(), received.correlate(Commitment).exists()),
    )


def _follow_ups(work: Work, body: int, closure: FromClause) -> Select[Any]:
    # One without any date stands on the day it was entered.
    entered = type_coerce(func.date(FollowUp.created_at), Date)
    day = func.coalesce(FollowUp.done_on, FollowUp.due_first, entered, type_=Date)
    last = func.coalesce(FollowUp.done_on, FollowUp.due_last, entered, type_=Date)
    own = select(closure.c.descendant_id).where(
        closure.c.ancestor_id == body,
        closure.c.descendant_id == FollowUp.organisation_id,
        closure.c.first <= day,
        closure.c.last >= day,
    )
    met = (
        select(Participation.id)
        .join(Engagement, Engagement.id == Participation.engagement_id)
        .join(closure, closure.c.descendant_id == Participation.organisation_id)
        .where(
            closure.c.ancestor_id == body,
            Participation.engagement_id == FollowUp.engagement_id,
            Participation.side == "counterpart",
            stood(closure),
        )
    )
    return select(*_keys(FOLLOW_UP, day, last, FollowUp)).where(
        FollowUp.binned_at.is_(None),
        visibility.follow_up_visible(work),
        or_(own.correlate(FollowUp).exists(), met.correlate(FollowUp).exists()),
    )


def _milestones(body: int, closure: FromClause) -> Select[Any]:
    own = select(closure.c.descendant_id).where(
        closure.c.ancestor_id == body,
        closure.c.descendant_id == Milestone.organisation_id,
        closure.c.first <= Milestone.first_day,
        closure.c.last >= Milestone.first_day,
    )
    return select(*_keys(MILESTONE, Milestone.first_day, Milestone.last_day, Milestone)).where(
        Milestone.binned_at.is_(None), own.correlate(Milestone).exists()
    )


def _cut(statement: Select[Any], after: Cursor | None, limit: int) -> Select[Any]:
    """The first of one source beyond a place: no source need give more than a page."""
    keys = statement.subquery()
    first = select(keys).order_by(*_order(keys)).limit(limit + 1)
    if after is not None:
        first = first.where(keys.c.day <= after.day, _beyond(keys, after))
    # SQLite takes no LIMIT inside a UNION but in a table of its own.
    return select(first.subquery())


def _beyond(keys: Any, after: Cursor) -> ColumnElement[bool]:
    found: ColumnElement[bool] = keys.c.id < after.id
    for column, value, is_further in (
        (keys.c.source, after.source, keys.c.source < after.source),
        (keys.c.time, after.time, keys.c.time < after.time),
        (keys.c.last, after.last, keys.c.last > after.last),
        (keys.c.day, after.day, keys.c.day < after.day),
    ):
        found = or_(is_further, and_(column == value, found))
    return found
