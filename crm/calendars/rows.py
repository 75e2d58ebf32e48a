"""What the calendar craft eats: one entry, already worded and already cut to what its reader may see."""

from __future__ import annotations

from datetime import date, time
from typing import Literal, NamedTuple

Kind = Literal["engagement", "follow_up", "commitment", "milestone"]
Form = Literal["full", "brief", "busy"]

KINDS: dict[Kind, str] = {
    "engagement": "Engagement",
    "follow_up": "Follow-up",
    "commitment": "Commitment",
    "milestone": "Milestone",
}
"""The word a reader sees for each kind of entry."""


class EntryRow(NamedTuple):
    """One calendar entry.

    ``first`` and ``last`` are the doubt, as in :class:`crm.dates.When`: first and last possible local day,
    ``last`` being :data:`crm.dates.OPEN` where there is none. ``end_day`` and ``end`` are the duration.
    """

    uid: str
    """the same for ever"""
    kind: Kind
    title: str
    first: date
    last: date
    start: time | None = None
    """wall time in ``zone``; ``None`` for whole days"""
    end_day: date | None = None
    """last day it lasts, when that is not its start day"""
    end: time | None = None
    """wall time in ``zone``; a timed entry without one is shown one hour long"""
    zone: str | None = None
    """IANA key; ``None`` is the reader's own wall time, wherever the reader is"""
    fold: int = 0
    """1 for the second of two equal wall times when the clock goes back"""
    precision: str = "day"
    cancelled: bool = False
    tentative: bool = False
    """planned but not confirmed"""
    description: tuple[str, ...] = ()
    """lines of plain text"""
    participants: tuple[str, ...] = ()
    """who takes part, one line each; shown in the full form only"""
    location: str = ""
    url: str = ""
    """address of the record"""
    categories: tuple[str, ...] = ()
    related_uid: str = ""
    """UID of the engagement it comes from"""
    deadline: bool = False
    """a thing to be done by a day (follow-up, commitment due, deadline): takes whole days, blocks no time"""
    deadline_words: str = ""
    """how a deadline too coarse for its days is said, :meth:`crm.dates.When.deadline`: "by end of April 2026" """
    doubt: str = ""
    """how a doubt of a few days is said, :meth:`crm.dates.When.doubt`: "12 or 13 May 2026" """
    typed: str = ""
    """the date as typed, told where it is in doubt"""
    done: bool = False
    alarm_minutes: int | None = None
    """minutes before the start at which the reader's calendar should ring"""
