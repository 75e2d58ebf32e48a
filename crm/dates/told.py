"""Dates as a file tells them: the words as typed, and in brackets the days they meant when they were typed."""

from __future__ import annotations

import datetime as dt
import re
from typing import NamedTuple

from crm.dates.when import OPEN, When

_DAYS = re.compile(r"(?s)(?:(.*) )?\((from )?(\d{4}-\d{2}-\d{2})(?: to (\d{4}-\d{2}-\d{2}))?\)")


class Told(NamedTuple):
    """A date as read from a file.

    :param days: first and last possible day, none where the words stand alone
    """

    text: str
    days: tuple[dt.date, dt.date] | None


def tell(when: When) -> str:
    """Gives "June 2026 (2026-06-01 to 2026-06-30)", "11 May 2026 (2026-05-11)", "after 11 May (from 2026-05-12)"."""
    first, last = when.first, when.last
    days = f"from {first}" if last == OPEN else f"{first}" if first == last else f"{first} to {last}"
    return f"{when.text} ({days})".lstrip()


def read_told(text: str) -> Told:
    """Takes back what :func:`tell` did; what has no days in brackets is left as words."""
    found = _DAYS.fullmatch(text.strip())
    if found is None:
        return Told(text.strip(), None)
    try:
        first = dt.date.fromisoformat(found[3])
        last = OPEN if found[2] else dt.date.fromisoformat(found[4] or found[3])
    except ValueError:
        return Told(text.strip(), None)
    return Told(found[1] or "", (first, last)) if first <= last else Told(text.strip(), None)
