"""The timeline of a body: every engagement, letter, commitment, follow-up and milestone, the newest first."""

from __future__ import annotations

from crm.queries.timeline.entries import COMMITMENT, ENGAGEMENT, FOLLOW_UP, MILESTONE, Cursor, Entry, told
from crm.queries.timeline.reading import SHOWN, Page, milestones_ahead, open_follow_ups, timeline

__all__ = [
    "COMMITMENT",
    "ENGAGEMENT",
    "FOLLOW_UP",
    "MILESTONE",
    "SHOWN",
    "Cursor",
    "Entry",
    "Page",
    "milestones_ahead",
    "open_follow_ups",
    "timeline",
    "told",
]
