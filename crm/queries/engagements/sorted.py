"""The list of engagements by the value of a column: rows of one value stand together, in the order of their days."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, func, literal, or_, select, true
from sqlalchemy.types import Date, Time

from crm.models import Engagement
from crm.queries import ordering, visibility
from crm.queries.engagements.listing import NO_TIME, Cursor, Filter, Page, built, statement_of
from crm.queries.engagements.rows import readable
from crm.work import Work

#: Columns besides the day that the list can be sorted by.
COLUMNS = ("kind", "status", "subject")


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
    ways = (*_own(work, column, descending), (Engagement.first_day, True), (time, True), (Engagement.id, True))
    keys: list[tuple[Any, bool]] = [(key, falls != backwards) for key, falls in ways]
    statement, index = statement_of(work, wanted)
    if place is not None:
        statement = statement.where(_beyond(work, place, keys))
    order = [key.desc() if falls else key.asc() for key, falls in keys]
    # With the owner joined, SQLite would not find them on an index alone.
    finding = None if index is not None else select(Engagement.id).where(_all_of(statement)).order_by(*order)
    page = ordering.page(statement.order_by(*order), Engagement.id, limit=limit + 1, offset=skipped, finding=finding)
    found = list(work.session.execute(page).all())
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


def _all_of(statement: Select[Any]) -> ColumnElement[bool]:
    """What a statement asks of its rows; of engagements there is always something."""
    assert statement.whereclause is not None
    return statement.whereclause


def _own(work: Work, column: str, descending: bool) -> list[tuple[Any, bool]]:
    """What rows of one value have in common, each with whether the greatest stands first."""
    if column != "subject":
        return [({"kind": Engagement.kind, "status": Engagement.status}[column], descending)]
    # Where it stands would tell of a subject that may not be read; without one, rows stand last both ways.
    subject = func.lower(readable(work, Engagement.subject))
    return [(case((subject == "", 1), else_=0), False), (subject, descending)]


def _beyond(work: Work, place: Cursor, keys: list[tuple[Any, bool]]) -> ColumnElement[bool]:
    common = [key for key, _ in keys[:-3]]
    here = select(*common).where(Engagement.id == place.id, visibility.visible(work))
    own = work.session.execute(here).first()
    if own is None:
        # What is gone stands nowhere: the list begins anew.
        return true()
    values = (*own, literal(place.day, Date), literal(place.time, Time), place.id)
    found: ColumnElement[bool] | None = None
    for (key, falls), value in reversed(list(zip(keys, values, strict=True))):
        further = key < value if falls else key > value
        found = further if found is None else or_(further, and_(key == value, found))
    assert found is not None
    return found
