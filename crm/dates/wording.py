"""How a date with doubt is said in English."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from crm.dates.periods import month_end, period_of

if TYPE_CHECKING:
    from crm.dates.when import When

MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_NUMBERS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
_ONE_DAY = dt.timedelta(days=1)
_COARSE = ("month", "quarter", "half", "year")


def day(date: dt.date, *, short: bool = False) -> str:
    """Gives "11 September 2026", or "11 Sep 2026" if ``short``."""
    return f"{date.day} {_month(date, short)} {date.year}"


def long_day(date: dt.date) -> str:
    """Gives "Monday 11 May 2026"."""
    return f"{WEEKDAYS[date.weekday()]} {day(date)}"


def _month(date: dt.date, short: bool) -> str:
    return MONTHS[date.month - 1][:3] if short else MONTHS[date.month - 1]


def _pair(first: dt.date, last: dt.date, near: str, far: str, *, short: bool = False) -> str:
    """Two days without saying a month or year twice; ``near`` stands between two bare numbers, ``far`` elsewhere."""
    if first.year != last.year:
        return day(first, short=short) + far + day(last, short=short)
    if first.month != last.month:
        return f"{first.day} {_month(first, short)}{far}{day(last, short=short)}"
    return f"{first.day}{near}{day(last, short=short)}"


def _coarse(precision: str, first: dt.date, *, short: bool) -> str:
    """Names the month, quarter, half or year that begins with ``first``."""
    if short or precision in ("quarter", "year"):
        return period_of(first, precision).label
    if precision == "half":
        return f"the {'first' if first.month == 1 else 'second'} half of {first.year}"
    return f"{_month(first, False)} {first.year}"


def _core(when: When, *, short: bool) -> str:
    """Names the X of "about X", which is the middle one of the three between first and last."""
    months = (when.last.year - when.first.year) * 12 + when.last.month - when.first.month + 1
    unit = {3: "month", 9: "quarter", 18: "half", 36: "year"}.get(months)
    if (when.last - when.first).days <= 2 or unit is None:
        return day(when.first + (when.last - when.first) // 2, short=short)
    middle = period_of(period_of(when.first, unit).end + _ONE_DAY, unit)
    return _coarse(unit, middle.start, short=short)


def describe(when: When) -> str:
    """See :meth:`crm.dates.When.describe`."""
    if when.precision == "minute":
        return _timed(when)
    if when.precision == "day":
        return long_day(when.first) if when.end is None else f"{_lasting(when, short=False)}, {_length(when)}"
    if when.precision == "quarter":
        names = f"{_month(when.first, False)}–{_month(when.last, False)}"
        return f"some day in {_coarse('quarter', when.first, short=False)} ({names})"
    if when.precision in _COARSE:
        return f"some day in {_coarse(when.precision, when.first, short=False)}"
    if when.precision == "before":
        assumed = " (assumed)" if when.assumed else ""
        return f"on or before {day(when.last)}, not before {day(when.first)}{assumed}"
    if when.precision == "after":
        return f"on or after {day(when.first)}, the last possible day is open"
    if when.precision == "about":
        span = _pair(when.first, when.last, " and ", " and ")
        return f"about {_core(when, short=False)}: some day between {span}"
    if when.last - when.first == _ONE_DAY:
        return f"on {_pair(when.first, when.last, ' or ', ' or ')}, the day is in doubt"
    return f"some day between {_pair(when.first, when.last, ' and ', ' and ')}"


def _timed(when: When) -> str:
    said = f"{long_day(when.first)}, {when.time:%H:%M}"
    if when.end is not None:
        said += f" – {long_day(when.end)}" + (f", {when.end_time:%H:%M}" if when.end_time else "")
    elif when.end_time is not None:
        said += f"–{when.end_time:%H:%M}"
    return f"{said} ({when.zone})" if when.zone else said


def _over_midnight(when: When) -> bool:
    return when.end == when.first + _ONE_DAY and bool(when.time and when.end_time and when.end_time < when.time)


def _lasting(when: When, *, short: bool) -> str:
    return _pair(when.first, when.end or when.first, "–", " – ", short=short)


def _length(when: When) -> str:
    days = ((when.end or when.first) - when.first).days + 1
    return f"{_NUMBERS[days] if days < len(_NUMBERS) else days} days"


def short(when: When) -> str:
    """See :meth:`crm.dates.When.short`."""
    if when.precision == "minute":
        nightly = when.end is None or _over_midnight(when)
        return f"{day(when.first, short=True) if nightly else _lasting(when, short=True)} {when.time:%H:%M}"
    if when.precision == "day":
        return _lasting(when, short=True) if when.end else day(when.first, short=True)
    if when.precision in _COARSE:
        return _coarse(when.precision, when.first, short=True)
    if when.precision == "before":
        return f"≤ {day(when.last, short=True)}"
    if when.precision == "after":
        return f"≥ {day(when.first, short=True)}"
    if when.precision == "about":
        return f"~{_core(when, short=True)}"
    if when.last - when.first == _ONE_DAY:
        return _pair(when.first, when.last, "/", " / ", short=True)
    return f"between {_pair(when.first, when.last, ' and ', ' and ', short=True)}"


def doubt(when: When) -> str:
    """See :meth:`crm.dates.When.doubt`."""
    if when.first == when.last:
        return ""
    if when.precision in _COARSE:
        return _coarse(when.precision, when.first, short=False)
    if when.precision == "before":
        return f"on or before {day(when.last)}"
    if when.precision == "after":
        return f"on or after {day(when.first)}"
    if when.precision == "about":
        return f"about {_core(when, short=False)}"
    if when.last - when.first == _ONE_DAY:
        return _pair(when.first, when.last, " or ", " or ")
    return f"between {_pair(when.first, when.last, ' and ', ' and ')}"


def deadline(when: When) -> str:
    """See :meth:`crm.dates.When.deadline`."""
    last = when.last_day()
    if when.precision == "minute":
        time = when.end_time or (when.time if when.end is None else None)
        return f"{day(last)}, {time:%H:%M}" if time else day(last)
    if when.precision == "day":
        return day(last)
    if when.precision == "after":
        return f"no last day, from {day(when.first)}"
    if when.precision in _COARSE:
        return f"by end of {_coarse(when.precision, when.first, short=when.precision == 'half')}"
    if when.precision == "about" and last == month_end(last.year, last.month) and (last - when.first).days > 2:
        return f"by end of {_month(last, False)} {last.year}"
    return f"by {day(last)}"


def edge(when: When, *, short: bool = False) -> str:
    """Where something begins or ends: "3 May 2026", "December 2025", "about March 2026", "3 May 2026 or earlier"."""
    if when.precision == "before" and when.assumed:
        return f"{day(when.last, short=short)} or earlier"
    if when.precision == "before":
        return f"between {_pair(when.first, when.last, ' and ', ' and ')}"
    if when.precision == "after":
        return f"{day(when.first, short=short)} or later"
    return doubt(when) or day(when.first, short=short)


def span(began: When | None, ended: When | None, *, short: bool = False) -> str:
    """From and to as far as is known: "December 2025 – 3 May 2026", "since about March 2026"; empty if nothing is."""
    first, last = (edge(one, short=short) if one else "" for one in (began, ended))
    if first and last:
        return f"{first} – {last}"
    return f"since {first}" if first else f"until {last}" if last else ""
