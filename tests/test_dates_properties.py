"""What holds for every day, every form of it and every text."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crm.dates import OPEN, Precision, When, parse_day, parse_when
from crm.dates.words import MONTHS, WEEKDAYS
from crm.errors import Invalid

TODAY = dt.date(2026, 11, 23)
ZONE = "Europe/Brussels"
ENGLISH = ["January", "February", "March", "April", "May", "June", "July", "August", "September", "October"]
ENGLISH += ["November", "December"]


def when(text: str) -> When:
    return parse_when(text, today=TODAY, past=True, zone=ZONE)


DAYS = st.dates(dt.date(1950, 1, 1), dt.date(2150, 12, 31))
MONTH_NAMES = st.sampled_from(sorted(MONTHS))
Form = Callable[[dt.date], str]
FORMS: list[Form] = [
    lambda d: f"{d.day} {ENGLISH[d.month - 1]} {d.year}",
    lambda d: f"{d.day:02} {ENGLISH[d.month - 1][:3].upper()} {d.year}",
    lambda d: f"{d.day}th of {ENGLISH[d.month - 1].lower()}, {d.year}",
    lambda d: f"{ENGLISH[d.month - 1]} {d.day}, {d.year}",
    lambda d: f"{ENGLISH[d.month - 1][:3]}. {d.day} {d.year}",
    lambda d: f"{d.day}/{d.month}/{d.year}",
    lambda d: f"{d.day:02}.{d.month:02}.{d.year}",
    lambda d: f"{d.day:02}-{d.month:02}-{d.year}",
    lambda d: f"{d.day}-{ENGLISH[d.month - 1][:3]}-{d.year}",
    lambda d: f"{d:%A} {d.day} {ENGLISH[d.month - 1]} {d.year}",
    lambda d: f"{d:%a}, {d.day} {ENGLISH[d.month - 1][:3]} {d.year}",
    lambda d: d.isoformat(),
    lambda d: f"{d:%Y%m%d}",
    lambda d: f"{d.year} {ENGLISH[d.month - 1]} {d.day}",
]


@given(DAYS, st.sampled_from(FORMS), DAYS, st.booleans())
def test_every_day_is_read_back_from_every_form(written: dt.date, form: Form, today: dt.date, past: bool) -> None:
    assert parse_day(form(written), today=today, past=past) == written


@given(DAYS, MONTH_NAMES, st.booleans())
def test_every_month_name_is_known(today: dt.date, name: str, past: bool) -> None:
    what = parse_when(f"{name} {today.year}", today=today, past=past)
    assert (what.precision, what.first) == (Precision.MONTH, dt.date(today.year, MONTHS[name], 1))


@given(DAYS, st.sampled_from(sorted(WEEKDAYS)), st.booleans())
def test_bare_weekday_is_within_a_week_on_the_right_side(today: dt.date, name: str, past: bool) -> None:
    found = parse_day(name, today=today, past=past)
    assert found.weekday() == WEEKDAYS[name]
    assert 0 <= (today - found if past else found - today).days < 7


@given(DAYS, DAYS, st.booleans())
def test_day_without_year_is_the_nearest_on_the_right_side(written: dt.date, today: dt.date, past: bool) -> None:
    found = parse_day(f"{written.day} {ENGLISH[written.month - 1]}", today=today, past=past)
    assert (found.day, found.month) == (written.day, written.month)
    assert 0 <= (today - found if past else found - today).days <= (8 * 366 if written.month == 2 else 366)


@given(DAYS, st.integers(1, 300), st.sampled_from([" – ", "-", " to ", " until "]), st.booleans())
def test_ranges_last_and_never_doubt(first: dt.date, days: int, sign: str, past: bool) -> None:
    end = first + dt.timedelta(days=days)
    what = parse_when(FORMS[0](first) + sign + FORMS[0](end), today=TODAY, past=past)
    assert (what.first, what.last, what.end) == (first, first, end)


@given(
    st.one_of(
        DAYS.map(FORMS[0]),
        DAYS.map(lambda d: f"{FORMS[0](d)} 14:30"),
        st.tuples(DAYS, st.integers(1, 90)).map(lambda p: f"{p[0]} - {p[0] + dt.timedelta(days=p[1])}"),
        st.tuples(DAYS, st.integers(1, 90)).map(lambda p: f"between {p[0]} and {p[0] + dt.timedelta(days=p[1])}"),
        DAYS.map(lambda d: f"{d:%Y-%m}"),
        DAYS.map(lambda d: f"Q{(d.month + 2) // 3} {d.year}"),
        DAYS.map(lambda d: f"H{(d.month + 5) // 6} {d.year}"),
        DAYS.map(lambda d: str(d.year)),
        DAYS.map(lambda d: f"by {d}"),
        DAYS.map(lambda d: f"since {d}"),
        DAYS.map(lambda d: f"about {d}"),
        DAYS.map(lambda d: f"about {d:%Y-%m}"),
        DAYS.map(lambda d: f"about Q{(d.month + 2) // 3} {d.year}"),
        DAYS.map(lambda d: f"about H{(d.month + 5) // 6} {d.year}"),
        DAYS.map(lambda d: f"about {d.year}"),
    ),
)
def test_short_form_is_read_as_the_same_date(text: str) -> None:
    what = when(text)
    again = when(what.short())
    assert again.precision is what.precision
    assert (again.first, again.last, again.end, again.time) == (what.first, what.last, what.end, what.time)


VOCABULARY = """
    today monday last next this in ago week month quarter half year early mid late end of the about c. ~ before by until
    after since from to between and or not or earlier on may april 31 30 12 13 1 0 99 2026 26 '26 1900 2200 - – / . : ,
    14:30 2.30pm 3 pm 11.5.2026 2026-05-11 t z +02:00 q2 h1 second first w20 noon < ≥ feb 29 th
"""
PIECES = st.sampled_from(VOCABULARY.split())
PHRASES = st.lists(st.tuples(PIECES, st.sampled_from([" ", " ", ""])), max_size=14).map(
    lambda pairs: "".join(piece + gap for piece, gap in pairs)
)


def assert_sound(what: When) -> None:
    assert 1900 <= what.first.year <= 2200
    assert what.first <= what.last
    assert what.last == OPEN or what.last.year <= 2200
    assert (what.last == OPEN) == (what.precision is Precision.AFTER)
    assert what.end is None or (what.end > what.first == what.last)
    assert (what.time is not None) == (what.precision is Precision.MINUTE) == (what.zone is not None)
    assert what.end_time is None or what.time is not None
    assert what.precision not in (Precision.MINUTE, Precision.DAY) or what.first == what.last
    assert not what.assumed or what.precision is Precision.BEFORE
    assert what.describe()
    assert what.short()
    assert what.deadline()


@settings(max_examples=600)
@given(st.one_of(st.text(alphabet=st.characters(), max_size=220), PHRASES), DAYS, st.booleans())
def test_any_text_is_a_sound_date_or_refused(text: str, today: dt.date, past: bool) -> None:
    try:
        what = parse_when(text, today=today, past=past, zone=ZONE)
    except Invalid as error:
        refused = error
    else:
        assert_sound(what)
        assert parse_when(what.text, today=today, past=past, zone=ZONE) == what
        return
    assert refused.field == "when"
    refused.reason.encode()


@pytest.mark.parametrize(
    "piece",
    ["1", "12-", "12 - 13 ", "may ", "early ", "on ", "first half ", "the ", " ", "~", "or ", "1.", "between ", ":1"],
)
def test_long_nonsense_is_refused_at_once(piece: str) -> None:
    started = time.perf_counter()
    with pytest.raises(Invalid):
        when((piece * 200)[:199] + "x")
    assert time.perf_counter() - started < 0.5
