"""Counting, defined once: engagements and contacts, certain and possible, per organisation, period, kind and actor.

The rules are those of the field's registers: an engagement counts once at every level of the tree as it stood that day;
a contact is one organisation named directly; margins are distinct counts, never sums of cells.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Date, Integer, and_, case, column, func, or_, select, values
from sqlalchemy.orm import aliased

from crm.dates import OPEN, Period, periods
from crm.models import Engagement, Organisation, Participation
from crm.models.engagements import KINDS, STATUSES
from crm.queries.scope import Scope, certain, conditions, possible, stood, takes_part, tree
from crm.work import Work


class Cell(NamedTuple):
    """One number: certain engagements and possible ones."""

    certain: int = 0
    possible: int = 0

    def __str__(self) -> str:
        return f"{self.certain} (+{self.possible} possible)" if self.possible else str(self.certain)


class Total(NamedTuple):
    """What a span holds: engagements, the contacts made in them, and the possible ones of both."""

    engagements: int = 0
    contacts: int = 0
    possible_engagements: int = 0
    possible_contacts: int = 0


NOTHING = Total()


@dataclass(slots=True)
class Row:
    """One organisation's line: cells by column key, and its own distinct total."""

    organisation_id: int
    label: str
    name: str
    total: Total = NOTHING
    cells: dict[Any, Cell] = field(default_factory=dict)


@dataclass(slots=True)
class Table:
    """Organisations × columns, with distinct margins."""

    columns: list[tuple[Any, str]]
    rows: list[Row]
    margin: dict[Any, Cell]
    total: Total
    spans: dict[Any, Period]


def total(work: Work, scope: Scope) -> Total:
    """Engagements and contacts of the whole scope, each once."""
    engagements, contacts = _totals(work, scope, certain(scope.since, scope.until))
    more_engagements, more_contacts = (0, 0)
    if scope.since is not None or scope.until is not None:
        more_engagements, more_contacts = _totals(work, scope, possible(scope.since, scope.until))
    return Total(engagements, contacts, more_engagements, more_contacts)


def table(work: Work, scope: Scope, *, by: str = "quarter", only: Sequence[int] = ()) -> Table:
    """Counts per organisation in columns.

    :param by: ``month``, ``quarter``, ``half`` or ``year``; ``kind``; ``actor``; or empty for totals alone
    :param only: rows to show; empty for every organisation with a number
    """
    spans: dict[Any, Period] = {}
    if by in ("month", "quarter", "half", "year"):
        spans = dict(enumerate(_periods(work, scope, by)))
    sure = _cells(work, scope, by, spans, only, is_certain=True)
    maybe = _cells(work, scope, by, spans, only, is_certain=False)
    totals = _row_totals(work, scope, only)
    rows = _labelled(work, totals)
    for row in rows:
        keys = {key for body, key in (*sure, *maybe) if body == row.organisation_id}
        row.cells = {
            key: Cell(sure.get((row.organisation_id, key), 0), maybe.get((row.organisation_id, key), 0)) for key in keys
        }
    margin_keys = {key for body, key in (*sure, *maybe) if body is None}
    margin = {key: Cell(sure.get((None, key), 0), maybe.get((None, key), 0)) for key in margin_keys}
    return Table(_columns(work, by, spans, margin_keys), rows, margin, total(work, scope), spans)


def beside(work: Work, scope: Scope, organisation_id: int) -> dict[str, int]:
    """What stands beside a body's count and is never in it: refusals, copies, third parties, and what is planned."""
    closure = tree(work, scope)
    within = or_(certain(scope.since, scope.until), possible(scope.since, scope.until))
    base = (
        select(func.count(Engagement.id.distinct()))
        .join(Participation, Participation.engagement_id == Engagement.id)
        .join(
            closure,
            and_(
                closure.c.descendant_id == Participation.organisation_id,
                closure.c.ancestor_id == organisation_id,
                stood(closure),
            ),
        )
        .where(*conditions(work, whatever_came(scope)), within)
    )
    return {name: int(work.session.scalar(base.where(condition)) or 0) for name, condition in aside().items()}


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


def last_contact(work: Work, scope: Scope) -> dt.date | None:
    """The last day on which contact was surely made; a letter of ours renews it only by its answer."""
    outgoing = and_(Engagement.kind == "letter", Engagement.status == "sent")
    found: dt.date | None = work.session.scalar(
        select(func.max(Engagement.last_day)).where(*conditions(work, scope), ~outgoing, Engagement.last_day < OPEN)
    )
    return found


def whatever_came(scope: Scope) -> Scope:
    """The kinds and topics of ``scope`` with every actor and every status."""
    return Scope(anybody=True, kinds=scope.kinds, topics=scope.topics, statuses=tuple(STATUSES))


def _totals(work: Work, scope: Scope, within: ColumnElement[bool]) -> tuple[int, int]:
    contacts = select(func.count(Participation.id)).select_from(Engagement)
    contacts = contacts.join(Participation, Participation.engagement_id == Engagement.id)
    if scope.bodies:
        closure = tree(work, scope)
        of_bodies = and_(
            closure.c.descendant_id == Participation.organisation_id, closure.c.ancestor_id.in_(scope.bodies)
        )
        contacts = contacts.where(
            select(closure.c.ancestor_id).where(of_bodies, stood(closure)).correlate(Engagement, Participation).exists()
        )
    contacts = contacts.where(*conditions(work, scope), within, is_contact())
    engagements = select(func.count(Engagement.id)).where(*conditions(work, scope), within)
    return int(work.session.scalar(engagements) or 0), int(work.session.scalar(contacts) or 0)


def is_contact() -> ColumnElement[bool]:
    """The participations that are contacts."""
    # What is planned or was declined makes no contact; under a status filter the number of contacts says so.
    return Participation.is_contact.is_(True) & Engagement.counts.is_(True)


def _row_totals(work: Work, scope: Scope, only: Sequence[int]) -> dict[int, Total]:
    result: dict[int, list[int]] = defaultdict(lambda: [0, 0, 0, 0])
    spans = [(certain(scope.since, scope.until), 0)]
    if scope.since is not None or scope.until is not None:
        spans.append((possible(scope.since, scope.until), 2))
    for within, place in spans:
        closure = tree(work, scope)
        statement = (
            select(
                closure.c.ancestor_id,
                func.count(Engagement.id.distinct()),
                func.sum(case((is_contact(), 1), else_=0)),
            )
            .select_from(Engagement)
            .join(Participation, Participation.engagement_id == Engagement.id)
            .join(closure, and_(closure.c.descendant_id == Participation.organisation_id, stood(closure)))
            .where(*conditions(work, scope), takes_part(scope, "counterpart"), within)
            .group_by(closure.c.ancestor_id)
        )
        if only:
            statement = statement.where(closure.c.ancestor_id.in_(only))
        for body, engagements, contacts in work.session.execute(statement):
            result[body][place : place + 2] = [engagements, contacts]
    for body in only:
        result.setdefault(body, [0, 0, 0, 0])
    return {body: Total(*numbers) for body, numbers in result.items()}


def _cells(
    work: Work, scope: Scope, by: str, spans: dict[Any, Period], only: Sequence[int], *, is_certain: bool
) -> dict[tuple[int | None, Any], int]:
    """(organisation or none for the margin, column) → distinct engagements."""
    if not by:
        return {}
    closure = tree(work, scope)
    base = select().select_from(Engagement).where(*conditions(work, scope))
    key: Any
    if spans:
        calendar = _calendar(spans)
        inside = and_(Engagement.first_day >= calendar.c.start, Engagement.last_day <= calendar.c.stop)
        if is_certain:
            base = base.join(calendar, inside)
        else:
            overlaps = and_(
                Engagement.first_day <= calendar.c.stop,
                or_(
                    and_(Engagement.last_day >= calendar.c.start, Engagement.last_day < OPEN),
                    and_(Engagement.last_day == OPEN, Engagement.first_day >= calendar.c.start),
                ),
            )
            base = base.join(calendar, and_(overlaps, ~inside)).where(Engagement.first_day != Engagement.last_day)
        key = calendar.c.place
    else:
        if not is_certain and scope.since is None and scope.until is None:
            return {}
        base = base.where((certain if is_certain else possible)(scope.since, scope.until))
        if by == "kind":
            key = Engagement.kind
        else:
            acting, above = aliased(Participation), tree(work, scope).alias("acting")
            base = base.join(
                acting, and_(acting.engagement_id == Engagement.id, acting.side == "actor", acting.counts.is_(True))
            ).join(above, and_(above.c.descendant_id == acting.organisation_id, stood(above)))
            if scope.actors:
                base = base.where(above.c.ancestor_id.in_(scope.actors))
            else:
                base = base.where(above.c.ancestor_id == acting.organisation_id)
            key = above.c.ancestor_id
    per_body = (
        base.add_columns(closure.c.ancestor_id, key, func.count(Engagement.id.distinct()))
        .join(Participation, Participation.engagement_id == Engagement.id)
        .join(closure, and_(closure.c.descendant_id == Participation.organisation_id, stood(closure)))
        .where(takes_part(scope, "counterpart"))
        .group_by(closure.c.ancestor_id, key)
    )
    if only:
        per_body = per_body.where(closure.c.ancestor_id.in_(only))
    margin = base.add_columns(key, func.count(Engagement.id.distinct())).group_by(key)
    result: dict[tuple[int | None, Any], int] = {
        (body, place): number for body, place, number in work.session.execute(per_body)
    }
    result.update({(None, place): number for place, number in work.session.execute(margin)})
    return result


def _calendar(spans: dict[Any, Period]) -> Any:
    # SQLite cannot name the columns of VALUES where they stand, only in a CTE.
    return (
        values(column("place", Integer), column("start", Date), column("stop", Date), name="calendar_periods")
        .data([(place, period.start, period.end) for place, period in spans.items()])
        .cte()
    )


def _periods(work: Work, scope: Scope, by: str) -> list[Period]:
    since, until = scope.since, scope.until
    if since is None or until is None:
        first, last, last_open = work.session.execute(
            select(
                func.min(Engagement.first_day),
                func.max(case((Engagement.last_day < OPEN, Engagement.last_day))),
                func.max(Engagement.first_day),
            ).where(*conditions(work, scope))
        ).one()
        if first is None:
            return []
        since = since or first
        until = until or max(day for day in (last, last_open) if day is not None)
    if since > until:
        return []
    # A period at the edge is read as far as the span reaches, so that no cell knows more than the total.
    return [
        Period(max(period.start, since), min(period.end, until), period.label) for period in periods(since, until, by)
    ]


def _labelled(work: Work, totals: dict[int, Total]) -> list[Row]:
    if not totals:
        return []
    found = work.session.execute(
        select(Organisation.id, Organisation.name, Organisation.short_name)
        .where(Organisation.id.in_(list(totals)))
        .order_by(Organisation.sort)
    ).all()
    rows = [Row(body, short or name, name, totals[body]) for body, name, short in found]
    return sorted(rows, key=lambda row: -row.total.engagements)


def _columns(work: Work, by: str, spans: dict[Any, Period], seen: set[Any]) -> list[tuple[Any, str]]:
    if spans:
        return [(place, period.label) for place, period in spans.items()]
    if by == "kind":
        return [(kind, label) for kind, label in KINDS.items() if kind in seen]
    if by == "actor" and seen:
        actors = work.session.execute(
            select(Organisation.id, Organisation.short_name, Organisation.name)
            .where(Organisation.id.in_(seen))
            .order_by(Organisation.sort)
        )
        return [(body, short or name) for body, short, name in actors]
    return []
