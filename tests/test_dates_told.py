"""Dates as files tell them: words and days, and back."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm.dates import OPEN, Precision, When
from crm.dates.told import Told, read_told, tell

days = st.dates(dt.date(1000, 1, 1), dt.date(9999, 12, 30))


@given(text=st.text(max_size=40).map(str.strip), first=days, last=st.one_of(days, st.just(OPEN), st.none()))
def test_what_was_told_is_read_back(text: str, first: dt.date, last: dt.date | None) -> None:
    last = max(first, last or first)
    when = When(first, last, Precision.DAY if first == last else Precision.BETWEEN, text)
    assert read_told(tell(when)) == Told(text, (first, last))


@pytest.mark.parametrize(
    "text", ["June 2026", "May (2026)", "x (2026-13-01)", "x (2026-05-02 to 2026-05-01)", "x(2026-05-01)", ""]
)
def test_words_without_days_stay_words(text: str) -> None:
    assert read_told(text) == Told(text, None)
