"""Time zones as a calendar file carries them (VTIMEZONE, RFC 5545, section 3.6.5).

Outlook reads a zone only as two yearly rules with BYDAY; a zone whose present rules cannot be said so gets its changes
listed one by one.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from crm.calendars.lines import fold
from crm.errors import Invalid

_DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_UTC = frozenset({"UTC", "Etc/UTC", "Etc/UCT", "UCT", "Zulu", "Etc/Zulu", "Universal", "Etc/Universal"})
# Twelve years hold every length of month and position of weekday that tells "the fourth" from "the last" Sunday.
_AHEAD = 12


class _Change(NamedTuple):
    """One change of the clock: the moment as wall time before it, and the offsets around it."""

    wall: datetime
    before: timedelta
    after: timedelta
    name: str


class _Rule(NamedTuple):
    """A yearly change: the ``nth`` (-1 is the last) ``weekday`` of ``month``, at a wall time."""

    month: int
    nth: int
    weekday: int
    at: time
    before: timedelta
    after: timedelta
    name: str


def zone_info(zone: str) -> ZoneInfo:
    """:raises Invalid: (field ``zone``) for a name that the time-zone data does not hold"""
    try:
        return ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise Invalid("zone", f"“{zone}” is no time zone; give one such as Europe/Brussels") from None


def is_utc(zone: str) -> bool:
    """Tells whether times in ``zone`` are written as UTC, so that the file needs no VTIMEZONE for it."""
    return zone in _UTC


@lru_cache(maxsize=512)
def vtimezone(zone: str, first_year: int, last_year: int) -> str:
    """Gives the VTIMEZONE of a zone, right for every moment of the years given, CRLF-ended.

    :raises Invalid: (field ``zone``) for an unknown zone
    """
    info = zone_info(zone)
    first_year = max(first_year, 1900)
    last_year = min(max(last_year, first_year), 9900)
    changes = _changes(info, first_year, last_year)
    if not changes:
        offset, name = _state(info, datetime(first_year, 1, 1, tzinfo=UTC))
        parts = [_observance("STANDARD", _wall(date(1970, 1, 1)), offset, offset, name)]
    elif rules := _rules(_changes(info, first_year, last_year + _AHEAD), first_year, last_year + _AHEAD):
        parts = [_yearly(rule, "DAYLIGHT" if rule.after > rule.before else "STANDARD") for rule in rules]
    else:
        start = changes[0]
        _, name = _state(info, (start.wall - start.before).replace(tzinfo=UTC) - timedelta(seconds=1))
        calm = "STANDARD" if start.before < start.after else "DAYLIGHT"
        parts = [_observance(calm, _wall(date(first_year - 1, 1, 1)), start.before, start.before, name)]
        parts += [
            _observance("DAYLIGHT" if change.after > change.before else "STANDARD", *change[:3], change.name)
            for change in changes
        ]
    return "".join(("BEGIN:VTIMEZONE\r\n", fold(f"TZID:{zone}"), *parts, "END:VTIMEZONE\r\n"))


def _state(info: ZoneInfo, moment: datetime) -> tuple[timedelta, str]:
    local = moment.astimezone(info)
    return local.utcoffset() or timedelta(), local.tzname() or ""


def _changes(info: ZoneInfo, first_year: int, last_year: int) -> list[_Change]:
    """Finds the changes of the offset in whole years, by halving the days on which it changes."""
    changes = []
    day = timedelta(days=1)
    low = datetime(first_year, 1, 1, tzinfo=UTC) - day
    stop = datetime(last_year + 1, 1, 1, tzinfo=UTC) + day
    before = _state(info, low)[0]
    while low < stop:
        high = low + day
        if _state(info, high)[0] != before:
            inside, outside = low, high
            while outside - inside > timedelta(seconds=1):
                middle = inside + (outside - inside) // 2
                middle = middle.replace(microsecond=0)
                if _state(info, middle)[0] == before:
                    inside = middle
                else:
                    outside = middle
            after, name = _state(info, outside)
            changes.append(_Change(outside.replace(tzinfo=None) + before, before, after, name))
            before = after
            # A zone may change back on the same day; the rest of it is looked at again.
            high = outside
        low = high
    return changes


def _rules(changes: list[_Change], first_year: int, last_year: int) -> list[_Rule]:
    """Gives the two yearly rules that make exactly these changes, or nothing where there are none."""
    by_year: dict[int, list[_Change]] = {}
    for change in changes:
        by_year.setdefault(change.wall.year, []).append(change)
    years = range(first_year, last_year + 1)
    if any(len(by_year.get(year, ())) != 2 for year in years):
        return []
    rules = []
    for half in (0, 1):
        series = [by_year[year][half] for year in years]
        rule = next((rule for rule in _candidates(series[0]) if all(_makes(rule, change) for change in series)), None)
        if rule is None:
            return []
        rules.append(rule)
    return rules


def _candidates(change: _Change) -> list[_Rule]:
    wall = change.wall
    numbers = [-1, (wall.day - 1) // 7 + 1]
    return [
        _Rule(wall.month, nth, wall.weekday(), wall.time(), change.before, change.after, change.name)
        for nth in numbers
        if nth < 5
    ]


def _makes(rule: _Rule, change: _Change) -> bool:
    return (
        _day(rule, change.wall.year) == change.wall.date()
        and change.wall.time() == rule.at
        and (change.before, change.after, change.name) == (rule.before, rule.after, rule.name)
    )


def _day(rule: _Rule, year: int) -> date:
    if rule.nth > 0:
        first = date(year, rule.month, 1)
        return first + timedelta(days=(rule.weekday - first.weekday()) % 7 + 7 * (rule.nth - 1))
    last = date(year + rule.month // 12, rule.month % 12 + 1, 1) - timedelta(days=1)
    return last - timedelta(days=(last.weekday() - rule.weekday) % 7)


def _yearly(rule: _Rule, part: str) -> str:
    start = _wall(_day(rule, 1970), rule.at)
    repeat = f"RRULE:FREQ=YEARLY;BYMONTH={rule.month};BYDAY={rule.nth}{_DAYS[rule.weekday]}\r\n"
    return _observance(part, start, rule.before, rule.after, rule.name, repeat)


def _observance(part: str, start: datetime, before: timedelta, after: timedelta, name: str, repeat: str = "") -> str:
    return (
        f"BEGIN:{part}\r\n"
        f"DTSTART:{start:%Y%m%dT%H%M%S}\r\n"
        f"{repeat}"
        f"TZOFFSETFROM:{_offset(before)}\r\n"
        f"TZOFFSETTO:{_offset(after)}\r\n"
        f"TZNAME:{name}\r\n"
        f"END:{part}\r\n"
    )


def _wall(day: date, at: time = time()) -> datetime:
    return datetime.combine(day, at)


def _offset(offset: timedelta) -> str:
    seconds = int(offset.total_seconds())
    minutes, second = divmod(abs(seconds), 60)
    hour, minute = divmod(minutes, 60)
    return f"{'-' if seconds < 0 else '+'}{hour:02d}{minute:02d}" + (f"{second:02d}" if second else "")
