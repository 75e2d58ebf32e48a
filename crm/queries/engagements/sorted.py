"""The list of engagements by the value of a column: rows of one value stand together, in the order of their days."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, and_, func, literal, or_, select
from sqlalchemy.types import Date, Time

from crm.models import Engagement
from crm.queries import visibility
from crm.queries.engagements.listing import NO_TIME, Cursor, Filter, Page, built, statement_of
from crm.work import Work

#: Columns besides the day that the list can be sorted by.
COLUMNS = {"kind": Engagement.kind, "status": Engagement.status}


def listed_by(
    work: Work,
    wanted: Filter,
    column: str,
    *,
    descending: bool = False,
    after: Cursor | None = None,
    before: Cursor | None = None,
    skipped: int = 0,
    limit: int = 50,
) -> Page:
    """One page of the list by a column; engagements of one value from the newest.

    :param column: a key of :data:`COLUMNS`
    :param descending: the greatest value first
    :param after: the row before the page
    :param before: the row after the page
    :param skipped: rows before the page, where a page is asked for by its number
    """
    backwards, place = before is not None, before or after
    time = func.coalesce(Engagement.start_time, literal(NO_TIME, Time))
    ways = ((COLUMNS[column], descending), (Engagement.first_day, True), (time, True), (Engagement.id, True))
    keys: list[tuple[Any, bool]] = [(key, falls != backwards) for key, falls in ways]
    statement = statement_of(work, wanted)[0]
    if place is not None:
        statement = statement.where(_beyond(work, place, column, keys))
    order = [key.desc() if falls else key.asc() for key, falls in keys]
    found = list(work.session.execute(statement.order_by(*order).limit(limit + 1).offset(skipped)).all())
    more = len(found) > limit
    found = found[:limit]
    if backwards:
        found.reverse()
    rows = built(work, found)
    is_first = not more if backwards else place is None and not skipped
    is_last = False if backwards else not more
    return Page(
        rows, rows[0].cursor if rows and not is_first else None, rows[-1].cursor if rows and not is_last else None
    )


def _beyond(work: Work, place: Cursor, column: str, keys: list[tuple[Any, bool]]) -> ColumnElement[bool]:
    here = select(COLUMNS[column]).where(Engagement.id == place.id, visibility.visible(work))
    values = (work.session.scalar(here) or "", literal(place.day, Date), literal(place.time, Time), place.id)
    found: ColumnElement[bool] | None = None
    for (key, falls), value in reversed(list(zip(keys, values, strict=True))):
        further = key < value if falls else key > value
        found = further if found is None else or_(further, and_(key == value, found))
    assert found is not None
    return found
