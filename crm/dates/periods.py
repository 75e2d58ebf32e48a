"""Calendar periods: the columns of a table of counts."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from crm.errors import Invalid

FIRST_YEAR, LAST_YEAR = 1900, 2200
MONTHS_IN = {"month": 1, "quarter": 3, "half": 6, "year": 12}
_SHORT = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


@dataclass(frozen=True, slots=True)
class Period:
    """A whole month, quarter, half or year; ``end`` is its last day. ``label`` is short: "Jan 2026", "Q1 2026"."""

    start: dt.date
    end: dt.date
    label: str


def period_of(day: dt.date, by: str) -> Period:
    """Gives the calendar period that holds ``day``.

    :param by: ``month``, ``quarter``, ``half`` or ``year``
    :raises Invalid: (field ``by``) for any other word
    """
    if by not in MONTHS_IN:
        raise Invalid("by", f"“{by}” is no period; choose month, quarter, half or year")
    months = MONTHS_IN[by]
    number = (day.month - 1) // months
    start = dt.date(day.year, number * months + 1, 1)
    return Period(start, month_end(day.year, (number + 1) * months), _label(by, number, day.year))


def periods(start: dt.date, end: dt.date, by: str) -> list[Period]:
    """Gives the whole calendar periods that cover the span from ``start`` to ``end``, both inclusive, in order.

    :raises Invalid: if the span ends before it begins, leaves the years 1900 to 2200, or ``by`` is no period
    """
    if end < start:
        raise Invalid("end", f"{end:%d.%m.%Y} is before the first day, {start:%d.%m.%Y}; swap the two")
    if start.year < FIRST_YEAR or end.year > LAST_YEAR:
        raise Invalid("end", f"a table can cover the years {FIRST_YEAR} to {LAST_YEAR}; choose a shorter span")
    found = [period_of(start, by)]
    while found[-1].end < end:
        found.append(period_of(found[-1].end + dt.timedelta(days=1), by))
    return found


def month_end(year: int, month: int) -> dt.date:
    """Gives the last day of a month."""
    following = dt.date(year + month // 12, month % 12 + 1, 1)
    return following - dt.timedelta(days=1)


def _label(by: str, number: int, year: int) -> str:
    if by == "month":
        return f"{_SHORT[number]} {year}"
    if by == "year":
        return str(year)
    return f"{'Q' if by == 'quarter' else 'H'}{number + 1} {year}"
