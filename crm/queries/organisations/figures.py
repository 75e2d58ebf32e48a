"""Counts of one body by kind and period: every cell, margin and total by the rules of counting."""

from __future__ import annotations

import datetime as dt
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from sqlalchemy import and_, func, or_, select

from crm.dates import Period, Precision, When, period_of, periods
from crm.models import Engagement, Participation
from crm.models.engagements import KINDS
from crm.queries import counts
from crm.queries.counts import Cell, Total, is_contact
from crm.queries.prepared import Statement, given, prepared
from crm.queries.scope import Scope, blank, certain, conditions, possible, said, stood, tree
from crm.queries.visibility import visible
from crm.work import Work

Alike = tuple[str, dt.date, dt.date, int, int]
"""kind, first and last possible day, engagements, contacts"""

#: span → the periods it is shown in, and how many of them; none for as many as the log has
SPANS = {"months": ("month", 12), "quarters": ("quarter", 8), "years": ("year", None)}


def only_acts(work: Work, organisation_id: int) -> bool:
    """Whether a body stands in the log as one on whose behalf contact was made, and never as one that was met."""
    sides = _sides(work, body=organisation_id)
    return bool(sides) and {side for (side,) in sides} == {"actor"}


@prepared
def _sides(work: Work) -> Statement:
    return (
        select(Participation.side)
        .join(Engagement, Engagement.id == Participation.engagement_id)
        .where(
            Participation.organisation_id == given("body"),
            Participation.side.in_(("actor", "counterpart")),
            Engagement.binned_at.is_(None),
            visible(work),
        )
        .distinct()
    )


@dataclass(slots=True)
class Figures:
    """Kinds × periods.

    :ivar scope: what was counted, over the whole span
    :ivar kinds: those that have a number, in the order of the field
    """

    scope: Scope
    spans: list[Period]
    kinds: list[str]
    cells: dict[tuple[str, int], Cell] = field(default_factory=dict)
    by_kind: dict[str, Cell] = field(default_factory=dict)
    by_period: dict[int, Cell] = field(default_factory=dict)
    total: Total = Total()  # noqa: RUF009

    @property
    def is_empty(self) -> bool:
        return not self.kinds


def figures(work: Work, scope: Scope, span: str) -> Figures:
    """Counts the scope by kind and period.

    One engagement has one kind; a period holds it surely or possibly; so one reading of kinds and days gives every
    number, and the total counts each engagement once even where no single period holds it.

    :param span: a key of :data:`SPANS`
    """
    by, number = SPANS[span]
    if number is not None:
        first, last = reaching_back(work.today(), by, number)
        scope = scope.within(first, last)
    rows = _grouped(work, scope)
    spans = _periods(rows, by) if number is None else periods(scope.since, scope.until, by)  # type: ignore[arg-type]
    return _added_up(scope, spans, rows)


def reaching_back(today: dt.date, by: str, number: int) -> tuple[dt.date, dt.date]:
    """The days of the period that holds today and of those before it, ``number`` in all."""
    present = period_of(today, by)
    first = present
    for _ in range(number - 1):
        first = period_of(first.start - dt.timedelta(days=1), by)
    return first.start, present.end


def _grouped(work: Work, scope: Scope) -> list[Alike]:
    """Engagements that are alike; read off the tally, they are all of one month and stand on its first day."""
    wanted = counts.months(work, scope) if len(scope.bodies) <= 1 else None
    if wanted is None:
        return _read(work, scope, None, 0)
    found = counts.by_kind_and_month(work, wanted, scope.bodies)
    edges = len(wanted.edges)
    for part in range(edges + 1):
        found += _read(work, scope, part, edges, **wanted.edge_days())
    return found


def _read(work: Work, scope: Scope, *part: int | None, **edge_days: dt.date) -> list[Alike]:
    # As organised today, successions are read for it.
    ready = _alike.anew(work, scope, *part) if scope.as_today else _alike.of(work, blank(scope), *part)
    return [tuple(row) for row in ready.rows(**said(scope), **edge_days)]


@prepared
def _alike(work: Work, scope: Scope, part: int | None, edges: int) -> Statement:
    """Engagements that are alike: all, or one part of what stands beside the sums of months."""
    beside = [] if part is None else counts.read_beside(counts.edges_given(edges))[part]
    contacts = select(func.count(Participation.id)).where(Participation.engagement_id == Engagement.id, is_contact())
    if scope.bodies:
        closure = tree(work, scope)
        inside = and_(closure.c.descendant_id == Participation.organisation_id, closure.c.ancestor_id.in_(scope.bodies))
        met = select(closure.c.ancestor_id).where(inside, stood(closure)).correlate(Engagement, Participation)
        contacts = contacts.where(met.exists())
    within = or_(certain(scope.since, scope.until), possible(scope.since, scope.until))
    each = (
        select(
            # Gathered afterwards: to spare that, SQLite would walk the whole log in the order of its kinds.
            Engagement.kind.concat("").label("kind"),
            Engagement.first_day,
            Engagement.last_day,
            contacts.correlate(Engagement).scalar_subquery().label("contacts"),
        )
        .where(*beside, *conditions(work, scope), *counts.overlap(scope), within)
        .subquery()
    )
    keys = each.c.kind, each.c.first_day, each.c.last_day
    return select(*keys, func.count(), func.sum(each.c.contacts)).group_by(*keys)


def _periods(rows: Sequence[Alike], by: str) -> list[Period]:
    """As many periods as the log reaches over."""
    if not rows:
        return []
    reach = [first if last == dt.date.max else last for _, first, last, _, _ in rows]
    return periods(min(first for _, first, *_ in rows), max(reach), by)


def _added_up(scope: Scope, spans: list[Period], rows: Sequence[Alike]) -> Figures:
    cells: dict[tuple[str, int], list[int]] = defaultdict(lambda: [0, 0])
    by_kind: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    by_period: dict[int, list[int]] = defaultdict(lambda: [0, 0])
    total = [0, 0, 0, 0]
    since, until = scope.since or dt.date.min, scope.until or dt.date.max
    for kind, first, last, engagements, contacts in rows:
        doubt = 0 if since <= first and last <= until else 1
        total[2 * doubt] += engagements
        total[2 * doubt + 1] += int(contacts)
        by_kind[kind][doubt] += engagements
        for place, which in _places(first, last, spans):
            cells[kind, place][which] += engagements
            by_period[place][which] += engagements
    return Figures(
        scope=scope,
        spans=spans,
        kinds=[kind for kind in KINDS if kind in by_kind],
        cells={key: Cell(*numbers) for key, numbers in cells.items()},
        by_kind={kind: Cell(*numbers) for kind, numbers in by_kind.items()},
        by_period={place: Cell(*numbers) for place, numbers in by_period.items()},
        total=Total(*total),
    )


def _places(first: dt.date, last: dt.date, spans: Sequence[Period]) -> list[tuple[int, int]]:
    """The periods that hold the days surely (0) or possibly (1)."""
    if first == last:
        place = bisect_right(spans, first, key=lambda period: period.start) - 1
        return [(place, 0)] if place >= 0 and first <= spans[place].end else []
    when = When(first, last, Precision.BETWEEN, "")
    return [
        (place, which)
        for place, period in enumerate(spans)
        for which, holds in enumerate((when.certain_in, when.possible_in))
        if holds(period.start, period.end)
    ]


def of_kind(scope: Scope, kind: str) -> Scope:
    """The scope of one line of the table."""
    return replace(scope, kinds=(kind,))
