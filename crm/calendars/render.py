"""One entry as a VEVENT (RFC 5545, section 3.6.1): the fragment that is stored and joined into feeds."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from crm.calendars.lines import escape, fold, one_line, text_line, uri
from crm.calendars.rows import KINDS, EntryRow, Form
from crm.calendars.zones import is_utc, zone_info
from crm.dates import OPEN

RENDERER = 2
"""Version of the text made here; a fragment stored under another one is rendered again."""

WIDEST = 7
"""Days of doubt over which an entry may stand."""
_DEFAULT_LENGTH = timedelta(hours=1)


class Span(NamedTuple):
    """Where an entry stands in a calendar; ``end`` is exclusive. Both are days, or both are moments."""

    start: date | datetime
    end: date | datetime
    words: str = ""
    """what the title has to add, since the day alone would say too much: "by end of April 2026" """
    doubt: str = ""
    """what the title has to begin with, since the days stand for a doubt: "12 or 13 May 2026" """


def shown(row: EntryRow) -> bool:
    """Tells whether the entry has a place in a calendar: an engagement "in 2026" has none, what is due then has."""
    return span(row) is not None


def span(row: EntryRow) -> Span | None:
    """Finds the place of an entry.

    A doubt of up to seven days is whole days over the doubt; of wider ones, deadlines and milestones stand on the last
    possible day and the rest is not shown. Moments carry their zone, or none where the row has none; the end is always
    later than the start.

    :raises Invalid: (field ``zone``) for an unknown zone
    """
    if row.last == OPEN:
        return None
    if (row.last - row.first).days >= WIDEST:
        if not (row.deadline or row.kind == "milestone"):
            return None
        words = row.deadline_words or f"by {row.last:%-d %B %Y}"
        return Span(row.last, _next(row.last), words if words.startswith("by ") else f"by {words}")
    doubt = row.doubt if row.first != row.last else ""
    if row.deadline:
        return Span(row.first, _next(row.last), doubt=doubt)
    if row.start is None or row.first != row.last:
        return Span(row.first, _next(max(row.last, row.end_day or row.last)), doubt=doubt)
    return _timed(row, row.start)


def zone_of(row: EntryRow) -> str | None:
    """Gives the zone whose VTIMEZONE a file with this entry has to carry, if any."""
    place = span(row)
    timed = place is not None and isinstance(place.start, datetime)
    return row.zone if timed and row.zone and not is_utc(row.zone) else None


def render(row: EntryRow, form: Form, *, sequence: int, changed_at: datetime) -> str:
    """Gives the entry as a VEVENT, lines CRLF-ended and folded; empty if it is not shown.

    :param form: ``full``; ``brief`` leaves out who takes part; ``busy`` says neither what nor where
    :param sequence: how often the text has changed before
    :param changed_at: when it changed last, aware: DTSTAMP and LAST-MODIFIED, so that equal rows give equal bytes
    :raises Invalid: (field ``zone``) for an unknown zone
    """
    return stamp(body(row, form), sequence=sequence, changed_at=changed_at)


def stamp(text: str, *, sequence: int, changed_at: datetime) -> str:
    """Adds to a :func:`body` what :func:`render` has and it has not."""
    if changed_at.tzinfo is None:
        raise ValueError("changed_at must be aware")
    if not text:
        return ""
    moment = _utc(changed_at)
    begin, _, rest = text.partition("\r\n")
    return f"{begin}\r\nDTSTAMP:{moment}\r\nLAST-MODIFIED:{moment}\r\nSEQUENCE:{sequence}\r\n{rest}"


def body(row: EntryRow, form: Form) -> str:
    """Gives the VEVENT without its sequence and its moments: what decides whether an entry has changed.

    Empty if the entry is not shown.
    """
    place = span(row)
    if place is None:
        return ""
    title = _title(row, form, place)
    lines = [
        "BEGIN:VEVENT\r\n",
        text_line("UID", row.uid),
        *_times(row, place),
        text_line("SUMMARY", title),
        f"STATUS:{'CANCELLED' if row.cancelled else 'TENTATIVE' if row.tentative else 'CONFIRMED'}\r\n",
        f"TRANSP:{'OPAQUE' if _blocks(row, place) else 'TRANSPARENT'}\r\n",
    ]
    words = [KINDS[row.kind]] if row.kind != "engagement" else []
    if form != "busy":
        lines += _content(row, form)
        words += [word for word in dict.fromkeys(map(one_line, row.categories)) if word and word not in words]
    if words:
        lines.append(fold("CATEGORIES:" + ",".join(map(escape, words))))
    if form != "busy" and row.alarm_minutes is not None and not (row.cancelled or row.done):
        lines += _alarm(row.alarm_minutes, title)
    lines.append("END:VEVENT\r\n")
    return "".join(lines)


def _title(row: EntryRow, form: Form, place: Span) -> str:
    if form == "busy":
        title = "Busy" if row.kind == "engagement" else KINDS[row.kind]
    else:
        title = one_line(row.title) or KINDS[row.kind]
    parts = ["Cancelled: " if row.cancelled else "Done: " if row.done and row.deadline else "", title]
    if place.doubt:
        parts.insert(1, f"{place.doubt[0].upper()}{place.doubt[1:]}: ")
    return "".join(parts) + (f" {place.words}" if place.words else "")


def _content(row: EntryRow, form: Form) -> list[str]:
    blocks = []
    if row.typed and row.first != row.last:
        blocks.append(f"When: {one_line(row.typed)}, as typed")
    if row.start is not None and (row.deadline or row.first != row.last):
        clock = f"{row.start:%H:%M}" + (f"–{row.end:%H:%M}" if row.end else "")
        blocks.append(f"At {clock} ({row.zone})" if row.zone else f"At {clock}")
    blocks.append("\n".join(row.description))
    if form == "full" and row.participants:
        blocks.append("\n".join(("Taking part:", *(f"- {one_line(who)}" for who in row.participants))))
    # Google shows the description and drops URL.
    blocks.append(uri(row.url))
    lines = []
    if text := "\n\n".join(block.strip() for block in blocks if block.strip()):
        lines.append(text_line("DESCRIPTION", text))
    if place := one_line(row.location):
        lines.append(text_line("LOCATION", place))
    if address := uri(row.url):
        lines.append(fold(f"URL:{address}"))
    if row.related_uid:
        lines.append(text_line("RELATED-TO", row.related_uid))
    return lines


def _alarm(minutes: int, title: str) -> list[str]:
    return [
        "BEGIN:VALARM\r\n",
        "ACTION:DISPLAY\r\n",
        f"TRIGGER:-PT{max(minutes, 0)}M\r\n",
        text_line("DESCRIPTION", title),
        "END:VALARM\r\n",
    ]


def _blocks(row: EntryRow, place: Span) -> bool:
    """Whole days block time only where the meeting is known to last them; one without an hour does not fill its day."""
    if row.cancelled or row.deadline or row.kind == "milestone":
        return False
    return isinstance(place.start, datetime) or (row.first == row.last and row.end_day is not None)


def _times(row: EntryRow, place: Span) -> list[str]:
    if isinstance(place.start, datetime) and isinstance(place.end, datetime):
        return [_moment("DTSTART", place.start, row.zone), _moment("DTEND", place.end, row.zone)]
    return [f"DTSTART;VALUE=DATE:{_compact(place.start)}\r\n", f"DTEND;VALUE=DATE:{_compact(place.end)}\r\n"]


def _moment(name: str, moment: datetime, zone: str | None) -> str:
    wall = moment.replace(tzinfo=None, fold=0)
    if zone is None:
        return f"{name}:{_compact(wall)}\r\n"
    # A wall time that occurs twice means its first occurrence in iCalendar (RFC 5545, 3.3.5).
    if is_utc(zone) or moment.utcoffset() != moment.replace(fold=0).utcoffset():
        return f"{name}:{_utc(moment)}\r\n"
    return f"{name};TZID={zone}:{_compact(wall)}\r\n"


def _timed(row: EntryRow, start: time) -> Span:
    zone = zone_info(row.zone) if row.zone else None
    begin = datetime.combine(row.first, start, zone).replace(fold=row.fold)
    if row.end is None:
        if row.end_day is not None and row.end_day > row.first:
            return Span(begin, datetime.combine(_next(row.end_day), time(), zone))
        return Span(begin, _later(begin, _DEFAULT_LENGTH, zone))
    day = row.end_day or row.first
    same = datetime.combine(day, row.end, zone)
    # An end that looks earlier than its start is the second of two equal wall times, or the next day's.
    for end in (same.replace(fold=row.fold), same.replace(fold=1)):
        if _instant(end) > _instant(begin):
            return Span(begin, end)
    if row.end_day is None or row.end_day <= row.first:
        return Span(begin, datetime.combine(_next(row.first), row.end, zone))
    return Span(begin, _later(begin, _DEFAULT_LENGTH, zone))


def _later(moment: datetime, length: timedelta, zone: ZoneInfo | None) -> datetime:
    return moment + length if zone is None else (moment.astimezone(UTC) + length).astimezone(zone)


def _instant(moment: datetime) -> datetime:
    return moment if moment.tzinfo is None else moment.astimezone(UTC)


def _next(day: date) -> date:
    return min(day, date.max - timedelta(days=1)) + timedelta(days=1)


def _compact(moment: date) -> str:
    if isinstance(moment, datetime):
        return moment.replace(microsecond=0).isoformat().replace("-", "").replace(":", "")
    return moment.isoformat().replace("-", "")


def _utc(moment: datetime) -> str:
    return _compact(moment.astimezone(UTC).replace(tzinfo=None)) + "Z"
