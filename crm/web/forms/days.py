"""Days as people know them: of bodies a day, or only the month or year; of posts whatever is known."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from wtforms import StringField

from crm.dates import Precision, When, parse_when
from crm.dates.wording import day as in_words
from crm.errors import Invalid, Several
from crm.http.forms import Form

WHOLE = (Precision.MINUTE, Precision.DAY, Precision.MONTH, Precision.QUARTER, Precision.HALF, Precision.YEAR)
LONGEST = 80
EDGE_HINT = "As you know it: 1 July 2012, July 2012, 2012, about March 2026, before 2020."
HINT = "A day, or what is known of it: 1 July 2012, July 2012, 2012."


class DayField(StringField):
    """A day as typed.

    :param is_end: of a month or year the last day is meant, else the first
    """

    def __init__(self, label: str, *, is_end: bool = False, **options: Any) -> None:
        super().__init__(label, **options)
        self.is_end = is_end


class EdgeField(StringField):
    """Where a post begins or ends, with whatever doubt there is."""


class DaysForm(Form):
    """A form with days in it."""

    def days(self, today: dt.date, kept: Mapping[str, When | None] | None = None) -> dict[str, Any]:
        """The day in each of its fields, none where nothing was typed, as arguments of a verb.

        :param kept: what is stored, by field: its own words mean what they meant when they were typed
        :raises Several: those that cannot be read
        """
        found: dict[str, When | dt.date | None] = {}
        problems: list[Invalid] = []
        for name, field in self._fields.items():
            if isinstance(field, DayField | EdgeField):
                try:
                    if isinstance(field, EdgeField):
                        found[name] = edge_typed(name, field.data, today=today, kept=(kept or {}).get(name))
                        continue
                    found[name] = day_typed(name, field.data, today=today, is_end=field.is_end)
                except Invalid as problem:
                    problems.append(problem)
        if problems:
            raise Several(problems)
        return found


def edge_typed(field: str, typed: str | None, *, today: dt.date, kept: When | None = None) -> When | None:
    """Where a post begins or ends, as was typed into ``field``.

    :raises Invalid: naming ``field``
    """
    words = (typed or "").strip()
    if not words:
        return None
    if kept is not None and words == kept.text:
        return kept
    if len(words) > LONGEST:
        raise Invalid(field, f"At most {LONGEST} characters, such as “December 2025” or “about March 2026”.")
    try:
        return parse_when(words, today=today, past=True)
    except Invalid as problem:
        raise Invalid(field, problem.reason) from problem


def day_typed(field: str, typed: str | None, *, today: dt.date, is_end: bool = False) -> dt.date | None:
    """The day that was typed into ``field``.

    :raises Invalid: naming ``field``
    """
    words = (typed or "").strip()
    if not words:
        return None
    try:
        when = parse_when(words[: LONGEST + 1], today=today, past=True)
    except Invalid as problem:
        raise Invalid(field, problem.reason) from problem
    if when.precision not in WHOLE or when.end is not None or len(words) > LONGEST:
        raise Invalid(field, f"“{words[:LONGEST]}” is no single day, month or year, such as 1 July 2012 or 2012.")
    return when.last if is_end else when.first


def typed_day(day: dt.date | None) -> str:
    """A stored day as it is typed."""
    return in_words(day) if day is not None else ""
