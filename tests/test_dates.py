"""The value, what it counts in, how it is said, and the periods it is counted by."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm.dates import OPEN, Precision, When, parse_when, period_of, periods
from crm.errors import Invalid

TODAY = dt.date(2026, 11, 23)
DAYS = st.dates(dt.date(1950, 1, 1), dt.date(2150, 12, 31))
BY = st.sampled_from(["month", "quarter", "half", "year"])


def when(text: str, *, past: bool = True, zone: str | None = "Europe/Brussels") -> When:
    return parse_when(text, today=TODAY, past=past, zone=zone)


def counted(what: When, start: dt.date, end: dt.date, by: str) -> dict[str, str]:
    """The periods of a table that hold or may hold it."""
    found = {}
    for period in periods(start, end, by):
        if what.certain_in(period.start, period.end):
            found[period.label] = "certain"
        elif what.possible_in(period.start, period.end):
            found[period.label] = "possible"
    return found


YEAR = dt.date(2026, 1, 1), dt.date(2026, 12, 31)


@st.composite
def doubts(draw: st.DrawFn) -> When:
    first = draw(DAYS)
    last = first + dt.timedelta(days=draw(st.integers(0, 800)))
    return When(first, last, Precision.BETWEEN, "drawn")


def test_seed_letter_is_certain_in_the_year() -> None:
    assert counted(when("on or before 11 May 2026"), *YEAR, "year") == {"2026": "certain"}


def test_about_march_is_possible_in_three_months_and_certain_in_the_year() -> None:
    about = when("about March 2026")
    assert counted(about, *YEAR, "month") == {"Feb 2026": "possible", "Mar 2026": "possible", "Apr 2026": "possible"}
    assert counted(about, *YEAR, "year") == {"2026": "certain"}


def test_conference_over_a_month_end_counts_where_it_begins() -> None:
    conference = when("31 March – 1 April 2026")
    assert counted(conference, *YEAR, "month") == {"Mar 2026": "certain"}
    assert counted(conference, *YEAR, "quarter") == {"Q1 2026": "certain"}


def test_quarter_is_possible_in_each_of_its_months_and_certain_in_the_whole() -> None:
    quarter = when("Q1 2026")
    assert counted(quarter, *YEAR, "month") == dict.fromkeys(["Jan 2026", "Feb 2026", "Mar 2026"], "possible")
    assert quarter.certain_in(*YEAR)


def test_doubt_over_a_month_end_is_possible_in_both_months() -> None:
    doubt = when("30 April or 1 May 2026")
    assert counted(doubt, *YEAR, "month") == {"Apr 2026": "possible", "May 2026": "possible"}


def test_open_end_is_possible_only_where_it_begins() -> None:
    after = when("after 3 May 2026")
    assert after.last == OPEN
    assert counted(after, *YEAR, "month") == {"May 2026": "possible"}
    assert counted(after, dt.date(2025, 1, 1), dt.date(2028, 12, 31), "year") == {"2026": "possible"}


@given(doubts(), DAYS, DAYS)
def test_certain_and_possible_exclude_each_other(what: When, one: dt.date, other: dt.date) -> None:
    start, end = sorted((one, other))
    assert not (what.certain_in(start, end) and what.possible_in(start, end))
    overlaps = what.first <= end and start <= what.last
    assert overlaps == (what.certain_in(start, end) or what.possible_in(start, end))


@given(doubts(), BY)
def test_doubt_is_certain_in_one_period_or_possible_in_several(what: When, by: str) -> None:
    margin = dt.timedelta(days=400)
    found = list(counted(what, what.first - margin, what.last + margin, by).values())
    assert found == ["certain"] or (len(found) > 1 and set(found) == {"possible"})


@given(doubts(), st.integers(1, 900), DAYS, DAYS)
def test_duration_never_affects_counting(what: When, length: int, one: dt.date, other: dt.date) -> None:
    longer = replace(what, end=what.first + dt.timedelta(days=length))
    start, end = sorted((one, other))
    assert longer.certain_in(start, end) == what.certain_in(start, end)
    assert longer.possible_in(start, end) == what.possible_in(start, end)


def utc(*parts: int) -> dt.datetime:
    return dt.datetime(*parts, tzinfo=dt.UTC)  # type: ignore[misc,arg-type]


def test_moments_are_derived_from_wall_time_and_zone() -> None:
    meeting = when("11 May 2026 14:30–15:30")
    assert (meeting.start_utc(), meeting.end_utc()) == (utc(2026, 5, 11, 12, 30), utc(2026, 5, 11, 13, 30))
    winter = when("11 January 2026 14:30")
    assert (winter.start_utc(), winter.end_utc()) == (utc(2026, 1, 11, 13, 30), None)


def test_there_is_no_moment_without_a_time_or_a_zone() -> None:
    assert when("11 May 2026").start_utc() is None
    assert when("11 May 2026 14:30", zone=None).start_utc() is None
    assert when("12–13 May 2026 14:30").end_utc() is None


def test_time_that_clocks_skip_stays_as_typed_and_takes_the_offset_before() -> None:
    skipped = when("29 March 2026 02:30")
    assert skipped.time == dt.time(2, 30)
    assert skipped.start_utc() == utc(2026, 3, 29, 1, 30)


def test_time_that_clocks_show_twice_is_told_apart_by_fold() -> None:
    first = when("25 October 2026 02:30")
    assert first.start_utc() == utc(2026, 10, 25, 0, 30)
    assert replace(first, fold=1).start_utc() == utc(2026, 10, 25, 1, 30)


def test_no_meeting_ends_before_it_begins_when_clocks_go_forward() -> None:
    skipped = when("29 March 2026 02:30-03:15")
    assert skipped.end_utc() == skipped.start_utc() == utc(2026, 3, 29, 1, 30)


def test_meeting_over_midnight_ends_the_next_day() -> None:
    late = when("11 May 2026 22:00-01:00")
    assert (late.end, late.end_time) == (dt.date(2026, 5, 12), dt.time(1))
    assert late.end_utc() == utc(2026, 5, 11, 23)


@pytest.mark.parametrize(
    ("text", "described", "short", "deadline"),
    [
        (
            "11 May 2026 14:30-15:30",
            "Monday 11 May 2026, 14:30–15:30 (Europe/Brussels)",
            "11 May 2026 14:30",
            "11 May 2026, 15:30",
        ),
        (
            "11 May 2026 22:00-01:00",
            "Monday 11 May 2026, 22:00 – Tuesday 12 May 2026, 01:00 (Europe/Brussels)",
            "11 May 2026 22:00",
            "12 May 2026, 01:00",
        ),
        (
            "12-13 May 2026 9:00",
            "Tuesday 12 May 2026, 09:00 – Wednesday 13 May 2026 (Europe/Brussels)",
            "12–13 May 2026 09:00",
            "13 May 2026",
        ),
        ("11/9/2026", "Friday 11 September 2026", "11 Sep 2026", "11 September 2026"),
        ("12–13 May 2026", "12–13 May 2026, two days", "12–13 May 2026", "13 May 2026"),
        ("31 Mar – 1 Apr 2026", "31 March – 1 April 2026, two days", "31 Mar – 1 Apr 2026", "1 April 2026"),
        (
            "30 Dec 2025 – 14 Jan 2026",
            "30 December 2025 – 14 January 2026, 16 days",
            "30 Dec 2025 – 14 Jan 2026",
            "14 January 2026",
        ),
        ("12 or 13 May 2026", "on 12 or 13 May 2026, the day is in doubt", "12/13 May 2026", "by 13 May 2026"),
        (
            "31 March or 1 April 2026",
            "on 31 March or 1 April 2026, the day is in doubt",
            "31 Mar / 1 Apr 2026",
            "by 1 April 2026",
        ),
        ("between 3 and 9 May 2026", "some day between 3 and 9 May 2026", "between 3 and 9 May 2026", "by 9 May 2026"),
        ("April 2026", "some day in April 2026", "Apr 2026", "by end of April 2026"),
        ("Q2 2026", "some day in Q2 2026 (April–June)", "Q2 2026", "by end of Q2 2026"),
        ("second half of 2026", "some day in the second half of 2026", "H2 2026", "by end of H2 2026"),
        ("2026", "some day in 2026", "2026", "by end of 2026"),
        (
            "before 12 May 2026",
            "on or before 11 May 2026, not before 11 April 2026 (assumed)",
            "≤ 11 May 2026",
            "by 11 May 2026",
        ),
        (
            "before 12 May 2026, not before 1 May",
            "on or before 11 May 2026, not before 1 May 2026",
            "≤ 11 May 2026",
            "by 11 May 2026",
        ),
        (
            "after 3 May 2026",
            "on or after 4 May 2026, the last possible day is open",
            "≥ 4 May 2026",
            "no last day, from 4 May 2026",
        ),
        (
            "about 11 May 2026",
            "about 11 May 2026: some day between 10 and 12 May 2026",
            "~11 May 2026",
            "by 12 May 2026",
        ),
        (
            "about March 2026",
            "about March 2026: some day between 1 February and 30 April 2026",
            "~Mar 2026",
            "by end of April 2026",
        ),
        (
            "about Q2 2026",
            "about Q2 2026: some day between 1 January and 30 September 2026",
            "~Q2 2026",
            "by end of September 2026",
        ),
        (
            "about H1 2026",
            "about the first half of 2026: some day between 1 July 2025 and 31 December 2026",
            "~H1 2026",
            "by end of December 2026",
        ),
        (
            "about 2026",
            "about 2026: some day between 1 January 2025 and 31 December 2027",
            "~2026",
            "by end of December 2027",
        ),
    ],
)
def test_dates_are_said_as_they_were_understood(text: str, described: str, short: str, deadline: str) -> None:
    what = when(text)
    assert (what.describe(), what.short(), what.deadline()) == (described, short, deadline)


def test_due_is_late_only_after_its_last_day() -> None:
    april = when("April 2026")
    assert not april.is_late(dt.date(2026, 4, 30))
    assert april.is_late(dt.date(2026, 5, 1))
    two_days = when("12–13 May 2026")
    assert not two_days.is_late(dt.date(2026, 5, 13))
    assert two_days.is_late(dt.date(2026, 5, 14))
    assert not when("after 3 May 2026").is_late(dt.date(2199, 1, 1))


def test_timeline_sorts_by_first_day_then_time_then_narrower_first() -> None:
    texts = [
        "2026",
        "Q2 2026",
        "April 2026",
        "since 1 April 2026",
        "1-2 April 2026",
        "1 April 2026",
        "1 April 2026 14:00",
        "1 April 2026 9:00",
    ]
    assert [what.text for what in sorted(map(when, texts), key=When.sort_key)] == [
        "2026",
        "1 April 2026 9:00",
        "1 April 2026 14:00",
        "1 April 2026",
        "1-2 April 2026",
        "April 2026",
        "Q2 2026",
        "since 1 April 2026",
    ]


@given(DAYS, st.integers(0, 2000), BY)
def test_periods_cover_the_span_without_gap_or_overlap(start: dt.date, days: int, by: str) -> None:
    end = start + dt.timedelta(days=days)
    found = periods(start, end, by)
    assert found[0].start <= start <= found[0].end
    assert found[-1].start <= end <= found[-1].end
    for one, following in pairwise(found):
        assert following.start == one.end + dt.timedelta(days=1)
    assert len({period.label for period in found}) == len(found)
    assert all(period_of(day, by) == period for period in found for day in (period.start, period.end))


@pytest.mark.parametrize(
    ("by", "label", "start", "end"),
    [
        ("month", "Feb 2028", dt.date(2028, 2, 1), dt.date(2028, 2, 29)),
        ("quarter", "Q1 2028", dt.date(2028, 1, 1), dt.date(2028, 3, 31)),
        ("half", "H1 2028", dt.date(2028, 1, 1), dt.date(2028, 6, 30)),
        ("year", "2028", dt.date(2028, 1, 1), dt.date(2028, 12, 31)),
    ],
)
def test_period_is_labelled_and_whole(by: str, label: str, start: dt.date, end: dt.date) -> None:
    period = period_of(dt.date(2028, 2, 29), by)
    assert (period.label, period.start, period.end) == (label, start, end)


def test_wrong_periods_are_refused() -> None:
    with pytest.raises(Invalid, match="choose month, quarter, half or year"):
        period_of(TODAY, "week")
    with pytest.raises(Invalid, match="swap the two"):
        periods(TODAY, TODAY - dt.timedelta(days=1), "month")
    with pytest.raises(Invalid, match="1900 to 2200"):
        periods(TODAY, OPEN, "month")
