"""Reads wall times, and ISO 8601 moments with an offset."""

from __future__ import annotations

import datetime as dt
import re
from typing import NamedTuple
from zoneinfo import ZoneInfo

from crm.dates import words
from crm.dates.units import Reader, unreadable
from crm.dates.when import Precision, When


class Times(NamedTuple):
    """Wall times of a beginning and an end; both None if none were typed."""

    start: dt.time | None
    end: dt.time | None


def read_times(reader: Reader, *, leading: bool = False) -> Times | None:
    """Reads "14:30", "2.30pm", "14:30–15:30", "2-3pm", "14h", "noon", or nothing.

    :param leading: the time stands before the date, where "12.05" is 12 May and only other signs make a time
    :raises Invalid: for a time no clock shows
    """
    origin = reader.position
    reader.accept(words.AT)
    if reader.accept(words.NOON):
        return Times(dt.time(12), None)
    first = reader.accept(words.CLOCK)
    if first is None or (leading and "." in first.group() and not first["s"]):
        reader.position = origin
        return None
    resting = reader.position
    if reader.accept(words.TO):
        second = reader.accept(words.CLOCK)
        if second and (_clear(second) or (_clear(first) and reader.at_end())):
            return Times(_time(first, second), _time(second))
        reader.position = resting
    if _clear(first):
        return Times(_time(first), None)
    reader.position = origin
    return None


def _clear(clock: re.Match[str]) -> bool:
    return bool(clock["m"] or clock["s"])


def _time(clock: re.Match[str], until: re.Match[str] | None = None) -> dt.time:
    """Gives the wall time; in "2-3pm" the first takes after the second, unless that puts it later ("11-1pm")."""
    hour, minute = int(clock["h"]), int(clock["m"] or 0)
    half = (clock["s"] or "")[:1]
    if not half and until is not None and (until["s"] or "")[:1] in ("a", "p") and 1 <= hour <= 12:
        half = until["s"][:1]
        if (hour % 12, minute) > (int(until["h"]) % 12, int(until["m"] or 0)):
            half = "a" if half == "p" else "p"
    if half in ("a", "p"):
        if not 1 <= hour <= 12:
            raise unreadable(f"there is no time {clock.group().strip()}")
        hour = hour % 12 + (12 if half == "p" else 0)
    if hour > 23 or minute > 59:
        raise unreadable(f"there is no time {clock.group().strip()}")
    return dt.time(hour, minute)


def iso_moment(folded: str, zone: str | None) -> When | None:
    """Reads "2026-05-11T14:30+02:00" into the wall time of ``zone`` (of UTC, for ``Z`` without a zone).

    :raises Invalid: if there is no such moment, or an offset comes without a zone
    """
    found = words.ISO_MOMENT.fullmatch(folded)
    if not found:
        return None
    offset = found["offset"].replace("z", "+00:00")
    try:
        instant = dt.datetime.fromisoformat(found["wall"].replace("t", "T") + offset)
        wall = instant.astimezone(ZoneInfo(zone)) if zone else instant
    except (ValueError, OverflowError):
        raise unreadable("there is no such moment") from None
    if zone is None:
        raise unreadable("an offset needs a time zone: leave it out")
    time = dt.time(wall.hour, wall.minute)
    return When(wall.date(), wall.date(), Precision.MINUTE, "", time=time, zone=zone, fold=wall.fold)
