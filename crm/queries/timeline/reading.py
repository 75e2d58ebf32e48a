"""Which records stand in a timeline, in which order, page by page."""

from __future__ import annotations

import datetime as dt
from collections.abc import Hashable, Sequence
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
from sqlalchemy.sql.selectable import CompoundSelect, FromClause

from crm.models import Commitment, CommitmentRecipient, Engagement, FollowUp, Milestone, Participation
from crm.models.engagements import ENCOUNTERS, WRITINGS
from crm.queries import visibility
from crm.queries.prepared import Prepared, Statement, given, prepared
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
# More than this, and a source is read in the order of its days instead of by body.
_FEW_ENGAGEMENTS, _FEW_COMMITMENTS = 5000, 1000
_NO_TIME = "0000"


class Few(NamedTuple):
    """Of which sources a body has so few that they are looked up."""

    engagements: bool
    commitments: bool


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
    scope = Scope(direct=direct, as_today=as_today)
    branch = [body for (body,) in _run(work, _branch, scope, body=organisation_id)]
    engagements, commitments = _numbers(work, branch=branch)[0]
    few = Few(engagements < _FEW_ENGAGEMENTS, commitments < _FEW_COMMITMENTS)
    said = {} if after is None else after._asdict()
    shape = scope, show, few, after is not None
    found = _run(work, _keys, *shape, body=organisation_id, branch=branch, number=limit + 1, **said)
    places = [Cursor(*row) for row in found[:limit]]
    return Page(told(work, places, set(branch)), places[-1] if len(found) > limit else None)


def _run(work: Work, statement: Prepared, scope: Scope, *shape: Hashable, **values: Any) -> Sequence[Any]:
    # As organised today, successions are read for it.
    ready = statement.anew(work, scope, *shape) if scope.as_today else statement.of(work, scope, *shape)
    return ready.rows(**values)


@prepared
def _branch(work: Work, scope: Scope) -> Statement:
    """The body and all that ever stood below it."""
    closure = tree(work, scope)
    return select(closure.c.descendant_id).where(closure.c.ancestor_id == given("body")).distinct()


@prepared
def _numbers(_work: Work) -> Statement:
    """In how many engagements and commitments the branch took part, as far as that matters."""
    numbers = [
        select(func.count()).select_from(found.limit(most).subquery()).scalar_subquery()
        for found, most in ((_met_branch(), _FEW_ENGAGEMENTS), (_promised_branch(), _FEW_COMMITMENTS))
    ]
    return select(*numbers)


@prepared
def _keys(work: Work, scope: Scope, show: str, few: Few, is_further: bool) -> Statement:
    closure = tree(work, scope)
    sources, kinds = SHOWN[show]
    statements = {
        ENGAGEMENT: lambda: _engagements(work, closure, kinds, few.engagements),
        COMMITMENT: lambda: _commitments(work, closure, few.commitments),
        FOLLOW_UP: lambda: _follow_ups(work, closure),
        MILESTONE: lambda: _milestones(closure),
    }
    each = union_all(*(_cut(statements[source](), is_further) for source in sources)).subquery()
    return select(each).order_by(*_order(each)).limit(given("number"))


def open_follow_ups(work: Work, organisation_ids: Sequence[int], *, limit: int = 20) -> list[Entry]:
    """What is to be done about some bodies, or arose from an engagement with them; the first due first."""
    found = _to_do(work, bodies=organisation_ids, number=limit)
    return told(work, [_anywhere(FOLLOW_UP, number) for (number,) in found])


@prepared
def _to_do(work: Work) -> Statement:
    bodies = given("bodies", many=True)
    met = exists().where(
        Participation.engagement_id == FollowUp.engagement_id,
        Participation.organisation_id.in_(bodies),
        Participation.side == "counterpart",
    )
    return (
        select(FollowUp.id)
        .where(
            FollowUp.done_on.is_(None),
            FollowUp.binned_at.is_(None),
            visibility.follow_up_visible(work),
            or_(FollowUp.organisation_id.in_(bodies), met),
        )
        .order_by(FollowUp.due_last.is_(None), FollowUp.due_last, FollowUp.id)
        .limit(given("number"))
    )


def milestones_ahead(work: Work, organisation_ids: Sequence[int], *, limit: int = 10) -> list[Entry]:
    """Milestones of some bodies that may still come, the next first."""
    found = _ahead(work, bodies=organisation_ids, today=work.today(), number=limit)
    return told(work, [_anywhere(MILESTONE, number) for (number,) in found])


@prepared
def _ahead(_work: Work) -> Statement:
    return (
        select(Milestone.id)
        .where(
            Milestone.organisation_id.in_(given("bodies", many=True)),
            Milestone.binned_at.is_(None),
            func.coalesce(Milestone.end_day, Milestone.last_day) >= given("today", Date),
        )
        .order_by(Milestone.first_day, Milestone.last_day, Milestone.id)
        .limit(given("number"))
    )


def _anywhere(source: int, number: int) -> Cursor:
    return Cursor(dt.date.min, dt.date.min, _NO_TIME, source, number)


# --- the sources: first and last day, time, source, id


def _keys_of(source: int, first: Any, last: Any, record: Any, time: Any = None) -> list[ColumnElement[Any]]:
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


def _engagements(work: Work, closure: FromClause, kinds: Sequence[str], is_looked_up: bool) -> Select[Any]:
    of_body = and_(closure.c.descendant_id == Participation.organisation_id, closure.c.ancestor_id == given("body"))
    took_part = (
        select(Participation.id)
        .join(closure, of_body)
        .where(Participation.engagement_id == Engagement.id, stood(closure))
        .correlate(Engagement)
    )
    found = select(
        *_keys_of(ENGAGEMENT, Engagement.first_day, Engagement.last_day, Engagement, Engagement.start_time)
    ).where(visibility.visible(work), Engagement.binned_at.is_(None), took_part.exists())
    if is_looked_up:
        found = found.where(Engagement.id.in_(_met_branch()))
    # Or a database would gather the kinds by an index of theirs, and sort all there ever was.
    kind = Engagement.kind if is_looked_up else Engagement.kind.concat("")
    return found.where(kind.in_(kinds)) if kinds else found


def _met_branch() -> Select[Any]:
    return select(Participation.engagement_id).where(Participation.organisation_id.in_(given("branch", many=True)))


def _promised_branch() -> CompoundSelect[Any]:
    branch = given("branch", many=True)
    return union_all(
        select(Commitment.id).where(Commitment.made_by_id.in_(branch)),
        select(CommitmentRecipient.commitment_id).where(CommitmentRecipient.organisation_id.in_(branch)),
    )


def _commitments(work: Work, closure: FromClause, is_looked_up: bool) -> Select[Any]:
    column: Any = Commitment.engagement_id
    body = given("body")
    stands = and_(closure.c.first <= Commitment.first_day, closure.c.last >= Commitment.first_day)
    made = select(closure.c.descendant_id).where(
        closure.c.ancestor_id == body, closure.c.descendant_id == Commitment.made_by_id, stands
    )
    received = (
        select(CommitmentRecipient.commitment_id)
        .join(closure, closure.c.descendant_id == CommitmentRecipient.organisation_id)
        .where(closure.c.ancestor_id == body, CommitmentRecipient.commitment_id == Commitment.id, stands)
    )
    found = select(*_keys_of(COMMITMENT, Commitment.first_day, Commitment.last_day, Commitment)).where(
        Commitment.binned_at.is_(None),
        visibility.through_engagement(work, column),
        or_(made.correlate(Commitment).exists(), received.correlate(Commitment).exists()),
    )
    return found.where(Commitment.id.in_(_promised_branch())) if is_looked_up else found


def _follow_ups(work: Work, closure: FromClause) -> Select[Any]:
    # One without any date stands on the day it was entered.
    entered = type_coerce(func.date(FollowUp.created_at), Date)
    day = func.coalesce(FollowUp.done_on, FollowUp.due_first, entered, type_=Date)
    last = func.coalesce(FollowUp.done_on, FollowUp.due_last, entered, type_=Date)
    own = select(closure.c.descendant_id).where(
        closure.c.ancestor_id == given("body"),
        closure.c.descendant_id == FollowUp.organisation_id,
        closure.c.first <= day,
        closure.c.last >= day,
    )
    met = (
        select(Participation.id)
        .join(Engagement, Engagement.id == Participation.engagement_id)
        .join(closure, closure.c.descendant_id == Participation.organisation_id)
        .where(
            closure.c.ancestor_id == given("body"),
            Participation.engagement_id == FollowUp.engagement_id,
            Participation.side == "counterpart",
            stood(closure),
        )
    )
    return select(*_keys_of(FOLLOW_UP, day, last, FollowUp)).where(
        FollowUp.binned_at.is_(None),
        visibility.follow_up_visible(work),
        or_(own.correlate(FollowUp).exists(), met.correlate(FollowUp).exists()),
    )


def _milestones(closure: FromClause) -> Select[Any]:
    own = select(closure.c.descendant_id).where(
        closure.c.ancestor_id == given("body"),
        closure.c.descendant_id == Milestone.organisation_id,
        closure.c.first <= Milestone.first_day,
        closure.c.last >= Milestone.first_day,
    )
    return select(*_keys_of(MILESTONE, Milestone.first_day, Milestone.last_day, Milestone)).where(
        Milestone.binned_at.is_(None), own.correlate(Milestone).exists()
    )


def _cut(statement: Select[Any], is_further: bool) -> Select[Any]:
    """The first of one source, beyond a place if so: no source need give more than a page."""
    keys = statement.subquery()
    first = select(keys).order_by(*_order(keys)).limit(given("number"))
    if is_further:
        first = first.where(keys.c.day <= given("day", Date), _beyond(keys))
    # SQLite takes no LIMIT inside a UNION but in a table of its own.
    return select(first.subquery())


def _beyond(keys: Any) -> ColumnElement[bool]:
    found: ColumnElement[bool] = keys.c.id < given("id")
    for column, value, falls in (
        (keys.c.source, given("source"), True),
        (keys.c.time, given("time", String), True),
        (keys.c.last, given("last", Date), False),
        (keys.c.day, given("day", Date), True),
    ):
        found = or_(column < value if falls else column > value, and_(column == value, found))
    return found
