from __future__ import annotations

import gzip
from datetime import UTC, date, datetime, time

import icalendar
import pytest

from crm.calendars.feed import assemble, etag, gzipped, head, single, timezones
from crm.calendars.render import render
from crm.calendars.rows import EntryRow
from crm.errors import Invalid

CHANGED = datetime(2026, 4, 1, 9, tzinfo=UTC)
WINDOW = (date(2025, 5, 11), date(2028, 5, 11))
MEETING = EntryRow(
    uid="e1@log.example.org",
    kind="engagement",
    title="AI Office",
    first=date(2026, 5, 11),
    last=date(2026, 5, 11),
    start=time(14, 30),
    zone="Europe/Brussels",
)


def fragment(row: EntryRow) -> str:
    return render(row, "full", sequence=0, changed_at=CHANGED)


def feed(*rows: EntryRow, name: str = "Antechamber") -> bytes:
    return assemble(name, map(fragment, rows), timezones({row.zone or "Etc/UTC" for row in rows}, *WINDOW))


def test_a_feed_is_one_calendar_with_its_zones_and_entries() -> None:
    [calendar] = icalendar.Calendar.from_ical(feed(MEETING, MEETING._replace(uid="e2@log.example.org")), multiple=True)
    assert [part.name for part in calendar.subcomponents] == ["VTIMEZONE", "VEVENT", "VEVENT"]
    assert "METHOD" not in calendar
    assert calendar["VERSION"] == "2.0"
    assert calendar["PRODID"]


def test_the_name_is_escaped_and_the_refresh_is_a_duration() -> None:
    text = head("A, B; C\\D\r\nMETHOD:REQUEST")
    assert "NAME:A\\, B\\; C\\\\D METHOD:REQUEST\r\n" in text
    assert "X-WR-CALNAME:A\\, B\\; C\\\\D METHOD:REQUEST\r\n" in text
    assert "REFRESH-INTERVAL;VALUE=DURATION:PT1H\r\nX-PUBLISHED-TTL:PT1H\r\n" in text


def test_each_zone_stands_once_and_in_order() -> None:
    text = timezones(["Europe/London", "Europe/Brussels", "Europe/London", "UTC"], *WINDOW)
    assert [line for line in text.split("\r\n") if line.startswith("TZID")] == [
        "TZID:Europe/Brussels",
        "TZID:Europe/London",
    ]


def test_zones_do_not_move_with_the_day() -> None:
    zones = ["Europe/Brussels", "Africa/Casablanca"]
    assert timezones(zones, date(2025, 5, 11), date(2028, 5, 11)) == timezones(
        zones, date(2025, 5, 12), date(2028, 5, 12)
    )


def test_a_feed_without_entries_is_still_a_calendar() -> None:
    calendar = icalendar.Calendar.from_ical(assemble("Nothing yet", []))
    assert [part.name for part in calendar.subcomponents] == ["VTIMEZONE"]


def test_equal_rows_give_equal_bytes_and_tags() -> None:
    assert feed(MEETING) == feed(MEETING)
    assert etag(feed(MEETING)) == etag(feed(MEETING)) != etag(feed(MEETING._replace(title="Other")))
    assert etag(b"") == '"e3b0c44298fc1c149afbf4c8996fb924"'


def test_packing_is_repeatable_and_has_its_own_tag() -> None:
    data = feed(MEETING)
    packed = gzipped(data)
    assert packed == gzipped(data)
    assert gzip.decompress(packed) == data
    assert etag(packed) != etag(data)


def test_every_line_of_a_feed_is_short_and_crlf_ended() -> None:
    data = feed(MEETING._replace(title="é" * 200), name="ü" * 100)
    assert all(len(line) <= 75 for line in data.split(b"\r\n"))
    assert data.count(b"\n") == data.count(b"\r\n")
    assert b"\x00" not in data


def test_one_entry_is_a_file_of_its_own() -> None:
    calendar = icalendar.Calendar.from_ical(single(MEETING, sequence=2, changed_at=CHANGED))
    assert [part.name for part in calendar.subcomponents] == ["VTIMEZONE", "VEVENT"]
    assert "X-WR-CALNAME" not in calendar
    assert calendar.walk("VEVENT")[0]["SEQUENCE"] == 2


def test_a_whole_day_entry_carries_no_zone() -> None:
    assert b"VTIMEZONE" not in single(MEETING._replace(start=None), sequence=0, changed_at=CHANGED)


def test_an_engagement_without_a_place_in_the_calendar_cannot_be_downloaded() -> None:
    with pytest.raises(Invalid, match="seven possible days"):
        single(MEETING._replace(last=date(2026, 5, 31)), sequence=0, changed_at=CHANGED)
