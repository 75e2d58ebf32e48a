"""Dates in files: the order of day and month is found out, and no year is made up."""

from __future__ import annotations

import datetime as dt

import pytest

from crm.errors import Invalid
from crm.imports.days import DayReader, doubtful, order_of
from crm.imports.profiles import parse, shipped

TODAY = dt.date(2026, 5, 20)


def reader(key: str = "", **options: object) -> DayReader:
    profile = shipped()[key] if key else parse("kind = 'register'", "plain")
    return DayReader(profile, today=TODAY, **options)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("texts", "order"),
    [
        (["3/4/2026", "13/4/2026"], "day"),
        (["3/4/2026", "4/13/2026"], "month"),
        (["3/4/2026"], ""),
        (["13/4/2026", "4/13/2026"], ""),
        (["2026-04-13", "May 2026"], ""),
    ],
)
def test_order_is_found_where_a_date_has_one_reading_only(texts: list[str], order: str) -> None:
    assert order_of(texts) == order


def test_date_that_can_be_two_days_is_doubtful() -> None:
    assert doubtful(["May 2026", "4/4/2026", "13/4/2026", "3/4/2026 "]) == "3/4/2026"
    assert doubtful(["2026-03-04", "4.4.2026", "30/4/2026", "0/4/2026"]) == ""


def test_dates_are_read_in_the_order_found() -> None:
    assert reader(order="month").when("3/4/2026").first == dt.date(2026, 3, 4)
    assert reader(order="day").when("3/4/2026").first == dt.date(2026, 4, 3)


def test_date_without_a_year_is_refused_unless_a_period_says_it() -> None:
    with pytest.raises(Invalid, match="says no year"):
        reader().when("July")
    told = reader(period=(dt.date(2011, 7, 1), dt.date(2011, 9, 30)))
    assert told.when("July").first == dt.date(2011, 7, 1)
    with pytest.raises(Invalid, match="outside"):
        told.when("3 November")


@pytest.mark.parametrize(
    ("key", "text", "first", "last"),
    [
        ("uk-ministerial-meetings", "07-2012", "2012-07-01", "2012-07-31"),
        ("uk-ministerial-meetings", "14-05-2013", "2013-05-14", "2013-05-14"),
        ("uk-ministerial-meetings", "May, 2010", "2010-05-01", "2010-05-31"),
        ("uk-ministerial-meetings", "Apr-12", "2012-04-01", "2012-04-30"),
        ("uk-ministerial-meetings", "01-Apr-12", "2012-04-01", "2012-04-01"),
        ("de-lobby-contacts", "25. oder 26.03.2020", "2020-03-25", "2020-03-26"),
        ("de-lobby-contacts", "06.-09.2016", "2016-06-01", "2016-09-30"),
        ("de-lobby-contacts", "seit dem 20.11.2018", "2018-11-20", "9999-12-31"),
    ],
)
def test_shapes_of_published_registers_are_read(key: str, text: str, first: str, last: str) -> None:
    when = reader(key).when(text)
    assert (when.first.isoformat(), when.last.isoformat(), when.text) == (first, last, text)
