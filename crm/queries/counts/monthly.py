"""What the tally knows of a scope: sums of whole months, and which engagements are to be read one by one beside them.

The tally holds what everybody may count, by month, actors and body at every level. A scope is read off it where months,
kinds and actors are all that it asks for; what stays apart (see :data:`~crm.models.engagements.APART`) and the days of
months that the span cuts through are read from the log and added.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    Date,
    Integer,
    String,
    and_,
    case,
    func,
    literal,
    literal_column,
    or_,
    select,
)

from crm.dates import OPEN, Period, period_of
from crm.dates.periods import MONTHS_IN, month_end
from crm.models import Engagement, OrganisationClosure
from crm.models.engagements import APART, KINDS
from crm.models.organisations import ALWAYS, STILL
from crm.models.tally import EVERYBODY, NOBODY, OPEN_MONTH, TALLY, contacts_of_kind, month_number
from crm.queries.prepared import Statement, given, prepared
from crm.queries.scope import Scope, own_side
from crm.work import Work

#: In the place of a last column, where the end is open.
OPEN_END = -2
_CELLS = TALLY.c


class Sum(NamedTuple):
    """Engagements of one body that are alike, out of the tally.

    :param low: column that holds the first possible day, -1 if that is before the span
    :param high: column that holds the last one, as many as there are columns if that is after the span
    :param is_certain: whether the span holds the whole doubt
    :param mark: their kind or their actors, as the table's columns ask for
    """

    body: int
    low: int
    high: int
    is_certain: bool
    mark: str
    engagements: int
    contacts: int


@dataclass(frozen=True, slots=True)
class Months:
    """What to read off the tally for a scope.

    :ivar first: first whole month of the span, as :func:`~crm.models.tally.month_number`; -1 without a bound
    :ivar last: last whole month; that of an open end without a bound
    :ivar edges: the months that the span cuts through
    :ivar acting: the lists of actors that are meant; none for whoever acted
    """

    kinds: tuple[str, ...]
    first: int
    last: int
    edges: tuple[Period, ...]
    acting: tuple[str, ...] | None

    def matching(self) -> list[ColumnElement[bool]]:
        """The cells to be added up, whatever body they are of."""
        return _matching(self.first, self.last, [month_number(edge.start) for edge in self.edges], self.acting)

    def beside(self) -> list[list[ColumnElement[bool]]]:
        """Engagements that no cell holds, or that an edge cuts through, in parts that do not overlap."""
        return read_beside([(edge.start, edge.end) for edge in self.edges])

    def given(self) -> dict[str, Any]:
        """What prepared statements are given to say the same."""
        found: dict[str, Any] = {"first": self.first, "last": self.last, "acting": self.acting}
        return found | {f"edge_{place}": month_number(edge.start) for place, edge in enumerate(self.edges)}

    def edge_days(self) -> dict[str, dt.date]:
        """What :func:`read_beside` is given in a prepared statement; see :func:`edges_given`."""
        found: dict[str, dt.date] = {}
        for place, edge in enumerate(self.edges):
            found |= {f"edge_{place}_start": edge.start, f"edge_{place}_end": edge.end}
        return found


def edges_given(number: int) -> list[tuple[Any, Any]]:
    """First and last day of the months that a span cuts through, for a statement that is prepared."""
    return [(given(f"edge_{place}_start", Date), given(f"edge_{place}_end", Date)) for place in range(number)]


def _matching(first: Any, last: Any, edges: Sequence[Any], acting: Any) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = [_CELLS.first_month <= last, _CELLS.last_month >= first]
    found += [or_(_CELLS.first_month > number, _CELLS.last_month < number) for number in edges]
    # An open end reaches no span that begins after its first month.
    found.append(or_(_CELLS.last_month < OPEN_MONTH, _CELLS.first_month >= first))
    return found if acting is None else [*found, _CELLS.acting.in_(acting)]


def read_beside(edges: Sequence[tuple[Any, Any]]) -> list[list[ColumnElement[bool]]]:
    """Engagements that no cell holds, or that an edge cuts through, in parts that do not overlap."""
    engagement = Engagement
    unknown = or_(engagement.visibility == "members", engagement.acting.is_(None), engagement.met.is_(None))
    across = [and_(engagement.first_day <= end, engagement.last_day >= start) for start, end in edges]
    known = [~unknown, engagement.acting.is_not(None), engagement.met.is_not(None)]
    of_one_day = engagement.last_day == engagement.first_day
    return [
        [apart(), or_(unknown, *across)],
        *([*known, of_one_day, engagement.first_day.between(start, end)] for start, end in edges),
    ]


def apart() -> ColumnElement[bool]:
    """The condition of the index of what stays apart, letter by letter, or no database would use it."""
    return literal_column(re.sub(r"\b(counts|visibility|acting|met|last_day|first_day)\b", r"crm_engagement.\1", APART))


def months(work: Work, scope: Scope) -> Months | None:
    """How the tally answers a scope, whatever bodies it asks for; none where only the log can."""
    if scope.statuses or scope.topics or scope.as_today or scope.direct or not work.is_clean:
        return None
    edges = []
    first, last = -1, OPEN_MONTH
    if scope.since is not None:
        month = period_of(scope.since, "month")
        first = month_number(scope.since)
        if month.start != scope.since:
            edges.append(month)
            first += 1
    if scope.until is not None and scope.until < OPEN:
        month = period_of(scope.until, "month")
        last = month_number(scope.until)
        if month.end != scope.until:
            last -= 1
            if month not in edges:
                edges.append(month)
    if first > last:
        return None
    acting = None
    if not scope.anybody:
        acting = _acting(work, scope)
        if acting is None:
            return None
    return Months(scope.kinds, first, last, tuple(edges), acting)


def _acting(work: Work, scope: Scope) -> tuple[str, ...] | None:
    """The lists of actors in which somebody meant stands, none where that changed with the days."""
    always: set[int] = set()
    at_times: set[int] = set()
    for body, first, last in _branch_of_actors.of(work, not scope.actors).rows(actors=scope.actors):
        (always if first == ALWAYS and last == STILL else at_times).add(body)
    found = []
    for (acting,) in _lists_of_actors(work):
        actors = {int(number) for number in acting.split()}
        if actors & always:
            found.append(acting)
        elif actors & at_times:
            return None
    return tuple(found)


@prepared
def _branch_of_actors(_work: Work, is_ours: bool) -> Statement:
    closure = OrganisationClosure
    wanted = own_side() if is_ours else given("actors", many=True)
    return select(closure.descendant_id, closure.first, closure.last).where(closure.ancestor_id.in_(wanted))


@prepared
def _lists_of_actors(_work: Work) -> Statement:
    # Every engagement is in a cell of one of these two.
    return select(_CELLS.acting).where(_CELLS.ancestor_id.in_((EVERYBODY, NOBODY))).distinct()


def always_below(work: Work, body: int, others: Sequence[int]) -> bool:
    """Whether each of ``others`` stood below ``body`` on every day."""
    closure = OrganisationClosure
    found = select(closure.descendant_id).where(
        closure.ancestor_id == body, closure.first == ALWAYS, closure.last == STILL
    )
    return set(others) <= set(work.session.scalars(found))


def sums(work: Work, wanted: Months, spans: Sequence[Period], by: str, bodies: Sequence[int] | None) -> Iterator[Sum]:
    """Reads the cells of a table.

    :param spans: the columns where they are periods
    :param bodies: of which to read, :data:`EVERYBODY` and :data:`NOBODY` among them; none for all
    """
    is_certain = and_(_CELLS.first_month >= wanted.first, _CELLS.last_month <= wanted.last)
    conditions = wanted.matching()
    if bodies is not None:
        conditions.append(_CELLS.ancestor_id.in_(bodies))
    low: ColumnElement[int] = literal(0, Integer)
    high: ColumnElement[int] = literal(0, Integer)
    if by in MONTHS_IN:
        length = MONTHS_IN[by]
        base = month_number(spans[0].start) // length
        low = case((_CELLS.first_month < wanted.first, -1), else_=_CELLS.first_month // length - base)
        high = case(
            # With an open end it is possible only where it begins.
            (_CELLS.last_month == OPEN_MONTH, OPEN_END),
            (_CELLS.last_month > wanted.last, len(spans)),
            else_=_CELLS.last_month // length - base,
        )
    if by == "kind":
        yield from _by_kind(work, wanted, conditions, is_certain)
        return
    mark: ColumnElement[str] = _CELLS.acting if by == "actor" else literal("")
    keys = [_CELLS.ancestor_id, low.label("low"), high.label("high"), is_certain.label("sure"), mark.label("mark")]
    chosen = wanted.kinds
    numbers = [
        func.sum(_added(chosen) if chosen else _CELLS.engagements),
        func.sum(_added([contacts_of_kind(kind) for kind in chosen]) if chosen else _CELLS.contacts),
    ]
    statement = select(*keys, *numbers).where(*conditions).group_by(*keys)
    for row in work.session.connection().execute(statement):
        if row[5]:
            yield Sum(*row)


def _by_kind(
    work: Work, wanted: Months, conditions: list[ColumnElement[bool]], is_certain: ColumnElement[bool]
) -> Iterator[Sum]:
    kinds = wanted.kinds or tuple(KINDS)
    numbers = [func.sum(_CELLS[name]) for kind in kinds for name in (kind, contacts_of_kind(kind))]
    keys = [_CELLS.ancestor_id, is_certain.label("sure")]
    for body, sure, *found in work.session.execute(select(*keys, *numbers).where(*conditions).group_by(*keys)):
        for place, kind in enumerate(kinds):
            if found[2 * place]:
                yield Sum(body, 0, 0, bool(sure), kind, found[2 * place], found[2 * place + 1])


def by_kind_and_month(
    work: Work, wanted: Months, bodies: Sequence[int]
) -> list[tuple[str, dt.date, dt.date, int, int]]:
    """Kind, first and last day, engagements and contacts; what is of one month stands on its first day.

    :param bodies: the body that was met, or none for whatever was met
    """
    kinds = wanted.kinds or tuple(KINDS)
    ready = _sums_of_months.of(work, kinds, len(wanted.edges), wanted.acting is None)
    found = []
    for first_month, last_month, *sums_of in ready.rows(**wanted.given(), bodies=bodies or (EVERYBODY, NOBODY)):
        first = _first_day(first_month)
        last = first
        if last_month != first_month:
            last = OPEN if last_month == OPEN_MONTH else month_end(last_month // 12, last_month % 12 + 1)
        found += [
            (kind, first, last, sums_of[2 * place], sums_of[2 * place + 1])
            for place, kind in enumerate(kinds)
            if sums_of[2 * place]
        ]
    return found


@prepared
def _sums_of_months(_work: Work, kinds: tuple[str, ...], edges: int, whoever: bool) -> Statement:
    numbers = [func.sum(_CELLS[name]) for kind in kinds for name in (kind, contacts_of_kind(kind))]
    keys = [_CELLS.first_month, _CELLS.last_month]
    return (
        select(*keys, *numbers)
        .where(_CELLS.ancestor_id.in_(given("bodies", many=True)), *_matching_given(edges, whoever))
        .group_by(*keys)
    )


def by_body(work: Work, wanted: Months, bodies: Sequence[int]) -> dict[int, tuple[int, int]]:
    """Certain and possible engagements of bodies over the whole span; of those without any there is nothing."""
    ready = _sums_of_bodies.of(work, wanted.kinds, len(wanted.edges), wanted.acting is None)
    found: dict[int, tuple[int, int]] = {}
    for body, is_certain, engagements in ready.rows(**wanted.given(), bodies=bodies):
        certain, possible = found.get(body, (0, 0))
        found[body] = (certain + engagements, possible) if is_certain else (certain, possible + engagements)
    return {body: numbers for body, numbers in found.items() if any(numbers)}


@prepared
def _sums_of_bodies(_work: Work, kinds: tuple[str, ...], edges: int, whoever: bool) -> Statement:
    is_certain = and_(_CELLS.first_month >= given("first"), _CELLS.last_month <= given("last")).label("sure")
    number = func.sum(_added(kinds) if kinds else _CELLS.engagements)
    return (
        select(_CELLS.ancestor_id, is_certain, number)
        .where(_CELLS.ancestor_id.in_(given("bodies", many=True)), *_matching_given(edges, whoever))
        .group_by(_CELLS.ancestor_id, is_certain)
    )


def _matching_given(edges: int, whoever: bool) -> list[ColumnElement[bool]]:
    """What :meth:`Months.matching` says, for a statement that is prepared and run with :meth:`Months.given`."""
    acting = None if whoever else given("acting", String, many=True)
    return _matching(given("first"), given("last"), [given(f"edge_{place}") for place in range(edges)], acting)


def _first_day(month: int) -> dt.date:
    return dt.date(month // 12, month % 12 + 1, 1)


def _added(names: Sequence[str]) -> ColumnElement[int]:
    whole: Any = _CELLS[names[0]]
    for name in names[1:]:
        whole = whole + _CELLS[name]
    return whole  # type: ignore[no-any-return]
