"""Reads what people type when they are asked when: day first, doubt and duration kept apart, no day ever invented."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import replace
from typing import NamedTuple
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from crm.dates import words
from crm.dates.periods import FIRST_YEAR, LAST_YEAR
from crm.dates.times import Times, iso_moment, read_times
from crm.dates.units import BareDay, Reader, Span, Unit, check_weekday, neighbour, one_day, unreadable
from crm.dates.when import OPEN, Precision, When
from crm.errors import Invalid
from crm.text import fold

LONGEST = 200
NOT_BEFORE_DAYS = 30
_ONE_DAY = dt.timedelta(days=1)
_DROPPED = re.compile(r"[,;()\[\]]|\b(?:of|the)\b")
_NO_TIMES = Times(None, None)


class _Simple(NamedTuple):
    """A unit or a pair of units with times: ``lasts`` if the pair is a duration, else it is doubt."""

    unit: Unit
    times: Times = _NO_TIMES
    paired: bool = False
    lasts: bool = False
    last_weekday: int | None = None


def parse_when(
    text: str, *, today: dt.date, past: bool, zone: str | None = None, not_before: dt.date | None = None
) -> When:
    """Reads a date with doubt as typed: "11 May 2026 14:30–15:30", "12–13 May", "12 or 13 May", "Q2", "about March",
    "before 12 May, not before 1 May", "next Tuesday", "mid May 2026".

    An unsaid year is the nearest one; a two-digit year is within 80 years back and 19 ahead. "12–13 May" lasts two
    days; "12/13 May", "between 12 and 13 May", "April–May" are doubt. "early", "mid" and "late" (or "end of") are
    thirds. "Apr 26" is refused while 26 may well be the year.

    :param today: the day on which it was typed, in the typist's zone
    :param past: whether it has taken place (an unsaid year or a bare weekday is the nearest past one, today included)
        or is to come (the nearest future one, today included)
    :param zone: IANA key kept with a wall time
    :param not_before: first possible day of "before …" where the text names none; by default 30 days before the last
    :raises Invalid: (field ``when``) if the text cannot be read, is impossible, contradicts itself or leaves the years
        1900 to 2200; (field ``zone``) if there is no such zone
    """
    typed = text.strip()
    if not typed:
        raise unreadable("is empty")
    if len(typed) > LONGEST:
        raise unreadable(f"is longer than {LONGEST} characters")
    if zone is not None:
        _check_zone(zone)
    folded = fold(typed)
    if moment := iso_moment(folded, zone):
        when = moment
    else:
        plain = " ".join(_DROPPED.sub(" ", folded).split())
        when = _sentence(Reader(plain, today, past), not_before)
    years = [when.first.year] + [day.year for day in (when.last, when.end) if day not in (None, OPEN)]
    if min(years) < FIRST_YEAR or max(years) > LAST_YEAR:
        raise unreadable(f"leaves the years {FIRST_YEAR} to {LAST_YEAR}")
    return replace(when, text=typed, zone=zone if when.time else None)


def parse_day(text: str, *, today: dt.date, past: bool = False) -> dt.date:
    """Reads exactly one day.

    :raises Invalid: (field ``when``) as :func:`parse_when`, and for a span, a doubt or a time
    """
    when = parse_when(text, today=today, past=past)
    if when.precision is not Precision.DAY or when.end is not None:
        raise unreadable("needs exactly one day")
    return when.first


def _check_zone(zone: str) -> None:
    try:
        ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise Invalid("zone", "is no time zone; write it as “Europe/Brussels”") from None


def _sentence(reader: Reader, not_before: dt.date | None) -> When:
    if reader.accept(words.BETWEEN):
        return _between(reader)
    if reader.accept(words.ABOUT):
        return _about(reader)
    for pattern, inclusive in ((words.ON_OR_BEFORE, True), (words.BEFORE, False)):
        if reader.accept(pattern):
            return _before(reader, inclusive, not_before)
    if reader.accept(words.SINCE):
        return _after(Reader(reader.text[reader.position :], reader.today, True), inclusive=True)
    for pattern, inclusive in ((words.ON_OR_AFTER, True), (words.AFTER, False)):
        if reader.accept(pattern):
            return _after(reader, inclusive=inclusive)
    begun = bool(reader.accept(words.FROM))
    said = _simple(reader)
    earlier, later = bool(reader.accept(words.OR_EARLIER)), bool(reader.accept(words.OR_LATER))
    if not (earlier or later or begun) or (begun and said.paired):
        return _plain(reader, said)
    if said.paired or said.times.start:
        raise unreadable("a first or last possible day is one day, without a time")
    first, last = _settle(reader, said)
    return _bounded_above(reader, last, not_before) if earlier else _open_end(reader, first)


def _plain(reader: Reader, said: _Simple) -> When:
    _finish(reader)
    first, last = _settle(reader, said)
    time, end_time = said.times
    one_day_only = said.unit.precision is Precision.DAY and (said.lasts or not said.paired)
    if time and not one_day_only:
        raise unreadable("a time needs one certain day: leave it out")
    if not one_day_only:
        return _spanning(said.unit.precision, first, last)
    end = last if last != first else None
    if time and end_time and end is None and end_time <= time:
        end = _over_midnight(first, time, end_time)
    precision = Precision.MINUTE if time else Precision.DAY
    return When(first, first, precision, "", end=end, time=time, end_time=end_time)


def _over_midnight(day: dt.date, time: dt.time, end_time: dt.time) -> dt.date:
    hours = 24 + end_time.hour - time.hour + (end_time.minute - time.minute) / 60
    if hours > 12:
        raise unreadable(f"{end_time:%H:%M} is before {time:%H:%M}")
    return day + _ONE_DAY


def _spanning(precision: Precision, first: dt.date, last: dt.date) -> When:
    if first == last:
        precision = Precision.DAY
    return When(first, last, precision, "")


def _between(reader: Reader) -> When:
    one = reader.bare_day() or reader.unit()
    if one is None or not (reader.accept(words.AND) or reader.accept(words.OR) or reader.accept(words.TO)):
        raise unreadable("“between” needs two days, as in “between 3 and 9 May”")
    said = _pair(reader, one, lasts=False)
    _finish(reader)
    return _spanning(Precision.BETWEEN, *_settle(reader, said))


def _about(reader: Reader) -> When:
    said = _simple(reader)
    _finish(reader)
    first, last = span = _settle(reader, said)
    if said.times.start or said.lasts:
        raise unreadable("“about” goes with a day, month, quarter, half or year")
    precision = said.unit.precision
    if precision in (Precision.DAY, Precision.BETWEEN):
        width = last - first + _ONE_DAY
        kind = Precision.ABOUT if precision is Precision.DAY else precision
        return When(first - width, last + width, kind, "")
    before, after = (neighbour(span, precision.value, step) for step in (-1, 1))
    return When(before[0], after[1], Precision.ABOUT, "")


def _before(reader: Reader, inclusive: bool, not_before: dt.date | None) -> When:
    ending = reader.position
    if not inclusive and reader.accept(words.END):
        if ended := reader.whole():
            return _bounded_above(reader, _settle(reader, _Simple(ended))[1], not_before)
        reader.position = ending
    said = _bound(reader)
    first, last = _settle(reader, said, slack=0 if inclusive else 1)
    return _bounded_above(reader, last if inclusive else first - _ONE_DAY, not_before)


def _bounded_above(reader: Reader, last: dt.date, not_before: dt.date | None) -> When:
    typed = bool(reader.accept(words.NOT_BEFORE))
    if typed:
        said = _bound(reader)
        not_before = _near(said.unit, last)
    _finish(reader)
    if not_before is not None and not_before > last:
        raise unreadable("“not before” names a day after the last possible one")
    first = not_before or last - dt.timedelta(days=NOT_BEFORE_DAYS)
    return When(first, last, Precision.BEFORE, "", assumed=not_before is None)


def _near(unit: Unit, last: dt.date) -> dt.date:
    """The first day of a lower bound; without a year, the latest one that is not after ``last``."""
    years = [unit.year] if unit.year is not None else range(last.year, last.year - 9, -1)
    found = [span[0] for year in years if (span := _span_or_none(unit, year))]
    return next((day for day in found if day <= last), found[0] if found else unit.at(last.year)[0])


def _after(reader: Reader, *, inclusive: bool) -> When:
    said = _bound(reader)
    first, last = _settle(reader, said, slack=0 if inclusive else -1)
    return _open_end(reader, first if inclusive else last + _ONE_DAY)


def _open_end(reader: Reader, first: dt.date) -> When:
    reader.accept(words.LINK)
    inclusive = bool(reader.accept(words.ON_OR_BEFORE))
    if not inclusive and not reader.accept(words.BEFORE):
        _finish(reader)
        return When(first, OPEN, Precision.AFTER, "")
    said = _bound(reader)
    _finish(reader)
    years = [said.unit.year] if said.unit.year is not None else range(first.year, first.year + 9)
    for year in years:
        if span := _span_or_none(said.unit, year):
            last = span[1] if inclusive else span[0] - _ONE_DAY
            if last >= first:
                return _spanning(Precision.BETWEEN, first, last)
    raise unreadable("the last possible day is before the first")


def _simple(reader: Reader) -> _Simple:
    early = read_times(reader, leading=True)
    if one := reader.bare_day():
        if reader.accept(words.TO):
            return _timed(reader, _pair(reader, one, lasts=True), early)
        if reader.accept(words.OR):
            return _timed(reader, _pair(reader, one, lasts=False), early)
        reader.accept(words.AND)
        return _timed(reader, _consecutive(_pair(reader, one, lasts=True)), early)
    unit = reader.unit()
    if unit is None:
        raise _not_read(reader) if early is None else unreadable("says a time but no day")
    times = early or read_times(reader) or _NO_TIMES
    start = reader.position
    for pattern, lasts in ((words.TO, True), (words.OR, False), (words.AND, True)):
        if reader.accept(pattern):
            said = _pair_or_none(reader, unit, lasts)
            if said is None:
                reader.position = start
                break
            return _timed(reader, _consecutive(said) if pattern is words.AND else said, times)
    return _Simple(unit, times)


def _timed(reader: Reader, said: _Simple, times: Times | None) -> _Simple:
    """Adds the times typed after a pair: those of its first day if none stand before it, else that of its end."""
    late = read_times(reader)
    if times is None or times.start is None:
        return said._replace(times=late or _NO_TIMES)
    if late is None:
        return said._replace(times=times)
    return said._replace(times=Times(times.start, late.end or late.start))


def _pair_or_none(reader: Reader, one: BareDay | Unit, lasts: bool) -> _Simple | None:
    other = reader.unit() or (reader.second_day(one) if isinstance(one, Unit) else None)
    return None if other is None else _join(one, other, lasts)


def _pair(reader: Reader, one: BareDay | Unit, *, lasts: bool) -> _Simple:
    said = _pair_or_none(reader, one, lasts)
    if said is None:
        raise _not_read(reader)
    return said


def _join(one: BareDay | Unit, other: Unit, lasts: bool) -> _Simple:
    if isinstance(one, BareDay):
        day, month = one.day, other.month
        if month is None:
            raise unreadable("the second day has no month")
        one = Unit(Precision.DAY, other.year, lambda year: one_day(year, month, day), month, one.weekday)
    days = one.precision is other.precision is Precision.DAY
    first_unit = one

    def at(year: int) -> Span:
        return _joined(first_unit, other, year)

    precision = Precision.DAY if days and lasts else Precision.BETWEEN
    year = one.year if one.year is not None else other.year if other.loose is None else None
    unit = Unit(precision, year, at, one.month, one.weekday)
    return _Simple(unit, paired=True, lasts=days and lasts, last_weekday=other.weekday)


def _joined(one: Unit, other: Unit, year: int) -> Span:
    """First day of one and last day of the other; a year unsaid on one side is the one nearest to the other side."""
    if other.loose is not None:
        first = one.at(year)[0]
        return first, first + dt.timedelta(days=(other.loose - first.weekday() - 1) % 7 + 1)
    tries = [(one.year or year, other.year or year)]
    if one.year is None and other.year is not None:
        tries.append((year - 1, year))
    elif other.year is None:
        tries.append((year, year + 1))
    for number, (early, late) in enumerate(tries):
        (first, _), (start, last) = one.at(early), other.at(late)
        if first <= start and (number == 0 or (last - first).days <= 183):
            return first, last
    raise unreadable("ends before it begins")


def _consecutive(said: _Simple) -> _Simple:
    """Takes "12 and 13 May" for two days in a row; other lists are more than one engagement."""
    whole = said.unit.at

    def at(year: int) -> Span:
        first, last = whole(year)
        if not said.lasts or (last - first).days > 1:
            raise unreadable("names more than one date: enter each by itself")
        return first, last

    return said._replace(unit=said.unit._replace(at=at))


def _settle(reader: Reader, said: _Simple, slack: int = 0) -> Span:
    """Gives the span its year: the one typed, else the nearest past one that has begun or future one not yet over.

    :param slack: days by which a bound may lie beyond today, since "before 12 May" ends on 11 May
    """
    unit, today = said.unit, reader.today
    if unit.year is not None:
        span: Span | None = unit.at(unit.year)
    elif reader.past:
        spans = (_span_or_none(unit, year) for year in range(today.year + 1, today.year - 9, -1))
        span = next((found for found in spans if found and found[0] <= today + dt.timedelta(days=slack)), None)
    else:
        spans = (_span_or_none(unit, year) for year in range(today.year - 1, today.year + 9))
        span = next((found for found in spans if found and found[1] >= today + dt.timedelta(days=min(slack, 0))), None)
    if span is None:
        span = unit.at(today.year)
    check_weekday(span[0], unit.weekday, today)
    check_weekday(span[1], said.last_weekday, today)
    return span


def _span_or_none(unit: Unit, year: int) -> Span | None:
    try:
        return unit.at(year)
    except Invalid:
        return None


def _bound(reader: Reader) -> _Simple:
    """Reads the one unit that "before" or "after" goes with."""
    unit = reader.unit()
    if unit is None:
        raise _not_read(reader)
    if read_times(reader):
        raise unreadable("a first or last possible day is one day, without a time")
    return _Simple(unit)


def _finish(reader: Reader) -> None:
    if not reader.at_end():
        raise _not_read(reader)


def _not_read(reader: Reader) -> Invalid:
    rest = "".join(char for char in reader.text[reader.position :].strip() if char.isprintable())
    if not rest:
        return unreadable("names no day")
    shown = rest if len(rest) <= 40 else rest[:40] + "…"
    return unreadable(f"“{shown}” cannot be read as a date" if reader.position == 0 else f"“{shown}” cannot be read")
