"""Fragments into a calendar file, and what an HTTP answer needs beside the bytes."""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Iterable, Iterator
from datetime import date, datetime

from crm.calendars.lines import one_line, text_line
from crm.calendars.render import render, span, zone_of
from crm.calendars.rows import EntryRow, Form
from crm.calendars.zones import is_utc, vtimezone
from crm.errors import Invalid

_OPEN = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Antechamber//Calendar//EN\r\nCALSCALE:GREGORIAN\r\n"
_CLOSE = "END:VCALENDAR\r\n"
# A calendar without any component is malformed (RFC 5545, 3.6), and refused by Outlook.
_NO_COMPONENT = vtimezone("Etc/UTC", 1970, 1970)


def head(name: str, refresh: str = "PT1H") -> str:
    """Gives the first lines of a feed.

    :param name: what the reader's calendar calls it
    :param refresh: how often it should be fetched, an RFC 5545 duration; Google fetches when it likes. Empty for a file
        that is opened once
    """
    name = one_line(name)
    again = f"REFRESH-INTERVAL;VALUE=DURATION:{refresh}\r\nX-PUBLISHED-TTL:{refresh}\r\n" if refresh else ""
    return f"{_OPEN}{text_line('NAME', name)}{text_line('X-WR-CALNAME', name)}{again}"


def timezones(zones: Iterable[str], first: date, last: date) -> str:
    """Gives the VTIMEZONEs of the zones used between two days, each once, in the order of their names.

    The text depends on the years only, so that it stays the same from day to day.

    :raises Invalid: (field ``zone``) for an unknown zone
    """
    return "".join(vtimezone(zone, first.year, last.year) for zone in sorted(set(zones)) if not is_utc(zone))


def assemble(name: str, fragments: Iterable[str], zones: str = "") -> bytes:
    """Joins a feed.

    :param fragments: what :func:`crm.calendars.render.render` gave; empty ones fall away
    :param zones: what :func:`timezones` gave
    """
    entries = "".join(fragments)
    if not entries and not zones:
        zones = _NO_COMPONENT
    return "".join((head(name), zones, entries, _CLOSE)).encode()


def stream(name: str, parts: Iterable[str]) -> Iterator[bytes]:
    """Gives a file that is opened once, piece by piece.

    :param parts: what :func:`timezones` gave, then what :func:`crm.calendars.render.render` gave
    """
    yield head(name, refresh="").encode()
    is_empty = True
    for part in parts:
        if part:
            is_empty = False
            yield part.encode()
    yield ((_NO_COMPONENT if is_empty else "") + _CLOSE).encode()


def single(row: EntryRow, *, sequence: int, changed_at: datetime, form: Form = "full") -> bytes:
    """Gives a file with one entry, to be opened once rather than subscribed to.

    :raises Invalid: (field ``when``) if the entry has no place in a calendar
    """
    place = span(row)
    if place is None:
        raise Invalid("when", "its days are too uncertain for a calendar; give at most seven possible days")
    zone = zone_of(row)
    zones = timezones((zone,), row.first, row.end_day or row.last) if zone else ""
    fragment = render(row, form, sequence=sequence, changed_at=changed_at)
    return "".join((_OPEN, zones, fragment, _CLOSE)).encode()


def etag(data: bytes) -> str:
    """Gives a strong entity tag (RFC 9110, 8.8.3), quotes included; packed bytes have one of their own."""
    return f'"{hashlib.sha256(data).hexdigest()[:32]}"'


def gzipped(data: bytes) -> bytes:
    """Packs quickly, equal bytes to equal bytes."""
    return gzip.compress(data, 1, mtime=0)
