"""What stands beside a count and is never in it, and the last contact."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

from sqlalchemy import ColumnElement, and_, case, func, or_, select

from crm.dates import OPEN
from crm.models import Engagement, Participation
from crm.models.engagements import STATUSES
from crm.queries.prepared import Statement, given, prepared
from crm.queries.scope import Scope, blank, certain, conditions, possible, said, stood, tree
from crm.work import Work


def beside(work: Work, scope: Scope, organisation_id: int) -> dict[str, int]:
    """What stands beside a body's count and is never in it: refusals, copies, third parties, and what is planned."""
    wanted = whatever_came(scope)
    ready = _beside.anew(work, wanted) if scope.as_today else _beside.of(work, blank(wanted))
    (found,) = ready.rows(body=organisation_id, **said(wanted))
    return dict(zip(aside(), found, strict=True))


@prepared
def _beside(work: Work, scope: Scope) -> Statement:
    closure = tree(work, scope)
    of_body = and_(closure.c.descendant_id == Participation.organisation_id, closure.c.ancestor_id == given("body"))
    within = or_(certain(scope.since, scope.until), possible(scope.since, scope.until))
    wanted = aside()
    return (
        select(*(func.count(case((condition, Engagement.id)).distinct()) for condition in wanted.values()))
        .select_from(Engagement)
        .join(Participation, Participation.engagement_id == Engagement.id)
        .join(closure, and_(of_body, stood(closure)))
        .where(*conditions(work, scope), within, or_(*wanted.values()))
    )


def aside() -> dict[str, ColumnElement[bool]]:
    """What each number of :func:`beside` counts, as a condition on an engagement and one participation in it."""
    is_counted = Engagement.counts.is_(True)
    return {
        "planned": Engagement.status == "planned",
        "declined": or_(Engagement.status == "declined", and_(is_counted, Participation.acceptance == "declined")),
        "cancelled": Engagement.status == "cancelled",
        "absent": and_(is_counted, Participation.acceptance == "absent"),
        "copies": and_(is_counted, Participation.role == "copy"),
        "third": and_(is_counted, Participation.side == "third"),
    }


def whatever_came(scope: Scope) -> Scope:
    """The actors, kinds, topics and span of ``scope`` with every status, whoever was met."""
    return replace(scope, bodies=(), statuses=tuple(STATUSES))


def last_contact(work: Work, scope: Scope) -> dt.date | None:
    """The last day on which contact was surely made; a letter of ours renews it only by its answer."""
    outgoing = and_(Engagement.kind == "letter", Engagement.status == "sent")
    found: dt.date | None = work.session.scalar(
        select(func.max(Engagement.last_day)).where(*conditions(work, scope), ~outgoing, Engagement.last_day < OPEN)
    )
    # What was held some day of this month was surely held by today.
    return min(found, work.today()) if found is not None else None
