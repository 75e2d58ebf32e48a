"""Reads one day, week, month, quarter, half or year out of folded text."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from typing import NamedTuple

from crm.dates import words
from crm.dates.periods import FIRST_YEAR, LAST_YEAR, MONTHS_IN, month_end, period_of
from crm.dates.when import Precision
from crm.dates.wording import MONTHS, WEEKDAYS, long_day
from crm.errors import Invalid

Span = tuple[dt.date, dt.date]
_TRY = "“11 May 2026”, “12–13 May”, “April 2026”, “Q2 2026” or “before 12 May”"


def unreadable(reason: str, right: str = _TRY) -> Invalid:
    """Makes the one error this package raises about typed text: what is wrong, then what would be right."""
    return Invalid("when", f"{reason}; try {right}")


class Unit(NamedTuple):
    """A span of the calendar whose year may still be open.

    ``at(year)`` gives its first and last day, or raises :class:`Invalid` where that year has no such day. ``weekday``
    is the one typed beside a date, to be checked against it; ``loose`` the one typed without a date.
    """

    precision: Precision
    year: int | None
    at: Callable[[int], Span]
    month: int | None = None
    weekday: int | None = None
    loose: int | None = None


class BareDay(NamedTuple):
    """The "12" of "12–13 May"."""

    day: int
    weekday: int | None


class Reader:
    """A position in folded text, and what is needed to read it.

    :param past: whether an unsaid year or a bare weekday is the nearest past one rather than the nearest future one
    """

    def __init__(self, text: str, today: dt.date, past: bool) -> None:
        self.text = text
        self.today = today
        self.past = past
        self.position = 0

    def accept(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        """Moves past ``pattern`` if the text goes on with it."""
        found = pattern.match(self.text, self.position)
        if found:
            self.position = found.end()
        return found

    def at_end(self) -> bool:
        return not self.text[self.position :].strip(" .")

    def unit(self) -> Unit | None:
        """Reads one unit, or nothing.

        :raises Invalid: for a unit that no calendar has ("31 June") or that can mean two things ("Apr 26")
        """
        start = self.position
        for read in (self._days_away, self._third, self._week, self._date, self._part, self._relative):
            if found := read():
                return found
            self.position = start
        if self.accept(words.PREPOSITION):
            if found := self.unit():
                return found
            self.position = start
        return None

    def whole(self) -> Unit | None:
        """Reads what has a beginning and an end: a unit, or "month" for this one."""
        return self.unit() or self._relative(bare=True)

    def bare_day(self) -> BareDay | None:
        """Reads a day whose month follows with the second day of a pair."""
        start = self.position
        self.accept(words.PREPOSITION)
        named = self.accept(words.WEEKDAY)
        if found := self.accept(words.BARE_DAY):
            return BareDay(int(found["d"]), _weekday(named))
        self.position = start
        return None

    def second_day(self, first: Unit) -> Unit | None:
        """Reads the "13" of "May 12–13, 2026"."""
        if first.month is None or first.precision is not Precision.DAY or first.year is not None:
            return None
        found = self.accept(words.SECOND_DAY)
        return self._day(found["y"], first.month, found["d"]) if found else None

    def _date(self) -> Unit | None:
        named = self.accept(words.WEEKDAY)
        found = self._plain_date()
        if found is None:
            return self._bare_weekday(named) if named else None
        if found.precision is Precision.DAY and (named or (named := self.accept(words.WEEKDAY))):
            found = found._replace(weekday=_weekday(named))
        return found

    def _plain_date(self) -> Unit | None:
        for pattern in (
            words.ISO_DAY,
            words.COMPACT_DAY,
            words.NUMERIC_DAY,
            words.JOINED_DAY,
            words.MONTH_DAY_YEAR,
            words.DAY_MONTH,
            words.NUMERIC_DAY_WITHOUT_YEAR,
        ):
            if found := self.accept(pattern):
                parts = found.groupdict()
                return self._day(parts.get("y"), _month(parts["m"]), parts["d"])
        if found := self.accept(words.YEAR_MONTH):
            year, month = found["y"], _month(found["m"])
            return self._day(year, month, found["d"]) if found["d"] else self._months(year, month, "month")
        if found := (self.accept(words.MONTH_YEAR) or self.accept(words.NUMERIC_MONTH) or self.accept(words.ISO_MONTH)):
            return self._months(found["y"], _month(found["m"]), "month")
        if found := self.accept(words.MONTH_NUMBER):
            return self._month_number(found)
        if found := self.accept(words.MONTH):
            return self._months(None, _month(found["m"]), "month")
        return None

    def _month_number(self, found: re.Match[str]) -> Unit:
        month, number = _month(found["m"]), int(found["d"])
        if number > 31:
            return self._months(found["d"], month, "month")
        year = self._year(found["d"]) if len(found["d"]) == 2 else None
        if year and not found["suffix"] and found["more"] is None and abs(year - self.today.year) <= 5:
            name = MONTHS[month - 1]
            raise unreadable(f"“{name} {number}” can mean {number} {name} or {name} {year}: write the one you mean")
        return self._day(None, month, found["d"])

    def _part(self) -> Unit | None:
        if found := (self.accept(words.QUARTER_OR_HALF) or self.accept(words.YEAR_PART)):
            by = "quarter" if found["unit"] else "half"
            return self._months(found["y"], int(found["n"] or found["k"]), by)
        if found := self.accept(words.ORDINAL_PART):
            return self._ordinal(words.ORDINALS[found["n"]], found["unit"], found["y"])
        if found := self.accept(words.YEAR):
            return self._months(found["y"], 1, "year")
        return None

    def _ordinal(self, number: int, by: str, year: str | None) -> Unit | None:
        if year is None and by == "half" and number in (1, 2) and (whole := self.unit()):
            return _part_of(whole, 2, number - 1)
        if number == 0 and year is None:
            return None
        return self._months(year, number or 12 // MONTHS_IN[by], by)

    def _third(self) -> Unit | None:
        found = self.accept(words.THIRD)
        whole = self.whole() if found else None
        return _part_of(whole, 3, words.THIRDS[found["which"]]) if found and whole else None

    def _week(self) -> Unit | None:
        if found := self.accept(words.ISO_WEEK):
            number, year = int(found["n"]), found["y"] or found["z"]
            return Unit(Precision.BETWEEN, self._year(year), lambda y: _iso_week(y, number))
        if not self.accept(words.WEEK_OF):
            return None
        day = self._date()
        if day is None or day.precision is not Precision.DAY:
            return None
        return Unit(Precision.BETWEEN, day.year, lambda year: _week_of(day.at(year)[0]))

    def _days_away(self) -> Unit | None:
        if found := self.accept(words.NAMED_DAY):
            away = {"today": 0, "yesterday": -1, "tomorrow": 1, "day before yesterday": -2}.get(found["name"], 2)
            return self._fixed_day(self.today + dt.timedelta(days=away))
        if found := self.accept(words.DAYS_AWAY):
            number = words.COUNTS.get(found["n"]) or int(found["n"])
            days = number * (7 if found["unit"] == "week" else 1)
            return self._fixed_day(self.today + dt.timedelta(days=days if found["ahead"] else -days))
        return None

    def _relative(self, *, bare: bool = False) -> Unit | None:
        start = self.position
        found = self.accept(words.RELATIVE)
        if not found or not (found["which"] or bare):
            self.position = start
            return None
        step = {"last": -1, "past": -1, "previous": -1, "next": 1, "coming": 1}.get(found["which"] or "this", 0)
        if found["unit"] == "week":
            return _fixed(Precision.BETWEEN, _week_of(self.today + dt.timedelta(weeks=step)))
        by = "half" if found["unit"].startswith("half") else found["unit"]
        span = neighbour((self.today, self.today), by, step)
        return _fixed(Precision(by), span)

    def _bare_weekday(self, named: re.Match[str]) -> Unit:
        which, wanted = named["which"], _weekday(named)
        assert wanted is not None
        ahead = (wanted - self.today.weekday()) % 7
        if which == "this":
            day = self.today + dt.timedelta(days=wanted - self.today.weekday())
        elif which in ("next", "coming"):
            day = self.today + dt.timedelta(days=ahead or 7)
        elif which in ("last", "past"):
            day = self.today - dt.timedelta(days=7 - ahead)
        else:
            day = self.today + dt.timedelta(days=ahead - 7 if self.past and ahead else ahead)
        return self._fixed_day(day)._replace(loose=None if which else wanted)

    def _fixed_day(self, day: dt.date) -> Unit:
        return _fixed(Precision.DAY, (day, day))

    def _day(self, year: str | None, month: int, day: str) -> Unit:
        return Unit(Precision.DAY, self._year(year), lambda y: one_day(y, month, int(day)), month)

    def _months(self, year: str | None, number: int, by: str) -> Unit:
        length = MONTHS_IN[by]
        if number * length > 12:
            raise unreadable(f"a year has no {by} {number}")

        def at(year: int) -> Span:
            return dt.date(year, (number - 1) * length + 1, 1), month_end(year, number * length)

        return Unit(Precision(by), self._year(year), at)

    def _year(self, typed: str | None) -> int | None:
        """Reads a year, if one was typed; of two digits, the one between 80 years ago and 19 years ahead."""
        if not typed:
            return None
        year = int(typed.lstrip("'"))
        if len(typed.lstrip("'")) == 2:
            earliest = self.today.year - 80
            year = earliest + (year - earliest) % 100
        if not FIRST_YEAR <= year <= LAST_YEAR:
            raise unreadable(f"the year {year} is not between {FIRST_YEAR} and {LAST_YEAR}")
        return year


def one_day(year: int, month: int, day: int) -> Span:
    """Gives a day as a span.

    :raises Invalid: if that month has no such day
    """
    if not 1 <= month <= 12:
        raise unreadable(f"there is no month {month}, and dates are read day first")
    last = month_end(year, month).day
    if not 1 <= day <= last:
        name = MONTHS[month - 1]
        following = MONTHS[month % 12]
        if (month, day) == (2, 29):
            right = f"“28 February {year}” or “1 March {year}”"
            raise unreadable(f"there is no 29 February {year}: that is not a leap year", right)
        said = f"there is no {day} {name}: {name} has {28 if month == 2 else last} days"
        raise unreadable(said, f"“{28 if month == 2 else last} {name}” or “1 {following}”") if day else unreadable(said)
    return dt.date(year, month, day), dt.date(year, month, day)


def neighbour(span: Span, by: str, step: int) -> Span:
    """Gives the month, quarter, half or year ``step`` (-1, 0, 1) from the one that holds ``span``."""
    day = span[0]
    if step:
        period = period_of(day, by)
        day = period.start - dt.timedelta(days=1) if step < 0 else period.end + dt.timedelta(days=1)
    period = period_of(day, by)
    return period.start, period.end


def check_weekday(day: dt.date, weekday: int | None, today: dt.date) -> None:
    """Refuses a weekday that contradicts the date it stands with, and says which it really is."""
    if weekday is not None and day.weekday() != weekday:
        said = f"{day.day} {MONTHS[day.month - 1]} {day.year} {'was' if day < today else 'is'}"
        # The nearest day of that name, at most three days away.
        meant = day + dt.timedelta(days=(weekday - day.weekday() + 3) % 7 - 3)
        right = " or ".join(f"“{long_day(one)}”" for one in (day, meant))
        raise unreadable(f"{said} a {WEEKDAYS[day.weekday()]}, not a {WEEKDAYS[weekday]}", right)


def _fixed(precision: Precision, span: Span) -> Unit:
    return Unit(precision, span[0].year, lambda _: span)


def _part_of(whole: Unit, parts: int, index: int) -> Unit:
    """A half or a third of a week, month, quarter or year: "mid May" is 11 to 20, "late 2026" from September on.

    :raises Invalid: for a part of a day or of a part
    """

    def at(year: int) -> Span:
        first, last = whole.at(year)
        days, months = (last - first).days + 1, (last.year - first.year) * 12 + last.month - first.month + 1
        if whole.precision is Precision.DAY or (whole.precision is Precision.BETWEEN and days != 7):
            raise unreadable("only a week, month, quarter, half or year has an early, middle or late part")
        if whole.precision is not Precision.BETWEEN and months % parts == 0:
            start = dt.date(first.year, first.month + index * months // parts, 1)
            return start, month_end(start.year, start.month + months // parts - 1)
        size = (30 if months == 1 and days > 7 else days) // parts
        start = first + dt.timedelta(days=index * size)
        return start, last if index == parts - 1 else start + dt.timedelta(days=size - 1)

    return Unit(Precision.BETWEEN, whole.year, at)


def _week_of(day: dt.date) -> Span:
    monday = day - dt.timedelta(days=day.weekday())
    return monday, monday + dt.timedelta(days=6)


def _iso_week(year: int, number: int) -> Span:
    try:
        return _week_of(dt.date.fromisocalendar(year, number, 1))
    except ValueError:
        raise unreadable(f"{year} has no week {number}") from None


def _month(typed: str) -> int:
    if typed[0].isdigit():
        number = int(typed)
        if not 1 <= number <= 12:
            raise unreadable(f"there is no month {number}, and dates are read day first")
        return number
    return words.MONTHS[typed.rstrip(".")]


def _weekday(found: re.Match[str] | None) -> int | None:
    return words.WEEKDAYS[found["name"].rstrip(".")] if found else None
