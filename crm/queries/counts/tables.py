"""Tables of counts: organisations × periods, kinds or actors; and the total of a scope."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, func, select

from crm.dates import OPEN, Period, periods
from crm.models import Engagement, Organisation
from crm.models.engagements import KINDS
from crm.models.tally import EVERYBODY, NOBODY
from crm.queries.counts.figures import NOTHING, Cell, Row, Table, Total
from crm.queries.counts.monthly import Months, always_below, apart, months, sums
from crm.queries.counts.reading import everything, groups, ids_of, pieces, some
from crm.queries.counts.standing import Standing
from crm.queries.counts.tally import Tally
from crm.queries.scope import Scope, conditions, current_bodies, only_counted, own_side, tree
from crm.work import Work

PERIODS = ("month", "quarter", "half", "year")
BY = (*PERIODS, "kind", "actor", "")

ColumnsOf = Callable[[str, int], Sequence[int]]


class _Plan(NamedTuple):
    """What a table is made of before anything is counted.

    :param spans: columns that are periods
    :param columns_of: the columns of a group where they are none
    :param keys: key and label of columns by place; empty where only counting tells which there are
    """

    spans: list[Period]
    columns_of: ColumnsOf | None
    keys: dict[int, tuple[Any, str]]


def total(work: Work, scope: Scope) -> Total:
    """Engagements and contacts of the whole scope, each once."""
    if not scope.bodies and not scope.statuses:
        return _everything(work, scope)
    # Of the tree, only the branches asked for matter; without any, whoever was met is a contact.
    standing = Standing.read(work, scope, scope.bodies) if scope.bodies else Standing(())
    only = scope.bodies if len(scope.bodies) == 1 else ()
    return _counted(work, scope, standing, _plan(work, scope, "", standing), "", only).total()


def _everything(work: Work, scope: Scope) -> Total:
    wanted = months(work, scope)
    if wanted is None:
        return everything(work, scope)
    found = [0, 0, 0, 0]
    for one in sums(work, wanted, (), "", (EVERYBODY, NOBODY)):
        found[0 if one.is_certain else 2] += one.engagements
        found[1 if one.is_certain else 3] += one.contacts
    for part in wanted.beside():
        found = [number + more for number, more in zip(found, everything(work, scope, *part), strict=True)]
    return Total(*found)


def table(work: Work, scope: Scope, *, by: str = "quarter", only: Sequence[int] = ()) -> Table:
    """Counts per organisation in columns.

    :param by: ``month``, ``quarter``, ``half`` or ``year``; ``kind``; ``actor``; or empty for totals alone
    :param only: rows to show, and of which one must have been met to be in the margin and the total; empty for all
    """
    actors = _columns_wanted(work, scope) if by == "actor" else []
    standing = Standing.read(work, scope, {*only, *scope.bodies, *actors} if only else ())
    plan = _plan(work, scope, by, standing, actors)
    tally = _counted(work, scope, standing, plan, by, only)
    margin = tally.margin()
    places = _shown(work, scope, by, plan, margin)
    keys = {place: key for place, (key, _) in places.items()}
    rows = _rows(work, tally, keys, only)
    keyed = {keys[place]: cell for place, cell in margin.items()}
    return Table(list(places.values()), rows, keyed, tally.total(), dict(enumerate(plan.spans)))


def branch(work: Work, scope: Scope) -> list[int]:
    """The bodies asked for and all that ever stood below one of them: the rows of a table about them."""
    if not scope.bodies:
        return []
    closure = tree(work, scope)
    return list(
        work.session.scalars(select(closure.c.descendant_id).where(closure.c.ancestor_id.in_(scope.bodies)).distinct())
    )


def _plan(work: Work, scope: Scope, by: str, standing: Standing, actors: Sequence[int] = ()) -> _Plan:
    if by in PERIODS:
        spans = _periods(work, scope, by)
        return _Plan(spans, None, {place: (place, span.label) for place, span in enumerate(spans)})
    if by == "kind":
        places = {kind: (place,) for place, kind in enumerate(KINDS)}
        keys: dict[int, tuple[Any, str]] = dict(enumerate(KINDS.items()))
        return _Plan([], lambda mark, _: places[mark], keys)
    if by == "actor":
        if scope.anybody:
            return _Plan([], _as_named(current_bodies(work) if scope.as_today else {}), {})
        return _Plan([], _below(standing, actors), {})
    return _Plan([], lambda _mark, _stretch: (), {})


def _as_named(current: dict[int, int]) -> ColumnsOf:
    """Each actor as it is named directly, a former one as the body that carries its history."""

    @lru_cache(4096)
    def columns_of(mark: str, _stretch: int) -> tuple[int, ...]:
        return tuple({current.get(actor, actor) for actor in ids_of(mark)})

    return columns_of


def _below(standing: Standing, actors: Sequence[int]) -> ColumnsOf:
    """Each of some actors, with all that stands below it."""
    wanted = frozenset(actors)

    @lru_cache(4096)
    def columns_of(mark: str, stretch: int) -> tuple[int, ...]:
        above = {body for actor in ids_of(mark) for body in standing.above(actor, stretch)}
        return tuple(above & wanted)

    return columns_of


def _columns_wanted(work: Work, scope: Scope) -> list[int]:
    if scope.anybody:
        return []
    return list(scope.actors) or list(work.session.scalars(own_side().order_by(Organisation.sort)))


def _counted(work: Work, scope: Scope, standing: Standing, plan: _Plan, by: str, only: Sequence[int] = ()) -> Tally:
    whole = Period(scope.since or dt.date.min, scope.until or OPEN, "")
    is_empty = whole.end < whole.start or (by in PERIODS and not plan.spans)
    cut = [] if is_empty else pieces(standing, plan.spans or [whole])
    tally = Tally(
        span=(scope.since, scope.until),
        spans=plan.spans,
        cut=cut,
        standing=standing,
        within=scope.bodies,
        only=only,
        columns_of=plan.columns_of,
    )
    if is_empty:
        return tally
    known = _known(work, scope, by, standing, only)
    if known is None:
        tally.add(groups(work, scope, cut, by, only or scope.bodies))
        return tally
    tally.add_sums(sums(work, known.months, plan.spans, by, known.bodies), known.top)
    for part in known.months.beside():
        tally.add(some(work, scope, part, by))
    return tally


class _Known(NamedTuple):
    """What can be read off the tally.

    :param bodies: of whom to read; none for all
    :param top: of whom a number belongs to the margin and the total
    """

    months: Months
    bodies: tuple[int, ...] | None
    top: tuple[int, ...]


def _known(work: Work, scope: Scope, by: str, standing: Standing, only: Sequence[int]) -> _Known | None:
    """How the tally answers a table, none where only the log can."""
    wanted = months(work, scope)
    if wanted is None:
        return None
    if by == "actor" and wanted.acting is not None:
        # Under whom an actor stands must not depend on the day.
        actors = {number for acting in wanted.acting for number in ids_of(acting)}
        if not all(standing.never_moved(actor) for actor in actors):
            return None
    if not only and not scope.bodies:
        return _Known(wanted, None, (EVERYBODY, NOBODY))
    top = scope.bodies or tuple(only)
    # Of several bodies a sum would count twice what met two of them.
    if len(top) != 1 or top[0] not in only or not always_below(work, top[0], only):
        return None
    return _Known(wanted, tuple(only), top)


def _periods(work: Work, scope: Scope, by: str) -> list[Period]:
    since, until = scope.since, scope.until
    if since is None or until is None:
        matching = conditions(work, scope)
        first, last = (
            work.session.scalar(select(Engagement.first_day).where(*matching).order_by(order).limit(1))
            for order in (Engagement.first_day, Engagement.first_day.desc())
        )
        if first is None or last is None:
            return []
        doubtful: tuple[ColumnElement[bool], ...] = (
            Engagement.first_day != Engagement.last_day,
            Engagement.last_day < OPEN,
        )
        if only_counted(scope):
            doubtful = (*doubtful, apart())
        late = work.session.scalar(select(func.max(Engagement.last_day)).where(*matching, *doubtful))
        since = since or first
        until = until or max(last, late or last)
    if since > until:
        return []
    # A period at the edge is read as far as the span reaches, so that no cell knows more than the total.
    return [
        Period(max(period.start, since), min(period.end, until), period.label) for period in periods(since, until, by)
    ]


def _shown(work: Work, scope: Scope, by: str, plan: _Plan, margin: dict[int, Cell]) -> dict[int, tuple[Any, str]]:
    """Key and label of the columns to show, by place, in order."""
    if by in PERIODS:
        return plan.keys
    if by != "actor":
        return {place: column for place, column in plan.keys.items() if place in margin}
    wanted = _columns_wanted(work, scope)
    names = _names(work, [*wanted, *margin])
    if not wanted:
        wanted = sorted(margin, key=lambda actor: (-margin[actor].certain, -margin[actor].possible))
        wanted = [actor for actor in wanted if actor in names]
    # Actors chosen by name stand side by side even where one of them has nothing.
    return {actor: (actor, names[actor][0]) for actor in wanted if actor in names and (scope.actors or actor in margin)}


def _rows(work: Work, tally: Tally, keys: dict[int, Any], only: Sequence[int]) -> list[Row]:
    counted = tally.rows()
    rows = []
    for body, (label, name) in _names(work, [*counted, *only]).items():
        total, cells = counted.get(body, (NOTHING, {}))
        rows.append(Row(body, label, name, total, {keys[place]: cell for place, cell in cells.items()}))
    return sorted(rows, key=lambda row: (-row.total.engagements, -row.total.possible_engagements))


def _names(work: Work, organisation_ids: Sequence[int]) -> dict[int, tuple[str, str]]:
    """Short label and name of organisations, in the order of their names."""
    if not organisation_ids:
        return {}
    found = work.session.execute(
        select(Organisation.id, Organisation.short_name, Organisation.name)
        .where(Organisation.id.in_(set(organisation_ids)))
        .order_by(Organisation.sort)
    )
    return {body: (short or name, name) for body, short, name in found}
