"""The only place that asks the machine for the time."""

from __future__ import annotations

import datetime as dt
from typing import Protocol
from zoneinfo import ZoneInfo


class Clock(Protocol):
    """Gives the present moment; tests give their own."""

    def now(self) -> dt.datetime:
        """:return: the present moment, aware, in UTC"""
        ...

    def today(self, zone: str) -> dt.date:
        """:return: the calendar day in ``zone`` (IANA key)"""
        ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> dt.datetime:
        return dt.datetime.now(dt.UTC)

    def today(self, zone: str) -> dt.date:
        return self.now().astimezone(ZoneInfo(zone)).date()


class FixedClock:
    """A clock that stands still until it is told to move.

    :param instant: aware moment it shows
    """

    def __init__(self, instant: dt.datetime) -> None:
        if instant.tzinfo is None:
            raise ValueError("a clock needs an aware instant")
        self._instant = instant.astimezone(dt.UTC)

    def now(self) -> dt.datetime:
        return self._instant

    def today(self, zone: str) -> dt.date:
        return self._instant.astimezone(ZoneInfo(zone)).date()

    def move(self, **delta: float) -> None:
        """Moves the clock by ``timedelta(**delta)``."""
        self._instant += dt.timedelta(**delta)
