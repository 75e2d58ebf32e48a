"""Dates in files: in which order day and month stand, and texts read with doubt but without anything made up."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable
from dataclasses import replace
from typing import NamedTuple

from crm.dates import When, parse_when
from crm.errors import Invalid
from crm.imports import spellings
from crm.imports.profiles import Profile

_PAIR = re.compile(r"\s*(\d{1,2})([./-])(\d{1,2})\2(\d{4}|\d{2})\b(.*)", re.DOTALL)
_EITHER = (
    "may be either of two days, as the file writes some dates day first and others month first: "
    "say which it is, or write the month as a word"
)
_NO_YEAR = "says no year: write it, or say in which period the rows of this file lie"


class Shown(NamedTuple):
    """What the dates of a file show about the order of day and month."""

    order: str = ""
    """``day`` or ``month`` first; empty where no date of which only one reading exists shows it, or both do"""
    mixed: bool = False
    """whether some are day first and others month first, each more often than by a slip"""
    example: str = ""
    """a date that can be read both ways, and means two days then"""


_SLIP = 20
"""of so many dates in one order, one in the other is a slip of whoever typed it"""


def order_of(texts: Iterable[str]) -> Shown:
    """Reads the order off all dates of a file, in one pass."""
    day = month = 0
    example = ""
    for text in texts:
        found = _PAIR.match(text)
        if found is None:
            continue
        first, second = int(found[1]), int(found[3])
        if first > 12 >= second > 0:
            day += 1
        elif second > 12 >= first > 0:
            month += 1
        # 3.4.2026 is day first wherever days are written with dots.
        elif not example and found[2] != "." and 0 < first <= 12 and 0 < second <= 12 and first != second:
            example = " ".join(text.split())[:40]
    if day and month:
        if min(day, month) * _SLIP <= max(day, month):
            return Shown("day" if day > month else "month", False, example)
        return Shown("", True, example)
    return Shown("day" if day else "month" if month else "", False, example)


class DayReader:
    """Reads the dates of one file, each text once.

    :param today: the day of the import; a date without a year is refused unless ``period`` says which years
    :param order: ``day`` or ``month`` first in dates such as 3/4/2026; day first unless said
    :param mixed: whether the file writes some day first and others month first: what has one reading only is read so,
        and what has two is refused unless ``order`` is said
    :param period: first and last day between which the rows of the file lie, for dates that say no year
    :param file_name: may speak of a period, which is then proposed
    """

    def __init__(
        self,
        profile: Profile,
        *,
        today: dt.date,
        order: str = "",
        mixed: bool = False,
        zone: str | None = None,
        period: tuple[dt.date, dt.date] | None = None,
        file_name: str = "",
    ) -> None:
        self._profile = profile
        self._today = today
        self._order = order or profile.day_order
        self._mixed = mixed
        self._zone = zone
        self._period = period
        named = spellings.period_in(file_name)
        self._no_year = f"{_NO_YEAR}, such as “{named}”, of which its name speaks" if named else _NO_YEAR
        self._known: dict[tuple[str, bool], When | Invalid] = {}

    def when(self, text: str, *, field: str = "when", past: bool = True) -> When:
        """The date that a text means.

        :raises Invalid: (``field``) it cannot be read, or says no year
        """
        found = self._known.get((text, past))
        if found is None:
            try:
                found = self._read(text, past)
            except Invalid as problem:
                found = problem
            if len(self._known) < 200_000:
                self._known[(text, past)] = found
        if isinstance(found, Invalid):
            raise Invalid(field, f"“{_shown(text)}”: {found.reason}")
        return found

    def day(self, text: str, *, field: str) -> dt.date:
        """The one day that a text means.

        :raises Invalid: (``field``) it cannot be read, or means more than one
        """
        when = self.when(text, field=field)
        if when.first != when.last or when.end is not None:
            raise Invalid(field, f"“{_shown(text)}” is not exactly one day")
        return when.first

    def _read(self, text: str, past: bool) -> When:
        plain = spellings.plain(text)
        told = self._ordered(plain)
        try:
            return replace(self._sure(told, past), text=text)
        except Invalid as problem:
            for pattern, becomes in self._profile.rewrites:
                if pattern.search(plain):
                    return replace(self._sure(pattern.sub(becomes, plain), past), text=text)
            other = spellings.usual(told)
            if other != told:
                return replace(self._sure(other, past), text=text)
            if told != plain:
                raise Invalid("when", problem.reason.replace("read day first", "read month first")) from problem
            raise

    def _ordered(self, text: str) -> str:
        order = self._order
        if self._mixed and (found := _PAIR.match(text)):
            first, second = int(found[1]), int(found[3])
            if first > 12 or second > 12:
                order = "month" if second > 12 else "day"
            elif not order and first != second:
                raise Invalid("when", _EITHER)
        return _month_first(text) if order == "month" else text

    def _sure(self, text: str, past: bool) -> When:
        """Read as on two days years apart: what differs depends on the day of the import, so the text says no year."""
        if len(text) == 10 and text[4] == text[7] == "-":
            return parse_when(text, today=self._today, past=past, zone=self._zone)
        when = parse_when(text, today=self._today, past=past, zone=self._zone)
        other = parse_when(text, today=self._today - dt.timedelta(days=1461), past=past, zone=self._zone)
        if (when.first, when.last) == (other.first, other.last):
            return when
        if self._period is None:
            raise Invalid("when", self._no_year)
        found = parse_when(text, today=self._period[1], past=True, zone=self._zone)
        if found.last < self._period[0]:
            raise Invalid("when", f"lies outside {self._period[0]:%Y-%m-%d} to {self._period[1]:%Y-%m-%d}")
        return found


def _month_first(text: str) -> str:
    found = _PAIR.match(text)
    if found is None:
        return text
    return f"{found[3]}{found[2]}{found[1]}{found[2]}{found[4]}{found[5]}"


def _shown(text: str) -> str:
    plain = " ".join(text.split())
    return plain if len(plain) <= 60 else plain[:60] + "…"
