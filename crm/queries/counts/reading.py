"""Engagements in groups of those that are alike, as the database gives them to the count."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import groupby
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Date, Integer, Select, and_, case, column, func, or_, select, values

from crm.dates import Period
from crm.models import Engagement, Participation
from crm.queries.counts.figures import Total
from crm.queries.counts.standing import Standing
from crm.queries.scope import Scope, certain, conditions, only_counted, possible, takes_part, tree
from crm.work import Work

# More than this, and reading every engagement in the order of the days is faster than looking up each.
FEW = 5000
_AT_ONCE = 2000


class Piece(NamedTuple):
    """Days of one column in which the tree stood still.

    :param place: index of the column
    :param stretch: number of the stretch of time (see :class:`Standing`)
    """

    place: int
    stretch: int
    first: dt.date
    last: dt.date


class Group(NamedTuple):
    """Engagements that are alike.

    :param piece: index of the piece that holds their one day; none where the day is in doubt
    :param mark: their kind or their actors, as the table's columns ask for
    :param met: the organisations, each as often as there are contacts with it
    :param contacts: whether those are contacts, not only who was to take part
    """

    piece: int | None
    first: dt.date | None
    last: dt.date | None
    mark: str
    met: str
    contacts: bool
    number: int


def is_contact() -> ColumnElement[bool]:
    """The participations that are contacts."""
    # What is planned or was declined makes no contact; under a status filter the number of contacts says so.
    return Participation.is_contact.is_(True) & Engagement.counts.is_(True)


def everything(work: Work, scope: Scope, *part: ColumnElement[bool]) -> Total:
    """What a scope without statuses holds, without reading who stood under whom, also what nobody came to.

    With bodies it is the engagements in which one of them was met, and all contacts of these, whoever was met.

    :param part: conditions on the engagements to be counted
    """
    sure, maybe = certain(scope.since, scope.until), possible(scope.since, scope.until)
    listed = func.length(Engagement.met) - func.length(func.replace(Engagement.met, " ", "")) + 1
    # More than the list of them can hold.
    many = (
        select(func.count(Participation.id))
        .where(Participation.engagement_id == Engagement.id, is_contact())
        .correlate(Engagement)
        .scalar_subquery()
    )
    contacts = case((Engagement.met.is_(None), many), (Engagement.met == "", 0), else_=listed)
    found = work.session.execute(
        select(
            *(func.count(case((when, 1))) for when in (sure, maybe)),
            *(func.coalesce(func.sum(case((when, contacts), else_=0)), 0) for when in (sure, maybe)),
        ).where(*part, *conditions(work, scope), *overlap(scope))
    ).one()
    engagements, possible_engagements, contacts_made, possible_contacts = (int(number) for number in found)
    return Total(engagements, contacts_made, possible_engagements, possible_contacts)


def pieces(standing: Standing, spans: Sequence[Period]) -> list[Piece]:
    """The columns' days, cut where the tree changed."""
    found = []
    for place, span in enumerate(spans):
        inside = [day for day in standing.moves if span.start < day <= span.end]
        for first, after in zip([span.start, *inside], [*inside, None], strict=True):
            last = span.end if after is None else after - dt.timedelta(days=1)
            found.append(Piece(place, standing.stretch(first), first, last))
    return found


def groups(work: Work, scope: Scope, cut: Sequence[Piece], by: str, branch: Sequence[int] = ()) -> Iterator[Group]:
    """Every engagement of the scope that is certain or possible in its span, whatever bodies it met.

    :param cut: covers the span
    :param by: ``kind`` or ``actor`` to have that in the groups' mark
    :param branch: bodies of which somebody must have been met, at any time; a hint that may save reading
    """
    # Which bodies are meant is said of the groups, when the tree is applied to them.
    base = [*conditions(work, replace(scope, bodies=())), *_hint(work, scope, branch)]
    within = and_(*overlap(scope), or_(certain(scope.since, scope.until), possible(scope.since, scope.until)))
    if not only_counted(scope):
        yield from _one_by_one(work, scope, [*base, within], by)
        return
    mark: ColumnElement[str] | None = {"kind": Engagement.kind, "actor": Engagement.acting}.get(by)  # type: ignore[assignment]
    marks = [] if mark is None else [mark]
    known = [column.is_not(None) for column in (Engagement.met, *marks)]
    if cut:
        yield from _of_one_day(work, [*base, *known], marks, cut)
    yield from _alike(work, [*base, *known, within, Engagement.last_day != Engagement.first_day], marks)
    yield from _one_by_one(work, scope, [*base, ~and_(*known), within], by)


def some(work: Work, scope: Scope, part: Sequence[ColumnElement[bool]], by: str) -> Iterator[Group]:
    """The same of those few engagements that fulfil ``part`` as well; the scope asks for no statuses."""
    within = and_(*overlap(scope), or_(certain(scope.since, scope.until), possible(scope.since, scope.until)))
    base = [*part, *conditions(work, replace(scope, bodies=())), within]
    mark: ColumnElement[str] | None = {"kind": Engagement.kind, "actor": Engagement.acting}.get(by)  # type: ignore[assignment]
    marks = [] if mark is None else [mark]
    known = [column.is_not(None) for column in (Engagement.met, *marks)]
    yield from _alike(work, [*base, *known], marks)
    yield from _one_by_one(work, scope, [*base, ~and_(*known)], by)


def _of_one_day(
    work: Work, base: list[ColumnElement[bool]], marks: list[ColumnElement[str]], cut: Sequence[Piece]
) -> Iterator[Group]:
    # SQLite cannot name the columns of VALUES where they stand, only in a CTE.
    calendar = (
        values(column("piece", Integer), column("start", Date), column("stop", Date), name="calendar_pieces")
        .data([(number, piece.first, piece.last) for number, piece in enumerate(cut)])
        .cte()
    )
    keys = [calendar.c.piece, *marks, Engagement.met]
    statement = (
        select(*keys, func.count())
        .select_from(calendar)
        .join(Engagement, Engagement.first_day.between(calendar.c.start, calendar.c.stop))
        .where(*base, Engagement.last_day == Engagement.first_day)
        .group_by(*keys)
    )
    for row in _streamed(work, statement):
        yield Group(row[0], None, None, row[1] if marks else "", row[-2], True, row[-1])


def _alike(work: Work, base: list[ColumnElement[bool]], marks: list[ColumnElement[str]]) -> Iterator[Group]:
    keys = [Engagement.first_day, Engagement.last_day, *marks, Engagement.met]
    statement = select(*keys, func.count()).where(*base).group_by(*keys)
    for row in _streamed(work, statement):
        yield Group(None, row[0], row[1], row[2] if marks else "", row[-2], True, row[-1])


def _one_by_one(work: Work, scope: Scope, base: list[ColumnElement[bool]], by: str) -> Iterator[Group]:
    """Engagements with the participations that belong to them: those too long to be listed, and what does not count."""
    statement = (
        select(
            Engagement.id,
            Engagement.first_day,
            Engagement.last_day,
            Engagement.kind,
            Engagement.counts,
            Participation.side,
            Participation.organisation_id,
            Participation.is_contact,
        )
        .outerjoin(
            Participation,
            and_(
                Participation.engagement_id == Engagement.id,
                or_(takes_part(scope, "counterpart"), takes_part(scope, "actor")),
            ),
        )
        .where(*base)
        # Sorted afterwards: to spare that, SQLite would walk the whole log in the order of its numbers.
        .order_by(Engagement.id + 0)
    )
    for _, parts in groupby(_streamed(work, statement), key=lambda row: row[0]):
        rows = list(parts)
        _, first, last, kind, counts, *_ = rows[0]
        met = [row[6] for row in rows if row[5] == "counterpart" and (row[7] or not counts)]
        acting = {row[6] for row in rows if row[5] == "actor"}
        mark = {"kind": kind, "actor": text_of(acting)}.get(by, "")
        yield Group(None, first, last, mark, text_of(met if counts else set(met)), counts, 1)


def overlap(scope: Scope) -> list[ColumnElement[bool]]:
    """What both certain and possible imply, said so that an index can be used."""
    bounds: list[ColumnElement[bool]] = []
    if scope.until is not None:
        bounds.append(Engagement.first_day <= scope.until)
    if scope.since is not None:
        bounds.append(Engagement.last_day >= scope.since)
    return bounds


def text_of(organisation_ids: Sequence[int] | set[int]) -> str:
    """Organisations as the text that :func:`ids_of` reads, however long."""
    return " ".join(str(number) for number in sorted(organisation_ids))


def ids_of(text: str) -> list[int]:
    """The organisations listed in a text."""
    return [int(number) for number in text.split()]


def _hint(work: Work, scope: Scope, branch: Sequence[int]) -> list[ColumnElement[bool]]:
    """Where only few engagements met the branch, they are looked up."""
    if not branch:
        return []
    closure = tree(work, scope)
    below = select(closure.c.descendant_id).where(closure.c.ancestor_id.in_(branch))
    took_part = select(Participation.engagement_id).where(
        Participation.organisation_id.in_(below), Participation.side == "counterpart"
    )
    some = select(func.count()).select_from(took_part.limit(FEW).subquery())
    if int(work.session.scalar(some) or 0) >= FEW:
        return []
    return [Engagement.id.in_(took_part)]


def _streamed(work: Work, statement: Select[*tuple[Any, ...]]) -> Iterator[Any]:
    # Straight from the connection: tens of thousands of plain rows, none of them a record.
    work.session.flush()
    return iter(work.session.connection().execute(statement, execution_options={"yield_per": _AT_ONCE}))
