"""The value: a first and a last possible local day, how precise it is, and how long it lasts."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from enum import StrEnum
from zoneinfo import ZoneInfo

from crm.dates import wording

OPEN = dt.date.max
"""The last possible day of what has none ("after 3 May")."""


class Precision(StrEnum):
    """How exactly the day is known."""

    MINUTE = "minute"
    DAY = "day"
    MONTH = "month"
    QUARTER = "quarter"
    HALF = "half"
    YEAR = "year"
    BETWEEN = "between"
    BEFORE = "before"
    AFTER = "after"
    ABOUT = "about"


@dataclass(frozen=True, slots=True)
class When:
    """When something takes place or is due. *Doubt* is ``first`` to ``last``; *duration* is ``end``; they never mix.

    :ivar first: first possible local day
    :ivar last: last possible local day, :data:`OPEN` if there is none
    :ivar text: the words as typed
    :ivar end: the last day it lasts, if that is not its first day ("12–13 May"); never affects counting
    :ivar time: wall time it begins, which never moves; UTC is derived from it
    :ivar end_time: wall time it ends, on ``end`` or the same day
    :ivar zone: IANA key of the wall time
    :ivar fold: 1 for the second of two equal wall times when clocks go back (PEP 495)
    :ivar assumed: nobody said how long before; ``first`` is the default
    """

    first: dt.date
    last: dt.date
    precision: Precision
    text: str
    end: dt.date | None = None
    time: dt.time | None = None
    end_time: dt.time | None = None
    zone: str | None = None
    fold: int = 0
    assumed: bool = False

    def certain_in(self, start: dt.date, end: dt.date) -> bool:
        """Whether the days from ``start`` to ``end``, both inclusive, hold the whole doubt."""
        return start <= self.first and self.last <= end

    def possible_in(self, start: dt.date, end: dt.date) -> bool:
        """Whether it may have been in those days but is not certain to; with an open end, only where it begins."""
        if self.certain_in(start, end):
            return False
        reach = self.first if self.last == OPEN else self.last
        return self.first <= end and start <= reach

    def start_utc(self) -> dt.datetime | None:
        """The moment it begins, aware, in UTC; None without a wall time and a zone.

        A wall time that clocks skip is read with the offset in force before the change (PEP 495).
        """
        return self._utc(self.first, self.time)

    def end_utc(self) -> dt.datetime | None:
        """The moment it ends, never before it begins; None if no wall time says so."""
        start, end = self.start_utc(), self._utc(self.end or self.first, self.end_time)
        return max(start, end) if start and end else None

    def _utc(self, day: dt.date, time: dt.time | None) -> dt.datetime | None:
        if time is None or self.zone is None:
            return None
        wall = dt.datetime.combine(day, time, ZoneInfo(self.zone))
        return wall.replace(fold=self.fold).astimezone(dt.UTC)

    def last_day(self) -> dt.date:
        """The day after which it is over or late: the last day it lasts, else the last possible one."""
        return self.end or self.last

    def is_late(self, today: dt.date) -> bool:
        """Whether something due then is late on ``today``: only after its last day, never with an open end."""
        return self.last_day() < today

    def sort_key(self) -> tuple[dt.date, dt.time, dt.date, dt.date]:
        """Orders a timeline: by first day, then time, narrower doubt first, shorter first."""
        return self.first, self.time or dt.time.max, self.last, self.end or self.first

    def describe(self) -> str:
        """What it was understood to mean, for beside the field: "on 12 or 13 May 2026, the day is in doubt"."""
        return wording.describe(self)

    def short(self) -> str:
        """For a table cell: "11 May 2026 14:30", "Apr 2026", "≤ 11 May 2026", "12–13 May 2026", "~Mar 2026"."""
        return wording.short(self)

    def doubt(self) -> str:
        """What is known of its day: "12 or 13 May 2026", "April 2026", "on or before 11 May 2026"; empty if certain."""
        return wording.doubt(self)

    def deadline(self) -> str:
        """As a due date: "11 May 2026", "by end of April 2026"."""
        return wording.deadline(self)
