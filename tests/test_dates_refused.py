"""What cannot be meant, and the sentence that says why."""

from __future__ import annotations

import datetime as dt

import pytest

from crm.dates import When, parse_day, parse_when
from crm.errors import Invalid

TODAY = dt.date(2026, 11, 23)


def when(text: str, *, zone: str | None = "Europe/Brussels") -> When:
    return parse_when(text, today=TODAY, past=True, zone=zone)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "is empty"),
        (" \u00a0 ", "is empty"),
        ("x" * 201, "longer than 200 characters"),
        ("next spring", "“next spring” cannot be read as a date"),
        ("11 May 2026 in Brussels", "“in brussels” cannot be read"),
        ("14:30", "says a time but no day"),
        ("before", "names no day"),
        ("31 June", "there is no 31 June: June has 30 days"),
        ("30.2.2026", "there is no 30 February: February has 28 days"),
        ("29 February 2026", "there is no 29 February 2026: that is not a leap year"),
        ("5/13/2026", "there is no month 13, and dates are read day first"),
        ("0 May 2026", "there is no 0 May"),
        ("Thursday, 8 May 2026", "8 May 2026 was a Friday, not a Thursday"),
        ("Thu 8 May 2027", "8 May 2027 is a Saturday, not a Thursday"),
        ("Mon 12 – Wed 13 May 2026", "12 May 2026 was a Tuesday, not a Monday"),
        ("12 – Thu 14 – 15 May", "cannot be read"),
        ("Apr 26", "“April 26” can mean 26 April or April 2026: write the one you mean"),
        ("13–12 May 2026", "ends before it begins"),
        ("12 May – 3 May 2026", "ends before it begins"),
        ("12 May 2026 – 3 May", "ends before it begins"),
        ("between 9 and 3 May", "ends before it begins"),
        ("between 3 May", "“between” needs two days"),
        ("12 and 14 May", "more than one date"),
        ("April and May 2026", "more than one date"),
        ("12 or 13 May 14:30", "a time needs one certain day"),
        ("May 2026 14:30", "a time needs one certain day"),
        ("before 12 May 14:30", "one day, without a time"),
        ("from 12 May 14:30", "one day, without a time"),
        ("12 May 14:30 or later", "one day, without a time"),
        ("12 or 13 May or later", "one day, without a time"),
        ("month", "“month” cannot be read as a date"),
        ("11 May 2026 25:00", "there is no time 25:00"),
        ("11 May 2026 13pm", "there is no time 13pm"),
        ("11 May 2026 14:30-13:30", "13:30 is before 14:30"),
        ("about 12–13 May", "“about” goes with"),
        ("before 12 May 2026, not before 20 May 2026", "“not before” names a day after the last possible one"),
        ("after 12 May 2026, before 3 May 2026", "the last possible day is before the first"),
        ("late late May", "only a week, month"),
        ("early 11 May", "only a week, month"),
        ("week 60 2026", "2026 has no week 60"),
        ("1899", "the year 1899 is not between 1900 and 2200"),
        ("11 May 2201", "the year 2201 is not between"),
        ("about 1900", "leaves the years 1900 to 2200"),
        ("2026-05-11T14:30+02:75", "“+02:75” cannot be read"),
        ("2026-05-32T14:30Z", "no such moment"),
        ("before 12–13 May", "cannot be read"),
    ],
)
def test_what_cannot_be_meant_is_refused_with_the_reason(text: str, reason: str) -> None:
    with pytest.raises(Invalid) as caught:
        when(text)
    assert caught.value.field == "when"
    assert reason in caught.value.reason
    assert "; try “" in caught.value.reason


@pytest.mark.parametrize(
    ("text", "advice"),
    [
        ("next spring", "try “11 May 2026”, “12–13 May”"),
        ("31 April", "April has 30 days; try “30 April” or “1 May”"),
        ("31.11.2026", "November has 30 days; try “30 November” or “1 December”"),
        ("40 December", "try “31 December” or “1 January”"),
        ("30.2.2026", "try “28 February” or “1 March”"),
        ("29 February 2026", "try “28 February 2026” or “1 March 2026”"),
        ("Thursday 8 May 2026", "try “Friday 8 May 2026” or “Thursday 7 May 2026”"),
        ("Monday 8 May 2026", "try “Friday 8 May 2026” or “Monday 11 May 2026”"),
    ],
)
def test_advice_names_what_would_be_right_for_what_was_typed(text: str, advice: str) -> None:
    with pytest.raises(Invalid) as caught:
        when(text)
    assert advice in caught.value.reason


def test_offset_without_a_zone_and_unknown_zones_are_refused() -> None:
    with pytest.raises(Invalid, match="an offset needs a time zone"):
        when("2026-05-11T14:30Z", zone=None)
    for zone in ("Mars/Olympus", "../etc/passwd", "", "\x00"):
        with pytest.raises(Invalid) as caught:
            when("11 May 2026 14:30", zone=zone)
        assert caught.value.field == "zone"


@pytest.mark.parametrize("text", ["May 2026", "12–13 May 2026", "12 or 13 May", "11 May 2026 14:30", "by 11 May 2026"])
def test_exactly_one_day_is_asked_for_where_one_is_needed(text: str) -> None:
    with pytest.raises(Invalid, match="needs exactly one day"):
        parse_day(text, today=TODAY)
