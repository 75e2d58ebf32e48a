"""Dates in files: in which order day and month stand, and texts read with doubt but without anything made up."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable
from dataclasses import replace

from crm.dates import When, parse_when
from crm.errors import Invalid
from crm.imports.profiles import Profile

_PAIR = re.compile(r"\s*(\d{1,2})([./-])(\d{1,2})\2(\d{4}|\d{2})\b(.*)", re.DOTALL)
_NO_YEAR = "says no year: write it, or say in which period the rows of this file lie"


def order_of(texts: Iterable[str]) -> str:
    """``day`` or ``month`` first, as dates of which only one reading exists show; empty when none does, or both."""
    day = month = False
    for text in texts:
        if found := _PAIR.match(text):
            first, second = int(found[1]), int(found[3])
            day = day or (first > 12 >= second)
            month = month or (second > 12 >= first)
    return "" if day == month else "day" if day else "month"


def doubtful(texts: Iterable[str]) -> str:
    """The first date that can be read day first and month first, and means two days then; empty if there is none."""
    for text in texts:
        found = _PAIR.match(text)
        if found and int(found[1]) != int(found[3]) and 0 < int(found[1]) <= 12 and 0 < int(found[3]) <= 12:
            return " ".join(text.split())[:40]
    return ""


class DayReader:
    """Reads the dates of one file, each text once.

    :param today: the day of the import; a date without a year is refused unless ``period`` says which years
    :param order: ``day`` or ``month`` first in dates such as 3/4/2026; day first unless said
    :param period: first and last day between which the rows of the file lie, for dates that say no year
    """

    def __init__(
        self,
        profile: Profile,
        *,
        today: dt.date,
        order: str = "",
        zone: str | None = None,
        period: tuple[dt.date, dt.date] | None = None,
    ) -> None:
        self._profile = profile
        self._today = today
        self._order = order or profile.day_order
        self._zone = zone
        self._period = period
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
        plain = " ".join(text.split())
        told = _month_first(plain) if self._order == "month" else plain
        try:
            return replace(self._sure(told, past), text=text)
        except Invalid as problem:
            for pattern, becomes in self._profile.rewrites:
                if pattern.search(plain):
                    return replace(self._sure(pattern.sub(becomes, plain), past), text=text)
            raise problem

    def _sure(self, text: str, past: bool) -> When:
        """Read as on two days years apart: what differs depends on the day of the import, so the text says no year."""
        if len(text) == 10 and text[4] == text[7] == "-":
            return parse_when(text, today=self._today, past=past, zone=self._zone)
        when = parse_when(text, today=self._today, past=past, zone=self._zone)
        other = parse_when(text, today=self._today - dt.timedelta(days=1461), past=past, zone=self._zone)
        if (when.first, when.last) == (other.first, other.last):
            return when
        if self._period is None:
            raise Invalid("when", _NO_YEAR)
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
