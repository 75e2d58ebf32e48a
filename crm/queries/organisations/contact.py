"""How often and when bodies were last in contact with us, and how that stands to their contact goals."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import CTE, ColumnElement, Date, Select, and_, case, func, select, union_all
from sqlalchemy.sql.selectable import FromClause

from crm.dates import OPEN, Precision, When, period_of
from crm.models import Engagement, Organisation, Participation
from crm.models.organisations import ALWAYS
from crm.models.tally import month_number
from crm.queries import counts
from crm.queries.counts import Cell
from crm.queries.prepared import Statement, given, prepared
from crm.queries.scope import Scope, certain, conditions, possible, stood, tree
from crm.work import Work

_DAY = dt.timedelta(days=1)
_ENOUGH = 1000
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
    :param doubt: when the last contact was, if its day is in doubt
    """

    year: Cell = Cell()
    last: dt.date | None = None
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
    year, last = _counted(work, ids, *last_year(work.today())), _last_days(work, ids)
    doubts = _doubts(work, {body: day for body, (day, sure) in last.items() if day != sure})
    return {
        body: Contact(year.get(body, Cell()), last[body][0] if body in last else None, doubts.get(body)) for body in ids
    }


def met_in_a_year(work: Work, organisation_ids: Sequence[int]) -> dict[int, int]:
    """How many engagements of ours with each body, and all below it, this month and the eleven before surely hold."""
    if not organisation_ids:
        return {}
    # Whole months, which the tally knows.
    began = month_number(work.today()) - 11
    span = dt.date(began // 12, began % 12 + 1, 1), period_of(work.today(), "month").end
    return {body: cell.certain for body, cell in _counted(work, organisation_ids, *span).items() if cell.certain}


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


# --- how often


def _counted(work: Work, ids: Sequence[int], since: dt.date, until: dt.date) -> dict[int, Cell]:
    """Engagements of ours with each body and all below it: whole months are added up already, the rest is read."""
    wanted = counts.months(work, Scope().within(since, until))
    edges, days = (None, {}) if wanted is None else (len(wanted.edges), wanted.edge_days())
    found = {} if wanted is None else counts.by_body(work, wanted, ids)
    for body, sure, maybe in _numbers.of(work, edges).rows(ids=ids, since=since, until=until, **days):
        certain_so_far, possible_so_far = found.get(body, (0, 0))
        found[body] = certain_so_far + sure, possible_so_far + maybe
    return {body: Cell(*numbers) for body, numbers in found.items()}


@prepared
def _numbers(work: Work, edges: int | None) -> Statement:
    """Body, certain and possible engagements.

    :param edges: of what stands beside the sums of months, of which so many are cut; none for all
    """
    since, until = given("since", Date), given("until", Date)
    columns = (
        case((certain(since, until), Engagement.id)).label("sure"),
        case((possible(since, until), Engagement.id)).label("maybe"),
    )
    # What both certain and possible imply, said so that an index can be used.
    overlaps = Engagement.first_day <= until, Engagement.last_day >= since
    parts = [[]] if edges is None else counts.read_beside(counts.edges_given(edges))
    return _by_body(
        work,
        [_ours(work, *columns, where=[*part, *overlaps]) for part in parts],
        lambda each: (func.count(each.c.sure.distinct()), func.count(each.c.maybe.distinct())),
    )


# --- when last


def _last_days(work: Work, ids: Sequence[int]) -> dict[int, tuple[dt.date, dt.date | None]]:
    """Last possible day of the last contact with each body, and the last day on which there surely was one.

    Most bodies of a page were in some of the last engagements; the others are looked up in the older log.
    """
    began = [day for (day,) in _day_of_enough(work)]
    since = began[0] if began else ALWAYS
    found = {body: (last, sure) for body, last, sure in _last_lately(work, ids=ids, since=since)}
    silent = [body for body in ids if body not in found]
    if silent and began:
        found |= {body: (last, sure) for body, last, sure in _last_before(work, ids=silent, since=since)}
    return found


@prepared
def _day_of_enough(_work: Work) -> Statement:
    """The day from which on the log has as many engagements as are read at once, none if it has fewer."""
    newest = select(Engagement.first_day).where(Engagement.counts.is_(True)).order_by(Engagement.first_day.desc())
    return newest.offset(_ENOUGH).limit(1)


@prepared
def _last_lately(work: Work) -> Statement:
    since = given("since", Date)
    # Those that began before and reached further are few, and in an index of their own.
    reached = [counts.apart(), Engagement.first_day < since, Engagement.last_day >= since]
    columns = (Engagement.last_day.label("day"), _known_day().label("known"))
    return _by_body(
        work,
        [_ours(work, *columns, where=[*_contact(), *part]) for part in ([Engagement.first_day >= since], reached)],
        lambda each: (func.max(each.c.day), func.max(each.c.known)),
    )


@prepared
def _last_before(work: Work) -> Statement:
    closure = tree(work, Scope())
    # Looked up from the few engagements a body was met in: a database would rather go through the whole log.
    met = (
        select(closure.c.ancestor_id, closure.c.first, closure.c.last, Participation.engagement_id)
        .join(Participation, Participation.organisation_id == closure.c.descendant_id)
        .where(_was_met(), closure.c.ancestor_id.in_(given("ids", many=True)))
        .cte("met")
        .prefix_with("MATERIALIZED")
    )
    those = Engagement.id.in_(select(met.c.engagement_id)), Engagement.last_day < given("since", Date)
    columns = (Engagement.last_day.label("day"), _known_day().label("known"))
    engagements = _materialized(_ours(work, *columns, where=[*those, *_contact()], looked_up=True))
    return (
        select(met.c.ancestor_id, func.max(engagements.c.day), func.max(engagements.c.known))
        .select_from(engagements)
        .join(met, and_(met.c.engagement_id == engagements.c.id, _then(met, engagements)))
        .group_by(met.c.ancestor_id)
    )


def _doubts(work: Work, last: Mapping[int, dt.date]) -> dict[int, When]:
    """When contact was that was last on days which are in doubt: the narrowest of several."""
    if not last:
        return {}
    rows = _of_those_days(work, days=list(set(last.values())), ids=list(last))
    return {body: When(first, day, Precision(kind), "") for body, first, day, kind in rows if day == last[body]}


@prepared
def _of_those_days(work: Work) -> Statement:
    closure = tree(work, Scope())
    return (
        select(closure.c.ancestor_id, Engagement.first_day, Engagement.last_day, Engagement.precision)
        .join(Participation, Participation.engagement_id == Engagement.id)
        .join(closure, and_(closure.c.descendant_id == Participation.organisation_id, stood(closure)))
        .where(*conditions(work, Scope()), ~_OUTGOING, Engagement.last_day.in_(given("days", Date, many=True)))
        .where(_was_met(), closure.c.ancestor_id.in_(given("ids", many=True)))
        .distinct()
        .order_by(Engagement.first_day, Engagement.precision)
    )


# --- what the statements share


def _by_body(work: Work, parts: Sequence[Select[Any]], numbers: Callable[[FromClause], Iterable[Any]]) -> Statement:
    """What engagements come to for each of the bodies given, as the tree stood on their days.

    :param parts: engagements, none in more than one part
    """
    each, closure = _materialized(*parts), tree(work, Scope())
    return (
        select(closure.c.ancestor_id, *numbers(each))
        .select_from(each)
        .join(Participation, Participation.engagement_id == each.c.id)
        .join(closure, and_(closure.c.descendant_id == Participation.organisation_id, _then(closure, each)))
        .where(_was_met(), closure.c.ancestor_id.in_(given("ids", many=True)))
        .group_by(closure.c.ancestor_id)
    )


def _ours(work: Work, *columns: Any, where: Iterable[ColumnElement[bool]], looked_up: bool = False) -> Select[Any]:
    ours = conditions(work, Scope(), looked_up=looked_up)
    return select(Engagement.id, Engagement.first_day, *columns).where(*ours, *where)


def _materialized(*parts: Select[Any]) -> CTE:
    """Read first, and once: both databases would rather go through it for every row of the tree."""
    whole = parts[0] if len(parts) == 1 else union_all(*parts)
    return whole.cte("engagements").prefix_with("MATERIALIZED")


def _contact() -> list[ColumnElement[bool]]:
    return [~_OUTGOING, Engagement.last_day < OPEN]


def _known_day() -> ColumnElement[dt.date]:
    return case((Engagement.first_day == Engagement.last_day, Engagement.last_day))


def _was_met() -> ColumnElement[bool]:
    return and_(Participation.side == "counterpart", Participation.counts.is_(True))


def _then(closure: FromClause, engagements: FromClause) -> ColumnElement[bool]:
    return and_(closure.c.first <= engagements.c.first_day, closure.c.last >= engagements.c.first_day)
