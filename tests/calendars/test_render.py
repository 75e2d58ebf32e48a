from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import icalendar
import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm.calendars.render import body, render, shown, span, stamp, zone_of
from crm.calendars.rows import EntryRow, Form
from crm.dates import OPEN
from crm.errors import Invalid

DAY = date(2026, 5, 11)
CHANGED = datetime(2026, 4, 1, 9, 30, 15, 123456, tzinfo=UTC)


def row(**given: Any) -> EntryRow:
    base: dict[str, Any] = {
        "uid": "e1@log.example.org",
        "kind": "engagement",
        "title": "AI Office",
        "first": DAY,
        "last": DAY,
    }
    return EntryRow(**{**base, **given})


def timed(**given: Any) -> EntryRow:
    return row(**{"start": time(14, 30), "end": time(15, 15), "zone": "Europe/Brussels", **given})


def event(entry: EntryRow, form: Form = "full") -> icalendar.Event:
    return icalendar.Event.from_ical(render(entry, form, sequence=0, changed_at=CHANGED))


def lines(entry: EntryRow, form: Form = "full") -> list[str]:
    return render(entry, form, sequence=3, changed_at=CHANGED).replace("\r\n ", "").split("\r\n")


def test_a_timed_meeting_keeps_its_wall_time_and_zone() -> None:
    found = lines(timed())
    assert "DTSTART;TZID=Europe/Brussels:20260511T143000" in found
    assert "DTEND;TZID=Europe/Brussels:20260511T151500" in found
    assert "TRANSP:OPAQUE" in found
    assert "STATUS:CONFIRMED" in found


def test_a_meeting_without_an_end_lasts_an_hour() -> None:
    assert "DTEND;TZID=Europe/Brussels:20260511T153000" in lines(timed(end=None))


def test_an_hour_is_an_hour_across_the_change_of_the_clock() -> None:
    spring = timed(first=date(2026, 3, 29), last=date(2026, 3, 29), start=time(1, 30), end=None)
    assert "DTEND;TZID=Europe/Brussels:20260329T033000" in lines(spring)


def test_a_meeting_past_midnight_ends_the_next_day() -> None:
    assert "DTEND;TZID=Europe/Brussels:20260512T010000" in lines(timed(start=time(22), end=time(1)))


def test_a_timed_event_of_several_days_ends_on_its_last() -> None:
    assert "DTEND;TZID=Europe/Brussels:20260513T120000" in lines(timed(end_day=date(2026, 5, 13), end=time(12)))
    assert "DTEND;TZID=Europe/Brussels:20260514T000000" in lines(timed(end_day=date(2026, 5, 13), end=None))


def test_an_end_before_the_start_gives_the_default_length() -> None:
    place = span(timed(end_day=date(2026, 5, 10), end=time(12), zone=None))
    assert place is not None
    assert place.end > place.start


def test_the_second_of_two_equal_wall_times_is_written_in_utc() -> None:
    autumn = timed(first=date(2026, 10, 25), last=date(2026, 10, 25), start=time(2, 30), end=time(2, 45))
    assert "DTSTART;TZID=Europe/Brussels:20261025T023000" in lines(autumn)
    second = lines(autumn._replace(fold=1))
    assert "DTSTART:20261025T013000Z" in second
    assert "DTEND:20261025T014500Z" in second
    across = lines(autumn._replace(end=time(2, 15)))
    assert "DTEND:20261025T011500Z" in across


def test_a_wall_time_that_the_clock_skips_is_kept_as_typed() -> None:
    spring = timed(first=date(2026, 3, 29), last=date(2026, 3, 29), start=time(2, 30), end=time(4))
    assert "DTSTART;TZID=Europe/Brussels:20260329T023000" in lines(spring)


def test_utc_needs_no_zone_of_the_file() -> None:
    entry = timed(zone="Etc/UTC")
    assert "DTSTART:20260511T143000Z" in lines(entry)
    assert zone_of(entry) is None
    assert zone_of(timed()) == "Europe/Brussels"
    assert zone_of(row(zone="Europe/Brussels")) is None


def test_a_time_without_zone_floats() -> None:
    assert "DTSTART:20260511T143000" in lines(timed(zone=None))


def test_a_whole_day_ends_on_the_next_day_exclusively() -> None:
    found = lines(row())
    assert "DTSTART;VALUE=DATE:20260511" in found
    assert "DTEND;VALUE=DATE:20260512" in found


def test_a_conference_of_two_days_is_whole_days_and_blocks_them() -> None:
    found = lines(row(end_day=date(2026, 5, 12)))
    assert "DTEND;VALUE=DATE:20260513" in found
    assert "TRANSP:OPAQUE" in found


def test_a_day_without_an_hour_blocks_no_time() -> None:
    assert "TRANSP:TRANSPARENT" in lines(row())


def test_a_doubt_of_seven_days_is_shown_whole_and_one_of_eight_not_at_all() -> None:
    week = row(last=date(2026, 5, 17), start=time(14, 30), zone="Europe/Brussels")
    assert "DTSTART;VALUE=DATE:20260511" in lines(week)
    assert "DTEND;VALUE=DATE:20260518" in lines(week)
    assert "DESCRIPTION:At 14:30 (Europe/Brussels)" in lines(week)
    longer = row(last=date(2026, 5, 18))
    assert not shown(longer)
    assert render(longer, "full", sequence=0, changed_at=CHANGED) == body(longer, "full") == ""


def test_an_open_end_is_not_shown() -> None:
    assert not shown(row(last=OPEN))
    assert not shown(row(last=OPEN, deadline=True))


def test_a_coarse_deadline_stands_on_its_last_possible_day_and_says_so() -> None:
    due = row(
        kind="commitment", title="Publish the report", first=date(2026, 4, 1), last=date(2026, 4, 30), deadline=True
    )
    found = lines(due._replace(deadline_words="by end of April 2026"))
    assert "SUMMARY:Publish the report by end of April 2026" in found
    assert "DTSTART;VALUE=DATE:20260430" in found
    assert "DTEND;VALUE=DATE:20260501" in found
    assert "SUMMARY:Publish the report by 11 May 2026" in lines(due._replace(deadline_words="11 May 2026"))
    assert "SUMMARY:Publish the report by 30 April 2026" in lines(due)


def test_a_coarse_milestone_stands_on_its_last_possible_day_and_says_so() -> None:
    vote = row(kind="milestone", title="Vote", first=date(2026, 4, 11), deadline_words="by 11 May 2026")
    found = lines(vote._replace(typed="before 12 May 2026"))
    assert "SUMMARY:Vote by 11 May 2026" in found
    assert "DTSTART;VALUE=DATE:20260511" in found
    assert "DESCRIPTION:When: before 12 May 2026\\, as typed" in found
    assert not shown(vote._replace(last=OPEN))


def test_a_day_in_doubt_is_said_in_the_title_and_as_typed() -> None:
    doubtful = row(last=date(2026, 5, 12), doubt="11 or 12 May 2026", typed="11 or 12 May")
    assert "SUMMARY:11 or 12 May 2026: AI Office" in lines(doubtful)
    assert "DESCRIPTION:When: 11 or 12 May\\, as typed" in lines(doubtful)
    assert "SUMMARY:11 or 12 May 2026: Busy" in lines(doubtful, "busy")
    cancelled = lines(doubtful._replace(cancelled=True, doubt="between 11 and 12 May 2026"))
    assert "SUMMARY:Cancelled: Between 11 and 12 May 2026: AI Office" in cancelled
    assert "SUMMARY:AI Office" in lines(row(typed="11 May"))
    assert not any("typed" in line for line in lines(row(typed="11 May")))


@pytest.mark.parametrize(
    ("kind", "word"), [("follow_up", "Follow-up"), ("commitment", "Commitment"), ("milestone", "Milestone")]
)
def test_a_deadline_is_a_transparent_whole_day_with_its_word_and_its_engagement(kind: Any, word: str) -> None:
    found = lines(timed(kind=kind, deadline=True, related_uid="e9@log.example.org", categories=("AI Act", word)))
    assert "DTSTART;VALUE=DATE:20260511" in found
    assert "TRANSP:TRANSPARENT" in found
    assert f"CATEGORIES:{word},AI Act" in found
    assert "RELATED-TO:e9@log.example.org" in found
    assert "DESCRIPTION:At 14:30–15:15 (Europe/Brussels)" in found
    assert found[0] == "BEGIN:VEVENT"


def test_a_vote_has_its_hour_and_blocks_no_time() -> None:
    found = lines(timed(kind="milestone"))
    assert "DTSTART;TZID=Europe/Brussels:20260511T143000" in found
    assert "TRANSP:TRANSPARENT" in found


def test_cancelled_is_said_three_ways() -> None:
    found = lines(timed(cancelled=True, alarm_minutes=10))
    assert {"STATUS:CANCELLED", "SUMMARY:Cancelled: AI Office", "TRANSP:TRANSPARENT"} <= set(found)
    assert "BEGIN:VALARM" not in found


def test_tentative_and_done_are_said() -> None:
    assert "STATUS:TENTATIVE" in lines(timed(tentative=True))
    assert "SUMMARY:Done: AI Office" in lines(row(kind="follow_up", deadline=True, done=True))


def test_who_takes_part_is_in_the_full_form_only() -> None:
    entry = timed(
        description=("On the code of practice",), participants=("Maria Rossi", "Jan Peeters"), location="BERL"
    )
    full, brief = event(entry), event(entry, "brief")
    assert str(full["DESCRIPTION"]) == "On the code of practice\n\nTaking part:\n- Maria Rossi\n- Jan Peeters"
    assert str(brief["DESCRIPTION"]) == "On the code of practice"
    assert str(brief["LOCATION"]) == "BERL"
    assert "ATTENDEE" not in full
    assert "ORGANIZER" not in full


def test_busy_says_neither_what_nor_where_nor_with_whom() -> None:
    entry = timed(
        title="Secret",
        description=("Secret",),
        participants=("Secret",),
        location="Secret",
        url="https://example.org/secret",
        categories=("Secret",),
        related_uid="secret",
        alarm_minutes=5,
    )
    text = render(entry, "busy", sequence=0, changed_at=CHANGED)
    assert "secret" not in text.lower()
    assert "SUMMARY:Busy\r\n" in text
    assert "VALARM" not in text
    assert "SUMMARY:Follow-up\r\n" in render(
        entry._replace(kind="follow_up", deadline=True), "busy", sequence=0, changed_at=CHANGED
    )


def test_the_address_stands_in_the_description_too() -> None:
    found = event(timed(url="https://example.org/engagements/7"))
    assert str(found["URL"]) == "https://example.org/engagements/7"
    assert str(found["DESCRIPTION"]) == "https://example.org/engagements/7"


def test_an_alarm_rings_before_the_start() -> None:
    alarm = event(timed(alarm_minutes=15)).subcomponents[0]
    assert alarm["TRIGGER"].dt == timedelta(minutes=-15)
    assert str(alarm["ACTION"]) == "DISPLAY"


def test_the_stamps_are_those_of_the_last_change() -> None:
    found = lines(timed())
    assert {"DTSTAMP:20260401T093015Z", "LAST-MODIFIED:20260401T093015Z", "SEQUENCE:3"} <= set(found)
    with pytest.raises(ValueError, match="aware"):
        stamp(body(timed(), "full"), sequence=0, changed_at=datetime(2026, 1, 1))  # noqa: DTZ001


def test_the_body_is_the_fragment_without_sequence_and_stamps() -> None:
    text = body(timed(), "full")
    assert not any(name in text for name in ("SEQUENCE", "DTSTAMP", "LAST-MODIFIED"))
    assert stamp(text, sequence=1, changed_at=CHANGED) == render(timed(), "full", sequence=1, changed_at=CHANGED)


def test_a_title_cannot_bring_in_a_property() -> None:
    entry = timed(title="x\r\nATTENDEE:mailto:a@example.org", uid="u\r\nATTENDEE:y", url="https://e.org/\r\nATTENDEE:z")
    assert not any(line.startswith("ATTENDEE") for line in lines(entry))


def test_an_unknown_zone_is_refused() -> None:
    with pytest.raises(Invalid, match="Nowhere"):
        body(timed(zone="Nowhere"), "full")


def test_the_last_day_of_the_calendar_does_not_fail() -> None:
    late = date(9999, 12, 30)
    assert shown(row(first=late, last=late, end_day=date.max))


TEXT = st.text(st.characters(codec="utf-8"), max_size=120)


@given(
    title=TEXT,
    description=st.lists(TEXT, max_size=3).map(tuple),
    participants=st.lists(TEXT, max_size=3).map(tuple),
    location=TEXT,
    categories=st.lists(TEXT, max_size=3).map(tuple),
    form=st.sampled_from(["full", "brief", "busy"]),
    deadline=st.booleans(),
)
def test_any_text_gives_a_fragment_that_reads_back(form: Form, **given: Any) -> None:
    entry = timed(**given)
    text = render(entry, form, sequence=0, changed_at=CHANGED)
    assert all(len(line) <= 75 for line in text.encode().split(b"\r\n"))
    assert not any(ord(char) < 32 and char not in "\r\n\t" for char in text)
    assert text.count("\r") == text.count("\n") == text.count("\r\n")
    found = icalendar.Event.from_ical(text)
    assert not found.errors
    assert str(found["UID"]) == entry.uid


MOMENTS = st.datetimes(datetime.fromisoformat("2020-01-01"), datetime.fromisoformat("2030-01-01")).map(
    lambda moment: moment.replace(microsecond=0)
)


@given(begin=MOMENTS, end=st.none() | st.times().map(lambda t: t.replace(microsecond=0)), fold=st.sampled_from([0, 1]))
def test_a_reader_finds_the_moments_of_the_meeting(begin: datetime, end: time | None, fold: int) -> None:
    zone = ZoneInfo("Europe/Brussels")
    found = event(timed(first=begin.date(), last=begin.date(), start=begin.time(), end=end, fold=fold))
    start, stop = found["DTSTART"].dt, found["DTEND"].dt
    meant = begin.replace(tzinfo=zone, fold=fold)
    skipped = meant.astimezone(UTC).astimezone(zone).replace(tzinfo=None) != begin
    assert skipped or start.astimezone(UTC) == meant.astimezone(UTC)
    assert timedelta() < stop.astimezone(UTC) - start.astimezone(UTC) <= timedelta(hours=26)
