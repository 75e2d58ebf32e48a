"""What people type, and what it is taken for."""

from __future__ import annotations

import datetime as dt

import pytest

from crm.dates import OPEN, When, parse_day, parse_when

TODAY = dt.date(2026, 11, 23)  # a Monday
ZONE = "Europe/Brussels"


def when(text: str, *, past: bool = True, zone: str | None = ZONE, not_before: dt.date | None = None) -> When:
    return parse_when(text, today=TODAY, past=past, zone=zone, not_before=not_before)


def span(what: When) -> tuple[str, str, str]:
    last = "open" if what.last == OPEN else what.last.isoformat()
    return what.precision.value, what.first.isoformat(), last


def day(text: str, *, past: bool = True) -> str:
    return parse_day(text, today=TODAY, past=past).isoformat()


@pytest.mark.parametrize(
    "text",
    [
        "11 May 2026",
        "11/5/2026",
        "11/05/2026",
        "11.5.2026",
        "11. 5. 2026",
        "11.05.26",
        "11-5-2026",
        "11/5/26",
        "2026-05-11",
        "2026/5/11",
        "20260511",
        "Mon 11 May 2026",
        "Monday, 11 May 2026",
        "11 May 2026 (Monday)",
        "May 11, 2026",
        "may 11th 2026",
        "the 11th of May, 2026",
        "on 11 MAY 2026",
        "11\u00a0May\u202f2026",
        "11-May-2026",
        "11/May/26",
        "11May2026",
        "2026 May 11",
        "11 May 26",
        "11 May ’26",
        "11. Mai 2026",
        "Montag, 11. Mai 2026",
        "lundi 11 mai 2026",
        "１１ May ２０２６",
        "  11 May 2026. ",
    ],
)
def test_one_day_is_read_in_every_usual_form(text: str) -> None:
    assert span(when(text)) == ("day", "2026-05-11", "2026-05-11")
    assert when(text).text == text.strip()


@pytest.mark.parametrize(
    ("text", "past", "future"),
    [
        ("today", "2026-11-23", "2026-11-23"),
        ("Yesterday", "2026-11-22", "2026-11-22"),
        ("TOMORROW", "2026-11-24", "2026-11-24"),
        ("the day before yesterday", "2026-11-21", "2026-11-21"),
        ("the day after tomorrow", "2026-11-25", "2026-11-25"),
        ("Monday", "2026-11-23", "2026-11-23"),
        ("Tue", "2026-11-17", "2026-11-24"),
        ("Sunday", "2026-11-22", "2026-11-29"),
        ("last Friday", "2026-11-20", "2026-11-20"),
        ("last Monday", "2026-11-16", "2026-11-16"),
        ("next Monday", "2026-11-30", "2026-11-30"),
        ("next Tuesday", "2026-11-24", "2026-11-24"),
        ("this Friday", "2026-11-27", "2026-11-27"),
        ("in 10 days", "2026-12-03", "2026-12-03"),
        ("in two weeks", "2026-12-07", "2026-12-07"),
        ("a week ago", "2026-11-16", "2026-11-16"),
        ("11 May", "2026-05-11", "2027-05-11"),
        ("May 11", "2026-05-11", "2027-05-11"),
        ("11/5", "2026-05-11", "2027-05-11"),
        ("11.5.", "2026-05-11", "2027-05-11"),
        ("23 November", "2026-11-23", "2026-11-23"),
        ("24 November", "2025-11-24", "2026-11-24"),
        ("29 February", "2024-02-29", "2028-02-29"),
        ("29 Feb", "2024-02-29", "2028-02-29"),
    ],
)
def test_unsaid_year_is_the_nearest_past_or_future_one(text: str, past: str, future: str) -> None:
    assert (day(text), day(text, past=False)) == (past, future)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("April 2026", ("month", "2026-04-01", "2026-04-30")),
        ("Apr. 2026", ("month", "2026-04-01", "2026-04-30")),
        ("Apr '26", ("month", "2026-04-01", "2026-04-30")),
        ("04/2026", ("month", "2026-04-01", "2026-04-30")),
        ("2026-04", ("month", "2026-04-01", "2026-04-30")),
        ("Avril 2026", ("month", "2026-04-01", "2026-04-30")),
        ("März 2026", ("month", "2026-03-01", "2026-03-31")),
        ("août 2026", ("month", "2026-08-01", "2026-08-31")),
        ("December", ("month", "2025-12-01", "2025-12-31")),
        ("November", ("month", "2026-11-01", "2026-11-30")),
        ("last month", ("month", "2026-10-01", "2026-10-31")),
        ("Q2", ("quarter", "2026-04-01", "2026-06-30")),
        ("Q2 2025", ("quarter", "2025-04-01", "2025-06-30")),
        ("Q2/25", ("quarter", "2025-04-01", "2025-06-30")),
        ("2025 q2", ("quarter", "2025-04-01", "2025-06-30")),
        ("2025-Q2", ("quarter", "2025-04-01", "2025-06-30")),
        ("2nd quarter of 2025", ("quarter", "2025-04-01", "2025-06-30")),
        ("the last quarter of 2025", ("quarter", "2025-10-01", "2025-12-31")),
        ("last quarter", ("quarter", "2026-07-01", "2026-09-30")),
        ("H1 2025", ("half", "2025-01-01", "2025-06-30")),
        ("second half of 2025", ("half", "2025-07-01", "2025-12-31")),
        ("2025", ("year", "2025-01-01", "2025-12-31")),
        ("next year", ("year", "2027-01-01", "2027-12-31")),
        ("this week", ("between", "2026-11-23", "2026-11-29")),
        ("w/c 11 May 2026", ("between", "2026-05-11", "2026-05-17")),
        ("week of 13 May 2026", ("between", "2026-05-11", "2026-05-17")),
        ("week 20, 2026", ("between", "2026-05-11", "2026-05-17")),
        ("2026-W20", ("between", "2026-05-11", "2026-05-17")),
        ("early May 2026", ("between", "2026-05-01", "2026-05-10")),
        ("mid-May 2026", ("between", "2026-05-11", "2026-05-20")),
        ("late February 2026", ("between", "2026-02-21", "2026-02-28")),
        ("end of April 2026", ("between", "2026-04-21", "2026-04-30")),
        ("beginning of Q2 2026", ("between", "2026-04-01", "2026-04-30")),
        ("mid 2026", ("between", "2026-05-01", "2026-08-31")),
        ("end of the year", ("between", "2026-09-01", "2026-12-31")),
        ("early next week", ("between", "2026-11-30", "2026-12-01")),
        ("first half of May 2026", ("between", "2026-05-01", "2026-05-15")),
        ("second half of Q1 2026", ("between", "2026-02-15", "2026-03-31")),
    ],
)
def test_coarse_dates_keep_their_whole_span(text: str, expected: tuple[str, str, str]) -> None:
    assert span(when(text)) == expected


@pytest.mark.parametrize(
    ("text", "first", "end"),
    [
        ("12–13 May 2026", "2026-05-12", "2026-05-13"),
        ("12 - 13 May", "2026-05-12", "2026-05-13"),
        ("12—13 May", "2026-05-12", "2026-05-13"),
        ("12th to 13th of May 2026", "2026-05-12", "2026-05-13"),
        ("from 12 to 13 May", "2026-05-12", "2026-05-13"),
        ("12 and 13 May", "2026-05-12", "2026-05-13"),
        ("12 & 13 May", "2026-05-12", "2026-05-13"),
        ("12.–13.5.2026", "2026-05-12", "2026-05-13"),
        ("12.05.2026 - 13.05.2026", "2026-05-12", "2026-05-13"),
        ("2026-05-12 – 2026-05-13", "2026-05-12", "2026-05-13"),
        ("12/05/26-13/05/26", "2026-05-12", "2026-05-13"),
        ("May 12–13, 2026", "2026-05-12", "2026-05-13"),
        ("Apr 26–27", "2026-04-26", "2026-04-27"),
        ("Tue 12 – Wed 13 May 2026", "2026-05-12", "2026-05-13"),
        ("31 March – 1 April 2026", "2026-03-31", "2026-04-01"),
        ("30 Dec – 2 Jan", "2025-12-30", "2026-01-02"),
        ("30 Dec – 2 Jan 2026", "2025-12-30", "2026-01-02"),
        ("30 Dec 2025 – 2 Jan", "2025-12-30", "2026-01-02"),
        ("last Thursday – Monday", "2026-11-19", "2026-11-23"),
        ("Thursday to Saturday", "2026-11-19", "2026-11-21"),
    ],
)
def test_range_of_days_is_a_duration_without_doubt(text: str, first: str, end: str) -> None:
    what = when(text)
    assert span(what) == ("day", first, first)
    assert what.end == dt.date.fromisoformat(end)


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("12 or 13 May", "2026-05-12", "2026-05-13"),
        ("12/13 May 2026", "2026-05-12", "2026-05-13"),
        ("between 12 and 13 May", "2026-05-12", "2026-05-13"),
        ("between 3 and 9 May 2026", "2026-05-03", "2026-05-09"),
        ("some day between 3 May and 9 June 2026", "2026-05-03", "2026-06-09"),
        ("May 12 or 13, 2026", "2026-05-12", "2026-05-13"),
        ("Tuesday or Wednesday", "2026-11-17", "2026-11-18"),
        ("31 March or 1 April", "2026-03-31", "2026-04-01"),
        ("April or May 2026", "2026-04-01", "2026-05-31"),
        ("April–May 2026", "2026-04-01", "2026-05-31"),
        ("Q1–Q2 2026", "2026-01-01", "2026-06-30"),
        ("2025–2026", "2025-01-01", "2026-12-31"),
        ("after 3 May and before 12 May 2026", "2026-05-04", "2026-05-11"),
        ("after 3 May, on or before 12 May", "2026-05-04", "2026-05-12"),
        ("since 3 May until 12 May", "2026-05-03", "2026-05-12"),
        ("about mid-May 2026", "2026-05-01", "2026-05-30"),
    ],
)
def test_doubt_between_days_has_no_duration(text: str, first: str, last: str) -> None:
    what = when(text)
    assert span(what) == ("between", first, last)
    assert what.end is None


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("about 11 May 2026", "2026-05-10", "2026-05-12"),
        ("about March 2026", "2026-02-01", "2026-04-30"),
        ("around January 2026", "2025-12-01", "2026-02-28"),
        ("ca. Q2 2026", "2026-01-01", "2026-09-30"),
        ("c. H1 2026", "2025-07-01", "2026-12-31"),
        ("circa 2026", "2025-01-01", "2027-12-31"),
        ("~2026", "2025-01-01", "2027-12-31"),
        ("approx. March", "2026-02-01", "2026-04-30"),
    ],
)
def test_about_widens_by_one_each_way(text: str, first: str, last: str) -> None:
    assert span(when(text)) == ("about", first, last)


@pytest.mark.parametrize(
    ("text", "last"),
    [
        ("before 12 May 2026", "2026-05-11"),
        ("on or before 11 May 2026", "2026-05-11"),
        ("by Monday 11 May 2026", "2026-05-11"),
        ("until 11 May", "2026-05-11"),
        ("no later than 11.5.2026", "2026-05-11"),
        ("11 May 2026 or earlier", "2026-05-11"),
        ("11 May 2026 at the latest", "2026-05-11"),
        ("≤ 11 May 2026", "2026-05-11"),
        ("before May 2026", "2026-04-30"),
        ("by April 2026", "2026-04-30"),
        ("by the end of April 2026", "2026-04-30"),
        ("before the end of April 2026", "2026-04-30"),
        ("before Q2 2026", "2026-03-31"),
        ("by the end of the month", "2026-11-30"),
        ("before the end of the year", "2026-12-31"),
        ("before the end of next week", "2026-12-06"),
    ],
)
def test_before_assumes_thirty_days_and_says_so(text: str, last: str) -> None:
    what = when(text)
    assert span(what) == ("before", (what.last - dt.timedelta(days=30)).isoformat(), last)
    assert what.assumed


@pytest.mark.parametrize(
    "text",
    ["before 12 May, not before 1 May", "before 12 May 2026 but not before 1 May", "by 11 May, no earlier than May"],
)
def test_not_before_in_the_text_is_not_assumed(text: str) -> None:
    for argument in (None, dt.date(2026, 4, 1)):
        what = when(text, not_before=argument)
        assert span(what) == ("before", "2026-05-01", "2026-05-11")
        assert not what.assumed


def test_not_before_argument_is_not_assumed() -> None:
    what = when("before 12 May 2026", not_before=dt.date(2026, 5, 1))
    assert span(what) == ("before", "2026-05-01", "2026-05-11")
    assert not what.assumed


def test_not_before_crosses_the_turn_of_the_year() -> None:
    assert span(when("before 10 January 2026, not before 20 December"))[1:] == ("2025-12-20", "2026-01-09")


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("after 3 May 2026", "2026-05-04"),
        ("since 3 May 2026", "2026-05-03"),
        ("since 3 May", "2026-05-03"),
        ("on or after 3 May", "2026-05-03"),
        ("from 3 May 2026", "2026-05-03"),
        ("3 May 2026 or later", "2026-05-03"),
        ("not before 3 May", "2026-05-03"),
        ("≥ 3 May 2026", "2026-05-03"),
        ("after April 2026", "2026-05-01"),
        ("since May 2026", "2026-05-01"),
    ],
)
def test_after_has_an_open_end(text: str, first: str) -> None:
    assert span(when(text)) == ("after", first, "open")


def test_since_is_past_even_for_what_is_to_come() -> None:
    assert when("since 3 May", past=False).first == dt.date(2026, 5, 3)


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [
        ("11 May 2026 14:30", "14:30", None),
        ("11 May 2026, 14.30", "14:30", None),
        ("11 May 14:30", "14:30", None),
        ("2026-05-11T14:30", "14:30", None),
        ("2026-05-11T14:30:59", "14:30", None),
        ("2026-05-11 14:30-15:30", "14:30", "15:30"),
        ("11 May 2026 at 2.30pm", "14:30", None),
        ("11 May 2026 2:30 p.m.", "14:30", None),
        ("11 May 2026 14h30", "14:30", None),
        ("11 May 2026 14 h", "14:00", None),
        ("11 May 2026 12am", "00:00", None),
        ("11 May 2026 12 noon", "12:00", None),
        ("11 May 2026 14:30–15:30", "14:30", "15:30"),
        ("11 May 2026 from 14:30 to 16", "14:30", "16:00"),
        ("11 May 2026 2-3pm", "14:00", "15:00"),
        ("11 May 2026 11.30-1pm", "11:30", "13:00"),
        ("11 May 10-11am", "10:00", "11:00"),
        ("11.5.26 9:00-10:00", "09:00", "10:00"),
        ("14:30 on 11 May 2026", "14:30", None),
        ("2-3pm, Monday 11 May 2026", "14:00", "15:00"),
        ("May 11, 2026, 14:30", "14:30", None),
    ],
)
def test_wall_times_are_read(text: str, start: str, end: str | None) -> None:
    what = when(text)
    assert span(what) == ("minute", "2026-05-11", "2026-05-11")
    assert what.time == dt.time.fromisoformat(start)
    assert what.end_time == (end and dt.time.fromisoformat(end))
    assert (what.zone, what.end) == (ZONE, None)


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [
        ("12 May 2026 14:30 – 13 May 2026 12:00", "14:30", "12:00"),
        ("12–13 May 2026 14:30–12:00", "14:30", "12:00"),
        ("12 May 14:30 - 13.5.2026 12.00", "14:30", "12:00"),
        ("12 May 2026 22:00-1:00", "22:00", "01:00"),
        ("12 - 13 May 2026 9am", "09:00", None),
    ],
)
def test_times_may_span_two_days(text: str, start: str, end: str | None) -> None:
    what = when(text)
    assert span(what) == ("minute", "2026-05-12", "2026-05-12")
    assert what.end == dt.date(2026, 5, 13)
    assert (what.time, what.end_time) == (dt.time.fromisoformat(start), end and dt.time.fromisoformat(end))


def test_zone_stays_away_from_whole_days() -> None:
    assert when("11 May 2026").zone is None


def test_offset_is_turned_into_wall_time_of_the_zone() -> None:
    what = when("2026-10-25T01:30Z")
    assert (what.time, what.fold, what.first) == (dt.time(2, 30), 1, dt.date(2026, 10, 25))
    assert what.start_utc() == dt.datetime(2026, 10, 25, 1, 30, tzinfo=dt.UTC)
    assert when("2026-05-11T23:30+00:00").first == dt.date(2026, 5, 12)
