"""How often and when bodies were last in contact with us, and how that stands to their contact goals."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, and_, case, func, select

from crm.dates import OPEN
from crm.models import Engagement, Organisation, Participation
from crm.queries.counts import Cell
from crm.queries.scope import Scope, certain, conditions, possible, standing_under, stood, takes_part, tree
from crm.work import Work

_DAY = dt.timedelta(days=1)


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
    :param last: day of the last contact
    """

    year: Cell = Cell()
    last: dt.date | None = None


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
    since, until = last_year(work.today())
    in_span = certain(since, until)
    found: dict[int, Contact] = dict.fromkeys(ids, Contact())
    counted = [
        func.count(case((in_span, Engagement.id)).distinct()),
        func.count(case((possible(since, until), Engagement.id)).distinct()),
    ]
    recent = _grouped(work, ids, [*counted, _last()], Engagement.last_day >= since)
    for body, sure, maybe, last in recent:
        found[body] = Contact(Cell(sure, maybe), last)
    # Most bodies of a page had contact in that year; the older log is read for the others alone.
    silent = [body for body, contact in found.items() if contact.last is None]
    if silent:
        for body, last in _grouped(work, silent, [_last()], Engagement.last_day < since):
            found[body] = found[body]._replace(last=last)
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


def _last() -> ColumnElement[Any]:
    """The last day of a contact; our own letter is none until it is answered."""
    outgoing = and_(Engagement.kind == "letter", Engagement.status == "sent")
    return func.max(case((and_(~outgoing, Engagement.last_day < OPEN), Engagement.last_day)))


def _grouped(
    work: Work, ids: Sequence[int], columns: Sequence[ColumnElement[Any]], *more: ColumnElement[bool]
) -> list[Any]:
    scope = Scope()
    closure = tree(work, scope)
    statement = (
        select(closure.c.ancestor_id, *columns)
        .select_from(Engagement)
        .join(Participation, Participation.engagement_id == Engagement.id)
        .join(closure, and_(closure.c.descendant_id == Participation.organisation_id, stood(closure)))
        .where(*conditions(work, scope), takes_part(scope, "counterpart"), standing_under(closure, ids), *more)
        .group_by(closure.c.ancestor_id)
    )
    return list(work.session.execute(statement).all())
