"""How many rows of a list each value of a filter would leave: one mechanism, and one statement, for every list.

A facet is counted on the list's own statement with its own filter taken away, so that its figure is the number of rows
that choosing the value shows, whatever else is chosen and whoever looks.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    Integer,
    Select,
    String,
    and_,
    cast,
    extract,
    func,
    literal,
    or_,
    select,
    union_all,
)

from crm.dates import OPEN
from crm.work import Work

#: Stands for "nobody" where a filter asks for a member: no member has this number.
NOBODY = 0

_CENTURIES = 10_000


def _itself(value: str) -> Iterable[str]:
    return (value,)


class Facet(NamedTuple):
    """One filter of a list.

    :param without: the list's filter with this one taken away
    :param value: what stands for the value of a row; given the filter without this one
    :param joined: adds what ``value`` needs to the list's statement, where a row may have several values
    :param spread: the values that one text in the database stands for
    """

    without: Callable[[Any], Any]
    value: Callable[[Work, Any], ColumnElement[Any]]
    joined: Callable[[Work, Any, Select[Any]], Select[Any]] | None = None
    spread: Callable[[str], Iterable[str]] = _itself


def count(
    work: Work,
    facets: Mapping[str, Facet],
    wanted: Any,
    listed: Callable[[Work, Any], Select[Any]],
    record: ColumnElement[Any] | Any,
) -> dict[str, dict[str, int]]:
    """The facets of a list: name → value → number of rows, without values of no row.

    :param wanted: the filter of the list
    :param listed: the statement of the list with a filter
    :param record: what tells rows of that statement from each other
    """
    # Where a list is narrowed by none of them, its rows are read once for all that give a row one value.
    alike = [name for name, facet in facets.items() if facet.joined is None and facet.without(wanted) == wanted]
    parts = [_counted(work, name, facet, wanted, listed, record) for name, facet in facets.items() if name not in alike]
    if alike:
        values = [facets[name].value(work, wanted).label(name) for name in alike]
        read = listed(work, wanted).with_only_columns(*values).order_by(None)
        rows = read.cte("listed_rows").prefix_with("MATERIALIZED")
        parts += [_grouped(name, rows.c[name], func.count()) for name in alike]
    result: dict[str, dict[str, int]] = {name: {} for name in facets}
    if not parts:
        return result
    for name, value, number in work.session.execute(union_all(*parts)):
        if value is None:
            continue
        for one in facets[name].spread(value):
            result[name][one] = result[name].get(one, 0) + number
    return result


def _counted(
    work: Work, name: str, facet: Facet, wanted: Any, listed: Callable[[Work, Any], Select[Any]], record: Any
) -> Select[*tuple[Any, ...]]:
    others = facet.without(wanted)
    statement = listed(work, others)
    if facet.joined is not None:
        statement = facet.joined(work, others, statement)
    value = facet.value(work, others).label("value")
    # A query within, because PostgreSQL groups by no expression that holds values sent beside the statement.
    rows = statement.with_only_columns(value, record.label("record")).order_by(None).subquery()
    return _grouped(name, rows.c.value, func.count() if facet.joined is None else func.count(rows.c.record.distinct()))


def _grouped(name: str, value: ColumnElement[Any], number: ColumnElement[int]) -> Select[*tuple[Any, ...]]:
    plain = cast(value, String).label("value")
    return select(literal(name, String).label("facet"), plain, number.label("number")).group_by(value)


def owned(column: Any, owner_id: int) -> ColumnElement[bool]:
    """Records of a member, or of nobody (:data:`NOBODY`)."""
    found: ColumnElement[bool] = column.is_(None) if owner_id == NOBODY else column == owner_id
    return found


def owner(column: Any) -> ColumnElement[int]:
    """The number of the member, :data:`NOBODY` where there is none."""
    return func.coalesce(column, NOBODY)


def overlapping(first: Any, last: Any, since: dt.date | None, until: dt.date | None) -> ColumnElement[bool]:
    """What lies in a span of days, or may lie there; an open end reaches no span wholly in its open part."""
    found: list[ColumnElement[bool]] = [first.is_not(None)]
    if until is not None:
        found.append(first <= until)
    if since is not None:
        found.append(or_(and_(last >= since, last < OPEN), and_(last == OPEN, first >= since)))
    return and_(*found)


def in_year(first: Any, last: Any, year: int) -> ColumnElement[bool]:
    """What lies in a year, or may lie there."""
    return overlapping(first, last, dt.date(year, 1, 1), dt.date(year, 12, 31))


def years(first: Any, last: Any) -> ColumnElement[int]:
    """The years from the first to the last possible day, as one number for :func:`each_year`."""
    return cast(extract("year", first), Integer) * _CENTURIES + cast(extract("year", last), Integer)


def each_year(value: str) -> Iterable[str]:
    """Every year that :func:`years` stands for; an open end lies in its first year alone."""
    first, last = divmod(int(value), _CENTURIES)
    return (str(year) for year in range(first, (first if last == OPEN.year else last) + 1))


def each_of(value: str) -> Iterable[str]:
    """The values between commas."""
    return (one for one in value.split(",") if one)
