from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import icalendar
import pytest
from dateutil.rrule import rrulestr

from crm.calendars.zones import vtimezone
from crm.errors import Invalid

BY_RULE = [
    "Europe/Brussels",
    "Europe/London",
    "Europe/Dublin",
    "America/New_York",
    "Australia/Sydney",
    "Australia/Lord_Howe",
]
CALM = ["Asia/Tokyo", "Asia/Kolkata", "America/Caracas"]
LISTED = ["Africa/Casablanca", "America/Santiago", "Asia/Jerusalem", "Africa/Cairo"]


def onsets(text: str, last_year: int) -> list[tuple[datetime, timedelta]]:
    """Reads a VTIMEZONE as RFC 5545 describes it: each onset in UTC with the offset from then on, in order."""
    found = []
    for part in icalendar.Timezone.from_ical(text).subcomponents:
        before, after = part["TZOFFSETFROM"].td, part["TZOFFSETTO"].td
        start = part["DTSTART"].dt
        if rule := part.get("RRULE"):
            days = rrulestr(rule.to_ical().decode(), dtstart=start).between(
                start, datetime.combine(date(last_year, 12, 31), time.max), inc=True
            )
        else:
            days = [start]
        found += [((day - before).replace(tzinfo=UTC), after) for day in days]
    return sorted(found)


@pytest.mark.parametrize("zone", [*BY_RULE, *CALM, *LISTED])
@pytest.mark.parametrize("year", [2008, 2026, 2031])
def test_every_offset_is_that_of_the_time_zone_data(zone: str, year: int) -> None:
    table = onsets(vtimezone(zone, year - 3, year + 3), year + 3)
    moment, stop = datetime(year - 3, 1, 1, tzinfo=UTC), datetime(year + 4, 1, 1, tzinfo=UTC)
    while moment < stop:
        offset = [after for onset, after in table if onset <= moment][-1]
        assert offset == moment.astimezone(ZoneInfo(zone)).utcoffset(), moment
        moment += timedelta(hours=5)


@pytest.mark.parametrize("zone", [*BY_RULE, *LISTED])
def test_the_very_second_of_a_change_is_right(zone: str) -> None:
    info = ZoneInfo(zone)
    table = onsets(vtimezone(zone, 2025, 2027), 2027)
    inside = [(onset, after) for onset, after in table if 2025 <= onset.year <= 2027]
    assert len(inside) >= 4
    for onset, after in inside:
        assert onset.astimezone(info).utcoffset() == after
        assert (onset - timedelta(seconds=1)).astimezone(info).utcoffset() != after


@pytest.mark.parametrize("zone", BY_RULE)
def test_summer_time_is_two_yearly_rules_by_day(zone: str) -> None:
    text = vtimezone(zone, 2025, 2028)
    assert text.count("RRULE:FREQ=YEARLY;BYMONTH=") == 2
    assert text.count("BEGIN:STANDARD") == text.count("BEGIN:DAYLIGHT") == 1
    assert "RDATE" not in text


def test_brussels_is_written_as_outlook_reads_it() -> None:
    assert vtimezone("Europe/Brussels", 2025, 2028) == (
        "BEGIN:VTIMEZONE\r\n"
        "TZID:Europe/Brussels\r\n"
        "BEGIN:DAYLIGHT\r\n"
        "DTSTART:19700329T020000\r\n"
        "RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU\r\n"
        "TZOFFSETFROM:+0100\r\n"
        "TZOFFSETTO:+0200\r\n"
        "TZNAME:CEST\r\n"
        "END:DAYLIGHT\r\n"
        "BEGIN:STANDARD\r\n"
        "DTSTART:19701025T030000\r\n"
        "RRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU\r\n"
        "TZOFFSETFROM:+0200\r\n"
        "TZOFFSETTO:+0100\r\n"
        "TZNAME:CET\r\n"
        "END:STANDARD\r\n"
        "END:VTIMEZONE\r\n"
    )


@pytest.mark.parametrize("zone", CALM)
def test_a_zone_without_summer_time_is_one_standard(zone: str) -> None:
    text = vtimezone(zone, 2025, 2028)
    assert text.count("BEGIN:STANDARD") == 1
    assert "DAYLIGHT" not in text
    assert "RRULE" not in text


def test_rules_that_changed_inside_the_window_are_listed() -> None:
    assert "RRULE" not in vtimezone("America/New_York", 2005, 2008)


@pytest.mark.parametrize("years", [(1, 1), (9999, 9999), (2026, 2020)])
def test_far_years_do_not_fail(years: tuple[int, int]) -> None:
    assert vtimezone("Europe/Brussels", *years).startswith("BEGIN:VTIMEZONE")


@pytest.mark.parametrize("zone", ["Europe/Brusels", "", "../etc/passwd", "Europe", "a\x00b", "x" * 300])
def test_an_unknown_zone_is_refused(zone: str) -> None:
    with pytest.raises(Invalid, match="Europe/Brussels") as caught:
        vtimezone(zone, 2026, 2026)
    assert caught.value.field == "zone"
