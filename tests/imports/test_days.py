"""Dates in files: the order of day and month is found out, and no year is made up."""

from __future__ import annotations

import datetime as dt

import pytest

from crm.errors import Invalid
from crm.imports.days import DayReader, Shown, order_of
from crm.imports.profiles import parse, shipped
from crm.imports.spellings import period_in

TODAY = dt.date(2026, 5, 20)


def reader(key: str = "", **options: object) -> DayReader:
    profile = shipped()[key] if key else parse("kind = 'register'", "plain")
    return DayReader(profile, today=TODAY, **options)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("texts", "shown"),
    [
        (["3/4/2026", "13/4/2026"], Shown("day", False, "3/4/2026")),
        (["3/4/2026", "4/13/2026"], Shown("month", False, "3/4/2026")),
        (["4/4/2026", " 3/4/2026 "], Shown("", False, "3/4/2026")),
        (["13/4/2026", "4/13/2026"], Shown("", True, "")),
        (["2026-04-13", "May 2026", "4.4.2026", "0/4/2026"], Shown()),
        (["13/4/2026"] * 40 + ["4/13/2026"], Shown("day", False, "")),
    ],
)
def test_order_is_found_where_a_date_has_one_reading_only(texts: list[str], shown: Shown) -> None:
    assert order_of(texts) == shown


def test_dates_of_a_file_that_mixes_orders_are_read_only_where_one_reading_exists() -> None:
    mixed = reader(mixed=True)
    assert mixed.when("12/31/2020").first == mixed.when("31/12/2020").first == dt.date(2020, 12, 31)
    with pytest.raises(Invalid, match="either of two days"):
        mixed.when("3/4/2026")
    assert reader(mixed=True, order="month").when("31/12/2020").first == dt.date(2020, 12, 31)
    with pytest.raises(Invalid, match="read month first"):
        reader(order="month").when("31/12/2020")
    assert reader(mixed=True, order="month").when("3/4/2026").first == dt.date(2026, 3, 4)


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


@pytest.mark.parametrize(
    ("text", "first", "last", "end", "time"),
    [
        ("45325", "2024-02-03", "2024-02-03", "", ""),
        ("45325.4375", "2024-02-03", "2024-02-03", "", "10:30:00"),
        ("2024-02-03T00:00:00Z", "2024-02-03", "2024-02-03", "", ""),
        ("03/02/2024 0:00", "2024-02-03", "2024-02-03", "", ""),
        ("Feb-24", "2024-02-01", "2024-02-29", "", ""),
        ("du 5 au 7 mars 2024", "2024-03-05", "2024-03-05", "2024-03-07", ""),
        ("vom 5. bis 7. März 2024", "2024-03-05", "2024-03-05", "2024-03-07", ""),
        ("Mitte Juni 2020", "2020-06-11", "2020-06-20", "", ""),
        ("fin mai 2020", "2020-05-21", "2020-05-31", "", ""),
        ("3 de febrero de 2024", "2024-02-03", "2024-02-03", "", ""),
        ("3 febbraio 2024", "2024-02-03", "2024-02-03", "", ""),
        ("29th, 30th and 31st May 2012", "2012-05-29", "2012-05-29", "2012-05-31", ""),
        ("03-04 /11/2011", "2011-11-03", "2011-11-03", "2011-11-04", ""),
    ],
)
def test_spellings_that_only_files_use_are_read(text: str, first: str, last: str, end: str, time: str) -> None:
    when = reader().when(text)
    told = (str(when.first), str(when.last), str(when.end or ""), str(when.time or ""), when.text)
    assert told == (first, last, end, time, text)


@pytest.mark.parametrize("text", ["99999", "feb 24", "10, 12 and 15 May 2012", "summer 2024"])
def test_what_may_mean_several_days_is_refused(text: str) -> None:
    with pytest.raises(Invalid):
        reader().when(text)


@pytest.mark.parametrize(
    ("name", "period"),
    [
        ("pmmeetingsjulysept2011.csv", "July to September 2011"),
        ("dpmhospitalityaprjun13.xlsx", "April to June 2013"),
        ("bmhospitalityseptjuly2011.csv", "July to September 2011"),
        ("travel-Q3-2023.ods", "Q3 2023"),
        ("traveloctdec201.csv", ""),
        ("log.csv", ""),
    ],
)
def test_period_of_which_a_file_name_speaks_is_proposed(name: str, period: str) -> None:
    assert period_in(name) == period
    if period:
        with pytest.raises(Invalid, match=period):
            reader(file_name=name).when("7 July")
