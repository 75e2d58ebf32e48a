"""How often and when bodies were last in contact with us, and how that stands to their contact goals."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from sqlalchemy import ColumnElement, and_, case, func, select

from crm.dates import OPEN, Precision, When, period_of
from crm.models import Engagement, Organisation, Participation
from crm.models.tally import month_number
from crm.queries import counts
from crm.queries.counts import Cell
from crm.queries.scope import Scope, certain, conditions, possible, stood, tree
from crm.work import Work

_DAY = dt.timedelta(days=1)
# Our own letter is no contact until it is answered.
_OUTGOING = and_(Engagement.kind == "letter", Engagement.status == "sent")


class Goal(NamedTuple):
    """A contact goal and where it stands.

    :param days: a contact at least every so many days
    :param last: day of the last contact, none if there was none
    """

    days: int
    last: dt.date | None
    today: dt.date

    @property
    def since_last(self) -> int | None:
        """Days gone by since the last contact."""
        return (self.today - self.last).days if self.last is not None else None

    @property
    def due(self) -> dt.date | None:
        """The day by which the next contact is due; none where there was none yet."""
        return self.last + dt.timedelta(days=self.days) if self.last is not None else None

    @property
    def is_over(self) -> bool:
        """Whether the goal is missed: no contact yet, or none in its days."""
        return self.since_last is None or self.since_last > self.days

    @property
    def days_over(self) -> int:
        """By how many days it is missed; 0 where it is met, or where there was no contact yet."""
        return max(0, (self.since_last or 0) - self.days)


class Contact(NamedTuple):
    """What a list says of the contact with one body.

    :param year: engagements of the last twelve months
    :param last: last possible day of the last contact
    :param sure: last day on which there surely was one
    :param doubt: when the last contact was, if its day is in doubt
    """

    year: Cell = Cell()
    last: dt.date | None = None
    sure: dt.date | None = None
    doubt: When | None = None


def last_year(today: dt.date) -> tuple[dt.date, dt.date]:
    """The twelve months that end today."""
    begins = today.replace(day=28) if (today.month, today.day) == (2, 29) else today
    return begins.replace(year=begins.year - 1) + _DAY, today


def contacts_of(work: Work, organisation_ids: Iterable[int]) -> dict[int, Contact]:
    """The contact of ours with each body and all below it, as the tree stood each day.

    :return: an entry for every id
    """
    ids = list(dict.fromkeys(organisation_ids))
    if not ids:
        return {}
    since, _ = last_year(work.today())
    found = dict.fromkeys(ids, Contact()) | recent_contacts(work, ids)
    # Most bodies of a page had contact in that year; the older log is read for the others alone.
    silent = [body for body, contact in found.items() if contact.last is None]
    if silent:
        for body, contact in _grouped(work, silent, Engagement.last_day < since).items():
            found[body] = found[body]._replace(last=contact.last, sure=contact.sure)
    for body, doubt in _doubts(work, found).items():
        found[body] = found[body]._replace(doubt=doubt)
    return found


def _doubts(work: Work, contacts: Mapping[int, Contact]) -> dict[int, When]:
    """When the last contact was, of those of which the day is in doubt: the narrowest of several."""
    last = {body: one.last for body, one in contacts.items() if one.last is not None and one.last != one.sure}
    if not last:
        return {}
    ours = [*conditions(work, Scope()), ~_OUTGOING, Engagement.last_day.in_(set(last.values()))]
    closure = tree(work, Scope())
    statement = (
        select(closure.c.ancestor_id, Engagement.first_day, Engagement.last_day, Engagement.precision)
        .join(Participation, Participation.engagement_id == Engagement.id)
        .join(closure, and_(closure.c.descendant_id == Participation.organisation_id, stood(closure)))
        .where(*ours, Participation.side == "counterpart", Participation.counts.is_(True))
        .where(closure.c.ancestor_id.in_(last))
        .distinct()
        .order_by(Engagement.first_day, Engagement.precision)
    )
    rows = work.session.execute(statement)
    return {body: When(first, day, Precision(kind), "") for body, first, day, kind in rows if day == last[body]}


def recent_contacts(work: Work, organisation_ids: Sequence[int]) -> dict[int, Contact]:
    """The same of the last twelve months alone; bodies without contact have no entry."""
    since, _ = last_year(work.today())
    return _grouped(work, organisation_ids, Engagement.last_day >= since) if organisation_ids else {}


def met_in_a_year(work: Work, organisation_ids: Sequence[int]) -> dict[int, int]:
    """How many engagements of ours with each body, and all below it, this month and the eleven before surely hold."""
    if not organisation_ids:
        return {}
    # Whole months, which the tally knows.
    began = month_number(work.today()) - 11
    span = dt.date(began // 12, began % 12 + 1, 1), period_of(work.today(), "month").end
    wanted = counts.months(work, Scope().within(*span))
    found: dict[int, int] = {}
    parts: list[list[ColumnElement[bool]]] = [[]]
    if wanted is not None:
        found = {body: sure for body, (sure, _) in counts.by_body(work, wanted, organisation_ids).items()}
        parts = wanted.beside()
    for part in parts:
        for body, contact in _grouped(work, organisation_ids, *part, certain(*span), span=span).items():
            found[body] = found.get(body, 0) + contact.year.certain
    return found


def goals_over(work: Work) -> list[int]:
    """The open bodies whose contact goal is missed."""
    today = work.today()
    found = work.session.execute(
        select(Organisation.id, Organisation.goal_days).where(
            Organisation.goal_days.is_not(None), Organisation.closed.is_(None), Organisation.binned_at.is_(None)
        )
    )
    goals = {row.id: row.goal_days for row in found}
    contacts = contacts_of(work, goals)
    return [body for body, days in goals.items() if Goal(days or 0, contacts[body].last, today).is_over]


def _grouped(
    work: Work, ids: Sequence[int], *more: ColumnElement[bool], span: tuple[dt.date, dt.date] | None = None
) -> dict[int, Contact]:
    scope, span = Scope(), span or last_year(work.today())
    contact = and_(~_OUTGOING, Engagement.last_day < OPEN)
    # Read first, and once: both databases would rather go through it for every row of the tree.
    engagements = (
        select(
            Engagement.id,
            Engagement.first_day,
            case((certain(*span), Engagement.id)).label("sure"),
            case((possible(*span), Engagement.id)).label("maybe"),
            case((contact, Engagement.last_day)).label("day"),
            case((and_(contact, Engagement.first_day == Engagement.last_day), Engagement.last_day)).label("known"),
        )
        .where(*conditions(work, scope), *more)
        .cte("engagements")
        .prefix_with("MATERIALIZED")
    )
    closure = tree(work, scope)
    stood_then = and_(closure.c.first <= engagements.c.first_day, closure.c.last >= engagements.c.first_day)
    statement = (
        select(
            closure.c.ancestor_id,
            func.count(engagements.c.sure.distinct()),
            func.count(engagements.c.maybe.distinct()),
            func.max(engagements.c.day),
            func.max(engagements.c.known),
        )
        .select_from(engagements)
        .join(Participation, Participation.engagement_id == engagements.c.id)
        .join(closure, and_(closure.c.descendant_id == Participation.organisation_id, stood_then))
        .where(Participation.side == "counterpart", Participation.counts.is_(True), closure.c.ancestor_id.in_(ids))
        .group_by(closure.c.ancestor_id)
    )
    rows = work.session.execute(statement)
    return {body: Contact(Cell(sure, maybe), last, known) for body, sure, maybe, last, known in rows}
