"""Which engagements a count or a list is about, as conditions that both share."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Date,
    Integer,
    Select,
    String,
    and_,
    cast,
    column,
    exists,
    func,
    literal,
    or_,
    select,
    union_all,
    values,
)
from sqlalchemy.sql.selectable import FromClause

from crm.dates import OPEN
from crm.models import (
    Engagement,
    EngagementTopic,
    Organisation,
    OrganisationClosure,
    Participation,
    Succession,
    Topic,
)
from crm.models.engagements import COUNTED_STATUSES, STATUSES
from crm.models.organisations import ALWAYS, STILL
from crm.queries import visibility
from crm.queries.prepared import given
from crm.work import Work


@dataclass(frozen=True, slots=True)
class Scope:
    """What is counted or listed.

    :param actors: organisations on whose behalf contact was made, with what stands below them; empty for ours
    :param anybody: count whoever made contact, instead of ``actors``
    :param bodies: bodies met, with what stands below them; empty for all
    :param kinds: kinds of engagement; empty for all
    :param statuses: empty for what counts (held, sent, received)
    :param topics: topics with those below them; empty for all
    :param since: first day of the span, none for no bound
    :param until: last day of the span, none for no bound
    :param as_today: read the tree as organised today, along one-to-one successions, not as it stood that day
    :param direct: bodies named directly only, nothing below them
    """

    actors: tuple[int, ...] = ()
    anybody: bool = False
    bodies: tuple[int, ...] = ()
    kinds: tuple[str, ...] = ()
    statuses: tuple[str, ...] = ()
    topics: tuple[int, ...] = ()
    since: dt.date | None = None
    until: dt.date | None = None
    as_today: bool = False
    direct: bool = False

    def within(self, since: dt.date | None, until: dt.date | None) -> Scope:
        """The same scope over another span."""
        return replace(self, since=since, until=until)


def blank(scope: Scope) -> Scope:
    """The same as a shape of a prepared statement: its days and records are said when it is run, by :func:`said`."""
    records = {name: tuple(_blank(key, Integer) for key in those) for name, those in _records(scope).items()}
    return replace(
        scope,
        since=None if scope.since is None else _blank("since", Date),
        until=None if scope.until is None else _blank("until", Date),
        actors=records["actors"],
        bodies=records["bodies"],
        topics=records["topics"],
    )


def said(scope: Scope) -> dict[str, Any]:
    """The values that :func:`blank` left out."""
    found: dict[str, Any] = {"since": scope.since, "until": scope.until}
    for those in _records(scope).values():
        found |= those
    return found


@cache
def _blank(name: str, type_: Any) -> Any:
    # One object for each name: shapes are told apart by it.
    return given(name, type_)


def _records(scope: Scope) -> dict[str, dict[str, int]]:
    return {
        name: {f"{name}_{place}": record for place, record in enumerate(records)}
        for name, records in (("actors", scope.actors), ("bodies", scope.bodies), ("topics", scope.topics))
    }


def tree(work: Work, scope: Scope) -> FromClause:
    """The dated closure to join a participation's body with: ancestor_id, descendant_id, first, last.

    As it stood, as organised today, or each body alone; where days do not matter a row holds always.
    """
    closure = OrganisationClosure.__table__
    if scope.direct:
        return _alone(current_bodies(work) if scope.as_today else {})
    if not scope.as_today:
        return closure.alias("tree")
    today = work.today()
    current = current_bodies(work)
    # A body that ended without one successor is read where it stood on its last day.
    day = func.coalesce(
        select(Organisation.closed)
        .where(Organisation.id == closure.c.descendant_id, Organisation.closed < today)
        .scalar_subquery(),
        literal(today, Date),
    )
    stands = and_(closure.c.first <= day, closure.c.last >= day)
    own = select(closure.c.ancestor_id, closure.c.descendant_id, *_always()).where(
        stands, closure.c.descendant_id.not_in(list(current))
    )
    if not current:
        return own.subquery("tree")
    pairs = _pairs(current)
    followed = select(closure.c.ancestor_id, pairs.c.old.label("descendant_id"), *_always()).where(
        stands, closure.c.descendant_id == pairs.c.new
    )
    return union_all(own, followed).subquery("tree")


def _alone(current: dict[int, int]) -> FromClause:
    """Every body under itself alone, a former one under the body that carries its history today."""
    own = select(Organisation.id.label("ancestor_id"), Organisation.id.label("descendant_id"), *_always())
    if not current:
        return own.subquery("tree")
    pairs = _pairs(current)
    followed = select(pairs.c.new.label("ancestor_id"), pairs.c.old.label("descendant_id"), *_always())
    return union_all(own.where(Organisation.id.not_in(list(current))), followed).subquery("tree")


def _pairs(current: dict[int, int]) -> FromClause:
    # SQLite cannot name the columns of VALUES where they stand, only in a CTE.
    return (
        values(column("old", Integer), column("new", Integer), name="followed_bodies").data(list(current.items())).cte()
    )


def _always() -> tuple[ColumnElement[dt.date], ColumnElement[dt.date]]:
    return literal(ALWAYS, Date).label("first"), literal(STILL, Date).label("last")


def current_bodies(work: Work) -> dict[int, int]:
    """Former body → the body that carries its history today, along successions that join histories."""
    steps: dict[int, list[int]] = {}
    has_come = or_(Succession.on.is_(None), Succession.on <= work.today())
    for old, new in work.session.execute(
        select(Succession.predecessor_id, Succession.successor_id).where(Succession.joins_history.is_(True), has_come)
    ):
        steps.setdefault(old, []).append(new)
    result: dict[int, int] = {}
    for old in steps:
        body, seen = old, {old}
        while len(steps.get(body, ())) == 1 and steps[body][0] not in seen:
            body = steps[body][0]
            seen.add(body)
        if body != old:
            result[old] = body
    return result


def stood(closure: FromClause) -> ColumnElement[bool]:
    """The row of the closure that held on the engagement's first possible day."""
    return and_(closure.c.first <= Engagement.first_day, closure.c.last >= Engagement.first_day)


def conditions(work: Work, scope: Scope, *, looked_up: bool = False) -> list[ColumnElement[bool]]:
    """Everything but the span: what exists for the member and has the status, actors, bodies, kinds and topics.

    :param looked_up: a few engagements are found by their numbers, and not by an index of what counts
    """
    found: list[ColumnElement[bool]] = [visibility.visible(work)]
    if scope.statuses:
        found.append(Engagement.binned_at.is_(None))
        # Asked for all of them, a database would gather them status by status and sort the whole log.
        if not set(scope.statuses) >= set(STATUSES):
            found.append(Engagement.status.in_(scope.statuses))
    else:
        # What is in the bin does not count.
        found.append(Engagement.counts.is_not(False) if looked_up else Engagement.counts.is_(True))
    if scope.kinds:
        found.append(Engagement.kind.in_(scope.kinds))
    if scope.topics:
        # What an engagement is about is its content.
        found += [visibility.content_visible(work), _about(scope.topics)]
    if not scope.anybody:
        found.append(_takes_part(work, scope, "actor", scope.actors or own_side()))
    if scope.bodies:
        found.append(_takes_part(work, scope, "counterpart", scope.bodies))
    return found


def own_side() -> Select[int]:
    """The organisations that contact is made for when nobody else is named: ours and our clients."""
    return select(Organisation.id).where(or_(Organisation.is_ours.is_(True), Organisation.is_client.is_(True)))


def certain(since: dt.date | None, until: dt.date | None) -> ColumnElement[bool]:
    """The whole doubt lies in the span."""
    bounds = []
    if since is not None:
        bounds.append(Engagement.first_day >= since)
    if until is not None:
        bounds.append(Engagement.last_day <= until)
    return and_(literal(True), *bounds)


def possible(since: dt.date | None, until: dt.date | None) -> ColumnElement[bool]:
    """The doubt overlaps the span but is not held by it; an open end reaches no span wholly in its open part."""
    bounds: list[ColumnElement[bool]] = [~certain(since, until)]
    if until is not None:
        bounds.append(Engagement.first_day <= until)
    if since is not None:
        bounds.append(
            or_(
                and_(Engagement.last_day >= since, Engagement.last_day < OPEN),
                and_(Engagement.last_day == OPEN, Engagement.first_day >= since),
            )
        )
    return and_(*bounds)


def only_counted(scope: Scope) -> bool:
    """Whether the scope holds nothing but what counts."""
    return not scope.statuses or set(scope.statuses) <= set(COUNTED_STATUSES)


def takes_part(scope: Scope, side: str, participation: Any = Participation) -> ColumnElement[bool]:
    """The participations that make an engagement belong to somebody: those that count where the engagement does."""
    counted = and_(participation.side == side, participation.counts.is_(True))
    if only_counted(scope):
        return counted
    # Of planned or declined ones nobody counts yet, so whoever was to take part is meant.
    meant = and_(participation.side == side, participation.role != "copy")
    return or_(and_(Engagement.counts.is_(True), counted), and_(Engagement.counts.is_(False), meant))


def below(
    work: Work, scope: Scope, branch: Sequence[int] | Select[int], participation: Any = Participation
) -> ColumnElement[bool]:
    """The participation's organisation is one of the branch, or stood below one on the engagement's day."""
    closure = tree(work, scope)
    inside = closure.c.ancestor_id.in_(branch)
    if scope.direct or scope.as_today:
        named: ColumnElement[int] = participation.organisation_id
        return named.in_(select(closure.c.descendant_id).where(inside).correlate(None))
    at = and_(closure.c.descendant_id == participation.organisation_id, inside, stood(closure))
    return select(closure.c.ancestor_id).where(at).correlate(Engagement, participation).exists()


def _takes_part(work: Work, scope: Scope, side: str, branch: Sequence[int] | Select[int]) -> ColumnElement[bool]:
    inner: Select[Any] = select(Participation.id).where(
        Participation.engagement_id == Engagement.id, takes_part(scope, side), below(work, scope, branch)
    )
    found = inner.correlate(Engagement).exists()
    if not only_counted(scope):
        return found
    # Most engagements have one actor and one body; those of a body that never moved are known without a look.
    closure = tree(work, scope)
    listed = Engagement.acting if side == "actor" else Engagement.met
    known = select(cast(closure.c.descendant_id, String)).where(
        closure.c.ancestor_id.in_(branch), closure.c.first == ALWAYS, closure.c.last == STILL
    )
    return or_(listed.in_(known.correlate(None)), found)


def _about(topics: tuple[int, ...]) -> ColumnElement[bool]:
    branch = select(Topic.id).where(Topic.id.in_(topics)).cte(recursive=True)
    branch = branch.union(select(Topic.id).join(branch, Topic.parent_id == branch.c.id))
    return exists().where(
        EngagementTopic.engagement_id == Engagement.id, EngagementTopic.topic_id.in_(select(branch.c.id))
    )
